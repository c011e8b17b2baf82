"""Reports to write: one as a run makes it, one with everything hostile in it, one as large as any."""

from __future__ import annotations

from dataclasses import replace

from pytest_integration_contracts.model import (
    Change,
    Finding,
    Learned,
    Operation,
    Outdated,
    Report,
    Run,
    Severity,
    Verdict,
)

JSON = "200 application/json"
CUSTOMER = Operation("crm", "GET /customers/{id}")

REMOVED = Change(
    "property.removed",
    "$.email",
    Severity.BREAKING,
    "string (email)",
    "gone",
    (3, 3),
    (2, 2),
    witness='customer["email"]  # KeyError',
)
WIDENED = Change(
    "type.integer-to-number", "$.rank", Severity.WARNING, "integer", "number", (6, 6), (2, 2), note="learned from few"
)
ADDED = Change("property.added", "$.nickname", Severity.COMPATIBLE, "nothing", "string", (6, 6), (2, 2))
BRANCHED = Change(
    "type.changed",
    "$.methods[*].last4",
    Severity.BREAKING,
    "string",
    "integer",
    (40, 40),
    (2, 2),
    related_paths=("$.methods[*].digits",),
    variant="type=card",
)

REPORT = Report(
    run=Run("--contracts-live", "2026-11-24T08:00:00+00:00", "0a1b2c3d4e5f60718293", 12, ("-k crm",), "2"),
    findings=(
        Finding(
            Operation("billing", "GET /invoices"),
            JSON,
            "contracts/billing/GET-invoices.json",
            "2.1",
            owner="team-money",
            runbook="https://runbooks.example/billing",
            contact="api@billing.example",
        ),
        Finding(
            CUSTOMER,
            JSON,
            "contracts/crm/GET-customers-{id}.json",
            "1.0",
            (REMOVED, BRANCHED, WIDENED, ADDED),
            remedy="pytest --contracts-record --contracts-update test_crm.py",
            owner="team-revenue",
            runbook="docs/runbooks/crm.md",
            contact="support@crm.example",
            credentials="env:CRM_TOKEN",
        ),
        Finding(
            Operation("crm", "GET /orders"),
            JSON,
            "contracts/crm/GET-orders.json",
            "1.3",
            owner="team-revenue",
            runbook="docs/runbooks/crm.md",
            contact="support@crm.example",
            credentials="env:CRM_TOKEN",
        ),
        Finding(
            Operation("tax", "GET /rates"),
            "503",
            "contracts/tax/GET-rates.json",
            "1.0",
            problem="GET https://tax.example/rates was answered with 503 Service Unavailable",
            cause=Verdict.DOWN,
            owner="team-money",
            contact="status.tax.example",
        ),
        Finding(
            Operation("search", "POST /query"),
            JSON,
            "contracts/search/POST-query.json",
            "1.0",
            (replace(ADDED, path="$.took_ms"),),
        ),
    ),
    learned=(Learned(CUSTOMER, "contracts/crm/x.json", "1.0", "2.0", (REMOVED,), ("contracts/crm/y.json",)),),
    notes=("crm  GET /customers/42 is now GET /customers/{id}",),
    never_observed=((CUSTOMER, "$.notes[*]"),),
    cassettes=("contracts/cassettes/test_crm/test_customer.yaml",),
    undeclared=("cdn.crm.example",),
    ours=("test_crm.py::test_total",),
    unchecked=("test_crm.py::test_never_ended",),
    errors=("contracts/crm/GET-orders.json: cannot be written: No space left on device",),
    remedy="pytest --contracts-record --contracts-update test_crm.py",
    outdated=(
        Outdated("contracts/cassettes/a.yaml", 86400.0 * 214, "180d", fails=True, test="test_crm.py"),
        Outdated("contracts/cassettes/b.yaml", 86400.0 * 190, "180d"),
    ),
    renewal="pytest --contracts-record test_crm.py",
    fails=True,
)

HOSTILE = (
    "<script>document.title='taken'</script><img src=x onerror=document.title='taken'></style></code>",
    "\u202eevil\u2066\u200b\x00\x1b[31m\x7f\ud800 | a `b` ``c`` *d* _e_ [f](https://evil.example) <!-- ",
    "@everyone #1 GH-1 https://evil.example ![x](https://evil.example/x.png) \\| \\` {{ 7*7 }} {% raw %} ]]> &lt;",
    "line one\r\n::error::two\n# three\n|---|\n- four\t",
    "x" * 10_000,
)


def hostile() -> Report:
    """Every text of a report that comes from outside is hostile."""
    findings = []
    for number, text in enumerate(HOSTILE):
        change = Change(
            "property.removed",
            f"$['{text}']",
            tuple(Severity)[number % 3],
            text,
            text,
            (3, 3),
            (0, 2),
            witness=text,
            note=text,
            related_paths=(text,),
            variant=text,
        )
        who = {"owner": text, "runbook": text, "contact": text, "credentials": text}
        findings += [
            Finding(Operation(text, text), text, text, text, (change,), remedy=text, **who),
            Finding(Operation(text, f"{text}2"), text, text, text, (), text, Verdict.DOWN, remedy=text, **who),
        ]
    return Report(
        run=Run(HOSTILE[0], HOSTILE[1], HOSTILE[2], 3, HOSTILE, HOSTILE[3]),
        findings=tuple(findings),
        learned=tuple(Learned(Operation(text, text), text, text, text, (), (text,)) for text in HOSTILE),
        notes=HOSTILE,
        never_observed=tuple((Operation(text, text), text) for text in HOSTILE),
        cassettes=HOSTILE,
        undeclared=HOSTILE,
        ours=HOSTILE,
        unchecked=HOSTILE,
        errors=HOSTILE,
        remedy=HOSTILE[0],
        outdated=tuple(Outdated(text, 1.0, text, fails=True) for text in HOSTILE),
        renewal=HOSTILE[1],
        fails=True,
    )


def large(integrations: int = 200, operations: int = 5, changes: int = 5) -> Report:
    """As many integrations and changes as anybody has."""
    findings = []
    for number in range(integrations):
        for operation in range(operations):
            told = tuple(
                replace(each, path=f"$.items[*].field_{operation}_{position}")
                for position, each in enumerate([REMOVED, WIDENED, ADDED, BRANCHED, REMOVED][:changes])
            )
            name = f"integration-{number:03}"
            where = Operation(name, f"GET /things-{operation}/{{id}}")
            snapshot = f"contracts/{name}/GET-things-{operation}.json"
            findings.append(Finding(where, JSON, snapshot, "1.0", told, owner="team-revenue", remedy="pytest"))
    return Report(run=REPORT.run, findings=tuple(findings), fails=True)
