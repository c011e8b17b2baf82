"""Brotli and zstd: read by whichever library is there, within limits, and said to be unreadable where none is."""

from __future__ import annotations

import gzip
import importlib
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.errors import BodyError, CassetteError
from pytest_integration_contracts.manifest.manifest import Limits
from pytest_integration_contracts.traffic.bodies import Body, decode
from pytest_integration_contracts.traffic.encodings import decompress, decompresses
from pytest_integration_contracts.traffic.recorder import Source
from traffic.clients import Ask, Got, by_http_client
from traffic.tape import Tape
from upstream import Answer, Upstream

MEGABYTE = 1024 * 1024
TEXT = b'{"id": 42, "name": "Zo\xc3\xab", "tags": ["a", "a", "a", "a"]}'


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


def streamed_zstd(content: bytes) -> bytes:
    """A frame that does not say how large its content is."""
    engine = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return engine.compress(content) + engine.flush()


def brotli_bomb(megabytes: int) -> bytes:
    engine = brotli.Compressor(quality=3)
    return b"".join(engine.process(bytes(MEGABYTE)) for _ in range(megabytes)) + engine.finish()


COMPRESS = {"br": brotli.compress, "zstd": zstd}
every_encoding = pytest.mark.parametrize("encoding", COMPRESS)


@every_encoding
def test_a_compressed_body_is_decompressed(encoding: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": encoding}
    assert decompresses(encoding)
    assert decode(COMPRESS[encoding](TEXT), headers) == Body(
        "application/json", {"id": 42, "name": "Zoë", "tags": ["a"] * 4}
    )
    assert decompress(COMPRESS[encoding](TEXT), encoding.upper()) == TEXT
    assert decompress(COMPRESS[encoding](b""), encoding) == b""
    assert decompress(b"", encoding) == b""


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip, br", brotli.compress(gzip.compress(TEXT))),
        ("br, gzip", gzip.compress(brotli.compress(TEXT))),
        ("zstd, br", brotli.compress(zstd(TEXT))),
        ("zstd", zstd(TEXT[:10]) + streamed_zstd(TEXT[10:])),
        ("zstd", streamed_zstd(TEXT)),
    ],
    ids=["gzip in br", "br in gzip", "zstd in br", "two frames", "of unknown size"],
)
def test_layers_and_frames(encoding: str, content: bytes) -> None:
    assert decompress(content, encoding) == TEXT


@every_encoding
@pytest.mark.parametrize("text", [TEXT, b"[]", b'[1, "a"]', b"null", b"<html>", b"\xff\xfe\x00", b"(\xb5/\xfd"])
def test_what_a_client_decoded_already_is_left_as_it_is(encoding: str, text: bytes) -> None:
    assert decompress(text, encoding) == text


@every_encoding
@pytest.mark.parametrize("end", [-1, -5])
def test_a_stream_that_was_cut_off_is_not_taken_for_a_whole_one(encoding: str, end: int) -> None:
    content = COMPRESS[encoding](TEXT * 100)[:end]
    assert decompress(content, encoding) == content


@pytest.mark.parametrize("more", [b"x", b"\0\0", TEXT])
def test_brotli_has_no_checksum_so_that_nothing_may_come_after_it(more: bytes) -> None:
    content = brotli.compress(TEXT) + more
    assert decompress(content, "br") == content


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        ("br", brotli_bomb(200)),
        ("zstd", zstandard.ZstdCompressor(level=1).compress(bytes(200 * MEGABYTE))),
        ("zstd", zstd(bytes(MEGABYTE)) * 3),
        ("gzip, br", brotli.compress(gzip.compress(bytes(200 * MEGABYTE), 1), quality=3)),
    ],
    ids=["br", "zstd", "zstd in frames", "in layers"],
)
def test_a_bomb_is_refused_before_it_is_unpacked(encoding: str, bomb: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BodyError, match="a body is larger than 2 MB once it is decompressed; raise `decompressed`"):
            decompress(bomb, encoding, Limits(decompressed=2 * MEGABYTE))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * MEGABYTE


@every_encoding
def test_a_body_over_the_limit_is_refused_and_one_at_it_is_not(encoding: str) -> None:
    limits = Limits(decompressed=MEGABYTE)
    at_the_limit = bytes(MEGABYTE)
    assert decompress(COMPRESS[encoding](at_the_limit), encoding, limits) == at_the_limit
    with pytest.raises(BodyError, match="larger than 1 MB"):
        decompress(COMPRESS[encoding](at_the_limit + b"\0"), encoding, limits)


