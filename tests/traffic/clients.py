"""The HTTP clients that consumers use, asked in one way; and what the recorder asks of a manifest."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import io
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp
import brotli
import httpx
import requests
import urllib3
import zstandard

from pytest_integration_contracts.manifest.manifest import Limits

CANONICAL = "https://api.crm.example/v1"


class Answered(NamedTuple):
    status: int
    body: bytes


@dataclass(frozen=True)
class Ask:
    """One request, in words that every client can be told."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    json: object = None
    form: Mapping[str, str] | None = None
    file: tuple[str, bytes] | None = None
    in_pieces: bool = False
    """Whether the answer is read as it comes."""


@dataclass(frozen=True)
class Got:
    """One answer, as the consumer sees it."""

    status: int
    body: bytes
    url: str
    headers: Mapping[str, str]
    history: tuple[tuple[int, str], ...] = ()


Family = Callable[..., list[Got]]
"""`(base, asks, trust=None)`: asks all of them of a base URL, one after the other.

By one session or connection, where the client has such. `trust` is the file of a certificate to trust.
"""

TIMEOUT = 10
PIECE = 7
"""How many bytes are read at a time, where an answer is read in pieces."""

DECODE: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "br": brotli.decompress,
    "zstd": lambda raw: zstandard.ZstdDecompressor().decompressobj().decompress(raw),
}


def tls(trust: str | None) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=trust) if trust else None


def decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """What a consumer makes of a body whose client leaves it compressed."""
    encoding = headers.get("Content-Encoding") or ""
    return DECODE[encoding](body) if encoding and body else body


def plainly(ask: Ask) -> tuple[bytes | None, dict[str, str]]:
    """Body and headers of a request, for a client that makes neither."""
    if ask.json is not None:
        return json.dumps(ask.json).encode(), {"Content-Type": "application/json", **ask.headers}
    if ask.file is not None:
        body, media = urllib3.encode_multipart_formdata(fields(ask))
        return body, {"Content-Type": media, **ask.headers}
    if ask.form is not None:
        return urlencode(ask.form).encode(), {"Content-Type": "application/x-www-form-urlencoded", **ask.headers}
    return ask.content, dict(ask.headers)


def fields(ask: Ask) -> dict[str, Any]:
    assert ask.file
    name, content = ask.file
    return {**(ask.form or {}), "file": (name, content, "application/octet-stream")}


def pieces(read: Callable[[int], bytes]) -> bytes:
    return b"".join(iter(lambda: read(PIECE), b""))


def by_requests(base: str, asks: Sequence[Ask], trust: str | None = None) -> list[Got]:
    with requests.Session() as session:
        return [_by_requests(partial(session.request, verify=trust or True), base, ask) for ask in asks]


def by_bare_requests(base: str, asks: Sequence[Ask], trust: str | None = None) -> list[Got]:
    return [_by_requests(partial(requests.request, verify=trust or True), base, ask) for ask in asks]


def _by_requests(send: Callable[..., requests.Response], base: str, ask: Ask) -> Got:
    options: dict[str, Any] = {"data": ask.content if ask.content is not None else ask.form, "json": ask.json}
    if ask.file:
        options["files"] = {"file": (ask.file[0], io.BytesIO(ask.file[1]), "application/octet-stream")}
    with send(
        ask.method,
        base + ask.path,
        headers=ask.headers,
        timeout=TIMEOUT,
        stream=ask.in_pieces,
        allow_redirects=True,
        **options,
    ) as response:
        body = b"".join(response.iter_content(PIECE)) if ask.in_pieces else response.content
        history = tuple((each.status_code, each.url) for each in response.history)
        return Got(response.status_code, body, response.url, response.headers, history)


def by_urllib3(base: str, asks: Sequence[Ask], trust: str | None = None) -> list[Got]:
    with urllib3.PoolManager(ssl_context=tls(trust)) as pool:
        return [_by_urllib3(pool, base, ask) for ask in asks]


def _by_urllib3(pool: urllib3.PoolManager, base: str, ask: Ask) -> Got:
    options: dict[str, Any] = {"body": ask.content, "headers": dict(ask.headers)}
    if ask.json is not None:
        options |= {"json": ask.json}
    elif ask.form is not None or ask.file:
        del options["body"]
        options |= {"fields": fields(ask) if ask.file else dict(ask.form or {}), "encode_multipart": bool(ask.file)}
    response = pool.request(ask.method, base + ask.path, timeout=TIMEOUT, preload_content=not ask.in_pieces, **options)
    body = b"".join(response.stream(PIECE)) if ask.in_pieces else response.data
    response.release_conn()
    hops = response.retries.history if response.retries else ()
    history = tuple((hop.status or 0, urljoin(base, hop.url or "")) for hop in hops)
    return Got(response.status, body, urljoin(base, response.geturl() or ""), response.headers, history)


def by_http_client(base: str, asks: Sequence[Ask], trust: str | None = None) -> list[Got]:
    parts = urlsplit(base)
    connection = (
        http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT, context=tls(trust))
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)
    )
    with contextlib.closing(connection):
        return [_by_http_client(connection, base, ask) for ask in asks]


def _by_http_client(connection: http.client.HTTPConnection, base: str, ask: Ask) -> Got:
    body, headers = plainly(ask)
    connection.request(ask.method, urlsplit(base + ask.path).path, body, headers)
    response = connection.getresponse()
    content = pieces(response.read) if ask.in_pieces else response.read()
    return Got(response.status, decoded(content, response.headers), base + ask.path, response.headers)  # type: ignore[arg-type]


