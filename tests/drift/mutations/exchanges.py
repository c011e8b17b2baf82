"""What happens to APIs beside their records: exchanges of unchanged operations, and functions on exchanges.

As the mutations of records, these know no rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Final

from drift.mutations.records import JSON, surroundings
from drift.mutations.values import Values
from pytest_integration_contracts import Exchange
from pytest_integration_contracts.model import NO_BODY

NUMBER: Final = 30
_HOST: Final = "https://api.shop.example/v1"
_FULL: Final = 5
_JSON: Final = "application/json; charset=utf-8"

Turn = Callable[[Exchange, int], Exchange]
"""What becomes of the exchange of that number."""


def _headers(values: Values) -> dict[str, str]:
    return {
        "content-type": _JSON,
        "etag": f'W/"{values.token("")}"',
        "api-version": "2024-06-01",
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": str(values.between(10, 99)),
        "x-ratelimit-reset": str(int(values.moment().timestamp())),
        "x-request-id": values.uuid(),
    }


def _get(values: Values, path: str, body: JSON, **headers: str) -> Exchange:
    return Exchange(
        method="GET",
        url=f"{_HOST}{path}",
        response_body=body,
        request_headers={"authorization": f"Bearer {values.token('')}", "accept": "application/json"},
        response_headers={**_headers(values), **headers},
    )


def _customer(values: Values, _number: int) -> Exchange:
    return _get(values, f"/customers/{values.between(1000, 900_000)}", surroundings(values))


def _created(values: Values, _number: int) -> Exchange:
    body = surroundings(values)
    asked = {"name": body["name"]}
    location = f"{_HOST}/customers/{body['id']}"
    return replace(_get(values, "/customers", body, location=location), method="POST", status=201, request_body=asked)


def _orders(values: Values, number: int) -> list[JSON]:
    """A full page; the last page of a listing is shorter."""
    return [surroundings(values) for _ in range(2 if _last(number) else _FULL)]


def _last(number: int) -> bool:
    return number % 6 == 5


def _paged(values: Values, number: int) -> Exchange:
    page = 6 if _last(number) else number % 6 + 1
    return _get(values, f"/orders?page={page}", {"orders": _orders(values, number), "page": page, "total_pages": 6})


def _with_cursor(values: Values, number: int) -> Exchange:
    cursor = None if _last(number) else values.token("cur_")
    path = f"/orders?cursor={values.token('cur_')}"
    return _get(values, path, {"orders": _orders(values, number), "next_cursor": cursor})


def _with_link(values: Values, number: int) -> Exchange:
    page = number % 6 + 1
    link = {} if _last(number) else {"link": f'<{_HOST}/orders?page={page + 1}>; rel="next"'}
    return _get(values, f"/orders?page={page}", {"orders": _orders(values, number)}, **link)


def _sometimes_missing(values: Values, number: int) -> Exchange:
    exchange = _customer(values, number)
    return _refused(exchange, 404, "no such customer") if _sometimes(number) else exchange


def _sometimes_throttled(values: Values, number: int) -> Exchange:
    exchange = _customer(values, number)
    if not _sometimes(number):
        return exchange
    return with_headers(_refused(exchange, 429, "slow down"), {"retry-after": str(values.between(10, 120))})


def _graphql(values: Values, _number: int) -> Exchange:
    exchange = _get(values, "/graphql", {"data": {"customer": surroundings(values)}})
    return replace(exchange, method="POST", request_body={"query": "query GetCustomer { customer { id } }"})


OPERATIONS: Final[dict[str, Callable[[Values, int], Exchange]]] = {
    "customer": _customer,
    "created": _created,
    "paged": _paged,
    "with cursor": _with_cursor,
    "with link": _with_link,
    "sometimes missing": _sometimes_missing,
    "sometimes throttled": _sometimes_throttled,
    "graphql": _graphql,
}
"""An operation's name to the function that makes the exchange of that number."""


@cache
def exchanges(operation: str, which: str) -> list[Exchange]:
    """Independent exchanges of one unchanged operation.

    Args:
        operation: A key of `OPERATIONS`.
        which: Which sample, `old` or `new`.
    """
    values = Values(f"{operation} {which}")
    return [OPERATIONS[operation](values, number) for number in range(NUMBER)]


def with_headers(exchange: Exchange, headers: dict[str, str]) -> Exchange:
    return replace(exchange, response_headers={**exchange.response_headers, **headers})


def without_headers(*names: str) -> Turn:
    return lambda exchange, _: replace(
        exchange, response_headers={k: v for k, v in exchange.response_headers.items() if k not in names}
    )


def _put(name: str, value: str) -> Turn:
    return lambda exchange, _: with_headers(exchange, {name: value})


def _refused(exchange: Exchange, status: int, message: str) -> Exchange:
    body = {"error": {"code": status * 10, "message": f"{message}: {exchange.response_headers['x-request-id']}"}}
    return replace(exchange, status=status, response_body=body)


def _bodiless(exchange: Exchange, status: int, headers: dict[str, str] | None = None) -> Exchange:
    kept = {name: value for name, value in exchange.response_headers.items() if name != "content-type"}
    return replace(
        exchange, status=status, response_body=NO_BODY, media="", response_headers={**kept, **(headers or {})}
    )


def _web_page(exchange: Exchange, _number: int) -> Exchange:
    page = with_headers(exchange, {"content-type": "text/html; charset=utf-8"})
    return replace(page, response_body=NO_BODY, media="text/html")


def _sometimes(number: int) -> bool:
    return number % 5 in {1, 3}


