"""A report as JUnit's XML, which build servers read: a suite an integration, a case an operation's kind of response."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from pytest_integration_contracts.model import Finding, Report
from pytest_integration_contracts.reports.parts import Part, by_integration
from pytest_integration_contracts.reports.styled import plain
from pytest_integration_contracts.reports.terminal import finding_lines
from pytest_integration_contracts.wording import printable

_OWN_SUITE = "contracts"
"""The suite of what is about the run as a whole."""


def to_text(report: Report) -> str:
    """The report as XML. What XML cannot hold (control characters, lone surrogates) is replaced by its number."""
    root = ET.Element("testsuites", {"name": _OWN_SUITE})
    for part in by_integration(report):
        _suite(root, part, report)
    _run(root, report)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def properties_of(finding: Finding) -> list[tuple[str, str]]:
    """What a test case should carry about a finding: names and values, each plain ASCII."""
    operation = " ".join(filter(None, (finding.operation.integration, finding.operation.name)))
    told = [
        ("contracts.operation", operation),
        ("contracts.response", finding.response),
        ("contracts.verdict", finding.verdict.value),
        ("contracts.owner", finding.owner),
        *(("contracts.fingerprint", change.fingerprint(finding.operation)) for change in finding.changes),
    ]
    return [(name, printable(value)) for name, value in told if value]


def _suite(root: ET.Element, part: Part, report: Report) -> None:
    suite = ET.SubElement(root, "testsuite", {"name": printable(part.name)})
    _stamp(suite, report)
    _properties(
        suite,
        [
            (f"contracts.{label}", value)
            for label, value in zip(("owner", "runbook", "contact", "credential"), part.contact, strict=True)
        ],
    )

    def place(finding: Finding) -> tuple[str, str, str]:
        return finding.operation.name, finding.snapshot, finding.response

    for _, group in itertools.groupby(sorted(part.findings, key=place), key=place):
        _case(suite, part, list(group))
    _count(suite)


def _case(suite: ET.Element, part: Part, findings: list[Finding]) -> None:
    first = findings[0]
    name = " ".join(filter(None, (first.operation.name, f"[{first.response}]" if first.response else ""))) or "exchange"
    case = ET.SubElement(suite, "testcase", {"classname": printable(part.name), "name": printable(name), "time": "0"})
    if first.snapshot:
        case.set("file", printable(first.snapshot))
    _properties(case, dict.fromkeys(pair for finding in findings for pair in properties_of(finding)))
    told = plain(finding_lines(findings, verbose=True))
    failing = next((finding for finding in findings if finding.fails), None)
    if failing is not None:
        message = failing.problem or "; ".join(f"{change.rule} {change.path}" for change in failing.changes[:3])
        failure = ET.SubElement(case, "failure", {"type": failing.verdict.value, "message": printable(message)})
        failure.text = told
    elif told:
        ET.SubElement(case, "system-out").text = told


def _run(root: ET.Element, report: Report) -> None:
    """What is about the run as a whole: what kept it from its work, and tests that did not come to their end."""
    too_old = [each for each in report.outdated if each.fails]
    if not (report.errors or report.unchecked or too_old):
        return
    suite = ET.SubElement(root, "testsuite", {"name": _OWN_SUITE})
    _stamp(suite, report)
    _properties(suite, [])
    for position, error in enumerate(report.errors, 1):
        case = ET.SubElement(suite, "testcase", {"classname": _OWN_SUITE, "name": f"error {position}", "time": "0"})
        ET.SubElement(case, "error", {"type": "error", "message": printable(error)})
    for old in too_old:
        name = f"recording {printable(old.cassette)}"
        case = ET.SubElement(suite, "testcase", {"classname": _OWN_SUITE, "name": name, "time": "0"})
        message = f"is older than max_age {printable(old.max_age)}"
        ET.SubElement(case, "failure", {"type": "outdated", "message": message}).text = printable(report.renewal)
    for test in report.unchecked:
        case = ET.SubElement(suite, "testcase", {"classname": _OWN_SUITE, "name": printable(test), "time": "0"})
        ET.SubElement(case, "skipped", {"message": "did not come to its end, so nothing is known"})
    _count(suite)


def _stamp(suite: ET.Element, report: Report) -> None:
    if report.run.made_at:
        suite.set("timestamp", printable(report.run.made_at))
    suite.set("time", "0")


def _properties(parent: ET.Element, pairs: Iterable[tuple[str, str]]) -> None:
    told = [(name, printable(value)) for name, value in pairs if value]
    if told:
        below = ET.SubElement(parent, "properties")
        for name, value in told:
            ET.SubElement(below, "property", {"name": name, "value": value})


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
