"""What the manifest says about monitoring, and when an upstream is in maintenance."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pytest_integration_contracts.errors import ManifestError
from pytest_integration_contracts.manifest.file import load
from pytest_integration_contracts.manifest.manifest import Manifest
from pytest_integration_contracts.manifest.monitoring import (
    AlertSettings,
    HealthSettings,
    Mute,
    SuccessRate,
    Window,
    in_maintenance,
)

HOUR = 3600.0
DAY = 24 * HOUR

WHOLE = """
[health]
store = "env:HEALTH_STORE"
retention = "forever"

[health.alerts]
to = ["env:ALERTS_URL", "env:PAGER_URL"]
success_rate = { below = 0.95, over = "24h", at_least = 8, recovered = 0.99 }
failures = 3
recovered = 4
drift = false
sunset = "60d"
acceptance = false

[[health.alerts.mute]]
integration = "crm"
kind = "stale"
until = 2026-12-31
reason = "they move"

[[health.alerts.mute]]
integration = "*"
until = "2026-12-26"
reason = "nobody is in"

[integrations.crm]
cadence = "6h"
feeds = ["dashboard.revenue", "warehouse.customers"]
system_of_record = "the CRM itself"
retries = 2
maintenance = [
  { days = ["sun", "mon"], from = "22:00", to = "04:00", timezone = "Europe/Berlin" },
  { first = "2026-12-24", last = 2026-12-26 },
]
alerts = { to = ["env:CRM_ALERTS"], failures = 0, success_rate = false }

