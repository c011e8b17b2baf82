"""CSV and TSV as lists of records, `{column: cell}` (RFC 4180, and what spreadsheets make of it).

Cells are strings. An empty one is null in a column whose other cells all have one format, numbers or dates, and ""
in a column of text: so a blank amount does not hide that all others are numbers. The order of columns does not show.
A header without rows is an empty list: it says nothing of the columns' cells, and takes nothing back.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from pytest_integration_contracts.shapes.formats import format_and_zone, format_of

TABLES: Final = {
    "text/csv": ",",
    "application/csv": ",",
    "text/x-csv": ",",
    "text/comma-separated-values": ",",
    "text/tab-separated-values": "\t",
    "text/tsv": "\t",
}
"""Media types of tables to what is between their cells, where the table does not show it."""

PERHAPS: Final = frozenset(
    {"text/plain", "application/octet-stream", "binary/octet-stream", "application/vnd.ms-excel"}
)
"""Media types that tables are given for want of a better one."""

_DELIMITERS: Final = ",;\t|"
_SAMPLE: Final = 64 * 1024
_SAMPLE_ROWS: Final = 50
_ENOUGH_ROWS: Final = 3
_ENOUGH_COLUMNS: Final = 2
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_PLAIN_NAME = re.compile(r"[^\W\d][\w ./()#%-]{0,63}")

Row = list[str]
Record = dict[str, str | None]


def table_of(text: str, media: str, *, header: bool | None = None) -> list[Record] | None:
    """The records of a table; None where it cannot be read as one.

    Args:
        text: The table.
        media: Its media type, one of `TABLES`.
        header: Whether its first row has the names; None where that is not said.
    """
    said = _SEPARATOR_LINE.match(text)
    body = text[said.end() :] if said else text
    try:
        delimiter = said[1] if said else _delimiter(body) or TABLES[media]
        return _records(_rows(body, delimiter), header=header)
    except (csv.Error, ValueError, TypeError):
        return None  # a cell without end, or a separator that can be none


def unmistakable_table(text: str) -> list[Record] | None:
    """The records of a text that can be nothing but a table; None for any other."""
    delimiter = _delimiter(text)
    if not delimiter:
        return None
    try:
        rows = list(_rows(text, delimiter))
    except csv.Error:
        return None
    names = rows[0]
    if len(rows) < _ENOUGH_ROWS or len(set(names)) < len(names) or not all(map(_PLAIN_NAME.fullmatch, names)):
        return None
    if not _is_header(names) or any(len(row) != len(names) for row in rows):
        return None
    formatted = any(all(map(format_of, column)) for column in zip(*rows[1:], strict=True))
    return _records(iter(rows), header=True) if formatted else None


def _delimiter(text: str) -> str:
    """What cuts the first rows into the same number of cells, the more the better; "" where nothing does."""
    best, most = "", 1
    for delimiter in _DELIMITERS:
        if delimiter not in text[:_SAMPLE]:
            continue
        try:
            rows = list(islice(_rows(text[:_SAMPLE], delimiter), _SAMPLE_ROWS))
        except csv.Error:
            continue
        if len(text) > _SAMPLE and len(rows) > 1:
            rows.pop()  # may be cut off
        widths = set(map(len, rows))
        if len(widths) == 1 and (width := widths.pop()) > most:
            best, most = delimiter, width
    return best


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    return (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row)


def _records(rows: Iterator[Row], *, header: bool | None) -> list[Record] | None:
    first = next(rows, None)
    if first is None:
        return None
    named = _is_header(first) if header is None else header
    names = _names(first if named else [], len(first))
    cells = list(rows) if named else [first, *rows]
    names += [f"column_{number + 1}" for number in range(len(names), max(map(len, cells), default=0))]
    blank = _blanks(cells)
    return [dict(zip(names, [cell or blank[at] for at, cell in enumerate(row)], strict=False)) for row in cells]


def _is_header(row: Row) -> bool:
    """Whether cells are names: no numbers, dates or addresses among them, but for years."""
    return any(row) and all(format_of(cell) in {"", "boolean"} or _YEAR.fullmatch(cell) for cell in row)


def _names(header: Row, width: int) -> list[str]:
    """A name for each column; of equal ones the later have a number."""
    given = [name.strip() or f"column_{number}" for number, name in enumerate(header, 1)]
    if not given:
        return [f"column_{number}" for number in range(1, width + 1)]
    seen: Counter[str] = Counter()
    taken, names = set(given), []
    for name in given:
        seen[name] += 1
        unique = name
        while seen[name] > 1 and unique in taken:
            unique = f"{name}_{seen[name]}"
            seen[name] += unique in taken
        taken.add(unique)
        names.append(unique)
    return names


def _blanks(rows: Iterable[Row]) -> list[str | None]:
    """What an empty cell of each column is."""
    columns: list[list[str]] = []
    for row in rows:
        while len(columns) < len(row):
            columns.append([])
        for column, cell in zip(columns, row, strict=False):
            if cell:
                column.append(cell)
    return ["" if column and not format_and_zone(column)[0] else None for column in columns]
