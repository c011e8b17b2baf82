"""The rows of benchmarks on the terminal, and in the documentation's page between markers of their own."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.measuring import Row

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
_HEADINGS = ("work", "measured against", "ours", "that", "ratio", "must be", "")


def machine(packages: Iterable[str]) -> str:
    """What was measured on, and with which releases."""
    releases = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores; {releases}"


def printed(row: Row) -> str:
    """One row as lines of text."""
    work, against, ours, other, measured, target, verdict = _cells(row)
    judged = f"  (must be {target}: {verdict})" if target else ""
    return f"{row.number}  {work}\n     {ours} against {other}, {against}: {measured}{judged}"


def write(name: str, rows: Sequence[Row], *, packages: Iterable[str], page: Path = PAGE) -> None:
    """Put another table between a page's markers of that name."""
    start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise RuntimeError(f"{page} has no {start} ... {end}")
    lines = ["| " + " | ".join(cells) + " |" for cells in (_HEADINGS, ("---",) * len(_HEADINGS), *map(_cells, rows))]
    table = "\n".join(lines)
    page.write_text(f"{before}{start}\n\n{machine(packages)}\n\n{table}\n\n{end}{after}", encoding="utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    return (row.work, row.against, row.ours, row.other, row.measured, row.target, row.verdict)
