"""Secrets out, shapes kept: what replaces them has the same type and the same format."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from pytest_integration_contracts.drift.authentication import authorization_scheme, is_secret_header, is_secret_name
from pytest_integration_contracts.shapes.formats import PLACEHOLDER
from pytest_integration_contracts.traffic.texts import placeholder, replaced, scrub_form, scrub_text, scrub_url
from pytest_integration_contracts.traffic.tokens import Replace
from pytest_integration_contracts.traffic.values import scrub_value

__all__ = ["scrub_body", "scrub_form", "scrub_headers", "scrub_text", "scrub_url", "scrub_value"]

_LOCATIONS: Final = frozenset({"location", "content-location", "referer"})
_CHALLENGES: Final = frozenset(
    {"www-authenticate", "proxy-authenticate", "authentication-info", "proxy-authentication-info"}
)
_CHALLENGE = re.compile(
    r'(?i)(?<![\w-])(?:c?nonce|nextnonce|opaque|rspauth|response)="?(?P<value>[^",\s]+)'
    r"|(?:negotiate|ntlm) (?P<token>[A-Za-z0-9+/]{8,}=*)"
)
"""What a server hands out for one exchange (RFC 7616, sections 3.3 and 3.5; RFC 4559, section 4)."""

_NEXT_COOKIE = re.compile(r",(?= *[\w!#$%&'*+.^`|~-]+=)", re.ASCII)
"""Between cookies that a client has joined; a date has a comma too, and no name after it."""


def scrub_headers(headers: Mapping[str, list[str]], replace: Replace = placeholder) -> dict[str, list[str]]:
    """Headers with placeholders in those that authenticate; names, schemes and attributes stay."""
    return {name: [_scrub_header(name.lower(), value, replace) for value in values] for name, values in headers.items()}


def _scrub_header(name: str, value: str, replace: Replace) -> str:
    if name == "cookie":
        return ";".join(_scrub_cookie(cookie, replace) for cookie in value.split(";"))
    if name == "set-cookie":
        return ",".join(_scrub_set_cookie(cookie, replace) for cookie in _NEXT_COOKIE.split(value))
    if name in _LOCATIONS:
        return scrub_url(value, replace)
    if name in _CHALLENGES:
        return replaced(value, _challenged(value), lambda _, secret: replace(secret) and PLACEHOLDER)
    return _scrub_credentials(name, value, replace) if is_secret_header(name) else scrub_text(value, replace)


def _scrub_credentials(name: str, value: str, replace: Replace) -> str:
    scheme = authorization_scheme(value) if name.endswith("authorization") else ""
    if not scheme:
        return replace(value)
    replace(value.strip()[len(scheme) :].strip())
    return f"{scheme} {PLACEHOLDER}"


def _challenged(value: str) -> Iterator[tuple[str, int, int]]:
    for found in _CHALLENGE.finditer(value):
        group = found.lastgroup or 0
        yield str(group), found.start(group), found.end(group)


def _scrub_set_cookie(cookie: str, replace: Replace) -> str:
    pair, semicolon, attributes = cookie.partition(";")
    return f"{_scrub_cookie(pair, replace)}{semicolon}{scrub_text(attributes, replace)}"


def _scrub_cookie(cookie: str, replace: Replace) -> str:
    name, equals, value = cookie.partition("=")
    if not equals:
        name, value = "", cookie.strip()
    replace(value)
    return f"{name}{equals}{PLACEHOLDER if value else ''}"


_FORM = re.compile(r"[\w.%+\[\]-]+=[^&\s]*(?:&[\w.%+\[\]-]+=[^&\s]*)*", re.ASCII)
_PART_NAME = re.compile(r';\s*name="([^"]*)"')
_PART_MEDIA = re.compile(r"(?im)^content-type:\s*([\w.+-]+/[\w.+-]+)")
_TABLES: Final = frozenset({"text/csv", "application/csv", "text/tab-separated-values"})


def scrub_body(raw: bytes, media: str, replace: Replace = placeholder) -> bytes:
    """A body with placeholders for tokens, and for token-like members, parameters, elements, columns and parts.

    Args:
        raw: The body, decompressed.
        media: The media type it claims, in lower case and without parameters.
        replace: Gives the placeholder of a secret.
    """
    claims_json = media.endswith(("/json", "+json"))
    if claims_json or raw.lstrip()[:1] in {b"{", b"["}:
        try:
            value = json.loads(raw)
            scrubbed = scrub_value(value, replace)
            return raw if scrubbed is value else json.dumps(scrubbed).encode()
        except (ValueError, RecursionError):
            pass  # several values, or a part of one: its members can still be told
    text = raw.decode("latin-1")  # what is looked for is ASCII, and every byte comes back as it was
    return _scrub_written(text, media, replace).encode("latin-1")


def _scrub_written(text: str, media: str, replace: Replace) -> str:
    """A body that is no JSON value."""
    if media == "application/x-www-form-urlencoded" or _FORM.fullmatch(text):
        return scrub_text(scrub_form(text, replace), replace)
    if media.startswith("multipart/"):
        text = "\r\n--".join(_scrub_part(part, replace) for part in text.split("\r\n--"))
    elif media in _TABLES:
        text = _scrub_table(text, replace)
    elif '{"' in text or "{ " in text:
        text = "".join(_scrub_line(line, replace) for line in text.splitlines(keepends=True))
    return scrub_text(text, replace)


def _scrub_part(part: str, replace: Replace) -> str:
    head, blank, value = part.partition("\r\n\r\n")
    name, media = _PART_NAME.search(head), _PART_MEDIA.search(head)
    if name and is_secret_name(name[1]):
        return f"{head}{blank}{replace(value)}"
    if media and not media[1].lower().startswith("multipart/"):
        return f"{head}{blank}{scrub_body(value.encode('latin-1'), media[1].lower(), replace).decode('latin-1')}"
    return part


def _scrub_line(line: str, replace: Replace) -> str:
    """A line of a stream of JSON values, or of events."""
    begins = line.find("{")
    if begins < 0 or line[:begins].strip() not in {"", "\x1e", "data:"}:
        return line
    text = line[begins:].rstrip()
    scrubbed = scrub_value(text, replace)
    return f"{line[:begins]}{scrubbed}{line[begins + len(text) :]}"


def _scrub_table(text: str, replace: Replace) -> str:
    """A table with placeholders in its token-like columns."""
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return text
    secret = {column for column, name in enumerate(rows[0]) if is_secret_name(name)} if rows else set()
    if not secret:
        return text
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\r\n" if "\r\n" in text else "\n")
    writer.writerow(rows[0])
    for row in rows[1:]:
        writer.writerow([replace(cell) if column in secret else cell for column, cell in enumerate(row)])
    return written.getvalue()
