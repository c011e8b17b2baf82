"""Two shapes side by side: the places at which they differ, and what differs there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pytest_integration_contracts.drift.align import Pair, align, restructured, variant_text
from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.shapes.shape import Field, Record, Shape
from pytest_integration_contracts.shapes.words import is_vocabulary

Facts = dict[str, Any]

EMPTY: Final = Record()

ITEMS: Final = "[*]"
VALUES: Final = ".*"


@dataclass(frozen=True, slots=True)
class Place:
    """One path at which the two sides differ. A side is None where the field is not there at all.

    Attributes:
        path: JSONPath.
        steps: The same as names, `ITEMS` and `VALUES`.
        variant: The variant of a union it is in, or "".
        owner: What a line of code would call the object.
        name: The field's name, "" for items, values and the whole.
        old: The old side.
        new: The new side.
        old_record: The record that has or had the field.
        new_record: The same on the new side.
    """

    path: str
    steps: tuple[str, ...]
    variant: str
    owner: str
    name: str
    old: Field | None
    new: Field | None
    old_record: Record = EMPTY
    new_record: Record = EMPTY

    @property
    def parent(self) -> tuple[tuple[str, ...], str]:
        """What tells the record it is in from all others."""
        return self.steps[:-1], self.variant

    @property
    def is_one_of_many(self) -> bool:
        """Whether there may be several of it in one response."""
        return ITEMS in self.steps or VALUES in self.steps


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change as it was found: not joined with others, not weighed.

    Attributes:
        place: Where.
        rule: The rule's id.
        before: The place as it was.
        after: The place as it is.
        related: Further paths of the same event.
        by_chance: Whether it may well be chance: it only counts where it is a part of another change.
    """

    place: Place
    rule: str
    before: str
    after: str
    related: tuple[str, ...] = ()
    by_chance: bool = False


def differing(old: Shape, new: Shape, subject: str) -> Iterator[Place | Candidate]:
    """Places with different facts, and changes of what objects are: map, record or union.

    Args:
        old: A settled shape.
        new: Any shape.
        subject: What a line of code would call the whole.
    """
    root = Place("$", (), "", subject, "", Field(old), Field(new))
    yield from _pair(root)


def _pair(place: Place) -> Iterator[Place | Candidate]:
    old, new = place.old, place.new
    if old is None or new is None:
        yield place
        return
    if _differ(old, new):
        yield place
    yield from _below(place, old.shape, new.shape)


def _below(place: Place, old: Shape, new: Shape) -> Iterator[Place | Candidate]:
    if old.items is not None and new.items is not None and new.items.kinds:
        if _nesting(old.items) != _nesting(new.items) and replaced(old.items, new.items):
            yield Candidate(place, "array.nesting-changed", _levels(old.items), _levels(new.items))
            return
        items = Field(old.items), Field(new.items)
        if not _is_same(*items):
            path, steps = items_path(place.path), (*place.steps, ITEMS)
            owner = singular(place.name or place.owner)
            yield from _pair(Place(path, steps, place.variant, owner, "", *items))
    if not old.records or not new.records:
        return
    aligned = align(old, new)
    for tag, record in aligned.added:
        known = ", ".join(variant_text(other) for other in old.records)
        yield Candidate(_of_records(place, old, record), "variant.added", known or "object", variant_text(tag))
    for tag, record in aligned.removed:
        rest = ", ".join(variant_text(other) for other in old.records if other != tag)
        yield Candidate(_of_records(place, old, record), "variant.removed", variant_text(tag), rest)
    if aligned.tags:
        yield _tag_changed(place, aligned.tags)
    for pair in aligned.pairs:
        yield from _records(place, pair, aligned.tags or ())


def _nesting(items: Shape) -> int:
    """How many levels of arrays there are in items that are nothing but arrays."""
    if items.items is None or items.kinds.keys() - {Kind.ARRAY, Kind.NULL}:
        return 0
    return 1 + _nesting(items.items)


def _levels(items: Shape) -> str:
    return f"{'array of ' * (1 + _nesting(items))}values"


def _of_records(place: Place, old: Shape, record: Record) -> Place:
    """The place, with how often it was an object on either side."""
    return replace(place, old_record=Record(old.objects), new_record=Record(record.seen))


def _tag_changed(place: Place, tags: tuple[str, str]) -> Candidate:
    before, after = (field_path(place.path, name) for name in tags)
    at = Place(before, (*place.steps, tags[0]), place.variant, place.name or place.owner, tags[0], place.old, place.new)
    return Candidate(at, "variant.tag-changed", tags[0], tags[1], (after,))


def _records(place: Place, pair: Pair, tags: tuple[str, ...]) -> Iterator[Place | Candidate]:
    structure = _structure(place, pair)
    if structure is not None:
        yield structure
        if structure.rule != "map.key-format-changed":
            return
    owner, variant = place.name or place.owner, pair.variant or place.variant
    for name in _differing_names(pair.old.fields, pair.new.fields):
        old, new = pair.old.fields.get(name), pair.new.fields.get(name)
        if name not in tags and not (old and new and _is_same(old, new)):
            yield from _pair(
                Place(
                    field_path(place.path, name),
                    (*place.steps, name),
                    variant,
                    owner,
                    name,
                    old,
                    new,
                    pair.old,
                    pair.new,
                )
            )
    for class_ in sorted(pair.old.keyed.keys() | pair.new.keyed.keys()):
        old_values, new_values = pair.old.keyed.get(class_), pair.new.keyed.get(class_)
        if new_values is not None:
            yield from _pair(
                Place(
                    values_path(place.path),
                    (*place.steps, VALUES),
                    variant,
                    singular(owner),
                    "",
                    Field(old_values) if old_values is not None else None,
                    Field(new_values),
                    pair.old,
                    pair.new,
                )
            )


