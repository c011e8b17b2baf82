"""A consumer for each family of clients: recorded, replayed without any upstream, and failed where that has drifted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from plugin.harness import MANIFEST, Project, Result
from upstream import Upstream, json_answer

OLD = {"ok": True, "id": "cus_42", "object": "customer", "email": "ada@mail.example"}
NEW = {name: value for name, value in OLD.items() if name != "email"}

CONSUMERS = {
    "requests": "import requests\nassert requests.get(f'{URL}/requests', timeout=5).json()",
    "urllib3": "import urllib3\nassert urllib3.request('GET', f'{URL}/urllib3', timeout=5).json()",
    "http_client": """
        import http.client
        connection = http.client.HTTPConnection(urlsplit(URL).netloc, timeout=5)
        connection.request("GET", f"{urlsplit(URL).path}/http_client")
        assert json.load(connection.getresponse())
        connection.close()
    """,
    "urllib": """
        from urllib.request import urlopen
        with urlopen(f"{URL}/urllib", timeout=5) as response:
            assert json.load(response)
    """,
    "httpx": "import httpx\nassert httpx.get(f'{URL}/httpx', timeout=5).json()",
    "httpx2": "import httpx2\nassert httpx2.get(f'{URL}/httpx2', timeout=5).json()",
    "aiohttp": """
        import aiohttp
        async def ask():
            async with aiohttp.ClientSession() as session, session.get(f"{URL}/aiohttp") as response:
                return await response.json()
        assert asyncio.run(ask())
    """,
    "boto3": """
        import boto3
        s3 = boto3.client(
            "s3", endpoint_url=URL, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        assert json.load(s3.get_object(Bucket="boto3", Key="customer")["Body"])
    """,
    "stripe": """
        import stripe
        client = stripe.StripeClient(
            "sk_test", base_addresses={"api": f"{URL}/stripe"}, http_client=stripe.RequestsClient()
        )
        assert client.v1.customers.retrieve("cus_42").id
    """,
    "slack_sdk": """
        import slack_sdk
        assert slack_sdk.WebClient("xoxb", base_url=f"{URL}/slack_sdk/").api_call("users.info", http_verb="GET")["ok"]
    """,
}
PATHS = {name: f"/v1/{name}" for name in CONSUMERS} | {
    "boto3": "/v1/boto3/customer",
    "stripe": "/v1/stripe/v1/customers/cus_42",
    "slack_sdk": "/v1/slack_sdk/users.info",
}


@dataclass(frozen=True)
class Sessions:
    """What three sessions said: one that learned, one without an upstream, one against an upstream that has drifted."""

    learned: Result
    replayed: Result
    drifted: Result
    files: dict[str, str]


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Sessions:
    project = Project(tmp_path_factory.mktemp("families"))
    project.write("contracts.toml", MANIFEST)
    for name, body in CONSUMERS.items():
        project.write(f"test_{name}.py", written(name, body))
    with Upstream() as before:
        before.answers |= {path: json_answer(OLD) for path in PATHS.values()}
        learned = project.run("--contracts-update", CRM_URL=before.url)
    replayed = project.run("--contracts", "-rA", CRM_URL=before.url)
    with Upstream() as after:
        after.answers |= {path: json_answer(NEW) for path in PATHS.values()}
        drifted = project.run("--contracts-live", CRM_URL=after.url)
    return Sessions(learned, replayed, drifted, project.files())


def written(name: str, body: str) -> str:
    lines = "\n".join(f"    {line.removeprefix(' ' * 8)}" for line in body.strip("\n").splitlines())
    imports = "import asyncio\nimport json\nimport os\nfrom urllib.parse import urlsplit\n\nimport pytest\n"
    return f'{imports}\nURL = os.environ["CRM_URL"]\n\n@pytest.mark.contract\ndef test_{name}():\n{lines}\n'


def test_all_of_them_are_learned_and_hold_without_an_upstream(sessions: Sessions) -> None:
    assert sessions.learned.exit == 0, sessions.learned.text
    assert sessions.replayed.exit == 0, sessions.replayed.text
    assert sessions.replayed.section == f"{len(CONSUMERS)} operations hold."
    assert sessions.drifted.exit == 1


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_consumer_of_each_family(sessions: Sessions, name: str) -> None:
    assert f"contracts/cassettes/test_{name}/test_{name}.yaml" in sessions.files
    assert f"PASSED test_{name}.py::test_{name}" in sessions.replayed.text
    failure = sessions.drifted.failure(f"test_{name}")
    assert "BREAKING  property.removed   $.email" in failure
    assert Path(PATHS[name]).name in failure or "{id}" in failure or "{customer}" in failure
