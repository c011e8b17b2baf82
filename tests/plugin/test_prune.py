"""`--contracts-prune`: what no test of a whole run asks for is removed, and after a part of a run nothing."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Upstream, json_answer

NOWHERE = "http://127.0.0.1:9/v1"
CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
ORDER = {"number": 7, "total": "9.50", "lines": [1, 2]}
CLIENT = """
import os, requests

def get(path):
    return requests.get(os.environ["CRM_URL"] + path, timeout=5).json()
"""
CUSTOMERS = """
import pytest
from client import get

@pytest.mark.contract
def test_customer():
    assert get("/customers/42")
"""
ORDERS = """
import pytest
from client import get

@pytest.mark.contract
def test_order():
    assert get("/orders/7")

@pytest.mark.contract
def test_orders():
    assert get("/orders")
"""
KEPT = ["contracts/cassettes/test_customers/test_customer.yaml", "contracts/crm/GET-customers-{id}.json"]
ORPHANS = [
    "contracts/cassettes/test_orders/test_order.yaml",
    "contracts/cassettes/test_orders/test_orders.yaml",
    "contracts/crm/GET-orders-{id}.json",
    "contracts/crm/GET-orders.json",
    "contracts/crm/history/GET-orders-{id}/1.0-broken-by-2.0.json",
]


def fill(project: Project, upstream: Upstream) -> None:
    """Two modules, three operations, one of them in its second version."""
    project.write("client.py", CLIENT)
    project.write("test_customers.py", CUSTOMERS)
    project.write("test_orders.py", ORDERS)
    (project.folder / "test_crm.py").unlink(missing_ok=True)
    upstream.answers |= {
        "/v1/customers/42": json_answer(CUSTOMER),
        "/v1/orders/7": json_answer(ORDER),
        "/v1/orders": json_answer({"orders": [ORDER], "page": 1}),
    }
    assert project.run("--contracts-update").exit == 0
    upstream.answers["/v1/orders/7"] = json_answer({"number": 7, "total": "9.50"})
    assert project.run("--contracts-record", "--contracts-update").exit == 0


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is only copied from: what it holds is learned once."""
    project = Project(tmp_path_factory.mktemp("filled"))
    project.write("contracts.toml", MANIFEST)
    with Upstream() as upstream:
        project.environment["CRM_URL"] = upstream.url
        fill(project, upstream)
    return project.folder


