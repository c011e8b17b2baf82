"""What differs at one place, told as events: each aspect of a place by the rules that fit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from pytest_integration_contracts.drift.places import (
    ITEMS,
    VALUES,
    Candidate,
    Facts,
    Place,
    comparable_kinds,
    facts_of,
    replaced,
)
from pytest_integration_contracts.model import ELEMENT_TEXT
from pytest_integration_contracts.shapes.formats import PARSED, generalise
from pytest_integration_contracts.shapes.kinds import DECLARED, Kind, Width
from pytest_integration_contracts.shapes.paths import field_path
from pytest_integration_contracts.shapes.settle import paths_of
from pytest_integration_contracts.shapes.shape import Field, Record, Shape
from pytest_integration_contracts.shapes.words import is_private, is_vocabulary


class _Told(NamedTuple):
    rule: str
    before: str
    after: str
    by_chance: bool = False


_Events = Iterator[_Told]


def candidates(places: Mapping[tuple[str, str], Place]) -> Iterator[Candidate]:
    """The events at all places, found by deepdiff in what the two sides claim.

    Args:
        places: Places that differ, by path and variant.
    """
    for key, aspects in _differences(places).items():
        place = places[key]
        for told in _events(place, aspects):
            yield _in_envelope(place, told) or Candidate(place, told.rule, told.before, told.after, (), told.by_chance)


_REPLACEMENTS: Final = frozenset({"type.changed", "array.to-object", "object.to-array"})


def _in_envelope(place: Place, told: _Told) -> Candidate | None:
    """An array that went into a member of an object, or came out of one."""
    if place.old is None or place.new is None or told.rule not in _REPLACEMENTS:
        return None
    inner = _enveloped(place.old.shape, place.new.shape)
    if inner:
        path = field_path(place.path, inner)
        return Candidate(place, "property.moved", told.before, f"at {path}", (path,))
    inner = _enveloped(place.new.shape, place.old.shape)
    if not inner:
        return None
    at = replace(place, path=field_path(place.path, inner), steps=(*place.steps, inner), name=inner)
    return Candidate(at, "property.moved", told.after, f"at {place.path}", (place.path,))


def _differences(places: Mapping[tuple[str, str], Place]) -> dict[tuple[str, str], set[str]]:
    """Deepdiff's findings: what differs at each place, in the order of the paths."""
    if not places:
        return {}
    from deepdiff import DeepDiff  # noqa: PLC0415 - loaded by the first difference

    old: dict[tuple[str, str], Facts] = {}
    new: dict[tuple[str, str], Facts] = {}
    for key, place in places.items():
        if place.old is not None:
            old[key] = facts_of(place.old, place.old, place.new or place.old)
        if place.new is not None:
            new[key] = facts_of(place.new, place.old or place.new, place.new)
    found = DeepDiff(
        {str(number): old.get(key) for number, key in enumerate(places)},
        {str(number): new.get(key) for number, key in enumerate(places)},
        view="tree",
        threshold_to_diff_deeper=0,  # or it reports the whole where little is shared
    )
    keys = list(places)
    aspects: dict[tuple[str, str], set[str]] = {}
    for levels in found.values():
        for level in levels:
            number, aspect = _location(level)
            aspects.setdefault(keys[number], set()).add(aspect)
    return {key: aspects[key] for key in sorted(aspects)}


def _location(level: Any) -> tuple[int, str]:  # noqa: ANN401 - deepdiff is not typed
    steps = level.path(output_format="list")
    return int(steps[0]), steps[1] if len(steps) > 1 else "member"


def _events(place: Place, aspects: Collection[str]) -> _Events:
    if place.old is None or place.new is None:
        yield from _member(place)
        return
    old, new = place.old, place.new
    swapped = _null_or_absent(old, new)
    if swapped:
        yield swapped
    told_already = {"presence", "kinds"} if swapped else set()
    untellable = (
        {"words"} if is_private(_named(place)) and not (_is_declared(old.shape) and _is_declared(new.shape)) else set()
    )
    for aspect in _ASPECTS:
        if aspect in aspects and aspect not in told_already | untellable:
            yield from _ASPECTS[aspect](old, new)


def _named(place: Place) -> str:
    """The name of the field that the place is, or is in; the text of an element goes by the element's."""
    return next((step for step in reversed(place.steps) if step not in {ITEMS, VALUES, ELEMENT_TEXT}), "")


