from __future__ import annotations

import pytest

from pytest_integration_contracts.drift.responses import (
    added_response,
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

RESPONSES: list[tuple[Change, str]] = [
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
]
"""What is said of a response as a whole, and the rule it must be."""


@pytest.mark.parametrize(("change", "rule"), RESPONSES)
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


@pytest.mark.parametrize(
    ("key", "status", "media"), [(OK, "200", JSON), ("204", "204", "no body"), ("payload", "payload", "no body")]
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
