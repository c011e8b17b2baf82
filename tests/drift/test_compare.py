from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drift.cases import CASES, CUSTOMER, Case, Expected, drop, inside, put
from pytest_integration_contracts.drift.compare import compare, diff, subject_of, widens
from pytest_integration_contracts.drift.events import describe
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import Change, Exchange, Operation, Severity
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.paths import field_path, items_path
from pytest_integration_contracts.shapes.shape import UNKNOWN, merge
from strategies import JSON, PLAIN_NAMES, json_values, names, quickly, similar_bodies


def found(before: list[JSON], after: list[JSON]) -> list[tuple[str, str]]:
    return [(change.rule, change.path) for change in compare(infer(before), infer(after))]


def expected_at(path: str, expected: Expected) -> list[tuple[str, str]]:
    return [(expected[0], path + expected[1])] if expected else []


def only(before: list[JSON], after: list[JSON]) -> Change:
    (change,) = compare(infer(before), infer(after))
    return change


WRAPPERS: dict[str, tuple[Any, str]] = {
    "record": (lambda body: {"data": body, "page": 1}, ".data"),
    "array": (lambda body: [body, body], "[*]"),
}
PLACES = [steps for depth in range(4) for steps in product(WRAPPERS, repeat=depth)]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("steps", PLACES, ids=lambda steps: "-".join(steps) or "root")
def test_each_change_is_found_alone_at_its_place_at_every_depth(case: Case, steps: tuple[str, ...]) -> None:
    before, after, path = case.before, case.after, ""
    for step in steps:
        wrap, suffix = WRAPPERS[step]
        before, after, path = list(map(wrap, before)), list(map(wrap, after)), suffix + path
    assert found(before, after) == expected_at(f"${path}", case.forward)
    assert found(after, before) == expected_at(f"${path}", case.backward)
    assert found(before, before) == found(after, after) == []


steps_of_a_context = st.one_of(
    st.tuples(st.sampled_from(PLAIN_NAMES), st.dictionaries(names, json_values, max_size=3)),
    st.tuples(st.none(), st.integers(1, 3)),
)


@given(st.sampled_from(CASES), st.lists(steps_of_a_context, max_size=5))
@settings(quickly, max_examples=200)
def test_each_change_is_found_alone_among_whatever_stands_beside_it(case: Case, context: list[Any]) -> None:
    before, after, path = case.before, case.after, "$"
    for name, _ in context:
        path = items_path(path) if name is None else field_path(path, name)
    for name, beside in reversed(context):
        if name is None:
            before, after = [[body] * beside for body in before], [[body] * beside for body in after]
        else:
            before, after = [{**beside, name: body} for body in before], [{**beside, name: body} for body in after]
    assert found(before, after) == expected_at(path, case.forward)
    assert found(after, before) == expected_at(path, case.backward)


@given(similar_bodies(1))
@quickly
def test_the_same_responses_however_often_are_no_change(sets: tuple[list[JSON]]) -> None:
    (bodies,) = sets
    assert found(bodies, bodies * 3) == found(bodies * 3, bodies[::-1]) == []


@given(similar_bodies(2))
@quickly
def test_whatever_is_observed_some_change_or_none_is_told_without_an_error(sets: tuple[list[JSON], ...]) -> None:
    one, other = sets
    shape, observed = infer(one), infer(other)
    changes = compare(shape, observed)
    assert set(widens(shape, observed)) == {change for change in changes if not RULES[change.rule].narrowing}
    assert len({(change.rule, change.path) for change in changes}) == len(changes)
    assert widens(merge(shape, observed), observed) == ()
    if [change for change in widens(shape, observed) if not change.rule.endswith(".now-empty")]:
        assert compare(shape, merge(shape, observed))


def test_nothing_is_compatible_with_nothing_and_all_is_learned_from_it() -> None:
    assert compare(UNKNOWN, UNKNOWN) == ()
    assert found([], [CUSTOMER]) == [("value.unknown-learned", "$")]
    assert found([CUSTOMER], []) == []


def test_that_an_optional_field_an_array_or_a_variant_did_not_occur_is_not_told() -> None:
    assert found([CUSTOMER, drop("email")(CUSTOMER)], [drop("email")(CUSTOMER)]) == []
    assert found([{"a": [1, None]}], [{"a": [1]}]) == [("value.became-non-null", "$.a[*]")]
    assert found([{"a": [{"b": 1}]}, {"a": []}], [{"a": []}]) == []


def test_what_holds_within_a_value_of_another_type_is_not_compared() -> None:
    assert found([{"a": {"b": 1}}], [{"a": [{"c": 1}]}]) == [("type.changed", "$.a")]


def test_parts_of_a_union_are_compared_with_their_likes() -> None:
    before, after = [{"a": [{"b": 1}, [1]]}], [{"a": [{"b": "x"}, ["y"]]}]
    assert found(before, after) == [("type.changed", "$.a[*].b"), ("type.changed", "$.a[*][*]")]


