"""Findings of several sources together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_integration_contracts.drift.policy import worst_first
from pytest_integration_contracts.model import Change, Finding, Operation


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each operation, kind of response and problem; each change once, its evidence added up."""
    together: dict[tuple[Operation, str, str, str], Finding] = {}
    for finding in findings:
        place = (finding.operation, finding.snapshot, finding.response, finding.problem)
        known = together.get(place)
        together[place] = _both(known, finding) if known else finding
    return tuple(together[place] for place in sorted(together))


def _both(one: Finding, other: Finding) -> Finding:
    changes = {change.fingerprint(one.operation): change for change in one.changes}
    for change in other.changes:
        fingerprint = change.fingerprint(one.operation)
        known = changes.get(fingerprint)
        changes[fingerprint] = _added(known, change) if known else change
    remedies = [each.remedy for each in (one, other) if each.fails] or [one.remedy, other.remedy]
    return replace(one, changes=worst_first(list(changes.values())), remedy=max(remedies))


def _added(one: Change, other: Change) -> Change:
    """The graver of two reports of one change, seen as often as both together."""
    graver = worst_first([one, other])[0]
    observed = (one.observed[0] + other.observed[0], one.observed[1] + other.observed[1])
    return replace(graver, observed=observed)
