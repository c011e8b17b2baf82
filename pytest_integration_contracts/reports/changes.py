"""Changes between two shapes, and one rule, written for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from pytest_integration_contracts.drift.rule import THICK, THIN, Rule
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Operation, Severity
from pytest_integration_contracts.reports.terminal import change_lines, difference, plain, printable


def as_text(changes: Sequence[Change]) -> str:
    """One line a change, in columns, and a line that counts them."""
    return "\n".join([plain(change_lines(changes)), _counted(changes)]).strip("\n")


def as_json(changes: Sequence[Change], operation: Operation) -> str:
    """A stable document: `{"changes": [...], "summary": {"breaking", "warning", "compatible"}}`.

    Args:
        changes: The changes.
        operation: What they are about; part of their fingerprints.
    """
    document = {
        "changes": [
            {
                "rule": change.rule,
                "severity": change.severity.value,
                "path": change.path,
                "before": change.before,
                "after": change.after,
                "evidence": {"baseline": list(change.baseline), "observed": list(change.observed)},
                "message": RULES[change.rule].why,
                "fingerprint": change.fingerprint(operation),
                "related_paths": list(change.related_paths),
            }
            for change in changes
        ],
        "summary": _summary(changes),
    }
    return json.dumps(document, indent=2)


def as_markdown(changes: Sequence[Change]) -> str:
    """A table, and a line that counts them."""
    rows = [
        f"| {change.severity.value} | `{change.rule}` | `{_cell(change.path)}` | {_cell(difference(change))} |"
        for change in changes
    ]
    head = ["| severity | rule | path | change |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, "", _counted(changes)] if rows else [_counted(changes)])


def explained(rule: Rule) -> str:
    """What a rule is about, in a few lines."""
    lines = [f"{rule.id}: {rule.severity.value}", f"  why      {rule.why}", f"  to do    {rule.remedy}"]
    if rule.witness:
        lines.append(f"  trips    {rule.witness.format(owner='customer', name='email')}")
    weighed = (
        (rule.thin, f"learned from fewer than {THIN} responses"),
        (rule.sibling, f"learned from fewer than {THIN} responses, and a sibling still has it"),
        (rule.thick, f"learned from at least {THICK} responses"),
        (rule.identifier, "an identifier"),
    )
    lines += [f"  {severity.value:<8} where {when}" for severity, when in weighed if severity]
    mirror = f"the opposite is {rule.mirror}" if rule.mirror else rule.one_way
    return "\n".join([*lines, f"  mirror   {mirror}"])


def _summary(changes: Sequence[Change]) -> dict[str, int]:
    counts = Counter(change.severity for change in changes)
    return {severity.value: counts[severity] for severity in Severity}


def _counted(changes: Sequence[Change]) -> str:
    return ", ".join(f"{number} {severity}" for severity, number in _summary(changes).items())


def _cell(text: str) -> str:
    return printable(text).replace("|", "\\|")
