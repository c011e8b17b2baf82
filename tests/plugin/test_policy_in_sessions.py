"""What the manifest lets findings do: fail, be told, not be judged, or stay for a while because somebody said so."""

from __future__ import annotations

import json

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Answer, Upstream, json_answer

CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
PATH = "/v1/customers/42"
TODAY = {"SOURCE_DATE_EPOCH": "1796083200"}
"""2026-12-01."""

ACCEPT = """
[[integrations.crm.accept]]
rule = "property.removed"
operation = "GET /customers/{id}"
path = "$.email"
owner = "team-revenue"
reason = "moves to /v2"
ticket = "CRM-7"
expires = EXPIRES
"""

SWALLOWING = """
import pytest
from client import customer

@pytest.mark.contract
def test_customer():
    try:
        customer(42)
    except Exception:
        pass
"""


@pytest.fixture
def learned(project: Project, upstream: Upstream) -> Project:
    upstream.answers[PATH] = json_answer(CUSTOMER)
    project.learn(upstream)
    return project


@pytest.fixture
def drifted(learned: Project, upstream: Upstream) -> Project:
    upstream.answers[PATH] = json_answer({"id": 42, "balance": 12.5})
    return learned


def said(project: Project, *lines: str, below: str = "") -> None:
    """Let the manifest say more of the integration."""
    project.write("contracts.toml", "\n".join([MANIFEST, *lines, below]))


def accepted(project: Project, until: str) -> None:
    said(project, below=ACCEPT.replace("EXPIRES", until))


