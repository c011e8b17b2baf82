from __future__ import annotations

from itertools import permutations

import pytest

from drift.cases import CUSTOMER, drop, put
from pytest_integration_contracts.drift.compare import compare
from pytest_integration_contracts.drift.policy import weigh, worst_first
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Severity
from pytest_integration_contracts.shapes.infer import infer
from strategies import JSON

B, W, C = Severity.BREAKING, Severity.WARNING, Severity.COMPATIBLE


def weighed(before: list[JSON], after: list[JSON], rule: str) -> tuple[Severity, str]:
    (change,) = [change for change in compare(infer(before), infer(after)) if change.rule == rule]
    return change.severity, change.note


@pytest.mark.parametrize(
    ("responses", "severity", "note"),
    [
        (1, W, "learned from only 1 response"),
        (4, W, "learned from only 4 responses"),
        (5, B, ""),
        (40, B, ""),
    ],
)
def test_null_breaks_where_enough_responses_never_had_it(responses: int, severity: Severity, note: str) -> None:
    after = [CUSTOMER, put("email", None)(CUSTOMER)]
    assert weighed([CUSTOMER] * responses, after, "value.became-nullable") == (severity, note)


def test_many_items_of_few_responses_are_a_thin_baseline() -> None:
    assert weighed([[CUSTOMER] * 500], [[put("email", None)(CUSTOMER)]], "value.became-nullable")[0] is W
    assert weighed([["2024-01-31"] * 500], [["soon"]], "format.lost")[0] is W


@pytest.mark.parametrize(
    ("responses", "severity", "note"),
    [(1, W, ""), (19, W, ""), (20, B, "20 responses had it"), (21, B, "21 responses had it")],
)
def test_a_lost_format_breaks_where_twenty_responses_had_it(responses: int, severity: Severity, note: str) -> None:
    assert weighed([{"a": "2024-01-31"}] * responses, [{"a": "soon"}], "format.lost") == (severity, note)


def test_responses_without_a_string_do_not_vouch_for_a_format() -> None:
    mostly_null = [{"a": "2024-01-31"}] + [{"a": None}] * 30
    assert weighed(mostly_null, [{"a": "soon"}], "format.lost") == (W, "")
    mostly_integers = [{"a": "2024-01-31"}] * 19 + [{"a": 1}] * 30
    assert weighed(mostly_integers, [{"a": "soon"}, {"a": 1}], "format.lost") == (W, "")


@pytest.mark.parametrize("responses", [1, 4, 5, 50])
def test_a_field_that_is_gone_breaks_at_the_first_proof(responses: int) -> None:
    assert weighed([CUSTOMER] * responses, [drop("email")(CUSTOMER)], "property.removed") == (B, "")
    assert weighed([[CUSTOMER]] * responses, [[drop("email")(CUSTOMER)]], "property.removed") == (B, "")
    assert weighed([CUSTOMER] * responses, [put("email", 1)(CUSTOMER)], "type.changed") == (B, "")


@pytest.mark.parametrize(("responses", "severity"), [(1, W), (4, W), (5, B), (50, B)])
def test_a_field_that_a_sibling_item_still_has_is_a_warning_while_the_baseline_is_thin(
    responses: int, severity: Severity
) -> None:
    after = [[CUSTOMER, drop("email")(CUSTOMER)]]
    assert weighed([[CUSTOMER] * 2] * responses, after, "property.became-optional")[0] is severity


@pytest.mark.parametrize("responses", [1, 4, 5, 50])
def test_a_field_that_is_sometimes_gone_breaks_where_no_sibling_item_has_it(responses: int) -> None:
    after = [CUSTOMER, drop("email")(CUSTOMER)]
    assert weighed([CUSTOMER] * responses, after, "property.became-optional") == (B, "")


@pytest.mark.parametrize("name", ["id", "_id", "user_id", "userId", "userID", "orderLineId", "a.b.id", "größe_id"])
def test_an_identifier_with_a_fraction_breaks(name: str) -> None:
    assert weighed([{name: 1}], [{name: 1.5}], "type.integer-to-number") == (B, "an identifier")
    assert weighed([[{"x": {name: 1}}]], [[{"x": {name: 1.5}}]], "type.integer-to-number") == (B, "an identifier")


@pytest.mark.parametrize(
    "name", ["paid", "grid", "Grid", "VALID", "idea", "id_count", "identifier", "width", "user_ids", "amount", "a b"]
)
def test_what_only_looks_like_an_identifier_is_a_warning(name: str) -> None:
    assert weighed([{name: 1}], [{name: 1.5}], "type.integer-to-number") == (W, "")
    assert weighed([{"id": {name: 1}}], [{"id": {name: 1.5}}], "type.integer-to-number") == (W, "")


@pytest.mark.parametrize("rule", RULES)
def test_without_evidence_that_says_otherwise_a_rule_has_its_own_severity(rule: str) -> None:
    change = Change(rule, "$.amount", RULES[rule].severity, "before", "after")
    assert weigh(change, responses=10, sibling=False) == change
    assert weigh(change, responses=10, sibling=True) == change


def test_changes_stand_worst_first_then_by_rule_then_by_path() -> None:
    ordered = [
        Change("property.removed", "$.a", B, "", ""),
        Change("property.removed", "$.b", B, "", ""),
        Change("type.changed", "$.a", B, "", ""),
        Change("value.became-nullable", "$.a", W, "", ""),
        Change("format.lost", "$", W, "", ""),
        Change("property.added", "$.a", C, "", ""),
    ]
    for given in permutations(ordered):
        assert worst_first(list(given)) == tuple(ordered)


def test_a_comparison_stands_worst_first() -> None:
    before = [{"rank": 3, "email": "ada@mail.example", "balance": 12.5}] * 6
    after = [{"rank": 3.5, "balance": "12.50", "nickname": "ada"}]
    assert [(change.severity, change.rule) for change in compare(infer(before), infer(after))] == [
        (B, "property.removed"),
        (B, "type.changed"),
        (W, "type.integer-to-number"),
        (C, "property.added"),
    ]
