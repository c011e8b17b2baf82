"""On which line of a snapshot's text a place of the contract is described."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pytest_integration_contracts.drift.responses import is_success, status_of
from pytest_integration_contracts.model import Change
from pytest_integration_contracts.patterns import Step, steps_of

_STRING: Final = r'"(?:[^"\\]|\\.)*+"'
_TOKEN: Final = re.compile(
    rf"[\s,:]*+(?:(?P<name>{_STRING})\s*+:|(?P<value>{_STRING}|[^\s{{}}\[\],:\"]++)|(?P<open>[{{\[])|(?P<close>[}}\]]))",
    re.DOTALL,
)
_HEADER: Final = "header:"
_ACCESS: Final = frozenset({"auth.scheme-changed"})
_CONDUCT: Final = {"redirect.added": "redirects", "auth.step-added": "steps", "pagination.style-changed": "pagination"}
"""Rules about the response as a whole to the member of `conduct` that they are about."""
_TOLD_BY_HEADER: Final = {"content-type": "media-parameters"}
"""Headers to the member of `conduct` that says what they tell, where it is not called like the header."""


@dataclass(slots=True)
class _Spot:
    """One value of a JSON text and the line on which its name, or for want of one the value, begins."""

    line: int
    text: str = ""
    members: dict[str, _Spot] = field(default_factory=dict)
    items: list[_Spot] = field(default_factory=list)

    def at(self, *names: str) -> _Spot | None:
        spot: _Spot | None = self
        for name in names:
            spot = spot.members.get(name) if spot else None
        return spot

    def nearest(self, *names: str) -> _Spot:
        """The member of a member ..., or the last of them that is there."""
        spot = self
        for name in names:
            spot = spot.members.get(name, spot)
        return spot


class SnapshotText:
    """The text of one snapshot's file, asked for lines. It may be anybody's: what is no JSON has only a first line."""

    def __init__(self, text: str) -> None:
        self._root = _read(text)

    def line(self, response: str, change: Change) -> int:
        """The line, from 1, that describes what a change is about; where that is gone, the nearest thing around it.

        Args:
            response: The kind of response in which it was found: `200 application/json`.
            change: The change.
        """
        if change.rule in _ACCESS and (auth := self._root.at("auth")):
            return auth.line
        kept = self._response(response)
        if kept is None or response not in self._root.nearest("responses").members:
            return (kept or self._root.nearest("responses")).line
        if change.path.startswith(_HEADER):
            return _header(kept, change).line
        if change.path == "$" and change.rule in _CONDUCT:
            return kept.nearest("conduct", _CONDUCT[change.rule]).line
        return _described(kept.nearest("body"), change).line

    def _response(self, key: str) -> _Spot | None:
        """The response of this kind, or the one that it came in the place of: of its status, or else a success."""
        responses = self._root.nearest("responses").members
        same = (other for other in responses if status_of(other) == status_of(key))
        good = (other for other in responses if is_success(other))
        found = key if key in responses else next(iter((*same, *good, *responses)), None)
        return responses[found] if found is not None else None


def _header(response: _Spot, change: Change) -> _Spot:
    """What is known of a header: what it says, for the rules about that, or else its own format."""
    name = change.path.removeprefix(_HEADER)
    kept = response.at("headers", "properties", name)
    told = (
        response.at("conduct", "limits") if change.rule.startswith("ratelimit.") else None,
        response.at("conduct", _TOLD_BY_HEADER.get(name, name)),
        response.at("conduct", "versions", name),
        response.at("conduct", "pagination", "signals", change.path),
    )
    about = (kept, *told) if change.rule.startswith(("header.", "ratelimit.headers")) else (*told, kept)
    return next(filter(None, about), None) or response.at("headers") or response


def _described(body: _Spot, change: Change) -> _Spot:
    """The schema of a place, or of the nearest place around it that the schema has."""
    try:
        steps = steps_of(change.path)
    except ValueError:
        return body
    spot = _variant(body, change.variant) if not steps else body
    for step in steps:
        below = next(_below(spot, step, change.variant), None)
        if below is None:
            return spot
        spot = below
    return _variant(spot, change.variant) if steps and change.rule.startswith("variant.") else spot


def _below(schema: _Spot, step: Step, variant: str) -> Iterator[_Spot]:
    """The schemas that describe what a step leads to, the likeliest first."""
    if step.name is None:
        yield from filter(None, [schema.at("items")])
        return
    for record in (*_variants(schema, variant), schema):
        if not step.open:
            yield from filter(None, [record.at("properties", step.name)])
        patterns = record.at("patternProperties")
        yield from patterns.members.values() if patterns else ()
        yield from filter(None, [record.at("additionalProperties")])


def _variants(schema: _Spot, variant: str) -> list[_Spot]:
    """The variants of a union, the one that is meant first."""
    union = schema.at("anyOf")
    return sorted(union.items, key=lambda each: not _is_variant(each, variant)) if union else []


def _variant(schema: _Spot, variant: str) -> _Spot:
    return next((each for each in _variants(schema, variant) if _is_variant(each, variant)), schema)


def _is_variant(schema: _Spot, variant: str) -> bool:
    """Whether a schema is that of the variant `type=card|bank`."""
    name, _, values = variant.partition("=")
    tag = schema.at("x-tag")
    if tag is None:
        return not values
    told = tag.at(name)
    return told is not None and {spot.text or "none" for spot in told.items} == set(values.split("|"))


def _read(text: str) -> _Spot:
    """The whole text; without recursion, since it may be nested deeper than Python can stand."""
    whole = _Spot(1)
    containers = [whole]
    name, line, at = "", 1, 0
    named_on = 0
    while containers and (token := _TOKEN.match(text, at)):
        start = token.start(token.lastgroup or 0)
        line += text.count("\n", at, start)
        if token["name"]:
            name, named_on = _decoded(token["name"]), line
        elif token["close"]:
            containers.pop()
        else:
            spot = _Spot(named_on or line, _decoded(token["value"] or ""))
            if named_on:
                containers[-1].members[name] = spot
            else:
                containers[-1].items.append(spot)
            named_on = 0
            containers += [spot] if token["open"] else []
        line += text.count("\n", start, token.end())
        at = token.end()
    return whole.items[0] if whole.items else whole


def _decoded(word: str) -> str:
    try:
        return str(json.loads(word, strict=False))
    except ValueError:
        return word