class TestEnforce:
    @pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "two workers"])
    def test_warn_tells_a_drift_and_fails_nothing(self, drifted: Project, workers: tuple[str, ...]) -> None:
        said(drifted, 'enforce = "warn"')
        result = drifted.run("--contracts-live", "--contracts-report", "report.json", *workers)
        assert (result.exit, "1 passed" in result.text) == (0, True), result.text
        assert "  BREAKING  property.removed   $.email" in result.section
        assert '  not enforced: the manifest says enforce = "warn"' in result.section
        assert "1 operation drifts, not enforced: 1 breaking change." in result.section
        assert "they meant it?  pytest --contracts-record --contracts-update test_crm.py" in result.section
        report = json.loads((drifted.folder / "report.json").read_text())
        (finding,) = report["findings"]
        assert (report["fails"], finding["verdict"], finding["enforce"]) == (False, "drift", "warn")
        assert finding["changes"][0]["severity"] == "breaking"

    def test_warn_by_default_holds_unless_an_integration_says_more(self, drifted: Project) -> None:
        drifted.write("contracts.toml", f'[defaults]\nenforce = "warn"\n{MANIFEST}')
        assert drifted.run("--contracts-live").exit == 0
        drifted.write("contracts.toml", f'[defaults]\nenforce = "warn"\n{MANIFEST}enforce = "fail"\n')
        assert drifted.run("--contracts-live").exit == 1

    def test_warn_leaves_the_drift_of_others_failing(self, drifted: Project) -> None:
        said(drifted, below='[integrations.tax]\nurls = ["https://tax.example"]\nenforce = "warn"')
        assert drifted.run("--contracts-live").exit == 1

    @pytest.mark.parametrize(
        ("answer", "told"),
        [(Answer(503, b"busy"), "DOWN  GET"), (json_answer({"error": "no"}, 401), "DENIED  GET")],
    )
    def test_warn_covers_outages_and_credentials(
        self, learned: Project, upstream: Upstream, answer: Answer, told: str
    ) -> None:
        said(learned, 'enforce = "warn"')
        upstream.answers[PATH] = answer
        raised = learned.run("--contracts-live")
        assert (raised.exit, "1 skipped" in raised.text) == (0, True), "its own code raised because of the outage"
        learned.write("test_crm.py", SWALLOWING)
        swallowed = learned.run("--contracts-live")
        assert (swallowed.exit, "1 passed" in swallowed.text) == (0, True)
        for result in (raised, swallowed):
            assert told in result.section
            assert '  not enforced: the manifest says enforce = "warn"' in result.section
            assert "holds" not in result.section

    def test_warn_covers_what_has_no_snapshot_yet(self, learned: Project) -> None:
        (learned.folder / "contracts/crm/GET-customers-{id}.json").unlink()
        assert learned.run("--contracts").exit == 1
        said(learned, 'enforce = "warn"')
        result = learned.run("--contracts")
        assert result.exit == 0
        assert "UNVERIFIED  crm  GET /customers/{id} has no snapshot yet" in result.section
        assert "to end this:  pytest --contracts-update test_crm.py" in result.section

    def test_warn_lets_a_test_fail_by_itself(self, drifted: Project) -> None:
        said(drifted, 'enforce = "warn"')
        drifted.write(
            "test_crm.py",
            "import pytest\nfrom client import customer\n\n"
            "@pytest.mark.contract\ndef test_customer():\n    assert customer(42)['email']\n",
        )
        result = drifted.run("--contracts-live")
        assert result.exit == 1
        assert "KeyError: 'email'" in result.failure("test_customer")
        assert 'not enforced: the manifest says enforce = "warn"' in result.failure("test_customer")

    def test_warn_does_not_excuse_a_test_that_fails_beside_a_missing_snapshot(self, learned: Project) -> None:
        (learned.folder / "contracts/crm/GET-customers-{id}.json").unlink()
        said(learned, 'enforce = "warn"')
        learned.write(
            "test_crm.py",
            "import pytest\nfrom client import customer\n\n"
            "@pytest.mark.contract\ndef test_customer():\n    assert customer(42)['id'] == 43\n",
        )
        assert learned.run("--contracts").exit == 1

    @pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "two workers"])
    def test_off_judges_nothing_and_says_so_once(self, drifted: Project, workers: tuple[str, ...]) -> None:
        said(drifted, 'enforce = "off"')
        result = drifted.run("--contracts-live", *workers)
        assert result.exit == 0
        assert result.section == "Not judged (enforce = off): crm."

    def test_off_of_one_operation_leaves_the_others_judged(self, drifted: Project, upstream: Upstream) -> None:
        upstream.answers["/v1/orders"] = json_answer({"total": 1})
        drifted.write(
            "test_orders.py",
            "import pytest, requests\nfrom client import URL\n\n@pytest.mark.contract\n"
            "def test_orders():\n    assert requests.get(f'{URL}/orders', timeout=5).json()\n",
        )
        assert drifted.run("--contracts-update", "test_orders.py").exit == 0
        said(drifted, below='[integrations.crm.operations."GET /customers/*"]\nenforce = "off"')
        result = drifted.run("--contracts-live")
        assert result.exit == 0
        assert result.section == "1 operation holds. Not judged (enforce = off): crm  GET /customers/{id}."

    def test_off_still_learns_and_records(self, project: Project, upstream: Upstream) -> None:
        upstream.answers[PATH] = json_answer(CUSTOMER)
        said(project, 'enforce = "off"')
        assert project.run("--contracts-update").exit == 0
        assert sorted(project.files()) == [
            "contracts/cassettes/test_crm/test_customer.yaml",
            "contracts/crm/GET-customers-{id}.json",
        ]

    @pytest.mark.parametrize("enforce", ["warn", "off"])
    def test_an_outage_is_not_learned_either_way(self, learned: Project, upstream: Upstream, enforce: str) -> None:
        before = learned.files()
        said(learned, f'enforce = "{enforce}"')
        learned.write("test_crm.py", SWALLOWING)
        upstream.answers[PATH] = Answer(503, b"busy")
        result = learned.run("--contracts-record", "--contracts-update")
        assert "DOWN" in result.section
        assert learned.files() == before


