"""What replaying contract tests costs, beside the same tests under pytest-recording: run by `make bench`.

    python -m benchmarks.replay [--only 8] [--quick] [--write]

A thousand tests, each with a cassette of its own, are recorded once by both tools against a server on loopback; then
whole sessions of both run in turn, with the server gone. Both run in processes of their own, without the plugins of the
development environment that neither needs. The figures are medians; the ratio is that of each pair of sessions. A
benchmark is no test: the exit code is 0, and a row that misses its target says so.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from benchmarks import corpus
from benchmarks.measuring import Row, megabytes
from benchmarks.table import PAGE, printed, write
from upstream import Answer, Upstream

MOST = 1.25
"""At most so many times what pytest-recording takes."""

TESTS_A_MODULE = 25
RESOURCES = ("customers", "orders", "events", "repositories")
UNUSED_PLUGINS = ("cacheprovider", "schemathesis", "hypothesispytest", "anyio", "asyncio", "rerunfailures", "xdist")

CLIENT = """
import os
import requests

URL = os.environ["SHOP_URL"]

def fetch(path):
    response = requests.get(f"{URL}/{path}", headers={"Authorization": "Bearer s3cr3t"}, timeout=30)
    response.raise_for_status()
    return response.json()
"""

MANIFEST = """
[integrations.shop]
urls = ["${SHOP_URL:-https://api.shop.example/v1}"]
owner = "team-shop"
"""


@dataclass(frozen=True)
class Session:
    """What one session took.

    Attributes:
        processor: What it kept a processor busy for, in seconds.
        clock: From start to end, by the clock on the wall, in seconds.
        memory: The peak of its resident set, in bytes.
    """

    processor: float
    clock: float
    memory: int


@dataclass(frozen=True)
class Tool:
    """One way to replay the tests.

    Attributes:
        folder: Its copy of the project.
        record: The flags that record.
        replay: The flags that replay.
        others: The plugins that it has no use for.
    """

    folder: Path
    record: tuple[str, ...]
    replay: tuple[str, ...]
    others: tuple[str, ...]

    def run(self, flags: tuple[str, ...], url: str, *selected: str) -> Session:
        """One session in a process of its own, which must pass."""
        unused = [part for name in (*UNUSED_PLUGINS, *self.others) for part in ("-p", f"no:{name}")]
        command = [sys.executable, "-m", "pytest", "-q", *unused, *flags, *selected]
        log = self.folder.parent / f"{self.folder.name}.log"
        begin = time.perf_counter()
        with _working_in(self.folder), log.open("wb") as out:
            process = os.posix_spawn(
                sys.executable,
                command,
                {**_environment(), "SHOP_URL": url, "PYTHONPYCACHEPREFIX": str(self.folder.parent / "compiled")},
                file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, out.fileno(), 2)],
            )
            _, status, usage = os.wait4(process, 0)
        taken = time.perf_counter() - begin
        if os.waitstatus_to_exitcode(status):
            raise RuntimeError(f"a session failed: these figures would mean nothing\n{log.read_text()[-4000:]}")
        return Session(
            usage.ru_utime + usage.ru_stime, taken, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        )


def _environment() -> dict[str, str]:
    """This process's own, but that modules are compiled once, as they are where a package is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _project(folder: Path, mark: str, modules: int) -> None:
    """The consumer's project: the same for both tools but for the mark."""
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "contracts.toml").write_text(MANIFEST)
    (folder / "client.py").write_text(CLIENT)
    for module in range(modules):
        tests = (_test(module * TESTS_A_MODULE + number, mark) for number in range(TESTS_A_MODULE))
        text = "\n\n".join(("import pytest\nfrom client import fetch", *tests))
        (folder / f"test_module_{module:02}.py").write_text(text)


def _test(number: int, mark: str) -> str:
    asks = "\n".join(f'    assert fetch("{path}")["meta"]["total"]' for path in _paths(number))
    return dedent(f"@pytest.mark.{mark}\ndef test_{number}():\n{asks}\n")


