"""The versions of an operation, for people."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_integration_contracts.model import Change, Operation
from pytest_integration_contracts.reports.styled import difference
from pytest_integration_contracts.wording import printable

_Step = tuple[str, str, str, tuple[Change, ...]]


def log_lines(operation: Operation, steps: Sequence[_Step]) -> list[str]:
    """One operation's versions, the newest first.

    Args:
        operation: The operation.
        steps: Version, day, reason and changes against the version before; the oldest first.
    """
    lines = [printable(str(operation))]
    for version, since, reason, changes in reversed(steps):
        why = f"  {printable(reason)}" if reason else ""
        lines.append(f"  {version}  {printable(since)}{why}{'' if changes else '  (first)' * (version == '1.0')}")
        lines += [
            f"    {change.severity.value:<10}  {change.rule}  {printable(change.path)}  {difference(change)}"
            for change in changes
        ]
    return lines
