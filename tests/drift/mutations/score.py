"""How much of the corpus is found: `PYTHONPATH=$PWD:$PWD/tests python tests/drift/mutations/score.py [--show N]`."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass, field

from drift.mutations.corpus import Case, Found, Unchanged, cases, unchanged
from drift.mutations.detector import found

UNCHANGED = "(unchanged)"
_LINES = 6


@dataclass
class Score:
    """What became of the cases of one rule."""

    cases: int = 0
    exact: int = 0
    missed: int = 0
    extra: int = 0
    mismatches: list[str] = field(default_factory=list)

    def add(self, name: str, expected: list[Found], said: list[Found]) -> None:
        missed = [one for one in expected if one not in said]
        extra = [one for one in said if one not in expected]
        self.cases += 1
        self.exact += said == expected
        self.missed += bool(missed)
        self.extra += bool(extra)
        if said != expected:
            self.mismatches.append("\n".join([f"  {name}", *_lines("missed", missed), *_lines("extra ", extra)]))

    def __str__(self) -> str:
        return f"{self.cases:6} {self.exact:6} {self.missed:6} {self.extra:6}"


def _lines(word: str, changes: list[Found]) -> list[str]:
    lines = [f"      {word} {' '.join(str(part) for part in change if part)}" for change in changes]
    return lines if len(lines) <= _LINES else [*lines[:_LINES], f"      ... and {len(lines) - _LINES} more"]


def main() -> None:
    """Prints the table and the first mismatches of each rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rule", default="", help="only rules that contain this")
    parser.add_argument("--mutation", default="", help="only mutations whose name contains this")
    parser.add_argument("--place", default="", help="only places that start with this: map, variant-0")
    parser.add_argument("--show", type=int, default=0, help="how many mismatches of each rule to print")
    asked = parser.parse_args()
    started = time.perf_counter()
    scores = _scores(asked.rule, asked.mutation, asked.place)
    print(f"{'rule':32} {'cases':>6} {'exact':>6} {'missed':>6} {'extra':>6}")
    for rule, score in sorted(scores.items()):
        print(f"{rule:32} {score}")
        for mismatch in score.mismatches[: asked.show]:
            print(mismatch)
    total = Score(*(sum(getattr(score, name) for score in scores.values()) for name in _COUNTS))
    print(f"{'all':32} {total}   {time.perf_counter() - started:.1f} s")


_COUNTS = ("cases", "exact", "missed", "extra")


def _scores(rule: str, mutation: str, place: str) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    for case in cases():
        if rule in case.rule and mutation in case.mutation.name and str(case.place).startswith(place):
            scores[case.rule].add(str(case), case.expected, _said(case))
    for same in unchanged():
        if rule in UNCHANGED and mutation in UNCHANGED and str(same.place).startswith(place):
            scores[UNCHANGED].add(str(same), [], _said(same))
    return scores


def _said(case: Case | Unchanged) -> list[Found]:
    try:
        return found(*case.bodies, case.watched)
    except Exception as error:  # noqa: BLE001 - an engine that stumbles over one case is still scored on the others
        return [(f"{type(error).__name__}: {error}", "", (), "")]


if __name__ == "__main__":
    main()