@pytest.mark.parametrize("name", [*PLAIN_NAMES, "__x", "root['a']", "a']['b", '"', "]", "é\ud800", "$", "kinds"])
def test_a_member_of_any_name_is_found_alone(name: str) -> None:
    body = {"plain": 1, name: {"inner": 1, name: 1}}
    changed = {"plain": 1, name: {"inner": 1, name: "x"}}
    path = field_path(field_path("$", name), name)
    assert found([body], [changed]) == [("type.changed", path)]
    assert found([body], [{"plain": 1, name: {"inner": 1}}]) == [("property.removed", path)]
    assert found([{"plain": 1}], [body]) == [("property.added", field_path("$", name))]


def test_members_whose_names_look_like_paths_of_others_are_told_apart() -> None:
    body = {"a": {"b": 1}, "a.b": 1, "a['b']": 1, "xs": [1], "xs[*]": 1}
    assert found([body], [{**body, "a.b": "x"}]) == [("type.changed", "$['a.b']")]
    assert found([body], [{**body, "a": {"b": "x"}}]) == [("type.changed", "$.a.b")]
    assert found([body], [{**body, "xs": ["x"]}]) == [("type.changed", "$.xs[*]")]
    assert found([body], [{**body, "xs[*]": "x"}]) == [("type.changed", "$['xs[*]']")]


def test_objects_that_share_nothing_differ_in_every_field() -> None:
    before = {f"old{number}": number for number in range(60)}
    after = {f"new{number}": number for number in range(60)}
    changes = found([before], [after])
    assert sorted(changes) == sorted(
        [("property.removed", f"$.{name}") for name in before] + [("property.added", f"$.{name}") for name in after]
    )
    assert len(found([{**before, "id": 1}], [{**after, "id": 1}])) == 120


def test_one_change_among_a_thousand_fields_is_found_alone() -> None:
    wide = {f"group{group}": {f"field{group}x{number}": number for number in range(40)} for group in range(25)}
    assert found([wide], [inside("group12", put("field12x20", "x"))(wide)]) == [
        ("type.changed", "$.group12.field12x20")
    ]
    assert found([wide], [drop("group7")(wide)]) == [("property.removed", "$.group7")]


def test_a_change_says_what_was_before_and_after_and_how_often() -> None:
    assert only([CUSTOMER] * 6, [drop("email")(CUSTOMER)]) == Change(
        "property.removed",
        "$.email",
        Severity.BREAKING,
        "string (email)",
        "gone",
        baseline=(6, 6),
        observed=(1, 1),
        witness='response["email"]  # KeyError',
    )


@pytest.mark.parametrize(
    ("before", "after", "baseline", "observed"),
    [
        ([CUSTOMER] * 6, [CUSTOMER] * 2 + [drop("email")(CUSTOMER)], (6, 6), (1, 3)),
        ([CUSTOMER] * 6, [CUSTOMER] * 2 + [put("email", None)(CUSTOMER)], (6, 6), (1, 3)),
        ([CUSTOMER] * 6, [put("email", "x")(CUSTOMER)] * 2, (6, 6), (2, 2)),
        ([put("email", None)(CUSTOMER)] * 5 + [CUSTOMER], [put("email", "x")(CUSTOMER), CUSTOMER], (1, 6), (2, 2)),
        ([[CUSTOMER] * 9], [[CUSTOMER, drop("email")(CUSTOMER), drop("email")(CUSTOMER)]], (1, 1), (1, 1)),
        ([[CUSTOMER] * 9], [[CUSTOMER, put("email", None)(CUSTOMER), put("email", None)(CUSTOMER)]], (1, 1), (1, 1)),
    ],
    ids=["absent", "null", "text", "text, mostly null before", "absent from items of one", "null in items of one"],
)
def test_evidence_is_counted_in_responses(
    before: list[JSON], after: list[JSON], baseline: tuple[int, int], observed: tuple[int, int]
) -> None:
    (change,) = widens(infer(before), infer(after))
    assert (change.baseline, change.observed) == (baseline, observed)


@pytest.mark.parametrize(
    ("before", "after", "witness"),
    [
        ({"email": "x"}, {}, 'customer["email"]  # KeyError'),
        ({"address": {"city": "x"}}, {"address": {}}, 'address["city"]  # KeyError'),
        ({"orders": [{"sku": "x"}]}, {"orders": [{}]}, 'order["sku"]  # KeyError'),
        ({"orders": [{"sku": "x"}]}, {"orders": [{"sku": "x"}, {}]}, 'order["sku"]  # KeyError, for some'),
        ({"email": "x"}, {"email": None}, 'customer["email"]  # None, where a value was'),
        ({"companies": [{"a": 1}]}, {"companies": [{}]}, 'company["a"]  # KeyError'),
        ({"status": {"a": 1}}, {"status": {}}, 'status["a"]  # KeyError'),
        ({"a b": {"c": 1}}, {"a b": {}}, 'item["c"]  # KeyError'),
        ({"s": [{"c": 1}]}, {"s": [{}]}, 'item["c"]  # KeyError'),
        ({'say "hi"': 1}, {}, r'customer["say \"hi\""]  # KeyError'),
        ({"{0} {name}": 1}, {}, 'customer["{0} {name}"]  # KeyError'),
        ({"a\\": 1}, {}, 'customer["a\\\\"]  # KeyError'),
        ({"a\nb\ud800": 1}, {}, 'customer["a\\nb\\ud800"]  # KeyError'),
        ({"größe": 1}, {}, 'customer["größe"]  # KeyError'),
        ({"a": [1]}, {"a": [None, 1]}, ""),
        ({"a": 1}, {"a": "x"}, ""),
    ],
)
def test_a_witness_is_a_line_of_code_that_trips_over_the_change(before: JSON, after: JSON, witness: str) -> None:
    (change,) = compare(infer([before]), infer([after]), subject="customer")
    assert change.witness == witness


