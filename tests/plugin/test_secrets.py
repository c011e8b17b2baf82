"""No planted secret survives anywhere: not in a file below the project, not in what is printed."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from vcr.serialize import serialize
from vcr.serializers import yamlserializer

from plugin.harness import MANIFEST, Project, Result
from plugin.planted import plants, survivors
from traffic.test_planted import as_recorded
from upstream import Answer, Upstream, json_answer

PLANTS = plants()

CLIENT = """
import json
import logging
import os
from pathlib import Path

import requests

URL = os.environ.get("CRM_URL", "https://api.crm.example/v1")

def ask(number):
    request = json.loads(Path(os.environ["PLAN"]).read_text())[number]
    url = URL.replace("://", "://" + request["user"]) + request["target"]
    body = request["body"].encode() or None
    response = requests.post(url, data=body, headers=request["headers"], timeout=30, allow_redirects=False)
    logging.getLogger("client").warning("asked %s with %s", response.url, dict(response.request.headers))
    print("answered", response.text, dict(response.headers))
    response.raise_for_status()
    return response
"""

TEST = """
import pytest
from client import ask

@pytest.mark.contract
@pytest.mark.parametrize("first", range(20))
def test_asks(first):
    errors = []
    for number in range(first, {count}, 20):
        try:
            answer = ask(number)
            text = answer.text
        except Exception as error:
            print("raised", error)
            errors.append(error)
    if errors:
        raise errors[-1]
"""

WATCHED = (
    *("-rA", "--tb=long", "-l", "--log-level=DEBUG", "--log-file=log.txt", "--log-file-level=DEBUG"),
    *("--junitxml=junit.xml", "-o", "junit_logging=all", "-o", "log_cli=true", "--log-cli-level=DEBUG"),
)


def everything(project: Project, result: Result) -> dict[str, list[str]]:
    """The planted secrets that are still somewhere, by where."""
    texts = {
        path.relative_to(project.folder).as_posix(): path.read_bytes().decode("latin-1")
        for path in project.folder.rglob("*")
        if path.is_file()
    }
    names = "\n".join(path.as_posix() for path in project.folder.rglob("*"))
    texts |= {"the screen": result.text, "the error stream": result.errors, "names of files": names}
    return {place: found for place, text in texts.items() if (found := survivors(text))}


def answering(upstream: Upstream) -> None:
    for plant in PLANTS:
        upstream.answers[f"/v1{plant.target.partition('?')[0]}"] = plant.answer


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has recorded and learned all plants."""
    outside = tmp_path_factory.mktemp("outside")
    project = Project(outside / "project")
    project.write("contracts.toml", MANIFEST)
    project.write("client.py", CLIENT)
    project.write("test_crm.py", TEST.format(count=len(PLANTS)))
    plan = outside / "plan.json"
    plan.write_text(json.dumps([{**asdict(plant), "answer": None} for plant in PLANTS]))
    with Upstream() as upstream:
        answering(upstream)
        project.environment |= {"CRM_URL": upstream.url, "PLAN": str(plan)}
        result = project.run("--contracts-record", "--contracts-update", *WATCHED)
    assert result.exit == 0, result.text[-3000:]
    assert everything(project, result) == {}
    return project


@pytest.fixture
def recorded(recording: Project, tmp_path: Path, upstream: Upstream) -> Project:
    """The same in a folder of its own, with an upstream that answers as it did."""
    answering(upstream)
    project = Project(tmp_path / "project")
    shutil.copytree(recording.folder, project.folder, dirs_exist_ok=True)
    project.environment |= {**recording.environment, "CRM_URL": upstream.url}
    return project


def watched(project: Project, *flags: str) -> Result:
    """A session that writes all reports there are, with no secret in any."""
    project.plugins = ("html", "html_fixtures", "metadata")
    result = project.run(*flags, *WATCHED, "--html=report.html", "--self-contained-html")
    assert "answered" in result.text or "Error" in result.text
    assert everything(project, result) == {}
    return result


def test_a_replay_shows_none_and_learns_nothing_that_the_recording_did_not(recorded: Project) -> None:
    snapshots = recorded.files()
    assert watched(recorded, "--contracts").exit == 0
    assert watched(recorded, "--contracts-update").exit == 0
    assert recorded.files() == snapshots


