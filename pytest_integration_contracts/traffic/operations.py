"""What was asked: path templates, the procedure or query that was called, and the variant that was chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

from pytest_integration_contracts.manifest.manifest import split_url
from pytest_integration_contracts.model import NO_BODY, Exchange
from pytest_integration_contracts.shapes.formats import PLACEHOLDER
from pytest_integration_contracts.traffic import graphql
from pytest_integration_contracts.traffic.rpc import called
from pytest_integration_contracts.traffic.selecting import variant

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_SEGMENTS: Final = (
    ("{date}", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?")),
    ("{email}", re.compile(r"[^@\s]+@[^@\s]+")),
    (
        "{id}",
        re.compile(
            rf"[0-9]+|{_UUID}"
            r"|[0-7][0-9A-HJKMNP-TV-Z]{25}"  # ULID: Crockford's base 32, 26 characters
            r"|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}"  # hex with a digit in it, so that no word is meant
            r"|[a-z]{1,8}_(?=[A-Za-z]*(?:[0-9]|[a-z][A-Z]|[A-Z][a-z]))[A-Za-z0-9]{4,}"  # cus_9aB3
            # opaque: long, with a run of letters and digits in it that no words joined by hyphens have
            r"|(?=.{20})(?:[A-Za-z0-9_=.-]*[_=.-])?(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{10,}"
            r"(?:[_=.-][A-Za-z0-9_=.-]*)?"
        ),
    ),
    ("{values}", re.compile(r"-?[0-9.]+(?:,-?[0-9.]+)+")),
)
_SUFFIX = re.compile(r"\.[A-Za-z]{2,5}|:[A-Za-z]+")
_PLAIN = re.compile(r"[A-Za-z0-9._~:{}$*,;()!'-]{1,64}")
_LONGEST: Final = 256
_GUESSED = re.compile(r"\{(?:id|date|email|values|value)\}(?:[.:][A-Za-z]+)?")

_NOT_HTTP: Final = frozenset({"EVENT", "BATCH"})
_NO_INSTANCES: Final = frozenset(
    {
        *("me", "self", "current", "mine", "search", "query", "find", "filter", "new", "latest", "count", "stats"),
        *("status", "health", "ping", "batch", "bulk", "all", "list", "export", "import", "config", "settings"),
        *("metadata", "schema", "version", "validate", "preview"),
    }
)

OTHERS: Final = "*"
"""The variant that stands for all that have none of their own."""


@dataclass(frozen=True, slots=True)
class Name:
    """An operation's name, taken apart: `POST /shops/{shop}/graphql#GetOrders?format=json`.

    Attributes:
        method: `POST`.
        segments: `("", "shops", "{shop}", "graphql")`; empty for what did not come over HTTP.
        member: The procedure or the query that was called, `GetOrders`, or "".
        variant: What chose among responses, `format=json`, or "".
    """

    method: str
    segments: tuple[str, ...]
    member: str = ""
    variant: str = ""

    @classmethod
    def of(cls, name: str) -> Name:
        """What a name says."""
        method, _, rest = name.partition(" ")
        if not rest.startswith("/") or method in _NOT_HTTP:
            return cls(method, ())
        rest, _, chosen = rest.partition("?")
        path, _, member = rest.partition("#")
        return cls(method, tuple(path.split("/")), member, chosen)

    def __str__(self) -> str:
        member = f"#{self.member}" if self.member else ""
        return f"{self.method} {'/'.join(self.segments)}{member}{f'?{self.variant}' if self.variant else ''}"

    @property
    def plain(self) -> Name:
        """The same without a variant."""
        return replace(self, variant="") if self.variant else self

    def below(self, label: str) -> Name:
        """The same below what tells one of an integration's URLs from its first."""
        return replace(self, segments=(*label.split("/"), *self.segments[1:])) if label else self

    def fits(self, asked: Name) -> bool:
        """Whether it is a template of another name, by method, path and member."""
        return (
            (self.method, self.member) == (asked.method, asked.member)
            and len(self.segments) == len(asked.segments)
            and all(map(fits, self.segments, asked.segments))
        )

    @property
    def literals(self) -> int:
        """How many segments are no placeholders."""
        return sum(not is_placeholder(segment) for segment in self.segments)


def is_placeholder(segment: str) -> bool:
    """Whether a segment of a name stands for others: `{id}`, `{id}.json`."""
    return segment.startswith("{") and "}" in segment


def is_guessed(segment: str) -> bool:
    """Whether a placeholder stands for what looks like an id, a date and so on; others stand for anything."""
    return bool(_GUESSED.fullmatch(segment))


