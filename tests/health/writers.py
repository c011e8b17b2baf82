"""Processes that write to a history at once, or are killed while they do. Run as a program: `python -m health.writers`.

One process that has loaded everything forks the others, each of which opens the history for itself.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import alembic.command
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite

from health.making import run_at, sample
from pytest_integration_contracts.errors import HealthError
from pytest_integration_contracts.health import migrating, store
from pytest_integration_contracts.health.spool import flush, keep
from pytest_integration_contracts.manifest.monitoring import HealthSettings
from pytest_integration_contracts.model import Verdict

LOADED = (alembic.command, sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite, migrating, store)
OPERATIONS = 6


def samples(number: int) -> list:
    """What one run found: names and texts that others find as well, and some that nobody else has."""
    return [
        sample(Verdict.DOWN, integration=integration, operation=f"GET /{at}", cause=f"cause {(number + at) % 7}")
        for integration in ("crm", "erp", f"own-{number}")
        for at in range(OPERATIONS // 3)
    ]


def all_at_once(root: Path, url: str, writers: int, runs: int) -> list[str]:
    """Each of some processes appends some runs to one history that nobody has opened before; the ids of all."""

    def write(number: int, acknowledge: Callable[[str], object]) -> None:
        with store.open_store(url, root, os.environ, timeout=60) as opened:
            for at in range(runs):
                run = run_at(number * 1_000 + at)
                opened.append(run, samples(number))
                acknowledge(run.id)

    with _forked(write, writers) as (_, pipes):
        return [name for pipe in pipes for name in pipe.read().split()]


def killed(root: Path, url: str, how: str, moments: int) -> list[str]:
    """Processes that write without an end, each killed at some moment; the ids that they acknowledged."""
    draw = random.Random(int(time.time() * 1_000)).uniform  # noqa: S311 - any moment will do

    def write(number: int, acknowledge: Callable[[str], object]) -> None:
        opened = store.open_store(url, root, os.environ)
        for at in itertools.count():
            run = run_at(number * 100_000 + at)
            if how == "keep":
                keep(run, samples(number), HealthSettings(store=url), root, os.environ)
            else:
                opened.append(run, samples(number))
            acknowledge(run.id)

    acknowledged = []
    for _ in range(moments):
        with _forked(write, 1) as ((process,), (pipe,)):
            acknowledged.append(pipe.readline().strip())
            time.sleep(draw(0.0, 0.1))
            os.kill(process, signal.SIGKILL)
            acknowledged += [line.strip() for line in pipe if line.endswith("\n")]
    return acknowledged


def flushed(root: Path, url: str, writers: int) -> list[str]:
    """Some processes take in the same spool at once; how many runs each took."""

    def write(_: int, acknowledge: Callable[[str], object]) -> None:
        with store.open_store(url, root, os.environ, timeout=60) as opened:
            acknowledge(str(flush(opened, root, within=60)))

    with _forked(write, writers) as (_, pipes):
        return [pipe.read().strip() for pipe in pipes]


@contextmanager
def _forked(work: Callable[[int, Callable[[str], object]], None], count: int) -> Iterator[tuple[list[int], list]]:
    processes, pipes = [], []
    for number in range(count):
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            _child(work, number, writing)
        os.close(writing)
        processes.append(process)
        pipes.append(os.fdopen(reading))
    try:
        yield processes, pipes
    finally:
        for process, pipe in zip(processes, pipes, strict=True):
            pipe.close()
            os.waitpid(process, 0)


def _child(work: Callable[[int, Callable[[str], object]], None], number: int, pipe: int) -> NoReturn:
    try:
        work(number, lambda line: os.write(pipe, f"{line}\n".encode()))
    except HealthError as error:
        os.write(pipe, f"failed: {error}\n".encode())
    finally:
        os._exit(0)


if __name__ == "__main__":
    what, root, url, *arguments = sys.argv[1:]
    work = {"all_at_once": all_at_once, "killed": killed, "flushed": flushed}[what]
    values = [int(each) if each.isdigit() else each for each in arguments]
    json.dump(work(Path(root), url, *values), sys.stdout)
