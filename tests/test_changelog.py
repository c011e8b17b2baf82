"""`integration-contracts changelog`, and what `log`, `show` and `diff` say of names and versions that there are not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from committing import Repository, needs_git
from pytest_integration_contracts.cli import main
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.snapshots.snapshot import ResponseShape, Snapshot
from pytest_integration_contracts.snapshots.store import SnapshotStore

GET = Operation("crm", "GET /customers/{id}")
OLD = [{"id": 1, "email": "a@mail.example"}, {"id": 2, "email": "b@mail.example"}]
NEW = [{"id": 1}, {"id": 2}]


def snapshot(version: str, since: str, bodies: list[Any], reason: str = "", operation: Operation = GET) -> Snapshot:
    shape = ResponseShape(len(bodies), body=infer(bodies))
    return Snapshot(operation, version, since, reason, responses={"200 application/json": shape})


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SnapshotStore:
    monkeypatch.chdir(tmp_path)
    return SnapshotStore(tmp_path / "contracts")


@pytest.fixture
def told(store: SnapshotStore) -> SnapshotStore:
    store.write(snapshot("1.0", "2026-01-31", OLD))
    store.write(snapshot("1.1", "2026-02-01", [{**body, "name": "x"} for body in OLD], "names come"))
    store.write(snapshot("2.0", "2026-03-05", NEW, "no more mail"))
    store.write(snapshot("1.0", "2026-02-01", OLD, operation=Operation("erp", "GET /items")))
    return store


CHANGELOG = """\
# Changelog of crm

## 2026-03-05

### `GET /customers/{id}` 1.1 → 2.0, **breaking**

no more mail

- **breaking** `property.removed` at `$.email`: string (email), in 2 of 2 responses -\\> gone, in 2 of 2
- **breaking** `property.removed` at `$.name`: string, in 2 of 2 responses -\\> gone, in 2 of 2

## 2026-02-01

### `GET /customers/{id}` 1.1

names come

- compatible `property.added` at `$.name`: string, after 2 responses

## 2026-01-31

### `GET /customers/{id}` 1.0

