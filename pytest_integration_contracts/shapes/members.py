"""Objects by what tells them apart, and the members whose names are data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from itertools import compress, repeat
from operator import itemgetter
from typing import Any, NamedTuple

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.shapes.columns import Whose
from pytest_integration_contracts.shapes.keys import ANY, MANY, classes_of, codes_among, codes_of
from pytest_integration_contracts.shapes.shape import UNTAGGED, Tag
from pytest_integration_contracts.shapes.words import TAG_NAMES, is_word


def names_of(objects: list[dict[str, Any]]) -> set[str]:
    """The names of all members.

    Raises:
        BodyError: One is no string.
    """
    names: set[Any] = set(objects[0]) if len(objects) == 1 else set().union(*objects)
    if set(map(type, names)) - {str}:
        for name in names:
            if not isinstance(name, str):
                raise BodyError(
                    f"an object has a name of type {type(name).__name__}, where JSON has strings only; "
                    "convert it before it is checked"
                )
    return names


def by_tag(
    objects: list[dict[str, Any]], names: set[str], whose: Whose
) -> dict[Tag, tuple[list[dict[str, Any]], Whose]]:
    """The objects by the value of the first field that is named like a tag."""
    candidates: list[str] = [name for name in TAG_NAMES if name in names]
    try:
        column = list(map(itemgetter(candidates[0]), objects))
    except KeyError:
        tags = _tags(objects, candidates)
    else:
        if set(map(type, column)) == {str}:
            known = {value: _tag(candidates[0], value) for value in set(column)}
            tags = list(map(known.__getitem__, column))
        else:
            tags = _tags(objects, candidates)
    distinct = set(tags)
    if len(distinct) == 1:
        return {distinct.pop(): (objects, whose)}
    groups = {}
    for tag in distinct:
        selected = [other is tag for other in tags]
        groups[tag] = (list(compress(objects, selected)), whose.of(selected))
    return groups


def _tags(objects: list[dict[str, Any]], candidates: list[str]) -> list[Tag]:
    """What each of the objects is told apart by."""
    known: dict[tuple[str, object], Tag] = {}
    tags = []
    for object_ in objects:
        name = next((name for name in candidates if name in object_), "")
        value = object_[name] if name else ""
        key = (name, value) if isinstance(value, str) else ("", "")
        tag = known.get(key)
        if tag is None:
            tag = known[key] = _tag(*key)
        tags.append(tag)
    return tags


def _tag(name: str, value: object) -> Tag:
    return Tag(name, frozenset({value})) if isinstance(value, str) and value and is_word(value) else UNTAGGED


class Pooled(NamedTuple):
    """What is left of objects without the members whose names are data, and their values by class of name."""

    objects: list[dict[str, Any]]
    keyed: dict[str, tuple[list[Any], list[int]]]

    def add(self, class_: str, values: Collection[Any], owner: int) -> None:
        """Add the values of one object."""
        pool = self.keyed.setdefault(class_, ([], []))
        pool[0].extend(values)
        pool[1].extend(repeat(owner, len(values)))


def pools_of(objects: list[dict[str, Any]], whose: Whose, names: set[str]) -> Pooled | None:
    """The members whose names are data, None where there are none."""
    large = len(names) > MANY and max(map(len, objects)) > MANY
    classes = classes_of(names)
    codes = _has_codes(objects, names, large=large)
    if not classes and not codes and not large:
        return None
    pools = Pooled([], {})
    for object_, owner in zip(objects, whose.each(), strict=True):
        whole = ANY if len(object_) > MANY else codes_of(object_) if codes else ""
        if not whole and classes.keys().isdisjoint(object_):
            pools.objects.append(object_)
        elif len(of_object := {classes.get(name, whole) for name in object_}) == 1 and (class_ := of_object.pop()):
            pools.add(class_, object_.values(), owner)
            pools.objects.append({})
        else:
            pools.objects.append(_pooled(object_, owner, classes, whole, pools))
    return pools if pools.keyed else None


def _has_codes(objects: list[dict[str, Any]], names: set[str], *, large: bool) -> bool:
    """Whether any object may have nothing but codes for names."""
    if large:
        names = set().union(*(object_ for object_ in objects if len(object_) <= MANY))
    others = names - codes_among(names)
    return len(others) < len(names) and any(map(others.isdisjoint, objects))


def _pooled(
    object_: dict[str, Any], owner: int, classes: Mapping[str, str], whole: str, pools: Pooled
) -> dict[str, Any]:
    """Adds the values of members whose names are data to the pools, and returns the other members."""
    rest = {}
    by_class: dict[str, list[Any]] = {}
    for name, value in object_.items():
        class_ = classes.get(name) or whole
        if class_:
            by_class.setdefault(class_, []).append(value)
        else:
            rest[name] = value
    for class_, values in by_class.items():
        pools.add(class_, values, owner)
    return rest


def complete(owners: list[int], objects_of: Mapping[int, int]) -> int:
    """How many responses have all their objects among `owners`."""
    return sum(objects_of[owner] == number for owner, number in Counter(owners).items())
