"""One event in the life of an operation: exactly that said. None: nothing."""

from __future__ import annotations

import pytest

from drift.mutations.exchange_expectations import EXPECTED
from drift.mutations.exchanges import EVENTS, OPERATIONS, Event, after, exchanges
from pytest_integration_contracts import Exchange, diff


def found(old: list[Exchange], new: list[Exchange]) -> list[tuple[str, str]]:
    return sorted((change.rule, change.path) for change in diff(old, new))


@pytest.mark.parametrize("event", EVENTS.values(), ids=str)
def test_an_event_is_called_by_its_name_and_nothing_else_is_said(event: Event) -> None:
    expected, _ = EXPECTED[event.name]
    assert found(exchanges(event.operation, "old"), after(event, "new")) == sorted(expected)


@pytest.mark.parametrize("event", [event for event in EVENTS.values() if EXPECTED[event.name][1] is not None], ids=str)
def test_an_event_undone_is_called_by_its_own_name(event: Event) -> None:
    _, expected = EXPECTED[event.name]
    assert expected is not None
    assert found(after(event, "old"), exchanges(event.operation, "new")) == sorted(expected)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_of_an_unchanged_operation_nothing_is_said(operation: str) -> None:
    old, new = exchanges(operation, "old"), exchanges(operation, "new")
    assert found(old, new) == found(new, old) == []


def test_of_every_event_it_is_known_what_must_be_said() -> None:
    assert EXPECTED.keys() == EVENTS.keys()
