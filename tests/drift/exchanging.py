"""Exchanges as tests need them: from rows of a table, from JSON, and as hostile as hypothesis can make them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from pytest_integration_contracts.model import NO_BODY, Exchange

URL = "https://api.crm.example/v1/customers"
TYPE = {"content-type": "application/json"}


def answer(body: Any = NO_BODY, status: int = 200, media: str = "application/json", **headers: str) -> Exchange:
    """One exchange; `x_api_version="2"` is a header."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Exchange(url=URL, status=status, media=media, response_body=body, response_headers=TYPE | named)


def from_text(text: str) -> list[Exchange]:
    """The exchanges that the example of a rule shows."""
    document = json.loads(text)
    return [_exchange(each) for each in (document if isinstance(document, list) else [document])]


def _exchange(document: dict[str, Any]) -> Exchange:
    headers = {name.lower(): value for name, value in document.get("headers", {}).items()}
    return Exchange(
        url=URL,
        status=document.get("status", 200),
        media=document.get("media", "application/json"),
        response_body=document.get("body", {}),
        response_headers=headers,
        elapsed=document.get("elapsed"),
    )


NAMES = (
    *("etag", "link", "location", "retry-after", "deprecation", "sunset", "www-authenticate", "content-type"),
    *("x-ratelimit-limit", "x-ratelimit-limit-minute", "ratelimit", "ratelimit-policy", "ratelimit-limit"),
    *("x-api-version", "version", "x-next-page", "x-total-count"),
)
VALUES = (
    *("1", "5000", "99999999999999999999", "-1", "1e9", "100, 100;w=60", '"a";q=100;w=60, "b";q=7', "limit=5, reset=1"),
    *("Fri, 01 Jan 2027 00:00:00 GMT", "@1790000000", "@99999999999999", "true", "2027-01-01", "32 Foo 99999 25:61"),
    *("application/json; charset=utf-8; version=2", 'text/csv; boundary="x"', "; ; =", "v1", "2024-01-01.beta"),
    *('<https://h.example/?page=2>; rel="next"', "https://sso.crm.example/login", "http://[::1", "//", "?", "/v2/x"),
    *(
        "Bearer",
        'Bearer error="insufficient_user_authentication"',
        "Basic, Bearer",
        ",,,",
        "a\x00b",
        "\ud800",
        "é" * 50,
    ),
)
hostile_headers = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=20), max_size=6)
members = st.sampled_from(
    [
        "items",
        "data",
        "next",
        "next_cursor",
        "has_more",
        "page",
        "total_pages",
        "offset",
        "links",
        "meta",
        "error",
        "errors",
    ]
)
hostile_bodies: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "x", "2", "/p?page=2"])
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=4),
    max_leaves=10,
)
hostile_exchanges = st.builds(
    Exchange,
    method=st.sampled_from(["GET", "POST", "EVENT"]),
    url=st.sampled_from([URL, f"{URL}?limit=2", f"{URL}?per_page=99999999999999999999", "", "http://[::1", "no url"]),
    status=st.sampled_from([0, 200, 201, 204, 301, 302, 307, 401, 404, 429, 503, 999]),
    request_body=hostile_bodies,
    response_body=hostile_bodies | st.just(NO_BODY),
    media=st.sampled_from(["application/json", "text/html", "", "(error)"]),
    request_headers=st.dictionaries(st.sampled_from(["authorization", "cookie", "x-api-key"]), st.text(max_size=9)),
    response_headers=hostile_headers,
)
