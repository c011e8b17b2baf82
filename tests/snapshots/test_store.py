from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.files import digest, write_atomically
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.snapshots.snapshot import Snapshot
from pytest_integration_contracts.snapshots.store import SnapshotStore, readable
from snapshots.observing import OPERATION, snapshot

WRITE = "pytest_integration_contracts.snapshots.store.write_atomically"


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "contracts")


def of(name: str, version: str = "1.0", integration: str = "crm") -> Snapshot:
    return replace(snapshot({"id": 1}), operation=Operation(integration, name), version=version)


def files(store: SnapshotStore) -> list[str]:
    return sorted(path.relative_to(store.directory).as_posix() for path in store.directory.rglob("*") if path.is_file())


class TestNames:
    @pytest.mark.parametrize(
        ("operation", "name"),
        [
            ("GET /customers/{id}", "GET-customers-{id}"),
            ("GET /", "GET"),
            ("POST /v1/order_items", "POST-v1-order_items"),
            ("EVENT order.created", "EVENT-order.created"),
            ("BATCH nightly-orders", "BATCH-nightly-orders"),
        ],
    )
    def test_a_file_is_named_after_its_operation(self, store: SnapshotStore, operation: str, name: str) -> None:
        assert readable(operation) == name
        assert store.write(of(operation)) == store.directory / "crm" / f"{name}.json"
        assert files(store) == [f"crm/{name}.json"]

    @pytest.mark.parametrize(
        "names",
        [
            ("GET /a/b", "GET /a-b"),
            ("GET /a-b", "GET /a/b", "GET /a/b/", "GET //a/b"),
            ("GET /users", "GET /Users", "GET /USERS"),
            ("get /a", "GET /a"),
            ("GET /a/b", "GET /A-b"),
        ],
    )
    def test_operations_that_would_share_a_file_are_told_apart(
        self, store: SnapshotStore, names: tuple[str, ...]
    ) -> None:
        paths = [store.write(of(name)) for name in names]
        assert len({str(path).lower() for path in paths}) == len(names)
        assert paths[0].stem == readable(names[0])
        assert [path.stem for path in paths[1:]] == [f"{readable(name)}-{digest(name)}" for name in names[1:]]
        for order in (names, names[::-1]):
            fresh = SnapshotStore(store.directory)
            assert [fresh.get(Operation("crm", name)) for name in order] == [of(name) for name in order]
            assert sorted(fresh.path(Operation("crm", name)) for name in order) == sorted(paths)

    def test_what_is_only_planned_is_told_apart_as_well(self, store: SnapshotStore) -> None:
        assert store.path(Operation("crm", "GET /a/b")) != store.path(Operation("crm", "GET /a-b"))
        assert store.path(Operation("crm", "GET /a/b")) == store.path(Operation("crm", "GET /a/b"))
        assert store.path(Operation("crm", "GET /a")).name == store.path(Operation("erp", "GET /a")).name

    @given(name=st.text(), integration=st.text(min_size=1))
    def test_no_name_leaves_the_folder_of_its_integration(self, name: str, integration: str) -> None:
        directory = Path("/nowhere/contracts")
        path = SnapshotStore(directory).path(Operation(integration, name))
        assert path.parent.parent == directory
        assert path.suffix == ".json"
        assert ".." not in path.parts

    def test_an_integration_may_be_a_host_of_any_kind(self, store: SnapshotStore) -> None:
        for host in ("api.crm.example", "::1", "con", ".."):
            store.write(of("GET /a", integration=host))
            assert SnapshotStore(store.directory).get(Operation(host, "GET /a")) == of("GET /a", integration=host)
        assert len(files(store)) == 4


class TestReading:
    def test_what_was_never_written_is_not_there(self, store: SnapshotStore) -> None:
        assert store.get(OPERATION) is None
        assert store.all() == []
        assert store.versions(OPERATION) == []
        assert not store.directory.exists()

    def test_all_are_listed_by_integration_and_operation_without_their_history(self, store: SnapshotStore) -> None:
        for written in (of("GET /b"), of("GET /a"), of("GET /c", integration="billing"), of("GET /a", "1.1")):
            store.write(written)
        (store.directory / "crm" / "notes.txt").write_text("not a snapshot")
        (store.directory / "cassettes").mkdir()
        assert store.all() == [of("GET /c", integration="billing"), of("GET /a", "1.1"), of("GET /b")]

    def test_a_file_is_read_once(self, store: SnapshotStore) -> None:
        path = store.write(of("GET /a"))
        fresh = SnapshotStore(store.directory)
        assert fresh.get(Operation("crm", "GET /a")) == of("GET /a")
        path.write_text("broken since")
        assert fresh.get(Operation("crm", "GET /a")) == of("GET /a")

    def test_a_broken_file_is_an_error_wherever_it_is_needed(self, store: SnapshotStore) -> None:
        path = store.write(of("GET /a"))
        path.write_text("nonsense")
        fresh = SnapshotStore(store.directory)
        operation = Operation("crm", "GET /a")
        for ask in (fresh.get, fresh.path, fresh.versions, lambda _: fresh.all()):
            with pytest.raises(SnapshotError, match=r"GET-a\.json: is not JSON"):
                ask(operation)
        with pytest.raises(SnapshotError, match=r"GET-a\.json: is not JSON"):
            fresh.write(of("GET /a"))
        assert path.read_text() == "nonsense"


