from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.planted import token_formats
from pytest_integration_contracts.shapes.formats import EXAMPLES, PATTERNS, format_of
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.keys import key_class
from pytest_integration_contracts.shapes.schema import to_schema
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.traffic.secrets import (
    authorization_scheme,
    is_secret_name,
    scrub_body,
    scrub_form,
    scrub_headers,
    scrub_url,
    scrub_value,
)

SECRET = "s3cr3t-v4lue"
UUID = "550e8400-e29b-41d4-a716-446655440000"

SECRET_NAMES = [
    *("token", "access_token", "accessToken", "ACCESS-TOKEN", "refreshToken", "id_token", "csrf.token", "x-auth-token"),
    *("secret", "client_secret", "clientSecret", "clientsecret", "webhook-secret"),
    *("password", "Passwd", "user_password", "passphrase", "pwd", "db_pwd"),
    *("api_key", "apiKey", "APIKey", "x-api-key", "apikey", "Ocp-Apim-Subscription-Key", "AWSAccessKeyId"),
    *("private_key", "privateKeyPem", "signature", "X-Amz-Signature", "sig", "X-Amz-Credential", "credentials"),
    *("authorization", "Proxy-Authorization", "x-authorization", "Cookie", "set-cookie", "session_id", "sessionKey"),
    *("jwt", "bearer", "client_assertion", "auth", "otp", "code_verifier", "user[password]", "filter[api_key]"),
]
HARMLESS_NAMES = [
    *("token_type", "tokenType", "token_count", "token_url", "tokens", "max_tokens", "maxOutputTokens", "total_tokens"),
    *(
        "next_page_token",
        "nextPageToken",
        "page[token]",
        "sync_token",
        "continuationToken",
        "next-token",
        "cursor_token",
    ),
    *("expires_in", "token_expires_in", "token_expiry", "description", "credential_type", "signature_method"),
    *(
        "id",
        "key",
        "name",
        "author",
        "authority",
        "etag",
        "session",
        "user",
        "status",
        "code",
        "secretary",
        "passenger",
    ),
    *("Accept", "Content-Type", "X-Request-Id", "Location", "WWW-Authenticate", "", "é"),
]

