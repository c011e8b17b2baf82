"""Whether 500 integrations with 20,000 operations, split over 20 shards, are as cheap an operation as 500 are.

    python -m benchmarks.scale [--quick] [--write]

Projects of several sizes are written down, a cassette an operation; real sessions then learn them and replay them, each
in a process of its own, without the plugins of the development environment that they have no use for. What is measured
is a session's processor time and the peak of its resident set; a row that misses its target says so, and the exit code
is 0, for a benchmark is no test.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import string
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path

from vcr.request import Request

from benchmarks.measuring import Row, megabytes
from benchmarks.table import PAGE, printed, write
from pytest_integration_contracts.traffic.cassettes import Interaction, write_cassette

AN_INTEGRATION = 40
"""So many operations has each integration: 500 integrations have 20,000."""

UNUSED_PLUGINS = (
    "cacheprovider",
    "schemathesis",
    "hypothesispytest",
    "anyio",
    "asyncio",
    "rerunfailures",
    "xdist",
    "recording",
    "pytest-split",
)
LINEAR = 1.5
"""At most so many times what each of the smallest project's operations takes, however many there are."""

STARTS = 1.25
"""At most so many times what the start and one test take where there are few snapshots."""

MEMORY = 500_000_000
"""What 10,000 exchanges may hold resident."""

NUMBER = 9
WORDS = ["".join(letters) for letters in product(string.ascii_lowercase, repeat=2)]

TESTS = """
import json
import pytest
import urllib.request

@pytest.mark.contract
@pytest.mark.parametrize("path", {paths}, ids=map(str, range({count})))
def test_operation(path):
    with urllib.request.urlopen(f"http://api-{number:03}.example/v1/{{path}}", timeout=5) as answer:
        assert json.load(answer)["id"]
"""


@dataclass(frozen=True)
class Taken:
    """What one session took.

    Attributes:
        processor: What it kept a processor busy for, in seconds.
        clock: From start to end, by the clock on the wall, in seconds.
        memory: The peak of its resident set, in bytes.
    """

    processor: float
    clock: float
    memory: int


class Scale:
    """A project of some operations, one test each."""

    def __init__(self, folder: Path, operations: int, an_integration: int = AN_INTEGRATION) -> None:
        self.folder = folder
        count = max(1, operations // an_integration)
        self.operations = count * min(operations, an_integration)
        self.modules: list[str] = []
        folder.mkdir()
        (folder / "pytest.ini").write_text("[pytest]\n")
        sections = (
            f'[integrations.{name}]\nurls = ["http://{name}.example/v1"]\nowner = "team-{name}"\n'
            for name in (f"api-{number:03}" for number in range(count))
        )
        (folder / "contracts.toml").write_text("\n".join(sections))
        for number in range(count):
            self._module(number, min(operations, an_integration))

    def _module(self, number: int, operations: int) -> None:
        """One integration: every other operation has a path with an instance in it."""
        paths = [f"{WORDS[at]}s/{100 + at}" if at % 2 else f"{WORDS[at]}s" for at in range(operations)]
        self.modules.append(f"test_api_{number:03}.py")
        (self.folder / self.modules[-1]).write_text(TESTS.format(paths=paths, count=operations, number=number))
        for at, path in enumerate(paths):
            folder = self.folder / "contracts" / "cassettes" / f"test_api_{number:03}"
            cassette = folder / f"test_operation[{at}].yaml"
            write_cassette(cassette, [_recording(f"http://api-{number:03}.example/v1/{path}", at)], {})

    def run(self, *flags: str, code: int = 0) -> Taken:
        """One session in a process of its own."""
        unused = [part for name in UNUSED_PLUGINS for part in ("-p", f"no:{name}")]
        return self._taken([sys.executable, "-m", "pytest", "-q", *unused, *flags], code)

    def command(self, *arguments: str) -> Taken:
        """One `integration-contracts` command."""
        return self._taken(
            [sys.executable, "-c", "from pytest_integration_contracts.cli import main; main()", *arguments], 0
        )

    def _taken(self, command: list[str], code: int) -> Taken:
        log = self.folder.parent / f"{self.folder.name}.log"
        begin, here = time.perf_counter(), Path.cwd()
        os.chdir(self.folder)
        try:
            with log.open("wb") as out:
                environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
                compiled = str(self.folder.parent / "compiled")
                process = os.posix_spawn(
                    command[0],
                    command,
                    {**environment, "PYTHONPYCACHEPREFIX": compiled, "CI": "1"},
                    file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, out.fileno(), 2)],
                )
                _, status, usage = os.wait4(process, 0)
        finally:
            os.chdir(here)
        if os.waitstatus_to_exitcode(status) != code:
            raise RuntimeError(f"a session failed: these figures would mean nothing\n{log.read_text()[-4000:]}")
        resident = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Taken(usage.ru_utime + usage.ru_stime, time.perf_counter() - begin, resident)

    def snapshots(self) -> int:
        """How many were written."""
        return sum(1 for _ in (self.folder / "contracts").glob("api-*/*.json"))

    def forget(self) -> None:
        """Remove all snapshots."""
        for folder in (self.folder / "contracts").glob("api-*"):
            shutil.rmtree(folder)


def _recording(url: str, seed: int) -> Interaction:
    body = {
        "id": 100 + seed,
        "name": f"Name {seed}",
        "email": f"person{seed}@mail.example",
        "created_at": "2026-01-31T08:00:00Z",
        "active": bool(seed % 3),
        "total": seed * 1.25,
        "address": {"street": "Long Road", "zip": "12345", "country": "SE"},
        "items": [{"sku": f"A-{at}", "quantity": at, "price": "12.50"} for at in range(3)],
    }
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["application/json"]},
        "body": {"string": json.dumps(body).encode()},
    }
    return Interaction(Request("GET", url, "", {}), response)


