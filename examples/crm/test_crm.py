"""What this project needs of the CRM."""

from __future__ import annotations

import pytest

from crm_client import Crm, CustomerNotFound


@pytest.mark.contract("crm")
def test_a_customer_has_an_email(crm: Crm) -> None:
    assert crm.customer(42).email == "ada.marsh@mail.example"


@pytest.mark.contract("crm")
def test_an_email_can_be_read_by_itself(crm: Crm) -> None:
    assert crm.email_of(42) == "ada.marsh@mail.example"


@pytest.mark.contract("crm")
def test_a_customer_has_a_company_and_a_phone(crm: Crm) -> None:
    customer = crm.customer(43)
    assert (customer.company, customer.phone) == ("Keller Bau GmbH", "+49 30 23125 143")


@pytest.mark.contract("crm")
def test_customers_are_read_over_all_pages(crm: Crm) -> None:
    assert [customer.id for customer in crm.customers()] == list(range(42, 56))


@pytest.mark.contract("crm")
def test_a_missing_customer_is_said_to_be_missing(crm: Crm) -> None:
    with pytest.raises(CustomerNotFound, match="999"):
        crm.customer(999)


@pytest.mark.contract("crm")
def test_an_order_adds_up(crm: Crm) -> None:
    order = crm.orders(42)[0]
    assert (order.number, order.total, order.currency) == ("ORD-1001", 129.5, "EUR")
    assert sum(line.quantity * line.price for line in order.lines) == pytest.approx(order.total)


@pytest.mark.contract("crm")
def test_a_customer_may_have_no_orders(crm: Crm) -> None:
    assert crm.orders(45) == []
