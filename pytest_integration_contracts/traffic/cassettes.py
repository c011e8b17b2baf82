"""Cassettes on disk, in vcrpy's own YAML: reading them, and writing them without secrets and without ports."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import yaml
from vcr.request import Request
from vcr.serialize import deserialize, serialize
from vcr.serializers import yamlserializer

from pytest_integration_contracts.errors import BodyError, CassetteError
from pytest_integration_contracts.files import write_atomically
from pytest_integration_contracts.manifest.manifest import DEFAULT_LIMITS, Limits
from pytest_integration_contracts.traffic.ages import sent, stated, written
from pytest_integration_contracts.traffic.encodings import decompress, decompresses
from pytest_integration_contracts.traffic.secrets import scrub_body, scrub_headers, scrub_text, scrub_url, scrub_value

Response = dict[str, Any]
"""A response as vcrpy keeps it: `status` {code, message}, `headers` {name: [value]}, `body` {string}."""


_CONFLICT: Final = re.compile(r"^<{7} ", re.MULTILINE)
_VERSION: Final = re.compile(r"(?:\A|\n)version: ?[0-9]|\"version\": ?[0-9]")
_RECORD: Final = "pytest --contracts-record --contracts-update"
_RESTORE: Final = f"restore it, or record it again with `{_RECORD}`"
_MAX_DEPTH: Final = 1000
_TOO_DEEP: Final = f"nested deeper than {_MAX_DEPTH} levels"
_TEXT: Final = str | bytes | int | float | None
"""What YAML may make of a text without quotes."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One recorded request and its response, as vcrpy keeps them, and the moment that the cassette says."""

    request: Request
    response: Response
    recorded_at: dt.datetime | None = None

    @property
    def moment(self) -> dt.datetime | None:
        """When it was recorded: other tools do not say, but the answer may."""
        return self.recorded_at or sent(plain(self.response["headers"]))


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
        raise CassetteError(f"{path}: cannot be read: {error}; {_RESTORE}") from error
    if "<<<<<<< " in text and _CONFLICT.search(text):
        raise CassetteError(f"{path}: has merge conflicts; resolve them, or record it again with `{_RECORD}`")
    document = _Document()
    try:
        _insist_on_an_end(text)
        with kept_shallow(text):
            requests, responses, *_ = deserialize(text, document)
        return [
            replace(usable(request, response), recorded_at=moment)
            for request, response, moment in zip(requests, responses, document.moments, strict=True)
        ]
    except (*UNUSABLE, yaml.YAMLError, RecursionError) as error:
        raise CassetteError(f"{path}: is not a cassette ({reason_of(error)}); {_RESTORE}") from error


