"""Events with one cause become one: what is gone here and new there was renamed, moved or wrapped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pytest_integration_contracts.drift.events import alike, describe
from pytest_integration_contracts.drift.places import ITEMS, VALUES, Candidate, Place, comparable_kinds, singular
from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.paths import field_path
from pytest_integration_contracts.shapes.shape import Shape
from pytest_integration_contracts.shapes.words import split_name

_GONE: Final = ("property.removed", "property.removed-optional")

_NAMED_ALIKE: Final = 0.55
"""From this similarity of names on, fields of a telling shape may be one."""

_NAMED_NEARLY_THE_SAME: Final = 0.72
"""From this one on, fields of any shape may be."""

_DEPTH: Final = 3
"""So deep in what is new a field is looked for that is gone."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Bodies of both sides, where they are at hand: whether a field was renamed shows in its values, too."""

    old: Sequence[object] = ()
    new: Sequence[object] = ()


_MOST: Final = 1000
"""More events than this are not a change, but another API: they are told as they are."""


def joined(candidates: Iterable[Candidate], samples: Samples) -> list[Candidate]:
    """The candidates, those of one event as one."""
    events = list(candidates)
    if len(events) > _MOST:
        return events
    return _moves(_renames(_envelopes(events), samples))


def _gone(candidates: Iterable[Candidate]) -> list[Candidate]:
    """What is gone; of what may be missing by chance only what few others look like."""
    return [each for each in candidates if each.rule in _GONE and (not each.by_chance or _is_telling(_shape(each)))]


def _come(candidates: Iterable[Candidate]) -> list[Candidate]:
    return [each for each in candidates if each.rule == "property.added" and each.place.name]


def _without(candidates: Iterable[Candidate], *used: Candidate) -> list[Candidate]:
    return [each for each in candidates if not any(each is one for one in used)]


def _envelopes(candidates: list[Candidate]) -> list[Candidate]:
    """All fields of a record gone into one new member, or all of one member's fields come out of it."""
    for inner, outer in ((_gone, _come), (_come, _gone)):
        for container in outer(candidates):
            shape = _shape(container)
            fields = shape.fields if shape.objects.values else {}
            beside = [each for each in inner(candidates) if each.place.parent == container.place.parent]
            wrapped = all(
                each.place.name in fields and alike(_shape(each), fields[each.place.name].shape) for each in beside
            )
            if wrapped and len(beside) >= _SEVERAL:
                event = _wrapped(container, unwrapped=outer is _gone)
                candidates = [*_without(candidates, container, *beside), event]
    return candidates


_SEVERAL: Final = 2
"""One field alone is moved, not wrapped."""


def _shape(candidate: Candidate) -> Shape:
    member = candidate.place.old or candidate.place.new
    return member.shape if member else Shape()


def _wrapped(container: Candidate, *, unwrapped: bool) -> Candidate:
    place = container.place
    record_path = _path_of_parent(place)
    if unwrapped:
        return replace(
            container, rule="property.moved", after=f"at {record_path}", related=(record_path,), by_chance=False
        )
    at = replace(
        place, path=record_path, steps=place.steps[:-1], name=place.steps[-2] if len(place.steps) > 1 else "", old=None
    )
    return Candidate(at, "property.moved", "object", f"at {place.path}", (place.path,))


def _path_of_parent(place: Place) -> str:
    suffix = field_path("", place.name)
    return place.path.removesuffix(suffix)


def _renames(candidates: list[Candidate], samples: Samples) -> list[Candidate]:
    """A field gone and one come in the same record, of alike names and shapes: the likest first."""
    pairs = [
        (likeness, position, gone, come)
        for position, gone in enumerate(_gone(candidates))
        for come in _come(candidates)
        if gone.place.parent == come.place.parent
        and (likeness := _likeness(gone, come)) > 0
        and not _values_differ(gone.place, come.place, samples)
    ]
    used: set[int] = set()
    renames: dict[int, Candidate] = {}
    for _, _, gone, come in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if used.isdisjoint({id(gone), id(come)}):
            used |= {id(gone), id(come)}
            renames[id(gone)] = _renamed(gone, come)
    return [renames.get(id(each), each) for each in candidates if id(each) in renames or id(each) not in used]


def _likeness(gone: Candidate, come: Candidate) -> float:
    """How likely the two are one field, 0 where they are not."""
    old, new = _shape(gone), _shape(come)
    if _plain(gone.place.name) == _plain(come.place.name) and alike(old, new):
        return 2.0
    if _pluralised(gone.place.name, old, come.place.name, new):
        return 1.5
    if not alike(old, new):
        return 0.0
    named = _named_alike(gone.place.name, come.place.name)
    needed = _NAMED_ALIKE if _is_telling(old) else _NAMED_NEARLY_THE_SAME
    return named if named >= needed else 0.0


