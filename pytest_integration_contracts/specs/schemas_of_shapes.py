"""Shapes as the schemas of an OpenAPI 3.1 document: JSON Schema (draft 2020-12) that other tools read without ours.

They accept whatever the shape was learned from, and further members. Evidence is left out: snapshots have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_integration_contracts.shapes.formats import EPOCHS, PATTERNS
from pytest_integration_contracts.shapes.keys import ANY, KEY_PATTERNS, is_of_class
from pytest_integration_contracts.shapes.kinds import ORDER, Kind, Numbers, Texts, Width
from pytest_integration_contracts.shapes.shape import ELSE, Record, Shape, Tag, values_of_class
from pytest_integration_contracts.shapes.words import is_vocabulary

Schema = dict[str, Any]

_OWN_FORMATS: Final = frozenset({"date-time-local", "boolean", "integer", "decimal"})
"""Formats that JSON Schema does not know: their pattern stands beside them."""

_SCALARS_OF_HEADERS: Final = {"integer": "integer", "decimal": "number"}
_EPOCHS: Final = {"epoch-seconds": "Unix time in seconds", "epoch-milliseconds": "Unix time in milliseconds"}


def schema_of(shape: Shape) -> Schema:
    """The schema of a shape; what nobody has seen is `{}`."""
    if not shape.known:
        return {"description": "Only null was ever seen here."} if shape.kinds else {}
    kinds = [kind for kind in ORDER if kind in shape.canonical_kinds]
    if len(shape.records) > 1:
        variants = [_variant(tag, record) for tag, record in shape.records.items()]
        return _with_others(shape, kinds, Kind.OBJECT, variants)
    if shape.texts and is_vocabulary(shape.texts.words, shape.kinds[Kind.STRING].responses):
        return _vocabulary(shape, kinds, sorted(shape.texts.words or ()))
    return _plain(shape, kinds)


def header_schema(shape: Shape) -> Schema:
    """The schema of a header: there numbers are texts, and declared as numbers (OpenAPI 3.1, section 4.8.21)."""
    return {"type": _SCALARS_OF_HEADERS[shape.format]} if shape.format in _SCALARS_OF_HEADERS else schema_of(shape)


def _vocabulary(shape: Shape, kinds: list[Kind], words: list[str]) -> Schema:
    if set(kinds) == {Kind.STRING}:
        return {"type": "string", "enum": words}
    if set(kinds) == {Kind.STRING, Kind.NULL}:
        return {"type": ["string", "null"], "enum": [*words, None]}
    return _with_others(shape, kinds, Kind.STRING, [{"type": "string", "enum": words}])


def _with_others(shape: Shape, kinds: list[Kind], kind: Kind, alternatives: list[Schema]) -> Schema:
    """One of the alternatives, which all are of one kind, or of the other kinds there are."""
    others = [each for each in kinds if each is not kind]
    return {"anyOf": [*alternatives, *([_plain(shape, others)] if others else [])]}


def _plain(shape: Shape, kinds: list[Kind]) -> Schema:
    names = [kind.value for kind in kinds]
    schema: Schema = {"type": names[0] if len(names) == 1 else names}
    if shape.numbers and {Kind.INTEGER, Kind.NUMBER} & set(kinds):
        schema |= _numbers(shape.numbers, fractions=Kind.NUMBER in kinds)
    if shape.texts and Kind.STRING in kinds:
        schema |= _texts(shape.texts)
    if shape.items is not None and Kind.ARRAY in kinds:
        schema["items"] = schema_of(shape.items)
    if Kind.OBJECT in kinds:
        schema |= _members(shape.record)
    return schema


def _texts(texts: Texts) -> Schema:
    if texts.format in _OWN_FORMATS:
        return {"format": texts.format, "pattern": f"^(?:{PATTERNS[texts.format]})$"}
    if texts.format:
        return {"format": texts.format}
    return {"examples": sorted(texts.words)} if texts.words else {}


def _numbers(numbers: Numbers, *, fractions: bool) -> Schema:
    if numbers.format:
        low, high = EPOCHS[numbers.format]
        return {"description": _EPOCHS[numbers.format], "minimum": low, "exclusiveMaximum": high}
    return {"format": "int64"} if numbers.width is Width.EXACT and not fractions else {}


def _variant(tag: Tag, record: Record) -> Schema:
    schema: Schema = {"type": "object", **_members(record)}
    if tag.name and ELSE not in tag.values:
        values = sorted(tag.values)
        told = {"const": values[0]} if len(values) == 1 else {"type": "string", "enum": values}
        schema = {"title": f"{tag.name}: {' or '.join(values)}", **schema}
        schema["properties"] = {**schema.get("properties", {}), tag.name: told}
    return schema


def _members(record: Record) -> Schema:
    inside = {name for class_ in record.keyed for name in record.fields if class_ != ANY and is_of_class(name, class_)}
    schema: Schema = {}
    named = {name: schema_of(field.shape) for name, field in sorted(record.fields.items()) if name not in inside}
    if named:
        schema["properties"] = named
    required = sorted(name for name, field in record.fields.items() if field.required)
    if required:
        schema["required"] = required
    return schema | _keyed(record)


def _keyed(record: Record) -> Schema:
    patterns: Mapping[str, Schema] = {
        f"^(?:{KEY_PATTERNS[class_]})$": schema_of(values_of_class(class_, values, record))
        for class_, values in record.keyed.items()
        if class_ != ANY
    }
    schema: Schema = {"patternProperties": dict(patterns)} if patterns else {}
    return schema | ({"additionalProperties": schema_of(record.keyed[ANY])} if ANY in record.keyed else {})
