from __future__ import annotations

from typing import Any

import pytest

from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.likeness import alike, differ, is_list, members, unlike

PROJECT = {"id": 1, "title": "a", "open": True, "members": 3, "owner": {"login": "ada"}}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (PROJECT, "alike"),
        ({**PROJECT, "title": None}, "alike"),
        ({**PROJECT, "members": 3.5}, "alike"),
        ({**PROJECT, "note": ""}, "alike"),
        ({**PROJECT, "title": 5}, "neither"),
        ({**PROJECT, "a": 1, "b": 2, "c": 3}, "neither"),
        ({"id": 1, "code": "x", "rate": 1.5}, "unlike"),
        ({"data": PROJECT}, "unlike"),
        ([PROJECT], "unlike"),
        ({}, "neither"),
        (None, "neither"),
    ],
)
def test_how_alike_two_bodies_are(other: Any, expected: str) -> None:
    one, two = infer([PROJECT]), infer([other])
    told = "unlike" if unlike(one, two) else "alike" if alike(members(one), members(two), 4) else "neither"
    assert told == expected
    assert unlike(one, two) is unlike(two, one)


def test_what_an_envelope_holds_tells() -> None:
    one, two = infer([{"data": [{"sku": "a", "price": 1}]}]), infer([{"data": [{"login": "a", "mail": "b"}]}])
    assert unlike(one, two)
    assert not unlike(one, infer([{"data": []}]))


def test_few_members_prove_nothing() -> None:
    one = infer([{"id": 1, "name": "x"}])
    assert alike(members(one), members(one), 2)
    assert not alike(members(one), members(one), 3)
    assert not alike(members(infer([{"a": None, "b": []}])), members(infer([{"a": None, "b": []}])), 1)


@pytest.mark.parametrize(
    ("body", "listed"),
    [
        ([PROJECT], True),
        ([], True),
        ({"data": [PROJECT], "total": 1}, True),
        ({**PROJECT, "tags": ["a"]}, False),
        (PROJECT, False),
    ],
    ids=range(5),
)
def test_what_is_a_list(body: Any, *, listed: bool) -> None:
    assert is_list(infer([body])) is listed


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": None}, False),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": "x"}, {"a": {"id": 1}}, True),
        ({"a": [{"b": 1}]}, {"a": [{"c": 1}]}, True),
        ({"a": [{"b": 1}]}, {"a": []}, False),
    ],
    ids=range(6),
)
def test_what_differs_is_always_here_and_never_there(one: Any, other: Any, *, expected: bool) -> None:
    assert differ(infer([one]), infer([other])) is expected
    assert differ(infer([other]), infer([one])) is expected


def test_what_is_only_sometimes_there_does_not_differ() -> None:
    assert not differ(infer([{"a": 1}, {"a": 1, "b": 2}]), infer([{"a": 1}]))
