"""What counts mean: which objects are maps, which are variants of a union, which words are a vocabulary.

Read off afterwards, so that it does not depend on the order in which anything was seen. `settle` is idempotent, and
what it decided stands when new observations are aligned with it (`drift.align`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from operator import is_
from typing import Final

from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.keys import ANY, is_of_class
from pytest_integration_contracts.shapes.kinds import DECLARED, Kind, Numbers, Texts, Width
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.shapes.pins import NO_PINS, Pins
from pytest_integration_contracts.shapes.shape import (
    ELSE,
    UNTAGGED,
    Field,
    Record,
    Shape,
    Tag,
    capped,
    folded,
    merged,
    sorted_variants,
)
from pytest_integration_contracts.shapes.words import LIMIT, is_tag_name, is_vocabulary

_SIMILAR: Final = 0.8
"""Variants that share at least this part of their fields are one, unless a field proves otherwise."""

_CHURN_NAMES: Final = 8
"""A map of scalars is taken for one from this many different names on."""

_SAME_RECORDS: Final = 8
"""So many members that are all records of the same fields are a map, even in a single response."""


def settle(shape: Shape, pins: Pins = NO_PINS) -> Shape:
    """The shape with every decision made that its counts carry.

    Args:
        shape: Any shape.
        pins: What is not to be decided.
    """
    if shape.settled is pins:
        return shape
    result = _settled(shape, pins, "$", "")
    object.__setattr__(result, "settled", pins)
    return result


def _settled(shape: Shape, pins: Pins, path: str, name: str) -> Shape:
    """The same for the values of a place, in a field of that name, "" for none.

    The words of a field that tells kinds apart are kept, however few they are.
    """
    if not shape.kinds:
        return shape
    texts, numbers = _texts(shape, name), _numbers(shape)
    items = None if shape.items is None else _settled(shape.items, pins, _below(items_path, path, pins), "")
    records = _grouped(shape, pins, path) if shape.records else shape.records
    if texts is shape.texts and numbers is shape.numbers and items is shape.items and records is shape.records:
        return shape
    return Shape(shape.seen, shape.kinds, texts, numbers, items, shape.empty, records, shape.repeats)


def _below(step: Callable[..., str], path: str, pins: Pins, *names: str) -> str:
    """The path of what is below, where anybody asks for paths."""
    return path if pins is NO_PINS else step(path, *names)


def _texts(shape: Shape, name: str) -> Texts | None:
    texts = shape.texts
    if texts is None or texts.words is None or is_tag_name(name):
        return texts
    if is_vocabulary(texts.words, shape.kinds[Kind.STRING].responses):
        return texts
    return Texts(texts.format, texts.empty, None, texts.zone)


_FLAGS: Final = 5
"""From this many responses on, integers that are all 0 or 1 are taken for flags."""


def _numbers(shape: Shape) -> Numbers | None:
    if shape.numbers is None or shape.numbers.width is not Width.BIT:
        return shape.numbers
    few = shape.kinds.get(Kind.INTEGER, shape.seen).responses < _FLAGS
    return replace(shape.numbers, width=Width.INT32) if few else shape.numbers


def _record(record: Record, pins: Pins, path: str) -> Record:
    """The record with its members settled first: what they are decides whether their names are data."""
    inner = _settled_members(record, pins, path)
    if pins.is_record(path):
        return inner
    mapped = _mapped(inner, pinned=pins.is_map(path))
    return inner if mapped is inner else _record(mapped, pins, path)


def _settled_members(record: Record, pins: Pins, path: str) -> Record:
    fields = {}
    for name, member in record.fields.items():
        shape = _settled(member.shape, pins, _below(field_path, path, pins, name), name)
        fields[name] = member if shape is member.shape else Field(shape, member.absent)
    keyed = {
        class_: _settled(values, pins, _below(values_path, path, pins), "") for class_, values in record.keyed.items()
    }
    if all(map(is_, fields.values(), record.fields.values())) and all(map(is_, keyed.values(), record.keyed.values())):
        return record
    return Record(record.seen, fields, keyed)


def _mapped(record: Record, *, pinned: bool) -> Record:
    """The record with the members whose names are data under one class of names."""
    classes = record.keyed.keys()
    if not classes and not pinned and not is_churning(record):
        return record
    if pinned or ANY in classes or len(classes) > 1 or not classes:
        class_ = ANY
        names = set(record.fields) if pinned or not classes else set()
    else:
        (class_,) = classes
        names = {name for name in record.fields if is_of_class(name, class_)}
    if len(classes) == 1 and not names:
        return record
    values = merged([*record.keyed.values(), *(record.fields[name].shape for name in sorted(names))])
    fields = {name: member for name, member in record.fields.items() if name not in names}
    return Record(record.seen, fields, {class_: capped(values, record.seen.responses)})


def is_churning(record: Record) -> bool:
    """Whether names come and go, and their values are all alike: then the names are data. Declared names never are."""
    members = list(record.fields.values())
    if record.seen.responses >= DECLARED.responses:
        return False
    if len(members) < 3 or not _alike(member.shape for member in members):  # noqa: PLR2004 - fewer show nothing
        return False
    present = sum(member.shape.seen.values for member in members)
    per_object = present / max(record.seen.values, 1)
    optional = sum(not member.required for member in members)
    if are_records(member.shape for member in members):
        return len(members) >= _SAME_RECORDS or optional * 2 > len(members)
    return len(members) >= _CHURN_NAMES and optional == len(members) and len(members) >= 3 * per_object


def _alike(shapes: Iterable[Shape]) -> bool:
    first = None
    for shape in shapes:
        if shape.known:
            kinds = shape.canonical_kinds - {Kind.NULL}
            if first is not None and kinds != first:
                return False
            first = kinds
    return first is not None


def are_records(shapes: Iterable[Shape]) -> bool:
    """Whether all of them are records that have most of their fields in common, at least two."""
    known = [shape for shape in shapes if shape.known]
    names = [set(shape.fields) for shape in known if shape.objects.values]
    if not names or len(names) < len(known):
        return False
    common, every = set.intersection(*names), set.union(*names)
    return len(common) >= 2 and 2 * len(common) >= len(every)  # noqa: PLR2004 - one field in common is chance


def _grouped(shape: Shape, pins: Pins, path: str) -> Mapping[Tag, Record]:
    """The records, those together that have no really different fields."""
    variants: Mapping[Tag, Record] = {tag: _record(record, pins, path) for tag, record in shape.records.items()}
    if len(variants) == 1:
        return shape.records if all(map(is_, variants.values(), shape.records.values())) else variants
    while len(variants) > 1:
        groups = _alike_variants(variants, shape.objects)
        if len(groups) == len(variants):
            break
        variants = {tag: _record(record, pins, path) for tag, record in groups.items()}
    return sorted_variants(variants)


def _alike_variants(variants: Mapping[Tag, Record], objects: Count) -> dict[Tag, Record]:
    """The variants, those that are alike as one; all as one where there are more than anybody can review."""
    groups: list[tuple[list[Tag], Record]] = []
    for tag, record in variants.items():
        for position, (tags, other) in enumerate(groups):
            if not _really_different(record, other):
                groups[position] = ([*tags, tag], folded([other, record], objects))
                break
        else:
            groups.append(([tag], record))
        if len(groups) > LIMIT:
            return {_tag_of(variants): folded(variants.values(), objects)}
    together: dict[Tag, Record] = {}
    for tags, record in groups:
        tag = _tag_of(tags)
        together[tag] = folded([together[tag], record], objects) if tag in together else record
    return together


def _tag_of(tags: Collection[Tag]) -> Tag:
    """One tag for several: none where they name several fields. `ELSE` stands for objects that name none."""
    names = {tag.name for tag in tags if tag.name}
    if len(names) != 1:
        return UNTAGGED
    values: frozenset[str] = frozenset().union(*(tag.values for tag in tags))
    return Tag(names.pop(), values | {ELSE} if any(not tag.name for tag in tags) else values)


def _really_different(one: Record, other: Record) -> bool:
    """Whether two records have too few fields in common to be one."""
    mine, theirs = paths_of(one), paths_of(other)
    shared = mine.keys() & theirs.keys()
    every = mine.keys() | theirs.keys()
    if len(shared) < _SIMILAR * len(every):
        return bool(_own(mine, theirs) and _own(theirs, mine)) or len(shared) * 2 < len(every)
    return False


def _own(mine: Mapping[tuple[str, ...], Field], theirs: Mapping[tuple[str, ...], Field]) -> bool:
    """Whether the first always has a field that the second never has."""
    return any(member.required for path, member in mine.items() if path not in theirs)


def paths_of(record: Record) -> dict[tuple[str, ...], Field]:
    """The fields by their path, and the fields of the objects among them."""
    paths: dict[tuple[str, ...], Field] = {}
    for name, member in record.fields.items():
        paths[(name,)] = member
        if member.shape.objects.values:
            paths |= {(name, below): field for below, field in member.shape.fields.items()}
    return paths
