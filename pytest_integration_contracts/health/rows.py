"""Runs and samples as rows of the tables, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from pytest_integration_contracts.health.samples import IntegrationRun, OpenChange, RunRecord, Sample
from pytest_integration_contracts.model import Verdict

_LARGEST: Final = 2**63 - 1
_MOST_TRIES: Final = 2**31 - 1
_NAME_BYTES: Final = 1000
"""How long a name may be: PostgreSQL indexes keys of up to a third of a page."""

Row = Mapping[Any, Any]
"""A row by the names of its columns."""


def run_of_row(row: Row) -> IntegrationRun:
    """What one run found about one integration."""
    run = RunRecord(id=row["id"], at=row["at"], commit=row["commit"], host=row["host"], partial=row["partial"])
    counts = {name: row[name] for name in ("operations", "failing", "answers", "p95", "breaking", "warnings")}
    return IntegrationRun(
        run=run,
        integration=row["name"],
        verdict=Verdict(row["verdict"]),
        cause=row["why"] or "",
        maintenance=bool(row["maintenance"]),
        **counts,
    )


def sample_of_row(integration: str, row: Row) -> Sample:
    """What one run found about one operation."""
    changes = json.loads(row["standing"]) if row["standing"] else []
    kept = {name: row[name] for name in ("answers", "p50", "p95", "rate_left", "rate_limit", "newest", "tries")}
    return Sample(
        integration=integration,
        operation=row["operation"],
        verdict=Verdict(row["verdict"]),
        cause=row["why"] or "",
        version=row["version"] or "",
        sunset=row["sunset"] or "",
        changes=tuple(OpenChange(**each) for each in changes),
        **kept,
    )


def row_of_sample(sample: Sample, run: int, number: int, words: Mapping[str, int]) -> dict[str, object]:
    """The row of a sample, given the numbers of its run, its operation and its texts."""
    return {
        "run": run,
        "series": number,
        "verdict": str(sample.verdict),
        "cause": words.get(clean(sample.cause)),
        "answers": _bounded(sample.answers),
        "p50": _finite(sample.p50),
        "p95": _finite(sample.p95),
        "version": clean(sample.version) or None,
        "changes": words.get(standing(sample)),
        "rate_left": _bounded(sample.rate_left),
        "rate_limit": _bounded(sample.rate_limit),
        "sunset": clean(sample.sunset) or None,
        "newest": _finite(sample.newest),
        "tries": max(0, min(sample.tries, _MOST_TRIES)),
    }


def row_of_run(summary: IntegrationRun, run: int, number: int, words: Mapping[str, int]) -> dict[str, object]:
    """The row of an integration in a run, given the numbers of the run, the integration and the texts."""
    return {
        "integration": number,
        "at": summary.run.at,
        "run": run,
        "verdict": str(summary.verdict),
        "cause": words.get(clean(summary.cause)),
        "operations": summary.operations,
        "failing": summary.failing,
        "answers": _bounded(summary.answers),
        "p95": _finite(summary.p95),
        "breaking": summary.breaking,
        "warnings": summary.warnings,
        "maintenance": summary.maintenance,
    }


def standing(sample: Sample) -> str:
    """What stands, as JSON; "" for nothing."""
    return json.dumps([asdict(each) for each in sample.changes]) if sample.changes else ""


def clean(text: str) -> str:
    """A text that every database takes: no lone surrogate, no NUL."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def bounded_name(text: str) -> str:
    """A name as `clean` has it, no longer than every database can index."""
    return clean(text).encode()[:_NAME_BYTES].decode(errors="ignore")


def _bounded(number: int | None) -> int | None:
    return None if number is None else max(-_LARGEST, min(number, _LARGEST))


def _finite(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else number
