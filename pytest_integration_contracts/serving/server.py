"""The HTTP server of the stand-in: HTTP/1.1 with connections that stay open, one thread each, all of it bounded."""

from __future__ import annotations

import datetime as dt
import os
import re
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Final, Protocol
from urllib.parse import urlsplit

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.serving.answers import Answer, Asked, Headers, StandIn
from pytest_integration_contracts.serving.failing import Delivery, delivered
from pytest_integration_contracts.serving.faults import Faults
from pytest_integration_contracts.serving.listening import (
    IDLE_SECONDS,
    Listener,
    RefusedError,
    insist_on_a_host,
    is_loopback,
)
from pytest_integration_contracts.serving.log import Line

MAX_BODY: Final = 16 * 1024**2
"""How large the body of a request may be, in bytes."""

_LONGEST_TIMEOUT: Final = 3600.0
_PIECES: Final = 10
_LONGEST_SIZE: Final = 1024
_ORIGIN = re.compile(r"https?://(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\])(?::[0-9]{1,5})?")
_BODILESS: Final = frozenset({204, 205, 304})
_OF_CONNECTION: Final = frozenset(
    {
        *("connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "trailer", "upgrade"),
        *("date", "server", "strict-transport-security", "alt-svc", "proxy-authenticate", "content-md5", "digest"),
    }
)
"""Headers of recordings that were about the connection, or the bytes, that there were then."""


class Names(Protocol):
    """What a request asks for."""

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Asked:
        """Name it.

        Args:
            method: The HTTP method.
            target: Path and query.
            headers: Names in lower case.
            body: The bytes.

        Raises:
            BodyError: The body cannot be read.
        """


@dataclass(frozen=True, slots=True)
class Serving:
    """All that one run of the server depends on.

    Attributes:
        stand_in: What answers.
        names: What a request asks for.
        faults: What goes wrong.
        log: Takes a line for each request; may be called by several threads at once.
        here: Puts the server's own address in the place of the upstream's: in a text, given the address.
        hosts: Names of hosts that requests may be for, beside loopback's: the upstream's own.
    """

    stand_in: StandIn
    names: Names
    faults: Faults
    log: Callable[[Line], None]
    here: Callable[[str, str], str] = lambda text, _: text
    hosts: frozenset[str] = frozenset()


class Server(Listener):
    """The stand-in, listening."""

    def __init__(self, serving: Serving, host: str = "127.0.0.1", port: int = 0) -> None:
        """Bind. What it serves; the rest and errors as in `Listener`."""
        self.serving = serving
        super().__init__(_Handler, host, port)


@dataclass(slots=True)
class _Turn:
    """One request on its way."""

    started: float = field(default_factory=time.monotonic)
    asked: Asked = field(default_factory=lambda: Asked("", ""))
    delivery: Delivery = field(default_factory=lambda: Delivery(Answer(0)))
    problem: str = ""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # any method, for upstreams may have their own
            return self._serve
        raise AttributeError(name)

    def version_string(self) -> str:
        """What the Server header says."""
        return "integration-contracts"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        """Requests are told in lines of our own."""

    def _serve(self) -> None:
        with self.server.answering():
            self._take_turn(_Turn())

    def _take_turn(self, turn: _Turn) -> None:
        try:
            self._answer(turn)
        except RefusedError as refused:
            self.close_connection = True
            body = b'{"error": "%s"}' % str(refused).encode("ascii", "replace").replace(b'"', b"'")
            answer = Answer(int(refused.status), (("content-type", "application/json"),), body)
            turn.delivery = replace(turn.delivery, answer=answer, faults=())
            turn.problem = str(refused)
            self._send(answer, body)
        except (ConnectionError, TimeoutError):
            turn.problem = "the client went away"
            self.close_connection = True
        finally:
            self._tell(turn)

    def _answer(self, turn: _Turn) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        turn.asked = replace(turn.asked, shown=self.path.partition("?")[0])
        server = self.server
        insist_on_a_host(
            headers.get("host", ""), local=server.is_local, hosts=server.serving.hosts, what="the stand-in"
        )
        body = self._body(headers)
        target = self._target()
        if self.command == "OPTIONS" and "access-control-request-method" in headers:
            turn.delivery = Delivery(self._preflight(headers), faults=())
            self._send(turn.delivery.answer, b"")
            return
        try:
            turn.asked = self._asked(self.command, target, headers, body)
            strikes = self.server.serving.faults.of(turn.asked.operation)
            turn.delivery = delivered(self.server.serving.stand_in, turn.asked, strikes)
        except RefusedError:
            raise
        except Exception as error:
            why = f"the stand-in failed: {type(error).__name__}"
            raise RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, why) from error
        self._deliver(turn.delivery, headers)

    def _asked(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Asked:
        """What is asked for; a HEAD is a GET where nothing else is known of it (RFC 9110, section 9.3.2)."""
        serving = self.server.serving
        try:
            asked = serving.names(method, target, headers, body)
            if asked.operation not in serving.stand_in.operations and method == "HEAD":
                asked = serving.names("GET", target, headers, body)
        except (BodyError, RecursionError, ValueError) as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"the request cannot be read: {error}") from error
        return asked

    def _target(self) -> str:
        """Path and query, also of a request that names the whole URL, as for a proxy."""
        if not self.path.startswith("/"):
            try:
                parts = urlsplit(self.path)
            except ValueError as error:
                raise RefusedError(HTTPStatus.BAD_REQUEST, "the URL cannot be read") from error
            if parts.scheme not in {"http", "https"} and self.path != "*":
                raise RefusedError(HTTPStatus.BAD_REQUEST, "the path does not begin with a slash")
            return (parts.path if self.path != "*" else "/") + (f"?{parts.query}" if parts.query else "")
        return self.path.partition("#")[0]

    def _body(self, headers: Mapping[str, str]) -> bytes:
        coding, length = headers.get("transfer-encoding", "").lower(), headers.get("content-length", "")
        if coding and (length or coding != "chunked"):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the length of the body is not clear")
        if coding:
            return b"".join(self._chunks())
        if not re.fullmatch(r"[0-9]{0,18}", length):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the Content-Length header is no number")
        if int(length or 0) > MAX_BODY:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {MAX_BODY} bytes")
        return self._exactly(int(length or 0))

    def _chunks(self) -> Iterator[bytes]:
        """The parts of a chunked body (RFC 9112, section 7.1)."""
        total = 0
        while True:
            written = self.rfile.readline(_LONGEST_SIZE).partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", written):
                raise RefusedError(HTTPStatus.BAD_REQUEST, "the chunked body cannot be read")
            size = int(written, 16)
            total += size
            if total > MAX_BODY:
                raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {MAX_BODY} bytes")
            if not size:
                break
            yield self._exactly(size)
            self._exactly(2)
        for _ in range(_PIECES * _PIECES):
            if not self.rfile.readline(_LONGEST_SIZE).strip():
                return
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the chunked body cannot be read")

    def _exactly(self, size: int) -> bytes:
        content = self.rfile.read(size) if size else b""
        if len(content) < size:
            raise ConnectionAbortedError
        return content

    def _preflight(self, headers: Mapping[str, str]) -> Answer:
        """What a browser asks before it sends a request from another origin (Fetch standard, section 3.3)."""
        wanted = headers.get("access-control-request-headers", "")
        allowed: Headers = (
            ("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
            ("access-control-allow-headers", _clean(wanted) or "*"),
            ("access-control-max-age", "600"),
        )
        return Answer(int(HTTPStatus.NO_CONTENT), allowed, origin="preflight")

    def _deliver(self, delivery: Delivery, headers: Mapping[str, str]) -> None:
        stopping = self.server.stopping
        if delivery.delay:
            stopping.wait(delivery.delay)
        if delivery.ends == "timeout":
            self._hang()
            return
        if delivery.ends == "reset":
            self._reset()
            return
        answer = self._moved_here(delivery.answer, headers.get("host", ""))
        if delivery.ends == "truncate" and len(answer.body) > 1:
            self._send(answer, answer.body[: len(answer.body) // 2])
            self.close_connection = True
        elif delivery.slow:
            self._send(answer, b"")
            self._trickle(answer.body if self._has_body(answer) else b"", delivery.slow)
        else:
            self._send(answer, answer.body)

    def _moved_here(self, answer: Answer, host: str) -> Answer:
        """The answer with the server's own address where the upstream's was: then links lead on."""
        here = f"http://{host}" if host else self.server.url
        move = self.server.serving.here
        headers = tuple((name, move(value, here)) for name, value in answer.headers)
        try:
            body = move(answer.body.decode("utf-8"), here).encode("utf-8")
        except UnicodeDecodeError:
            body = answer.body
        return replace(answer, headers=headers, body=body)

    def _send(self, answer: Answer, body: bytes) -> None:
        """Send the head, and so much of the body."""
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _OF_CONNECTION and not name.lower().startswith("access-control-allow-origin"):
                self.send_header(_clean(name), _clean(value))
        for name, value in self._of_origin():
            self.send_header(name, value)
        if answer.status not in _BODILESS:
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self._has_body(answer):
            self.wfile.write(body)

    def _has_body(self, answer: Answer) -> bool:
        return self.command != "HEAD" and answer.status not in _BODILESS

    def _of_origin(self) -> Headers:
        """What lets a page of this machine read the answer; pages from elsewhere may not."""
        origin = self.headers.get("Origin", "") if self.headers else ""
        found = _ORIGIN.fullmatch(origin)
        if found is None or not is_loopback(found["host"]):
            return ()
        return (
            ("access-control-allow-origin", origin),
            ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", "*"),
            ("vary", "Origin"),
        )

    def _trickle(self, body: bytes, seconds: float) -> None:
        size = max(1, -(-len(body) // _PIECES))
        for at in range(0, len(body), size):
            self.server.stopping.wait(seconds / _PIECES)
            self.wfile.write(body[at : at + size])

    def _hang(self) -> None:
        """Answer nothing until the client has had enough, or the server stops."""
        self.close_connection = True
        end = time.monotonic() + _LONGEST_TIMEOUT
        while not self.server.stopping.wait(0.05) and time.monotonic() < end:
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def _reset(self) -> None:
        """Close so that the client sees a reset: what is closed without lingering is (RFC 9293, section 3.10.7.1)."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach()) if os.name == "posix" else self.connection.close()

    def _tell(self, turn: _Turn) -> None:
        delivery = turn.delivery
        status = 0 if delivery.ends in {"timeout", "reset"} else delivery.answer.status
        self.server.serving.log(
            Line(
                at=dt.datetime.now().astimezone(),
                method=self.command,
                target=turn.asked.shown,
                status=status,
                operation=delivery.answer.operation,
                origin=delivery.answer.origin,
                faults=delivery.faults,
                seconds=time.monotonic() - turn.started,
                problem=turn.problem,
            )
        )


def _clean(text: str) -> str:
    """A header's text without what would end it, in the bytes that headers have."""
    return re.sub(r"[\r\n\x00]+", " ", text).encode("latin-1", "replace").decode("latin-1")
