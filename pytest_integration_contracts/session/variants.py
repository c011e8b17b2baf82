"""Query parameters that choose another response: which of them need a snapshot of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pytest_integration_contracts.drift.responses import is_success
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.shapes.likeness import differ
from pytest_integration_contracts.snapshots.versions import Observation, successes
from pytest_integration_contracts.traffic.operations import OTHERS, Name

MOST: Final = 8
"""How many variants of one operation have snapshots of their own."""


class Variants:
    """The variants of all operations that a run observed.

    A variant that answers as the operation does without one shares its snapshot. Where the operation was never asked
    without one, nothing can be compared, and each has its own.

    Attributes:
        observations: What was observed, by the names that operations are to have.
        notes: Of which operations there are too many variants, one line each.
    """

    def __init__(self, project: Project, observed: Mapping[Operation, Observation]) -> None:
        """Decide.

        Args:
            project: Whose snapshots there are.
            observed: What was observed, by names with all their variants.
        """
        self._project = project
        self._store = project.store
        self._finals: dict[Operation, Operation] = {}
        self.notes: tuple[str, ...] = ()
        together: dict[Operation, dict[str, Observation]] = defaultdict(dict)
        for operation in sorted(observed):
            name = Name.of(operation.name)
            together[replace(operation, name=str(name.plain) if name.segments else operation.name)][name.variant] = (
                observed[operation]
            )
        self.observations: dict[Operation, Observation] = {}
        for plain, variants in together.items():
            self._decide(plain, variants)

    def final(self, operation: Operation) -> Operation:
        """The name that an operation is to have."""
        return self._finals.get(operation, operation)

    def _decide(self, plain: Operation, variants: Mapping[str, Observation]) -> None:
        for variant, observation in variants.items():
            asked = _with(plain, variant)
            final = self._final(plain, variant, variants)
            self._finals[asked] = final
            shared = replace(observation, queries=frozenset({variant})) if variant and final == plain else observation
            known = self.observations.get(final)
            self.observations[final] = known.merged(shared) if known else shared

    def _final(self, plain: Operation, variant: str, variants: Mapping[str, Observation]) -> Operation:
        own = _with(plain, variant)
        if not variant or self._store.has(own):
            return own
        if self._is_shared(plain, variant, variants):
            return plain
        return own if variant in self._with_their_own(plain, variants) else _with(plain, OTHERS)

    def _is_shared(self, plain: Operation, variant: str, variants: Mapping[str, Observation]) -> bool:
        """Whether a variant answers as the operation does without one, now or in what was learned of both together."""
        known = self._snapshot(plain)
        now = variants.get("")
        if now is not None and successes(now.responses):
            return not _differ(variants[variant], now)
        if known is None or variant in known.queries:
            return known is not None
        return not _differ(variants[variant], known)

    def _with_their_own(self, plain: Operation, variants: Mapping[str, Observation]) -> list[str]:
        """The variants that share no snapshot and may have their own, in the order of their names."""
        beginning = f"{plain.name}?"
        known = set(self._store.beginning(plain.integration, beginning)) - {f"{beginning}{OTHERS}"}
        apart = [
            variant
            for variant in sorted(variants)
            if variant and f"{beginning}{variant}" not in known and not self._is_shared(plain, variant, variants)
        ]
        if len(known) + len(apart) > MOST:
            note = (
                f"{plain}: has more than {MOST} variants that answer differently;"
                f" those beyond share the snapshot of {beginning}{OTHERS}"
            )
            self.notes = tuple(sorted({*self.notes, note}))
        return apart[: max(0, MOST - len(known))]

    def _snapshot(self, operation: Operation) -> Observation | None:
        snapshot = self._project.readable_snapshot(operation)
        return Observation(responses=snapshot.responses, queries=frozenset(snapshot.queries)) if snapshot else None


def _with(plain: Operation, variant: str) -> Operation:
    return replace(plain, name=f"{plain.name}?{variant}") if variant else plain


def _differ(one: Observation, other: Observation) -> bool:
    """Whether two variants answer differently where both succeed."""
    mine, theirs = ({key for key in each.responses if is_success(key)} for each in (one, other))
    if mine and theirs and mine.isdisjoint(theirs):
        return True
    bodies, others = successes(one.responses), successes(other.responses)
    return any(differ(bodies[key], others[key]) for key in bodies.keys() & others.keys())
