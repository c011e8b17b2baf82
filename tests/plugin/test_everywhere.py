"""Wherever pytest runs tests, and however they are written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plugin.harness import CLIENT, MANIFEST, TEST, Project
from upstream import Upstream, json_answer

NOWHERE = "http://127.0.0.1:9/v1"
SNAPSHOT = "contracts/crm/GET-customers-{id}.json"
OLD, NEW = {"id": 42, "email": "ada@mail.example"}, {"id": 42}

ASYNC_CLIENT = """
import os
import httpx

async def customer(number):
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{os.environ['CRM_URL']}/customers/{number}", timeout=5)).json()
"""

WRITTEN = {
    "pytest-asyncio": (
        ["-p", "asyncio"],
        """
        import pytest
        from client import customer

        import pytest_asyncio

        @pytest_asyncio.fixture
        async def someone():
            return await customer(42)

        @pytest.mark.contract
        @pytest.mark.asyncio
        async def test_customer(someone):
            assert (await customer(42)) == someone
        """,
    ),
    "anyio": (
        ["-p", "anyio"],
        """
        import pytest
        from client import customer

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.contract
        @pytest.mark.anyio
        async def test_customer():
            assert await customer(42)
        """,
    ),
    "unittest": (
        [],
        """
        import asyncio
        import unittest
        import pytest
        from client import customer

        @pytest.mark.contract
        class CustomerTest(unittest.TestCase):
            def setUp(self):
                self.customer = asyncio.run(customer(42))

            def test_customer(self):
                self.assertEqual(asyncio.run(customer(42)), self.customer)
        """,
    ),
    "subtests": (
        [],
        """
        import asyncio
        import pytest
        from client import customer

        @pytest.mark.contract
        def test_customer(subtests):
            for number in (42, 42):
                with subtests.test(number=number):
                    assert asyncio.run(customer(number))
        """,
    ),
    "a module marked as a whole": (
        [],
        """
        import asyncio
        import pytest
        from client import customer

        pytestmark = pytest.mark.contract("crm")

        class TestCustomer:
            class TestInner:
                def test_customer(self):
                    assert asyncio.run(customer(42))
        """,
    ),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_however_a_test_is_written(project: Project, upstream: Upstream, kind: str) -> None:
    flags, test = WRITTEN[kind]
    if kind == "subtests" and tuple(map(int, pytest.__version__.split(".")[:2])) < (9, 0):
        pytest.skip("subtests came with pytest 9")
    project.write("client.py", ASYNC_CLIENT)
    project.write("test_crm.py", test)
    upstream.answers["/v1/customers/42"] = json_answer(OLD)
    result = project.run("--contracts-update", *flags)
    assert result.exit == 0, result.text
    assert project.run("--contracts", *flags, CRM_URL=NOWHERE).section == "1 operation holds."
    upstream.answers["/v1/customers/42"] = json_answer(NEW)
    result = project.run("--contracts-live", *flags)
    assert result.exit == 1
    assert "1 operation drifts: 1 breaking change." in result.section
    assert "1 failed" in result.text


@pytest.fixture
def learned(project: Project, upstream: Upstream) -> Project:
    upstream.answers["/v1/customers/42"] = json_answer(OLD)
    project.write("test_two.py", TEST.replace("test_customer", "test_again"))
    assert project.run("--contracts-update").exit == 0
    return project


def test_selecting_by_keyword_and_last_failed(learned: Project, upstream: Upstream) -> None:
    assert learned.run("--contracts", "-k", "again").section == "1 operation holds."
    upstream.answers["/v1/customers/42"] = json_answer(NEW)
    assert "2 failed" in learned.run("-p", "cacheprovider", "--contracts-live").text
    upstream.answers["/v1/customers/42"] = json_answer(OLD)
    assert "2 passed" in learned.run("-p", "cacheprovider", "--contracts-live", "--lf").text


def test_collecting_only_writes_and_asks_nothing(learned: Project, upstream: Upstream) -> None:
    before, asked = learned.files(), len(upstream.asked)
    result = learned.run("--contracts-record", "--contracts-update", "--collect-only")
    assert (result.exit, result.section) == (0, "")
    assert (learned.files(), len(upstream.asked)) == (before, asked)


def test_without_a_terminal_the_exit_code_tells(learned: Project, upstream: Upstream) -> None:
    assert learned.run("--contracts", "-p", "no:terminal").exit == 0
    upstream.answers["/v1/customers/42"] = json_answer(NEW)
    assert learned.run("--contracts-live", "-p", "no:terminal").exit == 1


@pytest.mark.parametrize(
    "flags", [["--import-mode=importlib"], ["-c", "other.ini"], ["--no-summary"], ["-qq"], ["-vv"]]
)
def test_with_other_settings(learned: Project, flags: list[str]) -> None:
    learned.write("other.ini", "[pytest]\npythonpath = .\n")
    learned.write("pytest.ini", "[pytest]\npythonpath = .\n")
    assert learned.run("--contracts", *flags, CRM_URL=NOWHERE).exit == 0


def test_the_root_below_the_manifest(bare: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(OLD)
    (bare.folder / "pytest.ini").unlink()
    subprocess.run(["git", "init", "-q"], cwd=bare.folder, check=True)
    bare.write("contracts.toml", MANIFEST)
    bare.write("service/pytest.ini", "[pytest]\n")
    bare.write("service/client.py", CLIENT)
    bare.write("service/tests/test_crm.py", TEST)
    bare.write("service/conftest.py", "")
    assert bare.run("--contracts-update", cwd="service").exit == 0
    assert "contracts/cassettes/service/tests/test_crm/test_customer.yaml" in bare.files()
    result = bare.run("--contracts", cwd="service", CRM_URL=NOWHERE)
    assert (result.exit, result.section) == (0, "1 operation holds.")
    upstream.answers["/v1/customers/42"] = json_answer(NEW)
    failure = bare.run("--contracts-live", cwd="service").failure("test_customer")
    assert "../contracts/crm/GET-customers-{id}.json (1.0)" in failure
    assert "pytest --contracts-record --contracts-update tests/test_crm.py" in failure


def test_two_manifests_in_one_run(bare: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(OLD)
    for name, test in (("sales", "test_sales.py"), ("billing", "test_billing.py")):
        bare.write(f"{name}/contracts.toml", MANIFEST.replace("team-revenue", f"team-{name}"))
        bare.write(f"{name}/{test}", TEST)
    bare.write("client.py", CLIENT)
    bare.write("conftest.py", "")
    for flags in ([], ["-n2"]):
        shutil.rmtree(bare.folder / "sales" / "contracts", ignore_errors=True)
        shutil.rmtree(bare.folder / "billing" / "contracts", ignore_errors=True)
        assert bare.run("--contracts-update", *flags).exit == 0
        assert f"sales/{SNAPSHOT}" in bare.files("sales")
        assert f"billing/{SNAPSHOT}" in bare.files("billing")
    assert bare.run("--contracts", CRM_URL=NOWHERE).exit == 0
    upstream.answers["/v1/customers/42"] = json_answer(NEW)
    section = bare.run("--contracts-live", "--tb=no").section
    assert "owner team-sales" in section
    assert "owner team-billing" in section
    assert "2 operations drift: 2 breaking changes." in section


def test_a_run_from_another_folder_names_files_from_there(learned: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(NEW)
    learned.write("elsewhere/notes.txt", "")
    failure = learned.run("--contracts-live", "..", cwd="elsewhere").failure("test_customer")
    assert "../contracts/crm/GET-customers-{id}.json (1.0)" in failure
    assert "pytest --contracts-record --contracts-update ../test_crm.py" in failure


def interpreter(version: str) -> str | None:
    """An installed Python of a version: on the path, or among pyenv's."""
    installed = (Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python{version}")
    return next((str(path) for path in sorted(installed)), None) or shutil.which(f"python{version}")


def oldest() -> list[str]:
    """The project's own dependencies, each at its lower bound."""
    root = Path(__file__).parent.parent.parent
    command = [sys.executable, root / ".ci" / "lowest.py", "core"]
    pins = subprocess.run(command, capture_output=True, text=True, check=True)
    return pins.stdout.split()


@pytest.mark.parametrize(
    ("version", "pins"),
    [("3.11", "latest"), ("3.11", "oldest"), ("3.12", "latest"), ("3.13", "latest"), ("3.14", "latest")],
)
def test_on_every_python_that_is_installed(
    learned: Project, upstream: Upstream, version: str, pins: str, tmp_path: Path
) -> None:
    found = interpreter(version)
    if found is None:
        pytest.skip(f"Python {version} is not installed")
    root = Path(__file__).parent.parent.parent
    environment = tmp_path / "environment"
    made = subprocess.run([found, "-m", "venv", environment], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"{found} cannot make an environment")
    python = environment / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-e", root, "requests"]
        + (oldest() if pins == "oldest" else []),
        check=True,
    )

    def run(flag: str, url: str) -> tuple[int, str]:
        done = subprocess.run(
            [python, "-m", "pytest", "-q", flag],
            cwd=learned.folder,
            env={"PATH": "", "CRM_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    code, text = run("--contracts", NOWHERE)
    assert (code, "1 operation holds." in text) == (0, True), text
    upstream.answers["/v1/customers/42"] = json_answer(NEW)
    code, text = run("--contracts-live", upstream.url)
    assert (code, "BREAKING  property.removed   $.email" in text) == (1, True), text
