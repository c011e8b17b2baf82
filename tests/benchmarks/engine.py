"""How fast shapes and drift are, beside what else would do the work: run by `make bench`.

    python -m benchmarks.engine [--only N] [--quick] [--write]

Both sides run in one process, in turn, after a round that does not count and with the garbage collector off; a figure
is the median over the rounds. A benchmark is no test: the exit code is 0, and a row that misses its target says so.
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from deepdiff import DeepDiff
from genson import SchemaBuilder

import pytest_integration_contracts
from benchmarks import corpus
from benchmarks.measuring import (
    Row,
    against_once,
    faster_row,
    megabytes,
    milliseconds,
    one_after_the_other,
    seconds,
    share_row,
    side_by_side,
)
from benchmarks.table import PAGE, machine, printed, write
from pytest_integration_contracts.drift.compare import compare
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.schema import to_schema
from pytest_integration_contracts.shapes.settle import settle

PACKAGES = ("deepdiff", "genson", "jsonschema-rs")


class Bench:
    """The rows of the table, and the bodies that several of them share."""

    def __init__(self, *, quick: bool) -> None:
        self._scale = 10 if quick else 1
        self._rounds = 5 if quick else 15

    @cache  # noqa: B019 - one instance a process
    def _nested(self) -> tuple[str, Any]:
        text = corpus.written(corpus.nested(1, 5_000 // self._scale))
        return text, json.loads(text)

    @cache  # noqa: B019
    def _small(self) -> tuple[list[str], list[Any]]:
        texts = [corpus.written(body) for body in corpus.small_responses(2, 10_000 // self._scale)]
        return texts, [json.loads(text) for text in texts]

    def _large(self) -> str:
        return f"{megabytes(len(self._nested()[0]))} of nested records"

    def _many(self) -> str:
        return f"{len(self._small()[0]):,} small responses"

    def checking(self) -> Iterator[Row]:
        """1: a known shape, unchanged, checked."""
        text, body = self._nested()
        texts, bodies = self._small()
        accepts, compiled = self._matcher([body])
        pair = side_by_side(lambda: accepts(body), lambda: json.loads(text), self._rounds)
        yield share_row(1, f"check {self._large()} of a known shape ({compiled})", "json.loads", pair, 0.35)
        accepts, compiled = self._matcher(bodies)
        pair = one_after_the_other(accepts, json.loads, texts, self._rounds)
        yield share_row(1, f"check {self._many()} of a known shape ({compiled})", "json.loads", pair, 0.35)

    def _matcher(self, bodies: list[Any]) -> tuple[Callable[[object], bool], str]:
        """The fast path for the shape of those bodies, and what it took to compile it."""
        accepts = settle(infer(bodies)).accepts
        compiled = seconds(lambda: accepts(None))
        if not all(map(accepts, bodies)):
            raise RuntimeError("the shape does not accept what it was learned from: this figure would mean nothing")
        return accepts, f"compiled once, in {milliseconds(compiled)}"

    def inferring(self) -> Iterator[Row]:
        """2: inference, beside parsing."""
        text, body = self._nested()
        texts, bodies = self._small()
        pair = side_by_side(lambda: infer([body]), lambda: json.loads(text), self._rounds)
        yield share_row(2, f"infer {self._large()}", "json.loads", pair, 1.2)
        pair = side_by_side(lambda: infer(bodies), lambda: list(map(json.loads, texts)), self._rounds)
        yield share_row(2, f"infer {self._many()}", "json.loads", pair, 1.2)

    def inferring_beside_genson(self) -> Iterator[Row]:
        """3: inference, beside genson's, which counts nothing and knows no formats."""
        rounds = min(self._rounds, 5)
        for what, bodies in (self._large(), [self._nested()[1]]), (self._many(), self._small()[1]):
            pair = side_by_side(partial(infer, bodies), partial(_by_genson, bodies), rounds)
            yield faster_row(3, f"infer {what}", "genson", pair, 3)

    def dynamic_keys(self) -> Iterator[Row]:
        """4: names that are data."""
        number = 20_000 // self._scale
        for what, made in ("UUIDs", corpus.keyed_by_uuid(3, number)), ("slugs", corpus.keyed_by_slug(4, number)):
            text = corpus.written(made)
            body = json.loads(text)
            pair = side_by_side(partial(infer, [body]), partial(_by_genson, [body]), 3)
            yield faster_row(4, f"infer {number:,} dynamic keys, {what}", "genson", pair, 10)
            snapshot = len(json.dumps(to_schema(infer([body])), indent=2))
            share = snapshot / len(text)
            work = f"the snapshot of {number:,} dynamic keys, {what}"
            sizes = f"{snapshot:,} B", f"{len(text):,} B"
            yield Row(4, work, "the body's text", *sizes, f"{share:.2%}", "< 1 %", share < 0.01)

    def explaining(self) -> Iterator[Row]:
        """5: one change in a large body of which the shape is known."""
        text, old = self._nested()
        new = json.loads(text)
        new["orders"][7]["customer"]["id"] = "7"
        known = settle(infer([old]))
        _require_changes(compare(known, infer([new])))
        pair = against_once(lambda: compare(known, infer([new])), lambda: DeepDiff(old, new), self._rounds)
        yield faster_row(5, f"explain one change in {self._large()}", "DeepDiff of the bodies", pair, 100)

    def one_change_among_many_paths(self) -> Iterator[Row]:
        """6: what differs is found without a look at what does not."""
        compared, from_bodies = {}, {}
        for paths, target in (1_000, 25.0), (5_000, None), (20_000, 100.0):
            old, new = _wide_pair(paths)
            shapes = settle(infer([old])), infer([new])
            _require_changes(compare(*shapes))
            deepdiff = partial(DeepDiff, *map(to_schema, shapes))
            against = "DeepDiff of the two shapes' trees"
            pair = against_once(partial(compare, *shapes), deepdiff, self._rounds)
            yield faster_row(6, f"find one change among {paths:,} paths, the shapes being known", against, pair, target)
            whole = against_once(partial(_diff, old, new), deepdiff, self._rounds)
            yield faster_row(6, f"`diff` two bodies of {paths:,} paths: infer both, and find it", against, whole, None)
            compared[paths], from_bodies[paths] = pair.ours / paths, whole.ours / paths
        yield _growth("find one change, the shapes being known", compared)
        yield _growth("`diff` two bodies", from_bodies)

    def memory(self) -> Iterator[Row]:
        """7: a body of 100 MB."""
        size = 100 // self._scale
        for outcome, work in ("accepted", "check"), ("explained", "check, infer and explain one change in"):
            for how, name in ("traced", "tracemalloc"), ("resident", "resident set"):
                taken = _memory(how, outcome, size)
                share = taken["above"] / taken["body"]
                yield Row(
                    7,
                    f"memory to {work} a body of {megabytes(taken['text'])}",
                    f"the parsed body ({name})",
                    megabytes(taken["above"]),
                    megabytes(taken["body"]),
                    f"{share:.1%}",
                    "<= 20 %",
                    share <= 0.2,
                )

    def rows(self, number: int | None) -> Iterator[Row]:
        """All rows, or those of one number."""
        groups: list[Callable[[], Iterator[Row]]] = [
            self.checking,
            self.inferring,
            self.inferring_beside_genson,
            self.dynamic_keys,
            self.explaining,
            self.one_change_among_many_paths,
            self.memory,
        ]
        for at, group in enumerate(groups, start=1):
            if number in {None, at}:
                yield from group()


