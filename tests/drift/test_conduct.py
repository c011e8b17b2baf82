"""What changes beside the bodies of responses: each rule in both directions, nothing of what did not change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.exchanging import TYPE, URL, answer, from_text, hostile_exchanges
from pytest_integration_contracts.drift.compare import diff
from pytest_integration_contracts.drift.conduct import answer_changes, conduct_changes
from pytest_integration_contracts.drift.facts import Conduct, answers
from pytest_integration_contracts.drift.response_rules import RESPONSE_RULES
from pytest_integration_contracts.drift.rule import Rule
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Exchange, Severity
from strategies import quickly

TODAY = "2026-06-01"
BUDGETS = {"latency.budget-exceeded", "freshness.exceeded"}
COMPARED = [rule for rule in RESPONSE_RULES if rule.id not in BUDGETS]

Row = tuple[dict[str, str], dict[str, str], str, str]
"""Headers before and after, and the rule in each direction; "" for nothing."""

POLICY = '"default";q=100;w=60'
SUNSET = "Fri, 01 Jan 2027 00:00:00 GMT"

HEADERS: dict[str, Row] = {
    "the same": ({"etag": "a", "x_ratelimit_limit": "60"}, {"etag": "b", "x_ratelimit_limit": "60"}, "", ""),
    "etag": ({"etag": '"a"'}, {}, "header.removed", "header.added"),
    "not of the contract": ({"server": "a", "x_request_id": "1"}, {"x_cache": "HIT"}, "", ""),
    "software's version": ({"x_runtime_version": "1"}, {"x_runtime_version": "2"}, "", ""),
    "count as text": ({"x_total_count": "42"}, {"x_total_count": "many"}, "header.format-changed", ""),
    "count as decimal": ({"x_total_count": "42"}, {"x_total_count": "4.2"}, "header.format-changed", ""),
    "limit": ({"x_ratelimit_limit": "5000"}, {"x_ratelimit_limit": "100"}, "ratelimit.lowered", "ratelimit.raised"),
    "limit of a window": (
        {"ratelimit_limit": "100, 100;w=60"},
        {"ratelimit_limit": "10, 10;w=60"},
        "ratelimit.lowered ratelimit.lowered",
        "ratelimit.raised ratelimit.raised",
    ),
    "structured limit": (
        {"ratelimit_policy": POLICY},
        {"ratelimit_policy": '"default";q=9;w=60'},
        *("ratelimit.lowered", "ratelimit.raised"),
    ),
    "longer window": (
        {"ratelimit_policy": POLICY},
        {"ratelimit_policy": '"default";q=100;w=3600'},
        "ratelimit.lowered",
        "ratelimit.raised",
    ),
    "same rate, other window": ({"ratelimit_policy": POLICY}, {"ratelimit_policy": '"default";q=6000;w=3600'}, "", ""),
    "limit per minute": (
        {"x_ratelimit_limit_minute": "9"},
        {"x_ratelimit_limit_minute": "5"},
        "ratelimit.lowered",
        "ratelimit.raised",
    ),
    "limit in one header": (
        {"ratelimit": "limit=9, remaining=1"},
        {"ratelimit": "limit=5, remaining=1"},
        "ratelimit.lowered",
        "ratelimit.raised",
    ),
    "what is left": (
        {"x_ratelimit_limit": "60", "x_ratelimit_remaining": "9"},
        {"x_ratelimit_limit": "60", "x_ratelimit_remaining": "1"},
        "",
        "",
    ),
    "limits by other headers": (
        {"x_ratelimit_limit": "60", "x_ratelimit_remaining": "9"},
        {"ratelimit_limit": "60", "ratelimit_remaining": "9"},
        "ratelimit.headers-changed",
        "ratelimit.headers-changed",
    ),
    "limits structured": (
        {"ratelimit_limit": "60", "ratelimit_reset": "9"},
        {"ratelimit": '"default";r=9;t=9', "ratelimit_policy": '"default";q=60;w=60'},
        "ratelimit.headers-changed",
        "ratelimit.headers-changed",
    ),
    "limits gone": (
        {"x_ratelimit_limit": "60", "x_ratelimit_reset": "9"},
        {},
        "ratelimit.headers-changed",
        "header.added",
    ),
    "one of the limits gone": (
        {"x_ratelimit_limit": "60", "x_ratelimit_reset": "9"},
        {"x_ratelimit_limit": "60"},
        "header.removed",
        "header.added",
    ),
    "retry": ({"retry_after": "120"}, {"retry_after": SUNSET}, "retry-after.form-changed", "retry-after.form-changed"),
    "retry later": ({"retry_after": "120"}, {"retry_after": "7"}, "", ""),
    "retry gone": ({"retry_after": "120"}, {}, "header.removed", "header.added"),
    "version": ({"x_api_version": "1"}, {"x_api_version": "2"}, "version.changed", "version.changed"),
    "version told twice": (
        {"x_api_version": "1", "api_version": "1"},
        {"x_api_version": "2", "api_version": "2"},
        "version.changed",
        "version.changed",
    ),
    "version gone": ({"x_api_version": "1"}, {}, "header.removed", "header.added"),
    "version of the media type": (
        {"content_type": "application/json; version=1; charset=utf-8"},
        {"content_type": "application/json; version=2; charset=utf-8"},
        "version.changed",
        "version.changed",
    ),
    "version of the media type left out": ({"content_type": "application/json; version=1"}, {}, "version.changed", ""),
    "charset": (
        {"content_type": "text/csv; charset=utf-8"},
        {"content_type": "text/csv; charset=latin-1"},
        "media.parameters-changed",
        "media.parameters-changed",
    ),
    "charset in capitals": (
        {"content_type": "text/csv; charset=UTF-8"},
        {"content_type": 'text/csv;charset="utf-8"'},
        "",
        "",
    ),
    "boundary": (
        {"content_type": "multipart/mixed; boundary=a"},
        {"content_type": "multipart/mixed; boundary=b"},
        "",
        "",
    ),
    "sunset": ({}, {"sunset": SUNSET}, "deprecation.announced", ""),
    "deprecation and sunset": ({}, {"deprecation": "@1790000000", "sunset": SUNSET}, "deprecation.announced", ""),
    "sunset, another day": (
        {"sunset": SUNSET},
        {"sunset": SUNSET.replace("2027", "2028")},
        "deprecation.announced",
        "deprecation.announced",
    ),
    "deprecation without a day": ({}, {"deprecation": "true"}, "deprecation.announced", ""),
    "no deprecation": ({}, {"deprecation": "false"}, "", ""),
}


def changes(old: list[Exchange], new: list[Exchange]) -> tuple[Change, ...]:
    return conduct_changes(old, new, today=TODAY)


def rules(old: list[Exchange], new: list[Exchange]) -> str:
    return " ".join(change.rule for change in changes(old, new))


@pytest.mark.parametrize(("before", "after", "forward", "backward"), HEADERS.values(), ids=HEADERS)
def test_one_thing_that_happens_to_headers_is_one_change(
    before: dict[str, str], after: dict[str, str], forward: str, backward: str
) -> None:
    old, new = [answer({}, **before)] * 3, [answer({}, **after)] * 2
    assert (rules(old, new), rules(new, old)) == (forward, backward)
    assert rules(old, old) == rules(new, new) == ""


@pytest.mark.parametrize("rule", COMPARED, ids=lambda rule: rule.id)
def test_the_example_of_a_rule_shows_that_rule_and_no_other(rule: Rule) -> None:
    before, after = map(from_text, rule.example)
    found = conduct_changes(before, after)
    assert [change.rule for change in found] == [rule.id]
    assert found[0].severity is rule.severity
    assert set(diff(before, after)) == set(found)
    if rule.mirror:
        assert [change.rule for change in conduct_changes(after, before)] == [rule.mirror]


def test_exchanges_that_tell_nothing_but_a_body_say_nothing() -> None:
    assert conduct_changes([Exchange(response_body={"id": 1})], [Exchange(response_body={"id": 2})]) == ()
    assert conduct_changes([], [Exchange()]) == conduct_changes([Exchange()], []) == ()


def test_exchanges_noted_down_without_headers_have_lost_none() -> None:
    full = answer([1], etag="a", link='</p?page=2>; rel="next"', x_api_version="1", x_ratelimit_limit="9")
    assert conduct_changes([full], [replace(full, response_headers={})]) == ()


class TestAnnouncements:
    @pytest.mark.parametrize(
        ("headers", "severity", "after", "note"),
        [
            ({"sunset": SUNSET}, "warning", "sunset on 2027-01-01", "214 days left"),
            ({"sunset": "Mon, 01 Jun 2026 00:00:00 GMT"}, "warning", "sunset on 2026-06-01", "0 days left"),
            ({"sunset": "Sun, 31 May 2026 00:00:00 GMT"}, "breaking", "sunset on 2026-05-31", "1 day ago"),
            ({"deprecation": "@1790000000"}, "warning", "deprecated from 2026-09-21 on", "112 days left"),
            ({"deprecation": "@1700000000"}, "breaking", "deprecated from 2023-11-14 on", "930 days ago"),
            (
                {"deprecation": "@1700000000", "sunset": SUNSET},
                "warning",
                "deprecated from 2023-11-14 on, sunset on 2027-01-01",
                "214 days left",
            ),
            ({"deprecation": "true"}, "warning", "deprecated", ""),
            ({"deprecation": "@999999999999"}, "warning", "deprecated", ""),
            ({"deprecation": "?1"}, "warning", "deprecated", ""),
        ],
    )
    def test_it_breaks_once_the_day_has_passed(
        self, headers: dict[str, str], severity: str, after: str, note: str
    ) -> None:
        (change,) = changes([answer({})], [answer({}, **headers)])
        assert (change.severity, change.before, change.after, change.note) == (severity, "nothing", after, note)

    def test_the_days_left_do_not_make_it_another_change(self) -> None:
        old, new = [answer({})], [answer({}, sunset=SUNSET)]
        (one,), (other,) = (conduct_changes(old, new, today=day) for day in ("2026-06-01", "2026-06-02"))
        assert replace(one, note="") == replace(other, note="")
        assert one.note != other.note


class TestRedirects:
    def redirected(self, location: str, status: int = 301, method: str = "GET") -> Exchange:
        return replace(answer(status=status, media="", location=location), method=method)

    @pytest.mark.parametrize(
        ("location", "status", "method", "severity"),
        [
            ("/v2/customers", 301, "GET", "warning"),
            ("https://api.crm.example/v2/customers", 302, "HEAD", "warning"),
            ("https://API.CRM.example:443/v2", 308, "POST", "warning"),
            ("//other.crm.example/", 307, "GET", "breaking"),
            ("https://other.crm.example/", 308, "GET", "breaking"),
            ("/v2/customers", 302, "POST", "breaking"),
            ("/v2/customers", 303, "PUT", "breaking"),
            ("/v2/customers", 307, "POST", "warning"),
            ("http://[::1", 301, "GET", "warning"),
        ],
    )
    def test_another_host_or_a_lost_method_breaks(self, location: str, status: int, method: str, severity: str) -> None:
        (change,) = changes([answer({})], [self.redirected(location, status, method)])
        assert (change.rule, change.path, change.severity) == ("redirect.added", "$", severity)

    def test_a_known_redirect_that_leaves_the_host_is_told(self) -> None:
        near, far = self.redirected("/v2"), self.redirected("https://other.crm.example/v2")
        (change,) = changes([near], [far])
        assert (change.rule, change.severity) == ("redirect.added", Severity.BREAKING)
        assert changes([near], [self.redirected("/v3")]) == ()

    @pytest.mark.parametrize("location", ["https://sso.crm.example/", "/account/login?next=%2F"])
    def test_to_a_login_page_is_a_step_more(self, location: str) -> None:
        assert rules([answer({})], [self.redirected(location, 302)]) == "auth.step-added"
        assert rules([self.redirected("/v2", 302)], [self.redirected(location, 302)]) == "auth.step-added"

    def test_nothing_of_an_address_is_told(self) -> None:
        (change,) = changes([answer({})], [self.redirected("https://elsewhere.example/s3cr3t?token=s3cr3t")])
        assert "s3cr3t" not in repr(change)
        assert "elsewhere" not in repr(change)

    def test_without_an_address_it_is_a_status(self) -> None:
        assert rules([answer({})], [answer(status=304, media="")]) == "status.changed"


class TestAuthentication:
    def sent(self, scheme: str, **headers: str) -> Exchange:
        return replace(answer({}, **headers), request_headers={"authorization": f"{scheme} s3cr3t"} if scheme else {})

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ("Bearer", "Bearer", ""),
            ("Bearer", "Basic", "auth.scheme-changed"),
            ("", "Basic", ""),
            ("Bearer", "", ""),
        ],
    )
    def test_requests_that_authenticate_in_another_way(self, before: str, after: str, said: str) -> None:
        assert rules([self.sent(before)], [self.sent(after)]) == said

    def test_one_of_the_known_ways_is_no_other(self) -> None:
        assert rules([self.sent("Bearer"), self.sent("Basic")], [self.sent("Basic")]) == ""

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ("Bearer", "Basic", "auth.scheme-changed"),
            ("Bearer", "Basic, Bearer", ""),
            ("Basic, Bearer", "Bearer", ""),
            ("Bearer", 'Bearer realm="x"', ""),
            ("Bearer", 'Bearer error="insufficient_user_authentication"', "auth.step-added"),
        ],
    )
    def test_refusals_that_ask_for_something_else(self, before: str, after: str, said: str) -> None:
        old, new = (answer({}, 401, www_authenticate=value) for value in (before, after))
        assert rules([old], [new]) == said

    @pytest.mark.parametrize(
        ("scheme", "asked", "said"),
        [
            ("", "Bearer", "auth.step-added"),
            ("Bearer", "DPoP", "auth.step-added"),
            ("Bearer", "Bearer", "status.changed"),
            ("Bearer", 'Bearer error="insufficient_user_authentication"', "auth.step-added"),
        ],
    )
    def test_a_new_refusal_with_a_new_challenge_is_a_step_more(self, scheme: str, asked: str, said: str) -> None:
        refused = replace(self.sent(scheme, www_authenticate=asked), status=401)
        assert rules([self.sent(scheme)], [refused]) == said

    def test_a_refusal_in_addition_is_a_new_error(self) -> None:
        refused = replace(self.sent("", www_authenticate="Bearer"), status=401)
        assert rules([self.sent("")], [self.sent(""), refused]) == "status.new-error"

    def test_an_api_key_has_no_scheme_to_compare(self) -> None:
        keyed = replace(answer({}), request_headers={"x-api-key": "s3cr3t"})
        refused = replace(keyed, status=401, response_headers=TYPE | {"www-authenticate": "Bearer"})
        assert rules([keyed], [refused]) == "status.changed"


class TestErrors:
    def test_a_failure_dressed_as_success_is_one_change_and_its_body_none(self) -> None:
        old, new = [answer({"id": 1})], [answer({"error": "no such customer"})]
        assert rules(old, new) == "error.in-success"
        assert [change.rule for change in diff(old, new)] == ["error.in-success"]

    def test_one_that_is_known_is_compared_with_its_like(self) -> None:
        old, new = [answer({"error": "a"}), answer({"id": 1})], [answer({"error": "b"})]
        assert rules(old, new) == ""
        assert diff(old, new) == []

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ({"error": "a"}, {"errors": ["a"]}, "error.body-changed"),
            ({"error": "a"}, {"title": "a", "detail": "b"}, "error.body-changed"),
            ({"error": "a"}, ["a"], "error.body-changed"),
            ({"error": "a"}, {"error": {"code": 1}}, ""),
            ({"error": "a", "code": 1}, {"errors": ["a"], "code": 1}, ""),
            ({"error": "a"}, {"error": "a", "code": 1}, ""),
            ({"error": "a"}, {}, ""),
        ],
    )
    def test_an_error_whose_members_were_all_replaced_is_one_change(self, before: Any, after: Any, said: str) -> None:
        old, new = [answer(before, 404)], [answer(after, 404)]
        found = changes(old, new)
        assert " ".join(change.rule for change in found) == said
        assert not said or set(diff(old, new)) == set(found)

    def test_a_success_whose_members_were_all_replaced_is_none(self) -> None:
        assert rules([answer({"a": 1})], [answer({"b": 1})]) == ""


class TestLaws:
    @quickly
    @given(old=st.lists(hostile_exchanges, max_size=3), new=st.lists(hostile_exchanges, max_size=3))
    def test_nothing_that_an_upstream_sends_is_a_crash(self, old: list[Exchange], new: list[Exchange]) -> None:
        found = conduct_changes(old, new, today=TODAY)
        assert all(change.rule in RULES and change.path.startswith(("$", "header:")) for change in found)

    @quickly
    @given(exchanges=st.lists(hostile_exchanges, max_size=4))
    def test_what_did_not_change_is_no_change(self, exchanges: list[Exchange]) -> None:
        assert conduct_changes(exchanges, exchanges, today=TODAY) == ()
        assert conduct_changes(exchanges, exchanges[::-1], today=TODAY) == ()

    @quickly
    @given(parts=st.tuples(*[st.lists(hostile_exchanges, max_size=3)] * 3))
    def test_merging_is_associative_commutative_and_idempotent(self, parts: tuple[list[Exchange], ...]) -> None:
        one, two, three = (answers(part).conduct for part in parts)
        assert one.merged(two) == two.merged(one)
        assert one.merged(two).merged(three) == one.merged(two.merged(three))
        assert one.merged(one) == one == one.merged(Conduct()) == Conduct().merged(one)
        assert answers([*parts[0], *parts[1]]).conduct == one.merged(two)

    @quickly
    @given(old=st.lists(hostile_exchanges, max_size=3), new=st.lists(hostile_exchanges, max_size=3))
    def test_what_was_adopted_is_no_change_any_more(self, old: list[Exchange], new: list[Exchange]) -> None:
        baseline, observed = answers(old).conduct, answers(new).conduct
        learned = baseline.adopted(observed)
        assert learned.adopted(observed) == learned
        told = answers([])._replace(conduct=learned), answers([])._replace(conduct=observed)
        assert answer_changes(*told, today=TODAY) == []

    def test_values_that_vary_are_no_facts(self) -> None:
        many = [answer({}, x_api_version=str(number)) for number in range(20)]
        assert answers(many).conduct.versions == {"x-api-version": {"varies"}}
        assert rules(many, [answer({}, x_api_version="99")]) == ""

    def test_a_limit_within_the_range_that_was_seen_is_no_other(self) -> None:
        old = [answer({}, x_ratelimit_limit=number) for number in ("60", "5000")]
        assert rules(old, [answer({}, x_ratelimit_limit="100")]) == ""
        assert rules(old, [answer({}, x_ratelimit_limit="59")]) == "ratelimit.lowered"


def test_nothing_is_kept_that_may_be_a_secret_or_a_persons() -> None:
    secret = "s3cr3t"
    exchange = answer(
        {"items": [1], "next": f"https://api.crm.example/?token={secret}", "next_cursor": secret},
        link=f'<https://api.crm.example/?token={secret}>; rel="next"',
        location=f"https://{secret}.example/{secret}",
        x_api_version=f"{secret} of someone",
        www_authenticate=f'Bearer realm="{secret}"',
        deprecation=secret,
        sunset=secret,
        retry_after=secret,
        content_type=f"application/json; charset={secret} x; profile={secret}; version={secret}!",
        x_ratelimit_limit=secret,
        ratelimit_policy=f'"{secret}@crm.example";q=1',
    )
    redirected = replace(exchange, status=302, url=f"{URL}?token={secret}")
    assert secret not in repr(answers([exchange, redirected]).conduct)
