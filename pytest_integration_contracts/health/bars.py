"""An integration's last runs as a bar for each: drawn small, told in words, and kept so that a script can list them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from pytest_integration_contracts.health.assessment import Assessment
from pytest_integration_contracts.health.samples import IntegrationRun
from pytest_integration_contracts.health.times import moment
from pytest_integration_contracts.model import Verdict
from pytest_integration_contracts.wording import counted, printable

SLOTS: Final = 90
"""How many bars there are: runs, and gaps where one was due and none came."""

SHORT: Final = 12
"""So many digits of a commit are shown."""

_LONGEST: Final = 200
_MOST_MISSING: Final = 12
_PATIENCE: Final = 0.75
"""So many cadences late a run may be, and is not missing yet."""

_STEP: Final = 4
_FOOT: Final = 24
_STROKES: Final = {
    "drift": ("v-24", 24),
    "denied": ("v-10m0-4v-10", 24),
    "down": ("v-3m0-4v-3m0-4v-3m0-4v-3", 24),
    "ours": ("v-17", 17),
    "unverified": ("v-5", 5),
    "changed": ("v-12", 12),
    "ok": ("v-8", 8),
    "maintenance": ("v-4", 4),
    "missing": ("v-2", 2),
}
"""The stroke of a bar from its foot upwards, and its height: each kind has its own, or a pattern, beside its colour."""

LEGEND: Final = tuple((kind, f"M4 {_FOOT}{stroke}") for kind, (stroke, _) in _STROKES.items())
"""One bar of each kind, in a box 8 wide and 24 high."""


_WORDS: Final = {"ours": "our code"}


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
    found: dict[str, str] = {}
    for at, kind in enumerate(kinds):
        stroke, height = _STROKES[kind]
        follows = at and kinds[at - 1] == kind
        start = f"m{_STEP} {height}" if follows else f"M{2 + _STEP * (first + at)} {_FOOT}"
        found[kind] = found.get(kind, "") + start + stroke
    return [Bar(kind, path) for kind, path in found.items()]


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
    parts = ", ".join(f"{counts[kind]} {_WORDS.get(kind, kind)}" for kind in _STROKES if counts[kind])
    missing = sum(slot for slot in row if isinstance(slot, int))
    when = moment(runs[0].run.at) + (f" to {moment(runs[-1].run.at)}" if len(runs) > 1 else "")
    return f"{counted(len(runs), 'run')}, {when}: {parts}{f'; {missing} missing' if missing else ''}"


class Kept:
    """All runs of all integrations in few bytes, for a script that lists them; safe inside of a `script` element."""

    def __init__(self, assessments: Iterable[Assessment]) -> None:
        found = {run.run.id: run.run for each in assessments for run in each.runs}
        self._runs = sorted(found.values(), key=lambda run: (run.at, run.id))
        self._position = {run.id: at for at, run in enumerate(self._runs)}

    def shared(self) -> str:
        """What integrations share, by run: `t` has minutes of the epoch, each the difference to the one before.

        `c` has the commit, `h` the host, as `[position, value]` where it is another one than before.
        """
        minutes = [int(run.at // 60) for run in self._runs]
        return _json(
            t=[after - before for before, after in pairwise([0, *minutes])],
            c=_changing([run.commit[:SHORT] for run in self._runs]),
            h=_changing([run.host[:_LONGEST] for run in self._runs]),
        )

    def row(self, row: Slots) -> str:
        """One integration's: `i` has positions in what is shared, each the difference to the one before.

        `v` has a letter for each kind, `p` the p95 in milliseconds (0 for none), `o` the operations that held, `w` the
        cause, as `c` above, `g` how many are missing after a position.
        """
        runs = [slot for slot in row if isinstance(slot, IntegrationRun)]
        positions = [self._position[run.run.id] for run in runs]
        return _json(
            i=[after - before for before, after in pairwise([0, *positions])],
            v="".join(_LETTERS[kind] for run in runs for kind in _kinds(run)),
            p=[round((run.p95 or 0) * 1000) for run in runs],
            o=_changing([held(run) for run in runs]),
            w=_changing([run.cause[:_LONGEST] for run in runs]),
            g=list(_gaps(row)),
        )


def _json(**columns: object) -> str:
    text = json.dumps(columns, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


_LETTERS: Final = {**{str(verdict): chr(ord("a") + at) for at, verdict in enumerate(Verdict)}, "maintenance": "m"}


def held(run: IntegrationRun) -> str:
    """How many held: `13 of 14`."""
    return f"{run.operations - run.failing} of {run.operations}"


def _changing(values: Sequence[str]) -> list[tuple[int, str]]:
    """Where a value is another one than before, made printable."""
    before = ["", *values]
    return [(at, printable(value)) for at, value in enumerate(values) if value != before[at]]


def _gaps(row: Slots) -> Iterator[tuple[int, int]]:
    position = -1
    for slot in row:
        if isinstance(slot, int):
            yield position, slot
        else:
            position += 1
