"""Failures that are dressed as successes: a 2xx response whose body is nothing but an error."""

from __future__ import annotations

import re
from typing import Final

from pytest_integration_contracts.model import Exchange

_SUCCESSES: Final = range(200, 300)
_GRAPHQL: Final = frozenset({"errors", "data", "extensions"})
_COMPANIONS: Final = frozenset(
    {
        *("error", "errors", "success", "ok", "status", "statuscode", "httpstatus", "code", "type", "title", "name"),
        *("message", "msg", "detail", "details", "description", "reason", "instance", "path", "version", "jsonrpc"),
        *("errorcode", "errordescription", "errormessage", "errorid", "erroruri", "errortype", "errorsubcode"),
        *("requestid", "traceid", "correlationid", "transactionid", "timestamp", "time", "date", "elapsed", "took"),
        *("documentationurl", "moreinfo", "help", "helpurl", "links", "meta", "metadata", "extensions"),
    }
)
"""What stands beside an error in an envelope that holds nothing else. Without case and punctuation."""

_MOST: Final = 32
"""Bodies with more members hold data."""

_PUNCTUATION: Final = re.compile(r"[^a-z0-9]+")


def failed_inside(exchange: Exchange) -> bool:
    """Whether the status says that all is well and the body that it is not."""
    return exchange.status in _SUCCESSES and is_error(exchange.response_body)


def is_error(body: object) -> bool:
    """Whether a body is an error envelope: it says that something failed, and holds no data beside.

    `errors: []` and `error: null` say nothing; a record that has a member `error` among others is a record. GraphQL's
    `errors` count beside data too, since parts of it are missing (GraphQL specification, section 7.1).
    """
    if not isinstance(body, dict) or not 0 < len(body) <= _MOST:
        return False
    members = {_plain(name): value for name, value in body.items() if isinstance(name, str)}
    if members.keys() <= _GRAPHQL and _graphql_errors(members.get("errors")):
        return True
    explained = any(isinstance(members.get(name), str) for name in ("message", "msg", "errormessage", "detail"))
    said = any(_says(members.get(name), explained=explained) for name in ("error", "errors"))
    if not said and members.get("ok") is not False and members.get("success") is not False:
        return False
    expected = _COMPANIONS | {"id"} if "jsonrpc" in members else _COMPANIONS
    return all(name in expected or not value for name, value in members.items())


def _plain(name: str) -> str:
    return _PUNCTUATION.sub("", name.lower())


def _graphql_errors(errors: object) -> bool:
    return isinstance(errors, list) and bool(errors) and all(isinstance(e, dict) and "message" in e for e in errors)


def _says(value: object, *, explained: bool) -> bool:
    """Whether the value of `error` tells of one. A number may be a measure, unless a message explains it."""
    if isinstance(value, str | list | dict) or value is True:
        return bool(value)
    return explained and isinstance(value, int) and bool(value)
