from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from vcr.request import Request

from pytest_integration_contracts.cli import main
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.traffic.audit import Leak, audit
from pytest_integration_contracts.traffic.cassettes import Interaction, write_cassette

TOKEN = f"sk_live_{'4eC39HqLyjWDarjtT1zdp7dc'}"
JWT = f"{'eyJhbGciOiJIUzI1NiJ9'}.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"

CASSETTE = """\
interactions:
- request:
    body: {body}
    headers:
      {header}: [{value}]
    method: GET
    uri: {uri}
  response:
    body:
      string: {answer}
    headers:
      Content-Type: [application/json]
    status: {{code: 200, message: OK}}
version: 1
"""
HARMLESS = {
    "body": "null",
    "header": "Accept",
    "value": "application/json",
    "uri": "https://api.crm.example/v1/customers",
    "answer": '\'{"id": 42, "token_type": "bearer"}\'',
}


def planted(folder: Path, **where: str) -> list[tuple[int, str]]:
    path = folder / "one.yaml"
    path.write_text(CASSETTE.format(**{**HARMLESS, **where}))
    return [(leak.line, leak.what) for leak in audit([path])]


def test_a_harmless_cassette_is_clean(tmp_path: Path) -> None:
    assert planted(tmp_path) == []


IN_TEXT = "a token-like member, parameter or element, or a token of a known form"
IN_URL = "a URL with credentials, or a token of a known form"


@pytest.mark.parametrize(
    ("where", "line", "what"),
    [
        ({"header": "Authorization", "value": "Bearer s3cr3t"}, 5, "`Authorization` holds what is no placeholder"),
        ({"header": "X-Api-Key", "value": "s3cr3t"}, 5, "`X-Api-Key` holds what is no placeholder"),
        ({"header": "cookie", "value": "session=s3cr3t"}, 5, "`cookie` holds what is no placeholder"),
        ({"header": "X-Trace", "value": JWT}, 5, "`X-Trace` holds what is no placeholder"),
        ({"body": f"token={TOKEN}&a=1"}, 3, IN_TEXT),
        ({"body": "password=hunter2&user=ada"}, 3, IN_TEXT),
        ({"body": '\'{"client_secret": "hunter2"}\''}, 3, f"{IN_TEXT}: $.client_secret"),
        ({"uri": "https://ada:hunter2@api.crm.example/v1"}, 7, IN_URL),
        ({"uri": "https://api.crm.example/v1?api_key=hunter2"}, 7, IN_URL),
        ({"answer": '\'{"user": {"access_token": "hunter2"}}\''}, 10, f"{IN_TEXT}: $.user.access_token"),
        ({"answer": f"'see {TOKEN}'"}, 10, IN_TEXT),
        ({"answer": "!!binary eyJwYXNzd29yZCI6ICJodW50ZXIyIn0="}, 10, f"{IN_TEXT}: $.password"),
        ({"answer": "'<a><password>hunter2</password></a>'"}, 10, IN_TEXT),
    ],
)
def test_a_planted_secret_is_found_where_it_is_and_not_repeated(
    tmp_path: Path, where: dict[str, str], line: int, what: str
) -> None:
    assert planted(tmp_path, **where) == [(line, what)]


def test_what_we_write_is_clean(tmp_path: Path) -> None:
    request = Request(
        "POST", "https://ada:hunter2@crm.example/login?token=s3cr3t", "password=hunter2", {"Cookie": "a=b"}
    )
    body = json.dumps({"access_token": "s3cr3t", "nested": [{"api_key": TOKEN}], "jwt": JWT}).encode()
    headers = {"Set-Cookie": ["sid=s3cr3t; Path=/"], "Content-Type": ["application/json"]}
    response = {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": body}}
    write_cassette(tmp_path / "one.yaml", [Interaction(request, response)], {})
    assert list(audit([tmp_path / "one.yaml"])) == []


def test_a_snapshots_schemes_are_no_secrets(tmp_path: Path) -> None:
    snapshot = {"format": 1, "integration": "crm", "operation": "GET /a", "auth": ["Bearer"], "responses": {}}
    (tmp_path / "a.json").write_text(json.dumps(snapshot, indent=2))
    (tmp_path / "b.json").write_text(json.dumps({"auth": "hunter2"}, indent=2))
    leaks = list(audit([tmp_path / "a.json", tmp_path / "b.json"]))
    assert leaks == [Leak(tmp_path / "b.json", 2, "`auth` holds what is no placeholder")]


def test_what_is_no_document_is_looked_at_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(f"interactions: [{{\nsee {TOKEN}\n")
    assert [leak.line for leak in audit([tmp_path / "one.yaml"])] == [2]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f'urls = ["https://ada:{"hunter2"}@api.crm.example/v1"]\n', [1]),
        (f'# one\n[integrations.crm]\ncredentials = "{"hunter2"}"\n', [3]),
        (f'[integrations.crm]\ncredentials = "env:{TOKEN}"\n', [2]),
        ('[integrations.crm]\ncredentials = "env:CRM_TOKEN"  # where it is kept\nmode = "sync"\n', []),
        (f"A=1\nAPI_TOKEN={'hunter2'}\n", [2]),
        (f"see\n-----BEGIN PRIVATE {'KEY'}-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE {'KEY'}-----\n", [2]),
        (f"password: {'hunter2'}\nuser: ada\n", [1]),
    ],
)
def test_manifests_and_any_other_text_are_audited_too(tmp_path: Path, text: str, lines: list[int]) -> None:
    (tmp_path / "text").write_text(text)
    leaks = list(audit([tmp_path / "text"]))
    assert [leak.line for leak in leaks] == lines
    assert "hunter2" not in str(leaks)


