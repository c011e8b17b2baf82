from __future__ import annotations

from pathlib import Path

import pytest
from vcr.request import Request

from pytest_integration_contracts.errors import CassetteError
from pytest_integration_contracts.traffic.cassettes import Interaction, write_cassette
from pytest_integration_contracts.traffic.survey import survey


def record(path: Path, *urls: str) -> None:
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": b""}}
    write_cassette(path, [Interaction(Request("GET", url, None, {}), response) for url in urls], {})


def test_the_hosts_of_all_cassettes_are_listed_with_their_origins(tmp_path: Path) -> None:
    record(tmp_path / "test_a" / "one.yaml", "https://api.crm.example/v1/a", "http://localhost:8080/b")
    record(tmp_path / "test_b" / "two.yaml", "http://api.crm.example/v1", "https://API.crm.example/v1")
    (tmp_path / "notes.txt").write_text("no cassette")
    assert survey(sorted(tmp_path.rglob("*.yaml"))) == {
        "api.crm.example": ("http://api.crm.example", "https://API.crm.example", "https://api.crm.example"),
        "localhost": ("http://localhost:8080",),
    }


def test_credentials_in_a_url_are_not_listed(tmp_path: Path) -> None:
    text = (
        "interactions:\n- request: {method: GET, uri: 'https://user:hunter2@crm.example/a', body: null, headers: {}}\n"
    )
    response = "  response: {status: {code: 200, message: OK}, headers: {}, body: {string: ''}}\nversion: 1\n"
    (tmp_path / "one.yaml").write_text(text + response)
    assert survey(sorted(tmp_path.rglob("*.yaml"))) == {"crm.example": ("https://crm.example",)}


def test_where_nothing_was_recorded_there_are_no_hosts() -> None:
    assert survey([]) == {}


def test_a_broken_cassette_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("nonsense")
    with pytest.raises(CassetteError, match=r"one\.yaml: is not a cassette"):
        survey([tmp_path / "one.yaml"])
