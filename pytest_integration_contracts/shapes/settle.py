"""What counts mean: which objects are maps, which are variants of a union, which words are a vocabulary.

Read off afterwards, so that it does not depend on the order in which anything was seen. `settle` is idempotent, and
what it decided stands when new observations are aligned with it (`drift.align`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.keys import ANY, is_of_class
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.shapes.pins import NO_PINS, Pins
from pytest_integration_contracts.shapes.shape import (
    ELSE,
    UNTAGGED,
    Field,
    Kind,
    Numbers,
    Record,
    Shape,
    Tag,
    Width,
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


def settle(shape: Shape, pins: Pins = NO_PINS, path: str = "$", name: str = "") -> Shape:
    """The shape with every decision made that its counts carry.

    Args:
        shape: Any shape.
        pins: What is not to be decided.
        path: Where the shape is.
        name: The name of the field it is of. The words of one that tells kinds apart are kept, however few they are.
    """
    if not shape.kinds:
        return shape
    texts = shape.texts
    if texts and not is_tag_name(name) and not is_vocabulary(texts.words, shape.kinds[Kind.STRING].responses):
        texts = replace(texts, words=None)
    return Shape(
        shape.seen,
        shape.kinds,
        texts,
        _numbers(shape),
        None if shape.items is None else settle(shape.items, pins, items_path(path)),
        shape.empty,
        _grouped(shape, pins, path),
    )


_FLAGS: Final = 5
"""From this many responses on, integers that are all 0 or 1 are taken for flags."""


def _numbers(shape: Shape) -> Numbers | None:
    if shape.numbers is None or shape.numbers.width is not Width.BIT:
        return shape.numbers
    few = shape.kinds.get(Kind.INTEGER, shape.seen).responses < _FLAGS
    return replace(shape.numbers, width=Width.INT32) if few else shape.numbers


def _record(record: Record, pins: Pins, path: str) -> Record:
    """The record with its members settled first: what they are decides whether their names are data."""
    inner = Record(
        record.seen,
        {
            name: replace(member, shape=settle(member.shape, pins, field_path(path, name), name))
            for name, member in record.fields.items()
        },
        {class_: settle(values, pins, values_path(path)) for class_, values in record.keyed.items()},
    )
    if pins.is_record(path):
        return inner
    mapped = _mapped(inner, pinned=pins.is_map(path))
    return inner if mapped is inner else _record(mapped, pins, path)


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
    """Whether names come and go, and their values are all alike: then the names are data."""
    members = list(record.fields.values())
    if len(members) < 3 or not _alike(member.shape for member in members):  # noqa: PLR2004 - fewer show nothing
        return False
    present = sum(member.shape.seen.values for member in members)
    per_object = present / max(record.seen.values, 1)
    optional = sum(not member.required for member in members)
    if are_records(member.shape for member in members):
        return len(members) >= _SAME_RECORDS or optional * 2 > len(members)
    return len(members) >= _CHURN_NAMES and optional == len(members) and len(members) >= 3 * per_object


def _alike(shapes: Iterable[Shape]) -> bool:
    known = [shape for shape in shapes if shape.known]
    kinds = {shape.canonical_kinds - {Kind.NULL} for shape in known}
    return len(kinds) == 1 and bool(known)


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
    variants = {tag: _record(record, pins, path) for tag, record in shape.records.items()}
    while len(variants) > 1:
        groups = _alike_variants(variants, shape.objects)
        if len(groups) == len(variants):
            break
        variants = {tag: _record(record, pins, path) for tag, record in groups.items()}
    if len(variants) > LIMIT:
        return {_tag_of(variants): _record(folded(variants.values(), shape.objects), pins, path)}
    return sorted_variants(variants)


def _alike_variants(variants: Mapping[Tag, Record], objects: Count) -> dict[Tag, Record]:
    groups: list[tuple[list[Tag], Record]] = []
    for tag, record in variants.items():
        for position, (tags, other) in enumerate(groups):
            if not _really_different(record, other):
                groups[position] = ([*tags, tag], folded([other, record], objects))
                break
        else:
            groups.append(([tag], record))
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
