"""The words of a replay that finds nothing: read at 2am by somebody who knows none of the code."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vcr import matchers
from vcr.request import Request

from pytest_integration_contracts.traffic.nearest import nearest

HOST = "https://api.crm.example"
USUAL = (matchers.method, matchers.scheme, matchers.host, matchers.port, matchers.path, matchers.query)
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def request(line: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Request:
    method, _, url = line.partition(" ")
    return Request(method, url if "://" in url else HOST + url, body, headers or {})


def told(asked: str, *recorded: str, times: int = 1) -> str:
    return nearest(request(asked), [request(each) for each in recorded], USUAL, times=times)


def told_of_bodies(asked: bytes | None, recorded: bytes | None, headers: dict[str, str] = JSON) -> str:
    found = nearest(
        request("POST /orders", asked, headers),
        [request("POST /orders", recorded, headers)],
        (*USUAL, matchers.body),
        times=1,
    )
    return found.removeprefix("nearest recording: POST /orders — ")


@pytest.mark.parametrize(
    ("asked", "recorded", "words"),
    [
        (
            "GET /customers/42?expand=items",
            ["GET /customers/42?expand=orders"],
            (
                "nearest recording: GET /customers/42?expand=orders"
                ' — query parameter expand: recorded "orders", asked "items"'
            ),
        ),
        (
            "GET /customers?page=2",
            ["GET /customers?limit=50"],
            "nearest recording: GET /customers?limit=50 — only asked: page=2; only recorded: limit=50",
        ),
        (
            "GET /customers?tag=b&tag=c&page=2&q=ada",
            ["GET /customers?tag=a&tag=b"],
            (
                "nearest recording: GET /customers?tag=a&tag=b"
                ' — query parameter tag: recorded "a", "b", asked "b", "c"; only asked: page=2, q=ada'
            ),
        ),
        (
            "GET /customers/43",
            ["GET /customers/42"],
            "nearest recording: GET /customers/42 — path: /customers/42 recorded, /customers/43 asked",
        ),
        (
            "GET /customers",
            ["POST /customers"],
            "nearest recording: POST /customers — method: POST recorded, GET asked",
        ),
        (
            "GET http://localhost:8080/customers",
            ["GET /customers"],
            (
                "nearest recording: GET https://api.crm.example/customers — scheme: https recorded, http asked;"
                " host: api.crm.example recorded, localhost asked; port: 443 recorded, 8080 asked"
            ),
        ),
        (
            "GET /customer/42",
            ["GET /customers/42"],
            "nearest recording: GET /customers/42 — path: /customers/42 recorded, /customer/42 asked",
        ),
        (
            "GET /invoices",
            [*["GET /orders/17"] * 2, "GET /orders/18", "POST /orders", "PUT /orders/17", "GET /a", "GET /b"],
            (
                "nothing like it is recorded; the cassette holds"
                " 3 requests to GET /orders/{id}, 1 to POST /orders, 1 to PUT /orders/{id} and 2 more"
            ),
        ),
        (
            "GET /invoices",
            ["GET https://pay.example/orders"],
            "nothing like it is recorded; the cassette holds 1 request to GET pay.example/orders",
        ),
        ("GET /customers", [], "nothing is recorded in it"),
    ],
)
def test_it_says_what_differs(asked: str, recorded: list[str], words: str) -> None:
    assert told(asked, *recorded) == words


@pytest.mark.parametrize(
    ("recorded", "times", "words"),
    [
        (1, 1, "once; asked a 2nd time"),
        (1, 2, "once; asked a 3rd time"),
        (3, 1, "3 times; asked a 4th time"),
        (3, 5, "3 times; asked an 8th time"),
        (10, 1, "10 times; asked an 11th time"),
        (20, 1, "20 times; asked a 21st time"),
    ],
)
def test_it_says_that_all_was_played(recorded: int, times: int, words: str) -> None:
    asked = "GET /customers/42"
    assert told(asked, *[asked] * recorded, times=times) == f"every recording of it was played already ({words})"


@pytest.mark.parametrize(
    ("asked", "others", "expected"),
    [
        ("GET /customers/43", ["POST /customers/43", "GET /orders/43"], "GET /customers/42"),
        ("PUT /customers/42", ["PUT /orders/42"], "GET /customers/42"),
        ("GET /customers?a=1&b=2&c=3", ["GET /customers?a=9&b=9&c=9", "GET /customers"], "GET /customers?a=1&b=2&c=9"),
        ("GET /customers/42/notes", ["GET /customers/42", "GET /customers"], "GET /customers/17/notes"),
        ("GET /customers/42", ["GET https://elsewhere.example/customers/42?a=b"], "GET /customers/42?page=1"),
    ],
)
def test_the_closest_is_chosen_wherever_it_stands(asked: str, others: list[str], expected: str) -> None:
    for recorded in ([expected, *others], [*others, expected]):
        assert told(asked, *recorded).startswith(f"nearest recording: {expected} — ")


@pytest.mark.parametrize(
    ("asked", "recorded", "words"),
    [
        (b'{"amount": 20}', b'{"amount": 10}', "body: $.amount: 10 -> 20"),
        (
            b'{"items": [{"sku": "a"}], "note": null}',
            b'{"items": [{"sku": "b"}, {}]}',
            (
                'body: $.items[0].sku: "b" -> "a"; body: $.items[1]: an object of 0 -> nothing;'
                " body: $.note: nothing -> null"
            ),
        ),
        (b'{"a": [1]}', b'{"a": {"b": 1}}', "body: $.a: an object of 1 -> a list of 1"),
        (b'{"paid": true}', b'{"paid": "yes"}', 'body: $.paid: "yes" -> true'),
        (b'{"password": "hunter2", "a": 1}', b'{"password": "REDACTED", "a": 2}', "body: $.a: 2 -> 1"),
        (b"not json", b'{"a": 1}', "body: other content recorded, 8 bytes asked"),
        (None, b'{"a": 1}', "body: $: an object of 1 -> null"),
        (
            json.dumps({f"k{at}": 1 for at in range(9)}).encode(),
            json.dumps({f"k{at}": 2 for at in range(9)}).encode(),
            "body: $.k0: 2 -> 1; body: $.k1: 2 -> 1; body: $.k2: 2 -> 1; body: $.k3: 2 -> 1; and 5 more",
        ),
    ],
)
def test_bodies_are_told_apart_by_member_where_they_decide(
    asked: bytes | None, recorded: bytes | None, words: str
) -> None:
    assert told_of_bodies(asked, recorded) == words


def test_forms_too() -> None:
    words = 'body: $.amount[0]: "10" -> "20"'
    assert told_of_bodies(b"amount=20&token=s3cr3t", b"amount=10&token=REDACTED", FORM) == words


def test_a_body_says_nothing_where_it_does_not_decide() -> None:
    asked, recorded = request("POST /orders", b'{"a": 1}', JSON), request("POST /orders?x=1", b'{"a": 2}', JSON)
    assert "body" not in nearest(asked, [recorded], USUAL, times=1)


def test_headers_are_told_without_secrets() -> None:
    asked = request("GET /a", None, {"Accept": "text/csv", "Authorization": "Bearer s3cr3t"})
    recorded = request("GET /a", None, {"Accept": "text/html", "Authorization": "Bearer REDACTED"})
    words = 'nearest recording: GET /a — header accept: recorded "text/html", asked "text/csv"'
    assert nearest(asked, [recorded], (*USUAL, matchers.headers), times=1) == words


def test_a_matcher_of_the_project_is_named() -> None:
    def same_tenant(one: Request, other: Request) -> bool:
        return False

    words = "nearest recording: GET /a — the matcher `same_tenant` tells them apart"
    assert nearest(request("GET /a"), [request("GET /a")], (*USUAL, same_tenant), times=1) == words


def test_long_values_are_cut_and_stay_on_one_line() -> None:
    words = told(f"GET /a?q={'x' * 5000}%0A&r=%1b%5b31m", "GET /a?q=1&r=2")
    assert words == (
        "nearest recording: GET /a?q=1&r=2 — "
        f'query parameter q: recorded "1", asked "{"x" * 40}…"; query parameter r: recorded "2", asked "\\u001b[31m"'
    )


texts = st.text(max_size=30)
requests = st.builds(
    lambda path, query, body: Request("GET", f"{HOST}/{path}?{query}", body, JSON), texts, texts, st.binary(max_size=50)
)


@given(requests, st.lists(requests, max_size=5))
def test_whatever_is_recorded_it_is_one_line(asked: Request, recorded: Sequence[Request]) -> None:
    words = nearest(asked, recorded, (*USUAL, matchers.body), times=1)
    assert words.splitlines() == [words]
    assert len(words) < 1500


def test_what_is_nested_deep_is_no_trouble() -> None:
    deep = b"[" * 900 + b"]" * 900
    assert told_of_bodies(deep, deep.replace(b"]" * 900, b"1" + b"]" * 900)).startswith("body: $[0][0]")
    too_deep = request("POST /orders", b"[" * 100_000 + b"]" * 100_000, JSON)
    words = nearest(too_deep, [request("POST /orders", b"[]", JSON)], (*USUAL, matchers.raw_body), times=1)
    assert words.endswith("body: other content recorded, 200000 bytes asked")
