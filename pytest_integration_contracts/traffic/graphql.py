"""GraphQL requests: which operation one asks for, and which fields its query selects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from pytest_integration_contracts.drift.selection import SELECTED
from pytest_integration_contracts.model import NO_BODY

Selection = dict[str, object]
"""Fields by their names, or `alias:name`, to what is selected below: another selection, True where nothing is."""

MAX_LENGTH: Final = 256 * 1024
"""How long a query may be, in characters; one that is longer is not read."""

MAX_DEPTH: Final = 64
"""How deep selections are followed, and how deep arguments may be nested."""

_MAX_FIELDS: Final = 5000  # fragments that spread others twice grow without end
_MOST_NAMED: Final = 4

_TOKEN = re.compile(
    r"(?P<ignored>[\s,\ufeff]++|\#[^\r\n]*+)"
    r'|(?P<string>"""(?:[^"\\]|\\"""|\\|"(?!""))*+"""|"(?:[^"\\\r\n]|\\.)*+")'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*+)"
    r"|(?P<number>-?[0-9][0-9.eE+-]*+)"
    r"|(?P<mark>\.\.\.|[!$&()*:=@\[\]{|}])",
)
_KINDS: Final = frozenset({"query", "mutation", "subscription"})
_MEMBERS: Final = frozenset({"query", "variables", "operationName", "extensions"})
_PATH = re.compile(r"(?i)(?:^|[/_.-])(?:graphi?ql|gql)(?:$|[/_.-])")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_BRIEF: Final = 12
_MOST_PARAMETERS: Final = 100
_KEYWORD = re.compile(r"\s*(?:query|mutation|subscription|fragment)\b")


