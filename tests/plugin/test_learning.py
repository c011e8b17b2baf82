"""What an update learns, how it versions it, and what can be read of it later."""

from __future__ import annotations

import json

from plugin.harness import TEST, Project
from upstream import Answer, Upstream, json_answer

CUSTOMER = {"id": 42, "email": "ada@mail.example", "balance": 12.5}
SNAPSHOT = "contracts/crm/GET-customers-{id}.json"
HISTORY = "contracts/crm/history/GET-customers-{id}/"

WHATEVER_STATUS = """
import os, requests

def customer(number):
    return requests.get(f"{os.environ['CRM_URL']}/customers/{number}", timeout=5)
"""
ANY_PATH = """
import os, requests

def get(path):
    return requests.get(os.environ["CRM_URL"] + path, timeout=5).json()
"""
ALL_PATHS = """
import pytest
from client import get

@pytest.mark.contract
def test_all():
    for path in {paths!r}:
        assert get(path)
"""
MANY = """
import pytest
from client import customer

@pytest.mark.contract
@pytest.mark.parametrize("n", range({number}))
def test_customer(n):
    assert customer(n)
"""


def refresh(project: Project, upstream: Upstream, answer: Answer, *flags: str) -> str:
    upstream.answers["/v1/customers/42"] = answer
    result = project.run("--contracts-record", "--contracts-update", *flags)
    assert result.exit == 0, result.text
    return result.section