@pytest.fixture
def full(filled: Path, bare: Project) -> Project:
    shutil.copytree(filled, bare.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    assert sorted(bare.files()) == sorted(KEPT + ORPHANS)
    bare.environment["CRM_URL"] = NOWHERE
    return bare


@pytest.fixture
def shrunk(full: Project) -> Project:
    """The same after the tests of orders are gone."""
    (full.folder / "test_orders.py").unlink()
    return full


@pytest.mark.parametrize(
    "flags", [(), ("--contracts-update",), ("-n2",), ("--ff",)], ids=["replay", "update", "workers", "reordered"]
)
def test_what_no_test_asks_for_is_removed_and_shown(shrunk: Project, flags: tuple[str, ...]) -> None:
    shrunk.plugins = ("cacheprovider",)
    result = shrunk.run("--contracts-prune", *flags)
    assert result.exit == 0, result.text
    assert sorted(shrunk.files()) == KEPT
    assert sorted(line.removeprefix("removed  ") for line in result.section.splitlines()[:5]) == ORPHANS
    assert "1 operation holds. 5 files removed." in result.section
    assert "review and commit:  git add contracts" in result.section
    assert not (shrunk.folder / "contracts/crm/history").exists()
    assert not (shrunk.folder / "contracts/cassettes/test_orders").exists()
    assert shrunk.run("--contracts").exit == 0


def test_a_whole_run_in_which_all_is_asked_for_removes_nothing(full: Project) -> None:
    before = full.files()
    result = full.run("--contracts-prune")
    assert (result.exit, result.section) == (0, "3 operations hold.")
    assert full.files() == before


MORE = """
import pytest

@pytest.mark.contract
def test_more():
    {body}
"""
PARTS: dict[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    "-k": (("-k", "customer"), {}, "-k customer"),
    "-m": (("-m", "contract"), {}, "-m contract"),
    "path": (("test_customers.py",), {}, "only test_customers.py"),
    "node id": (("test_customers.py::test_customer",), {}, "only test_customers.py::test_customer"),
    "--ignore": (("--ignore=test_x.py",), {}, "--ignore test_x.py"),
    "--deselect": (("--deselect=test_x.py::test",), {}, "--deselect test_x.py::test"),
    "--lf": (("--lf",), {}, "--lf"),
    "--sw": (("--sw",), {}, "--sw"),
    "--setup-only": (("--setup-only",), {}, "--setup-only"),
    "failed": ((), {"test_more.py": MORE.format(body="assert 0")}, "1 contract test failed"),
    "skipped": ((), {"test_more.py": MORE.format(body="pytest.skip()")}, "1 contract test skipped, or known to fail"),
    "xfailed": ((), {"test_more.py": MORE.format(body="pytest.xfail()")}, "1 contract test skipped, or known to fail"),
    "module skipped": (
        (),
        {"test_more.py": "import pytest\npytest.skip(allow_module_level=True)\n# contract\n"},
        "test_more.py was skipped as a whole",
    ),
    "not collected": (
        ("--continue-on-collection-errors",),
        {"test_more.py": "import nowhere_to_be_found"},
        "1 module could not be collected",
    ),
    "deselected by a plugin that tells": (
        (),
        {
            "conftest.py": "def pytest_collection_modifyitems(config, items):\n"
            "    config.hook.pytest_deselected(items=items[1:])\n    del items[1:]\n",
            "test_more.py": MORE.format(body="pass"),
        },
        "1 contract test deselected",
    ),
    "deselected by a plugin that does not": (
        (),
        {
            "conftest.py": "def pytest_collection_modifyitems(items):\n    del items[1:]\n",
            "test_more.py": MORE.format(body="pass"),
        },
        "1 contract test deselected",
    ),
    "a module that was left out": (
        (),
        {"conftest.py": "collect_ignore = ['test_orders.py']\n", "test_orders.py": ORDERS},
        "test_orders.py has cassettes and was not collected",
    ),
}


TOLD_BY_WORKERS = [
    ("failed", "-n2"),
    ("module skipped", "-n2"),
    ("not collected", "-n2"),
    ("deselected by a plugin that does not", "-n2"),
    ("a module that was left out", "-n2"),
]


@pytest.mark.parametrize(("part", "workers"), [*((part, "-n0") for part in PARTS), *TOLD_BY_WORKERS])
def test_a_part_of_a_run_removes_nothing_and_says_why(shrunk: Project, part: str, workers: str) -> None:
    flags, files, reason = PARTS[part]
    shrunk.plugins = ("cacheprovider",)
    for name, text in files.items():
        shrunk.write(name, text)
    before = shrunk.files()
    result = shrunk.run("--contracts-prune", "--contracts-report", "out.json", *flags, workers)
    assert result.exit not in {0, 70}, result.text
    assert (
        f"--contracts-prune removed nothing, since this run does not show all that is asked: {reason}\n"
        in f"{result.section}\n"
    )
    assert shrunk.files() == before
    partial = json.loads((shrunk.folder / "out.json").read_text())["run"]["partial"]
    assert "was not collected" in reason or partial[0] == reason


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "workers"])
def test_a_run_that_stopped_or_lost_a_worker_removes_nothing(shrunk: Project, workers: tuple[str, ...]) -> None:
    before = shrunk.files()
    shrunk.write("test_more.py", MORE.format(body="import os; os._exit(3)" if workers else "raise KeyboardInterrupt"))
    result = shrunk.run("--contracts-prune", *workers)
    assert result.exit in {1, 2}
    assert "--contracts-prune removed nothing, since this run does not show all that is asked: " in result.section
    shrunk.write("test_more.py", MORE.format(body="assert 0"))
    stopped = shrunk.run("--contracts-prune", "-x", *workers)
    assert "all that is asked: stopped early: stop" in stopped.section
    assert shrunk.files() == before


@pytest.mark.parametrize(("flag", "said"), [("--contracts-live", "neither reads"), ("--collect-only", "runs none")])
def test_a_run_that_shows_nothing_of_files_is_refused_at_once(shrunk: Project, flag: str, said: str) -> None:
    result = shrunk.run("--contracts-prune", flag)
    assert result.exit == 4
    assert said in result.errors
    assert sorted(shrunk.files()) == sorted(KEPT + ORPHANS)


def test_below_the_manifest_only_a_part_runs(shrunk: Project) -> None:
    shrunk.write("unit/test_customers.py", CUSTOMERS)
    shrunk.write("unit/client.py", CLIENT)
    result = shrunk.run("--contracts-update", "--contracts-prune", cwd="unit", CI="1")
    assert result.exit == 1
    assert "all that is asked: only unit\n" in f"{result.section}\n"
    assert set(ORPHANS) < set(shrunk.files())


def test_the_folders_of_testpaths_are_all_there_is(shrunk: Project) -> None:
    shrunk.write("pytest.ini", "[pytest]\ntestpaths = test_customers.py\n")
    assert shrunk.run("--contracts-prune").exit == 0
    assert sorted(shrunk.files()) == KEPT


