"""However many snapshots there are, a session reads those its tests need, and a test costs what the first one does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.scale import Scale
from plugin.harness import Project

COUNTING = """
import json, os, sys

opened, calls, names = [], 0, ("open",)

def heard(event, given):
    if event in names and isinstance(given[0], str) and f"{os.sep}contracts{os.sep}" in given[0]:
        opened.append(os.path.relpath(given[0]))

def counted(frame, event, given):
    global calls
    calls += event in {"call", "c_call"}

def pytest_configure():
    sys.addaudithook(heard)
    sys.setprofile(counted if "COUNT" in os.environ else None)

def pytest_unconfigure():
    sys.setprofile(None)
    with open("counted.json", "w") as out:
        json.dump({"opened": opened, "calls": calls}, out)
"""


def project_of(folder: Path, operations: int, an_integration: int) -> tuple[Project, Scale]:
    scale = Scale(folder / f"of-{operations}", operations, an_integration)
    project = Project(scale.folder)
    project.environment["CI"] = "1"
    project.write("conftest.py", COUNTING)
    return project, scale


def counted(project: Project, *flags: str, **environment: str) -> Any:
    result = project.run(*flags, "-q", **environment)
    assert result.exit == 0, result.text
    return json.loads((project.folder / "counted.json").read_text())


@pytest.mark.parametrize(
    ("test", "snapshot"), [(6, "GET-ags.json"), (7, "GET-ahs-{id}.json")], ids=["literal path", "template"]
)
@pytest.mark.parametrize("flag", ["--contracts", "--contracts-update"])
def test_a_session_opens_what_its_tests_need_and_nothing_else(
    tmp_path: Path, flag: str, test: int, snapshot: str
) -> None:
    project, scale = project_of(tmp_path, 60, 20)
    assert project.run("--contracts-update").exit == 0
    assert scale.snapshots() == 60
    opened = counted(project, flag, f"test_api_001.py::test_operation[{test}]")["opened"]
    assert sorted(opened) == [
        f"contracts/api-001/{snapshot}",
        f"contracts/cassettes/test_api_001/test_operation[{test}].yaml",
    ]


@pytest.mark.parametrize("flag", ["--contracts", "--contracts-update"])
@pytest.mark.parametrize("an_integration", [10, 1000], ids=["many integrations", "one integration"])
def test_each_test_costs_what_the_first_ones_do(tmp_path: Path, flag: str, an_integration: int) -> None:
    """By the number of function calls of a whole session, Python's own and pytest's included."""
    calls = {}
    for operations in (20, 60, 180):
        project, scale = project_of(tmp_path, operations, an_integration)
        if flag == "--contracts":
            assert project.run("--contracts-update").exit == 0
        calls[operations] = counted(project, flag, COUNT="1")["calls"]
        assert scale.snapshots() == operations
    few, many = (calls[60] - calls[20]) / 40, (calls[180] - calls[60]) / 120
    assert many <= 1.2 * few
