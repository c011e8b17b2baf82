"""JSON Schemas that others wrote: what they declare is what a comparison takes for granted."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_integration_contracts.drift.compare import widens
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.shapes.foreign import is_schema, shape_of_schema
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.schema import to_schema
from pytest_integration_contracts.shapes.shape import UNKNOWN

JSON = Any

CARD = {
    "type": "object",
    "properties": {"type": {"const": "card"}, "last4": {"type": "string"}},
    "required": ["type", "last4"],
}
BANK = {
    "type": "object",
    "properties": {"type": {"const": "bank"}, "iban": {"type": "string"}},
    "required": ["type", "iban"],
}


def told(schema: JSON, *bodies: JSON) -> list[tuple[str, str]]:
    """The rules and paths of what bodies have that the schema does not declare."""
    return [(change.rule, change.path) for change in widens(shape_of_schema(schema), infer(bodies))]


@pytest.mark.parametrize(
    ("schema", "fitting", "other", "rule"),
    [
        ({"type": "string"}, "a", 1, "type.changed"),
        ({"type": ["string", "null"]}, None, 1, "type.changed"),
        ({"type": "string", "nullable": True}, None, 1, "type.changed"),
        ({"type": "string", "format": "date"}, "2024-01-31", "soon", "format.lost"),
        ({"type": "integer", "format": "int64"}, 1, 1.5, "type.integer-to-number"),
        ({"enum": ["a", "b"]}, "a", 1, "type.changed"),
        ({"enum": [1, 2, None]}, None, "a", "type.changed"),
        ({"enum": [True, 1.5, {}, []]}, {}, "a", "type.changed"),
        ({"const": 1}, 1, "a", "type.changed"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None, 1, "type.changed"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, 1, True, "type.changed"),
        ({"type": "array", "items": {"type": "string"}}, ["a"], "a", None),
        ({"minimum": 0, "maximum": 9}, 1.5, True, "type.changed"),
        ({"pattern": "a*"}, "a", 1, "type.changed"),
        ({"allOf": [{"type": ["string", "null"]}, {"type": ["string", "integer"]}]}, "a", 1, "type.changed"),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, 1, 1.5, "type.integer-to-number"),
        ({"$ref": "#/$defs/name", "$defs": {"name": {"type": "string"}}}, "a", 1, "type.changed"),
        ({"$ref": "#/definitions/a~1b~0", "definitions": {"a/b~": {"type": "string"}}}, "a", 1, "type.changed"),
        ({"$ref": "#/allOf/0", "allOf": [{"type": "string"}]}, "a", 1, "type.changed"),
    ],
)
def test_values_are_held_against_what_is_declared(schema: JSON, fitting: JSON, other: JSON, rule: str | None) -> None:
    assert told(schema, fitting) == []
    if rule is None:
        assert told(schema, other) != []
    else:
        assert told(schema, other) == [(rule, "$")]


@pytest.mark.parametrize("schema", [{}, True, {"description": "anything"}, {"anyOf": [{"type": "string"}, {}]}])
def test_what_is_not_declared_is_unknown_and_learned_in_silence(schema: JSON) -> None:
    declared = {"type": "object", "properties": {"v": schema}, "required": ["v"]}
    for value in ("a", 1, {"a": 1}):
        assert told(declared, {"v": value}) == [("value.unknown-learned", "$.v")]


RECORD = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "note": {"type": "string"}},
    "required": ["id"],
}


class TestObjects:
    def test_required_is_always_there_and_the_others_are_not(self) -> None:
        assert told(RECORD, {"id": 1}, {"id": 2, "note": "a"}) == []
        assert told(RECORD, {"note": "a"}) == [("property.removed", "$.id")]
        assert told(RECORD, {"id": 1, "note": "a", "more": 1}) == [("property.added", "$.more")]

    def test_parts_of_all_of_are_put_together(self) -> None:
        more = {"properties": {"more": {"type": "string"}, "id": {"minimum": 1}}, "required": ["more"]}
        both = {"allOf": [RECORD, more]}
        assert told(both, {"id": 1, "more": "a"}) == []
        assert told(both, {"id": 1}) == [("property.removed", "$.more")]
        assert told(both, {"id": "a", "more": "a"}) == [("type.changed", "$.id")]

    def test_of_alternatives_only_what_all_require_is_always_there(self) -> None:
        other = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id", "type"]}
        either = {"anyOf": [RECORD, other]}
        assert told(either, {"id": 1}, {"id": "a"}, {"id": 2, "note": "a"}) == []
        assert told(either, {"note": "a"}) == [("property.removed", "$.id")]

    def test_variants_may_have_each_its_own(self) -> None:
        choice = {"type": "array", "items": {"oneOf": [CARD, {"anyOf": [BANK]}, {"type": "null"}]}}
        card, bank = {"type": "card", "last4": "4242"}, {"type": "bank", "iban": "DE00"}
        assert told(choice, [card, bank, None]) == []
        assert told(choice, [card], [bank]) == []
        assert told(choice, [{**card, "last4": 4242}, bank]) == [("type.changed", "$[*].last4")]

    def test_a_circle_of_references_ends_in_what_is_unknown(self) -> None:
        node = {
            "type": "object",
            "properties": {"name": {"type": "string"}, "parent": {"$ref": "#"}},
            "required": ["name"],
        }
        assert told(node, {"name": "a"}) == []
        assert told(node, {"name": 1}) == [("type.changed", "$.name")]
        assert told({"$ref": "#"}, "a") == [("value.unknown-learned", "$")]


class TestArrays:
    def test_items_are_held_against_what_is_declared(self) -> None:
        schema = {"items": {"type": "string"}}
        assert told(schema, ["a"]) == []
        assert told(schema, [1]) == [("type.changed", "$[*]")]

    def test_a_tuple_has_items_of_all_its_types(self) -> None:
        schema = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}
        assert told(schema, ["a", 1]) == []
        assert told(schema, [True]) == [("type.changed", "$[*]")]

    def test_items_of_which_nothing_is_said_are_unknown(self) -> None:
        assert told({"type": "array"}, [1]) == [("value.unknown-learned", "$[*]")]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "other.json#/a"}, "refers to other.json#/a, which is not in the file; bundle it first"),
        ({"$ref": "#anchor"}, "refers to #anchor, which is not in the file; bundle it first"),
        ({"$ref": "#/$defs/missing"}, "refers to #/$defs/missing, which it does not have"),
        ({"$ref": "#/allOf/x", "allOf": [{}]}, "refers to #/allOf/x, which it does not have"),
        ({"type": "text"}, "has the type 'text', which is none of JSON's"),
        ({"properties": []}, "has `properties` [], which is not an object"),
        ({"properties": {"a": "string"}}, "has 'string' where a schema belongs"),
        ({"allOf": [1]}, "has 1 where a schema belongs"),
    ],
)
def test_what_is_no_schema_says_why(schema: JSON, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        shape_of_schema(schema)
    assert str(caught.value) == f"the JSON Schema {said}"


def test_one_that_is_nested_too_deep_says_so() -> None:
    schema: JSON = {"type": "string"}
    for _ in range(5000):
        schema = {"type": "array", "items": schema}
    with pytest.raises(UsageError, match="nested too deep"):
        shape_of_schema(schema)


def test_nothing_declared_is_the_unknown_shape() -> None:
    assert shape_of_schema({"$schema": "https://json-schema.org/draft/2020-12/schema"}) == UNKNOWN


@pytest.mark.parametrize(
    ("document", "schema"),
    [
        (to_schema(infer([{"a": 1}])), True),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, True),
        ({"$schema": "https://schemas.example/order"}, False),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, True),
        ({"type": "object", "properties": {"a": "b"}}, False),
        ({"type": "object"}, False),
        ({"type": "array", "items": {"type": "string"}}, True),
        ({"type": "array", "items": [{"id": 1}]}, False),
        ({"type": "order", "properties": {"a": {}}}, False),
        ({"title": "a", "items": [], "description": "b"}, False),
        ([], False),
        (None, False),
    ],
)
def test_a_body_is_not_taken_for_a_schema(document: JSON, schema: bool) -> None:  # noqa: FBT001
    assert is_schema(document) == schema
