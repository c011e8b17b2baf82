"""What a live run leaves to history: a sample for each operation that it asked, kept where the manifest says."""

from __future__ import annotations

import re
import socket
import statistics
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from pytest_integration_contracts.drift.budgets import percentile
from pytest_integration_contracts.drift.policy import worst_first
from pytest_integration_contracts.health.samples import OpenChange, RunRecord, Sample, gravest
from pytest_integration_contracts.health.spool import keep
from pytest_integration_contracts.manifest.monitoring import in_maintenance
from pytest_integration_contracts.model import Change, Coverage, Finding, Operation, Report, Verdict
from pytest_integration_contracts.session.budgets import slow
from pytest_integration_contracts.session.coverage import reasons
from pytest_integration_contracts.session.findings import merged
from pytest_integration_contracts.session.judge import maintained
from pytest_integration_contracts.session.last_word import LastWord
from pytest_integration_contracts.session.payload import Told
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.run import commit_of
from pytest_integration_contracts.session.session import Session
from pytest_integration_contracts.session.settings import Mode

_MOST_CHANGES: Final = 100
"""So many changes of one operation are kept, the worst first."""

_ASKED: Final = re.compile(r"\A[A-Z]+ https?://\S+ ")

_GRAVEST_FIRST: Final = list(Verdict)


def keep_history(session: Session, report: Report, coverage: Coverage, *, commit: str = "") -> Report:
    """Keep what a live run found, where its manifests are monitored. It takes its time within bounds, and never fails.

    Args:
        session: The run, which is over.
        report: What it found.
        coverage: Which of the contract tests there are it ran.
        commit: The commit of the consumer's code; "" for the one that is checked out.

    Returns:
        The report, with notes on what could not be kept.
    """
    settings = session.settings
    if settings.mode is not Mode.LIVE or settings.shard:
        return report
    places = [place for place in sorted(session.projects) if session.told_of(place).manifest.health]
    if not places:
        return report
    at, notes = settings.now().timestamp(), report.notes
    run = RunRecord(
        id=uuid.uuid4().hex,
        at=at,
        commit=commit or commit_of(settings),
        host=socket.gethostname(),
        partial="; ".join(reasons(replace(coverage, failed=(), skipped=()))),
    )
    for place in places:
        project = session.told_of(place)
        told = [each for each in session.told if each.project == place]
        findings = merged(
            [*(found for each in told for found in each.findings), *slow(told, session.told_of, settings)]
        )
        samples = samples_of(findings, told, project, session.expected)
        health = project.manifest.health
        if samples and health is not None:
            root, environment = project.manifest.root, settings.environment
            worked_on = _maintained(findings, samples, project, at)
            notes += keep(run, samples, health, root, environment, maintenance=worked_on)
    return replace(report, notes=notes)


_WORKED_ON: Final = frozenset({Verdict.DOWN, Verdict.DENIED})
"""What work on an upstream excuses: that it does not answer, or lets nobody in. What it answers counts as ever."""


def _maintained(findings: Iterable[Finding], samples: Iterable[Sample], project: Project, at: float) -> set[str]:
    """The integrations that did not answer while they were being worked on, then or now."""
    every = project.manifest.integrations.values()
    worked_on = {*maintained(findings)} | {each.name for each in every if in_maintenance(each.maintenance, at)}
    verdicts: dict[str, list[Sample]] = defaultdict(list)
    for each in samples:
        verdicts[each.integration].append(each)
    return {name for name in worked_on if name in verdicts and gravest(verdicts[name]).verdict in _WORKED_ON}


def samples_of(
    findings: Sequence[Finding], told: Sequence[Told], project: Project, expected: Collection[str] = ()
) -> list[Sample]:
    """One sample for each operation of a declared integration that was asked, in the order of their names.

    Args:
        findings: What the whole run found.
        told: What its tests told.
        project: Their manifest.
        expected: Tests that are known to fail.
    """
    ours: dict[Operation, list[str]] = defaultdict(list)
    for each in told:
        if each.ours and each.source not in expected:
            for found in each.findings:
                ours[found.operation].append(each.source)
    of: dict[Operation, list[Finding]] = defaultdict(list)
    for found in findings:
        if found.operation.name and found.operation.integration in project.manifest.integrations:
            of[found.operation].append(found)
    return [_sample(operation, of[operation], told, ours[operation]) for operation in sorted(of)]


def _sample(operation: Operation, findings: Sequence[Finding], told: Sequence[Told], ours: Sequence[str]) -> Sample:
    worst = min(findings, key=lambda found: _GRAVEST_FIRST.index(found.verdict))
    verdict, cause = worst.verdict, _cause(worst)
    if ours and _GRAVEST_FIRST.index(Verdict.OURS) < _GRAVEST_FIRST.index(verdict):
        more = f", and {len(ours) - 1} more" if len(ours) > 1 else ""
        verdict, cause = Verdict.OURS, f"{ours[0]}{more} failed by itself while the contract held"
    elapsed = [time for each in told for time in each.elapsed.get(operation, ())]
    said = LastWord()
    for each in told:
        said = said.merged(each.said.get(operation, LastWord()))
    return Sample(
        integration=operation.integration,
        operation=operation.name,
        verdict=verdict,
        cause=cause,
        answers=len(elapsed),
        p50=statistics.median(elapsed) if elapsed else None,
        p95=percentile(elapsed) if elapsed else None,
        version=max(found.version for found in findings),
        changes=_changes(operation, findings),
        rate_left=said.rate_left,
        rate_limit=said.rate_limit,
        sunset=said.sunset,
        newest=said.newest,
        tries=max((each.tries.get(operation, 1) for each in told), default=1),
    )


def _cause(finding: Finding) -> str:
    """Why it has its verdict, in one sentence, "" where it holds."""
    if finding.problem:  # without the segments and the query of one request: nothing of an exchange is kept
        return _ASKED.sub(lambda _: f"{finding.operation.name} ", finding.problem)
    if not finding.is_judged:
        return 'it is not held against its snapshot: `enforce = "off"`'
    standing = [each for each in finding.changes if each.breaks] or list(finding.changes)
    if not standing:
        return ""
    first, more = standing[0], len(standing) - 1
    return f"{first.rule} at {first.path}: {_text(first)}" + (f", and {more} more" if more else "")


def _text(change: Change) -> str:
    return f"{change.before} -> {change.after}"


def _changes(operation: Operation, findings: Iterable[Finding]) -> tuple[OpenChange, ...]:
    """What stands, each once, the worst first."""
    found = {each.fingerprint(operation): each for finding in findings for each in finding.changes}
    return tuple(
        OpenChange(
            fingerprint=change.fingerprint(operation),
            severity=change.severity.value,
            rule=change.rule,
            path=change.path,
            text=_text(change),
            expires=change.accepted.expires if change.accepted and change.is_accepted else "",
        )
        for change in worst_first(list(found.values()))[:_MOST_CHANGES]
    )
