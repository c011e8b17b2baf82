"""The commands that need no project: `infer`, `diff`, `explain`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from pytest_integration_contracts.cli import main
from pytest_integration_contracts.drift.rules import RULES

OLD = [{"id": 1, "email": "a@mail.example"}, {"id": 2, "email": "b@mail.example"}]
NEW = [{"id": 1, "name": "Ada"}]


def run(*arguments: str | Path, given: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "old.ndjson").write_text("".join(f"{json.dumps(body)}\n" for body in OLD))
    (tmp_path / "new.json").write_text(json.dumps(NEW[0]))
    return tmp_path


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
        "  new       property.added     $.name     string\n"
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


@pytest.mark.parametrize("rule", RULES)
def test_explain_knows_every_rule(rule: str) -> None:
    told = run("explain", rule)
    assert told.exit_code == 0
    assert told.stdout.startswith(f"{rule}: {RULES[rule].severity.value}\n")
    assert RULES[rule].why in told.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", "property.remove"), "did you mean property.removed?"),
        (("diff", "missing.json", "missing.json"), "missing.json: cannot be read"),
        (("infer", "-"), "-, line 2: is not JSON"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    told = run(*arguments, given='{"a": 1}\n{"a": \n')
    assert told.exit_code == 2
    assert said in told.stderr
    assert len(told.stderr.splitlines()) == 1