def reason_of(error: BaseException) -> str:
    """The first line of what an error says."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


class _Document:
    """A serializer for vcrpy that keeps what vcrpy leaves out."""

    def __init__(self) -> None:
        self.moments: list[dt.datetime | None] = []

    def deserialize(self, text: str) -> Any:  # noqa: ANN401 - whatever the file holds
        document = yamlserializer.deserialize(text)
        if isinstance(document, dict):
            self.moments = [stated(each.get("recorded_at")) for each in document["interactions"]]
        return document


def _insist_on_an_end(text: str) -> None:
    """Refuse what was cut off: half a cassette is YAML too, with an empty body at its end."""
    at = text.rfind("version")  # a thousand times as fast as to search for the pattern
    while at >= 0 and not _VERSION.match(text, max(at - 1, 0)):
        at = text.rfind("version", 0, at)
    if at < 0:
        raise ValueError("its end, with `version: 1`, is missing")


@contextlib.contextmanager
def kept_shallow(text: str) -> Iterator[None]:
    """Within it a text may be parsed: what is nested too deep is refused, whoever notices first.

    Raises:
        ValueError: It is nested too deep.
    """
    try:
        if not _LIBYAML_KEEPS_SHALLOW:
            _insist_on_a_depth(text)
        yield
    except yaml.MarkedYAMLError as error:
        raise (ValueError(_TOO_DEEP) if "nesting depth" in str(error.problem) else error) from error


_LIBYAML_KEEPS_SHALLOW: Final = yaml.__with_libyaml__ and yaml._yaml.get_version() >= (0, 2, 6)  # noqa: SLF001
"""Earlier ones exhaust the stack and end the process; this one counts, up to the same depth as we do."""


def _insist_on_a_depth(text: str) -> None:
    """Look at every event, where the text has so many that could open anything."""
    if sum(map(text.count, ("[", "{", "- ", "? ", ":\n"))) <= _MAX_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=yamlserializer._BaseLoader):  # noqa: SLF001 - the one that is used to load
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ValueError(_TOO_DEEP)


UNUSABLE: Final = (ValueError, TypeError, LookupError, AttributeError, BodyError)
"""What `usable` may raise."""


def usable(request: Request, response: Any) -> Interaction:  # noqa: ANN401 - whatever the file holds
    """An interaction with all that replay needs of it, or one of `UNUSABLE`."""
    return Interaction(_usable_request(request), _usable_response(response))


def _usable_request(request: Request) -> Request:
    """The request, where it holds what is needed to match it."""
    if not isinstance(request.method, str) or not isinstance(request.uri, str):
        raise TypeError("a request without method or uri")
    if not all(isinstance(text, _TEXT) for text in request.headers.values()):
        raise TypeError("a request with headers that are no text")
    try:
        urlsplit(request.uri).port  # noqa: B018 - raises where the matcher would
    except ValueError as error:
        raise ValueError(re.sub(r"( as)? '.*'", "", str(error))) from None  # what it quotes may be a password
    return request


def _usable_response(response: Any) -> Response:  # noqa: ANN401 - whatever the file holds
    """What replay needs of a response, where all of it is there and of the right type."""
    if "status_code" in response:
        response = _of_old_httpx(response)
    headers, code, message = response["headers"], response["status"]["code"], response["status"].get("message")
    texts = [text for values in headers.values() for text in (values if isinstance(values, list) else [values])]
    if not isinstance(code, int) or not all(isinstance(text, _TEXT) for text in (message, *texts)):
        raise TypeError("a response without a status or with headers that are no text")
    if not isinstance(response["body"].get("string"), bytes | str | None):
        raise TypeError("a response whose body is no text")
    return {
        "status": {"code": code, "message": message and _ascii(str(message))},
        "headers": {name: [_ascii(text) for text in texts] for name, texts in lists(headers).items()},
        "body": {"string": body_of(response)},
    }


def _ascii(text: str) -> str:
    """What vcrpy can hand to httpx, which otherwise fails in the middle of the consumer's request."""
    return text.encode("ascii", "replace").decode("ascii")


def _of_old_httpx(response: Response) -> Response:
    """What vcrpy before 6 kept of a response to httpx; replay reads it decompressed."""
    headers, content = lists(response["headers"]), response["content"]
    raw = content.encode("utf-8") if isinstance(content, str) else bytes(content or b"")
    return {
        "status": {"code": response["status_code"], "message": None},
        "headers": {name: values for name, values in headers.items() if name.lower() != "content-encoding"},
        "body": {"string": decompress(raw, plain(headers).get("content-encoding", ""))},
    }


def write_cassette(
    path: Path, interactions: Sequence[Interaction], prefixes: Mapping[str, str], limits: Limits = DEFAULT_LIMITS
) -> None:
    """Write a cassette atomically, scrubbed and decompressed.

    Args:
        path: Where to.
        interactions: What was recorded; left untouched.
        prefixes: Actual URL prefixes to the canonical ones that stand for them, in bodies and headers too.
        limits: How large bodies may be. What cannot be read cannot be scrubbed, and is not written.

    Raises:
        CassetteError: It cannot be written.
    """
    canonical = rewriting(prefixes)
    try:
        clean = [_clean(interaction, canonical, limits) for interaction in interactions]
        content = {
            "requests": [interaction.request for interaction in clean],
            "responses": [interaction.response for interaction in clean],
        }
        moments = [interaction.recorded_at for interaction in clean]
        write_atomically(path, serialize(content, _Dated(moments)).encode("utf-8"))
    except (OSError, ValueError, yaml.YAMLError, BodyError) as error:
        raise CassetteError(f"{path}: cannot be written: {error}") from error


class _Dated:
    """A serializer for vcrpy that says beside each interaction when it was recorded; vcrpy reads over that."""

    def __init__(self, moments: Sequence[dt.datetime | None]) -> None:
        self._moments = moments

    def serialize(self, document: dict[str, Any]) -> str:
        for interaction, moment in zip(document["interactions"], self._moments, strict=True):
            if moment is not None:
                interaction["recorded_at"] = _Moment(written(moment))
        text: str = yaml.dump(document, Dumper=_Dumper)
        return text


