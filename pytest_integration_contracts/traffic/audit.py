"""Secrets in files that are about to be committed, or were: where, and what they look like; never the secret."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from vcr.serializers import yamlserializer

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.traffic.cassettes import kept_shallow, media_of
from pytest_integration_contracts.traffic.secrets import scrub_body, scrub_headers, scrub_text, scrub_url
from pytest_integration_contracts.traffic.texts import is_secret
from pytest_integration_contracts.traffic.tokens import token_pattern

_TEXT: Final = "tag:yaml.org,2002:str"
_BINARY: Final = "tag:yaml.org,2002:binary"


class Leak(NamedTuple):
    """One place that holds what looks like a secret.

    Attributes:
        path: The file.
        line: The line, from 1.
        what: What is there, in a few words.
    """

    path: Path
    line: int
    what: str


def audit(paths: Iterable[Path]) -> Iterator[Leak]:
    """What looks like a secret in cassettes and snapshots, file by file, from top to bottom.

    What our own scrubbing would replace is a leak: so a file that was scrubbed has none.

    Raises:
        UsageError: A file cannot be read.
    """
    for path in paths:
        yield from sorted(set(_leaks(path)), key=lambda leak: (leak.line, leak.what))


def _leaks(path: Path) -> Iterator[Leak]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    document = _document(text)
    if document is None:
        yield from (Leak(path, line, what) for line, what in _in_lines(text))
        return
    if _is_snapshot(document):
        document.value = [(key, value) for key, value in document.value if key.value != "auth"]  # schemes, no secrets
    for node, what in _below(document, _Place(), set()):
        yield Leak(path, node.start_mark.line + 1, what)


def _document(text: str) -> yaml.CollectionNode | None:
    """YAML, or JSON; None where a text is neither."""
    try:
        with kept_shallow(text):
            document = yaml.compose(text, Loader=yamlserializer._BaseLoader)  # noqa: SLF001 - as cassettes are read
    except (ValueError, yaml.YAMLError):
        return None
    return document if isinstance(document, yaml.CollectionNode) else None


def _in_lines(text: str) -> Iterator[tuple[int, str]]:
    """The leaks of any other text, each line for itself but for keys, which have several."""
    pattern = token_pattern(text)
    for found in pattern.finditer(text) if pattern else ():
        if "\n" in found[0]:
            yield text.count("\n", 0, found.start()) + 1, "a token of a known form"
    for number, line in enumerate(text.splitlines(), 1):
        reference = _REFERENCE.fullmatch(line)
        yield from ((number, what) for what in _in_text(reference["to"] if reference else line, _Place()))


def _is_snapshot(document: yaml.CollectionNode) -> bool:
    return isinstance(document, yaml.MappingNode) and {"integration", "operation", "responses"} <= {
        key.value for key, _ in document.value if key.tag == _TEXT
    }


class _Place(NamedTuple):
    """Where a text stands.

    Attributes:
        name: The member that it is, or is in.
        within: The member that this member is in.
        media: The media type of the message that it is a part of.
    """

    name: str = ""
    within: str = ""
    media: str = ""


def _below(node: Any, place: _Place, seen: set[int]) -> Iterator[tuple[Any, str]]:  # noqa: ANN401 - yaml has no types
    """The leaks of a node, with the nodes they are in.

    Each node is looked at once: aliases may repeat it without end.
    """
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        media = _media_of(node) or place.media
        for key, value in node.value:
            yield from _below(key, _Place(media=media), seen)
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            yield from _below(value, _Place(name, place.name, media), seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _below(item, place, seen)
    elif isinstance(node, yaml.ScalarNode) and node.tag in {_TEXT, _BINARY}:
        yield from ((node, what) for what in _in_text(_text_of(node), place))


def _media_of(message: yaml.MappingNode) -> str:
    """The media type that a request or response of a cassette claims, "" where it is none."""
    for name, headers in message.value:
        if name.value == "headers" and isinstance(headers, yaml.MappingNode):
            texts = {
                str(key.value): [str(each.value) for each in (value.value if value.id == "sequence" else [value])]
                for key, value in headers.value
            }
            return media_of(texts)
    return ""


def _text_of(node: yaml.ScalarNode) -> str:
    if node.tag != _BINARY:
        return str(node.value)
    try:
        return base64.b64decode(node.value).decode("latin-1")
    except (ValueError, binascii.Error):
        return str(node.value)


_REFERENCE = re.compile(r"""\s*credentials\s*=\s*["'](?P<to>[a-z][a-z0-9+-]*:[^\s:"']+)["']\s*(?:#.*)?""")
"""A line of the manifest that says where a credential is kept."""


def _in_text(text: str, place: _Place) -> Iterator[str]:
    """What is wrong with a text."""
    if not text.strip():
        return
    if place.within == "headers" or is_secret(place.name, text):
        header = place.name.lower()
        if scrub_headers({header: [text]})[header] != [text]:
            yield f"`{scrub_text(place.name)}` holds what is no placeholder"
        return
    if place.name == "uri" or _URL.fullmatch(text):
        if scrub_url(text) != text:
            yield "a URL with credentials, or a token of a known form"
        return
    raw = text.encode("utf-8", "surrogatepass")
    scrubbed = scrub_body(raw, place.media)
    if scrubbed != raw:
        yield f"a token-like member, parameter or element, or a token of a known form{_first_member(raw, scrubbed)}"


_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def _first_member(raw: bytes, scrubbed: bytes) -> str:
    """Where in a body of one line the first secret is: `: $.user.access_token`."""
    try:
        path = _difference(json.loads(raw), json.loads(scrubbed), "$")
    except (ValueError, RecursionError):
        return ""
    return f": {path}" if path else ""


def _difference(one: object, other: object, path: str) -> str:
    """The path to the first value that differs; names are those of the scrubbed one."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = zip(one, other, strict=True)
        pairs = [(one[old], other[new], f"{path}{_segment(str(new))}") for old, new in names]
    elif isinstance(one, list) and isinstance(other, list):
        pairs = [(old, new, f"{path}[{index}]") for index, (old, new) in enumerate(zip(one, other, strict=True))]
    else:
        return "" if one == other else path
    inner = next((found for old, new, below in pairs if (found := _difference(old, new, below))), "")
    return inner or ("" if one == other else path)


def _segment(name: str) -> str:
    return f".{name}" if name.isidentifier() else f"[{json.dumps(name)}]"
