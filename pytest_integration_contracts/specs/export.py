"""An OpenAPI 3.1 document made of what was observed, for an upstream that publishes none.

It says no more than snapshots know. What shares a method and a path is one operation of the document: what a query
chooses (`?format=csv`) and what is called by name (`#GetOrders`) are alternatives (`anyOf`) of its bodies there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pytest_integration_contracts.drift.places import singular
from pytest_integration_contracts.files import digest
from pytest_integration_contracts.manifest.manifest import Integration, Prefix
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape
from pytest_integration_contracts.specs.document import METHODS
from pytest_integration_contracts.specs.kept import EXTENSION
from pytest_integration_contracts.specs.schemas_of_shapes import Schema, header_schema, schema_of

OTHERS: Final = "*"
_JSON: Final = "application/json"
_EVENT: Final = "EVENT"
_BATCH: Final = "BATCH"
_MEDIA = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_STATUS = re.compile(r"[1-5][0-9]{2}")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_COMPONENT = re.compile(r"[^A-Za-z0-9._-]+")
_UNKEPT: Final = frozenset({"content-type", "accept", "authorization"})
"""Headers that OpenAPI describes elsewhere (3.1, section 4.8.17)."""

_FORMATS: Final = {"date": "date", "email": "email"}
"""Placeholders of names to the format of what they stand for."""


@dataclass(frozen=True, slots=True)
class ObservedResponse:
    """One kind of response that an operation gave.

    Attributes:
        key: `200 application/json`; `payload` where it did not come over HTTP.
        seen: How many there were.
        headers: The contract's headers, as an object.
        body: The JSON body, None where there was none.
        request: The JSON bodies that it answered, `UNKNOWN` for none.
    """

    key: str
    seen: int = 0
    headers: Shape = UNKNOWN
    body: Shape | None = None
    request: Shape = UNKNOWN

    @property
    def status(self) -> str:
        """Its status as a document may have it: `200`, or `default`."""
        status = self.key.partition(" ")[0]
        return status if _STATUS.fullmatch(status) else "default"

    @property
    def media(self) -> str:
        """Its media type, "" where it has no body."""
        media = self.key.partition(" ")[2].removesuffix(" (error)").removeprefix("unreadable ")
        return media if _MEDIA.fullmatch(media) else ""


@dataclass(frozen=True, slots=True)
class ObservedOperation:
    """One operation as its snapshot has it.

    Attributes:
        name: `GET /customers/{id}`.
        version: The snapshot's version.
        since: The day that version was learned, ISO 8601.
        auth: How requests authenticated: `Bearer`, `header x-api-key`, `query token`, `cookie`.
        queries: What requests chose in their queries: `expand=customer`.
        responses: Its kinds of response.
    """

    name: str
    version: str = ""
    since: str = ""
    auth: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    responses: tuple[ObservedResponse, ...] = ()

    @property
    def method(self) -> str:
        """`GET`; `EVENT` or `BATCH` for what did not come over HTTP."""
        return self.name.partition(" ")[0]

    @property
    def path(self) -> str:
        """`/customers/{id}`, without what was called or chosen."""
        return self.name.partition(" ")[2].partition("?")[0].partition("#")[0] or "/"

    @property
    def member(self) -> str:
        """What was called by its name: `GetOrders`, or ""."""
        return self.name.partition("?")[0].partition("#")[2]

    @property
    def variant(self) -> str:
        """What was chosen in the query: `format=csv`, or ""."""
        return self.name.partition("?")[2]


@dataclass(frozen=True, slots=True)
class _Located:
    """An operation, the URL prefix it is below, and its path there."""

    operation: ObservedOperation
    prefix: Prefix
    path: str


def openapi_of(integration: Integration, operations: Iterable[ObservedOperation]) -> dict[str, Any]:
    """The document.

    Args:
        integration: Whose operations they are.
        operations: What is known of them; their order does not matter.
    """
    every = sorted(operations, key=lambda each: each.name)
    over_http = [each for each in every if each.method not in {_EVENT, _BATCH}]
    described = [each for each in over_http if each.method.lower() in METHODS]
    document: dict[str, Any] = {"openapi": "3.1.0", "info": _info(integration, every)}
    main = _main(integration)
    if main:
        document["servers"] = [{"url": main.canonical}]
    document["paths"] = _paths(integration, described)
    webhooks = {_name_of(each): {"post": _webhook(each)} for each in every if each.method == _EVENT}
    if webhooks:
        document["webhooks"] = webhooks
    components = _components(every)
    if components:
        document["components"] = components
    left_out = [each.name for each in over_http if each.method.lower() not in METHODS]
    if left_out:
        document[EXTENSION] = {"left out": left_out}
    return document


def _main(integration: Integration) -> Prefix | None:
    """The integration's first URL: its operations are named without a label."""
    return next((prefix for prefix in integration.prefixes if not prefix.label), None)


