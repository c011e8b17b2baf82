"""Requests for operations that nobody has asked for yet, made of what is known: pure, nothing is sent here.

Values come from recordings first, then from what the document gives as examples, then from whoever makes some up.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from pytest_integration_contracts.drift.authentication import is_secret_header, is_secret_name
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.patterns import glob_matches
from pytest_integration_contracts.shapes.formats import PLACEHOLDER
from pytest_integration_contracts.specs.document import DeclaredOperation, Parameter, Part, Spec
from pytest_integration_contracts.specs.known import (
    ANSWERED,
    GENERATED,
    HOLE,
    Chosen,
    Known,
    bare,
    text_of,
    words_of,
)

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
_OWN_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})
"""Headers that are no parameters, whatever a document says (OpenAPI 3.1, section 4.8.12)."""


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
            for at, part in enumerate(HOLE.split(self.operation.template))
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


def _pairs(chosen: Chosen) -> Iterator[tuple[str, str]]:
    for each in chosen.value if isinstance(chosen.value, list) else [chosen.value]:
        yield chosen.name, text_of(each)


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
    return sorted(wanted, key=lambda each: len(HOLE.findall(each.template))), skipped


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
    literal = [words_of(part) for part in operation.template.split("/") if "{" not in part]
    for words in (*literal, words_of(operation.name)):
        for word in words:
            if word in _DOING:
                return word
        for pair in itertools.pairwise(words):
            if pair in _DOING_PAIRS:
                return " ".join(pair)
    return ""


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
    return _completed(Case(operation, (), *_declared_body(spec, operation)), needed, found, make)


def _completed(
    case: Case, needed: Sequence[Parameter], found: Mapping[tuple[str, str], Chosen], make: Maker
) -> Case | Skipped:
    """The case with all its values, what it still lacks made up."""
    operation = case.operation
    lacking = [(each.place, each.name) for each in needed if (each.place, each.name) not in found]
    if operation.needs_body and case.body is NO_BODY:
        lacking.append(("body", ""))
    if lacking:
        made = make(operation, lacking)
        new = {(place, name): Chosen(name, place, value, GENERATED) for (place, name), value in made.values.items()}
        found = {**found, **new}
        if ("body", "") in lacking:
            case = replace(case, body=made.body, body_origin=GENERATED)
    values = tuple(found[each.place, each.name] for each in needed if (each.place, each.name) in found)
    absent = next((each.name for each in needed if (each.place, each.name) not in found), "")
    absent = absent or next((each.name for each in values if not _is_sendable(each)), "")
    if not absent and operation.needs_body and case.body is NO_BODY:
        absent = "its body"
    if absent:
        return Skipped(str(operation), f"nothing is known that would do for `{absent}`")
    return replace(case, values=values)


def _needed(operation: DeclaredOperation) -> list[Parameter]:
    """What a request must have, those of the path in its order, also where the document forgets to declare them."""
    path = [
        operation.parameters.get(("path", name), _undeclared(name))
        for name in dict.fromkeys(HOLE.findall(operation.template))
    ]
    others = [
        each
        for each in operation.parameters.values()
        if each.required and each.place != "path" and not (each.place == "header" and each.name in _OWN_HEADERS)
    ]
    return [*path, *others]


def _undeclared(name: str) -> Parameter:
    return Parameter(name, "path", required=True, part=Part({"type": "string"}, ""))


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
    above = {bare(each): each for each in lists}
    segments = case.operation.template.split("/")
    listing = {}
    for at, segment in enumerate(segments):
        name = HOLE.fullmatch(segment)
        parent = above.get(bare("/".join(segments[:at])))
        if name and parent:
            listing[name[1]] = parent
    values = tuple(
        replace(each, value=None, origin=ANSWERED, of=f"GET {listing[each.name]}")
        if each.place == "path" and each.name in listing
        else each
        for each in case.values
    )
    return replace(case, values=values)