class TestOperations:
    def test_a_preset_of_one_operation_holds_for_it_alone(self, learned: Project, upstream: Upstream) -> None:
        upstream.answers[PATH] = json_answer({**CUSTOMER, "balance": None})
        assert learned.run("--contracts-live").exit == 0, "null where few samples were seen is a warning"
        said(learned, below='[integrations.crm.operations."GET /orders"]\npreset = "strict"')
        assert learned.run("--contracts-live").exit == 0
        said(learned, below='[integrations.crm.operations."GET /customers/{id}"]\npreset = "strict"')
        assert learned.run("--contracts-live").exit == 1
        said(learned, 'preset = "strict"')
        assert learned.run("--contracts-live").exit == 1

    def test_a_freshness_of_one_operation_holds_for_it_alone(self, learned: Project, upstream: Upstream) -> None:
        upstream.answers[PATH] = json_answer({**CUSTOMER, "at": "2020-01-01T00:00:00Z"})
        assert learned.run("--contracts-record", "--contracts-update").exit == 0
        table = '[integrations.crm.operations."GET /customers/*"]\nfreshness = { path = "$.at", within = "1h" }'
        said(learned, below=table)
        assert "freshness.exceeded" in learned.run("--contracts-live").text
        said(learned, below=table.replace("customers", "orders"))
        assert "freshness.exceeded" not in learned.run("--contracts-live").text


class TestAcceptances:
    @pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "two workers"])
    def test_an_accepted_change_is_told_and_fails_nothing(self, drifted: Project, workers: tuple[str, ...]) -> None:
        accepted(drifted, "2027-03-01")
        result = drifted.run("--contracts-live", *workers, **TODAY)
        assert (result.exit, "1 passed" in result.text) == (0, True), result.text
        lines = result.section.splitlines()
        assert lines[1:4] == [
            "  accepted  property.removed   $.email    string (email), in 1 of 1 response -> gone, in 1 of 1",
            '            customer["email"]  # KeyError',
            "            accepted until 2027-03-01: moves to /v2 (team-revenue, CRM-7)",
        ]
        assert lines[-1] == "1 operation has something new. 1 change is accepted."

    @pytest.mark.parametrize(
        ("until", "told"),
        [
            ("2026-12-15", "accepted until 2026-12-15, 14 days left: moves"),
            ("2026-12-16", "accepted until 2026-12-16: moves"),
            ("2026-12-02", "accepted until 2026-12-02, 1 day left: moves"),
            ('"2026-12-01"', "accepted until 2026-12-01, the last day: moves"),
        ],
    )
    def test_the_last_days_are_counted_down(self, drifted: Project, until: str, told: str) -> None:
        accepted(drifted, until)
        result = drifted.run("--contracts-live", **TODAY)
        assert (result.exit, told in result.section) == (0, True), result.section

    def test_an_expired_acceptance_fails_again_and_says_who_said_so_and_why(self, drifted: Project) -> None:
        accepted(drifted, "2026-11-30")
        result = drifted.run("--contracts-live", **TODAY)
        assert result.exit == 1
        failure = result.failure("test_customer")
        assert "  BREAKING  property.removed" in failure
        assert "accepted until 2026-11-30, expired 1 day ago: moves to /v2 (team-revenue, CRM-7)" in failure
        assert "1 operation drifts: 1 breaking change." in result.section

    def test_it_hides_nothing_else(self, drifted: Project, upstream: Upstream) -> None:
        accepted(drifted, "2027-03-01")
        upstream.answers[PATH] = json_answer({"id": 42})
        result = drifted.run("--contracts-live", **TODAY)
        assert result.exit == 1
        assert "  accepted  property.removed   $.email" in result.failure("test_customer")
        assert "  BREAKING  property.removed   $.balance" in result.failure("test_customer")
        assert "1 operation drifts: 1 breaking change. 1 change is accepted." in result.section

    def test_another_rule_at_the_same_place_still_fails(self, learned: Project, upstream: Upstream) -> None:
        accepted(learned, "2027-03-01")
        upstream.answers[PATH] = json_answer({**CUSTOMER, "email": 7})
        assert learned.run("--contracts-live", **TODAY).exit == 1

    def test_a_rule_that_there_is_not_is_a_usage_error(self, learned: Project) -> None:
        said(learned, below=ACCEPT.replace("EXPIRES", "2027-03-01").replace("property.removed", "property.remove"))
        result = learned.run("--contracts")
        assert result.exit == 4
        assert "integrations.crm.accept[0].rule: no rule `property.remove`; did you mean `property.removed`?" in (
            result.errors
        )


