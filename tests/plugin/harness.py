"""A consumer's project on disk, and real pytest sessions run in it."""

from __future__ import annotations

import atexit
import functools
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from upstream import Upstream

UNUSED_PLUGINS = (
    "cacheprovider",
    "schemathesis",
    "hypothesispytest",
    "anyio",
    "asyncio",
    "rerunfailures",
    "recording",
    "html",
    "html_fixtures",
    "metadata",
    "platformdirs",
)
"""What the development environment has and a user's may not; left out, a session starts in half the time."""

MANIFEST = """
[integrations.crm]
urls = ["${CRM_URL:-https://api.crm.example/v1}"]
owner = "team-revenue"
contact = "support@crm.example"
runbook = "docs/runbooks/crm.md"
credentials = "env:CRM_TOKEN"
mode = "sync"
"""

CLIENT = """
import os
import requests

URL = os.environ.get("CRM_URL", "https://api.crm.example/v1")

def customer(number):
    response = requests.get(f"{URL}/customers/{number}", headers={"Authorization": "Bearer s3cr3t"}, timeout=5)
    response.raise_for_status()
    return response.json()
"""

TEST = """
import pytest
from client import customer

@pytest.mark.contract
def test_customer():
    assert customer(42)
"""


@dataclass(frozen=True)
class Result:
    """What one session left behind."""

    exit: int
    text: str
    errors: str

    @property
    def section(self) -> str:
        """The lines of the summary section `contracts`."""
        found = re.search(
            r"^=+ contracts =+\n(.*?)(?=^=|^\d+ (?:passed|failed|error|skipped)|\Z)",
            self.text,
            re.MULTILINE | re.DOTALL,
        )
        return found[1].strip("\n") if found else ""

    def failure(self, test: str) -> str:
        """The lines of one test's failure, without the one in which xdist names the worker."""
        found = re.search(
            rf"^_+ {re.escape(test)} _+\n(?:\[gw[^\n]*\n)?(.*?)(?=^[_=]{{3,}} )", self.text, re.MULTILINE | re.DOTALL
        )
        return found[1].strip("\n") if found else ""


_LEARNED: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
"""What projects have learned, by what they were and what they were told."""


class Project:
    """A consumer's project in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {}
        self.plugins: tuple[str, ...] = ()
        self.write("pytest.ini", "[pytest]\n")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")

    def files(self, below: str = "contracts") -> dict[str, str]:
        """Every file below a folder, by its path from the project's folder."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted((self.folder / below).rglob("*"))
            if path.is_file()
        }

    def learn(self, upstream: Upstream) -> None:
        """What the first update writes. The same project learns the same answers to the same files, so only once."""
        before = self.files(".")
        key = (*sorted(before.items()), *sorted((path, repr(answer)) for path, answer in upstream.answers.items()))
        if key not in _LEARNED:
            assert self.run("--contracts-update").exit == 0
            _LEARNED[key] = {name: text for name, text in self.files(".").items() if before.get(name) != text}
        for name, text in _LEARNED[key].items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str, cwd: str = ".", **environment: str) -> Result:
        """Run pytest as a person would, in a process of its own."""
        unused = [part for name in UNUSED_PLUGINS if name not in self.plugins for part in ("-p", f"no:{name}")]
        return self._run([*unused, *arguments], cwd, environment, command=False)

    def command(self, *arguments: str, **environment: str) -> Result:
        """Run `integration-contracts`."""
        return self._run([*arguments], ".", environment, command=True)

    def _run(self, arguments: list[str], cwd: str, environment: dict[str, str], *, command: bool) -> Result:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name != "CI" and not name.startswith(("PYTEST_", "COV_", "GITHUB_"))
        }
        settings = {"COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1", **self.environment, **environment}
        out, err = (self.folder.parent / f"{self.folder.name}.{name}" for name in ("out", "err"))
        request = {
            "arguments": arguments,
            "cwd": str((self.folder / cwd).resolve()),
            "environment": {**kept, **settings},
            "out": str(out),
            "err": str(err),
            "command": command,
        }
        code = _sessions().ask(request)
        return Result(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


class _Sessions:
    """The process that forks sessions; see `zygote`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", str(Path(__file__).with_name("zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.stop)

    def ask(self, request: dict[str, object]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        self._process.communicate(timeout=10)


@functools.cache
def _sessions() -> _Sessions:
    return _Sessions()
