"""`integration-contracts due`: which upstreams a job should ask now, by their cadence and the last run that is kept."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pytest_integration_contracts.session.due import Due


@click.command()
@click.option("--names", is_flag=True, help="Only the names of those that are due, as --contracts-only takes them.")
def due(*, names: bool) -> None:
    """Say which integrations are to be asked live now, by their cadence and by when they were asked last.

    Where history cannot be read all of them are due: not to ask would be silence.
    """
    from pytest_integration_contracts.commands.stored import nearest_manifest
    from pytest_integration_contracts.errors import UsageError
    from pytest_integration_contracts.session.due import due as due_of
    from pytest_integration_contracts.session.due import last_asked
    from pytest_integration_contracts.session.settings import now
    from pytest_integration_contracts.wording import printable

    manifest, moment = nearest_manifest(), now(os.environ).timestamp()
    if manifest.health is None:
        raise UsageError("nothing is kept of live runs: contracts.toml has no table [health]; add one")
    last, failure = last_asked(manifest, os.environ)
    if failure:
        click.echo(printable(f"when upstreams were asked last is not known: {failure}"), err=True)
    found = due_of(manifest, last, moment)
    if names:
        click.echo(",".join(each.integration for each in found if each.now))
        return
    for each in found:
        click.echo(printable(f"{each.integration}: {_told(each, moment)}"))


def _told(each: Due, moment: float) -> str:
    from pytest_integration_contracts.manifest.manifest import readable_duration
    from pytest_integration_contracts.reports.terminal import ago

    if not each.cadence:
        return "never due; say how often it is to be asked: `cadence`"
    every = f"every {readable_duration(each.cadence)}"
    if each.last is None:
        return f"due; {every}, and never asked yet"
    asked = f"{every}, asked {ago(max(0.0, moment - each.last))}, at {_shown(each.last)}"
    return f"due; {asked}" if each.now else f"not due until {_shown(each.last + each.cadence)}; {asked}"


def _shown(moment: float) -> str:
    return dt.datetime.fromtimestamp(int(moment), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
