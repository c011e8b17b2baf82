"""`integration-contracts serve`: a real process on loopback, asked by real clients, ended with Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "crm"
COMMAND = [sys.executable, "-c", "from pytest_integration_contracts.cli import main; main()"]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in {"CRM_URL", "NO_COLOR"}},
    "PYTHONPATH": str(ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
}


class Process:
    """A stand-in, and what it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.process = process
        self.first = process.stdout.readline()
        found = re.search(r"http://\S+", self.first)
        assert found, self.first + process.stdout.read()
        self.url = found[0]
        self.rest = ""

    def end(self, how: int = signal.SIGINT) -> int:
        """End it, read the rest of what it printed, and give its exit code."""
        assert self.process.stdout
        self.process.send_signal(how)
        with self.process.stdout as printed:  # `communicate` would miss what came along with the first line
            self.rest = printed.read()
        return self.process.wait(timeout=20)


@contextmanager
def serving(*arguments: str, directory: Path = EXAMPLE) -> Iterator[Process]:
    process = subprocess.Popen(
        [*COMMAND, "serve", *arguments],
        cwd=directory,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Process(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def told(*arguments: str, directory: Path = EXAMPLE) -> tuple[int, str]:
    """The exit code and the error of a command that does not serve."""
    done = subprocess.run(
        [*COMMAND, "serve", *arguments],
        cwd=directory,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stderr


def test_recorded_answers_are_served_until_ctrl_c() -> None:
    with serving("crm") as stand_in:
        assert re.fullmatch(
            r"crm on http://127\.0\.0\.1:\d+  \(4 operations: 4 recorded, 0 generated\)\n", stand_in.first
        )
        recorded = requests.get(f"{stand_in.url}/customers/42", timeout=10).json()
        assert recorded["id"] == 42
        assert requests.get(f"{stand_in.url}/v1/customers/42", timeout=10).json() == recorded
        assert requests.get(f"{stand_in.url}/customers/999", timeout=10).status_code == 404
        assert requests.get(f"{stand_in.url}/customers/41", timeout=10).json()["id"] == 41
        unknown = requests.get(f"{stand_in.url}/invoices?access_token=hunter2secret", timeout=10)
        assert (unknown.status_code, "GET /customers" in unknown.json()["operations"]) == (404, True)
        assert stand_in.end() == 0
        lines = stand_in.rest.splitlines()
        assert len(lines) == 5
        cassette = "contracts/cassettes/test_crm/test_a_customer_has_an_email.yaml#1"
        assert re.fullmatch(
            rf"\d\d:\d\d:\d\d  GET /customers/42 -> 200  GET /customers/{{id}}  recorded {re.escape(cassette)}  \d+ ms",
            lines[0],
        )
        assert "hunter2secret" not in stand_in.rest
        assert "GET /invoices?access_token=REDACTED -> 404" in lines[4]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_any_language_may_ask_and_a_program_may_read_the_log() -> None:
    with serving("crm", "--log-format", "json", "--port", "0") as stand_in:
        said = subprocess.run(
            ["curl", "-sS", "-i", f"{stand_in.url}/customers?page=2"], capture_output=True, text=True, check=True
        ).stdout
        head, _, body = said.partition("\n\n")
        assert head.startswith("HTTP/1.1 200 OK")
        assert json.loads(body)["page"] == 2
        assert stand_in.end(signal.SIGTERM) == 0
        (line,) = map(json.loads, stand_in.rest.splitlines())
        assert (line["method"], line["target"], line["status"]) == ("GET", "/customers?page=2", 200)
        assert line["origin"].endswith("test_customers_are_read_over_all_pages.yaml#2")


def test_what_it_serves_conforms_to_what_is_exported() -> None:
    import schemathesis.openapi

    command = [*COMMAND, "export", "openapi", "crm"]
    said = subprocess.run(command, cwd=EXAMPLE, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    schema = schemathesis.openapi.from_dict(json.loads(said))
    with serving("crm") as stand_in:
        for path, template in (
            ("/customers?page=3", "/customers"),
            ("/customers/42", "/customers/{id}"),
            ("/customers/999", "/customers/{id}"),
            ("/customers/42/orders", "/customers/{id}/orders"),
        ):
            answer = requests.get(f"{stand_in.url}{path}", timeout=10)
            schema[template]["GET"].validate_response(answer)
            if answer.ok:
                wrong = requests.Response()
                wrong.status_code, wrong.headers, wrong.request = 200, answer.headers, answer.request
                wrong._content = b'{"items": 1, "id": "x"}'
                with pytest.raises(BaseExceptionGroup):
                    schema[template]["GET"].validate_response(wrong)


def test_the_consumers_tests_hold_against_it_and_trip_over_a_fault(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "crm", ignore=shutil.ignore_patterns("__pycache__"))

    def live(url: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:schemathesis",
                "-q",
                "--contracts-live",
            ],
            cwd=tmp_path / "crm",
            env={**ENVIRONMENT, "CRM_URL": url, "CRM_CLIENT_SECRET": "any"},
            capture_output=True,
            text=True,
            check=False,
        )

    with serving("crm") as stand_in:
        held = live(stand_in.url)
        assert (held.returncode, "4 operations hold." in held.stdout) == (0, True), held.stdout
    with serving("crm", "--fault", "GET /customers/{id} drop-field=$.email") as stand_in:
        tripped = live(stand_in.url)
        assert tripped.returncode == 1
        assert "property.removed   $.email" in tripped.stdout
        assert stand_in.end() == 0
        assert "fault drop-field=$.email" in stand_in.rest


def test_what_is_not_recorded_is_generated_from_snapshots_or_a_document(tmp_path: Path) -> None:
    copy = tmp_path / "crm"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__", "cassettes"))
    with serving("crm", "--seed", "3", directory=copy) as stand_in:
        assert "(4 operations: 0 recorded, 4 generated)" in stand_in.first
        first = requests.get(f"{stand_in.url}/customers/7", timeout=10).json()
        assert (first["id"], set(first) >= {"email", "balance", "tags"}) == (7, True)
        assert stand_in.end() == 0
        assert stand_in.rest.rstrip().endswith(" ms")
        assert "GET /customers/{id}  generated" in stand_in.rest
    with serving("crm", "--seed", "3", directory=copy) as stand_in:
        assert requests.get(f"{stand_in.url}/customers/7", timeout=10).json() == first
    document = {
        "openapi": "3.0.3",
        "info": {"title": "crm", "version": "1"},
        "servers": [{"url": "https://api.crm.example/v1"}],
        "paths": {
            "/customers/{customerId}": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {"application/json": {"example": {"id": 1, "name": "of the document"}}},
                        }
                    }
                }
            },
            "/invoices/{number}": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Invoice"}}},
                        }
                    }
                }
            },
        },
        "components": {"schemas": {"Invoice": {"type": "object", "properties": {"total": {"enum": [5]}}}}},
    }
    (copy / "crm.json").write_text(json.dumps(document))
    with serving("crm", "--spec", "crm.json", directory=copy) as stand_in:
        assert "(5 operations: 0 recorded, 5 generated)" in stand_in.first
        assert requests.get(f"{stand_in.url}/customers/7", timeout=10).json()["name"] == "of the document"
        assert requests.get(f"{stand_in.url}/invoices/2026-a", timeout=10).json() == {"total": 5}
        assert stand_in.end() == 0
        assert "GET /invoices/{number}  generated" in stand_in.rest