FILLER = "aB3" * 12
KNOWN_TOKENS = [  # put together here, so that no scanner takes this file for a leak
    *token_formats("f00d1001").values(),
    *(
        f"{prefix}{FILLER}"
        for prefix in ("sk_live_", "rk_test_", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "sk-")
    ),
    f"AKIA{'A3' * 8}",
    f"AIza{FILLER[:35]}",
    f"SG.{FILLER}.{FILLER}",
    f"eyJ{FILLER}.eyJ{FILLER}.{FILLER}",
    f"-----BEGIN RSA PRIVATE {'KEY'}-----\n{FILLER}\n-----END RSA PRIVATE {'KEY'}-----",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_of_a_secret_is_known_in_every_spelling(name: str) -> None:
    assert is_secret_name(name)
    assert is_secret_name(name.upper())
    assert is_secret_name(name.lower())


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_a_harmless_name_is_left_alone(name: str) -> None:
    assert not is_secret_name(name)


def test_every_format_has_an_example_that_has_it() -> None:
    assert {name: format_of(example) for name, example in EXAMPLES.items()} == {name: name for name in PATTERNS}


PLANTED_HEADERS = {
    "Authorization": (f"Bearer {SECRET}", "Bearer REDACTED"),
    "AUTHORIZATION": (f"Basic {SECRET}", "Basic REDACTED"),
    "authorization": (SECRET, "REDACTED"),
    "X-Authorization": (f"{SECRET}_key and more", "REDACTED"),
    "proxy-authorization": (f"Digest username=a, response={SECRET}", "Digest REDACTED"),
    "Cookie": (f"sid={SECRET}; theme={SECRET};{SECRET}; none=", "sid=REDACTED; theme=REDACTED;REDACTED; none="),
    "Set-Cookie": (f"sid={SECRET}; Path=/; HttpOnly", "sid=REDACTED; Path=/; HttpOnly"),
    "set-cookie": (f"{SECRET}; Path=/", "REDACTED; Path=/"),
    "X-API-Key": (SECRET, "REDACTED"),
    "x-auth-token": (UUID, EXAMPLES["uuid"]),
    "Location": (f"/callback?access_token={SECRET}&a=b", "/callback?access_token=REDACTED&a=b"),
    "location": (f"https://u:{SECRET}@h.example/#id_token={SECRET}&a=b", "https://h.example/#id_token=REDACTED&a=b"),
    "Content-Location": (f"https://h.example/?sig={SECRET}", "https://h.example/?sig=REDACTED"),
    "Referer": (f"https://h.example/?token={SECRET}", "https://h.example/?token=REDACTED"),
    "Link": (
        f'<https://h.example/?api_key={SECRET}&page=2>; rel="next", <https://h.example/?page=9>; rel="last"',
        '<https://h.example/?api_key=REDACTED&page=2>; rel="next", <https://h.example/?page=9>; rel="last"',
    ),
}


@pytest.mark.parametrize("name", PLANTED_HEADERS)
def test_a_secret_in_a_header_is_gone_and_its_scheme_stays(name: str) -> None:
    planted, expected = PLANTED_HEADERS[name]
    scrubbed = scrub_headers({name: [planted, planted], "Accept": ["*/*"]})
    assert scrubbed == {name: [expected, expected], "Accept": ["*/*"]}
    assert scrub_headers(scrubbed) == scrubbed


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"https://user:{SECRET}@h.example/a", "https://h.example/a"),
        (f"https://{SECRET}@h.example:8080", "https://h.example:8080"),
        (f"https://h.example/a?token={SECRET}", "https://h.example/a?token=REDACTED"),
        (f"https://h.example/?a=1&API%5FKEY={SECRET}&b", "https://h.example/?a=1&API%5FKEY=REDACTED&b"),
        (f"https://h.example/?token={UUID}", f"https://h.example/?token={EXAMPLES['uuid']}"),
        ("https://h.example/?token=1700000000", "https://h.example/?token=0"),
        ("https://h.example/?token=jane%40crm.example", "https://h.example/?token=redacted%40redacted.example"),
        (f"https://h.example/#access_token={SECRET}", "https://h.example/#access_token=REDACTED"),
        (f"/relative?token={SECRET}", "/relative?token=REDACTED"),
        (f"http://[::1?token={SECRET}", "https://redacted.example/"),
    ],
)
def test_a_secret_in_a_url_is_gone(url: str, expected: str) -> None:
    assert scrub_url(url) == expected
    assert scrub_url(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example",
        "https://h.example/?",
        "https://h.example/a@b.c?x=#",
        "https://h.example/?page_token=abc&a=b;c=d&token=",
        "HTTPS://H.example/%7Ea?q=a+b%20c",
        "",
        "?",
    ],
)
def test_a_url_without_secrets_stays_as_it_is_written(url: str) -> None:
    assert scrub_url(url) == url


@given(st.text() | st.builds("https://{}@h/{}?token={}#{}".format, st.text(), st.text(), st.text(), st.text()))
def test_no_url_is_too_strange_to_scrub(url: str) -> None:
    scrubbed = scrub_url(url)
    assert scrub_url(scrubbed) == scrubbed


@given(name=st.sampled_from(SECRET_NAMES), value=st.text(min_size=1))
def test_a_form_loses_the_values_and_not_the_rest(name: str, value: str) -> None:
    form = f"a=1&{quote_plus(name)}={quote_plus(value)}&description=x+y"
    expected = EXAMPLES.get(format_of(value), "REDACTED")
    assert scrub_form(form) == f"a=1&{quote_plus(name)}={quote_plus(expected)}&description=x+y"


def planted(secret: str) -> dict[str, Any]:
    return {
        "access_token": secret,
        "token_type": "bearer",
        "expires_in": 3600,
        "max_tokens": 5,
        "description": "keep me",
        "next_page_token": "keep-me-too",
        "user": {"apiKey": secret, "name": "Jane", "Password": secret, "devices": [{"sessionId": secret}, {}]},
        "credentials": {"type": secret, "parts": [secret, 7, 1.5, True, None, ""]},
        "links": {"next": f"https://h.example/?api_key={secret}&page=2", "prev": "https://h.example/?page=0"},
        "note": f"go to https://u:{secret}@h.example/ now",
    }


