"""Secrets out, shapes kept: what replaces them has the same type and the same format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import quote_plus, unquote_plus, urlsplit, urlunsplit

from pytest_integration_contracts.drift.authentication import authorization_scheme, is_secret_name
from pytest_integration_contracts.shapes.formats import EXAMPLES, PLACEHOLDER, format_of
from pytest_integration_contracts.shapes.kinds import WIDTHS

_KNOWN_TOKEN = re.compile(
    r"\b(?:[rs]k_(?:live|test)_[A-Za-z0-9]{10,}"  # Stripe
    r"|gh[opsur]_[A-Za-z0-9]{30,}|github_pat_\w{30,}"
    r"|glpat-[\w-]{20,}"  # GitLab
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS
    r"|AIza[\w-]{35}"  # Google
    r"|sk-[\w-]{20,}"  # OpenAI, Anthropic
    r"|SG\.[\w-]{16,}\.[\w-]{16,}"  # SendGrid
    r"|(?<!-)eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"  # JSON Web Token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^-]|-(?!----))*-----END [A-Z ]*PRIVATE KEY-----",
    re.ASCII,
)

_URL = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*://[^\s<>"'\\]+""")
_FORM = re.compile(r"[\w.%+\[\]-]+=[^&\s]*(?:&[\w.%+\[\]-]+=[^&\s]*)*", re.ASCII)

_JSON_MEMBER = re.compile(r'"(?P<name>(?:[^"\\]|\\.){1,99})"\s*:\s*"(?P<value>(?:[^"\\]|\\.)+)')
_XML_ELEMENT = re.compile(r"<(?:[\w.-]+:)?(?P<name>[\w.-]{1,99})(?:\s[^<>]*)?>(?P<value>[^<>]+)(?=</)", re.ASCII)
_PART_NAME = re.compile(r';\s*name="([^"]*)"')


def scrub_url(url: str) -> str:
    """The URL without user-info, and with placeholders for the values of token-like parameters."""
    url = _KNOWN_TOKEN.sub(PLACEHOLDER, url)
    if "@" not in url and "=" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return _placeholder(url)
    clean = parts._replace(
        netloc=parts.netloc.rpartition("@")[2],
        query=scrub_form(parts.query),
        fragment=scrub_form(parts.fragment),
    )
    return url if clean == parts else urlunsplit(clean)


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
    if name == "cookie":
        return ";".join(map(_scrub_cookie, value.split(";")))
    if name == "set-cookie":
        cookie, semicolon, attributes = value.partition(";")
        return f"{_scrub_cookie(cookie)}{semicolon}{attributes}"
    if name in {"location", "content-location", "referer"}:
        return scrub_url(value)
    if not is_secret_name(name):
        return _scrub_text(value)
    scheme = authorization_scheme(value) if name.endswith("authorization") else ""
    return f"{scheme} {PLACEHOLDER}" if scheme else _placeholder(value)


def _scrub_cookie(cookie: str) -> str:
    name, equals, value = cookie.partition("=")
    if not equals:
        name, value = "", cookie.strip()
    return f"{name}{equals}{PLACEHOLDER if value else ''}"


def scrub_body(raw: bytes, media: str) -> bytes:
    """A body with placeholders for token-like members, parameters, elements and form parts.

    Args:
        raw: The body, decompressed.
        media: The media type it claims, in lower case and without parameters.
    """
    text = raw.decode("latin-1")  # what is looked for is ASCII, and every byte comes back as it was
    if media == "application/x-www-form-urlencoded" or _FORM.fullmatch(text):
        return _KNOWN_TOKEN.sub(PLACEHOLDER, scrub_form(text)).encode("latin-1")
    if media.endswith(("/json", "+json")) or text.lstrip()[:1] in {"{", "["}:
        try:
            value = json.loads(raw)
            scrubbed = scrub_value(value)
            return raw if scrubbed == value else json.dumps(scrubbed).encode()
        except (ValueError, RecursionError):
            pass  # several values, or a part of one: its members can still be told
    if media.startswith("multipart/"):
        text = "\r\n--".join(map(_scrub_part, text.split("\r\n--")))
    text = _XML_ELEMENT.sub(_scrub_named, _JSON_MEMBER.sub(_scrub_named, text))
    return _KNOWN_TOKEN.sub(PLACEHOLDER, text).encode("latin-1")


def _scrub_part(part: str) -> str:
    head, blank, value = part.partition("\r\n\r\n")
    name = _PART_NAME.search(head)
    return f"{head}{blank}{_placeholder(value)}" if name and is_secret_name(name[1]) else part


def _scrub_named(found: re.Match[str]) -> str:
    if not is_secret_name(found["name"]):
        return found[0]
    return found[0][: found.start("value") - found.start()] + _placeholder(found["value"])


def scrub_value(value: object) -> object:
    """A JSON value with placeholders for the values of token-like members, at any depth."""
    if isinstance(value, dict):
        return {
            name: _blank(member) if isinstance(name, str) and is_secret_name(name) else scrub_value(member)
            for name, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [scrub_value(item) for item in value]
    return _scrub_text(value) if isinstance(value, str) else value


def _blank(value: object) -> object:
    if isinstance(value, dict):
        return {name: _blank(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_blank(item) for item in value]
    if isinstance(value, str):
        return _placeholder(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return _as_wide_as(value)
    return 0.5


def _as_wide_as(value: float) -> int:
    """An integer that needs as much room as the given one, and says nothing else about it."""
    for first, end in WIDTHS.values():
        if first <= value < end:
            return max(0, end // 2 if end > 2**31 else 0)
    return 2**53


def _scrub_text(text: str) -> str:
    """Text with placeholders for tokens of a known format, and with the URLs in it scrubbed."""
    text = _KNOWN_TOKEN.sub(PLACEHOLDER, text)
    return _URL.sub(lambda found: scrub_url(found[0]), text) if "://" in text else text


def _placeholder(value: str) -> str:
    return EXAMPLES.get(format_of(value), PLACEHOLDER) if value else value