UNUSED = "unused  contracts.toml: integrations.crm.accept[0]: property.removed  GET /customers/{id}  $.email: "


class TestUnused:
    def unused(self, project: Project, *arguments: str) -> bool:
        return UNUSED in project.run(*arguments, **TODAY).section

    @pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "two workers"])
    def test_a_whole_live_run_tells_what_the_upstream_does_not_show_any_more(
        self, learned: Project, workers: tuple[str, ...]
    ) -> None:
        accepted(learned, "2027-03-01")
        result = learned.run("--contracts-live", *workers, **TODAY)
        assert result.exit == 0
        assert f"{UNUSED}the upstream does not show it any more; take the acceptance out" in result.section

    def test_a_run_that_meets_the_change_tells_nothing(self, drifted: Project) -> None:
        accepted(drifted, "2027-03-01")
        assert not self.unused(drifted, "--contracts-live")

    def test_a_replay_tells_nothing_for_recordings_may_be_older_than_the_change(self, learned: Project) -> None:
        accepted(learned, "2027-03-01")
        assert not self.unused(learned, "--contracts")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("-k", "crm"),
            ("-k", "crm", "-n2"),
            ("-m", "not later"),
            ("test_crm.py",),
            ("test_crm.py::test_customer",),
            ("--deselect", "test_other.py"),
            ("--ignore", "test_other.py"),
        ],
    )
    def test_a_run_of_some_tests_tells_nothing(self, learned: Project, arguments: tuple[str, ...]) -> None:
        accepted(learned, "2027-03-01")
        learned.write("pytest.ini", "[pytest]\nmarkers =\n    later: some other time\n")
        learned.write(
            "test_other.py",
            "import pytest\nfrom client import customer\n\n"
            "@pytest.mark.later\n@pytest.mark.contract\ndef test_other():\n    customer(42)\n",
        )
        assert not self.unused(learned, "--contracts-live", *arguments)

    @pytest.mark.parametrize("arguments", [(".",), ("-m", "contract"), ("-k", "not plain")])
    def test_a_run_of_all_contract_tests_is_whole(self, learned: Project, arguments: tuple[str, ...]) -> None:
        accepted(learned, "2027-03-01")
        learned.write("test_plain.py", "def test_plain():\n    assert True\n")
        assert self.unused(learned, "--contracts-live", *arguments)

    def test_an_operation_that_was_not_asked_tells_nothing(self, learned: Project) -> None:
        said(learned, below=ACCEPT.replace("EXPIRES", "2027-03-01").replace("customers", "orders"))
        assert "unused" not in learned.run("--contracts-live", **TODAY).section

    @pytest.mark.parametrize("breaks_off", ["raise ValueError", "pytest.skip('later')", "assert False"])
    def test_a_test_that_broke_off_may_not_have_come_to_it(self, learned: Project, breaks_off: str) -> None:
        accepted(learned, "2027-03-01")
        learned.write(
            "test_other.py",
            "import pytest\nfrom client import customer\n\n"
            f"@pytest.mark.contract\ndef test_other():\n    customer(42)\n    {breaks_off}\n",
        )
        assert not self.unused(learned, "--contracts-live")

    def test_an_outage_tells_nothing(self, learned: Project, upstream: Upstream) -> None:
        accepted(learned, "2027-03-01")
        learned.write("test_crm.py", SWALLOWING)
        upstream.answers[PATH] = Answer(503, b"busy")
        assert not self.unused(learned, "--contracts-live")

    def test_what_is_learned_needs_no_acceptance(self, drifted: Project) -> None:
        accepted(drifted, "2027-03-01")
        result = drifted.run("--contracts-record", "--contracts-update", **TODAY)
        assert f"{UNUSED}what it accepts has been learned; take the acceptance out" in result.section
