"""JUnit's XML, read again by a real parser that distrusts it."""

from __future__ import annotations

from typing import Any

import defusedxml.ElementTree as ET  # noqa: N817
import pytest

from pytest_integration_contracts.model import Report
from pytest_integration_contracts.reports.junit import to_text
from reports.reporting import REPORT, hostile, large


def read(report: Report) -> Any:
    return ET.fromstring(to_text(report).encode("utf-8"), forbid_dtd=True)


def test_each_kind_of_response_of_an_operation_is_a_case() -> None:
    root = read(REPORT)
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("crm", "2", "1"),
        ("tax", "1", "1"),
        ("search", "1", "0"),
        ("billing", "1", "0"),
        ("contracts", "3", "1"),
    ]
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8",
        "failures": "3",
        "errors": "1",
        "skipped": "1",
    }
    (case, held) = root.find("testsuite[@name='crm']").iter("testcase")
    assert case.get("name") == "GET /customers/{id} [200 application/json]"
    assert case.get("file") == "contracts/crm/GET-customers-{id}.json"
    assert held.find("failure") is None
    failure = case.find("failure")
    assert failure.get("type") == "drift"
    assert 'customer["email"]  # KeyError' in failure.text
    assert "owner team-revenue" in failure.text
    told = {(each.get("name"), each.get("value")) for each in case.iter("property")}
    operation, change = REPORT.findings[1].operation, REPORT.findings[1].changes[0]
    assert ("contracts.verdict", "drift") in told
    assert ("contracts.fingerprint", change.fingerprint(operation)) in told


def test_what_is_about_the_whole_run_has_a_suite_of_its_own() -> None:
    error, old, unchecked = read(REPORT).find("testsuite[@name='contracts']").iter("testcase")
    assert "No space left on device" in error.find("error").get("message")
    assert old.find("failure").get("message") == "is older than max_age 180d"
    assert unchecked.get("name") == "test_crm.py::test_never_ended"
    assert unchecked.find("skipped") is not None


@pytest.mark.parametrize("report", [hostile(), large(), Report()], ids=["hostile", "large", "empty"])
def test_every_report_is_well_formed(report: Report) -> None:
    root = read(report)
    cases = list(root.iter("testcase"))
    assert int(root.get("tests")) == len(cases)
    assert int(root.get("failures")) == len(list(root.iter("failure")))


def test_what_xml_cannot_hold_is_told_by_its_number() -> None:
    text = to_text(hostile())
    assert r"\u202eevil\u2066\u200b\u0000\u001b[31m\u007f\ud800" in text
    assert "<script>" not in text
