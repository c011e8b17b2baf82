"""Whether a run ran all contract tests there are, and why not; also where it is several runs that are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Final

from pytest_integration_contracts.model import Coverage
from pytest_integration_contracts.wording import counted


def reasons(coverage: Coverage) -> tuple[str, ...]:
    """Why a run is no whole one, the one that a person is to hear of first; empty for a whole run."""
    found = list(coverage.narrowed)
    if coverage.broken:
        found.append(f"{counted(len(coverage.broken), 'module')} could not be collected")
    found += [f"{each} was skipped as a whole" for each in coverage.unread]
    if coverage.left_out and not found:
        found.append(f"{counted(len(coverage.left_out), 'contract test')} deselected")
    found += [coverage.stopped] if coverage.stopped else []
    selected = frozenset(coverage.selected)
    for names, what in (
        (selected.difference(coverage.ended), "not run to the end"),
        (selected.intersection(coverage.failed), "failed"),
        (selected.intersection(coverage.skipped), "skipped, or known to fail"),
    ):
        if names:
            found.append(f"{counted(len(names), 'contract test')} {what}")
    return tuple(found) if found or selected else ("no contract test ran",)


_CHOOSING: Final = ("-k ", "-m ", "--deselect ")
"""Options that choose among what was collected: what they left out is known."""


def asked_all(coverage: Coverage) -> bool:
    """Whether every contract test there is came to its end, however it went and however it was chosen."""
    narrowed = tuple(each for each in coverage.narrowed if not each.startswith(_CHOOSING))
    return not reasons(replace(coverage, narrowed=narrowed, failed=()))


def together(coverages: Sequence[Coverage]) -> Coverage:
    """What several runs cover that are one.

    What each of them was narrowed by, all of them were; what only some were narrowed by is how they were split.
    """
    joined = reduce(_both, coverages)
    narrowed = (each for each in coverages[0].narrowed if all(each in other.narrowed for other in coverages))
    left_out = frozenset(joined.left_out).difference(joined.selected)
    return replace(joined, narrowed=tuple(narrowed), left_out=tuple(sorted(left_out)))


def _both(one: Coverage, other: Coverage) -> Coverage:
    return Coverage(
        stopped=one.stopped or other.stopped,
        broken=_union(one.broken, other.broken),
        unread=_union(one.unread, other.unread),
        left_out=_union(one.left_out, other.left_out),
        selected=_union(one.selected, other.selected),
        ended=_union(one.ended, other.ended),
        failed=_union(one.failed, other.failed),
        skipped=_union(one.skipped, other.skipped),
    )


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))
