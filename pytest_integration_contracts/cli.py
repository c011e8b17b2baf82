"""The `integration-contracts` command."""

from __future__ import annotations

import difflib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from pytest_integration_contracts.commands.accept import accept
from pytest_integration_contracts.commands.alert import alert
from pytest_integration_contracts.commands.changelog import changelog
from pytest_integration_contracts.commands.combine import combine
from pytest_integration_contracts.commands.due import due
from pytest_integration_contracts.commands.export import export
from pytest_integration_contracts.commands.gate import gate
from pytest_integration_contracts.commands.health import health
from pytest_integration_contracts.commands.lint import lint
from pytest_integration_contracts.commands.probe import probe
from pytest_integration_contracts.commands.serve import serve
from pytest_integration_contracts.commands.stored import chosen, document_steps, nearest_manifest, store_of
from pytest_integration_contracts.commands.stored import version as version_of
from pytest_integration_contracts.errors import ContractsError, ManifestError, UsageError
from pytest_integration_contracts.manifest.file import FILE_NAME, TO_FILL_IN, find, is_published
from pytest_integration_contracts.manifest.manifest import PRESETS, Manifest
from pytest_integration_contracts.model import Operation, Severity

if TYPE_CHECKING:
    from pytest_integration_contracts.model import Report
    from pytest_integration_contracts.reports.changes import Section
    from pytest_integration_contracts.session.settings import Mode
    from pytest_integration_contracts.snapshots.snapshot import Snapshot

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


main.add_command(accept)
main.add_command(alert)
main.add_command(changelog)
main.add_command(combine)
main.add_command(due)
main.add_command(export)
main.add_command(gate)
main.add_command(health)
main.add_command(lint)
main.add_command(probe)
main.add_command(serve)


@main.command()
def init() -> None:
    """Write a contracts.toml from the hosts that were recorded, with the fields left to fill in marked."""
    from pytest_integration_contracts.traffic.survey import survey

    target = Path.cwd() / FILE_NAME
    if target.exists():
        raise UsageError(f"{target} exists already; nothing was written")
    directory = Path.cwd() / "contracts"
    hosts = survey(sorted((directory / "cassettes").rglob("*.yaml")))
    if not hosts:
        raise UsageError(f"nothing is recorded in {directory / 'cassettes'} yet; run `pytest --contracts-update` first")
    _write_skeleton(target, hosts)


def _write_skeleton(target: Path, hosts: dict[str, tuple[str, ...]]) -> None:
    target.write_text(_skeleton(hosts), encoding="utf-8")
    number = f"{len(hosts)} integration" if len(hosts) == 1 else f"{len(hosts)} integrations"
    click.echo(f"wrote {FILE_NAME}: {number}; search it for FILL IN")


def _skeleton(hosts: dict[str, tuple[str, ...]]) -> str:
    sections = []
    for host, origins in hosts.items():
        variable = "".join(char if char.isalnum() else "_" for char in host).upper()
        urls = ", ".join(f'"{origin}"' for origin in origins)
        sections.append(
            f'[integrations."{host}"]\n'
            f"urls = [{urls}]\n"
            f'owner = "{TO_FILL_IN}"         # who on your side answers for it\n'
            f'contact = "{TO_FILL_IN}"       # whom to call upstream\n'
            f'runbook = "{TO_FILL_IN}"       # where to read what to do\n'
            f'credentials = "env:{variable}_TOKEN"  # FILL IN: a reference, never the secret\n'
            'mode = "sync"             # or "events", "batch"\n'
            '# cadence = "24h"         # how often it is to be asked live, once there is a table [health]\n'
        )
    head = (
        "# Which exchanges belong to which integration, and whom to call about it.\n"
        "# A section may get a shorter name, [integrations.crm]: learn its snapshots again afterwards, with\n"
        "# `pytest --contracts-update`.\n"
    )
    return "\n".join([head, *sections])


@main.command()
@click.argument("cassettes", nargs=-1, required=True)
@click.option("--reason", default="", help="Kept beside what is learned.")
def capture(cassettes: tuple[str, ...], reason: str) -> None:
    """Learn snapshots from vcrpy's CASSETTES, files or directories, without any test.

    Writes a contracts.toml for their hosts where there is none.
    """
    from pytest_integration_contracts.session.offline import cassettes as named
    from pytest_integration_contracts.session.settings import Mode

    here = Path.cwd()
    report, hosts = _replayed(named(cassettes), Mode.UPDATE, reason)
    if not hosts:
        raise UsageError("nothing is recorded in these cassettes")
    if find(here, stop=Path(here.anchor)) is None:
        _write_skeleton(here / FILE_NAME, hosts)
        report = replace(report, undeclared=())
    _conclude(report)


