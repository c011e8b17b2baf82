"""Which changes somebody has accepted, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_integration_contracts.manifest.acceptances import Acceptance
from pytest_integration_contracts.model import Accepted, Change, Operation
from pytest_integration_contracts.patterns import PathPattern, glob_matches


def marked(
    changes: Iterable[Change], operation: Operation, acceptances: Iterable[Acceptance], today: str
) -> tuple[Change, ...]:
    """Changes, with who has accepted them; also where that has expired, so that it can be told at the change.

    Of several acceptances the one that counts the longest is told.

    Args:
        changes: Changes of one operation.
        operation: The operation.
        acceptances: What its integration accepts.
        today: The date, ISO 8601.
    """
    known = tuple(acceptances)
    return tuple(_marked(change, operation, known, today) for change in changes) if known else tuple(changes)


def takes(acceptance: Acceptance, change: Change, operation: Operation) -> bool:
    """Whether an acceptance of an operation's integration is about a change, expired or not."""
    if acceptance.fingerprint and acceptance.fingerprint != change.fingerprint(operation):
        return False
    return not acceptance.names_place or (
        acceptance.rule == change.rule
        and is_about(acceptance, operation)
        and PathPattern(acceptance.path).matches(change.path)
    )


def is_about(acceptance: Acceptance, operation: Operation) -> bool:
    """Whether an acceptance may be about changes of an operation of its integration."""
    return not acceptance.operation or glob_matches(acceptance.operation, operation.name)


def _marked(change: Change, operation: Operation, acceptances: tuple[Acceptance, ...], today: str) -> Change:
    taking = [acceptance for acceptance in acceptances if takes(acceptance, change, operation)]
    if not taking:
        return change
    best = max(taking, key=lambda acceptance: acceptance.expires)
    return replace(
        change,
        accepted=Accepted(
            owner=best.owner,
            reason=best.reason,
            expires=best.expires.isoformat(),
            days_left=best.days_left(today),
            ticket=best.ticket,
        ),
    )
