"""What an update learned, as a reviewer reads it: what breaks first and in full, what is new last and in brief."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from pytest_integration_contracts.model import Learned, Severity
from pytest_integration_contracts.reports.parts import is_document
from pytest_integration_contracts.reports.styled import Line, Span, Style, changes_in_lines
from pytest_integration_contracts.wording import printable

_MOST: Final = 10
"""So many are named of what breaks nothing; the rest is counted, unless the run is verbose."""
_WEIGHTS: Final = (Severity.BREAKING, Severity.WARNING, Severity.COMPATIBLE)


def weight_of(learned: Learned) -> Severity:
    """The gravest of what a new version changes; compatible where it is only known better."""
    return min((change.severity for change in learned.changes), key=_WEIGHTS.index, default=Severity.COMPATIBLE)


def learned_lines(learned: Sequence[Learned], *, verbose: bool) -> list[Line]:
    """What was learned: versions that break, then those that warn, those that break nothing, and new snapshots.

    Args:
        learned: What an update wrote.
        verbose: Name what is otherwise only counted.
    """
    raised = [each for each in learned if each.before]
    lines: list[Line] = []
    for weight in _WEIGHTS:
        mine = [each for each in raised if weight_of(each) is weight]
        named = mine if verbose or weight is Severity.BREAKING else mine[:_MOST]
        lines += [line for each in named for line in _raised(each, verbose=verbose)]
        lines += _rest("learned", mine[len(named) :])
    return [*lines, *_created([each for each in learned if not each.before], verbose=verbose)]


_STYLES: Final = {
    Severity.BREAKING: Style.BREAKING,
    Severity.WARNING: Style.WARNING,
    Severity.COMPATIBLE: Style.GOOD,
}


def _raised(each: Learned, *, verbose: bool) -> Iterable[Line]:
    style = _STYLES[weight_of(each)]
    versions = Span(f"({each.before} -> {each.after})", style if style is Style.BREAKING else Style.PLAIN)
    tells_more = is_document(each.snapshot) and not each.snapshot.endswith(each.operation.name)
    about = (Span(f"  {printable(each.operation.name)}"),) if tells_more else ()
    yield (Span("learned  ", style), Span(f"{printable(each.snapshot)} "), versions, *about)
    yield from _changes(each, verbose=verbose)
    if not each.changes:
        yield (Span("            no body changed: what is known beside them did", Style.QUIET),)


def _created(created: Sequence[Learned], *, verbose: bool) -> Iterable[Line]:
    """Those that changed something on the way, or took another's place, and then all that are merely new."""
    ordered = sorted(created, key=lambda each: (not each.changes, not each.replaced))
    telling = [each for each in ordered if each.changes or each.replaced]
    named = ordered if verbose else ordered[: max(_MOST, len(telling))]
    for each in named:
        yield (Span("created  ", Style.GOOD), Span(f"{printable(each.snapshot)} ({each.after})"))
        yield from ((Span(f"         in place of what is now {printable(old)}"),) for old in each.replaced)
        yield from _changes(each, verbose=verbose)
    yield from _rest("created", ordered[len(named) :])


def _changes(each: Learned, *, verbose: bool) -> Iterable[Line]:
    """Each change in its line; of those that break nothing, the first."""
    grave = sum(change.severity is not Severity.COMPATIBLE for change in each.changes)
    most = len(each.changes) if verbose else grave + _MOST
    yield from (change[0] for change in changes_in_lines(each.changes[:most]))
    left = len(each.changes) - most
    if left > 0:
        yield (Span(f"  and {left} more, compatible as these (-v lists them)", Style.QUIET),)


def _rest(word: str, left: Sequence[Learned]) -> Iterable[Line]:
    """How many are not named, and where they are."""
    if left:
        folders = sorted({PurePosixPath(each.snapshot).parent.as_posix() for each in left})
        where = ", ".join(map(printable, folders[:_MOST])) + (", ..." if len(folders) > _MOST else "")
        yield (Span(f"{word}  {len(left)} more in {where} (-v lists them)", Style.QUIET),)
