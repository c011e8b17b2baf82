"""Holds responses against the documents that upstreams publish, where one is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPMethod
from typing import TYPE_CHECKING, Final

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.model import Change
from pytest_integration_contracts.session.seen import Seen, bodies, pins_of
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape
from pytest_integration_contracts.specs.conformance import conformance_changes, undeclared, unusable
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec
from pytest_integration_contracts.specs.finding import declared_operation
from pytest_integration_contracts.specs.kept import Kept
from pytest_integration_contracts.specs.schemas import declared_body
from pytest_integration_contracts.specs.violation import Violation

if TYPE_CHECKING:
    from pytest_integration_contracts.specs.engine import Engine

_METHODS: Final = frozenset(HTTPMethod)
_MOST_FOUND: Final = 4096
"""Of so many URLs it is held in memory which operation they are."""


class Conforming:
    """Holds responses against documents; each document is read, and each operation in it compiled, once."""

    def __init__(self, published: Callable[[str], Kept | None]) -> None:
        self._published = published
        self._engines: dict[str, Engine | None] = {}
        self._found: dict[tuple[str, str, str], DeclaredOperation | None] = {}

    def changes(self, group: Sequence[Seen], known: Shape | None, *, first: bool) -> list[Change]:
        """In what responses of one kind are not as the document says; nothing where none is kept.

        Args:
            group: The responses.
            known: What the snapshot knows of their bodies.
            first: Whether what is to be said of the operation as a whole is said here.

        Raises:
            SpecError: The document cannot be used.
        """
        seen = group[0]
        kept = self._published(seen.integration.name)
        if kept is None or seen.exchange.method not in _METHODS:
            return []
        found = [self._declared(kept.spec, each) for each in group]
        told = [undeclared(seen.operation.name)] if first and None in found else []
        engine = self._engine(seen.integration.name, kept.spec) if any(found) else None
        if engine is None:
            return told
        try:
            violations = [_violations(engine, operation, each) for operation, each in zip(found, group, strict=True)]
        except SpecError:
            places = sorted({operation.pointer for operation in found if operation})
            return [*told, *map(unusable, places if first else [])]
        return [*told, *conformance_changes(violations, _body(group, known))] if any(violations) else told

    def declared(self, seen: Seen) -> Shape:
        """What the document declares of bodies like that of a response; unknown where none is kept or declared.

        Raises:
            SpecError: The document cannot be used.
        """
        kept = self._published(seen.integration.name)
        operation = self._declared(kept.spec, seen) if kept else None
        if kept is None or operation is None:
            return UNKNOWN
        return declared_body(kept.spec, operation, seen.exchange.status, seen.exchange.media)

    def _declared(self, spec: Spec, seen: Seen) -> DeclaredOperation | None:
        """The operation that was asked, looked for once however often it is asked."""
        method, url = seen.exchange.method, seen.exchange.url.partition("?")[0]
        key = (seen.integration.name, method, url)
        if key not in self._found:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            self._found[key] = declared_operation(spec, method, url, seen.integration)
        return self._found[key]

    def _engine(self, integration: str, spec: Spec) -> Engine | None:
        if integration not in self._engines:
            self._engines[integration] = _engine_of(spec)
        return self._engines[integration]


def _violations(engine: Engine, operation: DeclaredOperation | None, seen: Seen) -> tuple[Violation, ...]:
    return engine.violations(operation, seen.exchange) if operation else ()


def _body(group: Sequence[Seen], known: Shape | None) -> Shape:
    """What the bodies look like, as far as it tells fields from keys."""
    pins = pins_of(group[0])
    if known is not None:
        return settle(known, pins)
    values = bodies(group)
    return infer(values, pins=pins) if values else UNKNOWN


def _engine_of(spec: Spec) -> Engine | None:
    """The engine; None where schemathesis is not installed."""
    try:
        from pytest_integration_contracts.specs.engine import Engine
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "schemathesis":
            raise
        return None
    return Engine(spec)
