"""What listens: HTTP/1.1 on one address, one thread a connection, all of it bounded, and only for whom it is meant."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import socket
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from pytest_integration_contracts.errors import UsageError

IDLE_SECONDS: Final = 65
"""How long a connection may be silent."""

_MOST_CONNECTIONS: Final = 256
_LONGEST_STOP: Final = 2.0
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


class Listener(ThreadingHTTPServer):
    """Listens from the moment it is made; `serve_forever` answers, `stop` ends all that still waits."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = os.name == "posix"

    def __init__(self, handler: type[BaseHTTPRequestHandler], host: str, port: int) -> None:
        """Bind.

        Args:
            handler: What answers.
            host: The address to listen on.
            port: The port, 0 for one that is free.

        Raises:
            UsageError: The address cannot be listened on.
        """
        self.stopping = threading.Event()
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._answering = 0
        self._changed = threading.Condition()
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            self.address_family = family
            super().__init__((str(address[0]), port), handler)
        except (OSError, OverflowError) as error:
            what = getattr(error, "strerror", None) or error
            raise UsageError(
                f"cannot listen on {host}, port {port}: {what}; choose another --port or --host"
            ) from error
        self.is_local = is_loopback(str(self.server_address[0]))

    @property
    def url(self) -> str:
        """Where it is: `http://127.0.0.1:41233`."""
        host, port = str(self.server_address[0]), int(self.server_address[1])
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def server_bind(self) -> None:
        """Bind, and ask no name server what the host is called."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address))
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def stop(self) -> None:
        """End what still waits, let go of the port, and let what is being answered be told of."""
        self.stopping.set()
        self.server_close()
        self.settle()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Within it a request is being answered."""
        with self._changed:
            self._answering += 1
        try:
            yield
        finally:
            with self._changed:
                self._answering -= 1
                self._changed.notify_all()

    def settle(self) -> None:
        """Wait until nothing is being answered, though not for a client that does not listen."""
        with self._changed:
            self._changed.wait_for(lambda: not self._answering, _LONGEST_STOP)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the library has it
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the library has it
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the library has it
        """A connection broke; whoever broke it knows, and what was being answered was told."""


def is_loopback(host: str) -> bool:
    """Whether an address, or a name of a host, is this machine's own and reached from nowhere else."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class RefusedError(Exception):
    """A request that is not answered but told why."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


def insist_on_a_host(host: str, *, local: bool, hosts: frozenset[str] = frozenset(), what: str) -> None:
    """Refuse what another site's page may have sent by a name that leads here (DNS rebinding).

    Args:
        host: The Host header; "" where there is none, which no browser leaves out.
        local: Whether the server is reached from this machine only.
        hosts: Names that requests may be for, beside loopback's.
        what: What the server is called.

    Raises:
        RefusedError: It cannot be read, or is another one's.
    """
    if host and not _HOST.fullmatch(host):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the Host header cannot be read")
    name = host if host.endswith("]") else re.sub(r":[0-9]+\Z", "", host)
    if local and host and not is_loopback(name) and name.lower() not in hosts:
        raise RefusedError(HTTPStatus.MISDIRECTED_REQUEST, f"{what} answers requests to localhost only; see --host")
