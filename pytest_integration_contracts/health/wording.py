"""Numbers as a person reads them in a message; times and spans are in `times`."""

from __future__ import annotations

from collections.abc import Sequence


def percent(share: float) -> str:
    """A share in percent, never rounded up to 100 %."""
    return f"{int(share * 1000 + 1e-6) / 10:g} %"


def plural(number: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def first_of(names: Sequence[str]) -> str:
    """The first of several names, and how many more: `GET /orders and 2 more`."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
