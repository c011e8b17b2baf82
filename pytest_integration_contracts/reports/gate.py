"""Whether an integration's contract lets a deployment go on, and why: one screen, or JSON."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pytest_integration_contracts.model import Change, Finding, Operation, Severity, Verdict
from pytest_integration_contracts.reports.parts import is_document
from pytest_integration_contracts.reports.styled import changes_in_lines, plain
from pytest_integration_contracts.wording import counted, printable

_MOST: Final = 15
"""So many lines are shown of a kind: the answer must fit on one screen."""


class Outcome(enum.Enum):
    """What a gate says, with its exit code."""

    SAFE = ("safe", 0)
    BREAKING = ("breaking", 1)
    NO_DATA = ("no data", 3)

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Changed:
    """One operation whose snapshot is another one since the deployed commit.

    Attributes:
        operation: The operation.
        before: The version at that commit.
        after: The version now.
        changes: What changed, worst first.
    """

    operation: Operation
    before: str
    after: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Gated:
    """All that decides about one integration.

    Attributes:
        integration: Its name.
        ref: What was deployed, in the words of who asks.
        commit: The commit that it means.
        head: The commit that is checked out.
        changed: What changed in the snapshots since then.
        broken: Findings of the last run that break: drift, and credentials that were denied.
        verified: How many operations the last run found to hold.
        unknown: What is not known and would have to be, one sentence each.
        notes: What a person should know all the same.
        owner: Who owns the integration.
        runbook: Where its runbook is.
        contact: Whom to call upstream.
    """

    integration: str
    ref: str
    commit: str
    head: str
    changed: tuple[Changed, ...] = ()
    broken: tuple[Finding, ...] = ()
    verified: int = 0
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    owner: str = ""
    runbook: str = ""
    contact: str = ""

    @property
    def breaking(self) -> int:
        """How many changes since the deployed commit break."""
        return sum(change.severity is Severity.BREAKING for each in self.changed for change in each.changes)

    @property
    def outcome(self) -> Outcome:
        """What breaks goes first; nothing is safe of which something is not known."""
        if self.breaking or self.broken:
            return Outcome.BREAKING
        return Outcome.NO_DATA if self.unknown else Outcome.SAFE


def as_text(gated: Gated) -> str:
    """Why, on one screen."""
    answer = f"{printable(gated.integration)}: {gated.outcome.value[0].upper()}"
    told = [
        f"{answer} since {printable(gated.ref)} ({gated.commit[:12]})",
        *_cut([*_changed(gated)], f"integration-contracts log {gated.integration}"),
        *_cut([*_broken(gated)], "the report has them"),
        *_cut([f"  no data: {printable(each)}" for each in gated.unknown], "--format json lists them"),
        *_cut([f"  {printable(each)}" for each in gated.notes], "--format json lists them"),
    ]
    if gated.outcome is Outcome.SAFE:
        told.append(f"  {counted(gated.verified, 'operation')} verified, nothing breaks")
    called = (("owner", gated.owner), ("runbook", gated.runbook), ("upstream", gated.contact))
    whom = " · ".join(f"{label} {printable(value)}" for label, value in called if value)
    if gated.outcome is not Outcome.SAFE:
        told.append(whom or f"nobody is named for {printable(gated.integration)}: fill in contracts.toml")
    return "\n".join(told)


def _changed(gated: Gated) -> Iterator[str]:
    for each in gated.changed:
        grave = [change for change in each.changes if change.severity is Severity.BREAKING]
        rest = len(each.changes) - len(grave)
        beside = f", {rest} {'more that breaks' if rest == 1 else 'more that break'} nothing" if rest else ""
        yield f"  {printable(each.operation.name)} ({each.before} -> {each.after}){beside}"
        yield from (f"  {plain(lines[:1])}" for lines in changes_in_lines(grave))


def _broken(gated: Gated) -> Iterator[str]:
    for finding in gated.broken:
        against = "it documented otherwise" if is_document(finding.snapshot) else "what its snapshot has not"
        what = printable(finding.problem) if finding.problem else f"the last run found {against}"
        yield f"  {finding.verdict.value}: {printable(finding.operation.name)}: {what}"
        grave = [change for change in finding.changes if change.severity is Severity.BREAKING]
        yield from (f"  {plain(lines[:1])}" for lines in changes_in_lines(grave))


def _cut(lines: list[str], where: str) -> list[str]:
    left = len(lines) - _MOST
    return lines if left <= 0 else [*lines[:_MOST], f"  and {left} more lines ({printable(where)})"]


def as_json(gated: Gated) -> str:
    """A stable document with all of it."""
    name, code = gated.outcome.value
    document: dict[str, Any] = {
        "gate": name,
        "exit": code,
        "integration": gated.integration,
        "since": {"ref": gated.ref, "commit": gated.commit},
        "head": gated.head,
        "changed": [
            {
                "operation": each.operation.name,
                "before": each.before,
                "after": each.after,
                "changes": [_change(change, each.operation) for change in each.changes],
            }
            for each in gated.changed
        ],
        "broken": [
            {
                "operation": each.operation.name,
                "response": each.response,
                "verdict": each.verdict.value,
                "problem": each.problem,
                "changes": [_change(change, each.operation) for change in each.changes],
            }
            for each in gated.broken
        ],
        "verified": gated.verified,
        "no_data": list(gated.unknown),
        "notes": list(gated.notes),
        **{key: getattr(gated, key) for key in ("owner", "runbook", "contact")},
    }
    return json.dumps(document, indent=2)


def _change(change: Change, operation: Operation) -> dict[str, Any]:
    return {**dataclasses.asdict(change), "fingerprint": change.fingerprint(operation)}


BREAKS: Final = frozenset({Verdict.DRIFT, Verdict.DENIED})
"""The verdicts that keep a deployment from going on; all others that fail are no data."""
