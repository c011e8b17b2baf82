"""Where a finding stands with the manifest: who answers for it, what it may do, what of it somebody has accepted."""

from __future__ import annotations

from dataclasses import replace

from pytest_integration_contracts.drift.acceptances import marked
from pytest_integration_contracts.manifest.manifest import Integration
from pytest_integration_contracts.model import Finding
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Settings


def told_by(integration: Integration, finding: Finding) -> Finding:
    """A finding with whom to call about it, and what the manifest lets it do."""
    return replace(
        finding,
        owner=integration.owner,
        runbook=integration.runbook,
        contact=integration.contact,
        credentials=integration.credentials,
        enforce=integration.at(finding.operation.name).enforce,
    )


def under_acceptances(finding: Finding, project: Project, settings: Settings) -> Finding:
    """A finding whose changes say who has accepted them."""
    acceptances = project.integration(finding.operation.integration).acceptances
    if not acceptances or not finding.changes:
        return finding
    return replace(finding, changes=marked(finding.changes, finding.operation, acceptances, settings.today))
