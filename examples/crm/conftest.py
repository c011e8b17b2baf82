"""What the contract tests share."""

from __future__ import annotations

import os

import pytest

from crm_client import Crm


@pytest.fixture(scope="session")
def crm() -> Crm:
    """The CRM at `CRM_URL`, logged in once for all tests."""
    client_id = os.environ.get("CRM_CLIENT_ID") or "demo"
    client_secret = os.environ.get("CRM_CLIENT_SECRET") or "demo-secret"
    return Crm.log_in(client_id, client_secret)
