"""What GraphQL queries select: a field that comes or goes with the query is no change of the upstream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pytest_integration_contracts.drift.places import ITEMS, VALUES
from pytest_integration_contracts.shapes.shape import Shape

SELECTED: Final = "query{}"
"""The member of a described request that holds what its query selects; no request has one of this name.

Below it, members are named as in the response; where that is an alias, `alias:field`.
"""

_DATA: Final = "data"


def selected(requests: Shape) -> Shape | None:
    """What requests select, None where that is not known. Those of a batch count together."""
    alone = requests.items if requests.items is not None else requests
    member = alone.fields.get(SELECTED) if alone.records else None
    return member.shape if member is not None and member.shape.records else None


def reselected(old: Shape | None, new: Shape | None, steps: Iterable[str]) -> str:
    """Why a place of a response has changed, a part of a sentence: the queries select something else there; or "".

    Args:
        old: What the old queries select.
        new: What the new ones select.
        steps: The place.
    """
    names = [step for step in steps if step not in {ITEMS, VALUES}]
    if old is None or new is None or names[:1] != [_DATA]:
        return ""
    for name in names[1:]:
        before, after = _keys(old, name), _keys(new, name)
        if before and after and before.keys() != after.keys():
            return "the query selects another field by this name"
        if not before and not after:
            return ""
        if sum(before.values()) != sum(after.values()):
            fewer = sum(after.values()) < sum(before.values())
            return "the query does not select it any more" if fewer else "the query selects it now"
        old, new = _below(old, before), _below(new, after)
        if old is None or new is None:
            return ""
    return ""


def _keys(shape: Shape, name: str) -> dict[str, int]:
    """Under which names a field is selected; 2 for one that all queries select, 1 for one that some do."""
    return {
        key: 2 if member.required else 1
        for key, member in shape.fields.items()
        if key == name or key.startswith(f"{name}:")
    }


def _below(shape: Shape, keys: dict[str, int]) -> Shape | None:
    below = shape.fields[min(keys)].shape
    return below if below.records else None
