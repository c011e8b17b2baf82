"""Which changes an acceptance takes: the one it names, and nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from pytest_integration_contracts.drift.acceptances import marked, takes
from pytest_integration_contracts.manifest.acceptances import Acceptance
from pytest_integration_contracts.model import Accepted, Change, Finding, Operation, Severity, Verdict

OPERATION = Operation("crm", "GET /customers/{id}")
REMOVED = Change("property.removed", "$.email", Severity.BREAKING, "string (email)", "gone")
DAY = dt.date(2026, 12, 1)
BY_PLACE = Acceptance(
    owner="team-revenue",
    reason="moves to /v2",
    expires=DAY,
    rule="property.removed",
    operation="GET /customers/{id}",
    path="$.email",
)
BY_FINGERPRINT = Acceptance(
    owner="team-revenue", reason="moves to /v2", expires=DAY, fingerprint=REMOVED.fingerprint(OPERATION)
)


@pytest.mark.parametrize("acceptance", [BY_PLACE, BY_FINGERPRINT], ids=["by place", "by fingerprint"])
@pytest.mark.parametrize(
    ("change", "operation"),
    [
        (replace(REMOVED, rule="property.became-optional"), OPERATION),
        (replace(REMOVED, path="$.emails"), OPERATION),
        (replace(REMOVED, path="$.contact.email"), OPERATION),
        (REMOVED, Operation("crm", "GET /customers")),
        (REMOVED, Operation("crm", "GET /customers/{id}/notes")),
    ],
)
def test_nothing_else_is_taken(acceptance: Acceptance, change: Change, operation: Operation) -> None:
    assert takes(acceptance, REMOVED, OPERATION)
    assert not takes(acceptance, change, operation)


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("GET /customers/*", "$.email"),
        ("*", "$.*"),
        ("GET /customers/{id}", "$..email"),
        ("* /customers/{id}", "$.em*"),
    ],
)
def test_operation_and_path_are_patterns(operation: str, path: str) -> None:
    assert takes(replace(BY_PLACE, operation=operation, path=path), REMOVED, OPERATION)


def test_a_fingerprint_beside_a_place_narrows_it() -> None:
    both = replace(BY_PLACE, fingerprint=BY_FINGERPRINT.fingerprint)
    assert takes(both, REMOVED, OPERATION)
    assert not takes(both, replace(REMOVED, before="string"), OPERATION)
    assert takes(BY_PLACE, replace(REMOVED, before="string"), OPERATION)


@pytest.mark.parametrize(
    ("today", "left", "verdict"),
    [
        ("2026-11-01", 30, Verdict.CHANGED),
        ("2026-11-30", 1, Verdict.CHANGED),
        ("2026-12-01", 0, Verdict.CHANGED),
        ("2026-12-02", -1, Verdict.DRIFT),
        ("2027-12-01", -365, Verdict.DRIFT),
    ],
)
def test_the_last_day_counts_and_the_day_after_fails_again(today: str, left: int, verdict: Verdict) -> None:
    (change,) = marked([REMOVED], OPERATION, [BY_PLACE], today)
    assert change.accepted == Accepted("team-revenue", "moves to /v2", "2026-12-01", left)
    finding = Finding(OPERATION, "", "", "1.0", (change,))
    assert (finding.verdict, finding.fails) == (verdict, verdict is Verdict.DRIFT)


def test_one_accepted_change_does_not_hide_another_that_breaks() -> None:
    other = replace(REMOVED, path="$.phone")
    changes = marked([REMOVED, other], OPERATION, [BY_PLACE], "2026-11-01")
    assert [change.is_accepted for change in changes] == [True, False]
    assert Finding(OPERATION, "", "", "1.0", changes).verdict is Verdict.DRIFT


def test_of_several_the_one_that_counts_longest_is_told() -> None:
    later = replace(BY_FINGERPRINT, expires=dt.date(2027, 1, 1), ticket="CRM-7")
    for given in ([BY_PLACE, later], [later, BY_PLACE]):
        (change,) = marked([REMOVED], OPERATION, given, "2026-12-02")
        assert change.accepted == Accepted("team-revenue", "moves to /v2", "2027-01-01", 30, "CRM-7")


def test_an_acceptance_does_not_change_what_identifies_a_change() -> None:
    (change,) = marked([REMOVED], OPERATION, [BY_PLACE], "2026-12-02")
    assert change.fingerprint(OPERATION) == REMOVED.fingerprint(OPERATION)
