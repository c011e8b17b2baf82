"""Adopted tests where the real upstream is asked: by pytest-recording for its cassettes, or by us for none."""

from __future__ import annotations

import json

import pytest

from plugin.harness import MANIFEST, TEST, Project
from upstream import Upstream, json_answer

NOWHERE = "http://127.0.0.1:9/v1"
CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
SNAPSHOT = "contracts/crm/GET-customers-{id}.json"
CASSETTE = "cassettes/test_crm/test_customer.yaml"


@pytest.fixture
def recorded(adopting: Project, upstream: Upstream) -> Project:
    """Recorded by pytest-recording, and learned from, with the upstream still there."""
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    assert adopting.run("--contracts-update", "--record-mode=once").exit == 0
    return adopting


def test_what_pytest_recording_records_is_learned_at_once(adopting: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    result = adopting.run("--contracts-update", "--record-mode=once")
    assert result.section == (
        f"created  {SNAPSHOT} (1.0)\n"
        "1 snapshot created. 1 cassette recorded.\n"
        "review and commit:  git add cassettes contracts"
    )
    assert upstream.asked == ["GET /v1/customers/42"]


@pytest.mark.parametrize(
    ("flags", "command"),
    [
        (["--contracts-record"], "pytest --contracts --record-mode=rewrite test_crm.py"),
        (
            ["--contracts-record", "--contracts-update"],
            "pytest --contracts-update --record-mode=rewrite test_crm.py",
        ),
    ],
)
def test_we_do_not_record_what_pytest_recording_keeps_and_name_the_command_that_does(
    recorded: Project, upstream: Upstream, flags: list[str], command: str
) -> None:
    before, asked = recorded.files("cassettes"), list(upstream.asked)
    result = recorded.run(*flags)
    assert result.exit == 0, result.text
    assert result.section == f"1 operation holds.\npytest-recording records what it keeps:  {command}"
    assert (recorded.files("cassettes"), upstream.asked) == (before, asked)
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "email": "new@mail.example", "balance": 1.5})
    named = recorded.run(*command.split()[1:])
    assert named.section == "1 operation holds. 1 cassette recorded.\nreview and commit:  git add cassettes"
    assert "new@mail.example" in recorded.files("cassettes")[CASSETTE]


def test_what_is_recorded_again_is_held(recorded: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "balance": 12.5})
    result = recorded.run("--contracts", "--record-mode=rewrite")
    assert result.exit == 1
    assert "BREAKING  property.removed   $.email" in result.failure("test_customer")
    assert "they meant it?  pytest --contracts-update test_crm.py" in result.text, "it is in the cassette by now"


def test_an_upstream_that_is_down_while_recording_is_said_to_be(recorded: Project) -> None:
    result = recorded.run("--contracts", "--record-mode=new_episodes", CRM_URL=NOWHERE)
    assert "DOWN  GET https://api.crm.example/v1/customers/42 got no readable answer" in result.text
    assert result.exit == 6


CONFIG = """
import pytest

@pytest.fixture
def vcr_config():
    return {config}
"""
BLOCKED = ["--block-network"], ["--block-network", "--record-mode=none"], ["--record-mode=none"], []


@pytest.mark.parametrize("flags", BLOCKED, ids=" ".join)
@pytest.mark.parametrize("config", ["{}", '{"record_mode": "rewrite"}', '{"record_mode": "none"}'])
def test_a_live_run_asks_the_real_upstream_and_touches_no_file(
    recorded: Project, upstream: Upstream, flags: list[str], config: str
) -> None:
    recorded.write("conftest.py", CONFIG.format(config=config))
    before, asked = recorded.files("."), len(upstream.asked)
    held = recorded.run("--contracts-live", *flags)
    assert (held.exit, held.section) == (0, "1 operation holds.")
    assert len(upstream.asked) == asked + 1
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "balance": 12.5})
    drifted = recorded.run("--contracts-live", *flags)
    assert drifted.exit == 1
    assert "BREAKING  property.removed   $.email" in drifted.failure("test_customer")
    assert "they meant it?  pytest --contracts-update --record-mode=rewrite test_crm.py" in drifted.text
    assert recorded.files(".") == before


def test_a_live_run_tells_apart_whose_problem_it_is(recorded: Project, upstream: Upstream) -> None:
    ours = TEST.replace("mark.contract", "mark.vcr").replace("customer(42)", "not customer(42)")
    recorded.write("test_crm.py", ours)
    result = recorded.run("--contracts-live")
    assert "the contract held (crm  GET /customers/{id}): the fault is ours" in result.text
    upstream.answers["/v1/customers/42"] = json_answer({"error": "no"}, 401, WWW_Authenticate="Bearer")
    assert recorded.run("--contracts-live").exit == 7
    assert recorded.run("--contracts-live", CRM_URL=NOWHERE).exit == 6