def _paths(number: int) -> list[str]:
    """What one test asks: one to three requests."""
    return [f"{RESOURCES[(number + at) % len(RESOURCES)]}/{number * 3 + at}" for at in range(1 + number % 3)]


def _answers(tests: int) -> dict[str, Answer]:
    """A body of 1 to 20 kB for each path."""
    sizes = random.Random(7)  # noqa: S311 - the same bodies in every run
    return {
        f"/v1/{path}": Answer(
            200,
            corpus.written(corpus.nested(number, sizes.randint(4, 24))).encode(),
            {"Content-Type": "application/json", "ETag": f'"{number}"', "X-Request-Id": f"{number:08x}"},
        )
        for number in range(tests)
        for path in _paths(number)
    }


def _tools(folder: Path, modules: int) -> tuple[Tool, Tool]:
    ours = Tool(folder / "ours", ("--contracts-record", "--contracts-update"), ("--contracts",), ("recording",))
    other = Tool(folder / "other", ("--record-mode=all",), ("--record-mode=none",), ("integration_contracts",))
    _project(ours.folder, "contract", modules)
    _project(other.folder, "vcr", modules)
    return ours, other


def _pairs(ours: Tool, other: Tool, url: str, rounds: int, *selected: str) -> list[tuple[Session, Session]]:
    """Sessions of both in turn, each round in the opposite order of the one before, after one that does not count."""
    pairs = []
    for at in range(rounds + 1):
        both = (ours, other) if at % 2 else (other, ours)
        taken = {tool: tool.run(tool.replay, url, *selected) for tool in both}
        pairs.append((taken[ours], taken[other]))
    return pairs[1:]


def measure(modules: int, rounds: int) -> Iterator[Row]:
    """The rows of the table."""
    tests = modules * TESTS_A_MODULE
    with tempfile.TemporaryDirectory() as name:
        ours, other = _tools(Path(name), modules)
        with Upstream() as upstream:
            upstream.answers |= _answers(tests)
            for tool in (ours, other):
                tool.run(tool.record, upstream.url)
            url = upstream.url
        size = sum(path.stat().st_size for path in ours.folder.rglob("*.yaml"))
        pairs = _pairs(ours, other, url, rounds)
        starts = _pairs(ours, other, url, rounds, "test_module_00.py::test_0")
    what = f"replay {tests:,} tests, {megabytes(size)} of cassettes"
    yield _row(what, "processor time", pairs, lambda session: session.processor, target=f"<= {MOST:g} x")
    yield _row(what, "by the clock", pairs, lambda session: session.clock)
    yield _row("of that, the start: a session of one test", "processor time", starts, lambda each: each.processor)
    yield _row(what, "peak of the resident set", pairs, lambda session: session.memory, shown=megabytes)


def _row(
    work: str,
    measured: str,
    pairs: list[tuple[Session, Session]],
    figure: Callable[[Session], float],
    *,
    shown: Callable[[float], str] = "{:.2f} s".format,
    target: str = "",
) -> Row:
    ratio = statistics.median(figure(ours) / figure(other) for ours, other in pairs)
    ours, other = (shown(statistics.median(map(figure, side))) for side in zip(*pairs, strict=True))
    return Row(8, work, f"pytest-recording ({measured})", ours, other, f"{ratio:.2f} x", target, ratio <= MOST)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=int, choices=range(1, 10), help="the rows of one number; these are 8")
    parser.add_argument("--quick", action="store_true", help="a tenth of the tests, to see that it runs")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {PAGE.name}")
    asked = parser.parse_args()
    if asked.write and (asked.only or asked.quick):
        parser.error("--write keeps a whole run: leave --only and --quick out")
    if asked.only not in {None, 8}:
        return
    rows = []
    for row in measure(4 if asked.quick else 40, 1 if asked.quick else 7):
        print(printed(row), flush=True)
        rows.append(row)
    if asked.write:
        write("replay", rows, packages=("pytest-recording", "vcrpy"))


if __name__ == "__main__":
    main()