def test_json_loses_its_secrets_at_any_depth_and_keeps_the_rest() -> None:
    assert json.loads(scrub_body(json.dumps(planted(SECRET)).encode(), "application/json")) == {
        "access_token": "REDACTED",
        "token_type": "bearer",
        "expires_in": 3600,
        "max_tokens": 5,
        "description": "keep me",
        "next_page_token": "keep-me-too",
        "user": {
            "apiKey": "REDACTED",
            "name": "Jane",
            "Password": "REDACTED",
            "devices": [{"sessionId": "REDACTED"}, {}],
        },
        "credentials": {"type": "REDACTED", "parts": ["REDACTED", 0, 0.5, True, None, ""]},
        "links": {"next": "https://h.example/?api_key=REDACTED&page=2", "prev": "https://h.example/?page=0"},
        "note": "go to https://h.example/ now",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-be"])
@pytest.mark.parametrize("media", ["application/json", "application/problem+json"])
def test_json_loses_its_secrets_in_each_of_its_encodings(encoding: str, media: str) -> None:
    scrubbed = scrub_body(json.dumps({"token": SECRET, "name": "Zoë"}, ensure_ascii=False).encode(encoding), media)
    assert json.loads(scrubbed) == {"token": "REDACTED", "name": "Zoë"}


MULTIPART = (
    '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{}\r\n'
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    "Content-Type: text/plain\r\n\r\nkeep me\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("media", "body", "expected"),
    [
        ("application/x-www-form-urlencoded", f"user=a&password={SECRET}", "user=a&password=REDACTED"),
        ("", f"grant_type=x&client_secret={SECRET}", "grant_type=x&client_secret=REDACTED"),
        ("text/plain", f'{{"token": "{SECRET}"}}', '{"token": "REDACTED"}'),
        ("application/x-ndjson", f'{{"token": "{SECRET}"}}\n{{"a": 1}}\n', '{"token": "REDACTED"}\n{"a": 1}\n'),
        ("application/json", f'{{"a": 1, "apiKey" : "{SECRET}", "cut', '{"a": 1, "apiKey" : "REDACTED", "cut'),
        ("text/javascript", f'callback({{"token":"{SECRET}"}})', 'callback({"token":"REDACTED"})'),
        (
            "application/soap+xml",
            f'<Security><w:Password Type="Text">{SECRET}</w:Password><Name>Jane</Name></Security>',
            '<Security><w:Password Type="Text">REDACTED</w:Password><Name>Jane</Name></Security>',
        ),
        ("multipart/form-data", MULTIPART.format(SECRET), MULTIPART.format("REDACTED")),
    ],
)
def test_a_body_of_another_kind_loses_its_secrets_too(media: str, body: str, expected: str) -> None:
    assert scrub_body(body.encode(), media).decode() == expected
    assert scrub_body(expected.encode(), media).decode() == expected


@pytest.mark.parametrize("token", KNOWN_TOKENS)
def test_a_token_of_a_known_format_is_gone_wherever_it_stands(token: str) -> None:
    body = json.dumps({"note": f"use {token} here", "list": [token]}).encode()
    assert json.loads(scrub_body(body, "application/json")) == {"note": "use REDACTED here", "list": ["REDACTED"]}
    assert scrub_body(f"<p>{token}</p>".encode(), "text/html") == b"<p>REDACTED</p>"
    assert scrub_headers({"X-Debug": [token]}) == {"X-Debug": ["REDACTED"]}
    if "\n" not in token and not token.startswith("whsec"):  # that one may go on after a slash
        assert scrub_url(f"https://h.example/{token}/a?key={token}") == "https://h.example/REDACTED/a?key=REDACTED"
        assert scrub_body(f"key={token}&a=b".encode(), "") == b"key=REDACTED&a=b"


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/json", b'{"b": 1.0,  "a": "x", "token_type": "bearer"}'),
        ("application/json", b'{"token": null, "secret": "", "password": []}'),
        ("application/json", b'{"token": "REDACTED", "pin": [1e5, 9007199254740993]}'),
        ("application/json", b"[" * 10_000),
        ("application/json", b'{"a": ' + b"1" * 5000 + b"}"),
        ("application/octet-stream", bytes(range(256))),
        ("image/png", b"\x89PNG\r\n\x1a\n\xff\xfe"),
        ("text/html", "<p>Zoë</p>".encode("latin-1")),
        ("", b""),
    ],
)
def test_a_body_without_secrets_stays_byte_for_byte(media: str, body: bytes) -> None:
    assert scrub_body(body, media) == body


