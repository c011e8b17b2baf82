"""A project that has no contracts.toml yet."""

from __future__ import annotations

import pytest

from plugin.harness import CLIENT, TEST, Project
from upstream import Upstream, json_answer


@pytest.fixture
def unnamed(bare: Project, upstream: Upstream) -> Project:
    bare.write("client.py", CLIENT)
    bare.write("test_crm.py", TEST)
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "email": "ada@mail.example"})
    return bare


def test_the_integration_takes_the_hosts_name(unnamed: Project, upstream: Upstream) -> None:
    learned = unnamed.run("--contracts-update")
    assert learned.exit == 0, learned.text
    assert "contracts/127.0.0.1/GET-v1-customers-{id}.json" in unnamed.files()
    advice = "add it to contracts.toml; integration-contracts init writes one where there is none"
    assert f"in no manifest: 127.0.0.1  ({advice})" in learned.section
    assert unnamed.run("--contracts").exit == 0
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
    result = unnamed.run("--contracts-live")
    assert result.exit == 1
    assert "127.0.0.1  GET /v1/customers/{id}" in result.failure("test_customer")
    assert "nobody is named for 127.0.0.1: fill in contracts.toml" in result.failure("test_customer")


def test_the_folder_goes_beside_the_ini_file_of_the_root(unnamed: Project) -> None:
    (unnamed.folder / "test_crm.py").rename(unnamed.folder / "client_tests.py")
    unnamed.write("tests/deep/test_crm.py", TEST)
    unnamed.write("conftest.py", "")
    assert unnamed.run("--contracts-update", "tests").exit == 0
    assert "contracts/cassettes/tests/deep/test_crm/test_customer.yaml" in unnamed.files()


def test_init_writes_a_manifest_that_works_from_what_was_recorded(unnamed: Project, upstream: Upstream) -> None:
    unnamed.run("--contracts-update")
    done = unnamed.command("init")
    assert done.exit == 0, done.errors
    manifest = (unnamed.folder / "contracts.toml").read_text(encoding="utf-8")
    assert '[integrations."127.0.0.1"]' in manifest
    assert f'urls = ["{upstream.url.removesuffix("/v1")}"]' in manifest
    assert manifest.count("FILL IN") == 4
    replayed = unnamed.run("--contracts")
    assert (replayed.exit, replayed.section) == (0, "1 operation holds.")


def test_init_leaves_a_manifest_alone(unnamed: Project) -> None:
    unnamed.run("--contracts-update")
    unnamed.write("contracts.toml", "# mine\n")
    done = unnamed.command("init")
    assert (done.exit, (unnamed.folder / "contracts.toml").read_text()) == (2, "# mine\n")
    assert "exists already; nothing was written" in done.errors


def test_init_with_nothing_recorded_says_what_to_run(unnamed: Project) -> None:
    done = unnamed.command("init")
    assert done.exit == 2
    assert "run `pytest --contracts-update` first" in done.errors
    assert "Traceback" not in done.errors
