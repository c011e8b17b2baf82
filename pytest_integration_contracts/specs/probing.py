"""Requests for operations that nobody has asked for yet, made of what is known: pure, nothing is sent here.

Values come from recordings first, then from what the document gives as examples, then from whoever makes some up.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

from pytest_integration_contracts.drift.authentication import is_secret_header, is_secret_name
from pytest_integration_contracts.drift.places import singular
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.manifest import split_url
from pytest_integration_contracts.model import NO_BODY, Exchange
from pytest_integration_contracts.patterns import glob_matches
from pytest_integration_contracts.shapes.formats import EXAMPLES, PLACEHOLDER
from pytest_integration_contracts.specs.document import DeclaredOperation, Parameter, Part, Spec

GENERATED: Final = "generated"
"""The origin of values that were made up to satisfy the schema alone."""

RECORDED: Final = "recorded"
ANSWERED: Final = "answered just now"

SAFE: Final = ("GET", "HEAD")
"""Methods that change nothing (RFC 9110, section 9.2.1) and have an answer worth looking at."""

_DOING: Final = frozenset(
    {
        *("logout", "signout", "logoff", "signoff", "delete", "remove", "destroy", "purge", "erase", "wipe", "reset"),
        *("cancel", "revoke", "expire", "invalidate", "deactivate", "disable", "unsubscribe", "unlink", "disconnect"),
        *("terminate", "shutdown", "restart", "reboot", "stop", "kill", "execute", "trigger", "send", "resend"),
    }
)
"""Words of what changes something, whatever the method says."""

_DOING_PAIRS: Final = frozenset({("log", "out"), ("sign", "out"), ("log", "off"), ("sign", "off")})
_ENDLESS: Final = frozenset({"text/event-stream", "application/grpc", "multipart/x-mixed-replace"})
_HOLE = re.compile(r"\{([^{}/]*)\}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_COMMON: Final = frozenset({"id", "ids", "uuid", "guid", "key", "name", "slug", "code", "type", "number", "value"})
"""Names of parameters that mean another thing at every operation."""

_OWN_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})
"""Headers that are no parameters, whatever a document says (OpenAPI 3.1, section 4.8.12)."""

_MOST_KEPT: Final = 8
_MOST_ITEMS: Final = 5
_LONGEST: Final = 200


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


@dataclass(frozen=True, slots=True)
class Case:
    """One request.

    Attributes:
        operation: What it asks for.
        values: Its parameters, each with where its value came from.
        body: The JSON value that it sends, `NO_BODY` for none.
        body_origin: As `Chosen.origin`, "" without a body.
    """

    operation: DeclaredOperation
    values: tuple[Chosen, ...] = ()
    body: object = NO_BODY
    body_origin: str = ""

    @property
    def target(self) -> str:
        """Its path and query below the server's URL, encoded."""
        chosen = {each.name: each.value for each in self.values if each.place == "path"}
        path = "".join(
            quote(text_of(chosen[part]), safe="") if at % 2 else quote(part, safe="/:@!$&'()*+,;=~%")
            for at, part in enumerate(_HOLE.split(self.operation.template))
        )
        pairs = [pair for each in self.values if each.place == "query" for pair in _pairs(each)]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    @property
    def headers(self) -> dict[str, str]:
        """The headers that are parameters, and what it accepts and sends."""
        declared = [media for each in self.operation.responses.values() for media in each.media]
        accepted = ", ".join(dict.fromkeys(media for media in declared if media.isascii() and media.isprintable()))
        headers = {"Accept": accepted or "*/*"}
        if self.body is not NO_BODY:
            headers["Content-Type"] = _json_media(self.operation) or "application/json"
        return headers | {each.name: text_of(each.value) for each in self.values if each.place == "header"}

    @property
    def is_pending(self) -> bool:
        """Whether a value of it is not known before another operation has answered."""
        return any(each.value is None for each in self.values)

    @property
    def is_guessed(self) -> bool:
        """Whether any of its values is one that the upstream need not know: a refusal then says nothing."""
        return any(not each.is_known for each in self.values) or self.body is not NO_BODY


@dataclass(frozen=True, slots=True)
class Skipped:
    """An operation that is not asked for, and why: the rest of a sentence."""

    operation: str
    reason: str


