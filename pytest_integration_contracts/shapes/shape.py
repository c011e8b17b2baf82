"""The shape of a set of JSON values: a lattice element with counts.

What is *counted* merges; what it *means* (record, map or union; format; vocabulary) is read off the counts by `settle`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Final, NamedTuple

from pytest_integration_contracts.model import ELEMENT_TEXT, Count
from pytest_integration_contracts.shapes.formats import EPOCHS, PATTERNS, ZONED
from pytest_integration_contracts.shapes.keys import ANY, KEY_PATTERNS, is_of_class
from pytest_integration_contracts.shapes.kinds import (
    NONE,
    ORDER,
    WIDTHS,
    Counting,
    Kind,
    Numbers,
    Texts,
    Width,
    canonical,
    combined_numbers,
    combined_texts,
)
from pytest_integration_contracts.shapes.matcher import compiled
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.shapes.words import is_vocabulary


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


class Tag(NamedTuple):
    """What tells the objects of one record from those of others: a field and its values there.

    Attributes:
        name: The field's name, "" where no field tells.
        values: The values.
    """

    name: str = ""
    values: frozenset[str] = frozenset()


UNTAGGED: Final = Tag()

ELSE: Final = ""
"""Among the values of a tag: objects that have no token in that field."""


@dataclass(frozen=True, slots=True)
class Record:
    """Objects that belong together: all objects of a place, or one variant of a union.

    Attributes:
        seen: How many objects.
        fields: Members by name.
        keyed: The values of members whose names are data, by the class of these names (`keys`).
    """

    seen: Count = NONE
    fields: Mapping[str, Field] = field(default_factory=dict)
    keyed: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a set of JSON values looks like; no value itself.

    Attributes:
        seen: How many values there were.
        kinds: How many of each kind.
        texts: What the strings have in common; None where there were none.
        numbers: What the numbers have in common; None where there were none.
        items: The items of all arrays together; None where no array was seen.
        empty: How many of the arrays had no items.
        records: The objects, by what tells them apart.
        repeats: Whether any of the arrays had several items. No part of what the values look like, and kept only of
            elements of XML: there a list without items is not written.
        matches: The compiled matcher, once it was asked for.
        settled: With what it was settled, where it was.
    """

    seen: Count = NONE
    kinds: Mapping[Kind, Count] = field(default_factory=dict)
    texts: Texts | None = None
    numbers: Numbers | None = None
    items: Shape | None = None
    empty: Count = NONE
    records: Mapping[Tag, Record] = field(default_factory=dict)
    repeats: bool = field(default=False, compare=False)
    matches: Callable[[object], bool] | None = field(default=None, init=False, repr=False, compare=False)
    settled: object = field(default=None, init=False, repr=False, compare=False)

    @property
    def objects(self) -> Count:
        """How many of the values were objects."""
        return self.kinds.get(Kind.OBJECT, NONE)

    @property
    def format(self) -> str:
        """The format that all strings have, "" for none."""
        return self.texts.format if self.texts else ""

    @property
    def record(self) -> Record:
        """All objects as one record; an empty one where there were none."""
        if len(self.records) == 1:
            return next(iter(self.records.values()))
        return folded(self.records.values(), self.objects)

    @property
    def fields(self) -> Mapping[str, Field]:
        """The members of all objects together, by name."""
        return self.record.fields

    @property
    def canonical_kinds(self) -> frozenset[Kind]:
        """The kinds as a schema tells them: a number that is sometimes integral is a number."""
        return canonical(self.kinds)

    @property
    def known(self) -> bool:
        """Whether anything but null was ever seen here."""
        return bool(self.kinds.keys() - {Kind.NULL})

    def accepts(self, body: object) -> bool:
        """Whether the body has nothing that the shape has not: the fast path, compiled at the first question.

        A body that the engine cannot read (a lone surrogate, too deep) is not accepted: it needs a closer look. So does
        every body of a shape that it cannot read.
        """
        if self.matches is None:
            object.__setattr__(self, "matches", compiled(closed_schema(self)))
        try:
            return bool(self.matches and self.matches(body))
        except ValueError:
            return False


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


