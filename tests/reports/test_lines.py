"""The line of a snapshot's text that describes a place: told by the text that stands on it."""

from __future__ import annotations

import json

import pytest

from pytest_integration_contracts.model import Change, Exchange, Severity
from pytest_integration_contracts.reports.lines import SnapshotText
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.snapshots.snapshot import ResponseShape
from pytest_integration_contracts.snapshots.versions import Observation, first_version
from snapshots.observing import JSON, OPERATION, told

BODIES = [
    {
        "id": number,
        "email": "ada@mail.example",
        "a b.c": 1,
        "it's": 1,
        "properties": {"type": "a word", "items": [1]},
        "address": {"geo": {"lat": 1.5, "lon": 2.5}},
        "lines": [{"sku": sku, "tags": ["x"], "price": {"amount": 1}} for sku in "ab"],
        "matrix": [[1, 2], [3]],
        "rates": {f"2026-01-{day:02}": {"eur": 1.5} for day in range(1, 20)},
        "methods": [{"type": "card", "last4": "1234", "brand": "v"}, {"type": "bank", "iban": "DE00", "bic": "X"}] * 3,
        "nothing": None,
    }
    for number in range(6)
]
HEADERS = {
    "etag": '"a"',
    "x-ratelimit-limit": "600",
    "x-api-version": "3",
    "link": '<https://api.crm.example/v1/customers?page=2>; rel="next"',
    "retry-after": "30",
    "deprecation": "true",
    "sunset": "Wed, 11 Nov 2099 23:59:59 GMT",
    "content-type": "application/json; charset=utf-8",
}


def text_of_snapshot() -> str:
    found = told(*(Exchange(response_body=body, response_headers=HEADERS) for body in BODIES))
    lists = [{"items": [1, 2], "next_cursor": "abc"}] * 3
    paged = told(*(Exchange(url="https://h.example/a?cursor=x", response_body=each) for each in lists))
    missing = ResponseShape(2, infer([{}, {}]), infer([{"error": "x"}] * 2))
    responses = {JSON: found, "203 application/json": paged, "404 application/json": missing}
    observation = Observation(frozenset({"Bearer"}), responses)
    return first_version(OPERATION, observation, today="2026-01-01", reason="first").to_text()


TEXT = text_of_snapshot()
LINES = TEXT.splitlines()


def spoken(path: str, rule: str = "property.removed", response: str = JSON, variant: str = "") -> list[str]:
    """The line told, and its context: the names that are open there, the outermost first."""
    change = Change(rule, path, Severity.BREAKING, "a", "b", variant=variant)
    line = SnapshotText(TEXT).line(response, change)
    text = LINES[line - 1]
    depth, names = len(text) - len(text.lstrip()), [text.strip().rstrip(" {[,")]
    for earlier in reversed(LINES[: line - 1]):
        indent = len(earlier) - len(earlier.lstrip())
        if indent < depth:
            depth = indent
            names.insert(0, earlier.strip().rstrip(" {["))
    return [name.rstrip(":").strip('"') for name in names if name]


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("$", ["body"]),
        ("$.email", ["body", "properties", "email"]),
        ("$['a b.c']", ["properties", "a b.c"]),
        ("$['it\\'s']", ["properties", "it's"]),
        ("$.properties", ["body", "properties", "properties"]),
        ("$.properties.type", ["properties", "properties", "properties", "type"]),
        ("$.properties.items[*]", ["properties", "items", "items"]),
        ("$.address.geo.lat", ["address", "properties", "geo", "properties", "lat"]),
        ("$.lines[*]", ["lines", "items"]),
        ("$.lines[*].sku", ["lines", "items", "properties", "sku"]),
        ("$.lines[*].tags[*]", ["tags", "items"]),
        ("$.lines[*].price.amount", ["price", "properties", "amount"]),
        ("$.matrix[*][*]", ["matrix", "items", "items"]),
        ("$.rates.*", ["rates", "patternProperties", "^(?:[0-9]{4}-[0-9]{2}-[0-9]{2})$"]),
        ("$.rates.*.eur", ["properties", "eur"]),
        ("$.methods[*].iban", ["properties", "iban"]),
        ("$.methods[*].last4", ["properties", "last4"]),
        ("$.nothing", ["properties", "nothing"]),
    ],
)
def test_a_place_is_described_where_its_name_stands(path: str, end: list[str]) -> None:
    names = spoken(path)
    if "patternProperties" in end:
        end = [*end[:-1], names[-1]]
        assert names[-1].startswith("^(?:")
    assert names[-len(end) :] == end


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("$.new", ["body"]),
        ("$.address.geo.alt", ["address", "properties", "geo"]),
        ("$.address.geo.alt.metres[*]", ["address", "properties", "geo"]),
        ("$.lines[*].name", ["lines", "items"]),
        ("$.email[*]", ["properties", "email"]),
        ("$.email.*", ["properties", "email"]),
        ("no path at all", ["body"]),
    ],
)
def test_what_is_not_there_is_told_at_what_is_around_it(path: str, end: list[str]) -> None:
    assert spoken(path, "property.added")[-len(end) :] == end


