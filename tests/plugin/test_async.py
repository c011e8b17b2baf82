"""Async tests and async fixtures of every width, by pytest-asyncio and by anyio, with each async client."""

from __future__ import annotations

import importlib.util

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Upstream, json_answer

OLD, NEW = {"id": 42, "email": "ada@mail.example"}, {"id": 42}

CLIENTS = """
import os
from contextlib import asynccontextmanager

URL = os.environ["CRM_URL"]

@asynccontextmanager
async def by_httpx():
    import httpx
    async with httpx.AsyncClient(timeout=5) as client:
        async def get(path):
            return (await client.get(f"{URL}/{path}")).json()
        yield get

@asynccontextmanager
async def by_httpx2():
    import httpx2
    async with httpx2.AsyncClient(timeout=5) as client:
        async def get(path):
            return (await client.get(f"{URL}/{path}")).json()
        yield get

@asynccontextmanager
async def by_aiohttp():
    import aiohttp
    async with aiohttp.ClientSession() as session:
        async def get(path):
            async with session.get(f"{URL}/{path}") as response:
                return await response.json()
        yield get
"""

TEST = """
import asyncio
import pytest
{imports}
from clients import by_httpx, by_httpx2, by_aiohttp

{marks}

{fixture_of_module}
async def get():
    async with by_{client}() as get:
        yield get

{fixture_of_module}
async def login(get):
    yield await get("{client}/login")
    await get("{client}/logout")

{fixture}
async def someone(get, login):
    assert login["id"] == 42
    return await get("{client}/someone")

{mark}
async def test_one(get, someone):
    assert await get("{client}/one") == someone

{mark}
async def test_several(get, login):
    {several}
"""

GATHERED = (
    'answers = await asyncio.gather(*(get(f"{client}/{{number}}") for number in range(5)))\n'
    "    assert [answer['id'] for answer in answers] == [42] * 5"
)
ONE_BY_ONE = 'assert [(await get(f"{client}/{{number}}"))["id"] for number in range(5)] == [42] * 5'

KINDS = {
    "pytest-asyncio, strict": {
        "imports": "import pytest_asyncio",
        "marks": 'pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]',
        "fixture_of_module": '@pytest_asyncio.fixture(scope="module", loop_scope="module")',
        "fixture": '@pytest_asyncio.fixture(loop_scope="module")',
        "mark": "",
        "several": GATHERED,
    },
    "pytest-asyncio, auto": {
        "imports": "",
        "marks": "pytestmark = pytest.mark.contract",
        "fixture_of_module": '@pytest.fixture(scope="module")',
        "fixture": "@pytest.fixture",
        "mark": "",
        "several": GATHERED,
    },
    "anyio": {
        "imports": "",
        "marks": "pytestmark = pytest.mark.contract",
        "fixture_of_module": '@pytest.fixture(scope="module")',
        "fixture": "@pytest.fixture",
        "mark": "@pytest.mark.anyio",
        "several": GATHERED,
    },
}
INI = {
    "pytest-asyncio, strict": "asyncio_mode = strict",
    "pytest-asyncio, auto": (
        "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = module\nasyncio_default_test_loop_scope = module"
    ),
    "anyio": "",
}
BACKEND = '\n@pytest.fixture(scope="module")\ndef anyio_backend():\n    return "{backend}"\n'


def write(project: Project, kind: str, clients: tuple[str, ...], backend: str = "asyncio") -> list[str]:
    """Tests of each client, written for one plugin.

    Returns:
        The flags that load it.
    """
    project.write("pytest.ini", f"[pytest]\n{INI[kind]}\n")
    project.write("clients.py", CLIENTS)
    for client in clients:
        words = KINDS[kind] | ({"several": ONE_BY_ONE} if backend == "trio" else {})
        words |= {"several": words["several"].format(client=client)}
        text = TEST.format(client=client, **words)
        if kind == "anyio":
            text += BACKEND.format(backend=backend)
        project.write(f"test_{client}.py", text)
    return ["-p", "anyio"] if kind == "anyio" else ["-p", "asyncio"]


@pytest.fixture
def asked(bare: Project, upstream: Upstream) -> Upstream:
    bare.write("contracts.toml", MANIFEST)
    paths = ("login", "logout", "someone", "one", *map(str, range(5)))
    upstream.answers |= {
        f"/v1/{client}/{path}": json_answer(OLD) for client in ("httpx", "httpx2", "aiohttp") for path in paths
    }
    return upstream


@pytest.mark.parametrize("kind", KINDS)
def test_async_tests_and_fixtures_of_every_width(bare: Project, asked: Upstream, kind: str) -> None:
    clients = ("httpx", "httpx2", "aiohttp")
    hold_and_drift(bare, asked, write(bare, kind, clients), clients)


def test_on_trio(bare: Project, asked: Upstream) -> None:
    if importlib.util.find_spec("trio") is None:
        pytest.skip("trio is not installed")
    clients = ("httpx", "httpx2")  # aiohttp knows asyncio only
    hold_and_drift(bare, asked, write(bare, "anyio", clients, "trio"), clients)


def hold_and_drift(project: Project, upstream: Upstream, flags: list[str], clients: tuple[str, ...]) -> None:
    learned = project.run("--contracts-update", *flags)
    assert learned.exit == 0, learned.text
    assert sorted(upstream.asked) == sorted(
        f"GET /v1/{client}/{path}"
        for client in clients
        for path in ("login", "logout", "someone", "one", *map(str, range(5)))
    )
    assert {
        f"contracts/cassettes/test_{client}/{name}.yaml"
        for client in clients
        for name in ("test_one", "test_several", "fixture-login")
    } <= set(project.files("contracts/cassettes"))

    asked = len(upstream.asked)
    replayed = project.run("--contracts", *flags, CRM_URL="http://127.0.0.1:9/v1")
    assert (replayed.exit, f"{2 * len(clients)} passed" in replayed.text) == (0, True), replayed.text
    assert len(upstream.asked) == asked

    for client in clients:
        upstream.answers[f"/v1/{client}/one"] = json_answer({"email": "ada@mail.example"})
        upstream.answers[f"/v1/{client}/someone"] = json_answer({"email": "ada@mail.example"})
    drifted = project.run("--contracts-live", *flags)
    assert (drifted.exit, f"{len(clients)} failed, {len(clients)} passed" in drifted.text) == (1, True), drifted.text
    assert drifted.text.count("BREAKING  property.removed   $.id") >= 2 * len(clients)
