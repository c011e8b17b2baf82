"""Every client, everything HTTP has, from the upstream, recorded, replayed and live: the consumer gets the same."""

from __future__ import annotations

import asyncio
import importlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
import httpx
import httpx2
import pytest
import requests

from pytest_integration_contracts.model import NO_BODY
from traffic import clients
from traffic.alike import alike
from traffic.clients import Addresses, Ask, Family
from traffic.serving import COMPRESS, Asked, Certificate, Server, answer
from traffic.tape import Tape


def installed(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


CLIENTS: Final[Mapping[str, Family]] = {
    "requests": clients.by_bare_requests,
    "requests.Session": clients.by_requests,
    "urllib3": clients.by_urllib3,
    "http.client": clients.by_http_client,
    "urllib": clients.by_urllib,
    "httpx": clients.by_httpx,
    "httpx, async": clients.by_async_httpx,
    "httpx, HTTP/2": partial(clients.by_httpx, http1=False, http2=True),
    "httpx, async, HTTP/2": partial(clients.by_async_httpx, http1=False, http2=True),
    "httpx2": partial(clients.by_httpx, library=httpx2),
    "httpx2, async": partial(clients.by_async_httpx, library=httpx2),
    "httpx2, HTTP/2": partial(clients.by_httpx, library=httpx2, http1=False, http2=True),
    "httpx2, async, HTTP/2": partial(clients.by_async_httpx, library=httpx2, http1=False, http2=True),
    "aiohttp": clients.by_aiohttp,
}

ENCODED = {f"{name} answer": [Ask(f"/encoded/{name}", headers={"Accept-Encoding": name})] for name in COMPRESS}
REDIRECTS = {
    f"{code} after {method}": [Ask(f"/redirect/{code}", method, content=b'{"n": 1}' if method == "POST" else None)]
    for code in (301, 302, 303, 307, 308)
    for method in ("GET", "POST")
}
FEATURES: Final[Mapping[str, Sequence[Ask]]] = {
    "JSON": [Ask("/json")],
    "JSON sent": [Ask("/echo", "POST", json={"n": 1, "name": "Zoë"})],
    "bytes sent": [Ask("/echo", "PUT", {"Content-Type": "image/png"}, content=b"\x00\xff")],
    "form sent": [Ask("/echo", "POST", form={"user": "zoë", "note": "a&b"})],
    "file sent": [Ask("/echo", "POST", form={"user": "zoe"}, file=("a.png", b"\x89PNG\r\n\x1a\n\xff"))],
    "no body sent": [Ask("/echo", "DELETE")],
    "read in pieces": [Ask("/json", in_pieces=True)],
    "bytes": [Ask("/bytes")],
    "empty body": [Ask("/empty")],
    "5 MB": [Ask("/large")],
    "chunked answer": [Ask("/chunked")],
    "chunked answer read in pieces": [Ask("/chunked", in_pieces=True)],
    **ENCODED,
    "gzip answer read in pieces": [Ask("/encoded/gzip", headers={"Accept-Encoding": "gzip"}, in_pieces=True)],
    "HEAD": [Ask("/json", "HEAD"), Ask("/encoded/gzip", "HEAD")],
    "204": [Ask("/status/204", "DELETE")],
    "304": [Ask("/conditional", headers={"If-None-Match": '"1"'}), Ask("/conditional")],
    "error status": [Ask("/status/404"), Ask("/status/422", "POST", json={}), Ask("/status/500")],
    **REDIRECTS,
    "keep-alive": [Ask("/json"), Ask("/echo", "POST", json={"n": 1}), Ask("/chunked"), Ask("/encoded/gzip")],
}

UNSUPPORTED: Final[Mapping[tuple[str, str], str]] = {
    **{("http.client", feature): "does not follow redirects" for feature in REDIRECTS},
    **{("urllib", f"{code} after POST"): "does not follow it with a body" for code in (307, 308)},
    ("urllib", "keep-alive"): "closes its connection after each answer",
    ("requests", "keep-alive"): "keeps connections in a `Session` only",
}
WITHOUT_ZSTD = (
    {"requests", "requests.Session", "urllib3", "aiohttp", *(client for client in CLIENTS if "httpx2" in client)}
    if not any(map(installed, ("compression.zstd", "backports.zstd")))
    else set()
)
"""Clients that read zstd where Python 3.14 or backports.zstd does."""

CELLS = [
    pytest.param(
        client,
        feature,
        id=f"{client} - {feature}",
        marks=[pytest.mark.skip("this client reads zstd by Python 3.14 or backports.zstd")]
        if (feature, client in WITHOUT_ZSTD) == ("zstd answer", True)
        else [],
    )
    for client in CLIENTS
    for feature in FEATURES
    if (client, feature) not in UNSUPPORTED
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def tape(tmp_path: Path, server: Server) -> Tape:
    return Tape(tmp_path / "cassette.yaml", Addresses(server.url))


@pytest.mark.parametrize(("client", "feature"), CELLS)
def test_the_consumer_gets_the_same_whatever_comes(server: Server, tape: Tape, client: str, feature: str) -> None:
    seen = alike(server, tape, lambda base: CLIENTS[client](base, FEATURES[feature]))
    assert [(each.status, each.response_body) for each in seen.exchanges] == [
        (expected_status(asked), expected_value(asked)) for asked in seen.asked
    ]
    if feature == "JSON sent":
        assert seen.exchanges[0].request_body == {"n": 1, "name": "Zoë"}
    if feature == "keep-alive":
        assert seen.connections == [1, 1, 0, 1]
    if "HTTP/2" in client:
        assert {asked.version for asked in seen.asked} == {"2"}


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    if not shutil.which("openssl"):
        pytest.skip("openssl, which makes the certificate, is not installed")
    certificate = Certificate.made(tmp_path_factory.mktemp("tls"))
    with Server(certificate) as server:
        yield server, str(certificate.certificate)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_consumer_gets_the_same_over_tls(secure: tuple[Server, str], tmp_path: Path, client: str) -> None:
    server, trust = secure
    tape = Tape(tmp_path / "cassette.yaml", Addresses(server.url))
    asks = [*FEATURES["JSON"], *FEATURES["JSON sent"], *FEATURES["gzip answer"], *FEATURES["chunked answer"]]
    seen = alike(server, tape, lambda base: CLIENTS[client](base, asks, trust))
    assert len(seen.exchanges) == len(asks)
    if (client, "keep-alive") not in UNSUPPORTED:
        assert seen.connections == [1, 1, 0, 1]
    if "HTTP/2" in client:
        assert {asked.version for asked in seen.asked} == {"2"}


def test_a_text_has_the_charset_that_it_says(server: Server, tape: Tape) -> None:
    async def text(url: str) -> str:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return await response.text()

    def consume(base: str) -> list[object]:
        url = f"{base}/latin"
        return [requests.get(url, timeout=5).text, httpx.get(url).text, httpx2.get(url).text, asyncio.run(text(url))]

    # vcrpy by itself takes every text for UTF-8 where aiohttp asks
    assert alike(server, tape, consume, plainly=False).answers == ["Zoë"] * 4


def test_the_documentation_says_what_is_tested() -> None:
    page = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
    rows = [row.strip("|").split("|") for row in page.splitlines() if row.startswith("| ")][1:]
    documented = {client.strip(): exceptions.strip() for client, exceptions in rows}
    assert list(documented) == list(CLIENTS)
    for client, exceptions in documented.items():
        features = {feature for name, feature in UNSUPPORTED if name == client}
        words = {"redirects": set(REDIRECTS), "307 and 308 after POST": {"307 after POST", "308 after POST"}}
        named = [exception.partition(":")[0] for exception in exceptions.split("; ") if exception]
        assert set().union(*(words.get(name, {name}) for name in named)) == features


def expected_status(asked: Asked) -> int:
    return answer(asked).status


def expected_value(asked: Asked) -> object:
    """The JSON value of the answer, however it was sent."""
    given = answer(asked)
    if asked.method == "HEAD" or (given.headers or {}).get("Content-Type") != "application/json":
        return NO_BODY
    content = b"".join(given.parts)
    encoding = (given.headers or {}).get("Content-Encoding")
    return json.loads(clients.DECODE[encoding](content) if encoding else content) if content else NO_BODY
