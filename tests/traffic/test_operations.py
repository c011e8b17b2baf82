from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.drift.authentication import auth_scheme
from pytest_integration_contracts.drift.headers import contract_headers
from pytest_integration_contracts.model import NO_BODY, Exchange
from pytest_integration_contracts.traffic.operations import Name, asked_of, operation_name

UUID = "550e8400-e29b-41d4-a716-446655440000"
TOKEN = f"eyJ{'aB3' * 9}.eyJ{'aB3' * 9}.{'a-B_3' * 9}"

VALUES = {
    "/customers/42": "/customers/{id}",
    "/customers/42/orders/7": "/customers/{id}/orders/{id}",
    "/customers/42?expand=orders/7": "/customers/{id}",
    "/0": "/{id}",
    f"/a/{UUID}": "/a/{id}",
    f"/a/{UUID.upper()}": "/a/{id}",
    "/a/01ARZ3NDEKTSV4RRFFQ69G5FAV": "/a/{id}",
    "/a/d41d8cd98f00b204e9800998ecf8427e": "/a/{id}",
    "/a/507f1f77bcf86cd799439011": "/a/{id}",
    "/a/deadbee1": "/a/{id}",
    "/a/cus_9aB3": "/a/{id}",
    "/a/ch_3MmlLrLkdIwHu7ix0snN0B15": "/a/{id}",
    "/a/AC0123456789abcdef0123456789abcdef": "/a/{id}",
    "/a/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms": "/a/{id}",
    "/a/aGVsbG8gd29ybGQgaGVsbG8=": "/a/{id}",
    f"/reset/{TOKEN}": "/reset/{id}",
    "/a/2024-02-29": "/a/{date}",
    "/a/2024-02-29T10:00:00Z": "/a/{date}",
    "/a/2024-02-29T10:00:00.5+02:00": "/a/{date}",
    "/a/jane@crm.example": "/a/{email}",
    "/a/jane%40crm.example": "/a/{email}",
    "/points/39.7456,-97.0892": "/points/{values}",
    "/a/1,2,3": "/a/{values}",
    "/a/42.json": "/a/{id}.json",
    "/a/2024-02-29.csv": "/a/{date}.csv",
    "/operations/42:cancel": "/operations/{id}:cancel",
}

WORDS = {
    "": "/",
    "/": "/",
    "?a=b": "/",
    "/customers": "/customers",
    "/customers/": "/customers/",
    "/customers//orders": "/customers//orders",
    "/v2/order_items/sign_in": "/v2/order_items/sign_in",
    "/deadbeef/facade/decade": "/deadbeef/facade/decade",
    "/oauth2/token": "/oauth2/token",
    "/.well-known/oauth2-authorization-server": "/.well-known/oauth2-authorization-server",
    "/s3-presigned-upload-urls": "/s3-presigned-upload-urls",
    "/internationalization-settings": "/internationalization-settings",
    "/api/1.1/2.0": "/api/1.1/2.0",
    "/en-US/USD": "/en-US/USD",
    "/items:batchGet": "/items:batchGet",
    "/report.json": "/report.json",
    "/getCustomerById": "/getCustomerById",
    "/Customers('x')": "/Customers('x')",
    "/~me/$metadata": "/~me/$metadata",
    "/{id}": "/{id}",
}

STRANGE = {
    "/a/..": "/a/..",
    "/a/%2e%2e/b": "/a/../b",
    "/a/..%2f..%2fetc": "/a/{value}",
    "/a/%00": "/a/{value}",
    "/a/\0": "/a/{value}",
    "/a/\N{PILE OF POO}": "/a/{value}",
    "/a/%F0%9F%92%A9": "/a/{value}",
    "/a/%ff": "/a/{value}",
    "/a/two%20words": "/a/{value}",
    "/a/line%0d%0abreak": "/a/{value}",
    "/a/<script>": "/a/{value}",
    f"/a/{'x' * 65}": "/a/{value}",
    f"/a/{'x' * 4000}": "/a/{value}",
    f"/a/{'1' * 4000}": "/a/{value}",
    f"/a/{'a-' * 2000}": "/a/{value}",
}


@pytest.mark.parametrize(("path", "template"), VALUES.items())
def test_values_in_a_path_become_placeholders(path: str, template: str) -> None:
    assert operation_name("GET", path) == f"GET {template}"


@pytest.mark.parametrize(("path", "template"), WORDS.items())
def test_words_in_a_path_stay(path: str, template: str) -> None:
    assert operation_name("POST", path) == f"POST {template}"


@pytest.mark.parametrize(("path", "template"), STRANGE.items(), ids=range(len(STRANGE)))
def test_strange_segments_do_no_harm(path: str, template: str) -> None:
    assert operation_name("GET", path) == f"GET {template}"


@given(path=st.text() | st.text("abzAZ019-_.=%/", max_size=300))
def test_a_name_is_printable_text_of_bounded_segments(path: str) -> None:
    name = operation_name("GET", path)
    assert re.fullmatch(r"GET [\x21-\x7e]*", name)
    assert max(map(len, name.split("/"))) <= 70


