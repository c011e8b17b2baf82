"""JSON values to a shape, by columns: all values of one path together, not value by value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Final

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.formats import format_of_all
from pytest_integration_contracts.shapes.shape import UNKNOWN, Field, Kind, Shape

MAX_DEPTH: Final = 128
"""How deep a body may be nested, in levels."""

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

# Values of one path, and the number of the response each came from; None for one value a response.
_Owners = Sequence[int] | None


def infer(bodies: Iterable[object]) -> Shape:
    """The shape of a set of JSON values, one from each response.

    Args:
        bodies: JSON values as `json.loads` makes them.

    Returns:
        Their shape; `UNKNOWN` for no bodies.

    Raises:
        BodyError: A body is nested deeper than `MAX_DEPTH`, or holds what is not a JSON value.
    """
    return _column(list(bodies), None, 0)


def _column(values: list[Any], owners: _Owners, depth: int) -> Shape:
    if not values:
        return UNKNOWN
    if depth > MAX_DEPTH:
        raise BodyError(f"a body is nested deeper than {MAX_DEPTH} levels; check a part of it instead")
    kinds: dict[Kind, Count] = {}
    format_, items, fields = "", None, {}
    for kind, (members, whose) in sorted(_by_kind(values, owners).items(), key=_in_order):
        kinds[kind] = _count(members, whose)
        if kind is Kind.STRING:
            format_ = format_of_all(members)
        elif kind is Kind.ARRAY:
            items = _items(members, whose, depth)
        elif kind is Kind.OBJECT:
            fields = _fields(members, whose, depth)
    return Shape(_count(values, owners), kinds, format_, items, fields)


_ORDER: Final = {kind: position for position, kind in enumerate(Kind)}


def _in_order(entry: tuple[Kind, object]) -> int:
    return _ORDER[entry[0]]


def _count(values: Sequence[object], owners: _Owners) -> Count:
    return Count(len(values) if owners is None else len(set(owners)), len(values))


def _by_kind(values: list[Any], owners: _Owners) -> dict[Kind, tuple[list[Any], _Owners]]:
    types = set(map(type, values))
    kinds = {kind for type_ in types for kind in _kinds_of(type_, values)}
    if len(kinds) == 1:
        return {kinds.pop(): (values, owners)}
    whose = range(len(values)) if owners is None else owners
    columns: dict[Kind, tuple[list[Any], list[int]]] = {kind: ([], []) for kind in kinds}
    for value, owner in zip(values, whose, strict=True):
        column = columns[_kind(value)]
        column[0].append(value)
        column[1].append(owner)
    return {kind: (members, None if owners is None else mine) for kind, (members, mine) in columns.items()}


def _kinds_of(type_: type, values: list[Any]) -> set[Kind]:
    if issubclass(type_, float):
        return {_kind(value) for value in values if type(value) is type_}
    return {_kind_of_type(type_)}


def _kind(value: object) -> Kind:
    if isinstance(value, float) and value.is_integer():
        return Kind.INTEGER
    return _kind_of_type(type(value))


def _kind_of_type(type_: type) -> Kind:
    known = _KINDS.get(type_)
    if known is not None:
        return known
    for base, kind in _KINDS.items():
        if issubclass(type_, base):
            return kind
    raise BodyError(f"a value of type {type_.__name__} is not a JSON value; convert it before it is checked")


def _items(arrays: list[Sequence[Any]], owners: _Owners, depth: int) -> Shape:
    whose = range(len(arrays)) if owners is None else owners
    flat = list(chain.from_iterable(arrays))
    flat_owners = list(
        chain.from_iterable(repeat(owner, len(array)) for array, owner in zip(arrays, whose, strict=True))
    )
    return _column(flat, flat_owners, depth + 1)


def _fields(objects: list[dict[str, Any]], owners: _Owners, depth: int) -> dict[str, Field]:
    names = _names(objects)
    if len(names) * len(objects) > 4 * sum(map(len, objects)):
        return _sparse_fields(objects, owners, names, depth)
    fields = {}
    for name in names:
        try:
            column = list(map(itemgetter(name), objects))
        except KeyError:
            fields[name] = _partial_field(name, objects, owners, depth)
        else:
            fields[name] = Field(_column(column, owners, depth + 1))
    return fields


def _names(objects: list[dict[str, Any]]) -> list[str]:
    names: set[Any] = set().union(*objects)
    for name in names:
        if not isinstance(name, str):
            raise BodyError(
                f"an object has a name of type {type(name).__name__}, where JSON has strings only; "
                "convert it before it is checked"
            )
    return sorted(names)


def _partial_field(name: str, objects: list[dict[str, Any]], owners: _Owners, depth: int) -> Field:
    whose = range(len(objects)) if owners is None else owners
    here, mine, lacking = [], [], []
    for object_, owner in zip(objects, whose, strict=True):
        if name in object_:
            here.append(object_[name])
            mine.append(owner)
        else:
            lacking.append(owner)
    return Field(_column(here, None if owners is None else mine, depth + 1), Count(len(set(lacking)), len(lacking)))


def _sparse_fields(objects: list[dict[str, Any]], owners: _Owners, names: list[str], depth: int) -> dict[str, Field]:
    """As `_fields`, row by row: linear where most objects lack most names."""
    whose = range(len(objects)) if owners is None else owners
    having: dict[str, list[tuple[Any, int]]] = {name: [] for name in names}
    for object_, owner in zip(objects, whose, strict=True):
        for name, value in object_.items():
            having[name].append((value, owner))
    objects_of: dict[int, int] = {}
    for owner in whose:
        objects_of[owner] = objects_of.get(owner, 0) + 1
    fields = {}
    for name in names:
        column = [value for value, _ in having[name]]
        mine = [owner for _, owner in having[name]]
        fields[name] = Field(
            _column(column, None if owners is None else mine, depth + 1),
            Count(len(objects_of) - _complete(mine, objects_of), len(objects) - len(column)),
        )
    return fields


def _complete(owners: list[int], objects_of: dict[int, int]) -> int:
    """How many responses have all their objects among `owners`."""
    having: dict[int, int] = {}
    for owner in owners:
        having[owner] = having.get(owner, 0) + 1
    return sum(objects_of[owner] == number for owner, number in having.items())
