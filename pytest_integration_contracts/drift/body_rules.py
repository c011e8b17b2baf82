"""Rules about bodies: what changed at a path. What finds them is `compare`."""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.drift.rule import Rule
from pytest_integration_contracts.model import Severity

_B, _W, _C = Severity.BREAKING, Severity.WARNING, Severity.COMPATIBLE

BODY_RULES: Final = (
    Rule(
        id="property.removed",
        severity=_B,
        why="Every response had the field, and now none has: reading it raises KeyError.",
        remedy="Stop reading the field, or read the one that replaces it.",
        mirror="property.added",
        witness='{owner}["{name}"]  # KeyError',
        counted=True,
    ),
    Rule(
        id="property.added",
        severity=_C,
        why="A new field; code that ignores what it does not know is not touched.",
        remedy="Nothing, unless your model forbids extra fields.",
        mirror="property.removed",
    ),
    Rule(
        id="property.became-optional",
        severity=_B,
        why="A field that was always there is sometimes missing: reading it raises KeyError for some records.",
        remedy='Read it with `.get("...")` and decide what its absence means.',
        mirror="property.became-required",
        witness='{owner}["{name}"]  # KeyError, for some',
        counted=True,
        sibling=_W,
    ),
    Rule(
        id="property.became-required",
        severity=_C,
        why="A field that was sometimes missing was always there; nothing that handled its absence breaks.",
        remedy="Nothing.",
        mirror="property.became-optional",
        narrowing=True,
        counted=True,
    ),
    Rule(
        id="value.became-nullable",
        severity=_B,
        why="A value that was never null now is: the first method called on it raises AttributeError.",
        remedy="Handle None where the value is used.",
        mirror="value.became-non-null",
        witness='{owner}["{name}"]  # None, where a value was',
        counted=True,
        thin=_W,
    ),
    Rule(
        id="value.became-non-null",
        severity=_C,
        why="A value that was sometimes null never was; nothing that handled None breaks.",
        remedy="Nothing.",
        mirror="value.became-nullable",
        narrowing=True,
        counted=True,
    ),
    Rule(
        id="value.unknown-learned",
        severity=_C,
        why="Only null, or an empty array, had ever been seen here; now there is something to know.",
        remedy="Nothing; an update keeps what was learned.",
        one_way="What is once known is not unlearned by one empty answer.",
    ),
    Rule(
        id="type.changed",
        severity=_B,
        why="The value has another type: arithmetic, comparison and parsing fail, or worse, do not.",
        remedy="Convert the value at the border of your code.",
        mirror="type.changed",
    ),
    Rule(
        id="type.member-added",
        severity=_B,
        why="The value sometimes has a type it never had.",
        remedy="Tell the types apart where the value is used.",
        mirror="type.member-removed",
    ),
    Rule(
        id="type.member-removed",
        severity=_C,
        why="One of several types did not occur.",
        remedy="Nothing.",
        mirror="type.member-added",
        narrowing=True,
    ),
    Rule(
        id="type.integer-to-number",
        severity=_W,
        why="A whole number now has a fraction: identifiers stop matching, integer columns truncate or refuse.",
        remedy="Keep the value as a number with a fraction, or round on purpose.",
        mirror="type.number-to-integer",
        identifier=_B,
    ),
    Rule(
        id="type.number-to-integer",
        severity=_C,
        why="All values happened to be whole.",
        remedy="Nothing.",
        mirror="type.integer-to-number",
        narrowing=True,
    ),
    Rule(
        id="format.changed",
        severity=_B,
        why="Strings have another format: a parser of the old one fails or reads something else.",
        remedy="Parse the new format.",
        mirror="format.changed",
    ),
    Rule(
        id="format.offset-changed",
        severity=_W,
        why="Times gained or lost their UTC offset: they move by hours without an error.",
        remedy="State the time zone where the value is parsed.",
        mirror="format.offset-changed",
    ),
    Rule(
        id="format.lost",
        severity=_W,
        why="Strings that all had one format no longer do: a strict parser fails.",
        remedy="Parse leniently, or keep the value as text.",
        mirror="format.gained",
        counted=True,
        thick=_B,
    ),
    Rule(
        id="format.gained",
        severity=_C,
        why="All strings happened to have one format.",
        remedy="Nothing.",
        mirror="format.lost",
        narrowing=True,
    ),
)
