from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.drift.selection import SELECTED
from pytest_integration_contracts.traffic.graphql import MAX_DEPTH, MAX_LENGTH, described, parse, title

NAMED = {
    "query GetOrders { orders { id } }": "GetOrders",
    "mutation Pay($id: ID! = 3, $in: [In!]! = {a: [1]}) @d(x: {y: 1}) { pay(id: $id, in: $in) { ok } }": "Pay",
    "subscription Ticks { tick }": "Ticks",
    "{ viewer { id } orders { id } }": "{orders,viewer}",
    "query { viewer }": "{viewer}",
    "query ($a: Int) { viewer(a: $a) }": "{viewer}",
    "mutation { b: pay { ok } a: pay { ok } }": "mutation{pay}",
    "{ a b c d e f }": "{a,b,c,d,+2}",
    "fragment F on Query { orders } { ...F ... on Query { viewer } ... @include(if: true) { total } }": (
        "{orders,total,viewer}"
    ),
    '# a "comment { \n { a(x: "}", y: """ "} \\""" { """, z: -1.5e3) }': "{a}",
    "\ufeff  ,query,Q,{a},": "Q",
    "query query { query }": "query",
    "{ on: fragment mutation }": "{fragment,mutation}",
}

NOT_GRAPHQL = [
    *("shoes", "query shoes", "{}", "{ }", "{ 1 TO 5 }", "{ a", "{ a }}", "query Q", "query Q { a { } }", "a { b }"),
    *(
        "{ a(x: 1 }",
        "{ a(x: [1)) }",
        "{ a(",
        '{ a(x: "open) }',
        '{ a(x: """open) }',
        "{ a: }",
        "{ ... on }",
        "{ a ; b }",
    ),
    *("{ ...Missing }", "fragment A on X { ...B } fragment B on X { ...A } { ...A }", "select * from {t}", "{ \0 }"),
    *("{ " * (MAX_DEPTH + 2) + "a" + " }" * (MAX_DEPTH + 2), "{ a(x: " + "[" * 100 + "]" * 100 + ") }"),
    *("{a" * 100_000, "{ a(x: " + "(" * 100_000, "query Q {" + " a" * MAX_LENGTH + "}"),
]


@pytest.mark.parametrize(("text", "name"), NAMED.items())
def test_a_query_is_called_by_its_operation(text: str, name: str) -> None:
    assert title({"query": text}, "/graphql") == name


@pytest.mark.parametrize("text", NOT_GRAPHQL, ids=range(len(NOT_GRAPHQL)))
def test_what_is_no_query_is_none(text: str) -> None:
    assert title({"query": text}, "/graphql") == ""
    assert described({"query": text}, "/graphql") == {"query": text}


@pytest.mark.parametrize(
    ("body", "path", "name"),
    [
        ({"query": "{ term }", "size": 3}, "/search", ""),
        ({"query": "{ term }", "size": 3}, "/api/graphql", "{term}"),
        ({"query": "{ term }", "variables": {}}, "/data", "{term}"),
        ({"query": "query A {a} query B {b}", "operationName": "B"}, "/x", "B"),
        ({"query": "query A {a} query B {b}"}, "/x", ""),
        ({"query": "query A {a}", "operationName": "C"}, "/x", ""),
        ([{"query": "query B {b}"}, {"query": "query A {a}"}, {"query": "query A {a}"}], "/x", "A,B"),
        ([{"query": "query B {b}"}, {"x": 1}], "/x", ""),
        ([], "/graphql", ""),
        ({"operationName": "Kept", "variables": {}}, "/graphql", "Kept"),
        ({"operationName": "Kept", "variables": {}}, "/jobs", ""),
        ({"extensions": {"persistedQuery": {"sha256Hash": "AB" * 32}}}, "/graphql", "sha256:abababababab"),
        ({"extensions": {"persistedQuery": {"sha256Hash": "x"}}}, "/graphql", ""),
        ({"documentId": "orders/1"}, "/gql", "orders/1"),
        ({"operationName": "x y", "documentId": "a b"}, "/gql", ""),
        ({"query": {"a": 1}}, "/graphql", ""),
        (None, "/graphql", ""),
    ],
)
def test_what_tells_a_request_of_graphql(body: Any, path: str, name: str) -> None:
    assert title(body, path) == name


def test_a_selection_has_all_fields_by_the_names_of_the_response() -> None:
    text = """
        query Q {
            orders(first: 5) { nodes { id amount: total ...Who ... on Paid { at } } }
            orders { count }
        }
        fragment Who on Order { customer { id email @include(if: $all) } }
    """
    assert described({"query": text, "variables": {"all": True}}, "/graphql") == {
        "variables": {"all": True},
        SELECTED: {
            "orders": {
                "nodes": {"id": True, "amount:total": True, "customer": {"id": True, "email": True}, "at": True},
                "count": True,
            }
        },
    }


def test_fragments_that_grow_without_end_are_refused_at_once() -> None:
    text = "{ ...F0 }" + "".join(f"fragment F{n} on X {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }}" for n in range(40))
    started = time.perf_counter()
    assert parse(text + "fragment F40 on X { a }") is None
    assert time.perf_counter() - started < 5


@given(text=st.text() | st.text('{}()[]:!$@"\\#.,\n abqueryonfragment', max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    document = parse(text)
    assert document is None or document.operations


FIELD = True
_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True).filter(lambda name: name != "on")
_SELECTIONS = st.recursive(
    st.dictionaries(_NAMES, st.just(FIELD), min_size=1, max_size=3),
    lambda below: st.dictionaries(_NAMES, st.just(FIELD) | below, min_size=1, max_size=3),
    max_leaves=12,
)


def _written(selection: Any) -> str:
    fields = (name if below is True else f"{name} {_written(below)}" for name, below in selection.items())
    return f"{{ {' '.join(fields)} }}"


@given(selection=_SELECTIONS)
def test_what_is_written_is_what_is_read(selection: Any) -> None:
    document = parse(f"query Q {_written(selection)}")
    assert document is not None
    assert document.operations["Q"].selection == selection
