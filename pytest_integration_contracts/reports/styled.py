"""Lines of styled text, and changes as such lines: the same words with and without colour."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.manifest.acceptances import SOON
from pytest_integration_contracts.model import Accepted, Change, Operation, Severity
from pytest_integration_contracts.shapes.kinds import DECLARED
from pytest_integration_contracts.wording import counted, printable

_PATH_WIDTH: Final = 40


class Style(enum.Enum):
    """How a span of text is meant; whoever writes it chooses the colour."""

    PLAIN = "plain"
    TITLE = "title"
    BREAKING = "breaking"
    WARNING = "warning"
    GOOD = "good"
    QUIET = "quiet"


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Span, ...]


def plain(lines: Iterable[Line]) -> str:
    """Lines as text without styles."""
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)


_SEVERITY: Final = {
    Severity.BREAKING: ("BREAKING", Style.BREAKING),
    Severity.WARNING: ("warning", Style.WARNING),
    Severity.COMPATIBLE: ("new", Style.GOOD),
}


def change_lines(changes: Sequence[Change], operation: Operation | None = None) -> list[Line]:
    """Changes in columns, each with the line that trips over it.

    Args:
        changes: The changes.
        operation: What they are about, where a person may want to accept them for a while.
    """
    return [line for change in changes_in_lines(changes, operation) for line in change]


def changes_in_lines(changes: Sequence[Change], operation: Operation | None = None) -> list[list[Line]]:
    """Each change's lines, in columns; its first line alone tells what changed. Arguments as in `change_lines`."""
    rule_width = max((len(change.rule) for change in changes), default=0)
    path_width = min(max((len(_place(change)) for change in changes), default=0), _PATH_WIDTH)
    return [[*_change(change, rule_width, path_width), *_acceptance(change, operation)] for change in changes]


def _acceptance(change: Change, operation: Operation | None) -> list[Line]:
    """Who has accepted a change, and until when; or what to accept it by."""
    indent, lines = Span(" " * 12), list[Line]()
    if change.accepted:
        lines.append((indent, *acceptance(change.accepted)))
    if operation and change.breaks:
        lines.append((indent, Span(f"fingerprint {change.fingerprint(operation)}", Style.QUIET)))
    return lines


def acceptance(accepted: Accepted) -> Line:
    """Until when a change is accepted, why, and by whom."""
    who = ", ".join(printable(part) for part in (accepted.owner, accepted.ticket) if part)
    left = accepted.days_left
    until = f"accepted until {accepted.expires}"
    if left < 0:
        told = Span(f"{until}, expired {counted(-left, 'day')} ago", Style.BREAKING)
    elif left <= SOON:
        told = Span(f"{until}, {counted(left, 'day')} left" if left else f"{until}, the last day", Style.WARNING)
    else:
        told = Span(until, Style.QUIET)
    return told, Span(f": {printable(accepted.reason)} ({who})", Style.QUIET)


def word_of(change: Change) -> str:
    """How grave a change is, in a word: `breaking`, `warning`, `new`, or `accepted` whatever it would be."""
    return "accepted" if change.is_accepted else _SEVERITY[change.severity][0].lower()


def notes_of(change: Change) -> tuple[str, ...]:
    """What a reader should know about a change's severity, and about who has accepted it."""
    accepted = plain([acceptance(change.accepted)]) if change.accepted else ""
    return tuple(filter(None, (printable(change.note), accepted)))


def _change(change: Change, rule_width: int, path_width: int) -> list[Line]:
    word, style = ("accepted", Style.WARNING) if change.is_accepted else _SEVERITY[change.severity]
    path = printable(_place(change))
    what = f"{change.rule:<{rule_width}}   {path:<{path_width}}    {difference(change)}"
    note = (Span(f"  ({printable(change.note)})", Style.QUIET),) if change.note else ()
    lines: list[Line] = [(Span("  "), Span(f"{word:<8}", style), Span(f"  {what}"), *note)]
    if change.witness:
        lines.append((Span(" " * 12), Span(printable(change.witness), Style.QUIET)))
    return lines


def _place(change: Change) -> str:
    """The path, and the variant of a union that it is in."""
    return f"{change.path} where {change.variant}" if change.variant else change.path


def difference(change: Change) -> str:
    """Before and after in one line, with the evidence: how often each was seen, or how many responses were known."""
    before, after = printable(change.before), printable(change.after)
    (had, all_before), (has, all_after) = change.baseline, change.observed
    known = 0 < all_before < DECLARED.responses
    if change.rule in RULES and not RULES[change.rule].counted:
        told = after if before == "nothing" else f"{before} -> {after}"
        return f"{told}, after {counted(all_before, 'response')}" if known else told
    if all_before < DECLARED.responses:
        before = f"{before}, in {had} of {counted(all_before, 'response')}"
    if all_after < DECLARED.responses:
        after = f"{after}, in {has} of {all_after}"
    return f"{before} -> {after}"


def evidence(change: Change) -> tuple[str, str]:
    """How often either side was seen, in words: `in 3 of 3 responses`; "" where nobody counted."""
    before, after = (
        f"in {with_it} of {counted(total, 'response')}" if 0 < total < DECLARED.responses else ""
        for with_it, total in (change.baseline, change.observed)
    )
    return before, after
