"""What fixtures exchange, and the `contract` fixture."""

from __future__ import annotations

import json

import pytest

from plugin.harness import Project
from upstream import Upstream, json_answer

TOKEN = {"access_token": "tok-1f2e3d4c5b6a", "token_type": "Bearer", "expires_in": 3600}
NOWHERE = "http://127.0.0.1:9/v1"

LOGIN = """
import os
import pytest
import requests

@pytest.fixture(scope="{scope}")
def token():
    url = os.environ["CRM_URL"]
    yield requests.post(f"{{url}}/login", data={{"client_secret": "hush-hush"}}, timeout=5).json()["access_token"]
    requests.post(f"{{url}}/logout", timeout=5)
"""

TESTS = """
import os
import pytest
import requests

def get(path, token):
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{os.environ['CRM_URL']}/{path}", headers=headers, timeout=5).json()

class TestOne:
    @pytest.mark.contract
    def test_a(self, token):
        assert get("customers/1", token)

    @pytest.mark.contract
    def test_b(self, token):
        assert get("customers/2", token)

@pytest.mark.contract
def test_c(token):
    assert get("customers/3", token)
"""


@pytest.fixture
def logging_in(project: Project, upstream: Upstream) -> Project:
    upstream.answers["/v1/login"] = json_answer(TOKEN)
    upstream.answers["/v1/logout"] = json_answer({"ok": True})
    upstream.answers |= {f"/v1/customers/{number}": json_answer({"id": number}) for number in (1, 2, 3)}
    project.write("conftest.py", LOGIN.format(scope="session"))
    project.write("test_crm.py", TESTS)
    return project


def test_a_session_fixture_is_recorded_once_and_replayed_for_every_test(
    logging_in: Project, upstream: Upstream
) -> None:
    assert logging_in.run("--contracts-update").exit == 0
    assert upstream.asked.count("POST /v1/login") == 1
    assert upstream.asked.count("POST /v1/logout") == 1
    cassette = logging_in.files()["contracts/cassettes/fixture-token.yaml"]
    assert cassette.count("/login") == 1
    assert cassette.count("/logout") == 1
    assert "tok-1f2e3d4c5b6a" not in "".join(logging_in.files().values())
    assert "hush-hush" not in "".join(logging_in.files().values())
    for test in ("test_crm.py::TestOne::test_b", "test_crm.py::test_c", "test_crm.py"):
        result = logging_in.run("--contracts", test, CRM_URL=NOWHERE)
        assert result.exit == 0, result.text


def test_evidence_of_a_session_fixture_counts_once_however_many_workers(
    logging_in: Project, upstream: Upstream
) -> None:
    assert logging_in.run("--contracts-update").exit == 0
    alone = logging_in.files("contracts/crm")
    assert json.loads(alone["contracts/crm/POST-login.json"])["responses"]["200 application/json"]["seen"] == 1
    for path in (logging_in.folder / "contracts" / "crm").rglob("*.json"):
        path.unlink()
    assert logging_in.run("--contracts-update", "-n2", CRM_URL=NOWHERE).exit == 0
    assert logging_in.files("contracts/crm") == alone


def test_a_session_fixture_is_checked_once(logging_in: Project, upstream: Upstream) -> None:
    logging_in.run("--contracts-update")
    upstream.answers["/v1/login"] = json_answer({"access_token": "t", "expires_in": 3600})
    result = logging_in.run("--contracts-live")
    assert (result.exit, "1 failed, 2 passed" in result.text) == (1, True)
    assert "$.token_type" in result.failure("TestOne.test_a")
    assert "3 operations hold" not in result.section
    assert "1 drifts: 1 breaking change." in result.section


def test_what_a_fixture_exchanges_in_its_teardown_is_held_too(logging_in: Project, upstream: Upstream) -> None:
    logging_in.run("--contracts-update")
    upstream.answers["/v1/logout"] = json_answer({"done": True})
    result = logging_in.run("--contracts-live")
    assert result.exit == 1
    assert "$.ok" in result.text
    assert "crm  POST /logout" in result.text


@pytest.mark.parametrize(
    ("scope", "cassettes"),
    [
        ("function", []),
        ("class", ["test_crm/TestOne.fixture-token.yaml", "test_crm/fixture-token.yaml"]),
        ("module", ["test_crm/fixture-token.yaml"]),
        ("session", ["fixture-token.yaml"]),
    ],
)
def test_a_fixture_of_every_scope_replays(
    logging_in: Project, upstream: Upstream, scope: str, cassettes: list[str]
) -> None:
    logging_in.write("conftest.py", LOGIN.format(scope=scope))
    assert logging_in.run("--contracts-update").exit == 0
    root = "contracts/cassettes/"
    found = [name.removeprefix(root) for name in logging_in.files(root) if "fixture-" in name]
    assert found == cassettes
    result = logging_in.run("--contracts", CRM_URL=NOWHERE)
    assert (result.exit, result.section) == (0, "3 operations hold.")


