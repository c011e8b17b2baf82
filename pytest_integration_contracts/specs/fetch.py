"""An OpenAPI document from where the upstream publishes it: bounded in size, time and redirects, with one clear error.

Nothing of the consumer's goes along: no credential, no cookie, and no proxy that the environment names.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.manifest.manifest import authority, readable_size, split_url
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.reading import MAX_BYTES, read_document

TOTAL: Final = 30.0
"""How long a fetch may take in all, in seconds."""

MAX_REDIRECTS: Final = 5

_SILENCE: Final = 15.0
"""How long nothing may come, in seconds."""
_CHUNK: Final = 64 * 1024
_OK: Final = 200
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {
    "Accept": "application/json, application/yaml;q=0.9, */*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "pytest-integration-contracts",
    "Connection": "close",
}
_SAFE: Final = "/%:@!$&'()*+,;=~-._?"


def is_url(source: str) -> bool:
    """Whether a document is somewhere else, and not a file beside the manifest."""
    return split_url(source).scheme.lower() in {"http", "https"}


def shown_url(url: str) -> str:
    """A URL as files and messages may have it: its query may hold a token."""
    parts = split_url(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def read_file(path: Path, known: Spec | None = None) -> Spec:
    """The document in a file.

    Args:
        path: The file.
        known: What the file may still hold: then nothing is parsed.

    Raises:
        SpecError: There is no such file, or it is no document.
    """
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror or error}") from error
    return _spec(text, str(path), "", known)


class Fetch:
    """A document on its way, from when it is made."""

    def __init__(self, url: str, source: str = "", *, total: float = TOTAL) -> None:
        """Begin to fetch it.

        Args:
            url: Where it is now.
            source: Where it is said to be: what is kept; the URL itself, unless it is given.
            total: How long it may take, in seconds.
        """
        self._url = url
        self._source = shown_url(source or url)
        self._total = total
        self._deadline = time.monotonic() + total
        self._text = b""
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="fetch of a document", daemon=True)
        self._thread.start()

    def result(self, known: Spec | None = None) -> Spec:
        """The document, once it is there.

        Args:
            known: What it may still be: then nothing is parsed.

        Raises:
            SpecError: It cannot be had, or it is no document.
        """
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        name = shown_url(self._url)
        if self._thread.is_alive():
            raise SpecError(f"{name}: took longer than {self._total:g} s")
        if self._error is not None:
            raise SpecError(f"{name}: {_said(self._error)}") from self._error
        return _spec(self._text, name, self._source, known)

    def _run(self) -> None:
        try:
            self._text = _followed(self._url, self._deadline)
        except (OSError, HTTPException, ValueError, RuntimeError, SpecError, zlib.error) as error:
            self._error = error


def _spec(text: bytes, name: str, source: str, known: Spec | None) -> Spec:
    digest = sha256(text).hexdigest()
    if known is not None and (known.source, known.digest) == (source, digest):
        return known
    return Spec(read_document(text, name), source, digest)


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "took too long to answer"
    if isinstance(error, SpecError):
        return str(error)
    if isinstance(error, OSError):
        return f"cannot be reached: {error.strerror or str(error) or type(error).__name__}"
    if isinstance(error, zlib.error):
        return "cannot be decompressed"
    return f"gave no readable answer: {str(error) or type(error).__name__}"


def _followed(url: str, deadline: float) -> bytes:
    """The body at a URL, or where that leads: RFC 9110, section 15.4."""
    for _ in range(MAX_REDIRECTS + 1):
        parts = _checked(url)
        connection = _connection(parts, deadline)
        try:
            connection.request("GET", _target(parts), headers=_HEADERS)
            response = connection.getresponse()
            location = response.getheader("Location")
            if response.status not in _REDIRECTS or not location:
                return _body(response, deadline)
        finally:
            connection.close()
        url = _onward(url, location)
    raise SpecError(f"leads on more than {MAX_REDIRECTS} times")


def _onward(url: str, location: str) -> str:
    onward = urljoin(url, location)
    if split_url(url).scheme.lower() == "https" and split_url(onward).scheme.lower() == "http":
        raise SpecError(f"leads from https to {shown_url(onward)}, where anybody may read and change it")
    return onward


def _checked(url: str) -> SplitResult:
    parts = split_url(url)
    host, _ = authority(parts)
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc:
        raise SpecError(f"leads to {shown_url(url)!r}, which is no http or https URL without user")
    return urlsplit(url)


def _connection(parts: SplitResult, deadline: float) -> HTTPConnection:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    kind: Callable[..., HTTPConnection] = HTTPSConnection if parts.scheme.lower() == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=min(_SILENCE, left))


def _target(parts: SplitResult) -> str:
    return quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)


def _body(response: HTTPResponse, deadline: float) -> bytes:
    if response.status != _OK:
        raise SpecError(f"answered {response.status} {response.reason}".rstrip())
    unpacking = _Unpacking(response.getheader("Content-Encoding", "").strip().lower())
    whole = bytearray()
    while chunk := response.read(_CHUNK):
        whole += unpacking.next(chunk, MAX_BYTES + 1 - len(whole))
        if len(whole) > MAX_BYTES:
            raise SpecError(f"is larger than {readable_size(MAX_BYTES)}; keep the part of it that you use in a file")
        if time.monotonic() > deadline:
            raise TimeoutError
    if response.length or not unpacking.is_whole:
        raise SpecError("broke off before its end")
    return bytes(whole)


class _Unpacking:
    """What undoes a content encoding piece by piece: RFC 9110, section 8.4.1."""

    def __init__(self, encoding: str) -> None:
        if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise SpecError(f"comes in the content encoding {encoding!r}, and gzip and deflate were asked for")
        self._is_plain = encoding in {"", "identity"}
        self._stream = zlib.decompressobj(zlib.MAX_WBITS + (0 if encoding == "deflate" else 16))
        self._may_be_raw = encoding == "deflate"

    def next(self, chunk: bytes, most: int) -> bytes:
        """The next piece, no more of it than is asked for."""
        if self._is_plain:
            return chunk
        try:
            unpacked = self._stream.decompress(chunk, most)
        except zlib.error:
            if not self._may_be_raw:
                raise
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)  # as some servers send it
            unpacked = self._stream.decompress(chunk, most)
        self._may_be_raw = False
        return unpacked

    @property
    def is_whole(self) -> bool:
        """Whether all of it has come."""
        return self._is_plain or self._stream.eof
