"""Generated values: valid by their schema, the same for the same seed, and much like what an upstream sends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_integration_contracts.serving.generating import generate
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.reading import read_document
from pytest_integration_contracts.specs.schemas_of_shapes import schema_of
from strategies import quickly, similar_bodies

OPENAPI = Path(__file__).parents[3] / "shared" / "corpus" / "openapi"


def made(schema: object, seed: str = "0", **document: Any) -> Any:
    return generate(schema, Spec(document).at, seed)


@quickly
@given(similar_bodies(1), st.integers(0, 9))
def test_a_body_made_of_a_snapshot_is_one_that_the_snapshot_knows(sets: tuple[list[Any], ...], seed: int) -> None:
    schema = schema_of(settle(infer(sets[0])))
    body = json.loads(json.dumps(made(schema, str(seed))))
    assert list(Draft202012Validator(schema).iter_errors(body)) == []
    assert made(schema, str(seed)) == body


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 10, "maximum": 12},
        {"type": "integer", "exclusiveMinimum": 10, "exclusiveMaximum": 12},
        {"type": "integer", "maximum": -5},
        {"type": "number", "minimum": 0.25, "maximum": 0.5},
        {"type": "integer", "multipleOf": 7, "minimum": 100},
        {"type": "string", "minLength": 30},
        {"type": "string", "maxLength": 3},
        {"type": "string", "pattern": "^[A-Z]{3}$"},
        {"type": "string", "pattern": "^[0-9]{10}$"},
        {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 5},
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3},
        {"type": "object", "patternProperties": {"^[A-Z]{3}$": {"type": "number"}}, "additionalProperties": False},
        {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "boolean"}}}]},
        {"oneOf": [{"type": "null"}, {"type": "object", "required": ["a"], "properties": {"a": {"const": 1}}}]},
        {"type": ["string", "null"], "enum": ["open", None]},
        {"required": ["undeclared"], "type": "object"},
    ],
)
def test_what_a_schema_asks_for_is_kept(schema: dict[str, Any]) -> None:
    for seed in range(20):
        errors = list(Draft202012Validator(schema).iter_errors(made(schema, str(seed))))
        assert not errors, errors[0].message


def test_examples_and_vocabularies_come_first() -> None:
    assert made({"type": "string", "example": "A-17"}) == "A-17"
    assert made({"type": "string", "examples": ["x"]}) == "x"
    assert made({"type": "integer", "example": "not a number", "minimum": 3, "maximum": 3}) == 3
    assert made({"type": "string", "enum": ["open"]}) == "open"


def test_names_and_formats_look_like_what_they_are() -> None:
    body = made(
        {
            "type": "object",
            "properties": {
                "first_name": {"type": "string"},
                "currency": {"type": "string"},
                "email": {"type": "string", "format": "email"},
                "created_at": {"type": "string", "format": "date-time"},
                "secret": {"type": "string", "writeOnly": True},
            },
        }
    )
    assert body["first_name"] in {"Ada", "Grace", "Alan", "Katherine"}
    assert body["currency"] in {"EUR", "USD", "GBP"}
    assert body["email"].endswith("@mail.example")
    assert re.fullmatch(r"2025-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["created_at"])
    assert "secret" not in body


def test_references_are_followed_and_circles_end() -> None:
    node = {
        "type": "object",
        "required": ["name", "children"],
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            "itself": {"$ref": "#/components/schemas/Itself"},
        },
    }
    itself = {"$ref": "#/components/schemas/Itself"}
    body = made({"$ref": "#/components/schemas/Node"}, components={"schemas": {"Node": node, "Itself": itself}})
    assert body["children"] is not None
    assert len(json.dumps(body)) < 100_000


def test_a_discriminator_has_the_value_of_what_was_chosen() -> None:
    card = {"type": "object", "properties": {"kind": {"type": "string"}, "last4": {"type": "string"}}}
    either = {
        "oneOf": [{"$ref": "#/components/schemas/Card"}],
        "discriminator": {"propertyName": "kind", "mapping": {"card": "#/components/schemas/Card"}},
    }
    assert made(either, components={"schemas": {"Card": card}})["kind"] == "card"


@pytest.mark.skipif(not OPENAPI.is_dir(), reason="the corpus of published documents is not here")
def test_most_of_what_is_made_of_a_real_document_is_valid_by_it() -> None:
    valid, wrong = 0, []
    for path in sorted(OPENAPI.rglob("*heckout*.json")):
        spec = Spec(read_document(path.read_bytes(), path.name))
        for operation in spec.operations():
            for response in operation.responses.values():
                for part in response.media.values():
                    schema = {"components": spec.document.get("components", {}), "allOf": [part.schema]}
                    body = generate(part.schema, spec.at, "0")
                    if Draft202012Validator(schema).is_valid(body):
                        valid += 1
                    else:
                        wrong.append(part.pointer)
    assert valid > 100
    assert len(wrong) <= 0.02 * valid, wrong
