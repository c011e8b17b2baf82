"""What an upstream's document says of responses that are not as it says, as changes: one for each cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Severity
from pytest_integration_contracts.shapes.kinds import DECLARED
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape
from pytest_integration_contracts.specs.media import is_json
from pytest_integration_contracts.specs.violation import Violation

_ALIKE: Final = "both are JSON"


def conformance_changes(violations: Sequence[Iterable[Violation]], body: Shape) -> list[Change]:
    """The violations of several responses of one kind: what has one cause in the document is one change.

    Args:
        violations: Those of each response.
        body: What the bodies look like: by it names of fields are told from keys that are data.
    """
    places: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    responses: dict[tuple[str, str, str, str], set[int]] = defaultdict(set)
    for number, found in enumerate(violations):
        for each in found:
            cause = (each.rule, each.pointer, each.declared, each.found)
            places[cause].add(f"header:{each.header}" if each.header else path_of(each.place, body))
            responses[cause].add(number)
    return [
        _change(cause, sorted(paths, key=lambda path: (len(path), path)), (len(responses[cause]), len(violations)))
        for cause, paths in places.items()
    ]


def undeclared(name: str) -> Change:
    """That the document does not have an operation.

    Args:
        name: What was asked: `GET /customers/{id}`.
    """
    rule = RULES["spec.operation-undeclared"]
    return Change(rule.id, "$", rule.severity, "nothing", f"{name} is not in the document")


def unusable(pointer: str) -> Change:
    """That what the document says about an operation cannot be used.

    Args:
        pointer: The operation's place in the document.
    """
    rule = RULES["spec.operation-unusable"]
    return Change(rule.id, "$", rule.severity, pointer, "nothing was held against it")


def _change(cause: tuple[str, str, str, str], paths: list[str], seen: tuple[int, int]) -> Change:
    rule, pointer, declared, found = cause
    alike = rule == "spec.media-undeclared" and is_json(found) and any(map(is_json, declared.split(", ")))
    return Change(
        rule=rule,
        path=paths[0],
        severity=Severity.COMPATIBLE if alike else RULES[rule].severity,
        before=f"{declared} ({pointer})",
        after=found,
        baseline=(DECLARED.responses, DECLARED.responses),
        observed=seen,
        note=_ALIKE if alike else "",
        related_paths=tuple(paths[1:]),
    )


def path_of(place: Iterable[str | int], body: Shape) -> str:
    """The JSONPath of a place in a body: all items of a list as one, and all values of a map.

    Args:
        place: Names of members and positions of items.
        body: What the body looks like. A member of an object that it does not know is a field.
    """
    path = "$"
    for step in place:
        if isinstance(step, int):
            path, body = items_path(path), body.items or UNKNOWN
            continue
        record = body.record
        if step not in record.fields and record.keyed:
            path, body = values_path(path), next(iter(record.keyed.values()))
            continue
        member = record.fields.get(step)
        path, body = field_path(path, step), member.shape if member else UNKNOWN
    return path
