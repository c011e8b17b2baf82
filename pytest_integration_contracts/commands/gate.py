"""`integration-contracts gate`."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path

import click

from pytest_integration_contracts.commands.stored import nearest_manifest
from pytest_integration_contracts.manifest.entries import duration

_DEFAULT_REPORT = "contracts-report.json"
_LONGEST = dt.timedelta.max.total_seconds() / 2


@click.command()
@click.argument("integration")
@click.option("--since", "ref", required=True, metavar="GIT_REF", help="The commit that is deployed.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(path_type=Path),
    default=[_DEFAULT_REPORT],
    show_default=True,
    help="What `pytest --contracts-report PATH` wrote; may be given several times.",
)
@click.option("--max-age", default="24h", show_default=True, help="How old a report may be: 90m, 24h, 7d.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def gate(integration: str, ref: str, reports: tuple[Path, ...], max_age: str, style: str) -> None:
    """Tell whether the contract with INTEGRATION lets a deployment go on.

    Exits 0 where it does, 1 where anything breaks, 3 where not enough is known to say.
    """
    from pytest_integration_contracts.reports.gate import as_json, as_text
    from pytest_integration_contracts.session.gate import gate as decide
    from pytest_integration_contracts.session.project import Project
    from pytest_integration_contracts.session.settings import now

    oldest = dt.timedelta(seconds=min(duration(Path("gate"), "--max-age", max_age), _LONGEST))
    gated = decide(Project(nearest_manifest()), integration, ref, reports, max_age=oldest, now=now(os.environ))
    click.echo(as_json(gated) if style == "json" else as_text(gated))
    sys.exit(gated.outcome.exit_code)
