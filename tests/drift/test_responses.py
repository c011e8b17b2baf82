from __future__ import annotations

import pytest

from drift.exchanging import answer, from_text
from pytest_integration_contracts.drift.budgets import freshness_change, latency_change
from pytest_integration_contracts.drift.conduct import conduct_changes
from pytest_integration_contracts.drift.response_rules import RESPONSE_RULES
from pytest_integration_contracts.drift.responses import (
    LOGIN,
    SAME_HOST,
    Demands,
    added_response,
    key_of,
    media_of,
    replaced_response,
    response_key,
    status_of,
    unknown_response,
)
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change

JSON, HTML, PROBLEM = "application/json", "text/html", "application/problem+json"
OK = f"200 {JSON}"

UNKNOWN: list[tuple[Change, str]] = [
    (unknown_response("204", known=[OK], beside=["204"]), "status.changed"),
    (unknown_response(f"404 {PROBLEM}", known=[OK], beside=[f"404 {PROBLEM}"]), "status.changed"),
    (unknown_response(f"202 {JSON}", known=[OK], beside=[OK, f"202 {JSON}"]), "status.success-added"),
    (unknown_response(f"302 {HTML}", known=[OK], beside=[OK, f"302 {HTML}"]), "status.success-added"),
    (unknown_response(f"429 {JSON}", known=[OK], beside=[OK, f"429 {JSON}"]), "status.new-error"),
    (unknown_response(f"200 {HTML}", known=[OK], beside=[f"200 {HTML}"]), "media.changed"),
    (unknown_response("200", known=[OK], beside=["200"]), "media.changed"),
    (added_response(f"200 {HTML}", [OK]), "media.added"),
    (added_response(f"201 {JSON}", [OK]), "status.success-added"),
    (added_response(f"400 {JSON}", [OK]), "status.new-error"),
    (added_response(f"399 {JSON}", [OK]), "status.success-added"),
    (added_response(f"503 {HTML}", [OK]), "status.new-error"),
    (replaced_response(OK, f"200 {HTML}"), "media.changed"),
    (replaced_response(OK, f"201 {JSON}"), "status.changed"),
    (replaced_response(f"200 {HTML}", OK), "media.changed"),
    (unknown_response(f"{OK} (error)", known=[OK], beside=[f"{OK} (error)"]), "error.in-success"),
    (unknown_response(f"{OK} (error)", known=[f"404 {JSON}"], beside=[]), "error.in-success"),
    (unknown_response(OK, known=[f"{OK} (error)"], beside=[OK]), "status.success-added"),
    (added_response(f"{OK} (error)", [OK]), "error.in-success"),
    (replaced_response(OK, f"{OK} (error)"), "error.in-success"),
    (unknown_response("301", known=[OK], beside=["301"], demands=Demands(frozenset({SAME_HOST}))), "redirect.added"),
    (added_response("301", [OK], Demands(frozenset({SAME_HOST}))), "redirect.added"),
    (replaced_response(OK, "301", Demands(frozenset({SAME_HOST}))), "redirect.added"),
    (replaced_response(OK, "302", Demands(steps=frozenset({LOGIN}))), "auth.step-added"),
    (replaced_response(OK, "401", Demands(challenges=frozenset({"Bearer"}))), "auth.step-added"),
    (added_response("401", [OK], Demands(challenges=frozenset({"Bearer"}))), "status.new-error"),
]
"""What is said of a response of a kind that nobody knows, and the rule it must be."""


def _shown() -> list[tuple[Change, str]]:
    """What is said of the examples of the rules about responses that are known."""
    pairs = [(rule, *map(from_text, rule.example)) for rule in RESPONSE_RULES]
    found = [(change, rule.id) for rule, old, new in pairs for change in conduct_changes(old, new)]
    return [*found, (SLOW, "latency.budget-exceeded"), (STALE, "freshness.exceeded")]


SLOW = latency_change([1.2] * 3, 0.5)
STALE = freshness_change([{"at": 1}], "$.at", 60, now=100)
assert SLOW
assert STALE

RESPONSES = UNKNOWN + _shown()
"""What is said of responses as a whole, and the rule it must be."""


@pytest.mark.parametrize(("change", "rule"), RESPONSES)
def test_a_change_is_the_rule_it_must_be(change: Change, rule: str) -> None:
    assert change.rule == rule


@pytest.mark.parametrize(("change", "rule"), UNKNOWN)
def test_a_response_of_an_unknown_kind_is_one_change_of_the_whole(change: Change, rule: str) -> None:
    assert change.rule == rule
    assert change.path == "$"
    assert change.severity is RULES[rule].severity


@pytest.mark.parametrize(
    ("status", "media", "key"),
    [(200, JSON, OK), (204, "", "204"), (0, JSON, "payload"), (0, "", "payload")],
)
def test_a_response_is_known_by_status_and_media_type(status: int, media: str, key: str) -> None:
    assert response_key(status, media) == key


def test_a_failure_dressed_as_success_is_of_a_kind_of_its_own() -> None:
    assert key_of(answer({"error": "no"})) == f"{OK} (error)"
    assert key_of(answer({"id": 1})) == OK
    assert key_of(answer({"error": "no"}, 404)) == f"404 {JSON}"
    assert key_of(answer({"error": "no"}, 0)) == "payload"


@pytest.mark.parametrize(
    ("key", "status", "media"),
    [
        (OK, "200", JSON),
        (f"{OK} (error)", "200", JSON),
        ("204", "204", "no body"),
        ("payload", "payload", "no body"),
    ],
)
def test_a_key_is_read_back(key: str, status: str, media: str) -> None:
    assert (status_of(key), media_of(key)) == (status, media)


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (unknown_response("500", known=[OK, f"404 {JSON}"], beside=["500"]), "200, 404", "500"),
        (unknown_response("200", known=[OK, f"404 {PROBLEM}"], beside=["200"]), JSON, "no body"),
        (unknown_response(f"429 {JSON}", known=[OK, "204"], beside=["204", f"429 {JSON}"]), "200, 204", "429"),
        (added_response(f"200 {HTML}", [OK, f"404 {PROBLEM}"]), JSON, HTML),
        (replaced_response(OK, "200"), JSON, "no body"),
        (replaced_response(OK, "204"), "200", "204"),
    ],
)
def test_what_was_known_and_what_came_is_listed(change: Change, before: str, after: str) -> None:
    assert (change.before, change.after) == (before, after)


def test_another_media_type_is_a_change_even_beside_the_known_one() -> None:
    change = unknown_response(f"200 {HTML}", known=[OK], beside=[OK, f"200 {HTML}"])
    assert change.rule == "media.changed"
