"""A report as GitHub's workflow commands: annotations on the lines of snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from pytest_integration_contracts.model import Change, Finding, Report, Severity
from pytest_integration_contracts.reports.parts import GRAVEST, by_integration, unenforced
from pytest_integration_contracts.reports.styled import difference, notes_of
from pytest_integration_contracts.wording import printable

MOST: Final = 10
"""So many annotations of a kind GitHub shows for a step; the rest it drops without a word."""

_TITLE: Final = "contracts"


class Spot(NamedTuple):
    """A line of a file. Without a file the annotation stands on none."""

    file: str = ""
    line: int = 0


NOWHERE: Final = Spot()


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation: `error` or `warning`, with a title, a text of lines, and where it stands."""

    level: str
    title: str
    lines: Sequence[str]
    spot: Spot = NOWHERE

    def command(self) -> str:
        """The workflow command that makes it; nothing in it can begin another."""
        spot = self.spot if self.spot.file.isprintable() else NOWHERE  # a name that no line can hold
        members = (("file", spot.file), ("line", str(spot.line or "")), ("title", printable(self.title)))
        told = ",".join(f"{name}={_property(value)}" for name, value in members if value)
        return f"::{self.level} {told}::{_text(chr(10).join(map(printable, self.lines)))}"


Locate = Callable[[str, str, Change | None, str], Spot]
"""Given a file as the report names it, the kind of response, the change and the operation's name: where that stands."""


def commands(report: Report, locate: Locate) -> list[str]:
    """The commands for a report: the worst first, of each level no more than GitHub shows.

    Args:
        report: The report.
        locate: Finds the line of a change; without one, the file's first line.
    """
    found = list(_annotations(report, locate))
    return [
        each.command()
        for level in ("error", "warning")
        for each in _capped(level, [one for one in found if one.level == level])
    ]


def complaint(text: str) -> str:
    """The command for what is to be said about the report itself."""
    return Annotation("warning", _TITLE, [text]).command()


def _capped(level: str, found: Sequence[Annotation]) -> list[Annotation]:
    if len(found) <= MOST:
        return list(found)
    left = len(found) - MOST + 1
    told = f"{left} more {level}s are not shown here: the step's summary and the log have all of them"
    return [*found[: MOST - 1], Annotation(level, _TITLE, [told])]


def _annotations(report: Report, locate: Locate) -> Iterator[Annotation]:
    yield from (Annotation("error", _TITLE, [error]) for error in report.errors)
    findings = [finding for part in by_integration(report) for finding in part.told]
    yield from _of_changes(findings, "error", locate)
    for finding in sorted((each for each in findings if each.problem), key=lambda each: GRAVEST.index(each.cause)):
        spot = locate(finding.snapshot, finding.response, None, finding.operation.name)
        yield Annotation(
            "error" if finding.is_enforced else "warning",
            _title(finding, finding.cause.value),
            [finding.problem, *_footer(finding)],
            spot,
        )
    yield from _of_changes(findings, "warning", locate)
    for old in report.outdated:
        told = [f"{old.cassette} is older than max_age {old.max_age}", *([report.renewal] if report.renewal else [])]
        yield Annotation("error" if old.fails else "warning", "old recording", told, locate(old.cassette, "", None, ""))
    for test in report.unchecked:
        yield Annotation("warning", "not checked", [f"{test} did not come to its end, so nothing is known"])


def _of_changes(findings: Sequence[Finding], level: str, locate: Locate) -> Iterator[Annotation]:
    for finding in findings:
        for change in finding.changes:
            if _level(finding, change) == level:
                spot = locate(finding.snapshot, finding.response, change, finding.operation.name)
                yield Annotation(level, _title(finding, change.rule), _told(finding, change), spot)


def _level(finding: Finding, change: Change) -> str:
    """What fails is an error; what is accepted, or not enforced, is a warning; what is new is none of both."""
    if change.breaks and finding.is_enforced:
        return "error"
    return "" if change.severity is Severity.COMPATIBLE else "warning"


def _title(finding: Finding, what: str) -> str:
    return " ".join(filter(None, (finding.operation.integration, finding.operation.name))) + f": {what}"


def _told(finding: Finding, change: Change) -> list[str]:
    place = f"{change.path} where {change.variant}" if change.variant else change.path
    return [
        f"{place}: {difference(change)}",
        *filter(None, (change.witness, *notes_of(change), unenforced(finding))),
        *_footer(finding),
    ]


def _footer(finding: Finding) -> Iterator[str]:
    named = (("owner", finding.owner), ("runbook", finding.runbook), ("upstream", finding.contact))
    told = " · ".join(f"{label} {value}" for label, value in named if value)
    yield from filter(None, (told, finding.remedy if finding.fails else ""))


def _text(text: str) -> str:
    """A command's text, escaped as GitHub's own toolkit does it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
