"""What the engine says of real recorded traffic, where it is at hand: bounds below which it must not fall."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pytest_integration_contracts import diff
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.schema import from_schema, to_schema
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import merge

SHARED = Path(__file__).parents[3] / "shared"

pytestmark = pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="the corpus of recorded responses is not here")


def tool(name: str, folder: str) -> str:
    command = [sys.executable, str(SHARED / "tools" / name), str(SHARED / "corpus" / folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_labelled_drift_is_found_and_little_else() -> None:
    said = tool("score_drift.py", "drift")
    recall, precision = (float(found) for found in re.findall(r"(?:recall|precision) ([0-9.]+)", said))
    (wrong,) = re.findall(r"extra in hard negatives (\d+)", said)
    assert recall >= 0.97
    assert precision >= 0.97
    assert int(wrong) <= 2


def test_traffic_that_did_not_drift_raises_few_alarms() -> None:
    alarms = [float(rate) for rate in re.findall(r": +([0-9.]+) alarms", tool("learning_curve.py", "streams"))]
    assert all(rate <= bound for rate, bound in zip(alarms, (37, 33, 21, 7), strict=True)), alarms


def test_labelled_renames_are_one_rename_each() -> None:
    found: Counter[bool] = Counter()
    for line in (SHARED / "corpus" / "drift" / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        renames = {(each["path"], each["to"]) for each in label["expected"] if each["kind"] == "renamed"}
        if not renames:
            continue
        pair = json.loads((SHARED / "corpus" / "drift" / "pairs" / f"{label['pair']}.json").read_text(encoding="utf-8"))
        said = {
            (change.path, *change.related_paths)
            for change in diff(pair["old"], pair["new"])
            if change.rule == "property.renamed"
        }
        found.update(rename in said for rename in renames)
    assert found[True] >= 0.8 * found.total() > 0


def bodies() -> list[Path]:
    return sorted((SHARED / "corpus" / "bodies").rglob("*.*json"))


@pytest.mark.parametrize("path", bodies(), ids=lambda path: path.name[:40])
def test_real_bodies_obey_the_laws(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    values = [json.loads(line) for line in (text.splitlines() if path.suffix == ".ndjson" else [text])]
    half = len(values) // 2
    shape = infer(values)
    assert merge(infer(values[:half]), infer(values[half:])) == shape
    settled = settle(shape)
    assert settle(settled) == settled
    assert from_schema(json.loads(json.dumps(to_schema(settled)))) == settled
    assert all(map(settled.accepts, values))
    assert diff(values, values) == []
