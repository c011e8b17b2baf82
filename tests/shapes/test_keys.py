from __future__ import annotations

import pytest

from pytest_integration_contracts.patterns import PathPattern
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.keys import ANY, MANY, classes_of, codes_of, key_class
from pytest_integration_contracts.shapes.pins import Pins
from pytest_integration_contracts.shapes.settle import settle
from strategies import JSON


@pytest.mark.parametrize(
    ("name", "class_"),
    [
        ("123e4567-e89b-12d3-a456-426614174000", "uuid"),
        ("2026-01-01", "date"),
        ("2026-01", "date"),
        ("2026-01-01T00:00:00Z", "date-time"),
        ("42", "integer"),
        ("-7", "integer"),
        ("ada@mail.example", "email"),
        ("d41d8cd98f00b204e9800998ecf8427e", "hash"),
        ("cus_9s6XKzkNRiz8i3", "id"),
        ("name", ""),
        ("usd", ""),
        ("USD", ""),
        ("en", ""),
        ("deadbeef", ""),
        ("line_1", ""),
        ("total_2026", ""),
        ("v2", ""),
        ("sha256", ""),
        ("", ""),
        ("42\n", ""),
        ("2026-01-01x", ""),
    ],
)
def test_a_name_that_is_data_by_itself_has_a_class(name: str, class_: str) -> None:
    assert key_class(name) == class_
    assert classes_of(["plain", name]) == ({name: class_} if class_ else {})


@pytest.mark.parametrize(
    ("names", "class_"),
    [
        (["EUR", "USD"], "currency"),
        (["EUR"], ""),
        (["EUR", "URL"], ""),
        (["en", "fr"], "locale"),
        (["de", "fr"], ""),
        (["de", "fr", "it"], "locale"),
        (["de-DE", "fr"], "locale"),
        (["zh-Hans-CN", "pt_BR"], "locale"),
        (["id", "no"], ""),
        (["id", "name"], ""),
        (["en", "name"], ""),
        ([], ""),
    ],
)
def test_codes_are_told_by_all_names_of_an_object_together(names: list[str], class_: str) -> None:
    assert codes_of(dict.fromkeys(names, 1)) == class_


def keyed(*bodies: JSON, pins: Pins = Pins()) -> list[str]:  # noqa: B008 - frozen
    """The class of the keys of what should be a map, and the names that are left."""
    record = settle(infer(bodies, pins=pins), pins).record
    return [*record.keyed, *record.fields]


STATISTICS = {f"{noun}_{measure}": 1 for noun in ("open", "closed", "late", "paid") for measure in "abcde"}


@pytest.mark.parametrize(
    ("bodies", "found"),
    [
        ([{"2026-01-01": {"a": 1}, "2026-01-02": {"a": 2}}], ["date"]),
        ([{"2026-01-01": {"a": 1}}], ["date"]),
        ([STATISTICS], sorted(STATISTICS)),
        ([STATISTICS] * 30, sorted(STATISTICS)),
        ([{"EUR": 1.1, "USD": 1}, {"EUR": 1}], ["currency"]),
        ([{"EUR": 1}], ["EUR"]),
        ([{"42": 1, "2026-01-01": 2}], [ANY]),
        ([{"42": 1, "total": 2}], ["integer", "total"]),
        ([{f"host-{number}{letter}": 1 for letter in "ab"} for number in range(20)], [ANY]),
        ([{"a": 1, "b": 2}, {"a": 1}, {"b": 1}], ["a", "b"]),
        ([{word: {"href": "x", "title": "y"} for word in "abcdefgh"}], [ANY]),
        ([{word: {"href": "x", "title": "y"} for word in "abc"}], ["a", "b", "c"]),
        ([{"billing": {"city": "x", "zip": "y"}, "shipping": {"city": "x", "zip": "y"}}], ["billing", "shipping"]),
        ([{f"k{number}": number for number in range(MANY + 1)}], [ANY]),
    ],
    ids=range(14),
)
def test_what_is_a_map_and_what_a_record(bodies: list[JSON], found: list[str]) -> None:
    assert keyed(*bodies) == found


def test_names_that_come_and_go_with_values_of_several_kinds_are_a_record() -> None:
    bodies = [{f"name{number}": [number, "x", None, {}][number % 4]} for number in range(40)]
    assert len(keyed(*bodies)) == 40


def test_a_pin_decides_either_way() -> None:
    root = (PathPattern("$"),)
    assert keyed({"eur": 1, "usd": 2}, pins=Pins(maps=root)) == [ANY]
    assert keyed({"2026-01-01": 1, "42": 2}, pins=Pins(records=root)) == ["2026-01-01", "42"]


def test_a_pin_is_about_its_place_only() -> None:
    pins = Pins(records=(PathPattern("$.days[*]"),))
    shape = infer([{"days": [{"2026-01-01": 1}], "other": {"2026-01-01": 1}}], pins=pins)
    days = shape.fields["days"].shape.items
    assert days is not None
    assert (list(days.record.fields), list(shape.fields["other"].shape.record.keyed)) == (["2026-01-01"], ["date"])


def test_twenty_thousand_keys_leave_no_trace() -> None:
    shape = settle(infer([{f"user-{number}x": {"id": number} for number in range(20_000)}]))
    assert list(shape.record.keyed) == [ANY]
    assert shape.record.keyed[ANY].seen.values == 20_000
    assert not shape.fields
