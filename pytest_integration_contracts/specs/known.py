"""What upstreams were seen to know: values in requests that they answered well, and in the records that they list."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from pytest_integration_contracts.drift.authentication import is_secret_header, is_secret_name
from pytest_integration_contracts.drift.places import singular
from pytest_integration_contracts.manifest.manifest import split_url
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.shapes.formats import EXAMPLES, PLACEHOLDER
from pytest_integration_contracts.specs.document import DeclaredOperation

GENERATED: Final = "generated"
"""The origin of values that were made up to satisfy the schema alone."""

RECORDED: Final = "recorded"
ANSWERED: Final = "answered just now"

HOLE: Final = re.compile(r"\{([^{}/]*)\}")
"""A placeholder of a path's template."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_COMMON: Final = frozenset({"id", "ids", "uuid", "guid", "key", "name", "slug", "code", "type", "number", "value"})
"""Names of parameters that mean another thing at every operation."""

_MOST_KEPT: Final = 8
_MOST_ITEMS: Final = 5
_LONGEST: Final = 200
_SUCCESSES: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The value of one parameter.

    Attributes:
        name: The parameter's name.
        place: `path`, `query` or `header`.
        value: A text, a number or a boolean, or a list of these; None where it is not known before `of` has answered.
        origin: `RECORDED`, `ANSWERED`, `GENERATED`, or the keyword of the document: `example`, `default`.
        of: The operation that it was seen with, "" for none.
    """

    name: str
    place: str
    value: object
    origin: str
    of: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the upstream has been seen to know it."""
        return self.origin in {RECORDED, ANSWERED}

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name}: the first that {self.of} lists"
        return f"{self.name} = {text_of(self.value)} ({self.origin}{f', {self.of}' if self.of else ''})"


def text_of(value: object) -> str:
    """A value of a path, a query or a header as text (OpenAPI's style `simple`)."""
    if isinstance(value, list):
        return ",".join(map(text_of, value))
    return value if isinstance(value, str) else json.dumps(value)


