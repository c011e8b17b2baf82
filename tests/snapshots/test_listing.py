"""Names are found without reading snapshots: an integration may have thousands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.snapshots.snapshot import Snapshot
from pytest_integration_contracts.snapshots.store import SnapshotStore


def store_with(folder: Path, *names: str) -> SnapshotStore:
    store = SnapshotStore(folder)
    for name in names:
        store.write(Snapshot(Operation("crm", name), "1.0", "2026-01-01"))
    return SnapshotStore(folder)


NAMES = (
    *("GET /projects/{project}", "GET /projects/{project}/issues/{issue}", "GET /projects/alpha", "GET /projects"),
    *("PUT /projects/{project}", "GET /{tenant}/boards", "POST /graphql#{viewer}", "GET /orders/{id}?expand=customer"),
    *("GET /orders/{id}", "EVENT order.created"),
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("GET /projects/gamma", ["GET /projects/{project}", "GET /projects/{project}/issues/{issue}"]),
        ("GET /x/boards", ["GET /{tenant}/boards"]),
        ("PUT /projects/gamma", ["PUT /projects/{project}"]),
        ("DELETE /projects/gamma", []),
    ],
)
def test_what_may_be_a_template_is_found_by_the_names_of_files(tmp_path: Path, asked: str, found: list[str]) -> None:
    listed = set(store_with(tmp_path, *NAMES).templates(Operation("crm", asked)))
    assert set(found) <= listed
    assert all(name.split(" ")[0] == asked.split(" ", maxsplit=1)[0] for name in listed)


def test_names_are_found_by_how_they_begin(tmp_path: Path) -> None:
    store = store_with(tmp_path, *NAMES)
    assert store.beginning("crm", "GET /orders/{id}?") == ["GET /orders/{id}?expand=customer"]
    assert sorted(store.beginning("crm", "GET /projects/")) == sorted(NAMES[:3])
    assert store.beginning("crm", "POST /graphql#") == ["POST /graphql#{viewer}"]
    assert store.beginning("nobody", "GET /") == []


def test_only_the_first_lines_of_what_may_fit_are_read(tmp_path: Path) -> None:
    store_with(tmp_path, "GET /projects/{project}")
    folder = tmp_path / "crm"
    head = json.dumps({"format": 1, "integration": "crm", "operation": "GET /boards/{board}"})
    (folder / "GET-boards-{board}.json").write_text(head[:-1] + ', "version": "never closed')
    for number in range(300):
        (folder / f"GET-other{number}-{{id}}.json").mkdir()  # opening one would fail
    store = SnapshotStore(tmp_path)
    assert store.templates(Operation("crm", "GET /projects/gamma")) == ["GET /projects/{project}"]
    assert store.templates(Operation("crm", "GET /boards/gamma")) == ["GET /boards/{board}"]
    assert store.templates(Operation("crm", "GET /other7/x")) == []


def test_one_that_cannot_be_read_is_there(tmp_path: Path) -> None:
    store = store_with(tmp_path, "GET /projects")
    (tmp_path / "crm/GET-orders.json").write_text("{")
    assert store.has(Operation("crm", "GET /projects"))
    assert store.has(Operation("crm", "GET /orders"))
    assert not store.has(Operation("crm", "GET /customers"))


def test_names_written_in_this_run_are_found(tmp_path: Path) -> None:
    store = store_with(tmp_path, "GET /projects")
    assert store.beginning("crm", "GET /boards") == []
    store.write(Snapshot(Operation("crm", "GET /boards"), "1.0", "2026-01-01"))
    assert store.beginning("crm", "GET /boards") == ["GET /boards"]


def test_what_has_been_replaced_is_in_the_history(tmp_path: Path) -> None:
    alpha = Operation("crm", "GET /projects/alpha")
    store = store_with(tmp_path, alpha.name)
    text = store.path(alpha).read_text()
    assert store.retire(alpha).read_text() == text
    assert (tmp_path / "crm/history/GET-projects-alpha/1.0.json").is_file()
    assert not store.has(alpha)
    with pytest.raises(SnapshotError, match="cannot be moved"):
        store.retire(alpha)
