"""What an operation is called that has a snapshot already: names that were learned stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.snapshots.store import SnapshotStore
from pytest_integration_contracts.traffic.operations import OTHERS, Name


class Names:
    """The names that the snapshots of one manifest have given.

    An operation's own snapshot goes before any template, of templates the one with the most literal segments, and the
    variant that was asked for before those that it may share a snapshot with.
    """

    def __init__(self, store: SnapshotStore) -> None:
        """Prepare; nothing is read.

        Args:
            store: The snapshots.
        """
        self._store = store
        self._known: dict[Operation, Operation] = {}

    def known(self, asked: Operation) -> Operation:
        """The operation whose snapshot an exchange is held against; the one that was asked, where there is none.

        Args:
            asked: The operation by its guessed name.
        """
        if asked not in self._known:
            self._known[asked] = self._find(asked)
        return self._known[asked]

    def template(self, integration: str, asked: Name) -> Name | None:
        """The template that a path without a snapshot of its own has; None where no snapshot's name fits."""
        known = map(Name.of, self._store.templates(Operation(integration, str(asked))))
        fitting = {each.plain for each in known if each.segments != asked.segments and each.fits(asked)}
        return min(fitting, key=lambda each: (-each.literals, str(each)), default=None)

    def has(self, integration: str, name: Name) -> bool:
        """Whether a path has a snapshot, of whatever variant."""
        operation = Operation(integration, str(name.plain))
        return self._store.has(operation) or bool(self._store.beginning(integration, f"{operation.name}?"))

    def _find(self, asked: Operation) -> Operation:
        name = Name.of(asked.name)
        if not name.segments:
            return asked
        for wanted in self._looser(asked.integration, name):
            found = self._stored(asked.integration, wanted)
            if found is not None:
                return found
        return asked

    def _looser(self, integration: str, name: Name) -> Iterator[Name]:
        """The name, and what may stand for it: the snapshot that its variants share, or that its members share."""
        variants = (name.variant, OTHERS, "") if name.variant else ("",)
        yield from (replace(name, variant=variant) for variant in variants)
        if name.member and not self._store.beginning(integration, f"{replace(name, member='').plain}#"):
            yield from (replace(name, member="", variant=variant) for variant in variants)

    def _stored(self, integration: str, wanted: Name) -> Operation | None:
        operation = Operation(integration, str(wanted))
        if self._store.has(operation):
            return operation
        if self.has(integration, wanted):  # the path itself is known: only the variant is not
            return None
        template = self.template(integration, wanted)
        if template is None:
            return None
        operation = Operation(integration, str(replace(template, variant=wanted.variant)))
        return operation if self._store.has(operation) else None