def _by_genson(bodies: list[Any]) -> object:
    builder = SchemaBuilder()
    for body in bodies:
        builder.add_object(body)
    return builder.to_schema()


def _diff(old: object, new: object) -> object:
    return pytest_integration_contracts.diff([old], [new])


def _require_changes(changes: tuple[object, ...]) -> None:
    if not changes:
        raise RuntimeError("the change was not found: this figure would mean nothing")


def _wide_pair(paths: int) -> tuple[Any, Any]:
    old = corpus.wide(5, paths)
    new = copy.deepcopy(old)
    new["part_3"]["ratio"] = "0.5"
    return old, new


def _growth(work: str, a_path: dict[int, float]) -> Row:
    """Time for each path, which must not grow with their number; 1.5 leaves room for the caches of the processor."""
    micro = {paths: taken * 1e6 for paths, taken in a_path.items()}
    fewest, most = min(micro), max(micro)
    ratio = micro[most] / micro[fewest]
    return Row(
        6,
        f"{work}: for each of {most:,} paths",
        f"each of {fewest:,} paths",
        f"{micro[most]:.2f} µs",
        f"{micro[fewest]:.2f} µs",
        f"{ratio:.2f} x",
        "linear: <= 1.5 x",
        ratio <= 1.5,
    )


def _memory(how: str, outcome: str, size: int) -> dict[str, int]:
    command = [sys.executable, "-m", "benchmarks.memory", how, outcome, str(size)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    taken: dict[str, int] = json.loads(answer.stdout)
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only",
        type=int,
        choices=range(1, 10),
        help="the rows of one number; 8 is `benchmarks.replay`, 9 `benchmarks.scale`",
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, to see that it runs")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {PAGE.name}")
    asked = parser.parse_args()
    if asked.write and (asked.only or asked.quick):
        parser.error("--write keeps a whole run: leave --only and --quick out")
    print(machine(PACKAGES))
    rows = []
    for row in Bench(quick=asked.quick).rows(asked.only):
        print(printed(row), flush=True)
        rows.append(row)
    if asked.write:
        write("benchmarks", rows, packages=PACKAGES)
    missed = sum(1 for row in rows if not row.met)
    print(f"{missed} of {sum(1 for row in rows if row.target)} targets missed" if missed else "every target met")


if __name__ == "__main__":
    main()
