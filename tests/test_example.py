"""The example that ships: it holds offline, it holds against its own upstream, and nothing in it is staged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.harness import Project

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "crm"

# A field for each kind of place: one the client reads, one it does not, one that tests do not look at.
DROPPED = ["email", "fax", "tags"]


@pytest.fixture
def copy(tmp_path: Path) -> Project:
    shutil.copytree(EXAMPLE, tmp_path / "crm", ignore=shutil.ignore_patterns("__pycache__"))
    return Project(tmp_path / "crm")


@pytest.fixture
def upstream(request: pytest.FixtureRequest) -> Iterator[str]:
    """The example's own upstream, in a process of its own; the parameter names the field it drops."""
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLE / "upstream.py"), "--generation", "1", "--drop", request.param],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert process.stdout
    with process.stdout:
        yield process.stdout.readline().removeprefix("listening on ").strip()
        process.terminate()
        process.wait(timeout=10)


def test_it_holds_offline_from_the_repositorys_root() -> None:
    before = sorted(path.relative_to(EXAMPLE) for path in EXAMPLE.rglob("*") if "__pycache__" not in path.parts)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--contracts", "examples/crm"],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "CRM_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "4 operations hold." in done.stdout
    assert before == sorted(p.relative_to(EXAMPLE) for p in EXAMPLE.rglob("*") if "__pycache__" not in p.parts)


@pytest.mark.parametrize("upstream", DROPPED, indirect=True)
def test_a_field_that_the_upstream_drops_is_found_by_name(
    copy: Project, upstream: str, request: pytest.FixtureRequest
) -> None:
    field = request.node.callspec.params["upstream"]
    result = copy.run("--contracts-live", "--tb=no", CRM_URL=upstream)
    assert result.exit == 1
    assert f"property.removed   $.{field}" in result.section
    assert f"property.removed   $.items[*].{field}" in result.section
    assert result.section.count("BREAKING") == 2
    assert "2 operations hold. 2 drift: 2 breaking changes." in result.section


@pytest.mark.parametrize("upstream", ["fax"], indirect=True)
def test_the_refresh_learns_what_is_gone(copy: Project, upstream: str) -> None:
    assert copy.run("--contracts-record", "--contracts-update", CRM_URL=upstream).exit == 0
    snapshot = json.loads(copy.files()["contracts/crm/GET-customers-{id}.json"])
    assert snapshot["version"] == "2.0"
    assert "fax" not in snapshot["responses"]["200 application/json"]["body"]["properties"]
    assert copy.run("--contracts", CRM_URL="http://127.0.0.1:9/v1").exit == 0


def test_the_demo_runs_through_and_leaves_the_repository_clean() -> None:
    before = {path: path.read_bytes() for path in EXAMPLE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    done = subprocess.run(
        [sys.executable, str(EXAMPLE / "demo.py")],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("Every step did what it should.")
    after = {path: path.read_bytes() for path in EXAMPLE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert after == before