def _member(place: Place) -> _Events:
    old, new = place.old, place.new
    if old is None and new is not None:
        yield _Told("property.added", "nothing", describe(new.shape))
    elif old is not None and old.required:
        yield _Told("property.removed", describe(old.shape), "gone")
    elif old is not None:
        chance = (old.absent.values / max(place.old_record.seen.values, 1)) ** place.new_record.seen.responses
        by_chance = chance > _CHANCE and not _is_declared(place.new_record)
        yield _Told("property.removed-optional", describe(old.shape), "gone", by_chance)


_CHANCE: Final = 0.05
"""What would happen by chance more often than this shows nothing."""


def _is_declared(seen: Shape | Record) -> bool:
    """Whether it is what somebody says, and nobody's data."""
    return seen.seen.responses >= DECLARED.responses


def _null_or_absent(old: Field, new: Field) -> _Told | None:
    """Whether what was null is absent now, or the other way round."""
    had, has = Kind.NULL in old.shape.kinds, Kind.NULL in new.shape.kinds
    if had and old.required and not has and not new.required:
        return _Told("value.null-to-absent", describe(old.shape), "absent instead of null")
    if has and new.required and not had and not old.required and old.shape.kinds:
        return _Told("value.absent-to-null", "sometimes absent", describe(new.shape))
    return None


def _presence(old: Field, new: Field) -> _Events:
    if old.required:
        yield _Told("property.became-optional", describe(old.shape), "absent")
    else:
        yield _Told("property.became-required", "sometimes absent", describe(new.shape))


def _kinds(old: Field, new: Field) -> _Events:
    mine, theirs = old.shape, new.shape
    before, after = describe(mine), describe(theirs)
    if not mine.known:
        if theirs.known or not mine.kinds:
            yield _Told("value.unknown-learned", before, after)
        return
    if replaced(mine, theirs):
        yield _replacement(mine, theirs)
        return
    yield from _nulls(mine, theirs)
    if not theirs.known:
        return
    had, has = mine.canonical_kinds - {Kind.NULL}, theirs.canonical_kinds - {Kind.NULL}
    if Kind.INTEGER in had and Kind.NUMBER in has:
        yield _Told("type.integer-to-number", "integer", "number")
        had, has = had - {Kind.INTEGER}, has - {Kind.NUMBER}
    elif Kind.NUMBER in had and Kind.INTEGER in has:
        yield _Told("type.number-to-integer", "number", "integer")
        had, has = had - {Kind.NUMBER}, has - {Kind.INTEGER}
    if has - had:
        yield _Told("type.member-added", before, after)
    if had - has:
        yield _Told("type.member-removed", before, after)


def _nulls(old: Shape, new: Shape) -> _Events:
    if Kind.NULL in new.kinds and Kind.NULL not in old.kinds:
        yield _Told("value.became-nullable", describe(old), "null")
    if Kind.NULL in old.kinds and Kind.NULL not in new.kinds and new.known:
        yield _Told("value.became-non-null", describe(old), describe(new))


_SCALARS: Final = frozenset({Kind.BOOLEAN, Kind.INTEGER, Kind.NUMBER, Kind.STRING})
_NUMERIC: Final = frozenset({Kind.INTEGER, Kind.NUMBER})


def _replacement(old: Shape, new: Shape) -> _Told:
    """A value of another type altogether, by the name of its cause."""
    before, after = describe(old), describe(new)
    had, has = old.kinds.keys() - {Kind.NULL}, new.kinds.keys() - {Kind.NULL}
    return _Told(_replacement_rule(old, new, had, has), before, after)


def _replacement_rule(old: Shape, new: Shape, had: Collection[Kind], has: Collection[Kind]) -> str:  # noqa: PLR0911 - one line a cause
    if (_is_boolean(old, had) and _encodes_boolean(new, has)) or (_is_boolean(new, has) and _encodes_boolean(old, had)):
        return "type.boolean-encoding"
    if _NUMERIC.issuperset(had) and has == {Kind.STRING}:
        return _quoted(old, new, "format.epoch-to-iso", "type.number-to-string")
    if _NUMERIC.issuperset(has) and had == {Kind.STRING}:
        return _quoted(new, old, "format.iso-to-epoch", "type.string-to-number")
    if _SCALARS.issuperset(had) and has == {Kind.OBJECT}:
        return "type.scalar-to-object"
    if _SCALARS.issuperset(has) and had == {Kind.OBJECT}:
        return "type.object-to-scalar"
    if had == {Kind.ARRAY} and old.items is not None:
        return _unwrapped(old.items, new, "array.to-object", "type.array-to-scalar")
    if has == {Kind.ARRAY} and new.items is not None:
        return _unwrapped(new.items, old, "object.to-array", "type.scalar-to-array")
    return "type.changed"


