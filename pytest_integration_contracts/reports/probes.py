"""What probes ask and find, as a person reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pytest_integration_contracts.wording import counted, printable

_MOST: Final = 12
"""So many operations are named for one reason; the rest is counted."""


def case_lines(operation: str, target: str, values: Sequence[str]) -> list[str]:
    """One request that would be sent: what it asks for, where, and where each of its values comes from.

    Args:
        operation: The operation: `GET /customers/{customerId}`.
        target: Its path and query, "" where they are not known yet.
        values: Its values, in words.
    """
    named = f"{operation.partition(' ')[0]} {target}" if target else operation
    shown = [f"  {printable(operation)}", *([f"      {printable(named)}"] if named != operation else [])]
    return [*shown, *(f"        {printable(value)}" for value in values)]


def skipped_lines(skipped: Iterable[tuple[str, str]], *, writing: int) -> list[str]:
    """What is not asked, by the reason why.

    Args:
        skipped: Operations and reasons.
        writing: How many operations write, and were not named.
    """
    by_reason: dict[str, list[str]] = {}
    for operation, reason in skipped:
        by_reason.setdefault(reason, []).append(operation)
    lines = []
    for reason, operations in by_reason.items():
        lines.append(f"  {printable(reason)}:")
        lines += [f"      {printable(each)}" for each in operations[:_MOST]]
        lines += [f"      and {len(operations) - _MOST} more"] if len(operations) > _MOST else []
    if writing:
        lines.append(
            f"  {counted(writing, 'operation')} that may write: never asked unless named in full,"
            ' --operation "POST /search"'
        )
    return lines


def result_line(operation: str, outcome: str, told: str, *, status: int, elapsed: float, width: int) -> str:
    """One probe in one line: what became of it, the operation, its status and time, and what was learned or found."""
    took = f"{status or '-'}  {elapsed * 1000:.0f} ms" if status else "-"
    return f"{outcome:<10} {printable(operation):<{width}}  {took:<13} {printable(told)}".rstrip()


def summary(outcomes: Sequence[str], skipped: int) -> str:
    """How many of each there were."""
    counts: Mapping[str, int] = Counter(outcomes)
    parts = [f"{number} {outcome}" for outcome, number in counts.items()]
    told = f"{counted(len(outcomes), 'probe')}: {', '.join(parts)}." if outcomes else "Nothing was probed."
    return f"{told} {counted(skipped, 'operation')} skipped." if skipped else told
