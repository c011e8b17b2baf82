"""When an exchange was recorded: as its cassette says, or else as the answer itself does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

_MOST_SECONDS_IN_A_CACHE: Final = 2**31
"""RFC 9111, 1.2.2: what is greater counts as this."""


def now() -> dt.datetime:
    """The moment it is, in UTC."""
    return dt.datetime.now(dt.UTC)


def written(moment: dt.datetime) -> str:
    """A moment as cassettes say it: `2026-11-24T14:20:05Z`."""
    return f"{moment.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"


def stated(value: object) -> dt.datetime | None:
    """The moment that a cassette's `recorded_at` means, None for anything else; without a zone it is in UTC."""
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    if not isinstance(value, str):
        return None
    try:
        return stated(dt.datetime.fromisoformat(value))
    except ValueError:
        return _http_date(value)


def sent(headers: Mapping[str, str]) -> dt.datetime | None:
    """When an answer was sent, by its own clock; None where it does not say.

    What came out of a cache had been made earlier than that, by its age.

    Args:
        headers: The answer's headers, names in lower case.

    Source: `Date`, RFC 9110, section 6.6.1; `Age`, RFC 9111, section 5.1.
    """
    made = _http_date(headers.get("date", ""))
    age = headers.get("age", "").strip()
    if made is None or not (age.isascii() and age.isdigit()):
        return made
    seconds = int(age) if len(age) <= len(str(_MOST_SECONDS_IN_A_CACHE)) else _MOST_SECONDS_IN_A_CACHE
    try:
        return made + dt.timedelta(seconds=min(seconds, _MOST_SECONDS_IN_A_CACHE))
    except OverflowError:
        return made


def _http_date(text: str) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
