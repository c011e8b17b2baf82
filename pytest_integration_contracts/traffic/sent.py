"""What a request sent, as far as its name and its shape need it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from vcr.request import Request

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.manifest.manifest import DEFAULT_LIMITS, Limits, split_url
from pytest_integration_contracts.model import NO_BODY, Exchange
from pytest_integration_contracts.traffic import graphql
from pytest_integration_contracts.traffic.bodies import decode
from pytest_integration_contracts.traffic.cassettes import plain, sent_body
from pytest_integration_contracts.traffic.rpc import called

_GRAPHQL: Final = "application/graphql"
_MOST_REMEMBERED: Final = 16 * 1024
_NAMING: Final = frozenset({"content-type", "content-encoding", "x-amz-target", "soapaction"})
"""Headers that what a request asks depends on."""


def request_of(request: Request) -> Exchange:
    """A request without its response, under the address it has; what cannot be read of its body is left out."""
    headers = plain(request.headers)
    try:
        value = value_of(request, headers)
    except BodyError:
        value = NO_BODY
    return Exchange(
        method=request.method.upper(), url=request.uri, media="", request_headers=headers, request_body=value
    )


def operation(one: Request, other: Request) -> bool:
    """A matcher for vcrpy: many operations have one URL, and the answer to one is no answer to another.

    By GraphQL, operations of one name are alike only where they select the same.
    """
    if not one.method == other.method == "POST" or one.uri != other.uri:
        return True  # other matchers tell
    return called_by(one) == called_by(other)


def called_by(request: Request) -> tuple[str, object]:
    """The operation that a request calls by name, "" for none; and what it selects, where that is GraphQL."""
    body, headers = request.body, plain(request.headers)
    if isinstance(body, bytes) and len(body) <= _MOST_REMEMBERED:
        return _operation_in(
            body, request.uri, tuple((name, headers[name]) for name in sorted(_NAMING & headers.keys()))
        )
    return _named(request_of(request))


@lru_cache(maxsize=1024)
def _operation_in(body: bytes, url: str, headers: tuple[tuple[str, str], ...]) -> tuple[str, object]:
    """As `called_by`, remembered: each request is held against all that are recorded."""
    return _named(request_of(Request("POST", url, body, dict(headers))))


def _named(asked: Exchange) -> tuple[str, object]:
    path = split_url(asked.url).path
    title = graphql.title(asked.request_body, path)
    if title:
        return title, graphql.selection(asked.request_body, path)
    return called(asked, path, ""), None


def value_of(request: Request, headers: Mapping[str, str], limits: Limits = DEFAULT_LIMITS) -> object:
    """The JSON value that a request sent, the fields of a form and the text of a GraphQL query as one; or `NO_BODY`.

    Args:
        request: The request.
        headers: Its headers, names in lower case.
        limits: How large it may be.

    Raises:
        BodyError: The body exceeds a limit.
    """
    body = sent_body(request)
    if not isinstance(body, bytes):
        return NO_BODY if body is None else body
    decoded = decode(body, headers, limits)
    if decoded.value is not NO_BODY or decoded.media != _GRAPHQL:
        return decoded.value
    try:
        return {"query": body.decode("utf-8")}
    except ValueError:
        return NO_BODY