def _more(more: tuple[Scale, Taken], less: tuple[Scale, Taken]) -> tuple[float, float]:
    """Seconds and bytes for each of the operations that one session has more than another."""
    operations = more[0].operations - less[0].operations
    return (more[1].processor - less[1].processor) / operations, (more[1].memory - less[1].memory) / operations


def measure(sizes: tuple[int, ...], shards: int, rounds: int) -> Iterator[Row]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, *others = (Scale(folder / f"of-{size}", size) for size in (AN_INTEGRATION, *sizes))
        small.run("--contracts-update")
        one = f"{small.modules[0]}::test_operation[0]"
        base = small.run("--contracts", one)
        figures: dict[str, list[tuple[Scale, Taken]]] = {"learn": [], "replay": []}
        for each in others:
            figures["learn"].append((each, each.run("--contracts-update")))
            if each.snapshots() != each.operations:
                raise RuntimeError("not every operation was learned: these figures would mean nothing")
            figures["replay"].append((each, each.run("--contracts")))
        large = others[-1]
        yield from _starts(small, large, one, rounds)
        for what, taken in figures.items():
            yield from _growth(what, base, taken)
        yield from _joined(large, shards)


def _starts(small: Scale, large: Scale, one: str, rounds: int) -> Iterator[Row]:
    """A session of one test, where there are many snapshots and where there are few."""
    pairs = []
    for at in range(rounds + 1):
        both = (large, small) if at % 2 else (small, large)
        taken = {each: each.run("--contracts", one).processor for each in both}
        pairs.append((taken[large], taken[small]))
    ratio = statistics.median(mine / other for mine, other in pairs[1:])
    ours, other = (statistics.median(side) for side in zip(*pairs[1:], strict=True))
    yield Row(
        NUMBER,
        f"a session of one test, {large.snapshots():,} snapshots and cassettes on disk",
        f"the same, {small.snapshots()} on disk",
        f"{ours:.2f} s",
        f"{other:.2f} s",
        f"{ratio:.2f} x",
        f"<= {STARTS:g} x",
        ratio <= STARTS,
    )


def _growth(what: str, base: Taken, taken: list[tuple[Scale, Taken]]) -> Iterator[Row]:
    """For each operation that is more than in the project before: of all against those of the first step."""
    first, second, *others = taken
    seconds, size = _more(second, first)
    for before, (each, more) in pairwise((second, *others)):
        mine, memory = _more((each, more), before)
        subject, against = f"{what} {each.operations:,} operations, for each", f"each of {second[0].operations:,}"
        for shown, other, ratio in (
            (f"{mine * 1000:.2f} ms", f"{seconds * 1000:.2f} ms", mine / seconds),
            (f"{memory / 1000:.1f} kB", f"{size / 1000:.1f} kB", memory / size),
        ):
            unit = "processor time" if shown.endswith("ms") else "peak of the resident set"
            target = f"linear: <= {LINEAR:g} x"
            yield Row(NUMBER, subject, f"{against} ({unit})", shown, other, f"{ratio:.2f} x", target, ratio <= LINEAR)
        yield Row(
            NUMBER,
            f"{what} {each.operations:,} operations: peak of the resident set",
            "a session of one test",
            megabytes(more.memory),
            megabytes(base.memory),
            megabytes(more.memory),
            f"< {megabytes(MEMORY)}" if each.operations <= 10_000 else "",
            more.memory < MEMORY,
        )


def _joined(large: Scale, shards: int) -> Iterator[Row]:
    """`combine` of all shards, in a replay and in an update from nothing, against half of them."""
    size = -(-len(large.modules) // shards)
    for what, mode in (("replay", "--contracts"), ("update", "--contracts-update")):
        reports = []
        slowest = 0.0
        for number in range(shards):
            modules = large.modules[number * size : (number + 1) * size]
            report = str(large.folder.parent / f"{what}-{number + 1}.json")
            flags = (mode, "--contracts-shard", str(number + 1), "--contracts-report", report)
            slowest = max(slowest, large.run(*flags, *modules).processor)
            reports.append(report)
        half = shards // 2
        taken = []
        for count in (1, half, shards):
            if mode == "--contracts-update":
                large.forget()
            taken.append(large.command("combine", *reports[:count]))
        one, some, most = taken
        late = (most.processor - some.processor) / (shards - half)
        early = (some.processor - one.processor) / (half - 1)
        yield Row(
            NUMBER,
            f"{what}: combine {shards} shards of {large.operations:,} operations (the slowest shard: {slowest:.1f} s)",
            f"combine {half} of them; the ratio is of what each further one takes",
            f"{most.processor:.1f} s, {megabytes(most.memory)}",
            f"{some.processor:.1f} s, {megabytes(some.memory)}",
            f"{late / early:.2f} x",
            f"linear: <= {LINEAR:g} x",
            late <= LINEAR * early,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", type=int, choices=range(1, NUMBER + 1), help=f"the rows of one number; these are {NUMBER}"
    )
    parser.add_argument("--quick", action="store_true", help="few of the operations, to see that it runs")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {PAGE.name}")
    asked = parser.parse_args()
    if asked.write and (asked.only or asked.quick):
        parser.error("--write keeps a whole run: leave --only and --quick out")
    if asked.only not in {None, NUMBER}:
        return
    rows = []
    sizes = (200, 400, 800) if asked.quick else (500, 5_000, 10_000, 20_000)
    for row in measure(sizes, 4 if asked.quick else 20, 1 if asked.quick else 5):
        print(printed(row), flush=True)
        rows.append(row)
    if asked.write:
        write("scale", rows, packages=("vcrpy", "jsonschema-rs"))


if __name__ == "__main__":
    main()
