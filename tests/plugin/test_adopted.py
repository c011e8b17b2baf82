"""Tests that pytest-recording keeps the cassettes of, and not a line of them changed: held, and learned from."""

from __future__ import annotations

import json

import pytest

from plugin.harness import MANIFEST, TEST, Project
from upstream import Upstream, json_answer

NOWHERE = "http://127.0.0.1:9/v1"
CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
SNAPSHOT = "contracts/crm/GET-customers-{id}.json"
CASSETTE = "cassettes/test_crm/test_customer.yaml"


@pytest.fixture
def recorded(adopting: Project, upstream: Upstream) -> Project:
    """With what pytest-recording recorded while nobody asked for contracts."""
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    assert adopting.run("--record-mode=once").exit == 0
    upstream.stop()
    return adopting


def lose_the_email(project: Project, cassette: str = CASSETTE) -> None:
    """As if the upstream had dropped a field, and somebody had recorded again."""
    path = project.folder / cassette
    text = path.read_text()
    for quote in ('"', '\\"'):
        text = text.replace(f"{quote}email{quote}: {quote}ada@mail.example{quote}, ", "")
    assert "email" not in text
    path.write_text(text)


def test_without_our_flags_they_run_as_always(recorded: Project) -> None:
    before = recorded.files(".")
    result = recorded.run("-rs")
    assert "1 passed" in result.text
    assert (result.exit, result.section) == (0, "")
    assert recorded.files(".") == before


def test_an_update_learns_from_them_and_leaves_their_cassettes_alone(recorded: Project) -> None:
    before = recorded.files("cassettes")
    learned = recorded.run("--contracts-update")
    assert learned.exit == 0, learned.text
    assert learned.section == (
        f"created  {SNAPSHOT} (1.0)\n"
        "1 snapshot created.\n"
        "review and commit:  git add contracts\n"
        "adopted cassettes stay where they are; commit them, too:  cassettes"
    )
    assert list(recorded.files()) == [SNAPSHOT]
    assert recorded.files("cassettes") == before
    held = recorded.run("--contracts")
    assert (held.exit, held.section) == (0, "1 operation holds.")
    again = recorded.run("--contracts-update")
    assert (again.exit, again.section) == (0, "1 operation holds.")


def test_drift_fails_the_test_itself_with_all_there_is_to_say(recorded: Project) -> None:
    assert recorded.run("--contracts-update").exit == 0
    lose_the_email(recorded)
    assert recorded.run().exit == 0
    result = recorded.run("--contracts")
    assert result.exit == 1
    assert result.failure("test_customer") == (
        f"crm  GET /customers/{{id}}  200 application/json          {SNAPSHOT} (1.0)\n"
        "  BREAKING  property.removed   $.email    string (email), in 1 of 1 response -> gone, in 1 of 1\n"
        '            customer["email"]  # KeyError\n'
        "            fingerprint de08829333387f57\n"
        "owner team-revenue · runbook docs/runbooks/crm.md · upstream support@crm.example\n"
        "they meant it?  pytest --contracts-update test_crm.py      they did not?  support@crm.example\n"
        "known, for now?  integration-contracts accept FINGERPRINT --reason WHY --expires DAY"
    )
    assert "1 failed" in result.text
    assert recorded.run("--contracts-update").exit == 0
    assert recorded.run("--contracts").exit == 0


def test_without_the_key_they_are_none_of_our_business(recorded: Project) -> None:
    recorded.write("contracts.toml", MANIFEST)
    result = recorded.run("--contracts")
    assert (result.exit, result.section) == (0, "No contract test ran.")


def test_the_tests_own_error_stays_first_and_what_changed_stands_under_it(recorded: Project) -> None:
    recorded.write("test_crm.py", TEST.replace("mark.contract", "mark.vcr").replace("(42)", '(42)["email"]'))
    assert recorded.run("--contracts-update").exit == 0
    lose_the_email(recorded)
    failure = recorded.run("--contracts").failure("test_customer")
    assert failure.index("KeyError: 'email'") < failure.index("BREAKING  property.removed   $.email")
    assert 'tripped at  test_crm.py:6  assert customer(42)["email"]' in failure


