"""Two versions of a document, as the consumer of one operation sees them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from pytest_integration_contracts.drift.policy import Policy
from pytest_integration_contracts.drift.publication_rules import PUBLICATION_RULES
from pytest_integration_contracts.manifest.manifest import Override
from pytest_integration_contracts.model import Change, Operation
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.shape import UNKNOWN
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.drift import Use, changes, server_changes
from specs.documents import answering, as_3_1, record, ref, renamed, shuffled, spec, swagger, walked

JSON = Any
Said = list[tuple[str, str, str]]

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
OK = answering(record("id", id=TEXT))


def found(
    old: Spec,
    new: Spec,
    *,
    asked: str = "GET /customers/7",
    keys: tuple[str, ...] = ("200 application/json",),
    sends: JSON = None,
    queries: tuple[str, ...] = (),
    policy: Policy | None = None,
) -> dict[str, tuple[Change, ...]]:
    method, _, path = asked.partition(" ")
    use = Use(
        operation=Operation("crm", asked),
        old=old.find(method, path),
        new=new.find(method, path),
        keys=frozenset(keys),
        request=UNKNOWN if sends is None else infer([sends]),
        queries=frozenset(queries),
    )
    return changes(old, new, use, policy or Policy())


def said(old: Spec, new: Spec, **use: Any) -> Said:
    """Severity, rule and path of all changes."""
    return [
        (change.severity.value, change.rule, change.path) for each in found(old, new, **use).values() for change in each
    ]


def getting(operation: JSON, **members: JSON) -> Spec:
    return spec({"/customers/{id}": {"get": operation}}, **members)


def posting(schema: JSON, *, required: bool = True, media: str = "application/json", **members: JSON) -> Spec:
    body = {"required": required, "content": {media: {"schema": schema}}}
    return spec({"/customers": {"post": {**OK, "requestBody": body}}}, **members)


def sending(old: JSON, new: JSON, sends: JSON = None) -> Said:
    return said(posting(old), posting(new), asked="POST /customers", sends=sends)


class TestResponses:
    def test_bodies_are_compared_by_the_rules_of_bodies(self) -> None:
        old = getting(answering(record("id", "email", id=TEXT, email=TEXT, note=TEXT)))
        new = getting(answering(record("id", id=NUMBER, phone=TEXT)))
        told = found(old, new)["200 application/json"]
        assert [(change.severity.value, change.rule, change.path) for change in told] == [
            ("breaking", "property.removed", "$.email"),
            ("breaking", "type.changed", "$.id"),
            ("warning", "property.removed-optional", "$.note"),
            ("compatible", "property.added", "$.phone"),
        ]

    def test_what_explains_an_observation_explains_no_declaration(self) -> None:
        person = record("id", "email", "name", "city", id=TEXT, email=TEXT, name=TEXT, city=TEXT)
        like = record("id", "name", "city", id=TEXT, name=TEXT, city=TEXT)
        old = getting(answering(record("owner", "backup", owner=person, backup=like)))
        new = getting(answering(record("owner", "backup", owner=like, backup=like)))
        assert said(old, new) == [("breaking", "property.removed", "$.owner.email")]

    def test_only_kinds_that_the_consumer_knows_are_told_of(self) -> None:
        old, new = getting(answering(record("a", a=TEXT))), getting(answering(record("a", a=NUMBER)))
        assert said(old, new, keys=("404 application/json", "payload")) == []
        assert said(old, new, keys=()) == []

    def test_one_cause_is_told_once_of_all_kinds_that_share_it(self) -> None:
        def errors(kind: JSON) -> Spec:
            content = {"content": {"application/problem+json": {"schema": ref("Problem")}}}
            responses = {"404": content, "4XX": content, "default": content}
            return getting({"responses": responses}, schemas={"Problem": record("title", title=kind)})

        keys = tuple(f"{status} application/problem+json" for status in (404, 422, 503))
        told = found(errors(TEXT), errors(NUMBER), keys=(*keys, "404 application/problem+json (error)"))
        assert list(told) == ["404 application/problem+json"]

    def test_enums_are_told_also_of_fields_whose_observed_values_would_be_private(self) -> None:
        old, new = (getting(answering(record("country", country={"enum": words}))) for words in (["NL"], ["NL", "DE"]))
        assert said(old, new) == [("warning", "vocabulary.value-added", "$.country")]

    def test_a_variant_that_is_new_is_told(self) -> None:
        def paid(*kinds: str) -> Spec:
            choice = {"oneOf": [ref(kind) for kind in kinds], "discriminator": {"propertyName": "type"}}
            schemas = {kind: record(kind, **{kind: TEXT}) for kind in ("card", "bank", "cash")}
            return getting(answering(choice), schemas=schemas)

        assert said(paid("card", "bank"), paid("card", "bank", "cash")) == [("warning", "variant.added", "$")]

    def test_a_status_in_the_place_of_another(self) -> None:
        old, new = getting(OK), getting({"responses": {"202": {}, "404": {}}})
        (change,) = found(old, new)["200 application/json"]
        assert (change.severity, change.rule, change.before, change.after) == (
            "breaking", "spec.status-removed", "200", "202, 404",
        )  # fmt: skip
        assert "" not in found(old, new)

    def test_default_is_no_success_where_successes_are_declared(self) -> None:
        error = answering(record("title", title=TEXT))["responses"]["200"]
        old, new = getting(OK), getting({"responses": {"201": {}, "default": error}})
        assert said(old, new) == [("breaking", "spec.status-removed", "$")]
        only = getting({"responses": {"default": OK["responses"]["200"]}})
        assert said(old, only) == []

    def test_an_error_that_is_declared_no_more_is_a_warning(self) -> None:
        old = getting({"responses": {**OK["responses"], "404": {}}})
        assert said(old, getting(OK), keys=("404",)) == [("warning", "spec.status-removed", "$")]

    @pytest.mark.parametrize(("status", "rules"), [("202", ["spec.status-added"]), ("429", []), ("2XX", [])])
    def test_a_status_beside_it(self, status: str, rules: list[str]) -> None:
        new = getting({"responses": {**OK["responses"], status: {}}})
        assert [rule for _, rule, _ in said(getting(OK), new)] == rules

    def test_a_media_type_that_the_consumer_reads(self) -> None:
        schema = record("id", id=TEXT)
        old, new = getting(answering(schema)), getting(answering(schema, media="text/csv"))
        assert said(old, new) == [("breaking", "spec.media-removed", "$")]
        assert said(new, old) == []

    @pytest.mark.parametrize(
        "media", ["application/json;charset=utf-8", "Application/JSON", "application/*", "*/*", "application/hal+json"]
    )
    def test_media_types_that_mean_the_same(self, media: str) -> None:
        schema = record("id", id=TEXT)
        assert said(getting(answering(schema)), getting(answering(schema, media=media))) == []
        assert said(getting(answering(schema, media=media)), getting(answering(schema))) == []


class TestOperations:
    def test_one_that_is_gone(self) -> None:
        (change,) = found(getting(OK), spec())[""]
        assert (change.severity, change.rule, change.before, change.after) == (
            "breaking", "spec.operation-removed", "GET /customers/{id}", "gone",
        )  # fmt: skip

    def test_one_that_is_gone_is_not_taken_for_another_that_fits_its_path(self) -> None:
        old = spec({"/customers/search": {"get": OK}, "/customers/{id}": {"get": answering(TEXT)}})
        new = spec({"/customers/{id}": {"get": answering(TEXT)}})
        assert said(old, new, asked="GET /customers/search") == [("breaking", "spec.operation-removed", "$")]

    def test_one_that_the_old_document_did_not_have(self) -> None:
        assert found(spec(), getting(OK)) == {}

    def test_a_placeholder_by_another_name_changes_nothing(self) -> None:
        assert found(getting(OK), spec({"/customers/{customerId}": {"get": OK}})) == {}

    def test_an_announcement_is_told_once_and_with_its_day(self) -> None:
        plain, old, new = getting(OK), getting({**OK, "deprecated": True}), getting({**OK, "x-sunset": "2100-01-01"})
        assert said(plain, old) == [("warning", "spec.operation-deprecated", "$")]
        (change,) = found(old, new)[""]
        assert (change.before, change.after) == ("deprecated", "deprecated, until 2100-01-01")
        assert said(old, old) == said(new, new) == said(old, plain) == []

    def test_a_policy_may_weigh_it_otherwise_or_not_at_all(self) -> None:
        strict = Policy("strict")
        old, new = getting(OK), getting({**OK, "deprecated": True})
        assert [severity for severity, *_ in said(old, new, policy=strict)] == ["breaking"]
        off = Policy(overrides=(Override("spec.*", "off"),))
        assert found(old, new, policy=off) == found(old, spec(), policy=off) == {}


KEY = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
OAUTH = {"type": "oauth2", "flows": {}}


def secured(*ways: JSON, root: bool = False, **schemes: JSON) -> Spec:
    operation = OK if root else {**OK, "security": list(ways)}
    members = {"security": list(ways)} if root else {}
    return getting(operation, components={"securitySchemes": schemes or {"key": KEY, "oauth": OAUTH}}, **members)


class TestSecurity:
    @pytest.mark.parametrize(
        ("old", "new", "severity"),
        [
            ([{"key": []}], [{"oauth": []}], "breaking"),
            ([{"oauth": ["read"]}], [{"oauth": ["read", "write"]}], "breaking"),
            ([{"key": []}], [{"key": [], "oauth": []}], "breaking"),
            ([], [{"key": []}], "breaking"),
            ([{}], [{"key": []}], "breaking"),
            ([{"key": []}, {"oauth": []}], [{"oauth": []}], "warning"),
            ([{"key": []}], [{"oauth": []}, {"key": []}], ""),
            ([{"oauth": ["read", "write"]}], [{"oauth": ["read"]}], ""),
            ([{"key": []}], [{}], ""),
            ([{"key": []}], [], ""),
        ],
    )
    def test_what_is_not_enough_any_more(self, old: JSON, new: JSON, severity: str) -> None:
        for root in (False, True):
            told = said(secured(*old, root=root), secured(*new))
            assert told == ([(severity, "spec.security-changed", "$")] if severity else [])

    def test_what_a_scheme_is_called_does_not_matter(self) -> None:
        assert said(secured({"a": []}, a=KEY), secured({"b": []}, b={**KEY, "name": "x-api-key"})) == []

    def test_a_document_that_begins_to_say_it_changes_nothing(self) -> None:
        assert said(getting(OK), secured({"key": []})) == []
        assert said(secured({"key": []}), getting(OK)) == []

    def test_it_is_told_in_words(self) -> None:
        (change,) = found(secured({"key": []}), secured({"oauth": ["write"]}))[""]
        assert (change.before, change.after) == ("API key in header x-api-key", "oauth2 (write)")


class TestServers:
    def test_another_path_below_which_everything_is(self) -> None:
        old, new = (getting(OK, servers=[f"https://api.crm.example/{version}"]) for version in ("v1", "v2"))
        (change,) = server_changes(old, new, Policy())
        assert (change.severity, change.rule, change.before, change.after) == (
            "warning", "spec.server-changed", "/v1", "/v2",
        )  # fmt: skip
        assert said(old, new) == []

    def test_another_host_or_a_further_server_changes_nothing(self) -> None:
        old = getting(OK, servers=["https://api.crm.example/v1"])
        new = getting(OK, servers=["https://eu.crm.example/v1", "https://eu.crm.example/v2"])
        assert server_changes(old, new, Policy()) == server_changes(old, getting(OK), Policy()) == ()

    def test_a_prefix_may_move_from_the_servers_to_the_paths(self) -> None:
        old = getting(OK, servers=["https://api.crm.example/v1"])
        new = spec({"/v1/customers/{id}": {"get": OK}}, servers=["https://api.crm.example"])
        assert server_changes(old, new, Policy()) == ()


class TestRequests:
    old = record("name", name=TEXT, email=TEXT)

    @pytest.mark.parametrize(
        ("sends", "severities"),
        [(None, ["breaking"]), ({"name": "a"}, ["breaking"]), ({"name": "a", "email": "b"}, [])],
    )
    def test_a_property_that_must_be_sent_now(self, sends: JSON, severities: list[str]) -> None:
        for new in (record("name", "email", name=TEXT, email=TEXT), record("email", email=TEXT, name=TEXT)):
            told = sending(self.old, new, sends)
            assert told == [(severity, "request.property-required", "request:$.email") for severity in severities]

    def test_one_inside_of_what_may_be_left_out(self) -> None:
        old, new = (record(to=record(*required, city=TEXT, zip=TEXT)) for required in ((), ("zip",)))
        path = "request:$.to.zip"
        assert sending(old, new) == [("warning", "request.property-required", path)]
        assert sending(old, new, {"to": {"city": "a"}}) == [("breaking", "request.property-required", path)]
        assert sending(old, new, {"other": 1}) == []
        rows, new_rows = ({"type": "array", "items": each} for each in (old, new))
        assert sending(rows, new_rows, [{"to": {"city": "a"}}])[0][2] == "request:$[*].to.zip"
        assert sending(rows, new_rows, []) == []

    def test_a_property_that_is_sent_and_declared_no_more(self) -> None:
        new = record(email=TEXT)
        assert sending(self.old, new) == [("warning", "request.property-removed", "request:$.name")]
        assert sending(self.old, record("name", name=TEXT)) == []
        assert sending(self.old, record("name", name=TEXT), {"name": "a"}) == []
        told = sending(self.old, record("name", name=TEXT), {"name": "a", "email": "b"})
        assert told == [("warning", "request.property-removed", "request:$.email")]

    def test_a_type_that_is_sent_and_not_taken_any_more(self) -> None:
        new = record("name", name=NUMBER, email=NUMBER)
        assert sending(self.old, new) == [("breaking", "request.type-changed", "request:$.name")]
        assert sending(self.old, new, {"email": "a"}) == [("breaking", "request.type-changed", "request:$.email")]
        assert sending(self.old, new, {"name": 7}) == []
        wider = record("name", name={"type": ["string", "number", "null"]})
        assert sending(self.old, wider, {"name": "a"}) == []
        assert sending(wider, self.old, {"name": None}) == [("breaking", "request.type-changed", "request:$.name")]
        assert sending(wider, self.old) == []

    def test_integers_and_numbers(self) -> None:
        whole, any_ = record("n", n={"type": "integer"}), record("n", n=NUMBER)
        assert sending(whole, any_, {"n": 1}) == sending(any_, whole, {"n": 1}) == []
        assert sending(any_, whole, {"n": 1.5}) == [("breaking", "request.type-changed", "request:$.n")]

    def test_a_value_that_is_sent_and_not_taken_any_more(self) -> None:
        old, new = (record("kind", kind={"enum": words}) for words in (["card", "cheque"], ["card", "bank"]))
        assert sending(old, new, {"kind": "cheque"}) == [("breaking", "request.value-removed", "request:$.kind")]
        assert sending(old, new, {"kind": "card"}) == sending(old, new) == []
        none_left = record("kind", kind={"enum": ["bank"]})
        assert sending(old, none_left) == [("breaking", "request.value-removed", "request:$.kind")]

    def test_a_variant_that_is_sent_and_not_taken_any_more(self) -> None:
        def paying(*kinds: str) -> JSON:
            return {"oneOf": [record("type", kind, type={"const": kind}, **{kind: TEXT}) for kind in kinds]}

        old, new = paying("card", "bank", "cash"), paying("card", "bank")
        assert sending(old, new, {"type": "cash", "cash": "a"}) == [
            ("breaking", "request.value-removed", "request:$.type")
        ]
        assert sending(old, new, {"type": "card", "card": "a"}) == sending(old, new) == sending(new, old) == []

    def test_a_body_that_must_be_sent_now(self) -> None:
        old, new = (posting(self.old, required=required) for required in (False, True))
        none = spec({"/customers": {"post": OK}})
        for before in (old, none):
            told = said(before, new, asked="POST /customers")
            assert told == [("breaking", "request.body-required", "request:")]
            assert said(before, new, asked="POST /customers", sends={"name": "a"}) == []
        assert said(new, old, asked="POST /customers") == []

    def test_a_media_type_that_is_not_taken_any_more(self) -> None:
        old, new = posting(self.old), posting(self.old, media="multipart/form-data")
        assert said(old, new, asked="POST /customers") == [("breaking", "request.media-removed", "request:")]

    def test_what_is_only_read_is_not_asked_for(self) -> None:
        assert sending(self.old, record("name", "id", name=TEXT, id={**TEXT, "readOnly": True})) == []

    @pytest.mark.parametrize("path", ["request:$.email", "request:$.*", "request:*"])
    def test_an_override_names_places_of_requests(self, path: str) -> None:
        policy = Policy(overrides=(Override("request.*", "warning", path=path),))
        old, new = (posting(record(*required, email=TEXT)) for required in ((), ("email",)))
        assert [each for each, *_ in said(old, new, asked="POST /customers", policy=policy)] == ["warning"]


def with_parameter(**parameter: JSON) -> Spec:
    name = {"name": parameter.pop("name", "limit"), "in": parameter.pop("place", "query")}
    return getting({**OK, "parameters": [{**name, "schema": TEXT, **parameter}]})


class TestParameters:
    @pytest.mark.parametrize("place", ["query", "header", "cookie"])
    def test_one_that_must_be_sent_now(self, place: str) -> None:
        new = with_parameter(place=place, required=True)
        for old in (getting(OK), with_parameter(place=place)):
            assert said(old, new) == [("breaking", "request.parameter-required", f"{place}:limit")]
        assert said(new, new) == said(getting(OK), with_parameter(place=place)) == []
        if place == "query":
            assert said(getting(OK), new, queries=("limit",)) == []

    def test_headers_that_no_document_may_declare_are_passed_over(self) -> None:
        assert said(getting(OK), with_parameter(name="Authorization", place="header", required=True)) == []

    def test_one_that_is_sent_and_declared_no_more(self) -> None:
        old = with_parameter()
        assert said(old, getting(OK), queries=("limit",)) == [("warning", "request.parameter-removed", "query:limit")]
        assert said(old, getting(OK)) == said(getting(OK), getting(OK), queries=("limit",)) == []

    def test_one_that_is_sent_and_should_not_be_any_more(self) -> None:
        new = with_parameter(deprecated=True)
        assert said(with_parameter(), new, queries=("limit",)) == [
            ("warning", "request.parameter-deprecated", "query:limit")
        ]
        assert said(with_parameter(), new) == []

    def test_one_that_is_sent_and_must_be_something_else(self) -> None:
        new = with_parameter(schema={"type": "integer"})
        assert said(with_parameter(), new, queries=("limit",)) == [("breaking", "request.type-changed", "query:limit")]
        assert said(with_parameter(), new) == said(new, with_parameter(), queries=("limit",)) == []

    def test_one_none_of_whose_values_is_left(self) -> None:
        old, new, more = (with_parameter(schema={"enum": words}) for words in (["a", "b"], ["c"], ["b", "c"]))
        assert said(old, new, queries=("limit",)) == [("breaking", "request.value-removed", "query:limit")]
        assert said(old, more, queries=("limit",)) == []


MONEY = record("amount", "currency", amount={"type": "integer", "format": "int64"}, currency=TEXT)
RICH: JSON = {
    "openapi": "3.0.3",
    "info": {"title": "Rich", "version": "1"},
    "servers": [{"url": "https://api.crm.example/v1"}],
    "paths": {
        "/customers/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "post": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "expand", "in": "query", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}},
                ],
                "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Customer")}}},
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": ref("Customer")}}},
                    "404": {"description": "", "content": {"application/json": {"schema": ref("Error")}}},
                },
                "security": [{"key": []}],
            },
        },
    },
    "components": {
        "securitySchemes": {"key": KEY},
        "schemas": {
            "Money": MONEY,
            "Error": record("code", code={"type": "integer", "format": "int32"}, text={**TEXT, "nullable": True}),
            "Card": record("kind", "last4", kind={"enum": ["card"], "type": "string"}, last4=TEXT),
            "Bank": record("kind", "iban", kind={"enum": ["bank"], "type": "string"}, iban={**TEXT, "nullable": True}),
            "Customer": record(
                "id",
                "state",
                id={"type": "string", "format": "uuid", "readOnly": True},
                state={"type": "string", "enum": ["open", "closed"], "nullable": True},
                balance={"allOf": [ref("Money")], "nullable": True},
                credit=ref("Money"),
                method={
                    "oneOf": [ref("Card"), ref("Bank")],
                    "discriminator": {
                        "propertyName": "kind",
                        "mapping": {"card": "#/components/schemas/Card", "bank": "#/components/schemas/Bank"},
                    },
                },
                tags={"type": "array", "items": {"type": "string"}},
                labels={"type": "object", "additionalProperties": {"type": "string"}},
                parent=ref("Customer"),
                nullable={"type": "boolean"},
            ),
        },
    },
}


def inlined(document: JSON) -> JSON:
    """The same with every reference to money and to errors written out."""
    schemas = document["components"]["schemas"]

    def written(node: JSON) -> JSON:
        name = str(node.get("$ref", "")).rpartition("/")[2]
        return copy.deepcopy(schemas[name]) if name in {"Money", "Error"} else node

    return walked(document, written)


def described(document: JSON) -> JSON:
    """The same with other descriptions and examples, and bounds that are no part of a shape."""

    def told(node: JSON) -> JSON:
        return {**node, "description": "Another one.", "maxLength": 7} if isinstance(node.get("type"), str) else node

    return walked(document, told)


def as_swagger(document: JSON) -> JSON:
    """The 3.0 document in the words of Swagger 2.0."""
    operation = document["paths"]["/customers/{id}"]["post"]

    def older(node: JSON) -> JSON:
        node = {("x-nullable" if key == "nullable" and value is True else key): value for key, value in node.items()}
        if isinstance(node.get("$ref"), str):
            node["$ref"] = node["$ref"].replace("components/schemas", "definitions")
        if isinstance(node.get("discriminator"), dict):
            node["discriminator"] = node["discriminator"]["propertyName"]
        return node

    schemas = walked(document["components"]["schemas"], older)
    return {
        "swagger": "2.0",
        "info": document["info"],
        "host": "api.crm.example",
        "basePath": "/v1",
        "schemes": ["https"],
        "produces": ["application/json"],
        "consumes": ["application/json"],
        "paths": {
            "/customers/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "type": "string"}],
                "post": {
                    "parameters": [
                        {"name": "limit", "in": "query", "type": "integer"},
                        {"name": "expand", "in": "query", "type": "array", "items": {"type": "string"}},
                        {"name": "any", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Customer"}},
                    ],
                    "responses": {
                        status: {"description": "", "schema": {"$ref": f"#/definitions/{name}"}}
                        for status, name in (("200", "Customer"), ("404", "Error"))
                    },
                    "security": operation["security"],
                },
            }
        },
        "securityDefinitions": {"key": KEY},
        "definitions": schemas,
    }


USED: JSON = {
    "asked": "POST /customers/7",
    "keys": ("200 application/json", "404 application/json"),
    "queries": ("limit", "expand"),
    "sends": {"state": "open", "method": {"kind": "card", "last4": "1"}, "balance": None, "labels": {"a": "b"}},
}


@pytest.mark.parametrize("change", [copy.deepcopy, shuffled, renamed, inlined, described, as_3_1, as_swagger])
def test_the_same_content_in_other_words_is_no_change(change: Any) -> None:
    document = without_mapping(RICH) if change is renamed else RICH
    old, new = Spec(document), Spec(change(document))
    for use in (USED, {**USED, "sends": None, "queries": ()}):
        assert said(old, new, **use) == []
        assert said(new, old, **use) == []
    assert server_changes(old, new, Policy()) == ()


def without_mapping(document: JSON) -> JSON:
    """The same without a discriminator: its mapping would name schemas."""
    return walked(document, lambda node: {key: value for key, value in node.items() if key != "discriminator"})


def test_what_is_told_of_the_rich_document_shows_that_it_is_read() -> None:
    new = copy.deepcopy(RICH)
    schemas = new["components"]["schemas"]
    schemas["Money"]["properties"]["amount"] = TEXT
    schemas["Card"]["properties"]["last4"] = NUMBER
    del schemas["Error"]["properties"]["code"]
    assert said(Spec(RICH), Spec(new), **USED) == [
        ("breaking", "request.type-changed", "request:$.method.last4"),
        ("breaking", "type.changed", "$.balance.amount"),
        ("breaking", "type.changed", "$.credit.amount"),
        ("breaking", "type.changed", "$.method.last4"),
        ("breaking", "property.removed", "$.code"),
    ]


def test_swagger_forms_are_bodies() -> None:
    form = {"in": "formData", "name": "name", "type": "string", "required": True}
    old = swagger({"/customers": {"post": {"consumes": ["multipart/form-data"], "parameters": [form]}}})
    body = {"required": True, "content": {"multipart/form-data": {"schema": record("name", name=TEXT)}}}
    new = spec({"/customers": {"post": {"requestBody": body}}})
    assert said(old, new, asked="POST /customers") == said(new, old, asked="POST /customers") == []
    more = {"in": "formData", "name": "email", "type": "string", "required": True}
    newer = swagger({"/customers": {"post": {"consumes": ["multipart/form-data"], "parameters": [form, more]}}})
    assert said(old, newer, asked="POST /customers") == [("breaking", "request.property-required", "request:$.email")]


def test_every_rule_is_told_by_a_test_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert {rule.id for rule in PUBLICATION_RULES if f'"{rule.id}"' not in text} == set()
