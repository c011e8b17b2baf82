"""Changes between two shapes, and the rules, written for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_integration_contracts.drift.rule import THICK, THIN, Rule
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Operation, Severity
from pytest_integration_contracts.reports.styled import change_lines, difference, plain
from pytest_integration_contracts.shapes.kinds import DECLARED
from pytest_integration_contracts.wording import printable


@dataclass(frozen=True, slots=True)
class Section:
    """The changes of one kind of response.

    Attributes:
        response: `200 application/json`; "" where nothing says which response it is, or for the responses themselves.
        changes: What changed, worst first.
    """

    response: str
    changes: Sequence[Change]


def as_text(sections: Sequence[Section]) -> str:
    """One line a change, in columns, under the name of its response where there are several; then how many."""
    told = [section for section in sections if section.changes]
    blocks = [
        (f"{printable(section.response)}\n" if section.response and len(sections) > 1 else "")
        + plain(change_lines(section.changes)).strip("\n")
        for section in told
    ]
    return "\n".join([*blocks, _counted(sections)])


def as_json(sections: Sequence[Section], operation: Operation) -> str:
    """A stable document: `{"changes": [...], "summary": {"breaking", "warning", "compatible"}}`.

    Args:
        sections: The changes.
        operation: What they are about; part of their fingerprints.
    """
    document = {
        "changes": [
            _document(change, section.response, operation) for section in sections for change in section.changes
        ],
        "summary": _summary(sections),
    }
    return json.dumps(document, indent=2)


def _document(change: Change, response: str, operation: Operation) -> dict[str, Any]:
    document: dict[str, Any] = {
        "rule": change.rule,
        "severity": change.severity.value,
        "path": change.path,
        "before": change.before,
        "after": change.after,
        "evidence": {"baseline": _evidence(change.baseline), "observed": _evidence(change.observed)},
        "message": RULES[change.rule].why,
        "fingerprint": change.fingerprint(operation),
        "related_paths": list(change.related_paths),
    }
    spoken = {"response": response, "variant": change.variant, "note": change.note}
    return document | {name: text for name, text in spoken.items() if text}


def _evidence(counts: tuple[int, int]) -> list[int]:
    return [0, 0] if counts[1] >= DECLARED.responses else list(counts)


def as_markdown(sections: Sequence[Section]) -> str:
    """A table, and a line that counts them."""
    rows = [_row(change, section.response) for section in sections for change in section.changes]
    if not rows:
        return _counted(sections)
    head = ["severity", "rule", "path", "change", "note"]
    used = [column for column in range(len(head)) if any(row[column] for row in rows)]
    lines = [[row[column] for column in used] for row in (head, ["---"] * len(head), *rows)]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", _counted(sections)])


def _row(change: Change, response: str) -> list[str]:
    path = f"`{_cell(change.path)}`" + (f" ({_cell(change.variant)})" if change.variant else "")
    note = "; ".join(filter(None, (response, change.note)))
    return [change.severity.value, f"`{change.rule}`", path, _cell(difference(change)), _cell(note)]


def explained(rule: Rule) -> str:
    """All there is to say about a rule."""
    lines = [f"{rule.id}: {rule.severity.value}", *_labelled("why", [rule.why])]
    if any(rule.example):
        lines += [*_labelled("before", [rule.example[0]]), *_labelled("after", [rule.example[1]])]
    if rule.witness:
        lines += _labelled("trips", [witness(rule)])
    lines += _labelled("weighed", weighed(rule))
    lines += _labelled("to do", [rule.remedy])
    lines += _labelled("mirror", [_mirror(rule)])
    lines += _labelled("elsewhere", rule.elsewhere.split("; ") if rule.elsewhere else ["nobody else tells it"])
    return "\n".join([*lines, *_labelled("accept", _acceptance(rule))])


def rule_lines(rules: Iterable[Rule]) -> str:
    """Every rule in one line."""
    known = list(rules)
    width = max(len(rule.id) for rule in known)
    return "\n".join(f"{rule.severity.value:<10}  {rule.id:<{width}}  {rule.why}" for rule in known)


def weighed(rule: Rule) -> list[str]:
    """How evidence and presets change a rule's severity, one sentence each."""
    few = f"learned from fewer than {THIN} responses"
    conditions = (
        (rule.thin, f"where it was {few}"),
        (rule.sibling, f"where it was {few} and a sibling still has it"),
        (rule.lenient, f"in the preset lenient, where it was {few}"),
        (rule.thick, f"where it was learned from at least {THICK} responses"),
        (rule.identifier, "where the field is named like an identifier"),
        (rule.live, "where the upstream itself was asked"),
    )
    sentences = [f"{severity.value} {when}" for severity, when in conditions if severity]
    if Severity.WARNING in {rule.severity, rule.thin, rule.sibling, rule.live}:
        sentences.append("breaking in the preset strict, instead of a warning")
    if rule.narrowing:
        sentences.append("not told by runs: that something did not occur proves nothing")
    if rule.opt_in:
        sentences.append("off, unless an override in the manifest names it")
    return sentences or ["the same, whatever the evidence"]


def witness(rule: Rule) -> str:
    """The line of consumer code that trips over a rule's example: over the first field of the body or of its items."""
    body = json.loads(rule.example[0]) if rule.example[0].startswith("{") else {"email": ""}
    owner, (name, first) = "response", next(iter(body.items()))
    if len(body) == 1 and isinstance(first, list) and isinstance(first[0], dict):
        owner, name = name.removesuffix("s"), next(iter(first[0]))
    return rule.witness.format(owner=owner, name=name)


def _mirror(rule: Rule) -> str:
    if rule.mirror == rule.id:
        return "the opposite change is the same rule"
    return f"the opposite change is {rule.mirror}" if rule.mirror else f"none; {rule.one_way}"


def _acceptance(rule: Rule) -> Iterator[str]:
    yield "pytest --contracts-update     learns what changed, as the snapshot's next version"
    yield "integration-contracts accept  keeps it for a while, by the fingerprint that a failure shows"
    yield "or for good, in contracts.toml:"
    yield "[[policy.overrides]]"
    yield f'rule = "{rule.id}"'
    yield 'severity = "compatible"       # or "warning", "breaking", "off"'
    yield 'path = "$.a.place"            # this line, `operation` and `integration` may be left out'


def _labelled(label: str, texts: Iterable[str]) -> list[str]:
    return [f"  {label if not number else '':<9}  {text}" for number, text in enumerate(texts)]


def _summary(sections: Iterable[Section]) -> dict[str, int]:
    counts = Counter(change.severity for section in sections for change in section.changes)
    return {severity.value: counts[severity] for severity in Severity}


def _counted(sections: Iterable[Section]) -> str:
    return ", ".join(f"{number} {severity}" for severity, number in _summary(sections).items())


def _cell(text: str) -> str:
    return printable(text).replace("|", "\\|")
