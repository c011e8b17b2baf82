"""Who learned which version of a snapshot: whoever committed it first. A file itself names nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from pytest_integration_contracts.manifest.manifest import Manifest
from pytest_integration_contracts.session.git import Git
from pytest_integration_contracts.snapshots.store import HISTORY

_HEAD: Final = 8192
_VERSION: Final = re.compile(rb'"version": "([0-9.]{1,30})"')

Authors = Mapping[tuple[str, str], str]
"""By the path of an operation's snapshot, from the manifest's folder with forward slashes, and the version."""


def authors(manifest: Manifest) -> Authors:
    """Who committed each version first; empty where there is no git, and where older commits are not there."""
    folder = _below(manifest)
    found: dict[tuple[str, str], str] = {}
    if folder is None:
        return found
    git = Git(manifest.root)
    files = [
        (path, number, commit.author)
        for commit in git.commits(folder)
        for path, number in commit.files.items()
        if path.endswith(".json") and number.strip("0")
    ]
    for (path, _, author), content in zip(files, git.contents(number for _, number, _ in files), strict=True):
        version = _VERSION.search(content[:_HEAD])
        if version:
            found.setdefault((_snapshot(path), version[1].decode("ascii")), author)
    return found


def key_of(path: Path, manifest: Manifest) -> str:
    """What a snapshot's path is called in `Authors`."""
    return path.relative_to(manifest.root).as_posix() if path.is_relative_to(manifest.root) else path.as_posix()


def _below(manifest: Manifest) -> str | None:
    inside = manifest.directory.is_relative_to(manifest.root)
    return manifest.directory.relative_to(manifest.root).as_posix() if inside else None


def _snapshot(path: str) -> str:
    """The snapshot whose version a file is, or was."""
    place = PurePosixPath(path)
    if place.parent.parent.name != HISTORY:
        return path
    return (place.parents[2] / f"{place.parent.name}.json").as_posix()