def test_what_is_not_ours_stays(shrunk: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    contracts, elsewhere = shrunk.folder / "contracts", tmp_path_factory.mktemp("elsewhere")
    orphan = contracts / "crm/GET-orders.json"
    shutil.copytree(contracts / "crm", elsewhere / "erp")
    shutil.copytree(contracts / "cassettes/test_orders", elsewhere / "tapes")
    (contracts / "erp").symlink_to(elsewhere / "erp")
    (contracts / "cassettes/linked").symlink_to(elsewhere / "tapes")
    (contracts / "crm/GET-linked.json").symlink_to(elsewhere / "erp/GET-orders.json")
    mine = {
        "contracts/crm/notes.json": '{"our": "notes"}',
        "contracts/crm/copy.json": orphan.read_text(),
        "contracts/crm/README.md": "read me",
        "contracts/cassettes/notes.yaml": "a: 1",
        "contracts/cassettes/of_recording/test_a.yaml": "\n".join(
            line
            for line in (contracts / "cassettes/test_orders/test_order.yaml").read_text().splitlines()
            if "recorded_at" not in line
        ),
    }
    for name, text in mine.items():
        (shrunk.folder / name).parent.mkdir(exist_ok=True)
        (shrunk.folder / name).write_text(text)
    outside = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    result = shrunk.run("--contracts-prune")
    assert result.exit == 0, result.text
    assert {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()} == outside
    assert {name: (shrunk.folder / name).read_text() for name in mine} == mine
    assert (contracts / "crm/GET-linked.json").is_symlink()
    assert not orphan.exists()


def test_a_folder_that_is_a_link_elsewhere_is_left_alone(
    shrunk: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("shared") / "contracts"
    shutil.move(shrunk.folder / "contracts", elsewhere)
    (shrunk.folder / "contracts").symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    result = shrunk.run("--contracts-prune")
    assert result.exit == 1
    assert "is a link that leads outside" in result.section
    assert sorted(elsewhere.rglob("*")) == before


KILLED = """
import os, pathlib
from pytest_integration_contracts.session import prune

unlink, done = pathlib.Path.unlink, []

def dying(self, *arguments, **named):
    if "contracts" in self.parts and len(done) == int(os.environ["REMOVE"]):
        os._exit(9)
    done.append(self)
    unlink(self, *arguments, **named)

pathlib.Path.unlink = dying
"""


@pytest.mark.parametrize("number", range(5))
def test_killed_in_the_middle_the_next_prune_goes_on(shrunk: Project, number: int) -> None:
    shrunk.write("conftest.py", KILLED)
    assert shrunk.run("--contracts-prune", REMOVE=str(number)).exit == 9
    assert len(shrunk.files()) == len(KEPT + ORPHANS) - number
    (shrunk.folder / "conftest.py").unlink()
    assert shrunk.run("--contracts").exit == 0
    assert shrunk.run("--contracts-prune").exit == 0
    assert sorted(shrunk.files()) == KEPT


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove anything")
def test_what_cannot_be_removed_fails_the_run(shrunk: Project) -> None:
    folder = shrunk.folder / "contracts/crm"
    folder.chmod(0o500)
    try:
        result = shrunk.run("--contracts-prune")
    finally:
        folder.chmod(0o700)
    assert result.exit == 1
    assert "cannot be removed" in result.section


def test_each_project_of_a_run_is_pruned_on_its_own(bare: Project, filled: Path) -> None:
    bare.write("pytest.ini", "[pytest]\naddopts = --import-mode=importlib\npythonpath = one\n")
    for name in ("one", "two"):
        ignored = shutil.ignore_patterns("__pycache__", "pytest.ini")
        shutil.copytree(filled, bare.folder / name, ignore=ignored)
    for name in ("one", "two"):
        (bare.folder / name / "test_orders.py").unlink()
        whole = bare.files("two")
        pruned = bare.run("--contracts-prune", name, CRM_URL=NOWHERE)
        assert pruned.exit == 0, pruned.text
        left = [path.removeprefix(f"{name}/") for path in bare.files(f"{name}/contracts")]
        assert left == KEPT
        assert name == "two" or bare.files("two") == whole
    shutil.copytree(filled / "contracts", bare.folder / "one" / "contracts", dirs_exist_ok=True)
    assert bare.run("--contracts-prune", CRM_URL=NOWHERE).exit == 0
    assert [path.removeprefix("one/") for path in bare.files("one/contracts")] == KEPT


def test_what_adopted_tests_ask_for_stays_and_their_cassettes_are_not_ours(
    adopting: Project, upstream: Upstream
) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    assert adopting.run("--contracts-update", "--record-mode=new_episodes").exit == 0
    before, kept = adopting.files(), adopting.files("cassettes")
    assert len(before) == len(kept) == 1
    orphan = adopting.folder / "contracts/crm/GET-orders.json"
    orphan.write_text(next(iter(before.values())).replace("/customers/{id}", "/orders"))
    result = adopting.run("--contracts-prune")
    assert (result.exit, "removed  contracts/crm/GET-orders.json\n" in result.section) == (0, True), result.text
    assert (adopting.files(), adopting.files("cassettes")) == (before, kept)
