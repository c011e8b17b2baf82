"""Whether a year of 200 integrations is a small file, and is asked in no time.

    python -m benchmarks.health [--quick] [--write] [--share 0.1 0.5 1]

A history of 200 integrations with 20 operations, each checked four times a day for a year, is written into SQLite: 20
projects of ten integrations, runs in the order of time, some of them down or with changes that stand for days. Three
sizes show how it grows. A row that misses its target says so, and the exit code is 0, for a benchmark is no test.
"""

from __future__ import annotations

import argparse
import functools
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Row, megabytes, milliseconds, seconds
from benchmarks.table import PAGE, printed, write
from pytest_integration_contracts.health.assess import overview
from pytest_integration_contracts.health.page import page
from pytest_integration_contracts.health.samples import RunRecord, Sample
from pytest_integration_contracts.health.store import Store, open_store
from pytest_integration_contracts.manifest.manifest import Integration, Manifest
from pytest_integration_contracts.manifest.monitoring import HealthSettings
from pytest_integration_contracts.model import Verdict

NUMBER = 10
INTEGRATIONS, OPERATIONS, A_PROJECT, A_DAY, DAYS = 200, 20, 10, 4, 365
SEED = 7
END = 1_800_000_000.0
"""When the year ends, seconds of the epoch."""

DAY = 86_400.0
WINDOWS = (3_600.0, DAY, 7 * DAY, 30 * DAY)
STORE = "sqlite:.contracts/health.sqlite"

SMALL = 1_000_000_000
"""What a year may take on disk, in bytes."""

AT_ONCE = 0.1
"""What the verdicts of all integrations may take, in seconds."""

WHOLE_PAGE = 2.0
"""What the page of all integrations may take, in seconds."""

MANIFEST = Manifest(
    root=Path(),
    directory=Path("contracts"),
    integrations={
        name: Integration(name, (), owner="team-revenue", cadence=DAY / A_DAY)
        for name in (f"api-{at:03}" for at in range(INTEGRATIONS))
    },
    health=HealthSettings(),
)

CAUSES = ("503 Service Unavailable, 3 times", "no answer within 30 s", "connection refused", "`$.items[*].sku` is gone")


@dataclass(frozen=True)
class Built:
    """A history that was written.

    Attributes:
        root: The folder of its manifest.
        samples: How many samples it has.
        days: How many days it spans.
    """

    root: Path
    samples: int
    days: int


def build(root: Path, share: float) -> Built:
    """Write a history down, in the form that it has after it grew run by run.

    Args:
        root: The folder of its manifest.
        share: How much of the year, its end.
    """
    days = max(1, round(DAYS * share))
    with open_store(STORE, root, {}) as store:
        connection = store._database.engine.raw_connection()
        connection.execute("BEGIN")
        cursor = connection.cursor()
        cursor.executemany(
            "INSERT INTO health_integrations VALUES (?, ?)", ((at, f"api-{at:03}") for at in range(INTEGRATIONS))
        )
        cursor.executemany(
            "INSERT INTO health_series VALUES (?, ?, ?)",
            (
                (integration * OPERATIONS + at, integration, f"GET /resources-{at:02}/{{id}}")
                for integration in range(INTEGRATIONS)
                for at in range(OPERATIONS)
            ),
        )
        cursor.executemany("INSERT INTO health_texts VALUES (?, ?, ?)", _texts())
        history = _History(days)
        for run, samples, summaries in history.runs():
            cursor.execute("INSERT INTO health_runs VALUES (?, ?, ?, ?, ?, ?)", run)
            cursor.executemany("INSERT INTO health_samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", samples)
            cursor.executemany(
                "INSERT INTO health_integration_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", summaries
            )
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    return Built(root, history.samples, days)


