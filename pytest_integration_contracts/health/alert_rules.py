"""What is worth telling about an integration: of each kind of alert when it stands, and when it is over."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from pytest_integration_contracts.health.assessment import Assessment, Health
from pytest_integration_contracts.health.samples import COUNTED, GOOD, IntegrationRun, OpenChange, Rate, Sample
from pytest_integration_contracts.health.wording import DAY, moment, percent, plural, span
from pytest_integration_contracts.health_settings import AlertSettings
from pytest_integration_contracts.model import Verdict

_SUNSET_AGAIN: Final = (7 * DAY, DAY)
_ACCEPTANCE_AGAIN: Final = (3 * DAY, 0.0)
_LOOKED: Final = frozenset({Verdict.OK, Verdict.CHANGED, Verdict.DRIFT})
"""The verdicts of an operation whose answers were looked at: what is not in them is not there."""
_CONFIRMED: Final = 2
_FORGOTTEN: Final = 5
"""After so many runs that do not ask for an operation at all, nobody does any more."""


class Kind(enum.StrEnum):
    """What an alert is about, as the manifest's mutes name it; the gravest first."""

    CREDENTIAL = "credential"
    DRIFT = "drift"
    FAILURES = "failures"
    SUCCESS_RATE = "success_rate"
    STALE = "stale"
    ACCEPTANCE = "acceptance"
    SUNSET = "sunset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One integration with all that alerts go by.

    Attributes:
        assessment: What the history says about it now.
        settings: What is told about it, and to whom.
        upstream: What it has in common with others that fail together with it: the host of its canonical URL, or else
            its contact, or else its own name.
        recent: The samples of its last runs, the newest first, without those in a maintenance window.
        rate: How often it held over `settings.success_rate.over`.
    """

    assessment: Assessment
    settings: AlertSettings
    upstream: str
    recent: tuple[tuple[Sample, ...], ...] = ()
    rate: Rate = Rate()

    @property
    def name(self) -> str:
        """The integration's name."""
        return self.assessment.integration

    @property
    def counted(self) -> list[IntegrationRun]:
        """Its runs that say anything about the upstream, the newest first."""
        return [run for run in reversed(self.assessment.runs) if run.verdict in COUNTED and not run.maintenance]

    @property
    def last(self) -> tuple[Sample, ...]:
        """The samples of its last run."""
        return self.recent[0] if self.recent else ()

    @property
    def standing(self) -> Iterator[tuple[Sample, OpenChange]]:
        """The changes of each operation, as the last run has them that looked at its answers."""
        seen: set[str] = set()
        for samples in self.recent:
            for sample in samples:
                if sample.verdict in _LOOKED and sample.operation not in seen:
                    seen.add(sample.operation)
                    yield from ((sample, change) for change in sample.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What has been told.

    Attributes:
        integration: Whose it is.
        kind: What it is about.
        subject: Which of several of its kind: a fingerprint, a date; "" where there is only one.
        operation: The operation it is about, or "".
        at: When it was told, seconds of the epoch.
        stage: How urgent it was then: what comes nearer is told again.
        over: When its end was told, kept of drift for as long as it may flap; None while it stands.
    """

    integration: str
    kind: Kind
    subject: str = ""
    operation: str = ""
    at: float = 0.0
    stage: int = 0
    over: float | None = None

    @property
    def key(self) -> tuple[str, Kind, str]:
        """What tells it from all else."""
        return self.integration, self.kind, self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What stands and is worth telling.

    Attributes:
        kind: What it is about.
        short: A few words for the first line.
        sentence: What a person should know.
        rule: The rule by which it is told, with its numbers.
        subject: As in `Told`.
        operation: As in `Told`.
        stage: As in `Told`.
        unconfirmed: Why it is too early to tell, "" where it is not.
    """

    kind: Kind
    short: str
    sentence: str
    rule: str
    subject: str = ""
    operation: str = ""
    stage: int = 0
    unconfirmed: str = ""


class Over(NamedTuple):
    """What stands no more.

    Attributes:
        sentence: What a person should know, "" for nothing: then it is forgotten without a word.
        rule: The rule by which it is over, with its numbers.
    """

    sentence: str = ""
    rule: str = ""


_SILENTLY: Final = Over()


class Rule(NamedTuple):
    """One kind of alert.

    Attributes:
        standing: What stands now, as seconds of the epoch.
        over: Whether what has been told is over by now; None for not yet, or not known.
    """

    standing: Callable[[Watched, float], list[Condition]]
    over: Callable[[Watched, Told, float], Over | None]


def _rate_standing(watched: Watched, now: float) -> list[Condition]:
    wanted, (good, n) = watched.settings.success_rate, watched.rate
    if wanted is None or not n or good / n >= wanted.below:
        return []
    over = span(wanted.over)
    return [
        Condition(
            kind=Kind.SUCCESS_RATE,
            short=f"{good} of {n} runs held in {over}",
            sentence=f"{good} of {n} runs held in the last {over} ({percent(good / n)})",
            rule=f"success_rate: below {percent(wanted.below)} over {over}, from {wanted.at_least} runs on",
            unconfirmed="" if n >= wanted.at_least else f"{n} of the {wanted.at_least} runs that it takes",
        )
    ]


def _rate_over(watched: Watched, told: Told, now: float) -> Over | None:
    wanted, (good, n) = watched.settings.success_rate, watched.rate
    if wanted is None:
        return _SILENTLY
    if n < max(wanted.at_least, 1) or good / n < wanted.recovered:
        return None
    held = f"{good} of {n} runs held in the last {span(wanted.over)}"
    return Over(held, f"success_rate: over again from {percent(wanted.recovered)} on")


def _in_a_row(runs: Sequence[IntegrationRun], *, good: bool) -> int:
    """How many of the newest runs held, or did not."""
    for number, run in enumerate(runs):
        if (run.verdict in GOOD) is not good:
            return number
    return len(runs)


def _failures_standing(watched: Watched, now: float) -> list[Condition]:
    wanted, runs = watched.settings.failures, watched.counted
    failing = _in_a_row(runs, good=False)
    if not wanted or not failing:
        return []
    last, first = runs[0], runs[failing - 1]
    cause = f": {last.cause}" if last.cause else ""
    return [
        Condition(
            kind=Kind.FAILURES,
            short=f"{last.verdict.value}, {plural(failing, 'failing run')} in a row",
            sentence=f"{plural(failing, 'failing run')} in a row since {moment(first.run.at)}, the last {last.verdict}"
            f"{cause}",
            rule=f"failures: {wanted} in a row",
            unconfirmed="" if failing >= wanted else f"{failing} of the {wanted} failing runs that it takes",
        )
    ]


def _failures_over(watched: Watched, told: Told, now: float) -> Over | None:
    if not watched.settings.failures:
        return _SILENTLY
    return _good_again(watched, _in_a_row(watched.counted, good=True), "runs hold again")


def _good_again(watched: Watched, good: int, sentence: str) -> Over | None:
    wanted = watched.settings.recovered
    if good < max(wanted, 1):
        return None
    return Over(f"{sentence}: {plural(good, 'good run')} in a row", f"recovered: {wanted} in a row")


def _drift_standing(watched: Watched, now: float) -> list[Condition]:
    if not watched.settings.drift:
        return []
    return [
        _drifted(watched, sample, change)
        for sample, change in watched.standing
        if change.severity == "breaking" and not _accepted(change, now)
    ]


def _drifted(watched: Watched, sample: Sample, change: OpenChange) -> Condition:
    seen = sum(any(change.fingerprint == each.fingerprint for each in _changes(run)) for run in watched.recent)
    text = f": {change.text}" if change.text else ""
    return Condition(
        kind=Kind.DRIFT,
        short=f"{change.rule} {change.path}",
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
    ends = _end_of(change.expires)
    return ends is not None and now < ends


def _drift_over(watched: Watched, told: Told, now: float) -> Over | None:
    if not watched.settings.drift:
        return _SILENTLY
    about = [[each for each in run if each.operation == told.operation] for run in watched.recent]
    if len(about) >= _FORGOTTEN and not any(about):
        what = f"{told.operation}: no run asks for it any more; it had a breaking change [{told.subject}]"
        return Over(what, f"drift: not asked for in {plural(len(about), 'run')}")
    wanted, absent = max(watched.settings.recovered, 1), 0
    for sample in (each[0] for each in about if each and each[0].verdict in _LOOKED):
        standing = [change for change in sample.changes if change.fingerprint == told.subject]
        if standing and not _accepted(standing[0], now):
            return None
        if standing:
            return Over(f"{told.operation}: [{told.subject}] is accepted until {standing[0].expires}", "drift: accepted")
        absent += 1
        if absent >= wanted:
            break
    if absent < wanted:
        return None
    return Over(
        f"{told.operation}: the breaking change [{told.subject}] is gone", f"recovered: gone in {plural(absent, 'run')}"
    )


def _stale_standing(watched: Watched, now: float) -> list[Condition]:
    assessment = watched.assessment
    if not watched.settings.stale or assessment.health is not Health.STALE:
        return []
    checked = assessment.checked
    silence = f"no result for {span(now - checked)}" if checked is not None else "no result"
    return [
        Condition(
            kind=Kind.STALE,
            short=silence,
            sentence=f"{silence}: {assessment.cause}" if assessment.cause else silence,
            rule=f"stale: no result within twice the cadence of {span(assessment.cadence)}",
        )
    ]


def _stale_over(watched: Watched, told: Told, now: float) -> Over | None:
    if not watched.settings.stale:
        return _SILENTLY
    if watched.assessment.health is Health.STALE:
        return None
    checked = watched.assessment.checked
    came = f", the last at {moment(checked)}" if checked is not None else ""
    return Over(f"results come again{came}", "stale: a result within twice the cadence")


def _credential_standing(watched: Watched, now: float) -> list[Condition]:
    denied = [sample for sample in watched.last if sample.verdict is Verdict.DENIED]
    if not watched.settings.credential or not denied:
        return []
    cause = denied[0].cause or "the upstream refuses it"
    return [
        Condition(
            kind=Kind.CREDENTIAL,
            short="credential refused",
            sentence=f"the credential is refused for {_first_of([each.operation for each in denied])}: {cause}",
            rule="credential: refused, told at once",
        )
    ]


def _credential_over(watched: Watched, told: Told, now: float) -> Over | None:
    if not watched.settings.credential:
        return _SILENTLY
    if any(sample.verdict is Verdict.DENIED for sample in watched.last):
        return None
    runs = watched.counted
    taken = next((place for place, run in enumerate(runs) if run.verdict in {Verdict.DENIED, Verdict.DOWN}), len(runs))
    wanted = watched.settings.recovered
    if taken < max(wanted, 1):
        return None
    return Over(f"the credential is taken again: {plural(taken, 'run')} in a row", f"recovered: {wanted} in a row")


def _sunset_standing(watched: Watched, now: float) -> list[Condition]:
    within = watched.settings.sunset
    ending: dict[str, list[str]] = {}
    for sample in watched.last:
        ends = _moment_of(sample.sunset)
        if within and ends is not None and ends - now <= within:
            ending.setdefault(sample.sunset, []).append(sample.operation)
    return [_sunset(watched, date, operations, now) for date, operations in sorted(ending.items())]


def _sunset(watched: Watched, date: str, operations: list[str], now: float) -> Condition:
    left = (_moment_of(date) or now) - now
    ends = f"ends in {span(left)}" if left > 0 else f"was to end {span(-left)} ago"
    spans = _spans(watched.settings.sunset, _SUNSET_AGAIN)
    return Condition(
        kind=Kind.SUNSET,
        short=ends,
        sentence=f"{_first_of(operations)} {ends}, on {date}, by the upstream's own word (Sunset)",
        rule=f"sunset: once each at {', '.join(map(span, spans))} before",
        subject=date,
        operation=operations[0],
        stage=sum(left <= each for each in spans),
    )


def _sunset_over(watched: Watched, told: Told, now: float) -> Over | None:
    if not watched.settings.sunset:
        return _SILENTLY
    said = [each.sunset for each in watched.last if each.operation == told.operation and each.verdict in _LOOKED]
    if not said or told.subject in said:
        return None
    instead = f", but on {said[0]}" if said[0] else ""
    return Over(f"{told.operation} no longer says that it ends on {told.subject}{instead}", "sunset: no longer said")


def _acceptance_standing(watched: Watched, now: float) -> list[Condition]:
    within = watched.settings.acceptance
    found = ((sample, change, _end_of(change.expires)) for sample, change in watched.standing)
    return [
        _acceptance(watched, sample, change, ends - now)
        for sample, change, ends in found
        if within and ends is not None and ends - now <= within
    ]


def _acceptance(watched: Watched, sample: Sample, change: OpenChange, left: float) -> Condition:
    ends = f"ends in {span(left)}, after {change.expires}" if left > 0 else f"has expired, after {change.expires}"
    spans = _spans(watched.settings.acceptance, _ACCEPTANCE_AGAIN)
    return Condition(
        kind=Kind.ACCEPTANCE,
        short="an acceptance " + (f"ends in {span(left)}" if left > 0 else "has expired"),
        sentence=f"the acceptance of {change.rule} {change.path} in {sample.operation} {ends}  [{change.fingerprint}]",
        rule=f"acceptance: once each at {', '.join(map(span, spans[:-1]))} before, and when it has expired",
        subject=_accepted_until(change),
        operation=sample.operation,
        stage=sum(left <= each for each in spans),
    )


def _accepted_until(change: OpenChange) -> str:
    return f"{change.fingerprint} {change.expires}"


def _acceptance_over(watched: Watched, told: Told, now: float) -> Over | None:
    still = any(_accepted_until(change) == told.subject for _, change in watched.standing)
    looked = any(each.operation == told.operation and each.verdict in _LOOKED for run in watched.recent for each in run)
    return None if still or not looked else _SILENTLY


RULES: Final[Mapping[Kind, Rule]] = {
    Kind.CREDENTIAL: Rule(_credential_standing, _credential_over),
    Kind.DRIFT: Rule(_drift_standing, _drift_over),
    Kind.FAILURES: Rule(_failures_standing, _failures_over),
    Kind.SUCCESS_RATE: Rule(_rate_standing, _rate_over),
    Kind.STALE: Rule(_stale_standing, _stale_over),
    Kind.ACCEPTANCE: Rule(_acceptance_standing, _acceptance_over),
    Kind.SUNSET: Rule(_sunset_standing, _sunset_over),
}


def _spans(first: float, later: tuple[float, ...]) -> list[float]:
    """How long before an end it is told: first as the manifest says, then when it comes nearer."""
    return [first, *(each for each in later if each < first)]


def _end_of(day: str) -> float | None:
    """When a day is over in UTC, as seconds of the epoch; None for no day."""
    starts = _moment_of(day)
    return None if starts is None else starts + DAY


def _moment_of(text: str) -> float | None:
    """A date or a time in ISO 8601 as seconds of the epoch, in UTC where it does not say; None for anything else."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).timestamp()


def muted_until(day: str) -> float:
    """When a mute ends that counts through a day, as seconds of the epoch; at once where that is no day."""
    return _end_of(day) or 0.0


def _first_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
