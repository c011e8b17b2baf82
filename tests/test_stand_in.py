"""What a stand-in gathers of a project: recordings by name, several URLs, documents, projects without a manifest."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_integration_contracts.errors import CassetteError
from pytest_integration_contracts.manifest.file import load, without_file
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.stand_in import Upstream, upstream
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.kept import Kept, write_kept

MANIFEST = """
[integrations.crm]
urls = ["${CRM_URL:-https://api.crm.example/v1}", "https://api.crm.example/v2", "https://login.crm.example"]
openapi = "crm.yaml"
"""


def interaction(method: str, url: str, answer: Any, sent: Any = None) -> dict[str, Any]:
    headers = {"Content-Type": ["application/json"]}
    return {
        "request": {"method": method, "uri": url, "body": sent and json.dumps(sent), "headers": headers},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": headers,
            "body": {"string": json.dumps(answer)},
        },
    }


def query(name: str) -> dict[str, str]:
    return {"query": f"query {name} {{ {name} {{ id }} }}"}


INTERACTIONS = [
    interaction("POST", "https://api.crm.example/v1/graphql", "orders", query("GetOrders")),
    interaction("POST", "https://api.crm.example/v1/graphql", "customers", query("GetCustomers")),
    interaction("GET", "https://api.crm.example/v1/items/7", {"next": "https://api.crm.example/v1/items/8"}),
    interaction("GET", "https://api.crm.example/v2/items/7", "second"),
    interaction("POST", "https://login.crm.example/oauth/token", "token", {"client_secret": "REDACTED"}),
    interaction("GET", "https://other.example/items/7", "of somebody else"),
]


def write_cassette(folder: Path, *interactions: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "all.yaml"
    path.write_text(yaml.safe_dump({"interactions": list(interactions), "version": 1}))
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "contracts.toml").write_text(MANIFEST)
    write_cassette(tmp_path / "contracts" / "cassettes", *INTERACTIONS)
    return Project(load(tmp_path / "contracts.toml", {"CRM_URL": "http://127.0.0.1:9"}))


def asked(known: Upstream, method: str, target: str, sent: Any = None) -> Any:
    body = json.dumps(sent).encode() if sent else b""
    request = known.names(method, target, {"content-type": "application/json"}, body)
    answer = known.stand_in.answer(request)
    return json.loads(answer.body)


def test_what_is_called_by_name_is_answered_by_its_own_recording(project: Project) -> None:
    known = upstream(project, "crm")
    assert asked(known, "POST", "/graphql", query("GetCustomers")) == "customers"
    assert asked(known, "POST", "/graphql", query("GetOrders")) == "orders"
    other = asked(known, "POST", "/graphql", query("GetInvoices"))
    assert other["error"] == "the stand-in for crm knows no operation POST /graphql#GetInvoices"


def test_several_urls_are_below_one_address(project: Project) -> None:
    known = upstream(project, "crm")
    assert sorted(known.stand_in.operations) == [
        "GET /items/{id}",
        "GET /v2/items/{id}",
        "POST /graphql#GetCustomers",
        "POST /graphql#GetOrders",
        "POST /login.crm.example/oauth/token",
    ]
    first = {"next": "https://api.crm.example/v1/items/8"}
    assert asked(known, "GET", "/items/7") == asked(known, "GET", "/v1/items/7") == first
    assert asked(known, "GET", "/v2/items/7") == "second"
    secret = {"client_secret": "the real one"}
    assert asked(known, "POST", "/login.crm.example/oauth/token", secret) == "token"
    assert asked(known, "POST", "/oauth/token", secret)["error"].endswith("knows no operation POST /oauth/token")
    assert known.here(json.dumps(first), "http://127.0.0.1:5") == '{"next": "http://127.0.0.1:5/items/8"}'
    assert known.here("https://login.crm.example/a", "http://127.0.0.1:5") == "http://127.0.0.1:5/login.crm.example/a"
    assert known.hosts == {"127.0.0.1", "api.crm.example", "login.crm.example"}


def test_secrets_of_a_request_are_neither_compared_nor_shown(project: Project) -> None:
    request = upstream(project, "crm").names("GET", "/items/7?access_token=hunter2secret&a=1", {}, b"")
    assert request.shown == "/items/7?access_token=REDACTED&a=1"
    assert ("access_token", "REDACTED") in request.query
    body, headers = b'{"client_secret": "hunter2secret", "scope": "all"}', {"content-type": "application/json"}
    sent = upstream(project, "crm").names("POST", "/login.crm.example/oauth/token", headers, body).sent
    assert sent == {"client_secret": "REDACTED", "scope": "all"}


def test_what_the_upstream_publishes_answers_where_nothing_is_recorded(project: Project) -> None:
    one = {
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"const": "declared"}}}}}
    }
    paths = {"/items/{item}": {"get": one}, "/reports/{name}": {"get": one, "head": one}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "servers": [], "paths": paths}
    spec = Spec({**document, "servers": [{"url": "https://api.crm.example/v1"}]})
    directory = project.manifest.directory
    write_kept(project.store.folder("crm"), Kept(spec, "1.0", "2026-01-31"), directory)
    known = upstream(project, "crm")
    assert asked(known, "GET", "/reports/may") == "declared"
    assert asked(known, "GET", "/items/7") == {"next": "https://api.crm.example/v1/items/8"}
    assert "GET /items/{item}" not in known.stand_in.operations
    assert known.places("GET /items/{id}") is None
    assert known.stand_in.recorded == 5


def test_a_project_without_a_manifest_is_served_by_the_hosts_name(tmp_path: Path) -> None:
    path = write_cassette(tmp_path, *INTERACTIONS)
    known = upstream(Project(without_file(tmp_path)), "other.example", cassettes=[path])
    assert asked(known, "GET", "/items/7") == "of somebody else"


def test_what_cannot_be_read_is_one_clear_error(project: Project, tmp_path: Path) -> None:
    broken = interaction("GET", "https://api.crm.example/v1/items/7", "x")
    broken["response"]["headers"] = {"Content-Encoding": ["gzip"]}
    broken["response"]["body"]["string"] = gzip.compress(b"x" * 10_000)
    path = write_cassette(tmp_path / "elsewhere", broken)
    (tmp_path / "contracts.toml").write_text(f'{MANIFEST}[defaults.limits]\ndecompressed = "1kB"\n')
    with pytest.raises(CassetteError, match=r"all\.yaml: a body is larger than 1 kB once it is decompressed"):
        upstream(Project(load(tmp_path / "contracts.toml", {})), "crm", cassettes=[path])
