"""Secrets of many kinds in many places: each put together here, so that no scanner takes this file for a leak.

Every secret holds `MARKER` and a number of its own, in letters and digits that every format allows: whatever survives
of one anywhere is found by one search, in any case.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from upstream import Answer

MARKER = "f00d1"
_BASIC = base64.b64encode(f"ada:{MARKER}".encode()).decode()
_SURVIVOR = re.compile(rf"(?i){MARKER}[0-9]{{3}}|{_BASIC}")


def survivors(text: str) -> list[str]:
    """What of the secrets is in a text."""
    return sorted({found.lower() for found in _SURVIVOR.findall(text)})


@dataclass(frozen=True)
class Plant:
    """One exchange with a secret in it.

    Attributes:
        kind: What is planted where.
        target: The path and query, below the upstream's URL.
        headers: The request's.
        body: The request's.
        user: User-info for the URL.
        answer: The upstream's.
    """

    kind: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    user: str = ""
    answer: Answer = field(default_factory=Answer)


def token_formats(marker: str) -> dict[str, str]:
    """A token of each well-known format."""
    hexes = f"{marker}c0ffee0123456789abcdef0123456789"  # 40 characters
    mixed = f"{marker}Kq9vWx2mPfR7tYbZ3nLs8dHj"
    pem = f"-----BEGIN {{}}PRIVATE {'KEY'}-----\n{mixed}{mixed}\n-----END {{}}PRIVATE {'KEY'}-----"
    return {
        "Stripe key": f"sk_{'live'}_{mixed}",
        "Stripe restricted key": f"rk_{'test'}_{mixed}",
        "Stripe webhook": f"wh{'sec'}_{mixed}",
        "GitHub": f"gh{'p'}_{mixed}Ab3456",
        "GitHub OAuth": f"gh{'o'}_{mixed}Ab3456",
        "GitHub fine-grained": f"github_{'pat'}_11ABCDEFG0{mixed}_{mixed}",
        "GitLab": f"gl{'pat'}-{mixed[:20]}",
        "Slack bot": f"xox{'b'}-123456789012-{mixed}",
        "Slack user": f"xox{'p'}-123456789012-{mixed}",
        "Slack app": f"xa{'pp'}-1-A012345-{mixed}",
        "AWS key": f"AK{'IA'}{marker.upper()}ABCDEFGH",
        "AWS temporary key": f"AS{'IA'}{marker.upper()}ABCDEFGH",
        "Google key": f"AI{'za'}{mixed}abc",
        "Google OAuth": f"ya{'29'}.{mixed}",
        "Google client": f"GOC{'SPX'}-{mixed}",
        "OpenAI": f"sk-{'proj'}-{mixed}",
        "Anthropic": f"sk-{'ant'}-api03-{mixed}",
        "Hugging Face": f"h{'f'}_{mixed}ab",
        "SendGrid": f"S{'G'}.{mixed[:22]}.{mixed}",
        "Mailgun": f"ke{'y'}-{hexes[:32]}",
        "Mailchimp": f"{hexes[:32]}-{'us'}12",
        "Twilio": f"S{'K'}{hexes[:32]}",
        "npm": f"np{'m'}_{mixed}abcd",
        "Python packages": f"py{'pi'}-AgEIcHlwaS5vcmc{mixed}{mixed}",
        "DigitalOcean": f"do{'p'}_v1_{hexes}{hexes[:24]}",
        "Shopify": f"shp{'at'}_{hexes[:32]}",
        "Square": f"sq0{'atp'}-{mixed[:22]}",
        "Facebook": f"EA{'AC'}{mixed}{mixed}{mixed}",
        "New Relic": f"NR{'AK'}-{mixed.upper()[:27]}",
        "Telegram": f"123456789:A{'A'}{mixed}a",
        "JSON Web Token": f"ey{'J'}hbGciOiJIUzI1NiJ9.eyJzdWIiOiI{mixed}.{mixed}",
        "PASETO": f"v4.{'local'}.{mixed}{mixed}",
        "RSA key": pem.format("RSA ", "RSA "),
        "OpenSSH key": pem.format("OPENSSH ", "OPENSSH "),
        "PKCS#8 key": pem.format("", ""),
        "age key": f"AGE-SECRET-{'KEY'}-1{mixed.upper()}{mixed.upper()}",
        "HashiCorp Vault": f"hv{'s'}.{mixed}",
        "Grafana": f"gl{'sa'}_{mixed}_a1b2c3d4",
        "Azure AD": f"abc8{'Q'}~{mixed}ab",
    }


def plants() -> list[Plant]:
    """One for each kind and place."""
    marks = (f"{MARKER}{number:03}" for number in range(1000))
    return [*_in_places(lambda: f"{next(marks)}xK9vW2mPqR"), *_formats(marks)]


def _in_places(secret: Callable[[], str]) -> Iterator[Plant]:
    yield from _request_headers(secret)
    yield from _response_headers(secret)
    yield from _urls(secret)
    yield from _bodies(secret)


def _formats(marks: Iterator[str]) -> Iterator[Plant]:
    for number, kind in enumerate(token_formats(MARKER)):
        token = token_formats(next(marks))[kind]
        yield Plant(f"{kind} in a text", f"/texts/no-{number}", answer=_json({"note": f"use {token} from now on"}))
        token = token_formats(next(marks))[kind]
        yield Plant(
            f"{kind} as a name", f"/names/no-{number}", answer=_json({"by": {token: {"n": 1}, "other": {"n": 2}}})
        )


def _json(value: dict[str, object], **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(200, json.dumps({"kept": 1, **value}).encode(), {"Content-Type": "application/json", **named})


def _text(text: str, media: str) -> Answer:
    return Answer(200, text.encode(), {"Content-Type": media})


def _answered(number: int, kind: str, **headers: str) -> Plant:
    return Plant(f"{kind} of an answer", f"/answers/no-{number}", answer=_json({}, **headers))


def _request_headers(secret: Callable[[], str]) -> Iterator[Plant]:
    basic = base64.b64encode(f"ada:{secret()}".encode()).decode()
    scope = "20260101/eu-west-1/s3/aws4_request"
    aws = f"AWS4-HMAC-SHA256 Credential={secret()}/{scope}, SignedHeaders=host, Signature={secret()}"
    digest = f'Digest username="ada", realm="r", nonce="{secret()}", uri="/", response="{secret()}"'
    headers = {
        "Authorization": f"Bearer {secret()}",
        "AUTHORIZATION": f"Basic {basic}",
        "authorization": secret(),
        "AuthoriZation": f"ApiKey {secret()}",
        "authorizatioN": digest,
        "authorizaTion": aws,
        "Proxy-Authorization": f"Basic {base64.b64encode(f'ada:{secret()}'.encode()).decode()}",
        "Cookie": f'sid={secret()}; theme="{secret()}"; last={secret()}',
        **{
            name: secret()
            for name in (
                *(
                    "X-Api-Key",
                    "x-vendor-secret",
                    "X-CUSTOM-TOKEN",
                    "Ocp-Apim-Subscription-Key",
                    "X-Amz-Security-Token",
                ),
                *("X-Goog-Signature", "PRIVATE-TOKEN", "DD-API-KEY", "DD-APPLICATION-KEY", "X-Functions-Key"),
                *("X-Shopify-Access-Token", "X-Hub-Signature-256", "X-Shopify-Hmac-Sha256", "X-CSRF-Token", "Api-Key"),
                *("X-Master-Key", "CF-Access-Client-Secret", "X-Session-Id", "X-Plex-Token"),
            )
        },
        "X-Original-Url": f"https://h.example/a?api_key={secret()}",
        "Referer": f"https://ada:{secret()}@h.example/?token={secret()}",
        "Origin": f"https://ada:{secret()}@h.example",
        "X-Forwarded-Request": f"Bearer {secret()}",
    }
    for number, (name, value) in enumerate(headers.items()):
        yield Plant(f"{name} of a request", f"/headers/no-{number}", headers={name: value}, answer=_json({}))


def _response_headers(secret: Callable[[], str]) -> Iterator[Plant]:
    answers = {
        "Set-Cookie": f"sid={secret()}; Path=/; HttpOnly; Expires=Wed, 21 Oct 2030 07:28:00 GMT",
        "set-cookie": f"a={secret()}; Path=/, b={secret()}; Expires=Wed, 21 Oct 2030 07:28:00 GMT, c={secret()}",
        "X-Auth-Token": secret(),
        "X-Subject-Token": secret(),
        "Refresh-Token": secret(),
        "X-Amz-Security-Token": secret(),
        "X-Issued-Key": secret(),
        "WWW-Authenticate": f'Digest realm="r", nonce="{secret()}", opaque="{secret()}"',
        "Authentication-Info": f'nextnonce="{secret()}", rspauth="{secret()}"',
        "Content-Location": f"https://h.example/a?signature={secret()}",
        "Link": f'<https://h.example/?api_key={secret()}&page=2>; rel="next"',
        "Refresh": f"0; url=https://h.example/?access_token={secret()}",
        "Location": f"https://h.example/cb?code={secret()}&state=xyz#id_token={secret()}",
        "LOCATION": f"/cb?token={secret()}",
        "X-Redirect": f"https://ada:{secret()}@h.example/",
    }
    for number, (name, value) in enumerate(answers.items()):
        yield _answered(number, name, **{name: value})


def _urls(secret: Callable[[], str]) -> Iterator[Plant]:
    yield Plant("user-info of a URL", "/user", user=f"ada:{secret()}@", answer=_json({}))
    names = (
        *("access_token", "api_key", "apikey", "sig", "signature", "X-Amz-Signature", "X-Amz-Credential", "key"),
        *(
            "client_secret",
            "password",
            "assertion",
            "refresh_token",
            "API%5FKEY",
            "filter[api_key]",
            "jwt",
            "session_id",
        ),
    )
    for number, name in enumerate(names):
        yield Plant(f"{name} in a query", f"/queries/no-{number}?a=1&{name}={secret()}&b=2", answer=_json({}))
    inner = quote(f"https://ada:{secret()}@h.example/?token={secret()}", safe="")
    yield Plant("a URL in a parameter", f"/inner?next={inner}", answer=_json({}))
    yield Plant("code beside state", f"/callback?code={secret()}&state=abc", answer=_json({}))
    yield Plant("a session in a path", f"/a;jsessionid={secret()}/b", answer=_json({}))
    tokens = token_formats(secret()[: len(MARKER) + 3])
    yield Plant("a Telegram bot in a path", f"/bot{tokens['Telegram']}/sendMessage", answer=_json({}))
    yield Plant("a GitHub token in a path", f"/repos/{tokens['GitHub']}/hooks", answer=_json({}))
    yield Plant("a Slack webhook", f"/services/T0123456789/B0123456789/{secret()}abcdef", answer=_json({}))
    yield Plant("a Discord webhook", f"/webhooks/123456789012345678/{secret() + 'aB3' * 16}", answer=_json({}))


def _bodies(secret: Callable[[], str]) -> Iterator[Plant]:
    deep: dict[str, object] = {"accessToken": secret()}
    for _ in range(30):
        deep = {"items": [deep, {}]}
    values: dict[str, dict[str, object]] = {
        "a member": {"access_token": secret(), "token_type": "bearer"},
        "a member far down": deep,
        "a member in a list": {"users": [{"id": 1, "apiKey": secret()}, {"id": 2, "apiKey": secret()}]},
        "all below a member": {"credentials": {"user": secret(), "parts": [secret(), 7, True, None]}},
        "an AWS secret": {"AccessKeyId": secret(), "SecretAccessKey": secret(), "SessionToken": secret()},
        "JSON in a text": {"payload": json.dumps({"auth": {"token": secret()}})},
        "JSON in JSON in a text": {"payload": json.dumps({"inner": json.dumps({"password": secret()})})},
        "a URL": {"links": {"next": f"https://h.example/?api_key={secret()}&page=2"}},
        "user-info in a text": {"note": f"clone https://ada:{secret()}@git.example/a.git and go"},
        "a database": {"dsn": f"postgres://ada:{secret()}@db.example:5432/crm"},
        "a connection string": {"note": f"Server=db.example;User ID=ada;Password={secret()} {secret()};Encrypt=True"},
        "an Azure account": {"note": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={secret()}==;X=y"},
        "a shared access key": {"note": f"Endpoint=sb://a.example/;SharedAccessKeyName=r;SharedAccessKey={secret()}="},
        "a signed URL": {"href": f"https://h.example/a?se=2030-01-01&sp=r&sig={secret()}%3D"},
        "a named value": {"headers": [{"name": "X-Api-Key", "value": secret()}, {"key": "Accept", "value": "a/b"}]},
        "a header in a text": {
            "raw": f"GET / HTTP/1.1\r\nAuthorization: Bearer {secret()}\r\nX-Api-Key: {secret()}\r\n"
        },
        "a curl command": {"example": f"curl -H 'Authorization: Bearer {secret()}' https://h.example"},
        "GraphQL variables": {"query": "mutation($p: String!) { login(p: $p) }", "variables": {"password": secret()}},
        "a GraphQL literal": {"query": f'mutation {{ login(user: "ada", password: "{secret()}") {{ id }} }}'},
        "a service account": {"private_key_id": secret(), "private_key": secret(), "type": "service_account"},
        "a verifier": {"code_verifier": secret(), "otp": secret(), "device_code": secret()},
        "a URL as a name": {"by": {f"https://ada:{secret()}@h.example/": {"n": 1}, "other": {"n": 2}}},
        "Basic in a text": {"note": f"Basic {base64.b64encode(f'ada:{secret()}'.encode()).decode()}"},
    }
    for number, (kind, value) in enumerate(values.items()):
        yield Plant(f"{kind} of an answer", f"/answered/no-{number}", answer=_json(value))
        sent = json.dumps(value)
        headers = {"Content-Type": "application/json"}
        yield Plant(f"{kind} of a request", f"/sent/no-{number}", headers=headers, body=sent, answer=_json({}))
    yield Plant(
        "a form",
        "/form",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=f"grant_type=authorization_code&code={secret()}&client_secret={secret()}",
        answer=_json({}),
    )
    multipart = (
        f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{secret()}\r\n'
        '--b\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n'
        f'{{"token": "{secret()}"}}\r\n--b--\r\n'
    )
    yield Plant(
        "multipart", "/parts", {"Content-Type": "multipart/form-data; boundary=b"}, body=multipart, answer=_json({})
    )
    texts = {
        "application/x-ndjson": f'{{"token": "{secret()}"}}\n{{"pin": {{"password": "{secret()}"}}}}\n',
        "text/event-stream": f'event: token\ndata: {{"kept": 1, "token": "{secret()}"}}\n\ndata: {{"a": "b"}}\n\n',
        "application/soap+xml": (
            "<s:Envelope><s:Header><wsse:Security><wsse:UsernameToken><wsse:Username>ada</wsse:Username>"
            f'<wsse:Password Type="#PasswordText">{secret()}</wsse:Password></wsse:UsernameToken></wsse:Security>'
            f'</s:Header><s:Body apiKey="{secret()}"><secret><![CDATA[{secret()}]]></secret></s:Body></s:Envelope>'
        ),
        "text/csv": f"id,api_key,name\n1,{secret()},ada\n2,{secret()},bob\n",
        "text/plain": f"export API_TOKEN={secret()}\npassword: {secret()}\n",
        "text/html": f'<input type="hidden" csrf_token="{secret()}"><a href="https://h.example/?token={secret()}">x</a>',
        "text/javascript": f"callback({{'apiKey': '{secret()}'}})",
    }
    for number, (media, text) in enumerate(texts.items()):
        yield Plant(f"{media} of an answer", f"/media/no-{number}", answer=_text(text, media))
        yield Plant(
            f"{media} of a request", f"/sent-media/no-{number}", {"Content-Type": media}, text, answer=_json({})
        )
