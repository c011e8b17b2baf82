"""`integration-contracts health`: how the integrations stand, by what live runs found over time."""

from __future__ import annotations

import difflib
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_integration_contracts.commands.health_page import serve, write
from pytest_integration_contracts.commands.history import overview_of
from pytest_integration_contracts.commands.stored import nearest_manifest
from pytest_integration_contracts.errors import UsageError

if TYPE_CHECKING:
    from pytest_integration_contracts.health.assessment import Overview

COMMANDS: Final[Mapping[str, click.Command]] = {"serve": serve}
"""What is a command of its own below this one; anything else that is named there is an integration."""


class _Health(click.Command):
    """A command that others stand below, though it takes an argument itself."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's
    ) -> click.Context:
        below = COMMANDS.get(args[0]) if args else None
        if below is None:
            return super().make_context(info_name, args, parent, **extra)
        return below.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)


@click.command(cls=_Health)
@click.argument("integration", required=False)
@click.option("--json", "json_to", metavar="PATH", help="Write all of it as JSON; - is standard output.")
@click.option("--openmetrics", "metrics_to", metavar="PATH", help="Write OpenMetrics, for a textfile collector, or -.")
@click.option(
    "--html", "html_to", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Write the page there."
)
@click.option("--check", is_flag=True, help="Exit 1 where any verdict is other than ok or changed.")
@click.option("-v", "--verbose", is_flag=True, help="Tell of those that are ok, too, and of all others in full.")
def health(
    integration: str | None,
    *,
    json_to: str | None,
    metrics_to: str | None,
    html_to: Path | None,
    check: bool,
    verbose: bool,
) -> None:
    """Tell how the integrations stand now, the worst first: of all of them, or of INTEGRATION all there is to tell.

    What live runs found is read from the store that `[health]` in contracts.toml names. `health -- NAME` takes any name
    for an integration, and `health serve` shows the page live.
    """
    from pytest_integration_contracts.health.document import as_json
    from pytest_integration_contracts.health.openmetrics import openmetrics

    overview = overview_of(nearest_manifest(), time.time())
    if integration is not None:
        overview = _only(overview, integration)
    if json_to is not None:
        _write(json_to, as_json(overview))
    if metrics_to is not None:
        _write(metrics_to, openmetrics(overview))
    if html_to is not None:
        write(html_to, overview)
    if json_to is None and metrics_to is None and html_to is None:
        _show(overview, integration, verbose=verbose)
    sys.exit(check and not all(each.is_good for each in overview.assessments))


def _only(overview: Overview, name: str) -> Overview:
    found = tuple(each for each in overview.assessments if each.integration == name)
    if not found:
        known = sorted(each.integration for each in overview.assessments)
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(known) or 'none'}"
        raise UsageError(f"the manifest declares no integration `{name}`; {hint}")
    return replace(overview, assessments=found)


def _write(target: str, text: str) -> None:
    from pytest_integration_contracts.files import write_atomically

    if target == "-":
        click.echo(text, nl=False)
        return
    try:
        write_atomically(Path(target), text.encode())
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from error


def _show(overview: Overview, integration: str | None, *, verbose: bool) -> None:
    from pytest_integration_contracts.health.terminal import Screen

    screen = Screen(sys.stdout)
    if integration is None:
        screen.overview(overview, verbose=verbose)
    else:
        screen.integration(overview.assessments[0], overview.made_at)