def test_a_live_run_leaves_other_tests_of_pytest_recording_alone(recorded: Project, upstream: Upstream) -> None:
    recorded.write("other/contracts.toml", MANIFEST)
    recorded.write("other/client.py", (recorded.folder / "client.py").read_text())
    recorded.write("other/test_other.py", TEST.replace("mark.contract", "mark.vcr"))
    assert recorded.run("--record-mode=once", "other").exit == 0
    asked = len(upstream.asked)
    assert recorded.run("--contracts-live").exit == 0
    assert len(upstream.asked) == asked + 1, "that of the adopted test"


FILTERED = """
import json
import pytest

def without_account(response):
    if b"pong" in response["body"]["string"]:
        return None
    body = json.loads(response["body"]["string"])
    body["account"] = "REDACTED"
    body.pop("token", None)
    response["body"]["string"] = json.dumps(body).encode()
    return response

def without_balance(request, response):
    body = json.loads(response["body"]["string"])
    body["balance"] = "HIDDEN"
    response["body"]["string"] = json.dumps(body).encode()
    return request, response

def no_telemetry(request):
    return None if request.path.endswith("/telemetry") else request

@pytest.fixture
def vcr_config():
    return {
        "filter_headers": ["authorization"],
        "filter_query_parameters": ["api_key"],
        "before_record_response": without_account,
        "before_record_request": no_telemetry,
        "before_save_interaction": without_balance,
        "decode_compressed_response": True,
    }
"""
ASKS = """
import os
import pytest
import requests

@pytest.mark.vcr
def test_customer():
    url = os.environ["CRM_URL"]
    headers = {"Authorization": "Bearer s3cr3t"}
    assert requests.get(f"{url}/customers/42?api_key=hush-hush", headers=headers, timeout=5).json()["id"] == 42
    if "REACHABLE" in os.environ:
        assert requests.get(f"{url}/ping", timeout=5).json() == "pong"
    try:
        requests.post(f"{url}/telemetry", json={"event": "asked"}, timeout=5)
    except requests.ConnectionError:
        pass
"""


def test_what_is_kept_is_what_is_observed_recorded_replayed_or_live(adopting: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER | {"account": 7, "token": "t0k3n"})
    upstream.answers["/v1/telemetry"] = json_answer({"ok": True})
    upstream.answers["/v1/ping"] = json_answer("pong")
    adopting.write("conftest.py", FILTERED)
    adopting.write("test_crm.py", ASKS)
    adopting.environment["SOURCE_DATE_EPOCH"] = "1700000000"
    assert adopting.run("--contracts-update", "--record-mode=rewrite", REACHABLE="1").exit == 0
    learned_while_recording = adopting.files()
    assert list(learned_while_recording) == [SNAPSHOT], "what is not kept is not observed"
    properties = json.loads(learned_while_recording[SNAPSHOT])["responses"]["200 application/json"]["body"][
        "properties"
    ]
    assert [properties[name]["type"] for name in ("account", "balance")] == ["string", "string"]
    assert "token" not in properties
    assert adopting.run("--contracts-live", REACHABLE="1").section == "1 operation holds.", "filtered as well"
    upstream.stop()
    assert adopting.run("--contracts").section == "1 operation holds."
    (adopting.folder / SNAPSHOT).unlink()
    assert adopting.run("--contracts-update").exit == 0
    assert adopting.files() == learned_while_recording
    (adopting.folder / SNAPSHOT).unlink()
    assert "1 snapshot created" in adopting.command("capture", "cassettes").text
    assert adopting.files() == learned_while_recording, "cassettes alone teach the same"


def test_hosts_that_are_ignored_are_not_observed(adopting: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    adopting.write("conftest.py", CONFIG.format(config='{"ignore_hosts": ["127.0.0.1"]}'))
    for flag in ("--contracts", "--contracts-live", "--contracts-update"):
        result = adopting.run(flag)
        assert (result.exit, result.section) == (0, "No contract test ran.")
    assert upstream.asked == ["GET /v1/customers/42"] * 3, "it passes by the cassette, as always"


def test_own_matchers_and_serializers_work_live_too(adopting: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    registered = """
def by_path(one, other):
    assert one.path == other.path

def pytest_recording_configure(config, vcr):
    vcr.register_matcher("by_path", by_path)
"""
    adopting.write("conftest.py", registered + CONFIG.format(config='{"match_on": ["by_path"]}'))
    assert adopting.run("--contracts-update", "--record-mode=once").exit == 0
    assert adopting.run("--contracts-live").exit == 0
    assert adopting.run("--contracts", CRM_URL=NOWHERE).exit == 0