def test_the_manifest_is_audited_even_where_a_secret_makes_it_unusable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "contracts.toml").write_text(
        f'[integrations.crm]\nurls = ["https://crm.example"]\ncredentials = "{"hunter2"}"\n'
    )
    told = CliRunner().invoke(main, ["audit"])
    assert told.exit_code == 1
    assert told.output.startswith("contracts.toml:3: ")
    assert "hunter2" not in told.output


DOUBLED = zip("abcdefgh", "bcdefghi", strict=True)
BOMB = "a: &a [x, x]\n" + "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in DOUBLED)


@pytest.mark.parametrize("text", ["[" * 100_000, "a: &a [*a]\n", BOMB, "", "- " * 50_000])
def test_hostile_files_are_read_to_their_end(tmp_path: Path, text: str) -> None:
    (tmp_path / "one.yaml").write_text(text)
    assert list(audit([tmp_path / "one.yaml"])) == []


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"one\.yaml: cannot be read"):
        list(audit([tmp_path / "one.yaml"]))


def test_the_command_names_file_and_line_and_exits_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    planted(tmp_path, header="X-Api-Key", value="s3cr3t")
    told = CliRunner().invoke(main, ["audit", "one.yaml"])
    assert (told.exit_code, told.output) == (
        1,
        "one.yaml:5: `X-Api-Key` holds what is no placeholder\n1 file: 1 to look at\n",
    )
    (tmp_path / "contracts").mkdir()
    planted(tmp_path / "contracts")
    told = CliRunner().invoke(main, ["audit"])
    assert (told.exit_code, told.output) == (0, "1 file: nothing that looks like a secret\n")
    (tmp_path / "contracts.toml").write_text('[integrations.crm]\nurls = ["https://crm.example"]\n')
    told = CliRunner().invoke(main, ["audit"])
    assert (told.exit_code, told.output) == (0, "2 files: nothing that looks like a secret\n")
    assert CliRunner().invoke(main, ["audit", "missing.yaml"]).exit_code == 2


def test_adopted_cassettes_are_the_projects_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for folder in ("tests/api/cassettes/test_crm", ".venv/cassettes", "env/lib/cassettes", "cassettes"):
        (tmp_path / folder).mkdir(parents=True)
        if folder != "cassettes":  # which is empty
            planted(tmp_path / folder, header="X-Api-Key", value="s3cr3t")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "contracts.toml").write_text("[defaults]\nadopt_vcr = true\n")
    told = CliRunner().invoke(main, ["audit"])
    leak = Path("tests/api/cassettes/test_crm/one.yaml")
    assert (told.exit_code, told.output) == (
        1,
        f"{leak}:5: `X-Api-Key` holds what is no placeholder\n2 files: 1 to look at\n",
    )
    (tmp_path / "contracts" / "cassettes").mkdir(parents=True)
    planted(tmp_path / "contracts" / "cassettes")
    assert CliRunner().invoke(main, ["audit"]).output.endswith("3 files: 1 to look at\n")
    (tmp_path / "contracts.toml").write_text("[defaults]\nadopt_vcr = false\n")
    assert CliRunner().invoke(main, ["audit"]).output == "2 files: nothing that looks like a secret\n"


@pytest.mark.parametrize("line", ["a" * 200_000, "token: {" * 30_000, '"a": ' * 40_000, "- eyJ" * 300, "://" * 70_000])
def test_auditing_takes_no_longer_for_what_nearly_is_a_secret(tmp_path: Path, line: str) -> None:
    def took(text: str) -> float:
        (tmp_path / "one.yaml").write_text(text)
        started = time.process_time()
        list(audit([tmp_path / "one.yaml"]))
        return time.process_time() - started

    small, large = min(took(line[: len(line) // 16]) for _ in range(3)), took(line)
    assert large < 120 * max(small, 0.001)
