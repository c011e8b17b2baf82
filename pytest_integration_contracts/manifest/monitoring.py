"""What a manifest says about monitoring: `[health]`, and of each integration `cadence`, `feeds` and so on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

DEFAULT_STORE: Final = "sqlite:.contracts/health.sqlite"

ALERT_KINDS: Final = ("success_rate", "failures", "drift", "stale", "credential", "sunset", "acceptance")
"""What may be told, by the keys that say whether it is."""

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessRate:
    """When too few runs hold.

    Attributes:
        below: The rate below which it is told, 0 to 1.
        over: Over how long, in seconds.
        at_least: From how many runs on.
        recovered: The rate from which it is over again; at least `below`.
    """

    below: float
    over: float
    at_least: int = 5
    recovered: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Silence for a while.

    Attributes:
        integration: Whose alerts; "" for all.
        kind: Which of them; "" for all.
        until: The last day, ISO 8601.
        reason: Why.
    """

    integration: str
    until: str
    reason: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """What is told, and to whom.

    Attributes:
        to: Where to, as references: `env:ALERTS_URL`.
        success_rate: When too few runs hold; None for never.
        failures: How many failures in a row are told; 0 for none.
        recovered: How many good runs in a row end that.
        drift: Whether breaking changes are told, once each, when a second sample confirms them.
        stale: Whether silence is told.
        credential: Whether a refused credential is told, at once.
        sunset: How long before an announced end it is told, in seconds; 0 for never.
        acceptance: How long before an acceptance expires it is told, in seconds; 0 for never.
        mutes: Silence for a while.
    """

    to: tuple[str, ...] = ()
    success_rate: SuccessRate | None = None
    failures: int = 2
    recovered: int = 2
    drift: bool = True
    stale: bool = True
    credential: bool = True
    sunset: float = 30 * 86400.0
    acceptance: float = 14 * 86400.0
    mutes: tuple[Mute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSettings:
    """The table `[health]`.

    Attributes:
        store: Where history is kept: `sqlite:` and a path below the manifest, or a reference, `env:HEALTH_STORE`.
        retention: How long it is kept, in seconds; 0 for ever.
        alerts: `[health.alerts]`.
    """

    store: str = DEFAULT_STORE
    retention: float = 400 * 86400.0
    alerts: AlertSettings = AlertSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When an upstream is being worked on, by its own word: nothing counts against it then.

    Attributes:
        days: On which days of the week, 0 for Monday; empty for every day.
        start: From when, in minutes of the day.
        end: Until when; before `start` it is on the next day.
        timezone: Whose clock: `Europe/Berlin`.
        first: The first day, ISO 8601, "" for open.
        last: The last day, ISO 8601, "" for open.
    """

    days: frozenset[int] = frozenset()
    start: int = 0
    end: int = 24 * 60
    timezone: str = "UTC"
    first: str = ""
    last: str = ""


def zone_of(name: str) -> dt.tzinfo | None:
    """The timezone of a name of the IANA's (`Europe/Berlin`), None where there is none."""
    if name == "UTC":
        return dt.UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # no name at all, a directory of names, or none of them
        return None


def in_maintenance(windows: Iterable[Window], at: float) -> bool:
    """Whether a moment is in one of the windows.

    A time that the clocks of a place leave out in spring is the one an hour later; one that they show twice in autumn
    is both.

    Args:
        windows: The windows.
        at: The moment, in seconds of the epoch.
    """
    return any(_is_in(window, at) for window in windows)


_A_DAY: Final = dt.timedelta(days=1)


def _is_in(window: Window, at: float) -> bool:
    zone = zone_of(window.timezone) or dt.UTC
    local = dt.datetime.fromtimestamp(at, zone)
    return any(_covers(window, day, local, at) for day in (local.date(), local.date() - _A_DAY))


def _covers(window: Window, day: dt.date, local: dt.datetime, at: float) -> bool:
    """Whether the window that begins on a day covers a moment, by the clock on the wall or by the time that passes."""
    named = not window.days or day.weekday() in window.days
    if not named or not (window.first or "0") <= day.isoformat() <= (window.last or "9"):
        return False
    midnight = dt.datetime.combine(day, dt.time())
    length = window.end - window.start if window.end > window.start else window.end - window.start + 24 * 60
    start = midnight + dt.timedelta(minutes=window.start)
    end = start + dt.timedelta(minutes=length)
    on_the_wall = start <= local.replace(tzinfo=None, fold=0) < end
    passing = start.replace(tzinfo=local.tzinfo).timestamp() <= at < end.replace(tzinfo=local.tzinfo).timestamp()
    return on_the_wall or passing
