"""What checking a large body takes above the body itself, in a process of its own: run by `benchmarks.engine`.

    python -m benchmarks.memory resident|traced accepted|explained MEGABYTES

Prints what the parsed body holds and what the check took above it at its peak, in bytes, as JSON.
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.corpus import nested, written
from pytest_integration_contracts.drift.compare import compare
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import Shape

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # proc(5): resets the peak of the resident set


def _resident(line: str) -> int:
    """`VmRSS` now, or `VmHWM` at its peak since the last reset, in bytes."""
    values = dict(part.partition(":")[::2] for part in _STATUS.read_text().splitlines())
    return int(values[line].split()[0]) * 1024


class ResidentMemory:
    """All the memory of the process, that of the matcher's engine included."""

    def __init__(self) -> None:
        self._start = _resident("VmRSS")
        self._before = 0

    def held(self) -> int:
        return _resident("VmRSS") - self._start

    def begin(self) -> None:
        self._before = _resident("VmRSS")
        _CLEAR_REFS.write_text(_RESET_PEAK)

    def above(self) -> int:
        return max(_resident("VmHWM") - self._before, 0)


class _TracedMemory:
    """What Python's allocators hand out."""

    def __init__(self) -> None:
        tracemalloc.start()
        self._before = 0

    def held(self) -> int:
        return tracemalloc.get_traced_memory()[0]

    def begin(self) -> None:
        tracemalloc.reset_peak()
        self._before = tracemalloc.get_traced_memory()[0]

    def above(self) -> int:
        return tracemalloc.get_traced_memory()[1] - self._before


_MEMORIES: dict[str, Callable[[], ResidentMemory | _TracedMemory]] = {
    "resident": ResidentMemory,
    "traced": _TracedMemory,
}
_PAGES = 8


def _learned(pages: list[str]) -> Shape:
    return settle(infer([{"pages": [json.loads(page) for page in pages]}]))


def _text(pages: list[str], size: int) -> str:
    """One body of that many bytes: the pages over and over, as values that the parser makes anew each time."""
    length = sum(map(len, pages))
    return '{"pages":[' + ",".join(pages * max(1, -(-size // length))) + "]}"


def _check(body: Any, learned: Shape, accepts: Callable[[object], bool], *, accepted: bool) -> None:
    if accepts(body) is not accepted:
        raise RuntimeError("the check says something else than it must: these figures would mean nothing")
    if not accepted and not compare(learned, infer([body])):
        raise RuntimeError("the change was not found: these figures would mean nothing")


def main(how: str, outcome: str, megabytes: str) -> None:
    """Measure and print."""
    pages = [written(nested(seed, 2_000)) for seed in range(_PAGES)]
    learned = _learned(pages)
    accepts = learned.accepts
    _check({"pages": [json.loads(pages[0])]}, learned, accepts, accepted=True)  # compiled, and all modules loaded
    gc.collect()
    memory = _MEMORIES[how]()
    text = _text(pages, int(megabytes) * 1_000_000)
    size = len(text)
    body = json.loads(text)
    del text, pages
    if outcome == "explained":
        body["pages"][-1]["orders"][7]["customer"]["id"] = "7"
    gc.collect()
    held = memory.held()
    memory.begin()
    _check(body, learned, accepts, accepted=outcome == "accepted")
    print(json.dumps({"text": size, "body": held, "above": memory.above()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
