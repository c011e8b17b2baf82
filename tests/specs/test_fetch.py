"""How a document is fetched: what goes along, what may come back, and what is said where it may not."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.specs import fetch
from pytest_integration_contracts.specs.fetch import MAX_REDIRECTS, Fetch, read_file, shown_url
from upstream import Answer, Cut, Silence, Upstream

DOCUMENT = {"openapi": "3.0.3", "info": {"title": "CRM", "version": "7"}, "paths": {}}
TEXT = json.dumps(DOCUMENT).encode()


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def got(url: str, total: float = 20.0) -> object:
    return Fetch(url, total=total).result().document


def refusal(url: str, total: float = 20.0) -> str:
    with pytest.raises(SpecError) as caught:
        got(url, total)
    return str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
    ids=["plain", "gzip", "deflate", "deflate without zlib's format"],
)
def test_a_document_comes_in_each_content_encoding_that_is_asked_for(
    upstream: Upstream, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    upstream.answers["/v1/openapi.json"] = Answer(200, pack(TEXT), {"Content-Encoding": encoding} if encoding else {})
    assert got(f"{upstream.url}/openapi.json") == DOCUMENT


def test_yaml_is_read_and_redirects_are_followed(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody listens there
    upstream.answers["/v1/docs"] = Answer(302, headers={"Location": "docs/spec.yaml?token=s3cr3t"})
    upstream.answers["/v1/docs/spec.yaml"] = Answer(200, b"openapi: 3.1.0\npaths: {}\n")
    spec = Fetch(f"{upstream.url}/docs?key=s3cr3t", "https://api.crm.example/docs?key=s3cr3t").result()
    assert spec.document == {"openapi": "3.1.0", "paths": {}}
    assert spec.source == "https://api.crm.example/docs"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(404, b"{}"), "answered 404 Not Found"),
        (Answer(200, b"<html>Sign in</html>"), "is no OpenAPI document: it is no object"),
        (Answer(200, b"\xff\xfe\xff"), "is not UTF-8"),
        (Answer(200, TEXT, {"Content-Encoding": "br"}), "comes in the content encoding 'br'"),
        (Answer(200, TEXT, {"Content-Encoding": "gzip"}), "cannot be decompressed"),
        (Answer(200, gzip.compress(TEXT)[:-12], {"Content-Encoding": "gzip"}), "broke off before its end"),
        (Cut(200, TEXT), "broke off before its end"),
        (Answer(302, headers={"Location": "file:///etc/passwd"}), "no http or https URL without user"),
        (Answer(302, headers={"Location": "http://user:pw@crm.example/"}), "no http or https URL without user"),
        (Answer(302, headers={"Location": "/v1/openapi.json"}), f"leads on more than {MAX_REDIRECTS} times"),
    ],
)
def test_what_is_no_document_is_refused_with_its_url_and_the_reason(
    upstream: Upstream, answer: Answer, said: str
) -> None:
    upstream.answers["/v1/openapi.json"] = answer
    message = refusal(f"{upstream.url}/openapi.json?key=s3cr3t")
    assert message.startswith(f"{upstream.url}/openapi.json: ")
    assert said in message
    assert "s3cr3t" not in message
    assert "pw@" not in message


def test_a_bomb_is_not_unpacked_beyond_the_limit(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MAX_BYTES", 100_000)
    upstream.answers["/v1/bomb"] = Answer(200, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"})
    assert "is larger than" in refusal(f"{upstream.url}/bomb")


def test_an_upstream_that_is_silent_or_not_there_holds_nobody_up(upstream: Upstream) -> None:
    upstream.answers["/v1/openapi.json"] = Silence()
    url = f"{upstream.url}/openapi.json"
    assert "took" in refusal(url, total=0.2)
    upstream.stop()
    assert "cannot be reached: " in refusal(url)


def test_nothing_leads_from_https_to_http() -> None:
    with pytest.raises(SpecError, match=r"leads from https to http://crm\.example/openapi\.json"):
        fetch._onward("https://crm.example/docs", "http://crm.example/openapi.json?x=1")
    assert fetch._onward("https://crm.example/docs", "/openapi.json") == "https://crm.example/openapi.json"


def test_a_file_is_read_and_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    with pytest.raises(SpecError, match=r"openapi\.yaml: cannot be read: No such file"):
        read_file(path)
    path.write_bytes(TEXT)
    assert read_file(path).document == DOCUMENT
    assert read_file(path).source == ""


def test_a_url_is_shown_without_what_may_be_secret() -> None:
    assert shown_url("https://user:pw@crm.example:8443/docs?key=1#x") == "https://crm.example:8443/docs"
