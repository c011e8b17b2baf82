from __future__ import annotations

import pytest
from hypothesis import given, settings

from drift.cases import CASES, CUSTOMER, Case, drop, inside, put
from pytest_integration_contracts.drift.compare import compare, widens
from pytest_integration_contracts.drift.events import describe
from pytest_integration_contracts.drift.learning import adopt
from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.schema import from_schema, to_schema
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape
from strategies import JSON, quickly, shapes, similar_bodies

similar_shapes = similar_bodies(2).map(lambda sets: (infer(sets[0]), infer(sets[1])))


def hold_what_learning_promises(baseline: Shape, observed: Shape) -> None:
    adopted = adopt(baseline, observed)
    assert widens(adopted, observed) == ()
    assert compare(adopt(adopted, observed), adopted) == ()
    assert from_schema(to_schema(adopted)) == adopted


@given(similar_shapes)
@settings(quickly, max_examples=200)
def test_what_was_learned_is_no_longer_new_and_learning_it_again_changes_nothing(pair: tuple[Shape, Shape]) -> None:
    hold_what_learning_promises(*pair)


@given(shapes, shapes)
@quickly
def test_the_same_holds_for_an_upstream_that_changed_altogether(baseline: Shape, observed: Shape) -> None:
    hold_what_learning_promises(baseline, observed)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("times", [1, 5])
def test_the_same_holds_for_every_kind_of_change(case: Case, times: int) -> None:
    before, after = infer(case.before * times), infer(case.after)
    hold_what_learning_promises(before, after)
    hold_what_learning_promises(after, before)


@given(similar_bodies(2))
@quickly
def test_every_learned_body_is_accepted_afterwards(sets: tuple[list[JSON], ...]) -> None:
    before, after = sets
    matcher = adopt(infer(before), infer(after))
    assert all(map(matcher.accepts, after))


@given(shapes)
@quickly
def test_replaying_the_same_responses_teaches_nothing(shape: Shape) -> None:
    assert adopt(shape, shape) == settle(shape)
    assert adopt(shape, UNKNOWN) == adopt(UNKNOWN, shape) == settle(shape)


@given(similar_bodies(1))
@quickly
def test_replaying_a_part_of_the_responses_teaches_nothing(sets: tuple[list[JSON]]) -> None:
    (bodies,) = sets
    assert adopt(infer(bodies), infer(bodies[:1])) == settle(infer(bodies))


def test_a_field_that_is_gone_is_removed_and_not_optional() -> None:
    adopted = adopt(infer([CUSTOMER] * 100), infer([drop("email")(CUSTOMER)]))
    assert "email" not in adopted.fields
    inner = adopt(infer([[CUSTOMER]] * 100), infer([[inside("address", drop("city"))(CUSTOMER)]]))
    assert inner.items is not None
    assert list(inner.items.fields["address"].shape.fields) == ["lines"]


def test_a_field_that_is_sometimes_gone_becomes_optional() -> None:
    adopted = adopt(infer([CUSTOMER] * 100), infer([CUSTOMER, drop("email")(CUSTOMER)]))
    assert adopted.fields["email"].absent == Count(1, 1)
    assert adopted.fields["email"].shape.seen == Count(100, 100)


def test_an_optional_field_that_did_not_occur_stays_known() -> None:
    adopted = adopt(infer([CUSTOMER, drop("email")(CUSTOMER)]), infer([drop("email")(CUSTOMER)] * 100))
    assert describe(adopted.fields["email"].shape) == "string (email)"
    assert not adopted.fields["email"].required


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (1, "1", "string (integer)"),
        ("x", {"id": "x"}, "object"),
        ([{"a": 1}], {"a": 1}, "object"),
        ([1], ["x"], "array of string"),
        (None, 1, "integer or null"),
        (1, None, "integer or null"),
        ([1], [], "array of integer"),
        (1, 1.5, "number"),
        (1.5, 1, "number"),
        ("2024-01-31", "2024-01-31T00:00:00Z", "string (date-time)"),
        ("2024-01-31T00:00:00", "2024-01-31T00:00:00Z", "string (date-time)"),
        ("2024-01-31", "soon", "string"),
        ("soon", "2024-01-31", "string"),
        ("1", "1.5", "string (decimal)"),
        ("1.5", "1", "string (decimal)"),
        ("ada@mail.example", "https://x.example", "string"),
    ],
)
def test_what_contradicts_is_replaced_and_what_adds_is_joined(before: JSON, after: JSON, words: str) -> None:
    adopted = adopt(infer([{"a": before}] * 9), infer([{"a": after}]))
    assert describe(adopted.fields["a"].shape) == words
    assert adopted.fields["a"].required


def test_one_of_several_types_that_did_not_occur_stays_known() -> None:
    adopted = adopt(infer([1, "x", {"a": 1}]), infer(["y"] * 9))
    assert describe(adopted) == "integer or string or object"
    assert adopted.fields["a"].required


OFTEN, SELDOM = [{"a": 1}] * 4 + [{}], [{"a": 1}]


def test_a_thin_observation_does_not_make_a_field_required() -> None:
    assert not adopt(infer(OFTEN), infer(SELDOM * 4)).fields["a"].required
    assert compare(infer(OFTEN), adopt(infer(OFTEN), infer(SELDOM * 4))) == ()


def test_an_equally_thick_observation_makes_a_field_required() -> None:
    assert adopt(infer(OFTEN), infer(SELDOM * 5)).fields["a"].required


def test_a_hundred_items_of_one_response_are_a_thin_observation() -> None:
    adopted = adopt(infer([OFTEN] * 2), infer([SELDOM * 100]))
    assert adopted.items is not None
    assert not adopted.items.fields["a"].required


@pytest.mark.parametrize(("responses", "required"), [(4, False), (5, True), (50, True)])
def test_a_new_field_is_required_where_an_equally_thick_observation_always_had_it(
    responses: int,
    required: bool,  # noqa: FBT001 - a table
) -> None:
    adopted = adopt(infer([{"a": 1}] * 5), infer([{"a": 1, "b": 2}] * responses))
    assert adopted.fields["a"].required
    assert adopted.fields["b"].required is required


def test_a_new_field_that_was_sometimes_there_is_optional() -> None:
    adopted = adopt(infer([{}] * 5), infer([{"b": 2}] * 8 + [{}]))
    assert adopted.fields["b"].absent == Count(1, 1)


def test_of_two_absences_the_larger_is_kept() -> None:
    before: JSON = [{}] * 3 + [{"a": 1}] * 2
    after: JSON = [{}] + [{"a": 1}] * 9
    assert adopt(infer(before), infer(after)).fields["a"].absent == Count(3, 3)


def test_counts_take_the_larger_and_do_not_add() -> None:
    adopted = adopt(infer([CUSTOMER] * 5), infer([CUSTOMER] * 3))
    five, three = settle(infer([CUSTOMER] * 5)), settle(infer([CUSTOMER] * 3))
    assert adopted == five
    assert adopt(infer([CUSTOMER] * 3), infer([CUSTOMER] * 5)) == five
    assert adopt(infer([CUSTOMER] * 3), infer([put("name", "Bob")(CUSTOMER)] * 3)) == three
