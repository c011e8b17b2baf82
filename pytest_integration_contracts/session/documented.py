"""What a run says of the documents that its upstreams publish."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from typing import Final

from pytest_integration_contracts.drift.responses import media_of, status_of
from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.model import Documented
from pytest_integration_contracts.session.documented_names import declared_as
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Settings
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec
from pytest_integration_contracts.specs.kept import Kept, path_in
from pytest_integration_contracts.specs.schemas import declared_body
from pytest_integration_contracts.specs.sight import Sight, sight
from pytest_integration_contracts.traffic.operations import Name

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


def documented(asked: Iterable[tuple[Project, str]], settings: Settings) -> list[Documented]:
    """How much the documents of integrations can see of their snapshots.

    Args:
        asked: As in `unheld`.
        settings: The run's settings.
    """
    kept = ((project, name, found.spec) for project, name in asked if (found := _kept(project, name)))
    return [_documented(project, name, spec, settings) for project, name, spec in kept]


def _documented(project: Project, name: str, spec: Spec, settings: Settings) -> Documented:
    integration = project.integration(name)
    snapshots = project.store.of_integration(name)
    found, seen = 0, Sight()
    for snapshot in snapshots:
        operation = declared_as(spec, Name.of(snapshot.operation.name), integration)
        found += operation is not None
        for key, response in snapshot.responses.items():
            if response.body is not None:
                declared = _declared(spec, operation, key) if operation else UNKNOWN
                seen = seen.plus(sight(response.body, declared))
    path = settings.shown(path_in(project.store.folder(name)))
    return Documented(name, path, len(snapshots), found, *seen)


def _declared(spec: Spec, operation: DeclaredOperation, key: str) -> Shape:
    status = status_of(key)
    return declared_body(spec, operation, int(status), media_of(key)) if status.isdigit() else UNKNOWN


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
