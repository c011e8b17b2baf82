"""The main job, end to end: hold, drift, refresh. Run `make demo`.

Works on a copy of this folder, against the real upstream on a port the system picks; every step asserts its exit code
and, where something drifts, the rules and paths reported.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from upstream import Upstream

HERE: Final = Path(__file__).parent
REASON: Final = "generation 2: one phone number, no fax, balances as decimals"

# What the second generation breaks in one customer, as the report says it.
DRIFT: Final = (
    ("BREAKING", "property.removed", "$.fax"),
    ("BREAKING", "property.renamed", "$.phone"),
    ("BREAKING", "value.became-nullable", "$.company"),
    ("BREAKING", "type.number-to-string", "$.balance"),
    ("BREAKING", "format.changed", "$.created_at"),
    ("new", "property.added", "$.loyalty_tier"),
)


def main() -> None:
    """Run every step; a step that does not do what it should raises."""
    with tempfile.TemporaryDirectory(prefix="contracts-demo-") as folder:
        project = Path(folder) / "crm"
        shutil.copytree(HERE, project, ignore=shutil.ignore_patterns("__pycache__", "demo.py", ".pytest_cache"))
        _first_year(project)
        _second_year(project)
    print("\nEvery step did what it should.")


def _first_year(project: Path) -> None:
    _title("The recordings hold, without network: this is what CI runs on every push")
    _pytest(project, "--contracts", url="", wanted=0)
    with Upstream(generation=1) as upstream:
        _title("The real upstream holds too: this is what the nightly job runs")
        _pytest(project, "--contracts-live", url=upstream.url, wanted=0)


def _second_year(project: Path) -> None:
    with Upstream(generation=2) as upstream:
        _title("A year later the upstream serves generation 2: the nightly job says what broke, and whom to call")
        report = _pytest(project, "--contracts-live", url=upstream.url, wanted=1)
        for severity, rule, path in DRIFT:
            line = next((line for line in report.splitlines() if line.split()[:3] == [severity, rule, path]), None)
            assert line, f"the report does not say: {severity} {rule} {path}"

        _title("They meant it: the client moves on, and the contract is refreshed")
        shutil.copy(project / "crm_client_generation_2.py", project / "crm_client.py")
        flags = ("--contracts-record", "--contracts-update", "--contracts-reason", REASON)
        learned = _pytest(project, *flags, url=upstream.url, wanted=0)
        assert "contracts/crm/GET-customers-{id}.json (1.0 -> 2.0)" in learned, "the snapshot has no new major version"

    _title("From now on the new contract is held")
    _pytest(project, "--contracts", url="", wanted=0)

    _title("What happened, and why, can be read later")
    log = _run(project, ["integration-contracts", "log", "crm", "GET /customers/{id}"], url="", wanted=0)
    assert f"2.0  {_today(log)}  {REASON}" in log, "the log does not give the reason"
    assert "property.renamed  $.phone  phone -> phone_number" in log, "the log does not say what changed"


def _today(log: str) -> str:
    return next(line.split()[1] for line in log.splitlines() if line.startswith("  2.0 "))


def _title(text: str) -> None:
    print(f"\n--- {text}\n", flush=True)


def _pytest(project: Path, *flags: str, url: str, wanted: int) -> str:
    return _run(project, ["pytest", *flags, "-q", "--tb=short"], url=url, wanted=wanted)


def _run(project: Path, command: list[str], *, url: str, wanted: int) -> str:
    """Run a command of this environment in the project, show it and its output, and insist on its exit code."""
    shown = " ".join(f'"{part}"' if " " in part else part for part in command)
    print(f"$ {shown}", flush=True)
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "CRM_URL"}}
    environment |= {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "-p no:cacheprovider -p no:asyncio -p no:schemathesis",
    }
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        cwd=project,
        env={**environment, "CRM_URL": url} if url else environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, flush=True)
    assert done.returncode == wanted, f"exit code {done.returncode} instead of {wanted}"
    return done.stdout


if __name__ == "__main__":
    main()
