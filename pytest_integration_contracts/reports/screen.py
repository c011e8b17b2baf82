"""What pytest writes to, and how it is written there: colours, widths, and what is waited for. Knows no pytest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pytest_integration_contracts.reports.narrow import fitted
from pytest_integration_contracts.reports.progress import Waiting
from pytest_integration_contracts.reports.styled import Line, Style

_NARROW: Final = 80
"""A pipe is as wide as it takes, unless COLUMNS says less than what every terminal has."""

_MARKUP: Final[Mapping[Style, Mapping[str, bool]]] = {
    Style.TITLE: {"bold": True},
    Style.BREAKING: {"red": True, "bold": True},
    Style.WARNING: {"yellow": True},
    Style.GOOD: {"green": True},
    Style.QUIET: {"light": True},
}


def write(put: Callable[..., None], lines: Iterable[Line], width: int | None) -> None:
    """Write lines in pytest's colours.

    Args:
        put: The `write` of pytest's terminal writer or reporter.
        lines: The lines.
        width: How many columns there are; None for as many as it takes.
    """
    for line in fitted(lines, width):
        for position, span in enumerate(line):
            text = span.text.rstrip() if position == len(line) - 1 else span.text
            put(text, **_MARKUP.get(span.style, {}))
        put("\n")


def writer_of(config: Any) -> Any:  # noqa: ANN401 - pytest's, which is not known here
    """What pytest writes with; None in xdist's workers, which have nothing."""
    return config.get_terminal_writer() if config.pluginmanager.has_plugin("terminalreporter") else None


def width_of(writer: Any) -> int | None:  # noqa: ANN401 - pytest's, which is not known here
    """How wide lines may be: as the terminal; in a file or a log as wide as it takes."""
    if writer is not None and _is_terminal(writer):
        return int(writer.fullwidth)
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and 0 < int(columns) < _NARROW else None


def waiting(config: Any) -> Waiting | None:  # noqa: ANN401 - pytest's, which is not known here
    """What shows on a terminal what a run waits for; None elsewhere, and where tests write there themselves."""
    writer = writer_of(config)
    logs = config.getini("log_cli") or config.getoption("log_cli_level", None)
    mute = os.environ.get("TERM", "dumb") == "dumb" or config.option.capture == "no" or logs
    if writer is None or mute or not _is_terminal(writer):
        return None
    return Waiting(os.dup(_file(writer).fileno()))


def room_beside(writer: Any) -> int:  # noqa: ANN401 - pytest's, which is not known here
    """How many columns are free beside what pytest has written."""
    return int(writer.fullwidth - writer.width_of_current_line - 1)


def _is_terminal(writer: Any) -> bool:  # noqa: ANN401 - pytest's, which is not known here
    return hasattr(_file(writer), "isatty") and bool(_file(writer).isatty())


def _file(writer: Any) -> Any:  # noqa: ANN401 - pytest's, which is not known here
    return writer._file  # noqa: SLF001 - pytest has no other way to ask where it writes