def _texts() -> Iterator[tuple[int, str, str]]:
    """The causes, and after them for each operation what may stand: a change in one line."""
    yield from ((at, f"cause-{at}", cause) for at, cause in enumerate(CAUSES))
    for at in range(INTEGRATIONS * OPERATIONS):
        change = {
            "fingerprint": f"{at:016x}",
            "severity": "breaking" if at % 2 else "warning",
            "rule": "field.removed",
            "path": f"$.items[*].field_{at}",
            "text": "string, in 20 of 20 responses -> gone",
            "expires": "",
        }
        yield len(CAUSES) + at, f"changes-{at}", json.dumps([change])


class _History:
    """Runs in the order of time, as rows."""

    def __init__(self, days: int) -> None:
        self._days = days
        self._random = random.Random(SEED)  # noqa: S311 - the same history every time
        self._left = dict.fromkeys(range(INTEGRATIONS), 0)
        self._now: dict[int, Verdict] = dict.fromkeys(range(INTEGRATIONS), Verdict.OK)
        self.samples = 0

    def runs(self) -> Iterator[tuple[tuple, list[tuple], list[tuple]]]:
        number = 0
        for at in range(self._days * A_DAY):
            for project in range(INTEGRATIONS // A_PROJECT):
                number += 1
                end = END - (self._days * A_DAY - at) * (DAY / A_DAY) + project * 60 + self._random.random()
                run = (number, f"{self._random.getrandbits(128):032x}", end, f"{number:040x}", "runner-7", "")
                integrations = range(project * A_PROJECT, (project + 1) * A_PROJECT)
                found = [(integration, self._verdict(integration)) for integration in integrations]
                rows = [row for integration, verdict in found for row in self._samples(number, integration, verdict)]
                self.samples += len(rows)
                yield run, rows, [self._summary(number, end, *each) for each in found]

    def _verdict(self, integration: int) -> Verdict:
        """Mostly good; now and then something lasts for some runs."""
        if self._left[integration] > 0:
            self._left[integration] -= 1
        else:
            verdicts = (Verdict.OK, Verdict.DOWN, Verdict.DRIFT, Verdict.CHANGED, Verdict.DENIED, Verdict.UNVERIFIED)
            verdict = self._random.choices(verdicts, (970, 12, 8, 5, 2, 3))[0]
            self._now[integration] = verdict
            self._left[integration] = 0 if verdict is Verdict.OK else self._random.randrange(12)
        return self._now[integration]

    def _samples(self, run: int, integration: int, worst: Verdict) -> Iterator[tuple]:
        draw = self._random.random
        for at in range(OPERATIONS):
            series = integration * OPERATIONS + at
            failing = worst is not Verdict.OK and (at < 3 or worst is Verdict.DOWN)
            down = failing and worst is Verdict.DOWN
            yield (
                run,
                series,
                str(worst) if failing else "ok",
                series % len(CAUSES) if failing else None,
                0 if down else 3,
                None if down else 0.05 + draw() / 10,
                None if down else 0.15 + draw() / 2,
                "3.2",
                len(CAUSES) + series if failing and worst in {Verdict.DRIFT, Verdict.CHANGED} else None,
                int(5000 * draw()) if at % 2 else None,
                5000 if at % 2 else None,
                None,
                END - DAY * draw() if at % 4 == 0 else None,
                1,
            )

    def _summary(self, run: int, end: float, integration: int, verdict: Verdict) -> tuple:
        good = verdict is Verdict.OK
        down = verdict is Verdict.DOWN
        return (
            integration,
            end,
            run,
            str(verdict),
            None if good else integration % len(CAUSES),
            OPERATIONS,
            0 if good else OPERATIONS if down else 3,
            0 if down else 3 * OPERATIONS,
            None if down else 0.5 + self._random.random() / 5,
            1 if verdict is Verdict.DRIFT else 0,
            0,
            0,
        )


def verdicts(store: Store) -> None:
    """What it takes to say how all integrations are."""
    store.latest()
    store.rates(END, WINDOWS)
    store.since()
    store.last_good()


def questions(store: Store) -> Iterator[tuple[str, float | None, Callable[[], object]]]:
    """What is asked of a history, what it may take in seconds (None for no target), and the asking."""
    yield "the verdicts of all integrations (the four below)", AT_ONCE, lambda: verdicts(store)
    yield "`latest`", None, store.latest
    yield "`rates` over four windows, the longest 30 days", None, lambda: store.rates(END, WINDOWS)
    yield "`since`", None, store.since
    yield "`last_good`", None, store.last_good
    yield "`latencies` over 24 hours", None, lambda: store.latencies(END, DAY)
    yield "the last 90 runs of one integration", None, lambda: store.runs("api-100")
    yield "the last samples of one integration", None, lambda: store.samples("api-100")
    yield (
        "the health page: all that is asked for it, and written",
        WHOLE_PAGE,
        lambda: page(overview(store, MANIFEST, END)),
    )
    yield "the health page: written only", None, functools.partial(page, overview(store, MANIFEST, END))
    yield "a project's run handed in: 10 integrations, 200 samples", None, lambda: store.append(*_one_run())


def _one_run() -> tuple[RunRecord, list[Sample]]:
    found = [
        Sample(
            integration=f"api-{integration:03}",
            operation=f"GET /resources-{at:02}/{{id}}",
            verdict=Verdict.OK,
            answers=3,
            p50=0.1,
            p95=0.2,
            version="3.2",
        )
        for integration in range(A_PROJECT)
        for at in range(OPERATIONS)
    ]
    return RunRecord(id=uuid.uuid4().hex, at=END), found


def measure(shares: tuple[float, ...], rounds: int) -> Iterator[Row]:
    """The rows of the table: of the largest history, beside the smallest."""
    with tempfile.TemporaryDirectory() as name:
        taken: list[dict[str, float]] = []
        for share in shares:
            begin = time.perf_counter()
            built = build(Path(name) / f"{share:g}", share)
            size = (built.root / ".contracts" / "health.sqlite").stat().st_size
            yield Row(
                NUMBER,
                f"{built.samples:,} samples, {built.days} days, on disk (built in {time.perf_counter() - begin:.0f} s)",
                "for each sample",
                megabytes(size),
                f"{size / built.samples:.0f} B",
                megabytes(size),
                f"< {megabytes(SMALL)}",
                size < SMALL,
            )
            with open_store(STORE, built.root, {}) as store:
                taken.append({})
                for what, most, work in questions(store):
                    work()
                    took = statistics.median(seconds(work) for _ in range(rounds))
                    taken[-1][what] = took
                    yield _asked(what, built, taken, most)


def _asked(what: str, built: Built, taken: list[dict[str, float]], most: float | None) -> Row:
    took, first = taken[-1][what], taken[0][what]
    return Row(
        NUMBER,
        f"{what}, {built.samples:,} samples",
        "the smallest history's",
        milliseconds(took),
        milliseconds(first),
        milliseconds(took) if most else f"{took / first:.2f} x",
        f"< {milliseconds(most)}" if most else "",
        most is None or took < most,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", type=int, choices=range(1, NUMBER + 1), help=f"the rows of one number; these are {NUMBER}"
    )
    parser.add_argument("--quick", action="store_true", help="a hundredth of a year, to see that it runs")
    parser.add_argument("--share", type=float, nargs="+", default=(0.1, 0.5, 1.0), help="how much of a year")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {PAGE.name}")
    asked = parser.parse_args()
    if asked.write and (asked.only or asked.quick):
        parser.error("--write keeps a whole run: leave --only and --quick out")
    if asked.only not in {None, NUMBER}:
        return
    rows = []
    for row in measure((0.01,) if asked.quick else tuple(asked.share), 3 if asked.quick else 9):
        print(printed(row), flush=True)
        rows.append(row)
    if asked.write:
        write("health", rows, packages=("sqlalchemy",))


if __name__ == "__main__":
    main()
