"""`integration-contracts lint`: what is missing from a manifest, and what each setting comes to."""

from __future__ import annotations

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Upstream, json_answer

TODAY = {"SOURCE_DATE_EPOCH": "1796083200"}
"""2026-12-01."""

ACCEPT = """
[[integrations.crm.accept]]
rule = "property.removed"
operation = "GET /customers/{id}"
path = "$.email"
owner = "team-revenue"
reason = "moves to /v2"
expires = 2027-03-01
"""


@pytest.fixture
def learned(project: Project, upstream: Upstream) -> Project:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "email": "ada@mail.example"})
    project.learn(upstream)
    project.write("docs/runbooks/crm.md", "call them\n")
    return project


def linted(project: Project, text: str) -> tuple[int, list[str]]:
    (project.folder / "contracts.toml").write_text(text.strip() + "\n")
    result = project.command("lint", **TODAY)
    assert result.errors == ""
    *told, _ = result.text.splitlines()
    return result.exit, told


def test_a_manifest_that_says_it_all_has_nothing_to_do(learned: Project) -> None:
    result = learned.command("lint", **TODAY)
    assert (result.exit, result.text) == (0, "1 integration: nothing to do\n")


def test_what_is_missing_is_told_with_its_line_and_what_to_do(learned: Project) -> None:
    text = '# ours\n[integrations.crm]\nurls = ["https://crm.example"]\nowner = "FILL IN"\nrunbook = "docs/none.md#top"'
    assert linted(learned, text) == (
        1,
        [
            "contracts.toml:2: integrations.crm.contact: nobody is named; say whom to call upstream",
            "contracts.toml:4: integrations.crm.owner: nobody is named; say who on your side answers for it",
            "contracts.toml:5: integrations.crm.runbook: there is no file docs/none.md; write it, or name a URL",
        ],
    )


@pytest.mark.parametrize("runbook", ["https://wiki.example/crm", "docs/runbooks/crm.md#down", "docs/runbooks"])
def test_a_runbook_may_be_a_url_or_a_part_of_a_file(learned: Project, runbook: str) -> None:
    assert linted(learned, MANIFEST.replace("docs/runbooks/crm.md", runbook)) == (0, [])


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('contact = "use ' + "ghp_" + 'abcdefghijklmnopqrstuvwxyz0123456789 there"', "integrations.crm.contact: "),
        ('runbook = "https://ada:hunter2hunter2@wiki.example/crm"', "integrations.crm.runbook: "),
        ("# the password=hunter2hunter2 is old", ""),
    ],
)
def test_a_secret_is_told_and_not_shown(learned: Project, line: str, place: str) -> None:
    kept = [each for each in MANIFEST.strip().splitlines() if each.split()[0] != line.split(maxsplit=1)[0]]
    status, told = linted(learned, "\n".join([*kept, line]))
    assert (status, len(told)) == (1, 1)
    assert told[0].startswith(f"contracts.toml:{len(kept) + 1}: {place}a ")
    assert told[0].endswith("; take it out, and name where it is kept, as in `env:NAME`")
    assert "hunter2" not in told[0]
    assert "ghp_" not in told[0]


def test_a_reference_that_is_no_name_of_a_variable_may_be_the_secret_itself(learned: Project) -> None:
    status, told = linted(learned, MANIFEST.replace("env:CRM_TOKEN", "env:sk-7f3a-99"))
    assert status == 1
    assert told[0].startswith("contracts.toml:6: integrations.crm.credentials: names no environment variable")
    assert "7f3a" not in " ".join(told)


@pytest.mark.parametrize(
    ("changed", "status", "told"),
    [
        ("", 0, []),
        (
            "2026-11-30",
            1,
            [
                (
                    "15: integrations.crm.accept[0].expires: accepted until 2026-11-30, expired;"
                    " settle it with team-revenue, or take it out"
                )
            ],
        ),
        (
            "2026-12-02",
            0,
            [
                (
                    "15: warning: integrations.crm.accept[0].expires: accepted until 2026-12-02, 1 day left;"
                    " settle it with team-revenue"
                )
            ],
        ),
        (
            "2026-12-01",
            0,
            [
                (
                    "15: warning: integrations.crm.accept[0].expires: accepted until 2026-12-01, today is the last day;"
                    " settle it with team-revenue"
                )
            ],
        ),
        ("2026-12-16", 0, []),
    ],
)
def test_acceptances_that_expire_are_told(learned: Project, changed: str, status: int, told: list[str]) -> None:
    text = MANIFEST + ACCEPT.replace("2027-03-01", changed or "2027-03-01")
    assert linted(learned, text) == (status, [f"contracts.toml:{each}" for each in told])


