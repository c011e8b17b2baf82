"""Which segments of paths name instances: what answers `/projects/alpha` calls itself alpha."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from pytest_integration_contracts.drift.places import singular
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.traffic.operations import Name, is_placeholder, is_version, is_word_of_apis

_SUCCESSES: Final = range(200, 300)
_ITSELF: Final = frozenset({"id", "uuid", "guid", "slug", "key", "login", "username", "handle", "sku", "fullname"})
"""Last words of the names of fields that tell records of a kind apart."""

_NAMES: Final = frozenset({"name", "code", "number", "symbol"})
"""The same, of fields that also tell what else there is of a kind: they count below a plural only."""

_NO_COLLECTIONS: Final = frozenset({"api", "apis", "rest", "services", "public", "internal", "admin", "rpc", "web"})
_WRAPPERS: Final = 3
"""A body with at most so many members may only wrap the record."""

_MOST_ITEMS: Final = 1000
_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_COLLECTION = re.compile(r"[A-Za-z][A-Za-z_-]*")


class Instance(NamedTuple):
    """A segment that names an instance.

    Attributes:
        integration: Whose path it is in.
        before: The path before it: `/projects`.
        segment: The segment: `alpha`.
        field: The field in which the record calls itself so: `slug`.
        holder: The member that holds that record, where it is a part of what was asked: `owner`; else "".
    """

    integration: str
    before: str
    segment: str
    field: str = ""
    holder: str = ""

    def placeholder(self, above: str) -> str:
        """What stands for it and its like.

        Args:
            above: The segment above it in the template: `projects` gives `{project}`; below a placeholder, the field
                tells.
        """
        name = self.holder or (singular(above) if is_collection(above) else self.field)
        return f"{{{'_'.join(_words(name)) or 'name'}}}"


_Found = tuple[str, str, str, str]
"""An instance, but for its integration."""


def instances(integration: str, asked: Sequence[tuple[Name, Exchange]]) -> frozenset[Instance]:
    """The instances among the segments of what was asked of one integration, as its successful responses show them.

    A response tells by the identity of the record it holds, or by those it hands out: what `POST /projects` created,
    and what `GET /projects` lists, is found below `/projects/`.

    Args:
        integration: The integration.
        asked: Names as they are guessed, and the exchanges.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for name, _ in asked:
        for before, segment in _candidates(name):
            wanted[before].add(segment)
    found: set[_Found] = set()
    for name, exchange in asked if wanted else ():
        if exchange.status in _SUCCESSES:
            found.update(_handed_out(name, exchange.response_body, wanted))
            found.update(_called_itself(name, exchange.response_body))
    return frozenset(Instance(integration, *each) for each in found)


def may_be_instance(segments: Sequence[str], position: int) -> bool:
    """Whether a literal segment may be the name of an instance, by where it stands: below a word, or an instance."""
    segment, above = segments[position], segments[position - 1]
    return (
        position > 1
        and bool(segment)
        and not is_placeholder(segment)
        and not is_word_of_apis(segment)
        and (is_placeholder(above) or is_collection(above))
    )


def is_collection(segment: str) -> bool:
    """Whether a segment is a word that instances may stand below."""
    return bool(_COLLECTION.fullmatch(segment)) and not is_version(segment) and segment.lower() not in _NO_COLLECTIONS


def _candidates(name: Name) -> Iterator[tuple[str, str]]:
    for position, segment in enumerate(name.segments):
        if may_be_instance(name.segments, position):
            yield "/".join(name.segments[:position]), segment


def _handed_out(name: Name, body: object, wanted: dict[str, set[str]]) -> Iterator[_Found]:
    """The wanted instances that a collection's response shows."""
    before = "/".join(name.segments)
    for segment in wanted.get(before, ()):
        above = name.segments[-1]
        for record in (*_records(body), *_listed(body)):
            field = _identity(record, segment, above)
            if field:
                yield before, segment, field, ""
                break


def _called_itself(name: Name, body: object) -> Iterator[_Found]:
    segments = name.segments
    for position, segment in enumerate(segments):
        if not may_be_instance(segments, position):
            continue
        above, before = segments[position - 1], "/".join(segments[:position])
        last = position == len(segments) - 1
        for record in _records(body):
            field = _identity(record, segment, above) if last else ""
            nested = "" if last else _owner(record, segment)
            if field or nested:
                yield before, segment, field, nested
                break


def _identity(record: dict[object, object], segment: str, above: str) -> str:
    """The field by which a record calls itself so, "" for none."""
    plural = singular(above) != above
    kind = set(_words(singular(above))) if is_collection(above) else set()
    for name, value in record.items():
        if not isinstance(name, str):
            continue
        if above and _is(value, f"{above}/{segment}"):
            return "name"  # the last part of `octo/hello`
        if not _is(value, segment):
            continue
        words = _words(name)
        last = "".join(words) if "".join(words) in _ITSELF else words[-1] if words else ""
        own = len(words) == 1 or last == "".join(words) or bool(kind & set(words[:-1]))
        if own and (last in _ITSELF or (last in _NAMES and plural)):
            return name
    return ""


def _owner(record: dict[object, object], segment: str) -> str:
    """The member whose record calls itself so: `owner` for `{"owner": {"login": "ada"}}`."""
    for name, value in record.items():
        if isinstance(name, str) and isinstance(value, dict) and _identity(value, segment, ""):
            return name
    return ""


def _is(value: object, segment: str) -> bool:
    return isinstance(value, str) and value.casefold() == segment.casefold()


def _records(body: object) -> Iterator[dict[object, object]]:
    """The record a body is, or wraps, and what JSON:API calls its attributes."""
    if not isinstance(body, dict):
        return
    yield body
    for value in body.values() if len(body) <= _WRAPPERS else ():
        if isinstance(value, dict):
            yield value
            attributes = value.get("attributes")
            if isinstance(attributes, dict):
                yield attributes


def _listed(body: object) -> Iterator[dict[object, object]]:
    """The records that a body lists."""
    lists: Iterable[object] = body.values() if isinstance(body, dict) else [body]
    for items in lists:
        for item in items[:_MOST_ITEMS] if isinstance(items, list) else ():
            yield from _records(item)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _BORDER.split(name) if word]
