"""Writes `detection.md` from the mutation corpus: `PYTHONPATH=tests python docs/generate_detection.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deepdiff import DeepDiff
from genson import SchemaBuilder
from jsonschema import Draft7Validator

from drift.mutations.corpus import Case, Unchanged, cases, unchanged
from drift.mutations.detector import found

HEAD: Final = """\
# What is found

The corpus in `tests/drift/mutations` takes an API that does not change, two independent samples of about thirty
responses each, and makes one change to one of them: a field renamed, a decimal quoted, half of the records without a
field, a list unwrapped. It does so at depths 0 to 4 and in records, in items of arrays, in values of maps and in one
variant of a union, there and back. The mutations are functions on JSON that know no rule; what must be said of each
stands in a table of its own.

Three detectors see the same bodies:

- **this package**, `diff(old, new)`, which must say exactly the one rule at exactly the one path, and nothing else,
  compatible changes and narrowings included;
- **genson + jsonschema**: a schema learned from the bodies before, and every body after validated against it. It
  counts as found where any error is at the right place, one step above it or one below, whatever the error says. A
  schema has no opinion about what is new and allowed, or merely missing from a sample, so it is silent there;
- **raw DeepDiff** of the first body before and the first body after, counted in the same way. It finds nearly every
  place, because it finds every value that differs: the second table is the price.

"""

FOOT: Final = """
How to read the last two columns: a finding at the right place is not yet the right finding. A renamed field is, to
both, one field gone (and to DeepDiff another one come); that a decimal was quoted or a list unwrapped is a type error.

Made by `PYTHONPATH=tests python docs/generate_detection.py`; the corpus is run by
`pytest tests/drift/mutations`, and counted by rule by `python tests/drift/mutations/score.py`.
"""

Place = tuple[str | int, ...]
Detector = Callable[[list[Any], list[Any]], list[Place]]


def by_schema(old: list[Any], new: list[Any]) -> list[Place]:
    """Where bodies violate the schema that genson learned from others."""
    builder = SchemaBuilder()
    for body in old:
        builder.add_object(body)
    validator = Draft7Validator(builder.to_schema())
    return [tuple(error.absolute_path) for body in new for error in validator.iter_errors(body)]


def by_value(old: list[Any], new: list[Any]) -> list[Place]:
    """Where the first bodies differ."""
    differences = DeepDiff(old[0], new[0], view="tree")
    return [tuple(level.path(output_format="list")) for levels in differences.values() for level in levels]


OTHERS: Final[tuple[Detector, ...]] = (by_schema, by_value)


@dataclass
class Row:
    """How many of one rule's cases each detector found."""

    cases: int = 0
    ours: int = 0
    others: tuple[int, ...] = (0, 0)

    def add(self, ours: bool, others: tuple[bool, ...]) -> None:  # noqa: FBT001 - what was found is a fact, not a flag
        """Counts one case."""
        self.cases += 1
        self.ours += ours
        self.others = tuple(count + one for count, one in zip(self.others, others, strict=True))


def page() -> str:
    """The whole page."""
    return HEAD + _found_by_rule() + "\n" + _false_findings() + FOOT


def _found_by_rule() -> str:
    rows: dict[str, Row] = {}
    total = Row()
    for case in cases():
        ours = found(*case.bodies, case.watched) == case.expected
        others = tuple(_credited(case, detector) for detector in OTHERS)
        for row in (rows.setdefault(case.rule, Row()), total):
            row.add(ours, others)
    lines = [
        "| rule | cases | found exactly: this package | at the right place: genson + jsonschema | raw DeepDiff |",
        "|---|---|---|---|---|",
        *(_row(f"`{rule}`" if "." in rule else rule, row) for rule, row in sorted(rows.items())),
        _row("**all**", total),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, row: Row) -> str:
    return f"| {name} | {row.cases} | {row.ours} | {' | '.join(map(str, row.others))} |"


def _credited(case: Case, detector: Detector) -> bool:
    """Whether the detector has a finding where the change is; where there is none, whether it is silent."""
    places = set(detector(*case.bodies))
    if not case.expected:
        return not places
    expected = [_steps(path) for _, path, related, _ in case.expected for path in (path, *related)]
    return any(_near(place, steps) for place in places for steps in expected)


_STEP: Final = re.compile(r"\.(\*|\w+)|\['([^']*)'\]|(\[\*\])")


def _steps(path: str) -> list[str]:
    return ["".join(parts) for parts in _STEP.findall(path)]


def _near(place: Place, steps: list[str]) -> bool:
    """Whether the place is the one of the steps, or one step above or below it."""
    if abs(len(place) - len(steps)) > 1:
        return False
    return all(
        expected == ("[*]" if isinstance(step, int) else "*") or expected == step
        for step, expected in zip(place, steps, strict=False)
    )


def _false_findings() -> str:
    pairs = list(unchanged())
    lines = [
        f"Of {len(pairs)} pairs of samples between which nothing changed:",
        "",
        "| | this package | genson + jsonschema | raw DeepDiff |",
        "|---|---|---|---|",
    ]
    findings = [[len(found(*pair.bodies)) for pair in pairs], *(list(_numbers(pairs, one)) for one in OTHERS)]
    lines.append(f"| pairs with a finding | {' | '.join(str(sum(map(bool, column))) for column in findings)} |")
    lines.append(f"| findings in all | {' | '.join(str(sum(column)) for column in findings)} |")
    return "\n".join(lines) + "\n"


def _numbers(pairs: list[Unchanged], detector: Detector) -> Iterator[int]:
    for pair in pairs:
        yield len(detector(*pair.bodies))


if __name__ == "__main__":
    Path(__file__).with_name("detection.md").write_text(page(), encoding="utf-8")