def _is_boolean(shape: Shape, kinds: Collection[Kind]) -> bool:
    del shape
    return set(kinds) == {Kind.BOOLEAN}


def _encodes_boolean(shape: Shape, kinds: Collection[Kind]) -> bool:
    """Whether the values may well be a boolean in other clothes: "true", "Y", 1 or 0."""
    if set(kinds) == {Kind.STRING}:
        bits = shape.format == "integer" and shape.texts is not None and (shape.texts.words or {"?"}) <= {"0", "1"}
        return shape.format == "boolean" or bits
    return set(kinds) == {Kind.INTEGER} and shape.numbers is not None and shape.numbers.width is Width.BIT


def _quoted(number: Shape, text: Shape, time: str, quoted: str) -> str:
    if number.numbers and number.numbers.format and text.format in {"date-time", "date-time-local", "date"}:
        return time
    decimals = text.format == "decimal" or (text.format == "integer" and Kind.NUMBER in number.kinds)
    return quoted if decimals else "type.changed"


def _unwrapped(items: Shape, other: Shape, record: str, scalar: str) -> str:
    """One element in the place of an array, or the reverse."""
    if not items.known:
        return "type.changed"
    if Kind.OBJECT in items.kinds and Kind.OBJECT in other.kinds:
        mine, theirs = items.fields.keys(), other.fields.keys()
        return (
            record
            if not mine or not theirs or 2 * len(mine & theirs) >= min(len(mine), len(theirs))
            else "type.changed"
        )
    return scalar if comparable_kinds(items) & comparable_kinds(other) & _SCALARS else "type.changed"


def _enveloped(array: Shape, object_: Shape) -> str:
    """The member of an object that an array is in; "" for none."""
    if array.items is None or not array.items.known or Kind.OBJECT not in object_.kinds:
        return ""
    return next(
        (
            name
            for name, member in object_.fields.items()
            if member.shape.items is not None and alike(array.items, member.shape.items)
        ),
        "",
    )


def _formats(old: Field, new: Field) -> _Events:
    mine, theirs = old.shape, new.shape
    if mine.texts is None or theirs.texts is None or _all_empty(theirs):
        return
    before, after = _string(mine), _string(theirs)
    if {mine.format, theirs.format} == {"date-time", "date-time-local"}:
        yield _Told("format.offset-changed", before, after)
    elif not mine.format or generalise(mine.format, theirs.format) == mine.format:
        if not is_vocabulary(mine.texts.words, mine.kinds[Kind.STRING].responses):
            yield _Told("format.gained", before, after)
    elif not is_vocabulary(mine.texts.words, mine.kinds[Kind.STRING].responses):
        yield _Told("format.changed" if reformatted(mine, theirs) else "format.lost", before, after)


def _zones(old: Field, new: Field) -> _Events:
    mine, theirs = old.shape.texts, new.shape.texts
    if mine and theirs:
        yield _Told("format.offset-changed", _ZONE_WORDS[mine.zone], _ZONE_WORDS[theirs.zone])


_ZONE_WORDS: Final = {"utc": "in UTC", "offset": "with an offset", "": "with various offsets"}


def _all_empty(shape: Shape) -> bool:
    return shape.texts is not None and shape.texts.empty.values == shape.kinds[Kind.STRING].values


def _emptied(old: Field, new: Field) -> _Events:
    if not _all_empty(old.shape):
        seen = old.shape.kinds[Kind.STRING].responses
        share = old.shape.texts.empty.responses / max(seen, 1) if old.shape.texts else 0
        by_chance = share ** new.shape.kinds[Kind.STRING].responses > _CHANCE
        yield _Told("value.now-empty", describe(old.shape), '""', by_chance)


def _no_items(old: Field, new: Field) -> _Events:
    if new.shape.items is not None and not new.shape.items.kinds:
        share = old.shape.empty.responses / max(old.shape.kinds[Kind.ARRAY].responses, 1)
        by_chance = share ** new.shape.kinds[Kind.ARRAY].responses > _CHANCE
        yield _Told("array.now-empty", describe(old.shape), "[]", by_chance)