@given(content=st.binary(), layers=st.lists(st.sampled_from(["br", "zstd"]), max_size=3))
def test_what_was_compressed_comes_back(content: bytes, layers: list[str]) -> None:
    raw = content
    for layer in layers:
        raw = COMPRESS[layer](raw)
    assert decompress(raw, ", ".join(layers)) == content


@given(raw=st.binary(), encoding=st.sampled_from(["br", "zstd", "br, zstd"]))
def test_whatever_comes_nothing_is_raised(raw: bytes, encoding: str) -> None:
    assert isinstance(decompress(raw, encoding), bytes)


class TestLibraries:
    @pytest.fixture
    def only(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        """Leaves installed what is named, among the libraries that could read the two."""

        def leave(*names: str) -> None:
            known = ("brotli", "brotlicffi", "compression.zstd", "backports.zstd", "zstandard")
            real = importlib.import_module

            def imported(name: str, package: str | None = None) -> Any:
                if name in known and name not in names:
                    raise ImportError(name)
                return real(name, package)

            monkeypatch.setattr(importlib, "import_module", imported)

        return leave

    @pytest.mark.parametrize(
        ("encoding", "library"),
        [
            ("br", "brotli"),
            ("br", "brotlicffi"),
            ("zstd", "compression.zstd"),
            ("zstd", "backports.zstd"),
            ("zstd", "zstandard"),
        ],
    )
    def test_each_library_that_is_there_can_read_it(
        self, only: Callable[..., None], encoding: str, library: str
    ) -> None:
        try:
            importlib.import_module(library)
        except ImportError:
            pytest.skip(f"{library} is not installed")
        only(library)
        assert decompress(COMPRESS[encoding](TEXT), encoding) == TEXT

    @every_encoding
    def test_where_none_is_there_that_is_said(self, only: Callable[..., None], encoding: str) -> None:
        only()
        with pytest.raises(BodyError) as caught:
            decompress(COMPRESS[encoding](TEXT), encoding)
        assert str(caught.value) == (
            f"a body is compressed with {encoding}, and nothing here can read it:"
            " install `pip install pytest-integration-contracts[encodings]`"
        )

    @every_encoding
    def test_where_none_is_there_what_a_client_decoded_already_is_read(
        self, only: Callable[..., None], encoding: str
    ) -> None:
        only()
        assert decompress(TEXT, encoding) == TEXT
        assert decompress(b"", encoding) == b""

    def test_where_none_is_there_the_consumer_has_its_bytes_and_the_recorder_a_problem(
        self, only: Callable[..., None], tape: Tape, upstream: Upstream
    ) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "br"}
        upstream.answers["/v1/a"] = Answer(200, brotli.compress(TEXT), headers)
        only()
        got: list[Got] = []
        with pytest.raises(CassetteError, match="cannot be written: a body is compressed with br"):
            tape.record(lambda: got.extend(by_http_client(upstream.url, [Ask("/a")])))
        asked = tape.run(Source.LIVE, lambda: got.extend(by_http_client(upstream.url, [Ask("/a")])))
        assert [each.body for each in got] == [TEXT] * 2
        [problem] = asked.problems
        assert "/a, answer: a body is compressed with br, and nothing here can read it: install " in problem
        assert [each.media for each in asked.exchanges] == ["unreadable application/json"]

    def test_a_brotli_that_cannot_be_kept_from_unpacking_a_bomb_is_none(
        self, monkeypatch: pytest.MonkeyPatch, only: Callable[..., None]
    ) -> None:
        class OldDecompressor:
            """As before brotli 1.2."""

        only("brotli")
        monkeypatch.setattr(brotli, "Decompressor", OldDecompressor)
        with pytest.raises(BodyError, match="nothing here can read it"):
            decompress(brotli.compress(TEXT), "br")

    def test_no_library_is_loaded_before_such_a_body_comes(self) -> None:
        code = (
            "import sys, gzip; from pytest_integration_contracts.traffic.encodings import decompress;"
            "decompress(gzip.compress(b'a'), 'gzip'); decompress(b'a', 'identity');"
            "print({'brotli', 'brotlicffi', 'zstandard', 'backports.zstd', 'compression.zstd'} & set(sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.stdout.strip() == "set()", done.stderr
