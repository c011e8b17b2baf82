"""Lines for narrow terminals: columns one under the other, never cut, and commands left whole so they can be copied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pytest_integration_contracts.reports.styled import Line, Span, Style

_GAP: Final = re.compile(r" {2,}")
_INDENT: Final = 4
_UNDER_WORD: Final = 12
"""Where what belongs to a change begins: under its rule, beside the word for its severity."""


def fitted(lines: Iterable[Line], width: int | None) -> list[Line]:
    """The same lines, those that are too long on several.

    Args:
        lines: Lines.
        width: How many columns there are; None for as many as it takes.
    """
    if width is None:
        return list(lines)
    return [part for line in lines for part in _fitted(line, width)]


def _fitted(line: Line, width: int) -> Iterator[Line]:
    text = "".join(span.text for span in line).rstrip()
    if len(text) <= width:
        yield line
        return
    indent = len(text) - len(text.lstrip())
    under = min(_UNDER_WORD if indent else _INDENT, width // 3)
    row, used, empty = [Span(" " * indent)], indent, True
    for gap, piece in _pieces(line, width - under):
        if not empty and used + gap + len(piece.text) > width:
            yield tuple(row)
            row, used, empty = [Span(" " * under)], under, True
        spaces = 0 if empty else max(gap, under - used if used < under else 0)
        row += [Span(" " * spaces), piece]
        used, empty = used + spaces + len(piece.text), False
    yield tuple(row)


def _pieces(line: Line, room: int) -> Iterator[tuple[int, Span]]:
    """What stays together, with the spaces before it: columns, or the words of one that is wider than the room."""
    gap = 2
    for span in line:
        for column in filter(None, map(str.strip, _GAP.split(span.text))):
            if len(column) <= room or span.style is Style.TITLE:
                yield gap, Span(column, span.style)
                gap = 2
                continue
            for word in column.split(" "):
                yield gap, Span(word, span.style)
                gap = 1
            gap = room  # what comes after a column that was broken begins a line