def _words(old: Field, new: Field) -> _Events:
    mine, theirs = old.shape.texts, new.shape.texts
    if mine is None or theirs is None or mine.words is None or _all_empty(new.shape):
        return
    before = _listed(mine.words)
    if theirs.words is None:
        yield _Told("vocabulary.value-added", before, _string(new.shape) if theirs.format else "other text")
        return
    unseen = theirs.words - mine.words
    if not unseen:
        if is_vocabulary(theirs.words, new.shape.kinds[Kind.STRING].responses):
            yield _Told("vocabulary.value-removed", before, _listed(theirs.words))
    elif {word.casefold() for word in unseen} <= {word.casefold() for word in mine.words}:
        yield _Told("vocabulary.case-changed", before, _listed(theirs.words))
    elif len(mine.words) == 1 and not mine.words & theirs.words:
        yield _Told("constant.changed", before, _listed(theirs.words))
    else:
        yield _Told("vocabulary.value-added", before, _listed(unseen))


def _number_formats(old: Field, new: Field) -> _Events:
    mine, theirs = old.shape.numbers, new.shape.numbers
    if mine and theirs and mine.format and theirs.format:
        yield _Told("format.epoch-unit-changed", mine.format, theirs.format)
    elif mine and theirs:
        rule = "format.lost" if mine.format else "format.gained"
        yield _Told(rule, mine.format or describe(old.shape), theirs.format or describe(new.shape))


def _widths(old: Field, new: Field) -> _Events:
    mine, theirs = old.shape.numbers, new.shape.numbers
    if mine and theirs and theirs.width > max(mine.width, Width.INT32) and not mine.format:
        yield _Told("integer.range-crossed", _WIDTH_WORDS[mine.width], _WIDTH_WORDS[theirs.width])


_WIDTH_WORDS: Final = {
    Width.BIT: "within 32 bits",
    Width.INT32: "within 32 bits",
    Width.EXACT: "past 2^31",
    Width.BIG: "past 2^53",
}


def _scales(old: Field, new: Field) -> _Events:
    mine, theirs = old.shape.numbers, new.shape.numbers
    if mine and theirs and mine.decades is not None and theirs.decades is not None:
        yield _Told("number.scale-changed", f"up to 1e{mine.decades}", f"up to 1e{theirs.decades}")


_ASPECTS: Final[dict[str, Callable[[Field, Field], _Events]]] = {
    "presence": _presence,
    "kinds": _kinds,
    "empty": _emptied,
    "no items": _no_items,
    "format": _formats,
    "zone": _zones,
    "words": _words,
    "number": _number_formats,
    "width": _widths,
    "scale": _scales,
}


def reformatted(old: Shape, new: Shape) -> bool:
    """Whether strings that consumers parse have another format altogether: nothing of the old one holds any more."""
    return (
        old.texts is not None
        and new.texts is not None
        and old.format in PARSED
        and new.format != ""
        and not generalise(old.format, new.format)
    )


def alike(old: Shape, new: Shape) -> bool:
    """Whether two shapes could be of the same values: the same types and formats, and for objects the same fields."""
    if not old.known or not new.known:
        return old.kinds.keys() == new.kinds.keys()
    if old.canonical_kinds - {Kind.NULL} != new.canonical_kinds - {Kind.NULL} or old.format != new.format:
        return False
    if old.items is not None and new.items is not None and old.items.known and new.items.known:
        return alike(old.items, new.items)
    if old.records and new.records:
        mine, theirs = paths_of(old.record).keys(), paths_of(new.record).keys()
        return 3 * len(mine & theirs) >= 2 * len(mine | theirs)
    return True


def describe(shape: Shape) -> str:
    """A shape in a few words: `string (email)`, `integer or null`, `array of object`."""
    if not shape.kinds:
        return "unknown"
    words = [_word(kind, shape) for kind in Kind if kind in shape.canonical_kinds]
    return " or ".join(words)


def _word(kind: Kind, shape: Shape) -> str:
    if kind is Kind.STRING:
        return _string(shape)
    if kind is Kind.ARRAY and shape.items is not None and shape.items.known:
        return f"array of {describe(shape.items)}"
    return kind.value


def _string(shape: Shape) -> str:
    return f"string ({shape.format})" if shape.format else "string"


def _listed(words: Collection[str]) -> str:
    return ", ".join(sorted(words))
