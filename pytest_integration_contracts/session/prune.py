"""What no test of a whole run asks for any more: found first, all of it, and only then removed."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from pytest_integration_contracts.errors import CassetteError, SnapshotError, UsageError
from pytest_integration_contracts.manifest.file import PUBLISHED, RESERVED_NAMES
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.snapshots.snapshot import Snapshot, read_snapshot
from pytest_integration_contracts.snapshots.store import HISTORY
from pytest_integration_contracts.traffic.cassettes import read_cassette


@dataclass(frozen=True, slots=True)
class Asked:
    """What the tests of a run asked for, of one project.

    Attributes:
        project: The project.
        operations: The operations, by the names that they have now.
        cassettes: The cassettes that tests and fixtures have, whether they are there or not.
    """

    project: Project
    operations: AbstractSet[Operation]
    cassettes: AbstractSet[Path]


def orphans(asked: Sequence[Asked], collected: AbstractSet[Path]) -> list[Path]:
    """The snapshots, with their history, and the cassettes of ours that no test asked for, in the order of removal.

    A snapshot comes after its history: whoever is killed in between leaves one that is found again.

    Args:
        asked: What was asked, of all projects of the run.
        collected: The modules that were collected.

    Raises:
        UsageError: What is not asked for cannot be told from what was left out.
    """
    kept = {each.project.store.path(operation) for each in asked for operation in each.operations}
    kept |= {path for each in asked for path in each.cassettes}
    return [path for each in asked for path in _orphans(each.project, {*map(Path.resolve, kept)}, collected)]


def _orphans(project: Project, kept: AbstractSet[Path], collected: AbstractSet[Path]) -> Iterator[Path]:
    directory, root = project.manifest.directory, project.manifest.root
    if not directory.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{directory} is a link that leads outside {root}, where others may use what is in it")
    for path, snapshot in _snapshots(project):
        if path.resolve() not in kept:
            yield from _versions(path, snapshot.operation, directory)
            yield path
    tapes = directory / "cassettes"
    for path in sorted(tapes.rglob("*.yaml")):
        if path.resolve() in kept or not _is_in(path, directory) or not _is_ours(path):
            continue
        module = root / path.parent.relative_to(tapes).with_suffix(".py") if path.parent != tapes else root
        if module.is_file() and module not in collected:
            raise UsageError(f"{module.relative_to(root).as_posix()} has cassettes and was not collected")
        yield path


def _snapshots(project: Project) -> Iterator[tuple[Path, Snapshot]]:
    """The current snapshots, each where the store keeps it; whatever else lies there is nobody's to remove."""
    directory = project.manifest.directory
    for path in sorted(directory.glob("*/*.json")):
        if path.parent.name.lower() in RESERVED_NAMES or path.name == PUBLISHED or not _is_in(path, directory):
            continue
        with contextlib.suppress(SnapshotError):
            snapshot = read_snapshot(path)
            if snapshot and project.store.path(snapshot.operation) == path:
                yield path, snapshot


def _versions(path: Path, operation: Operation, directory: Path) -> Iterator[Path]:
    """The versions that a snapshot replaced."""
    for each in sorted((path.parent / HISTORY / path.stem).glob("*.json")):
        with contextlib.suppress(SnapshotError):
            version = read_snapshot(each) if _is_in(each, directory) else None
            if version is not None and version.operation == operation:
                yield each


def _is_in(path: Path, directory: Path) -> bool:
    """Whether a path is a plain file in a directory, and no link on the way leads there."""
    return path.is_file() and path.resolve() == directory.resolve() / path.relative_to(directory)


def _is_ours(path: Path) -> bool:
    """Whether this plugin recorded a cassette: others do not say when they did."""
    try:
        return any(each.recorded_at is not None for each in read_cassette(path) or ())
    except CassetteError:
        return False


def remove(paths: Iterable[Path], directories: Collection[Path]) -> tuple[list[Path], list[str]]:
    """Remove files, and the folders that are empty then.

    Args:
        paths: The files, in the order in which they are removed.
        directories: The manifests' directories, which stay.

    Returns:
        What was removed, and what kept files from being removed, one line each.
    """
    removed: list[Path] = []
    for path in paths:
        try:
            path.unlink()
        except OSError as error:
            return removed, [f"{path}: cannot be removed: {error.strerror or error}"]
        removed.append(path)
        _remove_empty(path.parent, directories)
    return removed, []


def _remove_empty(folder: Path, directories: Collection[Path]) -> None:
    with contextlib.suppress(OSError):  # it is not empty, or somebody else was faster
        while folder not in directories and folder.name != "cassettes":
            folder.rmdir()
            folder = folder.parent