@pytest.mark.parametrize(
    ("mark", "said"), [('xfail(reason="known")', "1 xfailed"), ('skip(reason="not now")', "1 skipped")]
)
def test_expected_failures_and_skips_stay_what_they_are(recorded: Project, mark: str, said: str) -> None:
    assert recorded.run("--contracts-update").exit == 0
    lose_the_email(recorded)
    marked = TEST.replace("@pytest.mark.contract", f"@pytest.mark.{mark}\n@pytest.mark.vcr")
    recorded.write("test_crm.py", marked)
    result = recorded.run("--contracts")
    assert result.exit == 0, result.text
    assert said in result.text


def test_nothing_is_learned_from_a_test_whose_body_raised(recorded: Project) -> None:
    recorded.write("test_crm.py", f"{TEST.replace('mark.contract', 'mark.vcr')}    assert False\n")
    result = recorded.run("--contracts-update")
    assert result.exit == 1
    assert recorded.files() == {}


CLASS = """
import pytest
from client import customer

class TestCustomers:
    @pytest.mark.vcr
    def test_customer(self):
        assert customer(42)
"""
MARKED_CLASS = """
import pytest
from client import customer

@pytest.mark.vcr
class TestCustomers:
    def test_customer(self):
        assert customer(42)
"""
MODULE = """
import pytest
from client import customer

pytestmark = pytest.mark.vcr

def test_customer():
    assert customer(42)

def test_asks_nobody():
    assert True
"""
PARAMETERS = """
import pytest
from client import customer

@pytest.mark.vcr
@pytest.mark.parametrize("number", [42])
def test_customer(number):
    assert customer(number)
"""
UNITTEST = """
import unittest
import pytest
from client import customer

@pytest.mark.vcr
class TestCustomers(unittest.TestCase):
    def test_customer(self):
        assert customer(42)
"""
NAMED = """
import pytest
from client import customer

@pytest.mark.vcr
@pytest.mark.default_cassette("mine.yaml")
def test_customer():
    assert customer(42)
"""
JSON = """
import pytest
from client import customer

@pytest.fixture
def vcr_config():
    return {"serializer": "json", "match_on": ["method", "path"]}

@pytest.mark.vcr
def test_customer():
    assert customer(42)
"""
ELSEWHERE = """
import pytest
from client import customer

@pytest.fixture(scope="module")
def vcr_cassette_dir(request):
    return str(request.path.parent / "tapes")

@pytest.mark.vcr
def test_customer():
    assert customer(42)
"""
FIXTURE = """
import pytest
from client import customer

@pytest.fixture
def ada(vcr):
    return customer(42)

@pytest.mark.vcr
def test_customer(ada):
    assert ada
"""
OVERRIDDEN = """
import pytest
from client import customer

@pytest.fixture(autouse=True)
def vcr(vcr):
    yield vcr

@pytest.mark.vcr
def test_customer(vcr):
    assert customer(42)
    assert vcr.play_count == 1 or vcr.dirty
"""
REPEATED = """
import pytest
from client import customer

@pytest.mark.vcr(allow_playback_repeats=True)
def test_customer():
    assert customer(42)
    assert customer(42)
"""
ASYNC = """
import asyncio
import os
import httpx
import pytest

@pytest.mark.asyncio
@pytest.mark.vcr
async def test_customer():
    async with httpx.AsyncClient() as client:
        url = f"{os.environ['CRM_URL']}/customers/42"
        answers = await asyncio.gather(client.get(url), client.get(url))
    assert [answer.json()["id"] for answer in answers] == [42, 42]
"""
AIOHTTP = """
import asyncio
import os
import aiohttp
import pytest

async def ask():
    async with aiohttp.ClientSession() as session, session.get(f"{os.environ['CRM_URL']}/customers/42") as answer:
        return await answer.json()

@pytest.mark.vcr
def test_customer():
    assert asyncio.run(ask())["id"] == 42
"""