def test_a_drift_shows_none(recorded: Project, upstream: Upstream) -> None:
    for plant in PLANTS:
        body = plant.answer.body.replace(b'"kept": 1', b'"kept": "one"').replace(b'{"n": 1}', b'{"n": "one"}')
        upstream.answers[f"/v1{plant.target.partition('?')[0]}"] = Answer(200, body, plant.answer.headers)
    live = watched(recorded, "--contracts-live")
    assert live.exit == 1
    assert live.text.count("$.kept") > len(PLANTS) / 2
    assert recorded.run("--contracts-record").exit == 1
    assert watched(recorded, "--contracts").exit == 1
    result = watched(recorded, "--contracts-update", "--contracts-reason", "they meant it")
    assert result.exit == 0
    for command in (["log"], ["show", "crm", "POST /names/no-1"], ["audit"], ["infer", *_snapshots(recorded)]):
        told = recorded.command(*command)
        assert (told.exit, everything(recorded, told)) == (0, {})


def _snapshots(project: Project) -> list[str]:
    return [name for name in project.files() if name.startswith("contracts/crm/POST-names")]


def test_a_missing_recording_shows_none(recorded: Project) -> None:
    for path in recorded.folder.rglob("*.yaml"):
        path.unlink()
    result = watched(recorded, "--contracts")
    assert result.exit == 1
    assert "record it with" in result.text


def test_a_refused_credential_shows_none(recorded: Project, upstream: Upstream) -> None:
    for plant in PLANTS:
        upstream.answers[f"/v1{plant.target.partition('?')[0]}"] = json_answer({"error": "no"}, 401, **plant.headers)
    result = watched(recorded, "--contracts-live")
    assert "401 Client Error" in result.text
    assert result.exit == 7


def test_an_outage_shows_none(recorded: Project, upstream: Upstream) -> None:
    upstream.stop()
    result = watched(recorded, "--contracts-live")
    assert "ConnectionError" in result.text
    assert result.exit == 6


@pytest.mark.parametrize("command", [["capture"], ["check"], ["audit"]])
def test_cassettes_of_other_tools_are_read_and_none_is_shown(
    command: list[str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    for number, plant in enumerate(PLANTS):
        interaction = as_recorded(plant)
        content = {"requests": [interaction.request], "responses": [interaction.response]}
        (outside / f"{number:03}.yaml").write_text(serialize(content, yamlserializer))
    project = Project(tmp_path)
    result = project.command(*command, str(outside))
    assert everything(project, result) == {}
    if command == ["audit"]:
        assert result.exit == 1
        assert all(f"{number:03}.yaml:" in result.text for number in range(len(PLANTS)))
    if command == ["capture"]:
        assert result.exit == 0
        checked = project.command("check", str(outside))
        assert (checked.exit, everything(project, checked)) == (0, {})


def test_no_vocabulary_no_tag_and_no_name_of_an_operation_holds_one(bare: Project, upstream: Upstream) -> None:
    key = f"AK{'IA'}{'IOSFODNNABCDEFGH'}"  # letters alone: a word, if it were no token
    upstream.answers["/v1/a"] = json_answer(
        {"type": key, "status": key, "items": [{"kind": key, "n": 1}, {"kind": "other", "m": 1}], "by": {key: {"n": 1}}}
    )
    upstream.answers[f"/v1/keys/{key}"] = upstream.answers["/v1/a"]
    bare.write("contracts.toml", MANIFEST)
    bare.write(
        "test_crm.py",
        f"""
        import os
        import pytest
        import requests

        @pytest.mark.contract
        @pytest.mark.parametrize("number", range(25))
        def test_words(number):
            for path in ("a", "keys/" + "{key[:4]}" + "{key[4:]}"):
                requests.get(os.environ["CRM_URL"] + "/" + path, timeout=5)
        """,
    )
    result = bare.run("--contracts-record", "--contracts-update")
    assert result.exit == 0
    assert "contracts/crm/GET-keys-{value}.json" in bare.files()
    written = "\n".join([result.text, *bare.files(), *bare.files().values()])
    assert key not in written
    assert '"REDACTED"' not in "".join(bare.files("contracts/crm").values())


def test_what_a_test_logs_and_prints_reaches_the_test_as_it_is(project: Project, upstream: Upstream) -> None:
    upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "token": "f00d1001-issued"})
    project.write(
        "test_crm.py",
        """
        import logging
        import pytest
        from client import customer

        @pytest.mark.contract
        def test_logs(caplog, capsys):
            token = customer(42)["token"]
            logging.getLogger("mine").warning("got %s", token)
            print("got", token)
            assert token in caplog.text
            assert token in capsys.readouterr().out
            print("got", token)
            assert token == "REDACTED", "told apart"
        """,
    )
    result = project.run("--contracts-record", "--contracts-update", "-rA", "-l", "--log-file=log.txt")
    assert result.exit == 1
    assert "told apart" in result.text
    assert "got REDACTED" in result.text
    assert "got REDACTED" in project.files(".")["log.txt"]
    assert everything(project, result) == {}