class _Moment(str):
    """A moment, to be written without quotes."""

    __slots__ = ()


class _Dumper(yamlserializer._CassetteDumper):  # type: ignore[misc]  # noqa: SLF001 - vcrpy's own
    """vcrpy's, which knows moments too."""


_Dumper.add_representer(
    _Moment, lambda dumper, moment: dumper.represent_scalar("tag:yaml.org,2002:timestamp", str(moment))
)


_Rewriting = Callable[[str], str]


def rewriting(prefixes: Mapping[str, str]) -> _Rewriting:
    """What puts canonical prefixes in the place of actual ones: plain, with JSON's escaped slashes, percent-encoded.

    All at once, so that nothing is rewritten twice, and only up to the end of a segment, so that a port or a name that
    begins with another stays whole.
    """
    written = {form(actual): form(wanted) for actual, wanted in prefixes.items() for form in _FORMS}
    if not written:
        return str
    longest_first = sorted(written, key=len, reverse=True)
    pattern = re.compile(f"(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9_~-]|[.:][A-Za-z0-9]|%3[Aa][0-9])")
    return lambda text: pattern.sub(lambda found: written[found[0]], text)


_FORMS: Final[tuple[_Rewriting, ...]] = (
    str,
    lambda url: url.replace("/", "\\/"),
    lambda url: quote(url, safe=""),
    lambda url: re.sub("%..", lambda found: found[0].lower(), quote(url, safe="")),
)


def _clean(interaction: Interaction, canonical: _Rewriting, limits: Limits) -> Interaction:
    request, response = interaction.request, interaction.response
    headers = {name: [canonical(value) for value in values] for name, values in lists(request.headers).items()}
    scrubbed = {name: values[0] for name, values in scrub_headers(headers).items()}
    for name in scrubbed:
        if name.lower() == "host":
            scrubbed[name] = urlsplit(request.uri).netloc
    return Interaction(
        Request(request.method, scrub_url(request.uri), _clean_request_body(request, canonical), scrubbed),
        _clean_response(response, canonical, limits),
        interaction.recorded_at,
    )


def _clean_request_body(request: Request, canonical: _Rewriting) -> object:
    body = sent_body(request)
    if isinstance(body, bytes):
        return scrub_body(_canonical_bytes(body, canonical), media_of(lists(request.headers)))
    return scrub_value(body)


def _clean_response(response: Response, canonical: _Rewriting, limits: Limits) -> Response:
    headers = lists(response["headers"])
    encoding = plain(headers).get("content-encoding", "")
    body = _canonical_bytes(decompress(body_of(response), encoding, limits), canonical)
    body = scrub_body(body, media_of(headers))
    if body and decompresses(encoding):
        headers = {
            name: [str(len(body))] if name.lower() == "content-length" else values
            for name, values in headers.items()
            if name.lower() != "content-encoding"
        }
    headers = {name: [canonical(value) for value in values] for name, values in headers.items()}
    return {
        "status": _clean_status(response["status"]),
        "headers": scrub_headers(headers),
        "body": {"string": body},
    }


def _clean_status(status: Mapping[str, Any]) -> dict[str, Any]:
    message = status.get("message")
    return {**status, "message": scrub_text(message)} if isinstance(message, str) else dict(status)


def _canonical_bytes(body: bytes, canonical: _Rewriting) -> bytes:
    try:
        return canonical(body.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return body


def sent_body(request: Request) -> object:
    """What a request sent: bytes, None, or the JSON value that aiohttp was given for JSON or a form."""
    body = request.body
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, Iterator):
        chunks = [chunk.encode("utf-8") if isinstance(chunk, str) else chunk for chunk in body]
        body = b"".join(chunks) if all(isinstance(chunk, bytes) for chunk in chunks) else chunks
    if isinstance(body, str):
        return body.encode("utf-8")
    return bytes(body) if isinstance(body, bytes | bytearray) else _json_value(body)


def _json_value(body: object) -> object:
    """What aiohttp was given, as plain JSON; None for what is no value, such as its own form with files."""
    if not isinstance(body, dict | list | tuple):
        return None
    form = all(isinstance(pair, tuple) and len(pair) == len(("name", "value")) for pair in body)
    try:
        return json.loads(json.dumps(dict(body) if form and body else body, default=_text))
    except (ValueError, TypeError, RecursionError):
        return None


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
    """A header's name or value. What is not UTF-8 is latin-1, also where aiohttp keeps it as escaped bytes."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    text = str(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    return text
