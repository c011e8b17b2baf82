"""What the snapshots of an integration know, as an OpenAPI document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_integration_contracts.drift.selection import SELECTED
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.shapes.kinds import Kind, Texts
from pytest_integration_contracts.shapes.shape import Field, Shape
from pytest_integration_contracts.snapshots.snapshot import Snapshot
from pytest_integration_contracts.specs.export import ObservedOperation, ObservedResponse, openapi_of


def exported(project: Project, name: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of an integration.

    Raises:
        SnapshotError: A snapshot cannot be used.
        UsageError: There are no snapshots of it.
    """
    operations = observed(project, name)
    if not operations:
        known = sorted({each.operation.integration for each in project.store.all()})
        raise UsageError(
            f"no snapshots of `{name}` in {project.store.directory}; there are: {', '.join(known) or 'none'}"
        )
    return openapi_of(project.integration(name), operations)


def observed(project: Project, name: str) -> list[ObservedOperation]:
    """What the current snapshots of an integration know.

    Raises:
        SnapshotError: A snapshot cannot be used.
    """
    return [_operation(each) for each in project.store.all() if each.operation.integration == name]


def _operation(snapshot: Snapshot) -> ObservedOperation:
    return ObservedOperation(
        snapshot.operation.name,
        snapshot.version,
        snapshot.since,
        snapshot.auth,
        snapshot.queries,
        tuple(
            ObservedResponse(key, each.seen, each.headers, each.body, _as_sent(each.requests))
            for key, each in snapshot.responses.items()
        ),
    )


def _as_sent(requests: Shape) -> Shape:
    """The bodies of requests as they are sent: a snapshot has what a GraphQL query selects in the place of its text."""
    if SELECTED not in requests.fields:
        return requests
    records = {}
    for tag, record in requests.records.items():
        fields = {name: field for name, field in record.fields.items() if name != SELECTED}
        asked = record.fields.get(SELECTED)
        if asked is not None:
            seen = asked.shape.seen
            fields["query"] = Field(Shape(seen, {Kind.STRING: seen}, texts=Texts()), asked.absent)
        records[tag] = replace(record, fields=fields)
    return replace(requests, records=records)