@dataclass(frozen=True, slots=True)
class Made:
    """Values that were made up.

    Attributes:
        values: Of parameters, by place and name.
        body: A JSON value, or `NO_BODY`.
    """

    values: Mapping[tuple[str, str], object]
    body: object = NO_BODY


Maker = Callable[[DeclaredOperation, Collection[tuple[str, str]]], Made]
"""Makes up values for parameters, by place and name; and a body, where there is `("body", "")` among them."""


def text_of(value: object) -> str:
    """A value of a path, a query or a header as text (OpenAPI's style `simple`)."""
    if isinstance(value, list):
        return ",".join(map(text_of, value))
    return value if isinstance(value, str) else json.dumps(value)


def _pairs(chosen: Chosen) -> Iterator[tuple[str, str]]:
    for each in chosen.value if isinstance(chosen.value, list) else [chosen.value]:
        yield chosen.name, text_of(each)


# Which operations ------------------------------------------------------------------------------------------------


def selected(
    spec: Spec, covered: Collection[str], names: Sequence[str] = (), *, every: bool = False
) -> tuple[list[DeclaredOperation], list[Skipped]]:
    """The operations to ask for, those with the fewest parameters in their path first: what they list, others need.

    Args:
        spec: The document.
        covered: The operations that tests ask for already, as the document has them: `GET /customers/{customerId}`.
        names: The only ones that are meant; of those that read also patterns, `GET /customers*`. Named in full, one is
            asked for whatever it does.
        every: Whether those that are covered are asked for, too.

    Returns:
        Them, and the others that only read, each with the reason why it is not asked for.

    Raises:
        UsageError: A name is of none.
    """
    wanted, skipped = [], []
    for name in names:
        _insist(spec, name)
    for operation in spec.operations():
        if str(operation) in names:
            wanted.append(operation)
        elif operation.method in SAFE and (not names or any(glob_matches(name, str(operation)) for name in names)):
            reason = _kept_from(operation, covered, every=every)
            if reason:
                skipped.append(Skipped(str(operation), reason))
            else:
                wanted.append(operation)
    return sorted(wanted, key=lambda each: len(_HOLE.findall(each.template))), skipped


def writing(spec: Spec) -> int:
    """How many operations of a document do not only read."""
    return sum(each.method not in SAFE for each in spec.operations())


def _insist(spec: Spec, name: str) -> None:
    declared = [str(each) for each in spec.operations()]
    reading = [each for each in declared if each.partition(" ")[0] in SAFE]
    if name in declared or any(glob_matches(name, each) for each in reading):
        return
    if "*" in name and any(glob_matches(name, each) for each in declared):
        raise UsageError(f'"{name}": a pattern never means what writes; name each operation in full')
    close = difflib.get_close_matches(name, declared, n=1)
    hint = f'did you mean "{close[0]}"?' if close else 'write it as the document does: "GET /customers/{customerId}"'
    raise UsageError(f'the document declares no operation "{name}"; {hint}')


def _kept_from(operation: DeclaredOperation, covered: Collection[str], *, every: bool) -> str:
    """Why an operation that reads is not asked for unless it is named; "" for no reason."""
    if str(operation) in covered and not every:
        return "tests cover it"
    if operation.deprecated:
        return "is deprecated"
    doing = _does(operation)
    if doing:
        return f"may change something, for it says `{doing}`"
    success = [each for status, each in operation.responses.items() if status.startswith("2")]
    if any(media.partition(";")[0].strip().lower() in _ENDLESS for each in success for media in each.media):
        return "answers with a stream that may never end"
    return ""


def _does(operation: DeclaredOperation) -> str:
    """The word by which an operation seems to do more than read, "" for none: in its path's words, or its name."""
    literal = [_words(part) for part in operation.template.split("/") if "{" not in part]
    for words in (*literal, _words(operation.name)):
        for word in words:
            if word in _DOING:
                return word
        for pair in zip(words, words[1:], strict=False):
            if pair in _DOING_PAIRS:
                return " ".join(pair)
    return ""


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


