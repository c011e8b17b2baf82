"""What upstreams change beside the bodies of their responses, in real sessions: live, and replayed from recordings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from plugin.harness import MANIFEST, Project, Result
from upstream import Answer, Upstream, json_answer

CLIENT = """
import os
import requests

URL = os.environ.get("CRM_URL", "https://api.crm.example/v1")

def ask(path, **options):
    return requests.get(f"{URL}{path}", timeout=5, headers={"Authorization": "Bearer s3cr3t"}, **options)
"""
TEST = """
import pytest
from client import ask

@pytest.mark.contract
def test_customers():
    ask("/customers")
"""
PATH = "/v1/customers"
PAGE = {"items": [{"id": 1}, {"id": 2}]}
NEXT = '</v1/customers?page=2>; rel="next"'


@pytest.fixture
def project(project: Project) -> Project:
    project.write("client.py", CLIENT)
    project.write("test_crm.py", TEST)
    return project


@pytest.fixture(params=["live", "replay"])
def run(request: pytest.FixtureRequest, project: Project, upstream: Upstream) -> Run:
    return Run(project, upstream, live=request.param == "live")


class Run:
    """Learns one answer, then meets another: from the upstream, or from a recording of it."""

    def __init__(self, project: Project, upstream: Upstream, *, live: bool) -> None:
        self.project, self.upstream, self.live = project, upstream, live

    def __call__(self, before: Answer, after: Answer) -> Result:
        self.upstream.answers[PATH] = before
        learned = self.project.run("--contracts-update")
        assert learned.exit == 0, learned.text
        self.upstream.answers[PATH] = after
        if self.live:
            return self.project.run("--contracts-live")
        self.project.run("--contracts-record")
        self.upstream.stop()
        return self.project.run("--contracts")


def test_a_lowered_limit_is_told_and_fails_nothing(run: Run) -> None:
    result = run(json_answer(PAGE, X_RateLimit_Limit="5000"), json_answer(PAGE, X_RateLimit_Limit="100"))
    assert result.exit == 0, result.text
    assert "  warning   ratelimit.lowered   header:x-ratelimit-limit    5000 requests -> 100 requests" in result.section
    assert "1 operation has something new." in result.section


def test_a_sunset_is_told_with_its_day_and_the_days_left(run: Run) -> None:
    day = datetime.now(UTC).replace(hour=12) + timedelta(days=30)
    result = run(json_answer(PAGE), json_answer(PAGE, Sunset=format_datetime(day, usegmt=True)))
    assert result.exit == 0, result.text
    said = (
        f"  warning   deprecation.announced   header:sunset    sunset on {day.date()}, after 1 response  (30 days left)"
    )
    assert said in result.section


def test_a_sunset_that_has_passed_fails(run: Run) -> None:
    result = run(json_answer(PAGE), json_answer(PAGE, Sunset="Thu, 01 Jan 2026 00:00:00 GMT"))
    assert result.exit == 1, result.text
    assert (
        "  BREAKING  deprecation.announced   header:sunset    sunset on 2026-01-01, after 1 response  (" in result.text
    )


def test_a_lost_link_to_the_next_page_fails(run: Run) -> None:
    result = run(json_answer(PAGE, Link=NEXT), json_answer(PAGE))
    assert result.exit == 1, result.text
    failure = result.failure("test_customers")
    assert "  BREAKING  pagination.signal-lost   header:link    link-header -> gone, from a full page" in failure
    assert "1 operation drifts: 1 breaking change." in result.section


def test_a_last_page_has_lost_nothing(run: Run) -> None:
    result = run(json_answer(PAGE, Link=NEXT), json_answer({"items": [{"id": 3}]}))
    assert (result.exit, result.section) == (0, "1 operation holds."), result.text


def test_cursors_in_the_place_of_pages_are_one_change(run: Run) -> None:
    after = json_answer(PAGE | {"next_cursor": "c2"})
    result = run(json_answer(PAGE | {"page": 1, "per_page": 2, "total_pages": 7}), after)
    assert result.exit == 1, result.text
    assert "  BREAKING  pagination.style-changed   $    page -> cursor" in result.failure("test_customers")
    assert "1 operation drifts: 1 breaking change." in result.section


def test_a_failure_dressed_as_success_fails_and_its_body_is_no_further_news(run: Run) -> None:
    result = run(json_answer(PAGE), json_answer({"error": {"message": "no access", "code": 7}}))
    assert result.exit == 1, result.text
    failure = result.failure("test_customers")
    assert "crm  GET /customers  200 application/json (error)" in failure
    assert "  BREAKING  error.in-success   $    200 -> 200 with an error in its body" in failure
    assert "1 operation drifts: 1 breaking change." in result.section


def test_a_redirect_is_told_and_what_it_leads_to_is_held(run: Run, upstream: Upstream) -> None:
    upstream.answers["/v2/customers"] = json_answer({"items": [{"id": "1"}]})
    result = run(json_answer(PAGE), Answer(301, b"", {"Location": "/v2/customers"}))
    assert result.exit == 1, result.text
    failure = result.failure("test_customers")
    assert "  BREAKING  type.changed   $.items[*].id    integer -> string (integer)" in failure
    assert "  warning   redirect.added   $    200 -> 301 to the same host" in failure
    assert "no snapshot yet" not in result.text


def test_a_redirect_to_where_all_is_as_it_was_fails_nothing(run: Run, upstream: Upstream) -> None:
    upstream.answers["/v2/customers"] = json_answer(PAGE)
    result = run(json_answer(PAGE), Answer(308, b"", {"Location": f"{upstream.url[:-3]}/v2/customers"}))
    assert result.exit == 0, result.text
    assert "  warning   redirect.added   $    200 -> 308 to the same host" in result.section


def test_a_redirect_to_another_host_fails(project: Project, upstream: Upstream) -> None:
    project.write("test_crm.py", TEST.replace('ask("/customers")', 'ask("/customers", allow_redirects=False)'))
    upstream.answers[PATH] = json_answer(PAGE)
    assert project.run("--contracts-update").exit == 0
    upstream.answers[PATH] = Answer(301, b"", {"Location": "https://elsewhere.example/v1/customers"})
    result = project.run("--contracts-live")
    assert result.exit == 1, result.text
    assert (
        "  BREAKING  redirect.added   $    200 -> 301 to another host"
        "  (clients do not send credentials to another host)" in result.failure("test_customers")
    )


class TestSteps:
    LOGIN = Answer(302, b"", {"Location": "/v1/sso/login?next=%2F"})

    @pytest.fixture(autouse=True)
    def page_to_log_in(self, upstream: Upstream) -> None:
        upstream.answers["/v1/sso/login"] = Answer(200, b"<html>log in</html>", {"Content-Type": "text/html"})

    def test_live_it_is_a_denial_that_says_what_is_new(self, project: Project, upstream: Upstream) -> None:
        result = Run(project, upstream, live=True)(json_answer(PAGE), self.LOGIN)
        assert result.exit == 7, result.text
        failure = result.failure("test_customers")
        assert "DENIED  GET https://api.crm.example/v1/customers answered 302 Found to a login page" in failure
        assert "  BREAKING  auth.step-added   $    200 -> 302, asking for a login page" in failure
        assert "no snapshot yet" not in failure
        assert "1 request was denied." in result.section

    def test_replayed_it_breaks(self, project: Project, upstream: Upstream) -> None:
        upstream.answers[PATH] = json_answer(PAGE)
        assert project.run("--contracts-update").exit == 0
        (cassette,) = project.files("contracts/cassettes")
        project.write(cassette, RECORDED)
        result = project.run("--contracts", CRM_URL="http://127.0.0.1:9/v1")
        assert result.exit == 1, result.text
        failure = result.failure("test_customers")
        assert "  BREAKING  auth.step-added   $    200 -> 302, asking for a login page" in failure
        assert "no snapshot yet" not in failure
        assert "1 operation drifts: 1 breaking change." in result.section

    def test_a_refusal_with_a_challenge_that_was_never_met(self, project: Project, upstream: Upstream) -> None:
        refusal = json_answer({"error": "who?"}, 401, WWW_Authenticate='DPoP realm="crm"')
        result = Run(project, upstream, live=True)(json_answer(PAGE), refusal)
        assert result.exit == 7, result.text
        assert "  BREAKING  auth.step-added   $    200 -> 401, asking for DPoP" in result.failure("test_customers")

    def test_a_refusal_with_the_known_challenge_is_a_matter_of_the_credential(
        self, project: Project, upstream: Upstream
    ) -> None:
        refusal = json_answer({"error": "who?"}, 401, WWW_Authenticate='Bearer error="invalid_token"')
        result = Run(project, upstream, live=True)(json_answer(PAGE), refusal)
        assert result.exit == 7, result.text
        assert "auth." not in result.text


RECORDED = """
interactions:
- request:
    body: null
    headers: {}
    method: GET
    uri: https://api.crm.example/v1/customers
  response:
    body: {string: ''}
    headers: {Location: [/v1/sso/login]}
    status: {code: 302, message: Found}
