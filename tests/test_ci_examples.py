"""The files of `examples/ci` and the pre-commit hooks: well-formed, and every command in them runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin.harness import CLIENT, MANIFEST, Project
from upstream import Upstream, json_answer

ROOT = Path(__file__).parent.parent
CI = ROOT / "examples" / "ci"
WORKFLOWS = sorted((CI / "github").glob("*.yml"))
GITLAB = CI / "gitlab" / ".gitlab-ci.yml"
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
OURS = re.compile(r"\b(?:pytest|integration-contracts)\b")


def loaded(path: Path) -> dict[Any, Any]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def bash(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a build server does: it ends at the first command that fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_", "CI"))}
    tools = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    plugins = {"PYTEST_ADDOPTS": "-p no:cacheprovider -p no:schemathesis -p no:hypothesispytest -p no:asyncio"}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**kept, **plugins, "PATH": tools, "CI": "true", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        server.answers |= {f"/v1/customers/{number}": json_answer({"id": number, "vip": True}) for number in range(6)}
        yield server


@pytest.fixture
def project(tmp_path: Path, upstream: Upstream) -> Project:
    """A project with six tests and what they learned."""
    project = Project(tmp_path)
    project.environment["CRM_URL"] = upstream.url
    project.write("contracts.toml", MANIFEST)
    project.write("client.py", CLIENT)
    project.write(
        "test_crm.py",
        """
        import pytest
        from client import customer

        @pytest.mark.contract
        @pytest.mark.parametrize("number", range(6))
        def test_customer(number):
            assert customer(number)
        """,
    )
    assert project.run("--contracts-update").exit == 0
    return project


def scripts() -> Iterator[Any]:
    """Every script of every file, with where it is."""
    for path in WORKFLOWS:
        for name, job in loaded(path)["jobs"].items():
            for step in job["steps"]:
                if "run" in step:
                    yield pytest.param(step["run"], id=f"{path.name}:{name}:{step['run'].split()[0]}")
    for name, job in loaded(GITLAB).items():
        for line in job.get("script", []) + job.get("before_script", []) if isinstance(job, dict) else []:
            yield pytest.param(line, id=f"{GITLAB.name}:{name}:{line.split()[0]}")


@pytest.mark.parametrize("script", [*scripts()])
def test_every_script_is_bash(script: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "${{" not in script, "what comes from outside goes through the environment"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_what_github_demands(path: Path) -> None:
    workflow = loaded(path)
    on = workflow[True]  # YAML 1.1 reads `on` so
    assert set(on) <= {"push", "pull_request", "schedule", "workflow_dispatch"}
    for each in on.get("schedule") or []:
        assert re.fullmatch(r"\d+ (\d+|\*) \* \* \*", each["cron"])
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        assert set(job.get("needs", "").split()) <= set(workflow["jobs"])
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            assert "uses" not in step or re.fullmatch(r"actions/[a-z/-]+@v\d+", step["uses"])
            assert not set(step) - {"run", "uses", "with", "env", "if", "name"}


def test_secrets_are_references() -> None:
    for path in (*WORKFLOWS, GITLAB):
        for name, value in re.findall(r"^ *(\w*(?:TOKEN|SECRET|KEY)\w*): *(.*)$", path.read_text(), re.MULTILINE):
            assert value == f"${{{{ secrets.{name} }}}}"


def ours(job: Mapping[str, Any], key: str = "run") -> list[str]:
    """The scripts of a job that run this project's commands."""
    return [step[key] for step in job["steps"] if key in step and OURS.search(step[key])]


@pytest.mark.parametrize("drifts", [False, True], ids=["holds", "drifts"])
def test_the_workflow_of_a_push_comes_to_one_verdict(project: Project, upstream: Upstream, *, drifts: bool) -> None:
    if drifts:
        upstream.answers["/v1/customers/5"] = json_answer({"id": 5})
        assert project.run("--contracts-record").exit == 1
    jobs = loaded(CI / "github" / "contracts.yml")["jobs"]
    (shard,), (combine,) = ours(jobs["shard"]), ours(jobs["contracts"])
    assert jobs["shard"]["env"] == {"GROUP": "${{ matrix.group }}"}
    codes = [
        bash(shard, project.folder, GROUP=str(group), GITHUB_SHA="0a1b2c").returncode
        for group in jobs["shard"]["strategy"]["matrix"]["group"]
    ]
    assert sorted(codes) == [0, 0, int(drifts)]
    done = bash(combine, project.folder, GITHUB_SHA="0a1b2c")
    assert done.returncode == int(drifts), done.stderr
    report = json.loads((project.folder / "contracts.json").read_text())
    assert (report["run"]["tests"], report["run"]["commit"], report["fails"]) == (6, "0a1b2c", drifts)
    uploads = [
        step["with"]["path"] for job in jobs.values() for step in job["steps"] if "upload" in str(step.get("uses"))
    ]
    assert uploads == ["shards", "contracts.json"]


