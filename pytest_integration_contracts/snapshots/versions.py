"""What the next version of a snapshot is, given what a run observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pytest_integration_contracts.drift.compare import compare, subject_of
from pytest_integration_contracts.drift.learning import adopt
from pytest_integration_contracts.drift.policy import worst_first
from pytest_integration_contracts.drift.responses import added_response, replaced_response, status_of
from pytest_integration_contracts.model import Change, Operation, Severity
from pytest_integration_contracts.shapes.shape import UNKNOWN
from pytest_integration_contracts.snapshots.snapshot import ResponseShape, Snapshot

EVIDENCE_STEPS = (2, 5, 20, 100)
"""Evidence is rewritten only when it first reaches one of these numbers of responses, so that files stay quiet."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a run observed of one operation.

    Attributes:
        auth: How requests authenticated.
        responses: What was seen, by status and media type.
        replaces: Keys of responses to the statuses that were recorded before for the same requests.
    """

    auth: frozenset[str] = frozenset()
    responses: Mapping[str, ResponseShape] = field(default_factory=dict)
    replaces: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def merged(self, other: Observation) -> Observation:
        """Both together, counts added."""
        return Observation(
            self.auth | other.auth,
            {
                key: self.responses.get(key, _NOTHING).merged(other.responses.get(key, _NOTHING))
                for key in sorted(self.responses.keys() | other.responses.keys())
            },
            {
                key: self.replaces.get(key, frozenset()) | other.replaces.get(key, frozenset())
                for key in sorted(self.replaces.keys() | other.replaces.keys())
            },
        )


_NOTHING = ResponseShape()


def first_version(operation: Operation, observation: Observation, *, today: str, reason: str) -> Snapshot:
    """The snapshot of an operation that has none."""
    return Snapshot(operation, "1.0", today, reason, tuple(sorted(observation.auth)), dict(observation.responses))


def next_version(
    current: Snapshot, observation: Observation, *, today: str, reason: str
) -> tuple[Snapshot, tuple[Change, ...]] | None:
    """The current snapshot, having learned an observation.

    Returns:
        The snapshot to write and what it changes, worst first; no changes where only evidence grew; None where there is
        nothing to write.
    """
    responses = _learned(current, observation)
    changes = compare_versions(current, replace(current, responses=responses))
    learned = replace(current, responses=responses, auth=tuple(sorted({*current.auth, *observation.auth})))
    if changes or _teaches_headers(current, learned) or learned.auth != current.auth:
        version = _raised(current.version, changes)
        return replace(learned, version=version, since=today, reason=reason), changes
    return (learned, ()) if _reaches_a_step(current, learned) else None


def _learned(current: Snapshot, observation: Observation) -> dict[str, ResponseShape]:
    observed = observation.responses
    responses = dict(current.responses)
    for key, shape in observed.items():
        responses[key] = _adopted(responses[key], shape) if key in responses else shape
    for key, statuses in observation.replaces.items():
        if key not in current.responses:
            for old in current.responses:
                if status_of(old) in statuses and old not in observed:
                    responses.pop(old, None)
    return responses


def _adopted(current: ResponseShape, observed: ResponseShape) -> ResponseShape:
    bodies = [shape for shape in (current.body, observed.body) if shape is not None]
    return ResponseShape(
        max(current.seen, observed.seen),
        adopt(current.headers, observed.headers),
        adopt(bodies[0], bodies[1]) if len(bodies) > 1 else next(iter(bodies), None),
        current.challenges | observed.challenges,
    )


def compare_versions(old: Snapshot, new: Snapshot) -> tuple[Change, ...]:
    """What changed from one version of an operation to another, worst first."""
    changes: list[Change] = []
    gone = sorted(old.responses.keys() - new.responses.keys())
    come = sorted(new.responses.keys() - old.responses.keys())
    replaced = list(zip(gone, come, strict=False))
    changes += [replaced_response(before, after) for before, after in replaced]
    changes += [added_response(key, old.responses) for key in come[len(replaced) :]]
    subject = subject_of(old.operation.name)
    for key in sorted(old.responses.keys() & new.responses.keys()):
        before, after = old.responses[key].body or UNKNOWN, new.responses[key].body or UNKNOWN
        changes += compare(before, after, subject=subject)
    return worst_first(changes)


def _teaches_headers(current: Snapshot, learned: Snapshot) -> bool:
    return any(
        shape.challenges != learned.responses[key].challenges or compare(shape.headers, learned.responses[key].headers)
        for key, shape in current.responses.items()
        if key in learned.responses
    )


def _raised(version: str, changes: tuple[Change, ...]) -> str:
    major, minor = map(int, version.split("."))
    if any(change.severity is Severity.BREAKING for change in changes):
        return f"{major + 1}.0"
    return f"{major}.{minor + 1}"


def _reaches_a_step(current: Snapshot, learned: Snapshot) -> bool:
    return any(_step(shape.seen) > _step(current.responses[key].seen) for key, shape in learned.responses.items())


def _step(seen: int) -> int:
    return sum(seen >= step for step in EVIDENCE_STEPS)
