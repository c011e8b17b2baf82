"""Whatever is wrong with what is read: one clear line that names place and remedy, no traceback, nothing lost."""

from __future__ import annotations

import gzip
import json

import pytest

from plugin.harness import MANIFEST, Project, Result
from upstream import Answer, Upstream, json_answer

SNAPSHOT = "contracts/crm/GET-customers-{id}.json"
CASSETTE = "contracts/cassettes/test_crm/test_customer.yaml"
PATH = "/v1/customers/42"
NOWHERE = "http://127.0.0.1:9/v1"

MANIFESTS = {
    "no TOML": ("[integrations.crm", "is not TOML"),
    "an unknown key": (MANIFEST.replace("owner", "ownr"), "integrations.crm.ownr: unknown key; did you mean `owner`?"),
    "one URL twice": (MANIFEST + MANIFEST.replace(".crm]", ".shop]"), "already belongs to `crm`"),
    "an unset variable": (
        MANIFEST.replace("${CRM_URL:-https://api.crm.example/v1}", "${UNSET_URL}"),
        "UNSET_URL is not set",
    ),
    "a secret": (MANIFEST.replace("env:CRM_TOKEN", "sk_live_4711"), "must be a reference such as `env:CRM_TOKEN`"),
    "an unknown policy": (MANIFEST + 'outage = "ignore"\n', "integrations.crm.outage: 'ignore' is none of fail, skip"),
    "a number for a list": ("[defaults]\nnetwork = 5432\n", "defaults.network: must be a list of strings"),
}


@pytest.mark.parametrize("kind", MANIFESTS)
@pytest.mark.parametrize("flags", [[], ["-n2"]])
def test_a_bad_manifest_is_a_usage_error(project: Project, kind: str, flags: list[str]) -> None:
    text, said = MANIFESTS[kind]
    project.write("contracts.toml", text)
    result = project.run("--contracts", *flags)
    assert result.exit == 4, result.text
    lines = [line for line in (result.text + result.errors).splitlines() if line.startswith("ERROR")]
    assert len(lines) == 1
    assert "contracts.toml: " in lines[0]
    assert said in lines[0]
    assert "Traceback" not in result.text + result.errors
    assert "sk_live_4711" not in result.text + result.errors


def test_a_bad_manifest_does_not_trouble_who_asks_for_no_contracts(project: Project) -> None:
    project.write("contracts.toml", "[integrations.crm")
    assert project.run().exit == 0


@pytest.fixture
def learned(project: Project, upstream: Upstream) -> Project:
    upstream.answers[PATH] = json_answer({"id": 42, "email": "ada@mail.example"})
    project.learn(upstream)
    return project


def newer(text: str) -> str:
    return text.replace('"format": 1', '"format": 99')