class TestHistory:
    def test_a_new_version_keeps_the_one_it_replaces_byte_for_byte(self, store: SnapshotStore) -> None:
        path = store.write(of("GET /a"))
        before = path.read_bytes()
        store.write(of("GET /a", "1.1"))
        assert files(store) == ["crm/GET-a.json", "crm/history/GET-a/1.0.json"]
        assert (store.directory / "crm/history/GET-a/1.0.json").read_bytes() == before
        assert SnapshotStore(store.directory).get(Operation("crm", "GET /a")) == of("GET /a", "1.1")

    def test_the_same_version_replaces_itself(self, store: SnapshotStore) -> None:
        store.write(of("GET /a"))
        richer = replace(of("GET /a"), auth=("Bearer",))
        store.write(richer)
        assert files(store) == ["crm/GET-a.json"]
        assert store.get(Operation("crm", "GET /a")) == richer

    def test_history_is_there_before_the_new_version_is(
        self, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order: list[str] = []

        def watched(path: Path, content: bytes) -> None:
            order.append(path.relative_to(store.directory).as_posix())
            write_atomically(path, content)

        monkeypatch.setattr(WRITE, watched)
        store.write(of("GET /a"))
        store.write(of("GET /a", "2.0"))
        assert order == ["crm/GET-a.json", "crm/history/GET-a/1.0-broken-by-2.0.json", "crm/GET-a.json"]

    def test_a_new_version_that_cannot_be_written_leaves_the_old_one(
        self, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = store.write(of("GET /a"))

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(WRITE, full)
            with pytest.raises(SnapshotError) as caught:
                store.write(of("GET /a", "1.1"))
        assert str(caught.value) == f"{path}: cannot be written: No space left on device"
        assert store.get(Operation("crm", "GET /a")) == of("GET /a")
        assert SnapshotStore(store.directory).get(Operation("crm", "GET /a")) == of("GET /a")

    def test_versions_come_in_the_order_of_their_numbers(self, store: SnapshotStore) -> None:
        versions = ["1.0", "1.1", "1.2", "1.9", "1.10", "2.0", "2.1", "10.0"]
        for version in versions:
            store.write(of("GET /a", version))
        store.write(of("GET /ab", "3.0"))
        listed = SnapshotStore(store.directory).versions(Operation("crm", "GET /a"))
        assert [each.version for each in listed] == versions

    def test_operations_that_are_told_apart_have_a_history_each(self, store: SnapshotStore) -> None:
        for name in ("GET /a/b", "GET /a-b"):
            store.write(of(name))
            store.write(of(name, "1.1"))
        for name in ("GET /a/b", "GET /a-b"):
            listed = store.versions(Operation("crm", name))
            assert [(each.operation.name, each.version) for each in listed] == [(name, "1.0"), (name, "1.1")]

    def test_an_integration_may_be_called_history(self, store: SnapshotStore) -> None:
        store.write(of("GET /a", integration="history"))
        store.write(of("GET /a", "1.1", integration="history"))
        assert store.all() == [of("GET /a", "1.1", integration="history")]
        assert len(store.versions(Operation("history", "GET /a"))) == 2


def test_a_host_named_like_the_folder_of_cassettes_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    path = SnapshotStore(tmp_path).path(Operation("cassettes", "GET /a"))
    assert path.parent.name.startswith("cassettes-")


def test_what_an_upstream_publishes_is_no_snapshot(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "openapi.json").write_text("{}", encoding="utf-8")
    store.write(Snapshot(Operation("crm", "openapi"), "1.0", "2026-01-01"))
    assert [each.operation.name for each in SnapshotStore(tmp_path).all()] == ["openapi"]
    assert [each.operation.name for each in SnapshotStore(tmp_path).of_integration("crm")] == ["openapi"]
    assert SnapshotStore(tmp_path).get(Operation("crm", "openapi")) is not None
    assert (tmp_path / "crm" / "openapi.json").read_text(encoding="utf-8") == "{}"