def _info(integration: Integration, operations: Sequence[ObservedOperation]) -> dict[str, Any]:
    responses = sum(response.seen for each in operations for response in each.responses)
    newest = max((each.since for each in operations), default="")
    basis = f"{_count(len(operations), 'operation')} of {integration.name} in {_count(responses, 'response')}"
    lines = [
        f"Observed: {basis} that contract tests met. The upstream did not write this, and may do more than it says.",
        f"The version is the day on which a snapshot last changed{'' if newest else ', which none has yet'}.",
    ]
    lines += [f"Owner: {integration.owner}"] if integration.owner else []
    lines += [f"Upstream contact: {integration.contact}"] if integration.contact else []
    info: dict[str, Any] = {
        "title": integration.name,
        "version": newest or "unknown",
        "description": "\n\n".join(lines),
    }
    if integration.contact:
        key = "email" if _EMAIL.fullmatch(integration.contact) else ""
        key = "url" if integration.contact.startswith(("https://", "http://")) else key
        info["contact"] = {"name": integration.contact} | ({key: integration.contact} if key else {})
    return info


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _paths(integration: Integration, operations: Sequence[ObservedOperation]) -> dict[str, Any]:
    main = _main(integration)
    grouped: dict[str, dict[str, list[_Located]]] = defaultdict(lambda: defaultdict(list))
    for each in operations:
        located = _located(each, integration.prefixes)
        grouped[_PLACEHOLDER.sub("{}", located.path)][each.method.lower()].append(located)
    paths: dict[str, Any] = {}
    taken: set[str] = set()
    for by_method in grouped.values():  # templates that differ in names only are one path
        template = min(each.path for several in by_method.values() for each in several)
        path, names = _told_apart(template)
        paths[path] = {
            method: _operation(path, names, by_method[method], main, taken) for method in METHODS if method in by_method
        }
    return dict(sorted(paths.items()))


def _located(operation: ObservedOperation, prefixes: Sequence[Prefix]) -> _Located:
    path = operation.path
    for prefix in sorted(prefixes, key=lambda each: -len(each.label)):
        if not prefix.label or path == prefix.label or path.startswith(f"{prefix.label}/"):
            below = path[len(prefix.label) :] or "/"
            return _Located(operation, prefix, _literal_braces(below))
    return _Located(operation, Prefix("", ""), _literal_braces(path))


def _literal_braces(path: str) -> str:
    """The path, with braces that enclose no placeholder written as a URL has them."""
    parts = re.split(r"(\{[^{}]+\})", path)
    return "".join(
        part if position % 2 else part.replace("{", "%7B").replace("}", "%7D") for position, part in enumerate(parts)
    )


