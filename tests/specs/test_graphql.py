"""GraphQL schemas: read, asked for, kept; what queries use of them, and what changes of that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import introspection_from_schema, parse

from graphql_upstream import GENERATION_1, GraphQLUpstream
from pytest_integration_contracts.drift.graphql_rules import GRAPHQL_RULES
from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.specs.graphql.changes import Comparison, deprecated, invalid
from pytest_integration_contracts.specs.graphql.fetch import fetch_schema
from pytest_integration_contracts.specs.graphql.kept import KeptSchema, read_kept, versions, write_kept
from pytest_integration_contracts.specs.graphql.query import Query
from pytest_integration_contracts.specs.graphql.schemas import build, of_introspection, schema_in
from pytest_integration_contracts.specs.graphql.uses import stripped, uses_of, uses_of_selection

OLD = """
type Query {
  orders(filter: OrderFilter, first: Int = 50, state: State): [Order!]!
  order(id: ID!): Order
  search(text: String): [Found!]!
  node(id: ID!): Node
}
input OrderFilter { since: String state: State old: Int size: Int = 3 nested: OrderFilter }
enum State { OPEN PAID }
union Found = Order | Customer
interface Node { id: ID! }
type Customer { name: String! }
type Order implements Node { id: ID! total: Int! state: State! lines(first: Int): [Line!] note: String unused: Int }
type Line { sku: String! }
"""

NEW = """
type Query {
  orders(filter: OrderFilter, first: Int = 10, state: State, shop: ID!): [Order!]!
  order(id: ID!): Order
  search(text: Int): [Found!]!
  node(id: ID!): Node
}
input OrderFilter { since: String! state: State size: Int = 3 nested: OrderFilter must: Int! }
enum State { PAID REFUNDED }
union Found = Order | Invoice
interface Node { id: ID! }
type Invoice implements Node { id: ID! }
type Customer implements Node { id: ID! name: String! }
type Order { id: ID! state: State lines(first: Int!): [Line!] note: Int }
type Line { sku: String! @deprecated(reason: "Use `article`.") }
"""

QUERY = """
query Q($f: OrderFilter, $t: String = "x") {
  all: orders(filter: $f, state: PAID) { ...Brief lines { sku } }
  search(text: $t) { __typename ... on Customer { name } }
  node(id: "secret") { ... on Order { note } id }
  order(id: 77) { total }
}
fragment Brief on Order { total state }
"""


def query(text: str, variables: object = None, sdl: str = OLD) -> Query:
    found = stripped(text, "", variables or {}, build(sdl, "old"))
    assert found is not None
    return found


def changed(old: str, new: str, text: str, variables: object = None) -> set[tuple[str, str, str, str]]:
    uses = uses_of(query(text, variables, old), build(old, "old"))
    found = Comparison(build(old, "old"), build(new, "new")).changes(uses)
    return {(change.rule, change.path, change.before, change.after) for change in found}


def test_only_what_a_query_uses_is_told_each_by_its_rule_and_the_place_that_rests_on_it() -> None:
    variables = {"f": {"state": "OPEN", "old": 3, "since": "ann@customer.example"}}
    assert changed(OLD, NEW, QUERY, variables) == {
        ("graphql.field-removed", "$.data.all[*].total", "Order.total: Int!", "gone"),
        ("graphql.became-nullable", "$.data.all[*].state", "Order.state: State!", "Order.state: State"),
        ("graphql.type-changed", "$.data.node.note", "Order.note: String", "Order.note: Int"),
        ("graphql.type-changed", "$.data.search", "Query.search(text: String)", "Query.search(text: Int)"),
        ("graphql.argument-required", "$.data.all", "Query.orders", "Query.orders(shop: ID!)"),
        ("graphql.argument-required", "$.data.all[*].lines", "Order.lines(first: Int)", "Order.lines(first: Int!)"),
        ("graphql.input-field-removed", "$.data.all", "OrderFilter.old: Int", "gone"),
        ("graphql.input-field-required", "$.data.all", "OrderFilter", "OrderFilter.must: Int!"),
        ("graphql.enum-value-removed", "$.data.all", "State.OPEN", "gone"),
        ("graphql.enum-value-added", "$.data.all[*].state", "State", "State.REFUNDED"),
        ("graphql.possible-type-removed", "$.data.search[*]", "Found ... Customer", "gone"),
        ("graphql.possible-type-removed", "$.data.node", "Node ... Order", "gone"),
        ("graphql.possible-type-added", "$.data.search[*]", "Found", "may be Invoice"),
        ("graphql.possible-type-added", "$.data.node", "Node", "may be Customer"),
        ("graphql.default-changed", "$.data.all", "Query.orders(first:) = 50", "Query.orders(first:) = 10"),
    }


def test_a_query_that_uses_nothing_of_what_changed_has_no_change() -> None:
    assert changed(OLD, NEW, "{ order(id: 1) { id } }") == set()


@pytest.mark.parametrize(
    ("old", "new", "text", "variables", "rule"),
    [
        ("a(x: Int): Int b(x: Int): Int", "a: Int b: Int", "{ a(x: 1) b }", None, "graphql.argument-removed"),
        ("a: E } enum E { X", "a: E } type E { x: Int", "{ a }", None, "graphql.type-changed"),
        (
            "a(i: I): Int } input I { x: Int y: Int",
            "a(i: I): Int } input I { x: Int! y: Int",
            "query($i: I) { a(i: $i) }",
            {"i": {"y": 1}},
            "graphql.input-field-required",
        ),
    ],
)
def test_further_changes_of_what_is_used(old: str, new: str, text: str, variables: object, rule: str) -> None:
    found = changed(f"type Query {{ {old} }}", f"type Query {{ {new} }}", text, variables)
    assert [each[0] for each in found] == [rule]


def test_an_argument_that_a_query_passes_is_not_missing_once_it_is_required() -> None:
    assert changed(OLD, NEW, "{ order(id: 1) { lines(first: 3) { sku } } }") == set()


def test_where_only_names_are_known_fields_and_types_that_are_returned_are_judged_and_nothing_is_guessed() -> None:
    selection = {"all:orders": {"total": True, "lines": {"sku": True}}, "search": {"name": True, "__typename": True}}
    old, new = build(OLD, "old"), build(NEW, "new")
    found = Comparison(old, new).changes(uses_of_selection(selection, old))
    assert {(change.rule, change.path) for change in found} == {
        ("graphql.field-removed", "$.data.all[*].total"),
        ("graphql.argument-required", "$.data.all"),
        ("graphql.possible-type-added", "$.data.search[*]"),
    }


def test_what_is_deprecated_is_told_with_its_reason() -> None:
    schema = """
    type Query { a(x: Int @deprecated(reason: "Use y."), y: Int): Int @deprecated b(e: E, i: I): Int }
    enum E { ON OFF @deprecated(reason: "Never.") }
    input I { old: Int @deprecated(reason: "Gone soon.") new: Int }
    """
    text = "query($i: I, $e: E) { k: a(x: 1) b(e: $e, i: $i) }"
    uses = uses_of(query(text, {"i": {"old": 1}, "e": "OFF"}, schema), build(schema, "s"))
    found = {change.before: (change.path, change.note) for change in deprecated(build(schema, "s"), uses)}
    assert found == {
        "Query.a": ("$.data.k", "the schema says: No longer supported"),
        "Query.a(x:)": ("$.data.k", "the schema says: Use y."),
        "E.OFF": ("$.data.b", "the schema says: Never."),
        "I.old": ("$.data.b", "the schema says: Gone soon."),
    }


def test_a_query_that_does_not_fit_is_told_by_the_validation_it_fails() -> None:
    bad = Query("query Q($a: Nope) { order(id: 1, no: 2) { totl lines } search }")
    found = {change.after for change in invalid(build(OLD, "old"), [bad])}
    assert found == {
        "KnownTypeNames: Nope",
        "KnownArgumentNames: no",
        "FieldsOnCorrectType: totl",
        "ScalarLeafs: lines",
        "ScalarLeafs: search",
    }
    assert invalid(build(OLD, "old"), [query(QUERY)]) == []


def test_nothing_of_a_request_is_left_in_a_query_but_names_and_values_of_enums() -> None:
    secret = "hunter2"
    text = f'{{ order(id: "{secret}") {{ id }} search(text: """{secret}""") {{ __typename }} node(id: 4711) {{ id }} }}'
    blank = query(text)
    assert secret not in blank.document
    assert "4711" not in blank.document
    sent = {"f": {"since": secret, secret: 1, "state": secret, "nested": {"state": "PAID"}}, secret: secret}
    assert json.loads(query(QUERY, sent).variables) == {
        "f": {"nested": {"state": "PAID"}, "since": None, "state": None}
    }
    unknown = stripped(QUERY, "Q", sent, None)
    assert unknown is not None
    assert unknown.variables == ""


def test_a_query_whose_fragments_go_in_circles_or_grow_without_end_is_followed_only_so_far() -> None:
    uses_of(Query("{ order(id: 1) { ...A } } fragment A on Order { total ...A }"), build(OLD, "old"))
    doubling = " ".join(f"fragment F{n} on Node {{ id ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    text = f"{{ node(id: 1) {{ ...F0 }} }} {doubling} fragment F40 on Node {{ id }}"
    assert "Node.id" in uses_of(Query(text), build(OLD, "old"))


def test_a_schema_is_the_same_text_from_its_language_and_from_an_introspection_however_it_is_ordered() -> None:
    sdl = schema_in(GENERATION_1, "a file")
    result = introspection_from_schema(build(GENERATION_1, "a file"))
    assert of_introspection({"data": result}, "an answer") == sdl
    types = re.findall(r"(?:type|input|enum) \w+ \{[^}]*\}", GENERATION_1)
    assert schema_in(" ".join(reversed(types)), "a file") == sdl
    assert schema_in(sdl, "a file") == sdl
    assert '"' not in sdl
    parse(sdl)


def test_versions_are_kept_in_order_with_since_and_reason(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    assert read_kept(folder) is None
    first = KeptSchema("type Query {\n  a: Int\n}\n", "1.0", "2026-01-01")
    second = KeptSchema("type Query {\n  b: Int\n\n  c: Int\n}\n", "2.0", "2026-02-02", "they renamed it\nall")
    write_kept(folder, first, tmp_path)
    write_kept(folder, second, tmp_path)
    assert [each.version for each in versions(folder)] == ["1.0", "2.0"]
    kept = read_kept(folder)
    assert kept is not None
    assert (kept.sdl, kept.since, kept.reason) == (second.sdl, "2026-02-02", "they renamed it all")
    (folder / "schema.graphql").write_text("type Query { a: Int }", encoding="utf-8")
    with pytest.raises(SpecError, match=r"schema\.graphql: does not begin with a comment `# version: MAJOR\.MINOR`"):
        read_kept(folder)


@pytest.fixture
def server() -> Iterator[GraphQLUpstream]:
    with GraphQLUpstream() as upstream:
        yield upstream


def test_a_server_is_asked_with_the_credentials_of_the_consumer_and_none_of_its_other_headers(
    server: GraphQLUpstream,
) -> None:
    server.token = "Bearer t0ken"
    sent = {
        "authorization": "Bearer t0ken",
        "content-length": "3",
        "accept-encoding": "br",
        "host": "elsewhere.example",
    }
    assert fetch_schema(f"{server.url}/graphql", sent) == schema_in(GENERATION_1, "a file")
    with pytest.raises(SpecError, match=r"does not tell its schema \(401\)") as refused:
        fetch_schema(f"{server.url}/graphql?key=s3cr3t", {"authorization": "Bearer wr0ng"})
    assert "wr0ng" not in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


def type_named(name: str, **members: Any) -> dict[str, Any]:
    absent = dict.fromkeys(("description", "fields", "inputFields", "interfaces", "enumValues", "possibleTypes"))
    return {"kind": "OBJECT", "name": name, **absent, "interfaces": [], **members}


def told(*types: Any) -> bytes:
    schema = {"queryType": {"name": "Query"}, "types": list(types), "directives": []}
    return json.dumps({"data": {"__schema": schema}}).encode()


def field_of(kind: object) -> dict[str, Any]:
    return {"name": "a", "args": [], "type": kind, "isDeprecated": False, "deprecationReason": None}


def nested(depth: int) -> dict[str, Any]:
    kind: dict[str, Any] = {"kind": "SCALAR", "name": "Int", "ofType": None}
    for _ in range(depth):
        kind = {"kind": "LIST", "name": None, "ofType": kind}
    return kind


@pytest.mark.parametrize(
    ("status", "media", "body", "said"),
    [
        (200, "text/html", b"<!doctype html><title>Log in</title>", "what is no JSON"),
        (200, "application/json", b"[" * 100_000, "what is no JSON"),
        (200, "application/json", b"[]", "is no result of an introspection"),
        (200, "application/json", b'{"data": {"__schema": 7}}', "is no result of an introspection"),
        (200, "application/json", b'{"data": {"__schema": {"types": 7}}}', "is no GraphQL schema"),
        (200, "application/json", told(7, None, []), "is no GraphQL schema"),
        (200, "application/json", told(type_named("Query { a: Int } #")), "is no GraphQL schema"),
        (200, "application/json", told(type_named("Query", fields=[field_of({"name": "Gone"})])), "no GraphQL schema"),
        (200, "application/json", told(type_named("Query", fields=[field_of(nested(400))])), "is no GraphQL schema"),
        (200, "application/json", b'{"errors": [{"message": "off"}]}', "it answers with errors"),
        (200, "application/json", b" " * (17 * 1024**2), "more than 16 MB"),
        (302, "text/html", b"", r"redirects the introspection \(302\); name the endpoint itself"),
        (500, "text/html", b"oops", r"does not tell its schema \(500\)"),
    ],
)
def test_whatever_a_server_answers_instead_is_one_clear_error(
    server: GraphQLUpstream, status: int, media: str, body: bytes, said: str
) -> None:
    server.introspection = (status, media, body)
    with pytest.raises(SpecError, match=said) as raised:
        fetch_schema(f"{server.url}/graphql", {})
    assert len(str(raised.value)) < 400


def test_types_that_go_in_circles_are_a_schema_like_any_other(server: GraphQLUpstream) -> None:
    server.introspection = (200, "application/json", told(*circles()))
    sdl = fetch_schema(f"{server.url}/graphql", {})
    schema = build(sdl, "circles")
    uses = uses_of(Query("{ a { a { a { __typename } } } }"), schema)
    assert "Query.a" in uses
    assert Comparison(schema, build(OLD, "old")).changes(uses)
    assert [change.note for change in deprecated(schema, uses)] == ["the schema says: ?"]


def circles() -> Iterator[dict[str, Any]]:
    itself = {"kind": "INTERFACE", "name": "Node", "ofType": None}
    again = field_of({"kind": "OBJECT", "name": "Query", "ofType": None})
    half_a_character = {"isDeprecated": True, "deprecationReason": "\ud800"}
    yield type_named("Query", fields=[{**again, **half_a_character}], interfaces=[itself])
    yield type_named("Node", kind="INTERFACE", fields=[field_of(itself)], interfaces=[itself], possibleTypes=[])


def test_a_server_that_is_not_there_is_one_clear_error() -> None:
    with GraphQLUpstream() as gone:
        url = gone.url
    with pytest.raises(SpecError, match="could not be asked for its schema"):
        fetch_schema(url, {})


def test_the_examples_of_rules_about_two_schemas_are_schemas() -> None:
    about_two = [rule for rule in GRAPHQL_RULES if not rule.example[0].startswith("query")]
    assert len(about_two) > 10
    for rule in about_two:
        assert rule.example[0] != rule.example[1]
        for text in rule.example:
            parse(text)
