"""Overviews to show: as a project has it, empty, with everything hostile in it, and of 200 integrations."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pytest_integration_contracts.health.assess import WINDOWS
from pytest_integration_contracts.health.assessment import Assessment, Health, Incident, Overview
from pytest_integration_contracts.health.samples import IntegrationRun, OpenChange, Rate, RunRecord, Sample
from pytest_integration_contracts.model import Verdict

HOUR: Final = 3600.0
DAY: Final = 86400.0
NOW: Final = 1_800_000_000.0
"""2027-01-15 08:00 UTC."""

MARKS: Final = {
    ".": Verdict.OK,
    "~": Verdict.CHANGED,
    "D": Verdict.DRIFT,
    "X": Verdict.DOWN,
    "A": Verdict.DENIED,
    "?": Verdict.UNVERIFIED,
    "o": Verdict.OURS,
    "m": Verdict.DOWN,
}
CAUSES: Final = {
    "D": "GET /orders/{id} lost `total`",
    "X": "GET /rates was answered with 503 Service Unavailable",
    "A": "GET /search was refused with 401 Unauthorized",
    "?": "the run was interrupted",
    "o": "KeyError: 'total'",
}

LOST: Final = OpenChange(
    fingerprint="0123456789abcdef",
    severity="breaking",
    rule="property.removed",
    path="$.items[*].total",
    text="number, in 40 of 40 responses -> gone, in 3 of 3",
)
WIDER: Final = OpenChange(
    fingerprint="aaaa456789abcdef",
    severity="warning",
    rule="type.integer-to-number",
    path="$.rank",
    text="integer, in 6 of 6 responses -> number, in 2 of 2",
)
GAINED: Final = OpenChange(
    fingerprint="fedcba9876543210",
    severity="compatible",
    rule="property.added",
    path="$.gift",
    text="boolean, after 40 responses",
)
ACCEPTED: Final = replace(LOST, fingerprint="bbbb456789abcdef", path="$.legacy_id", expires="2027-01-25")


def runs(marks: str, *, every: float = 6 * HOUR, ago: float = HOUR, name: str = "orders") -> tuple[IntegrationRun, ...]:
    """A run for each mark, the oldest first; a space is a run that is missing."""
    found = []
    for at, mark in enumerate(marks):
        if mark != " ":
            ended = NOW - ago - (len(marks) - 1 - at) * every
            found.append(
                IntegrationRun(
                    run=RunRecord(
                        id=f"{int(ended):032x}",
                        at=ended,
                        commit=f"{int(ended // DAY) * 0x1234567:010x}{'0' * 30}",
                        host=f"runner-{int(ended // HOUR) % 4}",
                    ),
                    integration=name,
                    verdict=MARKS[mark],
                    cause=CAUSES.get(mark, ""),
                    operations=14,
                    failing=2 if mark in "DXA?om" else 0,
                    answers=40,
                    p95=0.18 + (at * 37 % 90) / 1000,
                    maintenance=mark == "m",
                )
            )
    return tuple(found)


def rates(*good_of: tuple[int, int]) -> dict[float, Rate]:
    return {window: Rate(*each) for window, each in zip(WINDOWS, good_of, strict=True)}


def samples(name: str, verdict: Verdict, cause: str, changes: tuple[OpenChange, ...] = ()) -> tuple[Sample, ...]:
    first = Sample(
        integration=name,
        operation="GET /orders/{id}",
        verdict=verdict,
        cause=cause,
        answers=4,
        p50=0.1,
        p95=0.41,
        version="2.1",
        changes=changes,
        rate_left=412,
        rate_limit=5000,
        tries=3 if verdict is Verdict.DOWN else 1,
    )
    other = Sample(integration=name, operation="GET /orders", verdict=Verdict.OK, answers=9, p95=0.08, version="1.0")
    return (first, other)


OK: Final = Assessment(
    integration="billing",
    health=Health.OK,
    cause="14 operations hold",
    since=NOW - 20 * DAY,
    last_good=NOW - HOUR,
    checked=NOW - HOUR,
    rates=rates((1, 1), (4, 4), (27, 28), (118, 120)),
    p95=0.231,
    budget=2.0,
    answers=412,
    newest=NOW - 3 * HOUR,
    fresh_within=DAY,
    operations=samples("billing", Verdict.OK, ""),
    runs=runs("." * 70 + "XX" + "." * 18),
    incidents=(Incident(verdict=Health.DOWN, cause=CAUSES["X"], began=NOW - 5 * DAY, ended=NOW - 4.5 * DAY, runs=2),),
    owner="team-money",
    contact="api@billing.example",
    runbook="https://runbooks.example/billing",
    credentials="env:BILLING_TOKEN",
    system_of_record="the ledger",
    feeds=("invoices",),
    cadence=6 * HOUR,
    actual_cadence=6 * HOUR,
    rate_left=(412, 5000),
    commit="0a1b2c3d4e5f",
)

DRIFT: Final = replace(
    OK,
    integration="orders",
    health=Health.DRIFT,
    cause="GET /orders/{id} lost `items[*].total`, 2 of 14 operations drift",
    fault="upstream",
    since=NOW - 13 * HOUR,
    last_good=NOW - 19 * HOUR,
    rates=rates((0, 1), (1, 4), (24, 28), (116, 120)),
    p95=2.6,
    newest=NOW - 30 * HOUR,
    changes=(("GET /orders/{id}", LOST), ("GET /orders", WIDER), ("GET /orders", GAINED), ("GET /orders", ACCEPTED)),
    operations=samples("orders", Verdict.DRIFT, CAUSES["D"], (LOST,)),
    runs=runs("." * 40 + "m" + "." * 20 + "~~~~  ~~~~~~~~~~X~~~~~~DDD"),
    incidents=(
        Incident(verdict=Health.DRIFT, cause=CAUSES["D"], began=NOW - 13 * HOUR, ended=None, runs=3),
        Incident(verdict=Health.DOWN, cause=CAUSES["X"], began=NOW - 3 * DAY, ended=NOW - 2.75 * DAY, runs=1),
    ),
    owner="team-revenue",
    contact="https://status.orders.example/contact",
    runbook="docs/runbooks/orders.md",
    credentials="env:ORDERS_TOKEN",
    system_of_record="https://erp.example/orders",
    feeds=("billing", "the nightly forecast", "warehouse"),
    sunset="2027-06-30",
)
DENIED: Final = replace(
    OK,
    integration="search",
    health=Health.DENIED,
    cause="GET /search was refused with 401 Unauthorized (credential: env:SEARCH_KEY), since 07:00 UTC, one run so far",
    fault="whoever holds the credential",
    since=NOW - HOUR,
    last_good=NOW - 7 * HOUR,
    rates=rates((0, 1), (3, 4), (27, 28), (119, 120)),
    runs=runs("." * 89 + "A"),
    operations=samples("search", Verdict.DENIED, CAUSES["A"]),
    incidents=(Incident(verdict=Health.DENIED, cause=CAUSES["A"], began=NOW - HOUR, ended=None, runs=1),),
    credentials="env:SEARCH_KEY",
    feeds=(),
)
DOWN: Final = replace(
    OK,
    integration="tax",
    health=Health.DOWN,
    cause="GET /rates was answered with 503 Service Unavailable, since 2027-01-14 19:00 UTC, 3 runs in a row",
    fault="upstream",
    since=NOW - 13 * HOUR,
    last_good=NOW - 19 * HOUR,
    rates=rates((0, 1), (1, 4), (22, 28), (114, 120)),
    p95=None,
    answers=0,
    newest=None,
    fresh_within=0.0,
    runs=runs("." * 60 + "X..XX" + "." * 22 + "XXX"),
    operations=samples("tax", Verdict.DOWN, CAUSES["X"]),
    contact="mailto:help@tax.example",
    maintenance=True,
)
STALE: Final = replace(
    OK,
    integration="weather",
    health=Health.STALE,
    cause="no result for 3 d, checked every 6 h before; ok until then",
    fault="whoever runs the checks",
    since=NOW - 2.5 * DAY,
    last_good=NOW - 3 * DAY,
    checked=NOW - 3 * DAY,
    rates=rates((0, 0), (0, 0), (16, 16), (108, 108)),
    p95=None,
    answers=0,
    runs=runs("." * 60, ago=3 * DAY),
    overdue=True,
)
OURS: Final = replace(
    OK,
    integration="geo",
    health=Health.OURS,
    cause="the contract holds, and our own code fails: KeyError: 'total'",
    fault="us",
    since=NOW - HOUR,
    runs=runs("." * 20 + "ooo...o"),
    operations=samples("geo", Verdict.OURS, CAUSES["o"]),
)
UNVERIFIED: Final = Assessment(
    integration="crm",
    health=Health.UNVERIFIED,
    cause="never checked: no live run has told of it yet",
    fault="whoever runs the checks",
    rates=rates((0, 0), (0, 0), (0, 0), (0, 0)),
)
CHANGED: Final = replace(
    OK,
    integration="mail",
    health=Health.CHANGED,
    cause="GET /orders changed `gift`: boolean, after 40 responses; nothing breaks",
    changes=(("GET /orders", GAINED),),
    runs=runs("." * 50 + "~" * 40),
)
ONE: Final = Overview(
    made_at=NOW,
    assessments=(replace(OK, runs=runs("."), rates=rates((1, 1), (1, 1), (1, 1), (1, 1)), actual_cadence=None),),
    next_check=NOW + 5 * HOUR,
)
MIXED: Final = Overview(
    made_at=NOW,
    assessments=(DRIFT, DENIED, DOWN, OURS, STALE, UNVERIFIED, CHANGED, OK, replace(OK, integration="ledger")),
    next_check=NOW + 5 * HOUR,
    notes=("2 runs are still spooled: the store did not take them",),
)
EMPTY: Final = Overview(made_at=NOW, assessments=())

HOSTILE: Final = (
    "<script>document.title='taken'</script><img src=x onerror=document.title='taken'></style></code></script><!--",
    "\u202eevil\u2066\u200b\x00\x1b[31m\x7f\ud800 | \" onmouseover=alert(1) x=' {{ 7*7 }} {% raw %} ]]> &lt; <!--",
    "javascript:alert(1)",
    'https://evil.example/" onclick=alert(1) x="',
    "line one\r\n::error::two\t",
    "x" * 10_000,
)


def hostile() -> Overview:
    """Every text that comes from outside is hostile, in every verdict."""
    found = []
    for at, text in enumerate(HOSTILE):
        change = OpenChange(
            fingerprint=text, severity=text, rule=text, path=text, text=text, expires=text if at % 2 else ""
        )
        sample = Sample(
            integration=text,
            operation=text,
            verdict=Verdict.DRIFT,
            cause=text,
            version=text,
            changes=(change,),
            sunset=text,
        )
        row = tuple(
            replace(each, cause=text, run=replace(each.run, commit=text, host=text, partial=text))
            for each in runs(".X" * 10)
        )
        found.append(
            Assessment(
                integration=text,
                health=tuple(Health)[at],
                cause=text,
                fault=text,
                since=NOW,
                last_good=NOW,
                checked=NOW,
                rates=rates((0, 1), (1, 2), (2, 3), (3, 4)),
                changes=((text, change),),
                operations=(sample,),
                runs=row,
                incidents=(Incident(verdict=Health.DOWN, cause=text, began=NOW, ended=None, runs=1),),
                owner=text,
                contact=text,
                runbook=text,
                credentials=text,
                system_of_record=text,
                feeds=(text,),
                sunset=text,
                commit=text,
            )
        )
    return Overview(made_at=NOW, assessments=tuple(found), notes=HOSTILE)


def large(number: int = 200) -> Overview:
    """As many integrations as anybody has, with 90 runs each; five in a hundred do not hold."""
    patterns = {0: DRIFT, 1: DOWN, 2: STALE, 3: DENIED, 4: UNVERIFIED}
    found = []
    for at in range(number):
        of = patterns.get(at % 100, CHANGED if at % 9 == 0 else OK)
        operations = tuple(
            replace(each, operation=f"{each.operation}/more-{more}") for more in range(10) for each in of.operations
        )
        row = tuple(
            replace(each, run=replace(each.run, commit=f"{index * 7919 + at:040x}"[::-1]))
            for index, each in enumerate(of.runs)
        )
        row = (*runs("." * 90)[: 90 - len(row)], *row) if of.runs else ()
        found.append(replace(of, integration=f"integration-{at:03}", operations=operations, runs=row))
    order = list(Health)
    return Overview(
        made_at=NOW,
        assessments=tuple(sorted(found, key=lambda each: order.index(each.health))),
        next_check=NOW + 5 * HOUR,
    )
