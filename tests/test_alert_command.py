"""`integration-contracts alert`: what would be sent and why, what is sent, and what it exits with."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from health.receiving import Webhook
from health.simulated import DAY, HOUR, START, change, sample
from pytest_integration_contracts.cli import main
from pytest_integration_contracts.health.outbox import open_outbox
from pytest_integration_contracts.health.samples import RunRecord, Sample
from pytest_integration_contracts.health.store import open_store
from pytest_integration_contracts.model import Verdict

# apprise's, on Python 3.11 and 3.12
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

STORE = "sqlite:.contracts/health.sqlite"
MANIFEST = """
[health.alerts]
to = ["env:ALERTS_URL"]
[[health.alerts.mute]]
integration = "tax"
until = "2026-03-31"
reason = "they are moving"
[integrations.crm]
urls = ["https://api.crm.example/v1"]
owner = "team-revenue"
contact = "support@crm.example"
runbook = "docs/runbooks/crm.md"
credentials = "env:CRM_TOKEN"
feeds = ["warehouse", "dashboards"]
cadence = "6h"
[integrations.tax]
urls = ["https://tax.example"]
[integrations.crm-notes]
urls = ["https://api.crm.example/notes"]
"""
DOWN = sample(Verdict.DOWN, cause="connection refused")


class Project:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.now = START
        (folder / "contracts.toml").write_text(MANIFEST)

    def run(self, *samples: Sample) -> None:
        self.now += HOUR
        with open_store(STORE, self.folder, {}) as store:
            store.append(RunRecord(id=uuid.uuid4().hex, at=self.now), samples)

    def alert(self, *arguments: str, url: str | None = None) -> Result:
        environment = {"SOURCE_DATE_EPOCH": f"{self.now:.0f}", "ALERTS_URL": self.url if url is None else url}
        return CliRunner().invoke(main, ["alert", *arguments], env=environment)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as opened:
        yield opened


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, webhook: Webhook) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, webhook.url())


def outage(project: Project) -> None:
    denied, drift = sample(Verdict.DENIED, "tax", cause="401"), sample(Verdict.DRIFT, "crm-notes", changes=(change(),))
    project.run(sample(), sample(integration="tax"), sample(integration="crm-notes"))
    project.run(DOWN, denied, sample(integration="crm-notes"))
    project.run(DOWN, denied, drift)


def test_a_dry_run_shows_what_would_go_out_and_why_and_what_is_held_back(project: Project, webhook: Webhook) -> None:
    outage(project)
    done = project.alert("--dry-run")
    assert done.exit_code == 0
    first, _, rest = done.output.partition("\n\n")
    assert first == "would send to env:ALERTS_URL, as failure:"
    lines = [line.strip() for line in rest.splitlines()]
    assert lines[0] == "crm: down, 2 failing runs in a row"
    for line in (
        "told because: failures: 2 in a row",
        "owner: team-revenue",
        "call: support@crm.example",
        "runbook: docs/runbooks/crm.md",
        "credential: env:CRM_TOKEN",
        "feeds: warehouse, dashboards",
    ):
        assert line in lines
    held = done.output[done.output.index("held back") :]
    assert held == (
        f"held back: crm-notes: drift: GET /customers  property.removed  $.email: string -> gone  [{'f' * 16}]\n"
        "           found in one run; told once a second one confirms it\n"
        "held back: crm-notes: failures: 1 failing run in a row since 2026-03-01 15:00 UTC, the last drift\n"
        "           1 of the 2 failing runs that it takes\n"
        "held back: tax: credential: the credential is refused for GET /customers: 401\n"
        "           muted until 2026-03-31: they are moving\n"
        "held back: tax: failures: 2 failing runs in a row since 2026-03-01 14:00 UTC, the last denied: 401\n"
        "           muted until 2026-03-31: they are moving\n"
    )
    assert webhook.got == []
    assert project.alert("--dry-run").output == done.output


def test_news_are_sent_once(project: Project, webhook: Webhook) -> None:
    outage(project)
    done = project.alert()
    assert done.output == (
        "sent to env:ALERTS_URL: crm: down, 2 failing runs in a row\n"
        "4 more findings held back: integration-contracts alert --dry-run\n"
    )
    assert done.exit_code == 0
    again = project.alert()
    assert (again.exit_code, again.output.splitlines()[0]) == (0, "nothing to send")
    assert [got["title"] for got in webhook.got] == ["crm: down, 2 failing runs in a row"]


def test_what_cannot_be_sent_exits_1_and_is_given_up_after_seven_days(project: Project, webhook: Webhook) -> None:
    outage(project)
    gone = webhook.url().replace("127.0.0.1", "127.0.0.1:1").replace(":1:", ":1/hunter2?")
    done = project.alert(url=gone)
    assert done.exit_code == 1
    assert "NOT sent to env:ALERTS_URL: crm: down, 2 failing runs in a row: " in done.stderr
    assert "hunter2" not in done.output
    waiting = project.alert("--dry-run").output
    assert "on its way since 2026-03-01 15:00 UTC to env:ALERTS_URL: crm: down" in waiting
    assert "failed 3 times" in waiting
    project.now += 8 * DAY
    project.run(sample())
    project.run(sample())
    done = project.alert()
    assert done.exit_code == 1
    assert "DROPPED after 7 days, env:ALERTS_URL: crm: down, 2 failing runs in a row: " in done.stderr
    assert "runs hold again: 2 good runs in a row" in webhook.got[0]["message"]
    assert project.alert().exit_code == 0


def test_a_test_message_goes_to_each_target_and_changes_nothing(project: Project, webhook: Webhook) -> None:
    with Webhook() as broken:
        broken.statuses = [500]
        done = project.alert("--test", url=f"{webhook.url()} {broken.url()}")
    assert done.exit_code == 1
    assert done.stdout == "sent to env:ALERTS_URL#1\n"
    assert done.stderr.startswith("NOT sent to env:ALERTS_URL#2: ")
    assert webhook.got[0]["title"] == "integration-contracts: a test"
    assert not (project.folder / ".contracts").exists()


@pytest.mark.parametrize(
    ("arguments", "manifest", "url", "told"),
    [
        ((), MANIFEST, "", "[health.alerts] to: the environment has no ALERTS_URL; set it to one or more"),
        (("--test",), MANIFEST, "nonsense", "what env:ALERTS_URL holds is no address that apprise knows"),
        ((), "[integrations.crm]\n", None, "contracts.toml has no table `[health]`: nothing is monitored; add one"),
        (("--test",), "[health]\n[integrations.crm]\n", None, "[health.alerts] to: is missing; write to ="),
        (("--dry-run",), MANIFEST, None, "there is no history yet; `pytest --contracts-live` writes it"),
        (("--dry-run", "--test"), MANIFEST, None, "--dry-run and --test: take one of them"),
    ],
)
def test_bad_input_is_told_in_one_line(
    project: Project, arguments: tuple[str, ...], manifest: str, url: str | None, told: str
) -> None:
    (project.folder / "contracts.toml").write_text(manifest)
    if url == "":
        outage(project)
    done = project.alert(*arguments, url=url)
    assert done.exit_code == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("library", ["apprise", "sqlalchemy"])
def test_a_missing_library_is_told_in_one_line(project: Project, library: str) -> None:
    outage(project)
    code = (
        f"import sys; sys.modules['{library}'] = None\n"
        "from pytest_integration_contracts.cli import main; main(['alert'])"
    )
    environment = {**os.environ, "ALERTS_URL": project.url}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert library in done.stderr
    assert done.stderr.endswith("is not installed: pip install 'pytest-integration-contracts[health]'\n")
    assert done.stderr.count("\n") == 1


def test_a_receiver_that_hangs_does_not_keep_the_command_from_ending(project: Project, webhook: Webhook) -> None:
    outage(project)
    webhook.hangs = True
    environment = {**os.environ, "SOURCE_DATE_EPOCH": f"{project.now:.0f}", "ALERTS_URL": f"{webhook.url()}?rto=0.2"}
    code = "from pytest_integration_contracts.cli import main; main(['alert'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "NOT sent to env:ALERTS_URL" in done.stderr
    with open_outbox(STORE, project.folder, {}) as outbox:
        assert [letter.tries for letter in outbox.pending()] == [3]
