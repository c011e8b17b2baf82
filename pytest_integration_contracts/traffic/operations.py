"""What was asked: path templates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from pytest_integration_contracts.shapes.formats import PLACEHOLDER

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_SEGMENTS: Final = (
    ("{date}", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?")),
    ("{email}", re.compile(r"[^@\s]+@[^@\s]+")),
    (
        "{id}",
        re.compile(
            rf"[0-9]+|{_UUID}"
            r"|[0-7][0-9A-HJKMNP-TV-Z]{25}"  # ULID: Crockford's base 32, 26 characters
            r"|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}"  # hex with a digit in it, so that no word is meant
            r"|[a-z]{1,8}_(?=[A-Za-z]*(?:[0-9]|[a-z][A-Z]|[A-Z][a-z]))[A-Za-z0-9]{4,}"  # cus_9aB3
            # opaque: long, with a run of letters and digits in it that no words joined by hyphens have
            r"|(?=.{20})(?:[A-Za-z0-9_=.-]*[_=.-])?(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{10,}"
            r"(?:[_=.-][A-Za-z0-9_=.-]*)?"
        ),
    ),
    ("{values}", re.compile(r"-?[0-9.]+(?:,-?[0-9.]+)+")),
)
_SUFFIX = re.compile(r"\.[A-Za-z]{2,5}|:[A-Za-z]+")
_PLAIN = re.compile(r"[A-Za-z0-9._~:{}$*,;()!'-]{1,64}")
_LONGEST: Final = 256


def operation_name(method: str, path: str, templates: Sequence[str] = ()) -> str:
    """Name what was asked: `GET /customers/{id}`.

    Args:
        method: The HTTP method.
        path: What follows the integration's prefix, with or without a query.
        templates: The manifest's path templates; the first that fits wins over guessing.
    """
    segments = path.partition("?")[0].split("/")
    for template in templates:
        if _fits(template.split("/"), segments):
            return f"{method} {template}"
    return f"{method} {'/'.join(map(_segment, segments)) or '/'}"


def _fits(template: list[str], segments: list[str]) -> bool:
    return len(template) == len(segments) and all(
        (segment != "" if wanted.startswith("{") and wanted.endswith("}") else wanted == segment)
        for wanted, segment in zip(template, segments, strict=True)
    )


def _segment(segment: str) -> str:
    text = unquote(segment)
    if len(text) > _LONGEST:
        return "{value}"
    if PLACEHOLDER in text:
        return "{value}"  # where a token stood
    return _placeholder(text) or _with_suffix(text) or (text if not text or _PLAIN.fullmatch(text) else "{value}")


def _placeholder(text: str) -> str:
    return next((placeholder for placeholder, pattern in _SEGMENTS if pattern.fullmatch(text)), "")


def _with_suffix(text: str) -> str:
    """`{id}.json` for `42.json`, `{id}:cancel` for `42:cancel`; "" where what comes before is no value."""
    for border in ".:":
        value, mark, rest = text.rpartition(border)
        placeholder = _placeholder(value)
        if placeholder and _SUFFIX.fullmatch(mark + rest):
            return f"{placeholder}{mark}{rest}"
    return ""
