"""What is kept of runs, and what is answered of it; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from health.conftest import Place
from health.making import GONE, KNOWN, ODD, run_at, sample
from pytest_integration_contracts.health.samples import COUNTED, GOOD, IntegrationRun, Rate, weighted_p95
from pytest_integration_contracts.health.store import DAY, Store, open_store
from pytest_integration_contracts.health.tables import metadata, texts
from pytest_integration_contracts.model import Verdict


def rows(store: Store, table: str) -> int:
    with store._database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one())


def test_what_was_kept_is_read_back(history: Store) -> None:
    run = run_at(1_000.25, commit="4fa4e5d", host="runner-7", partial="-k crm")
    good = sample(operation="GET /b", answers=4, p50=0.0123456789, p95=1 / 3, version="3.2", newest=999.5)
    bad = sample(
        Verdict.DRIFT,
        cause="`$.email` is gone",
        answers=2,
        p95=0.5,
        changes=(GONE, KNOWN, ODD),
        rate_left=4_000,
        rate_limit=5_000,
        sunset="2027-06-30T00:00:00Z",
        tries=3,
    )
    other = sample(integration="erp", operation="POST /größe")
    assert history.append(run, [good, bad, other])
    summed = IntegrationRun(
        run=run,
        integration="crm",
        verdict=Verdict.DRIFT,
        cause="`$.email` is gone",
        operations=2,
        failing=1,
        answers=6,
        p95=0.5,
        breaking=1,
        warnings=1,
    )
    assert history.samples("crm") == [bad, good]
    assert history.samples("erp") == [other]
    assert history.runs("crm") == [summed]
    assert history.latest() == {"crm": summed, "erp": history.runs("erp")[0]}
    assert history.latencies(1_001, 60) == {"crm": (6, 0.5)}


def test_a_history_without_a_run_answers_with_nothing(history: Store) -> None:
    assert history.runs("crm") == []
    assert history.samples("crm") == []
    answers = (
        history.latest(),
        history.rates(0, (60,)),
        history.since(),
        history.last_good(),
        history.latencies(0, 60),
    )
    assert answers == ({}, {}, {}, {}, {})
    assert history.prune(1e12) == 0


def test_a_run_that_is_handed_in_again_changes_nothing(history: Store) -> None:
    run = run_at(1_000)
    assert history.append(run, [sample()])
    assert not history.append(run, [sample(Verdict.DRIFT, operation="GET /other", cause="another")])
    assert history.samples("crm") == [sample()]
    assert history.rates(1_000, (60,)) == {"crm": {60: Rate(1, 1)}}


def test_of_two_samples_of_one_operation_the_gravest_is_kept(history: Store) -> None:
    history.append(run_at(1_000), [sample(), sample(Verdict.DOWN, cause="503"), sample(Verdict.CHANGED)])
    assert history.samples("crm") == [sample(Verdict.DOWN, cause="503")]
    assert history.latest()["crm"].operations == 1


def test_runs_are_the_newest_first_up_to_a_time_and_samples_those_of_any_of_them(history: Store) -> None:
    late, early, middle = run_at(30), run_at(10), run_at(20)
    for run, verdict in ((late, Verdict.OK), (early, Verdict.DOWN), (middle, Verdict.CHANGED)):
        history.append(run, [sample(verdict)])
    assert [each.run for each in history.runs("crm")] == [late, middle, early]
    assert [each.run for each in history.runs("crm", most=2)] == [late, middle]
    assert [each.run for each in history.runs("crm", until=20)] == [middle, early]
    assert history.samples("crm", run=early.id) == [sample(Verdict.DOWN)]
    assert history.samples("crm", run="0" * 32) == []
    assert history.latest()["crm"].run == late


def test_rates_carry_how_many_runs_counted_within_each_window(history: Store) -> None:
    now = 100 * DAY
    for age, verdict in (
        (0, Verdict.OK),
        (1_800, Verdict.DOWN),
        (3_600, Verdict.OK),  # a window ends there, and does not take it in
        (7_200, Verdict.OURS),
        (7_300, Verdict.UNVERIFIED),
        (2 * DAY, Verdict.CHANGED),
        (20 * DAY, Verdict.DRIFT),
        (-5, Verdict.DENIED),  # a clock that is ahead
    ):
        history.append(run_at(now - age), [sample(verdict)])
    history.append(run_at(now - 60), [sample(Verdict.DOWN), sample(integration="erp")], maintenance={"crm"})
    history.append(run_at(now - 40 * DAY), [sample(integration="old")])
    assert history.rates(now, (3_600, DAY, 7 * DAY, 30 * DAY)) == {
        "crm": {3_600: Rate(1, 2), DAY: Rate(2, 3), 7 * DAY: Rate(3, 4), 30 * DAY: Rate(3, 5)},
        "erp": dict.fromkeys((3_600, DAY, 7 * DAY, 30 * DAY), Rate(1, 1)),
        "old": dict.fromkeys((3_600, DAY, 7 * DAY, 30 * DAY), Rate()),
    }


def test_a_stretch_begins_with_the_first_run_of_its_verdict_whatever_order_they_came_in(history: Store) -> None:
    verdicts = {1: Verdict.OK, 2: Verdict.DOWN, 3: Verdict.OK, 4: Verdict.DOWN, 5: Verdict.DOWN, 6: Verdict.DOWN}
    for at in (5, 2, 6, 1, 4, 3):
        history.append(run_at(at), [sample(verdicts[at]), sample(integration="erp")])
    history.append(run_at(7), [sample(Verdict.OK)], maintenance=["crm"])
    history.append(run_at(8), [sample(Verdict.OK, integration="new")], maintenance=["new"])
    assert history.since() == {"crm": 4, "erp": 1}
    assert history.last_good() == {"crm": 3, "erp": 6}
    assert history.latest()["crm"].maintenance


RUNS = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(list(Verdict)), st.booleans()),
    unique_by=lambda run: run[0],
    max_size=12,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store("sqlite:history.sqlite", tmp_path_factory.mktemp("shared"), {}) as opened:
        yield opened


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RUNS)
def test_answers_are_those_of_a_list_of_all_runs(shared: Store, found: list[tuple[int, Verdict, bool]]) -> None:
    name = run_at(0).id
    for at, verdict, maintenance in found:
        shared.append(run_at(at), [sample(verdict, integration=name)], maintenance={name} if maintenance else ())
    counted = sorted((at, verdict) for at, verdict, maintenance in found if not maintenance)
    good = [at for at, verdict in counted if verdict in GOOD]
    stretch: list[int] = []
    for at, verdict in reversed(counted):
        if verdict is not counted[-1][1]:
            break
        stretch.append(at)
    within = [verdict for at, verdict in counted if 5 < at <= 15 and verdict in COUNTED]
    rate = Rate(sum(verdict in GOOD for verdict in within), len(within))
    assert shared.last_good().get(name) == max(good, default=None)
    assert shared.since().get(name) == (stretch[-1] if stretch else None)
    assert shared.rates(15, (10,)).get(name, {}) == ({10: rate} if found else {})
    assert [each.run.at for each in shared.runs(name)] == sorted((at for at, *_ in found), reverse=True)
    last = shared.latest().get(name)
    assert (last.run.at if last else None) == max((at for at, *_ in found), default=None)


def test_retention_removes_whole_runs_and_what_nobody_refers_to_any_more(history: Store) -> None:
    for at in range(450):
        cause = "always" if at % 2 else f"only in run {at}"
        history.append(run_at(at), [sample(Verdict.DRIFT, cause=cause, changes=(GONE,)), sample(integration="erp")])
    assert history.prune(440) == 440
    assert [each.run.at for each in history.runs("erp")] == list(range(449, 439, -1))
    assert (rows(history, "health_runs"), rows(history, "health_samples")) == (10, 20)
    assert rows(history, "health_integration_runs") == 20
    with history._database.reading() as connection:
        left = set(connection.execute(select(texts.c.text)).scalars())
    assert {text for text in left if not text.startswith("[")} == {
        "always",
        *(f"only in run {at}" for at in range(440, 450, 2)),
    }
    assert history.samples("crm")[0].changes == (GONE,)


def test_retention_works_once_a_day_whoever_asks(place: Place) -> None:
    with place.open() as one, place.open() as other:
        for day in range(5):
            one.append(run_at(day * DAY), [sample()])
        assert one.retain(0, 5 * DAY) == 0
        assert one.retain(3 * DAY, 5 * DAY) == 2
        one.append(run_at(1), [sample()])
        assert other.retain(3 * DAY, 5 * DAY + 60) == 0
        assert other.retain(3 * DAY, 6 * DAY) == 2
        assert len(one.runs("crm")) == 2


def test_what_no_database_takes_is_kept_as_what_it_can_take(history: Store) -> None:
    long = "GET /" + "é" * 5_000
    odd = sample(
        Verdict.DOWN,
        cause="a \0 and a \ud800",
        operation=long,
        p50=math.nan,
        p95=math.inf,
        answers=10**30,
        rate_left=-(10**30),
        tries=10**30,
        version="\0",
    )
    assert history.append(run_at(1, host="\ud800"), [odd])
    assert not history.append(history.runs("crm")[0].run, [odd])
    (kept,) = history.samples("crm")
    assert kept.cause == "a \ufffd and a ?"
    assert long.startswith(kept.operation)
    assert len(kept.operation.encode()) <= 1_000
    assert (kept.p50, kept.p95, kept.answers, kept.rate_left) == (None, None, 2**63 - 1, -(2**63 - 1))
    history.append(run_at(2), [odd])
    assert rows(history, "health_series") == 1


def test_a_text_is_kept_once_however_often_it_is_said(history: Store) -> None:
    for at in range(20):
        history.append(
            run_at(at), [sample(Verdict.DRIFT, cause="503", changes=(GONE,), operation=str(n)) for n in range(9)]
        )
    assert rows(history, "health_texts") == 2


def test_a_reader_is_not_kept_waiting_by_a_writer(sqlite_place: Place) -> None:
    with sqlite_place.open(timeout=1) as store:
        store.append(run_at(1), [sample()])
        writer = sqlite3.connect(sqlite_place.root / ".contracts" / "health.sqlite", isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM health_samples")
        assert store.samples("crm") == [sample()]
        writer.close()


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], None),
        ([(0.5, 0)], None),
        ([(0.5, 1)], 0.5),
        ([(0.1, 95), (9.0, 5)], 0.1),
        ([(9.0, 6), (0.1, 94)], 9.0),
    ],
)
def test_the_slowest_answers_of_groups_are_weighed_by_how_many_answers_they_have(
    groups: list[tuple[float, int]], expected: float | None
) -> None:
    assert weighted_p95(groups) == expected
