"""Recordings say when they were made, and the manifest says how old they may be."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
import yaml

from plugin.harness import MANIFEST, Project
from upstream import Upstream, json_answer

RECORDED = dt.datetime(2026, 4, 24, 14, 20, 5, tzinfo=dt.UTC)
LATER = RECORDED + dt.timedelta(days=214, hours=5)
CASSETTE = "contracts/cassettes/test_crm/test_customer.yaml"
TOLD = f"recorded 214 days ago (max_age 180d): {CASSETTE}"
COMMAND = "to record again what is too old:  pytest --contracts-record --contracts-update test_crm.py"
DEFAULTS = '[defaults]\nmax_age = "180d"\n'

everywhere = pytest.mark.parametrize("workers", [(), ("-n0",), ("-n2",)], ids=["plain", "n0", "n2"])


def at(moment: dt.datetime) -> str:
    return str(int(moment.timestamp()))


@pytest.fixture
def recorded(project: Project, upstream: Upstream) -> Project:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
    result = project.run("--contracts-update", SOURCE_DATE_EPOCH=at(RECORDED))
    assert result.exit == 0
    upstream.stop()
    upstream.asked.clear()
    return project


def undated(project: Project, cassette: str = CASSETTE) -> str:
    """Take from a cassette what other tools do not write."""
    text = project.files()[cassette]
    assert "recorded_at" in text
    return re.sub(r"- recorded_at: \S+\n {2}", "- ", text)


class TestWhenItWasRecorded:
    def test_each_interaction_says_it_in_utc(self, recorded: Project) -> None:
        text = recorded.files()[CASSETTE]
        assert "- recorded_at: 2026-04-24T14:20:05Z\n  request:\n" in text
        assert yaml.safe_load(text)["interactions"][0]["recorded_at"] == RECORDED

    def test_recorded_again_it_says_the_new_moment(self, project: Project, upstream: Upstream) -> None:
        upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
        project.run("--contracts-update", SOURCE_DATE_EPOCH=at(RECORDED))
        project.run("--contracts-record", SOURCE_DATE_EPOCH=at(LATER))
        text = project.files()[CASSETTE]
        assert re.findall("recorded_at: (.*)", text) == ["2026-11-24T19:20:05Z"]

    def test_without_a_set_clock_it_is_the_moment_of_the_run(self, project: Project, upstream: Upstream) -> None:
        upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
        before = dt.datetime.now(dt.UTC).replace(microsecond=0)
        project.run("--contracts-update")
        [interaction] = yaml.safe_load(project.files()[CASSETTE])["interactions"]
        assert before <= interaction["recorded_at"] <= dt.datetime.now(dt.UTC)


class TestTooOld:
    @everywhere
    def test_it_is_told_once_for_each_file_and_the_run_passes(
        self, recorded: Project, workers: tuple[str, ...]
    ) -> None:
        recorded.write("contracts.toml", DEFAULTS + MANIFEST)
        before = recorded.files()
        result = recorded.run("--contracts", *workers, SOURCE_DATE_EPOCH=at(LATER))
        assert result.section.splitlines() == ["1 operation holds. 1 cassette is too old.", TOLD, COMMAND]
        assert result.exit == 0
        assert recorded.files() == before

    @everywhere
    def test_it_fails_the_run_where_that_is_asked(self, recorded: Project, workers: tuple[str, ...]) -> None:
        recorded.write("contracts.toml", f'{DEFAULTS}outdated = "fail"\n{MANIFEST}')
        result = recorded.run("--contracts", *workers, SOURCE_DATE_EPOCH=at(LATER))
        assert result.section.splitlines() == ["1 operation holds. 1 cassette is too old.", TOLD, COMMAND]
        assert "1 passed" in result.text
        assert "failed" not in result.text
        assert result.exit == 1

    @pytest.mark.parametrize(
        ("defaults", "integration", "section", "code"),
        [
            ("", "", "", 0),
            ('max_age = "215d"', "", "", 0),
            ('max_age = "30w"', "", "recorded 214 days ago (max_age 30w)", 0),
            ("", 'max_age = "180d"', "recorded 214 days ago (max_age 180d)", 0),
            ('max_age = "1d"', 'max_age = "300d"', "", 0),
            ('max_age = "300d"', 'max_age = "1d"', "recorded 214 days ago (max_age 1d)", 0),
            ('max_age = "1d"\noutdated = "fail"', 'outdated = "warn"', "recorded 214 days ago (max_age 1d)", 0),
            ('max_age = "1d"', 'outdated = "fail"', "recorded 214 days ago (max_age 1d)", 1),
            ('outdated = "fail"', 'max_age = "1d"', "recorded 214 days ago (max_age 1d)", 1),
        ],
    )
    def test_what_an_integration_says_wins(
        self, recorded: Project, defaults: str, integration: str, section: str, code: int
    ) -> None:
        recorded.write("contracts.toml", f"[defaults]\n{defaults}\n{MANIFEST}\n{integration}\n")
        result = recorded.run("--contracts", SOURCE_DATE_EPOCH=at(LATER))
        assert (section in result.section, result.exit) == (True, code)
        assert ("too old" in result.section) is bool(section)

    def test_it_counts_for_hosts_that_no_integration_claims(self, recorded: Project) -> None:
        recorded.write("contracts.toml", DEFAULTS)
        result = recorded.run("--contracts", CRM_URL="https://api.crm.example/v1", SOURCE_DATE_EPOCH=at(LATER))
        assert TOLD in result.section

    @pytest.mark.parametrize(
        ("age", "told"),
        [
            (dt.timedelta(minutes=59), ""),
            (dt.timedelta(minutes=61), "recorded 1 hour ago (max_age 1h)"),
            (dt.timedelta(hours=30), "recorded 1 day ago (max_age 1h)"),
            (-dt.timedelta(days=300), ""),
        ],
    )
    def test_a_clock_that_is_behind_makes_nothing_old(self, recorded: Project, age: dt.timedelta, told: str) -> None:
        recorded.write("contracts.toml", f'[defaults]\nmax_age = "1h"\n{MANIFEST}')
        result = recorded.run("--contracts", SOURCE_DATE_EPOCH=at(RECORDED + age))
        assert (told in result.section, "too old" in result.section) == (True, bool(told))

    def test_only_replay_minds(self, project: Project, upstream: Upstream) -> None:
        upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
        project.write("contracts.toml", f'{DEFAULTS}outdated = "fail"\n{MANIFEST}')
        project.run("--contracts-update", SOURCE_DATE_EPOCH=at(RECORDED))
        for flags in (["--contracts-live"], ["--contracts-update"], ["--contracts-record"]):
            result = project.run(*flags, SOURCE_DATE_EPOCH=at(LATER))
            assert (result.exit, "too old" in result.section) == (0, False), flags

    def test_of_many_the_oldest_are_named(self, project: Project, upstream: Upstream) -> None:
        upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
        test = "import pytest\nfrom client import customer\n\n"
        test += "@pytest.mark.contract\n@pytest.mark.parametrize('number', range(12))\n"
        test += "def test_customer(number):\n    assert customer(42)\n"
        for module in ("test_a.py", "test_b.py", "test_c.py", "test_d.py"):
            project.write(module, test)
        for days, module in enumerate(("test_a.py", "test_b.py", "test_c.py", "test_d.py")):
            moment = RECORDED + dt.timedelta(days=days)
            project.run("--contracts-update", module, SOURCE_DATE_EPOCH=at(moment))
        project.write("contracts.toml", DEFAULTS + MANIFEST)
        flags = ("--contracts", "test_a.py", "test_b.py", "test_c.py", "test_d.py")

        lines = project.run(*flags, SOURCE_DATE_EPOCH=at(LATER)).section.splitlines()
        assert lines[0] == "1 operation holds. 48 cassettes are too old."
        assert (
            lines[1:11]
            == sorted(
                f"recorded 214 days ago (max_age 180d): contracts/cassettes/test_a/test_customer[{number}].yaml"
                for number in range(12)
            )[:10]
        )
        assert lines[11:] == [
            "and 38 more (-v lists them)",
            "to record again what is too old:  pytest --contracts-record --contracts-update",
        ]
        verbose = project.run(*flags, "-v", SOURCE_DATE_EPOCH=at(LATER)).section
        assert verbose.count("recorded 21") == 48
        assert "more (-v" not in verbose
        some = project.run("--contracts", "test_b.py", "test_a.py", SOURCE_DATE_EPOCH=at(LATER)).section
        assert some.endswith("pytest --contracts-record --contracts-update test_a.py test_b.py")

    def test_what_a_fixture_recorded_is_told_once(self, recorded: Project) -> None:
        recorded.write("contracts.toml", DEFAULTS + MANIFEST)
        recorded.write(
            "test_crm.py",
            """
            import pytest
            from client import customer

            @pytest.fixture(scope="module")
            def customer_42():
                return customer(42)

            @pytest.mark.contract
            @pytest.mark.parametrize("number", range(4))
            def test_it(number, customer_42):
                assert customer_42
            """,
        )
        cassette = "contracts/cassettes/test_crm/fixture-customer_42.yaml"
        recorded.write(cassette, recorded.files()[CASSETTE])
        for workers in ("-n0", "-n2"):
            result = recorded.run("--contracts", workers, SOURCE_DATE_EPOCH=at(LATER))
            assert result.section.splitlines()[:2] == [
                "1 operation holds. 1 cassette is too old.",
                f"recorded 214 days ago (max_age 180d): {cassette}",
            ]


class TestCassettesOfOtherTools:
    @pytest.fixture
    def foreign(self, recorded: Project) -> Project:
        recorded.write("contracts.toml", DEFAULTS + MANIFEST)
        recorded.write(CASSETTE, undated(recorded))
        return recorded

    def dated(self, project: Project, **headers: str) -> None:
        document = yaml.safe_load(project.files()[CASSETTE])
        kept = document["interactions"][0]["response"]["headers"]
        document["interactions"][0]["response"]["headers"] = {
            **{name: values for name, values in kept.items() if name.lower() != "date"},
            **{name: [value] for name, value in headers.items()},
        }
        project.write(CASSETTE, yaml.safe_dump(document))

    @pytest.mark.parametrize(
        ("headers", "told"),
        [
            ({"Date": "Fri, 24 Apr 2026 14:20:05 GMT"}, True),
            ({"date": "Friday, 24-Apr-26 14:20:05 GMT"}, True),
            ({"Date": "Fri Apr 24 14:20:05 2026"}, True),
            ({"Date": "Fri, 24 Apr 2026 14:20:05 GMT", "Age": str(100 * 86400)}, False),
            ({"Date": "Fri, 24 Apr 2026 14:20:05 GMT", "Age": "9" * 5000}, False),
            ({"Date": "Fri, 24 Apr 2026 14:20:05 GMT", "Age": "old"}, True),
        ],
    )
    def test_the_answers_date_says_how_old_they_are(
        self, foreign: Project, headers: dict[str, str], *, told: bool
    ) -> None:
        self.dated(foreign, **headers)
        result = foreign.run("--contracts", SOURCE_DATE_EPOCH=at(LATER))
        assert ((TOLD in result.section), result.exit) == (told, 0)

    @pytest.mark.parametrize("date", [None, "", "yesterday", "Fri, 99 Apr 99999 14:20:05 GMT", "0"])
    def test_what_has_no_date_is_not_old_but_counted(self, foreign: Project, date: str | None) -> None:
        self.dated(foreign, **({} if date is None else {"Date": date}))
        quiet = foreign.run("--contracts", SOURCE_DATE_EPOCH=at(LATER))
        assert quiet.section == "1 operation holds."
        verbose = foreign.run("--contracts", "-v", SOURCE_DATE_EPOCH=at(LATER))
        assert verbose.section.splitlines() == ["1 operation holds.", "  of unknown age: 1 recording"]

    def test_check_tells_it_too(self, foreign: Project) -> None:
        self.dated(foreign, Date="Fri, 24 Apr 2026 14:20:05 GMT")
        for outdated, code in (("warn", 0), ("fail", 1)):
            foreign.write("contracts.toml", f'{DEFAULTS}outdated = "{outdated}"\n{MANIFEST}')
            result = foreign.command("check", CASSETTE, SOURCE_DATE_EPOCH=at(LATER))
            assert result.text.splitlines() == ["1 operation holds. 1 cassette is too old.", TOLD]
            assert result.exit == code

    def test_json_cassettes_say_it_as_well(self, foreign: Project) -> None:
        document = yaml.safe_load(foreign.files()[CASSETTE])
        document["interactions"][0]["recorded_at"] = "2026-04-24T14:20:05Z"
        foreign.write("cassettes/one.json", json.dumps(document))
        result = foreign.command("check", "cassettes", SOURCE_DATE_EPOCH=at(LATER))
        assert "recorded 214 days ago (max_age 180d): cassettes/one.json" in result.text
