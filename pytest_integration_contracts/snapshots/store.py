"""Where snapshots are kept: `<directory>/<integration>/<operation>.json`, and the versions they replaced."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Final

from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.files import digest, leads_outside, safe_name, write_atomically
from pytest_integration_contracts.manifest.file import PUBLISHED, RESERVED_NAMES
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.snapshots.listing import Listing
from pytest_integration_contracts.snapshots.snapshot import Snapshot, read_snapshot

HISTORY: Final = "history"

MOST_KEPT: Final = 256
"""So many files are held in memory, with their compiled matchers: tests of one operation tend to follow each other."""


class SnapshotStore:
    """The snapshots of one manifest. A file is read once, and again where it was not asked for in a long time."""

    def __init__(self, directory: Path) -> None:
        """Prepare; nothing is read.

        Args:
            directory: The manifest's `contracts/`.
        """
        self.directory = directory
        self._paths: dict[Operation, Path] = {}
        self._taken: dict[Path, set[str]] = {}
        self._read: dict[Path, Snapshot | SnapshotError | None] = {}
        self._listings: dict[str, Listing] = {}

    def get(self, operation: Operation) -> Snapshot | None:
        """The current snapshot, or None.

        Raises:
            SnapshotError: There is a file, and it cannot be used.
        """
        return self._located(operation)[1]

    def has(self, operation: Operation) -> bool:
        """Whether there is a snapshot, one that cannot be used included. Cheap where there is none."""
        if operation not in self._paths and not any(path.is_file() for path in self._places(operation)):
            return False
        try:
            return self.get(operation) is not None
        except SnapshotError:
            return True

    def beginning(self, integration: str, name: str) -> list[str]:
        """The names of the operations that have snapshots and whose names begin so; no snapshot is read for it."""
        return [each for each in self._listing(integration).beginning(readable(name)) if each.startswith(name)]

    def templates(self, operation: Operation) -> list[str]:
        """The names of operations with snapshots that may be templates of one; no snapshot is read for it."""
        return list(self._listing(operation.integration).templates(readable(operation.name)))

    def path(self, operation: Operation) -> Path:
        """Where the snapshot is, or would be written."""
        return self._located(operation)[0]

    def folder(self, integration: str) -> Path:
        """Where the snapshots of an integration are."""
        return self.directory / _folder(integration)

    def all(self) -> list[Snapshot]:
        """Every current snapshot, by integration and operation.

        Raises:
            SnapshotError: A file cannot be used.
        """
        found = (self._snapshot(path) for path in sorted(self.directory.glob("*/*.json")) if path.name != PUBLISHED)
        return sorted((each for each in found if each), key=lambda snapshot: snapshot.operation)

    def of_integration(self, integration: str) -> list[Snapshot]:
        """Every current snapshot of one integration that can be read."""
        found = []
        for path in sorted((self.directory / _folder(integration)).glob("*.json")):
            if path.name == PUBLISHED:
                continue
            with contextlib.suppress(SnapshotError):
                snapshot = self._snapshot(path)
                found += [snapshot] if snapshot else []
        return found

    def versions(self, operation: Operation) -> list[Snapshot]:
        """All versions of an operation, the oldest first, the current one last.

        Raises:
            SnapshotError: A file cannot be used.
        """
        path, current = self._located(operation)
        replaced = (read_snapshot(each) for each in self._history(path).glob("*.json"))
        versions = [each for each in (*replaced, current) if each is not None]
        return sorted(versions, key=lambda each: [int(number) for number in each.version.split(".")])

    def write(self, snapshot: Snapshot) -> Path:
        """Write a snapshot; where it has a new version, the one it replaces goes to history first.

        Raises:
            SnapshotError: It cannot be written.
        """
        path, current = self._located(snapshot.operation)
        if leads_outside(path, self.directory):
            raise SnapshotError(f"{path}: leads outside {self.directory} by a link; nothing is written there")
        try:
            if current is not None and current.version != snapshot.version:
                replaced = self._history(path) / _replaced_name(current.version, snapshot.version)
                write_atomically(replaced, path.read_bytes())
            write_atomically(path, snapshot.to_text().encode("utf-8"))
        except OSError as error:
            raise SnapshotError(f"{path}: cannot be written: {error.strerror or error}") from error
        self._keep(path, snapshot)
        self._listings.pop(snapshot.operation.integration, None)
        return path

    def retire(self, operation: Operation) -> Path:
        """Put the current version of an operation into its history, since another operation has taken its place.

        Returns:
            Where it is now.

        Raises:
            SnapshotError: It cannot be moved.
        """
        path, current = self._located(operation)
        version = current.version if current else ""
        kept = self._history(path) / f"{version}.json"
        try:
            write_atomically(kept, path.read_bytes())
            path.unlink()
        except OSError as error:
            raise SnapshotError(f"{path}: cannot be moved to {kept}: {error.strerror or error}") from error
        self._keep(path, None)
        self._listings.pop(operation.integration, None)
        return kept

    def _listing(self, integration: str) -> Listing:
        if integration not in self._listings:
            self._listings[integration] = Listing(self.directory / _folder(integration))
        return self._listings[integration]

    @staticmethod
    def _history(path: Path) -> Path:
        return path.parent / HISTORY / path.stem

    def _snapshot(self, path: Path) -> Snapshot | None:
        """What a file holds, read once: also that there is none, or that it cannot be used."""
        if path in self._read:
            known = self._read.pop(path)
        else:
            try:
                known = read_snapshot(path)
            except SnapshotError as error:
                known = error
        self._keep(path, known)
        if isinstance(known, SnapshotError):
            raise SnapshotError(str(known))
        return known

    def _keep(self, path: Path, known: Snapshot | SnapshotError | None) -> None:
        """Hold what a file holds as what was asked for last, and let go of what was not asked for longest."""
        self._read.pop(path, None)
        self._read[path] = known
        if len(self._read) > MOST_KEPT:
            del self._read[next(iter(self._read))]

    def _located(self, operation: Operation) -> tuple[Path, Snapshot | None]:
        if operation in self._paths:
            path = self._paths[operation]
            return path, self._snapshot(path)
        path, snapshot = self._locate(operation)
        self._paths[operation] = path
        self._names_in(path.parent).add(path.name.lower())
        return path, snapshot

    def _locate(self, operation: Operation) -> tuple[Path, Snapshot | None]:
        plain, told_apart = self._places(operation)
        for path in (plain, told_apart):
            if path.name.lower() == PUBLISHED:
                continue
            snapshot = self._snapshot(path)
            if snapshot is not None and snapshot.operation.name == operation.name:
                return path, snapshot
        taken = plain.name.lower() in self._names_in(plain.parent)
        return (told_apart if taken else plain), None

    def _places(self, operation: Operation) -> tuple[Path, Path]:
        """Where its snapshot may be: under its readable name, and where another one has that."""
        folder = self.directory / _folder(operation.integration)
        name = safe_name(readable(operation.name))
        return folder / f"{name}.json", folder / f"{name}-{digest(operation.name)}.json"

    def _names_in(self, folder: Path) -> set[str]:
        """The names of files that are there or about to be, in lower case: some systems ignore it."""
        if folder not in self._taken:
            self._taken[folder] = {PUBLISHED, *(each.name.lower() for each in folder.glob("*.json"))}
        return self._taken[folder]


def _folder(integration: str) -> str:
    name = safe_name(integration)
    return f"{name}-{digest(integration)}" if name.lower() in RESERVED_NAMES else name


def _replaced_name(old: str, new: str) -> str:
    """The name of a replaced version's file: in the list of files that a commit touches, a break must catch the eye."""
    breaks = old.partition(".")[0] != new.partition(".")[0]
    return f"{old}-broken-by-{new}.json" if breaks else f"{old}.json"


_BORDERS = re.compile(r"[/#?&]+")


def readable(operation_name: str) -> str:
    """An operation's name as a file's: `GET-customers-{id}` for `GET /customers/{id}`."""
    method, _, rest = operation_name.partition(" ")
    parts = _BORDERS.split(rest) if rest.startswith("/") else rest.strip("/").split("/")
    return "-".join(part for part in (method, *parts) if part)
