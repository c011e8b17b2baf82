"""A server of a few documents that are made anew when they are asked for, and that nobody can change."""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Final, Generic, TypeVar

from pytest_integration_contracts.errors import ContractsError
from pytest_integration_contracts.serving.listening import IDLE_SECONDS, Listener, RefusedError, insist_on_a_host

T = TypeVar("T")

_ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_NOTHING: Final = "default-src 'none'"
_GZIP = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)", re.IGNORECASE)
_WORTH_IT: Final = 1024
_LONGEST: Final = 500


class Recent(Generic[T]):
    """Something that is made when it is asked for, and not again for a few seconds, whoever asks."""

    def __init__(self, make: Callable[[], T], seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare.

        Args:
            make: Makes it; may raise, and is then asked again next time.
            seconds: How long it is kept.
            clock: Seconds that only grow.
        """
        self._make, self._seconds, self._clock = make, seconds, clock
        self._lock = threading.Lock()
        self._kept: tuple[float, T] | None = None

    def __call__(self) -> T:
        """The thing; of several who ask at once one has it made, and the others wait for it."""
        with self._lock:
            if self._kept is None or not 0 <= self._clock() - self._kept[0] < self._seconds:
                self._kept = None
                made = self._make()
                self._kept = (self._clock(), made)
            return self._kept[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is at a path.

    Attributes:
        media_type: Its Content-Type.
        make: Makes its text; a ContractsError is told to whoever asks.
        policy: Its Content-Security-Policy.
    """

    media_type: str
    make: Callable[[], str]
    policy: str = _NOTHING


class Pages(Listener):
    """Documents by path, listening."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Bind.

        Args:
            documents: What there is, by path.
            host: The address to listen on.
            port: The port, 0 for one that is free.
            trouble: Is told, in one line, why a document could not be made; may be called by several threads at once.

        Raises:
            UsageError: The address cannot be listened on.
        """
        self.documents = documents
        self.trouble = trouble
        super().__init__(_Handler, host, port)


class _Handler(BaseHTTPRequestHandler):
    server: Pages
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # whatever method: what is not allowed is told so
            return self._serve
        raise AttributeError(name)

    def version_string(self) -> str:
        """What the Server header says."""
        return "integration-contracts"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        """Nobody wants a line for each request of a page that renews itself."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What the library refuses by itself, in our own few words."""
        self.close_connection = True
        self.request_version = self.protocol_version  # whatever it was: the answer has a head
        self._say(HTTPStatus(code), message or HTTPStatus(code).phrase)

    def _serve(self) -> None:
        if self.server.stopping.is_set():  # a connection that stayed open
            self.close_connection = True
            return
        with self.server.answering():
            try:
                self._answer()
            except RefusedError as refused:
                self.close_connection = True
                self._say(refused.status, str(refused))
            except (ConnectionError, TimeoutError):
                self.close_connection = True

    def _answer(self) -> None:
        insist_on_a_host(self.headers.get("Host", ""), local=self.server.is_local, what="this page")
        if self.headers.get("Content-Length", "0") != "0" or self.headers.get("Transfer-Encoding"):
            self.close_connection = True  # a body is not read
        if self.command not in {"GET", "HEAD"}:
            self.close_connection = True
            self._say(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD", ("Allow", "GET, HEAD"))
            return
        document = self.server.documents.get(self.path.partition("?")[0])
        if document is None:
            there = ", ".join(self.server.documents)
            self._say(HTTPStatus.NOT_FOUND, f"nothing is here; there are: {there}")
            return
        self._show(document)

    def _show(self, document: Document) -> None:
        try:
            body = document.make().encode("utf-8")
        except ContractsError as error:
            self._fail(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            return
        except Exception as error:  # noqa: BLE001 - a page that fails is no reason to end the server
            self._fail(HTTPStatus.INTERNAL_SERVER_ERROR, f"it could not be made: {type(error).__name__}")
            return
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        headers = (
            ("Content-Type", document.media_type),
            ("Content-Security-Policy", f"{document.policy}; frame-ancestors 'none'"),
            ("Cache-Control", "private, no-cache"),
            ("Vary", "Accept-Encoding"),
            ("ETag", tag),
        )
        if tag in (each.strip() for each in self.headers.get("If-None-Match", "").split(",")):
            self._send(HTTPStatus.NOT_MODIFIED, headers[1:], b"")
        elif len(body) >= _WORTH_IT and _GZIP.search(self.headers.get("Accept-Encoding", "")):
            small = gzip.compress(body, 5, mtime=0)
            self._send(HTTPStatus.OK, (*headers, ("Content-Encoding", "gzip")), small)
        else:
            self._send(HTTPStatus.OK, headers, body)

    def _fail(self, status: HTTPStatus, why: str) -> None:
        self.server.trouble(f"{self.path.partition('?')[0]}: {why}")
        self._say(status, why)

    def _say(self, status: HTTPStatus, text: str, *more: tuple[str, str]) -> None:
        """One line of plain text."""
        line = "".join(char if char.isprintable() else "?" for char in text[:_LONGEST])
        headers = (
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Security-Policy", f"{_NOTHING}; frame-ancestors 'none'"),
            ("Cache-Control", "no-store"),
            *more,
        )
        self._send(status, headers, f"{line}\n".encode("utf-8", "replace"))

    def _send(self, status: HTTPStatus, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        self.send_response(status)
        for name, value in (*headers, *_ALWAYS):
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and body:
            self.wfile.write(body)
