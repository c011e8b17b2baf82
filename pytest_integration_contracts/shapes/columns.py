"""Columns: all values of one path, by their kinds, and which response each came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, compress, repeat
from operator import is_, not_
from typing import Any, Final, NamedTuple

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.kinds import Kind

_KINDS: Final[dict[type, Kind]] = {
    type(None): Kind.NULL,
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    str: Kind.STRING,
    list: Kind.ARRAY,
    tuple: Kind.ARRAY,
    dict: Kind.OBJECT,
}


class Whose(NamedTuple):
    """Which response each value of a column came from.

    Attributes:
        owners: The number of its response for each value; None where they are all of one response, or each of its own.
        seen: How many responses and values there are.
    """

    owners: Sequence[int] | None
    seen: Count

    def each(self) -> Iterable[int]:
        """The number of the response of each value."""
        if self.owners is not None:
            return self.owners
        return repeat(0, self.seen.values) if self.seen.responses == 1 else range(self.seen.values)

    def of(self, selected: list[bool]) -> Whose:
        """The same for some of the values: those with True beside them."""
        if self.owners is not None:
            return owned(list(compress(self.owners, selected)))
        return self.some(selected.count(True))

    def some(self, number: int) -> Whose:
        """The same for so many of the values, where it does not matter which: they have no `owners`."""
        return Whose(None, Count(min(number, 1) if self.seen.responses == 1 else number, number))

    def items(self, arrays: list[Sequence[Any]]) -> Whose:
        """The same for the items of the values."""
        if self.seen.responses == 1:
            return self.some(sum(map(len, arrays)))
        return owned(list(chain.from_iterable(map(repeat, self.each(), map(len, arrays)))))


def owned(owners: list[int]) -> Whose:
    """Whose values are, by the number of the response of each."""
    seen = Count(len(set(owners)), len(owners))
    return Whose(None if seen.responses <= 1 else owners, seen)


ONE: Final = Count(1, 1)
ALONE: Final = Whose(None, ONE)


def floats(values: list[Any], whose: Whose) -> dict[Kind, tuple[list[Any], Whose]]:
    """A column of floats by kind: those that are whole are integers."""
    integral = list(map(type(values[0]).is_integer, values))
    if True not in integral:
        return {Kind.NUMBER: (values, whose)}
    return _split(values, integral, whose, Kind.INTEGER, Kind.NUMBER)


def _split(
    values: list[Any], selected: list[bool], whose: Whose, kind: Kind, other: Kind
) -> dict[Kind, tuple[list[Any], Whose]]:
    """The selected values as of one kind, the rest as of another."""
    rest = list(map(not_, selected))
    columns = {
        kind: (list(compress(values, selected)), whose.of(selected)),
        other: (list(compress(values, rest)), whose.of(rest)),
    }
    return {kind: column for kind, column in columns.items() if column[0]}


def by_kind(values: list[Any], types: set[type], whose: Whose) -> dict[Kind, tuple[list[Any], Whose]]:
    """A column of several types by kind."""
    if type(None) in types and len(types) == 2 and float not in types:  # noqa: PLR2004 - null or one other
        nulls = list(map(is_, values, repeat(None)))
        types.discard(type(None))
        return _split(values, nulls, whose, Kind.NULL, kind_of_type(types.pop()))
    kinds = _kinds(values, types)
    columns = {}
    for kind in set(kinds):
        selected = list(map(is_, kinds, repeat(kind)))
        columns[kind] = (list(compress(values, selected)), whose.of(selected))
    return columns


def _kinds(values: list[Any], types: set[type]) -> list[Kind]:
    """The kind of each value."""
    if not types <= _KINDS.keys():
        return list(map(kind_of, values))
    kinds = list(map(_KINDS.__getitem__, map(type, values)))
    if float not in types:
        return kinds
    return [
        Kind.INTEGER if kind is Kind.NUMBER and value.is_integer() else kind
        for kind, value in zip(kinds, values, strict=True)
    ]


def kind_of(value: Any) -> Kind:  # noqa: ANN401 - a JSON value
    """The kind of a value.

    Raises:
        BodyError: It is no JSON value.
    """
    kind = kind_of_type(type(value))
    if kind is Kind.NUMBER and value.is_integer():
        return Kind.INTEGER
    return kind


def kind_of_type(type_: type) -> Kind:
    """The kind of all values of a type, but for floats that are whole; errors as `kind_of`."""
    known = _KINDS.get(type_)
    if known is not None:
        return known
    for base, kind in _KINDS.items():
        if issubclass(type_, base):
            return kind
    raise BodyError(f"a value of type {type_.__name__} is not a JSON value; convert it before it is checked")
