from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import MAX_DEPTH, Count
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.keys import codes_of, key_class
from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.shape import UNKNOWN, Field, Record, Shape, Tag, merge, merged
from strategies import JSON, json_values, names, quickly, scalars, similar_bodies


class Colour(enum.IntEnum):
    RED = 1


class Text(str):
    __slots__ = ()


def nested(levels: int, inside: JSON, wrap: Callable[[JSON], JSON]) -> JSON:
    for _ in range(levels):
        inside = wrap(inside)
    return inside


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, Kind.NULL),
        (True, Kind.BOOLEAN),
        (0, Kind.INTEGER),
        (1.0, Kind.INTEGER),
        (-0.0, Kind.INTEGER),
        (1e300, Kind.INTEGER),
        (10**400, Kind.INTEGER),
        (Colour.RED, Kind.INTEGER),
        (1.5, Kind.NUMBER),
        (float("nan"), Kind.NUMBER),
        (float("inf"), Kind.NUMBER),
        ("", Kind.STRING),
        (Text("x"), Kind.STRING),
        ("\ud800", Kind.STRING),
        ([], Kind.ARRAY),
        ((), Kind.ARRAY),
        ({}, Kind.OBJECT),
    ],
)
def test_a_value_has_one_kind(value: JSON, kind: Kind) -> None:
    assert infer([value]).kinds == {kind: Count(1, 1)}
    assert infer([value, "x", 1.5, None]).kinds[kind].values in {1, 2}


def test_nothing_seen_is_unknown() -> None:
    assert infer([]) == UNKNOWN
    assert infer([[]]).items == UNKNOWN
    assert infer(iter([{}])).fields == {}


def test_a_hundred_items_of_one_array_are_one_response() -> None:
    shape = infer([{"items": [{"sku": "a"}] * 100}])
    items = shape.fields["items"].shape.items
    assert items is not None
    assert items.seen == Count(responses=1, values=100)
    assert items.fields["sku"].shape.seen == Count(responses=1, values=100)


def test_items_count_the_responses_that_had_any() -> None:
    shape = infer([[1, 2], [], [3]])
    assert shape.seen == Count(3, 3)
    assert shape.items is not None
    assert shape.items.seen == Count(responses=2, values=3)


def test_items_of_arrays_in_arrays_belong_to_their_response() -> None:
    inner = infer([[[1, 2], [3]], [[4]]]).items
    assert inner is not None
    assert inner.seen == Count(responses=2, values=3)
    assert inner.items is not None
    assert inner.items.seen == Count(responses=2, values=4)


def test_absence_counts_objects_and_the_responses_that_had_such_an_object() -> None:
    shape = infer([[{"a": 1}, {}, {}], [{"a": 1}], [{}]])
    assert shape.items is not None
    field = shape.items.fields["a"]
    assert field.absent == Count(responses=2, values=3)
    assert field.shape.seen == Count(responses=2, values=2)
    assert not field.required


def test_a_field_of_every_object_is_required() -> None:
    assert infer([{"a": None}, {"a": 1, "b": 2}]).fields["a"].required
    assert not infer([{"a": None}, {"a": 1, "b": 2}]).fields["b"].required


def test_fields_and_kinds_stand_in_a_fixed_order() -> None:
    shape = infer([{"b": 1, "a": 2}, None, "x", 1])
    assert list(shape.fields) == ["a", "b"]
    assert list(shape.kinds) == [Kind.INTEGER, Kind.STRING, Kind.OBJECT, Kind.NULL]


@given(st.lists(json_values, max_size=4), st.lists(json_values, max_size=4))
@quickly
def test_what_is_learned_apart_merges_to_what_is_learned_together(one: list[JSON], other: list[JSON]) -> None:
    assert infer(one + other) == merge(infer(one), infer(other))


@given(similar_bodies(2))
@quickly
def test_similar_bodies_learned_apart_merge_to_what_is_learned_together(sets: tuple[list[JSON], ...]) -> None:
    one, other = sets
    assert infer(one + other) == merge(infer(one), infer(other))


@given(similar_bodies(1), st.randoms())
@quickly
def test_the_order_of_bodies_does_not_matter(sets: tuple[list[JSON]], random: Random) -> None:
    shuffled = random.sample(sets[0], len(sets[0]))
    assert infer(shuffled) == infer(sets[0])


