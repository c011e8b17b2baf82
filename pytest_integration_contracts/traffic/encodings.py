"""Content encodings: bodies as they are compressed on the wire, and back (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib
from typing import Final

from pytest_integration_contracts.errors import BodyError

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
