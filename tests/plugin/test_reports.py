"""`--contracts-report`: what a run found, in files."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from defusedxml.ElementTree import parse

from plugin.harness import Project, Result
from upstream import Upstream, json_answer

CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
PATH = "/v1/customers/42"


@pytest.fixture
def learned(project: Project, upstream: Upstream) -> Project:
    upstream.answers[PATH] = json_answer(CUSTOMER)
    project.learn(upstream)
    return project


def report_of(project: Project, name: str = "report.json") -> Any:
    return json.loads((project.folder / name).read_text(encoding="ascii"))


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "two workers"])
def test_a_drift_is_written_as_json(learned: Project, upstream: Upstream, workers: tuple[str, ...]) -> None:
    upstream.answers[PATH] = json_answer({"id": 42, "balance": 12.5})
    learned.plugins = ("xdist",)
    result = learned.run("--contracts-live", "--contracts-report", "out/report.json", *workers)
    assert result.exit == 1
    report = report_of(learned, "out/report.json")
    (finding,) = report["findings"]
    assert finding["operation"] == {"integration": "crm", "name": "GET /customers/{id}"}
    assert finding["verdict"] == "drift"
    assert finding["owner"] == "team-revenue"
    (change,) = finding["changes"]
    assert (change["rule"], change["path"], change["severity"]) == ("property.removed", "$.email", "breaking")
    assert len(change["fingerprint"]) == 16
    assert report["run"]["mode"] == "--contracts-live"
    assert report["run"]["tests"] == 1
    assert report["fails"] is True


def test_several_are_written_and_the_commit_is_said(learned: Project) -> None:
    flags = [part for name in ("a.json", "b.json") for part in ("--contracts-report", name)]
    assert learned.run("--contracts", *flags, GITHUB_SHA="0a1b2c").exit == 0
    assert report_of(learned, "a.json") == report_of(learned, "b.json")
    assert report_of(learned, "a.json")["run"]["commit"] == "0a1b2c"
    assert [finding["verdict"] for finding in report_of(learned, "a.json")["findings"]] == ["ok"]


def test_an_ending_without_a_writer_is_told_before_anything_runs(learned: Project) -> None:
    result = learned.run("--contracts", "--contracts-report", "report.pdf")
    assert result.exit == 4
    assert "report.pdf: a report's name ends in" in result.errors


def test_what_cannot_be_written_fails_the_run_and_says_why(learned: Project) -> None:
    (learned.folder / "taken").write_text("a file")
    result = learned.run("--contracts", "--contracts-report", "taken/report.json")
    assert result.exit == 1
    assert "taken/report.json: the report cannot be written" in result.section


NAMES = ("report.json", "report.html", "report.md", "report.xml")
MANY = "import pytest\nfrom client import customer\n\n" + "\n\n".join(
    f"@pytest.mark.contract\ndef test_{number}():\n    customer({number})" for number in range(4)
)


def test_every_kind_of_file_is_the_same_from_one_process_and_from_two(project: Project, upstream: Upstream) -> None:
    project.plugins = ("xdist",)
    project.write("test_crm.py", MANY)
    for number in range(4):
        upstream.answers[f"/v1/customers/{number}"] = json_answer(CUSTOMER)
    assert project.run("--contracts-update").exit == 0
    upstream.answers["/v1/customers/2"] = json_answer({"id": 42, "balance": "12.50"})
    written = []
    for folder, workers in (("one", ()), ("two", ("-n2",))):
        flags = [part for name in NAMES for part in ("--contracts-report", f"{folder}/{name}")]
        assert project.run("--contracts-live", *flags, *workers, SOURCE_DATE_EPOCH="1790000000").exit == 1
        written.append({name: (project.folder / folder / name).read_bytes() for name in NAMES})
    assert written[0] == written[1]
    assert b"property.removed" in written[0]["report.md"]


def test_reports_know_no_secret(learned: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = json_answer({"id": 42})
    flags = [part for name in NAMES for part in ("--contracts-report", name)]
    assert learned.run("--contracts-live", *flags, "--junitxml=junit.xml").exit == 1
    for name in (*NAMES, "junit.xml"):
        text = (learned.folder / name).read_text(encoding="utf-8")
        assert "email" in text
        assert "s3cr3t" not in text
        assert "ada@mail.example" not in text


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "two workers"])
def test_a_test_that_found_something_says_so_in_pytests_own_xml(
    learned: Project, upstream: Upstream, workers: tuple[str, ...]
) -> None:
    learned.plugins = ("xdist",)
    upstream.answers[PATH] = json_answer({"id": 42, "balance": 12.5})
    learned.write("test_plain.py", "def test_plain():\n    pass\n")
    learned.run("--contracts-live", "--junitxml=junit.xml", "--contracts-report", "report.json", *workers)
    cases = {case.get("name"): case for case in parse(learned.folder / "junit.xml").iter("testcase")}
    told = [(each.get("name"), each.get("value")) for each in cases["test_customer"].iter("property")]
    change = report_of(learned)["findings"][0]["changes"][0]
    assert told == [
        ("contracts.operation", "crm GET /customers/{id}"),
        ("contracts.response", "200 application/json"),
        ("contracts.verdict", "drift"),
        ("contracts.owner", "team-revenue"),
        ("contracts.fingerprint", change["fingerprint"]),
    ]
    assert list(cases["test_plain"].iter("property")) == []


def test_a_test_that_was_run_again_says_what_it_found_last(learned: Project, upstream: Upstream) -> None:
    learned.plugins = ("rerunfailures",)
    upstream.answers[PATH] = [json_answer({"id": 42}), json_answer({"id": 42, "email": "ada@mail.example"})]
    learned.run("--contracts-live", "--junitxml=junit.xml", "--reruns=1")
    *_, case = parse(learned.folder / "junit.xml").iter("testcase")
    fingerprints = [each.get("value") for each in case.iter("property") if each.get("name") == "contracts.fingerprint"]
    assert len(fingerprints) == 1


GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_SHA": "0a1b2c3d4e5f6071"}


def on_github(project: Project, *arguments: str, **environment: str) -> Result:
    workspace = {"GITHUB_WORKSPACE": str(project.folder), "GITHUB_STEP_SUMMARY": str(project.folder / "summary.md")}
    return project.run("--contracts-live", *arguments, **{**GITHUB, **workspace, **environment})


def commands(result: Result) -> list[str]:
    return [line for line in result.text.splitlines() if line.startswith("::")]


@pytest.mark.parametrize(
    "flags", [(), ("-q",), ("-qq",), ("--tb=no",), ("--tb=line",), ("--no-summary",), ("-s",), ("-n2",)], ids=" ".join
)
def test_on_github_a_drift_stands_on_the_line_of_the_snapshot(
    learned: Project, upstream: Upstream, flags: tuple[str, ...]
) -> None:
    learned.plugins = ("xdist",)
    upstream.answers[PATH] = json_answer({"id": 42, "balance": 12.5})
    (learned.folder / "summary.md").write_text("said before")
    result = on_github(learned, *flags)
    assert result.exit == 1
    snapshot = "contracts/crm/GET-customers-{id}.json"
    line = learned.files()[snapshot].splitlines().index('          "email": {') + 1
    expected = (
        f"::error file={snapshot},line={line},title=crm GET /customers/{{id}}%3A property.removed"
        "::$.email: string (email), in 1 of 1 response -> gone, in 1 of 1"
        '%0Acustomer["email"]  # KeyError'
        "%0Aowner team-revenue · runbook docs/runbooks/crm.md · upstream support@crm.example"
        "%0Apytest --contracts-record --contracts-update test_crm.py"
    )
    assert commands(result) == [expected]
    summary = (learned.folder / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("said before\n## 🔴 `crm` broke its contract\n")
    assert "`0a1b2c3d4e5f`" in summary


def test_files_are_named_from_the_workspace_wherever_the_command_is_run(learned: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = json_answer({"id": 42, "balance": 12.5})
    (command,) = commands(on_github(learned, GITHUB_WORKSPACE=str(learned.folder.parent)))
    assert f"file={learned.folder.name}/contracts/crm/" in command
    (command,) = commands(on_github(learned, GITHUB_WORKSPACE=str(learned.folder / "elsewhere")))
    assert command.startswith("::error title=")


def test_elsewhere_nothing_is_said_to_github(learned: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = json_answer({"id": 42, "balance": 12.5})
    result = on_github(learned, GITHUB_ACTIONS="")
    assert commands(result) == []
    assert not (learned.folder / "summary.md").exists()


@pytest.mark.parametrize("summary", ["", "no/such/folder/summary.md", "contracts"])
def test_a_summary_that_cannot_be_written_fails_nothing_and_is_said(learned: Project, summary: str) -> None:
    result = on_github(learned, GITHUB_STEP_SUMMARY=summary and str(learned.folder / summary))
    assert result.exit == 0
    (command,) = commands(result)
    assert command.startswith("::warning title=contracts::GITHUB_STEP_SUMMARY")


def test_a_failure_shows_the_worst_changes_and_counts_the_rest(project: Project, upstream: Upstream) -> None:
    body = {f"field_{number:02}": number for number in range(14)}
    upstream.answers[PATH] = json_answer({"id": 42, **body})
    assert project.run("--contracts-update").exit == 0
    upstream.answers[PATH] = json_answer({"id": 42, "new_1": 1, "new_2": "two", "new_3": 3.5})
    for flags in ((), ("-q",), ("--tb=no",), ("--tb=line",)):
        result = project.run("--contracts-live", *flags)
        text = f"{result.section}\n" if "--tb=line" in flags else result.text  # pytest shows the message there, too
        shown = re.findall(r"^  (BREAKING|new)  ", text, re.MULTILINE)
        assert shown == ["BREAKING"] * 10
        assert "  ... and 7 more (4 breaking, 3 new); -v shows all\n" in text
    everything = project.run("--contracts-live", "-v").text
    assert len(re.findall(r"^  BREAKING  ", everything, re.MULTILINE)) == 14
    assert "-v shows all" not in everything


@pytest.mark.parametrize("flags", [(), ("--tb=no",)], ids=" ".join)
def test_in_a_narrow_terminal_columns_stand_one_under_the_other(
    learned: Project, upstream: Upstream, flags: tuple[str, ...]
) -> None:
    upstream.answers[PATH] = json_answer({"id": 42, "balance": 12.5})
    text = learned.run("--contracts-live", *flags, COLUMNS="40", NO_COLOR="1").text
    assert (
        "  BREAKING  property.removed  $.email\n"
        "            string (email), in 1 of 1\n"
        "            response -> gone, in 1 of 1\n"
        '            customer["email"]\n'
        "            # KeyError\n"
    ) in text
    assert "    pytest --contracts-record --contracts-update test_crm.py\n" in text


@pytest.mark.parametrize("left", [0, 100, 700])
def test_a_steps_summary_never_grows_beyond_what_github_shows(learned: Project, upstream: Upstream, left: int) -> None:
    upstream.answers[PATH] = json_answer({"id": 42})
    path = learned.folder / "summary.md"
    path.write_text("x" * (1024 * 1024 - left))
    result = on_github(learned)
    assert result.exit == 1
    assert 1024 * 1024 - left <= path.stat().st_size <= 1024 * 1024
    assert ("Cut here" in path.read_text(encoding="utf-8")) is (left == 700)
