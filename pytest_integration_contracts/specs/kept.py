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
from pytest_integration_contracts.files import leads_outside, write_atomically
from pytest_integration_contracts.manifest_file import PUBLISHED
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.reading import read_document

EXTENSION: Final = "x-integration-contracts"
"""The member of the kept document that is not the upstream's."""

_HISTORY: Final = "history/openapi"
_VERSION = re.compile(r"[1-9][0-9]{0,8}\.(?:0|[1-9][0-9]{0,8})")
_RESTORE: Final = "restore it from version control, or delete it and fetch it again: `pytest --contracts-record`"


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
        head = {EXTENSION: {key: value for key, value in about.items() if value}}
        return f"{json.dumps(head | dict(self.spec.document), indent=1, ensure_ascii=False)}\n"


def path_in(folder: Path) -> Path:
    """Where the document of an integration is kept.

    Args:
        folder: The folder of the integration's snapshots.
    """
    return folder / PUBLISHED


def read_kept(folder: Path) -> Kept | None:
    """The document that is kept, None where there is none.

    Args:
        folder: As `path_in`.

    Raises:
        SpecError: There is one, and it cannot be used.
    """
    return _read(path_in(folder))


def versions(folder: Path) -> list[Kept]:
    """All versions, the oldest first.

    Raises:
        SpecError: One of them cannot be used.
    """
    paths = [*(folder / _HISTORY).glob("*.json"), path_in(folder)]
    found = [kept for path in paths if (kept := _read(path)) is not None]
    return sorted(found, key=lambda each: [int(number) for number in each.version.split(".")])


def write_kept(folder: Path, kept: Kept, within: Path) -> Path:
    """Keep a version; the one it replaces goes to history first.

    Args:
        folder: As `path_in`.
        kept: The version.
        within: The directory that nothing may be written outside of.

    Raises:
        SpecError: It cannot be written.
    """
    path = path_in(folder)
    if leads_outside(path, within):
        raise SpecError(f"{path}: leads outside {within} by a link; nothing is written there")
    current = _read(path)
    try:
        if current is not None and current.version != kept.version:
            breaks = current.version.partition(".")[0] != kept.version.partition(".")[0]
            name = f"{current.version}-broken-by-{kept.version}" if breaks else current.version
            write_atomically(folder / _HISTORY / f"{name}.json", path.read_bytes())
        write_atomically(path, kept.to_text().encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise SpecError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def _read(path: Path) -> Kept | None:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror or error}; {_RESTORE}") from error
    try:
        document = read_document(text, str(path))
    except SpecError as error:
        raise SpecError(f"{error}; {_RESTORE}") from error
    return _kept(document, path)


def _kept(document: Mapping[str, Any], path: Path) -> Kept:
    about = document.get(EXTENSION)
    texts = [about.get(key, "") if isinstance(about, dict) else "" for key in ("version", "since", "source", "reason")]
    if not all(isinstance(text, str) for text in texts) or not _VERSION.fullmatch(texts[0]):
        raise SpecError(f"{path}: has no `{EXTENSION}` with a version MAJOR.MINOR; {_RESTORE}")
    own = {key: value for key, value in document.items() if key != EXTENSION}
    return Kept(Spec(own, texts[2]), texts[0], texts[1], texts[3])
