"""The CRM's client, for generation 1 of its API."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Self

import requests

_DEFAULT_URL: Final = "https://api.crm.example/v1"
_TIMEOUT_SECONDS: Final = 10.0


class CustomerNotFound(Exception):  # noqa: N818
    """The CRM has no customer of this id."""

    def __init__(self, customer_id: int) -> None:
        super().__init__(f"no customer {customer_id}")
        self.customer_id = customer_id


@dataclass(frozen=True, slots=True)
class Address:
    """Where a customer is."""

    street: str
    city: str
    country: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Manager:
    """Who looks after a customer."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer."""

    id: int
    name: str
    email: str
    phone: str
    company: str
    balance: float
    created_at: datetime
    address: Address
    tags: tuple[str, ...]
    manager: Manager | None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One article of an order."""

    sku: str
    quantity: int
    price: float


@dataclass(frozen=True, slots=True)
class Order:
    """An order."""

    number: str
    total: float
    currency: str
    placed_at: datetime
    lines: tuple[OrderLine, ...]
    coupon: str | None


class Crm:
    """The CRM, as one client of it sees it."""

    def __init__(
        self,
        token: str,
        base_url: str | None = None,
        session: requests.Session | None = None,
    ) -> None:
        """Use a token that was issued before.

        Args:
            token: The access token.
            base_url: The API's base URL; without it `CRM_URL` of the environment, or the production URL.
            session: What to send requests with.
        """
        self._token = token
        self._base_url = _base_url(base_url)
        self._session = session or requests.Session()

    @classmethod
    def log_in(cls, client_id: str, client_secret: str, base_url: str | None = None) -> Self:
        """Exchange credentials for a token.

        Raises:
            requests.HTTPError: The CRM does not accept the credentials.
        """
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        response = requests.post(f"{_base_url(base_url)}/oauth/token", data=form, timeout=_TIMEOUT_SECONDS)
        response.raise_for_status()
        return cls(response.json()["access_token"], base_url)

    def customer(self, customer_id: int) -> Customer:
        """One customer.

        Raises:
            CustomerNotFound: There is no such customer.
        """
        return _customer(self._get_of_customer(customer_id))

    def email_of(self, customer_id: int) -> str:
        """A customer's e-mail address; nothing else is read.

        Raises:
            CustomerNotFound: There is no such customer.
        """
        email: str = self._get_of_customer(customer_id)["email"]
        return email

    def customers(self) -> Iterator[Customer]:
        """All customers, page by page."""
        page, pages = 1, 1
        while page <= pages:
            body = self._get("/customers", page=page).json()
            yield from map(_customer, body["items"])
            page, pages = page + 1, body["pages"]

    def orders(self, customer_id: int) -> list[Order]:
        """A customer's orders.

        Raises:
            CustomerNotFound: There is no such customer.
        """
        return [_order(item) for item in self._get_of_customer(customer_id, "/orders")["items"]]

    def _get_of_customer(self, customer_id: int, rest: str = "") -> dict[str, Any]:
        try:
            body: dict[str, Any] = self._get(f"/customers/{customer_id}{rest}").json()
        except requests.HTTPError as error:
            if error.response.status_code == HTTPStatus.NOT_FOUND:
                raise CustomerNotFound(customer_id) from error
            raise
        return body

    def _get(self, path: str, **parameters: int) -> requests.Response:
        response = self._session.get(
            f"{self._base_url}{path}",
            params=parameters,
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=_TIMEOUT_SECONDS,
        )
        response.raise_for_status()
        return response


def _base_url(given: str | None) -> str:
    return (given or os.environ.get("CRM_URL") or _DEFAULT_URL).rstrip("/")


def _customer(body: dict[str, Any]) -> Customer:
    address, manager = body["address"], body["manager"]
    return Customer(
        id=body["id"],
        name=body["name"],
        email=body["email"],
        phone=body["phone"],
        company=body["company"],
        balance=body["balance"],
        created_at=datetime.fromisoformat(body["created_at"]),
        address=Address(address["street"], address["city"], address["country"], address["postcode"]),
        tags=tuple(body["tags"]),
        manager=Manager(manager["name"], manager["email"]) if manager else None,
    )


def _order(body: dict[str, Any]) -> Order:
    return Order(
        number=body["number"],
        total=body["total"],
        currency=body["currency"],
        placed_at=datetime.fromisoformat(body["placed_at"]),
        lines=tuple(OrderLine(line["sku"], line["quantity"], line["price"]) for line in body["lines"]),
        coupon=body["coupon"],
    )
