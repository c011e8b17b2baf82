"""A report as one page of HTML that asks for nothing else: no script, no font, no picture."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Report
from pytest_integration_contracts.reports.parts import (
    SEVERITY_WORDS,
    by_integration,
    headline,
    severities,
    unenforced,
    verdict_of,
    weight_of,
)
from pytest_integration_contracts.reports.styled import evidence, notes_of, word_of
from pytest_integration_contracts.reports.terminal import ago, sentences
from pytest_integration_contracts.wording import printable

_LONGEST: Final = 500
"""So many characters of one text are shown; no name or shape that a person reads is longer."""


def to_text(report: Report) -> str:
    """The report as a page. It works where scripts are forbidden, for it has none: folding and choosing are HTML's."""
    template = _environment().from_string(_part("report.html.jinja"))
    style = _part("report.css")
    changes = [change for finding in report.findings for change in finding.changes]
    return template.render(
        report=report,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii"),
        verdict=verdict_of(report),
        headline=" ".join(filter(None, headline(report))),
        sentences=sentences(report),
        parts=by_integration(report),
        total=severities(changes),
        severities=SEVERITY_WORDS,
        all_changes=len(changes),
    )


def _part(name: str) -> str:
    return (files("pytest_integration_contracts.reports") / name).read_text(encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    environment.globals |= {"sides": _sides, "why": _why, "notes": notes_of, "unenforced": unenforced}
    environment.filters |= {"ago": ago, "word": word_of, "weight": weight_of}
    return environment


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever a template shows
    """Text without what would turn it around, hide in it or break it, and not longer than a person reads."""
    if hasattr(value, "__html__"):  # made by a macro, of parts that came through here
        return value
    text = printable(str(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more characters)"


def _sides(change: Change) -> Mapping[str, tuple[str, str]]:
    """Before and after, each with how often it was seen."""
    before, after = evidence(change)
    counted = change.rule in RULES and RULES[change.rule].counted
    learned = f"learned from {before.rpartition(' of ')[2]}" if before and not counted else before
    return {"before": (change.before, learned), "after": (change.after, after)}


def _why(change: Change) -> str:
    """Why a change of this kind matters."""
    return RULES[change.rule].why if change.rule in RULES else ""
