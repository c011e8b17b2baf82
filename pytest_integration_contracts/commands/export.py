"""`integration-contracts export`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pytest_integration_contracts.commands.stored import nearest_manifest
from pytest_integration_contracts.errors import UsageError


@click.group()
def export() -> None:
    """Write what snapshots know in formats that other tools read."""


@export.command()
@click.argument("integration")
@click.option("--output", type=click.Path(path_type=Path), help="Write it to this file instead of printing it.")
def openapi(integration: str, output: Path | None) -> None:
    """Make one OpenAPI 3.1 document of the snapshots of INTEGRATION.

    It says what was observed, for an upstream that publishes no document of its own.
    """
    from pytest_integration_contracts.files import write_atomically
    from pytest_integration_contracts.session.exported import exported
    from pytest_integration_contracts.session.project import Project

    document = exported(Project(nearest_manifest()), integration)
    text = json.dumps(document, indent=2)
    if output is None:
        click.echo(text)
        return
    try:
        write_atomically(output, f"{text}\n".encode())
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror or error}") from error
    number = sum(len(item) for item in document["paths"].values())
    click.echo(f"wrote {output}: OpenAPI 3.1, {number} operation{'' if number == 1 else 's'} of {integration}")
