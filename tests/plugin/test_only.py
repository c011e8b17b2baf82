"""`--contracts-only`: the tests of some integrations, and of those that nobody knows."""

from __future__ import annotations

import pytest

from plugin.harness import MANIFEST, Project
from plugin.test_retries import CLIENT, asked
from upstream import Upstream, json_answer

TESTS = """
import pytest
from client import ask

@pytest.mark.contract
def test_customers():
    ask("/customers")

@pytest.mark.contract
def test_rates():
    ask("/tax/rates")

@pytest.mark.contract
def test_both():
    ask("/tax/both")
    ask("/both")

@pytest.mark.contract("tax")
def test_insists():
    ask("/tax/insists")

@pytest.mark.parametrize("name", ["tax", "crm"])
class TestNew:
    @pytest.mark.contract
    def test_new(self, name):
        ask("/customers" if name == "crm" else "/tax/rates")

def test_of_no_contract():
    pass
"""


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_only_tests_that_may_ask_what_is_wanted_run(project: Project, upstream: Upstream, workers: str) -> None:
    paths = ("customers", "both", "tax/rates", "tax/both", "tax/insists")
    upstream.answers |= {f"/v1/{path}": json_answer({"id": 1}) for path in paths}
    tax = '[integrations.tax]\nurls = ["${CRM_URL:-https://api.crm.example/v1}/tax"]\n'
    project.write("contracts.toml", f"{MANIFEST.strip()}\n\n{tax}")
    project.write("client.py", CLIENT)
    project.write("test_crm.py", TESTS)
    project.learn(upstream)
    (recording,) = (project.folder / "contracts" / "cassettes").rglob("*test_new*crm*")
    recording.unlink()
    upstream.asked.clear()
    result = project.run("--contracts-live", "--contracts-only", "crm", workers, "--contracts-report", "report.json")
    assert result.exit == 0, result.text
    assert asked(upstream) == {"/customers": 2, "/tax/both": 1, "/both": 1}
    assert ("4 passed" in result.text, "deselected" in result.text or workers == "-n2") == (True, True)
    assert '"--contracts-only crm"' in (project.folder / "report.json").read_text()
    refused = project.run("--contracts-live", "--contracts-only", "crm,taxes")
    assert refused.exit == 4
    assert "--contracts-only: no integration `taxes`; there are: crm, tax" in refused.errors
