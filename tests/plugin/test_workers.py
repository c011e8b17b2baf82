"""However many processes run the tests, and whatever happens to them: the same snapshots, findings and summary."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from plugin.harness import UNUSED_PLUGINS, Project
from upstream import Upstream, json_answer

NOWHERE = "http://127.0.0.1:9/v1"
TESTS = """
import pytest
from client import customer

@pytest.fixture(scope="session")
def first():
    return customer(0)

class TestMany:
    @pytest.mark.contract
    @pytest.mark.parametrize("number", range({first}, {last}))
    def test_customer(self, number, first):
        assert customer(number)["id"] == number
"""
NORMAL = ("-n0",), ("-n2",), ("-n4", "--dist", "loadfile"), ("-n2", "--dist", "worksteal")


def body(number: int, **more: object) -> dict[str, object]:
    optional = {"vip": True} if number % 3 else {}
    return {"id": number, "email": None if number % 4 == 0 else "a@mail.example", **optional, **more}


@pytest.fixture
def many(project: Project, upstream: Upstream) -> Project:
    """Two modules of six tests over one operation, with a session fixture."""
    upstream.answers |= {f"/v1/customers/{number}": json_answer(body(number)) for number in range(12)}
    (project.folder / "test_crm.py").unlink()
    project.write("test_one.py", TESTS.format(first=0, last=6))
    project.write("test_two.py", TESTS.format(first=6, last=12))
    return project


def forget(project: Project) -> None:
    for path in (project.folder / "contracts" / "crm").rglob("*.json"):
        path.unlink()


def test_learning_is_the_same_byte_for_byte(many: Project) -> None:
    assert many.run("--contracts-update").exit == 0
    files = many.files()
    for flags in NORMAL:
        forget(many)
        result = many.run("--contracts-update", *flags, CRM_URL=NOWHERE)
        assert result.exit == 0, result.text
        assert many.files() == files


def test_findings_and_summary_are_the_same_byte_for_byte(many: Project, upstream: Upstream) -> None:
    assert many.run("--contracts-update").exit == 0
    for number in range(12):
        upstream.answers[f"/v1/customers/{number}"] = json_answer({"id": number, "vip": "yes"})
    sections = {many.run("--contracts-live", "--tb=no", *flags).section for flags in NORMAL}
    assert len(sections) == 1
    section = sections.pop()
    assert "string (email) or null, in" in section
    assert "1 operation drifts: 2 breaking changes." in section


def test_random_order_and_reruns_change_nothing(many: Project, upstream: Upstream) -> None:
    assert many.run("--contracts-update").exit == 0
    files = many.files()
    many.write(
        "conftest.py",
        """
        import os, random, pytest
        failures = set()

        def pytest_collection_modifyitems(items):
            random.Random(int(os.environ["SEED"])).shuffle(items)

        @pytest.fixture(autouse=True)
        def flaky(request):
            yield
            if "3" in request.node.name and request.node.name not in failures:
                failures.add(request.node.name)
                raise RuntimeError("only the first time")
        """,
    )
    for seed in ("1", "2", "3"):
        forget(many)
        result = many.run("--contracts-update", "-p", "rerunfailures", "--reruns=1", CRM_URL=NOWHERE, SEED=seed)
        assert result.exit == 0, result.text
        assert "rerun" in result.text
        assert many.files() == files


@pytest.mark.parametrize("flag", ["-x", "--maxfail=2"])
def test_stopping_early_still_tells_what_was_found(many: Project, upstream: Upstream, flag: str) -> None:
    assert many.run("--contracts-update").exit == 0
    for number in range(12):
        upstream.answers[f"/v1/customers/{number}"] = json_answer({"id": number, "vip": "yes"})
    for workers in ("-n0", "-n2"):
        result = many.run("--contracts-live", "--tb=no", flag, workers)
        assert result.exit in {1, 2}
        assert "1 operation drifts: 2 breaking changes." in result.section


CRASHING = """
import os
import pytest
from client import customer

@pytest.mark.contract
@pytest.mark.parametrize("number", range(12, 15))
def test_others(number):
    assert customer(f"{number}/orders")

@pytest.mark.contract
def test_crashes():
    assert customer(5)
    os.kill(os.getpid(), 9)
"""


def test_a_worker_that_dies_loses_no_finished_test_and_teaches_nothing_about_its_own(
    many: Project, upstream: Upstream
) -> None:
    upstream.answers |= {f"/v1/customers/{number}/orders": json_answer({"items": [number]}) for number in range(12, 15)}
    many.write("test_three.py", CRASHING.replace("os.kill(os.getpid(), 9)", ""))
    assert many.run("--contracts-update").exit == 0
    before = many.files()
    forget(many)
    many.write("test_three.py", CRASHING)
    result = many.run("--contracts-update", "-n2", CRM_URL=NOWHERE)
    assert result.exit == 1
    assert "not checked: test_three.py::test_crashes" in result.section
    orders = "contracts/crm/GET-customers-{id}-orders.json"
    assert many.files()[orders] == before[orders]
    assert "contracts/crm/GET-customers-{id}.json" not in many.files()


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_ctrl_c_ends_in_seconds_and_says_what_was_not_checked(many: Project, workers: str) -> None:
    many.write(
        "test_three.py",
        """
        import pathlib, threading
        import pytest
        from client import customer

        @pytest.mark.contract
        @pytest.mark.parametrize("number", [1, 2])
        def test_waits(number):
            assert customer(number)
            pathlib.Path("waiting").touch()
            threading.Event().wait(60)

        @pytest.mark.contract
        def test_never_runs():
            assert customer(3)
        """,
    )
    unused = [part for name in UNUSED_PLUGINS for part in ("-p", f"no:{name}")]  # hypothesis's may swallow an interrupt
    command = ["-m", "pytest", *unused, "--contracts-update", "-q", workers]
    process = subprocess.Popen(
        [sys.executable, *command, "test_three.py"],
        cwd=many.folder,
        env={**os.environ, **many.environment, "CI": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - what runs in the background ignores it
    )
    patience = time.monotonic() + 60
    while not (many.folder / "waiting").exists() and time.monotonic() < patience:
        assert process.poll() is None
        os.sched_yield()
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=30)
    assert time.monotonic() - begin < 15
    assert process.returncode == 2, text
    assert "not checked: test_three.py::test_waits[1]" in text
    assert "not checked: test_three.py::test_waits[2]" in text
    assert "not checked: test_three.py::test_never_runs" in text
    assert [name for name in many.files() if name.endswith(".json")] == [], "nothing is learned from half a run"
