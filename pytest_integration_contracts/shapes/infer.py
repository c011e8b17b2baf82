"""JSON values to a shape, by columns: all values of one path together, not value by value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, compress
from operator import itemgetter, not_
from typing import Any, Final

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import ELEMENT_TEXT, MAX_DEPTH, Count
from pytest_integration_contracts.shapes.columns import ALONE, ONE, Whose, by_kind, floats, kind_of, kind_of_type, owned
from pytest_integration_contracts.shapes.kinds import NONE, ORDER, Kind, Texts
from pytest_integration_contracts.shapes.members import by_tag, complete, names_of, pools_of
from pytest_integration_contracts.shapes.paths import field_path
from pytest_integration_contracts.shapes.pins import NO_PINS, Pins
from pytest_integration_contracts.shapes.scalars import (
    extent,
    number_field,
    numbers_of,
    only_text,
    plain_field,
    text_field,
    texts_of,
)
from pytest_integration_contracts.shapes.shape import (
    UNKNOWN,
    UNTAGGED,
    Field,
    Record,
    Shape,
    Tag,
    merged,
    sorted_variants,
)
from pytest_integration_contracts.shapes.words import TAG_NAMES

_NEVER: Final = Field(UNKNOWN)
_ONLY: Final = {kind: {kind: ONE} for kind in Kind}
"""The kinds of a single value."""


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
    parts = (values[at : at + _TOGETHER] for at in range(0, len(values), _TOGETHER))
    return merged(columns.shape(part, Whose(None, Count(len(part), len(part))), "", "$", 0) for part in parts)


_TOGETHER: Final = 2048
"""So many bodies are read at a time: more would not stay in the processor's cache from column to column."""


