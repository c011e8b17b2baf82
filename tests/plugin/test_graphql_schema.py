"""GraphQL schemas over whole sessions: fetched, kept, and held against the queries of the consumer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import build_schema, introspection_from_schema

from graphql_upstream import GENERATION_2, GraphQLUpstream
from plugin.harness import Project

MANIFEST = """
[integrations.shop]
urls = ["${SHOP_URL:-https://api.shop.example}"]
owner = "team-orders"
contact = "support@shop.example"
graphql = "https://api.shop.example/graphql"
"""

CLIENT = '''
import os
import requests

URL = os.environ.get("SHOP_URL", "https://api.shop.example")

def ask(query, name, **variables):
    response = requests.post(
        f"{URL}/graphql",
        json={"query": query, "operationName": name, "variables": variables},
        headers={"Authorization": "Bearer s3cr3t-t0ken"},
        timeout=5,
    )
    return response.json()["data"]

ORDERS = """
query Orders($filter: OrderFilter) {
  orders(filter: $filter, first: 10) { ...Brief note }
}
fragment Brief on Order { id total state }
"""
'''

TEST = """
import pytest
from client import ORDERS, ask

@pytest.mark.contract
def test_orders():
    assert ask(ORDERS, "Orders", filter={"state": "OPEN", "since": "ann@customer.example"})["orders"]

@pytest.mark.contract
def test_shop():
    assert ask("query Shop { shop { name } }", "Shop")["shop"]
