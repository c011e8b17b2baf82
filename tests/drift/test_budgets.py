from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.drift.budgets import FEWEST, freshness_change, latency_change, percentile
from pytest_integration_contracts.patterns import PathPattern
from strategies import json_values, quickly

NOW = 1_769_860_800.0  # 2026-01-31T12:00:00Z
DAY = 86400.0


@pytest.mark.parametrize(
    ("elapsed", "budget", "note"),
    [
        ([1.2] * 3, 0.5, "p95 is 1.20 s, of 3 responses"),
        ([0.1] * 18 + [0.7] * 2, 0.5, "p95 is 700 ms, of 20 responses"),
    ],
)
def test_answers_that_are_slower_than_allowed_are_told(elapsed: list[float], budget: float, note: str) -> None:
    change = latency_change(elapsed, budget)
    assert change
    assert (change.severity, change.path, change.before) == ("warning", "$", "95 in 100 within 500 ms")
    assert (change.after, change.note) == ("slower", note)


@pytest.mark.parametrize(
    ("elapsed", "budget"),
    [
        ([], 0.5),
        ([9.0] * (FEWEST - 1), 0.5),
        ([9.0] * 9, 0),
        ([0.5] * 9, 0.5),
        ([0.1] * 19 + [9.0], 0.5),
    ],
)
def test_few_answers_no_budget_and_one_in_twenty_say_nothing(elapsed: list[float], budget: float) -> None:
    assert latency_change(elapsed, budget) is None


def test_another_night_as_slow_is_the_same_change() -> None:
    one, other = latency_change([1.2] * 3, 0.5), latency_change([1.3] * 3, 0.5)
    assert one
    assert other
    assert (one.before, one.after) == (other.before, other.after)


@given(elapsed=st.lists(st.floats(min_value=0, max_value=100), min_size=1))
def test_95_in_100_are_within_the_percentile(elapsed: list[float]) -> None:
    assert sum(each <= percentile(elapsed) for each in elapsed) >= 0.95 * len(elapsed)
    assert percentile(elapsed) in elapsed


def stale(bodies: list[Any], path: str = "$.items[*].at", within: float = DAY) -> str:
    change = freshness_change(bodies, path, within, now=NOW, matches=PathPattern(path).matches)
    return change.note if change else ""


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-28T12:00:00Z",
        "2026-01-28T13:00:00+01:00",
        "2026-01-28T12:00:00",
        "2026-01-28 12:00:00.000Z",
        1_769_601_600,
        1_769_601_600.5,
        1_769_601_600_000,
        "1769601600",
        "1769601600000",
    ],
)
def test_the_newest_of_all_times_counts(time: object) -> None:
    older = {"items": [{"at": "2020-01-01"}]}
    assert stale([older, {"items": [{"at": time}, {"at": None}]}]).startswith(
        ("the newest is 3 days", "the newest is 2")
    )
    assert stale([older, {"items": [{"at": time}]}], within=4 * DAY) == ""


def test_it_breaks_and_names_the_place() -> None:
    change = freshness_change([{"at": "2026-01-31T09:00:00Z"}], "$.at", 3600, now=NOW)
    assert change
    assert (change.rule, change.path, change.severity) == ("freshness.exceeded", "$.at", "breaking")
    assert (change.before, change.after, change.note) == ("newer than 1 hour", "older", "the newest is 3 hours old")


@pytest.mark.parametrize("path", ["$.items[*].at", "$..at", "$.items[*].a*"])
def test_the_place_may_be_a_pattern(path: str) -> None:
    assert stale([{"items": [{"at": "2026-01-29T12:00:00Z"}]}], path) == "the newest is 2 days old"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"items": []},
        {"items": [{"at": "soon"}, {"at": True}, {"at": {}}, {"at": -1}]},
        {"at": "2020-01-01"},
    ],
)
def test_where_there_is_no_time_nothing_is_said(body: object) -> None:
    assert stale([body]) == ""


def test_a_time_to_come_is_fresh() -> None:
    assert stale([{"items": [{"at": "2027-01-01"}]}]) == ""


@quickly
@given(bodies=st.lists(json_values, max_size=3))
def test_no_body_is_a_crash(bodies: list[Any]) -> None:
    freshness_change(bodies, "$..*", 1, now=NOW, matches=PathPattern("$..*").matches)
    freshness_change([{"a": bodies}, float("nan"), 10**400, "9" * 500], "$", 1, now=NOW)
