"""Opening a history: what it may be called, tables of other releases, and what is said where there is none."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from health.conftest import Place
from health.making import run_at, sample
from pytest_integration_contracts.errors import HealthError
from pytest_integration_contracts.health import database, migrating
from pytest_integration_contracts.health.spool import keep, waiting
from pytest_integration_contracts.health.store import Store, open_store
from pytest_integration_contracts.health.tables import VERSION_TABLE, metadata
from pytest_integration_contracts.manifest.monitoring import HealthSettings

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    op.add_column("health_runs", sa.Column("branch", sa.Text(), nullable=False, server_default="main"))
"""


def refused(url: str, root: Path, environment: dict[str, str] | None = None, timeout: float = 2.0) -> str:
    with pytest.raises(HealthError) as caught:
        open_store(url, root, environment or {}, timeout=timeout)
    shown = "".join(traceback.format_exception(caught.value))
    assert str(caught.value) in shown
    assert "s3cret" not in shown
    return str(caught.value)


def test_the_history_lies_below_the_manifest_and_out_of_version_control(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    open_store("sqlite:.contracts/health.sqlite", tmp_path, {}).close()
    open_store("sqlite:monitoring/deep/history.sqlite", tmp_path, {}).close()
    seen = subprocess.run(["git", "-C", tmp_path, "status", "--porcelain"], check=True, capture_output=True, text=True)
    assert (tmp_path / ".contracts" / "health.sqlite").exists()
    assert seen.stdout == ""


def test_a_folder_that_was_there_before_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    open_store("sqlite:data/history.sqlite", tmp_path, {}).close()
    open_store("sqlite:history.sqlite", tmp_path, {}).close()
    assert not list(tmp_path.rglob(".gitignore"))


@pytest.mark.parametrize(
    "name", ["/etc/health.sqlite", "../health.sqlite", "a/../../health.sqlite", "link/health.sqlite"]
)
def test_a_history_outside_of_the_manifests_folder_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    assert refused(f"sqlite:{name}", root) == (
        f"[health] store: {name} is not below {root}; write a path below the manifest's folder"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_a_file_anywhere_is_named_in_the_environment(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "project", tmp_path / "elsewhere.sqlite"
    root.mkdir()
    environment = {"HEALTH_STORE": f"sqlite:///{elsewhere}"}
    with open_store("env:HEALTH_STORE", root, environment) as store:
        store.append(run_at(1), [sample()])
    with open_store("env:HEALTH_STORE", root, environment) as store:
        assert store.samples("crm") == [sample()]
    assert elsewhere.exists()
    assert not list(root.iterdir())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "'': is neither `sqlite:PATH` below the manifest's folder nor `env:NAME`"),
        ("env:", "'env:': is neither"),
        ("postgresql://me:s3cret@db.example/health", "'postgresql://***': is neither"),
        ("sqlite:///tmp/health.sqlite", "'sqlite://***': is neither"),
        ("env:NOT_SET", "the environment has no NOT_SET; set it to the database's address"),
        ("env:EMPTY", "the environment has no EMPTY"),
        ("env:WORDS", "env:WORDS: holds no address of a PostgreSQL database or a SQLite file"),
        ("env:BROKEN", "env:BROKEN: holds no address"),
        ("env:MEMORY", "env:MEMORY: holds no address"),
        ("env:OTHER", "env:OTHER: holds no address"),
    ],
)
def test_a_name_that_means_no_history_is_refused(tmp_path: Path, url: str, said: str) -> None:
    environment = {
        "EMPTY": " ",
        "WORDS": "s3cret words",
        "BROKEN": "postgresql://me:s3cret@db.example:port/x",
        "MEMORY": "sqlite://",
        "OTHER": "mysql://me:s3cret@db.example/x",
    }
    assert said in refused(url, tmp_path, environment)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:s3cret@127.0.0.1:1/health",
        "postgres://me:s3cret%2F@127.0.0.1:1/health",
        "postgresql+psycopg://127.0.0.1:1/health?user=me&password=s3cret",
        "postgresql://me:s3cret@127.0.0.1:1/health?unknown=s3cret",
        "postgresql+nodriver://me:s3cret@127.0.0.1/health",
    ],
)
def test_no_password_is_shown(tmp_path: Path, address: str) -> None:
    said = refused("env:HEALTH_STORE", tmp_path, {"HEALTH_STORE": address})
    assert said.startswith("env:HEALTH_STORE (postgresql 127.0.0.1:")
    assert ": cannot be opened: " in said


