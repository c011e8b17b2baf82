"""OpenMetrics and JSON: read by the readers that will read them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from histories import CADENCE, DAY, HOUR, LOST, NOW, declares, keep, told
from pytest_integration_contracts.health.assess import overview
from pytest_integration_contracts.health.assessment import Health
from pytest_integration_contracts.health.document import as_json
from pytest_integration_contracts.health.openmetrics import FAMILIES, openmetrics
from pytest_integration_contracts.health.samples import RunRecord
from pytest_integration_contracts.health.store import Store
from pytest_integration_contracts.manifest.manifest import Integration

CRM = Integration("crm", cadence=CADENCE, latency=2.0)

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Values:
    """The samples by name and labels, after both parsers have agreed on them."""
    read_by = [
        {(each.name, frozenset(each.labels.items())): each.value for family in parse(text) for each in family.samples}
        for parse in (open_metrics, text_format)
    ]
    assert read_by[0] == read_by[1]
    return read_by[0]


def of(values: Values, name: str, **labels: str) -> float | None:
    return values.get((f"integration_contracts_{name}", frozenset(labels.items())))


def test_every_figure_is_there_with_its_unit_and_what_it_rests_on(store: Store) -> None:
    keep(store, "crm", "." * 9, ago=7 * HOUR)
    slow, other = told("crm", "D", 2)
    accepted = replace(LOST, fingerprint="other", expires="2027-02-01")
    slow = replace(slow, changes=(*slow.changes, accepted), rate_left=12, rate_limit=100, newest=NOW - 2 * HOUR)
    store.append(RunRecord(id="0" * 32, at=NOW - HOUR), [slow, other])
    text = openmetrics(overview(store, declares(CRM), NOW))
    values = read(text)

    assert of(values, "health", integration="crm", verdict="drift") == 1
    assert sum(value for (name, _), value in values.items() if name == "integration_contracts_health") == 1
    assert of(values, "stale", integration="crm") == 0
    assert of(values, "runs", integration="crm", window="24h") == 4
    assert of(values, "success_ratio", integration="crm", window="24h") == 0.75
    assert of(values, "success_ratio", integration="crm", window="7d") == 0.9
    assert of(values, "last_good_timestamp_seconds", integration="crm") == NOW - 7 * HOUR
    assert of(values, "last_check_timestamp_seconds", integration="crm") == NOW - HOUR
    assert of(values, "latency_seconds", integration="crm", quantile="0.95") == 0.5
    assert of(values, "latency_budget_seconds", integration="crm") == 2
    assert of(values, "open_changes", integration="crm", severity="breaking") == 1
    assert of(values, "open_changes", integration="crm", severity="warning") == 0
    assert of(values, "accepted_changes", integration="crm") == 1
    assert of(values, "rate_limit_remaining", integration="crm") == 12
    assert of(values, "rate_limit", integration="crm") == 100
    assert of(values, "newest_data_timestamp_seconds", integration="crm") == NOW - 2 * HOUR
    assert of(values, "cadence_seconds", integration="crm") == CADENCE
    assert of(values, "made_timestamp_seconds") == NOW
    assert of(values, "next_check_timestamp_seconds") == NOW + 5 * HOUR
    units = {family.name: family.unit for family in open_metrics(text)}  # type: ignore[no-untyped-call]
    assert all(name.endswith("_seconds") == (unit == "seconds") for name, unit in units.items())


def test_every_verdict_and_metric_has_a_row_on_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "health-verdicts.md").read_text(encoding="utf-8")
    verdicts, metrics = page.split("## Metrics")
    assert re.findall(r"^\| `([\w ]+)` \|", verdicts, re.MULTILINE) == [health.value for health in Health]
    rows = {name for row in re.findall(r"^\| (`.*?`) \|", metrics, re.MULTILINE) for name in re.findall(r"\w+", row)}
    singles = {"made_timestamp_seconds", "next_check_timestamp_seconds"}
    assert rows == singles | {family.name for family in FAMILIES}


def test_what_is_not_known_has_no_value_and_silence_is_told(store: Store) -> None:
    keep(store, "crm", "...", ago=3 * DAY)
    values = read(openmetrics(overview(store, declares(CRM, Integration("never")), NOW)))
    assert of(values, "stale", integration="crm") == of(values, "stale", integration="never") == 1
    assert of(values, "health", integration="crm", verdict="ok") == 0
    assert of(values, "health", integration="crm", verdict="stale") == 1
    assert of(values, "runs", integration="crm", window="24h") == 0
    assert of(values, "success_ratio", integration="crm", window="24h") is None
    assert of(values, "last_good_timestamp_seconds", integration="never") is None
    assert of(values, "health", integration="never", verdict="unverified") == 1
    assert of(values, "cadence_seconds", integration="never") == DAY


def test_labels_hold_whatever_a_manifest_says(store: Store) -> None:
    strange = 'a "quoted" \\ path\nwith é\U0001f600'
    labels = {"owner": strange, "contact": "", "runbook": "{}=,", "system_of_record": "#"}
    strangely = replace(CRM, owner=strange, contact="", runbook="{}=,", system_of_record="#")
    text = openmetrics(overview(store, declares(strangely), NOW))
    assert of(read(text), "owner", integration="crm", **labels) == 1
    assert text.endswith("\n# EOF\n")


def test_no_integration_is_no_error(store: Store) -> None:
    assert read(openmetrics(overview(store, declares(), NOW))) == {
        ("integration_contracts_made_timestamp_seconds", frozenset()): NOW
    }


def test_json_says_all_of_it_in_plain_ascii(store: Store) -> None:
    keep(store, "crm", ".." + "D")
    manifest = declares(replace(CRM, owner="Zoë", feeds=("dashboard",)), Integration("never"))
    text = as_json(overview(store, manifest, NOW))
    assert text.isascii()
    said = json.loads(text)
    assert (said["format"], said["good"], said["made_at"]) == (1, False, "2027-01-15T08:00:00Z")
    crm, never = said["integrations"]
    assert (crm["verdict"], crm["fault"], crm["since"]) == (Health.DRIFT, "upstream", "2027-01-15T07:00:00Z")
    assert crm["success"]["24h"] == {"good": 2, "runs": 3}
    assert crm["changes"][0] == {
        "operation": "GET /orders/{id}",
        "fingerprint": LOST.fingerprint,
        "severity": "breaking",
        "rule": "property.removed",
        "path": "$.total",
        "text": LOST.text,
        "accepted_until": None,
    }
    assert [run["verdict"] for run in crm["runs"]] == ["ok", "ok", "drift"]
    assert (crm["owner"], crm["feeds"], crm["latency"]["budget"]) == ("Zoë", ["dashboard"], 2.0)
    assert (never["verdict"], never["since"], never["last_good"], never["overdue"]) == ("unverified", None, None, True)
