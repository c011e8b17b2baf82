"""What OpenAPI documents cost: to read one, to make the shapes of all it declares, and to compare it with another.

    python -m benchmarks.specs [--only 10] [--quick] [--write]

One document of ten megabytes is generated, and one that is small and stands for 2^40 places; the others are published
ones, where the folder with them is at hand. Each is read in a process of its own. Times are of the processor. A row
that misses its target says so, and the exit code is 0, for a benchmark is no test.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measuring import Row, megabytes, milliseconds
from benchmarks.memory import ResidentMemory
from benchmarks.table import printed, write
from pytest_integration_contracts.drift.policy import STANDARD
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.drift import all_used, changes
from pytest_integration_contracts.specs.reading import read_document
from pytest_integration_contracts.specs.schemas import request_shape, response_shape
from specs.documents import answering, doubling, large, ref

PAGE = Path(__file__).parents[2] / "docs" / "openapi-measured.md"
PUBLISHED = Path(__file__).parents[3] / "shared" / "corpus" / "openapi"
NUMBER = 10

SECONDS = {"generated": 10.0, "hostile": 20.0}
"""At most so long for all shapes of a document: it is seconds, not minutes."""

MEMORY = 400_000_000
"""At most so much resident for it, in bytes."""


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    begin = time.process_time()
    made = work()
    return time.process_time() - begin, made


def _parsed(text: bytes, *, is_json: bool) -> object:
    if is_json:
        return json.loads(text)
    import yaml

    return yaml.load(text, yaml.CSafeLoader)


def _shapes(spec: Spec) -> int:
    """Make the shapes of all that all operations take and give; how many operations there are."""
    count = 0
    for operation in spec.operations():
        count += 1
        for part in operation.body.values():
            request_shape(spec, part)
        for response in operation.responses.values():
            for part in response.media.values():
                response_shape(spec, part)
    return count


def _measured(path: str) -> dict[str, float]:
    """What one document takes, in this process."""
    memory = ResidentMemory()
    memory.begin()
    text = Path(path).read_bytes()
    reading, document = _timed(lambda: read_document(text, path))
    assert isinstance(document, dict)
    spec = Spec(document)
    making, operations = _timed(lambda: _shapes(spec))
    assert isinstance(operations, int)
    peak = memory.above()
    parsing, _ = _timed(lambda: _parsed(text, is_json=path.endswith(".json")))
    found = {"reading": reading, "parsing": parsing, "making": making, "peak": peak}
    return found | {"operations": operations, "shapes": len(spec.shapes)}


def _of(path: Path) -> Iterator[Row]:
    most = SECONDS.get(path.stem, 0.0)
    command = [sys.executable, "-m", "benchmarks.specs", "--one", str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(said)
    size, ratio = path.stat().st_size, found["reading"] / found["parsing"]
    name = f"{path.stem}, {megabytes(size)} of {path.suffix[1:].upper()}"
    parser = "json.loads" if path.suffix == ".json" else "PyYAML's CSafeLoader"
    yield Row(
        NUMBER, f"read {name}", parser, milliseconds(found["reading"]), milliseconds(found["parsing"]), f"{ratio:.2f} x"
    )
    yield Row(
        NUMBER,
        f"all shapes of {path.stem}: {found['operations']:,} operations, {found['shapes']:,} schemas",
        "reading it",
        milliseconds(found["making"]),
        milliseconds(found["reading"]),
        f"{found['making']:.1f} s",
        f"<= {most:g} s" if most else "",
        found["making"] <= most or not most,
    )
    yield Row(
        NUMBER,
        f"memory for both, {path.stem}",
        "the text",
        megabytes(found["peak"]),
        megabytes(size),
        f"{found['peak'] / size:.1f} x",
        f"<= {megabytes(MEMORY)}" if most else "",
        found["peak"] <= MEMORY or not most,
    )


def _compared(old: Path, new: Path) -> Row:
    before, after = (Spec(read_document(path.read_bytes(), path.name)) for path in (old, new))
    taken, told = _timed(lambda: [changes(before, after, use, STANDARD) for use in all_used(before, after)])
    assert isinstance(told, list)
    counted = Counter(change.severity.value for each in told for said in each.values() for change in said)
    touched = sum(any(said.values()) for said in told)
    said = ", ".join(f"{counted[severity]} {severity}" for severity in ("breaking", "warning", "compatible"))
    return Row(
        NUMBER,
        f"compare {old.stem} with {new.stem}",
        f"{len(told)} operations, {touched} of them changed",
        milliseconds(taken),
        "",
        said,
    )


def _generated(folder: Path, size: int) -> Iterator[Path]:
    path = folder / "generated.json"
    path.write_text(json.dumps(large(size)))
    yield path
    hostile = {
        "openapi": "3.1.0",
        "paths": {f"/{number}": {"get": answering(ref(f"Level{number}"))} for number in range(20)},
        "components": {"schemas": doubling(40)},
    }
    path = folder / "hostile.json"
    path.write_text(json.dumps(hostile))
    yield path


def measure(size: int) -> Iterator[Row]:
    """The rows of the table; documents of that many megabytes are generated."""
    with tempfile.TemporaryDirectory() as name:
        for path in _generated(Path(name), size):
            yield from _of(path)
    published = sorted(path for path in PUBLISHED.rglob("*") if path.suffix in {".json", ".yaml"})
    for path in published:
        yield from _of(path)
    for old in published:
        yield _compared(old, old)
    for one, other in (("Checkout", "v70 v71"), ("Checkout", "v71 v72"), ("Management", "v1 v3")):
        paths = [PUBLISHED / "adyen" / f"{one}Service-{version}.json" for version in other.split()]
        if all(path.is_file() for path in paths):
            yield _compared(*paths)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", type=int, choices=range(1, NUMBER + 1), help=f"the rows of one number; these are {NUMBER}"
    )
    parser.add_argument("--quick", action="store_true", help="a smaller document, to see that it runs")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {PAGE.name}")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(_measured(asked.one)))
        return
    if asked.write and (asked.only or asked.quick):
        parser.error("--write keeps a whole run: leave --only and --quick out")
    if asked.only not in {None, NUMBER}:
        return
    rows = []
    for row in measure(1 if asked.quick else 10):
        print(printed(row), flush=True)
        rows.append(row)
    if asked.write:
        write("specs", rows, packages=("PyYAML", "deepdiff"), page=PAGE)


if __name__ == "__main__":
    main()