def folded(records: Iterable[Record], objects: Count) -> Record:
    """Several records as one.

    How many responses had something in any of them is not known: it is at most the sum, and at most the responses that
    had objects at all. So evidence is never overstated.

    Args:
        records: What to fold.
        objects: How many objects there are in all.
    """
    several = list(records)
    if len(several) <= 1:
        return several[0] if several else Record()
    while len(several) > 1:  # in pairs, so that no record grows with each of many others
        pairs = zip(several[::2], several[1::2], strict=False)
        several = [_combine_records(one, other, _add) for one, other in pairs] + several[len(several) // 2 * 2 :]
    return _capped_record(several[0], objects.responses)


def _capped_record(record: Record, most: int) -> Record:
    return Record(
        _at_most(record.seen, most),
        {
            name: Field(capped(member.shape, most), _at_most(member.absent, most))
            for name, member in record.fields.items()
        },
        {class_: capped(shape, most) for class_, shape in record.keyed.items()},
    )


def capped(shape: Shape, most: int) -> Shape:
    """The shape with no count of more than so many responses."""
    if shape.seen.responses <= most:
        return shape
    return Shape(
        _at_most(shape.seen, most),
        {kind: _at_most(count, most) for kind, count in shape.kinds.items()},
        replace(shape.texts, empty=_at_most(shape.texts.empty, most)) if shape.texts else None,
        shape.numbers,
        None if shape.items is None else capped(shape.items, most),
        _at_most(shape.empty, most),
        {tag: _capped_record(record, most) for tag, record in shape.records.items()},
        shape.repeats,
    )


def _at_most(count: Count, most: int) -> Count:
    return Count(min(count.responses, most), count.values)


def _combine(one: Shape, other: Shape, counts: Counting) -> Shape:
    if not one.kinds:
        return other
    if not other.kinds:
        return one
    return Shape(
        seen=counts(one.seen, other.seen),
        kinds=_combine_kinds(one.kinds, other.kinds, counts),
        texts=combined_texts(one.texts, other.texts, counts),
        numbers=combined_numbers(one.numbers, other.numbers),
        items=_combine_items(one.items, other.items, counts),
        empty=counts(one.empty, other.empty),
        records=_combine_variants(one.records, other.records, counts),
        repeats=one.repeats or other.repeats,
    )


def _combine_kinds(one: Mapping[Kind, Count], other: Mapping[Kind, Count], counts: Counting) -> dict[Kind, Count]:
    if one.keys() == other.keys():
        return {kind: counts(count, other[kind]) for kind, count in one.items()}
    return {kind: counts(one.get(kind, NONE), other.get(kind, NONE)) for kind in ORDER if kind in one or kind in other}


def _combine_items(one: Shape | None, other: Shape | None, counts: Counting) -> Shape | None:
    if one is None or other is None:
        return other if one is None else one
    return _combine(one, other, counts)


def _combine_variants(one: Mapping[Tag, Record], other: Mapping[Tag, Record], counts: Counting) -> Mapping[Tag, Record]:
    if not one or not other:
        return other or one
    combined = dict(one)
    for tag, record in other.items():
        _add_variant(combined, tag, record, counts)
    return {tag: combined[tag] for tag in sorted(combined, key=_tag_order)}


def _add_variant(variants: dict[Tag, Record], tag: Tag, record: Record, counts: Counting) -> None:
    """Add a record to those of the same objects; variants that share a value of the tag are one."""
    if tag in variants:
        variants[tag] = _combine_records(variants[tag], record, counts)
        return
    shared = [other for other in variants if other.name == tag.name and not tag.values.isdisjoint(other.values)]
    for other in shared:
        record = _combine_records(variants.pop(other), record, counts)
    variants[Tag(tag.name, tag.values.union(*(other.values for other in shared)))] = record


def _tag_order(tag: Tag) -> tuple[str, list[str]]:
    return (tag.name, sorted(tag.values))


def sorted_variants(variants: Mapping[Tag, Record]) -> dict[Tag, Record]:
    """Variants in the one order that all shapes have them in."""
    return {tag: variants[tag] for tag in sorted(variants, key=_tag_order)}


def _combine_records(one: Record, other: Record, counts: Counting) -> Record:
    return Record(
        counts(one.seen, other.seen),
        {name: _combine_field(name, one, other, counts) for name in sorted(one.fields.keys() | other.fields.keys())},
        {
            class_: _combine(one.keyed.get(class_, UNKNOWN), other.keyed.get(class_, UNKNOWN), counts)
            for class_ in sorted(one.keyed.keys() | other.keyed.keys())
        },
    )


def _combine_field(name: str, one: Record, other: Record, counts: Counting) -> Field:
    mine, theirs = one.fields.get(name), other.fields.get(name)
    return Field(
        shape=_combine(mine.shape if mine else UNKNOWN, theirs.shape if theirs else UNKNOWN, counts),
        absent=counts(mine.absent if mine else one.seen, theirs.absent if theirs else other.seen),
    )


def join_records(one: Record, other: Record) -> Record:
    """As `join`, for two records of the same objects."""
    return _combine_records(one, other, _larger)


def merged(shapes: Iterable[Shape]) -> Shape:
    """All of the shapes merged."""
    return reduce(merge, shapes, UNKNOWN)


def closed_schema(shape: Shape) -> dict[str, Any] | bool:
    """A JSON Schema that accepts exactly the values which teach the shape nothing it does not know."""
    if not shape.kinds:
        return False
    if shape.kinds.keys() <= _WORDS_OR_NULL and shape.texts and is_vocabulary(shape.texts.words, _strings(shape)):
        return {"enum": [*sorted(shape.texts.words or ()), *([None] if Kind.NULL in shape.kinds else [])]}
    schema: dict[str, Any] = {"type": type_of(shape)}
    if shape.texts:
        schema |= _closed_texts(shape.texts, shape.kinds[Kind.STRING])
    if shape.numbers:
        schema |= _closed_numbers(shape.numbers, fractions=Kind.NUMBER in shape.kinds)
    if shape.items is not None:
        schema["items"] = closed_schema(shape.items)
        if not shape.empty.values:
            schema["minItems"] = 1
    if len(shape.records) == 1:
        (record,) = shape.records.values()
        schema |= _closed_record(record)
    elif shape.records:
        schema["anyOf"] = [_closed_variant(tag, record) for tag, record in shape.records.items()]
    return schema


_WORDS_OR_NULL: Final = {Kind.STRING, Kind.NULL}


def _strings(shape: Shape) -> int:
    return shape.kinds[Kind.STRING].responses


def type_of(shape: Shape) -> str | list[str]:
    """The value of a schema's `type`: one kind, or all of them in order."""
    kinds = shape.canonical_kinds
    names = [kind.value for kind in ORDER if kind in kinds]
    return names[0] if len(names) == 1 else names


def _closed_texts(texts: Texts, seen: Count) -> dict[str, Any]:
    if is_vocabulary(texts.words, seen.responses):
        return {"pattern": f"^(?:{'|'.join(map(re.escape, sorted(texts.words or ())))})$"}
    if texts.format:  # no format has an empty string
        return {"pattern": f"^(?:{ZONED[texts.zone] if texts.zone else PATTERNS[texts.format]})$"}
    return {} if texts.empty.values else {"minLength": 1}


def _closed_numbers(numbers: Numbers, *, fractions: bool) -> dict[str, Any]:
    if numbers.format:
        low, high = EPOCHS[numbers.format]
        return {"minimum": low, "exclusiveMaximum": high}
    if fractions or numbers.width is Width.BIG:
        return {}
    low, high = WIDTHS[max(numbers.width, Width.INT32)]
    return {"minimum": low, "exclusiveMaximum": high}


def _closed_variant(tag: Tag, record: Record) -> dict[str, Any]:
    schema = _closed_record(record)
    if not tag.name or ELSE in tag.values:
        return schema
    values = {"enum": sorted(tag.values)}
    schema["properties"][tag.name] = values
    return {"allOf": [{"properties": {tag.name: values}}, schema]}  # the tag first, so that others fail at once


def _closed_record(record: Record) -> dict[str, Any]:
    inside = {name for class_ in record.keyed for name in record.fields if class_ != ANY and is_of_class(name, class_)}
    schema: dict[str, Any] = {
        "properties": {
            name: closed_schema(member.shape) for name, member in record.fields.items() if name not in inside
        },
        "additionalProperties": closed_schema(record.keyed[ANY]) if ANY in record.keyed else False,
    }
    required = [name for name, member in record.fields.items() if member.required]
    optional = [name for name, member in record.fields.items() if not member.required]
    if record.keyed or len(optional) > _FEW or len(required) < 2 ** len(optional):
        schema["required"] = required
    else:
        schema |= _closed_presence(len(required), optional)
    patterns = {
        f"^(?:{KEY_PATTERNS[class_]})$": closed_schema(values_of_class(class_, values, record))
        for class_, values in record.keyed.items()
        if class_ != ANY
    }
    return {**schema, "patternProperties": patterns} if patterns else schema


def values_of_class(class_: str, values: Shape, record: Record) -> Shape:
    """All values of names of a class: also of a name that was met alone, and was taken for a name."""
    return merged([values, *(member.shape for name, member in record.fields.items() if is_of_class(name, class_))])


_FEW: Final = 2


def _closed_presence(required: int, optional: Sequence[str]) -> dict[str, Any]:
    """What says that no required member is missing, where there can be no others than these and the optional ones.

    It is enough to count them, each optional one that is there on top: that takes the engine a fraction of the time
    in which it looks every name up.
    """
    schema: dict[str, Any] = {"minProperties": required}
    if optional:
        schema["dependentSchemas"] = {
            name: _closed_presence(required + 1, optional[at:]) for at, name in enumerate(optional, start=1)
        }
    return schema


def are_elements(shape: Shape | None) -> bool:
    """Whether the values are elements of XML: those have a text, or elements in them."""
    if shape is None:
        return False
    return any(
        ELEMENT_TEXT in record.fields or any(are_elements(member.shape.items) for member in record.fields.values())
        for record in shape.records.values()
    )


def repeating(shape: Shape, path: str = "$") -> Iterator[str]:
    """The JSONPaths of elements of XML that are known to occur several times in one other."""
    for name, member in shape.record.fields.items():
        below = member.shape
        if below.repeats and are_elements(below.items):
            yield field_path(path, name)
        yield from repeating(below, field_path(path, name))
    if shape.items is not None:
        yield from repeating(shape.items, items_path(path))


def never_observed(shape: Shape, path: str = "$") -> Iterator[str]:
    """The JSONPaths whose content nobody has seen: only ever null, or the items of arrays that were always empty."""
    if not shape.known:
        yield path
        return
    record = shape.record
    for name, member in record.fields.items():
        yield from never_observed(member.shape, field_path(path, name))
    for values in record.keyed.values():
        yield from never_observed(values, values_path(path))
    if shape.items is not None:
        yield from never_observed(shape.items, items_path(path))