HARMLESS = [
    *(UUID, UUID.replace("-", ""), "sha256:" + "ab12" * 16, "ab12" * 10, 'W/"5f3c-1a2b3c4d5e6f"', "v1.25.3-rc.1+b.77"),
    *("eyJhbGciOiJIUzI1NiJ9", "CAUQAA", "next:naip:vt_m_4307307_nw_18_060_2021", "sk-learn", "sk-SK", "hf_space"),
    *("AKIAPLENTY", "key-value-store-of-many-things", "pat-eu1-lane", "npm_config_registry", "glpat-short", "SG.a.x"),
    *("ghp_not_a_token", "xoxo-love-and-kisses", "xapp-icon", "1//0", "us-east-1", "EAAC", "dp.st.a", "secret_santa"),
    *(
        "arn:aws:iam::123456789012:role/reader",
        "projects/p/locations/l/keyRings/r",
        "order.token.created",
        "Basic plan",
    ),
    *("the token is valid", "Bearer of good news", "password must be changed", "Tokens: 7", "say 'token'", "a = b"),
    *("https://h.example/a?page=2&key=issue-17&code=42", "https://medium.example/@ada", "git@github.example:a/b.git"),
    *("12345678-abcd", "MTIzNDU2Nzg5", "ada@crm.example", "2024-02-29T10:00:00.123456Z", "-122.4194,37.7749", "SKU1"),
    *("<token>", "{token}", "tokenType=bearer", "max_tokens=5", "author=ada; title=x", "session=closed", "v4.local.a"),
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    value = {"note": text, "list": [f"see {text} there"], **({} if is_secret_name(text) else {text: 1})}
    assert scrub_value(value) is value
    assert scrub_headers({"X-Note": [text], "ETag": [text]}) == {"X-Note": [text], "ETag": [text]}
    assert scrub_body(f"<p>{text}</p>".encode(), "text/html") == f"<p>{text}</p>".encode()


@pytest.mark.parametrize(
    "value",
    [
        {"token": "next:naip:vt_m_4307307", "collections": ["naip"], "limit": 10},
        {"token": "MTIzNDU2Nzg5", "bbox": [1, 2, 3, 4], "limit": 10},
        {"links": [{"rel": "next", "method": "POST", "body": {"token": "MTIzNDU2Nzg5"}}]},
        {"next_page_token": "CAUQAA", "pageToken": "CAUQAA", "syncToken": "CAUQAA=", "token_type": "bearer"},
        {"token_id": 7, "tokenSymbol": "ABC", "usage": {"total_tokens": 12}, "tokens": ["a", "b"]},
    ],
)
def test_the_token_of_a_page_is_no_secret(value: object) -> None:
    assert scrub_value(value) is value


@pytest.mark.parametrize(
    "value", [{"token": "MTIzNDU2Nzg5", "limit": 10}, {"rel": "self", "body": {"token": "MTIzNDU2Nzg5"}}]
)
def test_a_token_beside_a_mere_limit_is_a_secret(value: object) -> None:
    assert "MTIzNDU2Nzg5" not in json.dumps(scrub_value(value))


def test_names_that_are_secrets_stay_apart_and_are_data_as_they_were() -> None:
    tokens = [token_formats(f"f00d1{number:03}")["GitHub"] for number in range(3)]
    scrubbed = scrub_value({"keys": {token: {"n": 1} for token in tokens}, "redacted_00000001": 1})
    assert scrubbed["keys"] == {f"redacted_{number:08}": {"n": 1} for number in (1, 2, 3)}
    assert set(map(key_class, scrubbed["keys"])) == {"id"}
    assert scrub_value(scrubbed) is scrubbed


SECRETS = st.sampled_from(
    [
        *(SECRET, UUID, "jane@crm.example", "2024-02-29T10:00:00Z", "2024-02-29", "10.0.0.1", "42", "4.2"),
        *("https://h/?a=b", "https://ada:f00d1001@h.example/?token=f00d1001", "password=f00d1001", "[1]"),
        *('{"token": "f00d1001", "n": 1}', *token_formats("f00d1001").values()),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | SECRETS
NAMES = st.sampled_from([*SECRET_NAMES, *HARMLESS_NAMES])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4))


def without_what_it_says(schema: object) -> object:
    """The schema without words, tags and how large amounts are: of a secret none of that is kept."""
    if isinstance(schema, dict):
        kept = schema.keys() - {"x-decades", "x-words", "x-tag"}
        return {key: without_what_it_says(schema[key]) for key in sorted(kept)}
    return schema


@pytest.mark.parametrize("time", [631_152_000, 1_700_000_123, 2**31 + 7, 1_700_000_123_456])
def test_a_time_beside_a_secret_stays_a_time_and_says_no_more(time: int) -> None:
    value, later = ({"token": {"value": "f00d1001", "token_expiry": each}} for each in (time, time + 1))
    assert to_schema(settle(infer([scrub_value(value)]))) == to_schema(settle(infer([value])))
    assert scrub_value(value) == scrub_value(later)


@given(values=st.lists(VALUES, min_size=1, max_size=3))
def test_scrubbing_changes_no_shape(values: list[object]) -> None:
    scrubbed, whole = (settle(infer(bodies)) for bodies in (map(scrub_value, values), values))
    assert without_what_it_says(to_schema(scrubbed)) == without_what_it_says(to_schema(whole))


@given(value=VALUES)
def test_scrubbing_twice_changes_nothing_more(value: object) -> None:
    body = json.dumps(value).encode()
    scrubbed = scrub_body(body, "application/json")
    assert scrub_body(scrubbed, "application/json") == scrubbed


@given(name=NAMES, value=VALUES)
def test_members_of_harmless_names_stay(name: str, value: object) -> None:
    if not is_secret_name(name):
        assert json.dumps(scrub_value({name: {"a": value}})) == json.dumps({name: {"a": scrub_value(value)}})


@given(
    body=st.binary() | st.text().map(str.encode),
    media=st.sampled_from(["", "application/json", "multipart/x", "a/xml"]),
)
def test_no_body_is_too_strange_to_scrub(body: bytes, media: str) -> None:
    scrubbed = scrub_body(body, media)
    assert scrub_body(scrubbed, media) == scrubbed


NEARLY = [
    *("eyJ-", "<a", '"a', "a=&", '; name="a"\r\n', "-----BEGIN PRIVATE KEY", "eyJa.", "a.", "a-", "a_", "=", '"', "\\"),
    *("://", "a://", "@", "token=", 'token="', "token: ", "token:\n", "Bearer ", "sk-", "ghp_", "pat", "v1.local."),
    *("<token>", "<token ", "<![CDATA[", "password", "%3D", "&key=", ";", "-----BEGIN PRIVATE KEY-----\n", "MT.", "\0"),
    *(
        "Authorization: ",
        "--b\r\n",
        "{",
        '{"',
        "data: {",
        "https://h/?a=https://h/?a=",
        ":\\/\\/",
        "AAAA-us1",
        "dp.st.",
    ),
]


@pytest.mark.parametrize("part", NEARLY)
@pytest.mark.parametrize("media", ["text/html", "multipart/form-data", "text/csv"])
def test_scrubbing_takes_no_longer_for_what_nearly_is_a_secret(part: str, media: str) -> None:
    def took(length: int) -> float:
        body = (part * length)[:length].encode()
        started = time.process_time()
        scrub_body(body, media)
        return time.process_time() - started

    took(1000)
    small, large = (min(took(length) for _ in range(times)) for length, times in ((20_000, 3), (640_000, 2)))
    assert large < 200 * max(
        small, 0.001
    )  # 32 times as long: a pattern that starts over at every part takes a thousand


@pytest.mark.parametrize(
    ("value", "scheme"),
    [("Bearer abc", "Bearer"), ("  Token  abc", "Token"), ("abc", ""), ("", ""), ("Bearer ", ""), ("a_b c", "")],
)
def test_the_scheme_is_told_from_the_credential(value: str, scheme: str) -> None:
    assert authorization_scheme(value) == scheme


def test_a_secret_in_the_path_of_a_url_keeps_it_a_url() -> None:
    assert urlsplit(scrub_url(f"https://h.example/reset/{KNOWN_TOKENS[0]}")).path == "/reset/REDACTED"
