"""The whole way of a deployment: a run writes its report, and the gate reads it."""

from __future__ import annotations

import json

import pytest

from committing import Repository, needs_git
from plugin.harness import Project
from upstream import Upstream, json_answer

pytestmark = needs_git

CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
CHECK = ("--contracts", "--contracts-report", "contracts-report.json")


def test_a_deployment_is_let_through_until_the_contract_breaks(
    project: Project, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(project.folder, monkeypatch)
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    assert project.run("--contracts-update").exit == 0
    deployed = repository.commit()
    assert project.command("gate", "crm", "--since", deployed).exit == 3
    assert project.run(*CHECK).exit == 0
    safe = project.command("gate", "crm", "--since", deployed)
    assert (safe.exit, safe.text.splitlines()[1]) == (0, "  1 operation verified, nothing breaks")

    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "balance": 12.5})
    assert project.run("--contracts-live", *CHECK[1:]).exit == 1
    drifted = project.command("gate", "crm", "--since", deployed)
    assert drifted.exit == 1
    assert "  drift: GET /customers/{id}: the last run found what its snapshot has not\n" in drifted.text

    learned = project.run("--contracts-record", "--contracts-update")
    assert "1 snapshot updated, 1 breaking." in learned.section
    repository.commit()
    assert project.run(*CHECK).exit == 0
    broken = project.command("gate", "crm", "--since", deployed)
    assert broken.exit == 1
    assert "  GET /customers/{id} (1.0 -> 2.0)\n    BREAKING  property.removed   $.email" in broken.text
    assert project.command("gate", "crm", "--since", "HEAD").exit == 0
    added = repository.git("show", "--name-only", "--format=", "HEAD").splitlines()
    assert "contracts/crm/history/GET-customers-{id}/1.0-broken-by-2.0.json" in added

    assert project.run(*CHECK, "-k", "customer").exit == 0
    report = json.loads((project.folder / "contracts-report.json").read_text())
    assert report["run"]["partial"] == ["-k customer"]
    part = project.command("gate", "crm", "--since", "HEAD")
    assert (part.exit, "is of a part of the tests only (-k customer)" in part.text) == (3, True)
