from __future__ import annotations

import gzip
import json
import math
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.manifest.manifest import Limits
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.traffic.bodies import Body, decode
from pytest_integration_contracts.traffic.encodings import decompress, decompresses

JSON = {"content-type": "application/json"}
VALUE = {"id": 42, "name": "Zoë", "tags": [], "at": None}
TEXT = json.dumps(VALUE).encode()
A_MEGABYTE = Limits(body=1024 * 1024, decompressed=1024 * 1024)


def gzipped(content: bytes) -> bytes:
    """The same bytes at any time, so that parameters have the same names in every worker."""
    return gzip.compress(content, mtime=0)


def bare_deflate(content: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(content) + engine.flush()


@pytest.mark.parametrize(
    ("content_type", "media"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("application/vnd.crm.v2+json", "application/vnd.crm.v2+json"),
        ("text/plain", "text/plain"),
        ("text/html; charset=latin-1", "text/html"),
        ("", "application/octet-stream"),
        (";", "application/octet-stream"),
    ],
)
def test_json_is_known_by_its_content(content_type: str, media: str) -> None:
    assert decode(TEXT, {"content-type": content_type}) == Body(media, VALUE)


def test_json_without_any_header_is_read() -> None:
    assert decode(b" \n[1, 2]", {}) == Body("application/octet-stream", [1, 2])


@pytest.mark.parametrize("text", [b"1", b'"a"', b"null", b"true", b" -1.5 "])
def test_a_lone_value_is_json_where_it_says_so(text: bytes) -> None:
    assert decode(text, JSON) == Body("application/json", json.loads(text))
    assert decode(text, {"content-type": "text/plain"}) == Body("text/plain", NO_BODY)


@pytest.mark.parametrize("text", [b"<html>", b'{"a": 1', b"{'a': 1}", b"OK", b'{"a": 1}\n{"a": 2}', b'{"a": "\xff"}'])
def test_what_claims_to_be_json_and_is_not_is_unreadable(text: bytes) -> None:
    assert decode(text, JSON) == Body("unreadable application/json", NO_BODY)
    assert decode(text, {"content-type": "application/problem+json"}) == Body("unreadable application/problem+json")


@pytest.mark.parametrize("text", [b"<html>", b"[draft]", b"{template}", b"\x00\x01", b"\xff\xfe"])
def test_what_claims_nothing_and_is_no_json_is_its_media_type(text: bytes) -> None:
    assert decode(text, {"content-type": "text/html"}) == Body("text/html", NO_BODY)


@pytest.mark.parametrize("text", [b"", b"  \r\n"])
def test_no_content_is_no_body_whatever_it_claims(text: bytes) -> None:
    assert decode(text, JSON) == Body("", NO_BODY)
    assert decode(text, JSON | {"content-encoding": "gzip"}) == Body("", NO_BODY)
    assert decode(gzipped(text), JSON | {"content-encoding": "gzip"}) == Body("", NO_BODY)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_json_is_read_in_each_of_its_encodings(encoding: str) -> None:
    assert decode(json.dumps(VALUE, ensure_ascii=False).encode(encoding), JSON) == Body("application/json", VALUE)


def test_numbers_that_json_does_not_have_are_read_as_python_reads_them() -> None:
    value: Any = decode(b"[NaN, -Infinity, 1e999]", JSON).value
    assert math.isnan(value[0])
    assert value[1:] == [-math.inf, math.inf]


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", gzipped(TEXT)),
        ("GZIP", gzipped(TEXT)),
        ("x-gzip", gzipped(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("identity", TEXT),
        ("deflate, gzip", gzipped(zlib.compress(TEXT))),
        ("gzip, identity,", gzipped(TEXT)),
        ("gzip", gzipped(TEXT[:10]) + gzipped(TEXT[10:])),
        ("gzip", gzipped(TEXT) + b"\0\0\0\0"),
    ],
    ids=[
        "gzip",
        "upper case",
        "x-gzip",
        "deflate",
        "bare deflate",
        "identity",
        "both",
        "empty",
        "two members",
        "padded",
    ],
)
def test_a_compressed_body_is_decompressed(encoding: str, content: bytes) -> None:
    assert decode(content, JSON | {"content-encoding": encoding}) == Body("application/json", VALUE)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, br", "nonsense"])
def test_a_body_that_does_not_have_the_encoding_it_claims_is_read_as_it_is(encoding: str) -> None:
    assert decode(TEXT, JSON | {"content-encoding": encoding}) == Body("application/json", VALUE)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("content", [gzipped(TEXT)[:-4], zlib.compress(TEXT)[:-1], bare_deflate(TEXT)[:-1]])
def test_a_stream_that_was_cut_off_is_not_taken_for_a_whole_one(encoding: str, content: bytes) -> None:
    assert decode(content, JSON | {"content-encoding": encoding}) == Body("unreadable application/json")


def test_an_encoding_that_nobody_knows_leaves_the_rest_in_place() -> None:
    content = gzipped(TEXT)
    assert decompress(content, "compress, gzip") == content
    assert not decompresses("compress, gzip")
    assert decompresses("deflate, GZip")
    assert decompresses("")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(bytes(100 * 1024 * 1024), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(BodyError) as caught:
            decode(bomb, {"content-encoding": "gzip"}, A_MEGABYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(caught.value) == (
        "a body is larger than 1 MB once it is decompressed;"
        " raise `decompressed` under `[defaults.limits]` in contracts.toml, or check a part of it instead"
    )
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip, identity", "deflate, gzip"])
def test_a_bomb_in_layers_or_members_is_refused(encoding: str) -> None:
    member = gzipped(bytes(600 * 1024))
    layer = gzipped(bytes(2 * 1024 * 1024))
    for bomb in (member + member, layer):
        with pytest.raises(BodyError, match="larger than 1 MB"):
            decompress(bomb, encoding, A_MEGABYTE)


def test_a_body_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    at_the_limit = b" " * (1024 * 1024 - 2) + b"[]"
    assert decode(at_the_limit, JSON, A_MEGABYTE).value == []
    assert decode(gzipped(at_the_limit), JSON | {"content-encoding": "gzip"}, A_MEGABYTE).value == []
    with pytest.raises(BodyError) as caught:
        decode(b" " + at_the_limit, JSON, A_MEGABYTE)
    assert str(caught.value) == (
        "a body is larger than 1 MB (1048577 bytes);"
        " raise `body` under `[defaults.limits]` in contracts.toml, or check a part of it instead"
    )


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [10_000, 100_000])
def test_a_body_nested_without_end_is_refused(opening: str, depth: int) -> None:
    closing = "]" if opening == "[" else "}"
    with pytest.raises(BodyError, match="a body is nested too deep to read; check a part of it instead"):
        decode(f"{opening * depth}1{closing * depth}".encode(), JSON)


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["application/json", "a/b+json", "text/html", "/json"]) | st.text(),
        "content-encoding": st.sampled_from(["gzip", "deflate", "gzip, deflate", "br", ","]) | st.text(),
    },
)
CONTENT = st.one_of(
    st.binary(),
    st.binary().map(gzipped),
    st.binary().map(zlib.compress),
    st.text('[]{}":,019.eE-\\uNa \t', max_size=40).map(str.encode),
    st.binary(min_size=1).map(lambda tail: gzipped(TEXT)[:12] + tail),
)


@given(raw=CONTENT, headers=HEADERS)
def test_no_body_raises_anything_else(raw: bytes, headers: dict[str, str]) -> None:
    body = decode(raw, headers)
    assert body.media == body.media.lower()
    assert body.value is NO_BODY or body.media


@given(content=st.binary(), layers=st.lists(st.sampled_from(["gzip", "deflate"]), max_size=3))
def test_what_was_compressed_comes_back(content: bytes, layers: list[str]) -> None:
    raw = content
    for layer in layers:
        raw = gzipped(raw) if layer == "gzip" else zlib.compress(raw)
    assert decompress(raw, ", ".join(layers)) == content
