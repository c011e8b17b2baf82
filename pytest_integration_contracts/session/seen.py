"""Exchanges with their place in a project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_integration_contracts.drift.responses import response_key
from pytest_integration_contracts.manifest import Integration
from pytest_integration_contracts.model import NO_BODY, Exchange, Operation
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.snapshots.snapshot import ResponseShape
from pytest_integration_contracts.snapshots.versions import Observation
from pytest_integration_contracts.traffic.operations import auth_scheme, contract_headers
from pytest_integration_contracts.traffic.refusals import challenges


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange, whose it is and what it asked."""

    integration: Integration
    operation: Operation
    exchange: Exchange

    @property
    def key(self) -> str:
        """Status and media type of the response."""
        return response_key(self.exchange.status, self.exchange.media)


def grouped(seen: Iterable[Seen]) -> list[list[Seen]]:
    """By operation and kind of response, in the order of their names."""
    groups: dict[tuple[Operation, str], list[Seen]] = defaultdict(list)
    for each in seen:
        groups[each.operation, each.key].append(each)
    return [groups[place] for place in sorted(groups)]


def bodies(group: Iterable[Seen]) -> list[object]:
    """The JSON bodies among responses."""
    return [seen.exchange.response_body for seen in group if seen.exchange.response_body is not NO_BODY]


def observed(seen: Iterable[Seen]) -> dict[Operation, Observation]:
    """What may be learned, by operation.

    Raises:
        BodyError: A body cannot be described.
    """
    observations: dict[Operation, Observation] = {}
    for group in grouped(seen):
        values, exchanges = bodies(group), [each.exchange for each in group]
        shape = ResponseShape(
            seen=len(group),
            headers=infer(contract_headers(exchange.response_headers) for exchange in exchanges),
            body=infer(values) if values else None,
            challenges=frozenset().union(*(challenges(exchange) for exchange in exchanges)),
        )
        replaced = {str(exchange.replaces_status) for exchange in exchanges if exchange.replaces_status is not None}
        schemes = {auth_scheme(exchange.url, exchange.request_headers) for exchange in exchanges} - {""}
        observation = Observation(
            frozenset(schemes),
            {group[0].key: shape},
            {group[0].key: frozenset(replaced)} if replaced else {},
        )
        known = observations.get(group[0].operation)
        observations[group[0].operation] = known.merged(observation) if known else observation
    return observations
