"""The OpenAPI document made of snapshots: valid, true to what was observed, and read back without a change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import schemathesis.openapi
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from pytest_integration_contracts.drift.compare import compare
from pytest_integration_contracts.manifest.manifest import Integration, Prefix
from pytest_integration_contracts.model import Change
from pytest_integration_contracts.shapes.foreign import shape_of_schema
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import UNKNOWN
from pytest_integration_contracts.snapshots.snapshot import read_snapshot
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.export import ObservedOperation, ObservedResponse, openapi_of
from pytest_integration_contracts.specs.reading import read_document
from pytest_integration_contracts.specs.schemas_of_shapes import schema_of
from strategies import json_values, quickly, similar_bodies

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "crm"
CASSETTES = ROOT.parent / "shared" / "corpus" / "cassettes" / "datadog"

CRM = Integration(
    "crm",
    (
        Prefix("https://login.crm.example", "https://login.crm.example", "/login.crm.example"),
        Prefix("https://api.crm.example/v2", "https://api.crm.example/v2", "/v2"),
        Prefix("http://127.0.0.1:9/v1", "https://api.crm.example/v1"),
    ),
    owner="team-revenue",
    contact="support@crm.example",
)


def run(*arguments: str | Path, directory: Path) -> str:
    command = [sys.executable, "-c", "from pytest_integration_contracts.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def response(
    *bodies: object, key: str = "200 application/json", requests: list[object] | None = None
) -> ObservedResponse:
    return ObservedResponse(key, len(bodies), UNKNOWN, settle(infer(bodies)), infer(requests or []))


def operation(name: str, *responses: ObservedResponse, **said: Any) -> ObservedOperation:
    return ObservedOperation(name, "1.0", "2026-01-31", responses=responses or (response({"id": 1}),), **said)


def made(*operations: ObservedOperation, integration: Integration = CRM) -> dict[str, Any]:
    document = json.loads(json.dumps(openapi_of(integration, operations)))
    validate(document, cls=OpenAPIV31SpecValidator)
    return document


def body_schema(document: dict[str, Any], method: str, path: str, status: int = 200) -> Any:
    declared = Spec(document).find(method, path)
    assert declared
    answer = declared.response(status)
    assert answer
    return answer.media["application/json"].schema


def widened(changes: Iterable[Change]) -> list[str]:
    return [f"{change.severity} {change.rule} {change.path}" for change in changes if change.severity != "compatible"]


@quickly
@given(similar_bodies(1))
def test_a_schema_accepts_every_body_its_shape_was_learned_from(sets: tuple[list[Any], ...]) -> None:
    (bodies,) = sets
    schema = json.loads(json.dumps(schema_of(settle(infer(bodies)))))
    Draft202012Validator.check_schema(schema)
    assert all(Draft202012Validator(schema).is_valid(body) for body in bodies)


@quickly
@given(similar_bodies(1), st.lists(json_values, max_size=3))
def test_any_snapshots_make_a_valid_document_that_reads_as_what_they_hold(
    sets: tuple[list[Any], ...], requests: list[object]
) -> None:
    (bodies,) = sets
    shape = settle(infer(bodies))
    answer = ObservedResponse("200 application/json", len(bodies), UNKNOWN, shape, infer(requests))
    document = made(operation("POST /customers/{id}", answer), operation("EVENT order.created", answer))
    read = shape_of_schema(body_schema(document, "POST", "/customers/7"))
    # that a text was empty so far is no promise, and so no part of a document
    assert widened(each for each in compare(read, shape) if each.rule != "value.now-empty") == []


def test_the_example_gains_a_document(tmp_path: Path) -> None:
    written = tmp_path / "crm.json"
    assert run("export", "openapi", "crm", "--output", written, directory=EXAMPLE) == (
        f"wrote {written}: OpenAPI 3.1, 4 operations of crm\n"
    )
    text = written.read_text(encoding="utf-8")
    assert text == run("export", "openapi", "crm", directory=EXAMPLE)
    document = read_document(text, "crm.json")
    validate(document, cls=OpenAPIV31SpecValidator)
    assert document["servers"] == [{"url": "https://api.crm.example/v1"}]
    assert document["info"]["title"] == "crm"
    assert document["info"]["version"] == "2026-11-22"
    assert document["info"]["contact"] == {"name": "support@crm.example", "email": "support@crm.example"}
    spec = Spec(document)
    assert [str(each) for each in spec.operations()] == [
        "GET /customers",
        "GET /customers/{id}",
        "GET /customers/{id}/orders",
        "POST /oauth/token",
    ]
    for path in sorted((EXAMPLE / "contracts" / "crm").glob("*.json")):
        snapshot = read_snapshot(path)
        assert snapshot
        method, _, template = snapshot.operation.name.partition(" ")
        for key, known in snapshot.responses.items():
            assert known.body
            schema = body_schema(document, method, template.replace("{id}", "7"), int(key[:3]))
            read = shape_of_schema(schema)
            assert compare(read, known.body) == ()
            told = {change.rule for change in compare(known.body, read)}
            assert told <= {"integer.range-crossed", "format.offset-changed"}  # OpenAPI has no words for either


def test_schemathesis_loads_it(tmp_path: Path) -> None:
    schema = schemathesis.openapi.from_dict(json.loads(run("export", "openapi", "crm", directory=EXAMPLE)))
    assert {each.ok().label for each in schema.get_all_operations()} == {
        "GET /customers",
        "GET /customers/{id}",
        "GET /customers/{id}/orders",
        "POST /oauth/token",
    }


@pytest.mark.skipif(not CASSETTES.is_dir(), reason="the corpus of recorded responses is not here")
def test_a_document_of_real_recordings_accepts_each_of_them(tmp_path: Path) -> None:
    shutil.copytree(CASSETTES, tmp_path / "recorded")
    run("capture", "recorded", directory=tmp_path)
    from pytest_integration_contracts.traffic.cassettes import body_of, lists, media_of, read_cassette

    folders = [each.name for each in (tmp_path / "contracts").iterdir() if each.name != "cassettes"]
    documents = {}
    for integration in folders:
        document = json.loads(run("export", "openapi", integration, directory=tmp_path))
        validate(document, cls=OpenAPIV31SpecValidator)
        documents[integration] = Spec(document)
    held = 0
    for path in sorted((tmp_path / "recorded").rglob("*.yaml")):
        for each in read_cassette(path) or ():
            spec = documents.get(each.request.host or "")
            declared = spec and spec.find(each.request.method, each.request.path)
            answer = declared and declared.response(each.response["status"]["code"])
            content = body_of(each.response)
            if not answer or not content.lstrip().startswith((b"{", b"[")):
                continue
            part = answer.media[media_of(lists(each.response["headers"]))]
            held += 1
            errors = list(Draft202012Validator(part.schema).iter_errors(json.loads(content)))
            assert not errors, (path, errors[0].message)
    assert held > 200


def test_what_shares_method_and_path_is_one_operation_with_alternatives() -> None:
    document = made(
        operation("POST /graphql#GetOrders", response({"data": {"orders": []}}), auth=("Bearer",)),
        operation("POST /graphql#GetCustomer", response({"data": {"customer": {"id": 1}}}), auth=("header x-api-key",)),
    )
    (node,) = document["paths"]["/graphql"].values()
    assert node["summary"] == "POST /graphql#GetCustomer · POST /graphql#GetOrders"
    schema = node["responses"]["200"]["content"]["application/json"]["schema"]
    assert [each["title"] for each in schema["anyOf"]] == ["GetCustomer", "GetOrders"]
    assert node["security"] == [{"Bearer": []}, {"header-x-api-key": []}]
    assert document["components"]["securitySchemes"] == {
        "Bearer": {"type": "http", "scheme": "bearer"},
        "header-x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    }


def test_what_queries_choose_becomes_parameters() -> None:
    document = made(
        operation("GET /orders", response([{"id": 1}]), queries=("expand=customer",)),
        operation("GET /orders?format=csv", response(key="200 text/csv")),
        operation("GET /orders?format=json&view=full", response([{"id": 1, "lines": []}])),
    )
    node = document["paths"]["/orders"]["get"]
    assert [(each["name"], each["schema"].get("examples")) for each in node["parameters"]] == [
        ("expand", ["customer"]),
        ("format", ["csv", "json"]),
        ("view", ["full"]),
    ]
    assert sorted(node["responses"]["200"]["content"]) == ["application/json", "text/csv"]


def test_placeholders_of_one_path_have_names_of_their_own() -> None:
    document = made(
        operation("GET /customers/{id}/orders/{id}"),
        operation("GET /a/{id}/{id}"),
        operation("GET /days/{date}/of/{email}.json"),
        operation("PUT /customers/{customer}/orders/{order}"),
        operation("GET /odd{/x"),
    )
    assert sorted(document["paths"]) == [
        "/a/{a_id}/{a_id2}",
        "/customers/{customer}/orders/{order}",
        "/days/{date}/of/{email}.json",
        "/odd%7B/x",
    ]
    assert sorted(document["paths"]["/customers/{customer}/orders/{order}"]) == ["get", "put"]
    assert list(made(operation("GET /customers/{id}/orders/{id}"))["paths"]) == [
        "/customers/{customer_id}/orders/{order_id}"
    ]
    formats = [
        each["schema"].get("format") for each in document["paths"]["/days/{date}/of/{email}.json"]["get"]["parameters"]
    ]
    assert formats == ["date", "email"]


def test_operations_below_other_urls_name_their_server() -> None:
    document = made(
        operation("GET /customers"), operation("GET /v2/invoices"), operation("POST /login.crm.example/oauth/token")
    )
    assert document["servers"] == [{"url": "https://api.crm.example/v1"}]
    assert "servers" not in document["paths"]["/customers"]["get"]
    assert document["paths"]["/invoices"]["get"]["servers"] == [{"url": "https://api.crm.example/v2"}]
    assert document["paths"]["/oauth/token"]["post"]["servers"] == [{"url": "https://login.crm.example"}]


def test_events_are_webhooks_and_batches_are_schemas() -> None:
    document = made(
        operation("EVENT order.created", response({"id": 1}, key="payload")),
        operation("BATCH nightly orders", response([{"sku": "a"}], key="payload")),
        operation("PURGE /cache"),
    )
    assert document["paths"] == {}
    event = document["webhooks"]["order.created"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert event["required"] == ["id"]
    assert document["components"]["schemas"]["nightly-orders"]["title"] == "BATCH nightly orders"
    assert document["x-integration-contracts"] == {"left out": ["PURGE /cache"]}


def test_evidence_decides_what_a_schema_says() -> None:
    bodies = [
        {
            "state": ("open", "paid")[at % 2],
            "at": 1_700_000_000 + at,
            "total": "12.50",
            "coupon": None,
            "note": None if at % 2 else "x",
            "rates": {"EUR": 1.5, "USD": 2},
            "lines": [],
            "paid": {"type": "card", "last4": "x", "brand": "y"}
            if at % 2
            else {"type": "bank", "iban": "z", "bic": "w"},
        }
        for at in range(40)
    ]
    schema = schema_of(settle(infer(bodies)))
    members = schema["properties"]
    assert members["state"] == {"type": "string", "enum": ["open", "paid"]}
    assert members["at"]["description"] == "Unix time in seconds"
    assert members["total"]["format"] == "decimal"
    assert members["coupon"] == {"description": "Only null was ever seen here."}
    assert members["note"]["type"] == ["string", "null"]
    assert list(members["rates"]) == ["type", "patternProperties"]
    assert members["lines"] == {"type": "array", "items": {}}
    assert [each["title"] for each in members["paid"]["anyOf"]] == ["type: bank", "type: card"]
    assert members["paid"]["anyOf"][1]["properties"]["type"] == {"const": "card"}
    assert schema["required"] == sorted(members)
