"""An integration's last runs as a bar for each: drawn small, told in words, and kept so that a script can list them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from pytest_integration_contracts.health.assessment import Assessment
from pytest_integration_contracts.health.samples import IntegrationRun
from pytest_integration_contracts.health.times import moment
from pytest_integration_contracts.model import Verdict

SLOTS: Final = 90
"""How many bars there are: runs, and gaps where one was due and none came."""

_MOST_MISSING: Final = 12
_PATIENCE: Final = 0.75
"""So many cadences late a run may be, and is not missing yet."""

_STEP: Final = 4
_SHAPES: Final = {
    "drift": "V0",
    "denied": "V14m0-4V0",
    "down": "v-4m0-3v-4m0-3v-4m0-3V0",
    "ours": "V7",
    "unverified": "v-5",
    "changed": "V12",
    "ok": "V16",
    "maintenance": "v-2",
    "missing": "v-1",
}
"""The stroke of a bar, from its foot at 24 upwards: each kind has its own height or pattern, beside its colour."""


class Bar(NamedTuple):
    """Bars of one kind, as the path of an SVG."""

    kind: str
    path: str


Slots = Sequence[IntegrationRun | int]
"""Runs, the oldest first, and between them how many are missing."""


def slots(each: Assessment, now: float) -> Slots:
    """The last runs, and where runs are missing how many: by the declared cadence, or else by the actual one."""
    cadence = each.cadence or each.actual_cadence or 0.0
    found: list[IntegrationRun | int] = []
    ends = [*(run.run.at for run in each.runs[1:]), now]
    for run, end in zip(each.runs, ends, strict=False):
        missing = int((end - run.run.at) / cadence - _PATIENCE) if cadence else 0
        found += [run, missing] if missing > 0 else [run]
    return found


def bars(row: Slots) -> list[Bar]:
    """Paths that draw the last slots, the newest at the right edge of a box that is 360 wide and 24 high."""
    kinds = [kind for slot in row for kind in _kinds(slot)][-SLOTS:]
    first = SLOTS - len(kinds)
    places = {kind: [first + at for at, each in enumerate(kinds) if each == kind] for kind in dict.fromkeys(kinds)}
    return [Bar(kind, "".join(f"M{2 + _STEP * at} 24{_SHAPES[kind]}" for at in found)) for kind, found in places.items()]


def _kinds(slot: IntegrationRun | int) -> list[str]:
    if isinstance(slot, int):
        return ["missing"] * min(slot, _MOST_MISSING)
    return ["maintenance" if slot.maintenance else str(slot.verdict)]


def told(row: Slots) -> str:
    """The same in words: `90 runs, 2026-11-05 04:10 UTC to 2026-11-28 04:10 UTC: 88 ok, 2 down; 1 missing`."""
    runs = [slot for slot in row if isinstance(slot, IntegrationRun)]
    if not runs:
        return "no run yet"
    counts = Counter(kind for run in runs for kind in _kinds(run))
    parts = ", ".join(f"{counts[kind]} {kind}" for kind in _SHAPES if counts[kind])
    missing = sum(slot for slot in row if isinstance(slot, int))
    noun = "run" if len(runs) == 1 else "runs"
    when = moment(runs[0].run.at) + (f" to {moment(runs[-1].run.at)}" if len(runs) > 1 else "")
    return f"{len(runs)} {noun}, {when}: {parts}{f'; {missing} missing' if missing else ''}"


def as_json(row: Slots) -> str:
    """All runs as columns in few bytes, safe inside of a `script` element.

    `t` has minutes of the epoch, each the difference to the one before, `v` a letter for each kind, `p` the p95 in
    milliseconds (0 for none); the others have `[position, value]` where a value is another one than before: `c` the
    commit, `h` the host, `o` the operations (`1/14`), `w` the cause; `g` has how many are missing after a position.
    """
    runs = [slot for slot in row if isinstance(slot, IntegrationRun)]
    minutes = [int(run.run.at // 60) for run in runs]
    document: dict[str, Any] = {
        "t": [after - before for before, after in pairwise([0, *minutes])],
        "v": "".join(LETTERS[kind] for run in runs for kind in _kinds(run)),
        "p": [round((run.p95 or 0) * 1000) for run in runs],
        "c": list(_changing([run.run.commit[:12] for run in runs])),
        "h": list(_changing([run.run.host for run in runs])),
        "o": list(_changing([operations(run) for run in runs])),
        "w": list(_changing([run.cause[:200] for run in runs])),
        "g": list(_gaps(row)),
    }
    text = json.dumps(document, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


LETTERS: Final = {**{str(verdict): chr(ord("a") + at) for at, verdict in enumerate(Verdict)}, "maintenance": "m"}


def operations(run: IntegrationRun) -> str:
    """How many held: `13 of 14`."""
    return f"{run.operations - run.failing} of {run.operations}"


def _changing(values: Sequence[str]) -> Iterator[tuple[int, str]]:
    before = ""
    for at, value in enumerate(values):
        if value != before:
            yield at, value
        before = value


def _gaps(row: Slots) -> Iterator[tuple[int, int]]:
    position = -1
    for slot in row:
        if isinstance(slot, int):
            yield position, slot
        else:
            position += 1
