"""Each row of the table of commands: what it does to network, cassettes and snapshots, with each client."""

from __future__ import annotations

import pytest

from plugin.harness import Project
from upstream import Upstream, json_answer

CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
SNAPSHOT = "contracts/crm/GET-customers-{id}.json"
CASSETTE = "contracts/cassettes/test_crm/test_customer.yaml"

CLIENTS = {
    "requests": """
        import os, requests
        def customer(number):
            return requests.get(f"{os.environ['CRM_URL']}/customers/{number}", timeout=5).json()
        """,
    "urllib": """
        import json, os, urllib.request
        def customer(number):
            with urllib.request.urlopen(f"{os.environ['CRM_URL']}/customers/{number}", timeout=5) as response:
                return json.load(response)
        """,
    "httpx": """
        import os, httpx
        def customer(number):
            return httpx.get(f"{os.environ['CRM_URL']}/customers/{number}", timeout=5).json()
        """,
    "httpx-async": """
        import asyncio, os, httpx
        async def ask(number):
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{os.environ['CRM_URL']}/customers/{number}", timeout=5)).json()
        def customer(number):
            return asyncio.run(ask(number))
        """,
    "aiohttp": """
        import asyncio, os, aiohttp
        async def ask(number):
            async with aiohttp.ClientSession() as session:
                async with session.get(f"{os.environ['CRM_URL']}/customers/{number}") as response:
                    return await response.json()
        def customer(number):
            return asyncio.run(ask(number))
        """,
}


@pytest.fixture(params=CLIENTS)
def any_client(request: pytest.FixtureRequest, project: Project, upstream: Upstream) -> Project:
    project.write("client.py", CLIENTS[request.param])
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    return project


def test_plain_pytest_skips_and_says_how_to_run(project: Project, upstream: Upstream) -> None:
    result = project.run("-rs")
    assert result.exit == 0
    assert "1 skipped" in result.text
    assert "contract test: run it with `pytest --contracts`" in result.text
    assert (upstream.asked, project.files()) == ([], {})


def test_update_then_replay_then_live_then_record(any_client: Project, upstream: Upstream) -> None:
    project = any_client
    learned = project.run("--contracts-update")
    assert learned.exit == 0, learned.text
    assert upstream.asked == ["GET /v1/customers/42"]
    files = project.files()
    assert sorted(files) == [CASSETTE, SNAPSHOT]
    assert "https://api.crm.example/v1/customers/42" in files[CASSETTE]
    assert "127.0.0.1" not in files[CASSETTE]

    replayed = project.run("--contracts", CRM_URL="http://127.0.0.1:9/v1")
    assert replayed.exit == 0, replayed.text
    assert replayed.section == "1 operation holds."
    assert upstream.asked == ["GET /v1/customers/42"]

    upstream.answers["/v1/customers/42"] = json_answer({**CUSTOMER, "name": "Ada"})
    live = project.run("--contracts-live")
    assert live.exit == 0, live.text
    assert "property.added   $.name    string" in live.section
    assert len(upstream.asked) == 2
    assert project.files() == files

    recorded = project.run("--contracts-record")
    assert recorded.exit == 0, recorded.text
    assert len(upstream.asked) == 3
    assert project.files()[SNAPSHOT] == files[SNAPSHOT]
    assert '"name": "Ada"' in project.files()[CASSETTE]

    refreshed = project.run("--contracts-record", "--contracts-update")
    assert refreshed.exit == 0, refreshed.text
    assert len(upstream.asked) == 4
    assert '"version": "1.1"' in project.files()[SNAPSHOT]


def test_a_breaking_change_fails_live_and_replay(any_client: Project, upstream: Upstream) -> None:
    project = any_client
    assert project.run("--contracts-update").exit == 0
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "balance": 12.5})
    live = project.run("--contracts-live")
    assert live.exit == 1
    assert "BREAKING  property.removed   $.email" in live.failure("test_customer")
    recorded = project.run("--contracts-record")
    assert recorded.exit == 1
    assert "property.removed" in recorded.text
    replayed = project.run("--contracts", CRM_URL="http://127.0.0.1:9/v1")
    assert replayed.exit == 1
    assert "they meant it?  pytest --contracts-update test_crm.py" in replayed.text
    learned = project.run("--contracts-update", CRM_URL="http://127.0.0.1:9/v1")
    assert learned.exit == 0, learned.text
    assert '"version": "2.0"' in project.files()[SNAPSHOT]
    assert project.run("--contracts", CRM_URL="http://127.0.0.1:9/v1").exit == 0


def test_replay_without_a_recording_fails_and_names_the_command(project: Project, upstream: Upstream) -> None:
    result = project.run("--contracts")
    assert result.exit == 1
    assert f"is not in {CASSETTE}, which does not exist yet" in result.text
    assert "to learn what is missing:  pytest --contracts-update test_crm.py" in result.section
    assert upstream.asked == []


