"""`integration-contracts health`: real processes on a real store."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser

from histories import CADENCE, DAY, HOUR, keep
from pytest_integration_contracts.health.store import open_store

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-c", "from pytest_integration_contracts.cli import main; main()", "health"]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}},
    "PYTHONPATH": str(ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "TERM": "xterm-256color",
}
SECTION = """
[integrations.{name}]
urls = ["https://{name}.example/v1"]
owner = "team-{name}"
contact = "support@{name}.example"
runbook = "docs/{name}.md"
credentials = "env:TOKEN"
cadence = "6h"
feeds = ["dashboard.revenue"]
"""


def project(root: Path, histories: dict[str, str], *, ago: float = HOUR) -> Path:
    sections = "".join(SECTION.format(name=name) for name in histories)
    (root / "contracts.toml").write_text(f"[health]\n{sections}", encoding="utf-8")
    with open_store("sqlite:.contracts/health.sqlite", root, {}) as store:
        for name, marks in histories.items():
            keep(store, name, marks, now=time.time(), ago=ago)
    return root


def run(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=root,
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def on_a_terminal(root: Path, columns: int, *arguments: str, **environment: str) -> str:
    """What a terminal of so many columns gets, with its control sequences."""
    controlling, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=root,
        env={**ENVIRONMENT, **environment},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        told = b""
        while True:
            try:
                chunk = os.read(controlling, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            told += chunk
        process.wait(timeout=60)
    os.close(controlling)
    return told.decode().replace("\r\n", "\n")


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"


def test_the_worst_is_told_in_full_and_what_holds_is_counted(tmp_path: Path) -> None:
    told = run(project(tmp_path, {"crm": "....", "erp": "....", "orders": "..DD", "cdn": "...~"}))
    assert (told.returncode, told.stderr) == (0, "")
    shown = re.sub(TIME, "TIME", told.stdout)
    assert shown == (
        "integration health at TIME\n"
        "1 drift, 1 changed, 2 ok\n"
        "\n"
        "DRIFT       orders\n"
        "            GET /orders/{id} lost `total`, 1 of 3 operations drift\n"
        "            the upstream's fault; for 7 h, since TIME; last good 13 h ago, TIME\n"
        "            held no data in 1h; 2 of 4 in 24h; 2 of 4 in 7d; 2 of 4 in 30d\n"
        "            p95 0.5 s of 48 answers in 24h; changes 1 breaking, 1 compatible; checked every 6 h, as declared\n"
        "            owner team-orders; call support@orders.example; runbook docs/orders.md; credential env:TOKEN\n"
        "            feeds dashboard.revenue\n"
        "\n"
        "CHANGED     cdn  GET /orders/{id} gained `gift`; nothing breaks\n"
        "\n"
        "OK          2 integrations  -v lists them\n"
        "\n"
        "next result due in 4 h, at TIME\n"
    )
    assert run(tmp_path, "-v").stdout.count("3 operations hold") == 2


def test_it_fits_a_terminal_of_80_columns_with_200_integrations(tmp_path: Path) -> None:
    histories = {
        f"integration-with-a-long-name-{number:03}": "..X" if number % 5 == 0 else "..." for number in range(199)
    }
    project(tmp_path, {**histories, "orders": "..D"})
    told = on_a_terminal(tmp_path, 80)
    assert "\x1b[1;31mDRIFT" in told
    lines = without_colours(told).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1] == "1 drift, 40 down, 159 ok"
    assert lines[3].split() == ["DRIFT", "orders"]
    assert lines[-3].startswith("OK          159 integrations")
    assert len(lines) < 200
    assert "\x1b[1;31m" not in on_a_terminal(tmp_path, 80, NO_COLOR="1")
    assert "\x1b" not in run(tmp_path).stdout


def test_one_integration_is_told_with_all_that_is_behind_its_verdict(tmp_path: Path) -> None:
    told = run(project(tmp_path, {"orders": ".XX.DD", "crm": "."}), "orders").stdout
    assert told.startswith("DRIFT       orders\n")
    assert "\n  breaking  GET /orders/{id}  property.removed at $.total: number, in 40 of 40 responses -> gone" in told
    assert "\n  drift       GET /orders/{id}  drifts; p95 0.5 s of 4 answers\n" in told
    assert re.search(
        rf"\n  drift  since {TIME}, for 7 h so far, 2 runs: drifts\n  down  {TIME}, for 12 h, 2 runs: ", told
    )
    assert "\nlast 6 runs, the newest last\n  .XX.DD\n" in told
    assert "team-crm" not in told


@pytest.mark.parametrize(("marks", "ago", "code"), [("..~", HOUR, 0), ("..D", HOUR, 1), ("..", 3 * DAY, 1), ("", 0, 1)])
def test_check_exits_1_where_anything_is_not_good(tmp_path: Path, marks: str, ago: float, code: int) -> None:
    project(tmp_path, {"orders": marks}, ago=ago)
    assert run(tmp_path, "--check").returncode == code


def test_json_and_openmetrics_are_written_whole(tmp_path: Path) -> None:
    project(tmp_path, {"orders": "..D", "crm": "..."})
    told = run(tmp_path, "--json", "health.json", "--openmetrics", "text/contracts.prom")
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert [each["integration"] for each in json.loads((tmp_path / "health.json").read_text())["integrations"]] == [
        "orders",
        "crm",
    ]
    metrics = (tmp_path / "text" / "contracts.prom").read_text()
    assert metrics.endswith("# EOF\n")
    families = parser.text_string_to_metric_families(metrics)  # type: ignore[no-untyped-call]
    assert "integration_contracts_health" in {family.name for family in families}
    assert list((tmp_path / "text").iterdir()) == [tmp_path / "text" / "contracts.prom"]
    alone = json.loads(run(tmp_path, "crm", "--json", "-").stdout)
    assert [each["integration"] for each in alone["integrations"]] == ["crm"]
    assert alone["integrations"][0]["cadence"]["declared"] == CADENCE


def test_runs_that_wait_for_the_store_are_told_of(tmp_path: Path) -> None:
    project(tmp_path, {"orders": "..."})
    spool = tmp_path / ".contracts" / "spool"
    spool.mkdir()
    (spool / "0001.json").write_text("{}")
    assert "\nnote: 1 run of this machine waits in .contracts/spool for the store: not counted" in run(tmp_path).stdout


def test_bad_input_is_one_line_and_exits_2(tmp_path: Path) -> None:
    def error(*arguments: str, **environment: str) -> str:
        told = run(tmp_path, *arguments, **environment)
        assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1), told
        return told.stderr

    assert "error: there is no contracts.toml" in error()
    (tmp_path / "contracts.toml").write_text('[integrations.orders]\nurls = ["https://orders.example"]\n')
    assert "contracts.toml: there is no `[health]`, so live runs keep no history; add that line to it" in error()
    project(tmp_path, {"orders": "."})
    assert "the manifest declares no integration `order`; did you mean `orders`?" in error("order")
    assert "cannot be written" in error("--json", "contracts.toml/health.json")
    (tmp_path / ".contracts" / "health.sqlite").write_bytes(b"no database at all" * 100)
    assert "health.sqlite" in error()
    without = tmp_path / "sqlalchemy.py"
    without.write_text("raise ImportError(name='sqlalchemy')")
    project_path = os.pathsep.join([str(tmp_path), str(ROOT)])
    assert "pip install 'pytest-integration-contracts[health]'" in error(PYTHONPATH=project_path)


def test_without_rich_the_figures_are_still_to_be_had(tmp_path: Path) -> None:
    project(tmp_path, {"orders": "."})
    (tmp_path / "rich.py").write_text("raise ImportError(name='rich')")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    told = run(tmp_path, PYTHONPATH=path)
    assert told.returncode == 2
    assert "--json -" in told.stderr
    assert run(tmp_path, "--json", "-", PYTHONPATH=path).returncode == 0
