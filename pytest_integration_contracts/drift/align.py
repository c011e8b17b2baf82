"""A new shape, read as an old one was decided: which of its objects are which variant, which of its names are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_integration_contracts.drift.rule import THIN
from pytest_integration_contracts.model import ELEMENT_TEXT, Count
from pytest_integration_contracts.shapes.keys import ANY, is_of_class
from pytest_integration_contracts.shapes.kinds import Kind, Texts
from pytest_integration_contracts.shapes.settle import is_churning, paths_of
from pytest_integration_contracts.shapes.shape import (
    ELSE,
    UNKNOWN,
    Field,
    Record,
    Shape,
    Tag,
    are_elements,
    capped,
    folded,
    merge,
    merged,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A record of the old shape and what the new shape has in its place.

    Attributes:
        variant: Which variant it is, `type=card`; "" where there is only one.
        old: The old record.
        new: The new one, read as the old one was decided.
        raw: The new one as it was counted.
    """

    variant: str
    old: Record
    new: Record
    raw: Record


@dataclass(slots=True)
class Aligned:
    """What `align` finds.

    Attributes:
        pairs: Records that both sides have.
        added: Variants that only the new side has.
        removed: Variants that only the old side has.
        tags: The old and the new name of the tag field, where it was renamed.
    """

    pairs: list[Pair] = field(default_factory=list)
    added: list[tuple[Tag, Record]] = field(default_factory=list)
    removed: list[tuple[Tag, Record]] = field(default_factory=list)
    tags: tuple[str, str] | None = None


def align(old: Shape, new: Shape) -> Aligned:
    """Pair the objects of two shapes.

    Args:
        old: A settled shape: what it decided stands.
        new: Any shape.
    """
    aligned = Aligned()
    if not old.records or not new.records:
        return aligned
    members: dict[Tag, list[Record]] = {tag: [] for tag in old.records}
    for tag, record in new.records.items():
        home = _home(tag, record, old.records)
        if home is None:
            renamed = _renamed_tag(tag, record, old.records)
            aligned.tags = aligned.tags or renamed
            if renamed is None:
                aligned.added.append((tag, record))
            elif tag.name:
                for known in _sharing(tag, old.records):
                    members[known].append(record)
            continue
        members[home].append(record)
    for tag, records in members.items():
        if records:
            raw = folded(records, new.objects)
            variant = variant_text(tag) if len(old.records) > 1 else ""
            aligned.pairs.append(Pair(variant, old.records[tag], read_as(raw, old.records[tag]), raw))
        elif len(old.records) > 1 and aligned.tags is None:
            aligned.removed.append((tag, old.records[tag]))
    return aligned


def variant_text(tag: Tag) -> str:
    """A variant in a few words: `type=card`, `type=card|bank`; `untagged` where no field tells."""
    return f"{tag.name}={'|'.join(value or 'none' for value in sorted(tag.values))}" if tag.name else "untagged"


def _home(tag: Tag, record: Record, known: Mapping[Tag, Record]) -> Tag | None:
    """The old record that a new one belongs to, None where it is a variant of its own."""
    for other in known:
        if other.name == tag.name and (not tag.name or not tag.values.isdisjoint(other.values)):
            return other
        if not tag.name and ELSE in other.values:
            return other
    if len(known) == 1:
        (other,) = known
        unseen = tag.name != "" and tag.name == other.name
        return None if unseen and _lacks_required(record, known[other]) else other
    if any(other.name == tag.name for other in known) or _renamed_tag(tag, record, known):
        return None
    return max(known, key=lambda other: _likeness(record, known[other]))


def _lacks_required(record: Record, known: Record) -> bool:
    mine = paths_of(record)
    return any(member.required and path not in mine for path, member in paths_of(known).items())


def _likeness(one: Record, other: Record) -> float:
    mine, theirs = one.fields.keys(), other.fields.keys()
    return len(mine & theirs) / max(len(mine | theirs), 1)


