"""What upstreams publish about themselves: fetched, kept in versions, held against what was kept."""

from __future__ import annotations

import copy
import json
import subprocess
from typing import Any

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Upstream, json_answer

KEPT = "contracts/crm/openapi.json"
HISTORY = "contracts/crm/history/openapi/"
OPENAPI = 'openapi = "${CRM_URL:-https://api.crm.example/v1}/openapi.json"\n'
REFRESH = ("--contracts-record", "--contracts-update")
CUSTOMER = {"id": 42, "email": "ada@mail.example", "name": "Ada"}
RECORD = {"id": 7, "state": "open", "score": 1.5, "tags": ["a"], "title": "T"}

ALL_PATHS = """
import os
import pytest
import requests

@pytest.mark.contract
def test_all():
    for path in {paths!r}:
        assert requests.get(os.environ["CRM_URL"] + path, timeout=5).json()
"""


def answering(*required: str, **properties: str) -> dict[str, Any]:
    """An operation that answers with an object."""
    schema = {
        "type": "object",
        "required": list(required),
        "properties": {name: {"type": kind} for name, kind in properties.items()},
    }
    answer = {"description": "It.", "content": {"application/json": {"schema": schema}}}
    return {"get": {"summary": "One.", "responses": {"200": answer}}}


def documented(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    about = {"openapi": "3.0.3", "info": {"title": "CRM", "version": "7"}, "servers": [{"url": "/v1"}]}
    return {**about, "paths": paths, **more}


BOTH = documented({"/customers/{customerId}": answering("id", "email", id="integer", email="string", name="string")})
WITHOUT_EMAIL = documented({"/customers/{customerId}": answering("id", id="integer", name="string")})
WITH_PHONE = documented(
    {"/customers/{customerId}": answering("id", "email", id="integer", email="string", name="string", phone="string")}
)


@pytest.fixture
def published(project: Project, upstream: Upstream) -> Project:
    """A project whose upstream publishes a document."""
    project.write("contracts.toml", f"{MANIFEST}{OPENAPI}")
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    upstream.answers["/v1/openapi.json"] = json_answer(BOTH)
    return project


def fetched(upstream: Upstream) -> int:
    """How often the document was asked for since this was asked last."""
    number = upstream.asked.count("GET /v1/openapi.json")
    upstream.asked.clear()
    return number


def version(project: Project) -> str:
    return str(json.loads(project.files()[KEPT])["x-integration-contracts"]["version"])


def test_the_first_update_keeps_the_document_and_replay_never_fetches_it(
    published: Project, upstream: Upstream
) -> None:
    created = published.run("--contracts-update")
    assert created.section == (
        "created  contracts/crm/GET-customers-{id}.json (1.0)\n"
        "created  contracts/crm/openapi.json (1.0)\n"
        "1 snapshot created. 1 OpenAPI document created. 1 cassette recorded.\n"
        "review and commit:  git add contracts"
    )
    kept = json.loads(published.files()[KEPT])
    about = kept.pop("x-integration-contracts")
    assert kept == BOTH
    assert about["source"] == "https://api.crm.example/v1/openapi.json", "the same wherever it was fetched today"
    assert fetched(upstream) == 1
    upstream.answers["/v1/openapi.json"] = json_answer(WITHOUT_EMAIL)
    before = published.files()
    for flags in (("--contracts",), ("--contracts-update",)):
        assert published.run(*flags).section == "1 operation holds.", flags
    assert fetched(upstream) == 0
    assert published.files() == before


def test_a_document_that_breaks_what_is_used_fails_a_live_run_though_the_responses_hold(
    published: Project, upstream: Upstream
) -> None:
    published.learn(upstream)
    upstream.answers["/v1/openapi.json"] = json_answer(WITHOUT_EMAIL)
    before = published.files()
    reports = [part for name in ("r.json", "r.md", "r.xml", "r.html") for part in ("--contracts-report", name)]
    upstream.asked.clear()
    result = published.run("--contracts-live", *reports, GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(published.folder))
    assert result.exit == 1
    assert fetched(upstream) == 1
    assert published.files() == before, "a live run writes nothing"
    lines = result.section.splitlines()
    assert lines[0] == (
        "crm  GET /customers/{id}  200 application/json, as documented  contracts/crm/openapi.json (1.0)"
    )
    assert "BREAKING  property.removed" in lines[1]
    assert "$.email" in lines[1]
    assert "owner team-revenue · runbook docs/runbooks/crm.md · upstream support@crm.example" in lines
    assert (
        "they meant it?  pytest --contracts-record --contracts-update      they did not?  support@crm.example" in lines
    )
    assert "1 operation holds. 1 OpenAPI document drifts: 1 breaking change." in lines
    (change,) = (
        change
        for finding in json.loads((published.folder / "r.json").read_text())["findings"]
        for change in finding["changes"]
    )
    assert change["rule"] == "property.removed"
    for name, words in (
        ("r.md", "`200 application/json, as documented`, `contracts/crm/openapi.json` (`1.0`)"),
        ("r.xml", 'name="GET /customers/{id} [200 application/json, as documented]"'),
        ("r.html", "200 application/json, as documented"),
    ):
        assert words in (published.folder / name).read_text(encoding="utf-8"), name
    upstream.answers["/v1/customers/42"] = json_answer({}, 503)
    assert published.run("--contracts-live").exit == 1, "not only an outage, which is 6"
    line = published.files()[KEPT].splitlines().index('  "/customers/{customerId}": {') + 1
    assert f"::error file={KEPT},line={line},title=crm GET /customers/{{id}}%3A property.removed::" in result.text


def test_the_policy_of_responses_is_that_of_documents(published: Project, upstream: Upstream) -> None:
    published.learn(upstream)
    upstream.answers["/v1/openapi.json"] = json_answer(WITHOUT_EMAIL)
    accepted = """
    [[integrations.crm.accept]]
    rule = "property.removed"
    operation = "GET /customers/{id}"
    path = "$.email"
    owner = "ada"
    reason = "we never read it"
    expires = 2099-12-31
    """.replace("    ", "")
    overridden = '[[policy.overrides]]\nrule = "property.removed"\nseverity = "warning"\n'
    for more, said in (
        ('enforce = "warn"\n', "1 OpenAPI document drifts, not enforced: 1 breaking change."),
        (accepted, "1 change is accepted."),
        (overridden, "1 OpenAPI document has something new."),
    ):
        published.write("contracts.toml", f"{MANIFEST}{OPENAPI}{more}")
        result = published.run("--contracts-live")
        assert result.exit == 0, result.text
        assert "200 application/json, as documented" in result.section
        assert said in result.section
    published.write("contracts.toml", f'{MANIFEST}{OPENAPI}enforce = "off"\n')
    assert "as documented" not in published.run("--contracts-live").text


def test_a_document_that_cannot_be_had_fails_nothing_and_is_told(published: Project, upstream: Upstream) -> None:
    url = f"{upstream.url}/openapi.json"
    upstream.answers["/v1/openapi.json"] = json_answer({}, 404)
    missing = published.run("--contracts-update")
    assert missing.exit == 0
    assert (
        f"crm: its OpenAPI document cannot be had, nothing is kept of it yet: {url}: answered 404 Not Found"
        in missing.section
    )
    assert KEPT not in published.files()
    assert "crm: its OpenAPI document is not kept yet, so nothing is held against it" in (
        published.run("--contracts").section
    )
    upstream.answers["/v1/openapi.json"] = json_answer(BOTH)
    upstream.asked.clear()
    assert KEPT not in (published.run("--contracts-update", CI="true"), published.files())[1], "a build fetches nothing"
    assert fetched(upstream) == 0
    assert published.run("--contracts-update").exit == 0
    upstream.answers["/v1/openapi.json"] = json_answer({"error": "moved"})
    down = published.run("--contracts-live", "--contracts-report", "r.md")
    assert down.exit == 0
    since = json.loads(published.files()[KEPT])["x-integration-contracts"]["since"]
    said = f"crm: its OpenAPI document cannot be had, version 1.0 of {since} stands: {url}: is no OpenAPI"
    assert said in down.section
    assert "its OpenAPI document cannot be had" in (published.folder / "r.md").read_text(encoding="utf-8")


def test_versions_rise_with_what_is_used_and_all_commands_know_them(published: Project, upstream: Upstream) -> None:
    git = ("git", "-C", str(published.folder), "-c", "user.name=Ada", "-c", "user.email=ada@mail.example")

    def publish(document: dict[str, Any], *flags: str) -> str:
        upstream.answers["/v1/openapi.json"] = json_answer(document)
        result = published.run(*(flags or REFRESH))
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-qm", "Contracts", "--allow-empty"], check=True)
        return result.section

    subprocess.run([*git, "init", "-q"], check=True)
    publish(BOTH)
    first = published.files()[KEPT]
    assert "learned  contracts/crm/openapi.json (1.0 -> 1.1)  GET /customers/{id}" in publish(WITH_PHONE)
    second = published.files()[KEPT]
    assert "drifts: 1 breaking change." in publish(WITHOUT_EMAIL, "--contracts-record")
    assert published.files()[KEPT] == second, "what is kept already is learned in an update only"
    told = publish(WITHOUT_EMAIL, *REFRESH, "--contracts-reason", "v8")
    assert "learned  contracts/crm/openapi.json (1.1 -> 2.0)  GET /customers/{id}\n  BREAKING  property.removed" in told
    assert "1 OpenAPI document updated, 1 breaking." in told
    files = published.files()
    assert files[f"{HISTORY}1.0.json"] == first
    assert files[f"{HISTORY}1.1-broken-by-2.0.json"] == second
    assert json.loads(files[KEPT])["x-integration-contracts"]["reason"] == "v8"

    words = copy.deepcopy(WITHOUT_EMAIL)
    words["info"]["version"] = "8"
    words["paths"]["/customers/{customerId}"]["get"]["summary"] = "Other words."
    assert "openapi.json" not in publish(words)
    assert published.files()[KEPT] == files[KEPT], "words change nothing"
    elsewhere = documented({**WITHOUT_EMAIL["paths"], "/orders": answering(id="integer")})
    assert f"{KEPT}: rewritten, and still version 2.0: nothing that is used has changed" in publish(elsewhere)
    assert version(published) == "2.0"
    assert '"/orders"' in published.files()[KEPT]

    log = published.command("log", "crm")
    assert "crm  openapi.json\n  2.0  " in log.text
    assert "    breaking    property.removed  GET /customers/{id} $.email" in log.text
    changes = published.command("changelog", "crm")
    assert "### `openapi.json` 1.1 → 2.0, **breaking**\n\nv8 · learned by Ada\n" in changes.text
    published.run("--contracts", "--contracts-report", "contracts-report.json")
    gate = published.command("gate", "crm", "--since", "HEAD~5")
    assert (gate.exit, "GET /customers/{id}, as documented (1.0 -> 2.0)" in gate.text) == (1, True), gate.text
    gone = published.run("--contracts", "--contracts-prune")
    assert (gone.exit, "removed" in gone.section, KEPT in published.files()) == (0, False, True), gone.text
    assert published.command("audit").text == "3 files: nothing that looks like a secret\n"
    explained = published.command("lint", "--explain", "GET /customers/{id}").text
    assert f"  openapi              {upstream.url}/openapi.json" in explained


def test_a_document_that_is_a_file_is_held_in_every_run_and_has_to_be_there(
    project: Project, upstream: Upstream
) -> None:
    project.write("contracts.toml", f'{MANIFEST}openapi = "vendor/crm.json"\n')
    upstream.answers["/v1/customers/42"] = json_answer(CUSTOMER)
    project.write("vendor/crm.json", json.dumps(BOTH))
    assert "nothing is kept of it yet; run `pytest --contracts-update`" in project.command("lint").text
    assert "1 OpenAPI document created." in project.run("--contracts-update").section
    project.write("vendor/crm.json", json.dumps(WITHOUT_EMAIL))
    bumped = project.run("--contracts")
    assert bumped.exit == 1
    assert "1 operation holds. 1 OpenAPI document drifts: 1 breaking change." in bumped.section
    assert "to learn what changed:  pytest --contracts-update" in bumped.section
    assert project.run("--contracts-update").exit == 0
    assert version(project) == "2.0"
    (project.folder / "vendor/crm.json").unlink()
    gone = project.run("--contracts")
    assert gone.exit == 1
    assert "integrations.crm.openapi: vendor/crm.json: cannot be read: No such file or directory" in gone.section
    assert "there is no file vendor/crm.json; correct it, or name a URL" in project.command("lint").text
    project.write("vendor/crm.json", "{")
    project.write(KEPT, "{")
    assert "contracts/crm/openapi.json" in project.run("--contracts").section


def test_paths_are_called_what_the_document_calls_them(published: Project, upstream: Upstream) -> None:
    """Also with workers; and one that was learned as it stood makes room, while a guess stays."""
    paths = ["/customers/42", "/repos/octo/hello", "/users/ada", "/users/search"]
    upstream.answers |= {f"/v1{path}": json_answer(RECORD) for path in paths}
    record = answering(id="integer")
    document = documented(
        {
            "/customers/{customerId}": record,
            "/repos/{owner}/{repo}": record,
            "/users/{id}": record,
            "/users/search": record,
        }
    )
    upstream.answers["/v1/openapi.json"] = json_answer(document)
    published.write("contracts.toml", MANIFEST)
    published.write("test_crm.py", ALL_PATHS.format(paths=paths[:2]))
    assert published.run("--contracts-update").exit == 0
    published.write("contracts.toml", f"{MANIFEST}{OPENAPI}")
    published.write("test_crm.py", ALL_PATHS.format(paths=paths))
    upstream.asked.clear()
    result = published.run(*REFRESH, "-n2")
    assert result.exit == 0, result.text
    assert fetched(upstream) == 1, "only the controlling process fetches"
    assert (
        "created  contracts/crm/GET-repos-{owner}-{repo}.json (1.0)\n"
        "         in place of what is now contracts/crm/history/GET-repos-octo-hello/1.0.json" in result.section
    )
    names = {path.removeprefix("contracts/crm/") for path in published.files("contracts/crm")}
    assert names == {
        "GET-customers-{id}.json",
        "GET-repos-{owner}-{repo}.json",
        "GET-users-search.json",
        "GET-users-{user}.json",
        "history/GET-repos-octo-hello/1.0.json",
        "openapi.json",
    }
    assert published.run("--contracts").section.splitlines()[-1] == "4 operations hold."


def test_servers_are_the_urls_of_an_integration_that_names_none(published: Project, upstream: Upstream) -> None:
    without = "\n".join(line for line in MANIFEST.splitlines() if not line.startswith("urls"))
    published.write("contracts.toml", f"{without}\n{OPENAPI}")
    refused = published.run("--contracts")
    assert refused.exit == 4
    assert (
        f"integrations.crm: `urls` is missing, and nothing is kept of {upstream.url}/openapi.json yet;"
        " name `urls`, or run `pytest --contracts-update`" in refused.errors
    )
    upstream.answers["/v1/openapi.json"] = json_answer({}, 503)
    assert "`urls` is missing, and " in published.run("--contracts-update").errors
    upstream.answers["/v1/openapi.json"] = json_answer(BOTH)
    upstream.asked.clear()
    assert "1 OpenAPI document created." in published.run("--contracts-update").section
    assert fetched(upstream) == 1
    assert "https://api.crm.example/v1/customers/42" in "".join(published.files("contracts/cassettes").values())
    assert published.run("--contracts", CRM_URL="http://127.0.0.1:9/v1").section == "1 operation holds."
    assert published.run("--contracts-live").section == "1 operation holds."
    other = f'{without.replace("crm]", "other]")}\nurls = ["https://api.crm.example/v1"]\n'
    published.write("contracts.toml", f"{without}\n{OPENAPI}{other}")
    assert "one URL is one integration's" in published.run("--contracts").errors
    published.write("contracts.toml", f'{without}\nopenapi = "crm.json"\n')
    (published.folder / KEPT).unlink()
    published.write("crm.json", json.dumps(BOTH))
    assert "names no server with an http or https URL; name `urls`" in published.run("--contracts").errors


def test_shards_leave_the_document_to_those_who_join_them(published: Project, upstream: Upstream) -> None:
    published.learn(upstream)
    upstream.answers["/v1/openapi.json"] = json_answer(WITHOUT_EMAIL)
    upstream.asked.clear()
    shard = published.run("--contracts-live", "--contracts-shard", "1/1", "--contracts-report", "one.json")
    assert (shard.exit, fetched(upstream)) == (0, 0)
    joined = published.command("combine", "one.json")
    assert joined.exit == 1
    assert "1 operation holds. 1 OpenAPI document drifts: 1 breaking change." in joined.text
    assert fetched(upstream) == 1
