"""What happens to a run when its store is down, slow, or not there."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health.conftest import Place
from health.making import GONE, KNOWN, run_at, sample
from pytest_integration_contracts.errors import HealthError
from pytest_integration_contracts.health import spool
from pytest_integration_contracts.health.records import Record, from_json, to_json
from pytest_integration_contracts.health.samples import OpenChange, RunRecord, Sample
from pytest_integration_contracts.health.spool import flush, keep, waiting
from pytest_integration_contracts.manifest.monitoring import HealthSettings
from pytest_integration_contracts.model import Verdict

LEFT = "in .contracts/spool for the next run to hand in"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"postgresql://me:s3cret@127.0.0.1:{server.getsockname()[1]}/health"


def kept_at(place: Place, at: float, within: float = 5.0, **members: object) -> tuple[str, ...]:
    return keep(run_at(at), [sample()], place.settings, place.root, place.environment, within=within, **members)  # type: ignore[arg-type]


def times(place: Place) -> list[float]:
    with place.open() as store:
        return [each.run.at for each in store.runs("crm")]


def test_a_run_goes_into_the_store_and_leaves_nothing_behind(place: Place) -> None:
    run = run_at(1_000)
    found = [sample(Verdict.DOWN, cause="503"), sample(integration="erp", changes=(GONE, KNOWN))]
    assert keep(run, found, place.settings, place.root, place.environment, maintenance=["crm"]) == ()
    assert waiting(place.root) == []
    with place.open() as store:
        assert store.samples("crm") + store.samples("erp") == found
        assert [store.latest()[name].maintenance for name in ("crm", "erp")] == [True, False]


def test_old_runs_go_when_a_new_one_comes(place: Place) -> None:
    settings = HealthSettings(store=place.url, retention=10 * 86_400)
    for day in (0, 1, 30):
        assert keep(run_at(day * 86_400), [sample()], settings, place.root, place.environment) == ()
    assert times(place) == [30 * 86_400]


def test_a_run_waits_where_the_store_is_down_and_is_handed_in_by_the_next(place: Place) -> None:
    down = Place("env:DOWN", place.root, {"DOWN": "postgresql://me:s3cret@127.0.0.1:1/health"})
    (told,) = kept_at(down, 1_000)
    assert told.startswith("history: env:DOWN (postgresql 127.0.0.1:1/health): cannot be opened: ")
    assert told.endswith(f"; 1 run waits {LEFT}")
    assert "s3cret" not in told
    (told,) = kept_at(down, 2_000)
    assert told.endswith(f"; 2 runs wait {LEFT}")
    assert kept_at(place, 3_000) == ()
    assert times(place) == [3_000, 2_000, 1_000]
    assert waiting(place.root) == []


def test_a_run_does_not_wait_for_a_store_that_does_not_answer(sqlite_place: Place, silent: str) -> None:
    slow = Place("env:SLOW", sqlite_place.root, {"SLOW": silent})
    begin = time.monotonic()
    told = kept_at(slow, 1_000, within=0.5)
    assert time.monotonic() - begin < 4
    assert told == (f"history: env:SLOW: did not answer within 0.5 s; 1 run waits {LEFT}",)
    assert kept_at(sqlite_place, 2_000) == ()
    assert times(sqlite_place) == [2_000, 1_000]


def test_a_run_does_not_wait_for_a_file_that_another_process_keeps_locked(sqlite_place: Place) -> None:
    assert kept_at(sqlite_place, 1_000) == ()
    other = sqlite3.connect(sqlite_place.root / ".contracts" / "health.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    (told,) = kept_at(sqlite_place, 2_000, within=0.5)
    assert told.endswith(f"1 run waits {LEFT}")
    assert len(waiting(sqlite_place.root)) == 1
    other.execute("ROLLBACK")
    other.close()
    assert kept_at(sqlite_place, 3_000) == ()
    assert times(sqlite_place) == [3_000, 2_000, 1_000]


def test_a_server_that_ends_in_between_loses_nothing(postgres_place: Place, tmp_path: Path) -> None:
    with postgres_place.open() as store:
        down = Place(postgres_place.url, tmp_path, {"HEALTH_STORE": "postgresql://127.0.0.1:1/health"})
        kept_at(down, 1_000)
        with store._database.writing() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with postgres_place.open() as other, other._database.writing() as connection:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({int(pid)})")
        assert flush(store, tmp_path).runs == 1
    assert times(postgres_place) == [1_000]


def test_what_waits_is_taken_in_by_whoever_opens_the_store(sqlite_place: Place) -> None:
    broken = Place("env:NOT_SET", sqlite_place.root)
    for at in (2_000, 1_000):
        kept_at(broken, at)
    with sqlite_place.open() as store:
        assert flush(store, sqlite_place.root) == (2, "", ())
        assert flush(store, sqlite_place.root) == (0, "", ())
    assert times(sqlite_place) == [2_000, 1_000]


def test_torn_and_hostile_files_are_set_aside_and_told_of(sqlite_place: Place) -> None:
    folder = sqlite_place.root / ".contracts" / "spool"
    folder.mkdir(parents=True)
    good = json.loads(to_json(run_at(1_000), [sample()]))
    hostile = {
        "00-torn": to_json(run_at(1), [sample()])[:-20],
        "01-empty": b"",
        "02-deep": b"[" * 200_000,
        "03-list": b"[]",
        "04-next": json.dumps({**good, "format": 2}).encode(),
        "05-id": json.dumps({**good, "run": {"id": "../../x", "at": 1}}).encode(),
        "06-time": json.dumps({**good, "run": {**good["run"], "at": float("nan")}}).encode(),
        "07-verdict": json.dumps({**good, "samples": [{"verdict": "fine"}]}).encode(),
        "08-number": json.dumps({**good, "samples": [{**good["samples"][0], "p95": 10**400}]}).encode(),
        "09-truth": json.dumps({**good, "samples": [{**good["samples"][0], "answers": True}]}).encode(),
        "10-text": json.dumps({**good, "samples": [{**good["samples"][0], "changes": [{"rule": 1}]}]}).encode(),
        "11-names": json.dumps({**good, "maintenance": [1]}).encode(),
        "12-bytes": b"\xff\xfe\x00",
    }
    for name, content in hostile.items():
        (folder / f"{name}.json").write_bytes(content)
    os.mkfifo(folder / "13-pipe.json")
    (folder / "14-link.json").symlink_to("/etc/passwd")
    (folder / "15-folder.json").mkdir()
    (folder / "99999999999999999999-good.json").write_bytes(json.dumps({**good, "more": 1}).encode())
    told = kept_at(sqlite_place, 2_000)
    assert len(told) == len(hostile) + 3
    assert told[0] == "history: .contracts/spool/00-torn.json: is torn, or no JSON; it is set aside as 00-torn.bad"
    assert all(line.startswith("history: .contracts/spool/") for line in told)
    assert times(sqlite_place) == [2_000, 1_000]
    assert kept_at(sqlite_place, 3_000) == ()
    assert {path.suffix for path in folder.iterdir()} == {".bad"}


def test_the_spool_is_bounded_and_says_what_it_dropped(sqlite_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST_FILES", 3)
    broken = Place("env:NOT_SET", sqlite_place.root)
    for at in (1, 2, 3):
        assert len(kept_at(broken, at)) == 1
    *_, told = kept_at(broken, 4)
    assert told.startswith(
        "history: .contracts/spool holds at most 3 runs and 256 MB: 1 dropped, the oldest first, up to 000000000001000-"
    )
    monkeypatch.setattr(spool, "MOST_BYTES", waiting(sqlite_place.root)[-1].stat().st_size)
    assert len(kept_at(broken, 5)) == 2
    assert kept_at(sqlite_place, 6) == ()
    assert times(sqlite_place) == [6, 5]


def test_a_run_is_kept_where_there_can_be_no_spool(sqlite_place: Place) -> None:
    (sqlite_place.root / ".contracts").write_text("a file")
    place = Place("sqlite:monitoring/health.sqlite", sqlite_place.root)
    (told,) = kept_at(place, 1_000)
    assert told.startswith("history: .contracts/spool: cannot be written: ")
    assert times(place) == [1_000]
    told_both = kept_at(sqlite_place, 2_000)
    assert len(told_both) == 2
    assert told_both[1].endswith("this run is not kept")


def test_a_spool_that_leads_elsewhere_is_not_used(
    sqlite_place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "0.json").write_text("{}")
    (sqlite_place.root / ".contracts").mkdir()
    (sqlite_place.root / ".contracts" / "spool").symlink_to(elsewhere)
    (told,) = kept_at(sqlite_place, 1_000)
    assert told == f"history: .contracts/spool: leads out of {sqlite_place.root}; remove the link"
    assert [path.name for path in elsewhere.iterdir()] == ["0.json"]
    assert times(sqlite_place) == [1_000]


WORDS = st.text(max_size=20)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.none() | st.integers()
CHANGES = st.builds(OpenChange, fingerprint=WORDS, severity=WORDS, rule=WORDS, path=WORDS, text=WORDS, expires=WORDS)
SAMPLES = st.builds(
    Sample,
    integration=WORDS,
    operation=WORDS,
    verdict=st.sampled_from(list(Verdict)),
    cause=WORDS,
    answers=st.integers(0),
    p50=NUMBERS,
    p95=NUMBERS,
    version=WORDS,
    changes=st.lists(CHANGES, max_size=3).map(tuple),
    rate_left=WHOLE,
    rate_limit=WHOLE,
    sunset=WORDS,
    newest=NUMBERS,
    tries=st.integers(1),
)
RECORDS = st.builds(
    Record,
    run=st.builds(
        RunRecord,
        id=st.uuids().map(lambda each: each.hex),
        at=st.floats(0, 1e11),
        commit=WORDS,
        host=WORDS,
        partial=WORDS,
    ),
    samples=st.lists(SAMPLES, max_size=3).map(tuple),
    maintenance=st.frozensets(WORDS, max_size=3),
)


@settings(max_examples=50, deadline=None)
@given(RECORDS)
def test_what_is_written_down_is_read_back(record: Record) -> None:
    assert from_json(to_json(*record)) == record


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(RECORDS, st.data())
def test_any_other_value_in_any_place_is_read_or_refused(record: Record, data: st.DataObject) -> None:
    value = json.loads(to_json(*record))
    places = [
        value,
        value["run"],
        *value["samples"],
        *(change for each in value["samples"] for change in each["changes"]),
    ]
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    try:
        found = from_json(json.dumps(value).encode())
    except HealthError:
        return
    assert from_json(to_json(*found)) == found
