"""`integration-contracts accept`: from the fingerprint in a failure to a run that passes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from plugin.harness import MANIFEST, Project
from pytest_integration_contracts.model import Change, Finding, Operation, Report, Severity
from pytest_integration_contracts.reports import document
from upstream import Upstream, json_answer

TODAY = {"SOURCE_DATE_EPOCH": "1796083200"}
"""2026-12-01."""
OPERATION = Operation("crm", "GET /customers/{id}")
REMOVED = Change("property.removed", "$.email", Severity.BREAKING, "string (email)", "gone", (1, 1), (0, 1))
FINGERPRINT = REMOVED.fingerprint(OPERATION)

COMMENTED = f"""\
# Who owns what.
[integrations.billing]
mode = "events"     # nothing is asked
{MANIFEST}
[integrations.crm.operations."GET /orders"]
latency   =   "2s"      # slow by nature

# Taxes are another team's.
[integrations.tax]
urls = ["https://tax.example"]

[policy]
preset = "strict"
"""


def reported(project: Project, *changes: Change, operation: Operation = OPERATION, owner: str = "team-revenue") -> None:
    """A report of changes."""
    finding = Finding(operation, "200 application/json", "x.json", "1.0", changes, owner=owner)
    project.write("contracts-report.json", document.to_text(Report(findings=(finding,))))


def accept(project: Project, *arguments: str, reason: str = "moves to /v2", expires: str = "2026-12-31") -> Any:
    return project.command("accept", *arguments, "--reason", reason, "--expires", expires, **TODAY)


@pytest.fixture
def drifted(project: Project) -> Project:
    project.write("contracts.toml", COMMENTED)
    reported(project, REMOVED)
    return project


def test_from_the_failure_to_a_run_that_passes(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "email": "ada@mail.example"})
    assert project.run("--contracts-update").exit == 0
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
    failed = project.run("--contracts-live", "--contracts-report", "contracts-report.json", **TODAY)
    assert failed.exit == 1
    assert f"            fingerprint {FINGERPRINT}\n" in failed.failure("test_customer")
    assert "known, for now?  integration-contracts accept FINGERPRINT --reason WHY --expires DAY" in (
        failed.failure("test_customer")
    )
    done = accept(project, FINGERPRINT)
    assert (done.exit, done.text) == (
        0,
        (
            "accepted until 2026-12-31: crm  GET /customers/{id}  property.removed  $.email\n"
            "written to contracts.toml:9; review and commit it\n"
        ),
    )
    passed = project.run("--contracts-live", **TODAY)
    assert passed.exit == 0
    assert "accepted until 2026-12-31: moves to /v2 (team-revenue)" in passed.section


def test_it_stands_with_its_integration_and_all_else_stays_as_it_was(drifted: Project) -> None:
    result = accept(drifted, FINGERPRINT, "--ticket", "CRM-7", "--owner", "team-mail", reason='they said "soon"')
    assert result.exit == 0, result.errors
    text = (drifted.folder / "contracts.toml").read_text()
    added = """
