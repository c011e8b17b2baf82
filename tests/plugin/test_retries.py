"""Live runs: a test whose upstream is down is tried again, within bounds, and never where that could write twice."""

from __future__ import annotations

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Answer, Upstream, json_answer

RETRYING = f"{MANIFEST.strip()}\nretries = 2\n"

CLIENT = """
import os
import requests

URL = os.environ.get("CRM_URL", "https://api.crm.example/v1")

def ask(path, method="GET"):
    response = requests.request(method, f"{URL}{path}", timeout=5)
    response.raise_for_status()
    return response.json()
"""


def down(pause: str = "0") -> Answer:
    return json_answer({"error": "busy"}, 503, Retry_After=pause)


GOOD = json_answer({"id": 1})


@pytest.fixture
def retrying(project: Project) -> Project:
    project.write("contracts.toml", RETRYING)
    project.write("client.py", CLIENT)
    project.write("test_crm.py", "")
    return project


def learned(project: Project, upstream: Upstream, *paths: str) -> None:
    upstream.answers |= dict.fromkeys([f"/v1{path}" for path in paths], GOOD)
    project.learn(upstream)
    upstream.asked.clear()


MANY = """
import os
import pytest
from client import ask

@pytest.fixture(scope="module")
def login():
    return ask("/login", "POST")

@pytest.fixture(scope="module")
def account(login):
    yield ask("/account")

@pytest.fixture
def fresh():
    return []

@pytest.mark.contract
def test_wobbly(fresh, account):
    fresh.append(1)
    assert (len(fresh), ask("/wobbly")["id"]) == (1, 1)

@pytest.mark.contract
def test_denied(account):
    ask("/denied")

@pytest.mark.contract
def test_drifting(account):
    ask("/drifting")

@pytest.mark.contract
def test_ours(account):
    assert ask("/ours")["id"] == int(os.environ.get("WANTED", "1"))

@pytest.mark.contract
@pytest.mark.xfail
def test_known(account):
    ask("/known")

@pytest.mark.contract
def test_patience(account):
    ask("/patience")

@pytest.mark.contract
def test_writes(account):
    ask("/written", "POST")
    ask("/read")

@pytest.mark.contract
def test_broken(account):
    ask("/broken")

@pytest.mark.contract
def test_after_what_stays_broken(account):
    ask("/broken")
"""
PATHS = ("/account", "/wobbly", "/denied", "/drifting", "/ours", "/known", "/patience", "/written", "/read", "/broken")


def asked(upstream: Upstream) -> dict[str, int]:
    paths = [each.partition("/v1")[2] for each in upstream.asked]
    return {path: paths.count(path) for path in paths}


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_only_what_is_down_is_asked_again_and_it_is_told(retrying: Project, upstream: Upstream, workers: str) -> None:
    retrying.write("test_crm.py", MANY)
    learned(retrying, upstream, "/login", *PATHS)
    upstream.answers |= {
        "/v1/account": [down(), GOOD],
        "/v1/wobbly": [down(), GOOD],
        "/v1/denied": json_answer({}, 401),
        "/v1/drifting": json_answer({"id": "1"}),
        **{f"/v1{path}": down() for path in ("/known", "/read", "/broken")},
        "/v1/patience": down("31"),
    }
    result = retrying.run("--contracts-live", workers, "--dist", "loadfile", "-rfx", WANTED="2")
    assert asked(upstream) == {**dict.fromkeys(["/login", *PATHS], 1), "/account": 2, "/wobbly": 2, "/broken": 4}
    assert result.section.splitlines()[:3] == [
        "crm GET /account was down, answered at the 2nd try",
        "crm GET /broken was down, and stayed so, tried 3 times",
        "crm GET /wobbly was down, answered at the 3rd try",
    ]
    assert "7 failed, 1 passed, 1 xfailed" in result.text
    assert result.exit == 1


def test_a_test_that_is_tried_again_leaves_its_module_as_it_found_it(retrying: Project, upstream: Upstream) -> None:
    retrying.write(
        "test_crm.py",
        """
        import pytest
        from client import ask

        @pytest.fixture(scope="module", autouse=True)
        def around():
            ask("/login", "POST")
            yield
            ask("/logout", "POST")

        @pytest.fixture
        def tidy():
            yield
            ask("/tidied", "DELETE")

        @pytest.mark.contract
        def test_wobbly():
            ask("/wobbly")

        @pytest.mark.contract
        def test_tidy(tidy):
            ask("/read")
        """,
    )
    learned(retrying, upstream, "/login", "/logout", "/tidied", "/wobbly", "/read")
    upstream.answers |= {"/v1/wobbly": [down(), GOOD], "/v1/read": [down(), GOOD]}
    result = retrying.run("--contracts-live", "--junitxml", "junit.xml")
    assert asked(upstream) == {"/login": 1, "/wobbly": 2, "/read": 1, "/tidied": 1, "/logout": 1}
    assert "1 failed, 1 passed in" in result.text
    assert "4 operations hold. " in result.section, "what the torn down fixture exchanged is told, too"
    assert (retrying.folder / "junit.xml").read_text().count("<testcase") == 2


def test_a_write_that_was_never_sent_is_tried_again(retrying: Project, upstream: Upstream) -> None:
    """A refused connection says so; a connection that is cut, or a write before it, does not."""
    retrying.write("contracts.toml", RETRYING.replace("retries = 2", "retries = 1"))
    retrying.write(
        "test_crm.py",
        """
        import os
        import pytest
        from client import ask

        @pytest.fixture
        def elsewhere(monkeypatch):
            if "GATE" in os.environ:
                tries.append(1)
                monkeypatch.setattr("client.URL", os.environ["GATE"] if len(tries) == 1 else os.environ["CRM_URL"])

        tries = []

        @pytest.mark.contract
        def test_written(elsewhere):
            ask("/written", "POST")
        """,
    )
    learned(retrying, upstream, "/written")
    refusing = RETRYING.replace("retries = 2", "retries = 1")
    retrying.write("contracts.toml", refusing.replace('v1}"]', 'v1}", "http://127.0.0.1:9/v1"]'))
    result = retrying.run("--contracts-live", GATE="http://127.0.0.1:9/v1")
    assert "was down, answered at the 2nd try" in result.section
    assert asked(upstream) == {"/written": 1}
    upstream.asked.clear()
    upstream.answers["/v1/written"] = [down(), GOOD]
    assert retrying.run("--contracts-live").exit == 6
    assert asked(upstream) == {"/written": 1}
