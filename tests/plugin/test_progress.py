"""What a live run waits for is shown on a terminal, and only there."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from plugin.harness import UNUSED_PLUGINS, Project
from upstream import Answer, Upstream, json_answer

PATH = "/v1/customers/42"
WATCHED = """
import threading
import pytest
from client import customer

@pytest.mark.contract
def test_customer():
    assert customer(42)
    names = [thread.name for thread in threading.enumerate()]
    assert "contracts-waiting" not in names, "contracts-waiting"
"""
SHOWN = "  waiting for crm  GET /customers/{id} 2 s"
LONGEST = 60.0


class HeldUpstream(Upstream):
    """Answers once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()
        self.released.set()

    def next_answer(self, path: str) -> Answer:
        self.released.wait(LONGEST)
        return super().next_answer(path)


@pytest.fixture
def upstream() -> Iterator[HeldUpstream]:
    with HeldUpstream() as server:
        yield server
        server.released.set()


class Session:
    """A pytest session on a terminal of its own."""

    def __init__(self, project: Project, *arguments: str, mode: str = "--contracts-live") -> None:
        self._ours, theirs = pty.openpty()
        environment = {**os.environ, **project.environment, "TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"}
        unused = [part for name in UNUSED_PLUGINS for part in ("-p", f"no:{name}")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pytest", mode, *unused, *arguments],
            cwd=project.folder,
            env={name: text for name, text in environment.items() if not name.startswith(("PYTEST_", "GITHUB_"))},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.text = ""

    def read_until(self, told: str) -> bool:
        """Read until something is told; whether it was, before the session ended."""
        while told not in self.text:
            try:
                chunk = os.read(self._ours, 65_536)
            except OSError:  # the other side is closed: the session has ended
                chunk = b""
            if not chunk:
                return False
            self.text += chunk.decode("utf-8", "replace")
        return True

    def end(self) -> int:
        self.read_until("\0never\0")
        os.close(self._ours)
        return self._process.wait(LONGEST)


@pytest.fixture
def held(project: Project, upstream: HeldUpstream) -> Project:
    upstream.answers[PATH] = json_answer({"id": 42})
    assert project.run("--contracts-update").exit == 0
    upstream.released.clear()
    return project


@pytest.mark.parametrize("flags", [(), ("-v",)], ids=["dots", "verbose"])
def test_what_is_waited_for_stands_beside_the_dots_and_is_gone_with_the_answer(
    held: Project, upstream: HeldUpstream, flags: tuple[str, ...]
) -> None:
    session = Session(held, *flags)
    assert session.read_until(SHOWN)
    upstream.released.set()
    assert session.end() == 0
    begun, _, rest = session.text.partition("\x1b7\x1b[K\x1b[2m" + SHOWN)
    assert begun.rstrip().endswith("::test_customer" if flags else "test_crm.py")
    assert "\x1b7\x1b[K\x1b8" in rest  # wiped before pytest writes on
    assert ("PASSED" if flags else ".") in rest.partition("\x1b7\x1b[K\x1b8")[2]


@pytest.fixture
def watched(held: Project, upstream: HeldUpstream) -> Project:
    """A project whose test fails where anything watches for it."""
    upstream.released.set()
    held.write("test_crm.py", WATCHED)
    return held


def test_on_a_terminal_somebody_watches(watched: Project) -> None:
    session = Session(watched)
    assert session.end() == 1
    assert "AssertionError: contracts-waiting" in session.text


@pytest.mark.parametrize("flags", [("-s",), ("-n1",), ("-o", "log_cli=true")], ids=["-s", "-n1", "log_cli"])
def test_nobody_watches_where_tests_write_themselves_or_run_elsewhere(watched: Project, flags: tuple[str, ...]) -> None:
    assert Session(watched, *flags).end() == 0


def test_nobody_watches_where_there_is_no_terminal(watched: Project) -> None:
    result = watched.run("--contracts-live")
    assert result.exit == 0
    assert "\x1b" not in result.text


def test_nobody_watches_a_replay(watched: Project) -> None:
    assert Session(watched, mode="--contracts").end() == 0
