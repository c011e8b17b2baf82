"""A report by integration, worst first: what every kind of file shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from pytest_integration_contracts.manifest.file import is_published
from pytest_integration_contracts.model import Change, Finding, Report, Severity, Verdict

DOCUMENT: Final = "OpenAPI document"
SCHEMA: Final = "GraphQL schema"
"""What upstreams publish, as reports call it."""

NO_INTEGRATION: Final = "(no integration)"
"""What stands for the integration of what is about none: that a test exchanged nothing with anyone."""

SEVERITY_WORDS: Final = {Severity.BREAKING: "breaking", Severity.WARNING: "warning", Severity.COMPATIBLE: "new"}
"""As the terminal has them."""

GRAVEST: Final = tuple(Verdict)
"""The gravest verdict first."""

_OF_ONE: Final = {
    Verdict.DRIFT: "broke its contract",
    Verdict.DENIED: "refused our credential",
    Verdict.DOWN: "is down",
}
_OF_MANY: Final = {
    Verdict.DRIFT: "integrations broke their contracts",
    Verdict.DENIED: "integrations refused our credentials",
    Verdict.DOWN: "integrations are down",
}
_OF_NONE: Final = {
    Verdict.UNVERIFIED: "Not everything was verified",
    Verdict.OURS: "The contracts hold, our own code failed",
    Verdict.CHANGED: "Nothing broke, something is new",
    Verdict.OK: "Every contract holds",
}


class Headline(NamedTuple):
    """What a whole run says, in a few words.

    Attributes:
        subject: The integration it is about, "" where there is not exactly one.
        words: What is said.
    """

    subject: str
    words: str


class Contact(NamedTuple):
    """Whom to call about an integration."""

    owner: str = ""
    runbook: str = ""
    contact: str = ""
    credentials: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One integration in a report.

    Attributes:
        name: Its name.
        contact: Whom to call.
        findings: What was found, worst first; what holds at the end.
    """

    name: str
    contact: Contact
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest of its findings."""
        return gravest(finding.verdict for finding in self.findings)

    @property
    def operations(self) -> int:
        """How many operations were looked at."""
        return len({(each.operation, each.snapshot) for each in self.findings if not is_document(each.snapshot)})

    @property
    def told(self) -> tuple[Finding, ...]:
        """The findings that have something to say."""
        return tuple(finding for finding in self.findings if finding.changes or finding.problem)

    @property
    def troubled(self) -> bool:
        """Whether something kept any of it from being compared."""
        return any(finding.problem for finding in self.findings)

    @property
    def changes(self) -> Counter[Severity]:
        """How many changes of each severity there are."""
        return severities(change for finding in self.findings for change in finding.changes)


def is_document(path: str) -> bool:
    """Whether a file is what an upstream publishes, and no snapshot."""
    return is_published(PurePosixPath(path))


def kind_of(path: str) -> str:
    """What a file is: a snapshot, or which of the things that an upstream publishes."""
    if not is_document(path):
        return "snapshot"
    return SCHEMA if path.endswith(".graphql") else DOCUMENT


def by_integration(report: Report) -> tuple[Part, ...]:
    """The integrations of a report, worst first; two manifests may each have one of the same name."""
    groups: dict[tuple[str, Contact], list[Finding]] = {}
    for finding in report.findings:
        contact = Contact(finding.owner, finding.runbook, finding.contact, finding.credentials)
        groups.setdefault((finding.operation.integration or NO_INTEGRATION, contact), []).append(finding)
    parts = [Part(name, contact, tuple(sorted(found, key=_weight))) for (name, contact), found in groups.items()]
    return tuple(sorted(parts, key=lambda part: (_weight(part.findings[0])[:2], part.name, part.contact)))


def severities(changes: Iterable[Change]) -> Counter[Severity]:
    """How many changes of each severity there are; what is accepted counts as a warning."""
    return Counter(map(weight_of, changes))


def weight_of(change: Change) -> Severity:
    """How grave a change is to a reader: what is accepted is to be known, and breaks nothing."""
    return Severity.WARNING if change.severity is Severity.BREAKING and not change.breaks else change.severity


def unenforced(finding: Finding) -> str:
    """Why what is wrong fails nothing, "" where it does or where nothing is wrong."""
    wrong = finding.problem or any(change.breaks for change in finding.changes)
    return f'not enforced: the manifest says enforce = "{finding.enforce}"' if wrong and not finding.is_enforced else ""


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest of verdicts; `OK` where there are none."""
    return min(verdicts, key=GRAVEST.index, default=Verdict.OK)


def verdict_of(report: Report) -> Verdict:
    """What a whole run says, as far as the manifest enforces it.

    A run that did not come to its end, or that checked nothing, is never `OK`.
    """
    verdicts = [
        finding.verdict if finding.is_enforced or finding.verdict is Verdict.OK else Verdict.CHANGED
        for finding in report.findings
    ]
    if report.ours:
        verdicts.append(Verdict.OURS)
    if report.errors or report.unchecked or not (report.findings or report.learned):
        verdicts.append(Verdict.UNVERIFIED)
    found = gravest(verdicts)
    return Verdict.UNVERIFIED if report.fails and found in {Verdict.OK, Verdict.CHANGED} else found


def headline(report: Report) -> Headline:
    """What a whole run says, in a few words."""
    if not report.findings and not report.learned:
        return Headline("", "Nothing was checked")
    verdict = verdict_of(report)
    if report.learned and verdict in {Verdict.OK, Verdict.CHANGED}:
        return Headline("", "Contracts were learned: review and commit them")
    if verdict is Verdict.UNVERIFIED and any(each.fails for each in report.outdated) and not report.errors:
        return Headline("", "Recordings are too old")
    if verdict in _OF_NONE:
        return Headline("", _OF_NONE[verdict])
    names = sorted(
        {
            part.name
            for part in by_integration(report)
            if any(finding.verdict is verdict for finding in part.findings if finding.is_enforced)
        }
    )
    return (
        Headline(names[0], _OF_ONE[verdict]) if len(names) == 1 else Headline("", f"{len(names)} {_OF_MANY[verdict]}")
    )


def _weight(finding: Finding) -> tuple[int, int, str, str]:
    breaking = severities(finding.changes)[Severity.BREAKING]
    return GRAVEST.index(finding.verdict), -breaking, finding.operation.name, finding.response
