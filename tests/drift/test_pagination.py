"""How operations page, and when the sign that there is more is really lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from drift.exchanging import URL, answer
from pytest_integration_contracts.drift.compare import diff
from pytest_integration_contracts.drift.conduct import conduct_changes
from pytest_integration_contracts.drift.facts import answers
from pytest_integration_contracts.model import Exchange

FULL, SHORT = [{"id": 1}, {"id": 2}, {"id": 3}], [{"id": 4}]
NEXT = '<https://api.crm.example/v1/customers?page=2>; rel="next", <https://api.crm.example/v1/customers>; rel=first'


def page(items: list[Any] | None = None, asked: str = "", **members: Any) -> Exchange:
    return replace(answer({"items": FULL if items is None else items, **members}), url=f"{URL}{asked}")


def linked(items: list[Any], link: str = "") -> Exchange:
    return answer(items, **({"link": link} if link else {}))


def rules(old: list[Exchange], new: list[Exchange]) -> str:
    return " ".join(change.rule for change in conduct_changes(old, new))


STYLES: dict[str, tuple[Exchange, set[str]]] = {
    "link": (linked(FULL, NEXT), {"link-header"}),
    "link without quotes": (linked(FULL, "</p>;rel=next"), {"link-header"}),
    "link of several relations": (linked(FULL, '</p>; rel="last next"'), {"link-header"}),
    "link elsewhere": (linked(FULL, '</p>; rel="nextdoor"'), set()),
    "next page's number in a header": (answer(FULL, x_next_page="2"), {"page"}),
    "next as URL": (page(next="https://api.crm.example/p?page=2"), {"next-url"}),
    "next as path": (page(next="/p?page=2"), {"next-url"}),
    "next as link object": (page(_links={"next": {"href": "/p"}}), {"next-url"}),
    "next as cursor": (page(next="bmV4dA"), {"cursor"}),
    "next as number": (page(next_page=2), {"page"}),
    "OData": (page(**{"@odata.nextLink": "/p"}), {"next-url"}),
    "cursor": (page(next_cursor="c2"), {"cursor"}),
    "cursor inside": (page(meta={"nextPageToken": "c2"}), {"cursor"}),
    "cursor on the last page": (page(next_cursor=None), {"cursor"}),
    "flag": (page(has_more=True), {"more-flag"}),
    "flag and cursor": (page(page_info={"hasNextPage": True, "endCursor": "c"}), {"cursor"}),
    "page numbers": (page(page=1, total_pages=7), {"page"}),
    "offsets": (page(offset=0, limit=3, total=9), {"offset"}),
    "no next": (page(next=None), set()),
    "no paging": (page(total=3, limit=10), set()),
    "no list": (answer({"next": "/chapters/2", "page": 1}), set()),
    "in data": (page(customers={"x7": {"next": "/p"}}), set()),
}


@pytest.mark.parametrize(("exchange", "styles"), STYLES.values(), ids=STYLES)
def test_a_style_is_known_by_what_a_page_says(exchange: Exchange, styles: set[str]) -> None:
    assert answers([exchange]).conduct.pagination.styles == styles


LOST: dict[str, tuple[list[Exchange], list[Exchange]]] = {
    "link": ([linked(FULL, NEXT)], [linked(FULL)]),
    "link to the next page only": ([linked(FULL, NEXT)], [linked(FULL, "</p>; rel=first")]),
    "cursor": ([page(next_cursor="c")], [page()]),
    "cursor, of a longer page": ([page(next_cursor="c")], [page(items=FULL + FULL)]),
    "flag": ([page(has_more=True)], [page()]),
    "cursor with its object": ([page(paging={"next_cursor": "c", "limit": 3})], [page()]),
    "page numbers": ([page(page=1, total_pages=7)], [page()]),
    "next page in a header": ([answer(FULL, x_next_page="2")], [answer(FULL)]),
    "after a short last page": ([page(next_cursor="c"), page(items=SHORT)], [page()]),
}


@pytest.mark.parametrize(("old", "new"), LOST.values(), ids=LOST)
def test_a_full_page_without_the_signal_has_lost_it(old: list[Exchange], new: list[Exchange]) -> None:
    (change,) = found = conduct_changes(old, new)
    assert (change.rule, change.severity) == ("pagination.signal-lost", "breaking")
    assert diff(old, new) == list(found)


NOT_LOST: dict[str, tuple[list[Exchange], list[Exchange]]] = {
    "last page, shorter": ([linked(FULL, NEXT)], [linked(SHORT)]),
    "last page, empty": ([page(next_cursor="c")], [page(items=[])]),
    "another response still has it": ([linked(FULL, NEXT)], [linked(FULL, NEXT), linked(FULL)]),
    "it says that there is no more": ([page(next_cursor="c")], [page(next_cursor=None)]),
    "the flag says so": ([page(has_more=True)], [page(has_more=False)]),
    "a full last page was seen before": ([page(next_cursor="c"), page()], [page()]),
    "the request asked for more than it got": (
        [page(items=SHORT, asked="?limit=1", next_cursor="c")],
        [page(asked="?limit=50")],
    ),
    "under another name": ([page(next_cursor="c")], [page(cursor="c")]),
    "no page said that there is more": ([page(next=None)], [page()]),
    "page numbers beside a link": ([page(page=1, next="/p")], [page(next="/p")]),
}


@pytest.mark.parametrize(("old", "new"), NOT_LOST.values(), ids=NOT_LOST)
def test_a_legitimate_end_has_lost_nothing(old: list[Exchange], new: list[Exchange]) -> None:
    assert rules(old, new) == ""


CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "page to cursor": ({"page": 1, "per_page": 3, "total_pages": 7}, {"next_cursor": "c", "has_more": True}),
    "page to flag": ({"page": 1, "total_pages": 7}, {"has_more": True}),
    "offset to cursor": ({"offset": 0, "total": 9}, {"meta": {"next": "c"}}),
    "URL to cursor, in one place": ({"next": "https://api.crm.example/p"}, {"next": "c"}),
    "page inside to URL": ({"pagination": {"page": 1, "pages": 7, "count": 21}}, {"next": "/p"}),
}


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED)
def test_another_style_is_one_change_that_explains_the_bodies(before: dict[str, Any], after: dict[str, Any]) -> None:
    old, new = [page(**before)], [page(**after)]
    for one, other in ((old, new), (new, old)):
        (change,) = conduct_changes(one, other)
        assert (change.rule, change.path, change.severity) == ("pagination.style-changed", "$", "breaking")
        assert [each for each in diff(one, other) if each.path != "$.meta"] == [change]


def test_what_else_happens_to_the_body_is_still_told() -> None:
    old, new = [page(page=1, total_pages=7, owner="x")], [page(next_cursor="c")]
    assert {change.path for change in diff(old, new)} == {"$", "$.owner"}


def test_a_link_header_in_the_place_of_members_is_another_style() -> None:
    old, new = [page(page=1, total_pages=7)], [replace(page(), response_headers={"link": NEXT})]
    assert rules(old, new) == "pagination.style-changed"
    assert rules(new, old) == "pagination.style-changed"


def test_a_header_that_is_gone_while_another_still_tells_is_a_header_gone() -> None:
    both_, one = answer(FULL, link=NEXT, x_next_page="2"), answer(FULL, x_next_page="2")
    assert rules([both_], [one]) == "header.removed"
    assert rules([both_, one], [one]) == ""
    assert rules([both_], [answer(SHORT, x_next_page="")]) == ""


def test_a_cursor_beside_page_numbers_is_no_other_style() -> None:
    assert rules([page(page=1, total_pages=7)], [page(page=1, total_pages=7, next_cursor="c")]) == ""
    assert rules([page(has_more=True)], [page(has_more=True, next_cursor="c")]) == ""


def test_neither_cursor_nor_address_is_kept() -> None:
    told = repr(answers([page(next="https://h.example/s3cr3t", next_cursor="s3cr3t"), linked(FULL, NEXT)]).conduct)
    assert "s3cr3t" not in told
    assert "example" not in told
