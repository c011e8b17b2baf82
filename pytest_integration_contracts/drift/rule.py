"""What a rule is: one kind of change, as a row of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pytest_integration_contracts.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of change.

    Attributes:
        id: `area.thing-that-happened`.
        severity: What it means to a consumer in the preset `standard`.
        why: One sentence: what goes wrong downstream.
        remedy: What a consumer can do about it.
        mirror: The rule for the opposite change, or "" where `one_way` says why there is none.
        one_way: Why the opposite change has no rule.
        witness: A line of consumer code that trips over it, and how: the error it raises, or what it silently gets.
            `{owner}` and `{name}` stand for the place. "" for none.
        narrowing: The observation has less than the snapshot. That something did not occur proves nothing, so runs
            do not report it; a comparison of two versions does.
        counted: The report says how often each side was seen, since the severity rests on it.
        example: The body before and after, as JSON texts: the smallest that show it.
        elsewhere: Who else calls it what, and how grave they hold it, or "".
        lenient: The severity in the preset `lenient` where the baseline has fewer than `THIN` responses.
        thin: The severity in the presets `standard` and `lenient` where the baseline has fewer than `THIN` responses.
        sibling: The severity where the baseline is thin and a sibling in the same observation still has the field.
        thick: The severity where the baseline has at least `THICK` responses.
        identifier: The severity at a place that is named like an identifier.
        live: The severity where the observation came from the upstream itself, not from a recording.
        opt_in: Whether the rule is off unless the manifest turns it on.
    """

    id: str
    severity: Severity
    why: str
    remedy: str
    mirror: str = ""
    one_way: str = ""
    witness: str = ""
    narrowing: bool = False
    counted: bool = False
    example: tuple[str, str] = ("", "")
    elsewhere: str = ""
    lenient: Severity | None = None
    thin: Severity | None = None
    sibling: Severity | None = None
    thick: Severity | None = None
    identifier: Severity | None = None
    live: Severity | None = None
    opt_in: bool = False


THIN: Final = 5
"""Fewer responses than this are a thin baseline."""

THICK: Final = 20
"""From this many responses on, a baseline carries a claim about formats."""
