"""Which operations a folder has snapshots of, by the names of its files and their first lines: nothing else is read."""

from __future__ import annotations

import json
import os
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pytest_integration_contracts.files import safe_beginning
from pytest_integration_contracts.manifest.file import PUBLISHED

_SUFFIX: Final = ".json"
_HEAD: Final = 4096
_OPERATION = re.compile(r'"operation": ("(?:[^"\\]|\\.)*+")')


class Listing:
    """The snapshots of one integration, as they were when it was made."""

    def __init__(self, folder: Path) -> None:
        """List a folder; there may be none."""
        self._folder = folder
        try:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in entries]
        except OSError:
            names = []
        self._stems = sorted(
            name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX) and name != PUBLISHED
        )
        self._names: dict[str, str] = {}
        self._templates: dict[str, list[str]] = defaultdict(list)
        for stem in self._stems:
            head, brace, _ = stem.partition("{")
            if brace:
                self._templates[head].append(stem)

    def beginning(self, text: str) -> Iterator[str]:
        """The names of the operations whose readable names begin so."""
        wanted = safe_beginning(text)
        first = bisect_left(self._stems, wanted)
        for position in range(first, len(self._stems)):
            if not self._stems[position].startswith(wanted):
                return
            yield from self._named([self._stems[position]])

    def templates(self, text: str) -> Iterator[str]:
        """The names of the operations that may be templates of the one with this readable name."""
        asked = safe_beginning(text)
        for length in range(len(asked) + 1):
            yield from self._named(self._templates.get(asked[:length], ()))

    def _named(self, stems: Iterable[str]) -> Iterator[str]:
        for stem in stems:
            if stem not in self._names:
                self._names[stem] = _operation_in(self._folder / f"{stem}{_SUFFIX}")
            if self._names[stem]:
                yield self._names[stem]


def _operation_in(path: Path) -> str:
    """The operation that a file's first lines name; "" where they do not, and reading all of it will say why."""
    try:
        with path.open("rb") as stream:
            found = _OPERATION.search(stream.read(_HEAD).decode("utf-8", "replace"))
        return str(json.loads(found[1])) if found else ""
    except (OSError, ValueError):
        return ""
