from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drift.exchanging import answer
from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.model import Count
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.pins import NO_PINS
from pytest_integration_contracts.snapshots.snapshot import ResponseShape, Snapshot, read_snapshot
from snapshots.observing import (
    BODIES,
    JSON,
    OPERATION,
    SNAPSHOTS,
    learned,
    observed,
    seen,
    snapshot,
    told,
    without_body,
)

unhurried = settings(deadline=None)  # files are written, on disks of any speed

REMEDY = "restore it from version control, or delete it and run `pytest --contracts-update`"

WHOLE = """{
  "format": 1,
  "integration": "crm",
  "operation": "GET /customers/{id}",
  "version": "1.0",
  "since": "2026-01-01",
  "reason": "Zo\\u00eb said so",
  "auth": [
    "Basic",
    "Bearer"
  ],
  "responses": {
    "200 application/json": {
      "seen": 2,
      "headers": {
        "type": "object",
        "properties": {
          "etag": {
            "type": "string"
          }
        },
        "required": [
          "etag"
        ]
      },
      "body": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
          "email": {
            "type": [
              "string",
              "null"
            ],
            "format": "email",
            "x-kinds": {
              "string": 1,
              "null": 1
            }
          },
          "id": {
            "type": "integer"
          },
          "tags": {
            "type": "array",
            "x-seen": 1,
            "items": {
              "x-unknown": true
            },
            "x-empty-arrays": 1,
            "x-absent": 1
          }
        },
        "required": [
          "email",
          "id"
        ]
      }
    },
    "204": {
      "seen": 1
    }
  }
}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("snapshots") / "GET-customers-{id}.json"


@pytest.fixture
def whole() -> Snapshot:
    bodies = [{"id": 1, "email": "jane@crm.example", "tags": []}, {"email": None, "id": 2}]
    shapes = {"204": without_body(), JSON: seen(*bodies, headers={"etag": "abc"})}
    settled = {key: shape.settled(NO_PINS) for key, shape in shapes.items()}
    return Snapshot(OPERATION, "1.0", "2026-01-01", "Zoë said so", ("Basic", "Bearer"), settled)


def read(file: Path, text: str) -> Snapshot | None:
    file.write_text(text, encoding="utf-8")
    return read_snapshot(file)


def test_the_text_is_sorted_indented_and_ascii(whole: Snapshot) -> None:
    assert whole.to_text() == WHOLE
    assert whole.to_text().isascii()


def test_the_text_is_the_same_in_whatever_order_things_were_met(whole: Snapshot) -> None:
    backwards = [{"id": 2, "email": None}, {"tags": [], "email": "jane@crm.example", "id": 1}]
    shapes = {JSON: seen(*backwards, headers={"etag": "abc"}), "204": without_body()}
    settled = {key: shape.settled(NO_PINS) for key, shape in shapes.items()}
    assert replace(whole, responses=settled).to_text() == WHOLE


def test_what_was_written_is_read(file: Path, whole: Snapshot) -> None:
    assert read(file, WHOLE) == whole


def test_what_is_empty_is_left_out() -> None:
    assert set(json.loads(replace(snapshot({}), reason="").to_text())) == {
        "format",
        "integration",
        "operation",
        "version",
        "since",
        "responses",
    }


def test_no_value_that_was_seen_is_in_the_text() -> None:
    text = snapshot({"name": "Hopper", "at": "2024-02-29", "n": 987654}, headers={"etag": "v4lue"}).to_text()
    assert not [value for value in ("Hopper", "2024-02-29", "987654", "v4lue") if value in text]


def test_where_there_is_no_file_there_is_no_snapshot(tmp_path: Path) -> None:
    assert read_snapshot(tmp_path / "none.json") is None


def test_what_a_response_says_beside_its_body_is_short_and_readable(file: Path, whole: Snapshot) -> None:
    page = answer(
        {"items": [1, 2], "next": "https://api.crm.example/v1/customers?page=2&token=s3cr3t"},
        x_ratelimit_limit="60",
        ratelimit_policy='"burst";q=9;w=1',
        x_api_version="2024-01-01",
        sunset="Fri, 01 Jan 2027 00:00:00 GMT",
        content_type="application/json; charset=utf-8",
    )
    last = answer({"items": [3], "next": None}, x_ratelimit_limit="90")
    text = replace(whole, responses={JSON: told(page, last), "429": told(answer({}, 429, retry_after="7"))}).to_text()
    document = json.loads(text)["responses"]
    assert document[JSON]["conduct"] == {
        "limits": {"burst per 1 s": 9, "requests": [60, 90]},
        "versions": {"x-api-version": ["2024-01-01"]},
        "pagination": {"signals": {"$.next": ["next-url"]}, "full": 2, "ends": 1},
        "media-parameters": ["charset=utf-8"],
        "sunset": ["2027-01-01"],
    }
    assert document["429"]["conduct"] == {"retry-after": ["seconds"]}
    assert "s3cr3t" not in text
    back = read(file, text)
    assert back is not None
    assert back.to_text() == text


def test_where_a_response_says_nothing_beside_its_body_nothing_is_written(whole: Snapshot) -> None:
    plain = told(answer({"items": [1, 2]}, etag="a"), answer({"items": [1]}, etag="b"))
    assert "conduct" not in replace(whole, responses={JSON: plain}).to_text()


@unhurried
@given(snapshot=SNAPSHOTS)
def test_every_snapshot_comes_back_as_it_was(file: Path, snapshot: Snapshot) -> None:
    text = snapshot.to_text()
    assert text.isascii()
    assert text.endswith("}\n")
    back = read(file, text)
    assert back == snapshot
    assert back is not None
    assert back.to_text() == text


@unhurried
@given(bodies=st.lists(BODIES, min_size=1, max_size=3))
def test_the_body_is_a_json_schema_that_takes_every_body(bodies: list[object]) -> None:
    schema = json.loads(snapshot(*bodies).to_text())["responses"][JSON]["body"]
    jsonschema.Draft202012Validator.check_schema(schema)
    for body in bodies:
        jsonschema.validate(body, schema)


def test_a_response_without_contract_headers_reads_as_one_that_was_looked_at(file: Path) -> None:
    back = read(file, snapshot({}).to_text())
    assert back is not None
    assert back.responses[JSON].headers == infer([{}])
    with_etag = learned(back, observed({}, headers={"etag": "a"}))
    assert with_etag is not None
    assert with_etag.responses[JSON].headers.fields["etag"].shape.seen == Count(1, 1)


class TestMerged:
    def test_counts_add_and_shapes_merge(self) -> None:
        one, other = seen({"a": 1}, headers={"etag": "a"}), seen({"a": None, "b": 2}, {"a": 3})
        both = one.merged(other)
        assert both == other.merged(one)
        assert both.seen == 3
        assert both.body == infer([{"a": 1}, {"a": None, "b": 2}, {"a": 3}])
        assert both.headers == infer([{"etag": "a"}, {}, {}])

    def test_nothing_is_neutral(self) -> None:
        assert ResponseShape().merged(seen({"a": 1})) == seen({"a": 1}) == seen({"a": 1}).merged(ResponseShape())

    def test_a_body_stays_where_the_other_has_none(self) -> None:
        assert without_body().merged(seen([1])).body == infer([[1]])
        assert without_body().merged(without_body()).body is None


def without(*keys: str) -> str:
    document = json.loads(WHOLE)
    return json.dumps({key: value for key, value in document.items() if key not in keys})


def with_(place: str, value: object) -> str:
    """The whole document with another value at a place: `responses/204/seen`."""
    document = json.loads(WHOLE)
    *parents, last = place.split("/")
    target: Any = document
    for name in parents:
        target = target[{"JSON": JSON}.get(name, name)]
    target[last] = value
    return json.dumps(document)


CONFLICT = WHOLE.replace('  "version"', '<<<<<<< ours\n  "version"').replace(
    '"1.0",', '"1.0",\n=======\n>>>>>>> theirs'
)
FIELD = "responses/JSON/body/properties/id"

BROKEN = {
    "empty": ("", f"is not JSON (Expecting value: line 1 column 1 (char 0)); {REMEDY}"),
    "cut off": (WHOLE[:-30], "is not JSON (Expecting"),
    "conflict": (CONFLICT, "has merge conflicts; resolve them"),
    "nested without end": ("[" * 100_000, f"is nested too deep; {REMEDY}"),
    "a number without end": (f'{{"format": {"1" * 5000}}}', "is not JSON (Exceeds the limit"),
    "a list": ("[]", f"is not a snapshot; {REMEDY}"),
    "another document": ('{"a": 1}', f"is not a snapshot; {REMEDY}"),
    "no format": (without("format"), f"is not a snapshot; {REMEDY}"),
    "no operation": (without("operation"), f"is not a snapshot; {REMEDY}"),
    "no integration": (without("integration"), f"is not a snapshot; {REMEDY}"),
    "no responses": (without("responses"), f"is not a snapshot; {REMEDY}"),
    "no version": (without("version"), f"has no version MAJOR.MINOR but ''; {REMEDY}"),
    "a format of another kind": (with_("format", "1"), f"is not a snapshot; {REMEDY}"),
    "an operation of another kind": (with_("operation", 5), f"is not a snapshot; {REMEDY}"),
    "a reason of another kind": (with_("reason", ["a"]), f"is not a snapshot; {REMEDY}"),
    "a version of another kind": (with_("version", 1.0), f"is not a snapshot; {REMEDY}"),
    "a version of other parts": (with_("version", "1.2.3"), f"has no version MAJOR.MINOR but '1.2.3'; {REMEDY}"),
    "a version that is none": (with_("version", "0.1"), f"has no version MAJOR.MINOR but '0.1'; {REMEDY}"),
    "auth of another kind": (with_("auth", "Bearer"), f"`auth` is not a list of strings; {REMEDY}"),
    "auth of others": (with_("auth", [1]), f"`auth` is not a list of strings; {REMEDY}"),
    "responses of another kind": (with_("responses", []), f"is not a snapshot; {REMEDY}"),
    "a response of another kind": (with_("responses/204", 5), "a response is no object with a number `seen`"),
    "a count of another kind": (with_("responses/204/seen", "2"), "a response is no object with a number `seen`"),
    "a count that is true": (with_("responses/204/seen", value=True), "a response is no object with a number `seen`"),
    "a count below nothing": (with_("responses/204/seen", -1), "a response is no object with a number `seen`"),
    "a body of another kind": (with_("responses/JSON/body", []), "the schema at $ is not an object"),
    "headers of another kind": (with_("responses/JSON/headers", 5), "the schema at $ is not an object"),
    "conduct of another kind": (with_("responses/204/conduct", []), "`conduct` of a response is not an object"),
    "limits of another kind": (
        with_("responses/204/conduct", {"limits": {"requests": "60"}}),
        "`conduct.limits.requests` of a response is neither a number nor two",
    ),
    "limits of three": (
        with_("responses/204/conduct", {"limits": {"requests": [1, 2, 3]}}),
        "`conduct.limits.requests` of a response is neither a number nor two",
    ),
    "versions of another kind": (
        with_("responses/204/conduct", {"versions": {"x-api-version": "1"}}),
        "`conduct.versions.x-api-version` of a response is not a list of strings",
    ),
    "signals of another kind": (
        with_("responses/204/conduct", {"pagination": {"signals": []}}),
        "`conduct.pagination.signals` of a response is not an object",
    ),
    "a length of another kind": (
        with_("responses/204/conduct", {"pagination": {"full": "1"}}),
        "`conduct.pagination.full` of a response is not a number",
    ),
    "dates of another kind": (
        with_("responses/204/conduct", {"sunset": [1]}),
        "`conduct.sunset` of a response is not a list of strings",
    ),
    "a field of another kind": (with_(FIELD, 5), "the schema at $.id is not an object"),
    "a type that is none": (with_(f"{FIELD}/type", "int"), "the schema at $.id has no JSON type"),
    "no type": (with_(FIELD, {}), "the schema at $.id has no JSON type"),
    "a format that is none": (with_(f"{FIELD}/format", "iban"), "the schema at $.id has an unknown format 'iban'"),
    "a schema's count of another kind": (with_(f"{FIELD}/x-seen", []), "`x-seen` at $.id is neither a number nor"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_one_clear_error_names_the_file_and_the_remedy(file: Path, text: str, message: str) -> None:
    with pytest.raises(SnapshotError) as caught:
        read(file, text)
    assert str(caught.value).startswith(f"{file}: {message}")
    assert str(caught.value).endswith((REMEDY, "resolve them"))


def test_one_of_a_newer_release_says_what_to_upgrade_and_not_to_delete(file: Path) -> None:
    with pytest.raises(SnapshotError) as caught:
        read(file, with_("format", 2))
    assert str(caught.value) == (
        f"{file}: has format 2, newer than this release knows (1); upgrade pytest-integration-contracts"
    )


@pytest.mark.parametrize("content", [b"\xff\xfe", WHOLE.encode("utf-16")])
def test_one_that_is_no_text_says_so(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SnapshotError, match=r"\.json: cannot be read: 'utf-8' codec .*; restore it from version"):
        read_snapshot(file)


def test_a_folder_in_its_place_says_so(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"cannot be read: .*Is a directory"):
        read_snapshot(tmp_path)


@unhurried
@given(content=st.binary() | st.text('{}[]":,01.eE-+ \n\\atruefalsn').map(str.encode))
def test_no_content_raises_anything_else(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    reads_or_says_why(file)


@unhurried
@given(data=st.data())
def test_no_value_in_its_place_raises_anything_else(file: Path, data: st.DataObject) -> None:
    document = json.loads(WHOLE)
    place: Any = document
    while isinstance(place, dict | list) and place:
        parent = place
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
        place = place[key]
        if data.draw(st.booleans()):
            break
    parent[key] = data.draw(BODIES | st.sampled_from(["x-seen", "object", ["object"], {"type": "array"}, 10**400]))
    file.write_text(json.dumps(document), encoding="utf-8")
    reads_or_says_why(file)


def reads_or_says_why(file: Path) -> None:
    try:
        snapshot = read_snapshot(file)
    except SnapshotError as error:
        said = str(error)
    else:
        said = f"{file}: nothing"
        assert snapshot is not None
        learned(snapshot, observed({"id": 1}))
    assert said.startswith(f"{file}: ")
