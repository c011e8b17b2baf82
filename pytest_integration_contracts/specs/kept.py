"""The OpenAPI document that is kept of an upstream: one version after the other, in the folder of its snapshots.

It is kept as JSON, as it came, with one extension of ours at its top (`x-integration-contracts`): our version of it,
since when, from where, and why. Older versions are in `history/openapi/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.manifest.file import PUBLISHED
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.filing import Shelf
from pytest_integration_contracts.specs.reading import read_document

EXTENSION: Final = "x-integration-contracts"
"""The member of the kept document that is not the upstream's."""

_MEMBERS: Final = ("version", "since", "source", "reason", "digest")
_HISTORY: Final = "history/openapi"
_VERSION = re.compile(r"[1-9][0-9]{0,8}\.(?:0|[1-9][0-9]{0,8})")
_RESTORE: Final = "restore it from version control, or delete it and fetch it again: `pytest --contracts-update`"


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a document.

    Attributes:
        spec: The document, without our extension.
        version: MAJOR.MINOR, ours: a break for what the consumer uses raises MAJOR.
        since: The day it was learned, ISO 8601.
        reason: Why, or "".
    """

    spec: Spec
    version: str
    since: str
    reason: str = ""

    def to_text(self) -> str:
        """The file's text."""
        about = {"version": self.version, "since": self.since, "source": self.spec.source, "reason": self.reason}
        about["digest"] = self.spec.digest
        head = {EXTENSION: {key: value for key, value in about.items() if value}}
        return f"{json.dumps(head | dict(self.spec.document), indent=1, ensure_ascii=False)}\n"


def _read(path: Path) -> Kept | None:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror or error}; {_RESTORE}") from error
    return kept_in(text, str(path))


def kept_in(text: bytes, name: str) -> Kept:
    """The version in a file's text.

    Args:
        text: The text.
        name: What it is called in messages.

    Raises:
        SpecError: It is none.
    """
    try:
        document = read_document(text, name)
    except SpecError as error:
        raise SpecError(f"{error}; {_RESTORE}") from error
    return _kept(document, name)


def _kept(document: Mapping[str, Any], path: str) -> Kept:
    about = document.get(EXTENSION)
    texts = [about.get(key, "") if isinstance(about, dict) else "" for key in _MEMBERS]
    if not all(isinstance(text, str) for text in texts) or not _VERSION.fullmatch(texts[0]):
        raise SpecError(f"{path}: has no `{EXTENSION}` with a version MAJOR.MINOR; {_RESTORE}")
    own = {key: value for key, value in document.items() if key != EXTENSION}
    version, since, source, reason, digest = texts
    return Kept(Spec(own, source, digest), version, since, reason)


SHELF: Final = Shelf(PUBLISHED, _HISTORY, _read)
path_in, read_kept, versions, write_kept = SHELF.path_in, SHELF.read, SHELF.versions, SHELF.write