@main.command()
@click.argument("cassettes", nargs=-1, required=True)
def check(cassettes: tuple[str, ...]) -> None:
    """Hold vcrpy's CASSETTES, files or directories, against the snapshots. Exits 1 where one breaks, or has none."""
    from pytest_integration_contracts.session.offline import cassettes as named
    from pytest_integration_contracts.session.settings import Mode

    report, _ = _replayed(named(cassettes), Mode.REPLAY, "")
    _conclude(report)


@main.command()
@click.argument("paths", nargs=-1)
def audit(paths: tuple[str, ...]) -> None:
    """Look for secrets in cassettes and snapshots: those of PATHS, or all of this project's. Exits 1 where any is.

    What upstreams publish is theirs, and left out.

    With `adopt_vcr`, the project's are also those in every folder named `cassettes`, where pytest-recording keeps them.
    """
    from pytest_integration_contracts.session.offline import cassettes as named
    from pytest_integration_contracts.traffic.audit import audit as leaks_in

    files = [path for path in (named(paths) if paths else _own_files()) if not is_published(path)]
    leaks = list(leaks_in(files))
    for leak in leaks:
        click.echo(f"{os.path.relpath(leak.path)}:{leak.line}: {leak.what}")
    noun = "file" if len(files) == 1 else "files"
    click.echo(f"{len(files)} {noun}: " + (f"{len(leaks)} to look at" if leaks else "nothing that looks like a secret"))
    sys.exit(bool(leaks))


def _own_files() -> list[Path]:
    """All of the project's files, and its manifest: also one that cannot be used, for a secret may be why.

    Where it adopts tests, those that pytest-recording keeps for them are among its files.
    """
    from pytest_integration_contracts.session.offline import cassettes as named
    from pytest_integration_contracts.session.offline import folders_of_recording, holds_any

    here = Path.cwd()
    path = find(here, stop=Path(here.anchor))
    try:
        manifest = nearest_manifest()
        kept = folders_of_recording(manifest.root) if manifest.adopt_vcr else []
        folders = [folder for folder in (manifest.directory, *kept) if holds_any(folder)] or [manifest.directory]
        below = named(map(str, folders))
    except ManifestError:
        below = []
    return [*below, *([path] if path else [])]


def _replayed(paths: list[Path], mode: Mode, reason: str) -> tuple[Report, dict[str, tuple[str, ...]]]:
    from pytest_integration_contracts.session.offline import replay
    from pytest_integration_contracts.session.settings import Settings, today

    settings = Settings(
        mode=mode,
        root=Path.cwd(),
        invoked_from=Path.cwd(),
        reason=reason,
        environment=os.environ,
        today=today(os.environ),
        learns_by="integration-contracts capture",
    )
    return replay(paths, settings)


def _conclude(report: Report) -> NoReturn:
    """Print what was found, and exit with what it means."""
    from pytest_integration_contracts.reports.styled import plain
    from pytest_integration_contracts.reports.terminal import summary_lines

    click.echo(plain(summary_lines(report, with_findings=True, verbose=False)))
    sys.exit(report.fails)


@main.command()
@click.argument("integration", required=False)
@click.argument("operation", required=False)
def log(integration: str | None, operation: str | None) -> None:
    """List the versions of snapshots, the newest first, with what each one changed and why."""
    from pytest_integration_contracts.reports.history import log_lines
    from pytest_integration_contracts.snapshots.versions import compare_versions

    manifest = nearest_manifest()
    store = store_of(manifest)
    snapshots = chosen(store, integration, operation)
    for position, snapshot in enumerate(snapshots):
        versions = store.versions(snapshot.operation)
        steps = [
            (each.version, each.since, each.reason, compare_versions(before, each) if before else ())
            for before, each in zip([None, *versions], versions, strict=False)
        ]
        if position:
            click.echo()
        for line in log_lines(snapshot.operation, steps):
            click.echo(line)
    if operation is None:
        for document, told in document_steps(manifest, {each.operation.integration for each in snapshots}):
            click.echo("\n".join(["", *log_lines(document, told)]))


@main.command()
@click.argument("integration")
@click.argument("operation")
@click.argument("version", required=False)
def show(integration: str, operation: str, version: str | None) -> None:
    """Print a snapshot: the current one, or an older VERSION."""
    store = store_of(nearest_manifest())
    (current,) = chosen(store, integration, operation)
    click.echo(version_of(store, current, version or current.version).to_text(), nl=False)


