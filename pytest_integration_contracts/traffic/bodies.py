"""Raw bodies to JSON values: decoded by what they are, not by what headers claim."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import NO_BODY

MAX_BYTES: Final = 64 * 1024 * 1024
"""How large a body may be, decompressed."""

_WINDOW_BITS: Final = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded body.

    Attributes:
        media: Its media type in lower case without parameters, "" for no body. A body that claims to be JSON and is
            not has `unreadable` put before its type.
        value: The JSON value, or `NO_BODY` where there is none or it is not JSON.
    """

    media: str = ""
    value: object = NO_BODY


def decode(raw: bytes, headers: Mapping[str, str]) -> Body:
    """Read a body.

    Args:
        raw: The bytes as they came.
        headers: The message's headers, names in lower case.

    Raises:
        BodyError: The body is larger than `MAX_BYTES` or nested too deep to read.
    """
    text = decompress(raw, headers.get("content-encoding", ""))
    if not text.strip():
        return Body()
    media = headers.get("content-type", "").partition(";")[0].strip().lower() or "application/octet-stream"
    claims_json = media.endswith(("/json", "+json"))
    if not claims_json and text.lstrip()[:1] not in (b"{", b"["):
        return Body(media)
    try:
        return Body(media, json.loads(text))
    except ValueError:
        return Body(f"unreadable {media}" if claims_json else media)
    except RecursionError as error:
        raise BodyError("a body is nested too deep to read; check a part of it instead") from error


def decompress(raw: bytes, encoding: str) -> bytes:
    """The bytes without their content encoding; unchanged where they do not have the encoding they claim.

    Raises:
        BodyError: There are more than `MAX_BYTES` of them.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name in _WINDOW_BITS:
            raw = _inflate(raw, _WINDOW_BITS[name])
    if len(raw) > MAX_BYTES:
        raise BodyError(f"a body is larger than {MAX_BYTES // 1024 // 1024} MB; check a part of it instead")
    return raw


def _inflate(raw: bytes, window_bits: int) -> bytes:
    engine = zlib.decompressobj(window_bits)
    try:
        return engine.decompress(raw, MAX_BYTES + 1)
    except zlib.error:
        return raw
