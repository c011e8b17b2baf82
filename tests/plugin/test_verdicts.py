"""Live runs tell apart whose problem it is: theirs, the network's, our credential's, our own code's."""

from __future__ import annotations

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Answer, Cut, Silence, Upstream, json_answer

CUSTOMER = {"id": 42, "email": "ada@mail.example"}
PATH = "/v1/customers/42"

CLIENT = """
import os
import requests

session = requests.Session()

def customer(number, url=None):
    base = url or os.environ.get("CRM_URL", "https://api.crm.example/v1")
    response = session.get(f"{base}/customers/{number}", timeout=float(os.environ.get("PATIENCE", "5")))
    response.raise_for_status()
    return response.json()
"""
STRICT = """
import pytest
from client import customer

@pytest.mark.contract
def test_customer():
    assert customer(42)["id"] == 42
"""
SWALLOWING = """
import pytest
from client import customer

@pytest.mark.contract
def test_customer():
    try:
        customer(42)
    except Exception:
        pass
"""


@pytest.fixture(params=["strict", "swallowing"])
def learned(request: pytest.FixtureRequest, project: Project, upstream: Upstream) -> Project:
    """A project that has learned a customer; its test lets errors through, or swallows them."""
    upstream.answers[PATH] = json_answer(CUSTOMER)
    project.write("client.py", CLIENT)
    project.write("test_crm.py", STRICT if request.param == "strict" else SWALLOWING)
    project.learn(upstream)
    return project


DOWN = {
    "503": (Answer(503, b"busy"), "answered 503 Service Unavailable"),
    "500 as JSON": (json_answer({"error": "oops"}, 500), "answered 500 Internal Server Error"),
    "429": (json_answer({"error": "slow down"}, 429, Retry_After="7"), "answered 429 Too Many Requests"),
    "cut half-way": (
        Cut(200, b'{"id": 42, "email": "x"}', {"Content-Type": "application/json"}),
        "got no readable answer",
    ),
    "no answer in time": (Silence(), "got no readable answer"),
}


@pytest.mark.parametrize("kind", DOWN)
def test_an_outage_is_down_and_never_drift(learned: Project, upstream: Upstream, kind: str) -> None:
    upstream.answers[PATH], said = DOWN[kind]
    result = learned.run("--contracts-live", PATIENCE="0.3")
    assert result.exit == 6, result.text
    assert f"DOWN  GET https://api.crm.example{PATH} {said}" in result.failure("test_customer")
    assert "1 request found the upstream down." in result.section
    assert "holds" not in result.section
    assert "drift" not in result.section
    assert "they meant it?" not in result.text


@pytest.mark.parametrize("url", ["refused", "tls"])
def test_a_connection_that_does_not_come_about_is_down(learned: Project, upstream: Upstream, url: str) -> None:
    address = upstream.url
    if url == "refused":
        upstream.stop()
    else:
        address = address.replace("http://", "https://")
    result = learned.run("--contracts-live", CRM_URL=address)
    assert result.exit == 6, result.text
    assert f"DOWN  GET https://api.crm.example{PATH} got no readable answer" in result.failure("test_customer")


def test_a_name_that_does_not_resolve_is_down(learned: Project) -> None:
    learned.write(
        "conftest.py",
        """
        import socket

        def unknown(*_, **__):
            raise socket.gaierror(-2, "Name or service not known")

        socket.getaddrinfo = unknown
        """,
    )
    assert learned.run("--contracts-live", CRM_URL="http://crm.example/v1").exit == 6


DENIED = {
    "401": (
        json_answer({"error": "who?"}, 401, WWW_Authenticate='Bearer realm="crm"'),
        "answered 401 Unauthorized, asking for Bearer",
    ),
    "403": (json_answer({"error": "no"}, 403), "answered 403 Forbidden"),
    "login page": (
        Answer(302, b"", {"Location": "/v1/sso/login?next=%2F"}),
        "answered 302 Found to a login page, /v1/sso/login",
    ),
}


@pytest.mark.parametrize("kind", DENIED)
def test_a_credential_that_is_not_accepted_is_denied(learned: Project, upstream: Upstream, kind: str) -> None:
    upstream.answers[PATH], said = DENIED[kind]
    upstream.answers["/v1/sso/login"] = Answer(200, b"<html>log in</html>", {"Content-Type": "text/html"})
    result = learned.run("--contracts-live")
    failure = result.failure("test_customer")
    assert f"DENIED  GET https://api.crm.example{PATH} {said}" in failure
    assert "credential env:CRM_TOKEN" in failure
    assert "1 request was denied." in result.section
    assert result.exit == 7, result.text


