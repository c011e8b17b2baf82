"""How requests authenticate and what responses ask for: schemes and names, never what with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from pytest_integration_contracts.manifest.manifest import split_url
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.shapes.words import split_name

_SECRET = re.compile(
    r"token|secret(?!ar)|passw|passphrase|pwd$|(?:db|user|smtp|http|root|admin)-?pass$"
    r"|(?:api|access|private|auth|subscription)-?key"
    r"|(?:app|application|account|consumer|signing|encryption|master|shared|service|integration|licen[cs]e|recovery)-?key$"
    r"|signature|^sig$|hmac|credential|authorization$|^(?:set-)?cookies?$|sess(?:ion)?-?(?:id|key)$|jwt|bearer"
    r"|assertion$|saml-?response$|^auth$|^t?otp$|verifier$|^[cx]srf|^cvv2?$|^cvc2?$|security-code$"
    r"|(?:recovery|backup|verification|mfa|device|user)-codes?$|connection-?string$"
)
_MARKER = re.compile(
    r"token|secret|pass|pwd|key|sig|hmac|cred|auth|cookie|sess|jwt|bearer|assertion|response|otp|verifier|srf|cv[cv]|code"
    r"|connection"
)
_HARMLESS = re.compile(
    r"token-?(?:type|count|url|uri|endpoint|limit|usage|expir\w*|name|symbol|address|kind|status|scopes?|ids?|index)"
    r"|^tokens$|(?:max|total|prompt|completion|input|output|cached|reasoning)-?tokens|tokeni[sz]"
    r"|(?:page|pages|pagination|paging|next|prev\w*|continuation|sync|cursor|resume|delta|skip|change|idempotency)-?token"
    r"|client-request-token$|credential-?type|assertion-?type|signature-?(?:algorithm|method|version)|key-?name$"
)
_HARMLESS_KEY = re.compile(
    r"(?:idempotency|surrogate|cache|partition|routing|sort|public|websocket|object|map)[-_]key$"
)


_IN_ANY_CASE = re.compile(r"passw(?:or)?d|passphrase|(?:proxy-)?authorization")
"""Names that people write with capitals where no word begins: `PassWord`."""


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Whether a header, parameter or member of this name holds a secret, whatever its case."""
    plain = split_name(name).replace(" ", "-")
    if _IN_ANY_CASE.fullmatch(name.lower()):
        return True
    return _SECRET.search(plain) is not None and _HARMLESS.search(plain) is None


def may_name_a_secret(text: str) -> bool:
    """Whether a name of a secret, or what is written like a part of one, stands in a text; cheap."""
    return _MARKER.search(text.lower()) is not None


@lru_cache(maxsize=1024)
def is_secret_header(name: str) -> bool:
    """Whether a header of this name holds a secret: of headers that end in `-key` nearly all do."""
    name = name.lower()
    return is_secret_name(name) or (name.endswith(("-key", "_key")) and _HARMLESS_KEY.search(name) is None)


_PART = r"(?:[A-Za-z]+|AWS4|OAuth2|SHA[0-9]{1,3}|P256)"
_AUTHORIZATION = re.compile(rf"\s*(?=[A-Za-z0-9-]{{1,32}}\s)({_PART}(?:-(?:{_PART}|[0-9]{{1,3}}))*)\s+\S")
"""A scheme of words, with the digits that registered ones have: what else stands before a blank may be a secret."""


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
        if is_secret_header(name):
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
