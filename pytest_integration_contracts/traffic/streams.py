"""Bodies of several values: JSON Lines, and server-sent events.

Sources: JSON Lines (jsonlines.org), RFC 7464 (JSON text sequences), the HTML standard (section 9.2.6, server-sent
events).
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

LINES: Final = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/jsonlines",
        "application/json-lines",
        "application/json-seq",
    }
)
"""Media types of bodies that are a list, also where they have one line."""

EVENTS: Final = "text/event-stream"

_BREAK = re.compile(r"\r\n|\r|\n")
_RECORD_SEPARATOR = "\x1e"


def values_of_lines(text: str) -> list[Any] | None:
    """The JSON values of all lines that are not blank; None where a line is none.

    Raises:
        RecursionError: A value is nested too deep to read.
    """
    lines = (line.strip(f" \t{_RECORD_SEPARATOR}") for line in _BREAK.split(text))
    try:
        return [json.loads(line) for line in lines if line]
    except ValueError:
        return None


def events_of(text: str) -> list[dict[str, Any]]:
    """Events in order, each `{"event": name, "data": value}`: a JSON value where it is one, else the text.

    Raises:
        RecursionError: A value is nested too deep to read.
    """
    events = []
    name = ""
    data: list[str] = []
    for line in [*_BREAK.split(text.removeprefix("\ufeff")), ""]:
        field, _, value = line.partition(":")
        if not line:
            if data:
                events.append({"event": name or "message", "data": _json_or_text("\n".join(data))})
            name, data = "", []
        elif field == "event":
            name = value.removeprefix(" ")
        elif field == "data":
            data.append(value.removeprefix(" "))
    return events


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
