"""Shapes as JSON Schema (draft 2020-12): the open one that snapshots keep, and the closed one the matcher runs.

Evidence stands beside the keywords as `x-` annotations, and only where it says more than the parent does:
`x-seen`, `x-absent` (a number, or `412 in 13 responses`), `x-kinds` (where values of several kinds occur),
`x-unknown` (nothing was ever seen here).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.formats import PATTERNS
from pytest_integration_contracts.shapes.infer import MAX_DEPTH
from pytest_integration_contracts.shapes.shape import (
    NONE,
    UNKNOWN,
    Field,
    Kind,
    Shape,
    canonical,
    field_path,
    items_path,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


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
    schema: Schema = {"type": _type(shape)}
    if Kind.STRING in shape.kinds and shape.format:
        schema["format"] = shape.format
    if shape.seen != expected:
        schema["x-seen"] = _written(shape.seen)
    if len(shape.kinds) > 1:
        schema["x-kinds"] = {kind.value: _written(count) for kind, count in shape.kinds.items()}
    if Kind.OBJECT in shape.kinds:
        schema["properties"] = {name: _member(member, shape.objects) for name, member in sorted(shape.fields.items())}
        required = sorted(name for name, member in shape.fields.items() if member.required)
        if required:
            schema["required"] = required
    if shape.items is not None:
        schema["items"] = _node(shape.items, shape.kinds[Kind.ARRAY])
    return schema


def _member(member: Field, objects: Count) -> Schema:
    schema = _node(member.shape, objects if member.required else NONE)
    if not member.required:
        schema["x-absent"] = _written(member.absent)
    return schema


def _type(shape: Shape) -> str | list[str]:
    kinds = shape.canonical_kinds
    names = [kind.value for kind in Kind if kind in kinds]
    return names[0] if len(names) == 1 else names


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
    seen = _read_count(schema, "x-seen", expected, path)
    kinds = _read_kinds(schema, seen, path)
    format_ = schema.get("format", "")
    if not isinstance(format_, str) or (format_ and format_ not in PATTERNS):
        raise SnapshotError(f"the schema at {path} has an unknown format {format_!r}")
    return Shape(
        seen=seen,
        kinds=kinds,
        format=format_,
        items=_read_items(schema, kinds, path, depth),
        fields=_read_fields(schema, kinds, path, depth),
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


def _read_items(schema: Schema, kinds: Mapping[Kind, Count], path: str, depth: int) -> Shape | None:
    if Kind.ARRAY not in kinds:
        return None
    return _read(schema.get("items", {"x-unknown": True}), kinds[Kind.ARRAY], items_path(path), depth + 1)


def _read_fields(schema: Schema, kinds: Mapping[Kind, Count], path: str, depth: int) -> dict[str, Field]:
    if Kind.OBJECT not in kinds:
        return {}
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        raise SnapshotError(f"the schema at {path} has no `properties` object and `required` list")
    fields = {}
    for name, member in sorted(properties.items()):
        place = field_path(path, name)
        if name in required:
            fields[name] = Field(_read(member, kinds[Kind.OBJECT], place, depth + 1))
        else:
            fields[name] = Field(
                _read(member, NONE, place, depth + 1),
                _read_count(member, "x-absent", Count(1, 1), place),
            )
    return fields


_COUNT = re.compile(r"(?P<values>[0-9]{1,12}) in (?P<responses>[0-9]{1,12}) responses")


def _read_count(schema: Schema, key: str, otherwise: Count, path: str) -> Count:
    written = schema.get(key)
    if written is None:
        return otherwise
    if isinstance(written, int) and not isinstance(written, bool) and written >= 0:
        return Count(written, written)
    match = _COUNT.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise SnapshotError(f"`{key}` at {path} is neither a number nor `N in M responses`: {written!r}")
    return Count(int(match["responses"]), int(match["values"]))


def to_closed_schema(shape: Shape) -> Schema | bool:
    """A schema that accepts exactly the values which teach the shape nothing it does not know."""
    if not shape.kinds:
        return False
    schema: Schema = {"type": _type(shape)}
    if Kind.STRING in shape.kinds and shape.format:
        schema["pattern"] = f"^(?:{PATTERNS[shape.format]})$"
    if Kind.OBJECT in shape.kinds:
        schema["properties"] = {name: to_closed_schema(member.shape) for name, member in shape.fields.items()}
        schema["required"] = [name for name, member in shape.fields.items() if member.required]
        schema["additionalProperties"] = False
    if shape.items is not None:
        schema["items"] = to_closed_schema(shape.items)
    return schema
