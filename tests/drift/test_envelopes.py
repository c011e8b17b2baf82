from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from drift.exchanging import hostile_bodies
from pytest_integration_contracts.drift.envelopes import is_error

ERRORS: list[Any] = [
    {"error": "no such customer"},
    {"error": {"code": 7, "message": "no"}},
    {"error": True, "message": "no"},
    {"error": 7, "message": "no"},
    {"error": "invalid_grant", "error_description": "expired", "error_uri": "https://h.example/"},
    {"errors": ["no"]},
    {"errors": [{"message": "no"}]},
    {"errors": [{"message": "no"}], "data": None},
    {"errors": [{"message": "no"}], "data": {"customer": {"id": 1}}, "extensions": {"cost": 1}},
    {"Errors": {"email": ["is missing"]}, "Status": 422, "requestId": "x"},
    {"jsonrpc": "2.0", "id": 1, "error": {"code": -32600, "message": "no"}},
    {"ok": False, "error": "invalid_auth"},
    {"success": False, "message": "no"},
    {"success": False, "data": None, "message": "no"},
    {"status": 500, "error": "no", "data": [], "items": []},
]
SUCCESSES: list[Any] = [
    {},
    [],
    None,
    "error",
    [{"error": "no"}],
    {"id": 1},
    {"error": None},
    {"error": ""},
    {"error": {}},
    {"errors": []},
    {"error": 0.02},
    {"error": 5},
    {"errors": 5},
    {"error": False, "message": "done"},
    {"errors": [], "data": {"id": 1}},
    {"errors": [], "message": "saved"},
    {"errors": None, "data": None},
    {"id": 7, "name": "nightly import", "error": "last run failed"},
    {"errors": ["row 7 has no email"], "data": {"imported": 6}},
    {"id": 1, "result": {"n": 1}, "error": "x"},
    {"ok": True, "message": "done"},
    {"success": True},
    {"success": False, "attempts": 3, "score": 0.5},
    {"message": "no"},
    {"status": "error", "message": "the job failed"},
    {1: "error", "error": None},
]


@pytest.mark.parametrize("body", ERRORS, ids=str)
def test_a_body_that_is_nothing_but_an_error_is_one(body: Any) -> None:
    assert is_error(body)


@pytest.mark.parametrize("body", SUCCESSES, ids=str)
def test_a_body_with_data_or_with_no_error_in_it_is_none(body: Any) -> None:
    assert not is_error(body)


@given(body=hostile_bodies)
def test_any_body_is_one_or_the_other(body: Any) -> None:
    assert is_error(body) in {True, False}
