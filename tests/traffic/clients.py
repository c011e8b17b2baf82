"""The HTTP clients that consumers use, asked in one way; and what the recorder asks of a manifest."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import aiohttp
import httpx
import requests

CANONICAL = "https://api.crm.example/v1"


class Answered(NamedTuple):
    status: int
    body: bytes


Client = Callable[..., Answered]


def with_requests(method: str, url: str, body: bytes | None = None, **headers: str) -> Answered:
    with requests.request(method, url, data=body, headers=headers, timeout=5) as response:
        return Answered(response.status_code, response.content)


def with_urllib(method: str, url: str, body: bytes | None = None, **headers: str) -> Answered:
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            return Answered(response.status, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, error.read())


def with_httpx(method: str, url: str, body: bytes | None = None, **headers: str) -> Answered:
    with httpx.Client(follow_redirects=True) as client:
        response = client.request(method, url, content=body, headers=headers)
        return Answered(response.status_code, response.content)


def with_async_httpx(method: str, url: str, body: bytes | None = None, **headers: str) -> Answered:
    async def ask() -> Answered:
        async with httpx.AsyncClient(follow_redirects=True) as client:
            response = await client.request(method, url, content=body, headers=headers)
            return Answered(response.status_code, response.content)

    return asyncio.run(ask())


def with_aiohttp(method: str, url: str, body: bytes | None = None, **headers: str) -> Answered:
    async def ask() -> Answered:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, data=body, headers=headers) as response,
        ):
            return Answered(response.status, await response.read())

    return asyncio.run(ask())


CLIENTS: Mapping[str, Client] = {
    "requests": with_requests,
    "urllib": with_urllib,
    "httpx": with_httpx,
    "async httpx": with_async_httpx,
    "aiohttp": with_aiohttp,
}


@dataclass(frozen=True)
class Addresses:
    """One integration whose actual prefix is the upstream of a test."""

    actual: str

    def canonical(self, url: str) -> str | None:
        for prefix in (self.actual, CANONICAL):
            if url.startswith(prefix):
                return CANONICAL + url.removeprefix(prefix)
        return None

    def prefixes(self) -> Mapping[str, str]:
        return {self.actual: CANONICAL}
