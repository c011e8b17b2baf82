"""Forms and bodies of several parts.

Sources: the URL standard (section 5, application/x-www-form-urlencoded), RFC 2046 (section 5.1, multipart), RFC 7578
(multipart/form-data), RFC 9112 (application/http).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

FORM: Final = "application/x-www-form-urlencoded"
PARTS: Final = "multipart/"
PARTS_OF_A_FORM: Final = "multipart/form-data"
MESSAGE: Final = "application/http"

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(name|filename)\*?="?([^";]*)"?', re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/[0-9.]{1,5} +([0-9]{3})\b")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(r"\r?\n")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a body.

    Attributes:
        headers: Lower-case names to values.
        content: The bytes.
        name: The name of the form's field, "" where it has none.
        is_file: Whether it is a file that was sent.
        status: The status of the answer that it is, 0 where it is none.
    """

    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    name: str = ""
    is_file: bool = False
    status: int = 0


def form_of(text: str) -> dict[str, object]:
    """A form as an object: names as they are, brackets too. A name that comes more than once is a list, as `a[]` is."""
    return gathered(parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=None))


def gathered(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Pairs as an object: the values of a name that occurs several times, or ends in `[]`, are a list."""
    values: dict[str, list[object]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 and not name.endswith("[]") else each for name, each in values.items()}


def parts_of(content: bytes, content_type: str) -> list[Part] | None:
    """The parts of a body; None where there are none, or it does not end as it should.

    Args:
        content: The bytes.
        content_type: The header, with its boundary.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    border = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    sections = re.split(rb"(?:^|\r?\n)" + re.escape(border) + rb"(?=--|[ \t]*\r?\n)", content)
    if len(sections) < 3 or not sections[-1].startswith(b"--"):  # noqa: PLR2004 - before, between, behind
        return None
    return [_part(section) for section in sections[1:-1]]


def _part(section: bytes) -> Part:
    headers, content = message_of(section.lstrip(b" \t"))
    disposition = {key.lower(): value for key, value in _PARAMETER.findall(headers.get("content-disposition", ""))}
    return Part(headers, content, disposition.get("name", ""), "filename" in disposition)


def message_of(section: bytes) -> tuple[dict[str, str], bytes]:
    """Header lines, and what follows the empty line after them. A message may begin with that line."""
    end = _HEAD_END.search(section)
    head, content = (section[: end.start()], section[end.end() :]) if end else (section, b"")
    headers = {}
    for line in _LINE_END.split(head.decode("utf-8", "replace")):
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return headers, content


def answer_of(part: Part) -> Part | None:
    """The answer that a part holds as it would stand on the wire, None where it holds none."""
    found = _STATUS.match(part.content.lstrip())
    if found is None:
        return None
    headers, content = message_of(part.content.lstrip())
    return Part(headers, content.rstrip(b"\r\n"), status=int(found[1]))
