"""`integration-contracts accept`: a change that may stay for a while, written into `contracts.toml`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    import datetime as dt

    from pytest_integration_contracts.manifest.manifest import Manifest
    from pytest_integration_contracts.model import Change, Finding, Report

REPORT: Final = "contracts-report.json"
_LONGEST: Final = 366
"""In days: whoever needs longer than a year has decided something, and an override says so."""
_MOST_NAMED: Final = 5


@click.command()
@click.argument("fingerprint")
@click.option("--reason", required=True, help="Why it may stay.")
@click.option("--expires", required=True, metavar="DAY", help="The last day it counts: 2026-12-31.")
@click.option("--owner", default="", help="Who accepts it; the integration's owner, unless it is said.")
@click.option("--ticket", default="", help="Where the work is tracked.")
@click.option("--report", default=REPORT, show_default=True, metavar="PATH", help="The report that has the change.")
def accept(fingerprint: str, *, reason: str, expires: str, owner: str, ticket: str, report: str) -> None:
    """Accept the change of a FINGERPRINT for a while: write it into contracts.toml.

    The report comes from `pytest --contracts-report contracts-report.json`.
    """
    from pytest_integration_contracts.reports.document import read

    last = _day(expires)
    finding, change = _found(read(Path(report)), fingerprint, report)
    who = owner.strip() or finding.owner
    _insist_on_text(reason=reason, owner=who, ticket=ticket or "-")
    path, manifest = _manifest_of(finding)
    _insist_on_new(path, manifest, finding, change)
    entry = _entry(finding, change) | {"owner": who, "reason": reason.strip()}
    entry |= {"ticket": ticket.strip()} if ticket.strip() else {}
    line = _write(path, finding.operation.integration, {**entry, "expires": last})
    click.echo(f"accepted until {last.isoformat()}: {finding.operation}  {change.rule}  {change.path}")
    click.echo(f"written to {os.path.relpath(path)}:{line}; review and commit it")


def _day(text: str) -> dt.date:
    """The last day, which is neither over nor too far away."""
    import datetime as dt

    from pytest_integration_contracts.errors import ManifestError, UsageError
    from pytest_integration_contracts.manifest.acceptances import day
    from pytest_integration_contracts.session.settings import today

    try:
        last = day(Path(), "", text)
    except ManifestError as error:
        raise UsageError(f"--expires {text}: is no day such as 2026-12-31") from error
    left = (last - dt.date.fromisoformat(today(os.environ))).days
    if left < 0:
        raise UsageError(f"--expires {text}: is over; name the last day on which it is to count")
    if left > _LONGEST:
        raise UsageError(f"--expires {text}: is more than a year away; what may stay for good is an override's matter")
    return last


def _found(report: Report, fingerprint: str, name: str) -> tuple[Finding, Change]:
    from pytest_integration_contracts.errors import UsageError

    known = {change.fingerprint(finding.operation): (finding, change) for finding, change in _changes(report)}
    if fingerprint not in known:
        breaking = [key for key, (_, change) in known.items() if change.breaks][:_MOST_NAMED]
        hint = f"it has: {', '.join(breaking)}" if breaking else "no change in it is breaking"
        raise UsageError(
            f"{name}: has no change with the fingerprint {fingerprint}; {hint}"
            f" (`pytest --contracts --contracts-report {name}` writes it anew)"
        )
    return known[fingerprint]


def _changes(report: Report) -> Iterator[tuple[Finding, Change]]:
    for finding in report.findings:
        yield from ((finding, change) for change in finding.changes)


def _insist_on_text(**texts: str) -> None:
    from pytest_integration_contracts.errors import UsageError

    for name, text in texts.items():
        if not text.strip():
            raise UsageError(f"--{name}: is missing; an acceptance says who accepts it, why, and until when")
        if not text.isprintable():
            raise UsageError(f"--{name}: {text!r} must be one line of text")


def _manifest_of(finding: Finding) -> tuple[Path, Manifest]:
    from pytest_integration_contracts.errors import UsageError
    from pytest_integration_contracts.manifest.file import FILE_NAME, find, load

    here, name = Path.cwd(), finding.operation.integration
    path = find(here, stop=Path(here.anchor))
    if path is None:
        raise UsageError(f"there is no {FILE_NAME} at or above {here}; `integration-contracts init` writes one")
    manifest = load(path, os.environ)
    if name not in manifest.integrations:
        raise UsageError(f"{path}: has no integration `{name}`; add it, or go to the folder of the one that has")
    return path, manifest


def _insist_on_new(path: Path, manifest: Manifest, finding: Finding, change: Change) -> None:
    from pytest_integration_contracts.drift.acceptances import takes
    from pytest_integration_contracts.errors import UsageError
    from pytest_integration_contracts.manifest.lines import Lines

    name = finding.operation.integration
    for number, acceptance in enumerate(manifest.integrations[name].acceptances):
        if takes(acceptance, change, finding.operation):
            line = Lines(path.read_text(encoding="utf-8")).of("integrations", name, "accept", number, "expires")
            raise UsageError(
                f"{path}:{line}: integrations.{name}.accept[{number}] is about this change already,"
                f" until {acceptance.expires.isoformat()}; change its `expires`"
            )


def _entry(finding: Finding, change: Change) -> dict[str, Any]:
    """What names the change: readable, and narrow.

    Of a response as a whole the path says nothing, and a path that cannot be written as a pattern says too little:
    there the fingerprint decides.
    """
    from pytest_integration_contracts.patterns import PathPattern

    entry = {"rule": change.rule, "operation": finding.operation.name, "path": change.path}
    try:
        takes_itself = PathPattern(change.path).matches(change.path)
    except ValueError:
        takes_itself = False
    if not takes_itself:
        return {"fingerprint": change.fingerprint(finding.operation)}
    return entry | ({"fingerprint": change.fingerprint(finding.operation)} if change.path == "$" else {})


def _write(path: Path, integration: str, entry: dict[str, Any]) -> int:
    """Put an acceptance at the end of what the manifest says of an integration; all else stays byte for byte.

    Returns:
        The line on which it begins.

    Raises:
        UsageError: The file cannot be written, or what is in it leaves no room for another table.
    """
    from pytest_integration_contracts.errors import UsageError
    from pytest_integration_contracts.files import write_atomically
    from pytest_integration_contracts.manifest.lines import Lines

    text = path.read_bytes().decode("utf-8")
    end = Lines(text).ends["integrations", integration]
    lines, block = text.split("\n"), _block(integration, entry)
    before, after = lines[:end], lines[end:] or [""]
    ending = "\r" if before[-1].endswith("\r") else ""
    gap = [ending] if after[0].strip() else []
    new = "\n".join([*before, ending, *(f"{line}{ending}" for line in block), *gap, *after])
    if not _is_only_added(text, new, integration):
        shown = "\n".join(block)
        raise UsageError(f"{path}: `accept` of {integration} is not written as tables; add it by hand:\n{shown}")
    try:
        write_atomically(path.resolve(), new.encode("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
    return end + 2


def _block(integration: str, entry: dict[str, Any]) -> list[str]:
    import tomlkit

    header = tomlkit.key(["integrations", integration, "accept"]).as_string()
    return [f"[[{header}]]", *tomlkit.dumps(entry).rstrip("\n").split("\n")]


def _is_only_added(old: str, new: str, integration: str) -> bool:
    """Whether the new text says what the old one says, and one acceptance more."""
    try:
        before, after = tomllib.loads(old), tomllib.loads(new)
        added = after["integrations"][integration]["accept"].pop()
    except (ValueError, KeyError):
        return False
    before["integrations"][integration].setdefault("accept", [])
    return bool(added) and before == after
