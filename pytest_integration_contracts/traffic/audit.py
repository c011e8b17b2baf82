"""Secrets in files that are about to be committed, or were: where, and what they look like; never the secret."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from vcr.serializers import yamlserializer

from pytest_integration_contracts.drift.authentication import is_secret_name
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.traffic.cassettes import kept_shallow
from pytest_integration_contracts.traffic.secrets import scrub_body, scrub_headers, scrub_url

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
    try:
        with kept_shallow(text):
            document = yaml.compose(text, Loader=yamlserializer._BaseLoader)  # noqa: SLF001 - as cassettes are read
    except (ValueError, yaml.YAMLError):  # no document: each line for itself
        for number, line in enumerate(text.splitlines(), 1):
            yield from (Leak(path, number, what) for what in _in_text(line, ""))
        return
    if isinstance(document, yaml.MappingNode) and _is_snapshot(document):
        document.value = [(key, value) for key, value in document.value if key.value != "auth"]  # schemes, no secrets
    for node, what in _below(document, "", set()):
        yield Leak(path, node.start_mark.line + 1, what)


def _is_snapshot(document: yaml.MappingNode) -> bool:
    return {"integration", "operation", "responses"} <= {key.value for key, _ in document.value if key.tag == _TEXT}


def _below(node: Any, name: str, seen: set[int]) -> Iterator[tuple[Any, str]]:  # noqa: ANN401 - yaml has no types
    """The leaks of a node, which stands in a member of that name, with the nodes they are in.

    Each node is looked at once: aliases may repeat it without end.
    """
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _below(key, "", seen)
            yield from _below(value, key.value if isinstance(key, yaml.ScalarNode) else "", seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _below(item, name, seen)
    elif isinstance(node, yaml.ScalarNode) and node.tag in {_TEXT, _BINARY}:
        yield from ((node, what) for what in _in_text(_text_of(node), name))


def _text_of(node: yaml.ScalarNode) -> str:
    if node.tag != _BINARY:
        return str(node.value)
    try:
        return base64.b64decode(node.value).decode("latin-1")
    except (ValueError, binascii.Error):
        return str(node.value)


def _in_text(text: str, name: str) -> Iterator[str]:
    """What is wrong with a text in a member of that name."""
    if not text.strip():
        return
    header = name.lower()
    if is_secret_name(name) or header in {"cookie", "set-cookie"}:
        if scrub_headers({header: [text]})[header] != [text]:
            yield f"`{name}` holds what is no placeholder"
        return
    if scrub_url(text) != text:
        yield "a URL with credentials, or a token of a known form"
    elif _scrubbed(text) != text:
        yield "a token-like member, parameter or element, or a token of a known form"


def _scrubbed(text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    return scrub_body(raw, "").decode("utf-8", "surrogatepass")
