"""`integration-contracts changelog`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_integration_contracts.commands.stored import chosen, document_steps, nearest_manifest, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_integration_contracts.manifest.manifest import Manifest
    from pytest_integration_contracts.model import Operation
    from pytest_integration_contracts.reports.changelog import Step
    from pytest_integration_contracts.session.authors import Authors
    from pytest_integration_contracts.snapshots.store import SnapshotStore


@click.command()
@click.argument("integration", required=False)
def changelog(integration: str | None) -> None:
    """Print what changed in the snapshots of an INTEGRATION, or of all, as Markdown: by day, the newest first.

    Names who committed a version first, where git knows.
    """
    from pytest_integration_contracts.reports.changelog import as_markdown
    from pytest_integration_contracts.session.authors import authors

    manifest = nearest_manifest()
    store, known = store_of(manifest), authors(manifest)
    operations: dict[str, list[Operation]] = {}
    for snapshot in chosen(store, integration, None):
        operations.setdefault(snapshot.operation.integration, []).append(snapshot.operation)
    logs = [
        as_markdown(
            name,
            [
                *(step for each in mine for step in _steps(manifest, store, each, known)),
                *_document_steps(manifest, store, name, known),
            ],
        )
        for name, mine in operations.items()
    ]
    click.echo("\n\n".join(logs) if logs else f"nothing is learned in {store.directory} yet")


def _steps(manifest: Manifest, store: SnapshotStore, operation: Operation, known: Authors) -> Iterator[Step]:
    from pytest_integration_contracts.drift.policy import policy_of
    from pytest_integration_contracts.reports.changelog import Step
    from pytest_integration_contracts.session.authors import key_of
    from pytest_integration_contracts.snapshots.versions import compare_versions

    place, policy = key_of(store.path(operation), manifest), policy_of(manifest).for_operation(operation)
    versions = store.versions(operation)
    for before, each in zip([None, *versions], versions, strict=False):
        yield Step(
            operation,
            each.version,
            each.since,
            each.reason,
            known.get((place, each.version), ""),
            compare_versions(before, each, policy) if before else (),
            before.version if before else "",
        )


def _document_steps(manifest: Manifest, store: SnapshotStore, integration: str, known: Authors) -> Iterator[Step]:
    """The versions of the document and the schema that are kept of an integration."""
    from pytest_integration_contracts.reports.changelog import Step
    from pytest_integration_contracts.session.authors import key_of

    for document, steps in document_steps(manifest, [integration]):
        place = key_of(store.folder(integration) / document.name, manifest)
        before = ""
        for version, since, reason, changes in steps:
            yield Step(document, version, since, reason, known.get((place, version), ""), changes, before)
            before = version
