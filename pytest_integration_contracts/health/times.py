"""Times and spans in words, for everyone who shows health: always in UTC, and always both how long and since when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_HOUR: Final = 3600
_DAY: Final = 86400
_UNITS: Final = ((_DAY, "d"), (_HOUR, "h"), (60, "min"))
_LAST: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def span(seconds: float) -> str:
    """A span in its largest unit that has two of them: `45 s`, `90 min`, `13 h`, `3 d`."""
    left = max(seconds, 0.0)
    for unit, name in _UNITS:
        if left >= 2 * unit:
            return f"{int(left / unit)} {name}"
    return f"{int(left)} s"


def every(seconds: float) -> str:
    """A span as a manifest says it, exactly: `90 min`, `6 h`, `2 d`; a day is 24 h."""
    for unit, name in _UNITS:
        if seconds >= 2 * unit and not seconds % unit:
            return f"{int(seconds / unit)} {name}"
    return span(seconds)


def window_name(seconds: float) -> str:
    """A window as it is asked for: `1h`, `24h`, `7d`."""
    return f"{int(seconds // _DAY)}d" if seconds > _DAY and not seconds % _DAY else f"{int(seconds // _HOUR)}h"


def moment(at: float) -> str:
    """A time, to the minute: `2026-11-28 04:10 UTC`."""
    return f"{_utc(at):%Y-%m-%d %H:%M} UTC"


def moment_near(at: float, now: float) -> str:
    """The same without the day where it is that of `now`: `04:10 UTC`."""
    day = _utc(at)
    return f"{day:%H:%M} UTC" if day.date() == _utc(now).date() else moment(at)


def iso(at: float) -> str:
    """A time for machines, ISO 8601: `2026-11-28T04:10:00Z`."""
    return f"{_utc(at):%Y-%m-%dT%H:%M:%SZ}"


def ago(at: float, now: float) -> str:
    """How long ago, and when: `3 h ago, 2026-11-28 04:10 UTC`."""
    return f"{span(now - at)} ago, {moment(at)}"


def lasting(at: float, now: float) -> str:
    """Since when: `for 3 h, since 2026-11-28 04:10 UTC`."""
    return f"for {span(now - at)}, since {moment(at)}"


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(min(max(at, 0.0), _LAST), UTC)
