"""The kinds of JSON values, and what all strings or all numbers of a place have in common."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.formats import generalise
from pytest_integration_contracts.shapes.words import together

Counting = Callable[[Count, Count], Count]
"""How two counts become one."""

NONE: Final = Count()

DECLARED: Final = Count(10**9, 10**9)
"""A declaration counts as this many responses: it needs no samples."""


class Kind(enum.StrEnum):
    """The kinds of JSON values. An integral float such as `1.0` is an integer, as in JSON Schema."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"
    ARRAY = "array"
    OBJECT = "object"
    NULL = "null"


def canonical(kinds: Iterable[Kind]) -> frozenset[Kind]:
    """The kinds without the integers that are numbers anyway."""
    all_of_them = frozenset(kinds)
    return all_of_them - {Kind.INTEGER} if Kind.NUMBER in all_of_them else all_of_them


ORDER: Final = tuple(Kind)
"""The kinds in the one order that all shapes have them in."""


class Width(enum.IntEnum):
    """How much room the widest of some integers needs."""

    BIT = 0
    INT32 = 1
    EXACT = 2
    """Past 2^31, and still exact as a double."""
    BIG = 3
    """Past 2^53."""


WIDTHS: Final = {Width.BIT: (0, 2), Width.INT32: (-(2**31), 2**31), Width.EXACT: (-(2**53), 2**53)}
"""The lowest integer of a width, and the first that is too large for it."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What all strings of a place have in common.

    Attributes:
        format: The format that every one of them has, "" for none.
        empty: How many are "".
        words: All of them, where they are few and tokens; None otherwise, or where nobody may know.
        zone: Of date-times: `utc` or `offset` where all are the one or the other, else "".
    """

    format: str = ""
    empty: Count = NONE
    words: frozenset[str] | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What all numbers of a place have in common.

    Attributes:
        format: `epoch-seconds` or `epoch-milliseconds` where every one of them is such a time, else "".
        width: The room that the widest integer needs.
        decades: The decimal exponent of the largest magnitude; None where the name does not tell of an amount.
    """

    format: str = ""
    width: Width = Width.BIT
    decades: int | None = None


def combined_texts(one: Texts | None, other: Texts | None, counts: Counting) -> Texts | None:
    """What the strings of both have in common."""
    if one is None or other is None:
        return other if one is None else one
    return Texts(
        generalise(one.format, other.format),
        counts(one.empty, other.empty),
        together(one.words, other.words),
        one.zone if one.zone == other.zone else "",
    )


def combined_numbers(one: Numbers | None, other: Numbers | None) -> Numbers | None:
    """What the numbers of both have in common."""
    if one is None or other is None:
        return other if one is None else one
    decades = [each.decades for each in (one, other) if each.decades is not None]
    return Numbers(
        one.format if one.format == other.format else "",
        max(one.width, other.width),
        max(decades, default=None),
    )
