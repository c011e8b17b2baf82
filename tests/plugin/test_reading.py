"""Cassettes and snapshots are read once in a session, counted by Python's own audit events."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from plugin.harness import Project
from upstream import Upstream, json_answer

OPENS = """
import sys

opened = []

def note(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[1] not in ("w", "wb", "x", "a", "ab"):
        opened.append(arguments[0])

def pytest_configure(config):
    sys.addaudithook(note)

def pytest_unconfigure(config):
    with open("opened.txt", "w") as out:
        out.writelines(f"{path}\\n" for path in opened if path.endswith((".yaml", ".json")))
"""
RUN = """
from pytest_integration_contracts.cli import main

try:
    main()
finally:
    pytest_unconfigure(0)
"""
TESTS = """
import pytest
from client import customer

@pytest.fixture(scope="session")
def known():
    return customer(1)

@pytest.mark.contract("crm")
@pytest.mark.parametrize("number", [42, 43])
def test_customer(number, known):
    assert customer(number) and customer(number)

@pytest.mark.contract
def test_another(known):
    assert customer(42)

@pytest.mark.contract
def test_one_that_is_known(known):
    assert known
"""


@pytest.fixture
def learned(project: Project, upstream: Upstream) -> Project:
    for number in (1, 42, 43):
        upstream.answers[f"/v1/customers/{number}"] = json_answer({"id": number, "name": "Ada"})
    project.write("test_crm.py", TESTS)
    project.write("test_more.py", TESTS)
    project.write("opens.py", OPENS)
    assert project.run("--contracts-update").exit == 0
    return project


def opened(project: Project, *arguments: str) -> Counter[str]:
    result = project.run("-p", "opens", *arguments)
    assert "internal error" not in result.text.lower()
    paths = (project.folder / "opened.txt").read_text().splitlines()
    below = project.folder.as_posix()
    return Counter(path.removeprefix(f"{below}/") for path in paths if Path(path).exists())


@pytest.mark.parametrize("flags", [["-n0"], ["-v"], ["-p", "no:xdist"]], ids=" ".join)
def test_a_replay_reads_each_file_once(learned: Project, flags: list[str]) -> None:
    files = set(learned.files())
    assert len(files) == 9
    assert opened(learned, "--contracts", *flags) == dict.fromkeys(files, 1)


def test_so_does_one_that_finds_changes(learned: Project) -> None:
    for path, text in learned.files().items():
        if path.endswith(".yaml"):
            learned.write(path, text.replace('"name": "Ada"', '"nickname": "Ada"').replace("id", "ID"))
    files = set(learned.files())
    assert opened(learned, "--contracts") == dict.fromkeys(files, 1)


def test_so_does_one_that_lacks_a_recording(learned: Project) -> None:
    learned.write("client.py", (learned.folder / "client.py").read_text().replace("customers/{", "customers/7{"))
    files = set(learned.files())
    assert set(opened(learned, "--contracts").values()) <= {1}
    assert files == set(learned.files())


def test_so_do_an_update_and_a_recording(learned: Project, upstream: Upstream) -> None:
    files = set(learned.files())
    assert opened(learned, "--contracts-update") == dict.fromkeys(files, 1)
    for number in (1, 42, 43):
        upstream.answers[f"/v1/customers/{number}"] = json_answer({"id": str(number)})
    again = opened(learned, "--contracts-record", "--contracts-update")
    snapshot = "contracts/crm/GET-customers-{id}.json"
    assert again == {**dict.fromkeys(files, 1), snapshot: 2}, "read, and put into history as it is"


def test_a_live_run_reads_no_cassette(learned: Project) -> None:
    assert opened(learned, "--contracts-live") == {"contracts/crm/GET-customers-{id}.json": 1}


@pytest.mark.parametrize(("command", "manifest"), [("check", True), ("capture", True), ("capture", False)])
def test_so_do_commands(learned: Project, command: str, *, manifest: bool) -> None:
    files = {path for path in learned.files() if path.endswith(".yaml")}
    if not manifest:
        (learned.folder / "contracts.toml").unlink()
    learned.write("run.py", f"{OPENS}\npytest_configure(0)\n{RUN}")
    subprocess.run(
        [sys.executable, "run.py", command, "contracts/cassettes"],
        cwd=learned.folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    counted = Counter((learned.folder / "opened.txt").read_text().splitlines())
    assert {path: times for path, times in counted.items() if path in files} == dict.fromkeys(files, 1)
