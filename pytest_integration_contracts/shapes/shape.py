"""The shape of a set of JSON values: a lattice element with counts.

What is *counted* merges; what it *means* (required, nullable, of a format) is read off the counts afterwards.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.formats import generalise


class Kind(enum.StrEnum):
    """The kinds of JSON values. An integral float such as `1.0` is an integer, as in JSON Schema."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"
    ARRAY = "array"
    OBJECT = "object"
    NULL = "null"


NONE: Final = Count()


def canonical(kinds: Iterable[Kind]) -> frozenset[Kind]:
    """The kinds without the integers that are numbers anyway."""
    all_of_them = frozenset(kinds)
    return all_of_them - {Kind.INTEGER} if Kind.NUMBER in all_of_them else all_of_them


@dataclass(frozen=True, slots=True)
class Field:
    """A named member of objects.

    Attributes:
        shape: What its values look like; `shape.seen` is how often it was there.
        absent: How many of the objects lacked it, and in how many responses any did.
    """

    shape: Shape
    absent: Count = NONE

    @property
    def required(self) -> bool:
        """Whether every object had it."""
        return not self.absent.values


@dataclass(frozen=True, slots=True)
class Shape:
    """What a set of JSON values looks like; no value itself.

    Attributes:
        seen: How many values there were.
        kinds: How many of each kind.
        format: The format that all strings have, "" for none. Meaningless where no string was seen.
        items: The items of all arrays together; None where no array was seen.
        fields: The members of all objects together, by name.
    """

    seen: Count = NONE
    kinds: Mapping[Kind, Count] = field(default_factory=dict)
    format: str = ""
    items: Shape | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def objects(self) -> Count:
        """How many of the values were objects."""
        return self.kinds.get(Kind.OBJECT, NONE)

    @property
    def canonical_kinds(self) -> frozenset[Kind]:
        """The kinds as a schema tells them: a number that is sometimes integral is a number."""
        return canonical(self.kinds)

    @property
    def known(self) -> bool:
        """Whether anything but null was ever seen here."""
        return bool(self.kinds.keys() - {Kind.NULL})


UNKNOWN: Final = Shape()
"""The bottom of the lattice: nothing was ever seen here."""


def _add(one: Count, other: Count) -> Count:
    return Count(one.responses + other.responses, one.values + other.values)


def _larger(one: Count, other: Count) -> Count:
    return Count(max(one.responses, other.responses), max(one.values, other.values))


def merge(one: Shape, other: Shape) -> Shape:
    """The shape of both sets of values together; counts add.

    Associative, commutative, with `UNKNOWN` as its identity: `infer(a + b) == merge(infer(a), infer(b))`.
    """
    return _combine(one, other, _add)


def join(one: Shape, other: Shape) -> Shape:
    """What two runs know together: as `merge`, but counts take the larger.

    Associative, commutative and idempotent, with `UNKNOWN` as its identity: replaying the same responses teaches
    nothing new.
    """
    return _combine(one, other, _larger)


def _combine(one: Shape, other: Shape, counts: Callable[[Count, Count], Count]) -> Shape:
    if not one.kinds:
        return other
    if not other.kinds:
        return one
    return Shape(
        seen=counts(one.seen, other.seen),
        kinds={
            kind: counts(one.kinds.get(kind, NONE), other.kinds.get(kind, NONE))
            for kind in Kind
            if kind in one.kinds or kind in other.kinds
        },
        format=_combined_format(one, other),
        items=_combined_items(one, other, counts),
        fields={
            name: _combined_field(name, one, other, counts) for name in sorted(one.fields.keys() | other.fields.keys())
        },
    )


def _combined_format(one: Shape, other: Shape) -> str:
    if Kind.STRING not in one.kinds:
        return other.format
    if Kind.STRING not in other.kinds:
        return one.format
    return generalise(one.format, other.format)


def _combined_items(one: Shape, other: Shape, counts: Callable[[Count, Count], Count]) -> Shape | None:
    if one.items is None or other.items is None:
        return other.items if one.items is None else one.items
    return _combine(one.items, other.items, counts)


def _combined_field(name: str, one: Shape, other: Shape, counts: Callable[[Count, Count], Count]) -> Field:
    mine, theirs = one.fields.get(name), other.fields.get(name)
    return Field(
        shape=_combine(mine.shape if mine else UNKNOWN, theirs.shape if theirs else UNKNOWN, counts),
        absent=counts(mine.absent if mine else one.objects, theirs.absent if theirs else other.objects),
    )


def field_path(path: str, name: str) -> str:
    """The JSONPath of a member: `$.a`, or `$['a b']` where the name needs quotes (RFC 9535, section 2.3.1)."""
    if name.isidentifier() and name.isascii():
        return f"{path}.{name}"
    return f"{path}['{_escaped(name)}']"


def _escaped(name: str) -> str:
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    return "".join(char if char.isprintable() else _code_units(char) for char in quoted)


def _code_units(char: str) -> str:
    """The character's UTF-16 code units, each an escape: two of them beyond the basic plane, as RFC 9535 has it."""
    digits = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{digits[at : at + 4]}" for at in range(0, len(digits), 4))


def items_path(path: str) -> str:
    """The JSONPath of all items of an array: `$.a[*]`."""
    return f"{path}[*]"


def never_observed(shape: Shape, path: str = "$") -> Iterator[str]:
    """The JSONPaths whose content nobody has seen: only ever null, or the items of arrays that were always empty."""
    if not shape.known:
        yield path
        return
    for name, member in shape.fields.items():
        yield from never_observed(member.shape, field_path(path, name))
    if shape.items is not None:
        yield from never_observed(shape.items, items_path(path))
