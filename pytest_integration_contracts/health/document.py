"""How integrations stand, as JSON: times in ISO 8601, spans in seconds, null for what is not known."""

from __future__ import annotations

import json
from typing import Any, Final

from pytest_integration_contracts.health.assessment import Assessment, Incident, Overview
from pytest_integration_contracts.health.samples import IntegrationRun, OpenChange, Sample
from pytest_integration_contracts.health.times import iso, window_name

FORMAT: Final = 1
"""The version of the document; members may come, and none changes its meaning or goes without a new one."""


def as_json(overview: Overview) -> str:
    """The document, ended by a newline; nothing but ASCII in it."""
    return json.dumps(document(overview), indent=2, allow_nan=False) + "\n"


def document(overview: Overview) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "format": FORMAT,
        "made_at": iso(overview.made_at),
        "next_check": _time(overview.next_check),
        "good": all(each.is_good for each in overview.assessments),
        "notes": list(overview.notes),
        "integrations": [_integration(each) for each in overview.assessments],
    }


def _integration(each: Assessment) -> dict[str, Any]:
    return {
        "integration": each.integration,
        "verdict": each.health,
        "cause": each.cause,
        "fault": each.fault or None,
        "since": _time(each.since),
        "last_good": _time(each.last_good),
        "checked": _time(each.checked),
        "overdue": each.overdue,
        "maintenance": each.maintenance,
        "success": {window_name(window): {"good": rate.good, "runs": rate.n} for window, rate in each.rates.items()},
        "latency": {"p95": each.p95, "answers": each.answers, "budget": each.budget or None},
        "freshness": {"newest": _time(each.newest), "within": each.fresh_within or None},
        "cadence": {"declared": each.cadence or None, "actual": each.actual_cadence},
        "rate_limit": {"left": each.rate_left[0], "of": each.rate_left[1] or None} if each.rate_left else None,
        "sunset": each.sunset or None,
        "commit": each.commit or None,
        "owner": each.owner,
        "contact": each.contact,
        "runbook": each.runbook,
        "credentials": each.credentials,
        "system_of_record": each.system_of_record,
        "feeds": list(each.feeds),
        "changes": [{"operation": operation, **_change(change)} for operation, change in each.changes],
        "operations": [_operation(sample) for sample in each.operations],
        "incidents": [_incident(incident) for incident in each.incidents],
        "runs": [_run(run) for run in each.runs],
    }


def _change(change: OpenChange) -> dict[str, Any]:
    return {
        "fingerprint": change.fingerprint,
        "severity": change.severity,
        "rule": change.rule,
        "path": change.path,
        "text": change.text,
        "accepted_until": change.expires or None,
    }


def _operation(sample: Sample) -> dict[str, Any]:
    return {
        "operation": sample.operation,
        "verdict": sample.verdict,
        "cause": sample.cause,
        "answers": sample.answers,
        "p50": sample.p50,
        "p95": sample.p95,
        "version": sample.version or None,
        "tries": sample.tries,
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "verdict": incident.verdict,
        "cause": incident.cause,
        "began": iso(incident.began),
        "ended": _time(incident.ended),
        "runs": incident.runs,
    }


def _run(run: IntegrationRun) -> dict[str, Any]:
    return {
        "run": run.run.id,
        "at": iso(run.run.at),
        "verdict": run.verdict,
        "cause": run.cause,
        "operations": run.operations,
        "failing": run.failing,
        "answers": run.answers,
        "p95": run.p95,
        "maintenance": run.maintenance,
        "partial": run.run.partial or None,
        "commit": run.run.commit or None,
        "host": run.run.host or None,
    }


def _time(at: float | None) -> str | None:
    return None if at is None else iso(at)
