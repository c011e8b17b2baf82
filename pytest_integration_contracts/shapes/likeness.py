"""How alike two shapes are: whether what they describe may be of one kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.shapes.shape import Shape

_DEEP: Final = 4
"""How many levels of named members are compared."""

_ALIKE: Final = 0.8
_UNLIKE: Final = 0.5
_CONTAINERS: Final = frozenset({Kind.OBJECT, Kind.ARRAY})
_WRAPPERS: Final = 3
_IDENTITY: Final = frozenset({"id", "uuid", "slug", "key", "name", "login", "number", "code"})
_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.NUMBER})

Members = Mapping[str, frozenset[Kind]]
"""Paths of named members to their kinds, null left out; those never observed have none."""


def members(shape: Shape) -> Members:
    """What is compared of a shape."""
    return dict(_members(shape, "$", 0))


def alike(one: Members, other: Members, telling: int) -> bool:
    """Whether two shapes are of one kind, as far as members can prove it.

    Args:
        one: A shape's members.
        other: Another's.
        telling: How many members with a value of their own both must have.
    """
    common = one.keys() & other.keys()
    known = [path for path in common if one[path] and other[path]]
    values = [path for path in known if not (one[path] | other[path]) & _CONTAINERS]
    conflict = any(one[path].isdisjoint(other[path]) for path in known)
    return not conflict and len(values) >= telling and len(common) >= _ALIKE * len(one.keys() | other.keys())


def unlike(one: Shape, other: Shape) -> bool:
    """Whether two shapes have so little in common that they are of different kinds; the unknown is like anything."""
    return _apart(one, other, _share_few_names)


def differ(one: Shape, other: Shape) -> bool:
    """Whether one always has what the other never has, or values of other kinds in the same place."""
    return _apart(one, other, _one_always_has)


def _apart(one: Shape, other: Shape, by_names: Callable[[Shape, Shape], bool]) -> bool:
    """Whether two shapes are of other kinds, have items that are apart, or are apart by the names they have."""
    if not one.known or not other.known:
        return False
    if _kinds(one).isdisjoint(_kinds(other)):
        return True
    if one.items is not None and other.items is not None and _apart(one.items, other.items, by_names):
        return True
    return _has_names(one) and _has_names(other) and by_names(one, other)


def _share_few_names(one: Shape, other: Shape) -> bool:
    fields, others = one.fields, other.fields
    common = fields.keys() & others.keys()
    if len(common) < _UNLIKE * len(fields.keys() | others.keys()):
        return True
    wrapped = common if len(common) <= _WRAPPERS else ()  # an envelope says nothing: what it holds does
    return any(unlike(fields[name].shape, others[name].shape) for name in wrapped)


def _one_always_has(one: Shape, other: Shape) -> bool:
    fields, others = one.fields, other.fields
    always = {name for side in (fields, others) for name, member in side.items() if member.required}
    if always & (fields.keys() ^ others.keys()):
        return True
    return any(differ(fields[name].shape, others[name].shape) for name in fields.keys() & others.keys())


def is_list(shape: Shape) -> bool:
    """Whether a body is a list of records, or little more than that: it has no identity of its own."""
    if Kind.ARRAY in shape.kinds:
        return True
    lists = any(Kind.ARRAY in member.shape.kinds for member in shape.fields.values())
    return lists and _IDENTITY.isdisjoint(map(str.lower, shape.fields))


def _has_names(shape: Shape) -> bool:
    return bool(shape.fields) and not shape.record.keyed


def _members(shape: Shape, path: str, depth: int) -> Iterator[tuple[str, frozenset[Kind]]]:
    yield path, _kinds(shape)
    if shape.items is not None:
        yield from _members(shape.items, items_path(path), depth)
    if shape.records and depth < _DEEP:
        record = shape.record
        for name, member in record.fields.items():
            yield from _members(member.shape, field_path(path, name), depth + 1)
        for values in record.keyed.values():
            yield from _members(values, values_path(path), depth + 1)


def _kinds(shape: Shape) -> frozenset[Kind]:
    kinds = frozenset(shape.canonical_kinds) - {Kind.NULL}
    return kinds - {Kind.INTEGER} | {Kind.NUMBER} if kinds & _NUMBERS else kinds