def test_drift_is_drift(learned: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = json_answer({"id": 42})
    result = learned.run("--contracts-live")
    assert (result.exit, "1 operation drifts: 1 breaking change." in result.section) == (1, True)


def test_a_failure_of_our_own_is_ours(project: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = json_answer(CUSTOMER)
    project.run("--contracts-update")
    project.write("test_crm.py", STRICT.replace("== 42", "== 43"))
    result = project.run("--contracts-live")
    assert result.exit == 1
    assert "E       assert 42 == 43" in result.failure("test_customer")
    assert "the contract held (crm  GET /customers/{id}): the fault is ours" in result.failure("test_customer")
    assert result.section == "1 operation holds. 1 test failed, yet the contract held: the fault is ours."


def test_a_test_that_asks_nobody_is_unverified_and_never_ok(project: Project) -> None:
    project.write("test_crm.py", "import pytest\n\n@pytest.mark.contract\ndef test_asks_nobody():\n    assert True\n")
    for flag in ("--contracts", "--contracts-live", "--contracts-update"):
        result = project.run(flag)
        assert result.exit == 1
        assert "UNVERIFIED  this contract test exchanged nothing with anyone" in result.failure("test_asks_nobody")
        assert result.section == "1 not verified."


def test_an_outage_that_the_client_got_over_by_itself_is_no_outage(project: Project, upstream: Upstream) -> None:
    project.write(
        "client.py",
        CLIENT.replace(
            "session = requests.Session()\n",
            "from requests.adapters import HTTPAdapter\nfrom urllib3 import Retry\n\nsession = requests.Session()\n"
            "retry = Retry(3, backoff_factor=0, status_forcelist=[503])\n"
            "session.mount('http://', HTTPAdapter(max_retries=retry))\n",
        ),
    )
    upstream.answers[PATH] = json_answer(CUSTOMER)
    assert project.run("--contracts-update").exit == 0
    upstream.answers[PATH] = [Cut(200, b"{        }"), json_answer(CUSTOMER)]
    result = project.run("--contracts-live")
    assert (result.exit, result.section) == (0, "1 operation holds."), result.text


def test_an_outage_is_not_retried_by_us(learned: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = Answer(503, b"busy")
    upstream.asked.clear()
    learned.run("--contracts-live")
    assert upstream.asked == [f"GET {PATH}"]


def test_an_outage_may_be_skipped_by_policy(learned: Project, upstream: Upstream) -> None:
    learned.write("contracts.toml", MANIFEST + 'outage = "skip"\n')
    upstream.answers[PATH] = Answer(503, b"busy")
    result = learned.run("--contracts-live", "-rs")
    assert (result.exit, "1 skipped" in result.text) == (0, True), result.text
    assert "answered 503 Service Unavailable" in result.text
    assert "1 request found the upstream down." in result.section
    upstream.answers[PATH] = json_answer({"id": 42})
    assert learned.run("--contracts-live").exit == 1


@pytest.mark.parametrize("flags", [["--contracts-record"], ["--contracts-record", "--contracts-update"]])
@pytest.mark.parametrize("answer", [Answer(503, b"busy"), json_answer({"error": "no"}, 401)])
def test_an_outage_is_neither_recorded_nor_learned(
    learned: Project, upstream: Upstream, flags: list[str], answer: Answer
) -> None:
    before = learned.files()
    upstream.answers[PATH] = answer
    assert learned.run(*flags).exit in {6, 7}
    assert learned.files() == before


def test_a_refusal_that_a_new_test_is_about_is_learned(project: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = json_answer({"error": "no"}, 401)
    project.write("client.py", CLIENT)
    project.write("test_crm.py", SWALLOWING)
    assert project.run("--contracts-update").exit == 0
    assert project.run("--contracts-live").exit == 0


def test_verdicts_of_several_tests_stand_side_by_side(project: Project, upstream: Upstream) -> None:
    project.write("client.py", CLIENT)
    project.write(
        "test_crm.py",
        """
        import pytest
        from client import customer

        @pytest.mark.contract
        @pytest.mark.parametrize("number", range(5))
        def test_customer(number):
            assert customer(number)["id"] == number or number == 4 and "ours"[9]

        @pytest.mark.contract
        def test_orders():
            assert customer("42/orders")
        """,
    )
    upstream.answers |= {f"/v1/customers/{number}": json_answer({**CUSTOMER, "id": number}) for number in range(4)}
    upstream.answers["/v1/customers/4"] = json_answer({**CUSTOMER, "id": 4})
    upstream.answers["/v1/customers/42/orders"] = json_answer({"items": [1]})
    assert project.run("--contracts-update").exit == 0
    upstream.answers["/v1/customers/1"] = Answer(502)
    upstream.answers["/v1/customers/2"] = json_answer({"error": "no"}, 403)
    upstream.answers["/v1/customers/3"] = json_answer({"id": 3})
    upstream.answers["/v1/customers/4"] = json_answer({**CUSTOMER, "id": 5})
    for flags in ([], ["-n2"]):
        result = project.run("--contracts-live", "--tb=no", *flags)
        assert result.exit == 1
        sentences = result.section.splitlines()[-2]
        assert sentences == (
            "1 operation holds. 1 drifts: 1 breaking change. 1 request found the upstream down."
            " 1 request was denied. 1 test failed, yet the contract held: the fault is ours."
        )


def test_a_refusal_that_asks_for_another_credential_is_denied(project: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = json_answer({"error": "no"}, 401, WWW_Authenticate='Bearer realm="crm"')
    project.write("client.py", CLIENT)
    project.write("test_crm.py", SWALLOWING)
    assert project.run("--contracts-update").exit == 0
    assert project.run("--contracts-live").exit == 0
    upstream.answers[PATH] = json_answer({"error": "no"}, 401, WWW_Authenticate='Negotiate, Bearer realm="crm"')
    result = project.run("--contracts-live")
    assert result.exit == 7
    assert "answered 401 Unauthorized, asking for Bearer or Negotiate, where it asked for Bearer" in result.text
    assert "(1.0 -> 1.1)" in project.run("--contracts-record", "--contracts-update").section
    assert project.run("--contracts-live").exit == 0
