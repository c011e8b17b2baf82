"""`integration-contracts health --html` and `integration-contracts health serve`: the health page."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pytest_integration_contracts.commands.history import overview_of, store_of
from pytest_integration_contracts.commands.serve import PORTS, run, say
from pytest_integration_contracts.commands.stored import nearest_manifest
from pytest_integration_contracts.errors import UsageError

if TYPE_CHECKING:
    from pytest_integration_contracts.health.assessment import Overview
    from pytest_integration_contracts.manifest.manifest import Manifest
    from pytest_integration_contracts.serving.pages import Document

REFRESH: Final = 60
"""Every how many seconds a live page renews itself."""

_KEPT: Final = 5.0
"""So long, in seconds, what was read from the store is not read again."""


def write(folder: Path, overview: Overview) -> None:
    """Write the page, and beside it what it shows as JSON.

    Raises:
        UsageError: They cannot be written.
    """
    from pytest_integration_contracts.files import write_atomically
    from pytest_integration_contracts.health.document import as_json
    from pytest_integration_contracts.health.page import page

    try:
        write_atomically(folder / "health.json", as_json(overview).encode())
        write_atomically(folder / "index.html", page(overview, links=[("health.json", "health.json")]).encode())
    except OSError as error:
        raise UsageError(f"{folder}: the page cannot be written: {error.strerror}") from error
    say(f"wrote {folder / 'index.html'}", err=True)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Which address to listen on.")
@click.option("--port", type=click.IntRange(0, PORTS), default=0, help="Where to listen; a free port by default.")
def serve(*, host: str, port: int) -> None:
    """Show the health page live, on this machine, and /health.json and /metrics beside it. Ends with Ctrl-C."""
    from pytest_integration_contracts.serving.pages import Pages

    manifest = nearest_manifest()
    with store_of(manifest):
        pass  # what is wrong with it is told now, not to whoever looks at the page later
    server = Pages(_documents(manifest), host, port, trouble=lambda line: say(f"error: {line}", err=True))
    say(f"health page on {server.url}")
    if not server.is_local:
        say("warning: whoever reaches this machine can read it; leave --host out to keep it here", err=True)
    run(server)


def _documents(manifest: Manifest) -> dict[str, Document]:
    from pytest_integration_contracts.health.document import as_json
    from pytest_integration_contracts.health.openmetrics import CONTENT_TYPE, openmetrics
    from pytest_integration_contracts.health.page import page, policy
    from pytest_integration_contracts.serving.pages import Document, Recent

    overview = Recent(lambda: overview_of(manifest, time.time()), _KEPT)
    links = [("health.json", "health.json"), ("metrics", "metrics")]
    shown = Recent(lambda: page(overview(), refresh=REFRESH, links=links), _KEPT)

    def alive() -> str:
        overview()
        return "ok\n"

    return {
        "/": Document(media_type="text/html; charset=utf-8", make=shown, policy=policy(refresh=REFRESH)),
        "/health.json": Document(media_type="application/json", make=lambda: as_json(overview())),
        "/metrics": Document(media_type=CONTENT_TYPE, make=lambda: openmetrics(overview())),
        "/healthz": Document(media_type="text/plain; charset=utf-8", make=alive),
    }
