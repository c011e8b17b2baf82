"""How requests authenticate and what responses ask for: schemes and names, never what with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from pytest_integration_contracts.manifest import split_url
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.shapes.words import split_name

_SECRET = re.compile(
    r"token|secret(?!ar)|passw|passphrase|pwd$|api-?key|access-?key|private-?key|auth-?key|subscription-?key|signature"
    r"|^sig$|credential|authorization$|^(?:set-)?cookies?$|session-?(?:id|key)|jwt|bearer|assertion$|^auth$|^otp$"
    r"|verifier$"
)
_HARMLESS = re.compile(
    r"token-?(?:type|count|url|uri|endpoint|limit|usage|expir\w*)|^tokens$|(?:max|total|prompt|completion|input|output)-?tokens"
    r"|(?:page|next|prev\w*|continuation|sync|cursor)-?token|credential-?type|assertion-?type|signature-?(?:algorithm|method|version)"
)
_AUTHORIZATION = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]{0,31})\s+\S")


def is_secret_name(name: str) -> bool:
    """Whether a header, parameter or member of this name holds a secret, whatever its case."""
    plain = split_name(name).replace(" ", "-")
    return _SECRET.search(plain) is not None and _HARMLESS.search(plain) is None


def authorization_scheme(value: str) -> str:
    """The scheme of an Authorization header, `Bearer`; "" where it has none."""
    found = _AUTHORIZATION.match(value)
    return found[1] if found else ""


def auth_scheme(url: str, headers: Mapping[str, str]) -> str:
    """How a request authenticated, not what with: `Bearer`, `header x-api-key`, `query token`; "" for not at all."""
    authorization = headers.get("authorization", "")
    if authorization:
        return authorization_scheme(authorization) or "header authorization"
    for name in sorted(headers):
        if is_secret_name(name):
            return "cookie" if name == "cookie" else f"header {name}"
    for name, _ in parse_qsl(split_url(url).query):
        if is_secret_name(name):
            return f"query {name}"
    return ""


_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s+[^\s=,]|\s*(?:,|$))")


def challenges(exchange: Exchange) -> frozenset[str]:
    """The authentication schemes that the answer asks for (RFC 9110, section 11.6.1): `Bearer`, `Basic`."""
    return frozenset(_SCHEME.findall(exchange.response_headers.get("www-authenticate", "")))


_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LOGIN = re.compile(r"(?i)(?:^|[/._-])(?:log-?in|log-?on|sign-?in|signon|sso|saml|auth|authorize|oauth2?)(?:$|[/._-])")
_STEP_UP = re.compile(r'error\s*=\s*"?insufficient_user_authentication\b')


def redirects(exchange: Exchange) -> bool:
    """Whether the answer sends the client elsewhere."""
    return exchange.status in _REDIRECTS and bool(exchange.response_headers.get("location"))


def leads_to_login(exchange: Exchange) -> bool:
    """Whether the answer redirects to what looks like a login page, by its path or its host."""
    if not redirects(exchange):
        return False
    location = split_url(exchange.response_headers["location"])
    return bool(_LOGIN.search(location.path) or _LOGIN.search(location.hostname or ""))


def asks_for_more(exchange: Exchange) -> bool:
    """Whether the answer knows the user and wants a stronger proof of it (RFC 9470, step-up authentication)."""
    return _STEP_UP.search(exchange.response_headers.get("www-authenticate", "")) is not None
