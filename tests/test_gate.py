"""`integration-contracts gate`: safe, breaking, or not enough known; silence is never green."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from committing import Repository, needs_git
from pytest_integration_contracts.cli import main
from pytest_integration_contracts.model import Change, Finding, Operation, Report, Run, Severity, Verdict
from pytest_integration_contracts.reports.document import to_text
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.snapshots.snapshot import ResponseShape, Snapshot
from pytest_integration_contracts.snapshots.store import SnapshotStore

pytestmark = needs_git

GET = Operation("crm", "GET /customers/{id}")
ORDERS = Operation("crm", "GET /orders")
OLD = [{"id": 1, "email": "a@mail.example"}, {"id": 2, "email": "b@mail.example"}]
NEW = [{"id": 1}, {"id": 2}]
MORE = [{**body, "name": "Ada"} for body in OLD]
MANIFEST = """
[integrations.crm]
urls = ["https://api.crm.example/v1"]
owner = "team-revenue"
contact = "support@crm.example"
runbook = "docs/runbooks/crm.md"
[integrations.erp]
urls = ["https://api.erp.example"]
"""
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
REMOVED = Change("property.removed", "$.email", Severity.BREAKING, "string (email)", "gone", (2, 2), (1, 1))


def snapshot(version: str, bodies: list[Any], operation: Operation = GET) -> Snapshot:
    shape = ResponseShape(len(bodies), body=infer(bodies))
    return Snapshot(operation, version, "2026-11-20", responses={"200 application/json": shape})


class Deployed(Repository):
    """A project whose first commit, tagged `live`, is deployed."""

    def learn(self, *snapshots: Snapshot) -> None:
        store = SnapshotStore(self.folder / "contracts")
        for each in snapshots:
            store.write(each)
        self.commit()

    def report(self, *verdicts: Verdict, name: str = "contracts-report.json", **about: Any) -> None:
        """Write a report about the first operations, held or not, by this very commit unless told otherwise."""
        findings = tuple(finding(verdict, at) for verdict, at in zip(verdicts, (GET, ORDERS), strict=False))
        run = Run("--contracts", "2026-11-24T11:00:00+00:00", self.git("rev-parse", "HEAD"), 1)
        members = {key: about.pop(key) for key in ("unchecked", "errors") if key in about}
        report = Report(replace(run, **about), findings, **members)
        (self.folder / name).write_text(to_text(report))

    def gate(self, *arguments: str, since: str = "live", integration: str = "crm") -> Result:
        environment = {"SOURCE_DATE_EPOCH": f"{NOW.timestamp():.0f}"}
        return CliRunner().invoke(main, ["gate", integration, "--since", since, *arguments], env=environment)


def finding(verdict: Verdict, operation: Operation = GET) -> Finding:
    problem = "" if verdict in {Verdict.OK, Verdict.DRIFT} else "GET /customers/1 was not answered"
    changes = (REMOVED,) if verdict is Verdict.DRIFT else ()
    return Finding(operation, "200 application/json", "x.json", "1.0", changes, problem, verdict)


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contracts.toml").write_text(MANIFEST)
    (tmp_path / ".gitignore").write_text("*report*.json\n")
    repository = Deployed(tmp_path, monkeypatch)
    repository.learn(snapshot("1.0", OLD))
    repository.git("tag", "live")
    repository.report(Verdict.OK)
    return repository


def test_nothing_changed_and_all_verified_is_safe(deployed: Deployed) -> None:
    told = deployed.gate()
    commit = deployed.git("rev-parse", "HEAD")[:12]
    assert (told.exit_code, told.stdout) == (
        0,
        f"crm: SAFE since live ({commit})\n  1 operation verified, nothing breaks\n",
    )


def test_what_is_only_added_is_safe(deployed: Deployed) -> None:
    deployed.learn(snapshot("1.1", MORE))
    deployed.report(Verdict.OK)
    told = deployed.gate()
    assert told.exit_code == 0
    assert "  GET /customers/{id} (1.0 -> 1.1), 1 more that breaks nothing\n" in told.stdout


def test_a_break_since_then_stops_it_and_says_whom_to_call(deployed: Deployed) -> None:
    deployed.learn(snapshot("2.0", NEW))
    deployed.report(Verdict.OK)
    told = deployed.gate()
    assert told.exit_code == 1
    assert told.stdout.splitlines()[1:] == [
        "  GET /customers/{id} (1.0 -> 2.0)",
        "    BREAKING  property.removed   $.email    string (email), in 2 of 2 responses -> gone, in 2 of 2",
        "owner team-revenue · runbook docs/runbooks/crm.md · upstream support@crm.example",
    ]
    assert deployed.gate(since="HEAD").exit_code == 0


def test_it_is_weighed_by_the_policy(deployed: Deployed) -> None:
    (deployed.folder / "contracts.toml").write_text(f'[policy]\npreset = "lenient"\n{MANIFEST}')
    deployed.learn(snapshot("2.0", NEW))
    deployed.report(Verdict.OK)
    assert deployed.gate().exit_code == 0


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.DRIFT, 1), (Verdict.DENIED, 1), (Verdict.DOWN, 3)])
def test_what_the_last_run_found_decides_too(deployed: Deployed, verdict: Verdict, code: int) -> None:
    deployed.report(verdict)
    told = deployed.gate()
    assert told.exit_code == code
    assert f"{verdict.value}: " in told.stdout
    assert "upstream support@crm.example" in told.stdout


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"made_at": "2026-11-23T11:00:00+00:00"}, "is 25h old, and may be 24h (--max-age)"),
        ({"made_at": "2026-11-24T13:00:00+00:00"}, "was made in the future"),
        ({"made_at": "today"}, "does not say when it was made"),
        ({"commit": "0" * 40}, "was made for commit 000000000000, not for "),
        ({"commit": ""}, "was made for an unknown commit, not for "),
        ({"partial": ("-k crm",)}, "is of a part of the tests only (-k crm)"),
        ({"mode": "--contracts-record --contracts-update"}, "is of a run that learns"),
        ({"shard": "2"}, "is of one of several runs only (2): join them first"),
        ({"unchecked": ("test_a",)}, "1 tests did not come to their end"),
        ({"errors": ("x.json: cannot be written",)}, "x.json: cannot be written"),
    ],
)
def test_a_report_that_says_not_enough_is_no_data(deployed: Deployed, about: dict[str, Any], said: str) -> None:
    deployed.report(Verdict.OK, **about)
    told = deployed.gate()
    assert told.exit_code == 3
    assert f"  no data: contracts-report.json: {said}" in told.stdout
    assert "NO DATA" in told.stdout


def test_no_report_at_all_is_no_data(deployed: Deployed) -> None:
    (deployed.folder / "contracts-report.json").unlink()
    assert "no report contracts-report.json: `pytest --contracts" in deployed.gate().stdout
    assert deployed.gate().exit_code == 3
    (deployed.folder / "contracts-report.json").write_text("{")
    assert (deployed.gate().exit_code, "is not JSON" in deployed.gate().stdout) == (3, True)


def test_a_report_without_the_integration_or_one_of_its_operations_is_no_data(deployed: Deployed) -> None:
    deployed.report()
    assert (deployed.gate().exit_code, "says nothing of crm" in deployed.gate().stdout) == (3, True)
    deployed.learn(snapshot("1.0", OLD, ORDERS))
    deployed.report(Verdict.OK)
    assert "no test of the last run asked GET /orders" in deployed.gate().stdout
    assert deployed.gate().exit_code == 3
    deployed.report(Verdict.OK, Verdict.OK)
    assert (deployed.gate().exit_code, "1 new operation since live" in deployed.gate().stdout) == (0, True)


def test_several_reports_are_all_heard_and_one_that_breaks_decides(deployed: Deployed) -> None:
    deployed.report(Verdict.DRIFT, name="other-report.json")
    both = ("--report", "contracts-report.json", "--report", "other-report.json")
    assert deployed.gate(*both).exit_code == 1
    assert deployed.gate("--report", "contracts-report.json", "--max-age", "30m").exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"since": "v9"}, "git knows no commit `v9` here"),
        ({"since": "--all"}, "git knows no commit `--all` here"),
        ({"since": "--output=stolen"}, "git knows no commit `--output=stolen` here"),
        ({"since": ""}, "git knows no commit `` here"),
        ({"integration": "crn"}, "no integration `crn`; there are: crm, erp"),
    ],
)
def test_what_there_is_not_is_bad_input(deployed: Deployed, arguments: dict[str, str], said: str) -> None:
    told = deployed.gate(**arguments)
    assert told.exit_code == 2
    assert said in told.stderr
    assert not (deployed.folder / "stolen").exists()


def test_without_a_repository_it_is_bad_input(
    deployed: Deployed, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("bare")
    (folder / "contracts.toml").write_text(MANIFEST)
    monkeypatch.chdir(folder)
    told = deployed.gate()
    assert (told.exit_code, "git knows no repository" in told.stderr) == (2, True)
    assert deployed.gate("--max-age", "soon").exit_code == 2


def test_a_new_integration_is_decided_by_the_run_alone(deployed: Deployed) -> None:
    erp = Operation("erp", "GET /items")
    deployed.learn(snapshot("1.0", OLD, erp))
    run = Run("--contracts", "2026-11-24T11:00:00+00:00", deployed.git("rev-parse", "HEAD"), 1)
    (deployed.folder / "contracts-report.json").write_text(to_text(Report(run, (finding(Verdict.OK, erp),))))
    told = deployed.gate(integration="erp")
    assert (told.exit_code, "  it is new since live: the last run alone decides\n" in told.stdout) == (0, True)


def test_a_commit_without_any_snapshot_says_nothing(deployed: Deployed) -> None:
    deployed.git("checkout", "-q", "--orphan", "empty")
    deployed.git("rm", "-rqf", "--cached", ".")
    deployed.git("commit", "-q", "--allow-empty", "-m", "nothing")
    empty = deployed.git("rev-parse", "HEAD")
    deployed.git("checkout", "-qf", "live")
    told = deployed.gate(since=empty)
    assert told.exit_code == 3
    assert "has no snapshots at all, so nothing says what is deployed" in told.stdout


def test_snapshots_that_are_not_committed_are_no_data(deployed: Deployed) -> None:
    SnapshotStore(deployed.folder / "contracts").write(snapshot("1.1", MORE))
    told = deployed.gate()
    assert told.exit_code == 3
    assert "its snapshots are not those of the commit that is checked out" in told.stdout


def test_it_changes_nothing_and_tells_of_what_is_held_no_more(deployed: Deployed) -> None:
    deployed.learn(snapshot("1.0", OLD, ORDERS))
    deployed.git("tag", "-f", "live")
    next((deployed.folder / "contracts/crm").glob("GET-orders.json")).unlink()
    deployed.commit()
    deployed.report(Verdict.OK)
    before = {path: path.read_bytes() for path in deployed.folder.rglob("*") if path.is_file()}
    told = deployed.gate()
    assert (told.exit_code, "GET /orders is held no more: its snapshot (1.0) is gone" in told.stdout) == (0, True)
    assert {path: path.read_bytes() for path in deployed.folder.rglob("*") if path.is_file()} == before


def test_as_json_it_is_a_stable_document(deployed: Deployed) -> None:
    deployed.learn(snapshot("2.0", NEW))
    deployed.report(Verdict.DOWN)
    told = deployed.gate("--format", "json")
    document = json.loads(told.stdout)
    assert told.exit_code == document["exit"] == 1
    assert document["gate"] == "breaking"
    assert document["since"] == {"ref": "live", "commit": deployed.git("rev-parse", "live")}
    assert [change["rule"] for change in document["changed"][0]["changes"]] == ["property.removed"]
    assert document["no_data"] == ["GET /customers/{id} is down: GET /customers/1 was not answered"]
    assert document["contact"] == "support@crm.example"


def test_a_hundred_breaks_fit_on_one_screen(deployed: Deployed) -> None:
    wide = [{f"field_{n}": n for n in range(100)}]
    deployed.learn(snapshot("1.0", wide, ORDERS))
    deployed.git("tag", "-f", "live")
    deployed.learn(snapshot("2.0", [{"id": 1}], ORDERS))
    deployed.report(Verdict.OK, Verdict.OK)
    told = deployed.gate()
    assert told.exit_code == 1
    assert len(told.stdout.splitlines()) < 24
    assert "more lines (integration-contracts log crm)" in told.stdout


def test_a_snapshot_of_then_that_cannot_be_used_is_no_data_where_it_is_the_integrations(deployed: Deployed) -> None:
    for folder, code in (("erp", 0), ("crm", 3)):
        broken = deployed.folder / "contracts" / folder / "GET-b.json"
        broken.parent.mkdir(exist_ok=True)
        broken.write_bytes(b'{"format": 1, "\xff')
        deployed.commit()
        deployed.git("tag", "-f", "live")
        broken.unlink()
        deployed.commit()
        deployed.report(Verdict.OK)
        told = deployed.gate()
        assert told.exit_code == code, told.output
    assert "  no data: live:contracts/crm/GET-b.json: is not JSON" in told.stdout