def test_the_first_run_says_what_it_created_and_what_to_commit(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({**CUSTOMER, "manager": None, "tags": []})
    assert project.run("--contracts-update").section == (
        "created  contracts/crm/GET-customers-{id}.json (1.0)\n"
        "1 snapshot created. 1 cassette recorded. 2 paths never observed.\n"
        "review and commit:  git add contracts"
    )


def test_additive_raises_minor_and_breaking_raises_major(project: Project, upstream: Upstream) -> None:
    refresh(project, upstream, json_answer(CUSTOMER))
    first = project.files()[SNAPSHOT]
    assert "(1.0 -> 1.1)" in refresh(project, upstream, json_answer({**CUSTOMER, "name": "Ada"}))
    second = project.files()[SNAPSHOT]
    section = refresh(
        project, upstream, json_answer({"id": 42, "balance": "1", "name": "Ada"}), "--contracts-reason", "v2"
    )
    assert "(1.1 -> 2.0)" in section
    assert "  BREAKING  property.removed        $.email" in section
    assert json.loads(project.files()[SNAPSHOT])["reason"] == "v2"
    assert project.files()[f"{HISTORY}1.0.json"] == first
    assert project.files()[f"{HISTORY}1.1-broken-by-2.0.json"] == second


def test_an_update_that_changes_no_shape_changes_no_byte(project: Project, upstream: Upstream) -> None:
    refresh(project, upstream, json_answer(CUSTOMER))
    before = project.files("contracts/crm")
    section = refresh(project, upstream, json_answer({**CUSTOMER, "id": 43, "email": "bob@mail.example"}))
    assert project.files("contracts/crm") == before
    assert section.startswith("1 operation holds.")


def test_a_field_that_was_added_upstream_is_required_once_every_response_has_it(
    project: Project, upstream: Upstream
) -> None:
    refresh(project, upstream, json_answer(CUSTOMER))
    refresh(project, upstream, json_answer({**CUSTOMER, "name": "Ada"}))
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    result = project.run("--contracts-live")
    assert result.exit == 1
    assert "property.removed   $.name" in result.text


def test_log_and_show_read_the_versions(project: Project, upstream: Upstream) -> None:
    refresh(project, upstream, json_answer(CUSTOMER))
    refresh(project, upstream, json_answer({"id": 42, "balance": 12.5}), "--contracts-reason", "no more mail")
    log = project.command("log", "crm", "GET /customers/{id}", SOURCE_DATE_EPOCH="0")
    day = json.loads(project.files()[SNAPSHOT])["since"]
    assert log.text == (
        "crm  GET /customers/{id}\n"
        f"  2.0  {day}  no more mail\n"
        "    breaking    property.removed  $.email  string (email), in 1 of 1 response -> gone, in 1 of 1\n"
        f"  1.0  {day}  (first)\n"
    )
    assert project.command("show", "crm", "GET /customers/{id}").text == project.files()[SNAPSHOT]
    old = project.command("show", "crm", "GET /customers/{id}", "1.0")
    assert old.text == project.files()[f"{HISTORY}1.0-broken-by-2.0.json"]


def test_log_and_show_say_what_there_is_where_asked_for_what_is_not(project: Project, upstream: Upstream) -> None:
    refresh(project, upstream, json_answer(CUSTOMER))
    for arguments, known in (
        (("log", "crn"), "there are: crm"),
        (("show", "crm", "GET /orders"), 'it has: "GET /customers/{id}"'),
        (("show", "crm", "GET /customers/{id}", "9.9"), "it has: 1.0"),
    ):
        done = project.command(*arguments)
        assert (done.exit, done.text) == (2, "")
        assert known in done.errors
        assert "Traceback" not in done.errors


def test_the_date_of_a_version_can_be_set_for_reproducible_files(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    project.run("--contracts-update", SOURCE_DATE_EPOCH="86400")
    assert json.loads(project.files()[SNAPSHOT])["since"] == "1970-01-02"


def test_a_status_that_replaces_another_is_drift_and_raises_major(project: Project, upstream: Upstream) -> None:
    project.write("client.py", WHATEVER_STATUS)
    project.write("test_crm.py", TEST.replace("customer(42)", "customer(42).status_code"))
    refresh(project, upstream, json_answer(CUSTOMER))
    upstream.answers["/v1/customers/42"] = json_answer({"error": "gone"}, 410)
    live = project.run("--contracts-live")
    assert live.exit == 1
    assert "BREAKING  status.changed   $    200 -> 410" in live.failure("test_customer")
    assert "(1.0 -> 2.0)" in refresh(project, upstream, json_answer({"error": "gone"}, 410))
    assert list(json.loads(project.files()[SNAPSHOT])["responses"]) == ["410 application/json"]


def test_another_media_type_is_drift(project: Project, upstream: Upstream) -> None:
    project.write("client.py", WHATEVER_STATUS)
    project.write("test_crm.py", TEST.replace("customer(42)", "customer(42).status_code"))
    refresh(project, upstream, json_answer(CUSTOMER))
    upstream.answers["/v1/customers/42"] = Answer(200, b"<html>please log in</html>", {"Content-Type": "text/html"})
    live = project.run("--contracts-live")
    assert live.exit == 1
    assert "BREAKING  media.changed   $    application/json -> text/html" in live.failure("test_customer")


def test_a_new_test_of_an_error_is_additive(project: Project, upstream: Upstream) -> None:
    refresh(project, upstream, json_answer(CUSTOMER))
    project.write(
        "test_missing.py",
        """
        import pytest, requests
        from client import customer

        @pytest.mark.contract
        def test_missing():
            with pytest.raises(requests.HTTPError):
                customer(999)
        """,
    )
    result = project.run("--contracts-update")
    assert "(1.0 -> 1.1)" in result.section
    assert list(json.loads(project.files()[SNAPSHOT])["responses"]) == ["200 application/json", "404 application/json"]
    assert project.run("--contracts").exit == 0


def test_names_that_would_collide_are_told_apart(project: Project, upstream: Upstream) -> None:
    project.write("client.py", ANY_PATH)
    paths = ["/a/b", "/a-b", "/A/b", "/..%2f..%2fetc", "/con", "/" + "x" * 400]
    upstream.answers |= {f"/v1{path}": json_answer({"path": path}) for path in paths}
    project.write("test_crm.py", ALL_PATHS.format(paths=paths))
    assert project.run("--contracts-update").exit == 0
    names = [name.removeprefix("contracts/crm/") for name in project.files("contracts/crm")]
    assert len({name.lower() for name in names}) == len(paths) - 1  # the odd ones are both `{value}`
    assert all("/" not in name and ".." not in name and len(name) < 150 for name in names)
    assert project.run("--contracts", CRM_URL="http://127.0.0.1:9/v1").exit == 0


def test_workers_write_the_same_files_as_one_process(project: Project, upstream: Upstream) -> None:
    upstream.answers |= {
        f"/v1/customers/{number}": json_answer({**CUSTOMER, "id": number, **({"vip": True} if number % 3 else {})})
        for number in range(12)
    }
    project.write("test_crm.py", MANY.format(number=12))
    assert project.run("--contracts-update").exit == 0
    alone = project.files("contracts/crm")
    for flags in (["-n2"], ["-n3", "--dist", "worksteal"]):
        for name in alone:
            (project.folder / name).unlink()
        assert project.run("--contracts-update", *flags, CRM_URL="http://127.0.0.1:9/v1").exit == 0
        assert project.files("contracts/crm") == alone


def test_one_test_asked_for_by_name_forgets_nothing(project: Project, upstream: Upstream) -> None:
    upstream.answers |= {
        f"/v1/customers/{n}": json_answer({**CUSTOMER, **({"vip": True} if n else {})}) for n in range(3)
    }
    project.write("test_crm.py", MANY.format(number=3))
    project.run("--contracts-update")
    before = project.files("contracts/crm")
    assert project.run("--contracts-update", "test_crm.py::test_customer[0]").exit == 0
    assert project.files("contracts/crm") == before
