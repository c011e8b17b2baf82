from __future__ import annotations

import pytest

from pytest_integration_contracts.drift.authentication import challenges
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.traffic.refusals import denial, outage


@pytest.mark.parametrize(
    ("location", "denied"),
    [
        ("https://sso.crm.example/", True),
        ("/account/login?next=%2F", True),
        ("/v2/customers/42", False),
        ("/authors/42", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_a_redirect_is_a_denial_only_where_it_leads_to_a_login(location: str, denied: bool) -> None:  # noqa: FBT001
    assert bool(denial(Exchange(status=302, response_headers={"location": location}))) is denied


@pytest.mark.parametrize(
    ("header", "schemes"),
    [
        ('Bearer realm="crm", error="invalid_token"', {"Bearer"}),
        ('Negotiate, Basic realm="a, b"', {"Negotiate", "Basic"}),
        ("Negotiate", {"Negotiate"}),
        ("", set()),
    ],
)
def test_a_challenge_is_its_schemes_without_their_parameters(header: str, schemes: set[str]) -> None:
    assert challenges(Exchange(status=401, response_headers={"www-authenticate": header})) == schemes


@pytest.mark.parametrize(("status", "down"), [(200, False), (404, False), (429, True), (500, True), (599, True)])
def test_an_outage_is_a_server_error_or_a_full_queue(status: int, down: bool) -> None:  # noqa: FBT001
    assert bool(outage(Exchange(status=status))) is down
