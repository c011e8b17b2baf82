"""JSON:API, HAL and S3's lists as they come: what successive answers differ in is no drift, what is gone is."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pytest_integration_contracts.drift.compare import diff
from pytest_integration_contracts.traffic.bodies import decode
from pytest_integration_contracts.traffic.cassettes import body_of, plain, read_cassette
from pytest_integration_contracts.traffic.operations import operation_name

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "cassettes" / "datadog"


def read(value: object, media: str) -> Any:
    return decode(json.dumps(value).encode(), {"content-type": f"{media}; charset=utf-8"}).value


def told(before: object, after: object, media: str) -> list[tuple[str, str, str, str]]:
    changes = diff([read(before, media)], [read(after, media)])
    return [(each.severity.value, each.rule, each.path, each.variant) for each in changes]


API = "application/vnd.api+json"
PERSON = {"type": "people", "id": "9", "attributes": {"first": "Dan", "site": "https://x.example"}}
COMMENT = {
    "type": "comments",
    "id": "5",
    "attributes": {"body": "hi there"},
    "relationships": {"author": {"data": {"type": "people", "id": "9"}}},
}


def article(*included: object, **members: object) -> dict[str, object]:
    author = {"data": {"type": "people", "id": "9"}, "links": {"self": "https://x.example/author"}}
    data = {"type": "articles", "id": "1", "attributes": {"title": "a b"}, "relationships": {"author": author}}
    links = {"self": "https://x.example/1", "next": None}
    return {"data": [data], "included": list(included), "links": links, "meta": {"total": 3}} | members


@pytest.mark.parametrize("included", [(COMMENT, PERSON), (PERSON, COMMENT, COMMENT), (PERSON,), (COMMENT,), ()])
def test_which_resources_are_included_is_data(included: tuple[object, ...]) -> None:
    changes = told(article(PERSON, COMMENT), article(*included), API)
    assert {severity for severity, *_ in changes} <= {"compatible"}


def test_an_attribute_that_one_kind_of_resource_lost_is_told_with_its_kind() -> None:
    lost = copy.deepcopy(PERSON)
    del lost["attributes"]["site"]  # type: ignore[attr-defined]
    assert told(article(PERSON, COMMENT), article(lost, COMMENT), API) == [
        ("breaking", "property.removed", "$.included[*].attributes.site", "type=people")
    ]


def test_a_link_is_a_text_an_object_or_null() -> None:
    def linked(**links: object) -> dict[str, object]:
        return article(PERSON, links=links)

    text, page = (
        linked(self="https://x.example", next=None),
        linked(self="https://x.example", next="https://x.example/2"),
    )
    assert [each[:3] for each in told(text, page, API)] == [("compatible", "value.unknown-learned", "$.links.next")]
    assert told(text, linked(self={"href": "https://x.example"}, next=None), API)[0][:3] == (
        "breaking",
        "type.scalar-to-object",
        "$.links.self",
    )


HAL = "application/hal+json"
FIND = {"href": "/orders{?id}", "templated": True}


def orders(number: int, **links: object) -> dict[str, object]:
    curies = [{"name": "ea", "href": "https://x.example/{rel}", "templated": True}]
    each = [{"_links": {"self": {"href": f"/orders/{at}"}}, "total": 30.5, "status": "shipped"} for at in range(number)]
    known = {"self": {"href": "/orders"}, "curies": curies, "ea:find": FIND}
    return {"_links": known | links, "_embedded": {"orders": each}, "total": 5}


def test_embedded_resources_may_be_many_or_none() -> None:
    assert told(orders(2), orders(1), HAL) == []
    assert told(orders(2), orders(0), HAL) == [("compatible", "array.now-empty", "$._embedded.orders", "")]


def test_one_link_that_became_many_breaks() -> None:
    assert told(orders(2), orders(2, **{"ea:find": [FIND, FIND]}), HAL) == [
        ("breaking", "object.to-array", "$._links['ea:find']", "")
    ]


def test_the_last_page_has_no_next_link() -> None:
    page = orders(2, next={"href": "/orders?page=2"})
    assert told(page, orders(1), HAL) == [("warning", "property.removed", "$._links.next", "")]
    assert told(page, orders(2), HAL) == [("breaking", "property.removed", "$._links.next", "")]


def bucket(number: int, *, more: bool) -> Any:
    contents = "".join(f"<Contents><Key>k{at}</Key><Size>4{at}</Size></Contents>" for at in range(number))
    token = "<NextContinuationToken>1ueG</NextContinuationToken>" if more else ""
    text = (
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix/>'
        f"<KeyCount>{number}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>"
    )
    return decode(text.encode(), {"content-type": "application/xml"}).value


def test_the_last_page_of_a_bucket_has_no_token_and_an_empty_bucket_no_keys() -> None:
    def said(before: object, after: object) -> list[tuple[str, str, str]]:
        return [(each.severity.value, each.rule, each.path) for each in diff([before], [after])]

    token = "$.ListBucketResult.NextContinuationToken"
    assert said(bucket(3, more=True), bucket(1, more=False)) == [("warning", "property.removed", token)]
    assert said(bucket(3, more=True), bucket(3, more=False)) == [("breaking", "property.removed", token)]
    assert said(bucket(3, more=False), bucket(1, more=False)) == []
    assert said(bucket(3, more=False), bucket(0, more=False)) == [
        ("compatible", "array.now-empty", "$.ListBucketResult.Contents")
    ]


def answers() -> dict[str, list[Any]]:
    """The JSON:API answers in the corpus, by operation and status, in the order they were recorded."""
    found: dict[str, list[Any]] = defaultdict(list)
    for path in sorted(CORPUS.rglob("*.yaml")):
        for each in read_cassette(path) or ():
            headers = plain(each.response["headers"])
            if headers.get("content-type", "").startswith(API):
                name = operation_name(each.request.method, each.request.path)
                found[f"{name} {each.response['status']['code']}"].append(decode(body_of(each.response), headers).value)
    return found


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of recorded responses is not here")
def test_real_answers_are_read_and_repeat_nothing_false() -> None:
    several = {name: values for name, values in answers().items() if len(values) > 1}
    assert len(several) > 5
    for name, values in several.items():
        assert all(isinstance(value, dict) for value in values), name
        assert diff(values, values) == []
        assert diff(values, values[-1:]) == [] or {each.severity.value for each in diff(values, values[-1:])} == {
            "compatible"
        }, name
