"""What the next version of a snapshot is, given what a run observed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Final

from pytest_integration_contracts.drift.compare import compare, subject_of
from pytest_integration_contracts.drift.conduct import answer_changes, body_changes
from pytest_integration_contracts.drift.learning import adopt
from pytest_integration_contracts.drift.policy import STANDARD, Policy, worst_first
from pytest_integration_contracts.drift.reasons import Context
from pytest_integration_contracts.drift.responses import (
    added_response,
    is_failure,
    is_success,
    replaced_response,
    status_of,
)
from pytest_integration_contracts.model import Change, Operation, Severity
from pytest_integration_contracts.shapes.pins import NO_PINS, Pins
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape, repeating
from pytest_integration_contracts.snapshots.snapshot import ResponseShape, Snapshot

FIRST: Final = "1.0"
EVIDENCE_STEPS = (2, 5, 20, 100)
"""Evidence is rewritten only when it first reaches one of these numbers of responses, so that files stay quiet."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a run observed of one operation.

    Attributes:
        auth: How requests authenticated.
        responses: What was seen, by status and media type.
        replaces: Keys of responses to the statuses that were recorded before for the same requests.
        queries: As of a snapshot.
    """

    auth: frozenset[str] = frozenset()
    responses: Mapping[str, ResponseShape] = field(default_factory=dict)
    replaces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    queries: frozenset[str] = frozenset()

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
            self.queries | other.queries,
        )


_NOTHING = ResponseShape()


def successes(responses: Mapping[str, ResponseShape]) -> dict[str, Shape]:
    """The bodies of successful responses that have any, by the kind of response."""
    return {key: shape.body for key, shape in responses.items() if is_success(key) and shape.body and shape.body.known}


def first_version(
    operation: Operation, observation: Observation, *, today: str, reason: str, pins: Pins = NO_PINS
) -> Snapshot:
    """The snapshot of an operation that has none."""
    responses = {key: shape.settled(pins) for key, shape in observation.responses.items()}
    auth, queries = tuple(sorted(observation.auth)), tuple(sorted(observation.queries))
    return Snapshot(operation, FIRST, today, reason, auth, responses, queries)


def in_place_of(
    several: Sequence[Snapshot],
    operation: Operation,
    observation: Observation,
    *,
    today: str,
    reason: str,
    pins: Pins = NO_PINS,
    policy: Policy = STANDARD,
) -> tuple[Snapshot, tuple[Change, ...]]:
    """The first snapshot of an operation that takes the place of others: what they know, and what was observed.

    Returns:
        The snapshot, and what the observation changes in what they knew, worst first.
    """
    known = reduce(Observation.merged, map(_observation, several))
    first = first_version(operation, known, today=today, reason=reason, pins=pins)
    learned, changes = next_version(first, observation, today=today, reason=reason, pins=pins, policy=policy) or (
        first,
        (),
    )
    return replace(learned, version=FIRST), changes


def _observation(snapshot: Snapshot) -> Observation:
    return Observation(frozenset(snapshot.auth), snapshot.responses, queries=frozenset(snapshot.queries))


def next_version(
    current: Snapshot,
    observation: Observation,
    *,
    today: str,
    reason: str,
    pins: Pins = NO_PINS,
    policy: Policy = STANDARD,
) -> tuple[Snapshot, tuple[Change, ...]] | None:
    """The current snapshot, having learned an observation.

    Returns:
        The snapshot to write and what it changes, worst first; no changes where only evidence grew; None where there is
        nothing to write.
    """
    responses = _learned(current, observation, pins)
    changes = compare_versions(current, replace(current, responses=responses, since=today), policy, pins)
    learned = replace(
        current,
        responses=responses,
        auth=tuple(sorted({*current.auth, *observation.auth})),
        queries=tuple(sorted({*current.queries, *observation.queries})),
    )
    if changes or _teaches_beside(current, learned) or learned.auth != current.auth:
        version = raised(current.version, changes)
        return replace(learned, version=version, since=today, reason=reason), changes
    return (learned, ()) if _reaches_a_step(current, learned) or learned.queries != current.queries else None


def _learned(current: Snapshot, observation: Observation, pins: Pins) -> dict[str, ResponseShape]:
    observed = observation.responses
    responses = dict(current.responses)
    for key, shape in observed.items():
        responses[key] = _adopted(responses[key], shape, pins) if key in responses else shape.settled(pins)
    for key, statuses in observation.replaces.items():
        if key not in current.responses and not is_failure(key):
            for old in current.responses:
                if status_of(old) in statuses and old not in observed:
                    responses.pop(old, None)
    return responses


def _adopted(current: ResponseShape, observed: ResponseShape, pins: Pins) -> ResponseShape:
    return ResponseShape(
        max(current.seen, observed.seen),
        adopt(current.headers, observed.headers),
        _adopted_body(current.body, observed.body, pins),
        _adopted_challenges(current.challenges, observed.challenges),
        current.conduct.adopted(observed.conduct),
        adopt(current.requests, observed.requests),
    )


def _adopted_body(current: Shape | None, observed: Shape | None, pins: Pins) -> Shape | None:
    if current is None or observed is None:
        known = current if observed is None else observed
        return None if known is None else settle(known, pins)
    return adopt(current, observed, pins)


def _adopted_challenges(current: frozenset[str], observed: frozenset[str]) -> frozenset[str]:
    return observed if observed and current.isdisjoint(observed) else current | observed


def compare_versions(
    old: Snapshot, new: Snapshot, policy: Policy = STANDARD, pins: Pins = NO_PINS
) -> tuple[Change, ...]:
    """What changed from one version of an operation to another, worst first.

    Dates that the upstream announced are counted from the day of the new one.
    """
    changes: list[Change] = []
    gone = sorted(old.responses.keys() - new.responses.keys())
    come = sorted(new.responses.keys() - old.responses.keys())
    replaced = list(zip(gone, come, strict=False))
    auth = frozenset(old.auth)
    changes += policy.hold(
        replaced_response(before, after, new.responses[after].answers.demands(auth)) for before, after in replaced
    )
    changes += policy.hold(
        added_response(key, old.responses, new.responses[key].answers.demands(auth)) for key in come[len(replaced) :]
    )
    subject = subject_of(old.operation.name)
    for key in sorted(old.responses.keys() & new.responses.keys()):
        before, after = old.responses[key], new.responses[key]
        beside = policy.hold(answer_changes(before.answers, after.answers, today=new.since))
        bodies = before.body or UNKNOWN, after.body or UNKNOWN
        context = Context(old_requests=before.requests, new_requests=after.requests, pins=pins)
        changed = compare(*bodies, subject=subject, context=context, policy=policy)
        changes += [*beside, *body_changes(key, *bodies, changed, beside)]
    return worst_first(changes)


def _teaches_beside(current: Snapshot, learned: Snapshot) -> bool:
    """Whether something is known now that was not, and that is no change: beside the bodies, or how often in them."""
    return any(
        shape.challenges != learned.responses[key].challenges
        or shape.conduct.facts != learned.responses[key].conduct.facts
        or compare(shape.headers, learned.responses[key].headers)
        or set(repeating(shape.body or UNKNOWN)) != set(repeating(learned.responses[key].body or UNKNOWN))
        for key, shape in current.responses.items()
        if key in learned.responses
    )


def raised(version: str, changes: Iterable[Change]) -> str:
    """The version that follows one: a change that breaks raises MAJOR, any other MINOR."""
    major, minor = map(int, version.split("."))
    if any(change.severity is Severity.BREAKING for change in changes):
        return f"{major + 1}.0"
    return f"{major}.{minor + 1}"


def _reaches_a_step(current: Snapshot, learned: Snapshot) -> bool:
    return any(_step(shape.seen) > _step(current.responses[key].seen) for key, shape in learned.responses.items())


def _step(seen: int) -> int:
    return sum(seen >= step for step in EVIDENCE_STEPS)
