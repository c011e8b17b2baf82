"""`contract_probes`: one contract test for each operation that no other test covers."""

from __future__ import annotations

import json

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Upstream, json_answer

ANSWERS = {"responses": {"200": {"description": "fine"}}}
CUSTOMER_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "CRM", "version": "1"},
    "servers": [{"url": "https://api.crm.example/v1"}],
    "paths": {
        "/customers/{id}": {"get": {"parameters": [CUSTOMER_ID], **ANSWERS}, "delete": ANSWERS},
        "/customers": {"get": ANSWERS, "post": ANSWERS},
        "/orders": {"get": ANSWERS},
        "/orders/{id}": {"get": {"parameters": [CUSTOMER_ID], **ANSWERS}},
        "/gone": {"get": ANSWERS},
    },
}
TEST = """
from pytest_integration_contracts import contract_probes

test_probes = contract_probes("crm", headers={"Authorization": "Bearer env:CRM_TOKEN"}, rate="1000/s")
"""
SECRET = "crm-t0ken-9f8e7d6c"


@pytest.fixture
def probing(project: Project, upstream: Upstream) -> Project:
    """A project whose one test asks for a customer, and whose upstream has more than that."""
    project.write("contracts.toml", f'{MANIFEST}openapi = "crm.json"\n')
    project.write("crm.json", json.dumps(DOCUMENT))
    project.write("test_probes.py", TEST)
    project.environment["CRM_TOKEN"] = SECRET
    upstream.answers |= {
        "/v1/customers/42": json_answer({"id": 42, "name": "Ada"}),
        "/v1/customers": json_answer([{"id": 42}]),
        "/v1/orders": json_answer({"orders": [{"id": "o-1"}]}),
        "/v1/orders/o-1": json_answer({"id": "o-1", "total": 12.5}),
    }
    return project


def test_probes_record_what_no_test_covers_then_replay_it_and_find_drift(probing: Project, upstream: Upstream) -> None:
    assert probing.run("--contracts-update", "test_crm.py").exit == 0
    upstream.asked.clear()

    plain = probing.run("-rs", "test_probes.py")
    assert "SKIPPED [1] test_probes.py: contract test: run it with `pytest --contracts`" in plain.text

    unrecorded = probing.run("--contracts", "-rs")
    assert unrecorded.exit == 0
    assert "SKIPPED [4] test_probes.py: a probe without a recording; `pytest --contracts-update" in unrecorded.text
    assert upstream.asked == []

    recorded = probing.run("--contracts-update", "-rs", "-v")
    assert recorded.exit == 0, recorded.text
    assert upstream.asked == ["GET /v1/customers", "GET /v1/orders", "GET /v1/gone", "GET /v1/orders/o-1"]
    assert "test_probes.py::test_probes[GET /customers] PASSED" in recorded.text
    assert "test_probes.py::test_probes[GET /customers/{id}]" not in recorded.text
    assert "SKIPPED [1] test_probes.py:3: could not be probed: it answered 404" in recorded.text
    files = probing.files()
    assert sorted(name for name in files if "/probes/" in name) == [
        "contracts/cassettes/probes/crm/GET-customers.yaml",
        "contracts/cassettes/probes/crm/GET-orders-{id}.yaml",
        "contracts/cassettes/probes/crm/GET-orders.yaml",
    ]
    assert SECRET not in "".join(files.values())

    upstream.asked.clear()
    replayed = probing.run("--contracts", "--contracts-prune")  # the recordings of probes are asked for
    assert (replayed.exit, upstream.asked, probing.files()) == (0, [], files), replayed.text
    assert "4 passed, 1 skipped" in replayed.text
    assert "\n4 operations hold." in replayed.section

    upstream.answers["/v1/orders/o-1"] = json_answer({"id": "o-1"})
    live = probing.run("--contracts-live")
    assert live.exit == 1
    assert sorted(upstream.asked) == [
        "GET /v1/customers",
        "GET /v1/customers/42",
        "GET /v1/orders",
        "GET /v1/orders/o-1",
    ]
    failure = live.failure("test_probes[GET /orders/{id}]")
    assert "  BREAKING  property.removed   $.total" in failure
    assert "support@crm.example" in failure
    assert "1 failed, 3 passed, 1 skipped" in live.text
    assert probing.files() == files


def test_a_recorded_probe_that_has_no_answer_any_more_fails_to_record_and_stays(
    probing: Project, upstream: Upstream
) -> None:
    probing.write("test_probes.py", TEST.replace('"crm", ', '"crm", operations=["GET /orders"], '))
    assert probing.run("--contracts-update", "test_probes.py").exit == 0
    files = probing.files()
    del upstream.answers["/v1/orders"]
    again = probing.run("--contracts-record", "test_probes.py")
    assert again.exit == 1
    assert again.failure("test_probes[GET /orders]") == "could not be probed: it answered 404"
    assert probing.files() == files


def test_what_cannot_be_probed_is_told_where_the_tests_are_collected(probing: Project) -> None:
    probing.write("test_probes.py", TEST.replace('"crm", ', '"crm", operations=["POST /*"], '))
    told = probing.run("--contracts", "test_probes.py")
    assert told.exit == 2
    assert '"POST /*": a pattern never means what writes; name each operation in full' in told.text
    assert "Traceback" not in told.text
