"""What a run waits for, on a terminal: beside what pytest has written, and gone before pytest writes on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pytest_integration_contracts.wording import printable

PATIENCE: Final = 2.0
"""So many seconds a person waits without asking what for."""

THREAD: Final = "contracts-waiting"
"""The name of the thread that watches."""

_NARROWEST: Final = 20
_STEP: Final = 1.0
_KEEP_PLACE, _BACK, _WIPE = "\x1b7", "\x1b8", "\x1b[K"
_QUIET, _PLAIN = "\x1b[2m", "\x1b[0m"


class Waiting:
    """A terminal on which what is waited for is shown."""

    def __init__(self, descriptor: int) -> None:
        """Prepare.

        Args:
            descriptor: The terminal's; one of its own, since pytest points the others elsewhere while a test runs.
        """
        self._descriptor = descriptor

    @contextmanager
    def shown(self, room: int, asked: Callable[[], str]) -> Iterator[None]:
        """Show what is waited for, once it takes a while, until this is left.

        Args:
            room: How many columns are free beside the cursor; where there are too few, nothing is shown.
            asked: Says what is being asked now, "" for nothing.
        """
        if room < _NARROWEST:
            yield
            return
        done = threading.Event()
        watcher = threading.Thread(name=THREAD, target=self._watch, args=(done, room, asked), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _watch(self, done: threading.Event, room: int, asked: Callable[[], str]) -> None:
        began, delay, written = time.monotonic(), PATIENCE, False
        while not done.wait(delay):
            delay = _STEP
            question = asked()
            if question:
                text = f"  waiting for {printable(question)}"
                seconds = f" {int(time.monotonic() - began)} s"
                self._write(f"{_QUIET}{text[: room - len(seconds)]}{seconds}{_PLAIN}")
                written = True
            elif written:
                self._write("")
        if written:
            self._write("")

    def _write(self, text: str) -> None:
        """Put text beside the cursor, in the place of what is there, and leave the cursor where it is."""
        os.write(self._descriptor, f"{_KEEP_PLACE}{_WIPE}{text}{_BACK}".encode("utf-8", "replace"))

    def close(self) -> None:
        """Let go of the terminal."""
        os.close(self._descriptor)