def _renamed_tag(tag: Tag, record: Record, known: Mapping[Tag, Record]) -> tuple[str, str] | None:
    """The old and the new name of the tag, where a new field has the values that the old tag field had."""
    names = {other.name for other in known}
    if len(known) == 1 or len(names) != 1 or "" in names or names & record.fields.keys():
        return None
    (old_name,) = names
    values = frozenset().union(*(other.values for other in known))
    if tag.name:
        return (old_name, tag.name) if not values.isdisjoint(tag.values) else None
    for name, member in record.fields.items():
        words = member.shape.texts.words if member.shape.texts else None
        if words and words <= values:
            return (old_name, name)
    return None


def _sharing(tag: Tag, known: Mapping[Tag, Record]) -> list[Tag]:
    return [other for other in known if not other.values.isdisjoint(tag.values)]


def read_as(record: Record, decided: Record) -> Record:
    """The record as the decided one is: members under one class of names, and what XML does not write."""
    if not decided.keyed:
        return _with_what_is_not_written(record, decided)
    (class_,) = decided.keyed
    names = [
        name
        for name in record.fields
        if name not in decided.fields and (not decided.fields or is_of_class(name, class_) or class_ == ANY)
    ]
    values = merged([*record.keyed.values(), *(record.fields[name].shape for name in names)])
    fields: dict[str, Field] = {name: member for name, member in record.fields.items() if name not in names}
    return Record(record.seen, fields, {class_: capped(values, record.seen.responses)} if values.kinds else {})


def _with_what_is_not_written(record: Record, decided: Record) -> Record:
    """The record with what XML does not write: lists without items, and texts that were only ever empty."""
    added = {}
    for name, known in decided.fields.items():
        mine = record.fields.get(name)
        absent = mine.absent if mine else record.seen
        empty = _empty(name, known.shape, absent) if known.required and absent.values else None
        if empty is not None:
            added[name] = Field(capped(merge(mine.shape, empty), record.seen.responses) if mine else empty)
    return Record(record.seen, {**record.fields, **added}, record.keyed) if added else record


def _empty(name: str, known: Shape, seen: Count) -> Shape | None:
    """What stands for a member that is not written, None for one that is always written."""
    if known.repeats and are_elements(known.items):
        return Shape(seen, {Kind.ARRAY: seen}, items=UNKNOWN, empty=seen)
    if name == ELEMENT_TEXT and known.texts and known.texts.empty == known.seen:
        return Shape(seen, {Kind.STRING: seen}, Texts(empty=seen))
    return None


def restructured(pair: Pair) -> tuple[str, str, str] | None:
    """Whether a map became a record, a record a map, or keys have another form: the rule, before and after."""
    old, raw = pair.old, pair.raw
    if old.keyed:
        (class_,) = old.keyed
        fixed = raw.seen.responses > 1 and all(member.required for member in raw.fields.values())
        if class_ != ANY and not old.fields and raw.fields and not raw.keyed and fixed:
            return "map.to-record", _map(class_), "record"
        now = keys_now(pair)
        return None if now == class_ else ("map.key-format-changed", _map(class_), _map(_told(now, raw)))
    if old.fields and old.fields.keys().isdisjoint(raw.fields) and (raw.keyed or is_churning(raw)):
        return "record.to-map", "record", _map(next(iter(raw.keyed), ANY))
    return None


def keys_now(pair: Pair) -> str:
    """The class of a map's keys, given those that came."""
    (class_,) = pair.old.keyed
    others = pair.raw.keyed.keys() - {class_}
    if class_ == ANY:
        uniform = len(pair.raw.keyed) == len(others) == 1 and not pair.raw.fields
        return others.pop() if uniform and pair.raw.seen.responses >= THIN else ANY
    read = pair.raw.fields.keys() - pair.new.fields.keys()
    return ANY if others or not all(is_of_class(name, class_) for name in read) else class_


def _told(class_: str, raw: Record) -> str:
    """The class to name: the only one that came, where there is but one."""
    return next(iter(raw.keyed)) if class_ == ANY and len(raw.keyed) == 1 and not raw.fields else class_


def _map(class_: str) -> str:
    return "map" if class_ == ANY else f"map by {class_}"
