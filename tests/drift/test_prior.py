"""What a document declares of a place, against what few or many samples say of it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_integration_contracts.drift.compare import compare
from pytest_integration_contracts.drift.policy import STANDARD, Policy
from pytest_integration_contracts.drift.reasons import Context
from pytest_integration_contracts.drift.rule import THICK, THIN
from pytest_integration_contracts.manifest.manifest import Override
from pytest_integration_contracts.shapes.foreign import shape_of_schema
from pytest_integration_contracts.shapes.infer import infer

CUSTOMER: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "email": {"type": "string"},
        "phone": {"type": ["string", "null"]},
        "port": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        "status": {"enum": ["open", "won", "lost"]},
    },
}
LISTING: dict[str, Any] = {"type": "object", "properties": {"items": {"type": "array", "items": CUSTOMER}}}
KNOWN = {"id": 1, "email": "a", "phone": "b", "port": 80, "status": "open", "size": 1}

Said = list[tuple[str, str, str]]


def told(old: list[Any], new: list[Any], schema: dict[str, Any] | None, policy: Policy = STANDARD) -> Said:
    """Severity, rule and note of each change, with a document or without."""
    context = Context(declared=shape_of_schema(schema)) if schema else Context()
    changes = compare(infer(old), infer(new), context=context, policy=policy)
    return [(change.severity.value, change.rule, change.note) for change in changes]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in KNOWN.items() if key != name}


def listed(*rows: object) -> dict[str, Any]:
    return {"items": list(rows)}


REQUIRED = "the document declares it required"
OPTIONAL = "the document does not declare it required"


@pytest.mark.parametrize(("seen", "optional"), [(1, "warning"), (THIN, "breaking"), (THICK, "breaking")])
def test_a_field_that_is_gone_breaks_unless_few_samples_and_the_document_say_that_it_may(
    seen: int, optional: str
) -> None:
    for name, severity, note in (("id", "breaking", REQUIRED), ("email", optional, OPTIONAL), ("size", "breaking", "")):
        assert told([KNOWN] * seen, [without(name)], CUSTOMER) == [(severity, "property.removed", note)]


def test_a_declared_field_breaks_though_the_evidence_is_thin() -> None:
    lenient = Policy("lenient")
    assert told([KNOWN], [without("id")], None, lenient)[0][0] == "warning"
    assert told([KNOWN], [without("id")], CUSTOMER, lenient) == [("breaking", "property.removed", REQUIRED)]
    rows = [listed(KNOWN, KNOWN)], [listed(KNOWN, without("id"))]
    assert told(*rows, None)[0][:2] == ("warning", "property.became-optional")
    assert told(*rows, LISTING) == [("breaking", "property.became-optional", REQUIRED)]


@pytest.mark.parametrize(("seen", "severity"), [(1, "warning"), (THIN, "warning"), (THICK, "breaking")])
def test_a_field_that_only_sometimes_comes_is_optional_until_many_samples_speak_against_it(
    seen: int, severity: str
) -> None:
    rows = [listed(KNOWN, KNOWN)] * seen, [listed(KNOWN, without("email"))]
    assert told(*rows, LISTING) == [(severity, "property.became-optional", OPTIONAL)]


def test_a_document_that_requires_nothing_says_nothing_about_presence() -> None:
    silent = {**CUSTOMER, "required": []}
    listing = {"type": "object", "properties": {"items": {"type": "array", "items": silent}}}
    rows = [listed(KNOWN, KNOWN)] * THIN, [listed(KNOWN, without("email"))]
    assert told(*rows, listing) == told(*rows, None) == [("breaking", "property.became-optional", "")]
    assert told([KNOWN], [without("email")], silent) == told([KNOWN], [without("email")], None)


@pytest.mark.parametrize("seen", [1, THIN, THICK])
def test_null_where_it_is_declared_is_a_warning_however_thick_the_evidence(seen: int) -> None:
    told_of_phone = told([KNOWN] * seen, [KNOWN | {"phone": None}], CUSTOMER)
    assert told_of_phone == [("warning", "value.became-nullable", "the document declares it nullable")]


def test_null_where_it_is_not_declared_is_weighed_by_its_evidence() -> None:
    rows = [KNOWN] * THIN, [KNOWN | {"email": None}]
    assert told(*rows, CUSTOMER) == told(*rows, None) == [("breaking", "value.became-nullable", "")]


def test_a_value_of_another_kind_that_is_declared_beside_the_known_one_is_a_warning() -> None:
    rows = [KNOWN] * THICK, [KNOWN | {"port": "{{ PORT }}"}]
    assert told(*rows, None)[0][0] == "breaking"
    assert told(*rows, CUSTOMER) == [("warning", "type.changed", "the document declares both")]
    assert told([KNOWN] * THICK, [KNOWN | {"email": 7}], CUSTOMER)[0][0] == "breaking"


def words(*sent: str) -> list[Any]:
    return [KNOWN | {"status": word} for word in sent]


def test_a_word_that_the_document_lists_is_no_news_and_any_other_is() -> None:
    known = words("open", "won") * THICK
    assert told(known, words("lost"), None) == [("warning", "vocabulary.value-added", "")]
    assert told(known, words("lost"), CUSTOMER) == [("compatible", "vocabulary.value-added", "the document lists it")]
    assert told(known, words("gone"), CUSTOMER) == [("warning", "vocabulary.value-added", "")]
    assert told(known, words("lost", "gone"), CUSTOMER) == [("warning", "vocabulary.value-added", "")]


def test_places_that_the_document_does_not_know_are_weighed_as_without_it() -> None:
    rows = [KNOWN | {"more": {"a": 1, "b": 2}}] * THIN, [KNOWN | {"more": {"a": None}}]
    assert told(*rows, CUSTOMER) == told(*rows, None)


def test_values_of_a_map_have_what_is_declared_of_its_values() -> None:
    rate = {"type": "object", "required": ["x"], "properties": {"x": {"type": ["number", "null"]}, "y": {}}}
    schema = {"type": "object", "additionalProperties": rate}
    rates = {f"2026-01-{day:02}": {"x": 1.5, "y": 1} for day in range(1, 29)}
    assert told([rates] * THIN, [rates | {"2026-01-01": {"x": None, "y": 1}}], schema) == [
        ("warning", "value.became-nullable", "the document declares it nullable")
    ]


def test_strict_raises_what_a_document_lowers_and_an_override_is_final() -> None:
    rows = [KNOWN] * THICK, [KNOWN | {"phone": None}]
    strict = ("breaking", "value.became-nullable", "the document declares it nullable; preset strict")
    assert told(*rows, CUSTOMER, Policy("strict")) == [strict]
    off = Policy(overrides=(Override("value.became-nullable", "off"),))
    assert told(*rows, CUSTOMER, off) == []


def test_what_explains_an_absence_still_does() -> None:
    context = Context(old_requests=infer([{"id": 1}]), new_requests=infer([{"email": "a"}]))
    changes = compare(infer([KNOWN]), infer([without("id")]), context=context)
    explained = [change.severity.value for change in changes]
    declared = Context(
        old_requests=context.old_requests, new_requests=context.new_requests, declared=shape_of_schema(CUSTOMER)
    )
    assert [
        each.severity.value for each in compare(infer([KNOWN]), infer([without("id")]), context=declared)
    ] == explained
    assert explained == ["warning"]
