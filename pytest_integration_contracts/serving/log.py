"""One line a request, for a person or for a program."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

import click

_LONGEST = 160
_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of a request; nothing in it is secret.

    Attributes:
        at: When it was answered, local time.
        method: `GET`.
        target: Path and query.
        status: What was answered; 0 where nothing was.
        operation: What it asked for, "" where nobody knows.
        origin: Where the answer is from.
        faults: What went wrong on purpose.
        seconds: How long it took.
        problem: What went wrong by itself.
    """

    at: dt.datetime
    method: str
    target: str
    status: int
    operation: str = ""
    origin: str = ""
    faults: tuple[str, ...] = ()
    seconds: float = 0.0
    problem: str = ""


def as_text(line: Line) -> str:
    """`02:31:08  GET /customers/7 -> 200  GET /customers/{id}  recorded contracts/cassettes/a.yaml#3  4 ms`."""
    status = str(line.status or "—")
    colour = "red" if line.status >= _FIRST_ERROR or not line.status else "green"
    parts = [
        click.style(f"{line.at:%H:%M:%S}", dim=True),
        f"{_shown(line.method)} {_shown(line.target)} -> {click.style(status, fg=colour)}",
        line.operation if line.operation != f"{line.method} {line.target}" else "",
        click.style(line.origin, dim=True) if line.origin else "",
        *(click.style(f"fault {each}", fg="yellow") for each in line.faults),
        click.style(line.problem, fg="red") if line.problem else "",
        click.style(f"{line.seconds * 1000:.0f} ms", dim=True),
    ]
    return "  ".join(part for part in parts if part)


def as_json(line: Line) -> str:
    """The same as one JSON object."""
    told = {
        "time": line.at.isoformat(timespec="milliseconds"),
        "method": _shown(line.method),
        "target": _shown(line.target),
        "status": line.status,
        "operation": line.operation,
        "origin": line.origin,
        "faults": list(line.faults),
        "ms": round(line.seconds * 1000, 1),
    }
    return json.dumps(told | ({"problem": line.problem} if line.problem else {}))


def _shown(text: str) -> str:
    """What a client sent, on one line and not too long."""
    line = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text[: _LONGEST + 1])
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
