"""One cause, one change: what is gone here and new there."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_integration_contracts import diff

JSON = Any

AT = "2024-01-31T12:00:00Z"


def told(old: JSON, new: JSON) -> list[tuple[str, str, tuple[str, ...]]]:
    return sorted((change.rule, change.path, change.related_paths) for change in diff([old], [new]))


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("updated_at", "modified_at", AT),
        ("is_custom_ammount", "is_custom_amount", False),
        ("permission", "old_permission", {"from": "x y", "to": "y z"}),
        ("customer_id", "client_customer_id", 7),
        ("user_name", "username", "x y"),
        ("shippingAddress", "deliveryAddress", {"city": "x y", "zip": "1 2"}),
    ],
)
def test_alike_names_and_equal_shapes_are_a_rename(old: str, new: str, value: JSON) -> None:
    expected = [("property.renamed", f"$.{old}", (f"$.{new}",))]
    assert told({"id": 1, old: value}, {"id": 1, new: value}) == expected


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("email", "phone", "x y", "x y"),
        ("total", "count", 7, 7),
        ("updated_at", "modified_at", AT, 1_700_000_000),
        ("user_name", "username", "x y", {"first": "x"}),
        ("name", "number", "x y", 7),
    ],
)
def test_other_names_or_other_shapes_are_not(old: str, new: str, before: JSON, after: JSON) -> None:
    assert {rule for rule, _, _ in told({"id": 1, old: before}, {"id": 1, new: after})} == {
        "property.removed",
        "property.added",
    }


def test_where_both_sides_show_the_same_record_values_must_agree() -> None:
    record = {"id": 4711, "title": "a b"}
    assert told({**record, "user_name": "x y"}, {**record, "username": "x y"})[0][0] == "property.renamed"
    assert told({**record, "user_name": "x y"}, {**record, "username": "y z"})[0][0] == "property.added"


def test_a_rename_is_as_grave_as_the_removal_it_explains() -> None:
    (change,) = diff([{"id": 1, "user_name": "x y"}], [{"id": 1, "username": "x y"}])
    assert change.severity == "breaking"


def test_of_two_candidates_the_likest_is_taken_and_the_other_told() -> None:
    old, new = {"id": 1, "user_name": "x y"}, {"id": 1, "username": "x y", "user_title": "y z"}
    assert told(old, new) == [
        ("property.added", "$.user_title", ()),
        ("property.renamed", "$.user_name", ("$.username",)),
    ]


def test_fields_of_different_records_are_not_renamed_into_each_other() -> None:
    old, new = {"a": {"user_name": "x y", "k": 1}, "b": {"k": 1}}, {"a": {"k": 1}, "b": {"username": "x y", "k": 1}}
    assert {rule for rule, _, _ in told(old, new)} == {"property.removed", "property.added"}


def test_one_that_became_many_is_told_with_both_names() -> None:
    assert told({"id": 1, "email": "x y"}, {"id": 1, "emails": ["x y"]}) == [
        ("type.scalar-to-array", "$.email", ("$.emails",))
    ]
    assert told({"id": 1, "lines": [{"sku": "x y"}]}, {"id": 1, "line": {"sku": "x y"}}) == [
        ("array.to-object", "$.lines", ("$.line",))
    ]


def test_envelopes_come_and_go_as_one_change() -> None:
    flat, wrapped = {"id": 1, "name": "x y"}, {"data": {"id": 1, "name": "x y"}}
    assert told(flat, wrapped) == [("property.moved", "$", ("$.data",))]
    assert told(wrapped, flat) == [("property.moved", "$.data", ("$",))]
    assert told([flat], {"items": [flat], "total": 1}) == [("property.moved", "$", ("$.items",))]


def test_a_field_that_moved_is_told_with_both_places() -> None:
    old = {"run": {"deployment": {"id": 1, "url": "u u"}, "suite": {"id": 2}}}
    new = {"run": {"suite": {"id": 2, "deployment": {"id": 1, "url": "u u"}}}}
    assert told(old, new) == [("property.moved", "$.run.deployment", ("$.run.suite.deployment",))]


def test_more_than_a_thousand_events_are_another_api_and_told_as_they_are() -> None:
    old, new = ({f"g{group}": {f"{side}{group}_{n}": n for n in range(60)} for group in range(20)} for side in "ab")
    changes = told(old, new)
    assert len(changes) == 2400
    assert {rule for rule, _, _ in changes} == {"property.removed", "property.added"}
