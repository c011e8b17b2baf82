"""Two pieces of work side by side in one process, and what came of it as rows of a table."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Work = Callable[[], object]


@dataclass(frozen=True)
class Pair:
    """What two pieces of work took, in seconds, and how they compare.

    Attributes:
        ours: Median over all rounds.
        other: The same of what it is measured against.
        ratio: Median of each round's ours / other.
        rounds: How many rounds `other` had.
    """

    ours: float
    other: float
    ratio: float
    rounds: int


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        number: The row of the targets that it belongs to.
        work: What is measured.
        against: What it is measured against.
        ours: What ours took, with its unit.
        other: What the other took, with its unit.
        measured: The figure that the target is about.
        target: What it must be; "" for a line that is there to inform.
        met: Whether it is.
    """

    number: int
    work: str
    against: str
    ours: str
    other: str
    measured: str
    target: str = ""
    met: bool = True

    @property
    def verdict(self) -> str:
        """The last cell: `ok`, `MISSED`, or nothing where there is no target."""
        if not self.target:
            return ""
        return "ok" if self.met else "MISSED"


def seconds(work: Work) -> float:
    """What the work takes once, with the garbage collector off: it would run at moments of its own."""
    gc.collect()
    gc.disable()
    try:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin
    finally:
        gc.enable()


def side_by_side(ours: Work, other: Work, rounds: int) -> Pair:
    """Both in turn, each round in the opposite order of the one before, after one round that does not count."""
    seconds(ours), seconds(other)
    taken = []
    for at in range(rounds):
        if at % 2:
            late, early = seconds(other), seconds(ours)
            taken.append((early, late))
        else:
            taken.append((seconds(ours), seconds(other)))
    return _pair(taken)


def one_after_the_other(
    ours: Callable[[Any], object], parse: Callable[[str], Any], texts: list[str], rounds: int
) -> Pair:
    """What parsing some texts takes, and what ours takes with each body right after it was parsed, as in a run."""
    taken = []
    for _ in range(rounds + 1):
        gc.collect()
        gc.disable()
        try:
            taken.append(_one_by_one(ours, parse, texts))
        finally:
            gc.enable()
    return _pair(taken[1:])


def _one_by_one(ours: Callable[[Any], object], parse: Callable[[str], Any], texts: list[str]) -> tuple[float, float]:
    mine = theirs = 0.0
    for text in texts:
        begin = time.perf_counter()
        body = parse(text)
        parsed = time.perf_counter()
        ours(body)
        end = time.perf_counter()
        mine += end - parsed
        theirs += parsed - begin
    return mine, theirs


def against_once(ours: Work, other: Work, rounds: int) -> Pair:
    """As `side_by_side`, for another that is too slow to be run more than once."""
    seconds(ours)
    once = seconds(other)
    return _pair([(seconds(ours), once) for _ in range(rounds)], rounds=1)


def _pair(taken: list[tuple[float, float]], rounds: int | None = None) -> Pair:
    return Pair(
        ours=statistics.median(ours for ours, _ in taken),
        other=statistics.median(other for _, other in taken),
        ratio=statistics.median(ours / other for ours, other in taken),
        rounds=len(taken) if rounds is None else rounds,
    )


def share_row(number: int, work: str, against: str, pair: Pair, most: float) -> Row:
    """A row whose target is `at most so many times what the other takes`."""
    return Row(
        number,
        work,
        _with_rounds(against, pair),
        milliseconds(pair.ours),
        milliseconds(pair.other),
        f"{pair.ratio:.2f} x",
        f"<= {most:g} x",
        pair.ratio <= most,
    )


def faster_row(number: int, work: str, against: str, pair: Pair, least: float | None) -> Row:
    """A row whose target, where it has one, is `at least so many times faster than the other`."""
    faster = 1 / pair.ratio
    return Row(
        number,
        work,
        _with_rounds(against, pair),
        milliseconds(pair.ours),
        milliseconds(pair.other),
        f"{faster:.1f} x faster",
        "" if least is None else f">= {least:g} x faster",
        least is None or faster >= least,
    )


def _with_rounds(against: str, pair: Pair) -> str:
    return f"{against} (run once)" if pair.rounds == 1 else against


def milliseconds(taken: float) -> str:
    """`31.4 ms`, and `0.31 ms` where that would hide the figure."""
    value = taken * 1000
    return f"{value:.2f} ms" if value < 10 else f"{value:,.1f} ms"


def megabytes(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"
