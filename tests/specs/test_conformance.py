"""What is said of responses that are not as a document says: one change for each cause, and no value in any."""

from __future__ import annotations

import pytest

from pytest_integration_contracts.drift.conformance_rules import CONFORMANCE_RULES
from pytest_integration_contracts.drift.policy import Policy
from pytest_integration_contracts.manifest.manifest import Override
from pytest_integration_contracts.model import NO_BODY, Change, Exchange, Severity
from pytest_integration_contracts.reports.styled import difference
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.specs.conformance import conformance_changes, undeclared, unusable
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.engine import Engine
from specs.describing import answered, described, only

CUSTOMER = {
    "type": "object",
    "required": ["id", "email"],
    "properties": {
        "id": {"type": "string"},
        "email": {"type": "string"},
        "status": {"enum": ["open", "won"]},
        "made": {"type": "string", "format": "date-time"},
        "owner": {"$ref": "#/components/schemas/Customer"},
    },
}
AT = "#/components/schemas/Customer"
GOOD = {"id": "a", "email": "b"}


def listing(**response: object) -> Spec:
    rows = {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": AT}}}}
    return described(rows, response=dict(response), Customer=CUSTOMER)


def told(spec: Spec, *exchanges: Exchange) -> list[Change]:
    engine, operation = Engine(spec), only(spec)
    bodies = [each.response_body for each in exchanges if each.response_body is not NO_BODY]
    return conformance_changes(
        [engine.violations(operation, each) for each in exchanges], settle(infer(bodies) if bodies else infer([None]))
    )


HEADERS = {"X-Total": {"required": True, "schema": {"type": "integer"}}}
TOLD = {
    "spec.operation-undeclared": [undeclared("GET /internal")],
    "spec.operation-unusable": [unusable("#/paths/~1customers/get")],
    "spec.status-undeclared": told(listing(), answered({"items": []}, 418)),
    "spec.media-undeclared": told(listing(), answered(NO_BODY, media="text/html")),
    "spec.header-missing": told(listing(headers=HEADERS), answered({"items": []})),
    "spec.header-violated": told(listing(headers=HEADERS), answered({"items": []}, x_total="many")),
    "spec.required-missing": told(listing(), answered({"items": [{"id": "a"}]})),
    "spec.type-violated": told(listing(), answered({"items": [GOOD | {"id": 7}]})),
    "spec.enum-violated": told(listing(), answered({"items": [GOOD | {"status": "lost"}]})),
    "spec.body-violated": told(listing(), answered({"items": [GOOD | {"made": "yesterday"}]})),
}


def test_every_rule_about_conformance_is_told_by_a_case() -> None:
    assert list(TOLD) == [rule.id for rule in CONFORMANCE_RULES]


@pytest.mark.parametrize("rule", TOLD)
def test_a_response_that_is_not_as_the_document_says_is_one_warning(rule: str) -> None:
    (change,) = TOLD[rule]
    assert (change.rule, change.severity) == (rule, Severity.WARNING)


@pytest.mark.parametrize(
    ("rule", "path", "said"),
    [
        ("spec.status-undeclared", "$", "200 (#/paths/~1customers/get/responses) -> 418"),
        ("spec.header-violated", "header:x-total", "integer (#/paths/~1customers/get/responses/200/headers/"),
        ("spec.required-missing", "$.items[*].email", f"required ({AT}/properties/email) -> missing, in 1 of 1"),
        ("spec.type-violated", "$.items[*].id", f"string ({AT}/properties/id/type) -> integer, in 1 of 1"),
        ("spec.enum-violated", "$.items[*].status", f"open|won ({AT}/properties/status/enum) -> another string, in"),
        ("spec.body-violated", "$.items[*].made", f"format date-time ({AT}/properties/made/format) -> string that"),
        ("spec.operation-unusable", "$", "#/paths/~1customers/get -> nothing was held against it"),
        ("spec.operation-undeclared", "$", "GET /internal is not in the document"),
    ],
)
def test_a_change_says_where_it_is_and_where_the_document_says_otherwise(rule: str, path: str, said: str) -> None:
    (change,) = TOLD[rule]
    assert change.path == path
    assert difference(change).startswith(said)


def test_many_instances_of_one_cause_are_one_change_with_all_its_places() -> None:
    bad = GOOD | {"id": 7}
    rows = [bad, bad, GOOD | {"owner": bad}, GOOD | {"owner": GOOD | {"owner": bad}}]
    (change,) = told(listing(), answered({"items": rows}), answered({"items": [GOOD]}), answered({"items": [bad]}))
    assert change.path == "$.items[*].id"
    assert change.observed == (2, 3)


def test_keys_that_are_data_are_in_no_path() -> None:
    spec = described({"additionalProperties": {"properties": {"rate": {"type": "number"}}}})
    body = {f"2026-01-{day:02}": {"rate": "secret"} for day in range(1, 29)}
    (change,) = told(spec, answered(body))
    assert change.path == "$.*.rate"
    assert "2026" not in repr(change)
    assert "secret" not in repr(change)


def test_a_document_that_a_large_body_violates_everywhere_is_told_in_a_few_changes() -> None:
    rows = [{"id": number, "status": f"s{number}", "made": "x"} for number in range(5000)]
    assert sorted(change.rule for change in told(listing(), answered({"items": rows}))) == [
        "spec.body-violated",
        "spec.enum-violated",
        "spec.required-missing",
        "spec.type-violated",
    ]


def test_json_that_is_called_otherwise_is_compatible_and_its_body_is_held_all_the_same() -> None:
    changes = told(listing(), answered({"items": [{"id": "a"}]}, media="application/vnd.api+json"))
    assert [(change.rule, change.severity.value, change.note) for change in changes] == [
        ("spec.media-undeclared", "compatible", "both are JSON"),
        ("spec.required-missing", "warning", ""),
    ]


def test_a_policy_weighs_conformance_as_everything_else() -> None:
    warned = TOLD["spec.type-violated"]
    assert [change.severity.value for change in Policy("strict").hold(warned)] == ["breaking"]
    assert Policy(overrides=(Override("spec.*", "off"),)).hold(warned) == []
    held = Policy(overrides=(Override("spec.type-violated", "breaking", path="$.items[*].id"),)).hold(warned)
    assert [change.breaks for change in held] == [True]
