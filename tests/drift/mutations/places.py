"""Where a record stands in a body: in a record, an array, a map or as one variant of a union, up to four steps down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, Final

from drift.mutations.records import FIELDS, JSON, Record, surroundings
from drift.mutations.values import Values

DEPTHS: Final = range(5)
_PARENTS: Final = ("data", "orders", "customer")
_LISTED: Final = "orders"
_NAMES: Final = {
    "record": "account",
    "array": "accounts",
    "map": "accounts_by_id",
    "variant": "payment_method",
    "variants": "payment_methods",
}
CONTAINERS: Final = ("record", "array", "map", "variant")
RESPONSES: Final = {"record": 30, "array": 30, "map": 30, "variant": 36}
"""How many responses a sample has; of a union's records a quarter are the other variant."""

Change = Callable[[Record, int], Record]
"""What happens to the record of that number."""


@dataclass(frozen=True)
class Place:
    """A container for records, and how many steps down in the body it is."""

    container: str
    depth: int

    def __str__(self) -> str:
        return f"{self.container}-{self.depth}"

    @property
    def listed_union(self) -> bool:
        """Whether the union's records are items of an array, as they are at every other depth."""
        return self.container == "variant" and self.depth % 2 == 1

    @property
    def name(self) -> str:
        """The field that holds the container."""
        return _NAMES["variants" if self.listed_union else self.container]

    @property
    def path(self) -> str:
        """The JSONPath of the records."""
        parents = "".join(f".{name}[*]" if name == _LISTED else f".{name}" for name in _PARENTS[: self.depth - 1])
        below = f".{self.name}" if self.depth else ""
        step = {"record": "", "array": "[*]", "map": ".*", "variant": "[*]" if self.listed_union else ""}
        return f"${parents if self.depth else ''}{below}{step[self.container]}"

    @property
    def variant(self) -> str:
        """What a change of the records says about its variant."""
        return "type=card" if self.container == "variant" else ""


PLACES: Final = tuple(Place(container, depth) for container in CONTAINERS for depth in DEPTHS)


@cache
def sample(field: str, place: Place, which: str) -> list[JSON]:
    """Independent responses of one unchanged API.

    Args:
        field: The kind of field in focus, a key of `FIELDS`.
        place: Where the records with that field stand.
        which: Which sample, `old` or `new`: the same shape, other values.
    """
    values = Values(f"{field} {place} {which}")
    numbers = count()

    def record() -> Record:
        return {**surroundings(values), **FIELDS[field](values, next(numbers))}

    return [_body(place, values, index, record) for index in range(RESPONSES[place.container])]


def _body(place: Place, values: Values, index: int, record: Callable[[], Record]) -> JSON:
    return _within(place, 0, values, lambda: _container(place, values, index, record))


def _within(place: Place, step: int, values: Values, content: Callable[[], JSON]) -> JSON:
    """The record at that step above the container, with all below it."""
    if step == place.depth:
        return content()
    if step == place.depth - 1:
        return {**_company(values, step), place.name: content()}
    name = _PARENTS[step]
    if name == _LISTED:
        return {**_company(values, step), name: [_within(place, step + 1, values, content) for _ in range(2)]}
    return {**_company(values, step), name: _within(place, step + 1, values, content)}


def _company(values: Values, step: int) -> Record:
    """What stands beside the way down."""
    return {"request_id": values.uuid(), "total": values.between(1, 5000)} if step == 0 else {"title": values.text()}


def _container(place: Place, values: Values, index: int, record: Callable[[], Record]) -> JSON:
    if place.container == "record":
        return record()
    if place.container == "array":
        return [record() for _ in range(values.between(1, 4))]
    if place.container == "map":
        return {values.uuid(): record() for _ in range(values.between(2, 4))}
    if place.listed_union:
        return [_card(record), _card(record), _bank(values)] if index % 2 else [_card(record)]
    return _bank(values) if index % 4 == 1 else _card(record)


def _card(record: Callable[[], Record]) -> Record:
    return {"type": "card", **record()}


def _bank(values: Values) -> Record:
    """The other variant, which no mutation touches."""
    return {
        "type": "bank",
        "id": values.uuid(),
        "iban": values.token("DE"),
        "bank_name": values.text(),
        "verified_on": values.day(),
    }


def changed(bodies: list[JSON], place: Place, change: Change) -> list[JSON]:
    """The bodies, with that done to each record in focus; what is not touched is shared with the originals."""
    numbers = count()

    def apply(record: Record) -> Record:
        return change(record, next(numbers))

    return [_changed(body, place, 0, apply) for body in bodies]


def _changed(body: JSON, place: Place, step: int, apply: Callable[[Record], Record]) -> JSON:
    if step == place.depth:
        return _changed_container(body, place, apply)
    name = place.name if step == place.depth - 1 else _PARENTS[step]
    below: Any = body[name]
    if name == _LISTED:
        return {**body, name: [_changed(item, place, step + 1, apply) for item in below]}
    return {**body, name: _changed(below, place, step + 1, apply)}


def _changed_container(value: JSON, place: Place, apply: Callable[[Record], Record]) -> JSON:
    if place.container == "array":
        return [apply(record) for record in value]
    if place.container == "map":
        return {key: apply(record) for key, record in value.items()}
    if place.listed_union:
        return [_changed_variant(record, apply) for record in value]
    if place.container == "variant":
        return _changed_variant(value, apply)
    return apply(value)


def _changed_variant(record: Record, apply: Callable[[Record], Record]) -> Record:
    return apply(record) if record["type"] == "card" else record
