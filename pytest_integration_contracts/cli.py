"""The `integration-contracts` command."""

from __future__ import annotations

import difflib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_integration_contracts.errors import ContractsError, UsageError
from pytest_integration_contracts.manifest import FILE_NAME, Manifest, find, load, without_file
from pytest_integration_contracts.model import Operation, Severity

if TYPE_CHECKING:
    from pytest_integration_contracts.shapes.shape import Shape
    from pytest_integration_contracts.snapshots.snapshot import Snapshot
    from pytest_integration_contracts.snapshots.store import SnapshotStore

_BAD_INPUT = 2


class _Group(click.Group):
    """Says what is wrong in one line and exits 2, instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ContractsError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(_BAD_INPUT)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pytest-integration-contracts")
def main() -> None:
    """Read and set up integration contracts. Exits 2 on bad input."""


@main.command()
def init() -> None:
    """Write a contracts.toml from the hosts that were recorded, with the fields left to fill in marked."""
    from pytest_integration_contracts.traffic.survey import survey

    target = Path.cwd() / FILE_NAME
    if target.exists():
        raise UsageError(f"{target} exists already; nothing was written")
    directory = Path.cwd() / "contracts"
    hosts = survey(directory / "cassettes")
    if not hosts:
        raise UsageError(f"nothing is recorded in {directory / 'cassettes'} yet; run `pytest --contracts-update` first")
    target.write_text(_skeleton(hosts), encoding="utf-8")
    click.echo(f"wrote {FILE_NAME}: {len(hosts)} integrations; search it for FILL IN")


def _skeleton(hosts: dict[str, tuple[str, ...]]) -> str:
    sections = []
    for host, origins in hosts.items():
        variable = "".join(char if char.isalnum() else "_" for char in host).upper()
        urls = ", ".join(f'"{origin}"' for origin in origins)
        sections.append(
            f'[integrations."{host}"]\n'
            f"urls = [{urls}]\n"
            'owner = "FILL IN"         # who on your side answers for it\n'
            'contact = "FILL IN"       # whom to call upstream\n'
            'runbook = "FILL IN"       # where to read what to do\n'
            f'credentials = "env:{variable}_TOKEN"  # FILL IN: a reference, never the secret\n'
            'mode = "sync"             # or "events", "batch"\n'
        )
    head = (
        "# Which exchanges belong to which integration, and whom to call about it.\n"
        "# A section may get a shorter name, [integrations.crm]: learn its snapshots again afterwards, with\n"
        "# `pytest --contracts-update`.\n"
    )
    return "\n".join([head, *sections])


@main.command()
@click.argument("integration", required=False)
@click.argument("operation", required=False)
def log(integration: str | None, operation: str | None) -> None:
    """List the versions of snapshots, the newest first, with what each one changed and why."""
    from pytest_integration_contracts.reports.history import log_lines
    from pytest_integration_contracts.snapshots.versions import compare_versions

    store = _store()
    for position, snapshot in enumerate(_chosen(store, integration, operation)):
        versions = store.versions(snapshot.operation)
        steps = [
            (each.version, each.since, each.reason, compare_versions(before, each) if before else ())
            for before, each in zip([None, *versions], versions, strict=False)
        ]
        if position:
            click.echo()
        for line in log_lines(snapshot.operation, steps):
            click.echo(line)


@main.command()
@click.argument("integration")
@click.argument("operation")
@click.argument("version", required=False)
def show(integration: str, operation: str, version: str | None) -> None:
    """Print a snapshot: the current one, or an older VERSION."""
    store = _store()
    (current,) = _chosen(store, integration, operation)
    versions = {snapshot.version: snapshot for snapshot in store.versions(current.operation)}
    if version is not None and version not in versions:
        raise UsageError(f"{current.operation} has no version {version}; it has: {', '.join(versions)}")
    click.echo(versions[version or current.version].to_text(), nl=False)


@main.command()
@click.argument("bodies", nargs=-1, required=True)
def infer(bodies: tuple[str, ...]) -> None:
    """Print the shape of BODIES as a JSON Schema: .json holds one body, .ndjson one a line, - is standard input."""
    from pytest_integration_contracts.shapes.infer import infer as infer_shape
    from pytest_integration_contracts.shapes.schema import to_schema

    shape = infer_shape(body for name in bodies for body in _bodies(name))
    click.echo(json.dumps(to_schema(shape), indent=2))


@main.command()
@click.argument("old")
@click.argument("new")
@click.option("--format", "style", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def diff(old: str, new: str, style: str) -> None:
    """Tell what changed from OLD to NEW: body files, or JSON Schemas that `infer` printed. Exits 1 where it breaks."""
    from pytest_integration_contracts.drift.compare import compare
    from pytest_integration_contracts.reports.changes import as_json, as_markdown, as_text

    changes = compare(_shape(old), _shape(new))
    if style == "json":
        click.echo(as_json(changes, Operation("", "")))
    else:
        click.echo(as_markdown(changes) if style == "markdown" else as_text(changes))
    sys.exit(any(change.severity is Severity.BREAKING for change in changes))


@main.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Say what a RULE is about: why it matters, what to do, how evidence weighs."""
    from pytest_integration_contracts.drift.rules import RULES
    from pytest_integration_contracts.reports.changes import explained

    if rule not in RULES:
        close = difflib.get_close_matches(rule, RULES, n=1)
        hint = f"did you mean {close[0]}?" if close else f"the rules are: {', '.join(RULES)}"
        raise UsageError(f"no rule `{rule}`; {hint}")
    click.echo(explained(RULES[rule]))


def _shape(name: str) -> Shape:
    from pytest_integration_contracts.shapes.infer import infer as infer_shape
    from pytest_integration_contracts.shapes.schema import DIALECT, from_schema

    bodies = _bodies(name)
    if len(bodies) == 1 and isinstance(bodies[0], dict) and bodies[0].get("$schema") == DIALECT:
        return from_schema(bodies[0])
    return infer_shape(bodies)


def _bodies(name: str) -> list[object]:
    """The JSON values in a file: the whole of it, or where it is not one value, one in each line."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: cannot be read: {error}") from error
    try:
        return [json.loads(text)]
    except RecursionError as error:
        raise UsageError(f"{name}: is nested too deep to read") from error
    except ValueError:
        return [_line(name, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _line(name: str, number: int, line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}, line {number}: is not JSON: {error}") from error


def _chosen(store: SnapshotStore, integration: str | None, operation: str | None) -> list[Snapshot]:
    snapshots = store.all()
    if integration is None:
        return snapshots
    mine = [snapshot for snapshot in snapshots if snapshot.operation.integration == integration]
    if not mine:
        known = sorted({snapshot.operation.integration for snapshot in snapshots})
        raise UsageError(
            f"no snapshots of `{integration}` in {store.directory}; there are: {', '.join(known) or 'none'}"
        )
    if operation is None:
        return mine
    wanted = [snapshot for snapshot in mine if snapshot.operation == Operation(integration, operation)]
    if not wanted:
        names = ", ".join(f'"{snapshot.operation.name}"' for snapshot in mine)
        raise UsageError(f'`{integration}` has no operation "{operation}"; it has: {names}')
    return wanted


def _store() -> SnapshotStore:
    from pytest_integration_contracts.snapshots.store import SnapshotStore

    return SnapshotStore(_manifest().directory)


def _manifest() -> Manifest:
    here = Path.cwd()
    path = find(here, stop=Path(here.anchor))
    return load(path, os.environ) if path else without_file(here)
