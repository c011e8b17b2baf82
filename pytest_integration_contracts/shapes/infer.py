"""JSON values to a shape, by columns: all values of one path together, not value by value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Final, NamedTuple

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.formats import EPOCHS, format_of_all, zone_of_all
from pytest_integration_contracts.shapes.keys import ANY, MANY, classes_of, codes_of, may_be_codes
from pytest_integration_contracts.shapes.paths import field_path
from pytest_integration_contracts.shapes.pins import NO_PINS, Pins
from pytest_integration_contracts.shapes.shape import (
    MAX_DEPTH,
    NONE,
    UNKNOWN,
    UNTAGGED,
    WIDTHS,
    Field,
    Kind,
    Numbers,
    Record,
    Shape,
    Tag,
    Texts,
    Width,
    sorted_variants,
)
from pytest_integration_contracts.shapes.words import LIMIT, TAG_NAMES, is_private, is_word, words_of

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


class _Whose(NamedTuple):
    """Which response each value of a column came from.

    Attributes:
        owners: The number of its response for each value; None for one value a response.
        seen: How many responses and values there are.
    """

    owners: Sequence[int] | None
    seen: Count

    def each(self) -> Sequence[int]:
        """The number of the response of each value."""
        return range(self.seen.values) if self.owners is None else self.owners

    def of(self, owners: list[int]) -> _Whose:
        """The same for some of the values."""
        if self.owners is None:
            return _Whose(None, Count(len(owners), len(owners)))
        return _Whose(owners, Count(len(set(owners)), len(owners)))


def infer(bodies: Iterable[object], *, pins: Pins = NO_PINS) -> Shape:
    """The shape of a set of JSON values, one from each response.

    Args:
        bodies: JSON values as `json.loads` makes them.
        pins: What the manifest decides.

    Returns:
        Their shape, with all that was counted; `UNKNOWN` for no bodies.

    Raises:
        BodyError: A body is nested deeper than `MAX_DEPTH`, or holds what is not a JSON value.
    """
    values = list(bodies)
    columns = _Columns(pins)
    return columns.shape(values, _Whose(None, Count(len(values), len(values))), "", "$", 0)


class _Columns:
    """Reads columns; knows which paths are pinned as records. Paths are only spelled out where any is."""

    def __init__(self, pins: Pins) -> None:
        self._pins = pins
        self._pinned = bool(pins.records)

    def shape(self, values: list[Any], whose: _Whose, name: str, path: str, depth: int) -> Shape:
        """The shape of one column: the values of one path, in a field of that name."""
        if not values:
            return UNKNOWN
        if depth > MAX_DEPTH:
            raise BodyError(f"a body is nested deeper than {MAX_DEPTH} levels; check a part of it instead")
        columns = _by_kind(values, whose)
        texts, numbers, items, empty, records = None, None, None, NONE, {}
        for kind, (members, theirs) in columns.items():
            if kind is Kind.STRING:
                texts = _texts(members, theirs, name)
            elif kind is Kind.OBJECT:
                records = self._records(members, theirs, path, depth)
            elif kind is Kind.ARRAY:
                items = self._items(members, theirs, name, path, depth)
                empty = _empty(members, theirs)
        if Kind.INTEGER in columns or Kind.NUMBER in columns:
            numbers = _numbers(columns, name)
        kinds = {kind: columns[kind][1].seen for kind in Kind if kind in columns}
        return Shape(whose.seen, kinds, texts, numbers, items, empty, records)

    def _items(self, arrays: list[Sequence[Any]], whose: _Whose, name: str, path: str, depth: int) -> Shape:
        flat = list(chain.from_iterable(arrays))
        owners = list(
            chain.from_iterable(repeat(owner, len(array)) for array, owner in zip(arrays, whose.each(), strict=True))
        )
        return self.shape(
            flat, _Whose(owners, Count(len(set(owners)), len(owners))), name, self._below(path, "[*]"), depth + 1
        )

    def _records(self, objects: list[dict[str, Any]], whose: _Whose, path: str, depth: int) -> dict[Tag, Record]:
        names = _names(objects)
        if names.isdisjoint(TAG_NAMES):
            return {UNTAGGED: self._record(objects, whose, names, path, depth)}
        groups = _by_tag(objects, names, whose)
        records = {}
        for tag, (members, theirs) in groups.items():
            records[tag] = self._record(members, theirs, names if len(groups) == 1 else _names(members), path, depth)
        return sorted_variants(records) if len(records) > 1 else records

    def _record(self, objects: list[dict[str, Any]], whose: _Whose, names: set[str], path: str, depth: int) -> Record:
        below = self._below(path, ".*")
        if self._pinned and self._pins.is_record(path):
            return Record(whose.seen, self._fields(objects, whose, names, path, depth))
        pools = _pools(objects, whose, names)
        if pools is None:
            return Record(whose.seen, self._fields(objects, whose, names, path, depth))
        keyed = {
            class_: self.shape(values, _Whose(owners, Count(len(set(owners)), len(owners))), "", below, depth + 1)
            for class_, (values, owners) in sorted(pools.keyed.items())
        }
        rest = set().union(*pools.objects) if pools.objects else set()
        fields = self._fields(pools.objects, whose, rest, path, depth) if rest else {}
        return Record(whose.seen, fields, keyed)

    def _fields(
        self, objects: list[dict[str, Any]], whose: _Whose, names: set[str], path: str, depth: int
    ) -> dict[str, Field]:
        ordered = sorted(names)
        if len(ordered) * len(objects) > 4 * sum(map(len, objects)):
            return self._sparse_fields(objects, whose, ordered, path, depth)
        fields = {}
        for name in ordered:
            below = self._below(path, name)
            try:
                column = list(map(itemgetter(name), objects))
            except KeyError:
                fields[name] = self._partial_field(name, objects, whose, below, depth)
            else:
                fields[name] = Field(self.shape(column, whose, name, below, depth + 1))
        return fields

    def _partial_field(self, name: str, objects: list[dict[str, Any]], whose: _Whose, below: str, depth: int) -> Field:
        here, mine, lacking = [], [], []
        for object_, owner in zip(objects, whose.each(), strict=True):
            if name in object_:
                here.append(object_[name])
                mine.append(owner)
            else:
                lacking.append(owner)
        shape = self.shape(here, whose.of(mine), name, below, depth + 1)
        return Field(shape, Count(len(set(lacking)), len(lacking)))

    def _sparse_fields(
        self, objects: list[dict[str, Any]], whose: _Whose, names: list[str], path: str, depth: int
    ) -> dict[str, Field]:
        """As `_fields`, row by row: linear where most objects lack most names."""
        having: dict[str, tuple[list[Any], list[int]]] = {name: ([], []) for name in names}
        objects_of: dict[int, int] = {}
        for object_, owner in zip(objects, whose.each(), strict=True):
            objects_of[owner] = objects_of.get(owner, 0) + 1
            for name, value in object_.items():
                values, owners = having[name]
                values.append(value)
                owners.append(owner)
        fields = {}
        for name, (column, mine) in having.items():
            shape = self.shape(column, whose.of(mine), name, self._below(path, name), depth + 1)
            absent = Count(len(objects_of) - _complete(mine, objects_of), len(objects) - len(column))
            fields[name] = Field(shape, absent)
        return fields

    def _below(self, path: str, step: str) -> str:
        """The path of what is below, where anybody asks for paths."""
        if not self._pinned:
            return path
        return f"{path}{step}" if step in {"[*]", ".*"} else field_path(path, step)


def _by_kind(values: list[Any], whose: _Whose) -> dict[Kind, tuple[list[Any], _Whose]]:
    types = set(map(type, values))
    if len(types) == 1:
        (type_,) = types
        kind = _kind_of_type(type_)
        if kind is not Kind.NUMBER:
            return {kind: (values, whose)}
        integral = set(map(float.is_integer, values))
        if len(integral) == 1:
            return {Kind.INTEGER if integral.pop() else Kind.NUMBER: (values, whose)}
    columns: dict[Kind, tuple[list[Any], list[int]]] = {}
    for value, owner in zip(values, whose.each(), strict=True):
        kind = _kind(value)
        column = columns.get(kind)
        if column is None:
            column = columns[kind] = ([], [])
        column[0].append(value)
        column[1].append(owner)
    return {kind: (members, whose.of(mine)) for kind, (members, mine) in columns.items()}


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


def _texts(strings: list[str], whose: _Whose, name: str) -> Texts:
    distinct = set(strings)
    words = None if len(distinct) > LIMIT or is_private(name) else words_of(distinct)
    format_ = format_of_all(distinct)
    zone = zone_of_all(distinct) if format_ == "date-time" else ""
    return Texts(format_, _where(strings, whose, "") if "" in distinct else NONE, words, zone)


def _empty(arrays: list[Sequence[Any]], whose: _Whose) -> Count:
    return (
        NONE if all(arrays) else _count([owner for array, owner in zip(arrays, whose.each(), strict=True) if not array])
    )


def _where(values: list[Any], whose: _Whose, wanted: object) -> Count:
    return _count([owner for value, owner in zip(values, whose.each(), strict=True) if value == wanted])


def _count(owners: list[int]) -> Count:
    return Count(len(set(owners)), len(owners))


_TIMELY = re.compile(
    r"(?:^|[a-z0-9][_-]|[a-z0-9](?=[A-Z]))(?:[aA]t|[oO]n|[tT]ime|[dD]ate|[tT]imestamp|[tT]s|[cC]reated|[uU]pdated|[mM]odified|[dD]eleted"
    r"|[eE]xpires|[eE]xpiry|[eE]xp|[iI]at|[nN]bf|[sS]ince|[uU]ntil|[sS]tart|[eE]nd|[fF]rom|[tT]o|[sS]een|[eE]poch|[wW]hen|[dD]ue|[dD]eadline"
    r"|[mM]s|[tT]imestamp_ms)$|(?:time|date)(?:stamp)?$"
)


_AMOUNT = re.compile(
    r"(?i:amount|price|total|cost|fee|balance|charge|refund|tax|discount|salary|budget|revenue|payout)(?i:s|es)?$"
)


def _numbers(columns: Mapping[Kind, tuple[list[Any], _Whose]], name: str) -> Numbers:
    integers, fractions = columns.get(Kind.INTEGER), columns.get(Kind.NUMBER)
    width = Width.BIT
    low, high = math.inf, -math.inf
    if integers:
        low, high = min(integers[0]), max(integers[0])
        width = _width(low, high)
    if fractions:
        width = max(width, Width.INT32)
        low, high = min(low, *fractions[0]), max(high, *fractions[0])
    return Numbers(_epoch(low, high, name), width, _decades(low, high) if _AMOUNT.search(name) else None)


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
        if first <= low and high < end:
            return format_ if _TIMELY.search(name) else ""
    return ""


def _names(objects: list[dict[str, Any]]) -> set[str]:
    names: set[Any] = set().union(*objects)
    if set(map(type, names)) - {str}:
        for name in names:
            if not isinstance(name, str):
                raise BodyError(
                    f"an object has a name of type {type(name).__name__}, where JSON has strings only; "
                    "convert it before it is checked"
                )
    return names


_ABSENT: Final = object()


def _by_tag(
    objects: list[dict[str, Any]], names: set[str], whose: _Whose
) -> dict[Tag, tuple[list[dict[str, Any]], _Whose]]:
    """The objects by the value of the first field that is named like a tag."""
    candidates = [name for name in TAG_NAMES if name in names]
    first = [object_.get(candidates[0], _ABSENT) for object_ in objects]
    tags: dict[tuple[str, object], Tag] = {}
    known = set(map(type, first))
    if known == {str}:
        distinct = set(first)
        if len(distinct) == 1:
            return {_tag(candidates[0], first[0]): (objects, whose)}
    groups: dict[Tag, tuple[list[dict[str, Any]], list[int]]] = {}
    for object_, owner in zip(objects, whose.each(), strict=True):
        name = next((name for name in candidates if name in object_), "")
        value = object_[name] if name else ""
        key = (name, value) if isinstance(value, str) else ("", "")
        tag = tags.get(key)
        if tag is None:
            tag = tags[key] = _tag(name, value)
        group = groups.get(tag)
        if group is None:
            group = groups[tag] = ([], [])
        group[0].append(object_)
        group[1].append(owner)
    return {tag: (members, whose.of(mine)) for tag, (members, mine) in groups.items()}


def _tag(name: str, value: object) -> Tag:
    return Tag(name, frozenset({value})) if isinstance(value, str) and value and is_word(value) else UNTAGGED


class _Pools(NamedTuple):
    """What is left of objects without the members whose names are data, and their values by class of name."""

    objects: list[dict[str, Any]]
    keyed: dict[str, tuple[list[Any], list[int]]]


def _pools(objects: list[dict[str, Any]], whose: _Whose, names: set[str]) -> _Pools | None:
    """The members whose names are data, None where there are none."""
    classes = classes_of(names)
    codes = may_be_codes(names)
    if not classes and not codes and (len(names) <= MANY or max(map(len, objects)) <= MANY):
        return None
    pools = _Pools([], {})
    for object_, owner in zip(objects, whose.each(), strict=True):
        whole = ANY if len(object_) > MANY else codes_of(object_) if codes else ""
        if not whole and classes.keys().isdisjoint(object_):
            pools.objects.append(object_)
            continue
        rest = {}
        for name, value in object_.items():
            class_ = classes.get(name) or whole
            if class_:
                values, owners = pools.keyed.setdefault(class_, ([], []))
                values.append(value)
                owners.append(owner)
            else:
                rest[name] = value
        pools.objects.append(rest)
    return pools if pools.keyed else None


def _complete(owners: list[int], objects_of: dict[int, int]) -> int:
    """How many responses have all their objects among `owners`."""
    having: dict[int, int] = {}
    for owner in owners:
        having[owner] = having.get(owner, 0) + 1
    return sum(objects_of[owner] == number for owner, number in having.items())