# Which values ----------------------------------------------------------------------------------------------------


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
        if not 200 <= exchange.status < 300:  # noqa: PLR2004 - success, RFC 9110, section 15
            return
        url = split_url(exchange.url)
        values = values_in(operation.template, url.path)
        if values is None:
            return
        names, of = _HOLE.findall(operation.template), str(operation)
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
                _keep(self._listed[_bare(operation.template)], (values, item, origin, of))

    def _note(self, place: str, name: str, value: str, origin: str, of: str) -> None:
        secret = is_secret_header(name) if place == "header" else is_secret_name(name)
        if not secret and _is_usable(value):
            for asked in (of, "") if name.lower() not in _COMMON else (of,):
                _keep(self._given[asked, place, name], (value, origin, of))

    def in_path(self, operation: DeclaredOperation) -> dict[str, Chosen]:
        """Values for parameters of an operation's path that belong together, as far as any are known."""
        names = _HOLE.findall(operation.template)
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
        """Values for all holes of a path up to here: as it was asked for, or as the collection above lists it."""
        if prefix in self._bound:
            return self._bound[prefix][0]
        above, _, last = prefix.rpartition("/")
        for values, item, origin, of in self._listed.get(above, ()) if last == "{}" else ():
            for field in _fields(name, above):
                found = next((value for key, value in item.items() if _plain(key) == field), None)
                if isinstance(found, str | int) and not isinstance(found, bool) and _is_usable(str(found)):
                    return (*values, str(found)), origin, of
        return None


