"""Sessions of a consumer whose upstream publishes an OpenAPI document, and does not keep to it."""

from __future__ import annotations

import json
from typing import Any

from plugin.harness import MANIFEST, Project
from upstream import Upstream, json_answer

KEPT = "contracts/crm/openapi.json"
PUBLISHED = MANIFEST + 'openapi = "https://crm.example/openapi.json"\n'
CUSTOMER = {"id": "42", "email": "ada@mail.example", "status": "lost", "secret": "s3cret-value"}

CLIENT = """
import os
import requests

URL = os.environ.get("CRM_URL", "https://api.crm.example/v1")

def get(path):
    response = requests.get(f"{URL}{path}", timeout=5)
    response.raise_for_status()
    return response.json()
"""
TEST = """
import pytest
from client import get

@pytest.mark.contract
def test_customer():
    assert get("/customers/42")["id"]

@pytest.mark.contract
def test_orders():
    assert get("/internal/orders") == []
"""

DOCUMENT: dict[str, Any] = {
    "x-integration-contracts": {"version": "1.0", "since": "2026-01-31"},
    "openapi": "3.0.3",
    "info": {"title": "CRM", "version": "7"},
    "servers": [{"url": "https://api.crm.example/v1"}],
    "paths": {
        "/customers/{customerId}": {
            "get": {
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Customer"}}},
                    }
                }
            }
        }
    },
    "components": {
        "schemas": {
            "Customer": {
                "type": "object",
                "required": ["id", "email", "name"],
                "properties": {
                    "id": {"type": "integer"},
                    "email": {"type": "string"},
                    "name": {"type": "string"},
                    "status": {"enum": ["open", "won"]},
                },
            }
        }
    },
}

BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "schemathesis":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
"""


def published(project: Project, upstream: Upstream) -> Project:
    """A project that has learned what its upstream answers, and keeps the upstream's document."""
    upstream.answers = {"/v1/customers/42": json_answer(CUSTOMER), "/v1/internal/orders": json_answer([])}
    project.write("contracts.toml", PUBLISHED)
    project.write("client.py", CLIENT)
    project.write("test_crm.py", TEST)
    project.learn(upstream)
    project.write(KEPT, json.dumps(DOCUMENT))
    return project


def test_a_document_that_is_not_kept_to_is_told_and_breaks_nothing(project: Project, upstream: Upstream) -> None:
    published(project, upstream)
    asked = list(upstream.asked)
    reports = ("contracts.json", "contracts.md", "contracts.html")
    replayed = project.run("--contracts", "-v", *(part for name in reports for part in ("--contracts-report", name)))
    assert replayed.exit == 0
    schema = "#/components/schemas/Customer"
    for line in (
        f"spec.required-missing   $.name      required ({schema}/properties/name) -> missing, in 1 of 1",
        f"spec.type-violated      $.id        integer ({schema}/properties/id/type) -> string, in 1 of 1",
        f"spec.enum-violated      $.status    open|won ({schema}/properties/status/enum) -> another string, in 1 of 1",
        "spec.operation-undeclared   $    GET /internal/orders is not in the document",
    ):
        assert f"  warning   {line}" in replayed.section.splitlines(), replayed.section
    assert (
        "2 operations hold. 2 are not as their documents say. 1 path never observed." in replayed.section.splitlines()
    )
    assert "s3cret" not in replayed.text
    assert upstream.asked == asked
    seen = "the document of crm declares 1 of 2 operations; 3 of 4 fields are in it, 2 required"
    assert seen in replayed.section.splitlines()
    told = [(project.folder / name).read_text(encoding="utf-8") for name in reports]
    assert json.loads(told[0])["documented"] == [
        {
            "integration": "crm",
            "document": KEPT,
            "operations": 2,
            "declared_operations": 1,
            "fields": 4,
            "declared_fields": 3,
            "required_fields": 2,
        }
    ]
    assert all(seen in text for text in told[1:])


def test_what_the_document_declares_besides_is_told_and_fails_nothing(project: Project, upstream: Upstream) -> None:
    published(project, upstream)
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER | {"id": 42})
    broken = project.run("--contracts-live", "-k", "customer")
    assert broken.exit == 1
    assert "type.changed" in broken.failure("test_customer")
    document = json.loads(json.dumps(DOCUMENT))
    either = {"oneOf": [{"type": "integer"}, {"type": "string"}]}
    document["components"]["schemas"]["Customer"]["properties"]["id"] = either
    project.write(KEPT, json.dumps(document))
    live = project.run("--contracts-live", "-k", "customer")
    assert live.exit == 0
    assert "(the document declares both)" in live.section


def test_a_live_run_is_held_against_the_document_and_strict_fails_by_it(project: Project, upstream: Upstream) -> None:
    published(project, upstream)
    project.write("contracts.toml", f'[policy]\npreset = "strict"\n{PUBLISHED}')
    live = project.run("--contracts-live", "-k", "customer")
    assert live.exit == 1
    assert "spec.type-violated" in live.failure("test_customer")
    assert "preset strict" in live.failure("test_customer")


def test_a_test_that_fails_by_itself_is_ours_though_the_upstream_differs_from_its_document(
    project: Project, upstream: Upstream
) -> None:
    published(project, upstream)
    project.write("test_crm.py", TEST.replace('["id"]', '["id"] == "another"'))
    replayed = project.run("--contracts", "-k", "customer")
    assert replayed.exit == 1
    assert "the contract held" in replayed.text
    assert "1 test failed, yet the contract held: the fault is ours." in replayed.section


def test_where_schemathesis_is_not_installed_a_note_says_so_and_nothing_else_changes(
    project: Project, upstream: Upstream
) -> None:
    published(project, upstream)
    project.write("conftest.py", BLOCKER)
    replayed = project.run("--contracts")
    assert replayed.exit == 0
    assert "the document of crm declares" not in replayed.section  # it sees enough, and nobody asked
    (note,) = [line for line in replayed.section.splitlines() if "schemathesis" in line]
    assert note == (
        "the document of crm is not held against responses: schemathesis is not installed"
        " (pip install 'pytest-integration-contracts[openapi]')"
    )
    assert "spec.operation-undeclared" in replayed.text
    assert "spec.type-violated" not in replayed.text


def test_a_document_that_cannot_be_read_is_one_clear_problem(project: Project, upstream: Upstream) -> None:
    published(project, upstream)
    project.write(KEPT, "{")
    replayed = project.run("--contracts", "-k", "customer")
    assert replayed.exit == 1
    assert f"{KEPT}: has no `x-integration-contracts`" in replayed.text or f"{KEPT}, line" in replayed.text
    assert "Traceback" not in replayed.text


def test_without_a_document_nothing_of_the_engine_is_loaded(project: Project, upstream: Upstream) -> None:
    published(project, upstream)
    project.write("contracts.toml", MANIFEST)
    project.write(
        "conftest.py",
        "import sys\ndef pytest_unconfigure(config):\n"
        "    print('loaded:', *sorted({'schemathesis', 'hypothesis'} & set(sys.modules)))\n",
    )
    replayed = project.run("--contracts", "-s")
    assert replayed.exit == 0
    assert "spec." not in replayed.text
    assert "loaded:\n" in replayed.text.replace("loaded: \n", "loaded:\n")