def _told_apart(template: str) -> tuple[str, dict[str, str]]:
    """The path with a name for each placeholder, and what each of them was called.

    One that is there twice is called after the segment before it: `/customers/{customer_id}/orders/{order_id}`.
    """
    found = _PLACEHOLDER.findall(template)
    names: dict[str, str] = {}
    parts: list[str] = []
    for segment in template.split("/"):
        written = segment
        for name in _PLACEHOLDER.findall(segment):
            called = name if found.count(name) == 1 else f"{_word(parts)}{name}"
            number = 2
            while called in names:
                called, number = f"{called.rstrip('0123456789')}{number}", number + 1
            names[called] = name
            written = written.replace(f"{{{name}}}", f"{{{called}}}", 1)
        parts.append(written)
    return "/".join(parts), names


def _word(parts: Sequence[str]) -> str:
    """The beginning of a placeholder's name: the last word before it, in the singular."""
    word = next((part for part in reversed(parts) if part and "{" not in part), "")
    word = re.sub(r"\W+", "_", singular(word)).strip("_")
    return f"{word}_" if word else ""


def _operation(
    path: str, names: Mapping[str, str], several: Sequence[_Located], main: Prefix | None, taken: set[str]
) -> dict[str, Any]:
    """One operation of the document, of all that share its method and path."""
    observed = [each.operation for each in several]
    node: dict[str, Any] = {
        "operationId": _identifier(f"{observed[0].method} {path}", taken),
        "summary": " · ".join(each.name for each in observed),
    }
    prefixes = list(dict.fromkeys(each.prefix.canonical for each in several))
    if main and prefixes != [main.canonical]:
        node["servers"] = [{"url": each} for each in prefixes]
    parameters = [*_path_parameters(names), *_query_parameters(observed)]
    if parameters:
        node["parameters"] = parameters
    if observed[0].method not in {"GET", "HEAD"}:
        node |= _request_body(observed)
    node["responses"] = _responses(observed)
    security = sorted({scheme for each in observed for scheme in each.auth})
    if security:
        node["security"] = [{_component(scheme): []} for scheme in security]
    node[EXTENSION] = [_about(each) for each in observed]
    return node


def _about(operation: ObservedOperation) -> dict[str, Any]:
    """Where it is from: of which snapshot, and on how many responses it rests."""
    return {
        "operation": operation.name,
        "version": operation.version,
        "since": operation.since,
        "seen": sum(each.seen for each in operation.responses),
    }


def _identifier(text: str, taken: set[str]) -> str:
    words = "_".join(re.findall(r"[A-Za-z0-9]+", text)).lower()
    found, number = words, 2
    while found in taken:
        found, number = f"{words}_{number}", number + 1
    taken.add(found)
    return found


