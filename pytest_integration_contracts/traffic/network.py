"""No network while recordings are replayed: sockets of a contract test connect only where the manifest allows it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from pytest_integration_contracts.errors import NetworkBlockedError


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Where one test, or one wide fixture, may connect to.

    Attributes:
        allowed: `host`, or `host:port`; `localhost` stands for every loopback address. None for everywhere.
        blocked: Where it tried to connect and was kept from, `host:port`, whether or not the consumer minded.
    """

    allowed: frozenset[str] | None
    blocked: list[str] = field(default_factory=list)


class NetworkGuard:
    """While anything is entered, sockets connect only where the innermost allows it."""

    def __init__(self) -> None:
        self._entered: list[Reach] = []
        self._patches: list[Any] = []

    def enter(self, reach: Reach) -> None:
        """Hold sockets to a reach from now on."""
        if not self._entered:
            self._patches = [
                mock.patch.object(socket.socket, "connect", self._guarded(socket.socket.connect)),
                mock.patch.object(socket.socket, "connect_ex", self._guarded(socket.socket.connect_ex)),
                mock.patch.object(socket, "getaddrinfo", self._resolving(socket.getaddrinfo)),
            ]
            for patch in self._patches:
                patch.start()
        self._entered.append(reach)

    def leave(self, reach: Reach) -> None:
        """Undo `enter`."""
        if reach in self._entered:
            self._entered.remove(reach)
            if not self._entered:
                for patch in reversed(self._patches):
                    patch.stop()

    def _guarded(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(this: socket.socket, address: Any, *rest: Any) -> Any:  # noqa: ANN401 - as the socket module has it
            if this.family in {socket.AF_INET, socket.AF_INET6}:
                self._insist(str(address[0]), int(address[1]))
            return connect(this, address, *rest)

        return guarded

    def _resolving(self, resolve: Callable[..., Any]) -> Callable[..., Any]:
        def resolving(host: Any, port: Any, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - as above
            name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
            if name and not _is_address(name):
                self._insist(str(name), port)
            return resolve(host, port, *rest, **options)

        return resolving

    def _insist(self, host: str, port: object) -> None:
        reach = self._entered[-1] if self._entered else None
        if reach is None or reach.allowed is None:
            return
        names = {host, "localhost"} if _is_loopback(host) else {host}
        if reach.allowed.isdisjoint(names | {f"{name}:{port}" for name in names}):
            place = f"{host}:{port}"
            if place not in reach.blocked:
                reach.blocked.append(place)
            raise NetworkBlockedError(
                f"a contract test tried to reach {place} while its recordings were replayed; where it must,"
                f' allow it in contracts.toml: `[defaults]` `network = ["{place}"]`'
            )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    return _is_address(host) and ipaddress.ip_address(host.partition("%")[0]).is_loopback
