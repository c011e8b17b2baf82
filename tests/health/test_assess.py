"""What the history says about integrations now."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from histories import CADENCE, DAY, GAINED, HOUR, LOST, NOW, VERDICTS, declares, keep, told
from pytest_integration_contracts.health.assess import WINDOWS, Known, assess, overview
from pytest_integration_contracts.health.assessment import Assessment, Health
from pytest_integration_contracts.health.samples import COUNTED, GOOD, IntegrationRun, Rate, RunRecord
from pytest_integration_contracts.health.store import Store
from pytest_integration_contracts.health.words import success
from pytest_integration_contracts.manifest.manifest import Integration
from pytest_integration_contracts.manifest.monitoring import Window

CRM = Integration("crm", cadence=CADENCE, credentials="env:CRM_TOKEN")


def stands(store: Store, integration: Integration = CRM, now: float = NOW) -> Assessment:
    (found,) = overview(store, declares(integration), now).assessments
    return found


LOST_TOTAL = "GET /orders/{id} lost `total`, 1 of 3 operations drift"
SILENT = "no result for 13 h, checked every 6 h before"
ASKED = "GET https://crm.example/orders/1"
DOWN = "1 of 3 operations down"
CHECKERS = "whoever runs the checks"


@pytest.mark.parametrize(
    ("marks", "ago", "expected"),
    [
        ("....", HOUR, (Health.OK, "", "3 operations hold")),
        ("...~", HOUR, (Health.CHANGED, "", "GET /orders/{id} gained `gift`; nothing breaks")),
        ("..DD", HOUR, (Health.DRIFT, "upstream", LOST_TOTAL)),
        (
            ".XXX",
            HOUR,
            (Health.DOWN, "upstream", ASKED + " answered 503, since 2027-01-14 19:00 UTC, 3 runs in a row, " + DOWN),
        ),
        ("...X", HOUR, (Health.DOWN, "upstream", ASKED + " answered 503, since 07:00 UTC, one run so far, " + DOWN)),
        (
            "..AA",
            HOUR,
            (
                Health.DENIED,
                "whoever holds the credential",
                ASKED + " answered 401 (credential: env:CRM_TOKEN), since 01:00 UTC, 2 runs in a row",
            ),
        ),
        ("...o", HOUR, (Health.OURS, "us", "test_orders failed by itself while the contract held")),
        ("...?", HOUR, (Health.UNVERIFIED, CHECKERS, "the last run verified nothing: nothing was asked")),
        ("....", 12 * HOUR, (Health.OK, "", "3 operations hold")),
        ("....", 13 * HOUR, (Health.STALE, CHECKERS, f"{SILENT}; ok until then")),
        ("...?", 13 * HOUR, (Health.STALE, CHECKERS, f"{SILENT}; unverified until then")),
        ("~", 13 * HOUR, (Health.STALE, CHECKERS, "no result for 13 h, due every 6 h; changed until then")),
        ("..DD", 13 * HOUR, (Health.DRIFT, "upstream", f"{LOST_TOTAL}; and {SILENT}")),
        ("", 0, (Health.UNVERIFIED, CHECKERS, "never checked: no live run has told of it yet")),
    ],
)
def test_a_history_comes_to_a_verdict_with_its_cause_and_whose_it_is(
    store: Store, marks: str, ago: float, expected: tuple[Health, str, str]
) -> None:
    keep(store, "crm", marks, ago=ago)
    found = stands(store)
    assert (found.health, found.fault, found.cause) == expected


@pytest.mark.parametrize(
    ("marks", "runs_since"),
    [("..DD", 2), ("DDDD", 4), ("X.D", 1), ("D?oD", 4), ("D?D?", 1), ("XD", 1), ("..", 2)],
)
def test_a_verdict_lasts_since_the_first_run_that_said_so(store: Store, marks: str, runs_since: int) -> None:
    keep(store, "crm", marks)
    assert stands(store).since == NOW - HOUR - (runs_since - 1) * CADENCE


def test_a_verdict_may_last_longer_than_the_runs_that_are_shown(store: Store) -> None:
    keep(store, "crm", "." * 100)
    found = stands(store)
    assert len(found.runs) == 90
    assert found.since == NOW - HOUR - 99 * CADENCE


def test_stale_begins_where_the_second_result_in_a_row_was_missed(store: Store) -> None:
    keep(store, "crm", "...", ago=20 * HOUR)
    assert stands(store).since == NOW - 8 * HOUR


def test_without_a_cadence_silence_is_stale_after_two_days_and_the_cause_says_so(store: Store) -> None:
    keep(store, "crm", "...", ago=47 * HOUR)
    undeclared = replace(CRM, cadence=0.0)
    assert stands(store, undeclared).health is Health.OK
    assert stands(store, undeclared).cause.endswith("; no `cadence` is declared: taken for stale after 2 d")
    assert stands(store, undeclared, NOW + 2 * HOUR).health is Health.STALE


def test_what_holds_of_one_operation_ends_no_drift_of_another(store: Store) -> None:
    keep(store, "crm", ".D", ago=2 * HOUR)
    keep(store, "crm", ".", ago=HOUR, operations=1, partial="-k customers")
    found = stands(store)
    assert found.health is Health.DRIFT
    assert found.cause.endswith("; the last run asked for a part only (-k customers)")
    assert [incident.ended for incident in found.incidents] == [None]
    assert len(found.operations) == 3, "the whole run's, not those of the part"
    keep(store, "crm", ".", ago=HOUR / 2)
    assert stands(store).health is Health.OK


def test_a_partial_run_may_raise_an_alarm_and_ask_for_all_of_one_integration(store: Store) -> None:
    keep(store, "crm", "..", ago=3 * HOUR)
    keep(store, "crm", "X", ago=2 * HOUR, operations=1, partial="-k customers")
    assert stands(store).health is Health.DOWN
    keep(store, "crm", ".", ago=HOUR, operations=3, partial="-k crm")
    found = stands(store)
    assert (found.health, found.cause) == (Health.OK, "3 operations hold")


@pytest.mark.parametrize(("whole", "stands_at"), [(".", Health.OK), ("X", Health.DENIED)])
def test_a_part_that_holds_again_ends_what_a_part_found_and_no_more(
    store: Store, whole: str, stands_at: Health
) -> None:
    keep(store, "crm", whole, ago=3 * HOUR)
    keep(store, "crm", "A.", ago=HOUR, every=HOUR, operations=1, partial="-k customers")
    assert stands(store).health is stands_at
    keep(store, "crm", "D", ago=HOUR / 2, operations=2, partial="-k orders")
    keep(store, "crm", ".", ago=HOUR / 3, operations=1, partial="-k customers")
    assert stands(store).health is Health.DRIFT


def test_asking_for_one_operation_again_and_again_keeps_nothing_fresh(store: Store) -> None:
    keep(store, "crm", "....", ago=13 * HOUR)
    keep(store, "crm", "..", ago=HOUR, operations=1, partial="-k customers")
    found = stands(store)
    assert found.health is Health.STALE
    assert "no result for 13 h" in found.cause


def test_runs_that_are_always_partial_are_results_all_the_same(store: Store) -> None:
    keep(store, "crm", "....", ago=HOUR, partial="-m nightly")
    assert stands(store).health is Health.OK


def test_maintenance_counts_for_nothing_and_is_told(store: Store) -> None:
    keep(store, "crm", "...", ago=6 * HOUR)
    keep(store, "crm", "X", ago=HOUR, operations=5, maintenance=True)
    always = replace(CRM, maintenance=(Window(),))
    found = stands(store, always)
    assert (found.health, found.maintenance) == (Health.OK, True)
    assert found.cause == "3 operations hold; in a maintenance window now, which does not count"
    assert found.incidents == ()
    assert [sample.cause for sample in found.operations] == ["", "", ""]
    assert stands(store).maintenance is False


def test_a_whole_run_in_maintenance_makes_no_part_of_what_was_whole_before(store: Store) -> None:
    keep(store, "crm", "..", ago=2 * HOUR, operations=2, partial="-k crm")
    keep(store, "crm", "X", ago=HOUR, maintenance=True)
    assert stands(store).health is Health.OK


def test_silence_in_maintenance_is_no_green_either(store: Store) -> None:
    keep(store, "crm", "..", ago=3 * DAY)
    keep(store, "crm", "........", ago=HOUR, maintenance=True)
    assert stands(store, replace(CRM, maintenance=(Window(),))).health is Health.STALE


def test_an_integration_that_only_ran_in_maintenance_was_never_verified(store: Store) -> None:
    keep(store, "crm", "..", maintenance=True)
    assert stands(store).health is Health.UNVERIFIED


def test_success_is_counted_over_four_windows(store: Store) -> None:
    keep(store, "crm", "." * 6 + "X?o.", ago=HOUR / 2)
    assert stands(store).rates == {HOUR: Rate(1, 1), DAY: Rate(1, 2), 7 * DAY: Rate(7, 8), 30 * DAY: Rate(7, 8)}
    assert stands(store, Integration("other")).rates == dict.fromkeys(WINDOWS, Rate(0, 0))


@pytest.mark.parametrize(
    ("good", "n", "words"),
    [
        (0, 0, "no data"),
        (1, 1, "1 of 1"),
        (4, 4, "4 of 4"),
        (5, 5, "5 of 5 (100 %)"),
        (26, 28, "26 of 28 (92 %)"),
        (1999, 2000, "1999 of 2000 (99.9 %)"),
        (99_999, 100_000, "99999 of 100000 (99.9 %)"),
        (0, 9, "0 of 9 (0 %)"),
    ],
)
def test_a_rate_is_never_told_without_how_often_it_was_asked(good: int, n: int, words: str) -> None:
    assert success(Rate(good, n)) == words


@given(st.integers(0, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_only_what_never_failed_is_a_hundred_percent(rate: tuple[int, int]) -> None:
    good, n = rate
    words = success(Rate(good, n))
    assert words == "no data" if not n else words.startswith(f"{good} of {n}")
    assert "(100 %)" not in words or (good == n and n >= 5)


def test_incidents_are_the_times_without_a_good_run(store: Store) -> None:
    keep(store, "crm", "XX.?DoX..A?", ago=HOUR)
    found = stands(store)

    def at(place: int) -> float:
        return NOW - HOUR - (10 - place) * CADENCE

    assert [(each.verdict, each.began, each.ended, each.runs) for each in found.incidents] == [
        (Health.DENIED, at(9), None, 1),
        (Health.DRIFT, at(4), at(7), 2),
        (Health.DOWN, at(0), at(2), 2),
    ]
    assert found.last_good == at(8)


def test_open_changes_stand_the_gravest_first_and_what_is_accepted_after_its_like(store: Store) -> None:
    accepted = replace(LOST, fingerprint="accepted", expires="2027-02-01")
    warned = replace(LOST, fingerprint="warned", severity="warning")
    (sample,) = told("crm", "D", 1)
    run = RunRecord(id="0" * 32, at=NOW - HOUR)
    store.append(run, [replace(sample, changes=(GAINED, accepted, warned, LOST))])
    found = stands(store)
    assert [change for _, change in found.changes] == [LOST, accepted, warned, GAINED]
    assert found.cause == "GET /orders/{id} lost `total`, 1 of 1 operation drifts"


def test_what_the_last_run_measured_is_held_against_what_the_manifest_allows(store: Store) -> None:
    slow, fast = told("crm", ".", 2)
    run = RunRecord(id="0" * 32, at=NOW - HOUR, commit="abc1234")
    slow = replace(slow, newest=NOW - 5 * HOUR, rate_left=5, rate_limit=100, sunset="2027-03-01")
    fast = replace(fast, newest=NOW - 2 * HOUR, rate_left=80, rate_limit=1000, sunset="2027-06-01")
    store.append(run, [slow, fast])
    found = stands(store, replace(CRM, latency=2.0, freshness=("$.updated", DAY)))
    assert (found.p95, found.answers, found.budget) == (0.5, 8, 2.0)
    assert (found.newest, found.fresh_within) == (NOW - 2 * HOUR, DAY)
    assert (found.rate_left, found.sunset, found.commit) == ((5, 100), "2027-03-01", "abc1234")


def test_how_often_it_really_is_checked_is_measured(store: Store) -> None:
    keep(store, "crm", ".......", every=8 * HOUR)
    assert (stands(store).cadence, stands(store).actual_cadence) == (6 * HOUR, 8 * HOUR)
    keep(store, "new", "..")
    assert stands(store, Integration("new")).actual_cadence is None


def test_the_worst_stands_first_then_what_lasts_longest_then_by_name(store: Store) -> None:
    marks = {
        "b-ok": "....",
        "a-ok": "....",
        "changed": "...~",
        "ours": "...o",
        "down": "...X",
        "denied": "...A",
        "new-drift": "...D",
        "old-drift": ".DDD",
        "unverified": "...?",
    }
    for name, each in marks.items():
        keep(store, name, each)
    keep(store, "stale", "..", ago=3 * DAY)
    manifest = declares(*(Integration(name, cadence=CADENCE) for name in (*marks, "stale", "never")))
    assert [each.integration for each in overview(store, manifest, NOW).assessments] == [
        "old-drift",
        "new-drift",
        "denied",
        "down",
        "ours",
        "stale",
        "never",
        "unverified",
        "changed",
        "a-ok",
        "b-ok",
    ]


def test_the_next_result_is_due_by_the_shortest_cadence(store: Store) -> None:
    keep(store, "crm", "..", ago=HOUR)
    keep(store, "daily", "..", ago=2 * HOUR)
    daily = Integration("daily", cadence=DAY)
    assert overview(store, declares(CRM, daily), NOW).next_check == NOW + 5 * HOUR
    assert overview(store, declares(daily), NOW).next_check == NOW + 22 * HOUR
    assert overview(store, declares(Integration("daily")), NOW).next_check is None
    assert overview(store, declares(CRM), NOW + DAY).next_check == NOW + DAY + 6 * HOUR, "overdue: the one after it"


def test_notes_tell_what_a_reader_would_not_see(store: Store) -> None:
    for name in ("crm", "erp", "cdn"):
        keep(store, name, "..X")
    keep(store, "gone", "..")
    keep(store, "ahead", "..", ago=-3 * HOUR)
    three = [Integration(name, cadence=CADENCE) for name in ("crm", "erp", "cdn")]
    assert overview(store, declares(*three), NOW).notes == (
        "all 3 integrations that were asked are down at once: look at the runner's own network first",
        "the store also knows 2 integrations that the manifest does not declare: ahead, gone",
    )
    keep(store, "early", "..", ago=-2 * HOUR)
    found = overview(store, declares(Integration("ahead"), Integration("early"), Integration("gone")), NOW)
    assert found.notes[0] == (
        "set the clock of runner-1: its last results are dated up to 3 h ahead of now (ahead, early)"
    )


def test_a_result_from_the_future_keeps_nothing_fresh(store: Store) -> None:
    keep(store, "crm", ".", ago=-30 * DAY)
    assert stands(store).health is Health.STALE


def test_as_many_questions_are_asked_of_the_store_for_many_integrations_as_for_one(store: Store) -> None:
    asked: list[str] = []
    event.listen(
        store._database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: asked.append(statement),
    )
    manifest = declares(*(Integration(f"api-{number}") for number in range(40)))

    def questions() -> int:
        asked.clear()
        overview(store, manifest, NOW)
        return len(asked)

    keep(store, "api-0", ".X")
    one = questions()
    for number in range(1, 40):
        keep(store, f"api-{number}", ".")
    assert questions() == one


def _run(*, at: float, mark: str, partial: str = "", operations: int = 3, maintenance: bool = False) -> IntegrationRun:
    run = RunRecord(id=f"{at}", at=at, partial=partial)
    verdict = VERDICTS[mark]
    return IntegrationRun(
        run=run, integration="crm", verdict=verdict, operations=operations, failing=0, maintenance=maintenance
    )


RUNS: st.SearchStrategy[Any] = st.builds(
    dict,
    mark=st.sampled_from(sorted(VERDICTS)),
    gap=st.floats(1.0, 3 * DAY),
    partial=st.sampled_from(["", "-k some"]),
    operations=st.integers(1, 3),
    maintenance=st.booleans(),
)


def runs_of(rows: list[dict[str, Any]], last: float) -> tuple[IntegrationRun, ...]:
    at, found = last, []
    for row in reversed(rows):
        kept = {key: value for key, value in row.items() if key != "gap"}
        found.append(_run(at=at, **kept))
        at -= row["gap"]
    return tuple(reversed(found))


def judged(runs: tuple[IntegrationRun, ...], cadence: float = CADENCE) -> Assessment:
    rates = dict.fromkeys(WINDOWS, Rate())
    return assess(replace(CRM, cadence=cadence), Known(runs=runs, rates=rates), NOW)


@given(st.lists(RUNS, max_size=12), st.floats(-5 * DAY, 60 * DAY), st.sampled_from([0.0, HOUR, CADENCE, DAY]))
def test_silence_is_never_green(rows: list[dict[str, Any]], ago: float, cadence: float) -> None:
    runs = runs_of(rows, NOW - ago)
    found = judged(runs, cadence)
    recent = [run for run in runs if -300 <= NOW - run.run.at <= 2 * (cadence or DAY)]
    told_good = [run for run in runs if run.verdict in GOOD and not run.maintenance]
    assert found.is_good <= bool(told_good and any(not run.maintenance for run in recent))
    assert found.cause


@given(st.lists(RUNS, min_size=1, max_size=12))
def test_a_run_of_a_part_never_betters_a_verdict_and_one_in_maintenance_changes_none(
    rows: list[dict[str, Any]],
) -> None:
    runs = runs_of(rows, NOW - HOUR)
    before = judged(runs)
    if before.health in {Health.DRIFT, Health.DENIED, Health.DOWN}:
        part = _run(at=NOW - HOUR / 2, mark=".", partial="-k one", operations=0)
        assert judged((*runs, part)).health is before.health
    outside = judged((*runs, _run(at=NOW - HOUR / 2, mark="X", maintenance=True)))
    assert outside.health is before.health


@given(st.lists(RUNS, max_size=20))
def test_incidents_follow_each_other_and_only_the_newest_may_last(rows: list[dict[str, Any]]) -> None:
    found = judged(runs_of(rows, NOW - HOUR)).incidents[::-1]
    assert all(each.ended is not None and each.began < each.ended for each in found[:-1])
    assert all(first.ended is not None and first.ended < then.began for first, then in pairwise(found))
    counted = [row for row in rows if VERDICTS[row["mark"]] in COUNTED - GOOD and not row["maintenance"]]
    assert sum(each.runs for each in found) <= len(counted)


def test_what_is_asked_of_all_at_once_is_what_each_says(history: Store) -> None:
    for number, marks in enumerate(("..X", "D", ".~?oA")):
        keep(history, f"api-{number}", marks, ago=HOUR + number, operations=number + 1)
    names = [f"api-{number}" for number in range(3)]
    assert history.recent(2) == {name: history.runs(name, most=2) for name in names}
    assert history.recent(90) == {name: history.runs(name) for name in names}
    assert history.last_samples() == {name: history.samples(name) for name in names}
