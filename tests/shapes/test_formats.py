from __future__ import annotations

import re
from ipaddress import IPv6Address
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.formats import (
    EXAMPLES,
    GENERALISES,
    PARSED,
    PATTERNS,
    format_and_zone,
    format_of,
    generalise,
)
from pytest_integration_contracts.shapes.kinds import Kind, Texts
from pytest_integration_contracts.shapes.shape import Shape
from strategies import NEAR_MISSES, SAMPLES, formatted, quickly

FORMATS = sorted(PATTERNS)
FORMATS_AND_NONE = ["", *FORMATS]
every_format = pytest.mark.parametrize("format_", FORMATS)


def rows(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(format_, text) for format_, texts in table.items() for text in texts]


def shared_format(texts: list[str]) -> str:
    return format_and_zone(texts)[0]


def formats_that_match(text: str) -> set[str]:
    return {name for name, pattern in PATTERNS.items() if re.fullmatch(pattern, text)}


def with_wider(format_: str) -> set[str]:
    return {format_} | (with_wider(GENERALISES[format_]) if format_ in GENERALISES else set())


def test_the_tables_of_samples_cover_every_format() -> None:
    assert SAMPLES.keys() == NEAR_MISSES.keys() == EXAMPLES.keys() == PATTERNS.keys()


@pytest.mark.parametrize(("format_", "text"), rows(SAMPLES))
def test_a_string_of_a_format_has_it(format_: str, text: str) -> None:
    assert format_of(text) == format_


@pytest.mark.parametrize(("format_", "text"), rows(NEAR_MISSES))
def test_a_near_miss_has_not_the_format(format_: str, text: str) -> None:
    assert format_of(text) not in {format_, *(narrow for narrow, wide in GENERALISES.items() if wide == format_)}
    assert not re.fullmatch(PATTERNS[format_], text)


@every_format
def test_a_placeholder_has_its_own_format(format_: str) -> None:
    assert format_of(EXAMPLES[format_]) == format_


groups = st.lists(st.sampled_from(["0", "f", "AB", "1234", "12345", ""]), min_size=1, max_size=10).map(":".join)


@given(groups)
@quickly
def test_ipv6_is_what_the_standard_library_reads_as_such(text: str) -> None:
    try:
        IPv6Address(text)
    except ValueError:
        assert format_of(text) != "ipv6"
    else:
        assert format_of(text) == "ipv6"


@pytest.mark.parametrize("text", ["", " ", "x", "maybe", "2024-02-29 or so", "١٢٣", "1" * 5000 + "x", "\ud800"])
def test_free_text_has_no_format(text: str) -> None:
    assert format_of(text) == ""


@every_format
@given(data=st.data())
@settings(quickly, max_examples=25)
def test_formats_exclude_each_other_but_for_wider_ones(format_: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(PATTERNS[format_], fullmatch=True))
    most_specific = format_of(text)
    assert format_ in with_wider(most_specific)
    assert formats_that_match(text) == with_wider(most_specific)


@given(formatted)
@quickly
def test_only_wider_formats_share_a_near_miss(text: str) -> None:
    most_specific = format_of(text)
    assert formats_that_match(text) == (with_wider(most_specific) if most_specific else set())


@st.composite
def misspelt(draw: st.DrawFn, format_: str) -> str:
    """A string of the format with one character put in, left out or exchanged."""
    text: str = draw(st.from_regex(PATTERNS[format_], fullmatch=True) | st.sampled_from(SAMPLES[format_]))
    at: int = draw(st.integers(0, len(text)))
    inserted: str = draw(st.sampled_from(["", *"0129.:-+/@TZPz \n\r\t\x00\u0663\u00e9\u2028\U0001f600"]))
    skipped: int = draw(st.integers(0, 1))
    return text[:at] + inserted + text[at + skipped :]


@every_format
@given(data=st.data())
@settings(quickly, max_examples=40)
def test_both_engines_agree_on_every_pattern(format_: str, data: st.DataObject) -> None:
    matcher = Shape(kinds={Kind.STRING: Count(1, 1)}, texts=Texts(format_, Count(1, 1)))
    for text in (data.draw(st.from_regex(PATTERNS[format_], fullmatch=True)), data.draw(misspelt(format_))):
        assert matcher.accepts(text) == bool(re.fullmatch(PATTERNS[format_], text)), text


@every_format
def test_both_engines_agree_on_all_samples_and_near_misses(format_: str) -> None:
    matcher = Shape(kinds={Kind.STRING: Count(1, 1)}, texts=Texts(format_, Count(1, 1)))
    for _, text in rows(SAMPLES) + rows(NEAR_MISSES):
        assert matcher.accepts(text) == bool(re.fullmatch(PATTERNS[format_], text)), text


@pytest.mark.parametrize(
    ("texts", "format_"),
    [
        (["1"], "integer"),
        (["1", "2.5"], "decimal"),
        (["2.5", "1"], "decimal"),
        (["1", "2.5", "x"], ""),
        (["1", "2024-01-31"], ""),
        (["2024-01-31", "2024-01-31T00:00:00Z"], ""),
        (["2024-01-31", ""], ""),
    ],
)
def test_a_format_holds_only_where_all_strings_have_it(texts: list[str], format_: str) -> None:
    assert shared_format(texts) == format_
    assert shared_format(texts[::-1]) == format_


@given(st.lists(formatted, min_size=1, max_size=4), st.lists(formatted, min_size=1, max_size=4))
@quickly
def test_the_format_of_two_sets_is_what_generalises_both(one: list[str], other: list[str]) -> None:
    assert shared_format(one + other) == generalise(shared_format(one), shared_format(other))


def test_generalising_is_idempotent_commutative_and_associative() -> None:
    for one, other, third in product(FORMATS_AND_NONE, repeat=3):
        assert generalise(one, one) == one
        assert generalise(one, other) == generalise(other, one)
        assert generalise(generalise(one, other), third) == generalise(one, generalise(other, third))
        assert generalise(one, "") == ""


def test_the_tables_name_known_formats() -> None:
    assert {*GENERALISES, *GENERALISES.values(), *PARSED} <= set(FORMATS)
