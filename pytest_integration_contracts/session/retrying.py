"""Which tests of a live run are tried again because their upstream was down, and when: never what may write twice."""

from __future__ import annotations

import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pytest_integration_contracts.manifest.manifest import Integration
from pytest_integration_contracts.model import Finding, Operation, Verdict
from pytest_integration_contracts.session.judge import Judge
from pytest_integration_contracts.session.pacing import pause_of
from pytest_integration_contracts.session.payload import Told
from pytest_integration_contracts.session.watch import SAFE_METHODS, Watch
from pytest_integration_contracts.traffic.refusals import outage

LONGEST_PAUSE: Final = 30.0
"""Who asks for a longer pause than this, in seconds, is not asked again in this run."""

LONGEST_IN_ALL: Final = 60.0
"""Once the tries after the first of one process took so long with their pauses, in seconds, no more begin."""

_HELD: Final = frozenset({Verdict.OK, Verdict.CHANGED})
_NEVER_SENT: Final = (ConnectionRefusedError, socket.gaierror)


class Retries:
    """What one process tries again, and how much of its time is left for that."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        """Prepare.

        Args:
            clock: What tells seconds that only grow.
            sleep: What waits for some seconds.
        """
        self._clock = clock
        self._sleep = sleep
        self._left = LONGEST_IN_ALL
        self._began: float | None = None
        self._stayed_down: set[str] = set()

    def ended(self) -> None:
        """Take note that a try is over: what it took is gone, where it was not the first."""
        self._count()
        self._began = None

    def _count(self) -> None:
        if self._began is not None:
            now = self._clock()
            self._left -= now - self._began
            self._began = now

    def pause(
        self, findings: Sequence[Finding], watches: Sequence[Watch], *, tries: int, never_sent: bool
    ) -> float | None:
        """How long to wait until a test is tried again, in seconds; None where it is not.

        Args:
            findings: All that its last try found.
            watches: What would be exchanged again: the test, and the wider fixtures that could not be set up.
            tries: How often it was tried.
            never_sent: Whether what it ended with says that nothing was sent: the connection was refused.
        """
        self._count()
        grave = {finding.verdict for finding in findings} - _HELD
        if grave != {Verdict.DOWN} or not _repeatable(watches, never_sent=never_sent):
            return None
        judge, project = Judge(watches[0].settings, watches[0].project, watches[0].test), watches[0].project
        names = {each.operation.integration for each in findings if each.verdict is Verdict.DOWN}
        if not all(self._may_ask(project.integration(name), judge, tries) for name in sorted(names)):
            return None
        pause = _wanted(watches)
        pause = float(2 ** (tries - 1)) if pause is None else pause
        return pause if pause <= LONGEST_PAUSE and pause < self._left else None

    def _may_ask(self, integration: Integration, judge: Judge, tries: int) -> bool:
        if integration.name in self._stayed_down or judge.is_maintained(integration):
            return False
        if tries > integration.retries:
            self._stayed_down.add(integration.name)
            return False
        return True

    def wait(self, pause: float) -> None:
        """Wait, and count the time from here on."""
        self._began = self._clock()
        self._sleep(pause)


def _repeatable(watches: Iterable[Watch], *, never_sent: bool) -> bool:
    """Whether nothing was written; or the one request that would have is the one that was never sent."""
    writes = sum(watch.writes for watch in watches)
    hanging = sum(method not in SAFE_METHODS for watch in watches for method in watch.recorder.hanging)
    return not writes or (never_sent and writes == hanging == 1)


def _wanted(watches: Iterable[Watch]) -> float | None:
    """The longest pause that refusals ask for; None where none does."""
    pauses = [
        pause_of(each.response_headers.get("retry-after", ""), watch.settings.now)
        for watch in watches
        for each in watch.exchanges
        if outage(each)
    ]
    return max((pause for pause in pauses if pause is not None), default=None)


def was_never_sent(error: BaseException | None) -> bool:
    """Whether an error goes back to a connection that never came about: the host is not known, or refused it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, _NEVER_SENT):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def notes(told: Sequence[Told]) -> list[str]:
    """What was tried again, and what came of it, one line for each operation."""
    tries: dict[Operation, int] = defaultdict(int)
    for each in told:
        for operation, number in each.tries.items():
            tries[operation] = max(tries[operation], number)
    found = [finding for each in told for finding in each.findings]
    down = {finding.operation for finding in found if finding.verdict is Verdict.DOWN}
    return [_note(operation, tries[operation], down=operation in down) for operation in sorted(tries)]


def _note(operation: Operation, tries: int, *, down: bool) -> str:
    came = f"and stayed so, tried {tries} times" if down else f"answered at the {_ORDINAL.get(tries, f'{tries}th')} try"
    return f"{operation.integration} {operation.name} was down, {came}"


_ORDINAL: Final = {2: "2nd", 3: "3rd"}
