"""What an integration's runs come to: the one that speaks for it, since when, whether it is too old, its incidents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from pytest_integration_contracts.health.assessment import Health, Incident
from pytest_integration_contracts.health.samples import COUNTED, GOOD, IntegrationRun
from pytest_integration_contracts.model import Verdict

ASSUMED_CADENCE: Final = 86400.0
"""How often an integration should be checked whose manifest does not say: without it silence would be green."""

PATIENCE: Final = 2.0
"""After so many cadences without a result it is stale."""

SKEW: Final = 300.0
"""So far ahead a runner's clock may be, in seconds; a result from later than that is no proof of anything."""

_RECENT: Final = 10
_GAPS: Final = 20
_FEWEST_RUNS: Final = 3

_HEALTH: Final = {
    Verdict.DRIFT: Health.DRIFT,
    Verdict.DENIED: Health.DENIED,
    Verdict.DOWN: Health.DOWN,
    Verdict.UNVERIFIED: Health.UNVERIFIED,
    Verdict.OURS: Health.OURS,
    Verdict.CHANGED: Health.CHANGED,
    Verdict.OK: Health.OK,
}

GRAVITY: Final = {verdict: place for place, verdict in enumerate(Verdict)}
"""Where a verdict stands, the gravest first."""

Runs = Sequence[IntegrationRun]
"""Runs of one integration, the oldest first."""


def health_of(run: IntegrationRun) -> Health:
    """A run's verdict as an operator's."""
    return _HEALTH[run.verdict]


def weighed(runs: Runs) -> list[IntegrationRun]:
    """The runs that say how it stands, the oldest first.

    Those in maintenance do not. Nor does a partial one that asked for less than one before it and found less: that
    `GET /customers` holds ends no drift of `GET /orders`.
    """
    kept: list[IntegrationRun] = []
    whole: IntegrationRun | None = None
    for run in runs:
        standing = (whole, kept[-1]) if whole else ()
        if run.maintenance or any(_says_nothing_beside(run, each) for each in standing):
            continue
        kept.append(run)
        if whole is None or not run.run.partial or run.operations >= whole.operations:
            whole = run
    return kept


def _says_nothing_beside(run: IntegrationRun, before: IntegrationRun) -> bool:
    asked_less = bool(run.run.partial) and run.operations < before.operations
    return asked_less and GRAVITY[run.verdict] > GRAVITY[before.verdict]


def streak(runs: Runs) -> list[IntegrationRun]:
    """The last runs with the verdict of the last, the oldest first.

    What says nothing about the upstream (our own faults, what was not verified) does not interrupt what does.
    """
    last = runs[-1].verdict
    found: list[IntegrationRun] = []
    for run in reversed(runs):
        if run.verdict is last:
            found.append(run)
        elif last not in COUNTED or run.verdict in COUNTED:
            break
    return found[::-1]


def answered(runs: Runs, now: float) -> IntegrationRun | None:
    """The last run that is a result: not ahead of time, not in maintenance, and whole; None for none.

    Whole is one that was not partial, or asked for as many operations as usual: as the last that was not partial, or
    else as the middle one of the last ten.
    """
    counting = [run for run in runs if not run.maintenance]
    usual = _usual(counting[-_RECENT:])
    for run in reversed(counting):
        whole = not run.run.partial or run.operations >= usual
        if whole and run.run.at <= now + SKEW:
            return run
    return None


def _usual(runs: Runs) -> float:
    whole = [run.operations for run in runs if not run.run.partial]
    return whole[-1] if whole else median(run.operations for run in runs) if runs else 0


def due(at: float, cadence: float) -> float:
    """From when on a result of a certain time is too old, seconds of the epoch."""
    return at + PATIENCE * (cadence or ASSUMED_CADENCE)


def actual_cadence(runs: Runs) -> float | None:
    """How often it is checked, in seconds: the median between its last runs; None for fewer than three."""
    times = [run.run.at for run in runs[-_GAPS - 1 :]]
    if len(times) < _FEWEST_RUNS:
        return None
    return median(after - before for before, after in pairwise(times))


def incidents(runs: Runs) -> Iterator[Incident]:
    """The times without a good run, the oldest first. Runs that do not count neither begin nor end one."""
    failing: list[IntegrationRun] = []
    for run in (each for each in runs if each.verdict in COUNTED):
        if run.verdict not in GOOD:
            failing.append(run)
        elif failing:
            yield _incident(failing, run.run.at)
            failing = []
    if failing:
        yield _incident(failing, None)


def _incident(failing: Runs, ended: float | None) -> Incident:
    gravest = min(failing, key=lambda run: GRAVITY[run.verdict])
    began = failing[0].run.at
    return Incident(verdict=health_of(gravest), cause=gravest.cause, began=began, ended=ended, runs=len(failing))