def _differing_names(old: Mapping[str, Field], new: Mapping[str, Field]) -> list[str]:
    """The names of members that are not one and the same object on both sides."""
    if old.keys() == new.keys():
        return [name for name, member in old.items() if member is not new[name]]
    return [name for name in sorted(old.keys() | new.keys()) if old.get(name) is not new.get(name)]


def _structure(place: Place, pair: Pair) -> Candidate | None:
    """Whether a map became a record, a record a map, or the keys of a map are of another form."""
    found = restructured(pair)
    if found is None:
        return None
    at = replace(place, variant=pair.variant or place.variant, old_record=pair.old, new_record=pair.raw)
    return Candidate(at, *found)


def _is_same(old: Field, new: Field) -> bool:
    """Whether two places have nothing below them and claim the same: so it is nearly everywhere, and quick to see."""
    if old is new:
        return True
    mine, theirs = old.shape, new.shape
    return not (mine.records or theirs.records or mine.items or theirs.items) and _claim_the_same(old, new)


def _claim_the_same(old: Field, new: Field) -> bool:
    """Whether `facts_of` will certainly find no difference."""
    mine, theirs = old.shape, new.shape
    return (
        old.required == new.required
        and mine.kinds.keys() == theirs.kinds.keys()
        and (mine.texts is theirs.texts or _is_same_text(mine, theirs))
        and (mine.numbers is theirs.numbers or mine.numbers == theirs.numbers)
        and not mine.empty.values
        and not theirs.empty.values
    )


def _is_same_text(old: Shape, new: Shape) -> bool:
    mine, theirs = old.texts, new.texts
    return (
        mine is not None
        and theirs is not None
        and (mine.format, mine.zone) == (theirs.format, theirs.zone)
        and not mine.empty.values
        and not theirs.empty.values
        and not is_vocabulary(mine.words, old.kinds[Kind.STRING].responses)
    )


def _differ(old: Field, new: Field) -> bool:
    if old.required != new.required or old.shape.kinds.keys() != new.shape.kinds.keys():
        return True
    return not _claim_the_same(old, new) and facts_of(old, old, new) != facts_of(new, old, new)


def facts_of(member: Field, old: Field, new: Field) -> Facts:
    """What a shape claims about one place, without its counts, as far as both sides can claim it."""
    shape = member.shape
    facts: Facts = {
        "kinds": {kind.value: True for kind in shape.canonical_kinds},
        "presence": "always" if member.required else "sometimes",
    }
    if old.shape.texts and new.shape.texts and shape.texts:
        facts["format"] = shape.texts.format
        if old.shape.texts.zone and new.shape.format == old.shape.format:
            facts["zone"] = shape.texts.zone
        facts["empty"] = _is_all(shape.texts.empty.values, shape.kinds[Kind.STRING].values)
        if is_vocabulary(old.shape.texts.words, old.shape.kinds[Kind.STRING].responses):
            facts["words"] = dict.fromkeys(sorted(shape.texts.words), True) if shape.texts.words else {}
    if old.shape.numbers and new.shape.numbers and shape.numbers:
        facts["number"] = shape.numbers.format
        facts["scale"] = _scaled(old, new) if member is new else 0
        if Kind.NUMBER not in old.shape.kinds and Kind.NUMBER not in new.shape.kinds:
            facts["width"] = shape.numbers.width
    if old.shape.items is not None and new.shape.items is not None:
        facts["no items"] = _is_all(shape.empty.values, shape.kinds[Kind.ARRAY].values)
    return facts


_CENTS: Final = 2
"""How many decades lie between an amount in units and the same one in cents."""


def _scaled(old: Field, new: Field) -> int:
    """How many decades an amount has grown or shrunk where it lost or gained its fraction, else 0."""
    mine, theirs = old.shape, new.shape
    if not mine.numbers or not theirs.numbers or mine.numbers.decades is None or theirs.numbers.decades is None:
        return 0
    lost, gained = (
        Kind.NUMBER in one.kinds and Kind.NUMBER not in other.kinds for one, other in ((mine, theirs), (theirs, mine))
    )
    shift = theirs.numbers.decades - mine.numbers.decades
    return shift if (lost and shift >= _CENTS) or (gained and shift <= -_CENTS) else 0


def replaced(old: Shape, new: Shape) -> bool:
    """Whether no type of one is a type of the other, so that nothing of the old shape holds any more."""
    return old.known and new.known and not (comparable_kinds(old) & comparable_kinds(new))


def comparable_kinds(shape: Shape) -> set[Kind]:
    """The kinds without null, and with integers where there are numbers."""
    kinds = set(shape.kinds) - {Kind.NULL}
    return kinds | {Kind.INTEGER} if Kind.NUMBER in kinds else kinds


def _is_all(some: int, every: int) -> str:
    return "always" if some == every else "not always"


def singular(name: str) -> str:
    """The name of one of several: `order` for `orders`."""
    if name.endswith("ies") and len(name) > len("ies") + 1:
        return f"{name[:-3]}y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is")):
        return name[:-1]
    return name if name != "response" else "item"
