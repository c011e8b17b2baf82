"""What a body is shows in its content, whatever a header claims, and no content breaks the reading."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.manifest.manifest import Limits
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.traffic.bodies import Body, decode
from pytest_integration_contracts.traffic.forms import FORM
from pytest_integration_contracts.traffic.streams import EVENTS, LINES
from pytest_integration_contracts.traffic.tables import PERHAPS, TABLES

VALUE = {"id": 42, "name": "Zoë"}
TEXT = json.dumps(VALUE, ensure_ascii=False)


@pytest.mark.parametrize(
    "media", ["application/json", "text/plain", "text/html", "application/octet-stream", "image/png"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_json_is_known_in_each_of_its_encodings(media: str, encoding: str) -> None:
    assert decode(TEXT.encode(encoding), {"content-type": f"{media}; charset=latin-1"}) == Body(media, VALUE)


@pytest.mark.parametrize("guard", [")]}'\n", ")]}',\n", "while(1);", "for(;;);"])
@pytest.mark.parametrize("media", ["application/json", "text/plain"])
def test_a_guard_before_json_is_not_part_of_it(guard: str, media: str) -> None:
    assert decode((guard + TEXT).encode(), {"content-type": media}) == Body(media, VALUE)


@pytest.mark.parametrize("script", ["cb({});", "/**/a.b_c({})\n", "/**/ typeof cb === 'function' && cb({});"])
def test_json_that_is_handed_to_a_function_is_read(script: str) -> None:
    content = script.replace("{}", TEXT).encode()
    assert decode(content, {"content-type": "application/javascript"}) == Body("application/javascript", VALUE)
    assert decode(content, {"content-type": "text/plain"}) == Body("text/plain", NO_BODY)


@pytest.mark.parametrize("script", ["var a = 1;", "f({a: 1});", "f({", "f()", "(function(){})();"])
def test_other_scripts_are_opaque(script: str) -> None:
    assert decode(script.encode(), {"content-type": "text/javascript"}) == Body("text/javascript", NO_BODY)


def test_a_claimed_charset_is_heeded_where_the_text_is_no_utf_8() -> None:
    content = TEXT.encode("latin-1")
    assert decode(content, {"content-type": "application/json; charset=ISO-8859-1"}) == Body("application/json", VALUE)
    for charset in ("", "utf-8", "no-such", "idna", "rot13", "zlib", "unicode_escape"):
        claim = f"application/json; charset={charset}"
        assert decode(content, {"content-type": claim}) == Body("unreadable application/json")


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"%PDF-1.7\n{}", "application/pdf"),
        (b"\x08\x96\x01", "application/x-protobuf"),
        (b"\x82\xa2id\x2a", "application/msgpack"),
        (b"\0\0\0\0", "application/octet-stream"),
        (b"\xff\xd8\xff\xe0", "text/plain"),
        (b"PK\x03\x04", "application/zip"),
    ],
)
def test_everything_else_is_its_media_type(content: bytes, media: str) -> None:
    assert decode(content, {"content-type": media}) == Body(media, NO_BODY)


@pytest.mark.parametrize("content", [b'{"a": [[1]]}', b"<o><n><c/></n></o>", b"data: [[[1]]]\n\n"])
def test_a_depth_that_the_manifest_sets_holds_for_every_format(content: bytes) -> None:
    media = EVENTS if content.startswith(b"data") else "text/plain"
    with pytest.raises(BodyError, match=r"nested deeper than [12] (levels|elements); raise `depth`"):
        decode(content, {"content-type": media}, Limits(depth=2))
    assert decode(content, {"content-type": media}, Limits(depth=8)).value is not NO_BODY
    assert decode(b'{"a": [1]}', {}, Limits(depth=2)).value == {"a": [1]}


MEDIA = st.sampled_from(
    [
        "application/json", "a/b+json", "text/html", "text/plain", "text/xml", "a/b+xml", "image/svg+xml", FORM, EVENTS,
        "multipart/form-data; boundary=b", "multipart/mixed; boundary=b", "text/javascript", "text/csv; header=absent",
        "text/xml; charset=utf-16", "application/json; charset=shift_jis", *LINES, *TABLES, *PERHAPS,
    ]
)  # fmt: skip
PIECES = st.sampled_from(
    [
        b"<o>",
        b"</o>",
        b"<o b='c'>",
        b'<?xml version="1.0" encoding="utf-16"?>',
        b"<!DOCTYPE a",
        b"[<!ENTITY e 'x'>]>",
        b"&e;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"xmlns:x='u'",
        b"<x:a xmlns:x='u v'/>",
        b"--b\r\n",
        b"--b--",
        b"\r\n\r\n",
        b"Content-Type: application/http",
        b"HTTP/1.1 200 OK",
        b'Content-Disposition: form-data; name="x"',
        b"data:",
        b"{",
        b"[",
        b'"',
        b"}",
        b"]",
        b",",
        b";",
        b"\t",
        b"\n",
        b"=",
        b"&",
        b"%",
        b"1",
        b"a",
        b"\xff\xfe",
        b"\0",
        b"cb(",
        b")",
        b")]}'",
        b"sep=\n",
        b"sep= \n",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\xef\xbb\xbf",
        b"{}",
        b'"a":',
    ]
)
CONTENT = st.one_of(st.binary(), st.lists(PIECES, max_size=14).map(b"".join))


@given(content=CONTENT, media=MEDIA)
def test_no_content_raises_anything_else_and_what_comes_of_it_has_a_shape(content: bytes, media: str) -> None:
    try:
        body = decode(content, {"content-type": media})
    except BodyError:
        return
    assert decode(content, {"content-type": media}) == body or "NaN" in repr(body)
    if body.value is not NO_BODY:
        assert infer([body.value]).seen == (1, 1)


HOSTILE: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "attributes": ("text/xml", lambda n: b"<a " + b" ".join(b'a%d="x"' % at for at in range(n)) + b"/>"),
    "namespaces": ("text/xml", lambda n: b"<a " + b" ".join(b'xmlns:a%d="x%d"' % (at, at) for at in range(n)) + b"/>"),
    "elements": ("text/xml", lambda n: b"<a>" + b"<b/>" * n + b"</a>"),
    "names": ("text/xml", lambda n: b"<a>" + b"".join(b"<b%d/>" % at for at in range(n)) + b"</a>"),
    "prose": ("text/xml", lambda n: b'<a><p xmlns="http://www.w3.org/1999/xhtml">' + b"<b>" * n),
    "cdata": ("text/xml", lambda n: b"<a>" + b"<![CDATA[x]]>" * n + b"</a>"),
    "one name": ("text/xml", lambda n: b"<" + b"a" * n * 10),
    "columns": ("text/csv", lambda n: b",".join([b"a"] * n) + b"\n" + b",".join([b"1"] * n)),
    "column names": ("text/csv", lambda n: b",".join([b"a_%d" % at for at in range(n)] + [b"a"] * n) + b"\n1"),
    "ragged": ("text/csv", lambda n: b",".join(b"a%d" % at for at in range(n)) + b"\n" + b"1\n" * n),
    "quotes": ("text/csv", lambda n: b'a,"' + b"x,\n" * n),
    "fields": (FORM, lambda n: b"a=1&" * n),
    "escapes": (FORM, lambda n: b"%" * n * 3),
    "parts": ("multipart/mixed; boundary=b", lambda n: b"--b\r\n\r\n\r\n" * n + b"--b--"),
    "lines": ("multipart/mixed; boundary=b", lambda n: b"\r\n" * n * 10 + b"--b"),
    "blanks": ("multipart/mixed; boundary=b", lambda n: b"--b" + b" " * n * 10 + b"\r" * n),
    "nested parts": (
        "multipart/mixed; boundary=b",
        lambda n: b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * n + b"--b--",
    ),
    "calls": ("text/javascript", lambda n: b" " * n * 10 + b"a" * n),
    "spaces": ("text/plain", lambda n: b" " * n * 10 + b"<"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_as_much_takes_twice_as_long(name: str) -> None:
    """Sixteen times as much takes 16 times as long, not 256 times; between them is room for a busy machine."""
    media, content = HOSTILE[name]

    def best(size: int) -> float:
        raw = content(size)
        times = []
        for _ in range(3):
            began = time.process_time()
            decode(raw, {"content-type": media})
            times.append(time.process_time() - began)
        return min(times)

    small, large = best(1500), best(24_000)
    assert large < 90 * max(small, 0.0005)
