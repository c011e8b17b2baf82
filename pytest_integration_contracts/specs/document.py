"""An OpenAPI document as a consumer sees it: operations with what they take and give, in one form for all versions.

OpenAPI 3.0 and 3.1, and Swagger 2.0: where they say the same in different ways, one way is offered. Schemas are handed
on as they stand, with their place in the document. Everything is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from pytest_integration_contracts.shapes.shape import Shape

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The members of a path item that are operations."""

_FORM: Final = "application/x-www-form-urlencoded"

_MOST_STEPS: Final = 32
"""So many references in a row are followed; more are a circle."""


@dataclass(frozen=True, slots=True)
class Part:
    """A schema, or an object with one, where it stands.

    Attributes:
        schema: The schema as it is written, references not followed; True where there is none.
        pointer: Its place: `#/paths/~1customers/get/responses/200/content/application~1json/schema` (RFC 6901).
        examples: What the document gives as examples of it, beside the schema.
    """

    schema: object
    pointer: str
    examples: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a request may have, or a header that a response may have.

    Attributes:
        name: Its name; that of a header in lower case.
        place: `path`, `query`, `header` or `cookie`.
        required: Whether it must be there.
        part: What it looks like.
        deprecated: Whether it should not be used any more.
    """

    name: str
    place: str
    required: bool
    part: Part
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class DeclaredResponse:
    """One of the responses that an operation may give.

    Attributes:
        status: `200`, `2XX` or `default`.
        pointer: Its place in the document.
        media: Its bodies by media type, as written; empty where it has no body.
        headers: Its headers by name, in lower case.
    """

    status: str
    pointer: str
    media: Mapping[str, Part] = field(default_factory=dict)
    headers: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclaredOperation:
    """One operation of a document.

    Attributes:
        method: In upper case.
        template: Its path as the document has it: `/customers/{customerId}`.
        pointer: Its place in the document.
        name: Its `operationId`, or "".
        deprecated: Whether it should not be used any more.
        parameters: What requests may have beside a body, by place and name.
        body: What the body of a request may look like, by media type.
        needs_body: Whether a request must have one.
        responses: What it may answer, by status.
    """

    method: str
    template: str
    pointer: str
    name: str = ""
    deprecated: bool = False
    parameters: Mapping[tuple[str, str], Parameter] = field(default_factory=dict)
    body: Mapping[str, Part] = field(default_factory=dict)
    needs_body: bool = False
    responses: Mapping[str, DeclaredResponse] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    def response(self, status: int) -> DeclaredResponse | None:
        """The response that is declared for a status: by its number, by its hundred, or by `default`."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.responses:
                return self.responses[key]
        return None