def test_a_file_that_is_no_database_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "health.sqlite").write_bytes(b"not a database, but a text" * 100)
    assert refused("sqlite:health.sqlite", tmp_path) == ("health.sqlite: cannot be opened: file is not a database")


def test_a_file_that_another_process_keeps_locked_is_told_of_in_time(tmp_path: Path) -> None:
    open_store("sqlite:health.sqlite", tmp_path, {}).close()
    other = sqlite3.connect(tmp_path / "health.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_store("sqlite:health.sqlite", tmp_path, {}, timeout=0.2) as store, pytest.raises(HealthError) as caught:
        store.append(run_at(1), [sample()])
    other.close()
    assert str(caught.value) == (
        "health.sqlite: cannot be written: database is locked; another process has been writing for 0.2 s"
    )


def test_the_tables_are_those_that_the_migrations_make(history: Store) -> None:
    with history._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert (
            context.get_current_revision()
            == database.HEAD
            == ScriptDirectory(str(migrating.SCRIPTS)).get_current_head()
        )


def test_tables_of_every_earlier_release_are_brought_up_to_date_with_all_that_is_in_them(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_at(1)
    with place.open() as store:
        store.append(run, [sample()])
    scripts = tmp_path / "scripts 100%"
    shutil.copytree(migrating.SCRIPTS, scripts)
    (scripts / "versions" / "next.py").write_text(NEXT.format(head=database.HEAD))
    with monkeypatch.context() as patch:
        patch.setattr(database, "HEAD", "9999")
        patch.setattr(migrating, "SCRIPTS", scripts)
        with place.open() as store:
            assert store.samples("crm", run=run.id) == [sample()]
            with store._database.reading() as connection:
                assert connection.execute(text("SELECT branch FROM health_runs")).scalars().all() == ["main"]
    said = refused(place.url, place.root, dict(place.environment))
    assert (
        "was written by a newer release of pytest-integration-contracts (its tables are 9999, this release knows"
        in said
    )
    assert said.endswith("upgrade it: pip install --upgrade 'pytest-integration-contracts[health]'")


def test_a_migration_that_fails_leaves_what_was_there(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place.open() as store:
        store.append(run_at(1), [sample()])
    scripts = tmp_path / "scripts"
    shutil.copytree(migrating.SCRIPTS, scripts)
    broken = NEXT.format(head=database.HEAD) + '    op.execute("DROP TABLE health_runs")\n    op.execute("no SQL")\n'
    (scripts / "versions" / "next.py").write_text(broken)
    with monkeypatch.context() as patch:
        patch.setattr(database, "HEAD", "9999")
        patch.setattr(migrating, "SCRIPTS", scripts)
        assert "cannot be opened" in refused(place.url, place.root, dict(place.environment))
    with place.open() as store:
        assert len(store.runs("crm")) == 1


@pytest.mark.parametrize("library", ["sqlalchemy", "alembic"])
def test_without_the_extra_there_is_one_line_that_says_what_to_install(tmp_path: Path, library: str) -> None:
    code = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from pathlib import Path\n"
        "from health.making import run_at, sample\n"
        "from pytest_integration_contracts.health.spool import keep\n"
        "from pytest_integration_contracts.manifest.monitoring import HealthSettings\n"
        "print(*keep(run_at(1), [sample()], HealthSettings(), Path(sys.argv[2]), {}), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, library, tmp_path],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stderr == ""
    assert done.stdout == (
        f"history: `[health]` needs {library}, which is not installed:"
        " pip install 'pytest-integration-contracts[health]'; 1 run waits in .contracts/spool"
        " for the next run to hand in\n"
    )
    assert keep(run_at(2), [sample()], HealthSettings(), tmp_path, {}) == ()
    assert waiting(tmp_path) == []
