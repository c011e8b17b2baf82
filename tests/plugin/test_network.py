"""Replay touches no network, and says where something tried to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Upstream, json_answer


@pytest.fixture
def database() -> Iterator[int]:
    """A port that answers `ready` to whoever connects: a database on loopback, as far as sockets go."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"ready")

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


TALKS = """
import socket
import pytest
from client import customer

@pytest.fixture(scope="{scope}")
def connection():
    with socket.create_connection(("{host}", {port})) as connection:
        yield connection

@pytest.mark.contract
def test_stores_a_customer(connection):
    assert customer(42)
    assert connection.recv(5) == b"ready"
"""


@pytest.mark.parametrize("scope", ["function", "session"])
def test_a_socket_past_the_recordings_is_blocked_and_told(
    project: Project, upstream: Upstream, database: int, scope: str
) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
    project.write("test_crm.py", TALKS.format(scope=scope, host="127.0.0.1", port=database))
    assert project.run("--contracts-update").exit == 0, "while recording the network is open"
    blocked = project.run("--contracts")
    assert blocked.exit == 1
    assert f"NetworkBlockedError: a contract test tried to reach 127.0.0.1:{database}" in blocked.text
    assert f'`network = ["127.0.0.1:{database}"]`' in blocked.text
    for allowed in (f"127.0.0.1:{database}", "localhost", f"localhost:{database}", "127.0.0.1"):
        project.write("contracts.toml", f'[defaults]\nnetwork = ["{allowed}"]\n{MANIFEST}')
        result = project.run("--contracts")
        assert result.exit == 0, result.text
    assert project.run("--contracts-live").exit == 0


def test_a_blocked_socket_is_told_even_when_the_error_is_swallowed(
    project: Project, upstream: Upstream, database: int
) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
    project.run("--contracts-update")
    project.write(
        "test_crm.py",
        f"""
        import socket
        import pytest
        from client import customer

        @pytest.mark.contract
        def test_customer():
            assert customer(42)
            try:
                socket.create_connection(("127.0.0.1", {database}))
            except Exception:
                pass
        """,
    )
    result = project.run("--contracts")
    assert result.exit == 1
    assert f"UNVERIFIED  something tried to reach 127.0.0.1:{database} past the recordings" in result.text


def test_a_name_is_not_even_looked_up(project: Project) -> None:
    project.write("test_crm.py", TALKS.format(scope="function", host="db.internal.example", port=5432))
    result = project.run("--contracts")
    assert result.exit == 1
    assert "tried to reach db.internal.example:5432" in result.text


def test_other_tests_keep_the_network(project: Project, upstream: Upstream, database: int) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
    project.run("--contracts-update")
    project.write(
        "test_other.py",
        f"""
        import socket

        def test_database():
            with socket.create_connection(("127.0.0.1", {database})) as connection:
                assert connection.recv(5) == b"ready"
        """,
    )
    assert project.run("--contracts").exit == 0


def test_an_undeclared_host_is_told(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
    project.write(
        "contracts.toml", MANIFEST.replace("${CRM_URL:-https://api.crm.example/v1}", "https://api.crm.example")
    )
    for flag in ("--contracts-update", "--contracts", "--contracts-live"):
        result = project.run(flag)
        assert result.exit == 0, result.text
        assert "in no manifest: 127.0.0.1" in result.section


def test_replay_says_which_recording_is_nearest_and_what_differs(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
    project.run("--contracts-update")
    test = (project.folder / "test_crm.py").read_text()
    url, cassette = "https://api.crm.example/v1/customers", "contracts/cassettes/test_crm/test_customer.yaml"
    nearest = "nearest recording: GET /v1/customers/42 —"
    for asked, path, said in (
        ("customer(43)", "43", f"{nearest} path: /v1/customers/42 recorded, /v1/customers/43 asked"),
        ('customer("42?page=2")', "42?page=2", f"{nearest} only asked: page=2"),
        (
            "customer(42) and customer(42)",
            "42",
            "every recording of it was played already (once; asked a 2nd time)",
        ),
    ):
        project.write("test_crm.py", test.replace("customer(42)", asked))
        result = project.run("--contracts")
        told = f"is not in {cassette}; {said}"
        assert f"  UNVERIFIED  GET {url}/{path} {told}\n" in result.text
        assert f"{cassette}; {said}; record it with `pytest --contracts-record --contracts-update" in result.text
