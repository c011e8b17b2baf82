"""What happens to responses, as pairs of bodies, and which rules a comparison must name, in both directions.

The mutations are plain functions on JSON; they know no rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

JSON = Any
Mutation = Callable[[JSON], JSON]
Expected = tuple[str, str] | None
"""A rule and the path under `$` where it applies; None where nothing must be said."""

CUSTOMER: JSON = {
    "id": 17,
    "ref": "123e4567-e89b-12d3-a456-426614174000",
    "email": "ada@mail.example",
    "since": "2024-01-31T12:00:00Z",
    "day": "2024-01-31",
    "price": "1.50",
    "ratio": 0.5,
    "active": True,
    "note": None,
    "name": "Ada",
    "tags": ["x", "y"],
    "address": {"city": "London", "lines": ["a"]},
}


def same(body: JSON) -> JSON:
    return body


def put(name: str, value: JSON) -> Mutation:
    return lambda body: {**body, name: value}


def drop(name: str) -> Mutation:
    return lambda body: {key: value for key, value in body.items() if key != name}


def inside(name: str, mutation: Mutation) -> Mutation:
    return lambda body: {**body, name: mutation(body[name])}


@dataclass(frozen=True)
class Case:
    """Bodies before and after, and what is to be said forward and backward."""

    name: str
    before: list[JSON]
    after: list[JSON]
    forward: Expected
    backward: Expected

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def both(rule: str, path: str) -> tuple[Expected, Expected]:
    return (rule, path), (rule, path)


def customers(name: str, *mutations: Mutation, says: tuple[Expected, Expected], times: int = 1) -> Case:
    return Case(name, [CUSTOMER] * times, [mutate(CUSTOMER) for mutate in mutations] * times, *says)


def values(name: str, before: list[JSON], after: list[JSON], says: tuple[Expected, Expected]) -> Case:
    return Case(name, before, after, *says)


CASES = [
    customers("field gone", drop("email"), says=(("property.removed", ".email"), ("property.added", ".email"))),
    customers(
        "object gone with all it held",
        drop("address"),
        says=(("property.removed", ".address"), ("property.added", ".address")),
    ),
    customers("null field gone", drop("note"), says=(("property.removed", ".note"), ("property.added", ".note"))),
    customers(
        "field of an inner object gone",
        inside("address", drop("city")),
        says=(("property.removed", ".address.city"), ("property.added", ".address.city")),
    ),
    customers(
        "field sometimes gone",
        same,
        drop("email"),
        says=(("property.became-optional", ".email"), ("property.became-required", ".email")),
    ),
    customers(
        "null field sometimes gone",
        same,
        drop("note"),
        says=(("property.became-optional", ".note"), ("property.became-required", ".note")),
    ),
    customers(
        "inner field sometimes gone",
        inside("address", drop("lines")),
        same,
        says=(("property.became-optional", ".address.lines"), ("property.became-required", ".address.lines")),
    ),
    customers(
        "value sometimes null",
        same,
        put("email", None),
        says=(("value.became-nullable", ".email"), ("value.became-non-null", ".email")),
    ),
    customers(
        "object sometimes null",
        same,
        put("address", None),
        says=(("value.became-nullable", ".address"), ("value.became-non-null", ".address")),
    ),
    customers(
        "value always null",
        put("email", None),
        says=(("value.became-nullable", ".email"), ("value.unknown-learned", ".email")),
    ),
    customers(
        "item sometimes null",
        put("tags", ["x", None]),
        says=(("value.became-nullable", ".tags[*]"), ("value.became-non-null", ".tags[*]")),
    ),
    customers(
        "array now empty", put("tags", []), says=(("array.now-empty", ".tags"), ("value.unknown-learned", ".tags[*]"))
    ),
    customers("integer quoted", put("id", "1"), says=both("type.changed", ".id")),
    customers(
        "number quoted",
        put("ratio", "0.5"),
        says=(("type.number-to-string", ".ratio"), ("type.string-to-number", ".ratio")),
    ),
    customers("boolean quoted", put("active", "true"), says=both("type.boolean-encoding", ".active")),
    customers("boolean as one", put("active", 1), times=5, says=both("type.boolean-encoding", ".active")),
    customers(
        "string expanded to object",
        put("name", {"first": "Ada"}),
        says=(("type.scalar-to-object", ".name"), ("type.object-to-scalar", ".name")),
    ),
    customers(
        "date as epoch",
        put("since", 1706702400),
        says=(("format.iso-to-epoch", ".since"), ("format.epoch-to-iso", ".since")),
    ),
    customers(
        "single item unwrapped",
        inside("address", put("lines", "a")),
        says=(("type.array-to-scalar", ".address.lines"), ("type.scalar-to-array", ".address.lines")),
    ),
    customers(
        "object as array of one",
        put("address", [CUSTOMER["address"]]),
        says=(("object.to-array", ".address"), ("array.to-object", ".address")),
    ),
    customers("items of another type", put("tags", [1, 2]), says=both("type.changed", ".tags[*]")),
    customers("items wrapped", put("tags", [["x"], ["y"]]), says=both("array.nesting-changed", ".tags")),
    customers(
        "sometimes another type",
        same,
        put("id", "one"),
        says=(("type.member-added", ".id"), ("type.member-removed", ".id")),
    ),
    customers(
        "sometimes an object",
        put("name", {"first": "Ada"}),
        same,
        says=(("type.member-added", ".name"), ("type.member-removed", ".name")),
    ),
    customers(
        "an item of another type",
        put("tags", ["x", 1]),
        says=(("type.member-added", ".tags[*]"), ("type.member-removed", ".tags[*]")),
    ),
    customers(
        "integer with a fraction",
        put("id", 1.5),
        says=(("type.integer-to-number", ".id"), ("type.number-to-integer", ".id")),
    ),
    customers(
        "integer sometimes with a fraction",
        put("id", 1.5),
        same,
        says=(("type.integer-to-number", ".id"), ("type.number-to-integer", ".id")),
    ),
    customers("integer written with a point", put("id", 1.0), says=(None, None)),
    customers("time of day cut off", put("since", "2024-01-31"), says=both("format.changed", ".since")),
    customers("another parsed format", put("day", "PT1H"), says=both("format.changed", ".day")),
    customers("offset lost", put("since", "2024-01-31T12:00:00"), says=both("format.offset-changed", ".since")),
    customers("free text for uuid", put("ref", "C-1"), says=(("format.lost", ".ref"), ("format.gained", ".ref"))),
    customers("free text for date", put("day", "soon"), says=(("format.lost", ".day"), ("format.gained", ".day"))),
    customers("empty string for date", put("day", ""), says=(("value.now-empty", ".day"), ("format.gained", ".day"))),
    customers(
        "free text among dates",
        put("day", "soon"),
        same,
        says=(("format.lost", ".day"), ("format.gained", ".day")),
    ),
    customers("decimals all whole", put("price", "2"), says=(("format.gained", ".price"), ("format.lost", ".price"))),
    customers("another format nobody parses", put("email", "https://x.example"), says=both("format.lost", ".email")),
    values("value quoted", [1], ["1"], both("type.changed", "")),
    values("null or another", [1, None], [None, "x"], both("type.changed", "")),
    values("value null", [1], [1, None], (("value.became-nullable", ""), ("value.became-non-null", ""))),
    values("value learned", [None], [True], (("value.unknown-learned", ""), ("value.became-nullable", ""))),
    values("null learned", [[]], [[None]], (("value.unknown-learned", "[*]"), ("array.now-empty", ""))),
    values(
        "array or object",
        [{"v": [{"a": 1}]}],
        [{"v": {"a": 1}}],
        (("array.to-object", ".v"), ("object.to-array", ".v")),
    ),
]


def rules_of(cases: list[Case]) -> set[str]:
    """All rules the cases name."""
    return {expected[0] for case in cases for expected in (case.forward, case.backward) if expected}
