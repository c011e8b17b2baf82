"""Live runs leave samples of what they found: in the store, or in the spool where the store cannot take them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin.harness import MANIFEST, Project
from plugin.test_retries import CLIENT, asked, down
from pytest_integration_contracts.health.samples import IntegrationRun, Sample
from pytest_integration_contracts.model import Verdict
from upstream import Upstream, json_answer

store = pytest.importorskip("pytest_integration_contracts.health.store", reason="needs the extra [health]")

MONITORED = f"""{MANIFEST.strip()}
cadence = "6h"
freshness = {{ path = "$.at", within = "24h" }}

[integrations.tax]
urls = ["https://api.tax.example"]

[health]
"""
MANY = """
import os
import pytest
from client import ask

@pytest.mark.contract
def test_customers():
    assert ask("/customers/1") and ask("/customers/2") and ask("/customers/3")

@pytest.mark.contract
def test_ours():
    assert ask("/orders")["id"] == int(os.environ.get("WANTED", "1"))

@pytest.mark.contract
def test_drifts():
    ask("/invoices")

@pytest.mark.contract
def test_down():
    ask("/rates")

@pytest.mark.contract
def test_denied():
    ask("/secret")
"""
AT = "2026-11-30T10:00:00Z"
NOW = 1796036400  # an hour later


@pytest.fixture
def monitored(project: Project, upstream: Upstream) -> Project:
    project.write("contracts.toml", MONITORED)
    project.write("client.py", CLIENT)
    project.write("test_crm.py", MANY)
    paths = ("customers/1", "customers/2", "customers/3", "orders", "invoices", "rates", "secret")
    upstream.answers |= {f"/v1/{path}": json_answer({"id": 1, "sum": 2, "at": AT}) for path in paths}
    project.learn(upstream)
    return project


def kept(folder: Path) -> tuple[list[IntegrationRun], dict[str, Sample]]:
    """The runs of crm, the newest first, and the samples of the newest by operation."""
    with store.open_store("sqlite:.contracts/health.sqlite", folder, {}) as opened:
        return opened.runs("crm"), {each.operation: each for each in opened.samples("crm")}


def test_a_live_run_leaves_a_sample_of_each_operation_that_it_asked(monitored: Project, upstream: Upstream) -> None:
    good = {"id": 1, "sum": 2, "at": AT}
    upstream.answers |= {
        "/v1/customers/1": json_answer(good, X_RateLimit_Limit="100", X_RateLimit_Remaining="42"),
        "/v1/customers/2": json_answer(good, Sunset="Thu, 31 Dec 2026 23:59:59 GMT"),
        "/v1/customers/3": json_answer(good, X_RateLimit_Limit="100", X_RateLimit_Remaining="97"),
        "/v1/invoices": json_answer({"id": "1", "at": AT}),
        "/v1/rates": down(),
        "/v1/secret": json_answer({}, 401),
    }
    monitored.write(
        "contracts.toml",
        MONITORED.replace(
            "[integrations.tax]",
            '[[integrations.crm.accept]]\nrule = "property.removed"\noperation = "GET /invoices"\npath = "$.sum"\n'
            'owner = "team"\nreason = "known"\nexpires = 2026-12-24\n\n[integrations.tax]',
        ),
    )
    times = {"SOURCE_DATE_EPOCH": str(NOW), "GITHUB_SHA": "0a1b2c"}
    result = monitored.run("--contracts-live", WANTED="2", **times)
    assert result.exit == 1
    assert "history" not in result.text
    (run,), samples = kept(monitored.folder)
    assert (run.run.at, run.run.commit, run.run.partial) == (NOW, "0a1b2c", "")
    assert run.run.host
    assert (run.verdict, run.operations, run.failing, run.breaking) == (Verdict.DRIFT, 5, 4, 1)
    assert {name: sample.verdict for name, sample in samples.items()} == {
        "GET /customers/{id}": Verdict.CHANGED,
        "GET /orders": Verdict.OURS,
        "GET /invoices": Verdict.DRIFT,
        "GET /rates": Verdict.DOWN,
        "GET /secret": Verdict.DENIED,
    }
    customers, invoices = samples["GET /customers/{id}"], samples["GET /invoices"]
    assert (customers.answers, customers.rate_left, customers.rate_limit) == (3, 42, 100)
    assert (customers.sunset, customers.version) == ("2026-12-31", "1.0")
    assert customers.newest == NOW - 3600
    assert customers.p50 is not None
    assert customers.p95 is not None
    assert 0 < customers.p50 <= customers.p95
    assert {name: sample.cause for name, sample in samples.items() if "customers" not in name} == {
        "GET /orders": "test_crm.py::test_ours failed by itself while the contract held",
        "GET /invoices": "type.changed at $.id: integer -> string (integer)",
        "GET /rates": "GET https://api.crm.example/v1/rates answered 503 Service Unavailable",
        "GET /secret": "GET https://api.crm.example/v1/secret answered 401 Unauthorized",
    }
    changes = {each.rule: each for each in invoices.changes}
    assert (changes["type.changed"].severity, changes["type.changed"].expires) == ("breaking", "")
    assert changes["property.removed"].expires == "2026-12-24"
    assert changes["type.changed"].fingerprint in result.text

    again = monitored.run("--contracts-live", "-k", "denied or customers", "-n2", **times)
    assert again.exit == 7
    (newer, _), fewer = kept(monitored.folder)
    assert (newer.run.partial, set(fewer)) == ("-k 'denied or customers'", {"GET /customers/{id}", "GET /secret"})


def test_a_store_that_cannot_be_reached_fails_nothing_and_loses_nothing(monitored: Project) -> None:
    manifest = monitored.folder / "contracts.toml"
    manifest.write_text(f'{MONITORED}store = "env:HEALTH_STORE"\n')
    nowhere = "postgresql://joe:hunter2@127.0.0.1:9/health"
    result = monitored.run("--contracts-live", HEALTH_STORE=nowhere)
    assert (result.exit, "hunter2" in result.text) == (0, False)
    (told,) = [line for line in result.section.splitlines() if line.startswith("history")]
    assert "spool" in told
    assert len([*(monitored.folder / ".contracts" / "spool").glob("*.json")]) == 1
    manifest.write_text(MONITORED)
    assert "history" not in monitored.run("--contracts-live").text
    runs, _ = kept(monitored.folder)
    assert len(runs) == 2
    assert not [*(monitored.folder / ".contracts" / "spool").glob("*.json")]


def test_without_the_extra_a_run_says_what_to_install(monitored: Project) -> None:
    monitored.write("conftest.py", "import sys\nsys.modules['sqlalchemy'] = None\n")
    result = monitored.run("--contracts-live")
    assert result.exit == 0
    (told,) = [line for line in result.section.splitlines() if line.startswith("history")]
    assert "pip install 'pytest-integration-contracts[health]'" in told


def test_what_is_down_while_it_is_being_worked_on_does_not_fail_the_run(monitored: Project, upstream: Upstream) -> None:
    window = 'maintenance = [{ days = ["mon"], from = "10:00", to = "12:00" }]\nretries = 3\n'
    monitored.write("contracts.toml", MONITORED.replace("cadence", f"{window}cadence"))
    upstream.answers["/v1/rates"] = down()
    upstream.asked.clear()
    result = monitored.run("--contracts-live", "-rs", SOURCE_DATE_EPOCH=str(NOW))
    assert (result.exit, asked(upstream)["/rates"]) == (0, 1)
    assert "answered 503 Service Unavailable, in a maintenance window" in result.text.replace("\n", " ")
    (run,), samples = kept(monitored.folder)
    assert (run.verdict, run.maintenance) == (Verdict.DOWN, True)
    assert samples["GET /rates"].tries == 1
    later = monitored.run("--contracts-live", SOURCE_DATE_EPOCH=str(NOW + 3600))
    assert later.exit == 6
    (run, _), samples = kept(monitored.folder)
    assert (run.maintenance, samples["GET /rates"].tries) == (False, 4)


def test_shards_leave_one_run(monitored: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/rates"] = [down(), json_answer({"id": 1, "sum": 2, "at": AT})]
    monitored.write("contracts.toml", MONITORED.replace("cadence", "retries = 1\ncadence"))
    for number, chosen in ((1, "customers or down"), (2, "not customers and not down")):
        flags = ("-k", chosen, "--contracts-shard", f"{number}/2", "--contracts-report", f"{number}.json")
        assert monitored.run("--contracts-live", *flags).exit == 0
    assert not (monitored.folder / ".contracts").exists()
    done = monitored.command("combine", "1.json", "2.json")
    assert done.exit == 0, done.errors
    assert "crm GET /rates was down, answered at the 2nd try" in done.text
    (run,), samples = kept(monitored.folder)
    assert (run.operations, samples["GET /rates"].tries, run.run.partial) == (5, 2, "")
    part = json.loads((monitored.folder / "1.json").read_text())["part"]["told"]
    assert '"tries"' in part


def test_what_is_not_monitored_leaves_nothing(monitored: Project) -> None:
    monitored.write("contracts.toml", MANIFEST)
    assert monitored.run("--contracts-live").exit == 0
    assert not (monitored.folder / ".contracts").exists()
