"""`integration-contracts combine`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click


@click.command()
@click.argument("reports", nargs=-1, required=True)
@click.option("--report", "outputs", metavar="PATH", multiple=True, help="Write the report of the whole to a file.")
@click.option("-v", "--verbose", is_flag=True, help="Name what is otherwise only counted.")
def combine(reports: tuple[str, ...], outputs: tuple[str, ...], *, verbose: bool) -> None:
    """Join the REPORTS of a run's shards, JSON files, into one verdict, and one update where they learn.

    Run it where pytest was run. Exits as one pytest session with all tests would have, and 1 where a shard is missing.
    """
    from pytest_integration_contracts.reports.files import insist_on_writer
    from pytest_integration_contracts.reports.styled import plain
    from pytest_integration_contracts.reports.terminal import summary_lines
    from pytest_integration_contracts.session.shards import combine as joined_from
    from pytest_integration_contracts.wording import printable

    here = Path.cwd()
    for path in outputs:
        insist_on_writer(Path(path), "--report")
    joined = joined_from([*map(Path, reports)], [here / path for path in outputs], here, os.environ)
    for test, shard in joined.failed:
        click.echo(f"FAILED {printable(test)} (shard {printable(shard)})", err=True)
    click.echo(plain(summary_lines(joined.report, with_findings=True, verbose=verbose)))
    sys.exit(joined.code)