def _path_parameters(names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for called, name in names.items():
        schema: Schema = {"type": "string"}
        if name in _FORMATS:
            schema["format"] = _FORMATS[name]
        yield {"name": called, "in": "path", "required": True, "schema": schema}


def _query_parameters(operations: Sequence[ObservedOperation]) -> Iterator[dict[str, Any]]:
    chosen: dict[str, set[str]] = defaultdict(set)
    for each in operations:
        for choice in (each.variant, *each.queries):
            for pair in choice.split("&") if choice not in {"", OTHERS} else ():
                name, _, value = pair.partition("=")
                chosen[name] |= {value} if value and "~" not in value else set()
    for name in sorted(chosen.keys() - {""}):
        schema: Schema = {"type": "string"}
        if chosen[name]:
            schema["examples"] = sorted(chosen[name])
        yield {"name": name, "in": "query", "schema": schema}


def _request_body(operations: Sequence[ObservedOperation]) -> dict[str, Any]:
    bodies = [
        (_label(each), response.request) for each in operations for response in each.responses if response.request.kinds
    ]
    return {"requestBody": {"content": {_JSON: {"schema": _any_of(bodies)}}}} if bodies else {}


def _label(operation: ObservedOperation) -> str:
    """What tells it from others of its method and path."""
    return operation.member + (f"?{operation.variant}" if operation.variant else "")


def _any_of(labelled: Iterable[tuple[str, Shape]]) -> Schema:
    """One schema for several shapes, equal ones once; each called by what it is of."""
    schemas: list[Schema] = []
    for label, shape in labelled:
        schema = schema_of(shape)
        if any(schema == {key: each[key] for key in each if key != "title"} for each in schemas):
            continue
        schemas.append({"title": label, **schema} if label and "title" not in schema else schema)
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _responses(operations: Sequence[ObservedOperation]) -> dict[str, Any]:
    by_status: dict[str, list[tuple[ObservedOperation, ObservedResponse]]] = defaultdict(list)
    for each in operations:
        for response in each.responses:
            by_status[response.status].append((each, response))
    if not by_status:
        return {"default": {"description": "No response was ever seen."}}
    return {status: _response(status, by_status[status]) for status in sorted(by_status)}


def _response(status: str, several: Sequence[tuple[ObservedOperation, ObservedResponse]]) -> dict[str, Any]:
    node: dict[str, Any] = {"description": _phrase(status), "x-seen": sum(each.seen for _, each in several)}
    headers = _headers([each for _, each in several])
    if headers:
        node["headers"] = headers
    content: dict[str, Any] = {}
    for media in sorted({each.media for _, each in several if each.media}):
        bodies = [(_label(of), each.body) for of, each in several if each.media == media and each.body is not None]
        is_json = media == _JSON or media.endswith("+json")
        content[media] = {"schema": _any_of(bodies)} if bodies and is_json else {}
    if content:
        node["content"] = content
    return node


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return "A response without a status of its own." if status == "default" else f"Status {status}"


def _headers(responses: Sequence[ObservedResponse]) -> dict[str, Any]:
    """The headers of all responses of one status; required where every one had it."""
    found: dict[str, Any] = {}
    for name in sorted({name for each in responses for name in each.headers.fields} - _UNKEPT):
        fields = [each.headers.fields.get(name) for each in responses]
        schemas = [header_schema(field.shape) for field in fields if field is not None]
        same = all(schema == schemas[0] for schema in schemas)
        found[name] = {"schema": schemas[0] if same else {"type": "string"}}
        if all(field is not None and field.required for field in fields):
            found[name]["required"] = True
    return found


def _name_of(operation: ObservedOperation) -> str:
    return operation.name.partition(" ")[2]


def _webhook(operation: ObservedOperation) -> dict[str, Any]:
    shapes = [("", each.body) for each in operation.responses if each.body is not None]
    return {
        "summary": operation.name,
        "requestBody": {"content": {_JSON: {"schema": _any_of(shapes)} if shapes else {}}},
        "responses": {"2XX": {"description": "The event was taken."}},
        EXTENSION: [_about(operation)],
    }


def _components(operations: Sequence[ObservedOperation]) -> dict[str, Any]:
    schemes = sorted({scheme for each in operations for scheme in each.auth})
    batches: dict[str, Any] = {}
    for each in operations:
        shapes = [("", response.body) for response in each.responses if response.body is not None]
        if each.method == _BATCH and shapes:
            name = _component(_name_of(each))
            name = name if name not in batches else f"{name}-{digest(each.name)}"
            batches[name] = {"title": each.name, **_any_of(shapes)}
    components: dict[str, Any] = {"schemas": batches} if batches else {}
    return components | (
        {"securitySchemes": {_component(scheme): _security(scheme) for scheme in schemes}} if schemes else {}
    )


def _component(name: str) -> str:
    """A name as components may have it."""
    return _COMPONENT.sub("-", name).strip("-") or "unnamed"


def _security(scheme: str) -> dict[str, Any]:
    place, _, name = scheme.partition(" ")
    if place in {"header", "query"} and name:
        return {"type": "apiKey", "in": place, "name": name}
    if scheme == "cookie":
        return {"type": "apiKey", "in": "header", "name": "Cookie"}
    return {"type": "http", "scheme": scheme.lower()}
