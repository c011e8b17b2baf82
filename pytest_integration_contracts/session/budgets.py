"""Over a whole live run: upstreams that take longer to answer than the manifest allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from pytest_integration_contracts.drift.budgets import latency_change
from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.model import Finding, Operation
from pytest_integration_contracts.session.payload import Told
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Settings
from pytest_integration_contracts.session.standing import told_by, under_acceptances


def slow(told: Iterable[Told], project_of: Callable[[str], Project], settings: Settings) -> list[Finding]:
    """Operations whose answers, of all tests together, took too long.

    Args:
        told: What tests told.
        project_of: The project of a manifest's directory, as tests tell it.
        settings: The run's settings.
    """
    times: dict[tuple[str, Operation], list[float]] = defaultdict(list)
    for each in told:
        for operation, elapsed in each.elapsed.items():
            times[each.project, operation] += elapsed
    findings = []
    for root, operation in sorted(times):
        project = project_of(root)
        integration = project.integration(operation.integration)
        if (at := integration.at(operation.name)).enforce == "off":
            continue
        change = latency_change(times[root, operation], at.latency)
        for held in project.policy.for_operation(operation).hold([change] if change else []):
            where, version = _snapshot(project, operation, settings)
            finding = told_by(integration, Finding(operation, "", where, version, (held,)))
            findings.append(under_acceptances(finding, project, settings))
    return findings


def _snapshot(project: Project, operation: Operation, settings: Settings) -> tuple[str, str]:
    """Path and version of an operation's snapshot; nothing where it cannot be read, which is told elsewhere."""
    try:
        snapshot = project.store.get(operation)
        return settings.shown(project.store.path(operation)), snapshot.version if snapshot else ""
    except SnapshotError:
        return "", ""