def test_a_wide_fixture_first_used_by_another_kind_of_test_still_replays(logging_in: Project) -> None:
    logging_in.write("test_before.py", "def test_no_contract(token):\n    assert token\n")
    assert logging_in.run("--contracts-update").exit == 0
    result = logging_in.run("--contracts", CRM_URL=NOWHERE)
    assert (result.exit, result.section) == (0, "3 operations hold.")


def test_a_fixture_that_raises_is_not_recorded_and_says_what_changed(logging_in: Project, upstream: Upstream) -> None:
    logging_in.run("--contracts-update")
    upstream.answers["/v1/login"] = json_answer({"token": "t", "token_type": "Bearer", "expires_in": 3600})
    before = logging_in.files()
    result = logging_in.run("--contracts-record", "-k", "test_c")
    assert result.exit == 1
    assert "KeyError: 'access_token'" in result.text
    assert "property.renamed   $.access_token    access_token -> token" in result.text
    assert logging_in.files() == before


def test_two_parameters_of_a_fixture_have_a_cassette_each(project: Project, upstream: Upstream) -> None:
    upstream.answers |= {f"/v1/customers/{number}": json_answer({"id": number}) for number in (1, 2)}
    project.write(
        "test_crm.py",
        """
        import pytest
        from client import customer

        @pytest.fixture(scope="module", params=[1, 2])
        def someone(request):
            return customer(request.param)

        @pytest.mark.contract
        def test_someone(someone):
            assert someone["id"]
        """,
    )
    assert project.run("--contracts-update").exit == 0
    names = [name.rpartition("/")[2] for name in project.files("contracts/cassettes")]
    assert names == ["fixture-someone[0].yaml", "fixture-someone[1].yaml"]
    assert project.run("--contracts", CRM_URL=NOWHERE).exit == 0


CHECKS = """
import pytest

@pytest.mark.contract
def test_event(contract):
    contract.check({event}, operation="EVENT order.created")
    assert [exchange.method for exchange in contract.exchanges] == ["EVENT"]
"""


def test_a_payload_that_did_not_come_over_http_is_learned_and_held(project: Project) -> None:
    project.write("test_crm.py", CHECKS.format(event={"id": 7, "total": 12.5}))
    assert project.run("--contracts-update").exit == 0
    assert list(project.files()) == ["contracts/crm/EVENT-order.created.json"]
    assert project.run("--contracts").section == "1 operation holds."
    project.write("test_crm.py", CHECKS.format(event={"id": 7}))
    result = project.run("--contracts")
    assert result.exit == 1
    assert "crm  EVENT order.created  payload" in result.failure("test_event")
    assert "property.removed   $.total" in result.failure("test_event")


def test_a_payload_needs_an_integration_where_the_manifest_leaves_a_choice(project: Project) -> None:
    manifest = (project.folder / "contracts.toml").read_text()
    project.write("contracts.toml", manifest + '\n[integrations.shop]\nurls = ["https://shop.example"]\n')
    project.write("test_crm.py", CHECKS.format(event={"id": 7}))
    result = project.run("--contracts-update")
    assert result.exit == 1
    assert 'contract.check(value, operation="EVENT order.created", integration="crm")' in result.text


def test_what_is_no_json_value_is_said_to_be_none(project: Project) -> None:
    project.write("test_crm.py", CHECKS.format(event="{'at': object()}"))
    result = project.run("--contracts-update")
    assert (result.exit, project.files()) == (1, {})
    assert "BodyError: a value of type object is not a JSON value; convert it before it is checked" in result.text


def test_the_fixture_sees_what_was_exchanged(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
    project.write(
        "test_crm.py",
        """
        from client import customer

        def test_sees(contract):
            customer(42)
            (exchange,) = contract.exchanges
            assert (exchange.method, exchange.status) == ("GET", 200)
            assert exchange.url == "https://api.crm.example/v1/customers/42"
            assert exchange.response_body == {"id": 42}
        """,
    )
    assert project.run().text.count("1 skipped") == 1
    result = project.run("--contracts-update")
    assert result.exit == 0, result.text


def test_insisting_on_an_integration_fails_where_it_was_not_asked(project: Project) -> None:
    project.write(
        "test_crm.py", 'import pytest\n\n@pytest.mark.contract("crm")\ndef test_asks_nobody():\n    assert True\n'
    )
    result = project.run("--contracts-update")
    assert result.exit == 1
    assert "nothing was exchanged with crm, which this test insists on" in result.failure("test_asks_nobody")


def test_insisting_on_an_unknown_integration_names_the_known_ones(project: Project) -> None:
    project.write("test_crm.py", 'import pytest\n\n@pytest.mark.contract("crn")\ndef test_typo():\n    assert True\n')
    result = project.run("--contracts")
    assert result.exit == 1
    assert "no integration `crn` in the manifest; it has: crm" in result.text
