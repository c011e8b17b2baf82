"""`integration-contracts probe`: ask, carefully, for what no test asks for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_integration_contracts.manifest.entries import duration

if TYPE_CHECKING:
    from pytest_integration_contracts.model import Report
    from pytest_integration_contracts.session.probed import Probed, Run
    from pytest_integration_contracts.session.probes import Probes

_LONGEST = 600.0
_MOST = 1000
_RIM = 44


@click.command()
@click.argument("integration")
@click.option("--operation", "operations", multiple=True, help='Only this one: "GET /customers". May be repeated.')
@click.option("--all", "every", is_flag=True, help="Ask for operations that tests cover, too.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked, and why not the rest; ask nothing.")
@click.option("--rate", default="1/s", show_default=True, help="How many requests in what time: 1/s, 30/m.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, _MOST), help="How many at most.")
@click.option("--timeout", default="10s", show_default=True, help="How long to wait for an answer.")
@click.option("--header", "headers", multiple=True, help='A header: "Authorization: env:CRM_TOKEN". May be repeated.')
@click.option("--record", is_flag=True, help="Record cassettes and learn snapshots.")
@click.option("--reason", default="", help="Kept beside what is learned.")
def probe(
    integration: str,
    *,
    operations: tuple[str, ...],
    headers: tuple[str, ...],
    rate: str,
    limit: int,
    timeout: str,
    reason: str,
    every: bool,
    dry_run: bool,
    record: bool,
) -> None:
    """Ask INTEGRATION for operations of its OpenAPI document that no test covers: GET and HEAD, slowly, and few.

    What writes is asked for only where --operation names it in full. Exits 1 where a snapshot does not hold, a
    credential is refused, or the upstream does not answer.
    """
    from pytest_integration_contracts.session.probed import Run
    from pytest_integration_contracts.session.probes import Probes, Wanted
    from pytest_integration_contracts.session.session import Session
    from pytest_integration_contracts.session.settings import Mode, Settings, today

    wanted = Wanted(
        integration=integration,
        operations=operations,
        every=every,
        headers=headers,
        rate=rate,
        limit=limit,
        timeout=min(duration(Path("probe"), "--timeout", timeout), _LONGEST),
    )
    here = Path.cwd()
    settings = Settings(
        mode=Mode.REFRESH if record else Mode.LIVE,
        root=Path(here.anchor),
        invoked_from=here,
        reason=reason,
        environment=os.environ,
        today=today(os.environ),
        learns_by=f"integration-contracts probe {integration} --record",
        has_recording=True,
    )
    session = Session(settings)
    probes = Probes(session.project(here), settings, wanted)
    if dry_run:
        _tell_plan(probes)
        return
    sys.exit(_run(Run(session, probes, settings), probes))


def _tell_plan(probes: Probes) -> None:
    from pytest_integration_contracts.reports.probes import case_lines, skipped_lines
    from pytest_integration_contracts.session.probed import planned

    plan = planned(probes)
    number = len(plan.cases)
    click.echo(f"would ask {number} {'operation' if number == 1 else 'operations'}, at {probes.wanted.rate}:")
    for case in plan.cases:
        values = [str(each) for each in case.values]
        values += [f"a body ({case.body_origin})"] if case.body_origin else []
        target = "" if case.is_pending else case.target
        for line in case_lines(str(case.operation), target, values):
            click.echo(line)
    for note in plan.credentials:
        click.echo(note)
    named = sum(case.operation.method not in {"GET", "HEAD"} for case in plan.cases)
    rest = skipped_lines([(each.operation, each.reason) for each in plan.skipped], writing=probes.writing - named)
    if rest:
        click.echo("would not ask:")
    for line in rest:
        click.echo(line)


def _run(run: Run, probes: Probes) -> bool:
    """Ask, say what comes back, and whether anything was found."""
    from pytest_integration_contracts.reports.probes import result_line, skipped_lines, summary
    from pytest_integration_contracts.session.probed import notes

    width = min(max((len(str(each)) for each in probes.operations), default=0), _RIM)
    for note in notes(probes, probes.operations):
        click.echo(note)

    def tell(result: Probed) -> None:
        line = result_line(
            result.operation, result.outcome, result.told, status=result.status, elapsed=result.elapsed, width=width
        )
        click.echo(line)

    report = run.ask_all(tell)
    _tell_findings(run, report)
    skipped = skipped_lines([(each.operation, each.reason) for each in run.skipped], writing=0)
    if skipped:
        click.echo("not asked:")
    for line in skipped:
        click.echo(line)
    click.echo(summary([each.outcome for each in run.results], len(run.skipped)))
    return run.fails or report.fails


def _tell_findings(run: Run, report: Report) -> None:
    from pytest_integration_contracts.reports.learned import learned_lines
    from pytest_integration_contracts.reports.styled import plain
    from pytest_integration_contracts.reports.terminal import finding_lines
    from pytest_integration_contracts.wording import printable

    findings = [finding for result in run.results for finding in result.findings]
    for lines in (finding_lines(findings), learned_lines(report.learned, verbose=False)):
        if lines:
            click.echo(plain(lines))
    for error in report.errors:
        click.echo(printable(error), err=True)
    for cassette in report.cassettes:
        click.echo(f"recorded {printable(cassette)}")
    if report.learned or report.cassettes:
        click.echo("review and commit what is new")
