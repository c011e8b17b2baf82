"""`--contracts-shard` and `integration-contracts combine`: several machines, one verdict, one update."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from plugin.harness import MANIFEST, Project, Result
from upstream import Upstream, json_answer

NOWHERE = "http://127.0.0.1:9/v1"
TESTS = """
import os
import pytest
from client import customer

@pytest.fixture(scope="session")
def first():
    return customer(0)

@pytest.mark.contract
@pytest.mark.parametrize("number", range({first}, {last}))
def test_customer(number, first):
    assert customer(number)["id"] == number

@pytest.mark.contract
def test_project():
    assert customer("projects/{name}")

@pytest.mark.contract
@pytest.mark.xfail(reason="known", strict=False)
def test_known():
    assert customer({known})

def test_plain():
    assert "FAIL_PLAIN" not in os.environ or {first}
"""
MODULES = {"test_one.py": (0, 4, "alpha"), "test_two.py": (4, 8, "beta"), "test_three.py": (8, 12, "gamma")}


def body(number: int, **more: object) -> dict[str, object]:
    optional = {"vip": True} if number % 3 else {}
    return {"id": number, "email": None if number % 4 == 0 else "a@mail.example", **optional, **more}


@pytest.fixture
def many(project: Project, upstream: Upstream) -> Project:
    """Three modules over one operation and one session fixture, and paths that only all of them together name."""
    upstream.answers |= {f"/v1/customers/{number}": json_answer(body(number)) for number in range(12)}
    for _, _, name in MODULES.values():
        record = {"title": "T", "open": True, "stars": 3, "created": "2024-01-31", "owner": "ada"}
        upstream.answers[f"/v1/customers/projects/{name}"] = json_answer(record)
    (project.folder / "test_crm.py").unlink()
    for module, (first, last, name) in MODULES.items():
        project.write(module, TESTS.format(first=first, last=last, name=name, known=first))
    project.plugins = ("xdist",)
    return project


@dataclass(frozen=True)
class Outcome:
    """All that a run leaves behind."""

    exit: int
    section: str
    files: dict[str, str]
    report: dict[str, Any]


def outcome(project: Project, result: Result, section: str) -> Outcome:
    report = json.loads((project.folder / "whole.json").read_text(encoding="ascii"))
    del report["run"]["made_at"]
    (project.folder / "whole.json").unlink()
    return Outcome(result.exit, section, project.files(), report)


def whole(project: Project, flags: Sequence[str], **environment: str) -> Outcome:
    result = project.run(*flags, "--tb=no", "--contracts-report", "whole.json", **environment)
    return outcome(project, result, result.section)


def shards_of(project: Project, flags: Sequence[str], parts: Sequence[Sequence[str]], **environment: str) -> list[str]:
    """Run each part as a shard of its own, in a checkout of its own; the names of their reports, here."""
    reports = []
    for number, part in enumerate(parts, 1):
        other = checkout(project, f"machine-{number}")
        name = f"{number}/{len(parts)}"
        other.run(*flags, *part, "--contracts-shard", name, "--contracts-report", "out/shard.json", **environment)
        before = {**project.files(), "": ""}
        written = {path: text for path, text in other.files().items() if before.get(path) != text}
        assert all("/cassettes/" in path for path in written), "a shard writes no snapshot"
        for path, text in written.items():
            project.write(path, text)
        reports.append(f"{number}.json")
        shutil.copy(other.folder / "out" / "shard.json", project.folder / reports[-1])
    return reports


def checkout(project: Project, name: str) -> Project:
    """The same files in another place."""
    folder = project.folder.parent / f"{project.folder.name}-{name}" / "elsewhere"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project.folder, folder)
    other = Project(folder)
    other.environment, other.plugins = project.environment, project.plugins
    return other


def combined(project: Project, reports: Sequence[str], **environment: str) -> Outcome:
    result = project.command("combine", *reports, "--report", "whole.json", **environment)
    assert (project.folder / "whole.json").exists(), result.errors
    return outcome(project, result, result.text.removesuffix("\n"))


PARTS = tuple((module,) for module in MODULES)


def learn(project: Project) -> None:
    assert project.run("--contracts-update").exit == 0


def drift(project: Project, upstream: Upstream) -> None:
    for number in range(12):
        upstream.answers[f"/v1/customers/{number}"] = json_answer({"id": number, "vip": "yes"})
    assert project.run("--contracts-record").exit in {0, 1}


def forget(project: Project) -> None:
    for path in (project.folder / "contracts" / "crm").rglob("*.json"):
        path.unlink()


def half_known(project: Project, upstream: Upstream) -> None:
    """Snapshots of single projects are there, so that a template takes their place; and customers have changed."""
    forget(project)
    assert project.run("--contracts-update", "test_one.py").exit == 0
    drift(project, upstream)


def nothing(project: Project, upstream: Upstream) -> None:
    """As it was learned."""


@pytest.mark.parametrize(
    ("flags", "prepare", "told"),
    [
        (("--contracts",), drift, "1 drifts: 2 breaking changes."),
        (("--contracts",), nothing, "2 operations hold."),
        (("--contracts-update",), lambda project, upstream: forget(project), "2 snapshots created."),
        (("--contracts-update", "--contracts-reason=they said so"), drift, "(1.0 -> 2.0)"),
        (("--contracts-update",), half_known, "in place of what is now"),
        (("--contracts-live",), drift, "1 drifts: 2 breaking changes."),
    ],
    ids=["replay with drift", "replay that holds", "update: new", "update: breaking", "update: renamed", "live"],
)
def test_one_process_two_workers_and_three_shards_are_the_same_byte_for_byte(
    many: Project,
    upstream: Upstream,
    flags: tuple[str, ...],
    prepare: Callable[[Project, Upstream], None],
    told: str,
) -> None:
    learn(many)
    prepare(many, upstream)
    settings = {} if "--contracts-live" in flags else {"CRM_URL": NOWHERE}
    settings |= {"GITHUB_SHA": "0a1b2c", "SOURCE_DATE_EPOCH": "1800000000"}
    one = checkout(many, "one")
    expected = whole(one, flags, **settings)
    assert told in expected.section
    workers = checkout(many, "workers")
    assert whole(workers, (*flags, "-n2"), **settings) == expected
    reports = shards_of(many, flags, PARTS, **settings)
    for at, order in enumerate((reports, [*reports[1:], reports[0]])):
        machine = checkout(many, f"joined-{at}")
        assert combined(machine, order, **settings) == expected
    if "--contracts-update" in flags:
        assert expected.files != many.files()


def shard(project: Project, name: str, *arguments: str, mode: str = "--contracts", **environment: str) -> Result:
    """Run one shard; its report is `<name>.json`, with `-` for `/`."""
    report = f"{name.replace('/', '-')}.json"
    flags = (mode, "--contracts-shard", name, "--contracts-report", report)
    return project.run(*flags, *arguments, **{"SOURCE_DATE_EPOCH": "1800000000", **environment})


@pytest.fixture
def learned(project: Project, upstream: Upstream) -> Project:
    """Two tests of one operation that is known."""
    for number in (1, 2):
        upstream.answers[f"/v1/customers/{number}"] = json_answer(body(number))
    tests = "".join(
        f"@pytest.mark.contract\ndef test_{name}():\n    assert customer({number})\n\n"
        for name, number in (("ada", 1), ("bob", 2))
    )
    project.write("test_crm.py", f"import pytest\nfrom client import customer\n\n{tests}")
    assert project.run("--contracts-update").exit == 0
    return project


def test_a_shard_says_what_to_do_with_its_report(learned: Project) -> None:
    result = shard(learned, "1/2", "-k", "ada")
    assert result.exit == 0
    assert result.section == (
        "1 operation holds.\n"
        "this is shard 1/2 of a run; the verdict comes from all of them:  integration-contracts combine REPORT..."
    )


def test_a_missing_shard_is_never_green_and_nothing_is_learned(learned: Project) -> None:
    forget(learned)
    assert shard(learned, "1/3", "-k", "ada", mode="--contracts-update").exit == 0
    before = learned.files()
    told = learned.command("combine", "1-3.json")
    assert told.exit == 1
    assert told.text == (
        "contracts\n"
        "  UNVERIFIED  no report of shards 2/3, 3/3: run `pytest --contracts-update --contracts-shard 2/3"
        " --contracts-report PATH.json` with its tests, and combine again\n"
        "\n"
        "1 operation holds. 1 not verified.\n"
    )
    assert learned.files() == before


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (("1/2", (), {}), "2.json: is shard 1/2, and so is 1.json; give each shard once"),
        (
            ("2/2", ("--contracts-live",), {}),
            (
                "2.json: is of another run than 1.json: the mode is --contracts-live here, --contracts there;"
                " give the reports of one run"
            ),
        ),
        (
            ("2/2", (), {"GITHUB_SHA": "beef"}),
            "2.json: is of another run than 1.json: the commit is beef here, c0de there; give the reports of one run",
        ),
        (
            ("2/3", (), {}),
            (
                "2.json: is of another run than 1.json: the number of shards is 3 here, 2 there;"
                " give the reports of one run"
            ),
        ),
        (
            ("late", (), {}),
            (
                "1.json: is of another run than 2.json: the number of shards is 2 here, not known there;"
                " give the reports of one run"
            ),
        ),
        (
            ("2/2", ("--contracts-reason=why",), {}),
            (
                "2.json: is of another run than 1.json: --contracts-reason is why here, not known there;"
                " give the reports of one run"
            ),
        ),
    ],
    ids=["twice", "modes", "commits", "totals", "names", "reasons"],
)
def test_what_is_not_of_one_run_is_one_clear_error(
    learned: Project, second: tuple[str, tuple[str, ...], dict[str, str]], told: str
) -> None:
    name, flags, environment = second
    shard(learned, "1/2", "-k", "ada", GITHUB_SHA="c0de")
    shutil.move(learned.folder / "1-2.json", learned.folder / "1.json")
    shard(learned, name, "-k", "bob", *flags, **{"GITHUB_SHA": "c0de", **environment})
    shutil.move(learned.folder / f"{name.replace('/', '-')}.json", learned.folder / "2.json")
    result = learned.command("combine", "1.json", "2.json")
    assert (result.exit, result.text, result.errors) == (2, "", f"error: {told}\n")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--contracts", "--contracts-shard", "1/2"), "add --contracts-report PATH.json"),
        (("--contracts", "--contracts-shard", "3/2", "--contracts-report=a.json"), "the third of twenty is 3/20"),
        (("--contracts", "--contracts-shard", "", "--contracts-report=a.json"), "the third of twenty is 3/20"),
        (("--contracts-shard", "1/2", "--contracts-report=a.json"), "Add --contracts, or another of its flags"),
    ],
)
def test_a_shard_that_could_not_be_joined_is_told_before_anything_runs(
    learned: Project, flags: tuple[str, ...], told: str
) -> None:
    result = learned.run(*flags)
    assert result.exit == 4
    assert told in result.errors
    assert "passed" not in result.text


def test_shards_of_any_names_are_joined(learned: Project) -> None:
    for name in ("ada", "bob"):
        assert shard(learned, name, "-k", name).exit == 0
    told = learned.command("combine", "bob.json", "ada.json", "--report", "whole.json")
    assert (told.exit, told.text) == (0, "1 operation holds.\n")
    report = json.loads((learned.folder / "whole.json").read_text())
    assert (report["run"]["tests"], report["run"]["shard"]) == (2, "")
    assert "part" not in report


def test_a_shard_that_pytest_split_makes(learned: Project) -> None:
    pytest.importorskip("pytest_split")
    for group in (1, 2):
        result = shard(learned, f"{group}/2", "--splits=2", f"--group={group}")
        assert result.exit == 0, result.text + result.errors
        assert "1 passed" in result.text
    told = learned.command("combine", "1-2.json", "2-2.json")
    assert (told.exit, told.text) == (0, "1 operation holds.\n")


def test_a_shard_without_tests_does_not_count_beside_others(learned: Project) -> None:
    assert shard(learned, "1/2").exit == 0
    assert shard(learned, "2/2", "-k", "nothing").exit == 5
    assert learned.command("combine", "1-2.json", "2-2.json").exit == 0


def test_an_outage_in_all_failed_tests_of_all_shards_keeps_its_exit_code(learned: Project, upstream: Upstream) -> None:
    for name, number in (("ada", 1), ("bob", 2)):
        assert shard(learned, f"{number}/2", "-k", name, mode="--contracts-live", CRM_URL=NOWHERE).exit == 6
    down = learned.command("combine", "1-2.json", "2-2.json")
    assert down.exit == 6
    assert down.errors == "FAILED test_crm.py::test_ada (shard 1/2)\nFAILED test_crm.py::test_bob (shard 2/2)\n"
    missing = learned.command("combine", "1-2.json")
    assert missing.exit == 1, "what is missing may be worse than an outage"


def test_what_is_about_the_whole_is_told_by_combine_alone(learned: Project) -> None:
    learned.write("contracts.toml", f'{MANIFEST}max_age = "1d"\noutdated = "fail"\n')
    for name, number in (("ada", 1), ("bob", 2)):
        result = shard(learned, f"{number}/2", "-k", name)
        assert result.exit == 0
        assert "too old" not in result.section
    told = learned.command("combine", "1-2.json", "2-2.json", SOURCE_DATE_EPOCH="1800000000")
    assert told.exit == 1
    assert "1 operation holds. 2 cassettes are too old." in told.text
    assert "to record again what is too old:  pytest --contracts-record --contracts-update test_crm.py" in told.text


def test_a_crashed_process_is_unverified_for_the_whole(learned: Project) -> None:
    learned.write(
        "test_crash.py", "import os, pytest\n@pytest.mark.contract\ndef test_dies():\n    os.kill(os.getpid(), 9)\n"
    )
    learned.plugins = ("xdist",)
    shard(learned, "1/2", "test_crm.py")
    shard(learned, "2/2", "test_crash.py", "-n1")
    told = learned.command("combine", "1-2.json", "2-2.json")
    assert told.exit == 1
    assert "not checked: test_crash.py::test_dies" in told.text


def test_a_test_that_failed_by_itself_fails_the_whole_and_is_named(learned: Project) -> None:
    learned.write("test_plain.py", "def test_ours():\n    assert False\n")
    assert shard(learned, "1/2", "test_crm.py").exit == 0
    assert shard(learned, "2/2", "test_plain.py").exit == 1
    told = learned.command("combine", "2-2.json", "1-2.json")
    assert (told.exit, told.errors) == (1, "FAILED test_plain.py::test_ours (shard 2/2)\n")


def broken(report: dict[str, Any], **members: object) -> dict[str, Any]:
    return {**report, "part": {**report["part"], **members}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda report: {**report, "part": None}, "is no report of contracts"),
        (lambda report: {key: report[key] for key in report if key != "part"}, "is the report of a whole run"),
        (lambda report: broken(report, told="{"), "what its tests told cannot be read"),
        (lambda report: broken(report, told="[" * 100_000), "what its tests told cannot be read"),
        (lambda report: broken(report, told='[{"source": 1}]'), "what its tests told cannot be read"),
        (lambda report: broken(report, told=report["part"]["told"].replace('"test_', '7, "test_')), "cannot be read"),
        (lambda report: broken(report, status="0"), "is no report of contracts"),
        (lambda report: broken(report, failed=[7]), "is no report of contracts"),
        (lambda report: broken(report, told=_with(report, project="../..")), "which is no project here"),
        (lambda report: broken(report, told=_with(report, project="/etc")), "which is no project here"),
        (lambda report: broken(report, told=_with(report, project=7)), "`project` is of another kind"),
        (lambda report: broken(report, told=_with(report, undeclared=[{}])), "a list of texts holds something else"),
        (lambda report: {**report, "run": {**report["run"], "mode": "capture"}}, "no run of tests has the mode"),
    ],
)
def test_a_report_that_is_none_is_one_clear_error(
    learned: Project, change: Callable[[dict[str, Any]], dict[str, Any]], told: str
) -> None:
    shard(learned, "1/1")
    path = learned.folder / "1-1.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    result = learned.command("combine", "1-1.json")
    assert (result.exit, result.text) == (2, "")
    assert result.errors.startswith("error: ")
    assert result.errors.count("\n") == 1
    assert told in result.errors


def _with(report: dict[str, Any], **members: object) -> str:
    return json.dumps([{**each, **members} for each in json.loads(report["part"]["told"])])


def test_a_report_of_a_whole_run_is_not_joined(learned: Project) -> None:
    assert learned.run("--contracts", "--contracts-report", "whole.json").exit == 0
    told = learned.command("combine", "whole.json")
    assert told.exit == 2
    assert "`pytest --contracts-shard NAME --contracts-report whole.json` writes a shard's" in told.errors


def test_an_ending_without_a_writer_is_told_by_its_option(learned: Project) -> None:
    told = learned.command("combine", "1.json", "--report", "whole.pdf")
    assert told.exit == 2
    assert "--report whole.pdf: a report's name ends in" in told.errors


def test_a_snapshot_that_cannot_be_used_is_named_as_this_machine_names_it(learned: Project) -> None:
    learned.write("contracts/crm/GET-customers-{id}.json", "{")
    expected = whole(learned, ("--contracts",))
    other = checkout(learned, "machine")
    shard(other, "1/1")
    shutil.copy(other.folder / "1-1.json", learned.folder)
    told = combined(learned, ["1-1.json"])
    assert told.section == expected.section
    assert "UNVERIFIED  contracts/crm/GET-customers-{id}.json: is not JSON" in told.section
