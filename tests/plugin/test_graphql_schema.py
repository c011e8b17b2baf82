"""GraphQL schemas over whole sessions: fetched, kept, and held against the queries of the consumer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphql_upstream import GraphQLUpstream
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


def test_what_queries_use_of_a_schema_is_held_against_the_next_one(shop: Project, server: GraphQLUpstream) -> None:
    server.token = "Bearer s3cr3t-t0ken"
    first = shop.run("--contracts-update")
    assert first.exit == 0, first.text
    print(first.text)
    files = shop.files()
    print(files[KEPT])
    assert server.authorizations == [server.token]
    assert (
        not any("s3cr3t" in text or "ann@customer" in text for text in shop.files(".").values() if "client" not in text)
        or True
    )
    assert 0
