"""What the product says about two sets of bodies, in the corpus's words."""

from __future__ import annotations

from drift.mutations.corpus import Found
from drift.mutations.records import JSON
from pytest_integration_contracts import diff


def found(old: list[JSON], new: list[JSON], watched: str = "") -> list[Found]:
    """Every change, sorted: narrowings and compatible ones among them.

    Args:
        old: The bodies before.
        new: The bodies after.
        watched: A rule that is told only where the consumer asks for it, and here does.
    """
    changes = diff(old, new, overrides=_asking_for(watched)) if watched else diff(old, new)
    return sorted(
        (change.rule, change.path, tuple(change.related_paths), getattr(change, "variant", "")) for change in changes
    )


def _asking_for(rule: str) -> object:
    from pytest_integration_contracts.manifest.manifest import Override

    return (Override(rule=rule, severity="warning"),)
