from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.traffic.bodies import Body, decode
from strategies import quickly

FORM = "application/x-www-form-urlencoded"


def read(content: bytes, content_type: str) -> Any:
    return decode(content, {"content-type": content_type}).value


def test_a_form_is_an_object() -> None:
    text = b"oauth_token=a%2Bb&scope=read+write&scope=admin&ids[]=1&card[number]=4242&note&name=Zo%C3%AB\r\n"
    assert read(text, f"{FORM}; charset=utf-8") == {
        "oauth_token": "a+b",
        "scope": ["read write", "admin"],
        "ids[]": ["1"],
        "card[number]": "4242",
        "note": "",
        "name": "Zoë",
    }


def test_what_claims_to_be_a_form_and_is_json_is_json() -> None:
    assert read(b'{"id": 1}', FORM) == {"id": 1}


def test_a_form_that_says_nothing_of_itself_is_opaque() -> None:
    assert decode(b"a=1&b=2", {"content-type": "text/plain"}) == Body("text/plain", NO_BODY)


@given(
    st.dictionaries(st.text(min_size=1), st.text()).map(lambda form: {n: v for n, v in form.items() if "[]" not in n})
)
@quickly
def test_what_a_client_sends_comes_back(form: dict[str, str]) -> None:
    content = urlencode({f"x{name}": value for name, value in form.items()}, errors="surrogatepass").encode()
    sound = all(text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text) for text in form)
    if content and sound:
        assert read(content, FORM) == {f"x{name}": value for name, value in form.items()}


def test_parts_of_a_form_are_what_each_of_them_is() -> None:
    files: Any = [
        ("meta", (None, '{"tags": ["a"]}', "application/json")),
        ("file", ("a.png", b"\x89PNG\r\n--\r\n", "image/png")),
        ("rows", ("a.csv", b"id,n\n1,2\n", "text/csv")),
        ("empty", ("b.bin", b"", "application/pdf")),
        ("tag", (None, "new")),
        ("tag", (None, "vip")),
    ]
    sent = requests.Request("POST", "http://x.example", files=files, data={"name": "Zoë"}).prepare()
    assert isinstance(sent.body, bytes)
    assert read(sent.body, sent.headers["content-type"]) == {
        "name": "Zoë",
        "meta": {"media": "application/json", "body": {"tags": ["a"]}},
        "file": {"media": "image/png"},
        "rows": {"media": "text/csv", "body": [{"id": "1", "n": "2"}]},
        "empty": {},
        "tag": ["new", "vip"],
    }


BATCH = (
    b"preamble\r\n--b 1\r\nContent-Type: application/http\r\nContent-ID: <1>\r\n\r\n"
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"id": 1}\r\n\r\n'
    b"--b 1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n"
    b"--b 1\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nplain\r\n--c--\r\n"
    b"--b 1--\r\nepilogue"
)


@pytest.mark.parametrize("content", [BATCH, BATCH.replace(b"\r\n", b"\n")])
def test_the_answers_of_a_batch_are_read_one_by_one(content: bytes) -> None:
    assert read(content, 'multipart/mixed; boundary="b 1"') == [
        {"status": 200, "media": "application/json", "body": {"id": 1}},
        {"status": 204},
        {"media": "multipart/mixed", "body": [{"media": "text/plain"}]},
    ]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (BATCH, "multipart/mixed"),
        (BATCH, "multipart/mixed; boundary=other"),
        (BATCH.partition(b"--b 1--")[0], 'multipart/mixed; boundary="b 1"'),
        (b"--b--", "multipart/mixed; boundary=b"),
    ],
    ids=["no boundary", "another", "cut off", "none"],
)
def test_parts_that_cannot_be_told_apart_are_opaque(content: bytes, content_type: str) -> None:
    assert decode(content, {"content-type": content_type}) == Body("multipart/mixed", NO_BODY)


def test_parts_in_parts_come_to_an_end() -> None:
    content = b"end"
    for level in range(50):
        content = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%s\r\n--b%d--" % (
            level, level, content, level,
        )  # fmt: skip
    value = read(content.partition(b"\r\n\r\n")[2], "multipart/mixed; boundary=b49")
    assert value == [{"media": "multipart/mixed", "body": [{"media": "multipart/mixed"}]}]
