"""A server is asked for its schema: once, bounded, and only with what the consumer itself sends to the same address."""

from __future__ import annotations

import http.client
import json
import time
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.error import HTTPError

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.specs.graphql.schemas import MAX_BYTES, introspection_query, of_introspection

SECONDS: Final = 20.0
"""How long one answer may take as a whole."""

_CHUNK: Final = 64 * 1024
_OF_THE_BODY: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that are about another body, or another connection."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: whatever is sent along is for one address only."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - urllib's signature
        return None


def fetch_schema(url: str, headers: Mapping[str, str]) -> str:
    """The schema of a GraphQL server, as `schemas.normalised`.

    Args:
        url: Its endpoint.
        headers: What the consumer sends to it; credentials among them. They are sent to this URL and nowhere else.

    Raises:
        SpecError: It does not answer, does not tell its schema, or tells what is none. The message holds no header.
    """
    try:
        return _asked(url, headers, recent=True)
    except _RefusedError:
        return _asked(url, headers, recent=False)


class _RefusedError(SpecError):
    """The server answered and refused the query."""


def _asked(url: str, headers: Mapping[str, str], *, recent: bool) -> str:
    body = json.dumps({"query": introspection_query(recent=recent), "operationName": "IntrospectionQuery"}).encode()
    sent = {name: text for name, text in headers.items() if name.lower() not in _OF_THE_BODY}
    own = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
    name = url.partition("?")[0]
    try:
        request = urllib.request.Request(url, body, {**sent, **own}, method="POST")  # noqa: S310 - the manifest has http and https only
        with urllib.request.build_opener(_Stay()).open(request, timeout=SECONDS) as response:
            answer = _read(response, name)
    except HTTPError as error:
        with error:
            raise _refusal(error, name) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise SpecError(f"{name}: could not be asked for its schema: {type(reason).__name__}") from None
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{name}: answers the introspection with what is no JSON") from error
    if isinstance(value, dict) and not isinstance(value.get("data"), dict):
        raise _RefusedError(f"{name}: does not tell its schema{_why(value)}")
    return of_introspection(value, name)


def _refusal(error: HTTPError, name: str) -> SpecError:
    if HTTPStatus.MULTIPLE_CHOICES <= error.code < HTTPStatus.BAD_REQUEST:
        return SpecError(
            f"{name}: redirects the introspection ({error.code}); name the endpoint itself in the manifest"
        )
    kind = _RefusedError if error.code == HTTPStatus.BAD_REQUEST else SpecError
    return kind(f"{name}: does not tell its schema ({error.code})")


def _read(response: Any, name: str) -> bytes:  # noqa: ANN401 - urllib's
    """The body, as long as it comes in time and is not too large."""
    until = time.monotonic() + SECONDS
    chunks: list[bytes] = []
    size = 0
    while chunk := response.read1(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise SpecError(f"{name}: answers the introspection with more than {MAX_BYTES // 1024**2} MB")
        if time.monotonic() > until:
            raise SpecError(f"{name}: takes more than {SECONDS:.0f} s to tell its schema")
    return b"".join(chunks)


def _why(value: Mapping[str, Any]) -> str:
    """Whether it says that it was the query it minds: what it says in words may be anything."""
    return ": it answers with errors, as servers do where introspection is switched off" if value.get("errors") else ""