def _named_alike(one: str, other: str) -> float:
    from rapidfuzz import fuzz  # noqa: PLC0415 - loaded by the first field that is gone

    mine, theirs = split_name(one), split_name(other)
    whole = max(fuzz.ratio(mine, theirs), fuzz.token_sort_ratio(mine, theirs))
    shared = fuzz.token_set_ratio(mine, theirs) * 0.8
    return max(whole, shared) / 100


def _is_respelled(one: str, other: str) -> bool:
    """Whether two names are the same words in another style: `user_id`, `userId`, `UserID`."""
    return split_name(one) == split_name(other) or one.casefold() == other.casefold()


def _plain(name: str) -> str:
    return split_name(name).replace(" ", "")


def _pluralised(old_name: str, old: Shape, new_name: str, new: Shape) -> bool:
    """Whether one became many, `email` and `emails`, or many one."""
    for one, several, name, names in ((old, new, old_name, new_name), (new, old, new_name, old_name)):
        if several.items is not None and Kind.ARRAY not in one.kinds and _plain(singular(names)) == _plain(name):
            return bool(comparable_kinds(several.items) & comparable_kinds(one))
    return False


def _is_telling(shape: Shape) -> bool:
    """Whether few fields are of this shape, so that two which are may well be one."""
    if shape.records:
        return len(shape.fields) > 1
    if shape.items is not None:
        return _is_telling(shape.items)
    return bool(shape.format or (shape.numbers and shape.numbers.format))


def _renamed(gone: Candidate, come: Candidate) -> Candidate:
    old, new = _shape(gone), _shape(come)
    rule, before, after = "property.renamed", gone.place.name, come.place.name
    if _is_respelled(before, after):
        rule = "property.case-changed"
    if _pluralised(before, old, after, new):
        rule = _one_or_many(old, new)
        before, after = describe(old), f"{after}: {describe(new)}"
    return Candidate(gone.place, rule, before, after, (come.place.path,))


def _one_or_many(old: Shape, new: Shape) -> str:
    """The rule for one that became many, or many that became one."""
    if old.items is None:
        return "object.to-array" if Kind.OBJECT in old.kinds else "type.scalar-to-array"
    return "array.to-object" if Kind.OBJECT in new.kinds else "type.array-to-scalar"


def _values_differ(gone: Place, come: Place, samples: Samples) -> bool:
    """Whether both sides show the same records, and the two fields have other values in them."""
    for old, new in zip(_records_at(samples.old, gone), _records_at(samples.new, come), strict=False):
        if gone.name not in old or come.name not in new:
            continue
        shared = [
            name for name in old.keys() & new.keys() if isinstance(old[name], str | int) and old[name] not in {0, 1, ""}
        ]
        same = [name for name in shared if old[name] == new[name]]
        if shared and len(same) == len(shared) and len(shared) > 1 and old[gone.name] != new[come.name]:
            return True
    return False


def _records_at(bodies: Iterable[object], place: Place) -> Iterator[dict[str, object]]:
    values = list(bodies)
    for step in place.steps[:-1]:
        values = list(_step(values, step))
    yield from (value for value in values if isinstance(value, dict))


def _step(values: Iterable[object], step: str) -> Iterator[object]:
    for value in values:
        if step == ITEMS and isinstance(value, list):
            yield from value
        elif step == VALUES and isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, dict) and step in value:
            yield value[step]


def _moves(candidates: list[Candidate]) -> list[Candidate]:
    """A field gone here, and one of the same name and shape come elsewhere."""
    for gone in _gone(candidates):
        old = _shape(gone)
        for come in _come(candidates):
            path = _found_in(come, gone.place.name, old)
            if path:
                moved = Candidate(gone.place, "property.moved", gone.before, f"at {path}", (path,))
                candidates = [moved if each is gone else each for each in _without(candidates, come)]
                break
    return candidates


def _found_in(come: Candidate, name: str, old: Shape) -> str:
    """The path in something new of a field with that name and shape, "" where there is none."""
    if come.place.name == name and alike(old, _shape(come)):
        return come.place.path
    return next(_below(_shape(come), come.place.path, name, old, _DEPTH), "")


def _below(shape: Shape, path: str, name: str, old: Shape, depth: int) -> Iterator[str]:
    if not depth or not shape.objects.values:
        return
    for other, member in shape.fields.items():
        below = field_path(path, other)
        if other == name and old.known and alike(old, member.shape):
            yield below
        yield from _below(member.shape, below, name, old, depth - 1)
