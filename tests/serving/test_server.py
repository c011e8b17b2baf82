"""The stand-in's server as clients meet it: every fault, many at once, and what hostile ones send."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
import requests

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.serving.answers import Answer, Asked, Operation, Possible, Recording, StandIn
from pytest_integration_contracts.serving.faults import Faults, fault_of
from pytest_integration_contracts.serving.listening import is_loopback
from pytest_integration_contracts.serving.log import Line, as_json, as_text
from pytest_integration_contracts.serving.server import MAX_BODY, Names, Server, Serving

GET = "GET /customers/{id}"
CUSTOMER = {"id": 7, "email": "ada@mail.example", "next": "https://api.crm.example/v1/customers?page=2"}
HEADERS = (
    ("Content-Type", "application/json"),
    ("Link", "<https://api.crm.example/v1/customers?page=2>; rel=next"),
    ("Set-Cookie", "a=1"),
    ("Set-Cookie", "b=2"),
    ("Transfer-Encoding", "chunked"),
    ("Strict-Transport-Security", "max-age=1"),
    ("X-Odd", "a\r\nX-Injected: yes"),
)
ANSWER = Answer(200, HEADERS, json.dumps(CUSTOMER).encode(), GET, "recorded a.yaml#1")
STAND_IN = StandIn(
    "crm",
    {"POST /customers": Operation("POST /customers", (Possible("201", "application/json", {"type": "object"}),))},
    [Recording(Asked(GET, "/customers/7"), ANSWER)],
)


def names(method: str, target: str, headers: object, body: bytes) -> Asked:
    path, _, _ = target.partition("?")
    if path == "/fails":
        raise KeyError(path)
    name = "/customers/{id}" if path.startswith("/customers/") else path
    return Asked(f"{method} {name}", path, (), body.decode("latin-1") or NO_BODY, path)


class Running:
    """A server with the lines it told."""

    def __init__(self, server: Server, lines: list[Line]) -> None:
        self.server = server
        self._lines = lines
        self.url = server.url
        self.customer = f"{server.url}/customers/7"

    @property
    def lines(self) -> list[Line]:
        """What it told of all that was answered."""
        self.server.settle()
        return self._lines

    def connect(self) -> socket.socket:
        host, port = self.server.server_address[:2]
        return socket.create_connection((str(host), int(port)), timeout=10)

    def raw(self, request: bytes) -> bytes:
        """What comes back for these bytes, up to the end of the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def running(*faults: str, called: Names = names) -> Iterator[Running]:
    lines: list[Line] = []
    serving = Serving(
        STAND_IN,
        called,
        Faults([fault_of(each) for each in faults], 0),
        lines.append,
        lambda text, here: text.replace("https://api.crm.example/v1", here),
        frozenset({"api.crm.example"}),
    )
    server = Server(serving)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Running(server, lines)
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.stop()


@pytest.fixture
def served() -> Iterator[Running]:
    with running() as server:
        yield server


def test_an_answer_is_the_recorded_one_with_links_that_lead_here(served: Running) -> None:
    answer = requests.get(served.customer, timeout=10)
    assert answer.status_code == 200
    assert answer.json() == {**CUSTOMER, "next": f"{served.url}/customers?page=2"}
    assert answer.headers["Link"] == f"<{served.url}/customers?page=2>; rel=next"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["X-Odd"] == "a X-Injected: yes"
    assert dict(answer.cookies) == {"a": "1", "b": "2"}
    assert not {"Strict-Transport-Security", "Transfer-Encoding", "X-Injected"} & set(answer.headers)
    (line,) = served.lines
    assert (line.method, line.target, line.status, line.operation) == ("GET", "/customers/7", 200, GET)
    assert line.origin == "recorded a.yaml#1"


def test_connections_stay_open(served: Running) -> None:
    with served.connect() as connection:
        for _ in range(3):
            connection.sendall(b"GET /customers/7 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = b""
            while not received.endswith(b'page=2"}'):
                received += connection.recv(65536)
            assert received.startswith(b"HTTP/1.1 200")


def test_bodies_come_with_a_length_or_in_chunks(served: Running) -> None:
    assert requests.post(f"{served.url}/customers", json={"a": 1}, timeout=10).status_code == 201
    assert requests.post(f"{served.url}/customers", data=iter([b"a", b"b"]), timeout=10).status_code == 201
    with httpx.Client() as client:
        assert client.post(f"{served.url}/customers", json={}, headers={"Expect": "100-continue"}).status_code == 201


def test_head_is_get_without_a_body(served: Running) -> None:
    answer = requests.head(served.customer, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == requests.get(served.customer, timeout=10).headers["Content-Length"]


def test_pages_of_this_machine_may_read_answers_and_others_may_not(served: Running) -> None:
    here, elsewhere = {"Origin": "http://localhost:3000"}, {"Origin": "https://evil.example"}
    answer = requests.get(served.customer, headers=here, timeout=10)
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert "Access-Control-Allow-Origin" not in requests.get(served.customer, headers=elsewhere, timeout=10).headers
    asks = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,x-a"}
    preflight = requests.options(served.customer, headers=here | asks, timeout=10)
    assert preflight.status_code == 204
    assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization,x-a"
    assert preflight.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


def test_fifty_at_once_are_all_answered() -> None:
    together = threading.Barrier(50)

    def once_all_are_here(method: str, target: str, headers: object, body: bytes) -> Asked:
        together.wait(timeout=60)
        return names(method, target, headers, body)

    with running(called=once_all_are_here) as served, ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: requests.get(served.customer, timeout=90), range(50)))
        assert {each.status_code for each in answers} == {200}
        assert len(served.lines) == 50