def test_an_acceptance_of_what_has_no_snapshot_is_told(learned: Project) -> None:
    assert linted(learned, MANIFEST + ACCEPT.replace("customers", "orders")) == (
        1,
        [
            (
                "contracts.toml:11: integrations.crm.accept[0].operation: no snapshot has an operation"
                " GET /orders/{id}; take the acceptance out"
            )
        ],
    )


IDLE = """
templates = ["/customers/{id}", "/orders/{number}"]
maps = ["$.rates", "GET /rates $.rates"]
[integrations.crm.operations."GET /orders"]
enforce = "warn"
[integrations.crm.operations."GET /customers/*"]
enforce = "warn"
[[policy.overrides]]
rule = "*"
severity = "warning"
operation = "GET /customers/*"
[[policy.overrides]]
rule = "*"
severity = "warning"
operation = "GET /order/*"
"""


def test_what_matches_nothing_known_is_a_warning(learned: Project) -> None:
    assert linted(learned, MANIFEST.strip() + IDLE) == (
        0,
        [
            f"contracts.toml:{line}: warning: {place}: no snapshot is of {what}; correct it, or take {it} out"
            for line, place, what, it in (
                (8, "integrations.crm.templates[1]", "/orders/{number}", "it"),
                (9, "integrations.crm.maps[1]", "GET /rates", "it"),
                (10, 'integrations.crm.operations."GET /orders"', "GET /orders", "it"),
                (21, "policy.overrides[1].operation", "GET /order/*", "the override"),
            )
        ],
    )


def test_before_anything_is_learned_nothing_is_told_to_match_nothing(project: Project) -> None:
    project.write("docs/runbooks/crm.md", "call them\n")
    assert linted(project, MANIFEST.strip() + IDLE) == (0, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[integrations.crm", "is not TOML"),
        ('[[policy.overrides]]\nrule = "x"\nseverity = "off"', "policy.overrides[0].rule: no rule `x`"),
        (
            '[integrations.a]\nurls = ["https://h.example"]\n[integrations.b]\nurls = ["https://h.example"]',
            "integrations.b.urls: https://h.example already belongs to `a`",
        ),
    ],
)
def test_a_manifest_that_cannot_be_used_exits_2(project: Project, text: str, told: str) -> None:
    project.write("contracts.toml", text)
    result = project.command("lint")
    assert (result.exit, told in result.errors) == (2, True)


MONITORED = """
[health.alerts]
to = ["env:ALERTS_URL"]
[[health.alerts.mute]]
integration = "*"
until = "{until}"
reason = "they move"
"""


@pytest.mark.parametrize(
    ("until", "status", "told"),
    [
        ("2026-11-30", 1, "14: health.alerts.mute[0].until: muted until 2026-11-30, which is over; take it out"),
        ("2026-12-01", 0, "14: warning: health.alerts.mute[0].until: muted until 2026-12-01, today is the last day"),
        ("2027-12-01", 0, ""),
    ],
)
def test_a_mute_that_is_over_is_taken_out(learned: Project, until: str, status: int, told: str) -> None:
    text = MANIFEST.strip() + '\ncadence = "24h"\n' + MONITORED.format(until=until)
    assert linted(learned, text) == (status, [f"contracts.toml:{told}"] if told else [])


def test_an_upstream_that_is_monitored_says_how_often_it_is_asked(learned: Project) -> None:
    status, told = linted(learned, f"{MANIFEST.strip()}\n[health]")
    assert (status, told) == (
        0,
        [
            (
                "contracts.toml:1: warning: integrations.crm.cadence: nobody says how often it is to be asked,"
                ' so that silence is never told; write `cadence = "24h"`'
            )
        ],
    )
    status, told = linted(learned, f'{MANIFEST.strip()}\ncadence = "24h"')
    assert (status, told) == (
        0,
        ["contracts.toml:8: warning: integrations.crm.cadence: means nothing without a table `[health]`; add one"],
    )


EXPLAINED = """
[defaults]
enforce = "warn"
max_age = "180d"

[integrations.crm]
urls = ["${CRM_URL:-https://api.crm.example/v1}"]
owner = "team-revenue"
latency = "2s"

[integrations.crm.operations."GET /customers/{id}"]
enforce = "fail"
latency = "800ms"

[integrations.orders]
mode = "events"

[[policy.overrides]]
rule = "format.lost"
severity = "warning"
integration = "crm"

[[policy.overrides]]
rule = "property.*"
severity = "off"
path = "$.debug..*"
"""


def explained(project: Project, operation: str) -> dict[str, tuple[str, str]]:
    result = project.command("lint", "--explain", operation, **TODAY)
    assert result.exit == 0, result.errors
    head, *rows = result.text.splitlines()
    assert head.startswith("crm  GET /customers/{id}")
    cells = [[cell for cell in row.strip().split("  ") if cell] for row in rows]
    return {setting: (value.strip(), source.strip()) for setting, value, source in cells}


