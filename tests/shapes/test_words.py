from __future__ import annotations

import json

import pytest

from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.schema import to_schema
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.words import is_private, is_tag_name, is_vocabulary, is_word
from strategies import JSON


def vocabulary(name: str, values: list[JSON]) -> list[str] | None:
    """What a snapshot would keep of values of a field, one in each response."""
    texts = settle(infer([{name: value} for value in values])).fields[name].shape.texts
    return sorted(texts.words) if texts and texts.words else None


@pytest.mark.parametrize("value", ["open", "in_progress", "order.created", "A", "EUR", "v2", "text-x", "Open", "true"])
def test_a_token_is_a_word(value: str) -> None:
    assert is_word(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "two words",
        "ada@mail.example",
        "2026-01-01",
        "https://x.example",
        "123e4567-e89b-12d3-a456-426614174000",
        "42",
        "order-20931",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "d41d8cd98f00b204",
        "Müller",
        "x" * 33,
        "a/b",
        "REDACTED",
    ],
)
def test_free_text_and_what_may_be_somebodys_is_no_word(value: str) -> None:
    assert not is_word(value)


@pytest.mark.parametrize(
    "name", ["email", "user_name", "firstName", "owner", "api_token", "created_by", "city", "title", "assigned_to", ""]
)
def test_names_of_what_is_personal_or_secret_have_no_vocabulary(name: str) -> None:
    assert is_private(name)
    assert vocabulary(name, ["ada", "bob"] * 20) is None


def test_few_words_in_many_responses_are_a_vocabulary() -> None:
    assert vocabulary("status", ["open", "paid"] * 10) == ["open", "paid"]
    assert vocabulary("status", ["open", "paid", None] * 10) == ["open", "paid"]


@pytest.mark.parametrize(
    "values",
    [
        ["open", "paid"] * 9,
        ["open", "paid", "late", "lost", "done"] * 4,
        [f"word{'abcdefghijklmnopq'[number % 17]}" for number in range(400)],
        ["open", "nobody knows"] * 20,
        ["open", ""] * 20,
    ],
    ids=["too few responses", "too many words for them", "more than sixteen", "free text among them", "empty"],
)
def test_without_evidence_there_is_no_claim(values: list[JSON]) -> None:
    assert vocabulary("status", values) is None


def test_a_hundred_items_of_one_response_are_one_witness() -> None:
    shape = settle(infer([{"orders": [{"status": "open"}, {"status": "paid"}] * 50}]))
    assert "open" not in json.dumps(to_schema(shape))


def test_as_many_words_as_evidence_carries() -> None:
    four = frozenset({"a", "b", "c", "d"})
    assert is_vocabulary(four, 20)
    assert not is_vocabulary(four, 19)
    assert not is_vocabulary(four | {"e"}, 24)
    assert is_vocabulary(four | {"e"}, 25)
    assert not is_vocabulary(None, 1000)


def test_tags_are_known_from_the_first_response_on() -> None:
    assert vocabulary("type", ["card"]) == ["card"]
    assert vocabulary("subtype", ["card"]) == ["card"]
    assert vocabulary("content_type", ["text/html"]) is None


@pytest.mark.parametrize(
    ("name", "tells"),
    [
        ("type", True),
        ("eventType", True),
        ("__typename", True),
        ("kind", True),
        ("typeface", False),
        ("owner_type", False),
    ],
)
def test_names_that_tell_what_something_is(name: str, tells: bool) -> None:  # noqa: FBT001 - a table
    assert is_tag_name(name) is tells