[[integrations.crm.accept]]
rule = "property.removed"
operation = "GET /customers/{id}"
path = "$.email"
owner = "team-mail"
reason = "they said \\"soon\\""
ticket = "CRM-7"
expires = 2026-12-31
"""
    before, _, after = text.partition(added)
    assert before.endswith('latency   =   "2s"      # slow by nature\n')
    assert after.startswith("\n# Taxes are another team's.\n")
    assert before + after == COMMENTED


def test_another_one_is_put_after_the_first(drifted: Project) -> None:
    other = Change("property.removed", "$.phone", Severity.BREAKING, "string", "gone")
    reported(drifted, REMOVED, other)
    assert accept(drifted, FINGERPRINT).exit == 0
    assert accept(drifted, other.fingerprint(OPERATION)).exit == 0
    crm = tomllib.loads((drifted.folder / "contracts.toml").read_text())["integrations"]["crm"]
    assert [each["path"] for each in crm["accept"]] == ["$.email", "$.phone"]


@pytest.mark.parametrize("ending", ["", "\n", "\n\n\n", "\n# the end", "\n# the end\n"])
def test_the_file_may_end_as_it_likes(drifted: Project, ending: str) -> None:
    (drifted.folder / "contracts.toml").write_text(MANIFEST.strip() + ending)
    assert accept(drifted, FINGERPRINT).exit == 0
    text = (drifted.folder / "contracts.toml").read_text()
    assert text.startswith(f'{MANIFEST.strip()}\n\n[[integrations.crm.accept]]\nrule = "property.removed"\n')
    assert "expires = 2026-12-31\n" in text


def test_line_endings_stay_what_they_are(drifted: Project) -> None:
    path = drifted.folder / "contracts.toml"
    path.write_bytes(COMMENTED.replace("\n", "\r\n").encode())
    assert accept(drifted, FINGERPRINT).exit == 0
    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") == COMMENTED.count("\n") + 8


def test_a_link_to_the_manifest_stays_a_link(drifted: Project) -> None:
    path, real = drifted.folder / "contracts.toml", drifted.folder / "shared.toml"
    path.rename(real)
    path.symlink_to(real)
    assert accept(drifted, FINGERPRINT).exit == 0
    assert path.is_symlink()
    assert "[[integrations.crm.accept]]" in real.read_text()


def test_of_a_response_as_a_whole_the_fingerprint_decides(drifted: Project) -> None:
    change = Change("status.success-added", "$", Severity.BREAKING, "200", "204")
    reported(drifted, change)
    assert accept(drifted, change.fingerprint(OPERATION)).exit == 0
    (entry,) = tomllib.loads((drifted.folder / "contracts.toml").read_text())["integrations"]["crm"]["accept"]
    assert (entry["path"], entry["fingerprint"]) == ("$", change.fingerprint(OPERATION))


@pytest.mark.parametrize("path", ["$['user \"id\\'s\" \\u00e9']", "$.rates.*", "header:etag", "$.items[*]['a.b']"])
def test_what_is_written_takes_what_was_accepted_however_it_is_named(drifted: Project, path: str) -> None:
    change = Change("property.removed", path, Severity.BREAKING, "string", "gone")
    reported(drifted, change)
    assert accept(drifted, change.fingerprint(OPERATION)).exit == 0
    again = accept(drifted, change.fingerprint(OPERATION))
    assert "is about this change already" in again.errors


@pytest.mark.parametrize(
    ("arguments", "expires", "told"),
    [
        (("0000000000000000",), "2026-12-31", "has no change with the fingerprint 0000000000000000; it has: "),
        (("nonsense",), "2026-12-31", "has no change with the fingerprint nonsense; it has: "),
        ((FINGERPRINT,), "2026-11-30", "--expires 2026-11-30: is over; name the last day on which it is to count"),
        ((FINGERPRINT,), "2027-12-03", "--expires 2027-12-03: is more than a year away"),
        ((FINGERPRINT,), "9999-12-31", "--expires 9999-12-31: is more than a year away"),
        ((FINGERPRINT,), "2026-02-30", "--expires 2026-02-30: is no day such as 2026-12-31"),
        ((FINGERPRINT,), "tomorrow", "--expires tomorrow: is no day such as 2026-12-31"),
        ((FINGERPRINT, "--owner", "a\nb"), "2026-12-31", "--owner: 'a\\nb' must be one line of text"),
        ((FINGERPRINT, "--ticket", "\udcff"), "2026-12-31", "--ticket: '\\udcff' must be one line of text"),
        ((FINGERPRINT, "--report", "none.json"), "2026-12-31", "none.json: cannot be read: No such file"),
        ((FINGERPRINT, "--report", "contracts.toml"), "2026-12-31", "contracts.toml: is not JSON"),
    ],
)
def test_what_cannot_be_accepted_is_one_clear_error(
    drifted: Project, arguments: tuple[str, ...], expires: str, told: str
) -> None:
    result = accept(drifted, *arguments, expires=expires)
    assert result.exit == 2
    assert told in result.errors
    assert result.errors.count("\n") == 1
    assert (drifted.folder / "contracts.toml").read_text() == COMMENTED


def test_an_empty_reason_is_none(drifted: Project) -> None:
    result = accept(drifted, FINGERPRINT, reason=" ")
    assert (result.exit, "--reason: is missing" in result.errors) == (2, True)


def test_somebody_must_own_it(drifted: Project) -> None:
    reported(drifted, REMOVED, owner="")
    result = accept(drifted, FINGERPRINT)
    assert (result.exit, "--owner: is missing" in result.errors) == (2, True)
    assert accept(drifted, FINGERPRINT, "--owner", "team-mail").exit == 0


def test_what_is_accepted_already_is_not_accepted_twice_but_prolonged(drifted: Project) -> None:
    assert accept(drifted, FINGERPRINT).exit == 0
    text = (drifted.folder / "contracts.toml").read_text()
    result = accept(drifted, FINGERPRINT)
    assert result.exit == 2
    line = text.split("\n").index("expires = 2026-12-31") + 1
    assert f"contracts.toml:{line}: integrations.crm.accept[0] is about this change already" in result.errors
    assert "until 2026-12-31; change its `expires`" in result.errors
    assert (drifted.folder / "contracts.toml").read_text() == text


def test_the_last_day_may_be_today_or_a_year_away(drifted: Project) -> None:
    for day in ("2026-12-01", "2027-12-01"):
        drifted.write("contracts.toml", COMMENTED)
        assert accept(drifted, FINGERPRINT, expires=day).exit == 0


def test_without_a_manifest_it_says_how_to_get_one(drifted: Project) -> None:
    (drifted.folder / "contracts.toml").unlink()
    (drifted.folder / ".git").mkdir()
    result = accept(drifted, FINGERPRINT)
    assert (result.exit, "`integration-contracts init` writes one" in result.errors) == (2, True)


def test_an_integration_that_the_manifest_does_not_name_is_an_error(drifted: Project) -> None:
    host = Operation("api.other.example", "GET /a")
    reported(drifted, REMOVED, operation=host)
    result = accept(drifted, REMOVED.fingerprint(host))
    assert (result.exit, "has no integration `api.other.example`" in result.errors) == (2, True)


@pytest.mark.parametrize(
    "text",
    [
        '[integrations]\ncrm = { urls = ["https://crm.example"] }\n',
        (
            '[integrations.crm]\naccept = [{ fingerprint = "0123456789abcdef", owner = "o", reason = "r",'
            " expires = 2027-01-01 }]\n"
        ),
    ],
)
def test_where_there_is_no_room_for_a_table_it_says_what_to_add(drifted: Project, text: str) -> None:
    (drifted.folder / "contracts.toml").write_text(text)
    result = accept(drifted, FINGERPRINT)
    assert result.exit == 2
    assert "is not written as tables; add it by hand:\n[[integrations.crm.accept]]\n" in result.errors
    assert (drifted.folder / "contracts.toml").read_text() == text


def test_a_name_with_dots_is_quoted(drifted: Project) -> None:
    host = Operation("api.other.example", "GET /a")
    (drifted.folder / "contracts.toml").write_text('[integrations."api.other.example"]\n')
    reported(drifted, REMOVED, operation=host)
    assert accept(drifted, REMOVED.fingerprint(host)).exit == 0
    assert '[[integrations."api.other.example".accept]]' in (drifted.folder / "contracts.toml").read_text()


def test_a_report_elsewhere_may_be_named(drifted: Project) -> None:
    Path(drifted.folder / "contracts-report.json").rename(drifted.folder / "nightly.json")
    assert accept(drifted, FINGERPRINT, "--report", "nightly.json").exit == 0
    assert json.loads((drifted.folder / "nightly.json").read_text())["made_by"] == "pytest-integration-contracts"
