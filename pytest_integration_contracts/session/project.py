"""One manifest and everything that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_integration_contracts.drift.policy import policy_of
from pytest_integration_contracts.drift.responses import is_error
from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.files import digest, safe_name
from pytest_integration_contracts.manifest.manifest import Integration, Limits, Manifest
from pytest_integration_contracts.model import Exchange, Operation
from pytest_integration_contracts.session.kept_schemas import KeptSchemas, endpoint
from pytest_integration_contracts.session.names import Names
from pytest_integration_contracts.shapes.shape import Shape
from pytest_integration_contracts.snapshots.snapshot import Snapshot
from pytest_integration_contracts.snapshots.store import SnapshotStore
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.kept import Kept, read_kept, write_kept
from pytest_integration_contracts.traffic.cassettes import read_cassette
from pytest_integration_contracts.traffic.operations import asked_of
from pytest_integration_contracts.traffic.sent import request_of

if TYPE_CHECKING:
    from pytest_integration_contracts.session.conforming import Conforming

_MOST_KEPT: Final = 8
"""Of so many integrations the bodies of all operations are held in memory."""


class Project:
    """A manifest, its snapshots and its cassettes.

    Attributes:
        current: By integration, the OpenAPI documents as this run has found them.
        endpoints: The URLs, without a query, whose servers may be asked for their GraphQL schemas.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.current: dict[str, Spec] = {}
        self.store = SnapshotStore(manifest.directory)
        self.policy = policy_of(manifest)
        self.names = Names(self.store)
        self.schemas = KeptSchemas(self.store.folder)
        self.endpoints = frozenset(
            url.partition("?")[0] for each in manifest.integrations.values() if (url := endpoint(each))
        )
        self._bodies: dict[str, dict[str, Shape]] = {}
        self._conforming: Conforming | None = None
        self._published: dict[str, Kept | None] = {}
        self._prefixes = {
            prefix.actual: prefix.canonical
            for integration in manifest.integrations.values()
            for prefix in integration.prefixes
            if prefix.actual != prefix.canonical
        }

    def canonical(self, url: str) -> str | None:
        """The URL with its integration's canonical prefix, or None where no integration claims it."""
        claimed = self.manifest.claim(url)
        return claimed[1] if claimed else None

    def prefixes(self) -> Mapping[str, str]:
        """Actual prefixes to canonical ones, where they differ."""
        return self._prefixes

    @property
    def limits(self) -> Limits:
        """How large bodies may be."""
        return self.manifest.limits

    def asked(self, exchange: Exchange) -> tuple[Integration, Operation]:
        """Whose an exchange is, and what it asked, by the name that its request alone gives it."""
        integration, prefix, path = self.manifest.below(exchange.url)
        name = asked_of(exchange, path, integration.templates).below(prefix.label)
        return integration, Operation(integration.name, str(name))

    def operation(self, exchange: Exchange) -> tuple[Integration, Operation]:
        """Whose an exchange is, and what it asked, by the name that a snapshot has given it."""
        integration, asked = self.asked(exchange)
        return integration, self.names.known(asked)

    def readable_snapshot(self, operation: Operation) -> Snapshot | None:
        """The snapshot of an operation; None where there is none, or it cannot be used."""
        try:
            return self.store.get(operation)
        except SnapshotError:
            return None

    def integration(self, name: str) -> Integration:
        """The integration of a name; an undeclared one where no manifest names it."""
        return self.manifest.integrations.get(name) or self.manifest.undeclared(name)

    def published(self, integration: str) -> Kept | None:
        """The OpenAPI document that is kept of an integration; None where the manifest names none, or none is kept yet.

        Raises:
            SpecError: There is one, and it cannot be used.
        """
        if integration not in self._published:
            named = bool(self.integration(integration).openapi)
            self._published[integration] = read_kept(self.store.folder(integration)) if named else None
        return self._published[integration]

    def conforming(self, integration: str) -> Conforming | None:
        """What holds responses of an integration against its OpenAPI document; None where the manifest names none."""
        if not self.integration(integration).openapi:
            return None
        if self._conforming is None:
            from pytest_integration_contracts.session.conforming import Conforming

            self._conforming = Conforming(self.published)
        return self._conforming

    def document(self, integration: str) -> Spec | None:
        """What the upstream publishes, by the latest that this run knows; None where nothing is known.

        Raises:
            SpecError: What is kept cannot be used.
        """
        if integration in self.current:
            return self.current[integration]
        kept = self.published(integration)
        return kept.spec if kept else None

    def keep(self, integration: str, kept: Kept) -> Path:
        """Keep a version of an integration's OpenAPI document.

        Raises:
            SpecError: It cannot be written.
        """
        path = write_kept(self.store.folder(integration), kept, self.manifest.directory)
        self._published[integration] = kept
        return path

    def elsewhere(self, operation: Operation) -> dict[str, Shape]:
        """The bodies that other operations of the same integration are known to have, by their names."""
        name = operation.integration
        if name not in self._bodies:
            if len(self._bodies) >= _MOST_KEPT:
                del self._bodies[next(iter(self._bodies))]
            self._bodies[name] = {
                snapshot.operation.name: response.body
                for snapshot in self.store.of_integration(name)
                for key, response in snapshot.responses.items()
                if response.body is not None and not is_error(key)
            }
        return {other: shape for other, shape in self._bodies[name].items() if other != operation.name}

    def recorded(self, cassette: Path) -> set[Operation]:
        """The operations in a cassette, by the names that requests give them; none where there is no such file.

        Raises:
            CassetteError: The file is no cassette.
        """
        requests = (request_of(each.request) for each in read_cassette(cassette) or ())
        return {self.asked(replace(each, url=self.canonical(each.url) or each.url))[1] for each in requests}

    def cassette(self, module: Path, name: str) -> Path:
        """Where the cassette of a test or fixture is.

        Args:
            module: The test module, or the directory of a fixture that several modules share.
            name: `TestClass.test_name[parameters]`, or `fixture-name`.
        """
        root = self.manifest.root
        parts = module.with_suffix("").relative_to(root).parts if module.is_relative_to(root) else ()
        folder = (self.manifest.directory / "cassettes").joinpath(*map(safe_name, parts))
        return folder / f"{_file_name(name)}.yaml"


def _file_name(name: str) -> str:
    """A name that differs from others by more than case: parameters often do not (`[eur]`, `[EUR]`)."""
    parameters = name.partition("[")[2]
    safe = safe_name(name)
    return safe if safe != name or parameters == parameters.lower() else f"{safe}-{digest(name)}"
