"""On which lines of `contracts.toml` things are said: parsers of TOML keep no lines."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

Key = tuple[str | int, ...]
"""The way to a place: `("integrations", "crm", "accept", 0, "expires")`."""


class _Statement(NamedTuple):
    """A header, a key with its value, or comments.

    Attributes:
        first: Its first line, from 1.
        last: Its last line.
        text: What stands there.
        said: The same, parsed by itself.
    """

    first: int
    last: int
    text: str
    said: Mapping[str, object]


class Lines:
    """The lines of a manifest.

    Attributes:
        ends: By place, the last line on which anything below it is said.
    """

    def __init__(self, text: str) -> None:
        """Find out.

        Args:
            text: TOML that a parser has read.
        """
        self._first: dict[Key, int] = {}
        self.ends: dict[Key, int] = {}
        counts: dict[Key, int] = {}
        table: Key = ()
        for statement in _statements(text):
            if statement.text.lstrip().startswith("["):
                table = self._header(statement, counts)
            else:
                for key in _keys(statement.said, ()):
                    self._take(table + key, statement)

    def of(self, *place: str | int) -> int:
        """The line on which a place is said, or else what it is in; 1 where nothing is."""
        known = (self._first[place[:length]] for length in range(len(place), 0, -1) if place[:length] in self._first)
        return next(known, 1)

    def says(self, *place: str | int) -> bool:
        """Whether anything is said at a place."""
        return place in self._first

    def place_at(self, line: int) -> str:
        """What is said on a line, as messages write it: `integrations.crm.owner`; "" for a comment."""
        said = [key for key, first in self._first.items() if first <= line <= self.ends[key]]
        return written(max(said, key=len)) if said else ""

    def _header(self, statement: _Statement, counts: dict[Key, int]) -> Key:
        """The table that a header opens; the tables of an array are counted, as they are wherever they are named."""
        names = _way(statement.said)
        is_array = statement.text.lstrip().startswith("[[")
        table: Key = ()
        for position, name in enumerate(names, 1):
            table += (name,)
            if is_array and position == len(names):
                counts[table] = counts.get(table, -1) + 1
            if table in counts:
                table += (counts[table],)
        self._take(table, statement)
        return table

    def _take(self, place: Key, statement: _Statement) -> None:
        for length in range(1, len(place) + 1):
            self._first.setdefault(place[:length], statement.first)
            self.ends[place[:length]] = statement.last


def written(place: Key) -> str:
    """A place as messages write it: `integrations.crm.accept[0]`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (f'"{part}"' if " " in part else part)
    return text


def _statements(text: str) -> Iterator[_Statement]:
    """A document's statements: the shortest runs of lines that are TOML by themselves."""
    pending, first = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        pending += f"{line}\n"
        try:
            said = tomllib.loads(pending)
        except (ValueError, RecursionError):  # a value that goes on
            continue
        yield _Statement(first, number, pending, said)
        pending, first = "", number + 1


def _way(said: Mapping[str, object]) -> tuple[str, ...]:
    """The names in a header, which is all that its statement says."""
    names: list[str] = []
    value: object = said
    while True:
        value = value[0] if isinstance(value, list) else value
        if not isinstance(value, dict) or not value:
            return tuple(names)
        ((name, value),) = value.items()
        names.append(name)


def _keys(said: object, way: Key) -> Iterator[Key]:
    """Every place that a key's statement says, inline tables included."""
    if way:
        yield way
    if isinstance(said, dict):
        for name, value in said.items():
            yield from _keys(value, (*way, name))
    elif isinstance(said, list):
        for number, value in enumerate(said):
            yield from _keys(value, (*way, number))
