"""The commands that need no project: `infer`, `diff`, `explain`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from pytest_integration_contracts.cli import main
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.manifest.manifest import PRESETS
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.snapshots.snapshot import ResponseShape, Snapshot
from pytest_integration_contracts.snapshots.store import SnapshotStore

OLD = [{"id": 1, "email": "a@mail.example"}, {"id": 2, "email": "b@mail.example"}]
NEW = [{"id": 1, "name": "Ada"}]
GET = Operation("crm", "GET /customers/{id}")


def run(*arguments: str | Path, given: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "old.ndjson").write_text("".join(f"{json.dumps(body)}\n" for body in OLD))
    (tmp_path / "new.json").write_text(json.dumps(NEW[0]))
    return tmp_path


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


def snapshot(version: str, **bodies: list[Any]) -> Snapshot:
    """A snapshot of responses by status, `ok` for 200."""
    responses = {
        f"{status.replace('ok', '200').removeprefix('s')} application/json": ResponseShape(len(each), body=infer(each))
        for status, each in bodies.items()
    }
    return Snapshot(GET, version, "2024-01-31", responses=responses)


def rules(told: Result) -> list[tuple[str, str]]:
    return [(change["rule"], change["path"]) for change in json.loads(told.stdout)["changes"]]


def test_infer_prints_a_schema_that_accepts_every_body(files: Path) -> None:
    printed = run("infer", files / "old.ndjson", files / "new.json")
    assert printed.exit_code == 0
    schema = json.loads(printed.stdout)
    Draft202012Validator.check_schema(schema)
    assert all(Draft202012Validator(schema).is_valid(body) for body in OLD + NEW)
    assert (
        run("infer", "-", given=(files / "old.ndjson").read_text()).stdout == run("infer", files / "old.ndjson").stdout
    )


def test_diff_says_what_changed_and_exits_1_where_it_breaks(files: Path) -> None:
    told = run("diff", files / "old.ndjson", files / "new.json")
    assert told.exit_code == 1
    assert told.stdout == (
        "  BREAKING  property.removed   $.email    string (email), in 2 of 2 responses -> gone, in 1 of 1\n"
        '            response["email"]  # KeyError\n'
        "  new       property.added     $.name     string, after 2 responses\n"
        "1 breaking, 0 warning, 1 compatible\n"
    )
    assert run("diff", files / "old.ndjson", files / "old.ndjson").exit_code == 0


def test_diff_reads_the_schemas_that_infer_prints(files: Path) -> None:
    (files / "schema.json").write_text(run("infer", files / "old.ndjson").stdout)
    assert (
        run("diff", files / "schema.json", files / "new.json").stdout
        == run("diff", files / "old.ndjson", files / "new.json").stdout
    )


def test_diff_as_json_is_a_stable_document(files: Path) -> None:
    document = json.loads(run("diff", files / "old.ndjson", files / "new.json", "--format", "json").stdout)
    removed = document["changes"][0]
    assert document["summary"] == {"breaking": 1, "warning": 0, "compatible": 1}
    assert removed.pop("fingerprint").isalnum()
    assert removed == {
        "rule": "property.removed",
        "severity": "breaking",
        "path": "$.email",
        "before": "string (email)",
        "after": "gone",
        "evidence": {"baseline": [2, 2], "observed": [1, 1]},
        "message": RULES["property.removed"].why,
        "related_paths": [],
    }


def test_diff_as_markdown_is_a_table(files: Path) -> None:
    text = run("diff", files / "old.ndjson", files / "new.json", "--format", "markdown").stdout
    assert (
        "| breaking | `property.removed` | `$.email` | string (email), in 2 of 2 responses -> gone, in 1 of 1 |" in text
    )


def test_infer_as_json_says_how_thin_it_is_and_what_nobody_has_seen(files: Path) -> None:
    given = "{}\n{}\n".format(json.dumps({"note": None, "tags": []}), json.dumps({"note": None, "tags": []}))
    document = json.loads(run("infer", "-", "--format", "json", given=given).stdout)
    assert document["shape"] == json.loads(run("infer", "-", given=given).stdout)
    assert document["responses"] == 2
    assert document["never_observed"] == ["$.note", "$.tags[*]"]
    assert list(document) == ["shape", "responses", "never_observed"]


def test_a_preset_decides_how_grave_a_change_is(files: Path) -> None:
    lines = {preset: run("diff", files / "old.ndjson", files / "new.json", "--preset", preset) for preset in PRESETS}
    assert {preset: told.exit_code for preset, told in lines.items()} == {"standard": 1, "strict": 1, "lenient": 0}
    assert lines["lenient"].stdout.startswith(
        "  warning   property.removed   $.email    string (email), in 2 of 2 responses -> gone, in 1 of 1"
        "  (learned from only 2 responses)\n"
    )


def test_a_note_is_told_in_every_format(files: Path) -> None:
    (files / "null.json").write_text('{"id": 1, "email": null}')
    given = ("diff", files / "old.ndjson", files / "null.json")
    assert run(*given).exit_code == 0
    assert "  (learned from only 2 responses)\n" in run(*given).stdout
    assert json.loads(run(*given, "--format", "json").stdout)["changes"][0]["note"] == "learned from only 2 responses"
    assert "| learned from only 2 responses |" in run(*given, "--format", "markdown").stdout


EXCHANGE = {"method": "GET", "url": "https://api.crm.example/customers/1", "response_body": OLD[0]}


class TestExchanges:
    def test_what_has_the_members_of_an_exchange_is_compared_by_its_response(self, files: Path) -> None:
        whole = {**EXCHANGE, "status": 200, "request_body": None, "response_body": OLD[1]}
        old = files / "exchanges.ndjson"
        old.write_text(f"{json.dumps(EXCHANGE)}\n{json.dumps(whole)}\n")
        assert (
            run("diff", old, files / "new.json").stdout == run("diff", files / "old.ndjson", files / "new.json").stdout
        )
        assert run("infer", old).stdout == run("infer", files / "old.ndjson").stdout

    @pytest.mark.parametrize("body", [{**EXCHANGE, "more": 1}, {"method": "GET", "url": "/a"}])
    def test_what_has_others_or_fewer_is_a_body(self, files: Path, body: object) -> None:
        document = json.loads(run("infer", write(files / "body.json", body)).stdout)
        assert "url" in document["properties"]

    @pytest.mark.parametrize(
        ("member", "said"),
        [
            ({"status": "200"}, "is an exchange whose `status` is not an integer"),
            ({"status": True}, "is an exchange whose `status` is not an integer"),
            ({"url": 1}, "is an exchange whose `method` or `url` is not a string"),
            ({"method": None}, "is an exchange whose `method` or `url` is not a string"),
        ],
    )
    def test_one_that_cannot_be_says_why(self, files: Path, member: dict[str, object], said: str) -> None:
        broken = files / "broken.ndjson"
        broken.write_text(f"{json.dumps(EXCHANGE)}\n{json.dumps({**EXCHANGE, **member})}\n")
        told = run("diff", broken, files / "new.json")
        assert told.exit_code == 2
        assert told.stderr == f"error: {broken}, line 2: {said}\n"


class TestSnapshots:
    def test_two_snapshots_are_compared_response_by_response(self, tmp_path: Path) -> None:
        old, new = tmp_path / "old.json", tmp_path / "new.json"
        old.write_text(snapshot("1.0", ok=OLD, s404=[{"error": "no"}]).to_text())
        new.write_text(snapshot("2.0", ok=NEW, s404=[{"error": 1}]).to_text())
        told = run("diff", old, new)
        assert told.exit_code == 1
        assert told.stdout == (
            "200 application/json\n"
            "  BREAKING  property.removed   $.email    string (email), in 2 of 2 responses -> gone, in 1 of 1\n"
            '            customer["email"]  # KeyError\n'
            "  new       property.added     $.name     string, after 2 responses\n"
            "404 application/json\n"
            "  BREAKING  type.changed   $.error    string (boolean) -> integer, after 1 response\n"
            "2 breaking, 0 warning, 1 compatible\n"
        )
        changes = json.loads(run("diff", old, new, "--format", "json").stdout)["changes"]
        assert [(change["response"], change["path"]) for change in changes] == [
            ("200 application/json", "$.email"),
            ("200 application/json", "$.name"),
            ("404 application/json", "$.error"),
        ]
        assert "| 404 application/json |" in run("diff", old, new, "--format", "markdown").stdout

    def test_a_response_that_only_one_has_is_told(self, tmp_path: Path) -> None:
        old, new = tmp_path / "old.json", tmp_path / "new.json"
        old.write_text(snapshot("1.0", ok=OLD).to_text())
        new.write_text(snapshot("1.1", ok=OLD, s404=[{"error": "no"}]).to_text())
        assert rules(run("diff", old, new, "--format", "json")) == [("status.new-error", "$")]

    def test_against_bodies_a_snapshot_stands_for_its_one_success(self, files: Path) -> None:
        path = files / "snapshot.json"
        path.write_text(snapshot("1.0", ok=OLD, s404=[{"error": "no"}]).to_text())
        assert (
            run("diff", path, files / "new.json").stdout == run("diff", files / "old.ndjson", files / "new.json").stdout
        )
        path.write_text(snapshot("1.0", ok=OLD, s202=[{"job": 1}]).to_text())
        told = run("diff", path, files / "new.json")
        assert told.exit_code == 2
        assert "has the responses 202 application/json, 200 application/json; compare" in told.stderr.replace(
            "200 application/json, 202 application/json", "202 application/json, 200 application/json"
        )

    def test_a_snapshot_on_standard_input_is_refused_and_not_taken_for_a_body(self, files: Path) -> None:
        told = run("diff", "-", files / "new.json", given=snapshot("1.0", ok=OLD).to_text())
        assert (told.exit_code, told.stderr) == (2, "error: -: is a snapshot; give it as a file\n")


class TestVersions:
    @pytest.fixture
    def project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.chdir(tmp_path)
        store = SnapshotStore(tmp_path / "contracts")
        store.write(snapshot("1.0", ok=OLD))
        store.write(snapshot("2.0", ok=NEW))
        return tmp_path

    def test_two_versions_are_compared(self, project: Path) -> None:
        told = run("diff", "crm", GET.name, "1.0", "2.0", "--format", "json")
        assert told.exit_code == 1
        assert rules(told) == [("property.removed", "$.email"), ("property.added", "$.name")]
        assert rules(run("diff", "crm", GET.name, "2.0", "1.0", "--format", "json")) == [
            ("property.removed", "$.name"),
            ("property.added", "$.email"),
        ]

    def test_they_are_weighed_by_the_manifest(self, project: Path) -> None:
        (project / "contracts.toml").write_text(
            '[policy]\npreset = "lenient"\n[integrations.crm]\n'
            '[[policy.overrides]]\nrule = "property.added"\nseverity = "off"\nintegration = "crm"\n'
        )
        given = ("diff", "crm", GET.name, "1.0", "2.0")
        assert run(*given).stdout.endswith("\n0 breaking, 1 warning, 0 compatible\n")
        assert run(*given, "--preset", "strict").stdout.endswith("\n1 breaking, 0 warning, 0 compatible\n")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("crm", GET.name, "1.0", "3.0"), "crm  GET /customers/{id} has no version 3.0; it has: 1.0, 2.0"),
            (("crm", "GET /x", "1.0", "2.0"), '`crm` has no operation "GET /x"; it has: "GET /customers/{id}"'),
            (("crm", GET.name, "1.0"), "diff takes OLD NEW, or INTEGRATION OPERATION VERSION VERSION"),
        ],
    )
    def test_what_there_is_not_is_bad_input(self, project: Path, arguments: tuple[str, ...], said: str) -> None:
        told = run("diff", *arguments)
        assert (told.exit_code, told.stderr) == (2, f"error: {said}\n")

    def test_a_manifest_with_an_unknown_rule_is_bad_input(self, project: Path) -> None:
        (project / "contracts.toml").write_text('[[policy.overrides]]\nrule = "format.lots"\nseverity = "off"\n')
        told = run("diff", "crm", GET.name, "1.0", "2.0")
        assert told.exit_code == 2
        assert told.stderr.endswith("policy.overrides[0].rule: no rule `format.lots`; did you mean `format.lost`?\n")


class TestSchemas:
    def schema(self, required: list[str], **properties: object) -> dict[str, object]:
        return {"type": "object", "properties": properties, "required": required}

    def test_declarations_are_compared_without_counts(self, files: Path) -> None:
        old = write(files / "a.json", self.schema(["id", "name"], id={"type": "integer"}, name={"type": "string"}))
        new = write(files / "b.json", self.schema(["id"], id={"type": ["integer", "null"]}, name={"type": "string"}))
        told = run("diff", old, new)
        assert told.exit_code == 1
        assert told.stdout == (
            "  BREAKING  property.became-optional   $.name    string -> absent\n"
            '            response["name"]  # KeyError, for some\n'
            "  BREAKING  value.became-nullable      $.id      integer -> null\n"
            '            response["id"]  # None, where a value was\n'
            "2 breaking, 0 warning, 0 compatible\n"
        )
        document = json.loads(run("diff", old, new, "--format", "json").stdout)
        assert document["changes"][0]["evidence"] == {"baseline": [0, 0], "observed": [0, 0]}

    def test_a_declaration_is_held_against_bodies(self, files: Path) -> None:
        schema = self.schema(["id", "email"], id={"type": "integer"}, email={"type": "string", "format": "email"})
        declared = write(files / "declared.json", schema)
        assert run("diff", declared, files / "old.ndjson").exit_code == 0
        told = run("diff", declared, files / "new.json")
        assert told.stdout.startswith("  BREAKING  property.removed   $.email    string (email) -> gone, in 1 of 1\n")

    def test_a_lost_format_that_was_declared_breaks(self, files: Path) -> None:
        old = write(files / "a.json", self.schema(["day"], day={"type": "string", "format": "date"}))
        new = write(files / "b.json", self.schema(["day"], day={"type": "string"}))
        assert "BREAKING  format.lost   $.day    string (date) -> string  (declared)\n" in run("diff", old, new).stdout

    def test_a_reference_to_another_file_is_bad_input(self, files: Path) -> None:
        schema = write(files / "a.json", self.schema([], a={"$ref": "other.json#/a"}))
        told = run("diff", schema, schema)
        assert (told.exit_code, told.stderr) == (
            2,
            f"error: {schema}: the JSON Schema refers to other.json#/a, which is not in the file; bundle it first\n",
        )


def test_explain_says_all_about_a_rule() -> None:
    assert run("explain", "property.became-optional").stdout == (
        "property.became-optional: breaking\n"
        "  why        A field that was always there is sometimes missing: reading it raises KeyError"
        " for some records.\n"
        '  before     {"users": [{"email": "ada@mail.example", "id": 1}, {"email": "bo@mail.example", "id": 2}]}\n'
        '  after      {"users": [{"email": "ada@mail.example", "id": 1}, {"id": 2}]}\n'
        '  trips      user["email"]  # KeyError, for some\n'
        "  weighed    warning where it was learned from fewer than 5 responses and a sibling still has it\n"
        "             warning in the preset lenient, where it was learned from fewer than 5 responses\n"
        "             breaking in the preset strict, instead of a warning\n"
        '  to do      Read it with `.get("...")` and decide what its absence means.\n'
        "  mirror     the opposite change is property.became-required\n"
        "  elsewhere  oasdiff response-property-became-optional (error)\n"
        "             buf FIELD_SAME_CARDINALITY (breaking)\n"
        "  accept     pytest --contracts-update     learns what changed, as the snapshot's next version\n"
        "             integration-contracts accept  keeps it for a while, by the fingerprint that a failure shows\n"
        "             or for good, in contracts.toml:\n"
        "             [[policy.overrides]]\n"
        '             rule = "property.became-optional"\n'
        '             severity = "compatible"       # or "warning", "breaking", "off"\n'
        '             path = "$.a.place"            # this line, `operation` and `integration` may be left out\n'
    )


@pytest.mark.parametrize("rule", RULES)
def test_explain_knows_every_rule(rule: str) -> None:
    told = run("explain", rule)
    assert told.exit_code == 0
    assert told.stdout.startswith(f"{rule}: {RULES[rule].severity.value}\n")
    for text in (RULES[rule].why, RULES[rule].remedy, RULES[rule].one_way, *RULES[rule].example):
        assert text in told.stdout


def test_what_explain_prints_to_accept_a_rule_is_a_manifest_that_does(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = run("explain", "property.removed").stdout
    (files / "contracts.toml").write_text(printed[printed.index("[[policy") :].replace("$.a.place", "$.email"))
    monkeypatch.chdir(files)
    store = SnapshotStore(files / "contracts")
    store.write(snapshot("1.0", ok=OLD))
    store.write(snapshot("2.0", ok=NEW))
    assert run("diff", "crm", GET.name, "1.0", "2.0").exit_code == 0


def test_explain_without_a_rule_lists_them_all() -> None:
    lines = run("explain").stdout.splitlines()
    assert [line.split()[1] for line in lines] == list(RULES)
    assert lines[0].startswith("breaking    property.removed  ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", "property.remove"), "did you mean property.removed?"),
        (("diff", "missing.json", "missing.json"), "missing.json: cannot be read"),
        (("infer", "-"), "-, line 2: is not JSON"),
        (("infer", "empty.json"), "empty.json: holds no body"),
        (("infer", "broken.json"), "broken.json: is not JSON: Expecting value: line 2 column 7"),
        (("infer", "deep.json"), "deep.json: is nested too deep to read"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.json").write_text(" \n")
    (tmp_path / "broken.json").write_text('{\n "a": ,\n}')
    (tmp_path / "deep.json").write_text("[" * 100_000)
    told = run(*arguments, given='{"a": 1}\n{"a": \n')
    assert told.exit_code == 2
    assert said in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_diff_of_two_openapi_documents_is_of_all_that_the_old_one_declares(tmp_path: Path) -> None:
    def document(version: str, **customer: Any) -> dict[str, Any]:
        body = {"application/json": {"schema": {"$ref": "#/components/schemas/Customer"}}}
        operation = {"responses": {"200": {"description": "", "content": body}}}
        schema = {"type": "object", "properties": customer, "required": list(customer)}
        return {
            "openapi": "3.1.0",
            "info": {"title": "CRM", "version": version},
            "servers": [{"url": f"https://api.crm.example/{version}"}],
            "paths": {"/customers/{id}": {"get": operation}, **({"/old": {"get": {}}} if version == "v1" else {})},
            "components": {"schemas": {"Customer": schema}},
        }

    old = write(tmp_path / "old.json", document("v1", id={"type": "string"}, password={"type": "string"}))
    (tmp_path / "new.yaml").write_text(json.dumps(document("v2", id={"type": "string"})), encoding="utf-8")
    told = run("diff", old, tmp_path / "new.yaml")
    assert told.stdout == (
        "  warning   spec.server-changed   $    /v1 -> /v2\n"
        "GET /customers/{id}  200 application/json\n"
        "  BREAKING  property.removed   $.password    string -> gone\n"
        '            customer["password"]  # KeyError\n'
        "GET /old\n"
        "  BREAKING  spec.operation-removed   $    GET /old -> gone\n"
        "2 breaking, 1 warning, 0 compatible\n"
    )
    assert told.exit_code == 1
    assert run("diff", old, old).exit_code == 0
    assert rules(run("diff", old, tmp_path / "new.yaml", "--format", "json"))[0] == ("spec.server-changed", "$")
    other = run("diff", old, write(tmp_path / "body.json", {"id": 1}))
    assert other.exit_code == 2
    assert other.stderr == "error: one of the two is an OpenAPI document; compare it with another one\n"
    broken = run("diff", old, write(tmp_path / "broken.yaml", {"openapi": "9"}))
    assert broken.exit_code == 2
    assert broken.stderr.endswith(
        "broken.yaml: is no OpenAPI 3.0, OpenAPI 3.1 or Swagger 2.0 document: it has version '9'\n"
    )
    missing = run("diff", old, tmp_path / "missing.yaml")
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (2, True)
    assert run("infer", old).exit_code == 0
    assert "give it as a file" in run("diff", "-", old, given=old.read_text()).stderr
