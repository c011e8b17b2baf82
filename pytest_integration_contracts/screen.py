"""What pytest writes to, and how it is written there: colours, widths, and what is waited for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TextIO

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_integration_contracts.reports.progress import Waiting
    from pytest_integration_contracts.reports.terminal import Line

_NARROW: Final = 80
"""A pipe is as wide as it takes, unless COLUMNS says less than what every terminal has."""


class ContractFailure(TerminalRepr):
    """A failed contract as pytest shows it."""

    def __init__(self, lines: list[Line], reprcrash: ReprFileLocation | None) -> None:
        self._lines = lines
        self.reprcrash = reprcrash

    def toterminal(self, tw: TerminalWriter) -> None:
        from pytest_integration_contracts.reports.narrow import fitted

        write(tw, fitted(self._lines, width(tw)))


_MARKUP = {
    "title": {"bold": True},
    "breaking": {"red": True, "bold": True},
    "warning": {"yellow": True},
    "good": {"green": True},
    "quiet": {"light": True},
}


def write(writer: TerminalWriter | pytest.TerminalReporter, lines: Iterable[Line]) -> None:
    """Write lines in pytest's colours, where there are any."""
    for line in lines:
        for position, span in enumerate(line):
            text = span.text.rstrip() if position == len(line) - 1 else span.text
            writer.write(text, **_MARKUP.get(span.style.value, {}))
        writer.write("\n")


def is_verbose(config: pytest.Config) -> bool:
    """Whether what is otherwise only counted should be shown."""
    return config.get_verbosity() > 0


def writer_of(config: pytest.Config) -> TerminalWriter | None:
    """What pytest writes with; xdist's workers have none."""
    return config.get_terminal_writer() if config.pluginmanager.has_plugin("terminalreporter") else None


def width(writer: TerminalWriter | None) -> int | None:
    """How wide lines may be: as the terminal; in a file or a log as wide as it takes."""
    if writer is not None and _is_terminal(writer):
        return writer.fullwidth
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and 0 < int(columns) < _NARROW else None


def waiting(config: pytest.Config) -> Waiting | None:
    """What shows on a terminal what a run waits for; None elsewhere, and where tests write there themselves."""
    writer = writer_of(config)
    logs = config.getini("log_cli") or config.getoption("log_cli_level", None)
    mute = os.environ.get("TERM", "dumb") == "dumb" or config.option.capture == "no" or logs
    if writer is None or mute or not _is_terminal(writer):
        return None
    from pytest_integration_contracts.reports.progress import Waiting

    return Waiting(os.dup(_file(writer).fileno()))


def room(config: pytest.Config) -> int:
    """How many columns are free beside what pytest has written."""
    writer = config.get_terminal_writer()
    return writer.fullwidth - writer.width_of_current_line - 1


def _is_terminal(writer: TerminalWriter) -> bool:
    return hasattr(_file(writer), "isatty") and _file(writer).isatty()


def _file(writer: TerminalWriter) -> TextIO:
    return writer._file  # noqa: SLF001 - pytest has no other way to ask where it writes