- request:
    body: null
    headers: {}
    method: GET
    uri: https://api.crm.example/v1/sso/login
  response:
    body: {string: <html>log in</html>}
    headers: {Content-Type: [text/html]}
    status: {code: 200, message: OK}
version: 1
"""


def test_requests_that_authenticate_in_another_way_are_told_once(project: Project, upstream: Upstream) -> None:
    upstream.answers[PATH] = json_answer(PAGE)
    assert project.run("--contracts-update").exit == 0
    project.write("client.py", CLIENT.replace("Bearer s3cr3t", "Basic czNjcjN0"))
    result = project.run("--contracts", CRM_URL="http://127.0.0.1:9/v1")
    assert result.exit == 1, result.text
    assert "  BREAKING  auth.scheme-changed   $    Bearer -> Basic" in result.failure("test_customers")
    assert "1 breaking change." in result.section


class TestLearning:
    def test_what_is_new_beside_the_body_is_learned_and_held(self, project: Project, upstream: Upstream) -> None:
        before = json_answer(PAGE, Link=NEXT, X_RateLimit_Limit="5000", X_API_Version="1")
        after = json_answer(PAGE, RateLimit_Limit="100", X_API_Version="2")
        upstream.answers[PATH] = before
        assert project.run("--contracts-update").exit == 0
        upstream.answers[PATH] = after
        section = project.run("--contracts-record", "--contracts-update").section
        assert "learned  contracts/crm/GET-customers.json (1.0 -> 2.0)" in section
        for rule in ("pagination.signal-lost", "ratelimit.headers-changed", "ratelimit.lowered", "version.changed"):
            assert section.count(f"  {rule}") == 1
        assert project.run("--contracts-live").section == "1 operation holds."

    def test_what_several_processes_saw_is_learned_as_one_sees_it(self, project: Project, upstream: Upstream) -> None:
        six = "@pytest.mark.parametrize('n', range(6))\ndef test_customers(n):"
        each = TEST.replace("def test_customers():", six).replace('"/customers"', 'f"/customers?page={n}"')
        project.write("test_crm.py", each)
        pages = [json_answer(PAGE, Link=NEXT, X_RateLimit_Limit="60") for _ in range(5)]
        upstream.answers[PATH] = [*pages, json_answer({"items": [{"id": 3}]}, X_RateLimit_Limit="60")]
        assert project.run("--contracts-update").exit == 0
        alone = project.files("contracts/crm")
        assert '"full": 2' in alone["contracts/crm/GET-customers.json"]
        (project.folder / "contracts/crm/GET-customers.json").unlink()
        assert project.run("--contracts-update", "-n2", CRM_URL="http://127.0.0.1:9/v1").exit == 0
        assert project.files("contracts/crm") == alone
        assert project.run("--contracts", CRM_URL="http://127.0.0.1:9/v1").section == "1 operation holds."


class TestBudgets:
    MANY = TEST.replace("    ask(", "    for _ in range(2):\n        ask(") + (
        "\n@pytest.mark.contract\ndef test_again():\n    ask('/customers')\n"
    )

    @pytest.mark.parametrize("flags", [[], ["-n2"]])
    def test_answers_of_all_tests_count_towards_the_budget(
        self, project: Project, upstream: Upstream, flags: list[str]
    ) -> None:
        project.write("test_crm.py", self.MANY)
        upstream.answers[PATH] = json_answer(PAGE)
        assert project.run("--contracts-update").exit == 0
        project.write("contracts.toml", MANIFEST + 'latency = "1ms"\n')
        assert "latency" not in project.run("--contracts").text
        result = project.run("--contracts-live", *flags)
        assert result.exit == 0, result.text
        assert "  warning   latency.budget-exceeded   $    95 in 100 within 1 ms -> slower, after " in result.section
        assert ", of 3 responses)" in result.section
        assert "owner team-revenue" in result.section
        project.write("contracts.toml", MANIFEST + 'latency = "1h"\n')
        assert "latency" not in project.run("--contracts-live").text

    def test_a_budget_that_the_manifest_takes_seriously_fails_the_run(
        self, project: Project, upstream: Upstream
    ) -> None:
        project.write("test_crm.py", self.MANY)
        upstream.answers[PATH] = json_answer(PAGE)
        assert project.run("--contracts-update").exit == 0
        serious = '\n[[policy.overrides]]\nrule = "latency.budget-exceeded"\nseverity = "breaking"\n'
        project.write("contracts.toml", f'{MANIFEST}latency = "1ms"\n{serious}')
        result = project.run("--contracts-live")
        assert (result.exit, "2 passed" in result.text) == (1, True), result.text
        assert "1 operation drifts: 1 breaking change." in result.section

    def test_data_that_stands_still_fails_live(self, project: Project, upstream: Upstream) -> None:
        fresh = datetime.now(UTC).isoformat()
        upstream.answers[PATH] = json_answer({"items": [{"at": "2020-01-01T00:00:00Z"}, {"at": fresh}]})
        project.write("contracts.toml", MANIFEST + 'freshness = { path = "$.items[*].at", within = "24h" }\n')
        assert project.run("--contracts-update").exit == 0
        assert project.run("--contracts-live").section == "1 operation holds."
        upstream.answers[PATH] = json_answer({"items": [{"at": "2020-01-01T00:00:00Z"}]})
        result = project.run("--contracts-live")
        assert result.exit == 1, result.text
        assert (
            "  BREAKING  freshness.exceeded   $.items[*].at    newer than 1 day -> older  (the newest is" in result.text
        )
        assert project.run("--contracts").exit == 0
