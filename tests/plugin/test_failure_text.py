"""What a failure and the summary look like, word for word."""

from __future__ import annotations

import re

import pytest

from plugin.harness import Project, Result
from upstream import Upstream, json_answer

HEADER = "crm  GET /customers/{id}  200 application/json          contracts/crm/GET-customers-{id}.json (1.0)"
FOOTER = """\
owner team-revenue · runbook docs/runbooks/crm.md · upstream support@crm.example
they meant it?  pytest --contracts-record --contracts-update test_crm.py      they did not?  support@crm.example
known, for now?  integration-contracts accept FINGERPRINT --reason WHY --expires DAY"""
FINDING = f"""\
{HEADER}
  BREAKING  property.removed        $.email       string (email), in 6 of 6 responses -> gone, in 1 of 1
            customer["email"]  # KeyError
            fingerprint de08829333387f57
  BREAKING  type.number-to-string   $.balance     number -> string (decimal), after 6 responses
            customer["balance"] + 1  # TypeError
            fingerprint 90706cee83de865d
  warning   type.integer-to-number  $.rank        integer -> number, after 6 responses
  new       property.added          $.nickname    string, after 6 responses
{FOOTER}"""

TEST = """
import pytest
from client import customer

@pytest.mark.contract
@pytest.mark.parametrize("number", range(5))
def test_learns(number):
    customer(42)

@pytest.mark.contract
def test_reads_little():
    assert customer(42)["id"] == 42

def test_is_no_contract():
    assert True
"""
READS_MUCH = """
@pytest.mark.contract
def test_reads_much():
    assert customer(42)["email"]
"""

BEFORE = {"id": 42, "email": "ada@mail.example", "balance": 12.5, "rank": 3}
AFTER = {"id": 42, "balance": "12.50", "rank": 3.5, "nickname": "ada"}


def _squeezed(text: str) -> str:
    """Columns are padded to the widest entry; what stands in them is what counts here."""
    return re.sub(r"(?<=\S) {2,}", "  ", text)


@pytest.fixture
def drifted(project: Project, upstream: Upstream) -> Project:
    upstream.answers["/v1/customers/42"] = json_answer(BEFORE)
    project.write("test_crm.py", TEST)
    assert project.run("--contracts-update").exit == 0
    upstream.answers["/v1/customers/42"] = json_answer(AFTER)
    return project


@pytest.mark.parametrize("flags", [[], ["-q"], ["-n2"], ["-q", "-n2"], ["--color=no"], ["--tb=short"]])
def test_a_drift_says_what_changed_and_whom_to_call(drifted: Project, flags: list[str]) -> None:
    result = drifted.run("--contracts-live", "-k", "little", *flags)
    assert result.exit == 1
    assert _squeezed(result.failure("test_reads_little")) == _squeezed(FINDING)
    assert result.section == (
        "1 operation drifts: 2 breaking changes.\n"
        "to learn what changed:  pytest --contracts-record --contracts-update test_crm.py"
    )


def test_the_columns_line_up(drifted: Project) -> None:
    lines = drifted.run("--contracts-live", "-k", "little").failure("test_reads_little").splitlines()
    assert lines[:9] == [
        HEADER,
        "  BREAKING  property.removed         $.email       string (email), in 6 of 6 responses -> gone, in 1 of 1",
        '            customer["email"]  # KeyError',
        "            fingerprint de08829333387f57",
        "  BREAKING  type.number-to-string    $.balance     number -> string (decimal), after 6 responses",
        '            customer["balance"] + 1  # TypeError',
        "            fingerprint 90706cee83de865d",
        "  warning   type.integer-to-number   $.rank        integer -> number, after 6 responses",
        "  new       property.added           $.nickname    string, after 6 responses",
    ]


@pytest.mark.parametrize("tb", ["no", "line"])
@pytest.mark.parametrize("flags", [[], ["-q"], ["-n2"]])
def test_without_tracebacks_the_summary_carries_every_finding(drifted: Project, tb: str, flags: list[str]) -> None:
    section = drifted.run("--contracts-live", "-k", "little", f"--tb={tb}", *flags).section
    assert _squeezed(section) == _squeezed(
        f"{FINDING}\n\n1 operation drifts: 2 breaking changes.\n"
        "to learn what changed:  pytest --contracts-record --contracts-update test_crm.py"
    )


