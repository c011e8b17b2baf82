"""How integrations stand, as OpenMetrics: for Prometheus, and for the textfile collector of its node-exporter.

https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md, and no more of it than the older text
format of Prometheus has, which is what the textfile collector reads: gauges only, no state sets, no info.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from pytest_integration_contracts.health.assess import WINDOWS
from pytest_integration_contracts.health.assessment import Assessment, Health, Overview
from pytest_integration_contracts.health.standing import ASSUMED_CADENCE
from pytest_integration_contracts.health.times import window_name
from pytest_integration_contracts.model import Severity

CONTENT_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_PREFIX: Final = "integration_contracts"

Point = tuple[dict[str, str], float | None]
"""Labels and a value; None for no value."""


class Family(NamedTuple):
    """One metric of every integration.

    Attributes:
        name: Its name after the prefix; it ends in its unit, where it has one.
        help: What it says.
        points: Its values for one integration.
        unit: Its unit.
    """

    name: str
    help: str
    points: Callable[[Assessment], Iterable[Point]]
    unit: str = ""


def openmetrics(overview: Overview) -> str:
    """The whole exposition, with the end that tells a reader that nothing is missing."""
    lines = [*_single("made_timestamp_seconds", "When this was made.", overview.made_at)]
    if overview.next_check is not None:
        lines += _single("next_check_timestamp_seconds", "When the next result is due.", overview.next_check)
    for family in FAMILIES:
        lines += _lines(family, overview.assessments)
    return "\n".join([*lines, "# EOF", ""])


def _single(name: str, told: str, value: float) -> Iterator[str]:
    yield from _head(name, told, "seconds")
    yield f"{_PREFIX}_{name} {_number(value)}"


def _lines(family: Family, assessments: Iterable[Assessment]) -> list[str]:
    found = [
        f"{_PREFIX}_{family.name}{{{_labels({'integration': each.integration, **labels})}}} {_number(value)}"
        for each in assessments
        for labels, value in family.points(each)
        if value is not None
    ]
    return [*_head(family.name, family.help, family.unit), *found] if found else []


def _head(name: str, told: str, unit: str) -> Iterator[str]:
    yield f"# TYPE {_PREFIX}_{name} gauge"
    if unit:
        yield f"# UNIT {_PREFIX}_{name} {unit}"
    yield f"# HELP {_PREFIX}_{name} {told}"


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    """A label's value; a lone surrogate is no text that a file can have."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _verdicts(each: Assessment) -> Iterator[Point]:
    yield from (({"verdict": health.value}, float(each.health is health)) for health in Health)


def _runs(each: Assessment) -> Iterator[Point]:
    yield from (({"window": window_name(window)}, each.rates[window].n) for window in WINDOWS)


def _ratios(each: Assessment) -> Iterator[Point]:
    for window in WINDOWS:
        rate = each.rates[window]
        yield {"window": window_name(window)}, rate.good / rate.n if rate.n else None


def _open(each: Assessment) -> Iterator[Point]:
    for severity in Severity:
        open_ones = [change for _, change in each.changes if change.severity == severity and not change.expires]
        yield {"severity": severity.value}, len(open_ones)


def _info(each: Assessment) -> Iterator[Point]:
    labels = {
        "owner": each.owner,
        "contact": each.contact,
        "runbook": each.runbook,
        "system_of_record": each.system_of_record,
    }
    yield labels, 1.0


def _one(value: Callable[[Assessment], float | None]) -> Callable[[Assessment], Iterable[Point]]:
    return lambda each: [({}, value(each))]


FAMILIES: Final = (
    Family("health", "The verdict: 1 for the one that holds now, 0 for all others.", _verdicts),
    Family("stale", "1 where no result came when one was due.", _one(lambda each: each.overdue)),
    Family("maintenance", "1 in a maintenance window.", _one(lambda each: each.maintenance)),
    Family("runs", "How many runs counted, over a window.", _runs),
    Family("success_ratio", "How many of them held, 0 to 1; absent where none counted.", _ratios),
    Family(
        "last_good_timestamp_seconds",
        "When it last held; absent for never.",
        _one(lambda each: each.last_good),
        "seconds",
    ),
    Family(
        "last_check_timestamp_seconds",
        "When its last run ended; absent for never.",
        _one(lambda each: each.checked),
        "seconds",
    ),
    Family(
        "cadence_seconds",
        "How often it should be checked, declared or else assumed.",
        _one(lambda each: each.cadence or ASSUMED_CADENCE),
        "seconds",
    ),
    Family(
        "latency_seconds",
        "How long 95 in 100 answers took over 24 hours.",
        lambda each: [({"quantile": "0.95"}, each.p95)],
        "seconds",
    ),
    Family("latency_answers", "On how many answers that rests.", _one(lambda each: each.answers)),
    Family(
        "latency_budget_seconds",
        "How long they may take; absent for any time.",
        _one(lambda each: each.budget or None),
        "seconds",
    ),
    Family(
        "newest_data_timestamp_seconds",
        "When the newest data in its answers was made; absent where that is not known.",
        _one(lambda each: each.newest),
        "seconds",
    ),
    Family("open_changes", "How many changes stand that nobody has accepted.", _open),
    Family(
        "accepted_changes",
        "How many changes stand that somebody has accepted for a while.",
        _one(lambda each: sum(bool(change.expires) for _, change in each.changes)),
    ),
    Family(
        "rate_limit_remaining",
        "How many requests the upstream still allowed at the end of the last run.",
        _one(lambda each: each.rate_left[0] if each.rate_left else None),
    ),
    Family(
        "rate_limit",
        "Out of how many.",
        _one(lambda each: (each.rate_left[1] or None) if each.rate_left else None),
    ),
    Family("owner", "Always 1: whom to call, to be joined to an alert.", _info),
)
"""Every metric that integrations have."""
