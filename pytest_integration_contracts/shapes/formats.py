"""The one table of string formats, shared by inference and by the matcher.

Each pattern is written in the common part of Python's `re` and of the linear-time engine behind the matcher: ASCII
classes, no look-around, no back-references. Patterns exclude each other, but for the pairs in `GENERALISES`.

Sources: RFC 3339 (date-time, date, time; the space instead of `T` is its section 5.6 note), ISO 8601 (duration),
RFC 9562 (uuid), RFC 3986 (uri, with an authority), RFC 4291 (ipv6), the HTML standard (email).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_OFFSET = r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})"
_SPAN = (
    r"(?:[0-9]+H(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?"
    r"|[0-9]+M(?:[0-9]+(?:\.[0-9]+)?S)?"
    r"|[0-9]+(?:\.[0-9]+)?S)"
)
_DAYS = r"(?:[0-9]+Y(?:[0-9]+M)?(?:[0-9]+D)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_GROUP = r"[0-9A-Fa-f]{1,4}"
_IPV6 = "|".join(
    [
        rf"(?:{_GROUP}:){{7}}{_GROUP}",
        *(rf"(?:{_GROUP}:){{1,{head}}}(?::{_GROUP}){{1,{7 - head}}}" for head in range(1, 7)),
        rf"(?:{_GROUP}:){{1,7}}:",
        rf":(?::{_GROUP}){{1,7}}",
        r"::",
    ]
)
_INTEGER = r"-?(?:0|[1-9][0-9]*)"

PATTERNS: Final[dict[str, str]] = {
    "date-time": rf"{_DATE}[Tt ]{_TIME} ?{_OFFSET}",
    "date-time-local": rf"{_DATE}[Tt ]{_TIME}",
    "date": _DATE,
    "time": rf"{_TIME}{_OFFSET}?",
    "duration": rf"P(?:[0-9]+W|{_DAYS}(?:T{_SPAN})?|T{_SPAN})",
    "uuid": r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
    "email": r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*://[^\x00-\x20]+",
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "boolean": r"[Tt]rue|TRUE|[Ff]alse|FALSE|yes|no|[YyNn]|on|off",
    "integer": _INTEGER,
    "decimal": rf"{_INTEGER}(?:\.[0-9]+)?",
}
"""Format name to the pattern that a whole string must match."""

EPOCHS: Final[dict[str, tuple[int, int]]] = {
    f"epoch-{unit}": (631_152_000 * factor, 4_102_444_800 * factor)
    for unit, factor in (("seconds", 1), ("milliseconds", 1000))
}
"""Formats of numbers: Unix time from 1990 to 2100, the first and the first that is too late."""

_UTC = r"(?:[Zz]|[+-]00:?00)"

ZONED: Final[dict[str, str]] = {
    "utc": rf"{_DATE}[Tt ]{_TIME} ?{_UTC}",
    "offset": rf"{_DATE}[Tt ]{_TIME} ?[+-](?:00:?(?:0[1-9]|[1-9][0-9])|(?:0[1-9]|[1-9][0-9]):?[0-9]{{2}})",
}
"""Date-times in UTC, and those with another offset: patterns that a whole string must match."""

_ZONE_MATCHERS = {zone: re.compile(pattern).fullmatch for zone, pattern in ZONED.items()}


GENERALISES: Final[dict[str, str]] = {"integer": "decimal"}
"""A format to the wider one that holds every string of it."""

PARSED: Final = frozenset({"date-time", "date-time-local", "date", "time", "duration", "integer", "decimal"})
"""Formats whose strings consumers parse into a value; the others they mostly pass on as they are."""

PLACEHOLDER: Final = "REDACTED"
"""What stands in the place of a secret text that has no format."""

EXAMPLES: Final[dict[str, str]] = {
    "date-time": "2000-01-01T00:00:00Z",
    "date-time-local": "2000-01-01T00:00:00",
    "date": "2000-01-01",
    "time": "00:00:00",
    "duration": "P1D",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "email": "redacted@redacted.example",
    "uri": "https://redacted.example/",
    "ipv4": "0.0.0.0",  # noqa: S104 - a value, not an address to bind
    "ipv6": "::",
    "boolean": "true",
    "integer": "0",
    "decimal": "0.0",
}
"""A harmless value of each format, for placeholders that keep the shape."""

_CLASSIFY = re.compile(
    "|".join(f"(?P<{name.replace('-', '_')}>{pattern})" for name, pattern in PATTERNS.items())
).fullmatch


def format_of(value: str) -> str:
    """The most specific format of one string, or "" where it has none."""
    match = _CLASSIFY(value)
    return match.lastgroup.replace("_", "-") if match and match.lastgroup else ""


def generalise(one: str, other: str) -> str:
    """The most specific format that holds for the strings of both, or "" where there is none."""
    if one == other:
        return one
    if GENERALISES.get(one, one) == other:
        return other
    return one if GENERALISES.get(other, other) == one else ""


_AT_A_TIME: Final = 1024
_BULK = {name: re.compile(rf"(?:(?:{pattern})\n)*+").fullmatch for name, pattern in (PATTERNS | ZONED).items()}
"""The patterns for many strings at once, each followed by a line break: no pattern matches one."""


def _all_match(name: str, values: list[str]) -> bool:
    """Whether all strings match a pattern. A call for many is two to three times as fast as one for each."""
    for at in range(0, len(values), _AT_A_TIME):
        part = values[at : at + _AT_A_TIME]
        lines = "\n".join(part) + "\n"
        if lines.count("\n") != len(part) or not _BULK[name](lines):
            return False
    return True


def zone_of(value: str) -> str:
    """`utc` or `offset`."""
    return next((zone for zone, matches in _ZONE_MATCHERS.items() if matches(value)), "")


def format_and_zone(values: Collection[str]) -> tuple[str, str]:
    """The most specific format that every one of the strings has, and of date-times whether all are in UTC.

    Args:
        values: At least one string.

    Returns:
        The format, "" for none; and `utc` or `offset` where every date-time is the one or the other, else "".
    """
    strings = list(values)
    candidate = format_of(strings[0])
    if candidate == "date-time":
        zone = zone_of(strings[0])
        if zone and _all_match(zone, strings):
            return candidate, zone
    while candidate and not _all_match(candidate, strings):
        candidate = GENERALISES.get(candidate, "")
    return candidate, ""
