"""Faults as people write them, and whom they strike."""

from __future__ import annotations

import pytest

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.patterns import PathPattern
from pytest_integration_contracts.serving.faults import NAMES, Fault, Faults, fault_of, insist_on_sense
from pytest_integration_contracts.serving.fields import nulled, places, renamed, without
from pytest_integration_contracts.shapes.infer import infer

BODY = {"email": "a", "items": [{"sku": "x", "price": 1}, {"price": 2}], "rates": {"EUR": 1}, "a b": {"c": 1}}


@pytest.mark.parametrize("text", NAMES.values())
def test_every_fault_is_read_as_it_is_written(text: str) -> None:
    fault = fault_of(text)
    assert fault.text == text
    assert (fault.operation, fault.rate) == ("", 1.0)
    narrow = fault_of(f"GET /customers/{{id}} {text}:rate=0.25")
    assert (narrow.operation, narrow.name, narrow.rate) == ("GET /customers/{id}", fault.name, 0.25)
    assert (narrow.status, narrow.seconds, narrow.place, narrow.to) == (
        fault.status,
        fault.seconds,
        fault.place,
        fault.to,
    )


def test_values_have_units_and_defaults() -> None:
    assert fault_of("delay=200ms").seconds == 0.2
    assert fault_of("slow-body").seconds == 5.0
    assert fault_of("auth").status == 401
    assert fault_of("POST /graphql#GetStatus status=500").operation == "POST /graphql#GetStatus"
    assert fault_of("rename-field=$['a b'].c:d e").to == "d e"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no fault; there are: status=503, auth=401"),
        ("statsu=503", "names no fault; did you mean `status=503`?"),
        ("GET /customers dely=2s", "names no fault; did you mean `delay=2s`?"),
        ("status", "'' is not a status from 200 to 599"),
        ("status=99", "'99' is not a status from 200 to 599"),
        ("auth=500", "'500' is not 401, 403 or 407"),
        ("delay=2", "'2' is no time such as 200ms, 2s or 1m, up to an hour"),
        ("delay=90m", "'90m' is no time such as 200ms, 2s or 1m, up to an hour"),
        ("reset=now", "`reset` takes no value"),
        ("status=503:rate=2", "the rate '2' is no share of requests such as 0.2"),
        ("status=503:rate=x", "the rate 'x' is no share of requests such as 0.2"),
        ("drop-field=email", "'email' is no JSONPath of a field such as `$.items[*].sku`"),
        ("drop-field=$[", "'$[' is no JSONPath of a field such as `$.items[*].sku`: cannot be read from `[` on"),
        ("rename-field=$.email", "says no new name; write `rename-field=$.email:mail`"),
    ],
)
def test_what_is_no_fault_is_told_with_what_would_be_one(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        fault_of(text)
    assert str(raised.value).startswith(f"--fault {text!r}: {said}")


def test_a_rate_strikes_its_share_and_the_same_requests_each_time() -> None:
    fault = fault_of("status=503:rate=0.2")

    def struck(seed: int) -> list[bool]:
        faults = Faults([fault], seed)
        return [bool(faults.of("GET /a")) for _ in range(500)]

    assert struck(1) == struck(1) != struck(2)
    assert 60 < sum(struck(1)) < 140


def test_a_fault_strikes_only_its_operations() -> None:
    faults = Faults([fault_of("GET /customers/* reset"), fault_of("delay=1s")], 0)
    assert [each.name for each in faults.of("GET /customers/{id}")] == ["reset", "delay"]
    assert [each.name for each in faults.of("GET /orders")] == ["delay"]


def test_fields_are_dropped_nulled_and_renamed_wherever_they_are() -> None:
    assert without(BODY, PathPattern("$.items[*].sku")) == {**BODY, "items": [{"price": 1}, {"price": 2}]}
    assert nulled(BODY, PathPattern("$..price"))["items"] == [{"sku": "x", "price": None}, {"price": None}]  # type: ignore[index]
    assert renamed(BODY, PathPattern("$['a b'].c"), "d") == {**BODY, "a b": {"d": 1}}
    assert without([BODY], PathPattern("$[*].rates")) == [{key: BODY[key] for key in BODY if key != "rates"}]
    assert without("text", PathPattern("$.a")) == "text"


def test_faults_that_can_never_happen_are_refused() -> None:
    names = ["GET /customers", "GET /customers/{id}"]
    known = list(places(infer([{**BODY, "rates": {"EUR": 1, "USD": 2}}])))

    def judged(*faults: Fault) -> None:
        insist_on_sense(faults, names, lambda _: known)

    judged(fault_of("drop-field=$.items[*].sku"), fault_of("null-field=$.rates.GBP"), fault_of("drop-field=$..price"))
    with pytest.raises(UsageError, match=r"no body has \$\.emial; there are: \$\.email"):
        judged(fault_of("drop-field=$.emial"))
    with pytest.raises(UsageError, match=r'no operation is called so; there are: "GET /customers"'):
        judged(fault_of("GET /customer reset"))
    insist_on_sense([fault_of("drop-field=$.emial")], names, lambda _: None)
