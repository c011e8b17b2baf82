"""What all strings, or all numbers, of a column have in common."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from operator import not_
from typing import Any, Final

from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.columns import ONE, Whose
from pytest_integration_contracts.shapes.formats import EPOCHS, format_and_zone, format_of, zone_of
from pytest_integration_contracts.shapes.kinds import NONE, WIDTHS, Kind, Numbers, Texts, Width
from pytest_integration_contracts.shapes.shape import Field, Shape
from pytest_integration_contracts.shapes.words import LIMIT, is_private, is_word, words_of


@lru_cache(maxsize=4096)
def plain_field(kind: Kind, seen: Count) -> Field:
    """A field that is always there, of values that are all nulls, or all booleans."""
    return Field(Shape(seen, {kind: seen}))


@lru_cache(maxsize=4096)
def number_field(kind: Kind, seen: Count, format_: str, width: Width, decades: int | None) -> Field:
    """The same of numbers of one kind."""
    return Field(Shape(seen, {kind: seen}, numbers=Numbers(format_, width, decades)))


@lru_cache(maxsize=4096)
def text_field(seen: Count, format_: str, empty: Count, words: frozenset[str] | None, zone: str) -> Field:
    """The same of strings."""
    return Field(Shape(seen, {Kind.STRING: seen}, Texts(format_, empty, words, zone)))


def extent(kind: Kind, low: float, high: float, name: str) -> tuple[str, Width, int | None]:
    """What `Numbers` is made of."""
    width = _width(low, high) if kind is Kind.INTEGER else Width.INT32
    return _epoch(low, high, name), width, _decades(low, high) if _is_amount(name) else None


@lru_cache(maxsize=4096)
def _is_amount(name: str) -> bool:
    return _AMOUNT.search(name) is not None


@lru_cache(maxsize=4096)
def _is_timely(name: str) -> bool:
    return _TIMELY.search(name) is not None


_TIMELY = re.compile(
    r"(?:^|[a-z0-9][_-]|[a-z0-9](?=[A-Z]))(?:[aA]t|[oO]n|[tT]ime|[dD]ate|[tT]imestamp|[tT]s|[cC]reated|[uU]pdated|[mM]odified|[dD]eleted"
    r"|[eE]xpires|[eE]xpiry|[eE]xp|[iI]at|[nN]bf|[sS]ince|[uU]ntil|[sS]tart|[eE]nd|[fF]rom|[tT]o|[sS]een|[eE]poch|[wW]hen|[dD]ue|[dD]eadline"
    r"|[mM]s|[tT]imestamp_ms)$|(?:time|date)(?:stamp)?$"
)


_AMOUNT = re.compile(
    r"(?i:amount|price|total|cost|fee|balance|charge|refund|tax|discount|salary|budget|revenue|payout)(?i:s|es)?$"
)


_SAMPLE: Final = 64
"""Of strings of which so many are mostly different, the rest will be different, too."""

_Texts = tuple[str, Count, frozenset[str] | None, str]


def texts_of(strings: list[str], whose: Whose, name: str) -> _Texts:
    """What `Texts` is made of."""
    distinct: Collection[str] = set(strings[:_SAMPLE])
    if len(strings) > _SAMPLE:
        distinct = set(strings) if len(distinct) * 2 < _SAMPLE else strings
    if len(distinct) == 1 and strings[0]:
        return only_text(strings[0], name)
    format_, zone = format_and_zone(distinct)
    empty = NONE if all(distinct) else whose.of(list(map(not_, strings))).seen
    return format_, empty, _words(distinct, format_, name), zone


def _words(distinct: Collection[str], format_: str, name: str) -> frozenset[str] | None:
    if len(distinct) > LIMIT or format_ not in _WORDY or is_private(name):
        return None
    return words_of(distinct)


def only_text(value: str, name: str) -> _Texts:
    """As `texts_of`, for a single string."""
    format_ = format_of(value)
    words = frozenset({value}) if format_ in _WORDY and not is_private(name) and is_word(value) else None
    return format_, NONE if value else ONE, words, zone_of(value) if format_ == "date-time" else ""


_WORDY: Final = {"", "boolean"}
"""Formats of words."""


def numbers_of(columns: Mapping[Kind, tuple[list[Any], Whose]], name: str) -> Numbers:
    """What all numbers have in common."""
    integers, fractions = columns.get(Kind.INTEGER), columns.get(Kind.NUMBER)
    width = Width.BIT
    low, high = math.inf, -math.inf
    if integers:
        low, high = min(integers[0]), max(integers[0])
        width = _width(low, high)
    if fractions:
        width = max(width, Width.INT32)
        low, high = min(low, *fractions[0]), max(high, *fractions[0])
    return Numbers(_epoch(low, high, name), width, _decades(low, high) if _is_amount(name) else None)


def _width(low: float, high: float) -> Width:
    for width, (first, end) in WIDTHS.items():
        if first <= low and high < end:
            return width
    return Width.BIG


def _decades(low: float, high: float) -> int | None:
    largest = max(abs(low), abs(high))
    return math.floor(math.log10(largest)) if 0 < largest < math.inf else None


def _epoch(low: float, high: float, name: str) -> str:
    for format_, (first, end) in EPOCHS.items():
        if first <= low <= high < end:  # which no NaN is
            return format_ if _is_timely(name) else ""
    return ""
