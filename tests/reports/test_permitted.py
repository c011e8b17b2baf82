"""What is accepted, or not enforced, in every kind of report: shown as it is, and as what it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_integration_contracts.model import Accepted, Change, Finding, Operation, Report, Severity, Verdict
from pytest_integration_contracts.reports import github, html, junit, markdown
from pytest_integration_contracts.reports.parts import verdict_of

ACCEPTED = Change(
    "property.removed",
    "$.fax",
    Severity.BREAKING,
    "string",
    "gone",
    (3, 3),
    (0, 2),
    accepted=Accepted("ana", "the page goes in May", "2026-12-01", 7, "CRM-42"),
)
FINDING = Finding(
    Operation("crm", "GET /customers/{id}"), "200 application/json", "contracts/crm/x.json", "1.0", (ACCEPTED,)
)
PERMITTED = Report(findings=(FINDING,))
BREAKING = replace(ACCEPTED, accepted=None)
UNENFORCED = Report(findings=(replace(FINDING, changes=(BREAKING,), enforce="warn"),))


def annotations(report: Report) -> str:
    return "\n".join(github.commands(report, lambda *_: github.Spot("contracts/crm/x.json", 7)))


@pytest.mark.parametrize("written", [html.to_text, markdown.to_text, junit.to_text, annotations])
def test_who_has_accepted_a_change_is_said_everywhere(written: Callable[[Report], str]) -> None:
    text = written(PERMITTED)
    for part in ("accepted until 2026-12-01", "7 days left", "the page goes in May", "ana", "CRM-42"):
        assert part in text


@pytest.mark.parametrize("written", [html.to_text, markdown.to_text, junit.to_text, annotations])
def test_what_is_not_enforced_says_so_everywhere(written: Callable[[Report], str]) -> None:
    text = written(UNENFORCED)
    assert "not enforced" in text
    assert "property.removed" in text


@pytest.mark.parametrize("report", [PERMITTED, UNENFORCED])
def test_neither_is_told_as_a_failure(report: Report) -> None:
    assert verdict_of(report) is Verdict.CHANGED
    assert "broke its contract" not in html.to_text(report) + markdown.to_text(report)
    assert "<failure" not in junit.to_text(report)
    assert annotations(report).startswith("::warning ")
    assert "::error" not in annotations(report)


def test_what_has_expired_is_a_failure_again_and_says_why() -> None:
    accepted = replace(ACCEPTED, accepted=Accepted("ana", "the page goes in May", "2026-11-01", -23))
    report = Report(findings=(replace(FINDING, changes=(accepted,)),), fails=True)
    assert verdict_of(report) is Verdict.DRIFT
    assert annotations(report).startswith("::error ")
    for written in (html.to_text, markdown.to_text, junit.to_text, annotations):
        assert "expired 23 days ago" in written(report)