@pytest.mark.parametrize(
    ("test", "cassette"),
    [
        (CLASS, "cassettes/test_crm/TestCustomers.test_customer.yaml"),
        (MARKED_CLASS, "cassettes/test_crm/TestCustomers.test_customer.yaml"),
        (MODULE, CASSETTE),
        (PARAMETERS, "cassettes/test_crm/test_customer[42].yaml"),
        (UNITTEST, "cassettes/test_crm/TestCustomers.test_customer.yaml"),
        (NAMED, "cassettes/test_crm/mine.yaml"),
        (JSON, "cassettes/test_crm/test_customer.json"),
        (ELSEWHERE, "tapes/test_customer.yaml"),
        (FIXTURE, CASSETTE),
        (OVERRIDDEN, CASSETTE),
        (REPEATED, CASSETTE),
        (ASYNC, CASSETTE),
        (AIOHTTP, CASSETTE),
    ],
    ids=[
        "class",
        "marked-class",
        "module",
        "parameters",
        "unittest",
        "named",
        "json",
        "elsewhere",
        "fixture",
        "overridden",
        "repeated",
        "async",
        "aiohttp",
    ],
)
def test_however_a_test_is_marked_it_is_observed(
    adopting: Project, upstream: Upstream, test: str, cassette: str
) -> None:
    adopting.plugins += ("asyncio",)
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    adopting.write("test_crm.py", test)
    assert adopting.run("--record-mode=new_episodes").exit == 0
    upstream.stop()
    learned = adopting.run("--contracts-update")
    assert learned.exit == 0, learned.text
    assert f"created  {SNAPSHOT} (1.0)" in learned.section
    seen = json.loads(adopting.files()[SNAPSHOT])["responses"]["200 application/json"]["seen"]
    assert seen == (2 if test in {REPEATED, ASYNC} else 1)
    assert adopting.run("--contracts").section == "1 operation holds."
    lose_the_email(adopting, cassette)
    drifted = adopting.run("--contracts")
    assert drifted.exit == 1
    assert "BREAKING  property.removed   $.email" in drifted.text
    assert "1 failed" in drifted.text


def test_extra_cassettes_are_observed_too(recorded: Project) -> None:
    path = recorded.folder / CASSETTE
    path.rename(recorded.folder / "shared.yaml")
    marked = f'@pytest.mark.vcr("{recorded.folder / "shared.yaml"}")'
    recorded.write("test_crm.py", TEST.replace("@pytest.mark.contract", marked))
    assert f"created  {SNAPSHOT} (1.0)" in recorded.run("--contracts-update").section
    lose_the_email(recorded, "shared.yaml")
    assert "BREAKING  property.removed   $.email" in recorded.run("--contracts").text


def test_what_is_not_recorded_is_not_verified_even_when_the_error_is_swallowed(recorded: Project) -> None:
    assert recorded.run("--contracts-update").exit == 0
    swallowed = "    try:\n        customer(43)\n    except Exception:\n        pass\n"
    recorded.write("test_crm.py", f"{TEST.replace('mark.contract', 'mark.vcr')}{swallowed}")
    assert recorded.run().exit == 0
    result = recorded.run("--contracts")
    assert result.exit == 1
    wanted = "https://api.crm.example/v1/customers"
    assert (
        f"  UNVERIFIED  GET {wanted}/43 is not in {CASSETTE};"
        " nearest recording: GET /v1/customers/42 — path: /v1/customers/42 recorded, /v1/customers/43 asked"
        in result.failure("test_customer")
    )
    assert "to end this:  pytest --record-mode=new_episodes test_crm.py" in result.text


def test_several_modules_end_in_one_command(recorded: Project) -> None:
    for name in ("test_one.py", "test_two.py"):
        recorded.write(name, TEST.replace("mark.contract", "mark.vcr").replace("(42)", "(43)"))
    section = recorded.run("--contracts", "test_one.py", "test_two.py").section
    assert section.endswith("to learn what is missing:  pytest --record-mode=new_episodes")
    recorded.write("test_own.py", TEST.replace("(42)", "(44)"))
    section = recorded.run("--contracts", "test_one.py", "test_own.py").section
    assert section.endswith("to learn what is missing:  pytest --contracts-update --record-mode=new_episodes")