class Known:
    """What upstreams were seen to know: the values in requests that they answered well, and the records they list."""

    def __init__(self) -> None:
        self._bound: dict[str, list[tuple[tuple[str, ...], str, str]]] = defaultdict(list)
        self._listed: dict[str, list[tuple[tuple[str, ...], dict[str, Any], str, str]]] = defaultdict(list)
        self._given: dict[tuple[str, str, str], list[tuple[str, str, str]]] = defaultdict(list)

    def learn(self, operation: DeclaredOperation, exchange: Exchange, origin: str = RECORDED) -> None:
        """Take note of an exchange.

        Args:
            operation: What it asked for.
            exchange: It; one without success teaches nothing.
            origin: `RECORDED` or `ANSWERED`.
        """
        if exchange.status not in _SUCCESSES:
            return
        url = split_url(exchange.url)
        values = values_in(operation.template, url.path)
        if values is None:
            return
        names, of = HOLE.findall(operation.template), str(operation)
        for prefix, holes in _prefixes(operation.template):
            if all(map(_is_usable, values[:holes])):
                _keep(self._bound[prefix], (values[:holes], origin, of))
        for name, value in zip(names, values, strict=True):
            self._note("path", name, value, origin, of)
        for name, value in parse_qsl(url.query):
            self._note("query", name, value, origin, of)
        for name, value in exchange.request_headers.items():
            self._note("header", name, value, origin, of)
        if exchange.method == "GET" and all(map(_is_usable, values)):
            for item in _items(exchange.response_body):
                _keep(self._listed[bare(operation.template)], (values, item, origin, of))

    def _note(self, place: str, name: str, value: str, origin: str, of: str) -> None:
        secret = is_secret_header(name) if place == "header" else is_secret_name(name)
        if not secret and _is_usable(value):
            for asked in (of, "") if name.lower() not in _COMMON else (of,):
                _keep(self._given[asked, place, name], (value, origin, of))

    def in_path(self, operation: DeclaredOperation) -> dict[str, Chosen]:
        """Values for parameters of an operation's path that belong together, as far as any are known."""
        names = HOLE.findall(operation.template)
        for prefix, holes in reversed(list(_prefixes(operation.template))):
            found = self._together(prefix, names[holes - 1])
            if found is not None:
                values, origin, of = found
                return {
                    name: Chosen(name, "path", value, origin, of) for name, value in zip(names, values, strict=False)
                }
        return {}

    def value(self, operation: DeclaredOperation, place: str, name: str) -> Chosen | None:
        """A value of a parameter that was seen: with this operation, or by the same name with another."""
        for asked in (str(operation), ""):
            for value, origin, of in self._given.get((asked, place, name), ()):
                return Chosen(name, place, value, origin, of)
        return None

    def _together(self, prefix: str, name: str) -> tuple[tuple[str, ...], str, str] | None:
        """Values for all holes of a path up to here: just listed, once asked for, or once listed."""
        listed = next(self._listing(prefix, name), None)
        bound = self._bound.get(prefix)
        if bound and (listed is None or listed[1] != ANSWERED):
            return bound[0]
        return listed

    def _listing(self, prefix: str, name: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
        above, _, last = prefix.rpartition("/")
        for values, item, origin, of in self._listed.get(above, ()) if last == "{}" else ():
            for field in _fields(name, above):
                found = next((value for key, value in item.items() if _plain(key) == field), None)
                if isinstance(found, str | int) and not isinstance(found, bool) and _is_usable(str(found)):
                    yield (*values, str(found)), origin, of


def values_in(template: str, path: str) -> tuple[str, ...] | None:
    """The values in a path, decoded, in the order of a template's holes; None where the template does not fit.

    Args:
        template: The template: `/customers/{customerId}`.
        path: A path that ends as the template says: `/v1/customers/42`.
    """
    depth = template.count("/")
    below = "/".join(["", *path.split("/")[-depth:]]) if depth else path
    parts = HOLE.split(template)
    pattern = "".join("([^/]+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    found = re.fullmatch(pattern, below)
    return tuple(map(unquote, found.groups())) if found else None


def _prefixes(template: str) -> Iterator[tuple[str, int]]:
    """The beginnings of a template that end with a hole, names of holes left out; and how many holes they have."""
    segments = bare(template).split("/")
    for at, segment in enumerate(segments):
        if "{}" in segment:
            prefix = "/".join(segments[: at + 1])
            yield prefix, prefix.count("{}")


def _keep(kept: list[Any], each: tuple[Any, ...]) -> None:
    """Keep a few, what was just answered before what was recorded some time ago."""
    if each in kept:
        return
    if each[-2] == ANSWERED:
        kept.insert(sum(other[-2] == ANSWERED for other in kept), each)
    else:
        kept.append(each)
    del kept[_MOST_KEPT:]


def _is_usable(value: str) -> bool:
    """Whether a value may be sent: one that stands in the place of a secret never."""
    return (
        0 < len(value) <= _LONGEST
        and PLACEHOLDER not in value
        and value not in _STANDING_IN
        and value not in {".", ".."}
        and value.isprintable()
    )


_STANDING_IN: Final = frozenset(EXAMPLES.values()) - {"0", "true"}
"""What redaction puts in the place of a secret that has a format; what is too common to tell is left out."""


def _items(body: object) -> list[dict[str, Any]]:
    """The records that a response lists: those of the array that it is, or of the first array that it has."""
    if isinstance(body, dict):
        body = next((value for value in _members(body) if _is_list(value)), [])
    return [each for each in body if isinstance(each, dict)][:_MOST_ITEMS] if isinstance(body, list) else []


def _members(body: dict[str, Any]) -> Iterator[object]:
    yield from body.values()
    yield from (value for member in body.values() if isinstance(member, dict) for value in member.values())


def _is_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _plain(name: str) -> str:
    return "".join(words_of(name))


def _fields(name: str, above: str) -> Iterator[str]:
    """By which fields of a record a parameter may mean it: `customerId`, without the kind of record `id`, and `id`."""
    words, kind = words_of(name), _plain(singular(above.rpartition("/")[2]))
    yield "".join(words)
    if words and "".join(words[:-1]) in {kind, _plain(above.rpartition("/")[2])}:
        yield words[-1]
    if words and (words[-1] in {"id", "uuid", "guid"} or "".join(words) == kind):
        yield from ("id", words[-1])


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case."""
    return [word.lower() for word in _WORD.findall(name)]


def bare(template: str) -> str:
    """A template without the names of its placeholders."""
    return HOLE.sub("{}", template).rstrip("/")
