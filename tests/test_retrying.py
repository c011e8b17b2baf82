"""How long a live run waits before it tries a test again, and when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_integration_contracts.model import Finding, Operation, Verdict
from pytest_integration_contracts.session.retrying import Retries, was_never_sent
from pytest_integration_contracts.session.session import Session
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.session.watch import Watch

MANIFEST = """
[integrations.crm]
urls = ["https://api.crm.example"]
retries = 5
[integrations.tax]
urls = ["https://api.tax.example"]
retries = 5
[integrations.old]
urls = ["https://api.old.example"]
"""


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    (tmp_path / "contracts.toml").write_text(MANIFEST)
    settings = Settings(mode=Mode.LIVE, root=tmp_path, invoked_from=tmp_path, environment={}, today="2026-12-01")
    return Session(settings).watch(tmp_path / "test_crm.py", "test_customer", "test_crm.py::test_customer")


def found(integration: str, verdict: Verdict = Verdict.DOWN) -> Finding:
    operation = Operation(integration, "GET /customers")
    return Finding(operation, "", "", "", problem="it is so" if verdict is not Verdict.OK else "", cause=verdict)


class Clock:
    """A clock that only waiting moves, and what is done meanwhile."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waited: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds


def tried(retries: Retries, clock: Clock, watch: Watch, name: str, *, took: float = 0.0) -> int:
    """Try a test of an upstream that stays down; how often it was tried."""
    tries = 1
    while True:
        clock.now += took
        pause = retries.pause([found(name)], [watch], tries=tries, never_sent=False)
        retries.ended()
        if pause is None:
            return tries
        retries.wait(pause)
        tries += 1


def test_each_pause_is_twice_the_one_before_and_what_stays_down_is_left_alone(watch: Watch) -> None:
    clock = Clock()
    retries = Retries(clock=clock, sleep=clock.sleep)
    assert tried(retries, clock, watch, "crm") == 6
    assert clock.waited == [1, 2, 4, 8, 16]
    assert tried(retries, clock, watch, "crm") == 1
    assert tried(retries, clock, watch, "old") == 1


def test_one_process_spends_a_minute_on_it_at_most(watch: Watch) -> None:
    clock = Clock()
    retries = Retries(clock=clock, sleep=clock.sleep)
    assert tried(retries, clock, watch, "crm", took=15) == 4  # 1 + 15, 2 + 15, 4 + 15: 8 are left, the next pause
    assert tried(retries, clock, watch, "tax", took=15) == 2
    assert clock.waited == [1, 2, 4, 1]
    assert tried(retries, clock, watch, "tax") == 1


@pytest.mark.parametrize("beside", [Verdict.DRIFT, Verdict.DENIED, Verdict.UNVERIFIED])
def test_what_also_failed_otherwise_is_not_tried_again(watch: Watch, beside: Verdict) -> None:
    retries = Retries()
    assert retries.pause([found("crm"), found("crm", beside)], [watch], tries=1, never_sent=False) is None
    assert retries.pause([found("crm", Verdict.OK)], [watch], tries=1, never_sent=False) is None
    assert retries.pause([found("crm"), found("tax", Verdict.OK)], [watch], tries=1, never_sent=False) == 1


def test_only_a_connection_that_never_came_about_sent_nothing() -> None:
    def chained(cause: BaseException) -> BaseException:
        error, between = RuntimeError("the client's own"), RuntimeError("its library's")
        error.__cause__, between.__context__ = between, cause
        return error

    assert was_never_sent(chained(ConnectionRefusedError()))
    assert not was_never_sent(chained(ConnectionResetError()))
    assert not was_never_sent(chained(TimeoutError()))
    assert not was_never_sent(None)
