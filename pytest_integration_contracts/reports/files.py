"""Reports as files: one `Report`, and a writer for each kind of file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.files import write_atomically
from pytest_integration_contracts.model import Report
from pytest_integration_contracts.reports import document


def _html(report: Report) -> str:
    from pytest_integration_contracts.reports import html

    return html.to_text(report)


def _markdown(report: Report) -> str:
    from pytest_integration_contracts.reports import markdown

    return markdown.to_text(report)


def _junit(report: Report) -> str:
    from pytest_integration_contracts.reports import junit

    return junit.to_text(report)


_WRITERS: Final[Mapping[str, Callable[[Report], str]]] = {
    ".json": document.to_text,
    ".html": _html,
    ".md": _markdown,
    ".xml": _junit,
}
"""By the ending of a file's name, what makes its text. What a writer needs is loaded when it writes."""


def insist_on_writer(path: Path, option: str = "--contracts-report") -> None:
    """Make sure, before anything runs, that there is a writer for a file.

    Args:
        path: The file.
        option: How it was asked for.

    Raises:
        UsageError: There is none.
    """
    if path.suffix not in _WRITERS:
        raise UsageError(f"{option} {path}: a report's name ends in {' or '.join(_WRITERS)}")


def write_all(report: Report, paths: Iterable[Path]) -> Report:
    """Write a report to files, each whole or not at all.

    Returns:
        The report; where a file cannot be written, one that says so and fails.
    """
    errors = []
    for path in paths:
        try:
            write_atomically(path, _WRITERS[path.suffix](report).encode("utf-8", "backslashreplace"))
        except OSError as error:
            errors.append(f"{path}: the report cannot be written: {error.strerror}")
    return replace(report, errors=(*report.errors, *errors), fails=True) if errors else report