class _Columns:
    """Reads columns; knows which paths are pinned as records. Paths are only spelled out where any is."""

    def __init__(self, pins: Pins) -> None:
        self._pins = pins
        self._pinned = bool(pins.records)

    def shape(self, values: list[Any], whose: Whose, name: str, path: str, depth: int) -> Shape:
        """The shape of one column: the values of one path, in a field of that name."""
        return self._field(values, whose, name, path, depth).shape

    def _field(self, values: list[Any], whose: Whose, name: str, path: str, depth: int) -> Field:
        """The same as a field that is always there. Equal ones of scalars are mostly one object."""
        if not values:
            return _NEVER
        if depth > MAX_DEPTH:
            raise BodyError(f"a body is nested deeper than {MAX_DEPTH} levels; check a part of it instead")
        if len(values) == 1:
            return self._only(values[0], name, path, depth)
        types = set(map(type, values))
        columns: dict[Kind, tuple[list[Any], Whose]]
        if len(types) == 1:
            kind = kind_of_type(types.pop())
            if kind is Kind.STRING:
                return text_field(whose.seen, *texts_of(values, whose, name))
            if kind is Kind.BOOLEAN or kind is Kind.NULL:
                return plain_field(kind, whose.seen)
            if kind is Kind.INTEGER:
                return number_field(kind, whose.seen, *extent(kind, min(values), max(values), name))
            columns = floats(values, whose) if kind is Kind.NUMBER else {kind: (values, whose)}
        else:
            columns = by_kind(values, types, whose)
        return Field(self._mixed(columns, whose, name, path, depth))

    def _mixed(
        self, columns: Mapping[Kind, tuple[list[Any], Whose]], whose: Whose, name: str, path: str, depth: int
    ) -> Shape:
        texts, numbers, items, empty, records = None, None, None, NONE, {}
        for kind, (members, theirs) in columns.items():
            if kind is Kind.STRING:
                texts = Texts(*texts_of(members, theirs, name))
            elif kind is Kind.OBJECT:
                records = self._records(members, theirs, name, path, depth)
            elif kind is Kind.ARRAY:
                items = self._items(members, theirs, name, path, depth)
                empty = NONE if all(members) else theirs.of(list(map(not_, members))).seen
        if Kind.INTEGER in columns or Kind.NUMBER in columns:
            numbers = numbers_of(columns, name)
        if len(columns) == 1:
            kinds = dict.fromkeys(columns, whose.seen)
        else:
            kinds = {kind: columns[kind][1].seen for kind in ORDER if kind in columns}
        arrays = kinds.get(Kind.ARRAY, NONE).values - empty.values
        repeats = items is not None and items.seen.values > arrays
        return Shape(whose.seen, kinds, texts, numbers, items, empty, records, repeats)

    def _only(self, value: Any, name: str, path: str, depth: int) -> Field:  # noqa: ANN401 - a JSON value
        """The same for the one value of a column."""
        kind = kind_of(value)
        if kind is Kind.STRING:
            return text_field(ONE, *only_text(value, name))
        if kind is Kind.OBJECT:
            return Field(Shape(ONE, _ONLY[kind], records=self._records([value], ALONE, name, path, depth)))
        if kind is Kind.ARRAY:
            items = self._items([value], ALONE, name, path, depth)
            return Field(Shape(ONE, _ONLY[kind], items=items, empty=NONE if value else ONE, repeats=len(value) > 1))
        if kind is Kind.INTEGER or kind is Kind.NUMBER:
            return number_field(kind, ONE, *extent(kind, value, value, name))
        return plain_field(kind, ONE)

    def _items(self, arrays: list[Sequence[Any]], whose: Whose, name: str, path: str, depth: int) -> Shape:
        flat = list(chain.from_iterable(arrays))
        return self.shape(flat, whose.items(arrays), name, self._below(path, "[*]"), depth + 1)

    def _records(
        self, objects: list[dict[str, Any]], whose: Whose, owner: str, path: str, depth: int
    ) -> dict[Tag, Record]:
        names = names_of(objects)
        if names.isdisjoint(TAG_NAMES):
            return {UNTAGGED: self._record(objects, whose, names, path, depth, owner=owner)}
        groups = by_tag(objects, names, whose)
        records = {}
        for tag, (members, theirs) in groups.items():
            theirs_names = names if len(groups) == 1 else names_of(members)
            records[tag] = self._record(members, theirs, theirs_names, path, depth, owner=owner)
        return sorted_variants(records) if len(records) > 1 else records

    def _record(
        self, objects: list[dict[str, Any]], whose: Whose, names: set[str], path: str, depth: int, *, owner: str
    ) -> Record:
        if ELEMENT_TEXT in names:
            return self._element(objects, whose, names, path, depth, owner=owner)
        below = self._below(path, ".*")
        if self._pinned and self._pins.is_record(path):
            return Record(whose.seen, self._fields(objects, whose, names, path, depth))
        pools = pools_of(objects, whose, names)
        if pools is None:
            return Record(whose.seen, self._fields(objects, whose, names, path, depth))
        keyed = {
            class_: self.shape(values, owned(owners), "", below, depth + 1)
            for class_, (values, owners) in sorted(pools.keyed.items())
        }
        rest = set().union(*pools.objects) if pools.objects else set()
        fields = self._fields(pools.objects, whose, rest, path, depth) if rest else {}
        return Record(whose.seen, fields, keyed)

    def _element(
        self, objects: list[dict[str, Any]], whose: Whose, names: set[str], path: str, depth: int, *, owner: str
    ) -> Record:
        """Elements of XML: their text is what they are called, `status` or `email`, so that it is read accordingly."""
        below = self._below(path, ELEMENT_TEXT)
        text = self._partial_field(ELEMENT_TEXT, objects, whose, below, depth, called=owner)
        rest = [{name: value for name, value in each.items() if name != ELEMENT_TEXT} for each in objects]
        record = self._record(rest, whose, names - {ELEMENT_TEXT}, path, depth, owner=owner)
        return Record(record.seen, {ELEMENT_TEXT: text, **record.fields}, record.keyed)

    def _fields(
        self, objects: list[dict[str, Any]], whose: Whose, names: set[str], path: str, depth: int
    ) -> dict[str, Field]:
        ordered = sorted(names)
        if len(objects) == 1:
            if depth >= MAX_DEPTH and ordered:
                raise BodyError(f"a body is nested deeper than {MAX_DEPTH} levels; check a part of it instead")
            only = objects[0]
            if not self._pinned:
                return {name: self._only(only[name], name, path, depth + 1) for name in ordered}
            return {name: self._only(only[name], name, self._below(path, name), depth + 1) for name in ordered}
        if len(ordered) * len(objects) > 4 * sum(map(len, objects)):
            return self._sparse_fields(objects, whose, ordered, path, depth)
        fields = {}
        for name in ordered:
            below = self._below(path, name)
            try:
                column = list(map(itemgetter(name), objects))
            except KeyError:
                fields[name] = self._partial_field(name, objects, whose, below, depth, called=name)
            else:
                fields[name] = self._field(column, whose, name, below, depth + 1)
        return fields

    def _partial_field(
        self, name: str, objects: list[dict[str, Any]], whose: Whose, below: str, depth: int, *, called: str
    ) -> Field:
        having = [name in object_ for object_ in objects]
        column = list(map(itemgetter(name), compress(objects, having)))
        shape = self.shape(column, whose.of(having), called, below, depth + 1)
        return Field(shape, whose.of(list(map(not_, having))).seen)

    def _sparse_fields(
        self, objects: list[dict[str, Any]], whose: Whose, names: list[str], path: str, depth: int
    ) -> dict[str, Field]:
        """As `_fields`, row by row: linear where most objects lack most names."""
        if whose.owners is None:
            return self._sparse_fields_of_none(objects, whose, names, path, depth)
        having: dict[str, tuple[list[Any], list[int]]] = {name: ([], []) for name in names}
        for object_, owner in zip(objects, whose.each(), strict=True):
            for name, value in object_.items():
                values, owners = having[name]
                values.append(value)
                owners.append(owner)
        objects_of = Counter(whose.each())
        fields = {}
        for name, (column, mine) in having.items():
            shape = self.shape(column, owned(mine), name, self._below(path, name), depth + 1)
            absent = Count(len(objects_of) - complete(mine, objects_of), len(objects) - len(column))
            fields[name] = Field(shape, absent)
        return fields

    def _sparse_fields_of_none(
        self, objects: list[dict[str, Any]], whose: Whose, names: list[str], path: str, depth: int
    ) -> dict[str, Field]:
        """The same where it does not matter which of the objects have a name."""
        having: dict[str, list[Any]] = {name: [] for name in names}
        for object_ in objects:
            for name, value in object_.items():
                having[name].append(value)
        fields = {}
        for name, column in having.items():
            shape = self.shape(column, whose.some(len(column)), name, self._below(path, name), depth + 1)
            fields[name] = Field(shape, whose.some(len(objects) - len(column)).seen)
        return fields

    def _below(self, path: str, step: str) -> str:
        """The path of what is below, where anybody asks for paths."""
        if not self._pinned:
            return path
        return f"{path}{step}" if step in {"[*]", ".*"} else field_path(path, step)