@given(number=st.integers(min_value=0), other=st.integers(min_value=0))
def test_two_numbers_have_one_name(number: int, other: int) -> None:
    assert operation_name("GET", f"/a/{number}") in {operation_name("GET", f"/a/{other}"), "GET /a/{value}"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/customers/42/notes/welcome", "GET /customers/{id}/notes/{slug}"),
        ("/customers/jane/notes/..?a=b", "GET /customers/{id}/notes/{slug}"),
        ("/customers/42/notes/", "GET /customers/{id}/notes/"),
        ("/customers/42/notes", "GET /customers/{id}/notes"),
        ("/customers/42/tasks/welcome", "GET /customers/{id}/tasks/welcome"),
        ("/reports/2024", "GET /reports/2024"),
        ("/reports/2025", "GET /reports/{year}"),
    ],
)
def test_the_manifests_templates_go_before_guessing(path: str, name: str) -> None:
    templates = ("/reports/2024", "/reports/{year}", "/customers/{id}/notes/{slug}")
    assert operation_name("GET", path, templates) == name


@pytest.mark.parametrize(
    "name",
    [
        *("etag", "location", "link", "retry-after", "deprecation", "sunset", "www-authenticate"),
        *("x-total-count", "x-page", "x-next-page", "x-per-page"),
        *("ratelimit", "ratelimit-reset", "x-ratelimit-limit", "x-rate-limit-remaining"),
        *("version", "api-version", "x-api-version", "crm-version"),
    ],
)
def test_a_header_that_consumers_build_on_is_part_of_the_contract(name: str) -> None:
    assert contract_headers({name: "value", "date": "today"}) == {name: "value"}


@pytest.mark.parametrize("name", ["date", "server", "content-type", "set-cookie", "x-request-id", "age", "x-pages"])
def test_any_other_header_is_not(name: str) -> None:
    assert contract_headers({name: "value"}) == {}


@pytest.mark.parametrize(
    ("url", "headers", "scheme"),
    [
        ("https://h.example/", {}, ""),
        ("https://h.example/", {"accept": "*/*", "user-agent": "x"}, ""),
        ("https://h.example/", {"authorization": "Bearer s3cr3t"}, "Bearer"),
        ("https://h.example/", {"authorization": "Basic dXNlcjpwdw=="}, "Basic"),
        ("https://h.example/", {"authorization": "AWS4-HMAC-SHA256 Credential=a/b, Signature=c"}, "AWS4-HMAC-SHA256"),
        ("https://h.example/", {"authorization": "s3cr3t"}, "header authorization"),
        ("https://h.example/", {"authorization": "Bearer"}, "header authorization"),
        ("https://h.example/", {"authorization": "s3cr3t_key with words"}, "header authorization"),
        ("https://h.example/", {"authorization": " "}, "header authorization"),
        ("https://h.example/", {"x-api-key": "s3cr3t"}, "header x-api-key"),
        ("https://h.example/", {"cookie": "sid=s3cr3t"}, "cookie"),
        ("https://h.example/?a=b&access_token=s3cr3t", {}, "query access_token"),
        ("https://h.example/?page_token=abc", {}, ""),
        ("https://h.example/?token=s3cr3t", {"authorization": "Bearer s3cr3t"}, "Bearer"),
        ("not a url at all", {}, ""),
    ],
)
def test_how_a_request_authenticated_is_told_without_what_with(url: str, headers: dict[str, str], scheme: str) -> None:
    assert auth_scheme(url, headers) == scheme
    assert "s3cr3t" not in auth_scheme(url, headers)


URL = "https://api.crm.example"


def asked(method: str, path: str, sent: Any = NO_BODY, **headers: str) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    exchange = Exchange(method=method, url=f"{URL}{path}", request_body=sent, request_headers=named)
    return str(asked_of(exchange, path))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/orders/1?expand=customer", "GET /orders/{id}?expand=customer"),
        ("/orders/1?expand[]=items&expand[]=customer", "GET /orders/{id}?expand=customer,items"),
        ("/orders?format=json&fields=total,id&page=3", "GET /orders?fields=id,total&format=json"),
        ("/orders?$select=Id,Name&$expand=Owner($levels:2)", "GET /orders?$expand=Owner($levels:2)&$select=Id,Name"),
        ("/orders?fields[order]=id,total", "GET /orders?fields[order]=id,total"),
        ("/orders?view=1234&format=&include=cus_12345", "GET /orders"),
        ("/orders?fields=two words&embed=a@b.example&expand=550e8400-e29b-41d4-a716-446655440000", "GET /orders"),
        ("/orders?q=expand&limit=10&sort=name&token=abc&created_after=2026-01-01&id=7", "GET /orders"),
        ("/orders?" + "&".join(["a=b"] * 5000) + "&expand=x", "GET /orders"),
    ],
)
def test_a_query_that_chooses_another_response_is_part_of_the_name(path: str, name: str) -> None:
    assert asked("GET", path) == name