def test_bad_input_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "contracts.toml").write_text('[integrations.crm]\nurls = ["https://api.crm.example"]\n')
    (tmp_path / "spec.json").write_text("{}")
    assert told("erp", directory=tmp_path) == (2, "error: no integration `erp`; there are: crm\n")
    code, error = told("crm", directory=tmp_path)
    assert (code, error.count("\n")) == (2, 1)
    assert "nothing is known of `crm` yet: record it with `pytest --contracts-update`, or name" in error
    code, error = told("crm", "--spec", "spec.json", directory=tmp_path)
    assert (code, error.count("\n")) == (2, 1)
    assert "spec.json: is no OpenAPI" in error
    assert told("crm", "--fault", "dely=2s") == (
        2,
        "error: --fault 'dely=2s': names no fault; did you mean `delay=2s`?\n",
    )
    assert told("crm", "--fault", "drop-field=$.emial")[1].startswith(
        "error: --fault 'drop-field=$.emial': no body has $.emial; there are: $.email"
    )
    assert told("crm", "--host", "192.0.2.1")[0] == 2


def test_another_address_is_served_with_a_warning() -> None:
    with serving("crm", "--host", "0.0.0.0") as stand_in:  # noqa: S104 - what is tested
        port = stand_in.url.rpartition(":")[2]
        answer = requests.get(f"http://127.0.0.1:{port}/customers/42", headers={"Host": "laptop.example"}, timeout=10)
        assert answer.status_code == 200
        assert stand_in.end() == 0
        assert "warning: whoever reaches this machine can read what is recorded" in stand_in.rest
