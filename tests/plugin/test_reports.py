"""`--contracts-report`: what a run found, in files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plugin.harness import Project
from upstream import Upstream, json_answer

CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
PATH = "/v1/customers/42"


@pytest.fixture
def learned(project: Project, upstream: Upstream) -> Project:
    upstream.answers[PATH] = json_answer(CUSTOMER)
    assert project.run("--contracts-update").exit == 0
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
