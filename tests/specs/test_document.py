"""Documents as texts, and what a consumer sees in them: all versions in one form, and whatever else there is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.manifest.manifest import Integration, Prefix
from pytest_integration_contracts.specs import reading
from pytest_integration_contracts.specs.document import Spec, escaped
from pytest_integration_contracts.specs.finding import declared_operation
from pytest_integration_contracts.specs.reading import MAX_BYTES, read_document
from specs.documents import answering, record, ref, spec, swagger

JSON = Any

TEXT = {"type": "string"}
HEAD = "openapi: 3.0.3\npaths: {}\n"


def read(text: str | bytes) -> JSON:
    return read_document(text, "crm.yaml")


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            '{"openapi": "3.0.3", "paths": {}}',
            b'\xef\xbb\xbf{"openapi": "3.0.3", "paths": {}}',
            HEAD,
            "{openapi: 3.0.3, paths: {}}",
            "---\nopenapi: '3.0.3'\npaths: {}\n...\n",
        ],
    )
    def test_it_is_json_or_yaml(self, text: str | bytes) -> None:
        assert read(text) == {"openapi": "3.0.3", "paths": {}}

    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ("2024-01-31", "2024-01-31"),
            ("2024-01-31T12:00:00Z", "2024-01-31T12:00:00Z"),
            ("NO", "NO"),
            ("yes", "yes"),
            ("on", "on"),
            ("12:30:45", "12:30:45"),
            ("010", "010"),
            ("0x1F", "0x1F"),
            ("1_000", "1_000"),
            ("=", "="),
            (".inf", ".inf"),
            ("true", True),
            ("~", None),
            ("", None),
            ("null", None),
            ("-7", -7),
            ("7.5", 7.5),
            ("1e3", 1000.0),
            ("'7'", "7"),
            ("!!binary aGk=", "b'hi'"),
        ],
    )
    def test_values_are_those_of_yaml_1_2_and_of_json(self, written: str, value: JSON) -> None:
        assert read(f"{HEAD}x: {written}\n")["x"] == value
        json.dumps(read(f"{HEAD}x: {written}\n"), allow_nan=False)

    def test_keys_are_texts_as_they_are_written(self) -> None:
        written = "{200: a, 1.10: b, yes: c, null: d, 2024-01-31: e, true: f, 1e3: g}"
        assert list(read(f"{HEAD}x: {written}\n")["x"]) == ["200", "1.10", "yes", "null", "2024-01-31", "true", "1e3"]

    def test_aliases_and_merges_stand_for_what_they_name(self) -> None:
        text = f"{HEAD}b: &a {{y: 2, z: 2}}\nc: *a\nd:\n  <<: *a\n  z: 3\n"
        document = read(text)
        assert document["c"] == {"y": 2, "z": 2}
        assert document["d"] == {"y": 2, "z": 3}
        several = read(f"{HEAD}a: &a {{x: 1, y: 1}}\nb: &b {{y: 2, z: 2}}\nc: {{<<: [*a, *b], z: 3}}\n")
        assert several["c"] == {"x": 1, "y": 1, "z": 3}
        assert read(f"{HEAD}c: {{<<: 7}}\n")["c"] == {"<<": 7}

    @pytest.mark.parametrize("version", ['"3.1.0"', "3.1.1", "3.0", "3.0.0-rc2"])
    def test_versions_of_openapi_3(self, version: str) -> None:
        assert not Spec(read(f"openapi: {version}\n")).is_swagger

    @pytest.mark.parametrize("version", ['"2.0"', "2.0"])
    def test_swagger_2_also_where_its_version_is_a_number(self, version: str) -> None:
        assert Spec(read(f"swagger: {version}\n")).is_swagger


class TestHostileText:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "is no OpenAPI document: it is no object"),
            ("[1]", "is no OpenAPI document: it is no object"),
            ("{}", "is no OpenAPI 3.0, OpenAPI 3.1 or Swagger 2.0 document: it has neither `openapi` nor `swagger`"),
            ("openapi: 4.0.0", "it has version '4.0.0'"),
            ("openapi: 2.0", "it has version 2.0"),
            ("swagger: 3.0.0", "it has version '3.0.0'"),
            ("openapi: [3]", r"it has version \[3\]"),
            ("openapi: 3.0.0\npaths: []", "its `paths` is no object"),
            ("openapi: 3.0.0\n\tpaths: {}", ", line 2: is neither JSON nor YAML: "),
            ('{"openapi": "3.0.0",', ", line 2: is neither JSON nor YAML: while parsing a flow node: did not"),
            ("a: &a [*a]", "refers to itself by aliases"),
            ("a: &a {b: {c: *a}}", "refers to itself by aliases"),
            ("a: !!python/object/apply:os.system [id]", "is neither JSON nor YAML: could not determine a constructor"),
            ("? [a]\n: b", "is neither JSON nor YAML: while constructing a mapping: found unhashable key"),
            ("a: *b", "is neither JSON nor YAML: found undefined alias"),
            ("a: &a 1\nb: &a 2", "is neither JSON nor YAML: found duplicate anchor"),
            ("[" * 100_000, "is neither JSON nor YAML: "),
            ('{"a":' * 100_000, "is n"),
            (b"\xff\xfe{", "is not UTF-8: invalid start byte"),
            (b"a: \x00", "is neither JSON nor YAML: "),
        ],
    )
    def test_it_is_one_clear_error(self, text: str | bytes, said: str) -> None:
        with pytest.raises(SpecError, match=said) as caught:
            read(text)
        assert str(caught.value).startswith("crm.yaml")
        assert len(str(caught.value).splitlines()) == 1

    def test_what_is_larger_than_anybody_publishes_is_not_parsed(self) -> None:
        with pytest.raises(SpecError, match="is larger than 64 MB"):
            read(b" " * (MAX_BYTES + 1))

    @pytest.mark.parametrize("collection", ["[{}]", "{{x: {}}}"])
    def test_aliases_that_multiply_are_refused_before_they_take_room(self, collection: str) -> None:
        import tracemalloc

        lines = ["a0: &a0 {x: 1, y: 2}"]
        for level in range(1, 60):
            several = (
                ", ".join([f"*a{level - 1}"] * 9)
                if collection.startswith("[")
                else f"[{', '.join([f'*a{level - 1}'] * 9)}]"
            )
            lines.append(f"a{level}: &a{level} {collection.format(several)}")
        tracemalloc.start()
        try:
            with pytest.raises(SpecError, match="refers to itself by aliases, or holds more than"):
                read("\n".join([HEAD, *lines]))
            assert tracemalloc.get_traced_memory()[1] < 8_000_000
        finally:
            tracemalloc.stop()

    def test_so_are_merges(self) -> None:
        lines = ["a0: &a0 {x: 1}"]
        lines += [f"a{level}: &a{level} {{<<: [*a{level - 1}, *a{level - 1}], k{level}: 1}}" for level in range(1, 20)]
        assert len(read("\n".join([HEAD, *lines]))["a19"]) == 20

    def test_what_aliases_stand_for_is_counted_each_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "MAX_NODES", 40)
        assert read(f"{HEAD}a: &a [1, 2, 3, 4]\nb: [*a, *a]\n")["b"] == [[1, 2, 3, 4]] * 2
        with pytest.raises(SpecError, match="holds more than 40 values"):
            read(f"{HEAD}a: &a [1, 2, 3, 4]\nb: [*a, *a, *a, *a, *a, *a, *a]\n")


class TestOperations:
    def test_what_3_and_2_write_in_different_ways_is_one(self) -> None:
        new = spec(
            {
                "/customers/{id}": {
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
                    "put": {
                        "operationId": "put",
                        "requestBody": {"required": True, "content": {"application/json": {"schema": TEXT}}},
                        **answering(TEXT),
                    },
                }
            },
            servers=["https://api.crm.example/v1"],
        )
        old = swagger(
            {
                "/customers/{id}": {
                    "parameters": [{"name": "id", "in": "path", "type": "string"}],
                    "put": {
                        "operationId": "put",
                        "parameters": [{"in": "body", "name": "any", "required": True, "schema": TEXT}],
                        "responses": {200: {"schema": TEXT}},
                    },
                }
            },
            host="api.crm.example",
            basePath="/v1",
            schemes=["https", "wss"],
        )
        for each in (new, old):
            assert each.servers == ("https://api.crm.example/v1",)
            operation = each.find("PUT", "/customers/7")
            assert operation is not None
            assert (operation.name, operation.needs_body, list(operation.body)) == ("put", True, ["application/json"])
            assert operation.parameters["path", "id"].required
            response = operation.response(200)
            assert response is not None
            assert response.media["application/json"].schema == TEXT

    def test_forms_of_swagger_are_bodies(self) -> None:
        fields = [
            {"in": "formData", "name": "name", "type": "string", "required": True},
            {"in": "formData", "name": "file", "type": "file"},
        ]
        operation = swagger({"/files": {"post": {"parameters": fields}}}).operation("post", "/files")
        assert operation is not None
        assert operation.needs_body
        ((media, part),) = operation.body.items()
        assert media == "application/x-www-form-urlencoded"
        assert isinstance(part.schema, dict)
        assert list(part.schema["properties"]) == ["name", "file"]

    def test_pointers_lead_to_what_they_name(self) -> None:
        document = spec({"/a~b/{x}": {"get": answering(TEXT, media="text/a/b")}})
        operation = document.operation("GET", "/a~b/{x}")
        assert operation is not None
        assert document.at(operation.responses["200"].media["text/a/b"].pointer) == TEXT
        assert document.at(operation.pointer) == document.document["paths"]["/a~b/{x}"]["get"]
        assert document.at("#/paths/" + escaped("/a~b/{x}").replace("{", "%7B")) is not None

    @pytest.mark.parametrize("status", ["200", "2XX", "2xx", "default"])
    def test_a_response_is_that_of_its_status_its_hundred_or_the_default(self, status: str) -> None:
        (operation,) = spec({"/a": {"get": answering(TEXT, status=status)}}).operations()
        assert operation.response(200) is not None
        assert (operation.response(404) is None) == (status != "default")

    def test_references_are_followed_and_circles_of_them_are_nothing(self) -> None:
        components = {
            "responses": {
                "Found": {"$ref": "#/components/responses/Again"},
                "Again": answering(TEXT)["responses"]["200"],
            },
            "parameters": {"A": {"$ref": "#/components/parameters/A"}},
        }
        operation = {
            "parameters": [{"$ref": "#/components/parameters/A"}, {"$ref": "other.yaml#/x"}],
            "responses": {"200": {"$ref": "#/components/responses/Found"}},
        }
        (found,) = spec({"/a": {"get": operation}}, components=components).operations()
        assert found.parameters == {}
        assert list(found.responses["200"].media) == ["application/json"]

    @pytest.mark.parametrize(
        "junk",
        [
            7,
            None,
            [],
            {"get": 7},
            {"get": {"parameters": 7, "responses": [], "requestBody": [], "security": 7, "deprecated": "no"}},
            {
                "get": {
                    "parameters": [7, {}, {"in": 7, "name": 7}, {"in": "query", "name": {}}],
                    "responses": {"200": 7},
                }
            },
            {"get": {"responses": {"x-a": {}, "7": {"content": [], "headers": []}, "200": {"content": {"a": 7}}}}},
            {"get": {"responses": {"200": {"headers": {"A": {"content": 7}, "B": 7, "C": {"content": {}}}}}}},
            {"$ref": 7},
            {"$ref": "#/paths/~1a"},
        ],
    )
    def test_junk_is_passed_over(self, junk: JSON) -> None:
        for document in (spec({"/a": junk, "x-b": {}}), swagger({"/a": junk})):
            for operation in document.operations():
                assert str(operation) == "GET /a"
            assert document.find("GET", "/b") is None

    @pytest.mark.parametrize("servers", [[{"url": "http://[x"}], [{"url": 7}], 7, [7], [{"url": "ftp://a.example"}]])
    def test_servers_that_are_none(self, servers: JSON) -> None:
        assert Spec({"openapi": "3.0.0", "servers": servers}).servers == ()
        assert Spec({"swagger": "2.0", "host": servers, "schemes": 7}).servers == ()

    def test_servers_are_relative_to_where_the_document_is(self) -> None:
        document = {"openapi": "3.0.0", "servers": [{"url": "../{v}/", "variables": {"v": {"default": "v2"}}}]}
        assert Spec(document, "https://api.crm.example/docs/openapi.json").servers == ("https://api.crm.example/v2",)


class TestFinding:
    document = spec(
        {
            "/customers/{id}": {"get": answering(TEXT)},
            "/customers/search": {"get": answering(TEXT)},
            "/files/{name}.json": {"get": answering(TEXT)},
            "/orders/": {"get": answering(TEXT)},
        },
        servers=["https://api.crm.example/v1"],
    )
    integration = Integration("crm", (Prefix("http://127.0.0.1:7/stand-in", "https://sandbox.crm.example"),))

    @pytest.mark.parametrize(
        ("url", "template"),
        [
            ("https://api.crm.example/v1/customers/7?expand=a", "/customers/{id}"),
            ("https://eu.crm.example/v1/customers/search", "/customers/search"),
            ("http://127.0.0.1:7/stand-in/customers/7", "/customers/{id}"),
            ("https://sandbox.crm.example/files/a.json", "/files/{name}.json"),
            ("https://sandbox.crm.example/customers/{id}", "/customers/{id}"),
            ("https://sandbox.crm.example/customers/7/", "/customers/{id}"),
            ("https://sandbox.crm.example/orders", "/orders/"),
            ("https://sandbox.crm.example/files/.json", None),
            ("https://sandbox.crm.example/customers/7/notes", None),
        ],
    )
    def test_a_request_is_below_a_server_or_one_of_the_integrations_urls(self, url: str, template: str | None) -> None:
        found = declared_operation(self.document, "get", url, self.integration)
        assert (found.template if found else None) == template

    def test_references_of_schemas_are_left_as_they_are(self) -> None:
        (operation,) = spec({"/a": {"get": answering(ref("A"))}}, schemas={"A": record()}).operations()
        assert operation.responses["200"].media["application/json"].schema == ref("A")
