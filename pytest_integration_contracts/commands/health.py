"""`integration-contracts health`: how the integrations stand, by what live runs found over time."""

from __future__ import annotations

import difflib
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_integration_contracts.commands.stored import nearest_manifest
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.manifest_file import FILE_NAME

if TYPE_CHECKING:
    from pytest_integration_contracts.health.assessment import Overview
    from pytest_integration_contracts.health.store import Store
    from pytest_integration_contracts.manifest import Manifest

COMMANDS: Final[Mapping[str, click.Command]] = {}
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
@click.option("--check", is_flag=True, help="Exit 1 where any verdict is other than ok or changed.")
@click.option("-v", "--verbose", is_flag=True, help="Tell of those that are ok, too, and of all others in full.")
def health(
    integration: str | None,
    *,
    json_to: str | None,
    metrics_to: str | None,
    check: bool,
    verbose: bool,
) -> None:
    """Tell how the integrations stand now, the worst first: of all of them, or of INTEGRATION all there is to tell.

    What live runs found is read from the store that `[health]` in contracts.toml names. `health -- NAME` takes any name
    for an integration.
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
    if json_to is None and metrics_to is None:
        _show(overview, integration, verbose=verbose)
    sys.exit(check and not all(each.is_good for each in overview.assessments))


def overview_of(manifest: Manifest, now: float) -> Overview:
    """How all integrations of a manifest stand.

    Raises:
        UsageError: The manifest has no `[health]`.
        HealthError: The store cannot be read, or what it takes is not installed.
    """
    with store_of(manifest) as store:
        from pytest_integration_contracts.health.assess import overview
        from pytest_integration_contracts.health.spool import waiting

        found = overview(store, manifest, now)
    left = len(waiting(manifest.root))
    if not left:
        return found
    told = "1 run of this machine waits" if left == 1 else f"{left} runs of this machine wait"
    return replace(found, notes=(*found.notes, f"{told} in .contracts/spool for the store: not counted here yet"))


def store_of(manifest: Manifest) -> Store:
    """The store that a manifest names, opened. Errors as in `overview_of`."""
    if manifest.health is None:
        path = manifest.root / FILE_NAME
        if not path.exists():
            raise UsageError(f"there is no {FILE_NAME} in {manifest.root} or above it: go to where the project is")
        raise UsageError(f"{path}: there is no `[health]`, so live runs keep no history; add that line to it")
    from pytest_integration_contracts.health.store import open_store

    return open_store(manifest.health.store, manifest.root, os.environ)


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
