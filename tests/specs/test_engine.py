"""Everything of schemathesis that `specs/engine.py` relies on; where a test is red, that module must be adapted."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.model import NO_BODY, Exchange
from pytest_integration_contracts.shapes.formats import EXAMPLES, PLACEHOLDER
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.engine import Engine
from specs.describing import answered, described, only
from upstream import Upstream

ADAPT = "schemathesis has moved: adapt pytest_integration_contracts/specs/engine.py"

VERSIONS = ("2.0", "3.0.3", "3.1.0")
every_version = pytest.mark.parametrize("version", VERSIONS)

NAMES = {
    "schemathesis": ["Case", "Config", "openapi"],
    "schemathesis.checks": ["CheckContext"],
    "schemathesis.core.failures": ["Failure", "FailureGroup"],
    "schemathesis.core.transport": ["Response"],
    "schemathesis.openapi": ["from_dict"],
    "schemathesis.openapi.checks": [
        "JsonSchemaError",
        "MalformedMediaType",
        "MissingContentType",
        "MissingHeaders",
        "UndefinedContentType",
        "UndefinedStatusCode",
    ],
    "schemathesis.specs.openapi.checks": [
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "status_code_conformance",
    ],
}


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in NAMES.items() for name in names])
def test_every_name_that_is_imported_is_there(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name), f"{ADAPT}: {module}.{name} is gone"


SIGNATURES = {
    "schemathesis.openapi:from_dict": ["schema", "config"],
    "schemathesis.checks:CheckContext": [
        "override",
        "auth",
        "headers",
        "config",
        "transport_kwargs",
        "response_checks",
    ],
    "schemathesis.core.transport:Response": ["status_code", "headers", "content", "request", "elapsed", "verify"],
    **{
        f"schemathesis.specs.openapi.checks:{check}": ["ctx", "response", "case"]
        for check in NAMES["schemathesis.specs.openapi.checks"]
    },
}


@pytest.mark.parametrize("place", SIGNATURES)
def test_what_is_called_takes_what_it_is_given(place: str) -> None:
    module, _, name = place.partition(":")
    parameters = inspect.signature(getattr(importlib.import_module(module), name)).parameters
    assert [each for each in SIGNATURES[place] if each not in parameters] == [], f"{ADAPT}: {place} takes others now"
    needed = {
        each.name
        for each in parameters.values()
        if each.default is inspect.Parameter.empty and each.kind is not inspect.Parameter.VAR_KEYWORD
    }
    assert needed <= set(SIGNATURES[place]), f"{ADAPT}: {place} wants more than it is given"


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("JsonSchemaError", ["schema_path", "instance_path", "instance"]),
        ("MissingHeaders", ["missing_headers"]),
        ("UndefinedStatusCode", ["defined_status_codes"]),
    ],
)
def test_failures_have_what_is_read_of_them(name: str, attributes: list[str]) -> None:
    failure = getattr(importlib.import_module("schemathesis.openapi.checks"), name)
    missing = [each for each in attributes if not hasattr(failure, each)]
    assert missing == [], f"{ADAPT}: {name} has no {missing}"


def test_several_failures_come_as_a_group_and_one_comes_alone() -> None:
    failures = importlib.import_module("schemathesis.core.failures")
    assert issubclass(failures.FailureGroup, BaseExceptionGroup), f"{ADAPT}: `_Told.of`"
    assert issubclass(failures.Failure, Exception), f"{ADAPT}: `_Told.of`"
    spec = described({"required": ["a"], "properties": {"b": {"type": "string"}}})
    assert said(spec, answered({"b": 1})) == ["spec.required-missing", "spec.type-violated"], f"{ADAPT}: `_Told.of`"


def said(spec: Spec, exchange: Exchange) -> list[str]:
    """The rules that an exchange breaks."""
    return sorted(each.rule for each in Engine(spec).violations(only(spec), exchange))


@every_version
def test_a_response_as_it_is_declared_breaks_nothing(version: str) -> None:
    spec = described({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}, version=version)
    assert said(spec, answered({"id": 1})) == [], f"{ADAPT}: a good response is a failure now"


@every_version
def test_a_status_that_is_not_declared(version: str) -> None:
    spec = described(version=version)
    (found,) = Engine(spec).violations(only(spec), answered(NO_BODY, 418, media=""))
    assert (found.rule, found.declared, found.found) == ("spec.status-undeclared", "200", "418"), f"{ADAPT}: statuses"
    assert found.pointer == "#/paths/~1customers/get/responses"


@pytest.mark.parametrize("declared", ["default", "4XX"])
def test_a_status_that_is_declared_by_a_range_or_by_default(declared: str) -> None:
    spec = described({"type": "object"}, status=declared)
    assert said(spec, answered({}, 418)) == [], f"{ADAPT}: ranges of statuses"
    assert said(spec, answered([], 418)) == ["spec.type-violated"], f"{ADAPT}: the schema of a range of statuses"


@every_version
def test_a_media_type_that_is_not_declared(version: str) -> None:
    spec = described({"type": "object"}, version=version)
    (found,) = Engine(spec).violations(only(spec), answered(NO_BODY, media="text/html"))
    assert (found.rule, found.declared, found.found) == (
        "spec.media-undeclared",
        "application/json",
        "text/html",
    ), f"{ADAPT}: media types"


@every_version
def test_a_body_that_is_declared_and_did_not_come(version: str) -> None:
    spec = described({"type": "object"}, version=version)
    (found,) = Engine(spec).violations(only(spec), answered(NO_BODY, media=""))
    assert (found.rule, found.found) == ("spec.media-undeclared", "no body"), f"{ADAPT}: missing media types"


@every_version
@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_where_no_body_can_be_none_is_missed(version: str, method: str, status: int) -> None:
    spec = described({"type": "object"}, version=version, method=method.lower(), status=str(status))
    asked = Exchange(method=method, status=status, media="", response_body=NO_BODY)
    assert said(spec, asked) == [], f"{ADAPT}: responses without a body"


@pytest.mark.parametrize(
    "media", ["application/problem+json", "application/json; charset=utf-8", "application/hal+json"]
)
def test_json_is_held_against_the_schema_of_json_whatever_it_is_called(media: str) -> None:
    spec = described({"type": "object", "required": ["id"]})
    exchange = Exchange(media=media.partition(";")[0], response_body={}, response_headers={"content-type": media})
    assert "spec.required-missing" in said(spec, exchange), f"{ADAPT}: `read_as`"


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_header_that_is_required_and_one_of_another_kind(version: str) -> None:
    headers = {
        "X-Total": {"required": True, "schema": {"type": "integer"}},
        "X-Next": {"required": True, "schema": {"type": "string"}},
        "X-Page": {"schema": {"type": "integer"}},
    }
    spec = described(version=version, response={"headers": headers})
    assert said(spec, answered(NO_BODY, media="", x_total="7", x_next="a")) == [], f"{ADAPT}: headers"
    found = Engine(spec).violations(only(spec), answered(NO_BODY, media="", x_total="7", x_page="first"))
    assert [(each.rule, each.header, each.pointer.rpartition("/headers/")[2]) for each in found] == [
        ("spec.header-missing", "x-next", "X-Next/schema"),
        ("spec.header-violated", "x-page", "X-Page/schema/type"),
    ], f"{ADAPT}: headers"
    assert found[1].found == "string"


def test_swagger_has_headers_that_are_never_required() -> None:
    spec = described(version="2.0", response={"headers": {"X-Total": {"type": "integer"}}})
    assert said(spec, answered(NO_BODY, media="")) == []
    assert said(spec, answered(NO_BODY, media="", x_total="many")) == ["spec.header-violated"], f"{ADAPT}: headers"


SCHEMA = {
    "type": "object",
    "required": ["id", "email"],
    "properties": {
        "id": {"type": "string"},
        "email": {"type": "string"},
        "status": {"enum": ["open", "won"]},
        "made": {"type": "string", "format": "date-time"},
        "name": {"type": "string", "minLength": 2},
    },
    "additionalProperties": False,
}
GOOD = {"id": "a", "email": "b"}


@every_version
@pytest.mark.parametrize(
    ("body", "rule", "pointer", "words"),
    [
        ({"id": "a"}, "spec.required-missing", "/properties/email", ("required", "missing")),
        (GOOD | {"id": 7}, "spec.type-violated", "/properties/id/type", ("string", "integer")),
        (GOOD | {"id": None}, "spec.type-violated", "/properties/id/type", ("string", "null")),
        (GOOD | {"status": "lost"}, "spec.enum-violated", "/properties/status/enum", ("open|won", "another string")),
        (
            GOOD | {"made": "x"},
            "spec.body-violated",
            "/properties/made/format",
            ("format date-time", "string that does not fit"),
        ),
        (GOOD | {"name": "x"}, "spec.body-violated", "/properties/name/minLength", ("minLength 2", "string")),
        (GOOD | {"other": 1}, "spec.body-violated", "/additionalProperties", ("no other members", "others")),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("spec.") else "",
)
def test_each_claim_of_a_schema_has_its_rule_and_its_place_in_the_document(
    version: str, body: object, rule: str, pointer: str, words: tuple[str, str]
) -> None:
    reference = f"#/{'definitions' if version == '2.0' else 'components/schemas'}/Customer"
    alone = described({"$ref": reference}, version=version, Customer=SCHEMA)
    spread = {"type": "array", "items": {"$ref": reference}}
    several = described({"allOf": [spread, spread]}, version=version, Customer=SCHEMA)
    for spec, sent in ((alone, body), (several, [GOOD, body])):
        (said, *_) = Engine(spec).violations(only(spec), answered(sent))
        assert (said.rule, said.declared, said.found) == (rule, *words), f"{ADAPT}: `_body_violated`"
        assert said.pointer == f"{reference}{pointer}", f"{ADAPT}: `schema_path`, `name_to_uri`"
        assert spec.at(said.pointer) is not None


def test_every_missing_field_is_told_not_only_the_first() -> None:
    spec = described(SCHEMA)
    places = [each.place for each in Engine(spec).violations(only(spec), answered({}))]
    assert places == [("id",), ("email",)], f"{ADAPT}: `required` is one failure for all that is missing"


def test_what_is_only_written_is_not_missed_and_must_not_come() -> None:
    secret = {"type": "object", "required": ["pin"], "properties": {"pin": {"type": "string", "writeOnly": True}}}
    spec = described(secret)
    assert said(spec, answered({})) == [], f"{ADAPT}: `writeOnly`"
    (found,) = Engine(spec).violations(only(spec), answered({"pin": "1234"}))
    assert (found.rule, found.place) == ("spec.body-violated", ("pin",)), f"{ADAPT}: `writeOnly`"
    assert "1234" not in repr(found)


@pytest.mark.parametrize(("version", "nullable"), [("3.0.3", "nullable"), ("2.0", "x-nullable")])
def test_beside_nullable_a_value_of_another_kind_is_still_one_of_another_kind(version: str, nullable: str) -> None:
    named = {"type": "string", nullable: True, "enum": ["a", None]}
    spec = described({"properties": {"name": named, "size": {"type": "integer", nullable: True}}}, version=version)
    assert said(spec, answered({"name": None, "size": None})) == [], f"{ADAPT}: `{nullable}`"
    found = Engine(spec).violations(only(spec), answered({"name": "b", "size": "7"}))
    assert sorted((each.rule, each.declared) for each in found) == [
        ("spec.enum-violated", "a|null"),
        ("spec.type-violated", "integer or null"),
    ], f"{ADAPT}: what schemathesis makes of `{nullable}`"


def test_alternatives_of_which_none_fits() -> None:
    spec = described({"oneOf": [{"type": "string"}, {"type": "integer"}]})
    (found,) = Engine(spec).violations(only(spec), answered([]))
    assert (found.rule, found.declared) == ("spec.body-violated", "exactly one of several alternatives")
    assert found.pointer.endswith("/schema/oneOf"), f"{ADAPT}: `schema_path`"


def test_a_variant_that_the_discriminator_does_not_map() -> None:
    kinds = {"Card": {"type": "object"}, "Bank": {"type": "object"}}
    union = {
        "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in kinds],
        "discriminator": {"propertyName": "t"},
    }
    spec = described(union, **kinds)
    assert said(spec, answered({"t": "Card"})) == []
    (found,) = Engine(spec).violations(only(spec), answered({"t": "s3cret"}))
    assert found.rule == "spec.body-violated", f"{ADAPT}: DiscriminatorMismatch"
    assert "s3cret" not in repr(found)


def test_text_that_no_json_may_have_is_no_crash() -> None:
    spec = described({"properties": {"name": {"pattern": "a"}}})
    assert said(spec, answered({"name": "\ud800"})) == ["spec.body-violated"], f"{ADAPT}: MalformedJson"


def test_values_of_responses_are_in_no_violation() -> None:
    spec = described(SCHEMA, response={"headers": {"X-Key": {"schema": {"type": "integer"}}}})
    body = {"id": 98765432, "email": ["s3cret"], "status": "s3cret", "made": "s3cret", "other": "s3cret"}
    told = repr(Engine(spec).violations(only(spec), answered(body, x_key="s3cret")))
    assert "s3cret" not in told
    assert "98765432" not in told


def test_what_a_recording_has_in_the_place_of_a_secret_violates_nothing() -> None:
    token = {"type": "string", "pattern": "^tok_[0-9]{12}$"}
    schema = {
        "properties": {"token": token, "either": {"oneOf": [{"properties": {"a": token}}]}, "pin": {"enum": ["1"]}}
    }
    spec = described(schema, response={"headers": {"X-Key": {"schema": {"type": "string", "minLength": 99}}}})
    body = {"token": PLACEHOLDER, "either": {"a": PLACEHOLDER}, "pin": EXAMPLES["uuid"]}
    assert said(spec, answered(body, x_key=f"Bearer {PLACEHOLDER}")) == []
    assert said(spec, answered({"token": "tik_1", "pin": "2"})) == ["spec.body-violated", "spec.enum-violated"]


def test_an_operation_is_read_once() -> None:
    spec = described(SCHEMA)
    operation, engine = only(spec), Engine(spec)
    assert engine._operation(operation) is engine._operation(only(spec))


@pytest.fixture
def elsewhere() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.mark.parametrize("kind", ["http", "identity", "relative", "dialect", "dynamic", "header", "response", "file"])
def test_nothing_outside_of_the_document_is_asked_for(elsewhere: Upstream, kind: str, tmp_path: Any) -> None:
    url = elsewhere.url
    (tmp_path / "schema.json").write_text('{"type": "string"}', encoding="utf-8")
    there = {
        "http": {"$ref": f"{url}/schema.json"},
        "identity": {"$id": f"{url}/a/", "properties": {"id": {"$ref": "#/components/schemas/A"}}},
        "relative": {"$id": f"{url}/a/", "properties": {"id": {"$ref": "schema.json"}}},
        "dialect": {"$schema": f"{url}/meta", "type": "object"},
        "dynamic": {"$dynamicRef": f"{url}/schema.json"},
        "file": {"$ref": (tmp_path / "schema.json").as_uri()},
    }
    leading = {"$ref": f"{url}/schema.json"}
    response = {"header": {"headers": {"X-A": leading}}, "response": leading}.get(kind)
    spec = described(there.get(kind), version="3.1.0", response=response, A={"type": "integer"})
    assert said(spec, answered({"id": 1}, x_a="1")) == []
    assert elsewhere.asked == [], f"{ADAPT}: it fetches what `excerpt` leaves in"


def test_a_schema_that_names_itself_is_held_as_any_other() -> None:
    named = {"$id": "https://crm.example/a/", "properties": {"id": {"$ref": "#/components/schemas/A"}}}
    spec = described(named, version="3.1.0", A={"$id": "b", "enum": [{"id": "x"}, 1]})
    assert said(spec, answered({"id": {"id": "x"}})) == []
    assert said(spec, answered({"id": {"id": "y"}})) == ["spec.enum-violated"]


def test_no_check_asks_the_upstream(elsewhere: Upstream) -> None:
    spec = described(SCHEMA)
    document = {**spec.document, "servers": [{"url": elsewhere.url}]}
    Engine(Spec(document, f"{elsewhere.url}/openapi.json")).violations(only(spec), answered({"id": 7}, 418))
    assert elsewhere.asked == [], f"{ADAPT}: a check sends requests"


HOSTILE: dict[str, dict[str, Any]] = {
    "a circle": {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
    "itself": {"A": {"properties": {"id": {"$ref": "#/components/schemas/A"}}}},
    "nothing": {},
    "the whole": {"A": {"$ref": "#"}},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_references_that_lead_nowhere_allow_anything(kind: str) -> None:
    spec = described({"$ref": "#/components/schemas/A"}, **HOSTILE[kind])
    assert said(spec, answered({"id": {"id": {}}})) == []


def deep(levels: int) -> object:
    schema: object = {}
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
    return schema


@pytest.mark.parametrize("schema", [{"type": "objekt"}, deep(2000)], ids=["no type", "too deep"])
def test_a_schema_that_cannot_be_used_is_one_clear_error(schema: object) -> None:
    spec = described(schema)
    operation, engine = only(spec), Engine(spec)
    for _ in range(2):
        with pytest.raises(SpecError, match=r"GET /customers cannot be held against #/paths/~1customers/get of the"):
            engine.violations(operation, answered({"id": 1}))


@pytest.mark.parametrize("schema", [{"properties": []}, {"pattern": "("}, {"required": "id"}, 7, None, []])
def test_a_schema_that_is_none_allows_anything_or_is_one_clear_error(schema: object) -> None:
    spec = described({"allOf": [schema]})
    with contextlib.suppress(SpecError):
        assert said(spec, answered({"id": 1})) == []


PROBE = """
import json, os, random, sys, warnings
sys.path[:0] = json.loads(sys.argv[1])
import hypothesis, hypothesis.strategies, http.client, socket, requests
def patched():
    owners = (hypothesis, hypothesis.strategies, json, http.client.HTTPConnection, socket.socket, requests.Session)
    return [(owner, name, id(value)) for owner in owners for name, value in vars(owner).items() if callable(value)]
def state():
    return {
        "environment": dict(os.environ), "excepthook": sys.excepthook is sys.__excepthook__, "cwd": os.getcwd(),
        "filters": list(warnings.filters), "limit": sys.getrecursionlimit(), "random": hash(random.getstate()),
        "profile": repr(hypothesis.settings.default), "methods": patched(),
    }
import pytest_integration_contracts.session.project
before = state()
assert "schemathesis" not in sys.modules, "what does not need it loads it"
import pytest_integration_contracts.specs.engine
assert not [name for name in sys.modules if "schemathesis.pytest.plugin" in name or name == "_hypothesis_pytestplugin"]
from specs.describing import answered, described, only
spec = described({"type": "object"})
assert pytest_integration_contracts.specs.engine.Engine(spec).violations(only(spec), answered([]))
from schemathesis.generation.hypothesis import setup
assert not getattr(setup, "_is_patched", False), "hypothesis is patched"
after = state()
assert before == after, [name for name in before if before[name] != after[name]]
"""


def test_loading_it_changes_nothing_in_the_process_and_loads_no_plugin() -> None:
    command = [sys.executable, "-W", "error", "-c", PROBE, json.dumps(sys.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{ADAPT}: {done.stderr}"