[integrations.tax]
"""


def read(folder: Path, text: str) -> Manifest:
    path = folder / "contracts.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {})


def test_all_that_is_said_of_monitoring_is_read(tmp_path: Path) -> None:
    manifest = read(tmp_path, WHOLE)
    alerts = AlertSettings(
        to=("env:ALERTS_URL", "env:PAGER_URL"),
        success_rate=SuccessRate(below=0.95, over=DAY, at_least=8, recovered=0.99),
        failures=3,
        recovered=4,
        drift=False,
        sunset=60 * DAY,
        acceptance=0.0,
        mutes=(
            Mute(integration="crm", kind="stale", until="2026-12-31", reason="they move"),
            Mute(integration="", until="2026-12-26", reason="nobody is in"),
        ),
    )
    assert manifest.health == HealthSettings(store="env:HEALTH_STORE", retention=0.0, alerts=alerts)
    crm = manifest.integrations["crm"]
    assert (crm.cadence, crm.retries, crm.system_of_record) == (6 * HOUR, 2, "the CRM itself")
    assert crm.feeds == ("dashboard.revenue", "warehouse.customers")
    assert crm.maintenance == (
        Window(days=frozenset({6, 0}), start=22 * 60, end=4 * 60, timezone="Europe/Berlin"),
        Window(first="2026-12-24", last="2026-12-26"),
    )


def test_what_an_integration_leaves_open_of_alerts_holds_as_for_all(tmp_path: Path) -> None:
    manifest = read(tmp_path, WHOLE)
    assert manifest.health is not None
    crm, tax = (manifest.integrations[name].alerts for name in ("crm", "tax"))
    assert tax == manifest.health.alerts
    assert crm is not None
    assert (crm.to, crm.failures, crm.success_rate) == (("env:CRM_ALERTS",), 0, None)
    assert (crm.recovered, crm.drift, crm.mutes) == (4, False, manifest.health.alerts.mutes)


def test_nothing_is_monitored_without_the_table_and_all_of_it_has_defaults(tmp_path: Path) -> None:
    without = read(tmp_path, '[integrations.crm]\ncadence = "1d"')
    assert without.health is None
    assert without.integrations["crm"].alerts is None
    assert read(tmp_path, "[health]\n[integrations.crm]").health == HealthSettings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("health = 1", "health: must be a table"),
        ('[health]\nstores = "x"', "health.stores: unknown key; did you mean `store`?"),
        ('[health]\nretention = "long"', "health.retention: 'long' is no duration such as"),
        ('[health]\nalerts = "me"', "health.alerts: must be a table"),
        ("[health.alerts]\nfailure = 1", "health.alerts.failure: unknown key; did you mean `failures`?"),
        ('[health.alerts]\nto = "env:A"', "health.alerts.to: must be a list of strings"),
        ("[health.alerts]\nfailures = -1", "health.alerts.failures: -1 must be a whole number from 0 to 1000"),
        ("[health.alerts]\nrecovered = 0", "health.alerts.recovered: 0 must be a whole number from 1 to 1000"),
        ('[health.alerts]\ndrift = "no"', "health.alerts.drift: 'no' must be true or false, without quotes"),
        ("[health.alerts]\nsunset = 30", "health.alerts.sunset: 30 is no duration such as"),
        ("[health.alerts]\nsuccess_rate = 0.9", "health.alerts.success_rate: must be a table"),
        ("[health.alerts.success_rate]\nbelow = 0.9", "health.alerts.success_rate.over: is missing; write"),
        (
            '[health.alerts.success_rate]\nbelow = 95\nover = "1d"',
            "health.alerts.success_rate.below: 95 must be a number above 0, up to 1: 0.95 is 95 in 100",
        ),
        (
            '[health.alerts.success_rate]\nbelow = nan\nover = "1d"',
            "health.alerts.success_rate.below: nan must be a number above 0, up to 1: 0.95 is 95 in 100",
        ),
        (
            '[health.alerts.success_rate]\nbelow = 0.9\nrecovered = 0.8\nover = "1d"',
            "health.alerts.success_rate.recovered: 0.8 must be at least 0.9, which is `below`",
        ),
        (
            "[health.alerts]\nmute = {}",
            "health.alerts.mute: must be tables, each beginning with `[[health.alerts.mute]]`",
        ),
        (
            '[[health.alerts.mute]]\nintegration = "crm"\nreason = "x"',
            "health.alerts.mute[0].until: is missing; say whose alerts are muted, until when, and why",
        ),
        (
            '[[health.alerts.mute]]\nintegration = "crn"\nreason = "x"\nuntil = 2026-12-01\n[integrations.crm]',
            "health.alerts.mute[0].integration: no integration `crn`; did you mean `crm`?",
        ),
        (
            '[[health.alerts.mute]]\nintegration = "*"\nreason = "x"\nuntil = "2026-02-30"',
            "health.alerts.mute[0].until: '2026-02-30' is no day such as 2026-12-31",
        ),
        (
            '[[health.alerts.mute]]\nintegration = "*"\nreason = "x"\nuntil = 2026-12-01\nkind = "down"',
            "health.alerts.mute[0].kind: 'down' is none of success_rate, failures, drift,",
        ),
        ("[integrations.crm]\ncadence = 6", "integrations.crm.cadence: 6 is no duration such as"),
        ('[integrations.crm]\nfeeds = "a"', "integrations.crm.feeds: must be a list of strings"),
        ('[integrations.crm]\nfeeds = [""]', "integrations.crm.feeds: must be a line of text that is not empty"),
        ("[integrations.crm]\nsystem_of_record = 1", "integrations.crm.system_of_record: must be a line of text"),
        ("[integrations.crm]\nretries = 6", "integrations.crm.retries: 6 must be a whole number from 0 to 5"),
        ("[integrations.crm]\nretries = true", "integrations.crm.retries: True must be a whole number from 0 to 5"),
        ("[integrations.crm]\nmaintenance = {}", "integrations.crm.maintenance: must be a list:"),
        ("[integrations.crm]\nmaintenance = [{}]", "integrations.crm.maintenance[0]: says no time; name `days`"),
        (
            '[integrations.crm]\nmaintenance = [{ days = ["sunday"] }]',
            "integrations.crm.maintenance[0].days: 'sunday' is none of mon, tue, wed,",
        ),
        (
            '[integrations.crm]\nmaintenance = [{ from = "2:00" }]',
            "integrations.crm.maintenance[0].from: '2:00' is no time of the day such as",
        ),
        (
            '[integrations.crm]\nmaintenance = [{ from = "02:00", to = "02:00" }]',
            "integrations.crm.maintenance[0].to: is the same as `from`; leave both out for the whole day",
        ),
        (
            "[integrations.crm]\nmaintenance = [{ first = 2026-12-26, last = 2026-12-24 }]",
            "integrations.crm.maintenance[0].last: 2026-12-24 is before 2026-12-26, which is `first`",
        ),
        *(
            (
                f'[integrations.crm]\nmaintenance = [{{ days = ["sun"], timezone = "{zone}" }}]',
                f"integrations.crm.maintenance[0].timezone: '{zone}' is no timezone such as",
            )
            for zone in ("Europe/Berlín", "../etc/passwd", "Europe", "", "/etc/passwd")
        ),
        (
            "[integrations.crm]\nalerts = { failures = 1 }",
            "integrations.crm.alerts: nothing is told without a table `[health]`; add one",
        ),
        ("[health]\n[integrations.crm]\nalerts = { mute = [] }", "integrations.crm.alerts.mute: unknown key;"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_error(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'contracts.toml'}: {told}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        'store = "postgresql://joe:hunter2@db.example/health"',
        'store = "sqlite:////tmp/hunter2"',
        'store = "sqlite:../hunter2"',
        'store = "sqlite:"',
        'store = "env:hunter2 "',
        "store = 1",
        'alerts = { to = ["https://hooks.example/hunter2"] }',
        'alerts = { to = ["env:A", "mailto:hunter2"] }',
    ],
)
def test_an_address_is_a_reference_and_what_stands_there_instead_is_not_repeated(tmp_path: Path, line: str) -> None:
    with pytest.raises(ManifestError, match="`env:") as caught:
        read(tmp_path, f"[health]\n{line}")
    assert "hunter2" not in str(caught.value)


BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Window(days=frozenset({6}), start=2 * 60, end=4 * 60, timezone="Europe/Berlin")
LATE = Window(days=frozenset({6}), start=22 * 60, end=6 * 60, timezone="Europe/Berlin")
HOLIDAYS = Window(first="2026-12-24", last="2026-12-26")


@pytest.mark.parametrize(
    ("window", "local", "zone", "covered"),
    [
        (NIGHT, "2026-07-05T01:59", BERLIN, False),
        (NIGHT, "2026-07-05T02:00", BERLIN, True),
        (NIGHT, "2026-07-05T03:59", BERLIN, True),
        (NIGHT, "2026-07-05T04:00", BERLIN, False),
        (NIGHT, "2026-07-06T03:00", BERLIN, False),
        (NIGHT, "2026-07-05T00:30", dt.UTC, True),
        (NIGHT, "2026-01-04T00:30", dt.UTC, False),
        (NIGHT, "2026-01-04T01:30", dt.UTC, True),
        (LATE, "2026-07-05T21:59", BERLIN, False),
        (LATE, "2026-07-05T23:00", BERLIN, True),
        (LATE, "2026-07-06T05:59", BERLIN, True),
        (LATE, "2026-07-06T06:00", BERLIN, False),
        (LATE, "2026-07-05T05:00", BERLIN, False),
        (HOLIDAYS, "2026-12-23T23:59", dt.UTC, False),
        (HOLIDAYS, "2026-12-24T00:00", dt.UTC, True),
        (HOLIDAYS, "2026-12-26T23:59", dt.UTC, True),
        (HOLIDAYS, "2026-12-27T00:00", dt.UTC, False),
        (Window(start=22 * 60, end=60, last="2026-12-24"), "2026-12-25T00:30", dt.UTC, True),
        (Window(start=22 * 60, end=60, last="2026-12-24"), "2026-12-25T22:30", dt.UTC, False),
    ],
)
def test_a_window_is_by_the_clock_of_its_place(window: Window, local: str, zone: dt.tzinfo, *, covered: bool) -> None:
    at = dt.datetime.fromisoformat(local).replace(tzinfo=zone).timestamp()
    assert in_maintenance([window], at) is covered
    assert not in_maintenance([], at)


def utc(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


def test_a_window_in_the_hour_that_spring_leaves_out_is_an_hour_later() -> None:
    window = Window(start=2 * 60, end=2 * 60 + 30, timezone="Europe/Berlin")  # 29 March 2026: 02:00 is 03:00
    covered = [minute for minute in range(120) if in_maintenance([window], utc("2026-03-29T00:00") + minute * 60)]
    assert covered == [*range(60, 90)]


def test_a_window_in_the_hour_that_autumn_has_twice_covers_both() -> None:
    window = Window(start=2 * 60 + 30, end=3 * 60, timezone="Europe/Berlin")  # 25 October 2026: 03:00 is 02:00
    covered = [minute for minute in range(180) if in_maintenance([window], utc("2026-10-25T00:00") + minute * 60)]
    assert covered == [*range(30, 120)]
