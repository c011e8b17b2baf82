from __future__ import annotations

import json
import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.kinds import Kind, canonical
from pytest_integration_contracts.shapes.shape import (
    UNKNOWN,
    Shape,
    field_path,
    items_path,
    join,
    merge,
    never_observed,
)
from strategies import JSON, NAMES, quickly, shapes, similar_bodies

similar_shapes = similar_bodies(3).map(lambda sets: tuple(map(infer, sets)))
three_shapes = st.tuples(shapes, shapes, shapes) | similar_shapes


@given(three_shapes)
@quickly
def test_merge_is_associative(three: tuple[Shape, Shape, Shape]) -> None:
    one, other, third = three
    assert merge(merge(one, other), third) == merge(one, merge(other, third))


@given(three_shapes)
@quickly
def test_merge_is_commutative(three: tuple[Shape, Shape, Shape]) -> None:
    one, other, _ = three
    assert merge(one, other) == merge(other, one)


@given(three_shapes)
@quickly
def test_join_is_associative(three: tuple[Shape, Shape, Shape]) -> None:
    one, other, third = three
    assert join(join(one, other), third) == join(one, join(other, third))


@given(three_shapes)
@quickly
def test_join_is_commutative(three: tuple[Shape, Shape, Shape]) -> None:
    one, other, _ = three
    assert join(one, other) == join(other, one)


@given(three_shapes)
@quickly
def test_join_is_idempotent_also_on_what_it_made(three: tuple[Shape, Shape, Shape]) -> None:
    one, other, _ = three
    assert join(one, one) == one
    assert join(join(one, other), other) == join(one, other)


@given(shapes)
@quickly
def test_unknown_is_the_identity_of_both(shape: Shape) -> None:
    assert merge(shape, UNKNOWN) == merge(UNKNOWN, shape) == shape
    assert join(shape, UNKNOWN) == join(UNKNOWN, shape) == shape


@given(similar_bodies(4), st.randoms())
@quickly
def test_how_many_workers_there_were_and_who_came_first_does_not_show(
    sets: tuple[list[JSON], ...], random: Random
) -> None:
    workers = list(map(infer, sets))
    random.shuffle(workers)
    together = UNKNOWN
    for shape in workers:
        together = merge(together, shape)
    merged = infer(body for bodies in sets for body in bodies)
    assert together == merged
    assert json.dumps(list(together.fields)) == json.dumps(list(merged.fields))
    assert list(together.kinds) == list(merged.kinds)


def test_merged_counts_add_and_joined_counts_take_the_larger() -> None:
    thick, thin = infer([{"a": 1}] * 5), infer([{}] * 2)
    assert merge(thick, thin).seen == Count(7, 7)
    assert merge(thick, thin).fields["a"].absent == Count(2, 2)
    assert join(thick, thin).seen == Count(5, 5)
    assert join(thick, thin).fields["a"].absent == Count(2, 2)


def test_a_field_of_one_side_was_absent_from_all_objects_of_the_other_and_from_nothing_else() -> None:
    assert merge(infer([{"a": 1}]), infer(["x", None])).fields["a"].required
    assert merge(infer([{"a": 1}]), infer([{}, {}, "x"])).fields["a"].absent == Count(2, 2)


def test_a_format_is_kept_where_the_other_side_has_no_strings() -> None:
    assert merge(infer(["2024-01-31"]), infer([None, 1])).format == "date"
    assert merge(infer([None, 1]), infer(["2024-01-31"])).format == "date"
    assert merge(infer(["2024-01-31"]), infer(["x"])).format == ""


@pytest.mark.parametrize(
    ("bodies", "kinds"),
    [
        ([1, 1.5], {Kind.NUMBER}),
        ([1], {Kind.INTEGER}),
        ([1, "x", None], {Kind.INTEGER, Kind.STRING, Kind.NULL}),
        ([], set()),
    ],
)
def test_a_number_that_is_sometimes_integral_is_a_number(bodies: list[JSON], kinds: set[Kind]) -> None:
    assert infer(bodies).canonical_kinds == kinds == canonical(infer(bodies).kinds)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a", "$.a"),
        ("snake_case1", "$.snake_case1"),
        ("__private", "$.__private"),
        ("a b", "$['a b']"),
        ("1st", "$['1st']"),
        ("", "$['']"),
        ("größe", "$['größe']"),
        ("it's", r"$['it\'s']"),
        ('"hi"', "$['\"hi\"']"),
        ("x[*].y", "$['x[*].y']"),
        ("back\\slash", r"$['back\\slash']"),
        ("a\nb", r"$['a\u000ab']"),
        ("\ud800", r"$['\ud800']"),
        ("\U000e0001", r"$['\udb40\udc01']"),
    ],
)
def test_a_member_is_quoted_where_its_name_needs_it(name: str, path: str) -> None:
    assert field_path("$", name) == path


def read_back(path: str) -> str:
    """The name in `$.name` or `$['name']`, by the escapes of RFC 9535, which are JSON's."""
    quoted = re.fullmatch(r"\$\['(.*)'\]", path)
    if quoted is None:
        return path.removeprefix("$.")
    inner = re.sub(r"\\(.)|(\")", lambda m: '\\"' if m[2] else "'" if m[1] == "'" else m[0], quoted[1])
    name = json.loads(f'"{inner}"')
    assert isinstance(name, str)
    return name


@given(st.text() | st.sampled_from(NAMES))
@quickly
def test_a_quoted_name_can_be_read_back_and_prints_on_one_line(name: str) -> None:
    path = field_path("$", name)
    assert read_back(path) == name
    assert path.isprintable()


def test_paths_are_put_together() -> None:
    assert items_path(field_path("$", "items")) == "$.items[*]"
    assert field_path(items_path("$"), "a b") == "$[*]['a b']"


@pytest.mark.parametrize(
    ("bodies", "paths"),
    [
        ([], ["$"]),
        ([None], ["$"]),
        ([1, None], []),
        ([[]], ["$[*]"]),
        ([{"a": None, "b": 1, "c d": []}], ["$.a", "$['c d'][*]"]),
        ([{"a": None}, {"a": 1}], []),
        ([{"a": [{"b": None}, {"b": []}]}], ["$.a[*].b[*]"]),
        ([{"a": [{}]}], []),
    ],
)
def test_what_nobody_has_seen_is_told_by_its_path(bodies: list[JSON], paths: list[str]) -> None:
    assert list(never_observed(infer(bodies))) == paths


def test_known_is_more_than_null() -> None:
    assert not UNKNOWN.known
    assert not infer([None]).known
    assert infer([None, []]).known
