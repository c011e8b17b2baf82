from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.model import MAX_DEPTH, Count
from pytest_integration_contracts.shapes.formats import PATTERNS
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.kinds import NONE, Kind
from pytest_integration_contracts.shapes.schema import DIALECT, from_schema, to_schema
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape, closed_schema, join
from strategies import JSON, SAMPLES, json_values, names, quickly, shapes, similar_bodies

Validator = jsonschema.Draft202012Validator
counts = st.builds(Count, st.integers(0, 9), st.integers(0, 9))


def through_text(schema: JSON) -> JSON:
    return json.loads(json.dumps(schema))


@given(shapes, counts)
@quickly
def test_a_shape_survives_being_written_and_read(shape: Shape, known: Count) -> None:
    for seen in (NONE, shape.seen, known):
        assert from_schema(through_text(to_schema(shape, seen)), seen) == shape


@given(similar_bodies(2))
@quickly
def test_joined_shapes_survive_too(sets: tuple[list[JSON], ...]) -> None:
    shape = join(infer(sets[0]), infer(sets[1]))
    assert from_schema(through_text(to_schema(shape))) == shape


@given(similar_bodies(1) | st.tuples(st.lists(json_values, min_size=1, max_size=3)))
@quickly
def test_the_written_schema_is_valid_and_accepts_every_body_it_came_from(sets: tuple[list[JSON]]) -> None:
    counted = infer(sets[0])
    settled = settle(counted)
    schema = through_text(to_schema(settled))
    Validator.check_schema(schema)
    validator = Validator(schema)
    for body in sets[0]:
        assert validator.is_valid(body)
        assert settled.accepts(body)
        assert counted.accepts(body)


def test_a_code_that_was_met_alone_is_one_of_those_that_were_met_together() -> None:
    counted = infer([{"EUR": 1}, {"EUR": "x", "USD": "y"}])
    for shape in (counted, settle(counted)):
        assert all(map(shape.accepts, ({"EUR": 1}, {"EUR": "x"}, {"USD": 1}, {"CHF": "z", "SEK": 2})))
        assert not any(map(shape.accepts, ({"EUR": None}, {"CHF": 1.5}, {"euro": 1})))


def test_the_written_schema_refuses_what_would_break_and_lets_new_members_pass() -> None:
    validator = Validator(to_schema(infer([{"a": 1, "xs": [{"b": "x"}]}])))
    assert validator.is_valid({"a": 1, "xs": [], "new": True})
    assert not validator.is_valid({"xs": []})
    assert not validator.is_valid({"a": "1", "xs": []})
    assert not validator.is_valid({"a": 1, "xs": [{}]})


free_text = st.text(min_size=1).map(lambda text: f"secret {text}")
texts = free_text | st.sampled_from([text for samples in SAMPLES.values() for text in samples if len(text) > 6])


def strings_in(value: JSON) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for member in inner for text in strings_in(member)]


@given(
    st.recursive(texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)),
)
@quickly
def test_no_value_of_a_sample_stands_in_the_schema(body: JSON) -> None:
    for schema in (to_schema(infer([body])), closed_schema(infer([body]))):
        written = json.dumps(schema, ensure_ascii=False)
        for text in strings_in(body):
            assert text not in written
            assert json.dumps(text, ensure_ascii=False)[1:-1] not in written


def test_evidence_is_written_only_where_it_says_more_than_the_parent_does() -> None:
    shape = infer([{"id": 100, "xs": [{"a": "x"}, {}], "y": [1.5, 2, None]}] * 2)
    assert to_schema(settle(shape), shape.seen) == {
        "$schema": DIALECT,
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "xs": {
                "type": "array",
                "items": {
                    "type": "object",
                    "x-seen": "4 in 2 responses",
                    "properties": {"a": {"type": "string", "x-seen": 2, "x-absent": 2}},
                },
            },
            "y": {
                "type": "array",
                "items": {
                    "type": ["number", "null"],
                    "x-seen": "6 in 2 responses",
                    "x-kinds": {"integer": 2, "number": 2, "null": 2},
                },
            },
        },
        "required": ["id", "xs", "y"],
    }


def test_what_was_never_seen_is_said_to_be_unknown() -> None:
    assert to_schema(UNKNOWN) == {"$schema": DIALECT, "x-unknown": True}
    assert to_schema(infer([[]]), Count(1, 1))["items"] == {"x-unknown": True}


@pytest.mark.parametrize(
    ("written", "count"),
    [(7, Count(7, 7)), ("412 in 13 responses", Count(responses=13, values=412)), (0, Count(0, 0))],
)
def test_counts_are_read_in_both_forms(written: object, count: Count) -> None:
    assert from_schema({"type": "string", "x-seen": written}).seen == count


def test_a_schema_without_annotations_is_read_as_its_reader_would_guess() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "array"}}, "required": ["a"]}
    shape = from_schema(schema, Count(3, 3))
    assert shape.seen == shape.objects == shape.fields["a"].shape.seen == Count(3, 3)
    assert not shape.fields["b"].required
    assert shape.fields["b"].shape.items == UNKNOWN


