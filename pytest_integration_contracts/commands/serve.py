"""`integration-contracts serve`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pytest_integration_contracts.commands.stored import nearest_manifest

if TYPE_CHECKING:
    from pytest_integration_contracts.serving.answers import StandIn
    from pytest_integration_contracts.serving.listening import Listener
    from pytest_integration_contracts.serving.log import Line
    from pytest_integration_contracts.serving.server import Server

PORTS: Final = 65535
"""The highest port."""


@click.command()
@click.argument("integration")
@click.option("--port", type=click.IntRange(0, PORTS), default=0, help="Where to listen; a free port by default.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Which address to listen on.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="[OPERATION ]FAULT",
    help="What goes wrong: status=503, delay=2s, drop-field=$.email ... May be given several times.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Generated answers, and which requests a rate strikes, depend on it.",
)
@click.option(
    "--spec", type=click.Path(path_type=Path), help="The OpenAPI document to go by where nothing is recorded."
)
@click.option(
    "--cassettes", multiple=True, metavar="PATH", help="More recordings: files, or folders. May be given several times."
)
@click.option("--log-format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def serve(
    integration: str,
    *,
    port: int,
    host: str,
    faults: tuple[str, ...],
    seed: int,
    spec: Path | None,
    cassettes: tuple[str, ...],
    style: str,
) -> None:
    """Stand in for the upstream of INTEGRATION, on this machine: answer as recorded, or else as snapshots declare.

    Ends with Ctrl-C.
    """
    from pytest_integration_contracts.serving.faults import Faults, fault_of, insist_on_sense
    from pytest_integration_contracts.serving.server import Server, Serving
    from pytest_integration_contracts.session.offline import cassettes as named
    from pytest_integration_contracts.session.project import Project
    from pytest_integration_contracts.session.stand_in import upstream
    from pytest_integration_contracts.specs.fetch import read_file

    wrong = [fault_of(text) for text in faults]
    project, document = Project(nearest_manifest()), read_file(spec) if spec else None
    known = upstream(project, integration, document, cassettes=named(cassettes), seed=seed)
    insist_on_sense(wrong, list(known.stand_in.operations), known.places)
    serving = Serving(known.stand_in, known.names, Faults(wrong, seed), _log(style), known.here, known.hosts)
    server = Server(serving, host, port)
    _announce(server, known.stand_in)
    run(server)


def _announce(server: Server, stand_in: StandIn) -> None:
    number, recorded = len(stand_in.operations), stand_in.recorded
    noun = "operation" if number == 1 else "operations"
    say(f"{stand_in.name} on {server.url}  ({number} {noun}: {recorded} recorded, {number - recorded} generated)")
    if not server.is_local:
        say(
            "warning: whoever reaches this machine can read what is recorded; leave --host out to keep it here",
            err=True,
        )


def run(server: Listener) -> None:
    """Serve until somebody ends it; that is no error."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell has its background jobs ignore the first
        signal.signal(ending, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever(poll_interval=0.1)
    server.stop()


def say(text: str, *, err: bool = False) -> None:
    """Print a line; whoever read the first lines of a pipe may have stopped reading."""
    colours = False if os.environ.get("NO_COLOR") else None
    with contextlib.suppress(BrokenPipeError):
        click.echo(text, err=err, color=colours)
        (sys.stderr if err else sys.stdout).flush()


def _log(style: str) -> Callable[[Line], None]:
    from pytest_integration_contracts.serving.log import as_json, as_text

    written = as_json if style == "json" else as_text
    return lambda line: say(written(line))
