"""How numbers and texts from outside stand in what people read."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """A number and its noun: `1 run`, `2 runs`."""
    return f"{number} {noun if number == 1 else f'{noun}s'}"


def printable(text: str) -> str:
    """Text that came from outside, with what would control a terminal or break a line made visible."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