def test_items_of_a_response_that_is_an_array_are_called_by_its_subject() -> None:
    (change,) = widens(infer([[{"a": 1}]]), infer([[{}]]), subject="customers")
    assert change.witness == 'customer["a"]  # KeyError'
    assert only([[{"a": 1}]], [[{}]]).witness == 'item["a"]  # KeyError'


@pytest.mark.parametrize(
    ("operation", "subject"),
    [
        ("GET /customers/{id}", "customer"),
        ("GET /customers", "customer"),
        ("GET /v1/companies?page={page}", "company"),
        ("GET /customers.json?next=/a/b", "customer"),
        ("GET /users.list", "user"),
        ("GET /customers/{id}/orders", "order"),
        ("GET /status", "status"),
        ("GET /address", "address"),
        ("EVENT order.created", "order"),
        ("BATCH orders", "order"),
        ("BATCH nightly-orders", "response"),
        ("GET /", "response"),
        ("GET /{id}", "response"),
        ("POST /graphql#GetOrders", "response"),
        ("", "response"),
    ],
)
def test_the_subject_of_an_operation_is_its_last_plain_word(operation: str, subject: str) -> None:
    assert subject_of(operation) == subject


@pytest.mark.parametrize(
    ("bodies", "words"),
    [
        ([], "unknown"),
        ([None], "null"),
        (["ada@mail.example"], "string (email)"),
        (["x"], "string"),
        ([1, None], "integer or null"),
        ([1, 1.5], "number"),
        ([[]], "array"),
        ([[None]], "array"),
        ([[{}]], "array of object"),
        ([[["2024-01-31"]]], "array of array of string (date)"),
        ([True, {}, "x"], "boolean or string or object"),
    ],
)
def test_a_shape_is_described_in_a_few_words(bodies: list[JSON], words: str) -> None:
    assert describe(infer(bodies)) == words


def test_diff_takes_bodies_and_exchanges_alike() -> None:
    before, after = [CUSTOMER] * 2, [drop("email")(CUSTOMER)]
    exchanges = [Exchange(response_body=body) for body in after]
    assert diff(before, after) == diff(iter(before), iter(exchanges)) == list(compare(infer(before), infer(after)))
    assert diff(before, before) == []
    with pytest.raises(BodyError):
        diff(before, [{1}])


CUSTOMERS = Operation("crm", "GET /customers/{id}")


def test_a_fingerprint_stays_whatever_the_severity_the_counts_and_the_words_around_it() -> None:
    thin = only([CUSTOMER], [put("email", None)(CUSTOMER)])
    thick = only([CUSTOMER] * 9, [put("email", None)(CUSTOMER)] * 3)
    assert thin.severity != thick.severity
    assert thin.fingerprint(CUSTOMERS) == thick.fingerprint(CUSTOMERS) == "8b509c65a46e7076"


def test_fingerprints_of_different_changes_differ() -> None:
    changes = [
        change
        for case in CASES
        for one, other in ((case.before, case.after), (case.after, case.before))
        for change in compare(infer(one), infer(other))
    ]
    distinct = {(change.rule, change.path, change.before, change.after) for change in changes}
    assert len({change.fingerprint(CUSTOMERS) for change in changes}) == len(distinct)
    others = (Operation("crm", "GET /customers"), Operation("erp", CUSTOMERS.name))
    assert len({changes[0].fingerprint(operation) for operation in (CUSTOMERS, *others)}) == 3
    assert changes[0].fingerprint(CUSTOMERS).isalnum()


def test_a_map_may_have_few_keys_or_others_of_the_same_form() -> None:
    rates = [{"rates": {"EUR": 1.5, "USD": 2.5}}]
    for keys in (["EUR"], ["CHF"], ["CHF", "SEK"], []):
        assert found(rates, [{"rates": dict.fromkeys(keys, 3.5)}]) == []
    assert found(rates, [{"rates": {"EUR": "x y"}}]) == [("type.changed", "$.rates.*")]
    assert found(rates, [{"rates": {"euro": 1.5, "dollar": 2.5}}]) == [("map.key-format-changed", "$.rates")]


def test_a_number_that_was_a_time_has_lost_its_format() -> None:
    (change,) = diff([{"at": 1_700_000_000}], [{"at": 5}])
    assert (change.rule, change.path, change.baseline, change.observed) == ("format.lost", "$.at", (1, 1), (1, 1))