def by_urllib(base: str, asks: Sequence[Ask], trust: str | None = None) -> list[Got]:
    return [_by_urllib(base, ask, trust) for ask in asks]


def _by_urllib(base: str, ask: Ask, trust: str | None) -> Got:
    body, headers = plainly(ask)
    request = urllib.request.Request(base + ask.path, body, headers, method=ask.method)  # noqa: S310 - loopback
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT, context=tls(trust))  # noqa: S310
    except urllib.error.HTTPError as error:
        response = error
    with response:
        content = pieces(response.read) if ask.in_pieces else response.read()
        return Got(response.status, decoded(content, response.headers), response.url, response.headers)


def by_httpx(
    base: str, asks: Sequence[Ask], trust: str | None = None, *, library: Any = httpx, **options: Any
) -> list[Got]:
    with library.Client(verify=tls(trust) or UNUSED, follow_redirects=True, timeout=TIMEOUT, **options) as client:
        return [_by_httpx(client, base, ask) for ask in asks]


def _by_httpx(client: Any, base: str, ask: Ask) -> Got:
    with client.stream(ask.method, base + ask.path, **_httpx_options(ask)) as response:
        body = b"".join(response.iter_bytes(PIECE)) if ask.in_pieces else response.read()
        return _got_by_httpx(response, body)


def by_async_httpx(
    base: str, asks: Sequence[Ask], trust: str | None = None, *, library: Any = httpx, **options: Any
) -> list[Got]:
    async def run() -> list[Got]:
        async with library.AsyncClient(
            verify=tls(trust) or UNUSED, follow_redirects=True, timeout=TIMEOUT, **options
        ) as client:
            return [await ask_one(client, ask) for ask in asks]

    async def ask_one(client: Any, ask: Ask) -> Got:
        async with client.stream(ask.method, base + ask.path, **_httpx_options(ask)) as response:
            read = b"".join([piece async for piece in response.aiter_bytes(PIECE)]) if ask.in_pieces else b""
            return _got_by_httpx(response, read or await response.aread())

    return asyncio.run(run())


UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that would read every certificate of the system to speak to loopback without TLS."""


def _httpx_options(ask: Ask) -> dict[str, Any]:
    options: dict[str, Any] = {"headers": dict(ask.headers), "content": ask.content, "json": ask.json}
    options["data"] = ask.form
    if ask.file:
        options["files"] = {"file": (ask.file[0], ask.file[1], "application/octet-stream")}
    return {name: option for name, option in options.items() if option is not None}


def _got_by_httpx(response: Any, body: bytes) -> Got:
    history = tuple((each.status_code, str(each.url)) for each in response.history)
    return Got(response.status_code, body, str(response.url), response.headers, history)


def by_aiohttp(base: str, asks: Sequence[Ask], trust: str | None = None) -> list[Got]:
    async def run() -> list[Got]:
        timeout = aiohttp.ClientTimeout(TIMEOUT)
        connector = aiohttp.TCPConnector(ssl=tls(trust) or True)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            return [await _by_aiohttp(session, base, ask) for ask in asks]

    return asyncio.run(run())


async def _by_aiohttp(session: aiohttp.ClientSession, base: str, ask: Ask) -> Got:
    options: dict[str, Any] = {"data": ask.content if ask.content is not None else ask.form, "json": ask.json}
    if ask.file:
        form = aiohttp.FormData(ask.form or {})
        form.add_field("file", ask.file[1], filename=ask.file[0], content_type="application/octet-stream")
        options["data"] = form
    async with session.request(
        ask.method, base + ask.path, headers=ask.headers, allow_redirects=True, **options
    ) as response:
        if ask.in_pieces:
            body = b"".join([piece async for piece in response.content.iter_chunked(PIECE)])
        else:
            body = await response.read()
        history = tuple((each.status, str(each.url)) for each in response.history)
        return Got(response.status, body, str(response.url), response.headers, history)


Client = Callable[..., Answered]


def simply(family: Family) -> Client:
    """A client that is asked for one URL at a time, and of whose answer only status and body matter."""

    def ask(method: str, url: str, body: bytes | None = None, **headers: str) -> Answered:
        [got] = family(url, [Ask("", method, headers, content=body)])
        return Answered(got.status, got.body)

    return ask


with_requests = simply(by_bare_requests)
with_urllib = simply(by_urllib)
with_httpx = simply(by_httpx)
with_async_httpx = simply(by_async_httpx)
with_aiohttp = simply(by_aiohttp)

CLIENTS: Mapping[str, Client] = {
    "requests": with_requests,
    "urllib": with_urllib,
    "httpx": with_httpx,
    "async httpx": with_async_httpx,
    "aiohttp": with_aiohttp,
}
"""One of each way in which vcrpy takes part."""


@dataclass(frozen=True)
class Addresses:
    """One integration whose actual prefix is the upstream of a test."""

    actual: str
    limits: Limits = field(default_factory=Limits)
    endpoints: frozenset[str] = frozenset()

    def canonical(self, url: str) -> str | None:
        for prefix in (self.actual, CANONICAL):
            if url.startswith(prefix):
                return CANONICAL + url.removeprefix(prefix)
        return None

    def prefixes(self) -> Mapping[str, str]:
        return {self.actual: CANONICAL}
