"""Requests that name what they call: JSON-RPC, AWS's protocols, SOAP, and the many that put it into a member."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from pytest_integration_contracts.model import Exchange

_MEMBERS: Final = ("method", "action", "Action", "op", "operation", "command", "cmd", "function")
_CALLED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[./:-][A-Za-z0-9_]+)*")
_LONGEST: Final = 80
_MOST_PARAMETERS: Final = 1000
_MOST_NAMED: Final = 4

_PATH = re.compile(r"(?i)(?:^|/)(?:json-?rpc|xml-?rpc|rpc|rest|api|call|invoke|dispatch)(?:\.[a-z]{2,4})?/?$")
"""Paths that say nothing of what is asked."""

_VERB_AND_OBJECT = re.compile(
    r"(?:get|list|create|update|delete|remove|add|set|fetch|find|search|query|describe|put|batch)[A-Z]"
    r"|(?:get|create|update|delete|remove|fetch|describe)_[a-z]"  # but list_price, add_on, put_option
)
_DOTTED = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+")
_SOAP_ACTION = re.compile(r"""action\s*=\s*"?([^";]+)""")


def called(exchange: Exchange, path: str, query: str) -> str:
    """The procedure that a request calls: `getUser`, `DynamoDB_20120810.GetItem`; "" where it calls none.

    What a protocol defines is taken at its word. A member such as `method` or `action` is only where the path says
    nothing of what is asked, or where its value can be nothing but a call: `getUser`, `users.list`. A payment's
    `method` is `card`.

    Args:
        exchange: What was sent; its response does not count.
        path: The path that was asked.
        query: The query that was asked.
    """
    if exchange.method == "POST":
        headers, body = exchange.request_headers, exchange.request_body
        return _named_by_header(headers) or _json_rpc(body) or _member(body, path)
    named = exchange.method == "GET" and any(f"{member}=" in query for member in _MEMBERS)
    return _member(_parameters(query), path) if named else ""


def _named_by_header(headers: Mapping[str, str]) -> str:
    """AWS's JSON protocols name the target in a header, SOAP 1.1 in another, and SOAP 1.2 in the media type."""
    target = headers.get("x-amz-target", "")
    if target:
        return _as_called(target)
    media, _, parameters = headers.get("content-type", "").partition(";")
    in_media = _SOAP_ACTION.search(parameters) if media.strip().lower() == "application/soap+xml" else None
    action = headers.get("soapaction") or (in_media[1] if in_media else "")
    return _as_called(re.split(r"[/#:]", action.strip().strip('"').rstrip("/"))[-1])


def _json_rpc(body: object) -> str:
    """The method of a JSON-RPC 2.0 request (section 4), those of a batch (section 6) each once."""
    requests = body if isinstance(body, list) else [body]
    methods = {
        _as_called(each.get("method")) if isinstance(each, dict) and "jsonrpc" in each else "" for each in requests
    }
    if not all(methods):
        return ""
    names = sorted(methods)
    more = [f"+{len(names) - _MOST_NAMED}"] if len(names) > _MOST_NAMED else []
    return ",".join([*names[:_MOST_NAMED], *more])


def _member(body: object, path: str) -> str:
    if not isinstance(body, dict):
        return ""
    if "Action" in body and "Version" in body:  # AWS's query protocol
        return _as_called(body["Action"])
    silent = bool(_PATH.search(path))
    found = (_as_called(body.get(name)) for name in _MEMBERS)
    return next((value for value in found if value and (silent or _is_a_call(value))), "")


def _is_a_call(value: str) -> bool:
    return bool(_VERB_AND_OBJECT.match(value) or _DOTTED.fullmatch(value))


def _as_called(value: object) -> str:
    is_name = isinstance(value, str) and len(value) <= _LONGEST and _CALLED.fullmatch(value)
    return str(value) if is_name else ""


def _parameters(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, max_num_fields=_MOST_PARAMETERS))
    except ValueError:
        return {}
