"""Recordings as they would be sent again, and requests of clients that vcrpy never saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vcr.request import Request

from pytest_integration_contracts.errors import BodyError, CassetteError
from pytest_integration_contracts.manifest.manifest import Limits
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.traffic.cassettes import body_of, lists, plain, read_cassette
from pytest_integration_contracts.traffic.encodings import decompress
from pytest_integration_contracts.traffic.sent import request_of


@dataclass(frozen=True, slots=True)
class Recorded:
    """One interaction of a cassette.

    Attributes:
        request: The request, under the address it was recorded with.
        status: The status of its response.
        headers: The headers of its response, as recorded.
        body: The body of its response, decompressed.
    """

    request: Exchange
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def recorded_in(path: Path, limits: Limits) -> Iterator[Recorded]:
    """What a cassette holds, in order.

    Raises:
        CassetteError: It is no cassette, or holds what cannot be decompressed.
    """
    for each in read_cassette(path) or ():
        headers = lists(each.response["headers"])
        try:
            body = decompress(body_of(each.response), plain(headers).get("content-encoding", ""), limits)
        except BodyError as error:
            raise CassetteError(f"{path}: {error}") from error
        pairs = tuple((name, value) for name, values in headers.items() for value in values)
        yield Recorded(request_of(each.request), each.response["status"]["code"], pairs, body)


def asked_by_client(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Exchange:
    """The request of a client; a body that cannot be read counts for none."""
    return request_of(Request(method, url, body or None, dict(headers)))
