"""What the manifest allows a live upstream: how long it may take to answer, and how old its newest data may be."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change
from pytest_integration_contracts.shapes.paths import field_path, items_path

FEWEST: Final = 3
"""Fewer answers than this say nothing about how long answers take."""

_PERCENTILE: Final = 0.95


def latency_change(elapsed: Sequence[float], budget: float) -> Change | None:
    """That answers take longer than they may.

    Args:
        elapsed: How long each answer took, in seconds.
        budget: How long 95 in 100 may take, in seconds; 0 for any time.
    """
    if not budget or len(elapsed) < FEWEST:
        return None
    slowest = percentile(elapsed)
    if slowest <= budget:
        return None
    late = sum(each > budget for each in elapsed)
    change = Change(
        "latency.budget-exceeded",
        "$",
        RULES["latency.budget-exceeded"].severity,
        f"95 in 100 within {_seconds(budget)}",
        "slower",
        baseline=(len(elapsed), len(elapsed)),
        observed=(late, len(elapsed)),
    )
    return change.with_severity(change.severity, f"p95 is {_seconds(slowest)}, of {len(elapsed)} responses")


def percentile(elapsed: Sequence[float]) -> float:
    """The 95th percentile by nearest rank: a time that was measured, no interpolation."""
    return sorted(elapsed)[math.ceil(_PERCENTILE * len(elapsed)) - 1]


def freshness_change(
    bodies: Iterable[object], path: str, within: float, *, now: float, matches: Callable[[str], bool] | None = None
) -> Change | None:
    """That the newest time in bodies is older than it may be; None too where there is no time at that path.

    Args:
        bodies: JSON bodies.
        path: The JSONPath of the times.
        within: How old the newest may be, in seconds.
        now: The time to count from, in Unix seconds.
        matches: Whether a JSONPath is one that is meant, where `path` is a pattern.
    """
    newest = newest_time(bodies, matches or path.__eq__)
    if newest is None or now - newest <= within:
        return None
    rule = RULES["freshness.exceeded"]
    change = Change(rule.id, path, rule.severity, f"newer than {_span(within)}", "older")
    return change.with_severity(rule.severity, f"the newest is {_span(now - newest)} old")


def newest_time(bodies: Iterable[object], meant: Callable[[str], bool]) -> float | None:
    """The newest time in bodies, in Unix seconds; None where there is none.

    Args:
        bodies: JSON bodies.
        meant: Whether a JSONPath is one of times.
    """
    return max((time for body in bodies for time in _times(body, meant)), default=None)


def _times(body: object, meant: Callable[[str], bool]) -> Iterator[float]:
    """The times at the paths that are meant, in Unix seconds. Iterative: bodies are nested as deep as they like."""
    known: dict[str, bool] = {}
    waiting: list[tuple[str, object]] = [("$", body)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(field_path(path, name), member) for name, member in value.items() if isinstance(name, str)]
        elif isinstance(value, list | tuple):
            waiting += [(items_path(path), item) for item in value]
        elif known.setdefault(path, meant(path)) if path not in known else known[path]:
            time = _time(value)
            if time is not None:
                yield time


_DIGITS: Final = re.compile(r"[0-9]{9,13}(?:\.[0-9]{1,9})?")
_MILLISECONDS: Final = 100_000_000_000
"""Numbers from here on are milliseconds: as seconds they would be beyond the year 5000."""


def _time(value: object) -> float | None:
    """A time in Unix seconds: ISO 8601 (UTC where it names no offset), seconds or milliseconds."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        try:
            read = dt.datetime.fromisoformat(value.strip())
            return (read if read.tzinfo else read.replace(tzinfo=dt.UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    if not math.isfinite(number) or number <= 0:
        return None
    return number / 1000 if number >= _MILLISECONDS else number


def _seconds(number: float) -> str:
    return f"{number * 1000:.0f} ms" if number < 1 else f"{number:.2f} s"


_UNITS: Final = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def _span(seconds: float) -> str:
    """A span of time in its largest fitting unit, rounded down: `3 days`."""
    name, size = next(((name, size) for name, size in _UNITS if seconds >= size), _UNITS[-1])
    number = int(seconds // size)
    return f"{number} {name if number == 1 else f'{name}s'}"
