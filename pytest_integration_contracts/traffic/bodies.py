"""Raw bodies to JSON values: decoded by what they are, not by what headers claim."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.traffic.encodings import decompress
from pytest_integration_contracts.traffic.streams import EVENTS, LINES, events_of, values_of_lines


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded body.

    Attributes:
        media: Its media type in lower case without parameters, "" for no body. A body that claims to be JSON and is
            not has `unreadable` put before its type.
        value: The JSON value, or `NO_BODY` where there is none or it is not JSON.
    """

    media: str = ""
    value: object = NO_BODY


def decode(raw: bytes, headers: Mapping[str, str]) -> Body:
    """Read a body.

    Args:
        raw: The bytes as they came.
        headers: The message's headers, names in lower case.

    Raises:
        BodyError: The body is larger than `MAX_BYTES` or nested too deep to read.
    """
    text = decompress(raw, headers.get("content-encoding", ""))
    if not text.strip():
        return Body()
    media = headers.get("content-type", "").partition(";")[0].strip().lower() or "application/octet-stream"
    try:
        return _several(text, media) or _one(text, media)
    except RecursionError as error:
        raise too_deep() from error


def too_deep() -> BodyError:
    """What is said of a body that the interpreter's stack is too small for."""
    return BodyError("a body is nested too deep to read; check a part of it instead")


def _several(text: bytes, media: str) -> Body | None:
    """A body that is a stream of values, None where it is none."""
    if media not in {*LINES, EVENTS}:
        return None
    return _stream(text, media)


def _stream(text: bytes, media: str) -> Body | None:
    """The events of an event stream, the values of the lines of anything else; None where it has none."""
    try:
        stream = text.decode("utf-8")
    except UnicodeDecodeError:
        return None
    values = events_of(stream) if media == EVENTS else values_of_lines(stream)
    return None if values is None else Body(media, values)


def _one(text: bytes, media: str) -> Body:
    claims_json = media.endswith(("/json", "+json"))
    if not claims_json and text.lstrip()[:1] not in (b"{", b"["):
        return Body(media)
    try:
        return Body(media, json.loads(text))
    except ValueError:
        if claims_json:
            return Body(f"unreadable {media}")
        return _stream(text, media) or Body(media)
