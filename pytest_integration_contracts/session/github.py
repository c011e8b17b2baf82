"""What a run tells GitHub Actions by itself: annotations, and the summary of the step."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pytest_integration_contracts.model import Change, Report
from pytest_integration_contracts.reports.github import NOWHERE, Spot, commands, complaint
from pytest_integration_contracts.reports.lines import SnapshotText
from pytest_integration_contracts.reports.markdown import cut, to_markdown
from pytest_integration_contracts.reports.parts import is_document
from pytest_integration_contracts.session.settings import Settings
from pytest_integration_contracts.traffic.operations import Name, is_placeholder

_SUMMARY: Final = "GITHUB_STEP_SUMMARY"
_SUMMARY_LIMIT: Final = 1024 * 1024
"""A larger summary GitHub does not show at all."""


def runs_there(settings: Settings) -> bool:
    """Whether this is a step of a workflow."""
    return settings.environment.get("GITHUB_ACTIONS") == "true"


def told(report: Report, settings: Settings) -> list[str]:
    """Add the report to the step's summary.

    Returns:
        The workflow commands to print, each on a line of its own. What cannot be written is said there.
    """
    spots = _Spots(settings)
    problem = _summarise(report, settings.environment.get(_SUMMARY, ""))
    return [*([complaint(problem)] if problem else []), *commands(report, spots.locate)]


def _summarise(report: Report, name: str) -> str:
    """Append to the summary's file what fits; what keeps it from that, or ""."""
    if not name:
        return f"{_SUMMARY} names no file, so the step has no summary of its contracts"
    path = Path(name)
    try:
        with path.open("ab") as stream:
            beside = stream.tell()  # what earlier commands of the step have said
            text = ("\n" if beside else "") + to_markdown(report)
            stream.write(cut(text, _SUMMARY_LIMIT - beside).encode("utf-8"))
    except OSError as error:
        return f"{_SUMMARY}: {path} cannot be written: {error.strerror or error}"
    return ""


_PATH = re.compile(r'\s{1,4}"(/[^"]*)": \{')


def _paths_in(path: Path) -> dict[str, int]:
    """The lines of the paths in a document, as it is kept: one member a line. Nothing of it is parsed."""
    lines = {"": 1}
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            for number, line in enumerate(stream, 1):
                found = _PATH.match(line)
                if found:
                    lines.setdefault(found[1], number)
    except OSError:
        return lines
    return lines


def _ends_like(asked: Sequence[str], template: Sequence[str]) -> bool:
    """Whether a template is a path, below whatever tells one of the integration's URLs from its first."""
    mine = asked[len(asked) - len(template) + 1 :] if len(template) <= len(asked) else ()
    return len(mine) == len(template) - 1 and all(
        one == other or (is_placeholder(one) and is_placeholder(other))
        for one, other in zip(mine, template[1:], strict=True)
    )


class _Spots:
    """Finds lines in the files that a report names; each file is read once."""

    def __init__(self, settings: Settings) -> None:
        self._from = settings.invoked_from
        self._workspace = Path(settings.environment.get("GITHUB_WORKSPACE") or settings.root).resolve()
        self._texts: dict[str, SnapshotText | None] = {}
        self._paths: dict[str, dict[str, int]] = {}

    def locate(self, name: str, response: str, change: Change | None, operation: str) -> Spot:
        """Where a change stands; on no file where that is not there, or not in the workspace."""
        path = self._from / name
        file = self._in_workspace(path) if name else ""
        if not file or (change is None and not path.is_file()):
            return NOWHERE
        if change is None:
            return Spot(file, 1)
        if is_document(name):
            return Spot(file, self._declared(path, operation))
        text = self._text(path)
        return Spot(file, text.line(response, change)) if text else NOWHERE

    def _text(self, path: Path) -> SnapshotText | None:
        if path.as_posix() not in self._texts:
            try:
                text = SnapshotText(path.read_text(encoding="utf-8", errors="replace"))
            except OSError:
                self._texts[path.as_posix()] = None
            else:
                self._texts[path.as_posix()] = text
        return self._texts[path.as_posix()]

    def _declared(self, path: Path, operation: str) -> int:
        """The line on which a document has the path of an operation, or one that ends like it; else the first."""
        if path.as_posix() not in self._paths:
            self._paths[path.as_posix()] = _paths_in(path)
        asked = Name.of(operation).segments
        lines = self._paths[path.as_posix()]
        fitting = (template for template in lines if _ends_like(asked, template.split("/")))
        return lines[max(fitting, key=len, default="")]

    def _in_workspace(self, path: Path) -> str:
        try:
            relative = Path(os.path.relpath(path.resolve(), self._workspace)).as_posix()
        except (OSError, ValueError):  # another drive
            return ""
        return "" if relative.startswith("../") else relative
