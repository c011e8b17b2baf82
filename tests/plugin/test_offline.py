"""Cassettes that other tools recorded: learned from, and held, without a test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr
from click.testing import CliRunner, Result

from pytest_integration_contracts.cli import main
from upstream import Upstream, json_answer

CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
SNAPSHOT = "contracts/127.0.0.1/GET-v1-customers-{id}.json"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(upstream: Upstream, name: str, body: Any, serializer: str = "yaml") -> None:
    """What a test of somebody else's would have recorded, with plain vcrpy."""
    upstream.answers["/v1/customers/42"] = json_answer(body)
    with vcr.use_cassette(name, serializer=serializer, record_mode="all"):
        requests.get(f"{upstream.url}/customers/42", headers={"Authorization": "Bearer s3cr3t"}, timeout=5)


@pytest.mark.parametrize("serializer", ["yaml", "json"])
def test_cassettes_become_snapshots_and_a_manifest_without_any_test(
    folder: Path, upstream: Upstream, serializer: str
) -> None:
    record(upstream, f"cassettes/old.{serializer}", CUSTOMER, serializer)
    told = run("capture", "cassettes", "--reason", "what we have")
    assert told.exit_code == 0, told.output
    assert told.output == (
        "wrote contracts.toml: 1 integration; search it for FILL IN\n"
        f"created  {SNAPSHOT} (1.0)\n"
        "1 snapshot created.\n"
        "review and commit:  git add contracts\n"
    )
    snapshot = json.loads((folder / SNAPSHOT).read_text())
    assert (snapshot["reason"], snapshot["auth"]) == ("what we have", ["Bearer"])
    assert "s3cr3t" not in (folder / SNAPSHOT).read_text()
    assert run("check", "cassettes").output == "1 operation holds.\n"


def test_a_cassette_that_drifted_fails_and_names_the_command_that_learns_it(folder: Path, upstream: Upstream) -> None:
    record(upstream, "old.yaml", CUSTOMER)
    record(upstream, "new.yaml", {"id": 42, "balance": "12.50"})
    assert run("capture", "old.yaml").exit_code == 0
    told = run("check", "new.yaml", "old.yaml")
    assert told.exit_code == 1
    assert "  BREAKING  property.removed        $.email      string (email), in 1 of 1 response -> gone" in told.output
    assert "they meant it?  integration-contracts capture new.yaml" in told.output
    assert "nobody is named for 127.0.0.1: fill in contracts.toml" in told.output
    assert "1 operation drifts: 2 breaking changes." in told.output
    learned = run("capture", "new.yaml")
    assert f"learned  {SNAPSHOT} (1.0 -> 2.0)" in learned.output
    assert run("check", "new.yaml").exit_code == 0
    assert [path.name for path in (folder / "contracts" / "127.0.0.1" / "history").rglob("*.json")] == [
        "1.0-broken-by-2.0.json"
    ]


def test_a_manifest_that_is_there_is_used_and_left_alone(folder: Path, upstream: Upstream) -> None:
    manifest = f'[integrations.crm]\nurls = ["{upstream.url}"]\nowner = "team-revenue"\n'
    (folder / "contracts.toml").write_text(manifest)
    record(upstream, "old.yaml", CUSTOMER)
    assert "created  contracts/crm/GET-customers-{id}.json (1.0)" in run("capture", "old.yaml").output
    assert (folder / "contracts.toml").read_text() == manifest
    record(upstream, "new.yaml", {"id": 42})
    assert "owner team-revenue" in run("check", "new.yaml").output


def test_what_was_never_learned_is_not_verified(folder: Path, upstream: Upstream) -> None:
    record(upstream, "old.yaml", CUSTOMER)
    told = run("check", "old.yaml")
    assert told.exit_code == 1
    assert "UNVERIFIED" in told.output
    assert "integration-contracts capture old.yaml" in told.output
    assert not (folder / "contracts").exists()


@pytest.mark.parametrize("command", ["capture", "check"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.yaml", "none.yaml: there is no such file or directory"),
        ("empty", "empty: holds no cassette (.yaml, .yml, .json)"),
        ("broken.yaml", "broken.yaml"),
        ("other.json", "other.json"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(folder: Path, command: str, name: str, said: str) -> None:
    (folder / "empty").mkdir()
    (folder / "broken.yaml").write_text("interactions: [{")
    (folder / "other.json").write_text('{"name": "no cassette"}')
    told = run(command, name)
    assert told.exit_code == 2
    assert told.output.startswith("error: ")
    assert said in told.output
    assert told.output.count("\n") == 1
    assert not (folder / "contracts.toml").exists()
