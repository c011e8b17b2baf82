"""The history and the manifest -> how every integration stands now, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from pytest_integration_contracts.health.assessment import Assessment, Health, Overview
from pytest_integration_contracts.health.causes import FAULT, NEVER, Facts, sentence
from pytest_integration_contracts.health.samples import IntegrationRun, OpenChange, Rate, Sample
from pytest_integration_contracts.health.standing import (
    GRAVITY,
    SKEW,
    actual_cadence,
    answered,
    due,
    health_of,
    incidents,
    streak,
    weighed,
)
from pytest_integration_contracts.health.times import span
from pytest_integration_contracts.manifest.manifest import Integration, Manifest
from pytest_integration_contracts.manifest.monitoring import in_maintenance
from pytest_integration_contracts.model import Severity

WINDOWS: Final = (3600.0, 86400.0, 604800.0, 2592000.0)
"""Over how long success is counted, in seconds: 1 h, 24 h, 7 d, 30 d."""

SHOWN: Final = 90
"""How many runs are looked at, and shown."""

_DAY: Final = 86400.0
_SEVERITIES: Final = {severity.value: place for place, severity in enumerate(Severity)}
_ORDER: Final = {health: place for place, health in enumerate(Health)}
_SEVERAL: Final = 3
_SILENCED: Final = frozenset({Health.OK, Health.CHANGED, Health.UNVERIFIED})
"""What silence outweighs: nobody knows any more."""


class History(Protocol):
    """What is asked of a store. Each answer is about all integrations at once: there may be hundreds."""

    def recent(self, most: int) -> Mapping[str, Sequence[IntegrationRun]]:
        """The last runs of each, the newest first."""

    def last_samples(self) -> Mapping[str, Sequence[Sample]]:
        """The samples of the last run of each."""

    def samples(self, integration: str, *, run: str | None = None) -> Sequence[Sample]:
        """Those of another run of one."""

    def rates(self, now: float, windows: Sequence[float]) -> Mapping[str, Mapping[float, Rate]]:
        """By integration and window how many runs counted, and how many of them held."""

    def last_good(self) -> Mapping[str, float]:
        """When each last held."""

    def since(self) -> Mapping[str, float]:
        """Since when each has the verdict of its last run."""

    def latencies(self, now: float, window: float) -> Mapping[str, tuple[int, float]]:
        """How many live answers each gave, and their p95 in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a store knows of one integration.

    Attributes:
        runs: Its last runs, the oldest first.
        samples: Those of its last run; and of operations which that one did not ask for, of the run that speaks.
        rates: As in `Assessment`.
        last_good: As in `Assessment`.
        since: Since when the verdict of its last run is the same, where that is longer than `runs` go back.
        latency: How many answers it gave over the last 24 hours, and their p95 in seconds.
    """

    runs: tuple[IntegrationRun, ...] = ()
    samples: tuple[Sample, ...] = ()
    rates: Mapping[float, Rate]
    last_good: float | None = None
    since: float | None = None
    latency: tuple[int, float] | None = None


def overview(store: History, manifest: Manifest, now: float) -> Overview:
    """How the integrations that a manifest declares stand, the worst first, then the longest since, then by name.

    Args:
        store: The history.
        manifest: What is declared; what it does not name is only told of in the notes.
        now: Seconds of the epoch.
    """
    known = _gathered(store, now)
    found = [assess(each, known.get(each.name, _nothing()), now) for each in manifest.integrations.values()]
    found.sort(key=lambda each: (_ORDER[each.health], each.since or 0.0, each.integration))
    return Overview(
        made_at=now,
        assessments=tuple(found),
        next_check=_next_check(found, now),
        notes=tuple(_notes(found, sorted(known.keys() - manifest.integrations.keys()), now)),
    )


def _gathered(store: History, now: float) -> dict[str, Known]:
    rates, last_good, since = store.rates(now, WINDOWS), store.last_good(), store.since()
    latencies, samples = store.latencies(now, _DAY), store.last_samples()
    known = {}
    for name, newest_first in store.recent(SHOWN).items():
        runs = tuple(reversed(newest_first))
        known[name] = Known(
            runs=runs,
            samples=_samples(store, name, runs, samples.get(name, ())),
            rates=_every_window(rates.get(name, {})),
            last_good=last_good.get(name),
            since=since.get(name),
            latency=latencies.get(name),
        )
    return known


def _samples(store: History, name: str, runs: Sequence[IntegrationRun], last: Sequence[Sample]) -> tuple[Sample, ...]:
    """What is known of each operation: from the last run, or else from the one that speaks, where that is another."""
    speaking = weighed(runs)[-1:]
    if not speaking or speaking[0].run.id == runs[-1].run.id:
        return tuple(last)
    mine = store.samples(name, run=speaking[0].run.id)
    if runs[-1].maintenance:
        return tuple(mine)
    asked = {sample.operation for sample in mine}
    return (*mine, *(sample for sample in last if sample.operation not in asked))


def _nothing() -> Known:
    return Known(rates=_every_window({}))


def _every_window(rates: Mapping[float, Rate]) -> dict[float, Rate]:
    return {window: rates.get(window, Rate()) for window in WINDOWS}


def assess(integration: Integration, known: Known, now: float) -> Assessment:
    """How one integration stands.

    Args:
        integration: What the manifest says of it.
        known: What the store knows of it.
        now: Seconds of the epoch.
    """
    verdict = _verdict(integration, known, now)
    answers, p95 = known.latency or (0, None)
    newest = [sample.newest for sample in known.samples if sample.newest is not None]
    return Assessment(
        integration=integration.name,
        health=verdict.health,
        cause=verdict.cause,
        fault=FAULT[verdict.health],
        since=verdict.since,
        last_good=known.last_good,
        checked=known.runs[-1].run.at if known.runs else None,
        rates=known.rates,
        p95=p95,
        budget=integration.latency,
        answers=answers,
        newest=max(newest, default=None),
        fresh_within=integration.freshness[1] if integration.freshness else 0.0,
        changes=tuple(_gravest_first(known.samples)),
        operations=tuple(sorted(known.samples, key=_by_gravity)),
        runs=known.runs,
        incidents=tuple(incidents(weighed(known.runs)))[::-1],
        owner=integration.owner,
        contact=integration.contact,
        runbook=integration.runbook,
        credentials=integration.credentials,
        system_of_record=integration.system_of_record,
        feeds=integration.feeds,
        cadence=integration.cadence,
        actual_cadence=actual_cadence(known.runs),
        maintenance=in_maintenance(integration.maintenance, now),
        rate_left=_rate_left(known.samples),
        sunset=min((sample.sunset for sample in known.samples if sample.sunset), default=""),
        commit=known.runs[-1].run.commit if known.runs else "",
        overdue=verdict.overdue,
    )


class _Verdict(NamedTuple):
    health: Health
    cause: str
    since: float | None = None
    overdue: bool = True


def _verdict(integration: Integration, known: Known, now: float) -> _Verdict:
    speaking = weighed(known.runs)
    if not speaking:
        return _Verdict(Health.UNVERIFIED, NEVER if not known.runs else "never checked outside of maintenance windows")
    result = answered(known.runs, now)
    until = due(result.run.at, integration.cadence) if result else now
    silent, health, row = until < now or result is None, health_of(speaking[-1]), streak(speaking)
    since = row[0].run.at
    if len(row) == len(speaking) and known.since is not None:
        since = min(since, known.since)
    if silent and health in _SILENCED:
        health, since = Health.STALE, until if result else since
    facts = Facts(
        health=health,
        last=speaking[-1],
        samples=known.samples,
        changes=_gravest_first(known.samples),
        streak=len(row),
        since=since,
        result=result.run.at if result else None,
        silent=silent,
        cadence=integration.cadence,
        actual=actual_cadence(known.runs),
        credentials=integration.credentials,
        maintenance=in_maintenance(integration.maintenance, now),
        partial=_partial(known.runs, speaking[-1], result),
        now=now,
    )
    return _Verdict(health, sentence(facts), since, silent)


def _partial(runs: Sequence[IntegrationRun], speaking: IntegrationRun, result: IntegrationRun | None) -> str:
    """Why the last run asked for a part only, where that makes a difference."""
    last = runs[-1]
    counts = result is not None and result.run.id == last.run.id and speaking.run.id == last.run.id
    return "" if counts else last.run.partial


def _gravest_first(samples: Iterable[Sample]) -> list[tuple[str, OpenChange]]:
    """What stands; of the same severity first what nobody has accepted."""
    found = [(sample.operation, change) for sample in samples for change in sample.changes]
    return sorted(found, key=lambda each: (_SEVERITIES.get(each[1].severity, len(Severity)), bool(each[1].expires)))


def _by_gravity(sample: Sample) -> tuple[int, str]:
    return GRAVITY[sample.verdict], sample.operation


def _rate_left(samples: Iterable[Sample]) -> tuple[int, int] | None:
    """The limit that is nearest: how many requests were left, and out of how many (0 for not said)."""
    found = [(sample.rate_left, sample.rate_limit or 0) for sample in samples if sample.rate_left is not None]
    return min(found, key=lambda each: (each[0] / each[1] if each[1] else 1.0, each[0]), default=None)


def _next_check(found: Iterable[Assessment], now: float) -> float | None:
    """When the next result is due; where all are overdue, one shortest cadence from now."""
    declared = [each for each in found if each.cadence]
    if not declared:
        return None
    coming = [at for each in declared if each.checked is not None and (at := each.checked + each.cadence) > now]
    return min(coming, default=now + min(each.cadence for each in declared))


def _notes(found: Sequence[Assessment], unknown: Sequence[str], now: float) -> Iterable[str]:
    down = [each for each in found if each.health is Health.DOWN]
    asked = [each for each in found if each.health not in {Health.STALE, Health.UNVERIFIED}]
    if len(down) == len(asked) >= _SEVERAL:
        yield f"all {len(down)} integrations that were asked are down at once: look at the runner's own network first"
    ahead: dict[str, list[Assessment]] = {}
    for each in found:
        if each.checked is not None and each.checked > now + SKEW:
            ahead.setdefault(each.runs[-1].run.host or "the machine that runs them", []).append(each)
    for host, some in ahead.items():
        furthest = span(max(each.checked or now for each in some) - now)
        names = _some_of(sorted(each.integration for each in some))
        yield f"set the clock of {host}: its last results are dated up to {furthest} ahead of now ({names})"
    if unknown:
        noun = "an integration" if len(unknown) == 1 else f"{len(unknown)} integrations"
        yield f"the store also knows {noun} that the manifest does not declare: {_some_of(unknown)}"


def _some_of(names: Sequence[str]) -> str:
    return ", ".join(names[:_SEVERAL]) + (", ..." if len(names) > _SEVERAL else "")
