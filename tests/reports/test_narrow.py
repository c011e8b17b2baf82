"""Lines where there is little room: nothing is lost, and nothing that is copied is broken."""

from __future__ import annotations

import pytest

from pytest_integration_contracts.reports.narrow import fitted
from pytest_integration_contracts.reports.styled import plain
from pytest_integration_contracts.reports.terminal import finding_lines, summary_lines
from reports.reporting import REPORT

CRM = REPORT.findings[1]


def test_a_finding_at_forty_columns() -> None:
    assert (
        plain(fitted(finding_lines([CRM]), 40))
        == """\
crm  GET /customers/{id}
    200 application/json
    contracts/crm/GET-customers-{id}.json
    (1.0)
  BREAKING  property.removed  $.email
            string (email), in 3 of 3
            responses -> gone, in 2 of 2
            customer["email"]
            # KeyError
            fingerprint de08829333387f57
  BREAKING  type.changed
            $.methods[*].last4 where
            type=card
            string -> integer, after 40
            responses
            fingerprint 91cf2bee1d12f30f
  warning   type.integer-to-number
            $.rank  integer -> number,
            after 6 responses
            (learned from few)
  new       property.added  $.nickname
            string, after 6 responses
owner team-revenue · runbook
    docs/runbooks/crm.md · upstream
    support@crm.example
they meant it?
    pytest --contracts-record --contracts-update test_crm.py
    they did not?  support@crm.example
known, for now?  integration-contracts
    accept FINGERPRINT --reason WHY
    --expires DAY"""
    )


@pytest.mark.parametrize("width", [1, 10, 40, 80, 160])
def test_every_word_is_still_there(width: int) -> None:
    lines = summary_lines(REPORT, with_findings=True, verbose=True)
    assert plain(fitted(lines, width)).split() == plain(lines).split()


def test_what_is_as_wide_as_it_takes_is_left_alone() -> None:
    lines = finding_lines([CRM])
    assert fitted(lines, None) == lines
    assert fitted(lines, 200) == lines


def test_a_command_stays_in_one_piece() -> None:
    lines = plain(fitted(finding_lines([CRM]), 20)).splitlines()
    assert any(line.strip() == CRM.remedy for line in lines)