def test_the_nightly_workflow_asks_the_upstream_and_says_its_cadence(project: Project) -> None:
    job = loaded(CI / "github" / "contracts-nightly.yml")["jobs"]["live"]
    cadence, live, keep = (step["run"] for step in job["steps"][-6:] if "run" in step)
    first = bash(cadence, project.folder, SCHEDULE="")
    assert re.fullmatch(
        r"started by hand at \d{4}-\d\d-\d\dT[\d:]{8}Z\nno run before this one is known\n", first.stdout
    ), first.stderr
    environment = {"CRM_URL": project.environment["CRM_URL"], "CRM_TOKEN": "t"}
    done = bash(live, project.folder, **environment)
    assert done.returncode == 0, done.stdout
    assert bash(keep, project.folder).returncode == 0
    second = bash(cadence, project.folder, SCHEDULE="17 3 * * *")
    told = re.fullmatch(
        r"due at \d{4}-\d\d-\d\dT03:17:00Z, started (\d+) minutes later\nthe run before ended at (\S+), 0 hours ago\n",
        second.stdout,
    )
    assert told, second.stderr
    assert 0 <= int(told[1]) < 24 * 60
    assert told[2] == json.loads((project.folder / "contracts.json").read_text())["run"]["made_at"]


@pytest.fixture
def monitored(project: Project) -> Project:
    """The same project, with a manifest that says how often its upstream is to be asked."""
    pytest.importorskip("sqlalchemy", reason="needs the extra [health]")
    project.write("contracts.toml", f'{MANIFEST.strip()}\ncadence = "6h"\n[health]\n')
    return project


def live_scripts(where: str) -> str:
    """What asks the upstreams that are due, all of it."""
    if where == "gitlab":
        return "\n".join(loaded(GITLAB)["live"]["script"])
    return "\n".join(ours(loaded(CI / "github" / "contracts-live.yml")["jobs"]["live"]))


@pytest.mark.parametrize("where", ["github", "gitlab"])
def test_an_upstream_is_asked_as_often_as_the_manifest_says(monitored: Project, upstream: Upstream, where: str) -> None:
    script, started = live_scripts(where), 1796040000
    for hours, told, is_asked in (
        (0, "crm: due; every 6h, and never asked yet\n", True),
        (5, "crm: not due until 2026-11-30T18:00:00Z; every 6h, asked 5 hours ago, at 2026-11-30T12:00:00Z\n", False),
        (5.8, "crm: due; every 6h, asked 5 hours ago, at 2026-11-30T12:00:00Z\n", True),
    ):
        upstream.asked.clear()
        now = {"SOURCE_DATE_EPOCH": str(int(started + hours * 3600)), "CRM_TOKEN": "t"}
        done = bash(script, monitored.folder, CRM_URL=monitored.environment["CRM_URL"], **now)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert done.stdout.startswith(told)
        assert bool(upstream.asked) is is_asked
    assert json.loads((monitored.folder / "contracts.json").read_text())["run"]["tests"] == 6


def test_all_are_due_where_nobody_knows_when_they_were_asked(monitored: Project) -> None:
    manifest = monitored.folder / "contracts.toml"
    manifest.write_text(f'{manifest.read_text()}store = "env:HEALTH_STORE"\n[integrations.tax]\n')
    done = monitored.command("due", "--names")
    assert (done.exit, done.text) == (0, "crm\n")
    assert done.errors.startswith("when upstreams were asked last is not known: ")
    assert monitored.command("due").text.splitlines()[1] == "tax: never due; say how often it is to be asked: `cadence`"
    monitored.write("contracts.toml", MANIFEST)
    refused = monitored.command("due", "--names")
    assert (refused.exit, refused.text) == (2, "")
    assert "no table [health]" in refused.errors


def test_the_jobs_of_gitlab_come_to_one_verdict(project: Project) -> None:
    jobs = loaded(GITLAB)
    for name in ("shard", "contracts", "nightly"):
        assert jobs[name]["stage"] in jobs["stages"]
        assert jobs[name]["artifacts"]["when"] == "always"
    (shard,), (combine,), (live,) = (jobs[name]["script"] for name in ("shard", "contracts", "nightly"))
    total = jobs["shard"]["parallel"]
    for index in range(1, total + 1):
        node = {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": str(total), "CI_COMMIT_SHA": "0a1b2c"}
        assert bash(shard, project.folder, **node).returncode == 0
        assert (project.folder / f"junit-{index}.xml").exists()
    done = bash(combine, project.folder)
    assert (done.returncode, done.stdout) == (0, "1 operation holds.\n")
    nightly = bash(live, project.folder, CRM_URL=project.environment["CRM_URL"])
    assert nightly.returncode == 0, nightly.stdout
    assert (project.folder / "contracts.json").exists()


def test_the_example_names_the_hooks_there_are() -> None:
    (repo,) = loaded(CI / "pre-commit-config.yaml")["repos"]
    assert [hook["id"] for hook in repo["hooks"]] == [hook["id"] for hook in HOOKS]
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", manifest]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_before_a_commit_and_stops_what_it_is_for(project: Project, hook: dict[str, Any]) -> None:
    project.write("docs/runbooks/crm.md", "call them\n")
    local = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    (project.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(local))
    commit = "git add --all && python -m pre_commit run"
    identity = {"HOME": str(project.folder.parent), "PRE_COMMIT_HOME": str(project.folder.parent / "hooks")}
    done = bash(f"git init --quiet . && {commit}", project.folder, **identity)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    manifest = project.folder / "contracts.toml"
    manifest.write_text(f'{manifest.read_text()}colour = "AKIAIOSFODNN7EXAMPLE"\n')
    stopped = bash(commit, project.folder, **identity)
    assert stopped.returncode == 1
    assert "Failed" in stopped.stdout
    assert "contracts.toml" in stopped.stdout
