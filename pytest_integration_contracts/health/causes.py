"""One sentence on why an integration stands as it does, for somebody who was asleep a minute ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pytest_integration_contracts.health.assessment import Health
from pytest_integration_contracts.health.samples import IntegrationRun, OpenChange, Sample
from pytest_integration_contracts.health.standing import ASSUMED_CADENCE, PATIENCE
from pytest_integration_contracts.health.times import every, moment_near, span
from pytest_integration_contracts.model import Verdict

FAULT: Final = {
    Health.DRIFT: "upstream",
    Health.DOWN: "upstream",
    Health.DENIED: "whoever holds the credential",
    Health.OURS: "us",
    Health.STALE: "whoever runs the checks",
    Health.UNVERIFIED: "whoever runs the checks",
    Health.CHANGED: "",
    Health.OK: "",
}
"""Whose a verdict is."""

WHOSE: Final = {
    "upstream": "the upstream's fault",
    "us": "our own fault",
    "whoever holds the credential": "up to whoever holds the credential",
    "whoever runs the checks": "up to whoever runs the checks",
}
"""The same as a person reads it."""

NEVER: Final = "never checked: no live run has told of it yet"

_DID: Final = {
    "property.added": "gained",
    "property.removed": "lost",
    "property.removed-optional": "lost",
    "property.became-optional": "sometimes lacks",
    "value.became-nullable": "has null in",
    "value.now-empty": "has nothing in",
}
"""What an operation did to a place, by rule; of the others before and after is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a sentence is made of.

    Attributes:
        health: The verdict.
        last: The run that speaks for it.
        samples: Its operations.
        changes: What stands, the gravest first: (operation, change).
        streak: How many runs in a row say so.
        since: Since when, seconds of the epoch.
        result: When the last result came; None for never.
        silent: Whether one is overdue.
        cadence: How often it should be checked, in seconds; 0 for not said.
        actual: How often it was; None for too few.
        credentials: Where the credential is kept.
        maintenance: Whether it is in a maintenance window now.
        partial: Why the last run asked for less than usual, "" where it did not.
        now: Seconds of the epoch.
    """

    health: Health
    last: IntegrationRun
    samples: Sequence[Sample]
    changes: Sequence[tuple[str, OpenChange]]
    streak: int
    since: float
    result: float | None
    silent: bool
    cadence: float
    actual: float | None
    credentials: str
    maintenance: bool
    partial: str
    now: float


def sentence(facts: Facts) -> str:
    """The cause, with what else one must know to believe it."""
    parts = [_TOLD[facts.health](facts), *_besides(facts)]
    return "; ".join(part for part in parts if part)


def _drift(facts: Facts) -> str:
    breaking = [each for each in facts.changes if each[1].severity == "breaking" and not each[1].expires]
    what = _change(*breaking[0]) if breaking else facts.last.cause or "the contract does not hold"
    return f"{what}, {_failing(facts, Verdict.DRIFT, 'drift')}"


def _change(operation: str, change: OpenChange) -> str:
    place = f"`{change.path.removeprefix('$.')}`"
    if change.rule in _DID:
        return f"{operation} {_DID[change.rule]} {place}"
    return f"{operation} changed {place}: {change.text or change.rule}"


def _failing(facts: Facts, verdict: Verdict, verb: str) -> str:
    """How many operations do so: `2 of 14 operations drift`."""
    failing = sum(sample.verdict is verdict for sample in facts.samples) or facts.last.failing
    total = len(facts.samples) or facts.last.operations
    noun = "operation" if total == 1 else "operations"
    return f"{failing} of {total} {noun} {verb}{'s' if total == 1 and verb != 'down' else ''}"


def _down(facts: Facts) -> str:
    what = facts.last.cause or "the upstream does not answer"
    some = 0 < facts.last.failing < facts.last.operations
    part = f", {_failing(facts, Verdict.DOWN, 'down')}" if some else ""
    return f"{what}, since {moment_near(facts.since, facts.now)}, {_in_a_row(facts.streak)}{part}"


def _denied(facts: Facts) -> str:
    what = facts.last.cause or "the credential is refused"
    kept = f" (credential: {facts.credentials})" if facts.credentials else ""
    return f"{what}{kept}, since {moment_near(facts.since, facts.now)}, {_in_a_row(facts.streak)}"


def _in_a_row(runs: int) -> str:
    return "one run so far" if runs == 1 else f"{runs} runs in a row"


def _ours(facts: Facts) -> str:
    return facts.last.cause or "our own code fails while the contract holds"


def _stale(facts: Facts) -> str:
    was = "never whole" if facts.result is None else f"{facts.last.verdict} until then"
    return f"{_silence(facts)}; {was}"


def _silence(facts: Facts) -> str:
    """How long no result came, and how often one came, or should have come, before."""
    if facts.result is None:
        return f"no result at all that counts, {_how_often(facts)}"
    return f"no result for {span(facts.now - facts.result)}, {_how_often(facts)}"


def _how_often(facts: Facts) -> str:
    if facts.actual is not None:
        return f"checked every {span(facts.actual)} before"
    return f"due every {every(facts.cadence or ASSUMED_CADENCE)}"


def _unverified(facts: Facts) -> str:
    return f"the last run verified nothing: {facts.last.cause}" if facts.last.cause else "the last run verified nothing"


def _changed(facts: Facts) -> str:
    number = len(facts.changes)
    if not number:
        return facts.last.cause or "something is new, and nothing breaks"
    others = f" and {number - 1} more {'change' if number == 2 else 'changes'}" if number > 1 else ""  # noqa: PLR2004
    return f"{_change(*facts.changes[0])}{others}; nothing breaks"


def _ok(facts: Facts) -> str:
    number = facts.last.operations
    return f"{number} operations hold" if number != 1 else "1 operation holds"


_TOLD: Final = {
    Health.DRIFT: _drift,
    Health.DENIED: _denied,
    Health.DOWN: _down,
    Health.OURS: _ours,
    Health.STALE: _stale,
    Health.UNVERIFIED: _unverified,
    Health.CHANGED: _changed,
    Health.OK: _ok,
}


def _besides(facts: Facts) -> list[str]:
    told = []
    if facts.silent and facts.health is not Health.STALE:
        told.append(f"and {_silence(facts)}")
    if not facts.cadence:
        assumed = every(PATIENCE * ASSUMED_CADENCE)
        told.append(f"no `cadence` is declared: taken for stale after {assumed}")
    if facts.partial:
        told.append(f"the last run asked for a part only ({facts.partial})")
    if facts.maintenance:
        told.append("in a maintenance window now, which does not count")
    return told
