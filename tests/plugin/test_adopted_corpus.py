"""Real cassettes under `@pytest.mark.vcr`: their replay teaches what they hold, and a change in one is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from plugin.harness import Project

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "cassettes"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of recorded responses is not here")

REPLAYS = """
from pathlib import Path

import pytest
import requests
import yaml

CASSETTES = Path(__file__).parent / "cassettes" / "test_replays"

def each(name):
    text = (CASSETTES / name).read_text(encoding="utf-8")
    yield from (each["request"] for each in yaml.load(text, Loader=yaml.CSafeLoader)["interactions"])

@pytest.fixture
def default_cassette_name(name):
    return name

@pytest.mark.vcr
@pytest.mark.parametrize("name", sorted(path.name for path in CASSETTES.iterdir()))
def test_replays(name):
    with requests.Session() as session:
        for recorded in each(name):
            request = requests.Request(recorded["method"], recorded["uri"], data=recorded["body"]).prepare()
            request.url = recorded["uri"]
            session.send(request, allow_redirects=False, timeout=5)
"""
MANIFEST = """
[defaults]
adopt_vcr = true

[integrations.datadog]
urls = ["https://api.datadoghq.com"]
owner = "team-observability"
"""


@pytest.fixture
def replaying(bare: Project) -> Project:
    """A project whose tests replay every cassette of the corpus, in pytest-recording's own way."""
    bare.plugins = ("recording",)
    bare.environment["SOURCE_DATE_EPOCH"] = "1700000000"
    bare.write("contracts.toml", MANIFEST)
    bare.write("test_replays.py", REPLAYS)
    folder = bare.folder / "cassettes" / "test_replays"
    folder.mkdir(parents=True)
    for number, path in enumerate(sorted(CORPUS.rglob("*.yaml"))):
        shutil.copy(path, folder / f"{path.parent.name}-{number:03}.yaml")
    return bare


DASHBOARD = ("POST", "https://api.datadoghq.com/api/v1/dashboard")


def without_title(folder: Path) -> str:
    """The name of a cassette from whose answer to a new dashboard the title was taken."""
    for path in sorted(folder.iterdir()):
        cassette = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for each in cassette["interactions"]:
            asked, answer = each["request"], each["response"]["body"]
            if (asked["method"], asked["uri"]) == DASHBOARD and '"title"' in answer["string"]:
                body = json.loads(answer["string"])
                del body["title"]
                answer["string"] = json.dumps(body)
                path.write_text(yaml.dump(cassette, Dumper=yaml.CSafeDumper), encoding="utf-8")
                return path.name
    raise AssertionError("no dashboard in the corpus")


def test_what_real_cassettes_teach_is_held_and_what_changes_in_one_is_found(replaying: Project) -> None:
    learned = replaying.run("--contracts-update", "-q")
    assert learned.exit == 0, learned.text
    snapshots = replaying.files()
    assert len(snapshots) > 60
    held = replaying.run("--contracts", "-q")
    assert held.exit == 0, held.text
    shutil.rmtree(replaying.folder / "contracts")
    captured = replaying.command("capture", "cassettes")
    assert captured.exit == 0, captured.text
    assert replaying.files() == snapshots, "without any test the same is learned, byte for byte"
    name = without_title(replaying.folder / "cassettes" / "test_replays")
    drifted = replaying.run("--contracts", "-q", f"test_replays.py::test_replays[{name}]")
    assert drifted.exit == 1
    failure = drifted.failure(f"test_replays[{name}]")
    assert "contracts/datadog/POST-api-v1-dashboard.json" in failure
    assert "BREAKING  property.removed   $.title" in failure
    assert "1 failed" in drifted.text
