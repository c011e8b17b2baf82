"""The manifest and the snapshots that commands are about, from the directory a command is run in."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.manifest.file import PUBLISHED, SCHEMA, find, load, without_file
from pytest_integration_contracts.model import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_integration_contracts.manifest.manifest import Manifest
    from pytest_integration_contracts.model import Change
    from pytest_integration_contracts.snapshots.snapshot import Snapshot
    from pytest_integration_contracts.snapshots.store import SnapshotStore


def nearest_manifest() -> Manifest:
    """The nearest one at or above the directory; the defaults where there is none."""
    here = Path.cwd()
    path = find(here, stop=Path(here.anchor))
    return load(path, os.environ) if path else without_file(here)


def store_of(manifest: Manifest) -> SnapshotStore:
    """Its snapshots."""
    from pytest_integration_contracts.snapshots.store import SnapshotStore

    return SnapshotStore(manifest.directory)


def chosen(store: SnapshotStore, integration: str | None, operation: str | None) -> list[Snapshot]:
    """The current snapshots that a person means: of all integrations, of one, or of one operation of it.

    An operation may also be asked for by what is, or was, a path of it: `GET /customers/42`.

    Raises:
        UsageError: There are none of these.
    """
    snapshots = store.all()
    if integration is None:
        return snapshots
    mine = [snapshot for snapshot in snapshots if snapshot.operation.integration == integration]
    if not mine:
        known = sorted({snapshot.operation.integration for snapshot in snapshots})
        raise UsageError(
            f"no snapshots of `{integration}` in {store.directory}; there are: {', '.join(known) or 'none'}"
        )
    if operation is None:
        return mine
    wanted = _known(store, Operation(integration, operation))
    found = [snapshot for snapshot in mine if snapshot.operation == wanted]
    if not found:
        names = [snapshot.operation.name for snapshot in mine]
        close = difflib.get_close_matches(operation, names, n=1)
        hint = f' (did you mean "{close[0]}"?)' if close else ""
        told = ", ".join(f'"{name}"' for name in names)
        raise UsageError(f'`{integration}` has no operation "{operation}"{hint}; it has: {told}')
    return found


def _known(store: SnapshotStore, asked: Operation) -> Operation:
    from pytest_integration_contracts.session.names import Names

    return asked if store.has(asked) else Names(store).known(asked)


def version(store: SnapshotStore, current: Snapshot, wanted: str) -> Snapshot:
    """One version of an operation.

    Raises:
        UsageError: There is no such version.
    """
    versions = {snapshot.version: snapshot for snapshot in store.versions(current.operation)}
    if wanted not in versions:
        raise UsageError(f"{current.operation} has no version {wanted}; it has: {', '.join(versions)}")
    return versions[wanted]


DocumentStep = tuple[str, str, str, "tuple[Change, ...]"]
"""A version of a document: its number, since when, why, and what it changed of what is used."""


def document_steps(manifest: Manifest, integrations: Iterable[str]) -> Iterator[tuple[Operation, list[DocumentStep]]]:
    """The versions of documents and schemas that are kept, the oldest first; nothing is loaded where there are none.

    Raises:
        SpecError: One cannot be used.
    """
    store = store_of(manifest)
    for name in sorted(integrations):
        if (store.folder(name) / PUBLISHED).is_file():
            from pytest_integration_contracts.session.documents import history
            from pytest_integration_contracts.session.project import Project

            told = history(Project(manifest), name)
            yield Operation(name, PUBLISHED), [(each.version, each.since, each.reason, made) for each, made in told]
        if (store.folder(name) / SCHEMA).is_file():
            from pytest_integration_contracts.session.graphql_schemas import schema_history
            from pytest_integration_contracts.session.project import Project

            steps = schema_history(Project(manifest), name)
            yield Operation(name, SCHEMA), [(each.version, each.since, each.reason, made) for each, made in steps]