class Spec:
    """A document; `reading` makes them of texts.

    Attributes:
        document: Its JSON value.
        source: The URL it came from, "" for none: what relative servers are relative to.
        shapes: What was made of its schemas, by direction and place (`schemas`).
        extended: The schemas that extend another one, by the reference to that, once anybody asked (`schemas`).
        nodes: How many places were made of its schemas, for better or worse (`schemas`).
    """

    def __init__(self, document: Mapping[str, Any], source: str = "") -> None:
        self.document = document
        self.source = source
        self.shapes: dict[tuple[str, str], Shape] = {}
        self.extended: dict[str, list[str]] | None = None
        self.nodes = 0
        self._operations: dict[tuple[str, str], DeclaredOperation | None] = {}
        self._by_length: dict[int, list[tuple[str, list[str]]]] | None = None

    @property
    def is_swagger(self) -> bool:
        """Whether it is a Swagger 2.0 document."""
        return "swagger" in self.document

    @property
    def title(self) -> str:
        """What it calls the API, "" where it does not."""
        return str(_object(self.document.get("info")).get("title", ""))

    @property
    def api_version(self) -> str:
        """The version of the API that it is about, "" where it does not say."""
        return str(_object(self.document.get("info")).get("version", ""))

    @property
    def servers(self) -> tuple[str, ...]:
        """The absolute URLs that its paths are below, their variables at their defaults, without a slash at the end."""
        if self.is_swagger:
            return tuple(dict.fromkeys(self._swagger_servers()))
        found = [_object(each) for each in _listed(self.document.get("servers"))] or [{"url": "/"}]
        urls = (_joined(self.source, _filled_in(each)) for each in found)
        return tuple(dict.fromkeys(url.rstrip("/") for url in urls if url))

    def _swagger_servers(self) -> Iterator[str]:
        source = urlsplit(self.source)
        host = self.document.get("host", source.netloc)
        schemes = [each for each in _listed(self.document.get("schemes")) if each in {"http", "https"}]
        for scheme in schemes or [source.scheme or "https"]:
            if isinstance(host, str) and host:
                yield f"{scheme}://{host}{self.document.get('basePath', '')}".rstrip("/")

    @property
    def templates(self) -> tuple[str, ...]:
        """The paths, as they are written."""
        return tuple(path for path in _object(self.document.get("paths")) if path.startswith("/"))

    def operations(self) -> Iterator[DeclaredOperation]:
        """All operations, in the order of the document."""
        for template in self.templates:
            for method in METHODS:
                operation = self.operation(method, template)
                if operation is not None:
                    yield operation

    def operation(self, method: str, template: str) -> DeclaredOperation | None:
        """The operation of a method and a path as the document writes it; None where there is none."""
        key = (method.lower(), template)
        if key not in self._operations:
            self._operations[key] = self._read(*key)
        return self._operations[key]

    def find(self, method: str, path: str) -> DeclaredOperation | None:
        """The operation that a request asks for: of templates that fit, the one with the most literal segments first.

        Args:
            method: The HTTP method.
            path: The path below the server's URL, without a query: `/customers/7`. A segment in braces fits a
                placeholder only.
        """
        segments = path.split("/")
        fitting = [
            (_literals(parts), template) for template, parts in self._of_length(len(segments)) if _fits(parts, segments)
        ]
        for _, template in sorted(fitting, key=lambda each: (-each[0], each[1])):
            operation = self.operation(method, template)
            if operation is not None:
                return operation
        return None

    def _of_length(self, length: int) -> list[tuple[str, list[str]]]:
        if self._by_length is None:
            self._by_length = {}
            for template in self.templates:
                parts = template.split("/")
                self._by_length.setdefault(len(parts), []).append((template, parts))
        return self._by_length.get(length, [])

    def resolved(self, node: object, pointer: str) -> tuple[Mapping[str, Any], str]:
        """An object of the document, its references within the document followed, and its place.

        What cannot be followed, or is no object, is an empty one.
        """
        for _ in range(_MOST_STEPS):
            reference = _object(node).get("$ref")
            if not isinstance(reference, str):
                return _object(node), pointer
            node, pointer = self.at(reference), reference
        return {}, pointer

    def at(self, pointer: str) -> object:
        """What is at a place in the document, `#/components/schemas/Customer`; None where nothing is."""
        if pointer != "#" and not pointer.startswith("#/"):
            return None
        node: Any = self.document
        for step in pointer.split("/")[1:]:
            name = unescaped(step)
            try:
                node = node[int(name)] if isinstance(node, list) else node[name]
            except (LookupError, TypeError, ValueError):
                return None
        return node

    def _read(self, method: str, template: str) -> DeclaredOperation | None:
        item, place = self.resolved(_object(self.document.get("paths")).get(template), f"#/paths/{escaped(template)}")
        if not isinstance(item.get(method), dict):
            return None
        node, place = item[method], f"{place}/{method}"
        given = [*self._given(item, place.rpartition("/")[0]), *self._given(node, place)]
        body, needs_body = self._body(node, place, given)
        return DeclaredOperation(
            method=method.upper(),
            template=template,
            pointer=place,
            name=node["operationId"] if isinstance(node.get("operationId"), str) else "",
            deprecated=node.get("deprecated") is True,
            parameters={
                (each["in"], str(each["name"])): _parameter(str(each["name"]), each["in"], each, where)
                for each, where in given
                if each["in"] in {"path", "query", "header", "cookie"}
            },
            body=body,
            needs_body=needs_body,
            responses={
                str(status).upper() if str(status) != "default" else "default": self._response(
                    str(status), each, f"{place}/responses/{escaped(str(status))}", node
                )
                for status, each in _object(node.get("responses")).items()
                if not str(status).startswith("x-")
            },
        )

    def _given(self, node: Mapping[str, Any], place: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        for position, each in enumerate(_listed(node.get("parameters"))):
            found, where = self.resolved(each, f"{place}/parameters/{position}")
            if isinstance(found.get("in"), str) and "name" in found:
                yield found, where

    def _body(
        self, node: Mapping[str, Any], place: str, given: list[tuple[Mapping[str, Any], str]]
    ) -> tuple[Mapping[str, Part], bool]:
        if not self.is_swagger:
            body, where = self.resolved(node.get("requestBody"), f"{place}/requestBody")
            return self._media(body, where), body.get("required") is True
        for each, where in given:
            if each["in"] == "body":
                part = Part(each.get("schema", True), f"{where}/schema")
                return dict.fromkeys(self._of_swagger(node, "consumes"), part), each.get("required") is True
        form = {str(each["name"]): each for each, _ in given if each["in"] == "formData"}
        if not form:
            return {}, False
        required = [name for name, each in form.items() if each.get("required") is True]
        part = Part({"type": "object", "properties": form, "required": required}, f"{place}/parameters")
        written = [media for media in self._of_swagger(node, "consumes") if "form" in media] or [_FORM]
        return dict.fromkeys(written, part), bool(required)

    def _response(self, status: str, node: object, place: str, operation: Mapping[str, Any]) -> DeclaredResponse:
        found, where = self.resolved(node, place)
        if self.is_swagger:
            part = Part(found.get("schema", True), f"{where}/schema")
            media = dict.fromkeys(self._of_swagger(operation, "produces"), part) if "schema" in found else {}
        else:
            media = dict(self._media(found, where))
        headers = {}
        for name, each in _object(found.get("headers")).items():
            header, at = self.resolved(each, f"{where}/headers/{escaped(name)}")
            headers[name.lower()] = _parameter(name.lower(), "header", header, at)
        return DeclaredResponse(status.upper() if status != "default" else status, where, media, headers)

    def _media(self, node: Mapping[str, Any], place: str) -> Mapping[str, Part]:
        parts = {}
        for media, each in _object(node.get("content")).items():
            where = f"{place}/content/{escaped(media)}"
            found = _object(each)
            parts[media] = Part(found.get("schema", True), f"{where}/schema", _examples(self, found, where))
        return parts

    def _of_swagger(self, node: Mapping[str, Any], key: str) -> list[str]:
        listed = node.get(key, self.document.get(key))
        return [str(each) for each in _listed(listed)] or ["application/json"]


class Side(NamedTuple):
    """One of two documents that are compared, and an operation as it has it."""

    spec: Spec
    operation: DeclaredOperation


def _parameter(name: str, place: str, node: Mapping[str, Any], pointer: str) -> Parameter:
    if "schema" in node:
        part = Part(node["schema"], f"{pointer}/schema", _examples(None, node, pointer))
    elif "content" in node:
        media, each = next(iter(_object(node["content"]).items()), ("", {}))
        found = _object(each)
        where = f"{pointer}/content/{escaped(media)}"
        part = Part(found.get("schema", True), f"{where}/schema", _examples(None, found, where))
    else:  # Swagger 2 has the schema's keywords in the parameter itself
        part = Part(node, pointer, _examples(None, node, pointer))
    required = node.get("required") is True or place == "path"
    return Parameter(name.lower() if place == "header" else name, place, required, part, node.get("deprecated") is True)


def _examples(spec: Spec | None, node: Mapping[str, Any], pointer: str) -> tuple[object, ...]:
    found = [node["example"]] if "example" in node else []
    for name, each in _object(node.get("examples")).items():
        example = spec.resolved(each, f"{pointer}/examples/{name}")[0] if spec else _object(each)
        if "value" in example:
            found.append(example["value"])
    return tuple(found)


def _joined(source: str, url: str) -> str:
    """The absolute URL, "" where there is none."""
    try:
        joined = urljoin(source, url)
        return joined if urlsplit(joined).scheme in {"http", "https"} else ""
    except ValueError:
        return ""


def _filled_in(server: Mapping[str, Any]) -> str:
    url = str(server.get("url", "/"))
    for name, variable in _object(server.get("variables")).items():
        url = url.replace(f"{{{name}}}", str(_object(variable).get("default", "")))
    return url


def _fits(template: list[str], segments: list[str]) -> bool:
    return all(
        wanted == segment or ("{" in wanted and segment != "" and _stands_for(wanted, segment))
        for wanted, segment in zip(template, segments, strict=True)
    )


def _stands_for(wanted: str, segment: str) -> bool:
    """Whether a segment with placeholders, `{id}`, `{id}.json`, `{from}-{to}`, may be this one."""
    before, _, rest = wanted.partition("{")
    after = rest.rpartition("}")[2]
    return segment.startswith(before) and segment.endswith(after) and len(segment) > len(before) + len(after)


def _literals(parts: list[str]) -> int:
    return sum("{" not in part for part in parts)


def _object(node: object) -> Mapping[str, Any]:
    return node if isinstance(node, dict) else {}


def _listed(node: object) -> list[Any]:
    return node if isinstance(node, list) else []


def escaped(name: str) -> str:
    """A name as a step of a pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def unescaped(step: str) -> str:
    """The name that a step of a pointer stands for; steps of URI fragments are percent-encoded, too."""
    return unquote(step).replace("~1", "/").replace("~0", "~")
