"""Secrets that a test or fixture has met: known while it runs, so that what is printed can be kept free of them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus, unquote_plus

from pytest_integration_contracts.shapes.formats import EXAMPLES, PLACEHOLDER, format_of
from pytest_integration_contracts.traffic.texts import placeholder, scrub_text

_SHORTEST: Final = 8
"""What is shorter may stand in any text by chance."""

_WORD = re.compile(r"[A-Za-z][a-z]{0,14}|[A-Z]{0,15}")
_COMMON: Final = frozenset({"boolean", "date", "time", "date-time", "date-time-local", "duration", "ipv4", "ipv6"})
_PLACEHOLDERS: Final = frozenset({PLACEHOLDER, *EXAMPLES.values()})
_CUT: Final = "..."
"""How pytest shortens what it shows."""


class Secrets:
    """Secrets that were replaced, kept in memory only."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def replace(self, secret: str) -> str:
        """Give the placeholder of a secret, and take note of the secret."""
        if secret not in self._known:
            self._known.update(filter(_is_telling, _parts(secret)))
        return placeholder(secret)

    @property
    def known(self) -> frozenset[str]:
        """What was noted, in all the ways that it may be written."""
        return frozenset(self._known)


def redact(text: str, known: Iterable[str]) -> str:
    """A text that is about to be shown, without known secrets and without what looks like one by itself.

    Args:
        text: Anything: a traceback, captured output, a line of a log.
        known: What `Secrets` has noted.
    """
    for secret in sorted(known, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, PLACEHOLDER)
        elif _CUT in text:
            text = _without_ends(text, secret)
    return scrub_text(text, placeholder)


def _parts(secret: str) -> set[str]:
    """A secret in all the ways that it may be written, its lines, and the password in it."""
    whole = {secret.strip(), *secret.splitlines(), *_password(secret)}
    decoded = {*whole, *map(unquote_plus, whole)}
    return {
        written
        for text in decoded
        for written in (text, json.dumps(text)[1:-1], repr(text)[1:-1], quote(text, safe=""), quote_plus(text))
    }


def _password(secret: str) -> tuple[str, ...]:
    """What comes after the colon in user-info, and in what Basic has encoded (RFC 7617, section 2)."""
    if ":" in secret:
        return (secret.partition(":")[2],)
    try:
        user, colon, password = base64.b64decode(secret, validate=True).decode("utf-8").partition(":")
    except (ValueError, binascii.Error):
        return ()
    return (password, f"{user}:{password}") if colon and user.isprintable() and password.isprintable() else ()


def _is_telling(text: str) -> bool:
    """Whether a text is long and strange enough that it is the secret wherever it stands."""
    return (
        len(text) >= _SHORTEST
        and text not in _PLACEHOLDERS
        and not text.startswith("-----")
        and _WORD.fullmatch(text) is None
        and format_of(text) not in _COMMON
    )


def _without_ends(text: str, secret: str) -> str:
    """A text without the beginning and the end of a secret whose middle was left out."""
    for end in (secret[:_SHORTEST], secret[-_SHORTEST:]):
        at = text.find(end)
        while at >= 0:
            start, stop = at, at + len(end)
            if end == secret[:_SHORTEST]:
                while stop < len(text) and stop - start < len(secret) and text[stop] == secret[stop - start]:
                    stop += 1
                cut = text.startswith(_CUT, stop)
            else:
                while start > 0 and stop - start < len(secret) and text[start - 1] == secret[start - stop - 1]:
                    start -= 1
                cut = text.endswith(_CUT, 0, start)
            if cut:
                text = f"{text[:start]}{PLACEHOLDER}{text[stop:]}"
                stop = start + len(PLACEHOLDER)
            at = text.find(end, stop)
    return text
