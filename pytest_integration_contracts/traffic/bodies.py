"""Raw bodies to JSON values: decoded by what they are, not by what headers claim."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.traffic.streams import EVENTS, LINES, events_of, values_of_lines

MAX_BYTES: Final = 64 * 1024 * 1024
"""How large a body may be, decompressed."""

_GZIP: Final = (zlib.MAX_WBITS | 16,)
_WINDOW_BITS: Final = {
    "gzip": _GZIP,
    "x-gzip": _GZIP,
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),  # with zlib's header as RFC 9110, 8.4.1.2 has it, and bare
    "identity": (),
}
"""Content encodings to what zlib calls them, in the order to try."""


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
    try:
        return _several(text, media) or _one(text, media)
    except RecursionError as error:
        raise BodyError("a body is nested too deep to read; check a part of it instead") from error


def _several(text: bytes, media: str) -> Body | None:
    """A body that is a stream of values, None where it is none."""
    if media not in {*LINES, EVENTS}:
        return None
    return _stream(text, media)


def _stream(text: bytes, media: str) -> Body | None:
    """The events of an event stream, the values of the lines of anything else; None where it has none."""
    try:
        stream = text.decode("utf-8")
    except UnicodeDecodeError:
        return None
    values = events_of(stream) if media == EVENTS else values_of_lines(stream)
    return None if values is None else Body(media, values)


def _one(text: bytes, media: str) -> Body:
    claims_json = media.endswith(("/json", "+json"))
    if not claims_json and text.lstrip()[:1] not in (b"{", b"["):
        return Body(media)
    try:
        return Body(media, json.loads(text))
    except ValueError:
        if claims_json:
            return Body(f"unreadable {media}")
        return _stream(text, media) or Body(media)


def decompress(raw: bytes, encoding: str) -> bytes:
    """The bytes without their content encoding; unchanged where they do not have the encoding they claim.

    Raises:
        BodyError: There are more than `MAX_BYTES` of them.
    """
    if len(raw) > MAX_BYTES:
        raise _too_large()
    if not decompresses(encoding):
        return raw
    for name in reversed(_codings(encoding)):
        contents = (_inflate(raw, window_bits) for window_bits in _WINDOW_BITS[name])
        raw = next((content for content in contents if content is not None), raw)
    return raw


def decompresses(encoding: str) -> bool:
    """Whether `decompress` knows everything in a content encoding."""
    return all(name in _WINDOW_BITS for name in _codings(encoding))


def _codings(encoding: str) -> list[str]:
    return [part.strip().lower() for part in encoding.split(",") if part.strip()]


def _inflate(raw: bytes, window_bits: int) -> bytes | None:
    """The content of all members of a stream (RFC 1952, section 2.2), or None where it is no whole stream."""
    members: list[bytes] = []
    rest, room = raw, MAX_BYTES
    while rest:
        engine = zlib.decompressobj(window_bits)
        try:
            member = engine.decompress(rest, room + 1)
        except zlib.error:
            break  # padding after the last member
        room -= len(member)
        if room < 0:
            raise _too_large()
        if not engine.eof:
            return None
        members.append(member)
        rest = engine.unused_data
    bare = window_bits < 0  # has no checksum: other text may pass for it up to a point
    return b"".join(members) if members and not (bare and rest) else None


def _too_large() -> BodyError:
    return BodyError(f"a body is larger than {MAX_BYTES // 1024 // 1024} MB; check a part of it instead")