def values_in(template: str, path: str) -> tuple[str, ...] | None:
    """The values in a path, decoded, in the order of a template's holes; None where the template does not fit.

    Args:
        template: The template: `/customers/{customerId}`.
        path: A path that ends as the template says: `/v1/customers/42`.
    """
    depth = template.count("/")
    below = "/".join(["", *path.split("/")[-depth:]]) if depth else path
    parts = _HOLE.split(template)
    pattern = "".join("([^/]+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    found = re.fullmatch(pattern, below)
    return tuple(map(unquote, found.groups())) if found else None


def _prefixes(template: str) -> Iterator[tuple[str, int]]:
    """The beginnings of a template that end with a hole, names of holes left out; and how many holes they have."""
    segments = _bare(template).split("/")
    for at, segment in enumerate(segments):
        if "{}" in segment:
            prefix = "/".join(segments[: at + 1])
            yield prefix, prefix.count("{}")


def _bare(template: str) -> str:
    return _HOLE.sub("{}", template).rstrip("/")


def _keep(kept: list[Any], each: object) -> None:
    if len(kept) < _MOST_KEPT and each not in kept:
        kept.append(each)


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
    return "".join(_words(name))


def _fields(name: str, above: str) -> Iterator[str]:
    """By which fields of a record a parameter may mean it: `customerId`, without the kind of record `id`, and `id`."""
    words, kind = _words(name), _plain(singular(above.rpartition("/")[2]))
    yield "".join(words)
    if words and "".join(words[:-1]) in {kind, _plain(above.rpartition("/")[2])}:
        yield words[-1]
    if words and (words[-1] in {"id", "uuid", "guid"} or "".join(words) == kind):
        yield from ("id", words[-1])


# Cases -----------------------------------------------------------------------------------------------------------


def case_of(
    spec: Spec, operation: DeclaredOperation, known: Known, make: Maker, supplied: Collection[tuple[str, str]] = ()
) -> Case | Skipped:
    """A request for an operation, with what it must have and nothing more.

    Args:
        spec: The document.
        operation: The operation.
        known: What upstreams were seen to know.
        make: Makes up what nothing else gives.
        supplied: Parameters, by place and name, that whoever sends the request adds: credentials.
    """
    needed = [each for each in _needed(operation) if (each.place, each.name.lower()) not in supplied]
    hindrance = next(filter(None, map(_hindrance, needed)), "") or _body_hindrance(operation)
    if hindrance:
        return Skipped(str(operation), hindrance)
    together = known.in_path(operation)
    found: dict[tuple[str, str], Chosen] = {}
    for each in needed:
        chosen = (together.get(each.name) if each.place == "path" else None) or known.value(
            operation, each.place, each.name
        )
        chosen = chosen or _declared(spec, each)
        if chosen:
            found[each.place, each.name] = chosen
    body, body_origin = _declared_body(spec, operation)
    return _completed(operation, needed, found, make, body, body_origin)


def _completed(
    operation: DeclaredOperation,
    needed: Sequence[Parameter],
    found: dict[tuple[str, str], Chosen],
    make: Maker,
    body: object,
    body_origin: str,
) -> Case | Skipped:
    """The case, what it still lacks made up."""
    lacking = [(each.place, each.name) for each in needed if (each.place, each.name) not in found]
    if operation.needs_body and body is NO_BODY:
        lacking.append(("body", ""))
    if lacking:
        made = make(operation, lacking)
        found |= {(place, name): Chosen(name, place, value, GENERATED) for (place, name), value in made.values.items()}
        if ("body", "") in lacking:
            body, body_origin = made.body, GENERATED
    values = tuple(found[each.place, each.name] for each in needed if (each.place, each.name) in found)
    bad = next((each.name for each in values if not _is_sendable(each)), "")
    if bad or len(values) < len(needed) or (operation.needs_body and body is NO_BODY):
        absent = bad or next((each.name for each in needed if (each.place, each.name) not in found), "its body")
        return Skipped(str(operation), f"nothing is known that would do for `{absent}`")
    return Case(operation, values, body, body_origin)


def _needed(operation: DeclaredOperation) -> list[Parameter]:
    """What a request must have, those of the path in its order, also where the document forgets to declare them."""
    path = [
        operation.parameters.get(("path", name), Parameter(name, "path", True, Part({"type": "string"}, "")))
        for name in dict.fromkeys(_HOLE.findall(operation.template))
    ]
    others = [
        each
        for each in operation.parameters.values()
        if each.required and each.place != "path" and not (each.place == "header" and each.name in _OWN_HEADERS)
    ]
    return [*path, *others]


def _hindrance(parameter: Parameter) -> str:
    if parameter.place == "cookie":
        return f"needs the cookie `{parameter.name}`"
    is_secret = is_secret_header if parameter.place == "header" else is_secret_name
    if parameter.place != "path" and is_secret(parameter.name):
        return f"needs `{parameter.name}`, which looks like a credential"
    return ""


def _body_hindrance(operation: DeclaredOperation) -> str:
    if operation.needs_body and not _json_media(operation):
        return f"needs a body of {', '.join(operation.body) or 'an unknown kind'}, and only JSON is made here"
    return ""


def _json_media(operation: DeclaredOperation) -> str:
    return next((media for media in operation.body if re.search(r"[/+]json\b", media.lower())), "")


def _is_sendable(chosen: Chosen) -> bool:
    text = text_of(chosen.value)
    if chosen.place == "path":
        return bool(text) and text not in {".", ".."}
    return chosen.place == "query" or (text.isascii() and text.isprintable())


def _declared(spec: Spec, parameter: Parameter) -> Chosen | None:
    """A value that the document gives."""
    for origin, value in _stated(spec, parameter.part):
        if isinstance(value, str | int | float) or (isinstance(value, list) and value):
            chosen = Chosen(parameter.name, parameter.place, value, origin)
            if _is_sendable(chosen) and PLACEHOLDER not in text_of(value):
                return chosen
    return None


def _declared_body(spec: Spec, operation: DeclaredOperation) -> tuple[object, str]:
    if operation.needs_body and _json_media(operation):
        for origin, value in _stated(spec, operation.body[_json_media(operation)]):
            return value, origin
    return NO_BODY, ""


def _stated(spec: Spec, part: Part) -> Iterator[tuple[str, object]]:
    yield from (("example", value) for value in part.examples)
    schema, _ = spec.resolved(part.schema, part.pointer)
    yield from _of_schema(schema)
    items = schema.get("items")
    if items is not None:
        yield from ((origin, [value]) for origin, value in _of_schema(spec.resolved(items, part.pointer)[0]))


def _of_schema(schema: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for keyword in ("example", "default", "const"):
        if keyword in schema:
            yield keyword, schema[keyword]
    for keyword in ("examples", "enum"):
        listed = schema.get(keyword)
        if isinstance(listed, list):
            yield from (("example" if keyword == "examples" else keyword, value) for value in listed)


def pending(case: Case, lists: Iterable[str]) -> Case:
    """A case as it will be once the collections above it have answered: for a plan, before anything is asked.

    Args:
        case: The case.
        lists: The templates of collections that are asked for before it.
    """
    above = {_bare(each): each for each in lists}
    segments = case.operation.template.split("/")
    listing = {}
    for at, segment in enumerate(segments):
        name = _HOLE.fullmatch(segment)
        parent = above.get(_bare("/".join(segments[:at])))
        if name and parent:
            listing[name[1]] = parent
    values = tuple(
        replace(each, value=None, origin=ANSWERED, of=f"GET {listing[each.name]}")
        if each.place == "path" and not each.is_known and each.name in listing
        else each
        for each in case.values
    )
    return replace(case, values=values)
