"""How fast an upstream may be asked, and when to stop: as slow as agreed, and as it says itself."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

from pytest_integration_contracts.errors import UsageError

MOST_REFUSALS: Final = 2
"""So many refusals in a row, 429 or 503, end it."""

LONGEST_WAIT: Final = 60.0
"""Who asks for a longer pause than this, in seconds, is not asked again in this run."""

REFUSALS: Final = frozenset({429, 503})
_PER: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE = re.compile(r"(?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?)/(?P<unit>[smh])")


def interval_of(rate: str) -> float:
    """The seconds between requests that a rate means: `1/s`, `30/m`.

    Raises:
        UsageError: It is none.
    """
    found = _RATE.fullmatch(rate)
    if found is None or not float(found["number"]):
        raise UsageError(f'{rate!r} is no rate such as "1/s", "30/m" or "100/h"')
    return _PER[found["unit"]] / float(found["number"])


class Pace:
    """Holds requests apart.

    Attributes:
        stopped: Why the upstream is not to be asked any more, "" as long as it may be.
    """

    def __init__(
        self,
        interval: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        today: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        """Prepare.

        Args:
            interval: The least time from one request to the next, in seconds.
            clock: What tells seconds that only grow.
            sleep: What waits for some seconds.
            today: What tells the moment, for those who say until when.
        """
        self.stopped = ""
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._today = today
        self._next = clock()
        self._refusals = 0

    def wait(self) -> None:
        """Wait until the next request may go out; it goes out now."""
        left = self._next - self._clock()
        if left > 0:
            self._sleep(left)
        self._next = self._clock() + self._interval

    def heed(self, status: int, retry_after: str) -> bool:
        """Take note of an answer.

        Args:
            status: Its status.
            retry_after: Its header `Retry-After`, "" for none.

        Returns:
            Whether it refused because of the pace, and the same may be asked again.
        """
        if status not in REFUSALS:
            self._refusals = 0
            return False
        self._refusals += 1
        pause = self._seconds(retry_after)
        if pause > LONGEST_WAIT:
            self.stopped = f"the upstream wants to be left alone for {pause:.0f} seconds (Retry-After)"
        elif self._refusals >= MOST_REFUSALS:
            self.stopped = f"the upstream answered {status} {self._refusals} times in a row"
        self._next = max(self._next, self._clock() + pause)
        return not self.stopped

    def _seconds(self, retry_after: str) -> float:
        """The pause that is asked for; the usual one where it cannot be read."""
        wanted = pause_of(retry_after, self._today)
        return 2 * self._interval if wanted is None else wanted


def pause_of(retry_after: str, now: Callable[[], dt.datetime]) -> float | None:
    """The pause in seconds that `Retry-After` asks for (RFC 9110, section 10.2.3); None where it cannot be read.

    Args:
        retry_after: The header, "" for none.
        now: Tells the moment.
    """
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max(0.0, (aware - now()).total_seconds())
