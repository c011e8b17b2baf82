from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.traffic.ages import sent, stated, written

MOMENT = dt.datetime(2026, 11, 24, 14, 20, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (MOMENT, MOMENT),
        (MOMENT.replace(tzinfo=None), MOMENT),
        ("2026-11-24T14:20:05Z", MOMENT),
        ("2026-11-24T15:20:05+01:00", MOMENT),
        ("2026-11-24 14:20:05", MOMENT),
        ("Tue, 24 Nov 2026 14:20:05 GMT", MOMENT),
        ("Tue, 24 Nov 2026 14:20:05 -0000", MOMENT),
        ("2026-11-24", MOMENT.replace(hour=0, minute=0, second=0)),
        ("soon", None),
        ("", None),
        (1795530005, None),
        ([MOMENT], None),
        (None, None),
    ],
)
def test_what_a_cassette_says_is_understood(value: object, moment: dt.datetime | None) -> None:
    assert stated(value) == moment


def test_a_moment_is_written_in_utc_to_the_second() -> None:
    elsewhere = MOMENT.replace(microsecond=999).astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
    assert written(elsewhere) == "2026-11-24T14:20:05Z"
    assert stated(written(elsewhere)) == MOMENT


@given(st.text(), st.text())
def test_whatever_an_answer_says_raises_nothing(date: str, age: str) -> None:
    stated(date)
    assert sent({"date": date, "age": age}) is None or date


@given(st.integers(min_value=0))
def test_an_age_makes_it_later_up_to_a_limit(age: int) -> None:
    made = sent({"date": "Tue, 24 Nov 2026 14:20:05 GMT", "age": str(age)})
    assert made is not None
    assert made - MOMENT == dt.timedelta(seconds=min(age, 2**31))