@pytest.mark.parametrize("flags", [[], ["-n2"]])
def test_in_colour_the_words_are_the_same(drifted: Project, flags: list[str]) -> None:
    text = drifted.run("--contracts-live", "-k", "little", "--color=yes", *flags).text
    assert "\x1b[31m\x1b[1mBREAKING\x1b[0m" in text
    assert "\x1b[33mwarning \x1b[0m" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert _squeezed(Result(1, plain, "").failure("test_reads_little")) == _squeezed(FINDING)


@pytest.mark.parametrize("flags", [[], ["-q"], ["-n2"], ["--show-capture=no"]])
def test_a_tests_own_error_stays_first_and_the_change_stands_under_it(drifted: Project, flags: list[str]) -> None:
    drifted.write("test_crm.py", TEST + READS_MUCH)
    failure = drifted.run("--contracts-live", "-k", "much", *flags).failure("test_reads_much")
    own, _, contracts = failure.partition("- contracts -")
    assert "E       KeyError: 'email'" in own
    lines = contracts.strip("- \n").splitlines()
    assert _squeezed("\n".join(lines[:-1])) == _squeezed(FINDING)
    assert lines[-1] == 'tripped at  test_crm.py:18  assert customer(42)["email"]'


def test_the_deepest_line_outside_installed_packages_is_named(drifted: Project) -> None:
    drifted.write("mail.py", "def address(body):\n    return (\n        body['email']\n    )\n")
    drifted.write(
        "test_crm.py", f"import mail\n{TEST}\n@pytest.mark.contract\ndef test_mail():\n    mail.address(customer(42))\n"
    )
    failure = drifted.run("--contracts-live", "-k", "test_mail", "--tb=short").failure("test_mail")
    assert "tripped at  mail.py:3  body['email']" in failure


def test_the_short_summary_names_the_operation(drifted: Project) -> None:
    text = drifted.run("--contracts-live", "-k", "little", COLUMNS="200").text
    assert f"FAILED test_crm.py::test_reads_little - Failed: {HEADER}" in text


def test_several_tests_add_up_in_the_summary(drifted: Project) -> None:
    section = drifted.run("--contracts-live", "-k", "learns", "--tb=no").section
    assert "gone, in 5 of 5" in section
    assert section.count("property.removed") == 1


def test_xfail_stays_an_expected_failure(drifted: Project) -> None:
    drifted.write(
        "test_crm.py",
        TEST.replace(
            "@pytest.mark.contract\ndef test_reads",
            '@pytest.mark.xfail(reason="known")\n@pytest.mark.contract\ndef test_reads',
        ),
    )
    result = drifted.run("--contracts-live", "-k", "little")
    assert (result.exit, "1 xfailed" in result.text) == (0, True)
    assert "1 operation drifts: 2 breaking changes." in result.section


def test_a_skip_inside_the_test_stays_a_skip(drifted: Project) -> None:
    drifted.write(
        "test_crm.py", TEST.replace('assert customer(42)["id"] == 42', 'customer(42)\n    pytest.skip("later")')
    )
    result = drifted.run("--contracts-live", "-k", "little")
    assert (result.exit, "1 skipped" in result.text) == (1, True)
    assert "1 operation drifts: 2 breaking changes." in result.section


def test_the_summary_of_a_run_without_contract_tests_says_so(drifted: Project) -> None:
    assert drifted.run("--contracts", "-k", "is_no_contract").section == "No contract test ran."


def test_junit_holds_the_report_too(drifted: Project) -> None:
    drifted.run("--contracts-live", "-k", "little", "--junit-xml=junit.xml", "--color=yes")
    xml = (drifted.folder / "junit.xml").read_text(encoding="utf-8")
    assert "property.removed" in xml
    assert "\x1b" not in xml
    assert "#x1B" not in xml


def test_text_from_upstream_cannot_control_the_terminal(drifted: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({**AFTER, "\x1b[2J\x07evil\n": 1})
    text = drifted.run("--contracts-live", "-k", "little").text
    assert "\x1b[2J" not in text
    assert r"$['\u001b[2J\u0007evil\u000a']" in text
