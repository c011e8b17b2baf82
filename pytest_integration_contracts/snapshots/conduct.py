"""The JSON of what responses say beside their bodies: small, readable, and only what is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_integration_contracts.drift.facts import Conduct
from pytest_integration_contracts.drift.limits import Range
from pytest_integration_contracts.drift.pagination import Pagination
from pytest_integration_contracts.errors import SnapshotError

_SETS: Final = {
    "retry-after": "retry_after",
    "media-parameters": "parameters",
    "deprecation": "deprecation",
    "sunset": "sunset",
    "redirects": "redirects",
    "steps": "steps",
}
"""Members of the JSON to the attributes that are plain sets."""


def to_json(conduct: Conduct) -> dict[str, Any]:
    """Its JSON; empty where nothing is known."""
    document: dict[str, Any] = {}
    if conduct.limits:
        document["limits"] = {
            label: limit.low if limit.low == limit.high else list(limit)
            for label, limit in sorted(conduct.limits.items())
        }
    if conduct.versions:
        document["versions"] = _sorted(conduct.versions)
    pagination = _pagination(conduct.pagination)
    if pagination:
        document["pagination"] = pagination
    sets = {member: sorted(getattr(conduct, attribute)) for member, attribute in _SETS.items()}
    return document | {member: values for member, values in sets.items() if values}


def _pagination(pagination: Pagination) -> dict[str, Any]:
    document: dict[str, Any] = {"signals": _sorted(pagination.signals)} if pagination.signals else {}
    lengths = {"full": pagination.full, "ends": pagination.ends}
    return document | {name: length for name, length in lengths.items() if length is not None}


def _sorted(sets: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    return {name: sorted(sets[name]) for name in sorted(sets)}


def from_json(document: object) -> Conduct:
    """What `to_json` made.

    Raises:
        SnapshotError: It did not make this.
    """
    members = _object(document, "conduct")
    pagination = _object(members.get("pagination", {}), "conduct.pagination")
    return Conduct(
        limits={
            label: _range(limit, label) for label, limit in _object(members.get("limits", {}), "conduct.limits").items()
        },
        versions=_sets(members.get("versions", {}), "conduct.versions"),
        pagination=Pagination(
            _sets(pagination.get("signals", {}), "conduct.pagination.signals"),
            *(_length(pagination.get(name), f"conduct.pagination.{name}") for name in ("full", "ends")),
        ),
        **{attribute: _strings(members.get(member, []), f"conduct.{member}") for member, attribute in _SETS.items()},
    )


def _object(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SnapshotError(f"`{place}` of a response is not an object")
    return value


def _sets(value: object, place: str) -> dict[str, frozenset[str]]:
    return {name: _strings(member, f"{place}.{name}") for name, member in _object(value, place).items()}


def _strings(value: object, place: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SnapshotError(f"`{place}` of a response is not a list of strings")
    return frozenset(value)


def _range(value: object, label: str) -> Range:
    numbers = value if isinstance(value, list) else [value, value]
    if len(numbers) != len(Range._fields) or not all(type(number) is int and number >= 0 for number in numbers):
        raise SnapshotError(f"`conduct.limits.{label}` of a response is neither a number nor two")
    return Range(min(numbers), max(numbers))


def _length(value: object, place: str) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise SnapshotError(f"`{place}` of a response is not a number")
    return value
