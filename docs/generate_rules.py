"""Writes `rules.md` from the table of rules: `python docs/generate_rules.py`."""

from __future__ import annotations

from pathlib import Path

from pytest_integration_contracts.drift.rule import Rule
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.reports.changes import weighed, witness

HEAD = """\
# Rules

One rule for each kind of change, from the consumer's view: what a response has that it never had breaks code, what
merely did not occur does not. **Breaking** fails the test; **warning** and **compatible** are told. The severities are
those of the preset `standard`; [the policy](policy.md) says how presets, overrides and evidence change them.
`integration-contracts explain RULE` prints any of these.

| rule | severity | why |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    summary = "".join(_row(rule) for rule in RULES.values())
    return HEAD + summary + "".join(_section(rule) for rule in RULES.values())


def _row(rule: Rule) -> str:
    link = f"[`{rule.id}`](#{rule.id.replace('.', '')})"
    why = rule.why.replace("|", "\\|")
    return f"| {link} | {rule.severity.value} | {why} |\n"


def _section(rule: Rule) -> str:
    lines = [f"{rule.why} *To do:* {rule.remedy}", ""]
    if any(rule.example):
        lines += ["```text", f"before  {rule.example[0]}", f"after   {rule.example[1]}"]
        lines += [f"trips   {witness(rule)}"] if rule.witness else []
        lines += ["```", ""]
    lines += [f"- {rule.severity.value} in the preset standard", *(f"- {sentence}" for sentence in weighed(rule))]
    if rule.mirror and rule.mirror != rule.id:
        lines += [f"- the opposite: `{rule.mirror}`"]
    elif rule.one_way:
        lines += [f"- no opposite: {rule.one_way}"]
    lines += [f"- elsewhere: {rule.elsewhere}"] if rule.elsewhere else []
    return f"\n## {rule.id}\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("rules.md").write_text(page(), encoding="utf-8")
