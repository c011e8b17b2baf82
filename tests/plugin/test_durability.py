"""Never torn, never lost: killed, raced, refused by the system, led astray by links."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from plugin.harness import UNUSED_PLUGINS, Project
from upstream import Upstream, json_answer

NOWHERE = "http://127.0.0.1:9/v1"
SNAPSHOT = "contracts/crm/GET-customers-{id}.json"
PATH = "/v1/customers/42"
OLD, NEW = {"id": 42, "email": "ada@mail.example"}, {"id": 42, "name": "Ada"}

UPDATE = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:xdist"]
REFRESH = [*UPDATE, "-p", "no:hypothesispytest", "--contracts-record", "--contracts-update"]

DIES_AT_STEP = """
import os
import signal

STEPS = {
    "mkstemp": ("tempfile", "mkstemp"),
    "fsync": ("os", "fsync"),
    "replace": ("pathlib", "Path.replace"),
    "chmod": ("pathlib", "Path.chmod"),
}

def die(kind, count):
    import importlib
    module, name = STEPS[kind]
    owner = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    real, left = getattr(owner, last), [count]

    def step(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    setattr(owner, last, step)

if os.environ.get("DIE"):
    kind, count = os.environ["DIE"].split(":")
    die(kind, int(count))
"""


KILLS = """
import json, os, pathlib, random, select, signal, sys, time
import pytest, requests
import pytest_integration_contracts.session.session, deepdiff, jsonschema_rs, jsonschema

FLAGS = ["-q", *UNUSED]

def session():
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2)
        os._exit(int(pytest.main([*FLAGS, "--contracts-record", "--contracts-update"])))
    return child

def whole():
    for path in pathlib.Path("contracts").rglob("*.json"):
        json.loads(path.read_text())
    for path in pathlib.Path("contracts").rglob("*.yaml"):
        assert path.read_text().endswith("version: 1\\n"), path

begin = time.perf_counter()
assert os.waitpid(session(), 0)[1] == 0
length = time.perf_counter() - begin
moments, killed = random.Random(42), 0
for turn in range(200):
    child = session()
    select.select([], [], [], length * 1.1 * moments.random())
    os.kill(child, signal.SIGKILL)
    killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    whole()
