"""What an answer says about who is at fault when it is not what the snapshot knows: their outage, or our credential."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from pytest_integration_contracts.drift.authentication import challenges, leads_to_login
from pytest_integration_contracts.manifest.manifest import split_url
from pytest_integration_contracts.model import Exchange

_FIRST_SERVER_ERROR: Final = 500


def outage(exchange: Exchange) -> str:
    """How the answer says that the upstream is down or overloaded: `answered 503 Service Unavailable`; "" for not."""
    if exchange.status >= _FIRST_SERVER_ERROR or exchange.status == HTTPStatus.TOO_MANY_REQUESTS:
        return f"answered {_phrase(exchange.status)}"
    return ""


def denial(exchange: Exchange) -> str:
    """How the answer says that our credential is not accepted; "" for not."""
    if exchange.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}:
        asked = " or ".join(sorted(challenges(exchange)))
        return f"answered {_phrase(exchange.status)}{f', asking for {asked}' if asked else ''}"
    if leads_to_login(exchange):
        location = split_url(exchange.response_headers["location"])
        return f"answered {_phrase(exchange.status)} to a login page, {location.hostname or ''}{location.path}"
    return ""


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