def looks_like_a_word(segment: str) -> bool:
    """Whether a segment may be a word of the API: only what has a digit in it is surely none."""
    return not any(char.isdigit() for char in segment)


def fits(wanted: str, segment: str) -> bool:
    """Whether a segment of a template is, or stands for, a segment that was asked."""
    if wanted == segment:
        return True
    if not is_placeholder(wanted) or not segment:
        return False
    if not is_guessed(wanted):
        return wanted.endswith("}") and not is_word_of_apis(segment)
    return wanted == "{id}" and not is_placeholder(segment) and not looks_like_a_word(segment)


def is_word_of_apis(segment: str) -> bool:
    """Whether a segment is a word that names no instance anywhere: `me`, `search`, `v2`."""
    return is_version(segment) or segment.lower() in _NO_INSTANCES


def is_version(segment: str) -> bool:
    """Whether a segment is a version of the API: `v2`, `v1beta1`."""
    return bool(_VERSION.fullmatch(segment))


_VERSION = re.compile(r"[vV][0-9]+(?:[._-]?[0-9]+)*(?:[._-]?(?:alpha|beta|rc|preview)[0-9]*)?")


def asked_of(exchange: Exchange, path: str, templates: Sequence[str] = ()) -> Name:
    """Name what an exchange asked, as far as its request says: nothing of what was learned is known here.

    Args:
        exchange: The exchange; its response does not count.
        path: What follows the integration's prefix in its URL.
        templates: As `operation_name`.
    """
    whole, query = split_url(exchange.url).path, path.partition("?")[2]
    title = graphql.title(sent(exchange), whole) if exchange.method in {"GET", "POST"} else ""
    member = title or called(exchange, whole, query)
    chosen = "" if title else variant(query)
    return replace(Name.of(operation_name(exchange.method, path, templates)), member=member, variant=chosen)


def sent(exchange: Exchange) -> object:
    """The JSON value that a request sent, in its body or, for GraphQL, in its URL."""
    if exchange.request_body is NO_BODY and exchange.method == "GET" and "?" in exchange.url:
        url = split_url(exchange.url)
        return graphql.sent_in_url(url.path, url.query)
    return exchange.request_body


def sent_anything(exchange: Exchange) -> bool:
    """Whether a request is known to have sent a value; null stands for one that nobody noted down."""
    value = sent(exchange)
    return value is not NO_BODY and value is not None


def described(exchange: Exchange) -> object:
    """What a request sent, with what a GraphQL query selects in the place of its text."""
    return graphql.described(sent(exchange), split_url(exchange.url).path)


def operation_name(method: str, path: str, templates: Sequence[str] = ()) -> str:
    """Name a path: `GET /customers/{id}`.

    Args:
        method: The HTTP method.
        path: What follows the integration's prefix, with or without a query.
        templates: The manifest's path templates; the first that fits wins over guessing.
    """
    segments = path.partition("?")[0].split("/")
    for template in templates:
        if is_templated(segments, (template,)):
            return f"{method} {template}"
    return f"{method} {'/'.join(map(_segment, segments)) or '/'}"


def is_templated(segments: Sequence[str], templates: Sequence[str]) -> bool:
    """Whether a template of the manifest fits a path, or the name that one gave it."""
    return any(_is_one_of(template.split("/"), segments) for template in templates)


def _is_one_of(template: list[str], segments: Sequence[str]) -> bool:
    return len(template) == len(segments) and all(
        (segment != "" if wanted.startswith("{") and wanted.endswith("}") else wanted == segment)
        for wanted, segment in zip(template, segments, strict=True)
    )


def _segment(segment: str) -> str:
    text = unquote(segment)
    if len(text) > _LONGEST:
        return "{value}"
    if PLACEHOLDER in text:
        return "{value}"  # where a token stood
    return _placeholder(text) or _with_suffix(text) or (text if not text or _PLAIN.fullmatch(text) else "{value}")


def _placeholder(text: str) -> str:
    return next((placeholder for placeholder, pattern in _SEGMENTS if pattern.fullmatch(text)), "")


def _with_suffix(text: str) -> str:
    """`{id}.json` for `42.json`, `{id}:cancel` for `42:cancel`; "" where what comes before is no value."""
    for border in ".:":
        value, mark, rest = text.rpartition(border)
        placeholder = _placeholder(value)
        if placeholder and _SUFFIX.fullmatch(mark + rest):
            return f"{placeholder}{mark}{rest}"
    return ""