"""

KEPT = "contracts/shop/schema.graphql"


@pytest.fixture
def server() -> Iterator[GraphQLUpstream]:
    with GraphQLUpstream() as upstream:
        yield upstream


@pytest.fixture
def shop(tmp_path: Path, server: GraphQLUpstream) -> Project:
    project = Project(tmp_path)
    project.environment["SHOP_URL"] = server.url
    project.write("contracts.toml", MANIFEST)
    project.write("client.py", CLIENT)
    project.write("test_shop.py", TEST)
    return project


def found(project: Project) -> set[tuple[str, str, str, str]]:
    report = json.loads((project.folder / "report.json").read_text(encoding="utf-8"))
    return {
        (finding["operation"]["name"].partition("#")[2], change["severity"], change["rule"], change["path"])
        for finding in report["findings"]
        for change in finding["changes"]
    }


ANSWERS = {
    "Orders": {"data": {"orders": [{"id": "7", "total": 1250, "state": "OPEN", "note": "leave at the door"}]}},
    "Shop": {"data": {"shop": {"name": "Corner"}}},
}
"""What a server answers that goes on answering as ever, whatever its schema says by now."""

DEPRECATED = ("Orders", "warning", "graphql.deprecated-field", "$.data.orders[*].note")


def test_what_queries_use_of_a_schema_is_held_against_the_next_one(shop: Project, server: GraphQLUpstream) -> None:
    server.token = "Bearer s3cr3t-t0ken"
    first = shop.run("--contracts-update")
    assert first.exit == 0, first.text
    assert f"created  {KEPT} (1.0)" in first.section
    assert "1 GraphQL schema created." in first.section
    assert server.authorizations == [server.token]
    learned = shop.files()
    assert "orders(filter: OrderFilter, first: Int = 50): [Order!]!" in learned[KEPT]
    assert "newest first" not in learned[KEPT]
    assert "s3cr3t" not in "".join(learned.values())

    server.schema = build_schema(GENERATION_2)
    server.answers = ANSWERS
    live = shop.run("--contracts-live", "--contracts-report", "report.json")
    assert live.exit == 1
    assert "2 passed" in live.text
    assert found(shop) == {
        ("Orders", "breaking", "graphql.field-removed", "$.data.orders[*].total"),
        ("Orders", "warning", "graphql.enum-value-added", "$.data.orders[*].state"),
        DEPRECATED,
        ("Shop", "breaking", "graphql.argument-required", "$.data.shop"),
    }
    assert "Order.total: Int! -> gone" in live.section
    assert "(the schema says: Use `remarks`.)" in live.section
    assert "2 operations hold. 1 GraphQL schema drifts: 2 breaking changes." in live.section
    assert "owner team-orders · upstream support@shop.example" in live.section
    assert shop.files() == learned

    asked = len(server.asked)
    assert shop.run("--contracts").exit == 0
    assert len(server.asked) == asked


def test_a_new_version_of_a_schema_is_learned_and_judged_in_replay(shop: Project, server: GraphQLUpstream) -> None:
    assert shop.run("--contracts-update").exit == 0
    old = shop.files()[KEPT]
    server.answers = ANSWERS
    server.schema = build_schema(GENERATION_2)
    recorded = shop.run("--contracts-record")
    assert recorded.exit == 1, "what breaks is not learned by recording alone"
    assert shop.files()[KEPT] == old

    learned = shop.run("--contracts-record", "--contracts-update", "--contracts-reason", "The second generation")
    assert learned.exit == 0, learned.text
    assert f"learned  {KEPT} (1.0 -> 2.0)  POST /graphql#Orders" in learned.section
    assert "BREAKING  graphql.field-removed" in learned.section
    files = shop.files()
    assert "# version: 2.0\n" in files[KEPT]
    assert "# reason: The second generation\n" in files[KEPT]
    assert files["contracts/shop/history/graphql/1.0-broken-by-2.0.graphql"] == old

    replay = shop.run("--contracts", "-n", "2", "--contracts-report", "report.json")
    assert replay.exit == 1
    invalid = ("breaking", "graphql.query-invalid", "$")
    assert found(shop) == {DEPRECATED, ("Orders", *invalid), ("Shop", *invalid)}
    assert "Cannot query field 'total' on type 'Order'." in replay.section

    log = shop.command("log").text
    assert "shop  schema.graphql\n  2.0  " in log
    assert "graphql.field-removed  POST /graphql#Orders $.data.orders[*].total  Order.total: Int! -> gone" in log
    assert re.search(r"^### `schema\.graphql` .*2\.0", shop.command("changelog").text, re.MULTILINE)
    shop.write("contracts.toml", MANIFEST.replace("graphql =", "# graphql ="))
    assert "schema.graphql is kept of it, and no `graphql` says from where" in shop.command("lint").text

    policy = '[[policy.overrides]]\nrule = "graphql.query-invalid"\nseverity = "off"\n'
    shop.write("contracts.toml", MANIFEST + policy)
    mild = shop.run("--contracts", "--contracts-report", "report.json")
    assert mild.exit == 0
    assert found(shop) == {DEPRECATED}


def test_a_server_that_keeps_its_schema_to_itself_is_a_note(shop: Project, server: GraphQLUpstream) -> None:
    server.introspection = (200, "application/json", b'{"errors": [{"message": "introspection is disabled"}]}')
    result = shop.run("--contracts-update")
    assert result.exit == 0
    assert re.search(r"shop: http://\S+/graphql: does not tell its schema: it answers with errors", result.section)
    assert KEPT not in shop.files()
    shop.write("graphql.py", "")
    bare = shop.run("--contracts")
    assert bare.exit == 0
    assert "pip install 'pytest-integration-contracts[graphql]'" in bare.section


def test_a_schema_in_a_file_is_read_by_every_checking_run(shop: Project, server: GraphQLUpstream) -> None:
    shop.write("contracts.toml", MANIFEST.replace("https://api.shop.example/graphql", "upstream/schema.json"))
    shop.write("upstream/schema.json", json.dumps(introspection_from_schema(server.schema)))
    assert shop.run("--contracts-update").exit == 0
    assert "IntrospectionQuery" not in server.asked
    shop.write("upstream/schema.json", json.dumps({"data": introspection_from_schema(build_schema(GENERATION_2))}))
    replay = shop.run("--contracts")
    assert replay.exit == 1
    assert "Query.shop -> Query.shop(country: String!)" in replay.section
    assert "they meant it?  pytest --contracts-update " in replay.section

    shop.write("upstream/schema.json", "<!doctype html>")
    broken = shop.run("--contracts")
    assert broken.exit == 1
    assert "upstream/schema.json: is no GraphQL schema: Syntax Error: Unexpected character: '<'" in broken.section
