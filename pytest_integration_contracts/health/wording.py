"""Times, spans and numbers as a person reads them in a message."""

from __future__ import annotations

import datetime as dt
from typing import Final

DAY: Final = 86400.0
_HOUR: Final = 3600.0
_MINUTE: Final = 60.0


def moment(at: float) -> str:
    """A time as messages show it: `2026-03-01 04:05 UTC`."""
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def span(seconds: float) -> str:
    """A time span as messages show it, in its largest unit: `3 d`, `14 h`, `90 min`."""
    for unit, length in (("d", DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= 2 * length or seconds == length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def percent(share: float) -> str:
    """A share in percent, never rounded up to 100 %."""
    return f"{int(share * 1000 + 1e-6) / 10:g} %"


def plural(number: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