@main.command()
@click.argument("bodies", nargs=-1, required=True)
@click.option("--format", "style", type=click.Choice(["schema", "json"]), default="schema", show_default=True)
def infer(bodies: tuple[str, ...], style: str) -> None:
    """Print the shape of BODIES: .json holds one body, .ndjson one a line, - is standard input."""
    from pytest_integration_contracts.inputs import read_bodies, response_body
    from pytest_integration_contracts.shapes.infer import infer as infer_shape
    from pytest_integration_contracts.shapes.schema import to_schema
    from pytest_integration_contracts.shapes.settle import settle
    from pytest_integration_contracts.shapes.shape import never_observed

    given = [response_body(body) for name in bodies for body in read_bodies(name, sys.stdin)]
    shape = settle(infer_shape(given))
    document = to_schema(shape)
    if style == "json":
        document = {"shape": document, "responses": len(given), "never_observed": list(never_observed(shape))}
    click.echo(json.dumps(document, indent=2))


@main.command()
@click.argument("old_and_new", nargs=-1, required=True, metavar="OLD NEW | INTEGRATION OPERATION VERSION VERSION")
@click.option("--format", "style", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.option("--preset", type=click.Choice(PRESETS), help="How to weigh; the manifest's preset, or else standard.")
def diff(old_and_new: tuple[str, ...], style: str, preset: str | None) -> None:
    """Tell what changed from OLD to NEW: body files, snapshots, JSON Schemas or OpenAPI documents.

    Or from one version of a snapshot to another. Exits 1 where a change breaks, 2 on bad input.
    """
    from pytest_integration_contracts.reports.changes import as_json, as_markdown, as_text

    sections, operation = _compared(old_and_new, preset)
    if style == "json":
        click.echo(as_json(sections, operation))
    else:
        click.echo(as_markdown(sections) if style == "markdown" else as_text(sections))
    sys.exit(any(change.severity is Severity.BREAKING for section in sections for change in section.changes))


@main.command()
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Say all about a RULE: why, an example, how evidence weighs, how to accept it. Without one, list them all."""
    from pytest_integration_contracts.drift.rules import RULES
    from pytest_integration_contracts.reports.changes import explained, rule_lines

    if rule is None:
        click.echo(rule_lines(RULES.values()))
        return
    if rule not in RULES:
        close = difflib.get_close_matches(rule, RULES, n=1)
        hint = f"did you mean {close[0]}?" if close else "`integration-contracts explain` lists them"
        raise UsageError(f"no rule `{rule}`; {hint}")
    click.echo(explained(RULES[rule]))


_FILES, _VERSIONS = 2, 4


def _compared(given: tuple[str, ...], preset: str | None) -> tuple[list[Section], Operation]:
    from pytest_integration_contracts.drift.policy import Policy, policy_of
    from pytest_integration_contracts.inputs import compare_given, compare_snapshots, read
    from pytest_integration_contracts.snapshots.snapshot import Snapshot

    if len(given) == _FILES and not any(name == "-" or Path(name).exists() for name in given):
        _insist_on_versions(*given)
    if len(given) == _FILES:
        old, new = (read(name, sys.stdin) for name in given)
        operation = new.operation if isinstance(old, Snapshot) and isinstance(new, Snapshot) else Operation("", "")
        return compare_given(old, new, Policy(preset or PRESETS[0])), operation
    if len(given) == _VERSIONS:
        manifest = nearest_manifest()
        policy = policy_of(manifest)
        before, after = _versions(manifest, *given)
        chosen = replace(policy, preset=preset, integrations={}) if preset else policy
        return compare_snapshots(before, after, chosen), after.operation
    raise UsageError("diff takes OLD NEW, or INTEGRATION OPERATION VERSION VERSION")


def _insist_on_versions(integration: str, operation: str) -> None:
    """Where two names that are no files are an integration and its operation: say which versions there are.

    Raises:
        UsageError: They are.
    """
    store = store_of(nearest_manifest())
    if any(snapshot.operation.integration == integration for snapshot in store.all()):
        (current,) = chosen(store, integration, operation)
        versions = [snapshot.version for snapshot in store.versions(current.operation)]
        only = "has only one version" if len(versions) == 1 else "say which two of its versions"
        raise UsageError(f"{current.operation}: {only}: {', '.join(versions)}")


def _versions(manifest: Manifest, integration: str, operation: str, *wanted: str) -> list[Snapshot]:
    store = store_of(manifest)
    (current,) = chosen(store, integration, operation)
    return [version_of(store, current, version) for version in wanted]
