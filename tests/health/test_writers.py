"""Many processes at once, and processes that are killed: what was acknowledged is there, once and whole."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from health import postgres
from health.conftest import Place
from health.making import run_at, sample
from health.writers import OPERATIONS, samples
from pytest_integration_contracts.health.records import from_json, to_json
from pytest_integration_contracts.health.samples import Rate
from pytest_integration_contracts.health.spool import flush, waiting
from pytest_integration_contracts.health.store import Store

WRITERS, RUNS = 50, 4
MOMENTS = 20


@pytest.fixture(scope="module")
def durable_server() -> Iterator[str]:
    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.server(durable=True) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def durable_place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where what is written is on the disk when it is acknowledged."""
    if request.param == "sqlite":
        return Place("sqlite:.contracts/health.sqlite", tmp_path)
    return Place("env:HEALTH_STORE", tmp_path, {"HEALTH_STORE": request.getfixturevalue("durable_server")})


def written(place: Place, *work: str) -> list[str]:
    """What processes acknowledged."""
    name, *arguments = work
    command = [sys.executable, "-m", "health.writers", name, str(place.root), place.url, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=place.variables)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def kept(store: Store) -> list[str]:
    return [each.run.id for each in store.runs("crm", most=1_000_000)]


def test_fifty_processes_that_write_at_once_lose_nothing(place: Place) -> None:
    acknowledged = written(place, "all_at_once", str(WRITERS), str(RUNS))
    assert len(acknowledged) == WRITERS * RUNS
    with place.open() as store:
        assert Counter(kept(store)) == Counter(acknowledged)
        rates = store.rates(1_000_000, (2_000_000,))
        assert rates["crm"] == rates["erp"] == {2_000_000: Rate(0, WRITERS * RUNS)}
        assert len(rates) == 2 + WRITERS
        last = store.latest()["crm"].run
        assert store.samples("crm", run=last.id) == [each for each in samples(WRITERS - 1) if each.integration == "crm"]


@pytest.mark.parametrize("how", ["append", "keep"])
def test_a_process_that_is_killed_loses_nothing_that_it_acknowledged(durable_place: Place, how: str) -> None:
    with durable_place.open() as store:
        before = set(kept(store))
    acknowledged = written(durable_place, "killed", how, str(MOMENTS))
    assert len(acknowledged) > MOMENTS
    spooled = {from_json(path.read_bytes()).run.id for path in waiting(durable_place.root)}
    with durable_place.open() as store:
        found = kept(store)
        assert set(acknowledged) <= set(found) | spooled
        flush(store, durable_place.root)
        found = kept(store)
        assert set(acknowledged) <= set(found)
        assert len(found) == len(set(found))
        for run in set(found[:200]) - before:  # a run is there as a whole
            assert sum(len(store.samples(name, run=run)) for name in ("crm", "erp", "own-0")) == OPERATIONS
    assert waiting(durable_place.root) == []


def test_processes_that_take_in_one_spool_at_once_lose_and_double_nothing(place: Place) -> None:
    spool = place.root / ".contracts" / "spool"
    spool.mkdir(parents=True)
    runs = [run_at(at) for at in range(60)]
    for run in runs:
        (spool / f"{int(run.at * 1000):015d}-{run.id}.json").write_bytes(to_json(run, [sample()]))
    told = written(place, "flushed", "4")
    assert all("failure=''" in each for each in told), told
    assert waiting(place.root) == []
    with place.open() as store:
        assert kept(store) == [run.id for run in reversed(runs)]