def sometimes(turn: Turn) -> Turn:
    """In two of five exchanges."""
    return lambda exchange, number: turn(exchange, number) if _sometimes(number) else exchange


def _other_errors(exchange: Exchange, _number: int) -> Exchange:
    if exchange.status != 404:
        return exchange
    detail = f"No customer for {exchange.response_headers['x-request-id']}"
    return replace(exchange, response_body={"errors": [{"title": "Not found", "detail": detail}]})


def _queued(exchange: Exchange, _number: int) -> Exchange:
    return replace(exchange, status=202, response_body={"job": exchange.response_headers["x-request-id"]})


def _graphql_error(exchange: Exchange, _number: int) -> Exchange:
    message = f"Timeout in {exchange.response_headers['x-request-id']}"
    return replace(exchange, response_body={"data": None, "errors": [{"message": message, "path": ["customer"]}]})


def _relative(exchange: Exchange, _number: int) -> Exchange:
    return with_headers(exchange, {"location": exchange.response_headers["location"].removeprefix(_HOST)})


def _without_cursor(exchange: Exchange, _number: int) -> Exchange:
    return replace(exchange, response_body={"orders": _of(exchange)["orders"]})


def _of(exchange: Exchange) -> dict[str, JSON]:
    assert isinstance(exchange.response_body, dict)
    return exchange.response_body


def _by_cursor(exchange: Exchange, number: int) -> Exchange:
    cursor = None if _last(number) else f"cur_{exchange.response_headers['x-request-id']}"
    body = {"orders": _of(exchange)["orders"], "next_cursor": cursor}
    return replace(exchange, url=f"{_HOST}/orders?cursor=cur_{number}", response_body=body)


def _renamed_limits(exchange: Exchange, _number: int) -> Exchange:
    headers = {name.replace("x-ratelimit-", "ratelimit-"): text for name, text in exchange.response_headers.items()}
    return replace(exchange, response_headers=headers)


def _until_then(exchange: Exchange, _number: int) -> Exchange:
    if exchange.status != 429:
        return exchange
    seconds = int(exchange.response_headers["retry-after"])
    then = Values(str(seconds)).moment() + timedelta(seconds=seconds)
    return with_headers(exchange, {"retry-after": then.strftime("%a, %d %b %Y %H:%M:%S GMT")})


def _basic(exchange: Exchange, number: int) -> Exchange:
    return replace(exchange, request_headers={**exchange.request_headers, "authorization": f"Basic dXNlcjo{number}"})


def _to_login(exchange: Exchange, _number: int) -> Exchange:
    return _bodiless(exchange, 302, {"location": "https://login.shop.example/oauth/authorize?client_id=7"})


def _stronger_proof(exchange: Exchange, _number: int) -> Exchange:
    challenge = 'Bearer error="insufficient_user_authentication", acr_values="mfa"'
    return with_headers(_refused(exchange, 401, "sign in again"), {"www-authenticate": challenge})


def _moved_away(exchange: Exchange, _number: int) -> Exchange:
    return _bodiless(exchange, 308, {"location": exchange.url.replace("/v1/", "/v2/")})


@dataclass(frozen=True)
class Event:
    """One thing that happens to an operation.

    Attributes:
        name: What a consumer would call it.
        operation: The operation it happens to, a key of `OPERATIONS`.
        turn: What becomes of each exchange.
    """

    name: str
    operation: str
    turn: Turn

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


_ALL: Final = (
    Event("no body any more", "customer", lambda exchange, _: _bodiless(exchange, 204)),
    Event("customers not found", "customer", lambda exchange, _: _refused(exchange, 404, "no such customer")),
    Event("some throttled", "customer", sometimes(lambda exchange, _: _refused(exchange, 429, "slow down"))),
    Event("some queued", "customer", sometimes(_queued)),
    Event("errors have another body", "sometimes missing", _other_errors),
    Event("failure dressed as success", "customer", sometimes(lambda exchange, _: _refused(exchange, 200, "oops"))),
    Event("errors in GraphQL", "graphql", sometimes(_graphql_error)),
    Event("web page instead of JSON", "customer", _web_page),
    Event("web page now and then", "customer", sometimes(_web_page)),
    Event("character set left out", "customer", _put("content-type", "application/json")),
    Event("etag gone", "customer", without_headers("etag")),
    Event("location relative", "created", _relative),
    Event("cursor gone", "with cursor", _without_cursor),
    Event("link to the next page gone", "with link", without_headers("link")),
    Event("pages became cursors", "paged", _by_cursor),
    Event("limit lowered", "customer", _put("x-ratelimit-limit", "100")),
    Event("limit headers renamed", "customer", _renamed_limits),
    Event("told when instead of how long", "sometimes throttled", _until_then),
    Event("deprecation announced", "customer", _put("deprecation", "@1790000000")),
    Event("sunset announced", "customer", _put("sunset", "Wed, 11 Nov 2099 11:11:11 GMT")),
    Event("another version answers", "customer", _put("api-version", "2025-01-01")),
    Event("basic instead of bearer", "customer", _basic),
    Event("login page in the way", "customer", _to_login),
    Event("stronger proof wanted", "customer", _stronger_proof),
    Event("moved away for good", "customer", _moved_away),
)

EVENTS: Final = {event.name: event for event in _ALL}
"""Every event by its name."""


def after(event: Event, which: str) -> list[Exchange]:
    """A sample of the operation, after the event."""
    return [event.turn(exchange, number) for number, exchange in enumerate(exchanges(event.operation, which))]