@pytest.mark.parametrize("operation", ["GET /customers/{id}", "crm GET /customers/{id}", "crm  GET /customers/{id}"])
def test_explain_says_what_holds_and_where_it_is_said(learned: Project, operation: str) -> None:
    (learned.folder / "contracts.toml").write_text(EXPLAINED.lstrip() + ACCEPT)
    table = 'integrations.crm.operations."GET /customers/{id}"'
    assert explained(learned, operation) == {
        "enforce": ("fail", f"contracts.toml:11, {table}.enforce"),
        "preset": ("standard", "default"),
        "latency": ("0.8s", f"contracts.toml:12, {table}.latency"),
        "freshness": ("any", "default"),
        "max_age": ("180d, then warn", "contracts.toml:3, defaults.max_age"),
        "limits.body": ("64 MB", "default"),
        "limits.decompressed": ("64 MB", "default"),
        "limits.depth": ("128 levels", "default"),
        "owner": ("team-revenue", "contracts.toml:7, integrations.crm.owner"),
        "contact": ("nobody has said", "default"),
        "runbook": ("nobody has said", "default"),
        "retries": ("0", "default"),
        "format.lost": ("warning", "contracts.toml:17, policy.overrides[0]"),
        "property.* at $.debug..*": ("off", "contracts.toml:22, policy.overrides[1]"),
        "accepted: property.removed $.email": (
            "until 2027-03-01, 90 days left",
            "contracts.toml:27, integrations.crm.accept[0]",
        ),
    }


def test_explain_tells_a_preset_of_one_operation_and_what_it_makes_of_rules(learned: Project) -> None:
    (learned.folder / "contracts.toml").write_text(EXPLAINED.lstrip().replace('enforce = "fail"', 'preset = "strict"'))
    told = explained(learned, "GET /customers/{id}")
    assert told["enforce"] == ("warn", "contracts.toml:2, defaults.enforce")
    assert told["preset"][0] == "strict"
    assert told["type.integer-to-number"] == ("breaking", "preset strict")
    assert told["format.lost"] == ("warning", "contracts.toml:17, policy.overrides[0]")
    assert "property.removed" not in told


def test_explain_asks_which_where_several_could_be_meant(learned: Project) -> None:
    (learned.folder / "contracts.toml").write_text(EXPLAINED)
    result = learned.command("lint", "--explain", "GET /nowhere")
    assert result.exit == 2
    assert 'say which: --explain "crm GET /nowhere"' in result.errors


def test_explain_says_that_there_is_no_snapshot(learned: Project) -> None:
    result = learned.command("lint", "--explain", "GET /nowhere")
    assert result.text.splitlines()[0] == "crm  GET /nowhere  (it has no snapshot)"


def test_without_a_manifest_it_says_how_to_get_one(project: Project) -> None:
    (project.folder / "contracts.toml").unlink()
    (project.folder / ".git").mkdir()
    result = project.command("lint")
    assert (result.exit, "`integration-contracts init` writes one" in result.errors) == (2, True)


def test_explain_tells_what_is_told_and_to_whom(learned: Project) -> None:
    own = 'cadence = "6h"\nretries = 2\nalerts = { failures = 0 }\nmaintenance = [{ days = ["sun"] }]\n'
    text = MANIFEST.lstrip() + own + '[health.alerts]\nto = ["env:ALERTS_URL"]\n'
    (learned.folder / "contracts.toml").write_text(text + 'success_rate = { below = 0.95, over = "24h" }\n')
    told = explained(learned, "GET /customers/{id}")
    assert {setting: told[setting] for setting in told if setting.startswith(("alerts", "re", "ma", "ca"))} == {
        "max_age": ("any", "default"),
        "retries": ("2", "contracts.toml:9, integrations.crm.retries"),
        "maintenance": ("1 window", "contracts.toml:11, integrations.crm.maintenance"),
        "cadence": ("6h", "contracts.toml:8, integrations.crm.cadence"),
        "alerts.to": ("env:ALERTS_URL", "contracts.toml:13, health.alerts.to"),
        "alerts.success_rate": (
            "below 0.95 over 1d, from 5 runs on",
            "contracts.toml:14, health.alerts.success_rate",
        ),
        "alerts.failures": ("never", "contracts.toml:10, integrations.crm.alerts.failures"),
        "alerts.recovered": ("2 in a row", "default"),
        **{f"alerts.{key}": ("yes", "default") for key in ("drift", "stale", "credential")},
        "alerts.sunset": ("30d before", "default"),
        "alerts.acceptance": ("14d before", "default"),
    }
