"""What is told of operations: breaking changes, acceptances that run out, ends that are announced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from pytest_integration_contracts.health.samples import OpenChange, Sample
from pytest_integration_contracts.health.times import every, span
from pytest_integration_contracts.health.watching import LOOKED, SILENTLY, Condition, Kind, Over, Told, Watched
from pytest_integration_contracts.health.wording import first_of, plural

_DAY: Final = 86400.0
_SUNSET_AGAIN: Final = (7 * _DAY, _DAY)
_ACCEPTANCE_AGAIN: Final = (3 * _DAY, 0.0)
_REMEMBERED: Final = 30 * _DAY
_CONFIRMED: Final = 2
_FORGOTTEN: Final = 5
"""After so many runs that do not ask for an operation at all, nobody does any more."""


def drift_standing(watched: Watched) -> list[Condition]:
    """The breaking changes that stand and that nobody has accepted."""
    return [
        _drifted(watched, sample, change)
        for sample, change in watched.standing
        if change.severity == "breaking" and not _accepted(change, watched.now)
    ]


def _drifted(watched: Watched, sample: Sample, change: OpenChange) -> Condition:
    seen = sum(any(change.fingerprint == each.fingerprint for each in _changes(run)) for run in watched.recent)
    text = f": {change.text}" if change.text else ""
    return Condition(
        kind=Kind.DRIFT,
        short=f"drift, {change.rule} {change.path}",
        sentence=f"{sample.operation}  {change.rule}  {change.path}{text}  [{change.fingerprint}]",
        rule=f"drift: a breaking change, confirmed by a second run (found in {seen} of the last"
        f" {plural(len(watched.recent), 'run')})",
        subject=change.fingerprint,
        operation=sample.operation,
        unconfirmed="" if seen >= _CONFIRMED else "found in one run; told once a second one confirms it",
    )


def _changes(samples: Sequence[Sample]) -> Iterator[OpenChange]:
    for sample in samples:
        yield from sample.changes


def _accepted(change: OpenChange, now: float) -> bool:
    ends = end_of(change.expires)
    return ends is not None and now < ends


def drift_over(watched: Watched, told: Told) -> Over | None:
    """Whether a breaking change is gone: in several runs that looked, for one proves little."""
    about = [[each for each in run if each.operation == told.operation] for run in watched.recent]
    if len(about) >= _FORGOTTEN and not any(about):
        what = f"{told.operation}: no run asks for it any more; it had a breaking change [{told.subject}]"
        return Over(what, f"drift: not asked for in {plural(len(about), 'run')}")
    wanted, absent = max(watched.settings.recovered, 1), 0
    for sample in (each[0] for each in about if each and each[0].verdict in LOOKED):
        standing = [change for change in sample.changes if change.fingerprint == told.subject]
        if standing and not _accepted(standing[0], watched.now):
            return None
        if standing:
            return Over(
                f"{told.operation}: [{told.subject}] is accepted until {standing[0].expires}", "drift: accepted"
            )
        absent += 1
        if absent >= wanted:
            break
    if absent < wanted:
        return None
    return Over(
        f"{told.operation}: the breaking change [{told.subject}] is gone", f"recovered: gone in {plural(absent, 'run')}"
    )


def sunset_standing(watched: Watched) -> list[Condition]:
    """The ends that come near by the upstream's own word (Sunset, RFC 8594), one for each date."""
    within = watched.settings.sunset
    ending: dict[str, list[str]] = {}
    for sample in watched.last:
        ends = _moment_of(sample.sunset)
        if ends is not None and ends - watched.now <= within:
            ending.setdefault(sample.sunset, []).append(sample.operation)
    return [_sunset(watched, date, operations) for date, operations in sorted(ending.items())]


def _sunset(watched: Watched, date: str, operations: list[str]) -> Condition:
    left = (_moment_of(date) or watched.now) - watched.now
    ends = f"ends in {span(left)}" if left > 0 else f"was to end {span(-left)} ago"
    spans = _spans(watched.settings.sunset, _SUNSET_AGAIN)
    return Condition(
        kind=Kind.SUNSET,
        short=ends,
        sentence=f"{first_of(operations)} {ends}, on {date}, by the upstream's own word (Sunset)",
        rule=f"sunset: once each at {', '.join(map(every, spans))} before",
        subject=date,
        operation=operations[0],
        stage=sum(left <= each for each in spans),
    )


def sunset_over(watched: Watched, told: Told) -> Over | None:
    """Whether an end is no longer announced, in several runs that looked."""
    about = (each for run in watched.recent for each in run if each.operation == told.operation)
    said = [each.sunset for each in about if each.verdict in LOOKED][: max(watched.settings.recovered, 1)]
    if len(said) < watched.settings.recovered or told.subject in said:
        return None
    instead = f", but on {said[0]}" if said[0] else ""
    return Over(
        f"{told.operation} no longer says that it ends on {told.subject}{instead}",
        f"sunset: not said in {plural(len(said), 'run')}",
    )


def acceptance_standing(watched: Watched) -> list[Condition]:
    """The acceptances that run out soon, or have."""
    within = watched.settings.acceptance
    found = ((sample, change, end_of(change.expires)) for sample, change in watched.standing)
    return [
        _acceptance(watched, sample, change, ends - watched.now)
        for sample, change, ends in found
        if ends is not None and ends - watched.now <= within
    ]


def _acceptance(watched: Watched, sample: Sample, change: OpenChange, left: float) -> Condition:
    ends = f"ends in {span(left)}, after {change.expires}" if left > 0 else f"has expired, after {change.expires}"
    spans = _spans(watched.settings.acceptance, _ACCEPTANCE_AGAIN)
    return Condition(
        kind=Kind.ACCEPTANCE,
        short="an acceptance " + (f"ends in {span(left)}" if left > 0 else "has expired"),
        sentence=f"the acceptance of {change.rule} {change.path} in {sample.operation} {ends}  [{change.fingerprint}]",
        rule=f"acceptance: once each at {', '.join(map(every, spans[:-1]))} before, and when it has expired",
        subject=_accepted_until(change),
        operation=sample.operation,
        stage=sum(left <= each for each in spans),
    )


def _accepted_until(change: OpenChange) -> str:
    return f"{change.fingerprint} {change.expires}"


def acceptance_over(watched: Watched, told: Told) -> Over | None:
    """Whether it ended long ago. That the change is gone is nobody's alarm, and if it comes back it is not news."""
    ends = end_of(told.subject.partition(" ")[2])
    return SILENTLY if ends is None or ends + _REMEMBERED < watched.now else None


def _spans(first: float, later: tuple[float, ...]) -> list[float]:
    """How long before an end it is told: first as the manifest says, then when it comes nearer."""
    return [first, *(each for each in later if each < first)]


def end_of(day: str) -> float | None:
    """When a day is over in UTC, as seconds of the epoch; None for no day."""
    starts = _moment_of(day)
    return None if starts is None else starts + _DAY


def _moment_of(text: str) -> float | None:
    """A date or a time in ISO 8601 as seconds of the epoch, in UTC where it does not say; None for anything else."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).timestamp()