def test_replay_of_another_request_names_the_command_that_records_again(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    project.run("--contracts-update")
    project.write("test_crm.py", (project.folder / "test_crm.py").read_text().replace("42", "43"))
    result = project.run("--contracts")
    assert result.exit == 1
    assert f"GET https://api.crm.example/v1/customers/43 is not in {CASSETTE}" in result.text
    assert "pytest --contracts-record --contracts-update test_crm.py" in result.section


def test_a_swallowed_missing_recording_fails_all_the_same(project: Project) -> None:
    project.write(
        "test_crm.py",
        """
        import pytest
        from client import customer

        @pytest.mark.contract
        def test_customer():
            try:
                customer(42)
            except Exception:
                pass
        """,
    )
    result = project.run("--contracts")
    assert result.exit == 1
    assert "UNVERIFIED  GET https://api.crm.example/v1/customers/42 is not in" in result.failure("test_customer")


def test_a_missing_snapshot_fails_and_names_the_command(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    project.run("--contracts-update")
    (project.folder / SNAPSHOT).unlink()
    result = project.run("--contracts")
    assert result.exit == 1
    assert "UNVERIFIED  crm  GET /customers/{id} has no snapshot yet" in result.failure("test_customer")
    assert "to end this:  pytest --contracts-update test_crm.py" in result.failure("test_customer")


def test_update_records_nothing_where_ci_is_set(project: Project, upstream: Upstream) -> None:
    result = project.run("--contracts-update", CI="true")
    assert result.exit == 1
    assert (upstream.asked, project.files()) == ([], {})


def test_update_leaves_recorded_tests_off_the_network(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    project.run("--contracts-update")
    before = project.files()
    again = project.run("--contracts-update")
    assert again.section == "1 operation holds."
    assert (len(upstream.asked), project.files()) == (1, before)


@pytest.mark.parametrize("other", ["--contracts-record", "--contracts-update"])
def test_contradictory_flags_are_a_usage_error(project: Project, other: str) -> None:
    result = project.run("--contracts-live", other)
    assert result.exit == 4
    assert f"--contracts-live neither reads nor writes files, so {other} cannot go with it" in result.errors


def test_the_ini_option_stands_for_the_flag(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\ncontracts = true\n")
    assert "has no recording" not in project.run().text
    assert project.run().exit == 1


@pytest.mark.parametrize("raises", ["body", "setup", "teardown"])
def test_a_test_that_raises_neither_teaches_nor_records(project: Project, upstream: Upstream, raises: str) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    project.write(
        "test_crm.py",
        f"""
        import pytest
        from client import customer

        @pytest.fixture
        def record():
            customer(42)
            assert "{raises}" != "setup"
            yield
            assert "{raises}" != "teardown"

        @pytest.mark.contract
        def test_customer(record):
            assert customer(42)
            assert "{raises}" != "body"
        """,
    )
    assert project.run("--contracts-update").exit == 1
    assert project.files() == {}
    assert project.run("--contracts-record", "--contracts-update").exit == 1
    assert project.files() == {}


def test_parametrised_and_class_tests_have_cassettes_of_their_own(project: Project, upstream: Upstream) -> None:
    upstream.answers |= {f"/v1/customers/{number}": json_answer({**CUSTOMER, "id": number}) for number in (42, 43)}
    project.write(
        "tests/unit/test_crm.py",
        """
        import pytest
        from client import customer

        class TestCustomer:
            @pytest.mark.contract
            @pytest.mark.parametrize("number", [42, 43])
            def test_reads(self, number):
                assert customer(number)["id"] == number

        @pytest.mark.contract
        @pytest.mark.parametrize("name", [1, 2, 3, 4], ids=["EUR", "a/../../b", "eur", "x" * 300])
        def test_names(name):
            assert customer(42)
        """,
    )
    project.write("conftest.py", "")
    (project.folder / "test_crm.py").unlink()
    result = project.run("--contracts-update")
    assert result.exit == 0, result.text
    cassettes = [
        name.removeprefix("contracts/cassettes/tests/unit/test_crm/") for name in project.files("contracts/cassettes")
    ]
    assert cassettes[0] == "TestCustomer.test_reads[42].yaml"
    assert cassettes[1] == "TestCustomer.test_reads[43].yaml"
    assert cassettes[2].startswith("test_names[EUR]-")
    assert cassettes[3].startswith("test_names[a_.._.._b]-")
    assert cassettes[4] == "test_names[eur].yaml"
    assert cassettes[5].startswith("test_names[xxx")
    assert len({name.lower() for name in cassettes}) == len(cassettes) == 6
    assert all(len(name) < 150 for name in cassettes)
    assert project.run("--contracts", CRM_URL="http://127.0.0.1:9/v1").exit == 0
