"""Writes `rules.md` from the table of rules: `python docs/generate_rules.py`."""

from __future__ import annotations

from pathlib import Path

from pytest_integration_contracts.drift.rule import THICK, THIN, Rule
from pytest_integration_contracts.drift.rules import RULES

HEAD = f"""\
# Rules

One row for each kind of change. **Breaking** fails the test, **warning** and **compatible** are told. Where the
severity rests on evidence, the last column says how: a thin baseline has fewer than {THIN} responses, a thick one at
least {THICK}.

| rule | severity | why | what to do | evidence |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_row(rule) for rule in RULES.values())


def _row(rule: Rule) -> str:
    cells = (f"`{rule.id}`", rule.severity.value, rule.why, rule.remedy, _evidence(rule))
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |\n"


def _evidence(rule: Rule) -> str:
    parts = [
        f"{severity.value} {when}"
        for severity, when in (
            (rule.thin, "from a thin baseline"),
            (rule.sibling, "from a thin baseline where a sibling still has it"),
            (rule.thick, "from a thick baseline"),
            (rule.identifier, "for identifiers"),
        )
        if severity is not None
    ]
    if rule.narrowing:
        parts.append("not told by runs")
    return "; ".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("rules.md").write_text(page(), encoding="utf-8")