def one_by_one(values: list[tuple[JSON, int]], name: str = "") -> Shape:
    """What `infer` does by columns, done value by value: each value comes with the number of its response."""
    by_kind: dict[Kind, list[tuple[JSON, int]]] = {}
    for value, response in values:
        kind = next(iter(infer([value]).kinds))
        by_kind.setdefault(kind, []).append((value, response))
    leaves = merged(
        infer([{name: value}]).fields[name].shape for value, _ in values if not isinstance(value, list | tuple | dict)
    )
    texts = leaves.texts and replace(
        leaves.texts, empty=counted([entry for entry in by_kind[Kind.STRING] if entry[0] == ""])
    )
    arrays, objects = by_kind.get(Kind.ARRAY), by_kind.get(Kind.OBJECT)
    return Shape(
        seen=counted(values),
        kinds={kind: counted(members) for kind, members in by_kind.items()},
        texts=texts,
        numbers=leaves.numbers,
        items=one_by_one([(item, response) for array, response in arrays for item in array], name) if arrays else None,
        empty=counted([entry for entry in arrays or [] if not entry[0]]),
        records={tag: one_record(members) for tag, members in by_tag(objects or []).items()},
    )


def one_record(objects: list[tuple[JSON, int]]) -> Record:
    """What `infer` does of objects with one tag; what it does of a single one tells which of its names are data."""
    told = [(object_, response, infer([object_]).record.fields.keys()) for object_, response in objects]
    keyed: dict[str, list[tuple[JSON, int]]] = {}
    for object_, response, names_ in told:
        for name in object_.keys() - names_:
            keyed.setdefault(key_class(name) or codes_of(object_), []).append((object_[name], response))
    return Record(
        counted(objects),
        {
            name: Field(
                one_by_one([(object_[name], response) for object_, response, names_ in told if name in names_], name),
                counted([(object_, response) for object_, response, names_ in told if name not in names_]),
            )
            for name in {name for _, _, names_ in told for name in names_}
        },
        {class_: one_by_one(values) for class_, values in keyed.items()},
    )


def by_tag(objects: list[tuple[JSON, int]]) -> dict[Tag, list[tuple[JSON, int]]]:
    groups: dict[Tag, list[tuple[JSON, int]]] = {}
    for object_, response in objects:
        (tag,) = infer([object_]).records
        groups.setdefault(tag, []).append((object_, response))
    return groups


def counted(values: list[tuple[JSON, int]]) -> Count:
    return Count(len({response for _, response in values}), len(values))


@given(similar_bodies(1))
@quickly
def test_columns_give_what_single_values_give(sets: tuple[list[JSON]]) -> None:
    assert infer(sets[0]) == one_by_one([(body, number) for number, body in enumerate(sets[0])])


sparse_names = st.sampled_from([f"n{number}" for number in range(40)]) | names
sparse_objects = st.lists(st.dictionaries(sparse_names, scalars, max_size=2), max_size=12)


@given(st.lists(sparse_objects, max_size=3))
@quickly
def test_objects_that_share_few_names_count_as_those_that_share_all(bodies: list[JSON]) -> None:
    assert infer(bodies) == one_by_one([(body, number) for number, body in enumerate(bodies)])


def test_a_thousand_objects_with_a_name_each_are_counted_row_by_row() -> None:
    bodies = [{"always": 1, f"only{number}": "x"} for number in range(1000)]
    fields = infer(bodies).fields
    assert fields["always"] == infer([{"always": 1}] * 1000).fields["always"]
    assert fields["only7"].absent == Count(999, 999)
    in_one_response = infer([bodies]).items
    assert in_one_response is not None
    assert in_one_response.fields["always"].absent == Count(0, 0)
    assert in_one_response.fields["only7"].absent == Count(responses=1, values=999)


@pytest.mark.parametrize("wrap", [lambda body: [body], lambda body: {"a": body}], ids=["arrays", "objects"])
def test_nesting_ends_at_the_limit(wrap: Callable[[JSON], JSON]) -> None:
    assert infer([nested(MAX_DEPTH, 1, wrap)]).known
    for levels in (MAX_DEPTH + 1, 500, 100_000):
        with pytest.raises(BodyError, match=r"^a body is nested deeper than 128 levels; check a part of it instead$"):
            infer([nested(levels, 1, wrap)])


@pytest.mark.parametrize("value", [b"x", {1}, object(), 1j])
def test_what_json_has_not_is_refused_by_the_name_of_its_type(value: object) -> None:
    for body in (value, [value], {"a": [1, value]}):
        with pytest.raises(BodyError, match=f"^a value of type {type(value).__name__} is not a JSON value; convert"):
            infer([body])


@pytest.mark.parametrize("body", [{1: 2}, {None: 1}, {"a": 1, 2: 3}, {(): 1, "b": 1, 2: 3}])
def test_a_name_that_is_no_string_is_refused(body: object) -> None:
    with pytest.raises(BodyError, match=r"^an object has a name of type \w+, where JSON has strings only; convert"):
        infer([body, {"x": 1}])
