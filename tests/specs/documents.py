"""OpenAPI documents for tests: small ones, and a large one that is generated."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from pytest_integration_contracts.specs.document import Part, Spec

JSON = Any


def spec(
    paths: JSON = None, *, schemas: JSON = None, version: str = "3.1.0", servers: JSON = None, **members: JSON
) -> Spec:
    """A document with these paths and named schemas."""
    document = {"openapi": version, "info": {"title": "CRM", "version": "1"}, "paths": paths or {}, **members}
    if schemas:
        document["components"] = {**document.get("components", {}), "schemas": schemas}
    if servers:
        document["servers"] = [{"url": url} for url in servers]
    return Spec(document)


def swagger(paths: JSON = None, *, definitions: JSON = None, **members: JSON) -> Spec:
    """The same as Swagger 2.0."""
    return Spec(
        {"swagger": "2.0", "info": {"title": "CRM", "version": "1"}, "paths": paths or {}}
        | ({"definitions": definitions} if definitions else {})
        | members
    )


def part(schema: JSON) -> Part:
    """A schema in some place of a document."""
    return Part(schema, "#/somewhere")


def ref(name: str) -> JSON:
    """A reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(*required: str, **properties: JSON) -> JSON:
    """An object's schema."""
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def answering(schema: JSON, *, status: str = "200", media: str = "application/json", **members: JSON) -> JSON:
    """An operation that answers with such a body."""
    return {"responses": {status: {"description": "", "content": {media: {"schema": schema}}}}, **members}


def walked(node: JSON, change: Callable[[JSON], JSON]) -> JSON:
    """The node with every object in it changed, the innermost first."""
    if isinstance(node, dict):
        return change({key: walked(member, change) for key, member in node.items()})
    if isinstance(node, list):
        return [walked(each, change) for each in node]
    return node


def as_3_1(document: JSON) -> JSON:
    """A 3.0 document in the words of 3.1: `nullable` is a type, an example a list of them."""
    converted = walked(copy.deepcopy(document), _without_nullable)
    return {**converted, "openapi": "3.1.0"}


def _without_nullable(node: JSON) -> JSON:
    if node.get("nullable") is not True:  # a property may have that name
        return node
    rest = {key: value for key, value in node.items() if key != "nullable"}
    if isinstance(rest.get("type"), str):
        enum = {"enum": [*rest["enum"], None]} if "enum" in rest and None not in rest["enum"] else {}
        return {**rest, "type": [rest["type"], "null"], **enum}
    return {"anyOf": [rest, {"type": "null"}]} if rest else {}


def shuffled(document: JSON, seed: int = 7) -> JSON:
    """The same document with the members of every object, and all lists without an order, in another order."""
    chance = random.Random(seed)  # noqa: S311 - the same order in every run

    def turned(node: JSON) -> JSON:
        names = list(node)
        chance.shuffle(names)
        return {
            name: chance.sample(node[name], len(node[name])) if _is_unordered(name, node[name]) else node[name]
            for name in names
        }

    return walked(document, turned)


def _is_unordered(name: str, value: JSON) -> bool:
    return isinstance(value, list) and name in {"required", "oneOf", "anyOf", "allOf", "enum", "parameters", "type"}


def renamed(document: JSON) -> JSON:
    """The same with other names for its schemas; those that discriminators imply are written out."""
    text = "#/components/schemas/"

    def other(node: JSON) -> JSON:
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(text):
            return {**node, "$ref": f"{text}Other{reference.removeprefix(text)}"}
        return node

    changed = walked(document, other)
    schemas = changed["components"]["schemas"]
    changed["components"]["schemas"] = {f"Other{name}": schema for name, schema in schemas.items()}
    return changed


def large(megabytes: int) -> JSON:
    """A document of that size: many operations, each with schemas of its own that refer to shared ones."""
    schemas: dict[str, JSON] = {
        "Money": record("amount", "currency", amount={"type": "integer"}, currency={"type": "string"}),
        "Address": record("city", city={"type": "string"}, lines={"type": "array", "items": {"type": "string"}}),
    }
    paths: dict[str, JSON] = {}
    for number in range(megabytes * 200):
        fields = {
            f"field_{at}": {"type": "string", "description": f"What field {at} of resource {number} says. " * 12}
            for at in range(10)
        }
        schemas[f"Resource{number}"] = record(
            "id", id={"type": "string", "format": "uuid"}, total=ref("Money"), address=ref("Address"), **fields
        )
        paths[f"/resources{number}/{{id}}"] = {"get": answering(ref(f"Resource{number}"))}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Large", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def doubling(levels: int) -> JSON:
    """Schemas each of which refers twice to the next: 2^levels places in a few lines."""
    schemas = {
        f"Level{level}": record(left=ref(f"Level{level + 1}"), right=ref(f"Level{level + 1}"), name={"type": "string"})
        for level in range(levels)
    }
    return {**schemas, f"Level{levels}": {"type": "string"}}
