"""Cassettes on disk, in vcrpy's own YAML: reading them, and writing them without secrets and without ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from vcr.request import Request
from vcr.serialize import deserialize, serialize
from vcr.serializers import yamlserializer

from pytest_integration_contracts.errors import BodyError, CassetteError
from pytest_integration_contracts.files import write_atomically
from pytest_integration_contracts.traffic.bodies import decompress
from pytest_integration_contracts.traffic.secrets import scrub_body, scrub_headers, scrub_url, scrub_value

Response = dict[str, Any]
"""A response as vcrpy keeps it: `status` {code, message}, `headers` {name: [value]}, `body` {string}."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One recorded request and its response, as vcrpy keeps them."""

    request: Request
    response: Response


def read_cassette(path: Path) -> list[Interaction] | None:
    """The interactions of a cassette, or None where there is no file.

    Raises:
        CassetteError: There is a file, and it is no cassette.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CassetteError(f"{path}: cannot be read: {error}") from error
    try:
        requests, responses, *_ = deserialize(text, yamlserializer)
        return [Interaction(*pair) for pair in zip(requests, map(_checked, responses), strict=True)]
    except (ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CassetteError(
            f"{path}: is not a cassette ({reason}); restore it, or record it again with"
            " `pytest --contracts-record --contracts-update`"
        ) from error


def _checked(response: Any) -> Response:  # noqa: ANN401 - whatever the file holds
    if not isinstance(response, dict) or not isinstance(response["headers"], dict):
        raise TypeError("a response without headers")
    if not isinstance(response["status"]["code"], int) or not isinstance(response["body"], dict):
        raise TypeError("a response without status or body")
    return response


def write_cassette(path: Path, interactions: Sequence[Interaction], prefixes: Mapping[str, str]) -> None:
    """Write a cassette atomically, scrubbed and decompressed.

    Args:
        path: Where to.
        interactions: What was recorded; left untouched.
        prefixes: Actual URL prefixes to the canonical ones that stand for them, in bodies and headers too.

    Raises:
        CassetteError: It cannot be written.
    """
    clean = [_clean(interaction, prefixes) for interaction in interactions]
    content = {
        "requests": [interaction.request for interaction in clean],
        "responses": [interaction.response for interaction in clean],
    }
    try:
        write_atomically(path, serialize(content, yamlserializer).encode("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise CassetteError(f"{path}: cannot be written: {error}") from error


def _clean(interaction: Interaction, prefixes: Mapping[str, str]) -> Interaction:
    request, response = interaction.request, interaction.response

    def canonical(text: str) -> str:
        for actual, wanted in prefixes.items():
            text = text.replace(actual, wanted)
        return text

    headers = {name: [canonical(value) for value in values] for name, values in lists(request.headers).items()}
    return Interaction(
        Request(
            request.method,
            scrub_url(request.uri),
            _clean_request_body(request, canonical),
            {name: values[0] for name, values in scrub_headers(headers).items()},
        ),
        _clean_response(response, canonical),
    )


def _clean_request_body(request: Request, canonical: Callable[[str], str]) -> object:
    body = sent_body(request)
    if isinstance(body, dict | list | tuple):
        return scrub_value(body)
    if not isinstance(body, bytes):
        return body
    return scrub_body(_canonical_bytes(body, canonical), media_of(lists(request.headers)))


def _clean_response(response: Response, canonical: Callable[[str], str]) -> Response:
    headers = lists(response["headers"])
    encoding = ",".join(
        value for name, values in headers.items() if name.lower() == "content-encoding" for value in values
    )
    raw = body_of(response)
    body = raw
    try:
        body = decompress(raw, encoding)
    except BodyError:
        return {**response, "headers": scrub_headers(headers)}
    body = scrub_body(_canonical_bytes(body, canonical), media_of(headers))
    if body != raw:
        headers = {
            name: [str(len(body))] if name.lower() == "content-length" else values
            for name, values in headers.items()
            if name.lower() != "content-encoding"
        }
    headers = {name: [canonical(value) for value in values] for name, values in headers.items()}
    return {
        "status": response["status"],
        "headers": scrub_headers(headers),
        "body": {"string": body},
    }


def _canonical_bytes(body: bytes, canonical: Callable[[str], str]) -> bytes:
    try:
        return canonical(body.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return body


def sent_body(request: Request) -> object:
    """What a request sent: bytes, None, or the plain value that aiohttp was given for JSON or a form."""
    body = request.body
    if hasattr(body, "read"):
        return body.read()
    if isinstance(body, Iterator):
        chunks = list(body)
        return b"".join(chunks) if all(isinstance(chunk, bytes) for chunk in chunks) else chunks
    return body.encode("utf-8") if isinstance(body, str) else body


def body_of(response: Response) -> bytes:
    """The raw bytes of a response's body; aiohttp leaves them out for an empty one."""
    body = response["body"].get("string", b"")
    return body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body or b""


def lists(headers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Headers as vcrpy may have them (strings, bytes, lists) as lists of strings."""
    return {
        _text(name): [_text(value) for value in (values if isinstance(values, list | tuple) else [values])]
        for name, values in headers.items()
    }


def plain(headers: Mapping[str, Any]) -> dict[str, str]:
    """Headers with names in lower case, several values of one name joined by commas (RFC 9110, section 5.3)."""
    return {name.lower(): ", ".join(values) for name, values in lists(headers).items()}


def media_of(headers: Mapping[str, list[str]]) -> str:
    """The media type a message claims, in lower case and without parameters."""
    return plain(headers).get("content-type", "").partition(";")[0].strip().lower()


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
