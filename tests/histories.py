"""Histories of live runs, written as a row of marks, the oldest first."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Final

from pytest_integration_contracts.health.samples import OpenChange, RunRecord, Sample
from pytest_integration_contracts.health.store import Store
from pytest_integration_contracts.manifest.manifest import Integration, Manifest
from pytest_integration_contracts.manifest.monitoring import HealthSettings
from pytest_integration_contracts.model import Verdict

HOUR: Final = 3600.0
DAY: Final = 86400.0
CADENCE: Final = 6 * HOUR
NOW: Final = 1_800_000_000.0

VERDICTS: Final = {
    ".": Verdict.OK,
    "~": Verdict.CHANGED,
    "D": Verdict.DRIFT,
    "X": Verdict.DOWN,
    "A": Verdict.DENIED,
    "?": Verdict.UNVERIFIED,
    "o": Verdict.OURS,
}

LOST: Final = OpenChange(
    fingerprint="0123456789abcdef",
    severity="breaking",
    rule="property.removed",
    path="$.total",
    text="number, in 40 of 40 responses -> gone, in 3 of 3",
)
GAINED: Final = OpenChange(
    fingerprint="fedcba9876543210", severity="compatible", rule="property.added", path="$.gift", text="boolean"
)

_CAUSES: Final = {
    "D": "drifts",
    "X": "GET https://crm.example/orders/1 answered 503",
    "A": "GET https://crm.example/orders/1 answered 401",
    "?": "nothing was asked",
    "o": "test_orders failed by itself while the contract held",
}
_CHANGES: Final = {"D": (GAINED, LOST), "~": (GAINED,)}


def told(name: str, mark: str, operations: int) -> list[Sample]:
    """What a run says of an integration: of its first operation what the mark says, of all others that they hold."""
    first = Sample(
        integration=name,
        operation="GET /orders/{id}",
        verdict=VERDICTS[mark],
        cause=_CAUSES.get(mark, ""),
        answers=4,
        p50=0.2,
        p95=0.5,
        changes=_CHANGES.get(mark, ()),
    )
    others = (
        replace(first, operation=f"GET /more/{each}", verdict=Verdict.OK, cause="", changes=())
        for each in range(1, operations)
    )
    return [first, *others]


def keep(
    store: Store,
    name: str,
    marks: str,
    *,
    now: float = NOW,
    ago: float = HOUR,
    every: float = CADENCE,
    operations: int = 3,
    partial: str = "",
    maintenance: bool = False,
) -> None:
    """Append one run for each mark; the last ended so long ago."""
    for position, mark in enumerate(reversed(marks)):
        run = RunRecord(
            id=uuid.uuid4().hex, at=now - ago - position * every, commit="abc1234", host="runner-1", partial=partial
        )
        store.append(run, told(name, mark, operations), maintenance=[name] if maintenance else [])


def declares(*integrations: Integration, root: Path = Path()) -> Manifest:
    """A manifest of some integrations."""
    return Manifest(
        root=root,
        directory=root / "contracts",
        integrations={each.name: each for each in integrations},
        health=HealthSettings(),
    )
