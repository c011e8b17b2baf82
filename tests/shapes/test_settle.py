from __future__ import annotations

import json

import pytest
from hypothesis import given

from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.kinds import Width
from pytest_integration_contracts.shapes.schema import from_schema, to_schema
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import Count, Shape, Tag, merge
from strategies import JSON, quickly, shapes, similar_bodies

CARD = {"type": "card", "id": "x1", "brand": "b", "last4": "0001"}
BANK = {"type": "bank", "id": "x2", "iban": "i", "bic": "b"}


def variants(shape: Shape) -> list[str]:
    return ["|".join(sorted(tag.values)) for tag in settle(shape).records]


@given(shapes)
@quickly
def test_settling_twice_is_settling_once(shape: Shape) -> None:
    settled = settle(shape)
    assert settle(settled) == settled
    assert from_schema(to_schema(settled)) == settled


@given(similar_bodies(2))
@quickly
def test_a_settled_shape_accepts_all_it_came_from(sets: tuple[list[JSON], ...]) -> None:
    one, other = sets
    shape = settle(merge(infer(one), infer(other)))
    for body in (*one, *other):
        assert shape.accepts(body)


def test_really_different_fields_are_variants_of_a_union_from_one_response() -> None:
    assert variants(infer([{"payments": [CARD, BANK]}]).fields["payments"].shape.items or Shape()) == ["bank", "card"]


def test_tags_of_the_same_fields_are_one_record() -> None:
    bug, task = ({"type": type_, "id": 1, "title": "a b"} for type_ in ("bug", "task"))
    assert variants(infer([bug, task])) == ["bug|task"]


def test_a_field_more_or_less_is_no_variant() -> None:
    small = {key: value for key, value in CARD.items() if key != "brand"} | {"type": "voucher"}
    assert variants(infer([CARD, small])) == ["card|voucher"]
    assert not settle(infer([CARD, small])).fields["brand"].required


def test_variants_may_differ_in_what_their_fields_hold() -> None:
    user = {"type": "user", "attributes": {"email": "a@b.example", "name": "x y"}}
    team = {"type": "team", "attributes": {"handle": "x y", "members": 3}}
    assert variants(infer([user, team])) == ["team", "user"]


def test_more_variants_than_anybody_can_review_are_one_record() -> None:
    bodies = [
        {"type": f"t{'abcdefghijklmnopqrst'[number]}", f"own{number}": 1, f"too{number}": 1} for number in range(20)
    ]
    (tag,) = settle(infer(bodies)).records
    assert len(tag.values) == 20


def test_how_often_folded_variants_were_seen_is_not_overstated() -> None:
    together = settle(infer([[{"type": "bug", "id": 1}, {"type": "task", "id": 2}]] * 3)).items
    assert together is not None
    assert together.fields["id"].shape.seen == Count(3, 6)
    apart = settle(infer([{"type": "bug", "id": 1}, {"type": "task", "id": 2}]))
    assert apart.fields["id"].shape.seen == Count(2, 2)


def test_the_guess_is_shown_in_the_schema() -> None:
    schema = json.loads(json.dumps(to_schema(settle(infer([[CARD, BANK]])))))["items"]
    assert [branch["x-tag"] for branch in schema["anyOf"]] == [{"type": ["bank"]}, {"type": ["card"]}]
    rates = to_schema(settle(infer([{"2026-01-01": 1.5}])))
    assert [json.dumps(member["type"]) for member in rates["patternProperties"].values()] == ['"number"']


def test_a_union_survives_the_file() -> None:
    settled = settle(infer([[CARD, BANK, CARD]] * 3))
    assert from_schema(json.loads(json.dumps(to_schema(settled)))) == settled
    items = settled.items
    assert items is not None
    assert set(items.records) == {Tag("type", frozenset({"card"})), Tag("type", frozenset({"bank"}))}


def test_a_card_with_the_fields_of_a_bank_is_not_accepted() -> None:
    settled = settle(infer([CARD, BANK]))
    assert settled.accepts(CARD)
    assert not settled.accepts({**BANK, "type": "card"})
    assert not settled.accepts({**BANK, "type": "wallet"})


@pytest.mark.parametrize(
    ("values", "width"),
    [
        ([0, 1] * 3, Width.BIT),
        ([0, 1], Width.INT32),
        ([2], Width.INT32),
        ([2**31 - 1, -(2**31)], Width.INT32),
        ([2**31], Width.EXACT),
        ([2**53 - 1], Width.EXACT),
        ([2**53], Width.BIG),
        ([-(10**400)], Width.BIG),
        ([0.5], Width.INT32),
    ],
)
def test_the_room_that_integers_need(values: list[JSON], width: Width) -> None:
    numbers = settle(infer(values)).numbers
    assert numbers is not None
    assert numbers.width is width


@pytest.mark.parametrize(
    ("name", "value", "format_"),
    [
        ("created_at", 1_700_000_000, "epoch-seconds"),
        ("createdAt", 1_700_000_000_000, "epoch-milliseconds"),
        ("timestamp", 1_700_000_000.5, "epoch-seconds"),
        ("expires", 1_700_000_000, "epoch-seconds"),
        ("id", 1_700_000_000, ""),
        ("count", 1_700_000_000, ""),
        ("created_at", 17, ""),
        ("created_at", 1_700_000_000_000_000, ""),
    ],
)
def test_epoch_times_are_told_by_name_and_range(name: str, value: JSON, format_: str) -> None:
    numbers = infer([{name: value}]).fields[name].shape.numbers
    assert numbers is not None
    assert numbers.format == format_
