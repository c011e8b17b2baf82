"""JSON for property tests: values of every kind, strings of every format and what nearly has it, awkward names.

`json_values` are unrelated to each other; `similar_bodies` are what one upstream might answer to several requests.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.shape import Shape

JSON = Any

quickly = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

SAMPLES: dict[str, tuple[str, ...]] = {
    "date-time": (
        "2024-02-29T23:59:60Z",
        "2024-01-31t00:00:00z",
        "2024-01-31 12:30:00.123456+02:00",
        "2024-01-31 12:30:00 -0530",
    ),
    "date-time-local": ("2024-01-31T12:30:00", "2024-01-31 12:30:00", "2024-12-01T00:00:00.000"),
    "date": ("2024-01-31", "0001-12-01"),
    "time": ("00:00:00", "23:59:60.5", "12:30:00Z", "12:30:00+02:00"),
    "duration": ("P1D", "P3W", "P1Y2M3D", "PT1H", "PT0.5S", "P1DT12H30M5S"),
    "uuid": ("123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"),
    "email": ("ada@mail.example", "a.b+c@x-y.example.org"),
    "uri": ("https://api.example/v1?a=b#c", "ftp://x", "urn+x://ä"),
    "ipv4": ("0.0.0.0", "255.255.255.255", "192.168.1.10"),  # noqa: S104 - a value, not an address to bind
    "ipv6": ("::", "::1", "fe80::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1::8"),
    "boolean": ("true", "False", "yes", "N", "on"),
    "integer": ("0", "-1", "42", "9" * 40),
    "decimal": ("0.0", "-1.50", "10.25"),
}
"""Strings of each format, which have no more specific one."""

NEAR_MISSES: dict[str, tuple[str, ...]] = {
    "date-time": (
        "2024-01-31T12:30Z",
        "2024-13-31T12:30:00Z",
        "2024-01-31T24:00:00Z",
        "2024-01-31T12:30:00Z\n",
        "2024-01-31  12:30:00Z",
        "2024-01-31T12:30:00",
        "2024-01-31",
        "Mon, 01 Jan 2024 00:00:00 GMT",
    ),
    "date-time-local": ("2024-01-31T12:30:00Z", "2024-01-31T12:30", "2024-01-31_12:30:00", "2024-01-31T12:30:00."),
    "date": ("2024-1-31", "2024-00-10", "2024-01-32", "20240131", "31/01/2024", "2024-01", "2024-01-31 ", "٢٠٢٤-٠١-٣١"),
    "time": ("24:00:00", "12:60:00", "12:30", "12:30:61", "12:30:00.", "1:30:00"),
    "duration": ("P", "PT", "P1", "1D", "P1S", "P1DT", "PT1D", "P-1D", "P1W2D"),
    "uuid": (
        "123e4567-e89b-12d3-a456-42661417400",
        "123e4567e89b12d3a456426614174000",
        "{123e4567-e89b-12d3-a456-426614174000}",
        "g23e4567-e89b-12d3-a456-426614174000",
    ),
    "email": ("ada@mail", "@mail.example", "ada@@mail.example", "ada@mail..example", "ada @mail.example", "ada@.x"),
    "uri": ("https:/api.example", "//api.example", "https://", "https://a b", "1ttp://x", "mailto:ada@mail.example"),
    "ipv4": ("256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4/8", "1.2.3.4\n"),
    "ipv6": (
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "1:2:3:4::5:6:7:8",
        "12345::",
        "::g",
        "fe80::1%eth0",
    ),
    "boolean": ("truth", "tRUE", "yes ", "1", "nn", "true\n"),
    "integer": ("01", "+1", "-", "1.", "1.5", "1e3", "1 ", "1_000", "--1", "٣"),
    "decimal": ("1.", ".5", "1,5", "1.5.2", "1.5e3", "$1.5", "00.5", "NaN"),
}
"""Strings that nearly have the format, and have not; some have another one."""

PLAIN_NAMES = (
    "id",
    "email",
    "a",
    "__private",
    "größe",
    "it's",
    'say "hi"',
    "b c",
    "d.o.t",
    "x[*]",
    "back\\slash",
    "line\nbreak",
    "",
    "$ref",
    "$id",
    "日本",
    "type",
    "kind",
)
"""Names of members, few enough to meet often."""

NAMES = (*PLAIN_NAMES, "2024-01-31", "17", "EUR", "USD")
"""The same, and names that are data."""

names = st.sampled_from(NAMES)
formatted = st.sampled_from([text for table in (SAMPLES, NEAR_MISSES) for texts in table.values() for text in texts])
words = st.sampled_from(["open", "paid", "card", "bank", "order.created"])
strings = formatted | words | st.text(max_size=4)
integers = st.integers() | st.sampled_from([0, 1, 2**31, 2**53 + 1, 2**64, -(10**400), 10**400])
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([1.0, -0.0, 1.5, 1e300, 5e-324])
scalars: SearchStrategy[JSON] = st.none() | st.booleans() | integers | numbers | strings

json_values: SearchStrategy[JSON] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
"""Any JSON value of moderate size."""

shapes: SearchStrategy[Shape] = st.lists(json_values, max_size=3).map(infer)
"""The shapes of a few unrelated bodies; `UNKNOWN` among them."""


def _strategies_of_scalars() -> SearchStrategy[SearchStrategy[JSON]]:
    of_one_format = [st.sampled_from(texts) for texts in SAMPLES.values()]
    return st.sampled_from([st.none(), st.booleans(), integers, numbers, strings, *of_one_format])


def _records(members: dict[str, tuple[SearchStrategy[JSON], bool]]) -> SearchStrategy[JSON]:
    return st.fixed_dictionaries(
        {name: value for name, (value, always) in members.items() if always},
        optional={name: value for name, (value, always) in members.items() if not always},
    )


def _strategies_of_containers(
    inner: SearchStrategy[SearchStrategy[JSON]],
) -> SearchStrategy[SearchStrategy[JSON]]:
    return (
        st.dictionaries(names, st.tuples(inner, st.booleans()), max_size=4).map(_records)
        | inner.map(lambda items: st.lists(items, max_size=3))
        | st.tuples(inner, inner).map(lambda either: either[0] | either[1])
    )


upstreams: SearchStrategy[SearchStrategy[JSON]] = st.recursive(
    _strategies_of_scalars(), _strategies_of_containers, max_leaves=6
)
"""Strategies whose values resemble each other, as the answers of one operation do."""


def similar_bodies(sets: int) -> SearchStrategy[tuple[list[JSON], ...]]:
    """Several sets of one to four bodies of one upstream."""
    return upstreams.flatmap(lambda bodies: st.tuples(*[st.lists(bodies, min_size=1, max_size=4)] * sets))
