"""The URLs of integrations whose manifest names none: those of the servers in their OpenAPI documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_integration_contracts.errors import ManifestError, SpecError
from pytest_integration_contracts.manifest.file import with_urls
from pytest_integration_contracts.manifest.manifest import Integration
from pytest_integration_contracts.session.documents import KEEPS, begun, may_fetch
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Settings
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.fetch import is_url, shown_url


def with_servers(project: Project, path: Path, settings: Settings) -> Project:
    """The project, with the URLs that its documents name where the manifest names none.

    Args:
        project: What the manifest says.
        path: The manifest.
        settings: The run's settings: they say whether what is not kept yet may be fetched.

    Raises:
        ManifestError: There is no document, or its servers cannot be an integration's URLs.
    """
    lacking = [each for each in project.manifest.integrations.values() if each.lacks_urls]
    specs = {each.name: _spec(project, each, path, settings) for each in lacking}
    urls = {each.name: [*_urls(each, specs[each.name], path)] for each in lacking}
    served = Project(with_urls(project.manifest, path, urls))
    served.current |= {name: spec for name, spec in specs.items() if project.published(name) is None}
    return served


def _spec(project: Project, integration: Integration, path: Path, settings: Settings) -> Spec:
    place = f"{path}: integrations.{integration.name}.openapi"
    try:
        kept = project.published(integration.name)
        if kept is not None:
            return kept.spec
        if is_url(integration.openapi) and not may_fetch(settings, is_kept=False):
            raise ManifestError(
                f"{path}: integrations.{integration.name}: `urls` is missing, and nothing is kept of"
                f" {shown_url(integration.openapi)} yet; name `urls`, or run `{KEEPS}`"
            )
        return begun(project, integration)()
    except SpecError as error:
        raise ManifestError(f"{place}: `urls` is missing, and {error}; name `urls`, or correct it") from error


def _urls(integration: Integration, spec: Spec, path: Path) -> Iterator[tuple[str, str]]:
    """The servers: those beside the document are where it is today, and are kept as where it is by default."""
    canonical = Spec(spec.document, shown_url(integration.openapi_source) if is_url(integration.openapi) else "")
    actual = Spec(spec.document, integration.openapi if is_url(integration.openapi) else "")
    if not canonical.servers:
        raise ManifestError(
            f"{path}: integrations.{integration.name}: `urls` is missing, and the OpenAPI document names no server with"
            " an http or https URL; name `urls`"
        )
    yield from zip(actual.servers, canonical.servers, strict=len(actual.servers) == len(canonical.servers))
