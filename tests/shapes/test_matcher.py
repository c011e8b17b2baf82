from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_integration_contracts.drift.compare import widens
from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import MAX_DEPTH
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.matcher import compiled
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape, closed_schema
from strategies import JSON, NEAR_MISSES, SAMPLES, formatted, json_values, quickly, similar_bodies


def hold_the_law(shape: Shape, body: JSON) -> None:
    """What the matcher accepts is what there is nothing to tell about."""
    known = settle(shape)
    silent = widens(known, infer([body])) == ()
    assert known.accepts(body) == silent or (silent and is_only_emptier(known, body))


def is_only_emptier(shape: Shape, body: JSON) -> bool:
    """Whether strings or arrays are empty that never were: worth a look, and no change where others are not."""
    return compiled(without_lengths(closed_schema(shape)))(body)


def without_lengths(schema: JSON) -> JSON:
    if isinstance(schema, dict):
        return {key: without_lengths(value) for key, value in schema.items() if key not in {"minLength", "minItems"}}
    return [without_lengths(item) for item in schema] if isinstance(schema, list) else schema


@given(similar_bodies(2))
@settings(quickly, max_examples=250)
def test_a_similar_body_is_accepted_exactly_when_it_teaches_nothing(sets: tuple[list[JSON], ...]) -> None:
    learned, later = sets
    shape = infer(learned)
    for body in later:
        hold_the_law(shape, body)


@given(st.lists(json_values, max_size=3), json_values)
@quickly
def test_any_body_is_accepted_exactly_when_it_teaches_nothing(learned: list[JSON], body: JSON) -> None:
    hold_the_law(infer(learned), body)


@given(st.lists(formatted, min_size=1, max_size=3), formatted)
@quickly
def test_a_string_is_accepted_exactly_when_it_has_the_format_of_all(learned: list[str], text: str) -> None:
    hold_the_law(infer(learned), text)
    hold_the_law(infer([{"a": [text_learned]} for text_learned in learned]), {"a": [text]})


@pytest.mark.parametrize("format_", SAMPLES)
def test_the_law_holds_for_samples_and_near_misses_of_a_format(format_: str) -> None:
    shape = infer(SAMPLES[format_])
    for texts in (*SAMPLES.values(), *NEAR_MISSES.values()):
        for text in texts:
            hold_the_law(shape, text)


@pytest.mark.parametrize(
    ("learned", "body", "accepted"),
    [
        ([], None, False),
        ([[]], [], True),
        ([[]], [None], False),
        ([[None]], [None], True),
        ([None], None, True),
        ([None], 1, False),
        ([1.5], 1, True),
        ([1], 1.0, True),
        ([1], 1.5, False),
        ([1], True, False),
        ([1], 10**400, False),
        ([1.5], 10**400, True),
        (["x"], "", False),
        (["x", ""], "", True),
        ([["x"]], [""], False),
        ([{"a": 1}, {}], {}, True),
        ([{"a": 1}], {}, False),
        ([{}], {"a": 1}, False),
        ([{"__private": 1}], {"__private": 2}, True),
        ([{"__private": 1}], {"__private": "x"}, False),
        ([{"$ref": "#/x"}], {"$ref": "y"}, True),
        ([{"a": [{"b": 1}]}], {"a": []}, False),
        ([{"a": [{"b": 1}]}, {"a": []}], {"a": []}, True),
        ([{"a": [{"b": 1}]}], {"a": [{"b": 1}, {}]}, False),
    ],
)
def test_bodies_at_the_border(learned: list[JSON], body: JSON, accepted: bool) -> None:  # noqa: FBT001 - a table
    assert infer(learned).accepts(body) is accepted
    hold_the_law(infer(learned), body)


def test_an_unknown_shape_accepts_nothing() -> None:
    matcher = UNKNOWN
    assert not any(map(matcher.accepts, (None, 1, "x", [], {})))


awkward: tuple[object, ...] = (
    math.nan,
    math.inf,
    -math.inf,
    10**400,
    -(10**400),
    "\ud800",
    "https://\udfff",
    {"\ud800": 1},
    {"a": "\udc00\ud800"},
    "\x00",
    {"\x00": "\x00"},
    [math.nan, {"a": math.inf}],
)


@pytest.mark.parametrize("body", awkward, ids=range(len(awkward)))
def test_what_the_engine_may_not_read_is_refused_or_judged_rightly(body: object) -> None:
    for learned in ([body], [1.5], ["x"], ["https://x"], [{"a": "x"}], [[1.5, {"a": 1.5}]], awkward):
        shape = infer(learned)
        if shape.accepts(body):
            assert widens(shape, infer([body])) == ()


@pytest.mark.parametrize("body", [{1: 2}, {None: 1}, {1}, b"x", object(), [{"a": {1}}], {"a": 1, 2: 3}])
def test_what_is_not_json_is_not_accepted(body: object) -> None:
    several: tuple[list[JSON], ...] = ([], [1], [{"a": 1}], [[{"a": []}]])
    for learned in several:
        assert not infer(learned).accepts(body)


@pytest.mark.parametrize("wrap", [lambda body: [body], lambda body: {"a": body}], ids=["arrays", "objects"])
@pytest.mark.parametrize("levels", [100, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 254, 256, 1000, 100_000])
def test_deep_bodies_are_refused_or_judged_rightly(levels: int, wrap: Callable[[JSON], JSON]) -> None:
    body: JSON = 1
    shallow: JSON = 1
    for _ in range(levels):
        body = wrap(body)
    for _ in range(50):
        shallow = wrap(shallow)
    assert not infer([shallow]).accepts(body)
    try:
        shape = infer([body])
    except BodyError:
        assert levels > MAX_DEPTH
    else:
        assert widens(shape, shape) == ()
        assert shape.accepts(body) or levels == MAX_DEPTH


def test_a_matcher_answers_the_same_at_every_question() -> None:
    matcher = infer([{"a": 1}])
    assert [matcher.accepts(body) for body in ({"a": 1}, {}, {"a": 2}, {"a": "\ud800"}, {"a": 3})] == [
        True,
        False,
        True,
        False,
        True,
    ]
