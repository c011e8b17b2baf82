"""The README and the docs say what is true: their files work, their commands run, their output is the real one."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.harness import Project, Result
from pytest_integration_contracts.drift.rules import RULES
from upstream import Upstream, json_answer

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

CLIENT = """
import os
import requests

def customer(number):
    base = os.environ.get("CRM_URL", "https://api.crm.example/v1")
    response = requests.get(f"{base}/customers/{number}", timeout=5)
    response.raise_for_status()
    return response.json()
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def consoles() -> Iterator[tuple[list[str], str]]:
    """Each command of the README's consoles, split into words, with the output shown under it."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command.split("#")[0].split(), output.rstrip("\n")


@pytest.fixture
def stranger(tmp_path: Path, upstream: Upstream) -> Project:
    """The README's files, written down as it says."""
    project = Project(tmp_path)
    project.environment["CRM_URL"] = upstream.url
    project.write("client.py", CLIENT)
    for block in blocks("python") + blocks("toml"):
        name = re.match(r"# (\S+)\n", block)
        assert name, "each file in the README begins with its name"
        project.write(name[1], block)
    return project


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


def test_the_commands_of_the_readme_print_what_it_shows(stranger: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "email": "ada@mail.example", "balance": 12.5})
    shown: dict[str, Result] = {}
    for command, output in consoles():
        if command[0] != "pytest":
            continue
        result = stranger.run(*command[1:])
        shown[" ".join(command)] = result
        printed = [line for line in result.text.splitlines() if not line.startswith("---")]
        start = printed.index(output.splitlines()[0])
        assert printed[start : start + len(output.splitlines())] == output.splitlines()
        upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "balance": "12.50"})
    assert [(name, result.exit) for name, result in shown.items()] == [
        ("pytest --contracts-update", 0),
        ("pytest --contracts-live", 1),
    ]


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [command[1] for command, _ in consoles() if command[0] == "make"]
    assert targets == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_readme_fits_on_two_screens() -> None:
    assert len(README.splitlines()) < 120


def test_every_link_of_the_pages_leads_somewhere() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_verdict_and_exit_code_has_a_row() -> None:
    from pytest_integration_contracts.model import Verdict

    verdicts = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)`", verdicts, re.MULTILINE) == [verdict.value for verdict in Verdict]
    codes = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([\d, ]+) \|", codes, re.MULTILINE) == ["0", "1", "2", "3, 5", "4", "6", "7"]


def test_every_flag_and_command_is_on_the_reference_page() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    help_ = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:schemathesis", "--help"], capture_output=True, text=True, check=True
    ).stdout
    flags = set(re.findall(r"--contracts[a-z-]*", help_))
    assert flags >= {"--contracts", "--contracts-live", "--contracts-record", "--contracts-update"}
    assert {flag for flag in flags if f"`{flag}" not in page} == set()


def test_every_command_is_on_the_reference_page() -> None:
    from pytest_integration_contracts.cli import main

    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert {name for name in main.commands if f"| `{name}" not in page} == set()


def test_the_rules_page_is_made_from_the_table() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from generate_rules import page
    finally:
        sys.path.remove(str(ROOT / "docs"))
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == page(), "run `python docs/generate_rules.py`"


def test_examples_name_hosts_that_cannot_exist() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    hosts = {host for page in pages for host in re.findall(r"https?://([\w.-]+)", page.read_text(encoding="utf-8"))}
    assert {host for host in hosts if not host.endswith(".example")} == set()


def test_the_readme_counts_the_rules() -> None:
    assert f"each of {len(RULES)} rules" in README
