"""What a run says of the documents that its upstreams publish."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from typing import Final

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.specs.kept import Kept

_NOT_INSTALLED: Final = (
    "the document of {} is not held against responses: schemathesis is not installed"
    " (pip install 'pytest-integration-contracts[openapi]')"
)


def unheld(asked: Iterable[tuple[Project, str]]) -> list[str]:
    """That documents are not held against responses, where what does that is not installed; one line each.

    Args:
        asked: Integrations of projects that were asked something.
    """
    names = sorted({integration for project, integration in asked if _kept(project, integration)})
    return [] if not names or _is_installed() else [_NOT_INSTALLED.format(name) for name in names]


def _kept(project: Project, integration: str) -> Kept | None:
    try:
        return project.published(integration)
    except SpecError:  # told with each of its responses
        return None


def _is_installed() -> bool:
    try:
        return importlib.util.find_spec("schemathesis") is not None
    except ModuleNotFoundError:
        return False
