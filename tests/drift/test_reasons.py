"""What depends on the request, the page, the variant or the record elsewhere is told, and does not break the build."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_integration_contracts import Exchange, diff
from pytest_integration_contracts.drift.compare import compare
from pytest_integration_contracts.drift.reasons import Context
from pytest_integration_contracts.model import NO_BODY, Change, Severity
from pytest_integration_contracts.shapes.infer import infer

JSON = Any

B, W = Severity.BREAKING, Severity.WARNING


def post(request: JSON, response: JSON, url: str = "https://api.shop.example/orders") -> Exchange:
    return Exchange(method="POST", url=url, request_body=request, response_body=response)


def get(url: str, response: JSON) -> Exchange:
    return Exchange(url=url, response_body=response)


def only(changes: list[Change], rule: str) -> tuple[Severity, str]:
    (change,) = [change for change in changes if change.rule == rule]
    return change.severity, change.note


ASKED = [post({"name": "x y", "note": "n n"}, {"id": 7, "name": "x y", "note": "n n", "state": "new"})]


class TestEchoes:
    def test_a_field_that_the_request_no_longer_sent_is_no_drift(self) -> None:
        new = [post({"name": "x y"}, {"id": 8, "name": "x y", "state": "new"})]
        assert only(diff(ASKED, new), "property.removed") == (W, "the request did not send it")

    def test_a_field_that_the_request_sent_as_ever_is_drift(self) -> None:
        new = [post({"name": "x y", "note": "n n"}, {"id": 8, "name": "x y", "state": "new"})]
        assert only(diff(ASKED, new), "property.removed") == (B, "")

    def test_a_field_that_no_request_ever_had_is_drift(self) -> None:
        new = [post({"name": "x y", "note": "n n"}, {"id": 8, "name": "x y", "note": "n n"})]
        assert only(diff(ASKED, new), "property.removed") == (B, "")

    def test_null_and_types_are_echoed_too(self) -> None:
        nothing = [post({"name": "x y", "note": None}, {"id": 8, "name": "x y", "note": None, "state": "new"})]
        number = [post({"name": "x y", "note": 7}, {"id": 8, "name": "x y", "note": 7, "state": "new"})]
        assert only(diff(ASKED * 9, nothing), "value.became-nullable") == (W, "the request sent it so")
        assert only(diff(ASKED, number), "type.changed") == (W, "the request sent it so")

    def test_a_paging_link_that_repeats_the_request_is_an_echo(self) -> None:
        old = [post({"box": [1, 2], "limit": 5}, {"links": [{"rel": "next", "body": {"box": [1, 2], "limit": 5}}]})]
        new = [post({"limit": 5}, {"links": [{"rel": "next", "body": {"limit": 5}}]})]
        assert only(diff(old, new), "property.removed") == (W, "the request did not send it")

    def test_fields_beside_one_that_the_request_chose_instead_of_another_are_explained_with_it(self) -> None:
        old = [post({"auth": {"role": "r r"}}, {"auth": {"role": "r r", "external": "e e"}})]
        new = [post({"auth": {"key": "k k"}}, {"auth": {"key": "k k"}})]
        assert {(change.rule, change.severity) for change in diff(old, new)} == {
            ("property.removed", W),
            ("property.added", Severity.COMPATIBLE),
        }

    def test_where_old_requests_are_not_known_a_record_that_mirrors_the_new_one_is_given_the_benefit(self) -> None:
        old = [post(None, {"id": 7, "config": {"url": "u u", "steps": [1]}})]
        new = [post({"config": {"url": "u u"}}, {"id": 8, "config": {"url": "u u"}})]
        assert only(diff(old, new), "property.removed") == (W, "the request did not send it")
        unknown = [post(NO_BODY, {"id": 8, "config": {"url": "u u"}})]
        assert only(diff(old, unknown), "property.removed") == (B, "")

    def test_nothing_is_an_echo_where_nobody_kept_what_the_old_requests_sent(self) -> None:
        old, new = infer([{"id": 7, "amount": 5}]), infer([{"id": 8, "amount": "5 or so"}])
        unkept = Context(new_requests=infer([{"amount": "5 or so"}]))
        kept = Context(old_requests=infer([{"amount": 5}]), new_requests=infer([{"amount": "5 or so"}]))
        assert [change.severity for change in compare(old, new, context=unkept)] == [B]
        assert [change.severity for change in compare(old, new, context=kept)] == [W]

    def test_a_rename_is_not_made_of_what_requests_sent(self) -> None:
        old = [post({}, {"filters": {"exclude_only": ["x"]}, "id": 1})]
        new = [post({"filters": {"include_only": ["x"]}}, {"filters": {"include_only": ["x"]}, "id": 1})]
        assert "property.renamed" not in {change.rule for change in diff(old, new)}


class TestSelections:
    def test_another_expand_explains_what_is_missing(self) -> None:
        old = [get("https://api.shop.example/orders/1?expand=customer", {"id": 1, "customer": {"id": 2}})]
        new = [get("https://api.shop.example/orders/1", {"id": 1})]
        assert only(diff(old, new), "property.removed") == (W, "the requests differ in ?expand")
        assert only(diff(old, [get(old[0].url, {"id": 1})]), "property.removed") == (B, "")

    def test_another_page_or_item_does_not(self) -> None:
        old = [get("https://api.shop.example/orders?page=1", {"id": 1, "customer": {"id": 2}})]
        new = [get("https://api.shop.example/orders?page=2", {"id": 1})]
        assert only(diff(old, new), "property.removed") == (B, "")


class TestVariants:
    def test_an_unseen_tag_with_other_fields_is_a_variant_from_the_first_response_on(self) -> None:
        old = [{"event": {"type": "paid", "amount": 5}}]
        new = [{"event": {"type": "refunded", "reason": "x y"}}]
        assert [(change.rule, change.path, change.severity) for change in diff(old, new)] == [
            ("variant.added", "$.event", W)
        ]

    def test_a_seen_tag_without_its_fields_is_drift(self) -> None:
        old = [{"event": {"type": "paid", "amount": 5}}]
        assert only(diff(old, [{"event": {"type": "paid"}}]), "property.removed") == (B, "")

    def test_a_tag_further_up_explains_what_is_missing_below(self) -> None:
        old = [{"subtype": "http", "config": {"url": "u u", "method": "GET"}}]
        new = [{"subtype": "dns", "config": {"url": "u u"}}]
        assert only(diff(old, new), "property.removed") == (W, "another subtype")

    def test_the_variant_is_named(self) -> None:
        card, bank = {"type": "card", "brand": "b", "last4": "1"}, {"type": "bank", "iban": "i", "bic": "b"}
        (change,) = diff([[card, bank]] * 9, [[{"type": "card", "brand": "b"}, bank]])
        assert (change.rule, change.path, change.variant) == ("property.removed", "$[*].last4", "type=card")

    def test_alternatives_are_told_by_the_one_field_they_have(self) -> None:
        old, new = [{"regions": {"include_all": True}}], [{"regions": {"include_only": ["x"]}}]
        assert only(diff(old, new), "property.removed") == (W, "another alternative")


PAGES = [{"data": [1, 2], "meta": {"next": "c"}}, {"data": [3, 4], "meta": {"next": "d"}}]


class TestPages:
    def test_the_last_page_may_lack_its_signal(self) -> None:
        new = [*PAGES, {"data": []}]
        assert only(diff(PAGES, new), "property.became-optional") == (W, "the last page")
        assert only(diff(PAGES, [{"data": [5]}]), "property.removed") == (W, "the last page")

    def test_a_full_page_may_not(self) -> None:
        assert only(diff(PAGES, [{"data": [5, 6]}]), "property.removed")[0] is B

    def test_what_is_no_signal_is_missed_on_any_page(self) -> None:
        old = [{"data": [1, 2], "owner": "x y"}] * 2
        assert only(diff(old, [{"data": []}]), "property.removed")[0] is B


USER = {"id": 1, "login": "a b", "url": "u u", "plan": "p p"}
GUEST = {"id": 1, "login": "a b", "url": "u u"}


class TestEntities:
    def test_the_same_record_elsewhere_knows_what_is_optional(self) -> None:
        old = [{"owner": USER, "sender": GUEST}] * 9
        new = [{"owner": GUEST, "sender": GUEST}]
        assert only(diff(old, new), "property.removed") == (W, "sometimes missing in the same entity elsewhere")

    def test_and_what_may_be_null(self) -> None:
        nameless = {**USER, "plan": None}
        old = [{"owner": USER, "sender": nameless}] * 9
        assert only(diff(old, [{"owner": nameless, "sender": nameless}]), "value.became-nullable")[0] is W

    def test_also_in_other_operations_of_the_integration(self) -> None:
        elsewhere = {"GET /users": infer([[USER, GUEST]])}
        context = Context(elsewhere=lambda: elsewhere)
        changes = compare(infer([{"owner": USER}] * 9), infer([{"owner": GUEST}]), context=context)
        assert [(change.severity, change.note) for change in changes] == [
            (W, "sometimes missing in the same entity of GET /users")
        ]

    def test_another_record_says_nothing(self) -> None:
        old = [{"owner": USER, "repo": {"id": 1, "size": 2, "url": "u u"}}] * 9
        new = [{"owner": GUEST, "repo": {"id": 1, "size": 2, "url": "u u"}}]
        assert only(diff(old, new), "property.removed") == (B, "")


class TestCorroboration:
    def test_null_in_a_record_that_lost_a_field_is_believed_from_the_first_response_on(self) -> None:
        old = [{"state": 2, "since": "2026-01-01T00:00:00Z", "id": 1}]
        assert only(diff(old, [{"since": None, "id": 1}]), "value.became-nullable") == (
            B,
            "a field beside it is gone, too",
        )
        assert only(diff(old, [{"state": 2, "since": None, "id": 1}]), "value.became-nullable")[0] is W


@pytest.mark.parametrize("preset", ["standard", "strict", "lenient"])
def test_what_is_explained_breaks_under_no_preset(preset: str) -> None:
    new = [post({"name": "x y"}, {"id": 8, "name": "x y", "state": "new"})]
    assert only(diff(ASKED, new, preset=preset), "property.removed")[0] is W