def test_of_the_variants_of_a_union_the_one_that_changed_is_told() -> None:
    for value in ("card", "bank"):
        change = Change("type.changed", "$.methods[*].type", Severity.BREAKING, "a", "b", variant=f"type={value}")
        line = SnapshotText(TEXT).line(JSON, change)
        assert LINES[line - 1].strip().startswith('"type": {')
        tagged = next(at for at in range(line, 0, -1) if '"x-tag"' in LINES[at - 1])
        assert LINES[tagged + 1].strip() == f'"{value}"'


@pytest.mark.parametrize(
    ("rule", "path", "end"),
    [
        ("header.removed", "header:etag", ["headers", "properties", "etag"]),
        ("header.added", "header:x-new", ["headers"]),
        ("ratelimit.lowered", "header:x-ratelimit-limit", ["conduct", "limits"]),
        ("ratelimit.headers-changed", "header:x-ratelimit-limit", ["headers", "properties", "x-ratelimit-limit"]),
        ("version.changed", "header:x-api-version", ["conduct", "versions", "x-api-version"]),
        ("deprecation.announced", "header:sunset", ["conduct", "sunset"]),
        ("deprecation.announced", "header:deprecation", ["conduct", "deprecation"]),
        ("retry-after.form-changed", "header:retry-after", ["conduct", "retry-after"]),
        ("media.parameters-changed", "header:content-type", ["conduct", "media-parameters"]),
        ("pagination.signal-lost", "header:link", ["pagination", "signals", "header:link"]),
        ("pagination.style-changed", "$", ["conduct", "pagination"]),
        ("auth.scheme-changed", "$", ["auth"]),
    ],
)
def test_what_is_said_beside_the_body_is_told_where_it_is_kept(rule: str, path: str, end: list[str]) -> None:
    assert spoken(path, rule)[-len(end) :] == end


@pytest.mark.parametrize(
    ("response", "told_at"),
    [
        ("404 application/json", "404 application/json"),
        ("404 text/html", "404 application/json"),
        ("500 text/html", "200 application/json"),
        ("", "200 application/json"),
    ],
)
def test_a_response_the_snapshot_does_not_know_is_told_at_the_one_it_came_for(response: str, told_at: str) -> None:
    assert told_at in spoken("$", "status.changed", response)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1", '"a', '{"responses": []}', '{"responses": 7}', '{"a": "\\ud800"}', "[" * 100_000, '"\\' * 50_000],
)
def test_what_is_no_snapshot_has_a_first_line(text: str) -> None:
    change = Change("property.removed", "$.a[*].b", Severity.BREAKING, "a", "b")
    assert SnapshotText(text).line(JSON, change) == 1


def test_a_text_that_was_written_by_hand_is_read_as_json_is() -> None:
    dense = json.dumps(json.loads(TEXT), separators=(",", ":")).replace(",", ",\n")
    text = dense.replace('"email":', '"em\\u0061il"\n:\n')
    change = Change("property.removed", "$.email", Severity.BREAKING, "a", "b")
    line = SnapshotText(text).line(JSON, change)
    assert text.splitlines()[line - 1].startswith('"em\\u0061il"')
