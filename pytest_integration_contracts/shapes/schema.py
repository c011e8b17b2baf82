"""Shapes as JSON Schema (draft 2020-12), open to further members: what snapshots keep.

Evidence stands beside the keywords as `x-` annotations, and only where it says more than the parent does:
`x-seen`, `x-absent` (a number, or `412 in 13 responses`), `x-kinds` (where values of several kinds occur), `x-empty`
(how many strings or arrays were empty), `x-repeats` (several elements of XML of one name), `x-words` (a vocabulary),
`x-zone` (whether date-times are in UTC), `x-tag` (the field that tells variants apart, and its
values), `x-width` (integers past 2^31 or 2^53), `x-decades` (the magnitude of numbers with fractions), `x-unknown`
(nothing was ever seen here). A map has `patternProperties`, or `additionalProperties` where its keys have no known
form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.model import MAX_DEPTH, Count
from pytest_integration_contracts.shapes.formats import EPOCHS, PATTERNS, ZONED
from pytest_integration_contracts.shapes.keys import ANY, KEY_PATTERNS
from pytest_integration_contracts.shapes.kinds import NONE, Kind, Numbers, Texts, Width, canonical
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.shapes.shape import (
    UNKNOWN,
    UNTAGGED,
    Field,
    Record,
    Shape,
    Tag,
    are_elements,
    sorted_variants,
    type_of,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_CLASSES: Final = {f"^(?:{pattern})$": class_ for class_, pattern in KEY_PATTERNS.items()}
_WIDTHS: Final = {Width.BIT: "bit", Width.EXACT: "past 2^31", Width.BIG: "past 2^53"}


def to_schema(shape: Shape, seen: Count = NONE) -> Schema:
    """The shape as an open JSON Schema: further members are allowed.

    Args:
        shape: Any shape.
        seen: How often the reader already knows it was seen; the schema repeats the count only where it differs.
    """
    return {"$schema": DIALECT, **_node(shape, seen)}


def _node(shape: Shape, expected: Count) -> Schema:
    if not shape.kinds:
        return {"x-unknown": True}
    schema: Schema = {"type": type_of(shape)}
    if shape.texts:
        schema |= _texts(shape.texts)
    if shape.numbers:
        schema |= _numbers(shape.numbers)
    if shape.seen != expected:
        schema["x-seen"] = _written(shape.seen)
    if len(shape.kinds) > 1:
        schema["x-kinds"] = {kind.value: _written(count) for kind, count in shape.kinds.items()}
    if len(shape.records) == 1:
        (item,) = shape.records.items()
        schema |= _variant(*item, shape.objects)
    elif shape.records:
        schema["anyOf"] = [_variant(tag, record, NONE) for tag, record in shape.records.items()]
    if shape.items is not None:
        schema |= _array(shape, shape.items)
    return schema


def _array(shape: Shape, items: Shape) -> Schema:
    schema: Schema = {"items": _node(items, shape.kinds[Kind.ARRAY])}
    if shape.empty.values:
        schema["x-empty-arrays"] = _written(shape.empty)
    if shape.repeats and are_elements(items):
        schema["x-repeats"] = True
    return schema


def _texts(texts: Texts) -> Schema:
    schema: Schema = {"format": texts.format} if texts.format else {}
    if texts.empty.values:
        schema["x-empty"] = _written(texts.empty)
    if texts.zone:
        schema["x-zone"] = texts.zone
    if texts.words:
        schema["x-words"] = sorted(texts.words)
    return schema


def _numbers(numbers: Numbers) -> Schema:
    schema: Schema = {"x-number-format": numbers.format} if numbers.format else {}
    if numbers.width in _WIDTHS:
        schema["x-width"] = _WIDTHS[numbers.width]
    if numbers.decades is not None:
        schema["x-decades"] = numbers.decades
    return schema


def _variant(tag: Tag, record: Record, objects: Count) -> Schema:
    schema: Schema = {"x-tag": {tag.name: sorted(tag.values)}} if tag.name else {}
    if record.seen != objects:
        schema["x-objects"] = _written(record.seen)
    schema["properties"] = {name: _member(member, record.seen) for name, member in sorted(record.fields.items())}
    required = sorted(name for name, member in record.fields.items() if member.required)
    if required:
        schema["required"] = required
    patterns = {
        f"^(?:{KEY_PATTERNS[class_]})$": _node(values, NONE) for class_, values in record.keyed.items() if class_ != ANY
    }
    if patterns:
        schema["patternProperties"] = patterns
    if ANY in record.keyed:
        schema["additionalProperties"] = _node(record.keyed[ANY], NONE)
    return schema


def _member(member: Field, objects: Count) -> Schema:
    schema = _node(member.shape, objects if member.required else NONE)
    if not member.required:
        schema["x-absent"] = _written(member.absent)
    return schema


def _written(count: Count) -> int | str:
    if count.responses == count.values:
        return count.values
    return f"{count.values} in {count.responses} responses"


def from_schema(schema: object, seen: Count = NONE) -> Shape:
    """The shape that `to_schema` wrote.

    Args:
        schema: A JSON Schema of the form `to_schema` writes.
        seen: The count that was given to `to_schema`.

    Raises:
        SnapshotError: The schema is not of that form; the message names the place.
    """
    return _read(schema, seen, "$", 0)


def _read(schema: object, expected: Count, path: str, depth: int) -> Shape:
    if depth > MAX_DEPTH:
        raise SnapshotError(f"the schema is nested deeper than {MAX_DEPTH} levels, at {path}")
    if not isinstance(schema, dict):
        raise SnapshotError(f"the schema at {path} is not an object")
    if schema.get("x-unknown") is True:
        return UNKNOWN
    format_ = schema.get("format", "")
    if not isinstance(format_, str) or (format_ and format_ not in PATTERNS):
        raise SnapshotError(f"the schema at {path} has an unknown format {format_!r}")
    seen = _read_count(schema, "x-seen", expected, path)
    kinds = _read_kinds(schema, seen, path)
    return Shape(
        seen=seen,
        kinds=kinds,
        texts=_read_texts(schema, path) if Kind.STRING in kinds else None,
        numbers=_read_numbers(schema, path) if kinds.keys() & {Kind.INTEGER, Kind.NUMBER} else None,
        items=_read(schema.get("items", {"x-unknown": True}), kinds[Kind.ARRAY], items_path(path), depth + 1)
        if Kind.ARRAY in kinds
        else None,
        empty=_read_count(schema, "x-empty-arrays", NONE, path),
        records=_read_records(schema, kinds[Kind.OBJECT], path, depth) if Kind.OBJECT in kinds else {},
        repeats=schema.get("x-repeats") is True,
    )


def _read_kinds(schema: Schema, seen: Count, path: str) -> dict[Kind, Count]:
    declared = schema.get("type")
    kinds = _kinds_named(declared if isinstance(declared, list) else [declared])
    if not kinds:
        raise SnapshotError(f"the schema at {path} has no JSON type: {declared!r}")
    counted = schema.get("x-kinds")
    if counted is None:
        return {kind: seen for kind in Kind if kind in kinds}
    if not isinstance(counted, dict) or canonical(_kinds_named(counted)) != canonical(kinds):
        raise SnapshotError(f"`x-kinds` at {path} does not count the kinds of its `type`")
    return {kind: _read_count(counted, kind.value, NONE, f"{path} x-kinds") for kind in Kind if kind.value in counted}


def _kinds_named(names: Iterable[object]) -> set[Kind]:
    """The kinds of those names; none where one of them is no kind."""
    try:
        return {Kind(str(name)) for name in names}
    except ValueError:
        return set()


def _read_texts(schema: Schema, path: str) -> Texts:
    format_, words = schema.get("format", ""), schema.get("x-words")
    zone = schema.get("x-zone", "")
    if not isinstance(zone, str) or (zone and (zone not in ZONED or format_ != "date-time")):
        raise SnapshotError(f"`x-zone` at {path} is none of {', '.join(ZONED)}")
    return Texts(
        format_,
        _read_count(schema, "x-empty", NONE, path),
        None if words is None else _read_words(words, f"`x-words` at {path}"),
        zone,
    )


def _read_words(words: object, place: str) -> frozenset[str]:
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise SnapshotError(f"{place} is not a list of strings")
    return frozenset(words)


def _read_numbers(schema: Schema, path: str) -> Numbers:
    format_, decades = schema.get("x-number-format", ""), schema.get("x-decades")
    if not isinstance(format_, str) or (format_ and format_ not in EPOCHS):
        raise SnapshotError(f"the schema at {path} has an unknown number format {format_!r}")
    if decades is not None and (type(decades) is not int or abs(decades) > _MOST_DECADES):
        raise SnapshotError(f"`x-decades` at {path} is not a small integer: {decades!r}")
    written = schema.get("x-width")
    widths = [width for width, word in _WIDTHS.items() if word == written]
    if written is not None and not widths:
        raise SnapshotError(f"`x-width` at {path} is none of {', '.join(_WIDTHS.values())}")
    return Numbers(format_, widths[0] if widths else Width.INT32, decades)


_MOST_DECADES: Final = 400


def _read_records(schema: Schema, objects: Count, path: str, depth: int) -> dict[Tag, Record]:
    branches = schema.get("anyOf")
    if branches is None:
        return dict([_read_variant(schema, objects, path, depth)])
    if not isinstance(branches, list) or not all(isinstance(branch, dict) for branch in branches):
        raise SnapshotError(f"`anyOf` at {path} is not a list of objects")
    return sorted_variants(dict(_read_variant(branch, NONE, path, depth) for branch in branches))


def _read_variant(schema: Schema, objects: Count, path: str, depth: int) -> tuple[Tag, Record]:
    tag = schema.get("x-tag", {})
    if not isinstance(tag, dict) or len(tag) > 1:
        raise SnapshotError(f"`x-tag` at {path} is not an object with the name of one field")
    seen = _read_count(schema, "x-objects", objects, path)
    record = Record(seen, _read_fields(schema, seen, path, depth), _read_keyed(schema, path, depth))
    for name, values in tag.items():
        return Tag(name, _read_words(values, f"`x-tag` at {path}")), record
    return UNTAGGED, record


def _read_keyed(schema: Schema, path: str, depth: int) -> dict[str, Shape]:
    patterns, others = schema.get("patternProperties", {}), schema.get("additionalProperties")
    if not isinstance(patterns, dict) or not patterns.keys() <= _CLASSES.keys():
        raise SnapshotError(f"`patternProperties` at {path} is not an object of known patterns")
    values: dict[str, object] = {_CLASSES[pattern]: member for pattern, member in patterns.items()}
    if others is not None:
        values[ANY] = others
    return {class_: _read(values[class_], NONE, values_path(path), depth + 1) for class_ in sorted(values)}


def _read_fields(schema: Schema, objects: Count, path: str, depth: int) -> dict[str, Field]:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        raise SnapshotError(f"the schema at {path} has no `properties` object and `required` list")
    fields = {}
    for name, member in sorted(properties.items()):
        place = field_path(path, name)
        if name in required:
            fields[name] = Field(_read(member, objects, place, depth + 1))
        else:
            fields[name] = Field(
                _read(member, NONE, place, depth + 1),
                _read_count(member, "x-absent", Count(1, 1), place),
            )
    return fields


_COUNT = re.compile(r"(?P<values>[0-9]{1,12}) in (?P<responses>[0-9]{1,12}) responses")


def _read_count(schema: Mapping[str, Any], key: str, otherwise: Count, path: str) -> Count:
    written = schema.get(key)
    if written is None:
        return otherwise
    if isinstance(written, int) and not isinstance(written, bool) and written >= 0:
        return Count(written, written)
    match = _COUNT.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise SnapshotError(f"`{key}` at {path} is neither a number nor `N in M responses`: {written!r}")
    return Count(int(match["responses"]), int(match["values"]))
