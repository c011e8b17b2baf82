"""What is told, and what is not, over simulated time."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from health.simulated import DAY, DRIFT, HOUR, World, change, integration, sample, with_alerts
from pytest_integration_contracts.health.alert_rules import RULES
from pytest_integration_contracts.health.messages import MAX_TITLE, Level, render
from pytest_integration_contracts.health.samples import Sample
from pytest_integration_contracts.health.watching import Kind
from pytest_integration_contracts.manifest.monitoring import ALERT_KINDS, Mute, SuccessRate, Window
from pytest_integration_contracts.model import Verdict

OK, DOWN, DENIED = sample(), sample(Verdict.DOWN, cause="connection refused"), sample(Verdict.DENIED, cause="401")
OURS, UNVERIFIED = sample(Verdict.OURS), sample(Verdict.UNVERIFIED)
RATE = SuccessRate(below=0.9, over=DAY, at_least=5, recovered=0.95)


def test_every_kind_that_the_manifest_knows_has_a_rule() -> None:
    assert set(map(str, RULES)) == set(ALERT_KINDS) == set(Kind)


class TestFailures:
    def test_are_told_once_there_are_enough_in_a_row_and_over_after_enough_good_ones(self) -> None:
        world = World()
        assert world.after(HOUR, OK) == []
        assert world.after(HOUR, DOWN) == []
        assert world.held == ["1 of the 2 failing runs that it takes"]
        assert world.after(HOUR, DOWN) == ["crm:failures"]
        assert world.after(HOUR, DOWN) == []
        assert world.after(HOUR, OK) == []
        assert world.after(HOUR, OK) == ["crm:+failures"]
        assert world.after(HOUR, OK) == []

    def test_that_come_and_go_are_neither_over_nor_told_again(self) -> None:
        world = World()
        world.after(HOUR, DOWN)
        assert world.after(HOUR, DOWN) == ["crm:failures"]
        for verdict in (OK, DOWN, DOWN, OK, DOWN, DOWN, OK):
            assert world.after(HOUR, verdict) == []

    def test_our_own_faults_neither_count_nor_end_anything(self) -> None:
        world = World()
        world.after(HOUR, DOWN)
        assert world.after(HOUR, OURS) == []
        assert world.after(HOUR, DOWN) == ["crm:failures"]
        world.after(HOUR, OK)
        assert world.after(HOUR, UNVERIFIED) == []
        assert world.after(HOUR, OK) == ["crm:+failures"]

    def test_runs_in_maintenance_count_for_nothing(self) -> None:
        world = World()
        for _ in range(3):
            world.now += HOUR
            world.run(DOWN, maintenance=["crm"])
        assert world.evaluate() == []

    def test_none_are_told_where_nobody_wants_to_know(self) -> None:
        world = World(settings=with_alerts(failures=0))
        assert [world.after(HOUR, DOWN) for _ in range(4)] == [[]] * 4


class TestSuccessRate:
    def test_one_failure_of_one_is_no_rate(self) -> None:
        world = World(settings=with_alerts(failures=0, success_rate=RATE))
        assert [world.after(HOUR, DOWN) for _ in range(4)] == [[]] * 4
        assert world.held == ["4 of the 5 runs that it takes"]
        assert world.after(HOUR, DOWN) == ["crm:success_rate"]

    def test_is_over_only_from_a_threshold_of_its_own(self) -> None:
        world = World(settings=with_alerts(failures=0, success_rate=RATE))
        told = [world.after(HOUR, DOWN if number in {3, 6} else OK) for number in range(17)]
        assert told.count(["crm:success_rate"]) == 1
        assert world.after(HOUR, OK) == []  # 16 of 18: below 90 %
        world.after(HOUR, OK)
        world.after(HOUR, OK)
        assert world.after(HOUR, OK) == []  # 19 of 21: above 90 %, and not over
        assert [world.after(HOUR, OK) for _ in range(10)].count(["crm:+success_rate"]) == 1

    def test_a_window_that_empties_does_not_end_it(self) -> None:
        world = World(settings=with_alerts(failures=0, stale=False, success_rate=RATE))
        for _ in range(5):
            world.after(HOUR, DOWN)
        assert Kind.SUCCESS_RATE in {key[1] for key in world.told}
        assert world.after(3 * DAY, OK) == []


class TestDrift:
    def test_is_told_once_when_a_second_run_confirms_it(self) -> None:
        world = World(settings=with_alerts(failures=0))
        assert world.after(HOUR, DRIFT) == []
        assert world.evaluate() == []
        assert world.held == ["found in one run; told once a second one confirms it"]
        assert world.after(HOUR, DRIFT) == ["crm:drift"]
        assert world.after(HOUR, DRIFT) == []
        assert world.after(HOUR, OK) == []
        assert world.after(HOUR, OK) == ["crm:+drift"]

    def test_each_fingerprint_is_told_for_itself(self) -> None:
        world = World(settings=with_alerts(failures=0))
        both = sample(Verdict.DRIFT, changes=(change(), change("a" * 16, path="$.name")))
        world.after(HOUR, DRIFT)
        assert world.after(HOUR, DRIFT) == ["crm:drift"]
        assert world.after(HOUR, both) == []
        assert world.after(HOUR, both) == ["crm:drift"]
        assert "$.name" in world.news[0].sentence

    def test_an_outage_neither_confirms_nor_ends_it(self) -> None:
        world = World(settings=with_alerts(failures=0))
        world.after(HOUR, DRIFT)
        assert world.after(HOUR, DOWN) == []
        assert world.after(HOUR, DRIFT) == ["crm:drift"]
        assert [world.after(HOUR, DOWN) for _ in range(3)] == [[]] * 3
        assert world.after(HOUR, DRIFT) == []

    def test_what_flaps_within_a_day_is_told_again_only_when_it_still_stands_after_it(self) -> None:
        world = World(settings=with_alerts(failures=0))
        world.after(HOUR, DRIFT)
        world.after(HOUR, DRIFT)
        world.after(HOUR, OK)
        assert world.after(HOUR, OK) == ["crm:+drift"]
        assert [world.after(HOUR, DRIFT) for _ in range(3)] == [[]] * 3
        assert world.held[0].startswith("it comes and goes: told as gone at 2026-03-01 16:00 UTC")
        assert world.after(22 * HOUR, DRIFT) == ["crm:drift"]

    def test_what_is_accepted_is_not_told(self) -> None:
        world = World(settings=with_alerts(acceptance=0))
        accepted = sample(Verdict.CHANGED, changes=(change(expires="2026-12-31"),))
        assert [world.after(HOUR, accepted) for _ in range(3)] == [[]] * 3

    def test_an_operation_that_nobody_asks_for_any_more_is_not_open_for_ever(self) -> None:
        world = World(settings=with_alerts(failures=0))
        world.after(HOUR, DRIFT)
        world.after(HOUR, DRIFT)
        other = sample(operation="GET /orders")
        told = [world.after(HOUR, other) for _ in range(8)]
        assert told.count(["crm:+drift"]) == 1
        assert world.after(HOUR, other) == []


class TestStale:
    def test_silence_is_told_and_so_is_its_end(self) -> None:
        world = World()
        world.after(HOUR, OK)
        assert world.after(47 * HOUR) == []
        assert world.after(2 * HOUR) == ["crm:stale"]
        assert world.after(DAY) == []
        assert world.after(HOUR, OK) == ["crm:+stale"]

    def test_silence_after_an_outage_is_silence_too(self) -> None:
        world = World()
        world.after(HOUR, DOWN)
        assert world.after(HOUR, DOWN) == ["crm:failures"]
        assert world.after(3 * DAY) == ["crm:stale"]

    def test_what_was_never_checked_is_new_and_not_silent(self) -> None:
        assert World().after(30 * DAY) == []


class TestCredential:
    def test_is_told_at_the_first_refusal(self) -> None:
        world = World()
        world.after(HOUR, OK)
        assert world.after(HOUR, DENIED) == ["crm:credential"]
        assert world.after(HOUR, DENIED) == ["crm:failures"]
        assert world.after(HOUR, OK) == []
        assert world.after(HOUR, OK) == ["crm:+credential crm:+failures"]

    def test_an_outage_does_not_end_it(self) -> None:
        world = World(settings=with_alerts(failures=0))
        assert world.after(HOUR, DENIED) == ["crm:credential"]
        assert [world.after(HOUR, DOWN) for _ in range(4)] == [[]] * 4


class TestSunset:
    def test_is_told_at_thirty_days_at_seven_and_at_one(self) -> None:
        world = World()
        ending = sample(sunset="2026-05-01T12:00:00Z")  # 61 days ahead
        told = {}
        for day in range(1, 70):
            if world.after(DAY, ending):
                told[61 - day] = world.news[0].short
        assert told == {30: "ends in 30 d", 7: "ends in 7 d", 1: "ends in 24 h"}

    def test_a_date_that_moves_is_news(self) -> None:
        world = World()
        assert world.after(HOUR, sample(sunset="2026-03-20")) == ["crm:sunset"]
        assert world.after(HOUR, DOWN) == []
        assert world.after(HOUR, sample(sunset="2026-09-20")) == []
        assert world.after(HOUR, sample(sunset="2026-09-20")) == ["crm:+sunset"]

    def test_a_date_that_is_in_every_other_answer_is_told_once(self) -> None:
        world = World()
        told = [world.after(HOUR, each) for each in [sample(sunset="2026-03-20"), OK] * 10]
        assert told == [["crm:sunset"], *[[]] * 19]

    def test_a_date_that_is_none_is_left_alone(self) -> None:
        assert World().after(HOUR, sample(sunset="soon")) == []


class TestAcceptance:
    def test_is_told_at_fourteen_days_at_three_and_when_it_has_expired(self) -> None:
        world = World()
        accepted = sample(Verdict.CHANGED, changes=(change(expires="2026-03-31"),))
        told = {}
        for day in range(1, 31):
            if world.after(DAY, accepted):
                told[31 - day] = world.news[0].short
        assert told == {14: "an acceptance ends in 13 d", 3: "an acceptance ends in 2 d"}
        expired = sample(Verdict.DRIFT, changes=accepted.changes)
        assert world.after(DAY, expired) == ["crm:drift crm:acceptance"]
        assert world.news[1].short == "an acceptance has expired"
        assert world.after(HOUR, expired) == ["crm:failures"]
        assert world.after(HOUR, expired) == []

    def test_a_change_that_comes_and_goes_is_told_once(self) -> None:
        world = World()
        accepted = sample(Verdict.CHANGED, changes=(change(expires="2026-03-10"),))
        told = [world.after(HOUR, each) for each in [accepted, OK, OK, OK] * 5]
        assert told == [["crm:acceptance"], *[[]] * 19]

    def test_that_it_counts_for_longer_is_nobodys_alarm(self) -> None:
        world = World()
        assert world.after(HOUR, sample(Verdict.CHANGED, changes=(change(expires="2026-03-10"),)))
        assert world.after(HOUR, sample(Verdict.CHANGED, changes=(change(expires="2026-09-10"),))) == []


class TestSilence:
    def test_what_is_muted_is_told_when_the_mute_ends_if_it_still_stands(self) -> None:
        mute = Mute(integration="crm", until="2026-03-01", reason="moving")
        world = World(settings=with_alerts(mutes=(mute,)))
        world.after(HOUR, DOWN)
        assert world.after(HOUR, DOWN) == []
        assert world.held == ["muted until 2026-03-01: moving"]
        assert world.after(9 * HOUR, DOWN) == []
        assert world.after(HOUR, DOWN) == ["crm:failures"]  # the second of March

    def test_what_was_over_before_the_mute_ended_is_not_told(self) -> None:
        world = World(settings=with_alerts(mutes=(Mute(integration="", until="2026-03-01", reason="moving"),)))
        told = [world.after(HOUR, verdict) for verdict in (DOWN, DOWN, OK, OK)]
        assert told == [[]] * 4
        assert world.after(10 * HOUR, OK) == []

    def test_a_recovery_is_muted_with_what_it_ends_and_told_afterwards(self) -> None:
        world = World()
        world.after(HOUR, DOWN)
        world.after(HOUR, DOWN)
        world.settings = with_alerts(mutes=(Mute(integration="crm", until="2026-03-01", reason="moving"),))
        world.after(HOUR, OK)
        assert world.after(HOUR, OK) == []
        assert world.after(10 * HOUR, OK) == ["crm:+failures"]

    def test_a_mute_of_one_kind_or_of_another_integration_mutes_nothing_else(self) -> None:
        mutes = (
            Mute(integration="crm", kind="stale", until="2027-01-01", reason="-"),
            Mute(integration="billing", until="2027-01-01", reason="-"),
        )
        world = World(settings=with_alerts(mutes=mutes))
        assert world.after(HOUR, DENIED) == ["crm:credential"]

    def test_nothing_is_told_in_a_maintenance_window_but_what_still_stands_after_it(self) -> None:
        window = Window(start=15 * 60, end=18 * 60)
        world = World(integration(maintenance=(window,)))
        world.after(HOUR, DOWN)
        world.after(HOUR, OURS)
        world.run(DOWN)
        assert world.after(HOUR) == []  # 15:00
        assert world.held == ["in a maintenance window"]
        assert world.after(2 * HOUR) == []
        assert world.after(HOUR) == ["crm:failures"]

    def test_without_anywhere_to_send_to_nothing_passes_for_told(self) -> None:
        world = World(settings=with_alerts(to=()))
        assert world.after(HOUR, DENIED) == []
        assert world.held[0] == "nowhere to send it: `to` under [health.alerts] is empty"
        world.settings = with_alerts()
        assert world.evaluate() == ["crm:credential"]


class TestMessages:
    def test_one_outage_of_one_upstream_is_one_message(self) -> None:
        url = "https://api.crm.example"
        world = World(
            integration("crm", f"{url}/v1"), integration("notes", f"{url}/notes"), integration("tax", "https://tax.example")
        )  # fmt: skip
        down = [sample(Verdict.DOWN, name) for name in ("crm", "notes", "tax")]
        world.after(HOUR, *down)
        assert sorted(world.after(HOUR, *down)) == ["crm:failures notes:failures", "tax:failures"]
        assert render(world.decision.messages[0]).title == "api.crm.example: crm, notes: down, 2 failing runs in a row"

    def test_different_news_of_one_upstream_begin_with_the_worst(self) -> None:
        world = World(integration("crm"), integration("notes"))
        for _ in range(2):
            world.after(HOUR, DRIFT, sample(Verdict.DOWN, "notes"))
        assert world.decision.messages[0].upstream == "api.crm.example"
        assert render(world.decision.messages[0]).title == (
            "crm: drift, property.removed $.email (+1 more); 1 other integration"
        )

    def test_where_no_url_says_whose_it_is_the_contact_does(self) -> None:
        world = World(integration("events", ""), integration("files", ""), integration("other", "", contact=""))
        down = [sample(Verdict.DOWN, name) for name in ("events", "files", "other")]
        world.after(HOUR, *down)
        assert sorted(world.after(HOUR, *down)) == ["events:failures files:failures", "other:failures"]

    def test_the_first_evaluation_of_a_long_history_tells_what_stands_and_no_more(self) -> None:
        world = World()
        for verdict in [OK, DOWN, DOWN, OK, OK, DENIED, OK, DRIFT, DRIFT, OK, OK, DOWN, DOWN, DOWN]:
            world.now += HOUR
            world.run(verdict)
        assert world.evaluate() == ["crm:failures"]

    def test_everything_down_at_once_is_no_flood(self) -> None:
        names = [f"upstream-{number}" for number in range(40)]
        world = World(*(integration(name, f"https://{name}.example") for name in names))
        down = [sample(Verdict.DOWN, name) for name in names]
        world.after(HOUR, *down)
        assert len(world.after(HOUR, *down)) == 1
        rendered = render(world.decision.messages[0])
        assert rendered.title == "40 integrations: down, 2 failing runs in a row"
        assert all(name in rendered.text for name in names)

    def test_a_message_says_all_that_whoever_is_called_needs(self) -> None:
        world = World()
        world.after(HOUR, OK)
        world.after(HOUR, DOWN)
        world.after(HOUR, DOWN)
        rendered = render(world.decision.messages[0])
        assert rendered.title == "crm: down, 2 failing runs in a row"
        assert rendered.level is Level.FAILURE
        cause = world.decision.messages[0].about[0][0].cause
        assert rendered.text == (
            "crm: down for 60 min, since 2026-03-01 14:00 UTC\n"
            "  news: 2 failing runs in a row since 2026-03-01 14:00 UTC, the last down: connection refused\n"
            "  told because: failures: 2 in a row\n"
            f"  cause: {cause}\n"
            "  fault: upstream\n"
            "  last good: 2026-03-01 13:00 UTC\n"
            "  held: 1 of 3 runs over 24 h (33.3 %); 1 of 3 runs over 7 d (33.3 %); 1 of 3 runs over 30 d (33.3 %)\n"
            "  owner: team-growth\n"
            "  call: support@crm.example\n"
            "  runbook: https://wiki.example/crm\n"
            "  credential: env:CRM_TOKEN\n"
            "  feeds: warehouse\n"
            "  look at: integration-contracts health\n"
            "\n"
            "evaluated at 2026-03-01 15:00 UTC"
        )
        assert "- **credential:** env:CRM\\_TOKEN" in rendered.markdown

    def test_hundreds_of_changes_at_once_are_no_wall_of_text(self) -> None:
        changes = tuple(change(f"{number:016x}", path=f"$.field{number}") for number in range(300))
        world = World(settings=with_alerts(failures=0))
        world.after(HOUR, sample(Verdict.DRIFT, changes=changes))
        assert len(world.after(HOUR, sample(Verdict.DRIFT, changes=changes))) == 1
        rendered = render(world.decision.messages[0])
        assert rendered.title == "crm: drift, property.removed $.field0 (+299 more)"
        assert rendered.text.count("news: ") == 10
        assert rendered.text.count("told because: drift: a breaking change, confirmed by a second run") == 1
        assert "more: 290 more are not shown" in rendered.text

    def test_what_an_upstream_says_is_neither_markup_nor_a_line_of_its_own(self) -> None:
        world = World()
        for _ in range(2):
            world.after(HOUR, sample(Verdict.DOWN, cause="<b>\r\nowner: *evil* [x](http://y.example)" + "x" * 2000))
        rendered = render(world.decision.messages[0])
        assert "\\<b\\> owner: \\*evil\\* \\[x\\]" in rendered.markdown
        assert "\nowner" not in rendered.text
        assert len(rendered.title) <= MAX_TITLE
        assert max(map(len, rendered.text.splitlines())) < 500

    def test_an_end_is_marked_as_good(self) -> None:
        world = World()
        for verdict in (DOWN, DOWN, OK, OK):
            world.after(HOUR, verdict)
        rendered = render(world.decision.messages[0])
        assert rendered.level is Level.SUCCESS
        assert rendered.title == "crm: recovered (failures)"


ENDING = sample(Verdict.CHANGED, sunset="2026-03-20", changes=(change("b" * 16, expires="2026-03-06"),))
VERDICTS = st.sampled_from([OK, DOWN, DENIED, DRIFT, OURS, ENDING, None])
STAGED = {Kind.SUNSET, Kind.ACCEPTANCE}
"""What is told again when it comes nearer."""


@given(st.lists(VERDICTS, max_size=40))
def test_nothing_is_told_twice_before_its_end_is_told(history: list[Sample | None]) -> None:
    world = World(settings=with_alerts(success_rate=RATE))
    told: Counter[tuple[str, str]] = Counter()
    for verdict in history:
        if verdict:
            world.after(6 * HOUR, verdict)
        else:
            world.after(6 * HOUR)
        for one in world.news:
            key = (one.kind, one.subject)
            if one.recovered:
                assert told.pop(key), f"{key} is over and was never told"
            else:
                told[key] += 1
                assert told[key] <= (3 if one.kind in STAGED else 1), f"{key} is told again"
        assert world.evaluate() == [], "the same state again"