SNAPSHOTS = {
    "truncated": (lambda text: text[: len(text) // 2], "is not JSON"),
    "empty": (lambda text: "", "is not JSON"),
    "of a newer format": (newer, "has format 99, newer than this release knows (1); upgrade"),
    "hand-edited into a bad schema": (lambda text: text.replace('"integer"', '"integr"'), "has no JSON type: 'integr'"),
    "hand-edited into a bad version": (lambda text: text.replace('"1.0"', '"one"'), "has no version MAJOR.MINOR"),
    "another thing": (lambda text: "[1, 2]", "is not a snapshot"),
}


def fails_with_one_line(result: Result, name: str, said: str) -> None:
    assert result.exit == 1, result.text + result.errors
    told = [line for line in result.text.splitlines() if said in line and name in line]
    assert told, result.text
    assert "Traceback" not in result.text
    assert "INTERNALERROR" not in result.text


@pytest.mark.parametrize("kind", SNAPSHOTS)
@pytest.mark.parametrize("flags", [["--contracts"], ["--contracts-update"], ["--contracts", "-n2"]])
def test_a_bad_snapshot_is_named_and_left_alone(learned: Project, kind: str, flags: list[str]) -> None:
    spoil, said = SNAPSHOTS[kind]
    path = learned.folder / SNAPSHOT
    path.write_text(spoil(path.read_text()))
    before = learned.files()
    fails_with_one_line(learned.run(*flags, CRM_URL=NOWHERE), "GET-customers-{id}.json", said)
    assert learned.files() == before


CASSETTES = {
    "torn": lambda text: text[: len(text) // 2].encode(),
    "no YAML": lambda text: b"interactions: [}",
    "another YAML": lambda text: b"- just\n- a list\n",
    "no text": lambda text: b"\xff\xfe\x00\x01",
    "hostile": lambda text: b"interactions: !!python/object/apply:os.system ['touch pwned']\nversion: 1\n",
    "a bomb": lambda text: b"a: &a [x,x,x]\nb: &b [*a,*a]\ninteractions: *b\nversion: 1\n",
}


@pytest.mark.parametrize("kind", CASSETTES)
@pytest.mark.parametrize("flags", [["--contracts"], ["--contracts-update"]])
def test_a_bad_cassette_is_named_and_does_not_pass_for_an_empty_one(
    learned: Project, kind: str, flags: list[str]
) -> None:
    path = learned.folder / CASSETTE
    path.write_bytes(CASSETTES[kind](path.read_text()))
    spoilt = path.read_bytes()
    fails_with_one_line(
        learned.run(*flags), "test_customer.yaml", "record it again with" if kind != "no text" else "cannot be read"
    )
    assert "1 not verified." in learned.run(*flags).section
    assert path.read_bytes() == spoilt
    assert not (learned.folder / "pwned").exists()
    assert learned.run("--contracts-record", "--contracts-update").exit == 0
    assert learned.run("--contracts", CRM_URL=NOWHERE).exit == 0


def test_a_bad_cassette_of_a_wide_fixture_is_named_too(project: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = json_answer({"id": 42})
    project.write(
        "test_crm.py",
        """
        import pytest
        from client import customer

        @pytest.fixture(scope="session")
        def someone():
            return customer(42)

        @pytest.mark.contract
        def test_customer(someone):
            assert someone
        """,
    )
    assert project.run("--contracts-update").exit == 0
    path = project.folder / "contracts/cassettes/test_crm/fixture-someone.yaml"
    path.write_text("interactions: [}")
    result = project.run("--contracts")
    fails_with_one_line(result, "fixture-someone.yaml", "is not a cassette")
    assert "1 not verified." in result.section


RAW = """
import os
import requests

def customer(number):
    try:
        return requests.get(f"{os.environ['CRM_URL']}/customers/{number}", timeout=30, stream=True).status_code
    except requests.RequestException:
        return "unreadable for the client too"
"""
JSON = {"Content-Type": "application/json"}
GZIP = {**JSON, "Content-Encoding": "gzip"}
DEEP = b"[" * 10_000 + b"]" * 10_000

BODIES: dict[str, tuple[Answer, str]] = {
    "HTML that claims to be JSON": (Answer(200, b"<html>", JSON), ""),
    "JSON that claims to be text": (Answer(200, b'{"id": 1}', {"Content-Type": "text/plain"}), ""),
    "nested 10,000 deep": (Answer(200, DEEP, JSON), "nested"),
    "nested 200 deep": (Answer(200, b"[" * 200 + b"]" * 200, JSON), "nested deeper than 128 levels"),
    "duplicate keys": (Answer(200, b'{"id": 1, "id": "2"}', JSON), ""),
    "NaN": (Answer(200, b'{"rate": NaN, "limit": -Infinity}', JSON), ""),
    "10^400": (Answer(200, b'{"big": 1' + b"0" * 400 + b', "float": 1e400}', JSON), ""),
    "a number of 5,000 digits": (Answer(200, b'{"big": 1' + b"0" * 5000 + b"}", JSON), ""),
    "lone surrogates": (Answer(200, b'{"name": "\\ud800", "\\udfff": 1}', JSON), ""),
    "invalid UTF-8": (Answer(200, b'{"name": "\xff\xfe\xfa"}', JSON), ""),
    "gzip that is not gzip": (Answer(200, b'{"id": 1}', GZIP), "got no readable answer"),
    "a gzip bomb": (Answer(200, gzip.compress(b"[" + b"0," * 40_000_000 + b"0]"), GZIP), "larger than 64 MB"),
    "50 MB": (Answer(200, json.dumps({"data": ["x" * 1000] * 50_000}).encode(), JSON), ""),
    "nothing": (Answer(200, b"", JSON), ""),
    "a bare value": (Answer(200, b"42", JSON), ""),
}


@pytest.mark.parametrize("kind", BODIES)
def test_an_odd_body_is_held_or_refused_with_one_line(project: Project, upstream: Upstream, kind: str) -> None:
    upstream.answers[PATH], said = BODIES[kind]
    project.write("client.py", RAW)
    result = project.run("--contracts-update")
    assert "INTERNALERROR" not in result.text + result.errors
    if said:
        assert result.exit in {1, 6}
        assert said in result.text
        assert result.exit == 6 or "check a part of it instead" in result.text
        assert SNAPSHOT not in project.files()
        return
    assert result.exit == 0, result.text
    replayed = project.run("--contracts", CRM_URL=NOWHERE)
    assert replayed.exit == 0, replayed.text
    assert project.run("--contracts-live").exit == 0


PATHS = {
    "dots": "..%2f..%2f..%2fetc%2fpasswd",
    "plain dots": "a/../../b",
    "NUL": "a%00b",
    "4,000 characters": "x" * 4000,
    "emoji": "%F0%9F%92%A9",
    "a drive": "C%3A%5Cwindows",
    "control characters": "%1b%5b2J%07",
}


@pytest.mark.parametrize("kind", PATHS)
def test_an_odd_path_never_leaves_its_folder(project: Project, upstream: Upstream, kind: str) -> None:
    project.write("client.py", RAW)
    project.write("test_crm.py", (project.folder / "test_crm.py").read_text().replace("42", repr(PATHS[kind])))
    before = {path for path in project.folder.rglob("*") if "contracts" not in path.parts}
    result = project.run("--contracts-update")
    assert result.exit == 0, result.text
    assert "\x1b[2J" not in result.text
    assert {path for path in project.folder.rglob("*") if "contracts" not in path.parts} == before
    (snapshot,) = project.files("contracts/crm")
    assert len(snapshot.rpartition("/")[2]) < 150
    assert project.run("--contracts").exit == 0