def test_statuses_and_fields_fail_as_they_were_told_to() -> None:
    with running("status=503") as served:
        answer = requests.get(served.customer, timeout=10)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert served.lines[0].faults == ("status=503",)
    with running("auth=401") as served:
        assert requests.get(served.customer, timeout=10).headers["WWW-Authenticate"] == 'Bearer realm="crm"'
    with running("drop-field=$.email", "null-field=$.id", "rename-field=$.next:more") as served:
        assert requests.get(served.customer, timeout=10).json() == {
            "id": None,
            "more": f"{served.url}/customers?page=2",
        }
        assert len(served.lines[0].faults) == 3
    with running("POST /customers reset") as served:
        assert requests.get(served.customer, timeout=10).status_code == 200


def test_a_malformed_body_arrives_whole_and_is_no_json() -> None:
    with running("malformed") as served:
        answer = requests.get(served.customer, timeout=10)
        assert answer.status_code == 200
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


def test_connections_break_as_they_were_told_to() -> None:
    with running("truncate") as served, pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        requests.get(served.customer, timeout=10)
    with running("reset") as served, served.connect() as connection:
        connection.sendall(b"GET /customers/7 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with running("timeout") as served:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(served.customer, timeout=0.3)
        with served.connect() as waiting:  # one that still waits does not keep the server from stopping
            waiting.sendall(b"GET /customers/7 HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_slowness_is_felt() -> None:
    with running("delay=300ms") as served:
        started = time.monotonic()
        requests.get(served.customer, timeout=10)
        assert time.monotonic() - started >= 0.3
    with running("slow-body=500ms") as served, httpx.stream("GET", served.customer, timeout=10) as answer:
        started = time.monotonic()
        assert answer.status_code == 200
        assert json.loads(b"".join(answer.iter_raw()))["id"] == 7
        assert time.monotonic() - started >= 0.4


def test_a_page_that_reaches_it_by_another_name_gets_nothing(served: Running) -> None:
    refused = requests.get(served.customer, headers={"Host": "evil.example"}, timeout=10)
    assert refused.status_code == 421
    assert "ada" not in refused.text
    for name in ("localhost:80", "127.0.0.1", "[::1]:1", "crm.localhost", "API.crm.example"):
        assert requests.get(served.customer, headers={"Host": name}, timeout=10).status_code == 200, name
    assert requests.get(served.customer, headers={"Host": "a b"}, timeout=10).status_code == 400


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x00\xff\r\n\r\n", b"400"),
        (b"GET customers HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET http://[x/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
        (b"__class__ / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"a%d: b\r\n" % at for at in range(200)) + b"\r\n", b"431"),
        (b"POST /customers HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /customers HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), b"413"),
        (b"POST /customers HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", b"400"),
        (b"POST /customers HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST /customers HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", b"413"),
        (b"POST /customers HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort", b""),
    ],
)
def test_hostile_requests_are_refused_and_the_next_one_is_answered(
    served: Running, request_: bytes, status: bytes
) -> None:
    assert status in served.raw(request_).partition(b"\r\n")[0]
    assert requests.get(served.customer, timeout=10).status_code == 200


def test_a_failure_of_its_own_is_told_and_ends_one_request_only(served: Running) -> None:
    answer = requests.get(f"{served.url}/fails", timeout=10)
    assert (answer.status_code, answer.json()) == (500, {"error": "the stand-in failed: KeyError"})
    assert requests.get(served.customer, timeout=10).status_code == 200
    assert [(line.status, line.problem) for line in served.lines] == [(500, "the stand-in failed: KeyError"), (200, "")]


def test_an_address_that_is_taken_is_one_clear_error(served: Running) -> None:
    port = int(served.server.server_address[1])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"cannot listen on 127.0.0.1, port {port}: .*; choose another --port"):
            Server(served.server.serving, port=port)


def test_addresses_of_this_machine_are_told_from_others() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "a.localhost"]))
    assert not any(map(is_loopback, ["192.0.2.1", "::", "10.0.0.1", "evil.example", "localhost.evil.example", ""]))


def test_lines_are_for_a_person_or_for_a_program(served: Running) -> None:
    requests.get(f"{served.url}/no\x1bthing", timeout=10)
    requests.get(served.customer, timeout=10)
    unknown, known = served.lines
    assert "\x1b[2m" in as_text(known)  # whoever prints it takes colours out where none are wanted
    assert json.loads(as_json(known))["origin"] == "recorded a.yaml#1"
    assert json.loads(as_json(known))["status"] == 200
    assert (unknown.status, unknown.origin) == (404, "unknown")
