"""Runs and samples, made up."""

from __future__ import annotations

import uuid
from typing import Any

from pytest_integration_contracts.health.samples import OpenChange, RunRecord, Sample
from pytest_integration_contracts.model import Verdict

GONE = OpenChange(
    fingerprint="0123456789abcdef", severity="breaking", rule="field.removed", path="$.email", text="string -> gone"
)
KNOWN = OpenChange(
    fingerprint="fedcba9876543210", severity="breaking", rule="field.removed", path="$.fax", expires="2027-01-31"
)
ODD = OpenChange(fingerprint="00000000deadbeef", severity="warning", rule="value.new", path="$.status")


def run_at(at: float, **members: Any) -> RunRecord:
    return RunRecord(id=uuid.uuid4().hex, at=at, **members)


def sample(
    verdict: Verdict = Verdict.OK, integration: str = "crm", operation: str = "GET /a", **members: Any
) -> Sample:
    return Sample(integration=integration, operation=operation, verdict=verdict, **members)
