"""What happens to APIs, as functions on JSON. They know no rule: what must be said stands in `expectations`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from drift.mutations.places import Change
from drift.mutations.records import JSON, Record

Convert = Callable[[JSON], JSON]


@dataclass(frozen=True)
class Mutation:
    """One thing that happens to an API.

    Attributes:
        name: What a consumer would call it.
        field: The kind of field it happens to, a key of `records.FIELDS`.
        change: What it does to each record in focus.
        body: What it does to the body as a whole, where it happens there.
        same_records: Whether the responses after it are about the same records as those before.
        watched: Whether the consumer has asked to be told of such events, which are not told by themselves.
    """

    name: str
    field: str
    change: Change | None = None
    body: Convert | None = None
    same_records: bool = False
    watched: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-").replace(",", "")


def same_records(name: str, field: str, change: Change) -> Mutation:
    """As a mutation of other records: here the values before and after are those of the same ones."""
    return Mutation(f"{name}, same records", field, change, same_records=True)


def put(name: str, convert: Convert) -> Change:
    return lambda record, _: {**record, name: convert(record[name])}


def numbered(name: str, convert: Callable[[JSON, int], JSON]) -> Change:
    return lambda record, number: {**record, name: convert(record[name], number)}


def drop(*names: str) -> Change:
    return lambda record, _: {key: value for key, value in record.items() if key not in names}


def drop_nulls(record: Record, _number: int) -> Record:
    return {key: value for key, value in record.items() if value is not None}


def rename(old: str, new: str) -> Change:
    return lambda record, _: {new if key == old else key: value for key, value in record.items()}


def move(name: str, *into: str) -> Change:
    """The field goes into the record that is found by those names, made where there is none."""
    return lambda record, _: _placed({k: v for k, v in record.items() if k != name}, [*into, name], record[name])


def lift(outer: str, name: str, *into: str) -> Change:
    """The field of an inner record goes up to the record in focus, or from there into another inner one."""

    def change(record: Record, _number: int) -> Record:
        inner = {key: value for key, value in record[outer].items() if key != name}
        return _placed({**record, outer: inner}, [*into, name], record[outer][name])

    return change


def _placed(record: Record, steps: list[str], value: JSON) -> Record:
    first, *rest = steps
    return {**record, first: _placed(record.get(first, {}), rest, value) if rest else value}


def inside(name: str, change: Change) -> Change:
    return lambda record, number: {**record, name: change(record[name], number)}


def each(convert: Convert) -> Convert:
    return lambda array: [convert(item) for item in array]


def sometimes(change: Change) -> Change:
    """In two of five records."""
    return lambda record, number: change(record, number) if number % 5 in {1, 3} else record


def then(*changes: Change) -> Change:
    def change(record: Record, number: int) -> Record:
        for one in changes:
            record = one(record, number)
        return record

    return change


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _epoch(text: str) -> int:
    return int(_moment(text).timestamp())


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _words(text: str) -> str:
    """The day as a person writes it."""
    return _moment(f"{text[:10]}T00:00:00Z").strftime("%A, %d %B %Y")


def _berlin(text: str) -> str:
    return (_moment(text) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00")


def _uuid(value: JSON) -> str:
    return str(uuid5(NAMESPACE_OID, str(value)))


def _slug(key: str) -> str:
    """A name in words for that key."""
    digits = int(_uuid(key).replace("-", ""), 16)
    nouns = ("otter", "heron", "maple", "badger", "willow", "raven", "cedar", "lynx", "alder", "marten")
    words = ("quiet", "brave", "early", "golden", "hidden", "little", "merry", "noble", "proud", "silver")
    return f"{words[digits % 10]}-{nouns[digits // 10 % 10]}-{words[digits // 100 % 10]}-{nouns[digits // 1000 % 10]}"


def _rekeyed(key: Callable[[str], str]) -> Convert:
    return lambda entries: {key(old): value for old, value in entries.items()}


def _fixed_names(entries: Record) -> Record:
    return dict(zip(("today", "yesterday", "before"), entries.values(), strict=False))


def _or_coupon(name: str, otherwise: JSON) -> Change:
    return lambda record, _: {**record, name: record.get(name, otherwise)}


def _wallet(_payment: JSON, number: int) -> JSON:
    return {
        "type": "wallet",
        "wallet_id": _uuid(number),
        "provider_email": f"pay{number}@wallet.example",
        "linked_at": _day_after_day(number),
    }


def _second_is_wallet(payments: JSON, number: int) -> JSON:
    return [payments[0], _wallet(payments[1], number)]


def _as_text(_value: JSON, number: int) -> str:
    return f"see the remark of agent number {number} in the late shift"


def _filled(name: str, make: Callable[[int], JSON]) -> Change:
    return lambda record, number: {**record, name: make(number)}


def _day_after_day(number: int) -> str:
    return _iso(1_710_000_000 + 86_411 * number)


def _envelope(body: JSON) -> JSON:
    return {"result": body}


def _reordered(record: Record, _number: int) -> Record:
    return dict(reversed(record.items()))


def _cents(value: float) -> int:
    return round(value * 100)


def _quoted(value: float) -> str:
    return f"{value:.2f}"


_ALL: Final = (
    # a field comes or goes
    Mutation("text field gone", "text", drop("nickname")),
    Mutation("identifier gone", "uuid", drop("reference")),
    Mutation("record gone with all it held", "person", drop("customer")),
    Mutation("list gone with all it held", "lines", drop("lines")),
    Mutation("map gone with all it held", "map by uuid", drop("limits")),
    Mutation("union gone with all it held", "payment", drop("payment")),
    Mutation("status gone", "status", drop("status")),
    Mutation("nullable field gone", "nullable", drop("remark")),
    Mutation("field of an inner record gone", "person", inside("customer", drop("born_on"))),
    Mutation("field of the items of a list gone", "lines", put("lines", each(lambda item: drop("sku")(item, 0)))),
    Mutation(
        "field of the values of a map gone",
        "map by uuid",
        put("limits", lambda entries: {key: drop("seen_at")(value, 0) for key, value in entries.items()}),
    ),
    Mutation("optional field gone", "optional", drop("coupon")),
    Mutation("text field sometimes gone", "text", sometimes(drop("nickname"))),
    Mutation("record sometimes gone", "person", sometimes(drop("customer"))),
    Mutation("list sometimes gone", "lines", sometimes(drop("lines"))),
    Mutation("field of an inner record sometimes gone", "person", sometimes(inside("customer", drop("born_on")))),
    Mutation(
        "one field goes, an unrelated one comes",
        "text",
        lambda record, number: {**drop("nickname")(record, number), "loyalty_points": 1000 + 37 * number},
    ),
    # another name
    Mutation("updated_at is modified_at", "contact", rename("updated_at", "modified_at")),
    Mutation("user_name is username", "contact", rename("user_name", "username")),
    Mutation("customer_id is client_customer_id", "contact", rename("customer_id", "client_customer_id")),
    Mutation("address is postal_address", "contact", rename("address", "postal_address")),
    Mutation("lines is line_items", "lines", rename("lines", "line_items")),
    Mutation("status is order_status", "status", rename("status", "order_status")),
    Mutation(
        "field of an inner record has another name", "person", inside("customer", rename("member_no", "member_number"))
    ),
    same_records("updated_at is modified_at", "contact", rename("updated_at", "modified_at")),
    same_records("customer_id is client_customer_id", "contact", rename("customer_id", "client_customer_id")),
    same_records("lines is line_items", "lines", rename("lines", "line_items")),
    Mutation("userId is user_id", "contact", rename("userId", "user_id")),
    Mutation("userId is UserID", "contact", rename("userId", "UserID")),
    same_records("userId is user_id", "contact", rename("userId", "user_id")),
    Mutation("customer_id is customer-id", "contact", rename("customer_id", "customer-id")),
    Mutation("billingAddress is billing_address", "contact", rename("billingAddress", "billing_address")),
    # another place
    Mutation("record in an envelope", "person", put("customer", lambda record: {"data": record})),
    Mutation("list in an envelope", "lines", put("lines", lambda array: {"data": array})),
    Mutation("whole body in an envelope", "text", None, _envelope),
    Mutation("field moved to an inner record", "contact", move("city", "address")),
    same_records("field moved to an inner record", "contact", move("city", "address")),
    Mutation("record moved to an inner record", "contact", move("billingAddress", "company")),
    Mutation("field moved from one inner record to another", "contact", lift("company", "vat_id", "billingAddress")),
    # null
    Mutation("text sometimes null", "text", sometimes(put("nickname", lambda _: None))),
    Mutation("date-time sometimes null", "moment", sometimes(put("updated_at", lambda _: None))),
    Mutation("record sometimes null", "person", sometimes(put("customer", lambda _: None))),
    Mutation("list sometimes null", "lines", sometimes(put("lines", lambda _: None))),
    Mutation("status sometimes null", "status", sometimes(put("status", lambda _: None))),
    Mutation("item sometimes null", "labels", sometimes(put("labels", lambda array: [*array, None]))),
    Mutation("text always null", "text", put("nickname", lambda _: None)),
    Mutation("record always null", "person", put("customer", lambda _: None)),
    Mutation("null text left out", "nullable", drop_nulls),
    Mutation("null date-time left out", "nullable date-time", drop_nulls),
    Mutation("absent sent as null", "optional", _or_coupon("coupon", None)),
    Mutation("only null, now text", "only null", _filled("remark", lambda number: _as_text(None, number))),
    Mutation(
        "only null, now a date-time",
        "only null",
        _filled("closed_at", lambda number: _iso(1_710_000_000 + number * 86_411)),
    ),
    Mutation(
        "only null, now a record",
        "only null",
        _filled("customer", lambda number: {"member_no": 1000 + 71 * number, "note": _as_text(None, number)}),
    ),
    # emptiness
    Mutation("text always empty", "text", put("nickname", lambda _: "")),
    Mutation("date-time always empty", "moment", put("updated_at", lambda _: "")),
    Mutation("identifier always empty", "uuid", put("reference", lambda _: "")),
    Mutation("list of records always empty", "lines", put("lines", lambda _: [])),
    Mutation("list of texts always empty", "labels", put("labels", lambda _: [])),
    # another type
    Mutation("number replaced by identifier", "integer", put("quantity", _uuid)),
    Mutation("integer quoted", "integer", put("quantity", str)),
    Mutation("flag replaced by text", "boolean", numbered("active", _as_text)),
    Mutation("number replaced by flag", "number", put("price", lambda value: value > 400)),
    Mutation("list replaced by its length", "labels", put("labels", len)),
    Mutation("number sometimes text", "integer", sometimes(numbered("quantity", _as_text))),
    Mutation("text sometimes a record", "text", sometimes(put("nickname", lambda text: {"text": text}))),
    Mutation("item sometimes a number", "labels", sometimes(put("labels", lambda array: [*array, 4711]))),
    Mutation("record sometimes text", "person", sometimes(numbered("customer", _as_text))),
    Mutation("whole number with a fraction", "integer", put("quantity", lambda value: value + 0.5)),
    Mutation(
        "whole number sometimes with a fraction", "integer", sometimes(put("quantity", lambda value: value + 0.25))
    ),
    Mutation("decimal quoted", "number", put("price", _quoted)),
    Mutation(
        "decimal of the items quoted",
        "lines",
        put("lines", each(lambda item: {**item, "unit_price": _quoted(item["unit_price"])})),
    ),
    Mutation("flag as word", "boolean", put("active", lambda flag: str(flag).lower())),
    Mutation("flag as number", "boolean", put("active", int)),
    Mutation("flag as letter", "boolean", put("active", lambda flag: "Y" if flag else "N")),
    Mutation("flag as yes or no", "boolean", put("active", lambda flag: "yes" if flag else "no")),
    Mutation("reference expanded to its id", "reference", put("customer", lambda key: {"id": key})),
    Mutation("uuid expanded to its id", "uuid", put("reference", lambda key: {"id": key})),
    Mutation("numbered reference expanded to its id", "numbered reference", put("customer", lambda key: {"id": key})),
    Mutation(
        "reference expanded to a record",
        "reference",
        numbered("customer", lambda key, number: {"id": key, "label": _as_text(key, number), "level": number}),
    ),
    Mutation("one became many, text", "email", put("email", lambda value: [value])),
    Mutation("one became many, identifiers", "uuid", put("reference", lambda value: [value])),
    Mutation("one became many, numbers", "serial", put("serial", lambda value: [value])),
    # numbers
    Mutation("numbers past 2^31", "serial", put("serial", lambda value: value + 40_000_000_000)),
    Mutation("numbers past 2^53", "wide serial", put("serial", lambda value: value + 2**60)),
    Mutation("cents instead of units", "number", put("price", _cents)),
    Mutation("cents instead of units, watched", "number", put("price", _cents), same_records=True, watched=True),
    # formats
    Mutation("time of day cut off", "moment", put("updated_at", lambda text: text[:10])),
    Mutation("day cut off", "moment", put("updated_at", lambda text: text[11:])),
    Mutation("day without hyphens", "day", put("due_on", lambda text: text.replace("-", ""))),
    Mutation("identifier is free text", "uuid", numbered("reference", _as_text)),
    Mutation("identifier is a token", "uuid", put("reference", lambda text: f"ord_{text.replace('-', '')[:15]}")),
    Mutation("identifier sometimes free text", "uuid", sometimes(numbered("reference", _as_text))),
    Mutation("date-time in words", "moment", put("updated_at", _words)),
    Mutation("day in words", "day", put("due_on", _words)),
    Mutation("day with slashes", "day", put("due_on", lambda text: f"{text[5:7]}/{text[8:]}/{text[:4]}")),
    Mutation("e-mail is a name", "email", numbered("email", _as_text)),
    Mutation("date-time sometimes a day", "moment", sometimes(put("updated_at", lambda text: text[:10]))),
    Mutation("quoted decimal is free text", "quoted decimal", numbered("price", _as_text)),
    Mutation("offset left out", "moment", put("updated_at", lambda text: text.removesuffix("Z"))),
    Mutation("another offset", "moment", put("updated_at", _berlin)),
    Mutation("seconds as date-time", "seconds", put("expires_at", _iso)),
    Mutation("milliseconds as date-time", "milliseconds", put("expires_at", lambda value: _iso(value / 1000))),
    Mutation("date-time as seconds", "moment", put("updated_at", _epoch)),
    Mutation("seconds as milliseconds", "seconds", put("expires_at", lambda value: value * 1000)),
    # words
    Mutation("another status", "status", sometimes(put("status", lambda _: "refunded"))),
    Mutation("another role", "roles", sometimes(put("roles", lambda roles: [*roles, "auditor"]))),
    Mutation("status in capitals", "status", put("status", str.upper)),
    Mutation("status with a capital", "status", put("status", str.title)),
    Mutation("roles in capitals", "roles", put("roles", each(str.upper))),
    Mutation("version says v2", "constant", put("schema_version", lambda _: "v2")),
    # lists and maps
    Mutation("single element unwrapped", "lines", put("lines", lambda array: array[0])),
    Mutation("record became a list", "person", put("customer", lambda record: [record])),
    Mutation("list of texts in a list", "labels", put("labels", lambda array: [array])),
    Mutation("list of records in a list", "lines", put("lines", lambda array: [array])),
    Mutation("texts of a list each in a list", "labels", put("labels", each(lambda text: [text]))),
    Mutation("days became fixed names", "map by day", put("daily", _fixed_names)),
    Mutation("identifiers became fixed names", "map by uuid", put("limits", _fixed_names)),
    Mutation("keys became words", "map by uuid", put("limits", _rekeyed(_slug))),
    Mutation("days became identifiers", "map by day", put("daily", _rekeyed(_uuid))),
    # unions
    Mutation("a third type", "payment", sometimes(numbered("payment", _wallet))),
    Mutation("a third type in a list", "payments", sometimes(numbered("payments", _second_is_wallet))),
    Mutation("the type is called kind", "payment", inside("payment", rename("type", "kind"))),
    Mutation(
        "the type is called kind in a list",
        "payments",
        put("payments", each(lambda payment: rename("type", "kind")(payment, 0))),
    ),
    # nothing that a consumer would notice
    Mutation("fields in another order", "contact", _reordered),
    Mutation("items in another order", "lines", put("lines", lambda array: array[::-1])),
    Mutation("longer lists", "labels", numbered("labels", lambda array, number: [*array, *map(_slug, array)])),
    Mutation("whole number with a point", "integer", put("quantity", float)),
)


def _by_name(mutations: Iterable[Mutation]) -> dict[str, Mutation]:
    return {mutation.name: mutation for mutation in mutations}


MUTATIONS: Final = _by_name(_ALL)
"""Every mutation by its name."""
