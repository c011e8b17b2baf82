"""Acceptances that nothing needs any more: what they accept has been learned, or does not occur any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_integration_contracts.drift.acceptances import is_about, takes
from pytest_integration_contracts.manifest.acceptances import Acceptance
from pytest_integration_contracts.manifest.file import FILE_NAME
from pytest_integration_contracts.model import Finding, Learned
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Settings


def learned_by_now(project: Project, learned: Learned, settings: Settings) -> Iterator[str]:
    """Acceptances of changes that are part of the contract from now on."""
    for place, acceptance in _acceptances(project, learned.operation.integration):
        if any(takes(acceptance, change, learned.operation) for change in learned.changes):
            yield _told(project, place, acceptance, settings, "what it accepts has been learned")


def not_met(project: Project, findings: Iterable[Finding], settings: Settings) -> Iterator[str]:
    """Acceptances that took none of the changes that the real upstreams show, though all that is known was asked.

    Args:
        project: The manifest that has them.
        findings: Everything that a whole live run found in it. Recordings would not do: they may be older than the
            change.
        settings: The run's settings.
    """
    found = list(findings)
    for name in sorted(project.manifest.integrations):
        mine = [finding for finding in found if finding.operation.integration == name]
        for place, acceptance in _acceptances(project, name):
            about = [finding for finding in mine if is_about(acceptance, finding.operation)]
            compared = [finding for finding in about if finding.is_judged and finding.operation.name]
            taken = any(takes(acceptance, change, finding.operation) for finding in about for change in finding.changes)
            if compared and not taken and not any(finding.problem for finding in about):
                yield _told(project, place, acceptance, settings, "the upstream does not show it any more")


def _acceptances(project: Project, integration: str) -> Iterator[tuple[str, Acceptance]]:
    for number, acceptance in enumerate(project.integration(integration).acceptances):
        yield f"integrations.{integration}.accept[{number}]", acceptance


def _told(project: Project, place: str, acceptance: Acceptance, settings: Settings, why: str) -> str:
    manifest = settings.shown(project.manifest.root / FILE_NAME)
    return f"{manifest}: {place}: {acceptance}: {why}; take the acceptance out"
