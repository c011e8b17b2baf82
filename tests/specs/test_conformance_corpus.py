"""Real recorded traffic against the real documents of its upstream, where they are at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.engine import Engine
from pytest_integration_contracts.specs.reading import read_document
from pytest_integration_contracts.specs.violation import Violation
from pytest_integration_contracts.traffic.bodies import decode
from pytest_integration_contracts.traffic.cassettes import body_of, plain, read_cassette
from pytest_integration_contracts.traffic.sent import request_of

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

pytestmark = pytest.mark.skipif(not (CORPUS / "openapi").is_dir(), reason="the corpus of documents is not here")

VERSIONS = ("v1", "v2")


def exchanges(version: str) -> Iterator[Exchange]:
    for path in sorted((CORPUS / "cassettes" / "datadog" / version).glob("*.yaml")):
        for each in read_cassette(path) or ():
            headers = plain(each.response["headers"])
            body = decode(body_of(each.response), headers)
            yield replace(
                request_of(each.request),
                status=each.response["status"]["code"],
                response_body=body.value,
                media=body.media,
                response_headers=headers,
            )


@cache
def judged() -> list[tuple[Exchange, tuple[Violation, ...] | None]]:
    """Every recorded exchange, and what its document says of it; None where that does not have the operation."""
    found: list[tuple[Exchange, tuple[Violation, ...] | None]] = []
    for version in VERSIONS:
        text = (CORPUS / "openapi" / f"datadog-{version}-openapi.yaml").read_bytes()
        engine = Engine(Spec(read_document(text, version)))
        for exchange in exchanges(version):
            operation = engine.spec.find(exchange.method, urlsplit(exchange.url).path)
            found.append((exchange, engine.violations(operation, exchange) if operation else None))
    return found


def test_most_real_responses_are_as_their_document_says() -> None:
    told = [violations for _, violations in judged() if violations is not None]
    assert len(told) > 350
    assert len(told) > 0.85 * len(judged())
    rules = Counter(rule for violations in told for rule in {each.rule for each in violations})
    assert set(rules) == {"spec.media-undeclared", "spec.type-violated"}
    assert rules["spec.type-violated"] < 0.1 * len(told)


def test_what_real_bodies_violate_is_one_cause_that_is_one_place_in_the_document() -> None:
    bodies = [each for _, told in judged() for each in told or () if each.rule == "spec.type-violated"]
    assert {(each.pointer, each.declared, each.found) for each in bodies} == {
        ("#/components/schemas/APIErrorResponse/properties/errors/items/type", "string", "object")
    }


def test_real_json_that_is_called_otherwise_than_declared_is_json_all_the_same() -> None:
    media = {(each.declared, each.found) for _, told in judged() for each in told or () if "media" in each.rule}
    assert media == {("application/json", "application/vnd.api+json")}
