"""What pytest shows and writes of contract tests, without secrets: tracebacks, captured output, logs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from pytest_integration_contracts.traffic.redaction import redact

Known = Callable[[], Iterable[str]]
"""Gives the secrets that are known now."""


def redact_report(report: Any, known: Iterable[str]) -> None:  # noqa: ANN401 - pytest's, which is not known here
    """Take secrets out of all that a `pytest.TestReport` is going to show: its traceback, sections and properties."""

    def clean(text: str) -> str:
        return redact(text, known)

    report.longrepr = _clean(report.longrepr, clean)
    report.sections = _clean(report.sections, clean)
    report.user_properties = _clean(report.user_properties, clean)


def _clean(shown: Any, clean: Callable[[str], str]) -> Any:  # noqa: ANN401 - whatever pytest has in a report
    if isinstance(shown, str):
        return clean(shown)
    if isinstance(shown, list | tuple):
        return type(shown)(_clean(each, clean) for each in shown)
    if hasattr(shown, "toterminal"):  # pytest's pieces of a traceback
        for name, part in list(vars(shown).items()):
            object.__setattr__(shown, name, _clean(part, clean))
    return shown


def redact_logs(config: Any, known: Known) -> None:  # noqa: ANN401 - pytest's, which is not known here
    """Let pytest's log file and its live log be written without secrets; what `caplog` sees stays as it is.

    Args:
        config: pytest's configuration, once its logging plugin is there.
        known: Gives the secrets that are known when a line is written.
    """
    plugin = config.pluginmanager.get_plugin("logging-plugin")
    for handler in (getattr(plugin, name, None) for name in ("log_file_handler", "log_cli_handler")):
        if isinstance(handler, logging.Handler) and handler.formatter is not None:
            handler.setFormatter(_Redacting(handler.formatter, known))


class _Redacting(logging.Formatter):
    def __init__(self, formatter: logging.Formatter, known: Known) -> None:
        super().__init__()
        self._formatter = formatter
        self._known = known

    def format(self, record: logging.LogRecord) -> str:
        return redact(self._formatter.format(record), self._known())