def test_vcrpy_keeps_its_own_error_for_what_is_not_recorded(recorded: Project) -> None:
    expects = TEST.replace("mark.contract", "mark.vcr").replace(
        "    assert customer(42)",
        "    with pytest.raises(Exception, match='record_mode .none. doesn.t record new requests'):\n"
        "        customer(43)",
    )
    recorded.write("test_crm.py", expects)
    assert recorded.run().exit == 0
    assert "UNVERIFIED  GET https://api.crm.example/v1/customers/43" in recorded.run("--contracts").text


@pytest.mark.parametrize(
    ("kept", "broken", "said"),
    [
        (json.dumps(CUSTOMER), "[" * 3000 + "]" * 3000, "a body is nested too deep to read"),
        ("code: 200", "code: 200.0", f"{CASSETTE}: holds what is no response (a response without a status"),
    ],
    ids=["deep", "status"],
)
def test_a_response_that_cannot_be_read_is_told_and_breaks_no_test(
    recorded: Project, kept: str, broken: str, said: str
) -> None:
    asks = "import os, requests, pytest\n\n@pytest.mark.vcr\ndef test_customer():\n"
    recorded.write("test_crm.py", f"{asks}    requests.get(os.environ['CRM_URL'] + '/customers/42')\n")
    text = recorded.files("cassettes")[CASSETTE]
    assert kept in text
    (recorded.folder / CASSETTE).write_text(text.replace(kept, broken))
    assert recorded.run().exit == 0
    result = recorded.run("--contracts")
    assert result.exit == 1
    assert "  UNVERIFIED  " in result.failure("test_customer")
    assert said in result.failure("test_customer")
    assert "test_crm.py:" not in result.failure("test_customer"), "the test itself raised nothing"


def test_sockets_are_held_by_pytest_recordings_own_rules_only(recorded: Project, bare: Project) -> None:
    talks = """
    import socket
    import pytest
    from client import customer

    @pytest.mark.vcr
    def test_customer():
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()
        assert customer(42)
    """
    recorded.write("test_crm.py", talks)
    assert recorded.run("--contracts-update").exit == 0
    assert recorded.run("--contracts").exit == 0
    assert "Network is disabled" in recorded.run("--contracts", "--block-network").text


def test_a_cassette_that_a_test_opens_by_itself_is_not_adopted(recorded: Project) -> None:
    recorded.write(
        "test_crm.py",
        f"""
        import vcr
        from client import customer

        def test_customer():
            with vcr.use_cassette("{recorded.folder / CASSETTE}", record_mode="none"):
                assert customer(42)
        """,
    )
    result = recorded.run("--contracts")
    assert (result.exit, result.section) == (0, "No contract test ran.")


@pytest.mark.parametrize("adopt", ["adopt_vcr = true", ""])
def test_a_test_with_both_markers_is_observed_in_pytest_recordings_cassette(recorded: Project, adopt: str) -> None:
    recorded.write("contracts.toml", f"[defaults]\n{adopt}\n{MANIFEST}")
    both = TEST.replace("@pytest.mark.contract", '@pytest.mark.vcr\n@pytest.mark.contract("crm")')
    recorded.write("test_crm.py", both)
    assert "1 passed" in recorded.run().text, "as it ran before it had a second marker"
    assert f"created  {SNAPSHOT} (1.0)" in recorded.run("--contracts-update").section
    assert list(recorded.files()) == [SNAPSHOT], "no second cassette"
    assert recorded.run("--contracts").exit == 0
    recorded.write("test_crm.py", both.replace("assert customer(42)", "assert True"))
    result = recorded.run("--contracts")
    assert "UNVERIFIED  nothing was exchanged with crm, which this test insists on" in result.text


def test_the_contract_fixture_sees_what_the_cassette_plays(recorded: Project) -> None:
    uses = TEST.replace("mark.contract", "mark.vcr").replace("test_customer()", "test_customer(contract)")
    recorded.write("test_crm.py", f"{uses}    assert [each.status for each in contract.exchanges] == [200]\n")
    assert recorded.run("--contracts-update").exit == 0
    assert "1 skipped" in recorded.run().text, "there is nothing to give it"


