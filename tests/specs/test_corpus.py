"""What is said of documents that upstreams have published, where they are at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_integration_contracts.drift.policy import STANDARD
from pytest_integration_contracts.model import Change
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.drift import all_used, changes
from pytest_integration_contracts.specs.reading import read_document
from specs.documents import as_3_1, shuffled

JSON = Any
Places = set[tuple[str, str, str]]

DOCUMENTS = Path(__file__).parents[3] / "shared" / "corpus" / "openapi"

pytestmark = pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the corpus of published documents is not here")

ADYEN = ("CheckoutService-v70", "CheckoutService-v71", "CheckoutService-v72", "ManagementService-v1")
NEXT = [("Checkout", "70", "71"), ("Checkout", "71", "72"), ("Management", "1", "3")]


def document(name: str) -> JSON:
    path = next(path for path in DOCUMENTS.rglob("*") if path.stem == name)
    return read_document(path.read_bytes(), path.name)


def told(old: Spec, new: Spec) -> list[tuple[str, str, Change]]:
    """All changes, with the operation and the kind of response that each is about."""
    return [
        (use.operation.name, key, change)
        for use in all_used(old, new)
        for key, said in changes(old, new, use, STANDARD).items()
        for change in said
    ]


@pytest.mark.parametrize("name", ADYEN)
def test_a_document_is_no_change_of_itself_in_whatever_order(name: str) -> None:
    content = document(name)
    assert told(Spec(content), Spec(shuffled(content))) == []
    assert told(Spec(shuffled(content)), Spec(content)) == []


def test_a_document_of_3_0_is_no_change_of_itself_in_the_words_of_3_1() -> None:
    content = document("datadog-v1-openapi")
    assert content["openapi"].startswith("3.0")
    content = {**content, "paths": dict(list(content["paths"].items())[1::4])}
    newer = as_3_1(content)
    assert newer != {**content, "openapi": "3.1.0"}
    assert told(Spec(content), Spec(newer)) == []


def test_what_breaks_between_two_versions_is_what_a_reader_finds() -> None:
    breaking = [
        (operation, change.rule, change.path)
        for _, old, new in NEXT[:2]
        for operation, _, change in told(*(Spec(document(f"CheckoutService-v{each}")) for each in (old, new)))
        if change.severity.value == "breaking"
    ]
    assert breaking == [
        ("POST /donationCampaigns", "property.became-optional", "$.donationCampaigns[*].donation.donationType")
    ]


@pytest.mark.parametrize(("api", "old", "new"), NEXT)
def test_fields_come_and_go_where_a_plain_comparison_of_names_says_so(api: str, old: str, new: str) -> None:
    before, after = (Spec(document(f"{api}Service-v{each}")) for each in (old, new))
    both = {use.operation.name for use in all_used(before, after) if use.new is not None}
    mine, theirs = (set(fields(each, both)) for each in (before, after))
    plain = topmost(mine - theirs) | topmost(theirs - mine)
    said = {
        (operation, key.partition(" ")[0], path)
        for operation, key, change in told(before, after)
        if re.match(r"property\.(?:added|removed|renamed|moved)|type\.", change.rule) and change.path.startswith("$")
        for path in (change.path, *change.related_paths)
    }
    assert shared(plain, said) == plain
    assert {place for place in said if place not in plain} <= moved(before, after)


def topmost(places: Places) -> Places:
    """Those that are in no other one."""
    return {
        (operation, status, path)
        for operation, status, path in places
        if not any((operation, status, outer) in places for outer in around(path))
    }


def around(path: str) -> list[str]:
    """The paths of what a place is in."""
    return [path[:at] for at in range(1, len(path)) if path[at] in ".["]


def shared(plain: Places, said: Places) -> Places:
    """What is said, or is inside of what is, or holds what moved: what several statuses share is said of the first."""
    anywhere = {(operation, path) for operation, _, path in said}
    holders = {(operation, outer) for operation, path in anywhere for outer in around(path)}
    return {
        (operation, status, path)
        for operation, status, path in plain
        if (operation, path) in holders or any((operation, each) in anywhere for each in (path, *around(path)))
    }


def moved(before: Spec, after: Spec) -> Places:
    """Places that a change of another kind is about: both versions have them, with another type."""
    return {
        (operation, key.partition(" ")[0], path)
        for operation, key, change in told(before, after)
        if re.match(r"property\.moved|type\.", change.rule)
        for path in (change.path, *change.related_paths)
    }


def fields(spec: Spec, operations: set[str]) -> Iterator[tuple[str, str, str]]:
    """The places of all fields of responses, as a plain walk finds them that knows nothing of shapes."""
    for operation in spec.operations():
        if str(operation) in operations:
            for status, response in operation.responses.items():
                for part in response.media.values():
                    for path in walked(spec, part.schema, "$", ()):
                        yield str(operation), status, path


def walked(spec: Spec, schema: JSON, path: str, within: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if reference in within:
        return
    if reference:
        yield from walked(spec, spec.at(reference), path, (*within, reference))
    for each in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from walked(spec, each, path, within)
    for name, member in schema.get("properties", {}).items():
        yield field_path(path, name)
        yield from walked(spec, member, field_path(path, name), within)
    yield from walked(spec, schema.get("items"), items_path(path), within)
    yield from walked(spec, schema.get("additionalProperties"), values_path(path), within)
