"""Bodies to measure on, made from a seed: records as APIs send them, with all that makes real ones irregular."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

Record = dict[str, Any]

_WORDS = [
    "amber",
    "anchor",
    "basalt",
    "cedar",
    "comet",
    "copper",
    "delta",
    "ember",
    "falcon",
    "fjord",
    "garnet",
    "harbour",
    "indigo",
    "juniper",
    "kelp",
    "lantern",
    "maple",
    "meadow",
    "nickel",
    "ochre",
    "opal",
    "osprey",
    "pebble",
    "pine",
    "quartz",
    "raven",
    "river",
    "saffron",
    "sierra",
    "slate",
    "spruce",
    "tundra",
    "umber",
    "velvet",
    "willow",
    "zephyr",
]
_FIRST = ("Ana", "Bogdan", "Chidi", "Dagny", "Elif", "Femi", "Grete", "Hiro", "Ines", "Jörg", "Kaya", "Łukasz")
_LAST = ("Abara", "Brandt", "Castro", "Dvořák", "Eriksen", "Fujita", "García", "Haddad", "Ito", "Jansen", "Kowalski")
_CURRENCIES = ("EUR", "USD", "GBP", "PLN", "SEK")
_PATHS_A_LEAF_RECORD = 12
_START = datetime(2024, 1, 1, tzinfo=UTC)


def written(body: object) -> str:
    """The body as an API sends it: compact, and not escaped."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def nested(seed: int, records: int) -> Record:
    """One body of users, repositories, orders and events: 5,000 records are some 3.8 MB."""
    maker = _Maker(seed)
    share = max(records // 4, 4)
    return {
        "users": [maker.user() for _ in range(share)],
        "repositories": [maker.repository() for _ in range(share)],
        "orders": [maker.order() for _ in range(share)],
        "events": [maker.event() for _ in range(share)],
        "meta": {"total": 4 * share, "next": None, "generated_at": maker.moment()},
    }


def small_responses(seed: int, number: int) -> list[Record]:
    """That many responses of one operation, a few hundred bytes each."""
    maker = _Maker(seed)
    return [{"data": maker.user(), "request_id": maker.uuid()} for _ in range(number)]


def keyed_by_uuid(seed: int, number: int) -> Record:
    """One body whose member names are data: UUIDs, with one shape of value."""
    maker = _Maker(seed)
    return {"data": {maker.uuid(): maker.stock() for _ in range(number)}, "total": number}


def keyed_by_slug(seed: int, number: int) -> Record:
    """One body whose member names are data: `amber-falcon-17`, with one shape of value."""
    maker = _Maker(seed)
    return {"data": {f"{maker.slug()}-{at}": maker.stock() for at in range(number)}, "total": number}


def wide(seed: int, paths: int) -> Record:
    """One body of plain nested records with that many distinct paths, give or take one record's."""
    return _Maker(seed).tree(paths)


class _Maker:
    """Makes records; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - data, not secrets
        self._next_id = 1000

    def _id(self) -> int:
        self._next_id += self._random.randint(1, 40)
        return self._next_id

    def _maybe(self, share: float, value: object) -> object:
        return value if self._random.random() < share else None

    def _optional(self, share: float, **members: object) -> Record:
        return members if self._random.random() < share else {}

    def _one_of(self, *values: Any) -> Any:
        return self._random.choice(values)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def moment(self) -> str:
        return (_START + timedelta(seconds=self._random.randint(0, 60_000_000))).strftime("%Y-%m-%dT%H:%M:%SZ")

    def day(self) -> str:
        return (_START + timedelta(days=self._random.randint(0, 700))).strftime("%Y-%m-%d")

    def slug(self) -> str:
        return f"{self._random.choice(_WORDS)}-{self._random.choice(_WORDS)}"

    def sentence(self, words: int) -> str:
        return " ".join(self._random.choices(_WORDS, k=words)).capitalize() + "."

    def amount(self) -> str:
        return f"{self._random.randint(1, 900)}.{self._random.randint(0, 99):02}"

    def person(self) -> Record:
        """A user as it stands inside of other records."""
        number = self._id()
        login = f"{self._random.choice(_WORDS)}{number}"
        return {
            "login": login,
            "id": number,
            "avatar_url": f"https://avatars.example/u/{number}?v=4",
            "url": f"https://api.example/users/{login}",
            "type": self._one_of("User", "User", "User", "Organization", "Bot"),
            "site_admin": False,
        }

    def user(self) -> Record:
        first, last = self._random.choice(_FIRST), self._random.choice(_LAST)
        return {
            **self.person(),
            "uuid": self.uuid(),
            "name": self._maybe(0.9, f"{first} {last}"),
            "email": self._maybe(0.7, f"{self._random.choice(_WORDS)}.{self._id()}@mail.example"),
            "bio": self._maybe(0.5, self.sentence(14)),
            "locale": self._one_of("de-DE", "en-GB", "en-US", "pl-PL", "sv-SE"),
            "followers": self._random.randint(0, 9_000),
            "score": round(self._random.random() * 100, 3),
            "address": self._maybe(0.8, self.address()),
            "roles": self._random.sample(("admin", "billing", "member", "owner", "viewer"), self._random.randint(0, 3)),
            "created_at": self.moment(),
            "updated_at": self._maybe(0.8, self.moment()),
            **self._optional(0.4, birthday=self.day()),
            **self._optional(0.3, last_seen=self._random.randint(1_700_000_000, 1_760_000_000)),
        }

    def address(self) -> Record:
        return {
            "line1": f"{self._random.randint(1, 200)} {self._random.choice(_WORDS).capitalize()} Street",
            "line2": self._maybe(0.2, f"Flat {self._random.randint(1, 40)}"),
            "city": self._random.choice(_WORDS).capitalize(),
            "postal_code": f"{self._random.randint(10000, 99999)}",
            "country": self._one_of("DE", "GB", "PL", "SE", "US"),
            "location": {
                "lat": round(self._random.uniform(-90, 90), 5),
                "lon": round(self._random.uniform(-180, 180), 5),
            },
        }

    def repository(self) -> Record:
        name = self.slug()
        owner = self.person()
        url = f"https://api.example/repos/{owner['login']}/{name}"
        return {
            "id": self._id(),
            "name": name,
            "full_name": f"{owner['login']}/{name}",
            "private": self._random.random() < 0.2,
            "owner": owner,
            "description": self._maybe(0.8, self.sentence(12)),
            "html_url": url.replace("api.", ""),
            "url": url,
            "issues_url": url + "/issues{/number}",
            "clone_url": f"https://git.example/{owner['login']}/{name}.git",
            "homepage": self._maybe(0.3, f"https://{name}.example/"),
            "language": self._maybe(0.9, self._one_of("C", "Go", "Java", "Kotlin", "Python", "Ruby", "Rust")),
            "size": self._random.randint(1, 90_000),
            "stargazers_count": self._random.randint(0, 40_000),
            "open_issues_count": self._random.randint(0, 300),
            "license": self._maybe(0.6, {"key": "mit", "name": "MIT License", "spdx_id": "MIT"}),
            "topics": [self._random.choice(_WORDS) for _ in range(self._random.randint(0, 6))],
            "default_branch": self._one_of("main", "main", "master"),
            "pushed_at": self._maybe(0.95, self.moment()),
            "created_at": self.moment(),
            "permissions": {"admin": False, "push": self._random.random() < 0.5, "pull": True},
            **self._optional(0.25, parent={"id": self._id(), "full_name": self.slug(), "owner": self.person()}),
        }

    def order(self) -> Record:
        return {
            "id": self.uuid(),
            "number": f"{self._id()}",
            "status": self._one_of("cancelled", "open", "paid", "shipped"),
            "currency": self._random.choice(_CURRENCIES),
            "total": self.amount(),
            "tax_rate": self._one_of(0, 0.07, 0.19, 0.2),
            "customer": {"id": self._id(), "email": f"{self._random.choice(_WORDS)}@mail.example"},
            "placed_on": self.day(),
            "created": self._random.randint(1_700_000_000, 1_760_000_000),
            "shipped_at": self._maybe(0.6, self.moment()),
            "lines": [self.line() for _ in range(self._random.randint(1, 5))],
            "payments": [self.payment() for _ in range(self._random.randint(0, 2))],
            "notes": self._maybe(0.2, self.sentence(8)),
            **self._optional(0.3, discount={"code": self.slug().upper(), "percent": self._random.randint(5, 30)}),
        }

    def line(self) -> Record:
        return {
            "sku": f"SKU-{self._random.randint(1000, 9999)}-{self._one_of('L', 'M', 'S')}",
            "title": self.sentence(3),
            "quantity": self._random.randint(1, 9),
            "unit_price": self.amount(),
            "attributes": {"colour": self._random.choice(_WORDS), "gift": self._random.random() < 0.1},
            **self._optional(0.2, backordered_until=self.day()),
        }

    def payment(self) -> Record:
        """One of three variants, told apart by `type`."""
        by_type: dict[str, Callable[[], Record]] = {
            "card": lambda: {"brand": self._one_of("amex", "visa"), "last4": f"{self._random.randint(1000, 9999)}"},
            "bank": lambda: {"iban_suffix": f"{self._random.randint(100, 999)}", "bank": self.sentence(2)},
            "wallet": lambda: {"provider": self._random.choice(_WORDS), "token_id": self.uuid(), "balance": None},
        }
        type_ = self._random.choice(tuple(by_type))
        return {"type": type_, "amount": self.amount(), "captured_at": self.moment(), **by_type[type_]()}

    def event(self) -> Record:
        """One of three variants, told apart by `type`."""
        by_type: dict[str, Callable[[], Record]] = {
            "push": lambda: {
                "ref": "refs/heads/main",
                "head": f"{self._random.getrandbits(160):040x}",
                "commits": [self.commit() for _ in range(self._random.randint(1, 4))],
            },
            "issue": lambda: {
                "action": self._one_of("closed", "opened", "reopened"),
                "issue": {"number": self._random.randint(1, 999), "title": self.sentence(6), "assignee": None},
                "labels": [
                    {"name": self._random.choice(_WORDS), "color": f"{self._random.getrandbits(24):06x}"}
                    for _ in range(self._random.randint(0, 3))
                ],
            },
            "login": lambda: {
                "ip": f"192.0.2.{self._random.randint(1, 254)}",
                "agent": f"agent/{self._random.randint(1, 9)}.{self._random.randint(0, 9)}",
                "duration": f"PT{self._random.randint(1, 59)}S",
            },
        }
        type_ = self._random.choice(tuple(by_type))
        return {
            "id": f"{self._random.randint(10**10, 10**11)}",
            "type": type_,
            "actor": self.person(),
            "public": True,
            "created_at": self.moment(),
            "payload": by_type[type_](),
            **self._optional(0.5, org={"id": self._id(), "login": self._random.choice(_WORDS)}),
        }

    def commit(self) -> Record:
        return {
            "sha": f"{self._random.getrandbits(160):040x}",
            "message": self.sentence(7),
            "author": {"name": self._random.choice(_FIRST), "email": f"{self._random.choice(_WORDS)}@mail.example"},
            "distinct": True,
        }

    def stock(self) -> Record:
        """The value of one dynamic key."""
        return {
            "name": self.sentence(2),
            "price": self.amount(),
            "in_stock": self._random.randint(0, 500),
            "updated_at": self.moment(),
            "warehouse": {"code": self._one_of("ber1", "gdn2", "osl1"), "shelf": self._maybe(0.8, self.slug())},
        }

    def tree(self, paths: int) -> Record:
        """Nested records: twelve paths each, and up to ten more records below each."""
        records = [self._leaves() for _ in range(paths // _PATHS_A_LEAF_RECORD)]
        for at in range(1, len(records)):
            records[(at - 1) // 10][f"part_{at}"] = records[at]
        return records[0]

    def _leaves(self) -> Record:
        return {
            "id": self._id(),
            "key": self.uuid(),
            "name": self.sentence(2),
            "active": True,
            "ratio": self._random.random(),
            "created_at": self.moment(),
            "due_on": self.day(),
            "url": f"https://api.example/parts/{self._id()}",
            "comment": None,
            "tags": [self._random.choice(_WORDS)],
        }


def paths_of(body: object) -> int:
    """How many distinct paths a body of plain records has, the items of an array being one."""
    return sum(1 for _ in _walked(body))


def _walked(value: object) -> Iterator[None]:
    yield None
    if isinstance(value, dict):
        for member in value.values():
            yield from _walked(member)
    elif isinstance(value, list):
        for item in value[:1]:
            yield from _walked(item)
