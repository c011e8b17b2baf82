"""The records that the mutations work on: what an unchanged API sends, each with one kind of field in focus.

What varies (words of a status, null and value, present and absent) follows the record's number, so that a sample of
thirty responses shows every variation often, and two samples differ in values only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from drift.mutations.values import Values

JSON = Any
Record = dict[str, JSON]

STATUS_WORDS: Final = ("open", "paid", "shipped", "cancelled")
ROLE_WORDS: Final = ("viewer", "editor", "owner")
ENTRIES: Final = 3
"""At least so many entries has each map."""


def surroundings(values: Values) -> Record:
    """What stands beside every field in focus."""
    return {
        "id": values.uuid(),
        "name": values.text(),
        "created_at": values.iso(),
        "amount": values.amount(),
        "tags": [values.token("tag-") for _ in range(values.between(1, 3))],
    }


def person(values: Values) -> Record:
    return {"given_name": values.text(), "born_on": values.day(), "member_no": values.between(1000, 900_000)}


def line(values: Values) -> Record:
    return {"sku": values.token("sku-"), "quantity": values.between(1, 60), "unit_price": values.amount()}


def usage(values: Values) -> Record:
    return {"requests": values.between(1, 5000), "share": values.amount(), "seen_at": values.iso()}


def payment(values: Values, number: int) -> Record:
    """One of two types with different fields, in turn."""
    if number % 2:
        return {"type": "bank", "iban": values.token("DE"), "bank_name": values.text(), "verified": number % 3 == 0}
    return {"type": "card", "cardholder": values.text(), "expires_on": values.day(), "fee": values.amount()}


def lines(values: Values) -> list[Record]:
    return [line(values) for _ in range(values.between(1, 4))]


def _optional(values: Values, number: int) -> Record:
    return {"coupon": values.text()} if number % 5 in {0, 2, 3} else {}


def _nullable(name: str, make: Callable[[Values], JSON]) -> Callable[[Values, int], Record]:
    return lambda values, number: {name: None if number % 10 in {2, 5, 8} else make(values)}


def _contact(values: Values, _number: int) -> Record:
    return {
        "user_name": values.text(),
        "updated_at": values.iso(),
        "customer_id": values.token("cus_"),
        "userId": values.between(1000, 900_000),
        "city": values.text(),
        "billingAddress": {"street": values.text(), "postcode": values.token("P")},
        "address": {"street": values.text(), "country": values.text()},
        "company": {"vat_id": values.token("VAT"), "founded_on": values.day()},
    }


FIELDS: Final[dict[str, Callable[[Values, int], Record]]] = {
    "text": lambda values, _: {"nickname": values.text()},
    "uuid": lambda values, _: {"reference": values.uuid()},
    "moment": lambda values, _: {"updated_at": values.iso()},
    "local moment": lambda values, _: {"updated_at": values.iso().removesuffix("Z")},
    "day": lambda values, _: {"due_on": values.day()},
    "email": lambda values, _: {"email": values.email()},
    "integer": lambda values, _: {"quantity": values.between(1, 5000)},
    "serial": lambda values, _: {"serial": values.between(1000, 900_000)},
    "wide serial": lambda values, _: {"serial": values.between(2**33, 2**50)},
    "number": lambda values, _: {"price": values.amount()},
    "quoted decimal": lambda values, _: {"price": f"{values.amount():.2f}"},
    "boolean": lambda _, number: {"active": number % 2 == 0},
    "seconds": lambda values, _: {"expires_at": int(values.moment().timestamp())},
    "milliseconds": lambda values, _: {"expires_at": int(values.moment().timestamp() * 1000) + values.between(1, 999)},
    "status": lambda _, number: {"status": STATUS_WORDS[number % 4]},
    "roles": lambda _, number: {"roles": [ROLE_WORDS[number % 3], ROLE_WORDS[(number + 1) % 3]]},
    "constant": lambda _values, _number: {"schema_version": "v1"},
    "lines": lambda values, _: {"lines": lines(values)},
    "labels": lambda values, _: {"labels": [values.text() for _ in range(values.between(1, 4))]},
    "person": lambda values, _: {"customer": person(values)},
    "reference": lambda values, _: {"customer": values.token("cus_")},
    "numbered reference": lambda values, _: {"customer": values.between(1000, 900_000)},
    "map by uuid": lambda values, _: {
        "limits": {values.uuid(): usage(values) for _ in range(values.between(ENTRIES, 5))}
    },
    "map by day": lambda values, _: {"daily": {day: usage(values) for day in values.days(values.between(ENTRIES, 5))}},
    "payment": lambda values, number: {"payment": payment(values, number)},
    "payments": lambda values, number: {"payments": [payment(values, number), payment(values, number + 1)]},
    "optional": _optional,
    "nullable": _nullable("remark", Values.text),
    "nullable date-time": _nullable("closed_at", Values.iso),
    "only null": lambda _values, _number: {"remark": None, "closed_at": None, "customer": None},
    "contact": _contact,
}
"""The kind of field in focus to the function that makes it for the record of that number."""
