"""What responses say of what is left of a rate limit."""

from __future__ import annotations

import pytest

from pytest_integration_contracts.drift.limits import Left, left_of


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({}, None),
        ({"x-ratelimit-limit": "100"}, None),
        ({"x-ratelimit-remaining": "41"}, Left(41, None)),
        ({"x-ratelimit-remaining": "41", "x-ratelimit-limit": "100"}, Left(41, 100)),
        ({"x-rate-limit-remaining": "41", "x-rate-limit-limit": "100"}, Left(41, 100)),
        ({"ratelimit-remaining": "41", "ratelimit-limit": "100, 100;w=60"}, Left(41, 100)),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, Left(50, 100)),
        ({"ratelimit": '"burst";r=5;t=30', "ratelimit-policy": '"burst";q=10;w=60'}, Left(5, 10)),
        (
            {
                "x-ratelimit-remaining-minute": "50",
                "x-ratelimit-limit-minute": "60",
                "x-ratelimit-remaining-day": "10",
                "x-ratelimit-limit-day": "1000",
            },
            Left(10, 1000),
        ),
        ({"x-ratelimit-remaining": "none"}, None),
        ({"x-ratelimit-remaining": "9" * 40}, None),
        ({"ratelimit": '"burst";t=30'}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-limit": "0"}, Left(0, 0)),
    ],
)
def test_what_is_left_of_the_limit_that_is_nearest_to_its_end(headers: dict[str, str], left: Left | None) -> None:
    assert left_of(headers) == left
