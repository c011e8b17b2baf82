"""A real server on loopback: HTTP/1.1 and HTTP/2, with and without TLS, and every kind of answer there is."""

from __future__ import annotations

import asyncio
import base64
import email
import gzip
import json
import socket
import subprocess
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

import brotli
import hypercorn.asyncio
import zstandard
from hypercorn.config import Config

VALUE = {"id": 42, "name": "Zoë", "tags": ["a", "b"], "price": 1.5, "at": None}
TEXT = json.dumps(VALUE, ensure_ascii=False).encode()
LARGE = bytes(range(256)) * (5 * 1024 * 4)
"""5 MB, of every byte."""

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}

JSON = {"Content-Type": "application/json", "ETag": '"1"', "X-Note": "kept"}

Headers = dict[str, str]


@dataclass(frozen=True)
class Asked:
    """A request as the server saw it."""

    method: str
    path: str
    headers: Headers
    body: bytes
    connection: tuple[str, int]
    version: str
    origin: str


@dataclass(frozen=True)
class Given:
    """What the server answers."""

    status: int = 200
    parts: Iterable[bytes] = ()
    headers: Headers | None = None


def answer(asked: Asked) -> Given:
    """The answer to a path: `/v1/<kind>/<detail>`."""
    _, _, kind, detail = [*asked.path.split("/", 3), ""][:4]
    return ANSWERS[kind](asked, detail)


def _json(asked: Asked, detail: str) -> Given:
    return Given(200, [TEXT], JSON)


def _chunked(asked: Asked, detail: str) -> Given:
    """Without a length, in pieces that end in the middle of a character."""
    middle = TEXT.index("ë".encode()) + 1
    return Given(200, [TEXT[:middle], TEXT[middle:], b"\n"], JSON | {"Content-Length": ""})


def _encoded(asked: Asked, detail: str) -> Given:
    return Given(200, [COMPRESS[detail](TEXT)], JSON | {"Content-Encoding": detail})


def _status(asked: Asked, detail: str) -> Given:
    code = int(detail)
    if code in {204, 304}:
        return Given(code, [], {"ETag": '"1"', "Content-Length": ""})
    return Given(code, [json.dumps({"error": {"code": code}}).encode()], JSON)


def _conditional(asked: Asked, detail: str) -> Given:
    return _status(asked, "304") if asked.headers.get("if-none-match") == '"1"' else _json(asked, detail)


def _redirect(asked: Asked, detail: str) -> Given:
    return Given(int(detail), [], {"Location": f"{asked.origin}/v1/echo/there"})


def _echo(asked: Asked, detail: str) -> Given:
    """What was sent, by what it means: no boundary, no order of header fields."""
    media = asked.headers.get("content-type", "").partition(";")[0]
    sent: object = asked.body.decode("latin-1")
    if media == "multipart/form-data":
        whole = email.message_from_bytes(f"Content-Type: {asked.headers['content-type']}\n\n".encode() + asked.body)
        sent = sorted(_part(part) for part in whole.get_payload())  # type: ignore[arg-type, union-attr]
    elif media == "application/x-www-form-urlencoded":
        sent = parse_qsl(asked.body.decode())
    elif media == "application/json":
        sent = json.loads(asked.body)
    return Given(200, [json.dumps({"method": asked.method, "media": media, "sent": sent}).encode()], JSON)


def _part(part: Any) -> tuple[str, str, str]:
    content = base64.b64encode(part.get_payload(decode=True)).decode()
    return part.get_param("name", "", "content-disposition"), part.get_filename(""), content


def _empty(asked: Asked, detail: str) -> Given:
    return Given(200, [], {"Content-Type": "application/json"})


def _latin(asked: Asked, detail: str) -> Given:
    return Given(200, ["Zoë".encode("latin-1")], {"Content-Type": "text/plain; charset=latin-1"})


def _bytes(asked: Asked, detail: str) -> Given:
    return Given(200, [bytes(range(256))], {"Content-Type": "application/octet-stream"})


def _large(asked: Asked, detail: str) -> Given:
    return Given(200, [LARGE], {"Content-Type": "application/octet-stream"})


ANSWERS: dict[str, Callable[[Asked, str], Given]] = {
    "json": _json,
    "chunked": _chunked,
    "encoded": _encoded,
    "status": _status,
    "conditional": _conditional,
    "redirect": _redirect,
    "echo": _echo,
    "empty": _empty,
    "latin": _latin,
    "bytes": _bytes,
    "large": _large,
}


class Server:
    """Serves `answer`, until it is left, on a port that the system picks."""

    def __init__(self, certificate: Certificate | None = None, answer: Callable[[Asked], Given] = answer) -> None:
        self.asked: list[Asked] = []
        self.answer = answer
        self._certificate = certificate
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._ready = threading.Event()

    @property
    def origin(self) -> str:
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def __enter__(self) -> Self:
        self._port = self._socket.getsockname()[1]
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        config = Config()
        config.bind = [f"fd://{self._socket.detach()}"]
        config.errorlog = None
        config.graceful_timeout = 0.1
        if self._certificate:
            config.certfile, config.keyfile = map(str, (self._certificate.certificate, self._certificate.key))
        serving = asyncio.ensure_future(
            hypercorn.asyncio.serve(self._application, config, shutdown_trigger=self._stop.wait)  # type: ignore[arg-type]
        )
        self._loop.call_soon(self._ready.set)
        await serving

    async def _application(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        asked = Asked(
            scope["method"], scope["path"], headers, body, tuple(scope["client"]), scope["http_version"], self.origin
        )
        self.asked.append(asked)
        await _send(self.answer(asked), send, with_body=asked.method != "HEAD")


async def _live(receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})


async def _send(given: Given, send: Callable[[Any], Awaitable[None]], *, with_body: bool) -> None:
    parts = list(given.parts)
    headers = {"Content-Length": str(sum(map(len, parts)))} | (given.headers or {})
    fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items() if value]
    await send({"type": "http.response.start", "status": given.status, "headers": fields})
    for part in parts if with_body else ():
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@dataclass(frozen=True)
class Certificate:
    """A certificate for loopback, of nobody's but its own making."""

    certificate: Path
    key: Path

    @classmethod
    def made(cls, folder: Path) -> Certificate:
        """Make one, by `openssl`."""
        made = cls(folder / "certificate.pem", folder / "key.pem")
        options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        files = ["-keyout", str(made.key), "-out", str(made.certificate)]
        subprocess.run(["openssl", "req", "-x509", *options, *names, *files], check=True, capture_output=True)
        return made
