"""Secrets out, shapes kept: what replaces them has the same type and the same format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote_plus, unquote_plus, urlsplit, urlunsplit

from pytest_integration_contracts.shapes.formats import EXAMPLES, format_of

PLACEHOLDER: Final = "REDACTED"

_SECRET = re.compile(
    r"token|secret|passw|pwd$|api-?key|access-?key|private-?key|auth-?key|subscription-?key|signature|^sig$|credential"
    r"|^(?:proxy-)?authorization$|^(?:set-)?cookies?$|session-?(?:id|key)|jwt|bearer|assertion$|^auth$|^otp$|verifier$"
)
_HARMLESS = re.compile(
    r"token-?(?:type|count|url|uri|endpoint|limit|usage|expir\w*)|^tokens$|(?:max|total|prompt|completion|input|output)-?tokens"
    r"|(?:page|next|prev\w*|continuation|sync|cursor)-?token|credential-?type|assertion-?type|signature-?(?:algorithm|method|version)"
)
_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_secret_name(name: str) -> bool:
    """Whether a header, parameter or member of this name holds a secret, whatever its case."""
    plain = _WORD_BORDER.sub("-", name).lower().replace("_", "-").replace(".", "-")
    return _SECRET.search(plain) is not None and _HARMLESS.search(plain) is None


def scrub_url(url: str) -> str:
    """The URL without user-info, and with placeholders for the values of token-like parameters."""
    if "@" not in url and "?" not in url and "=" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=scrub_form(parts.query)))


def scrub_form(text: str) -> str:
    """A query or form (`a=1&token=...`) with placeholders for the values of token-like parameters."""
    return "&".join(_scrub_pair(pair) for pair in text.split("&"))


def _scrub_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not value or not is_secret_name(unquote_plus(name)):
        return pair
    return f"{name}{equals}{quote_plus(_placeholder(unquote_plus(value)))}"


def scrub_headers(headers: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Headers with placeholders in those that authenticate; names, schemes and attributes stay."""
    return {name: [_scrub_header(name.lower(), value) for value in values] for name, values in headers.items()}


def _scrub_header(name: str, value: str) -> str:
    if name in {"location", "content-location", "referer"}:
        return scrub_url(value)
    if not is_secret_name(name):
        return value
    if name in {"cookie", "set-cookie"}:
        return _scrub_cookies(value, first_only=name == "set-cookie")
    if name.endswith("authorization") and " " in value.strip():
        return f"{value.split(maxsplit=1)[0]} {PLACEHOLDER}"
    return _placeholder(value)


def _scrub_cookies(value: str, *, first_only: bool) -> str:
    cookies = value.split(";")
    scrubbed = [re.sub(r"=.*", f"={PLACEHOLDER}", cookie, flags=re.DOTALL) for cookie in cookies]
    return ";".join([scrubbed[0], *cookies[1:]] if first_only else scrubbed)


def scrub_body(raw: bytes, media: str) -> bytes:
    """A body with placeholders for token-like members (JSON) or parameters (forms); else unchanged."""
    if media == "application/x-www-form-urlencoded":
        return scrub_form(raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if raw.lstrip()[:1] not in (b"{", b"["):
        return raw
    try:
        value = json.loads(raw)
        scrubbed = scrub_value(value)
    except (ValueError, RecursionError):
        return raw
    return raw if scrubbed == value else json.dumps(scrubbed).encode()


def scrub_value(value: object) -> object:
    """A JSON value with placeholders for the values of token-like members, at any depth."""
    if isinstance(value, dict):
        return {
            name: _blank(member) if isinstance(name, str) and is_secret_name(name) else scrub_value(member)
            for name, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [scrub_value(item) for item in value]
    return value


def _blank(value: object) -> object:
    if isinstance(value, dict):
        return {name: _blank(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_blank(item) for item in value]
    if isinstance(value, str):
        return _placeholder(value)
    if isinstance(value, bool) or value is None:
        return value
    return 0 if isinstance(value, int) or (isinstance(value, float) and value.is_integer()) else 0.5


def _placeholder(value: str) -> str:
    return EXAMPLES.get(format_of(value), PLACEHOLDER) if value else value
