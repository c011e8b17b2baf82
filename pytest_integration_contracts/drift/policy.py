"""What decides how much a change matters: the rule's row and the evidence behind it. Preset `standard`."""

from __future__ import annotations

import re

from pytest_integration_contracts.drift.rule import THICK, THIN
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Severity

_RULE_ORDER = {rule: position for position, rule in enumerate(RULES)}
_ORDER = {severity: position for position, severity in enumerate(Severity)}


def weigh(change: Change, *, responses: int, sibling: bool) -> Change:
    """The change with the severity that the evidence carries, and a note that says why where it differs.

    Args:
        change: A change with its rule's own severity.
        responses: How many responses the baseline of the place rests on.
        sibling: Whether the same observation has the field elsewhere, so that its absence here is one of several.
    """
    rule = RULES[change.rule]
    if rule.identifier and _names_identifier(change.path):
        return change.with_severity(rule.identifier, "an identifier")
    if rule.thick and responses >= THICK:
        return change.with_severity(rule.thick, f"{responses} responses had it")
    if responses < THIN:
        lowered = rule.thin or (rule.sibling if sibling else None)
        if lowered:
            return change.with_severity(lowered, f"learned from only {_responses(responses)}")
    return change


def worst_first(changes: list[Change]) -> tuple[Change, ...]:
    """Sorted by severity, then in the order of the rules, then by path."""
    return tuple(sorted(changes, key=lambda change: (_ORDER[change.severity], _RULE_ORDER[change.rule], change.path)))


def _responses(number: int) -> str:
    return f"{number} response" if number == 1 else f"{number} responses"


_IDENTIFIER = re.compile(r"(?:^|[._'])(?:id|\w+_id|\w+[a-z]Id|\w+[a-z]ID)(?:'\])?$")


def _names_identifier(path: str) -> bool:
    return _IDENTIFIER.search(path) is not None