at_a = {"type": "object", "required": ["a"]}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (None, "the schema at $ is not an object"),
        ([], "the schema at $ is not an object"),
        (True, "the schema at $ is not an object"),
        ({}, "the schema at $ has no JSON type: None"),
        ({"type": "text"}, "the schema at $ has no JSON type: 'text'"),
        ({"type": []}, "the schema at $ has no JSON type: []"),
        ({"type": ["string", 5]}, "the schema at $ has no JSON type: ['string', 5]"),
        ({"type": "string", "format": "phone"}, "the schema at $ has an unknown format 'phone'"),
        ({"type": "string", "format": ["date"]}, "the schema at $ has an unknown format ['date']"),
        ({"type": "string", "format": None}, "the schema at $ has an unknown format None"),
        ({"type": "string", "format": {}}, "the schema at $ has an unknown format {}"),
        ({"type": "string", "x-seen": -1}, "`x-seen` at $ is neither a number nor `N in M responses`: -1"),
        ({"type": "string", "x-seen": True}, "`x-seen` at $ is neither a number nor `N in M responses`: True"),
        ({"type": "string", "x-seen": "many"}, "`x-seen` at $ is neither a number nor `N in M responses`: 'many'"),
        ({"type": "string", "x-seen": "٣ in 3 responses"}, "`x-seen` at $ is neither a number nor `N in M responses`"),
        ({"type": "string", "x-kinds": ["string"]}, "`x-kinds` at $ does not count the kinds of its `type`"),
        ({"type": "string", "x-kinds": {}}, "`x-kinds` at $ does not count the kinds of its `type`"),
        ({"type": "string", "x-kinds": {"text": 1}}, "`x-kinds` at $ does not count the kinds of its `type`"),
        (
            {"type": ["string", "null"], "x-kinds": {"string": 1}},
            "`x-kinds` at $ does not count the kinds of its `type`",
        ),
        (
            {"type": ["string", "null"], "x-kinds": {"string": 1, "null": "x"}},
            "`null` at $ x-kinds is neither a number nor",
        ),
        ({"type": "object", "properties": []}, "the schema at $ has no `properties` object and `required` list"),
        ({"type": "object", "required": "a"}, "the schema at $ has no `properties` object and `required` list"),
        ({"type": "object", "properties": {"it's": 1}}, r"the schema at $['it\'s'] is not an object"),
        ({"type": "object", "properties": {"a": {"type": "string", "x-absent": 1.5}}}, "`x-absent` at $.a is neither"),
        ({**at_a, "properties": {"a": {"type": 5}}}, "the schema at $.a has no JSON type: 5"),
        ({"type": "array", "items": False}, "the schema at $[*] is not an object"),
        (
            {**at_a, "properties": {"a": {"type": "array", "items": {"type": "?"}}}},
            "the schema at $.a[*] has no JSON type: '?'",
        ),
    ],
)
def test_a_schema_that_was_edited_by_hand_is_refused_by_its_place(schema: object, message: str) -> None:
    with pytest.raises(SnapshotError) as raised:
        from_schema(schema)
    assert message in str(raised.value)


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 600, 50_000])
def test_a_schema_that_is_nested_too_deep_is_refused(levels: int) -> None:
    arrays: JSON = {"type": "string"}
    objects: JSON = {"type": "string"}
    for _ in range(levels):
        arrays = {"type": "array", "items": arrays}
        objects = {"type": "object", "properties": {"a": objects}, "required": ["a"]}
    for schema in (arrays, objects):
        with pytest.raises(SnapshotError, match=r"^the schema is nested deeper than 128 levels, at "):
            from_schema(schema)


def test_the_deepest_shape_can_be_written_and_read() -> None:
    body: JSON = "x"
    for _ in range(MAX_DEPTH):
        body = {"a": body}
    written = json.dumps(to_schema(infer([body])))
    assert json.dumps(to_schema(from_schema(json.loads(written)))) == written


keywords = st.sampled_from(
    ["type", "format", "properties", "required", "items", "x-seen", "x-absent", "x-kinds", "x-unknown", "a", "it's"]
)
words: SearchStrategy[JSON] = st.sampled_from(
    [*Kind, *PATTERNS, "a", "2 in 1 responses", "", 0, 1, -1, 1.5, True, False, None, 10**400]
)
anything: SearchStrategy[JSON] = st.recursive(
    words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keywords, inner, max_size=4), max_leaves=15
)
kind_names = st.sampled_from([kind.value for kind in Kind])
edited: SearchStrategy[JSON] = st.recursive(
    st.fixed_dictionaries({"type": kind_names | st.lists(kind_names, max_size=2)}, optional={"format": words}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["object", "array", ["array", "object", "null"]])},
        optional={
            "properties": st.dictionaries(st.sampled_from(["a", "it's"]), inner | anything),
            "required": st.lists(st.sampled_from(["a", "it's", "gone"])) | anything,
            "items": inner | anything,
            "x-seen": words,
            "x-kinds": st.dictionaries(kind_names, words) | anything,
            "x-absent": words,
            "x-unknown": words,
        },
    ),
    max_leaves=6,
)


def read_or_refused(schema: JSON) -> Shape | None:
    try:
        return from_schema(schema)
    except SnapshotError:
        return None


@given(anything | edited)
@quickly
def test_whatever_a_file_holds_is_read_or_refused_by_its_place(schema: JSON) -> None:
    shape = read_or_refused(schema)
    if shape is None:
        with pytest.raises(SnapshotError, match=r" at \$"):
            from_schema(schema)
    else:
        written = to_schema(shape)
        Validator.check_schema(written)
        assert to_schema(from_schema(through_text(written))) == written
        assert shape.accepts({"a": object()}) is False
