"""`integration-contracts lint`: whether `contracts.toml` says all that a bad morning needs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pytest_integration_contracts.manifest.manifest import Manifest


@click.command()
@click.option("--explain", "operation", metavar="OPERATION", help="Say what holds for an operation, and why.")
def lint(operation: str | None) -> None:
    """Check contracts.toml, one line for each thing to do: exits 1 where there is any. Warnings alone exit 0."""
    from pytest_integration_contracts.errors import UsageError
    from pytest_integration_contracts.manifest.file import FILE_NAME, find, load

    here = Path.cwd()
    path = find(here, stop=Path(here.anchor))
    if path is None:
        raise UsageError(f"there is no {FILE_NAME} at or above {here}; `integration-contracts init` writes one")
    manifest = load(path, os.environ)
    if operation is None:
        sys.exit(_checked(path, manifest))
    _explain(path, manifest, operation)


def _checked(path: Path, manifest: Manifest) -> bool:
    """Whether there is anything to do, once it is printed."""
    from pytest_integration_contracts.linting import advice
    from pytest_integration_contracts.session.settings import today
    from pytest_integration_contracts.wording import printable

    told = advice(manifest, path.read_text(encoding="utf-8"), path=path, today=today(os.environ))
    for each in told:
        weight = "warning: " if each.is_warning else ""
        click.echo(printable(f"{os.path.relpath(path)}:{each.line}: {weight}{each.what}"))
    grave = sum(not each.is_warning for each in told)
    number = len(manifest.integrations)
    noun = "integration" if number == 1 else "integrations"
    counted = f"{grave} to do, {len(told) - grave} to look at" if told else "nothing to do"
    click.echo(f"{number} {noun}: {counted}")
    return bool(grave)


def _explain(path: Path, manifest: Manifest, operation: str) -> None:
    from pytest_integration_contracts.resolution import explained, meant
    from pytest_integration_contracts.session.settings import today
    from pytest_integration_contracts.wording import printable

    text, name = path.read_text(encoding="utf-8"), os.path.relpath(path)
    for line in explained(manifest, text, meant(manifest, operation), name=name, today=today(os.environ)):
        click.echo(printable(line))