@pytest.mark.parametrize("flag", ["--contracts", "--contracts-update", "--contracts-live"])
def test_where_pytest_recording_is_switched_off_nothing_was_seen_and_that_is_said(recorded: Project, flag: str) -> None:
    recorded.write("test_crm.py", TEST.replace("mark.contract", "mark.vcr").replace("customer(42)", "True"))
    result = recorded.run(flag, "--disable-recording")
    assert result.exit == 1
    assert "UNVERIFIED  pytest-recording opened no cassette for this test" in result.text
    assert recorded.files() == {}


def test_a_manifest_that_adopts_without_pytest_recording_is_one_clear_error(adopting: Project) -> None:
    adopting.plugins = ()
    result = adopting.run("--contracts")
    assert result.exit == 4
    assert result.errors.count("ERROR") == 1
    assert "contracts.toml: defaults.adopt_vcr: pytest-recording, whose tests it adopts, is not there" in result.errors
    assert adopting.run().exit == 1, "without our flags it is pytest's affair"


def test_a_manifest_further_down_that_cannot_be_used_fails_its_tests(recorded: Project) -> None:
    recorded.write("below/contracts.toml", "[defaults]\nadopt_vcr = 'yes'\n")
    recorded.write("below/test_below.py", TEST.replace("mark.contract", "mark.vcr"))
    result = recorded.run("--contracts-update")
    assert result.exit == 1
    assert "defaults.adopt_vcr: 'yes' must be true or false, without quotes" in result.text
    assert list(recorded.files()) == [SNAPSHOT], "others are learned from"


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_however_many_processes_take_part_the_same_is_learned(
    adopting: Project, upstream: Upstream, workers: str
) -> None:
    upstream.answers |= {
        f"/v1/customers/{number}": json_answer({"id": number, "email": None if number % 3 else "a@mail.example"})
        for number in range(8)
    }
    adopting.write(
        "test_crm.py",
        """
        import pytest
        from client import customer

        @pytest.mark.vcr
        @pytest.mark.parametrize("number", range(8))
        def test_customer(number, attempts=set()):
            assert customer(number)
            if number == 3 and not attempts:
                attempts.add(number)
                raise RuntimeError("only the first time")
        """,
    )
    adopting.run("--record-mode=once")
    upstream.stop()
    adopting.plugins += ("rerunfailures",)
    result = adopting.run("--contracts-update", "--reruns=1", workers, SOURCE_DATE_EPOCH="1700000000")
    assert result.exit == 0, result.text
    assert "1 rerun" in result.text
    learned = adopting.command("capture", "cassettes", SOURCE_DATE_EPOCH="1700000000")
    assert learned.text == "1 operation holds.\n", "cassettes alone teach nothing more"
    assert json.loads(adopting.files()[SNAPSHOT])["responses"]["200 application/json"]["seen"] == 8
    held = adopting.run("--contracts", "--reruns=1", workers)
    assert held.section == "1 operation holds."


CRASHING = """
import os
import pytest
from client import customer

@pytest.mark.vcr
@pytest.mark.parametrize("number", [41, 42])
def test_customer(number):
    assert customer(number)
    if number == 42 and "CRASH" in os.environ:
        os._exit(9)
"""


def test_a_worker_that_dies_teaches_nothing_about_what_its_test_asked(adopting: Project, upstream: Upstream) -> None:
    upstream.answers |= {f"/v1/customers/{number}": json_answer(CUSTOMER) for number in (41, 42)}
    adopting.write("test_crm.py", CRASHING)
    assert adopting.run("--record-mode=once").exit == 0
    upstream.stop()
    result = adopting.run("--contracts-update", "-n1", CRASH="1")
    assert result.exit == 1
    assert "not checked: test_crm.py::test_customer[42]" in result.section
    assert adopting.files() == {}, "what the other one learned of the same operation is half of it"
    assert adopting.run("--contracts-update", "-n1").exit == 0
    assert list(adopting.files()) == [SNAPSHOT]
