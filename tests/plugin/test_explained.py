"""What the request or the manifest explains, in real sessions."""

from __future__ import annotations

import json

from plugin.harness import MANIFEST, Project
from upstream import Upstream, json_answer

CLIENT = """
import os
import requests

URL = os.environ.get("CRM_URL", "https://api.crm.example/v1")

def create(**fields):
    return requests.post(f"{URL}/orders", json=fields, timeout=5).json()

def rates():
    return requests.get(f"{URL}/rates", timeout=5).json()
"""
CREATE = """
import pytest
from client import create

@pytest.mark.contract
def test_create():
    create({fields})
"""
RATES = """
import pytest
from client import rates

@pytest.mark.contract
def test_rates():
    rates()
"""


def test_a_field_that_our_own_request_no_longer_sends_is_no_drift(project: Project, upstream: Upstream) -> None:
    project.write("client.py", CLIENT)
    project.write("test_crm.py", CREATE.format(fields='name="x y", note="n n"'))
    upstream.answers["/v1/orders"] = json_answer({"id": 7, "name": "x y", "note": "n n"})
    assert project.run("--contracts-update").exit == 0
    project.write("test_crm.py", CREATE.format(fields='name="x y"'))
    upstream.answers["/v1/orders"] = json_answer({"id": 8, "name": "x y"})
    result = project.run("--contracts-live")
    assert result.exit == 0, result.text
    assert "warning   property.removed   $.note" in result.section
    assert "(the request did not send it)" in result.section
    project.write("test_crm.py", CREATE.format(fields='name="x y", note="n n"'))
    assert project.run("--contracts-live").exit == 1
    project.write("test_crm.py", CREATE.format(fields='name="x y"'))
    learned = project.run("--contracts-record", "--contracts-update").section
    assert "learned  contracts/crm/POST-orders.json (1.0 -> 1.1)" in learned
    assert "(the request did not send it)" in learned


def test_pins_in_the_manifest_decide_what_is_a_map(project: Project, upstream: Upstream) -> None:
    project.write("client.py", CLIENT)
    project.write("test_crm.py", RATES)
    upstream.answers["/v1/rates"] = json_answer({"rates": {"eur": 1.5, "usd": 2.5}, "codes": {"1": "x y", "2": "y z"}})
    project.write("contracts.toml", MANIFEST + 'maps = ["$.rates"]\nrecords = ["GET /rates $.codes"]\n')
    assert project.run("--contracts-update").exit == 0
    body = json.loads(project.files()["contracts/crm/GET-rates.json"])["responses"]["200 application/json"]["body"]
    assert "eur" not in json.dumps(body)
    assert list(body["properties"]["codes"]["properties"]) == ["1", "2"]
    upstream.answers["/v1/rates"] = json_answer({"rates": {"chf": 1.5}, "codes": {"1": "x y"}})
    failure = project.run("--contracts-live").failure("test_rates")
    assert "property.removed   $.codes['2']" in failure
    assert "$.rates" not in failure


def test_the_preset_and_overrides_of_the_manifest_are_in_force(project: Project, upstream: Upstream) -> None:
    project.write("client.py", CLIENT)
    project.write("test_crm.py", RATES)
    upstream.answers["/v1/rates"] = json_answer({"day": "x y", "base": "b c"})
    assert project.run("--contracts-update").exit == 0
    upstream.answers["/v1/rates"] = json_answer({"base": "b c"})
    assert project.run("--contracts-live").exit == 1
    project.write("contracts.toml", '[policy]\npreset = "lenient"\n' + MANIFEST)
    assert project.run("--contracts-live").exit == 0
    override = '[[policy.overrides]]\nrule = "property.removed"\nseverity = "{}"\npath = "$.day"\n'
    project.write("contracts.toml", override.format("off") + MANIFEST)
    result = project.run("--contracts-live")
    assert (result.exit, "property.removed" in result.text) == (0, False)
    project.write("contracts.toml", override.format("nothing") + MANIFEST)
    assert project.run("--contracts-live").exit != 0
