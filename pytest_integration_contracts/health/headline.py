"""Whether the data flows the way it should, in one sentence."""

from __future__ import annotations

from collections import Counter
from typing import Final

from pytest_integration_contracts.health.assessment import Health, Overview

_SAID: Final = {
    Health.DRIFT: ("drifts", "drift"),
    Health.DENIED: ("is denied", "are denied"),
    Health.DOWN: ("is down", "are down"),
    Health.OURS: ("fails in our own code", "fail in our own code"),
    Health.STALE: ("is stale", "are stale"),
    Health.UNVERIFIED: ("is unverified", "are unverified"),
}


def headline(overview: Overview) -> str:
    """`197 of 200 integrations hold; 2 are down, 1 is stale`."""
    counts = Counter(each.health for each in overview.assessments)
    total = len(overview.assessments)
    holding = sum(each.is_good for each in overview.assessments)
    if not total:
        return "Nobody knows: no integration is declared"
    if holding == total:
        return "The one integration holds" if total == 1 else f"All {total} integrations hold"
    others = ", ".join(
        f"{counts[health]} {said[counts[health] > 1]}" for health, said in _SAID.items() if counts[health]
    )
    noun, verb = ("integration", "holds") if total == 1 else ("integrations", "holds" if holding == 1 else "hold")
    return f"{holding} of {total} {noun} {verb}; {others}"
