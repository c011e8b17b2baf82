"""Of each kind of alert when it stands, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from pytest_integration_contracts.health.alert_changes import (
    acceptance_over,
    acceptance_standing,
    drift_over,
    drift_standing,
    sunset_over,
    sunset_standing,
)
from pytest_integration_contracts.health.samples import GOOD, IntegrationRun
from pytest_integration_contracts.health.standing import ASSUMED_CADENCE, answered, due
from pytest_integration_contracts.health.times import every, moment, span
from pytest_integration_contracts.health.watching import Condition, Kind, Over, Told, Watched
from pytest_integration_contracts.health.wording import first_of, percent, plural
from pytest_integration_contracts.manifest.monitoring import AlertSettings
from pytest_integration_contracts.model import Verdict


class Rule(NamedTuple):
    """One kind of alert.

    Attributes:
        wanted: Whether the manifest wants it; where it does not, what was told of it is forgotten.
        standing: What stands now.
        over: Whether what has been told is over by now; None for not yet, or not known.
    """

    wanted: Callable[[AlertSettings], bool]
    standing: Callable[[Watched], list[Condition]]
    over: Callable[[Watched, Told], Over | None]


def _rate_standing(watched: Watched) -> list[Condition]:
    wanted, (good, n) = watched.settings.success_rate, watched.rate
    if wanted is None or not n or good / n >= wanted.below:
        return []
    over = every(wanted.over)
    return [
        Condition(
            kind=Kind.SUCCESS_RATE,
            short=f"{good} of {n} runs held in {over}",
            sentence=f"{good} of {n} runs held in the last {over} ({percent(good / n)})",
            rule=f"success_rate: below {percent(wanted.below)} over {over}, from {wanted.at_least} runs on",
            unconfirmed="" if n >= wanted.at_least else f"{n} of the {wanted.at_least} runs that it takes",
        )
    ]


def _rate_over(watched: Watched, _told: Told) -> Over | None:
    wanted, (good, n) = watched.settings.success_rate, watched.rate
    if wanted is None or n < max(wanted.at_least, 1) or good / n < wanted.recovered:
        return None
    held = f"{good} of {n} runs held in the last {every(wanted.over)}"
    return Over(held, f"success_rate: over again from {percent(wanted.recovered)} on")


def _in_a_row(runs: Sequence[IntegrationRun], *, good: bool) -> int:
    """How many of the newest runs held, or did not."""
    for number, run in enumerate(runs):
        if (run.verdict in GOOD) is not good:
            return number
    return len(runs)


def _failures_standing(watched: Watched) -> list[Condition]:
    wanted, runs = watched.settings.failures, watched.counted
    failing = _in_a_row(runs, good=False)
    if not failing:
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


def _failures_over(watched: Watched, _told: Told) -> Over | None:
    return _good_again(watched, _in_a_row(watched.counted, good=True), "runs hold again")


def _good_again(watched: Watched, good: int, sentence: str) -> Over | None:
    wanted = watched.settings.recovered
    if good < max(wanted, 1):
        return None
    return Over(f"{sentence}: {plural(good, 'good run')} in a row", f"recovered: {wanted} in a row")


def _stale_standing(watched: Watched) -> list[Condition]:
    result = answered(watched.assessment.runs, watched.now)
    if not _is_silent(watched):
        return []
    silence = f"no result for {span(watched.now - result.run.at)}" if result else "no whole result yet"
    cadence = watched.assessment.cadence or ASSUMED_CADENCE
    came = f", the last at {moment(result.run.at)}" if result else ""
    return [
        Condition(
            kind=Kind.STALE,
            short=silence,
            sentence=f"{silence}{came}: nobody knows how it is, and whoever runs the checks should look",
            rule=f"stale: no result within twice the cadence of {every(cadence)}",
        )
    ]


def _is_silent(watched: Watched) -> bool:
    """Whether a result is due, and none has come. What was never checked at all is new."""
    runs = watched.assessment.runs
    last = answered(runs, watched.now) or (runs[0] if runs else None)
    return last is not None and due(last.run.at, watched.assessment.cadence) < watched.now


def _stale_over(watched: Watched, _told: Told) -> Over | None:
    result = answered(watched.assessment.runs, watched.now)
    if result is None or _is_silent(watched):
        return None
    return Over(f"results come again, the last at {moment(result.run.at)}", "stale: a result in time")


def _credential_standing(watched: Watched) -> list[Condition]:
    denied = [sample for sample in watched.last if sample.verdict is Verdict.DENIED]
    if not denied:
        return []
    cause = denied[0].cause or "the upstream refuses it"
    return [
        Condition(
            kind=Kind.CREDENTIAL,
            short="credential refused",
            sentence=f"the credential is refused for {first_of([each.operation for each in denied])}: {cause}",
            rule="credential: refused, told at once",
        )
    ]


def _credential_over(watched: Watched, _told: Told) -> Over | None:
    if any(sample.verdict is Verdict.DENIED for sample in watched.last):
        return None
    runs = watched.counted
    taken = next((place for place, run in enumerate(runs) if run.verdict in {Verdict.DENIED, Verdict.DOWN}), len(runs))
    wanted = watched.settings.recovered
    if taken < max(wanted, 1):
        return None
    return Over(f"the credential is taken again: {plural(taken, 'run')} in a row", f"recovered: {wanted} in a row")


RULES: Final[Mapping[Kind, Rule]] = {
    Kind.CREDENTIAL: Rule(lambda each: each.credential, _credential_standing, _credential_over),
    Kind.DRIFT: Rule(lambda each: each.drift, drift_standing, drift_over),
    Kind.FAILURES: Rule(lambda each: each.failures > 0, _failures_standing, _failures_over),
    Kind.SUCCESS_RATE: Rule(lambda each: each.success_rate is not None, _rate_standing, _rate_over),
    Kind.STALE: Rule(lambda each: each.stale, _stale_standing, _stale_over),
    Kind.ACCEPTANCE: Rule(lambda each: each.acceptance > 0, acceptance_standing, acceptance_over),
    Kind.SUNSET: Rule(lambda each: each.sunset > 0, sunset_standing, sunset_over),
}