print(killed, 200 - killed)
"""


@pytest.fixture
def learned(project: Project, upstream: Upstream) -> Project:
    upstream.answers[PATH] = json_answer(OLD)
    project.write("conftest.py", DIES_AT_STEP)
    assert project.run("--contracts-update").exit == 0
    upstream.answers[PATH] = json_answer(NEW)
    return project


def whole(project: Project) -> None:
    """Each file is a whole one; nothing but snapshots and cassettes is there that a run would read."""
    for name, text in project.files().items():
        if name.endswith(".json"):
            json.loads(text)
        elif name.endswith(".yaml"):
            assert text.endswith("version: 1\n")
        else:
            assert Path(name).name.startswith("."), name


@pytest.mark.parametrize("step", ["mkstemp", "fsync", "chmod", "replace"])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_killed_at_any_step_of_a_write_each_file_is_the_old_or_the_new_one(
    learned: Project, step: str, count: int
) -> None:
    before = learned.files()
    killed = learned.run("--contracts-record", "--contracts-update", DIE=f"{step}:{count}")
    assert killed.exit == -9
    whole(learned)
    assert learned.files()[SNAPSHOT] == before[SNAPSHOT] or '"version": "2.0"' in learned.files()[SNAPSHOT]
    after = learned.run("--contracts-record", "--contracts-update")
    assert after.exit == 0, after.text
    assert learned.run("--contracts", CRM_URL=NOWHERE).exit == 0
    assert '"version": "2.0"' in learned.files()[SNAPSHOT]
    assert f"contracts/crm/history/{Path(SNAPSHOT).stem}/1.0-broken-by-2.0.json" in learned.files()


def test_killed_at_random_moments_each_file_is_whole(learned: Project, upstream: Upstream) -> None:
    """Two hundred sessions, forked from one process that has everything loaded, each killed at a random moment."""
    upstream.answers[PATH] = [json_answer(NEW if turn % 2 else OLD) for turn in range(201)]
    (learned.folder / "conftest.py").unlink()
    unused = [part for name in (*UNUSED_PLUGINS, "xdist") for part in ("-p", f"no:{name}")]
    learned.write("kill.py", KILLS.replace("UNUSED", repr(unused)))
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "kill.py"],
        cwd=learned.folder,
        env={**os.environ, **learned.environment, "CI": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    killed, ended = map(int, done.stdout.split()[-2:])
    assert killed + ended == 200
    assert killed > 100
    whole(learned)
    upstream.answers[PATH] = json_answer(NEW)
    assert learned.run("--contracts-record", "--contracts-update").exit == 0
    assert learned.run("--contracts", CRM_URL=NOWHERE).exit == 0


def test_two_updates_at_once_leave_whole_files(learned: Project) -> None:
    environment = {**os.environ, **learned.environment, "CI": ""}
    both = [
        subprocess.Popen(
            [sys.executable, *REFRESH], cwd=learned.folder, env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in both:
        text, _ = process.communicate(timeout=60)
        assert process.returncode == 0, text
    whole(learned)
    assert '"version": "2.0"' in learned.files()[SNAPSHOT]
    assert learned.run("--contracts", CRM_URL=NOWHERE).exit == 0


def test_a_full_disk_is_said_and_loses_nothing(learned: Project) -> None:
    before = learned.files()
    with (learned.folder / "conftest.py").open("a") as conftest:
        # a file-size limit of one byte: the system refuses the write, as a full disk does
        conftest.write(
            "\nimport resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))\n"
        )
    done = subprocess.run(
        [sys.executable, *REFRESH],
        cwd=learned.folder,
        env={**os.environ, **learned.environment, "CI": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,  # pipes have no size limit, as files have
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "cannot be written" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert learned.files() == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to become somebody else")
def test_a_folder_that_may_not_be_written_is_said_and_loses_nothing(
    learned: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = learned.files()
    learned.folder.chmod(0o755)
    for parent in tmp_path_factory.getbasetemp(), *tmp_path_factory.getbasetemp().parents[:2]:
        if parent.stat().st_mode & 0o077 == 0:  # pytest's own folders are for their owner only
            parent.chmod(0o755)
    with (learned.folder / "conftest.py").open("a") as conftest:
        conftest.write("\nimport os\n\ndef pytest_runtest_teardown():\n    os.setuid(65534)\n")
    result = learned.run("--contracts-record", "--contracts-update")
    assert result.exit == 1, result.text + result.errors
    assert "cannot be written: " in result.text
    assert "Permission denied" in result.text
    assert learned.files() == before


@pytest.mark.parametrize("link", ["contracts/crm", "contracts/cassettes/test_crm"])
def test_a_link_that_leads_outside_is_not_followed(learned: Project, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    (learned.folder / link).rename(outside)
    (learned.folder / link).symlink_to(outside)
    before = {path.name: path.read_bytes() for path in outside.iterdir() if path.is_file()}
    result = learned.run("--contracts-record", "--contracts-update")
    assert result.exit == 1
    assert "leads outside" in result.text
    assert {path.name: path.read_bytes() for path in outside.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("name", [SNAPSHOT, "contracts/cassettes/test_crm/test_customer.yaml"])
@pytest.mark.parametrize("flags", [["--contracts"], ["--contracts-update"]])
def test_a_checkout_in_mid_merge_is_said_and_left_alone(learned: Project, name: str, flags: list[str]) -> None:
    path = learned.folder / name
    first, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join([first, "<<<<<<< HEAD\n", rest[0], "=======\n", rest[1], ">>>>>>> theirs\n", *rest[2:]]))
    before = learned.files()
    result = learned.run(*flags, CRM_URL=NOWHERE)
    assert result.exit == 1
    assert name.rpartition("/")[2] in result.text
    assert "merge conflict" in result.text
    assert "Traceback" not in result.text
    assert learned.files() == before
