"""The GraphQL schema that is kept of an upstream: one version after the other, in the folder of its snapshots.

It is kept as SDL, sorted and without descriptions, below a comment that says our version of it, since when, and why.
Older versions are in `history/graphql/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.manifest.file import SCHEMA
from pytest_integration_contracts.specs.filing import Shelf

_HISTORY: Final = "history/graphql"
_TITLE: Final = "# What may be asked, as the upstream publishes it; kept by pytest-integration-contracts."
_ABOUT = re.compile(r"# (version|since|reason): (.*)")
_VERSION = re.compile(r"[1-9][0-9]{0,8}\.(?:0|[1-9][0-9]{0,8})")
_RESTORE: Final = "restore it from version control, or delete it and fetch it again: `pytest --contracts-record`"


@dataclass(frozen=True, slots=True)
class KeptSchema:
    """One version of a schema.

    Attributes:
        sdl: The schema, as `schemas.normalised` writes it.
        version: MAJOR.MINOR, ours: a break for what the consumer uses raises MAJOR.
        since: The day it was learned, ISO 8601.
        reason: Why, or "".
    """

    sdl: str
    version: str
    since: str
    reason: str = ""

    def to_text(self) -> str:
        """The file's text."""
        about = {"version": self.version, "since": self.since, "reason": " ".join(self.reason.split())}
        lines = [f"# {name}: {text}" for name, text in about.items() if text]
        return "\n".join([_TITLE, *lines, "", self.sdl])


def _read(path: Path) -> KeptSchema | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}: is no UTF-8 text; {_RESTORE}") from error
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror or error}; {_RESTORE}") from error
    head, _, sdl = text.partition("\n\n")
    about: dict[str, str] = {found[1]: found[2] for line in head.splitlines() if (found := _ABOUT.fullmatch(line))}
    if not _VERSION.fullmatch(about.get("version", "")):
        raise SpecError(f"{path}: does not begin with a comment `# version: MAJOR.MINOR`; {_RESTORE}")
    return KeptSchema(sdl, about["version"], about.get("since", ""), about.get("reason", ""))


SHELF: Final = Shelf(SCHEMA, _HISTORY, _read)
path_in, read_kept, versions, write_kept = SHELF.path_in, SHELF.read, SHELF.versions, SHELF.write
