"""JSON Schemas that others wrote, as shapes: those in files, and those in OpenAPI documents.

Types, presence, formats, vocabularies and variants are read. A schema that says nothing about a place leaves it
unknown. Bounds, patterns, conditions and `not` say nothing about a shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.shapes.declared import (
    ANYTHING,
    REPEATED,
    TOO_DEEP,
    TYPES,
    Node,
    TooLargeError,
    Work,
    tagged,
)
from pytest_integration_contracts.shapes.formats import PATTERNS
from pytest_integration_contracts.shapes.kinds import DECLARED
from pytest_integration_contracts.shapes.schema import from_schema
from pytest_integration_contracts.shapes.shape import Shape

_ALTERNATIVES: Final = ("oneOf", "anyOf")
_TELLING: Final = {
    "object": ("properties", "required", "additionalProperties", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "string": ("format", "pattern", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "multipleOf"),
}
_OF_NUMBERS: Final = {"int32": "integer", "int64": "integer", "float": "number", "double": "number"}
"""Formats that OpenAPI has for numbers, and what they are of."""

_MOST: Final = 1_000_000
"""So many nodes a schema in a file may have, its alternatives multiplied."""


def is_schema(document: object) -> bool:
    """Whether a JSON value is a JSON Schema: it says so with `$schema`, or describes an object or array as one does."""
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("$schema"), str):
        return "json-schema.org" in document["$schema"]
    properties, items = document.get("properties"), document.get("items")
    if document.get("type") == "object":
        return isinstance(properties, dict) and all(isinstance(each, dict) for each in properties.values())
    return document.get("type") == "array" and isinstance(items, dict) and ("type" in items or "$ref" in items)


def shape_of_schema(schema: Mapping[str, Any]) -> Shape:
    """The shape that a JSON Schema declares (draft 2020-12 and older, and OpenAPI's `nullable`).

    Raises:
        UsageError: It refers to what is not in the same document, or is not put together as a schema is.
    """
    try:
        return _Reader(_Strict(schema), Work(_MOST)).shape(schema)
    except (RecursionError, TooLargeError) as error:
        raise UsageError("the JSON Schema is nested too deep") from error


class Document:
    """A document that schemas are in, and how they are to be read there: whatever is wrong in it is left unknown.

    Attributes:
        hidden: The keyword of what is not there in the direction that is read: `writeOnly` for responses.
        deepest: So many steps, into places and along references, are read; what is below is left unknown.
    """

    hidden = ""
    deepest: int | None = None

    def target(self, reference: str) -> object:
        """What a reference leads to; True, the schema of anything, where it leads nowhere."""
        del reference
        return True

    def children(self, reference: str) -> Sequence[str]:
        """References to the schemas that extend this one by `allOf`, in the order of the document."""
        del reference
        return ()

    def refuse(self, what: str) -> None:
        """Note that something is no part of a schema."""
        del what


class _Strict(Document):
    """A schema in a file of its own: whatever is wrong in it is an error."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def target(self, reference: str) -> object:
        target: Any = self._document
        if reference != "#" and not reference.startswith("#/"):
            raise UsageError(f"the JSON Schema refers to {reference}, which is not in the file; bundle it first")
        for step in reference.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            try:
                target = target[int(name)] if isinstance(target, list) else target[name]
            except (LookupError, TypeError, ValueError) as error:
                raise UsageError(f"the JSON Schema refers to {reference}, which it does not have") from error
        return target

    def refuse(self, what: str) -> None:
        raise UsageError(f"the JSON Schema has {what}")


def declared_shape(schema: object, document: Document, work: Work) -> Shape:
    """The shape that a schema in a document declares.

    Args:
        schema: The schema.
        document: What it is in.
        work: How much of it may be done.

    Raises:
        TooLargeError: That is not enough.
    """
    return _Reader(document, work).shape(schema)


@dataclass(frozen=True, slots=True)
class _Way:
    """How a part of a document was reached.

    Attributes:
        references: The references that led here; one that leads in a circle is left unknown.
        composing: Those of them that led here from the same place of the body.
        at: The reference that leads to just this part, "" for none.
        depth: How many steps it was.
    """

    references: tuple[str, ...] = ()
    composing: tuple[str, ...] = ()
    at: str = ""
    depth: int = 0

    def down(self) -> _Way:
        """To a place below."""
        return _Way(self.references, (), "", self.depth + 1)

    def beside(self) -> _Way:
        """To another part that is about the same place."""
        return _Way(self.references, self.composing, "", self.depth + 1)

    def through(self, reference: str) -> _Way:
        """To what is referred to, for the same place."""
        return _Way((*self.references, reference), (*self.composing, reference), reference, self.depth + 1)


class _Reader:
    """Reads the parts of one document, following its references."""

    def __init__(self, document: Document, work: Work) -> None:
        self._document = document
        self._work = work

    def shape(self, schema: object) -> Shape:
        return from_schema(self._work.written(self.read(schema, _Way())), DECLARED)

    def read(self, schema: object, way: _Way) -> Node:
        """What a part of the document declares.

        What stands beside a `$ref` counts in all versions, also in those that ignore it: its author meant it.
        """
        self._work.spend()
        deepest = self._document.deepest
        if deepest is not None and way.depth > deepest:
            return TOO_DEEP
        if isinstance(schema, bool):
            return ANYTHING
        if not isinstance(schema, dict):
            self._document.refuse(f"{schema!r} where a schema belongs")
            return ANYTHING
        reference = schema.get("$ref")
        parts = [self._own(schema, way)]
        parts += [self.read(part, way.beside()) for part in _listed(schema.get("allOf", []))]
        if isinstance(reference, str) and reference not in way.composing:
            parts.append(self._referred(reference, way))
        parts += self._alternatives(schema, way)
        node = reduce(self._work.both, parts)
        if node.types and (schema.get("nullable") is True or schema.get("x-nullable") is True):
            node = replace(node, types=node.types | {"null"})
        return (
            replace(node, hidden=True) if self._document.hidden and schema.get(self._document.hidden) is True else node
        )

    def _referred(self, reference: str, way: _Way) -> Node:
        if reference in way.references:
            return REPEATED
        return self.read(self._document.target(reference), way.through(reference))

    def _own(self, schema: Mapping[str, Any], way: _Way) -> Node:
        values = [schema["const"]] if "const" in schema else _listed(schema.get("enum", []))
        texts = [value for value in values if isinstance(value, str)]
        types, format_ = self._types(schema, values), schema.get("format")
        properties = schema.get("properties", {})
        if not isinstance(properties, dict):
            self._document.refuse(f"`properties` {properties!r}, which is not an object")
            properties = {}
        required = schema.get("required", [])
        node = Node(
            types=types,
            format=next((name for name in PATTERNS if name == format_), ""),
            words=frozenset(texts) if texts and len(texts) == sum(value is not None for value in values) else None,
            members={str(name): self.read(member, way.down()) for name, member in properties.items()},
            required=frozenset(map(str, required)) if isinstance(required, list) else frozenset(),
            others=self._others(schema, way),
            items=self._items(schema, way),
            filled=any(_is_positive(schema.get(least)) for least in ("minLength", "minItems")),
            narrow=format_ == "int32",
        )
        return ANYTHING if node == ANYTHING else node

    def _types(self, schema: Mapping[str, Any], values: Iterable[object]) -> frozenset[str]:
        declared = schema.get("type")
        if declared is not None:
            types = frozenset(each for each in _listed(declared) if isinstance(each, str))
            if types <= TYPES:
                return types
            self._document.refuse(f"the type {declared!r}, which is none of JSON's")
            return frozenset()
        of_values = frozenset(map(_type_of, values))
        format_ = schema.get("format")
        if not of_values and isinstance(format_, str) and format_ in _OF_NUMBERS:
            return frozenset({_OF_NUMBERS[format_]})
        return of_values or frozenset(
            type_ for type_, keywords in _TELLING.items() if any(map(schema.__contains__, keywords))
        )

    def _others(self, schema: Mapping[str, Any], way: _Way) -> Node | None:
        """What the values under names that the schema does not know look like, where it says."""
        patterns = schema.get("patternProperties", {})
        open_ones = [schema.get("additionalProperties"), *(patterns.values() if isinstance(patterns, dict) else ())]
        nodes = [self.read(each, way.down()) for each in open_ones if isinstance(each, dict)]
        return self._work.either(nodes) if nodes else None

    def _items(self, schema: Mapping[str, Any], way: _Way) -> Node | None:
        written = [*_listed(schema.get("prefixItems", [])), *_listed(schema.get("items", []))]
        nodes = [self.read(each, way.down()) for each in written if each is not False]
        return self._work.either(nodes) if nodes else None

    def _alternatives(self, schema: Mapping[str, Any], way: _Way) -> list[Node]:
        name, mapping = _discriminator(schema)
        given = [_listed(schema[keyword]) for keyword in _ALTERNATIVES if keyword in schema]
        if name and way.at and not given:
            given = [[{"$ref": child} for child in self._document.children(way.at)]]
        if name and any(_reference(choice) in way.composing for choices in given for choice in choices):
            return []  # read as what one of its own alternatives extends
        return [
            self._work.either([self._choice(choice, way, name, mapping) for choice in choices])
            for choices in given
            if choices
        ]

    def _choice(self, choice: object, way: _Way, name: str, mapping: Mapping[str, frozenset[str]]) -> Node:
        node = self.read(choice, way.beside())
        target = _reference(choice)
        if not name or not target:
            return tagged(node, "", frozenset())
        implied = target.rpartition("/")[2]
        return tagged(node, name, mapping.get(target) or mapping.get(implied) or frozenset({implied}))


def _discriminator(schema: Mapping[str, Any]) -> tuple[str, Mapping[str, frozenset[str]]]:
    """The field that tells alternatives apart, "" for none, and its values by reference or name (OpenAPI 3.1, 4.8.25).

    Swagger 2 has the field's name only.
    """
    declared = schema.get("discriminator")
    if isinstance(declared, str):
        return declared, {}
    if not isinstance(declared, dict) or not isinstance(declared.get("propertyName"), str):
        return "", {}
    values: dict[str, frozenset[str]] = {}
    mapping = declared.get("mapping")
    for value, target in mapping.items() if isinstance(mapping, dict) else ():
        if isinstance(target, str):
            values[target] = values.get(target, frozenset()) | {str(value)}
    return declared["propertyName"], values


def _reference(schema: object) -> str:
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    return reference if isinstance(reference, str) else ""


def _is_positive(least: object) -> bool:
    return isinstance(least, int) and least > 0


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _type_of(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")
