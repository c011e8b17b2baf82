"""Which recording answers a request, and what is said where there is none."""

from __future__ import annotations

import json
from typing import Any

from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.serving.answers import Answer, Asked, Operation, Possible, Recording, StandIn

GET = "GET /customers/{id}"
LIST = "GET /customers"
POST = "POST /search"
JSON = (("content-type", "application/json"),)


def asked(operation: str, path: str, sent: object = NO_BODY, **query: str) -> Asked:
    return Asked(operation, path, tuple(query.items()), sent)


def recording(request: Asked, body: object, status: int = 200, origin: str = "") -> Recording:
    return Recording(request, Answer(status, JSON, json.dumps(body).encode(), request.operation, origin))


RECORDINGS = [
    recording(asked(GET, "/customers/999"), {"error": "gone"}, 404),
    recording(asked(GET, "/customers/7"), {"id": 7, "age": 7}, origin="recorded a.yaml#2"),
    recording(asked(LIST, "/customers", page="1"), ["a"]),
    recording(asked(LIST, "/customers", page="2", size="5"), ["b"]),
    recording(asked(POST, "/search", {"q": "x"}), ["x"]),
    recording(asked(POST, "/search", {"q": "y"}), ["y"]),
    recording(asked("GET /job", "/job"), "pending"),
    recording(asked("GET /job", "/job"), "done"),
]
DECLARED = {
    GET: Operation(GET, auth=("Bearer",)),
    "GET /orders/{id}": Operation(
        "GET /orders/{id}",
        (
            Possible("404", "application/json", {"type": "object", "properties": {"error": {"const": "gone"}}}),
            Possible(
                "200",
                "application/json",
                {"type": "object", "properties": {"id": {"type": "integer"}}},
                {"x-page": {"type": "integer"}},
            ),
        ),
    ),
    "DELETE /orders/{id}": Operation("DELETE /orders/{id}", (Possible("204"),)),
}


def stand_in(seed: int = 0) -> StandIn:
    return StandIn("crm", DECLARED, RECORDINGS, seed=seed)


def told(request: Asked) -> tuple[int, Any]:
    answer = stand_in().answer(request)
    return answer.status, json.loads(answer.body or b"null")


def test_the_recording_of_the_very_request_answers_it() -> None:
    assert told(asked(GET, "/customers/7")) == (200, {"id": 7, "age": 7})
    assert told(asked(GET, "/customers/999")) == (404, {"error": "gone"})
    assert told(asked(LIST, "/customers", size="5", page="2")) == (200, ["b"])
    assert told(asked(POST, "/search", {"q": "y"})) == (200, ["y"])


def test_what_is_not_recorded_so_is_answered_by_the_nearest() -> None:
    assert told(asked(LIST, "/customers", page="2")) == (200, ["b"])
    assert told(asked(LIST, "/customers")) == (200, ["a"])
    assert told(asked(POST, "/search", {"q": "z"})) == (200, ["x"])


def test_another_instance_answers_under_the_id_that_was_asked_for_and_never_with_an_error() -> None:
    answer = stand_in().answer(asked(GET, "/customers/8"))
    assert (answer.status, json.loads(answer.body)) == (200, {"id": 8, "age": 7})
    assert answer.origin == "recorded a.yaml#2, of another instance"


def test_equal_requests_play_their_recordings_in_order() -> None:
    server = stand_in()
    assert [json.loads(server.answer(asked("GET /job", "/job")).body) for _ in range(3)] == ["pending", "done", "done"]


def test_what_is_only_declared_is_generated_the_same_for_the_same_seed() -> None:
    request = asked("GET /orders/{id}", "/orders/31")
    answer = stand_in().answer(request)
    assert (answer.status, json.loads(answer.body), answer.origin) == (200, {"id": 31}, "generated")
    assert dict(answer.headers)["content-type"] == "application/json"
    assert answer == stand_in().answer(request)
    assert answer.headers != stand_in(seed=1).answer(request).headers
    assert stand_in().answer(asked("DELETE /orders/{id}", "/orders/31")).status == 204


def test_what_is_not_known_is_told_with_what_is() -> None:
    status, body = told(asked("GET /nothing", "/nothing"))
    assert (status, body["error"]) == (404, "the stand-in for crm knows no operation GET /nothing")
    assert body["operations"] == sorted({*DECLARED, LIST, POST, "GET /job"})
    wrong_method = stand_in().answer(asked("PUT /orders/{id}", "/orders/1"))
    assert (wrong_method.status, dict(wrong_method.headers)["allow"]) == (405, "DELETE, GET")
    assert told(asked("POST /search#Other", "/search"))[0] == 501
    options = stand_in().answer(asked("OPTIONS /customers", "/customers"))
    assert (options.status, dict(options.headers)["allow"]) == (204, "GET, HEAD, OPTIONS")


def test_a_failure_has_the_body_that_the_upstream_has_for_it() -> None:
    assert json.loads(stand_in().failure(asked(GET, "/customers/7"), 404).body) == {"error": "gone"}
    assert json.loads(stand_in().failure(asked("GET /orders/{id}", "/orders/1"), 404).body) == {"error": "gone"}
    unknown = stand_in().failure(asked(GET, "/customers/7"), 503)
    assert json.loads(unknown.body) == {"error": {"status": 503, "message": "Service Unavailable"}}
    assert dict(unknown.headers)["retry-after"] == "1"
    refused = stand_in().failure(asked(GET, "/customers/7"), 401)
    assert dict(refused.headers)["www-authenticate"] == 'Bearer realm="crm"'