- first version
"""


def test_it_is_grouped_by_day_the_newest_first_with_what_breaks_marked(told: SnapshotStore) -> None:
    printed = run("changelog", "crm")
    assert (printed.exit_code, printed.stdout) == (0, CHANGELOG)


def test_all_integrations_are_told_where_none_is_named(told: SnapshotStore) -> None:
    text = run("changelog").stdout
    assert text.startswith(CHANGELOG)
    assert text.endswith("# Changelog of erp\n\n## 2026-02-01\n\n### `GET /items` 1.0\n\n- first version\n")
    assert (run("changelog", "crn").exit_code, run("changelog", "crn").stderr) == (
        2,
        f"error: no snapshots of `crn` in {told.directory}; there are: crm, erp\n",
    )


def test_where_nothing_is_learned_it_says_so(store: SnapshotStore) -> None:
    assert run("changelog").stdout == f"nothing is learned in {store.directory} yet\n"


@needs_git
def test_who_committed_a_version_first_is_named(
    store: SnapshotStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(tmp_path, monkeypatch)
    for version, author, bodies in (("1.0", "Ada Lovelace", OLD), ("2.0", "Bob *the* b", NEW), ("3.0", "Cy", OLD)):
        store.write(snapshot(version, "2026-01-31", bodies))
        if version != "3.0":
            repository.commit(author=author)
    path = store.path(GET)
    path.write_text(path.read_text().replace("2026-01-31", "2026-02-01"))
    text = run("changelog", "crm").stdout
    assert "1.0\n\nlearned by Ada Lovelace\n" in text
    assert "1.0 → 2.0, **breaking**\n\nlearned by Bob \\*the\\* b\n" in text
    assert text.count("learned by") == 2, "3.0 is not committed yet"
    repository.commit(author="Cy")
    assert "2.0 → 3.0, **breaking**\n\nlearned by Cy\n" in run("changelog", "crm").stdout


@needs_git
def test_a_shallow_clone_names_nobody_rather_than_somebody_else(
    told: SnapshotStore, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(tmp_path, monkeypatch)
    repository.commit(author="Ada Lovelace")
    repository.commit(author="Bob")
    clone = tmp_path_factory.mktemp("clone") / "crm"
    repository.git("clone", "-q", "--depth=1", f"file://{tmp_path}", str(clone))
    assert "learned by Ada Lovelace" in run("changelog", "crm").stdout
    monkeypatch.chdir(clone)
    assert run("changelog", "crm").stdout == CHANGELOG


def test_without_git_it_names_nobody(told: SnapshotStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("git") is None
    assert run("changelog", "crm").stdout == CHANGELOG


def test_nothing_of_what_others_wrote_is_markup(store: SnapshotStore) -> None:
    hostile = Operation("crm", "GET /a`b``<script>|\n# x")
    reason = "# no\n<img src=x> [a](https://evil.example) **b** | @team `c` \x1b[31m 1. www.evil.example"
    store.write(snapshot("1.0", "2026-01-31\n# y", OLD, reason, hostile))
    text = run("changelog").stdout
    assert "### ```GET /a`b``<script>|\\u000a# x``` 1.0\n" in text
    assert (
        "\\<img src=x\\> \\[a\\](https\u200b://evil.example) \\*\\*b\\*\\* \\| \\@team \\`c\\` \\\\u001b\\[31m" in text
    )
    assert "www\u200b.evil.example" in text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Changelog of crm",
        "## 2026-01-31\\\\u000a\\# y",
        "### ```GET /a`b``<script>|\\u000a# x``` 1.0",
    ]


def test_a_version_that_a_break_replaced_catches_the_eye_in_a_list_of_files(told: SnapshotStore) -> None:
    history = told.directory / "crm/history/GET-customers-{id}"
    assert sorted(path.name for path in history.iterdir()) == ["1.0.json", "1.1-broken-by-2.0.json"]
    assert [each.version for each in SnapshotStore(told.directory).versions(GET)] == ["1.0", "1.1", "2.0"]
    (history / "1.1-broken-by-2.0.json").rename(history / "1.1.json")
    assert [each.version for each in SnapshotStore(told.directory).versions(GET)] == ["1.0", "1.1", "2.0"]


def test_an_operation_may_be_asked_for_by_one_of_its_paths(told: SnapshotStore) -> None:
    for command in ("log", "show"):
        assert run(command, "crm", "GET /customers/42").stdout == run(command, "crm", GET.name).stdout
    assert run("diff", "crm", "GET /customers/42", "1.0", "2.0").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("show", "crm", "GET /custmers/{id}"),
            (
                '`crm` has no operation "GET /custmers/{id}" (did you mean "GET /customers/{id}"?);'
                ' it has: "GET /customers/{id}"'
            ),
        ),
        (("diff", "crm", GET.name), "crm  GET /customers/{id}: say which two of its versions: 1.0, 1.1, 2.0"),
        (("diff", "erp", "GET /items"), "erp  GET /items: has only one version: 1.0"),
        (("diff", "crm", GET.name, "1.0", "9.0"), "crm  GET /customers/{id} has no version 9.0; it has: 1.0, 1.1, 2.0"),
        (("diff", "erp", "GET /items", "1.0", "2.0"), "erp  GET /items has no version 2.0; it has: 1.0"),
    ],
)
def test_names_and_versions_that_there_are_not_are_bad_input(
    told: SnapshotStore, arguments: tuple[str, ...], said: str
) -> None:
    printed = run(*arguments)
    assert (printed.exit_code, printed.stderr) == (2, f"error: {said}\n")


def test_what_changed_only_beside_the_bodies_is_told(store: SnapshotStore) -> None:
    store.write(snapshot("1.0", "2026-01-31", OLD))
    store.write(replace(snapshot("1.1", "2026-02-01", OLD), auth=("Bearer",)))
    assert "### `GET /customers/{id}` 1.1\n\n- known better: no body changed\n" in run("changelog").stdout