def test_a_long_list_of_fields_is_cut_and_told_from_others() -> None:
    fields = [f"field_{letter}" for letter in "abcdefghijklmnop"]
    one, other = (asked("GET", f"/x?fields={','.join([*fields, last])}") for last in ("y", "z"))
    assert one != other
    assert one.startswith("GET /x?fields=field_a,field_b,")
    assert len(one) < 90
    assert one == asked("GET", f"/x?fields={','.join(['y', *fields])}")


@pytest.mark.parametrize(
    ("path", "sent", "headers", "name"),
    [
        ("/rpc", {"jsonrpc": "2.0", "method": "user.get"}, {}, "POST /rpc#user.get"),
        ("/x", [{"jsonrpc": "2.0", "method": "b"}, {"jsonrpc": "2.0", "method": "a"}], {}, "POST /x#a,b"),
        ("/x", [{"jsonrpc": "2.0", "method": each} for each in "abcdef"], {}, "POST /x#a,b,c,d,+2"),
        ("/x", [{"jsonrpc": "2.0", "method": "a"}, 1], {}, "POST /x"),
        ("/", {"Action": "SendMessage", "Version": "2012-11-05"}, {}, "POST /#SendMessage"),
        ("/", {}, {"x_amz_target": "DynamoDB_20120810.GetItem"}, "POST /#DynamoDB_20120810.GetItem"),
        ("/stock", NO_BODY, {"soapaction": '"http://crm.example/stock/GetPrice"'}, "POST /stock#GetPrice"),
        (
            "/stock",
            NO_BODY,
            {"content_type": 'application/soap+xml; charset=utf-8; action="urn:stock#GetPrice"'},
            "POST /stock#GetPrice",
        ),
        ("/stock", NO_BODY, {"soapaction": '""'}, "POST /stock"),
        ("/api", {"action": "balance"}, {}, "POST /api#balance"),
        ("/v1/things", {"method": "getUser"}, {}, "POST /v1/things#getUser"),
        ("/v1/things", {"command": "update_user"}, {}, "POST /v1/things#update_user"),
        ("/payments", {"method": "card"}, {}, "POST /payments"),
        ("/payments", {"method": "bank_transfer"}, {}, "POST /payments"),
        ("/prices", {"method": "list_price"}, {}, "POST /prices"),
        ("/transitions", {"action": "cancel"}, {}, "POST /transitions"),
        ("/api", {"action": "two words"}, {}, "POST /api"),
        ("/api", {"action": "x" * 200}, {}, "POST /api"),
        ("/api", {"action": {"a": 1}}, {}, "POST /api"),
        ("/api", ["action"], {}, "POST /api"),
    ],
)
def test_a_call_is_named_by_what_it_calls(path: str, sent: Any, headers: dict[str, str], name: str) -> None:
    assert asked("POST", path, sent, **headers) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/services/rest/?method=photos.search&text=x", "GET /services/rest/#photos.search"),
        ("/w/api.php?action=query&titles=x", "GET /w/api.php#query"),
        ("/orders?action=cancel", "GET /orders"),
        ("/graphql?query={viewer{id}}", "GET /graphql#{viewer}"),
        ("/search?query={viewer{id}}", "GET /search"),
    ],
)
def test_a_call_may_be_in_the_query_of_a_get(path: str, name: str) -> None:
    assert asked("GET", path) == name


def test_a_request_that_is_no_post_is_not_named_by_its_body() -> None:
    assert asked("PATCH", "/rpc", {"jsonrpc": "2.0", "method": "a"}) == "PATCH /rpc"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text() | st.sampled_from(["query", "method"]), below)
    ),
)


@given(sent=_JSON, path=st.text("abz09/?&=%expand,_", max_size=60))
def test_whatever_is_sent_the_name_is_printable_and_reads_back(sent: Any, path: str) -> None:
    name = asked("POST", f"/{path}", sent)
    assert re.fullmatch(r"POST /[\x21-\x7e]*", name)
    assert str(Name.of(name)) == name


@pytest.mark.parametrize(
    ("template", "name", "is_one"),
    [
        ("GET /projects/{project}", "GET /projects/gamma", True),
        ("GET /projects/{project}", "GET /projects/{id}", True),
        ("GET /projects/{project}", "GET /projects/v2", False),
        ("GET /projects/{project}", "GET /projects/search", False),
        ("GET /projects/{project}", "PUT /projects/gamma", False),
        ("GET /projects/{project}", "GET /projects/gamma/issues", False),
        ("GET /projects/{id}", "GET /projects/gamma", False),
        ("GET /projects/{id}", "GET /projects/5ee-dqv", True),
        ("POST /{shop}/rpc#a", "POST /x/rpc#b", False),
    ],
)
def test_which_names_a_template_stands_for(template: str, name: str, *, is_one: bool) -> None:
    assert Name.of(template).fits(Name.of(name)) is is_one
