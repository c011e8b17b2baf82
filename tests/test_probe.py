"""`integration-contracts probe`: what an upstream is really asked, and what a person is told."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pytest_integration_contracts.cli import main
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.session.credentials import credentials_for, given_headers
from pytest_integration_contracts.session.pacing import Pace, interval_of
from pytest_integration_contracts.session.probed import Run
from pytest_integration_contracts.session.probes import Probes, Wanted
from pytest_integration_contracts.session.session import Session
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.kept import Kept, write_kept
from upstream import Answer, Silence, Upstream, json_answer

SECRET = "crm-t0ken-9f8e7d6c"
TEXT = {"type": "string"}
CUSTOMER_ID = {"name": "customerId", "in": "path", "required": True, "schema": TEXT}
ANSWERS: dict[str, Any] = {"responses": {"200": {"description": "fine"}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "CRM", "version": "1"},
    "servers": [{"url": "https://api.crm.example/v1"}],
    "security": [{"bearer": []}],
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/customers/{customerId}": {"get": {"parameters": [CUSTOMER_ID], **ANSWERS}, "delete": ANSWERS},
        "/customers": {"get": ANSWERS, "post": ANSWERS},
        "/health": {"get": {"security": [], **ANSWERS}},
        "/invoices/{number}": {
            "get": {
                "parameters": [{"name": "number", "in": "path", "required": True, "schema": TEXT, "example": "in_1"}],
                **ANSWERS,
            }
        },
        "/moved": {"get": ANSWERS},
        "/logout": {"get": ANSWERS},
        "/search": {
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"example": {"q": "ada"}}}},
                **ANSWERS,
            }
        },
    },
}
MANIFEST = """
[integrations.crm]
urls = ["${CRM_URL:-https://api.crm.example/v1}"]
owner = "team-revenue"
contact = "support@crm.example"
credentials = "env:CRM_TOKEN"
openapi = "crm.json"
"""
CUSTOMER = {"id": "cus_7", "email": "ada@mail.example"}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        server.answers |= {
            "/v1/customers": json_answer({"items": [CUSTOMER]}),
            "/v1/customers/cus_7": json_answer(CUSTOMER),
            "/v1/health": json_answer({"up": True}),
            "/v1/moved": Answer(302, b"", {"Location": "https://elsewhere.example/customers"}),
            "/v1/search": json_answer({"hits": []}),
        }
        yield server


@pytest.fixture
def folder(tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "contracts.toml").write_text(MANIFEST)
    (tmp_path / "crm.json").write_text(json.dumps(DOCUMENT))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRM_URL", upstream.url)
    monkeypatch.setenv("CRM_TOKEN", SECRET)
    return tmp_path


def probe(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["probe", "crm", "--rate", "1000/s", *arguments])


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in (folder / "contracts").rglob("*.*") if path.is_file())


def test_a_dry_run_says_what_would_be_asked_with_what_and_why_not_the_rest(folder: Path, upstream: Upstream) -> None:
    told = probe("--dry-run", "--rate", "30/m")
    assert told.exit_code == 0, told.output
    assert told.output == (
        "would ask 5 operations, at 30/m:\n"
        "  GET /customers\n"
        "  GET /health\n"
        "  GET /moved\n"
        "  GET /customers/{customerId}\n"
        "        customerId: the first that GET /customers lists\n"
        "  GET /invoices/{number}\n"
        "      GET /invoices/in_1\n"
        "        number = in_1 (example)\n"
        "would not ask:\n"
        "  may change something, for it says `logout`:\n"
        "      GET /logout\n"
        '  3 operations that may write: never asked unless named in full, --operation "POST /search"\n'
    )
    assert upstream.asked == []
    assert files(folder) == []


def test_answers_are_told_and_nothing_is_written_unless_asked_for(folder: Path, upstream: Upstream) -> None:
    told = probe()
    assert told.exit_code == 0, told.output
    assert upstream.asked == [
        "GET /v1/customers",
        "GET /v1/health",
        "GET /v1/moved",
        "GET /v1/customers/cus_7",
        "GET /v1/invoices/in_1",
    ]
    lines = [" ".join(line.split()) for line in told.output.splitlines()]
    assert any(line.startswith("seen GET /customers/{customerId} 200 ") for line in lines)
    assert any(
        "could not be probed: it redirects to elsewhere.example, and that is not followed" in each for each in lines
    )
    assert any("could not be probed: it answered 404 to number = in_1 (example)" in each for each in lines)
    assert lines[-1] == "5 probes: 3 seen, 2 unprobed. 1 operation skipped."
    assert files(folder) == []
    assert SECRET not in told.output


def test_what_is_recorded_is_held_the_next_time_and_a_drift_fails(folder: Path, upstream: Upstream) -> None:
    told = probe("--record", "--reason", "first look")
    assert told.exit_code == 0, told.output
    assert files(folder) == [
        "contracts/cassettes/probes/crm/GET-customers-{customerId}.yaml",
        "contracts/cassettes/probes/crm/GET-customers.yaml",
        "contracts/cassettes/probes/crm/GET-health.yaml",
        "contracts/crm/GET-customers-{customerId}.json",
        "contracts/crm/GET-customers.json",
        "contracts/crm/GET-health.json",
        "contracts/crm/openapi.json",
    ]
    texts = [(folder / name).read_text() for name in files(folder)]
    assert not any(SECRET in text or "127.0.0.1" in text for text in texts)
    assert json.loads((folder / "contracts/crm/GET-customers.json").read_text())["auth"] == ["Bearer"]
    assert json.loads((folder / "contracts/crm/GET-health.json").read_text()).get("auth") is None

    assert "3 holds" in probe().output  # what only a probe has asked for is still probed
    upstream.answers["/v1/customers/cus_7"] = json_answer({"id": "cus_7"})
    told = probe()
    assert told.exit_code == 1
    assert "DRIFT      GET /customers/{customerId}" in told.output
    assert "  BREAKING  property.removed   $.email" in told.output
    assert 'integration-contracts probe crm --record --operation "GET /customers/{customerId}"' in told.output
    assert "support@crm.example" in told.output


def test_what_tests_cover_is_asked_for_only_with_all(folder: Path, upstream: Upstream) -> None:
    probe("--record", "--operation", "GET /health")
    recording = folder / "contracts/cassettes/probes/crm/GET-health.yaml"
    recording.rename(folder / "contracts/cassettes/test_crm.yaml")  # as if a test had recorded it
    upstream.asked.clear()
    told = probe()
    assert "GET /v1/health" not in upstream.asked
    assert "  tests cover it:\n      GET /health\n" in told.output
    probe("--all")
    assert "GET /v1/health" in upstream.asked


def test_what_writes_is_sent_only_where_it_is_named_in_full(folder: Path, upstream: Upstream) -> None:
    probe("--all", "--operation", "*")
    assert {asked.partition(" ")[0] for asked in upstream.asked} == {"GET"}
    assert probe("--operation", "POST /*").exit_code == 2
    upstream.asked.clear()
    told = probe("--operation", "POST /search")
    assert (told.exit_code, upstream.asked) == (0, ["POST /v1/search"])


def test_no_more_than_the_limit_is_asked(folder: Path, upstream: Upstream) -> None:
    told = probe("--limit", "2")
    assert upstream.asked == ["GET /v1/customers", "GET /v1/health"]
    assert "over the limit of 2 requests (--limit):" in told.output


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waited: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waited.append(round(seconds, 3))
        self.now += seconds

    def pace(self, interval: float) -> Pace:
        return Pace(
            interval,
            clock=lambda: self.now,
            sleep=self.sleep,
            today=lambda: dt.datetime(2026, 1, 5, 12, 0, tzinfo=dt.UTC),
        )


def probing(folder: Path, clock: Time, **wanted: Any) -> tuple[Session, Probes]:
    settings = Settings(
        mode=Mode.LIVE, root=folder, invoked_from=folder, environment=dict(os.environ), today="2026-01-05"
    )
    session = Session(settings)
    asked = Wanted(integration="crm", **wanted)
    return session, Probes(session.project(folder), settings, asked, pace=clock.pace(2.0))


def paced(folder: Path, clock: Time, **wanted: Any) -> Run:
    session, probes = probing(folder, clock, **wanted)
    run = Run(session, probes, session.settings)
    run.ask_all(lambda _: None)
    return run


def test_requests_are_held_apart(folder: Path, upstream: Upstream) -> None:
    clock = Time()
    paced(folder, clock)
    assert len(upstream.asked) == 5
    assert clock.waited == [2.0] * 4


@pytest.mark.parametrize(("after", "waited"), [("7", 7.0), ("Mon, 05 Jan 2026 12:00:30 GMT", 30.0), ("soon", 4.0)])
def test_who_asks_for_a_pause_gets_it_and_is_asked_again(
    folder: Path, upstream: Upstream, after: str, waited: float
) -> None:
    upstream.answers["/v1/health"] = [
        Answer(429, b"{}", {"Retry-After": after}),
        json_answer({"up": True}),
    ]
    clock = Time()
    run = paced(folder, clock, operations=("GET /health",))
    assert upstream.asked == ["GET /v1/health"] * 2
    assert clock.waited == [waited]
    assert [each.outcome for each in run.results] == ["seen"]
    assert not run.fails


@pytest.mark.parametrize(("after", "asked"), [("1", 2), ("3600", 1)])
def test_who_refuses_again_or_for_long_is_left_alone(folder: Path, upstream: Upstream, after: str, asked: int) -> None:
    upstream.answers["/v1/customers"] = Answer(503, b"{}", {"Retry-After": after})
    run = paced(folder, Time())
    assert upstream.asked == ["GET /v1/customers"] * asked
    assert run.fails
    assert [each.outcome for each in run.results] == ["DOWN"]
    assert len([each for each in run.skipped if "the upstream" in each.reason]) == 4


@pytest.mark.parametrize(
    ("before", "after"),
    [("GET", "DELETE"), ("/v1/health", "/v1/customers"), ("api.crm.example/v1", "elsewhere.example/v1")],
)
def test_a_recording_that_somebody_changed_is_not_asked_again(
    folder: Path, upstream: Upstream, before: str, after: str
) -> None:
    probe("--record", "--operation", "GET /health")
    upstream.asked.clear()
    recording = folder / "contracts/cassettes/probes/crm/GET-health.yaml"
    _, probes = probing(folder, Time())
    operation = probes.spec.operation("GET", "/health")
    assert operation
    assert probes.resend(operation, live=True) is not None
    recording.write_text(recording.read_text().replace(before, after))
    assert probes.resend(operation, live=True) is None
    assert upstream.asked == ["GET /v1/health"]


def test_a_refused_credential_fails_and_says_whether_there_was_one(
    folder: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.answers["/v1/customers"] = json_answer({}, 401)
    told = probe("--operation", "GET /customers")
    assert (told.exit_code, "denied: it answered 401\n" in told.output) == (1, True)
    monkeypatch.delenv("CRM_TOKEN")
    told = probe("--operation", "GET /customers", "--record")
    assert told.output.splitlines()[0] == "no credential is sent: CRM_TOKEN is not set"
    assert "denied: it answered 401 (no credential is sent: CRM_TOKEN is not set)" in told.output
    assert files(folder) == []


def test_an_upstream_that_does_not_answer_is_down(folder: Path, upstream: Upstream) -> None:
    upstream.answers["/v1/health"] = Silence()
    told = probe("--operation", "GET /health", "--timeout", "50ms")
    assert told.exit_code == 1
    assert "DOWN" in told.output
    assert "no answer in time" in told.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["probe", "erp"], "no integration `erp` in the manifest; it has: crm"),
        (["probe", "crm", "--rate", "fast"], "'fast' is no rate such as"),
        (["probe", "crm", "--timeout", "soon"], "'soon' is no duration"),
        (["probe", "crm", "--operation", "GET /custmers"], 'did you mean "GET /customers"?'),
        (["probe", "crm", "--header", "Authorization: Bearer abc"], "a secret does not belong into a command"),
        (["probe", "crm", "--header", "Authorization: env:NOT_SET_1"], "the variable NOT_SET_1 is not set"),
        (["probe", "crm", "--header", "X-Tenant: env:CRM_TOKEN"], "would stand in recordings as it is"),
        (["probe", "crm", "--header", "nonsense"], "a header is written"),
    ],
)
def test_bad_input_is_told_in_one_line(folder: Path, upstream: Upstream, arguments: list[str], message: str) -> None:
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 2
    assert message in told.output
    assert (SECRET in told.output, upstream.asked) == (False, [])


def test_an_integration_without_a_document_is_told(folder: Path) -> None:
    (folder / "contracts.toml").write_text(MANIFEST.replace("crm.json", "https://api.crm.example/openapi.json"))
    told = probe()
    assert told.exit_code == 2
    assert "no OpenAPI document of crm is kept yet; `pytest --contracts-record` fetches" in told.output
    session = Session(
        Settings(mode=Mode.RECORD, root=folder, invoked_from=folder, environment=dict(os.environ), today="2026-01-05")
    )
    ((none, reason),) = session.probes(folder / "test_probes.py", ("crm", (), (), "1/s", 20, 1.0))
    assert (none, reason.partition(";")[0]) == (None, "no OpenAPI document of crm is kept yet")  # this run may fetch it
    (folder / "contracts.toml").write_text(MANIFEST.replace('openapi = "crm.json"', ""))
    assert "names no OpenAPI document" in probe().output


@pytest.mark.parametrize("template", ["/../../admin", "/a/../../../admin", "/%2e%2e/admin"])
def test_a_path_that_leads_out_of_the_integration_is_not_asked(folder: Path, upstream: Upstream, template: str) -> None:
    (folder / "crm.json").write_text(json.dumps(DOCUMENT | {"paths": {template: {"get": ANSWERS}}}))
    told = probe()
    assert told.exit_code == 0
    assert "its path leads out of https://api.crm.example/v1" in told.output
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("scheme", "headers", "queries"),
    [
        ({"type": "http", "scheme": "bearer"}, {"Authorization": "Bearer a:b"}, {}),
        ({"type": "http", "scheme": "Basic"}, {"Authorization": "Basic YTpi"}, {}),
        ({"type": "oauth2", "flows": {}}, {"Authorization": "Bearer a:b"}, {}),
        ({"type": "apiKey", "in": "header", "name": "X-Api-Key"}, {"X-Api-Key": "a:b"}, {}),
        ({"type": "apiKey", "in": "query", "name": "api_key"}, {}, {"api_key": "a:b"}),
        ({"type": "apiKey", "in": "header", "name": "Colour"}, {}, {}),
        ({"type": "mutualTLS"}, {}, {}),
    ],
)
def test_a_credential_is_sent_as_the_document_says(
    scheme: dict[str, Any], headers: dict[str, str], queries: dict[str, str]
) -> None:
    spec = Spec({**DOCUMENT, "components": {"securitySchemes": {"bearer": scheme}}})
    operation = spec.operation("GET", "/customers")
    assert operation
    sent = credentials_for(spec, operation, "env:T", {}, {"T": "a:b"})
    assert (sent.headers, sent.queries) == (headers, queries)
    assert bool(sent.note) == (not headers and not queries)
    assert "a:b" not in repr(sent)


def test_a_credential_in_the_query_is_sent_and_not_recorded(folder: Path, upstream: Upstream) -> None:
    schemes = {"bearer": {"type": "apiKey", "in": "query", "name": "api_key"}}
    (folder / "crm.json").write_text(json.dumps(DOCUMENT | {"components": {"securitySchemes": schemes}}))
    assert probe("--record", "--operation", "GET /customers").exit_code == 0
    text = (folder / "contracts/cassettes/probes/crm/GET-customers.yaml").read_text()
    assert "api_key=REDACTED" in text
    assert SECRET not in text


def test_headers_are_given_by_reference() -> None:
    given = given_headers(["Authorization: Bearer env:T", "X-Api-Key=env:T", "X-Tenant: acme"], {"T": "secret"})
    assert given == {"Authorization": "Bearer secret", "X-Api-Key": "secret", "X-Tenant": "acme"}


def test_a_rate_is_a_number_in_a_time() -> None:
    assert [interval_of(rate) for rate in ("1/s", "30/m", "0.5/s", "100/h")] == [1.0, 2.0, 2.0, 36.0]
    with pytest.raises(UsageError):
        interval_of("0/s")


def test_an_answer_that_is_not_as_the_document_says_is_told_before_there_is_a_snapshot(folder: Path) -> None:
    up = {"type": "object", "properties": {"up": {"type": "string"}}}
    declared = {"200": {"description": "fine", "content": {"application/json": {"schema": up}}}}
    document = {**DOCUMENT, "paths": {"/health": {"get": {"security": [], "responses": declared}}}}
    kept = folder / "contracts" / "crm"
    write_kept(kept, Kept(Spec(document), "1.0", "2026-01-01"), kept.parent)
    told = probe("--operation", "GET /health")
    assert told.exit_code == 0, told.output
    assert "spec.type-violated" in told.output
    assert "$.up" in told.output
    assert "has no snapshot yet" not in told.output
