"""Content encodings: bodies as they are compressed on the wire, and back (RFC 9110, section 8.4).

gzip and deflate are Python's own. Brotli (RFC 7932) and zstd (RFC 8878) are read by whichever library is there, and
that is looked for when the first such body comes.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.manifest.manifest import DEFAULT_LIMITS, Limits


def decompress(raw: bytes, encoding: str, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The bytes without their content encoding; unchanged where they do not have the encoding they claim.

    Raises:
        BodyError: There are more of them than the limits allow, or nothing that is installed can read them.
    """
    if len(raw) > limits.body:
        raise limits.too_large("body", len(raw))
    if not decompresses(encoding):
        return raw
    for name in reversed(_codings(encoding)):
        raw = _decoded(raw, name, limits)
    return raw


def decompresses(encoding: str) -> bool:
    """Whether `decompress` knows everything in a content encoding."""
    return all(name in _DECODERS for name in _codings(encoding))


def _codings(encoding: str) -> list[str]:
    return [part.strip().lower() for part in encoding.split(",") if part.strip()]


def _decoded(raw: bytes, name: str, limits: Limits) -> bytes:
    if not raw:
        return raw
    decoders = _DECODERS[name]()
    if decoders is None:
        if _is_text(raw):
            return raw  # the client had a library, wherever this was recorded, and decoded it
        raise BodyError(
            f"a body is compressed with {name}, and nothing here can read it:"
            " install `pip install pytest-integration-contracts[encodings]`"
        )
    contents = (_inflate(raw, decoder, limits) for decoder in decoders)
    return next((content for content in contents if content is not None), raw)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _Engine(Protocol):
    """What decompresses one member of a stream, as `zlib` and `compression.zstd` have it."""

    @property
    def eof(self) -> bool:
        """Whether the member has come to its end."""

    @property
    def unused_data(self) -> bytes:
        """What came after its end."""

    def decompress(self, raw: bytes, most: int, /) -> bytes:
        """Its content, or the beginning of it: more than `most - 1` bytes say that there are too many."""


@dataclass(frozen=True, slots=True)
class _Decoder:
    """A way to read an encoding.

    Attributes:
        engine: Makes what decompresses one member.
        error: What that raises for bytes which are no such stream.
        checked: Whether a stream has a checksum or a magic number; other text may pass for one without, up to a point.
    """

    engine: Callable[[], _Engine]
    error: type[Exception]
    checked: bool = True


def _inflate(raw: bytes, decoder: _Decoder, limits: Limits) -> bytes | None:
    """The content of all members of a stream (RFC 1952, section 2.2), or None where it is no whole stream."""
    members: list[bytes] = []
    rest, room = raw, limits.decompressed
    while rest:
        engine = decoder.engine()
        try:
            member = engine.decompress(rest, room + 1)
        except decoder.error:
            break  # padding after the last member
        room -= len(member)
        if room < 0:
            raise limits.too_large("decompressed")
        if not engine.eof:
            return None
        members.append(member)
        rest = engine.unused_data
    return b"".join(members) if members and not (rest and not decoder.checked) else None


_Decoders = tuple[_Decoder, ...]
"""In the order to try."""


def _zlib(*window_bits: int) -> Callable[[], _Decoders]:
    decoders = tuple(_Decoder(partial(zlib.decompressobj, bits), zlib.error, checked=bits > 0) for bits in window_bits)
    return lambda: decoders


def _brotli() -> _Decoders | None:
    for name in ("brotli", "brotlicffi"):
        library = _library(name)
        # Before 1.2 nothing keeps them from unpacking a bomb, which makes them none.
        if library is not None and hasattr(library.Decompressor, "can_accept_more_data"):
            return (_Decoder(partial(_Brotli, library), library.error, checked=False),)
    return None


def _zstd() -> _Decoders | None:
    for name in ("compression.zstd", "backports.zstd"):
        library = _library(name)
        if library is not None:
            return (_Decoder(library.ZstdDecompressor, library.ZstdError),)
    library = _library("zstandard")
    if library is not None:
        return (_Decoder(partial(_Zstandard, library), library.ZstdError),)
    return None


def _library(name: str) -> Any:  # noqa: ANN401 - a module, of no known type where it is not installed
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_DECODERS: Final[dict[str, Callable[[], _Decoders | None]]] = {
    "gzip": _zlib(zlib.MAX_WBITS | 16),
    "x-gzip": _zlib(zlib.MAX_WBITS | 16),
    "deflate": _zlib(zlib.MAX_WBITS, -zlib.MAX_WBITS),  # with zlib's header as RFC 9110, 8.4.1.2 has it, and bare
    "br": _brotli,
    "zstd": _zstd,
    "identity": _zlib(),
}
"""Content encodings to the ways of reading them; None where nothing that is installed can."""


class _Brotli:
    """brotli's decompressor: a stream is one member, and anything after its end an error."""

    unused_data = b""

    def __init__(self, library: Any) -> None:  # noqa: ANN401 - brotli or brotlicffi
        self._decompressor = library.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._decompressor.is_finished())

    def decompress(self, raw: bytes, most: int, /) -> bytes:
        return bytes(self._decompressor.process(raw, output_buffer_limit=most))


_PIECE: Final = 512
"""How much of a zstd stream is unpacked at a time: at most 128 KB come of each 4 bytes (RFC 8878, section 3.1.1.2)."""


class _Zstandard:
    """zstandard's decompressor, which knows no limit."""

    def __init__(self, library: Any) -> None:  # noqa: ANN401 - zstandard
        self._decompressor = library.ZstdDecompressor().decompressobj()
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return bool(self._decompressor.eof)

    def decompress(self, raw: bytes, most: int, /) -> bytes:
        contents: list[bytes] = []
        for start in range(0, len(raw), _PIECE):
            contents.append(self._decompressor.decompress(raw[start : start + _PIECE]))
            most -= len(contents[-1])
            if self.eof:
                self.unused_data = self._decompressor.unused_data + raw[start + _PIECE :]
            if self.eof or most <= 0:
                break
        return b"".join(contents)
