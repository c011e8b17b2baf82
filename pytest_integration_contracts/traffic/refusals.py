"""What an answer says about who is at fault when it is not what the snapshot knows: their outage, or our credential."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from pytest_integration_contracts.manifest import split_url
from pytest_integration_contracts.model import Exchange

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LOGIN = re.compile(r"(?i)(?:^|[/._-])(?:log-?in|log-?on|sign-?in|signon|sso|saml|auth|authorize|oauth2?)(?:$|[/._-])")
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
    if exchange.status in _REDIRECTS:
        location = split_url(exchange.response_headers.get("location", ""))
        if _LOGIN.search(location.path) or _LOGIN.search(location.hostname or ""):
            return f"answered {_phrase(exchange.status)} to a login page, {location.hostname or ''}{location.path}"
    return ""


_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s+[^\s=,]|\s*(?:,|$))")


def challenges(exchange: Exchange) -> frozenset[str]:
    """The authentication schemes that the answer asks for (RFC 9110, section 11.6.1): `Bearer`, `Basic`."""
    return frozenset(_SCHEME.findall(exchange.response_headers.get("www-authenticate", "")))


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
