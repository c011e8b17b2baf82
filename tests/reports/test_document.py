"""A report as JSON, written and read again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_integration_contracts.errors import ReportError
from pytest_integration_contracts.model import (
    Accepted,
    Change,
    Finding,
    Learned,
    Operation,
    Outdated,
    Report,
    Run,
    Severity,
    Verdict,
)
from pytest_integration_contracts.reports import document

OPERATION = Operation("crm", "GET /customers/{id}")
CHANGE = Change("property.removed", "$.email", Severity.BREAKING, "string (email)", "gone", (3, 3), (0, 2))
ACCEPTED = replace(CHANGE, path="$.phone", accepted=Accepted("team-crm", "moves to /v2", "2026-12-01", -3, "CRM-7"))
REPORT = Report(
    run=Run("--contracts-live", "2026-11-24T08:00:00+00:00", "0a1b", 3, ("-k crm",), "2"),
    findings=(
        Finding(
            OPERATION,
            "200 application/json",
            "contracts/crm/x.json",
            "1.0",
            (CHANGE, ACCEPTED),
            owner="team-crm \udcff",
        ),
        Finding(Operation("tax", "GET /rates"), "", "", "", problem="refused", cause=Verdict.DOWN, enforce="warn"),
    ),
    learned=(Learned(OPERATION, "contracts/crm/x.json", "1.0", "2.0", (CHANGE,), ("contracts/crm/y.json",)),),
    never_observed=((OPERATION, "$.items[*]"),),
    cassettes=("contracts/cassettes/a.yaml",),
    outdated=(Outdated("contracts/cassettes/a.yaml", 86400.0, "12h", fails=True),),
    errors=("disk full",),
    unused=("contracts.toml: integrations.crm.accept[0]: take it out",),
    fails=True,
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(document.to_text(REPORT), encoding="ascii")
    assert document.read(path) == REPORT


def test_it_says_what_others_would_have_to_work_out() -> None:
    (drift, down) = document.to_json(REPORT)["findings"]
    assert drift["verdict"] == "drift"
    assert down["verdict"] == "down"
    assert drift["changes"][0]["fingerprint"] == CHANGE.fingerprint(OPERATION)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is no report of contracts"),
        ('{"made_by": "pytest-integration-contracts", "format": 99}', "has format 99, and this version reads 1"),
        ('{"made_by": "pytest-integration-contracts", "format": 1}', "is no report of contracts (KeyError"),
    ],
)
def test_what_is_no_report_is_one_clear_error(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ReportError, match=r"report\.json") as caught:
        document.read(path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("member", ["run", "findings", "learned", "never_observed", "outdated"])
@pytest.mark.parametrize("value", [None, 7, [7], [{}], {"a": 1}, "text"])
def test_a_member_of_another_kind_is_one_clear_error(member: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**document.to_json(REPORT), member: value}))
    with pytest.raises(ReportError, match=r"report\.json: is no report"):
        document.read(path)
