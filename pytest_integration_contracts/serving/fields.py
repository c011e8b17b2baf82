"""Faults in the fields of a body: a member that is gone, null, or has another name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pytest_integration_contracts.patterns import PathPattern
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.shapes.shape import Shape


def without(body: object, place: PathPattern) -> object:
    """The body without the members at a place."""
    return _changed(body, place, "$", lambda members, name: members.pop(name))


def nulled(body: object, place: PathPattern) -> object:
    """The body with null for the members at a place."""
    return _changed(body, place, "$", lambda members, name: members.update({name: None}))


def renamed(body: object, place: PathPattern, to: str) -> object:
    """The body with another name for the members at a place."""
    return _changed(body, place, "$", lambda members, name: members.update({to: members.pop(name)}))


_Change = Callable[[dict[str, object], str], object]


def _changed(body: object, place: PathPattern, path: str, change: _Change) -> object:
    if isinstance(body, list):
        return [_changed(each, place, items_path(path), change) for each in body]
    if not isinstance(body, dict):
        return body
    members = {name: _changed(each, place, field_path(path, name), change) for name, each in body.items()}
    for name in body:
        if place.matches(field_path(path, name)):
            change(members, name)
    return members


def places(shape: Shape, path: str = "$") -> Iterator[str]:
    """The JSONPaths of all members that a shape knows."""
    for name, field in shape.fields.items():
        below = field_path(path, name)
        yield below
        yield from places(field.shape, below)
    if shape.items is not None:
        yield from places(shape.items, items_path(path))
    for values in shape.record.keyed.values():
        yield values_path(path)
        yield from places(values, values_path(path))
