"""Exchanges with their place in a project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_integration_contracts.drift.conduct import auth_schemes
from pytest_integration_contracts.drift.facts import answers
from pytest_integration_contracts.drift.responses import key_of
from pytest_integration_contracts.manifest.manifest import Integration
from pytest_integration_contracts.model import NO_BODY, Exchange, Operation
from pytest_integration_contracts.patterns import PathPattern
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.pins import Pins
from pytest_integration_contracts.snapshots.snapshot import ResponseShape
from pytest_integration_contracts.snapshots.versions import Observation
from pytest_integration_contracts.traffic.instances import Instance, instances
from pytest_integration_contracts.traffic.operations import Name, described, is_templated, sent_anything


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange, whose it is and what it asked."""

    integration: Integration
    operation: Operation
    exchange: Exchange

    @property
    def settings(self) -> Integration:
        """The integration with what holds for this operation."""
        return self.integration.at(self.operation.name)

    @property
    def key(self) -> str:
        """Of which kind the response is: its status and media type."""
        return key_of(self.exchange)


def pins_of(seen: Seen) -> Pins:
    """What the manifest decides about bodies of an operation."""
    return pins_for(seen.integration, seen.operation)


def pins_for(integration: Integration, operation: Operation) -> Pins:
    """The pins of an integration that are about one of its operations."""
    maps, records = (
        tuple(PathPattern(pin.path) for pin in pins if pin.is_about(operation.name))
        for pins in (integration.maps, integration.records)
    )
    return Pins(maps, records)


def grouped(seen: Iterable[Seen]) -> list[list[Seen]]:
    """By operation and kind of response, in the order of their names."""
    groups: dict[tuple[Operation, str], list[Seen]] = defaultdict(list)
    for each in seen:
        groups[each.operation, each.key].append(each)
    return [groups[place] for place in sorted(groups)]


def bodies(group: Iterable[Seen]) -> list[object]:
    """The JSON bodies among responses."""
    return [seen.exchange.response_body for seen in group if seen.exchange.response_body is not NO_BODY]


def requests(group: Iterable[Seen]) -> list[object]:
    """The JSON values among what requests sent."""
    return [described(seen.exchange) for seen in group if sent_anything(seen.exchange)]


def elapsed(seen: Iterable[Seen]) -> dict[Operation, tuple[float, ...]]:
    """How long the live upstream took for each answer, in seconds, by operation."""
    times: dict[Operation, list[float]] = defaultdict(list)
    for each in seen:
        if each.exchange.elapsed is not None:
            times[each.operation].append(each.exchange.elapsed)
    return {operation: tuple(times[operation]) for operation in sorted(times)}


def observed(seen: Iterable[Seen]) -> dict[Operation, Observation]:
    """What may be learned, by operation.

    Raises:
        BodyError: A body cannot be described.
    """
    observations: dict[Operation, Observation] = {}
    for group in grouped(seen):
        values, exchanges = bodies(group), [each.exchange for each in group]
        told = answers(exchanges)
        shape = ResponseShape(
            seen=told.seen,
            headers=told.headers,
            body=infer(values, pins=pins_of(group[0])) if values else None,
            challenges=told.challenges,
            conduct=told.conduct,
            requests=infer(requests(group)),
        )
        replaced = {str(exchange.replaces_status) for exchange in exchanges if exchange.replaces_status is not None}
        observation = Observation(
            auth_schemes(exchanges),
            {group[0].key: shape},
            {group[0].key: frozenset(replaced)} if replaced else {},
        )
        known = observations.get(group[0].operation)
        observations[group[0].operation] = known.merged(observation) if known else observation
    return observations


def instances_among(seen: Iterable[Seen]) -> frozenset[Instance]:
    """The segments of paths that responses show to be names of instances; operations have their guessed names."""
    asked: dict[str, list[tuple[Name, Exchange]]] = defaultdict(list)
    for each in seen:
        name = Name.of(each.operation.name)
        if name.segments and not is_templated(name.segments, each.integration.named):
            asked[each.integration.name].append((name, each.exchange))
    return frozenset(each for integration in asked for each in instances(integration, asked[integration]))
