"""`integration-contracts health --html` and `health serve`: real processes over a real history, really asked."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from histories import keep
from pytest_integration_contracts.health.store import open_store
from test_serve import COMMAND, ENVIRONMENT, Process

MANIFEST = """
[health]

[integrations.orders]
urls = ["https://orders.example"]
owner = "team-orders"
runbook = "https://runbooks.example/orders"
cadence = "6h"
feeds = ["billing"]

[integrations.billing]
urls = ["https://billing.example"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose `orders` is down, and whose `billing` holds."""
    root = tmp_path_factory.mktemp("project")
    (root / "contracts.toml").write_text(MANIFEST)
    with open_store("sqlite:.contracts/health.sqlite", root, {}) as store:
        keep(store, "orders", "....XX", now=time.time())
        keep(store, "billing", "......", now=time.time())
    return root


@contextmanager
def serving(project: Path, *arguments: str) -> Iterator[Process]:
    process = subprocess.Popen(
        [*COMMAND, "health", "serve", *arguments],
        cwd=project,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Process(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def told(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "health", *arguments],
        cwd=project,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def raw(url: str, sent: bytes) -> bytes:
    """What is answered to bytes that no client would send."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


def test_the_page_is_written_whole_with_its_json_beside_it(project: Path, tmp_path: Path) -> None:
    done = told(project, "--html", str(tmp_path / "site"), "--check")
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr == f"wrote {tmp_path / 'site' / 'index.html'}\n"
    assert sorted(each.name for each in (tmp_path / "site").iterdir()) == ["health.json", "index.html"]
    text = (tmp_path / "site" / "index.html").read_text()
    assert "<h1>1 of 2 integrations holds; 1 is down</h1>" in text
    assert text.index('id="orders"') < text.index('id="billing"')
    assert 'href="health.json"' in text
    assert json.loads((tmp_path / "site" / "health.json").read_text())["integrations"][0]["integration"] == "orders"
    (tmp_path / "file").write_text("")
    failed = told(project, "--html", str(tmp_path / "file" / "site"))
    assert failed.returncode == 2
    assert failed.stderr.startswith(f"error: {tmp_path / 'file' / 'site'}: the page cannot be written: ")


def test_the_page_is_served_to_this_machine_until_ctrl_c(project: Path) -> None:
    with serving(project) as server:
        assert re.fullmatch(r"health page on http://127\.0\.0\.1:\d+\n", server.first)
        page = requests.get(f"{server.url}/", timeout=20)
        assert page.status_code == 200
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Content-Encoding"] == "gzip"
        assert "1 of 2 integrations holds; 1 is down" in page.text
        assert 'data-refresh="60"' in page.text
        assert '<meta http-equiv="refresh" content="60">' in page.text
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "connect-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        again = requests.get(f"{server.url}/", headers={"If-None-Match": page.headers["ETag"]}, timeout=20)
        assert (again.status_code, again.content) == (304, b"")
        assert requests.get(f"{server.url}/health.json", timeout=20).json()["good"] is False
        metrics = requests.get(f"{server.url}/metrics", timeout=20)
        assert metrics.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
        assert metrics.text.endswith("# EOF\n")
        assert requests.get(f"{server.url}/healthz", timeout=20).text == "ok\n"
        head = requests.head(f"{server.url}/", headers={"Accept-Encoding": "identity"}, timeout=20)
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["Content-Length"]) > 10_000
        assert server.end(signal.SIGINT) == 0
        assert server.rest == ""


def test_a_new_run_is_on_the_page_without_a_restart(project: Path, tmp_path: Path) -> None:
    (tmp_path / "contracts.toml").write_text(MANIFEST)
    with serving(tmp_path) as server:
        assert "2 are unverified" in requests.get(f"{server.url}/", timeout=20).text
        with open_store("sqlite:.contracts/health.sqlite", tmp_path, {}) as store:
            keep(store, "orders", "X", now=time.time())
        deadline = time.monotonic() + 60
        while "1 is down" not in (text := requests.get(f"{server.url}/", timeout=20).text):
            assert time.monotonic() < deadline, text
        assert server.end(signal.SIGTERM) == 0


def test_hostile_requests_get_a_short_answer_and_end_nothing(project: Path) -> None:
    with serving(project) as server:
        for sent, status in (
            (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
            (b"GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", b"421"),
            (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"400"),
            (b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
            (b"GET /%2e%2e/contracts.toml HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
            (b"GET /<script> HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
            (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nGET / HT", b"405"),
            (b"DELETE /health.json HTTP/1.1\r\nHost: localhost\r\n\r\n", b"405"),
            (b"GET / HTTP/9.9\r\n\r\n", b"505"),
            (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
            (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"431"),
            (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400"),
        ):
            answer = raw(server.url, sent)
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.split(b"\r\n")[0].split(b" ")[1] == status, (sent[:60], answer[:300])
            assert b"Content-Type: text/plain; charset=utf-8" in head
            assert b"nosniff" in head
            assert len(body) < 600
        with ThreadPoolExecutor(20) as pool:
            found = list(pool.map(lambda _: requests.get(f"{server.url}/", timeout=60).status_code, range(40)))
        assert found == [200] * 40
        name = requests.get(f"{server.url}/", headers={"Host": "LOCALHOST:1"}, timeout=20)
        assert name.status_code == 200
        assert server.end() == 0


def test_a_store_that_cannot_be_read_is_told_of_and_not_shown_as_good(project: Path, tmp_path: Path) -> None:
    (tmp_path / "contracts.toml").write_text(MANIFEST)
    with serving(tmp_path) as server:
        (store,) = (tmp_path / ".contracts").glob("health.sqlite")
        for each in (tmp_path / ".contracts").glob("health.sqlite*"):
            each.unlink()
        store.write_bytes(b"this is no database" * 100)
        for path in ("/", "/metrics", "/health.json", "/healthz"):
            answer = requests.get(f"{server.url}{path}", timeout=20)
            assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
            assert answer.text.count("\n") == 1
            assert "health.sqlite" in answer.text
        assert server.end() == 0
        assert server.rest.startswith("error: /: ")


def test_another_address_is_served_with_a_warning(project: Path) -> None:
    with serving(project, "--host", "0.0.0.0") as server:  # noqa: S104 - what is tested
        port = server.url.rpartition(":")[2]
        answer = requests.get(f"http://127.0.0.1:{port}/healthz", headers={"Host": "monitor.example"}, timeout=20)
        assert answer.status_code == 200
        assert server.end() == 0
        assert "warning: whoever reaches this machine can read it; leave --host out to keep it here" in server.rest


def test_bad_input_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "contracts.toml").write_text('[integrations.crm]\nurls = ["https://crm.example"]\n')
    for arguments in (["serve"], ["--html", "site"]):
        done = told(tmp_path, *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "there is no `[health]`" in done.stderr
    (tmp_path / "contracts.toml").write_text(MANIFEST)
    done = told(tmp_path, "serve", "--host", "192.0.2.1")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: cannot listen on 192.0.2.1, port 0: ")
