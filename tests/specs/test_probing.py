"""What is asked of operations that nobody asked for yet: which of them, and with which values."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.model import NO_BODY, Exchange
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec
from pytest_integration_contracts.specs.known import ANSWERED, Known, values_in
from pytest_integration_contracts.specs.probing import Case, Made, Skipped, case_of, pending, selected
from pytest_integration_contracts.specs.reading import read_document

CORPUS = Path("/work/shared/corpus/openapi")
URL = "https://api.crm.example/v1"
TEXT = {"type": "string"}


def parameter(name: str, place: str = "path", **said: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": TEXT, **said}


def spec(paths: dict[str, Any], **said: Any) -> Spec:
    return Spec({"openapi": "3.1.0", "info": {"title": "CRM", "version": "1"}, "paths": paths, **said})


def reads(*parameters: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {"get": {"parameters": list(parameters), "responses": {"200": {"description": ""}}, **said}}


CRM = spec(
    {
        "/customers": reads(),
        "/customers/{customerId}": reads(parameter("customerId")),
        "/customers/{customerId}/orders": reads(parameter("customerId")),
        "/customers/{customerId}/orders/{orderId}": reads(parameter("customerId"), parameter("orderId")),
        "/invoices/{id}": reads(parameter("id")),
    }
)


def nothing(operation: DeclaredOperation, lacking: Collection[tuple[str, str]]) -> Made:
    return Made({})


def generated(operation: DeclaredOperation, lacking: Collection[tuple[str, str]]) -> Made:
    return Made({each: "made-up" for each in lacking if each[0] != "body"}, {"made": "up"})


def knowing(*exchanges: Exchange, of: Spec = CRM, origin: str = "recorded") -> Known:
    known = Known()
    for exchange in exchanges:
        operation = of.find(exchange.method, exchange.url.removeprefix(URL).partition("?")[0])
        assert operation
        known.learn(operation, exchange, origin)
    return known


def asked(path: str, body: object = NO_BODY, **said: Any) -> Exchange:
    return Exchange(url=f"{URL}{path}", response_body=body, **said)


def case(template: str, known: Known, of: Spec = CRM, method: str = "GET", make: Any = generated) -> Case:
    operation = of.operation(method, template)
    assert operation
    found = case_of(of, operation, known, make)
    assert isinstance(found, Case), found
    return found


def skipped(template: str, of: Spec, method: str = "GET") -> str:
    operation = of.operation(method, template)
    assert operation
    found = case_of(of, operation, Known(), nothing)
    assert isinstance(found, Skipped), found
    return found.reason


def test_what_was_asked_before_is_asked_again_before_what_the_document_says() -> None:
    document = spec({"/customers/{customerId}": reads(parameter("customerId", example="cus_example"))})
    known = knowing(asked("/customers/cus_7"), of=document)
    assert case("/customers/{customerId}", known, document).target == "/customers/cus_7"
    told = case("/customers/{customerId}", Known(), document)
    assert (told.target, [str(each) for each in told.values]) == (
        "/customers/cus_example",
        ["customerId = cus_example (example)"],
    )
    assert told.is_guessed


@pytest.mark.parametrize(
    "body",
    [
        [{"id": "cus_7"}],
        {"total": 1, "items": [{"id": "cus_7"}]},
        {"data": {"customers": [{"customer_id": "cus_7", "id": "row-1"}]}},
    ],
)
def test_what_a_collection_lists_is_asked_for_below_it(body: object) -> None:
    found = case("/customers/{customerId}", knowing(asked("/customers", body)))
    assert found.target == "/customers/cus_7"
    assert [str(each) for each in found.values] == ["customerId = cus_7 (recorded, GET /customers)"]
    assert not found.is_guessed


def test_values_of_one_path_belong_together() -> None:
    known = knowing(
        asked("/customers/other"),
        asked("/customers/cus_7/orders", [{"id": 12, "customer": "cus_7"}]),
    )
    assert case("/customers/{customerId}/orders/{orderId}", known).target == "/customers/cus_7/orders/12"


def test_a_name_that_means_another_thing_everywhere_is_not_carried_over() -> None:
    document = spec({"/invoices/{id}": reads(parameter("id")), "/refunds/{id}": reads(parameter("id"))})
    known = knowing(asked("/invoices/in_1"), of=document)
    assert [str(each) for each in case("/refunds/{id}", known, document).values] == ["id = made-up (generated)"]


def test_what_was_listed_just_now_goes_before_what_was_recorded_long_ago() -> None:
    known = knowing(asked("/customers/gone"))
    known.learn(*_listing("cus_9"), ANSWERED)
    assert case("/customers/{customerId}", known).target == "/customers/cus_9"


def _listing(customer: str) -> tuple[DeclaredOperation, Exchange]:
    operation = CRM.operation("GET", "/customers")
    assert operation
    return operation, asked("/customers", [{"id": customer}])


@pytest.mark.parametrize(
    "value", ["REDACTED", "Bearer%20REDACTED", "00000000-0000-0000-0000-000000000000", "%2e%2e", "a%0d%0ab"]
)
def test_a_value_that_stands_for_a_secret_or_leads_elsewhere_is_never_sent(value: str) -> None:
    found = case("/customers/{customerId}", knowing(asked(f"/customers/{value}")))
    assert [each.origin for each in found.values] == ["generated"]


@pytest.mark.parametrize("value", ["REDACTED", "redacted@redacted.example", "..", "", "a\r\nb", True, None, {"a": 1}])
def test_a_record_whose_name_cannot_be_sent_is_passed_over(value: object) -> None:
    found = case("/customers/{customerId}", knowing(asked("/customers", [{"id": value}, {"id": 8}])))
    assert found.target == "/customers/8"


def test_what_was_refused_teaches_nothing() -> None:
    known = knowing(asked("/customers/cus_7", status=404))
    assert case("/customers/{customerId}", known).values[0].origin == "generated"


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"default": 5}, "depth = 5 (default)"),
        ({"const": "all"}, "depth = all (const)"),
        ({"enum": ["full", "brief"]}, "depth = full (enum)"),
        ({"examples": ["one"]}, "depth = one (example)"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "depth = a (enum)"),
        ({"$ref": "#/components/schemas/Depth"}, "depth = 3 (default)"),
        ({"type": "string"}, "depth = made-up (generated)"),
    ],
)
def test_what_the_document_says_goes_before_what_is_made_up(schema: object, told: str) -> None:
    document = spec(
        {"/health": reads(parameter("depth", "query", schema=schema))},
        components={"schemas": {"Depth": {"default": 3}}},
    )
    assert [str(each) for each in case("/health", Known(), document).values] == [told]


def test_only_what_a_request_must_have_is_sent_and_it_is_encoded() -> None:
    document = spec(
        {
            "/files/{name}": reads(
                parameter("name", example="a b/c?d"),
                parameter("tags", "query", example=["x&y", "z"]),
                parameter("page", "query", required=False, example=2),
                parameter("X-Tenant", "header", example="acme"),
                parameter("Accept", "header", example="text/plain"),
                responses={"200": {"description": "", "content": {"application/json": {}}}},
            )
        }
    )
    found = case("/files/{name}", Known(), document)
    assert found.target == "/files/a%20b%2Fc%3Fd?tags=x%26y&tags=z"
    assert found.headers == {"Accept": "application/json", "x-tenant": "acme"}


def test_credentials_and_cookies_are_never_made_up() -> None:
    document = spec(
        {
            "/a": reads(parameter("api_key", "query", example="k")),
            "/b": reads(parameter("session", "cookie")),
            "/c": reads(parameter("size", "query")),
            "/d": {"post": {"requestBody": {"required": True, "content": {"text/csv": {}}}, "responses": {}}},
        }
    )
    assert skipped("/a", document) == "needs `api_key`, which looks like a credential"
    assert skipped("/b", document) == "needs the cookie `session`"
    assert skipped("/c", document) == "nothing is known that would do for `size`"
    assert skipped("/d", document, "POST") == "needs a body of text/csv, and only JSON is made here"


def test_only_what_reads_is_chosen_and_what_seems_to_do_more_is_told() -> None:
    document = spec(
        {
            "/customers/{customerId}": reads(parameter("customerId")) | {"delete": {"responses": {}}},
            "/customers": reads() | {"post": {"responses": {}}, "head": {"responses": {}}},
            "/logout": reads(),
            "/session": reads(operationId="signOutUser"),
            "/cancelled": reads(operationId="listCancelledOrders"),
            "/old": reads(deprecated=True),
            "/covered": reads(),
            "/stream": reads(responses={"200": {"description": "", "content": {"text/event-stream": {}}}}),
        }
    )
    wanted, rest = selected(document, {"GET /covered"})
    assert [*map(str, wanted)] == ["GET /customers", "HEAD /customers", "GET /cancelled", "GET /customers/{customerId}"]
    assert {each.operation: each.reason for each in rest} == {
        "GET /logout": "may change something, for it says `logout`",
        "GET /session": "may change something, for it says `sign out`",
        "GET /old": "is deprecated",
        "GET /covered": "tests cover it",
        "GET /stream": "answers with a stream that may never end",
    }


def test_what_writes_is_chosen_only_by_its_full_name() -> None:
    document = spec({"/search": {"post": {"responses": {}}} | reads(), "/logout": reads()})
    assert [*map(str, selected(document, (), ["POST /search"])[0])] == ["POST /search"]
    assert [*map(str, selected(document, (), ["GET /logout"])[0])] == ["GET /logout"]
    assert [*map(str, selected(document, (), ["*"])[0])] == ["GET /search"]
    with pytest.raises(UsageError, match="a pattern never means what writes"):
        selected(document, (), ["POST /*"])
    with pytest.raises(UsageError, match='did you mean "POST /search"'):
        selected(document, (), ["POST /serch"])


def test_a_plan_says_which_answer_a_value_will_come_from() -> None:
    planned = pending(case("/customers/{customerId}/orders", Known()), ["/customers"])
    assert [str(each) for each in planned.values] == ["customerId: the first that GET /customers lists"]


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/customers/{id}", "/v1/customers/a%2Fb", ("a/b",)),
        ("/files/{name}.{kind}", "/files/report.csv", ("report", "csv")),
        ("/", "/", ()),
        ("/customers/{id}", "/orders/7", None),
    ],
)
def test_values_are_found_in_paths(template: str, path: str, values: tuple[str, ...] | None) -> None:
    assert values_in(template, path) == values


class TestMadeUp:
    def test_values_satisfy_the_schema_and_are_the_same_every_time(self, tmp_path: Path, monkeypatch: Any) -> None:
        from pytest_integration_contracts.specs.making import made_up

        monkeypatch.chdir(tmp_path)
        schema = {"type": "object", "required": ["q"], "properties": {"q": {"$ref": "#/components/schemas/Q"}}}
        document = spec(
            {
                "/a/{id}": {
                    "parameters": [parameter("id", schema={"type": "string", "format": "uuid"})],
                    "post": {
                        "parameters": [parameter("n", "query", schema={"type": "integer", "minimum": 5})],
                        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
                        "responses": {},
                    },
                }
            },
            components={"schemas": {"Q": {"type": "string", "minLength": 3}}},
        )
        operation = document.operation("POST", "/a/{id}")
        assert operation
        lacking = [("path", "id"), ("query", "n"), ("body", "")]
        made = made_up(document, operation, lacking)
        assert len(str(made.values["path", "id"])) == 36
        assert int(str(made.values["query", "n"])) >= 5
        assert isinstance(made.body, dict)
        assert len(made.body["q"]) >= 3
        assert made_up(document, operation, lacking) == made
        assert list(tmp_path.iterdir()) == []

    def test_nothing_outside_of_the_document_is_fetched(self) -> None:
        from pytest_integration_contracts.specs.making import made_up

        away = {"$ref": "http://127.0.0.1:9/schema.json#/Id"}
        document = spec({"/a": reads(parameter("n", "query", schema=away))})
        operation = document.operation("GET", "/a")
        assert operation
        assert ("query", "n") in made_up(document, operation, [("query", "n")]).values

    def test_what_no_value_satisfies_is_left_out(self) -> None:
        from pytest_integration_contracts.specs.making import made_up

        document = spec({"/a": reads(parameter("n", "query", schema={"type": "integer", "minimum": 2, "maximum": 1}))})
        operation = document.operation("GET", "/a")
        assert operation
        assert made_up(document, operation, [("query", "n")]).values == {}


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_every_operation_of_a_real_document_that_reads_has_a_request_or_a_reason() -> None:
    from pytest_integration_contracts.specs.making import made_up

    path = next(CORPUS.rglob("ManagementService-v3.json"))
    document = Spec(read_document(path.read_bytes(), path.name))
    wanted, _ = selected(document, ())
    cases = [
        case_of(document, each, Known(), lambda operation, lacking: made_up(document, operation, lacking))
        for each in wanted
    ]
    assert len(cases) > 50
    assert all(isinstance(each, Case) for each in cases)
