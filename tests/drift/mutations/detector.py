"""What the product says about two sets of bodies, in the corpus's words."""

from __future__ import annotations

from drift.mutations.corpus import Found
from drift.mutations.records import JSON
from pytest_integration_contracts import diff


def found(old: list[JSON], new: list[JSON]) -> list[Found]:
    """Every change, sorted: narrowings and compatible ones among them."""
    return sorted(
        (change.rule, change.path, tuple(change.related_paths), getattr(change, "variant", ""))
        for change in diff(old, new)
    )
