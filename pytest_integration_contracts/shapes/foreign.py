"""JSON Schemas that others wrote, as shapes.

What is declared is taken for what is always so: types, presence, formats, vocabularies, variants. A schema that says
nothing about a place leaves it unknown. Bounds, patterns, conditions and `not` say nothing about a shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Final

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.formats import PATTERNS
from pytest_integration_contracts.shapes.schema import from_schema
from pytest_integration_contracts.shapes.shape import Shape

DECLARED: Final = Count(10**9, 10**9)
"""A declaration counts as this many responses: it needs no samples."""

_TYPES: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_ALTERNATIVES: Final = ("oneOf", "anyOf")
_TELLING: Final = {
    "object": ("properties", "required", "additionalProperties", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "string": ("format", "pattern", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "multipleOf"),
}


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
        return from_schema(_written(_Reader(schema).read(schema, ())), DECLARED)
    except RecursionError as error:
        raise UsageError("the JSON Schema is nested too deep") from error


@dataclass(frozen=True, slots=True)
class _Node:
    """What one place is declared to be; no types where nothing is. `filled` says that text or list is never empty."""

    types: frozenset[str] = frozenset()
    format: str = ""
    words: frozenset[str] | None = None
    members: Mapping[str, _Node] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    others: _Node | None = None
    items: _Node | None = None
    filled: bool = False
    variants: tuple[_Node, ...] = ()


_ANYTHING: Final = _Node()


class _Reader:
    """Reads the parts of one document, following its references."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def read(self, schema: object, within: tuple[str, ...]) -> _Node:
        """What a part of the document declares.

        Args:
            schema: The part.
            within: The references that led here; one that leads in a circle is left unknown.
        """
        if isinstance(schema, bool):
            return _ANYTHING
        if not isinstance(schema, dict):
            raise UsageError(f"the JSON Schema has {schema!r} where a schema belongs")
        own = self._own(schema, within)
        reference = schema.get("$ref")
        parts = [self.read(part, within) for part in _listed(schema.get("allOf", []))]
        if isinstance(reference, str) and reference not in within:
            parts.append(self.read(self._target(reference), (*within, reference)))
        for keyword in _ALTERNATIVES:
            if keyword in schema:
                choices = [self.read(choice, within) for choice in _listed(schema[keyword])]
                parts.append(_either(choices))
        node = reduce(_both, parts, own)
        return replace(node, types=node.types | {"null"}) if schema.get("nullable") is True and node.types else node

    def _own(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> _Node:
        values = [schema["const"]] if "const" in schema else _listed(schema.get("enum", []))
        texts = [value for value in values if isinstance(value, str)]
        properties = schema.get("properties", {})
        if not isinstance(properties, dict):
            raise UsageError(f"the JSON Schema has `properties` {properties!r}, which is not an object")
        return _Node(
            types=_types(schema, values),
            format=next((name for name in PATTERNS if name == schema.get("format")), ""),
            words=frozenset(texts) if texts and len(texts) == sum(value is not None for value in values) else None,
            members={str(name): self.read(member, within) for name, member in properties.items()},
            required=frozenset(map(str, _listed(schema.get("required", [])))),
            others=self._others(schema, within),
            items=self._items(schema, within),
            filled=any(isinstance(schema.get(least), int) and schema[least] > 0 for least in ("minLength", "minItems")),
        )

    def _others(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> _Node | None:
        """What the values under names that the schema does not know look like, where it says."""
        patterns = schema.get("patternProperties", {})
        open_ones = [schema.get("additionalProperties"), *(patterns.values() if isinstance(patterns, dict) else ())]
        nodes = [self.read(each, within) for each in open_ones if isinstance(each, dict)]
        return _either(nodes) if nodes else None

    def _items(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> _Node | None:
        written = [*_listed(schema.get("prefixItems", [])), *_listed(schema.get("items", []))]
        nodes = [self.read(each, within) for each in written if each is not False]
        return _either(nodes) if nodes else None

    def _target(self, reference: str) -> object:
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


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _types(schema: Mapping[str, Any], values: Iterable[object]) -> frozenset[str]:
    declared = schema.get("type")
    if declared is not None:
        types = frozenset(each for each in _listed(declared) if isinstance(each, str))
        if not types <= _TYPES:
            raise UsageError(f"the JSON Schema has the type {declared!r}, which is none of JSON's")
        return types
    of_values = frozenset(map(_type_of, values))
    return of_values or frozenset(
        type_ for type_, keywords in _TELLING.items() if any(map(schema.__contains__, keywords))
    )


def _type_of(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _both(one: _Node, other: _Node) -> _Node:
    """What holds where both do."""
    if not one.types or not other.types:
        types = one.types | other.types
    else:
        types = frozenset(each for each in _TYPES if _allowed(each, one.types) and _allowed(each, other.types))
    several, single = (one, other) if one.variants else (other, one)
    return _Node(
        types=types,
        format=one.format or other.format,
        words=_common(one.words, other.words),
        members=_members(one, other, _both),
        required=one.required | other.required,
        others=one.others or other.others,
        items=_both(one.items, other.items) if one.items and other.items else one.items or other.items,
        filled=one.filled or other.filled,
        variants=tuple(_both(each, replace(single, variants=())) for each in several.variants),
    )


def _allowed(type_: str, types: frozenset[str]) -> bool:
    return type_ in types or (type_ == "integer" and "number" in types)


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other or None


def _either(nodes: list[_Node]) -> _Node:
    """What holds where one of them does."""
    if any(not node.types for node in nodes):
        return _ANYTHING
    objects = [variant for node in nodes if "object" in node.types for variant in node.variants or (node,)]
    return replace(reduce(_one_of, nodes), variants=tuple(objects) if _tag(objects) else ())


def _one_of(one: _Node, other: _Node) -> _Node:
    texts = [node for node in (one, other) if "string" in node.types]
    same = len({node.format for node in texts}) == 1
    closed = [node.words for node in texts]
    objects = [node for node in (one, other) if "object" in node.types]
    return _Node(
        types=one.types | other.types,
        format=texts[0].format if same else "",
        words=frozenset().union(*(words for words in closed if words)) if closed and all(closed) else None,
        members=_members(one, other, lambda mine, theirs: _either([mine, theirs])),
        required=frozenset.intersection(*(node.required for node in objects)) if objects else frozenset(),
        others=_either([one.others, other.others]) if one.others and other.others else one.others or other.others,
        items=_either([one.items, other.items]) if one.items and other.items else one.items or other.items,
        filled=one.filled and other.filled,
    )


def _members(one: _Node, other: _Node, join: Callable[[_Node, _Node], _Node]) -> dict[str, _Node]:
    return {
        name: join(one.members[name], other.members[name])
        if name in one.members and name in other.members
        else one.members.get(name, other.members.get(name, _ANYTHING))
        for name in sorted(one.members.keys() | other.members.keys())
    }


def _tag(objects: list[_Node]) -> str:
    """The field whose values tell the objects apart, "" where none does."""
    if len(objects) < 2:  # noqa: PLR2004 - one is no choice
        return ""
    for name in sorted(frozenset.intersection(*(each.required for each in objects))):
        words = [each.members[name].words if name in each.members else None for each in objects]
        if all(words) and sum(len(each) for each in words if each) == len(frozenset().union(*filter(None, words))):
            return name
    return ""


def _written(node: _Node) -> dict[str, Any]:
    """The node as a schema of our own form."""
    if not node.types:
        return {"x-unknown": True}
    schema: dict[str, Any] = {"type": sorted(node.types)}
    if "string" in node.types:
        schema |= {"format": node.format} if node.format else {}
        schema |= {"x-words": sorted(node.words)} if node.words else {}
        schema |= {} if node.filled or node.format or node.words else {"x-empty": 1}
    if "integer" in node.types:
        schema["x-width"] = "past 2^53"
    if "object" in node.types:
        schema |= _written_object(node)
        tag = _tag(list(node.variants))
        if tag:
            schema["anyOf"] = [
                {"x-tag": {tag: sorted(each.members[tag].words or ())}, "x-objects": DECLARED.values}
                | _written_object(each)
                for each in node.variants
            ]
    if "array" in node.types:
        schema |= {"items": _written(node.items)} if node.items else {}
        schema |= {} if node.filled else {"x-empty-arrays": 1}
    return schema


def _written_object(node: _Node) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "properties": {
            name: _written(member) if name in node.required else _optional(_written(member))
            for name, member in node.members.items()
        },
        "required": sorted(node.required & node.members.keys()),
    }
    if node.others:
        schema["additionalProperties"] = {"x-seen": DECLARED.values} | _written(node.others)
    return schema


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {"x-seen": DECLARED.values, "x-absent": DECLARED.values} | schema