@dataclass(frozen=True, slots=True)
class Document:
    """A query that was read.

    Attributes:
        operations: Its operations by name, "" for one without.
    """

    operations: Mapping[str, Asked]

    def asked(self, operation_name: object) -> Asked | None:
        """The operation that a request asks for; None where it does not say which of several."""
        if isinstance(operation_name, str) and operation_name:
            return self.operations.get(operation_name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation of a query.

    Attributes:
        kind: `query`, `mutation` or `subscription`.
        name: Its name, "" where it has none.
        roots: The names of the fields selected at its root, each once.
        selection: What it selects.
    """

    kind: str
    name: str
    roots: tuple[str, ...]
    selection: Selection

    @property
    def title(self) -> str:
        """Its name; `{orders,viewer}` or `mutation{createOrder}` for one without."""
        if self.name:
            return self.name
        names = sorted(self.roots)
        more = [f"+{len(names) - _MOST_NAMED}"] if len(names) > _MOST_NAMED else []
        kind = "" if self.kind == "query" else self.kind
        return f"{kind}{{{','.join([*names[:_MOST_NAMED], *more])}}}"


def title(body: object, path: str) -> str:
    """What a request asks for: `GetOrders`, `{orders,viewer}`; "" where it is not GraphQL.

    Args:
        body: The request's JSON value: one request, or a list of them.
        path: The path that was asked, which may say that it is GraphQL.
    """
    if isinstance(body, list):
        titles = [title(each, path) for each in body]
        return ",".join(sorted(set(titles))) if titles and all(titles) else ""
    if not isinstance(body, dict):
        return ""
    asked = _asked(body, path)
    if asked is not None:
        return asked.title
    return _persisted(body) if _PATH.search(path) else ""


def selection(body: object, path: str) -> object:
    """What a request selects; None where it is not GraphQL. As `title`."""
    if isinstance(body, list):
        return [selection(each, path) for each in body]
    asked = _asked(body, path) if isinstance(body, dict) else None
    return asked.selection if asked else None


def sent_in_url(path: str, query: str) -> object:
    """The request that the parameters of a GET are (GraphQL over HTTP, section 5.3); `NO_BODY` where they are none."""
    if not _PATH.search(path) and "query=" not in query:
        return NO_BODY
    try:
        parameters: dict[str, object] = dict(parse_qsl(query, max_num_fields=_MOST_PARAMETERS))
    except ValueError:
        return NO_BODY
    text = parameters.get("query")
    if not _PATH.search(path) and not (isinstance(text, str) and _KEYWORD.match(text)):
        return NO_BODY
    for name in {"variables", "extensions"} & parameters.keys():
        parameters[name] = _json(parameters[name])
    return parameters or NO_BODY


def _json(text: object) -> object:
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        return None


def described(body: object, path: str) -> object:
    """A request with what its query selects in the place of the query's text; unchanged where it is not GraphQL."""
    if isinstance(body, list):
        return [described(each, path) for each in body]
    asked = _asked(body, path) if isinstance(body, dict) else None
    if not isinstance(body, dict) or asked is None:
        return body
    return {**{name: value for name, value in body.items() if name != "query"}, SELECTED: asked.selection}


def _asked(body: Mapping[object, object], path: str) -> Asked | None:
    text = body.get("query")
    if not isinstance(text, str) or len(text) > MAX_LENGTH or "{" not in text:
        return None
    short = text.lstrip("\ufeff, \t\r\n").startswith("{")
    if short and not body.keys() <= _MEMBERS and not _PATH.search(path):
        return None  # other languages of queries begin so, too
    document = parse(text)
    return document.asked(body.get("operationName")) if document else None


def _persisted(body: Mapping[object, object]) -> str:
    """What names a query that the upstream keeps: its operation, its id, or the beginning of its hash."""
    name = body.get("operationName")
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    extensions = body.get("extensions")
    kept = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    digest = kept.get("sha256Hash") if isinstance(kept, dict) else None
    if isinstance(digest, str) and re.fullmatch(r"[0-9a-fA-F]{64}", digest):
        return f"sha256:{digest[:_BRIEF].lower()}"
    identifier = body.get("documentId")
    return identifier if isinstance(identifier, str) and _IDENTIFIER.fullmatch(identifier) else ""


@lru_cache(maxsize=256)
def parse(text: str) -> Document | None:
    """Read a query, as far as it says what is selected (GraphQL specification, section 2); None where it is none.

    Arguments, variables and directives are passed over: a field that a directive may leave out is selected.
    """
    try:
        return _Reader(text).document()
    except _NotGraphQLError:
        return None


class _NotGraphQLError(Exception):
    """Text that is no query, or one that is too deep."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A selected field, or (`name` is "") the fields of a fragment of this `key`, or of one written in place."""

    name: str
    key: str
    below: tuple[_Node, ...] = ()


class _Reader:
    """Reads one query, token by token."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._fragments: dict[str, tuple[_Node, ...]] = {}

    def document(self) -> Document:
        found: list[tuple[str, str, tuple[_Node, ...]]] = []
        while self._next:
            if self._next == "{":
                found.append(("query", "", self._selections(0)))
                continue
            kind = self._take_name()
            if kind == "fragment":
                name = self._take_name()
                self._skip_to_selections()
                self._fragments[name] = self._selections(0)
                continue
            if kind not in _KINDS:
                raise _NotGraphQLError
            name = self._take_name() if _NAME.fullmatch(self._next) else ""
            self._skip_to_selections()
            found.append((kind, name, self._selections(0)))
        if not found:
            raise _NotGraphQLError
        return Document({name: self._expanded(kind, name, nodes) for kind, name, nodes in found})

    def _expanded(self, kind: str, name: str, nodes: tuple[_Node, ...]) -> Asked:
        expansion = _Expansion(self._fragments)
        selection = expansion.of(nodes)  # refuses what grows without end, so that the roots need not
        return Asked(kind, name, tuple(dict.fromkeys(expansion.roots(nodes))), selection)

    def _take(self, expected: str = "") -> str:
        token = self._next
        if not token or (expected and token != expected):
            raise _NotGraphQLError
        self._next = next(self._tokens)
        return token

    def _take_name(self) -> str:
        if not _NAME.fullmatch(self._next):
            raise _NotGraphQLError
        return self._take()

    def _selections(self, depth: int) -> tuple[_Node, ...]:
        if depth > MAX_DEPTH:
            raise _NotGraphQLError
        self._take("{")
        nodes: list[_Node] = []
        while self._next != "}":
            nodes.append(self._fragment(depth) if self._next == "..." else self._field(depth))
        self._take("}")
        if not nodes:
            raise _NotGraphQLError
        return tuple(nodes)

    def _field(self, depth: int) -> _Node:
        key = name = self._take_name()
        if self._next == ":":
            self._take()
            name = self._take_name()
        if self._next == "(":
            self._skip_brackets()
        self._skip_directives()
        below = self._selections(depth + 1) if self._next == "{" else ()
        return _Node(name, key, below)

    def _fragment(self, depth: int) -> _Node:
        self._take("...")
        if _NAME.fullmatch(self._next) and self._next != "on":
            name = self._take_name()
            self._skip_directives()
            return _Node("", name)
        if self._next == "on":
            self._take()
            self._take_name()
        self._skip_directives()
        return _Node("", "", self._selections(depth + 1))

    def _skip_to_selections(self) -> None:
        """Pass over what stands between an operation's or a fragment's name and its fields."""
        if self._next == "(":
            self._skip_brackets()
        if self._next == "on":
            self._take()
            self._take_name()
        self._skip_directives()

    def _skip_directives(self) -> None:
        while self._next == "@":
            self._take()
            self._take_name()
            if self._next == "(":
                self._skip_brackets()

    def _skip_brackets(self) -> None:
        expected: list[str] = []
        while True:
            token = self._take()
            if token in _CLOSING:
                expected.append(_CLOSING[token])
            elif token in _CLOSING.values() and token != expected.pop():
                raise _NotGraphQLError
            if not expected:
                return
            if len(expected) > MAX_DEPTH:
                raise _NotGraphQLError


_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}


def _tokens(text: str) -> Iterator[str]:
    """The tokens that say anything; strings and numbers all alike, and "" for ever at the end."""
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _NotGraphQLError
        position = found.end()
        if found.lastgroup in {"name", "mark"}:
            yield found[0]
        elif found.lastgroup != "ignored":
            yield '"'
    while True:
        yield ""


@dataclass(slots=True)
class _Expansion:
    """Puts the fields of fragments where the fragments are spread."""

    fragments: Mapping[str, tuple[_Node, ...]]
    room: int = _MAX_FIELDS
    _open: list[str] = field(default_factory=list)

    def of(self, nodes: tuple[_Node, ...]) -> Selection:
        """Response keys to what is selected below them."""
        selection: Selection = {}
        self._add(nodes, selection, 0)
        return selection

    def _add(self, nodes: tuple[_Node, ...], selection: Selection, depth: int) -> None:
        for node in nodes:
            self.room -= 1
            if self.room < 0 or depth > MAX_DEPTH:
                raise _NotGraphQLError
            if node.name:
                self._add_field(node, selection, depth)
            elif not node.key:
                self._add(node.below, selection, depth + 1)
            elif node.key not in self.fragments or node.key in self._open:
                raise _NotGraphQLError
            else:
                self._open.append(node.key)
                self._add(self.fragments[node.key], selection, depth + 1)
                self._open.pop()

    def _add_field(self, node: _Node, selection: Selection, depth: int) -> None:
        key = node.key if node.key == node.name else f"{node.key}:{node.name}"
        below = selection.setdefault(key, {} if node.below else True)
        if isinstance(below, dict):
            self._add(node.below, below, depth + 1)

    def roots(self, nodes: tuple[_Node, ...]) -> Iterator[str]:
        """The names of the fields at the root; of fragments that were expanded before."""
        for node in nodes:
            if node.name:
                yield node.name
            else:
                yield from self.roots(self.fragments[node.key] if node.key else node.below)
