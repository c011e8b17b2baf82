"""What is missing from a manifest, or does nothing: each with the line it is about and what to do."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pytest_integration_contracts.drift.acceptances import is_about
from pytest_integration_contracts.drift.policy import policy_of
from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.manifest.acceptances import SOON, Acceptance
from pytest_integration_contracts.manifest.file import PUBLISHED, SCHEMA
from pytest_integration_contracts.manifest.lines import Key, Lines, written
from pytest_integration_contracts.manifest.manifest import Integration, Manifest
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.patterns import glob_matches
from pytest_integration_contracts.snapshots.store import SnapshotStore
from pytest_integration_contracts.specs.fetch import is_url
from pytest_integration_contracts.specs.graphql.kept import read_kept as read_schema
from pytest_integration_contracts.specs.kept import read_kept
from pytest_integration_contracts.traffic.audit import audit

_WANTED: Final = {
    "owner": "nobody is named; say who on your side answers for it",
    "contact": "nobody is named; say whom to call upstream",
    "runbook": "there is none; say where to read what to do",
}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:\S")
"""What begins so is no path below the manifest."""
_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")


class Advice(NamedTuple):
    """One thing about a manifest.

    Attributes:
        line: Its line, from 1.
        what: Its place, what is wrong there, and what to do.
        is_warning: Whether it does no harm by itself.
    """

    line: int
    what: str
    is_warning: bool = False


def advice(manifest: Manifest, text: str, *, path: Path, today: str) -> list[Advice]:
    """All there is to say, from the first line to the last.

    Args:
        manifest: What the file says.
        text: The file's text.
        path: The file.
        today: The date, ISO 8601.

    Raises:
        ManifestError: It names a rule that there is not.
    """
    policy_of(manifest)
    lines = Lines(text)
    store = SnapshotStore(manifest.directory)
    known = {
        name: [snapshot.operation.name for snapshot in store.of_integration(name)] for name in manifest.integrations
    }
    told = set(_secrets(path, lines))
    for name, integration in manifest.integrations.items():
        place = ("integrations", name)
        for where, what, is_warning in (
            *_people(manifest, integration),
            *_published(manifest, integration, store.folder(name)),
            *_accepted(integration, known[name], today),
            *(_idle(integration, known[name]) if known[name] else ()),
        ):
            told.add(_at(lines, place + where, what, is_warning=is_warning))
    for where, what in _idle_overrides(manifest, known):
        told.add(_at(lines, where, what, is_warning=True))
    for where, what, is_warning in (*_monitored(manifest), *_muted(manifest, today)):
        told.add(_at(lines, where, what, is_warning=is_warning))
    return sorted(told)


def _at(lines: Lines, place: Key, what: str, *, is_warning: bool) -> Advice:
    return Advice(lines.of(*place), f"{written(place)}: {what}", is_warning)


_Told = Iterator[tuple[Key, str, bool]]
"""Places in an integration, what is to be said of them, and whether it is a warning."""


def _people(manifest: Manifest, integration: Integration) -> _Told:
    for key, what in _WANTED.items():
        if not getattr(integration, key).strip():
            yield (key,), what, False
    runbook = integration.runbook.strip().partition("#")[0]
    if runbook and not _ADDRESS.match(runbook) and not (manifest.root / runbook).exists():
        yield ("runbook",), f"there is no file {runbook}; write it, or name a URL", False
    if integration.credentials.startswith("env:") and not _VARIABLE.fullmatch(integration.credentials):
        yield ("credentials",), "names no environment variable; write `env:NAME`, never the secret itself", False


def _published(manifest: Manifest, integration: Integration, folder: Path) -> _Told:
    """What the upstream publishes: whether there is such a file, and anything kept of it."""
    for key, source, name, read in (
        ("openapi", integration.openapi, PUBLISHED, read_kept),
        ("graphql", integration.graphql, SCHEMA, read_schema),
    ):
        if not source:
            if (folder / name).is_file():
                yield (), f"{name} is kept of it, and no `{key}` says from where; name it, or delete the file", True
            continue
        try:
            if not is_url(source) and not (manifest.root / source).is_file():
                yield (key,), f"there is no file {source}; correct it, or name a URL", False
            elif read(folder) is None:
                yield (key,), "nothing is kept of it yet; run `pytest --contracts-update`", True
        except SpecError as error:
            yield (key,), str(error).replace(f"{manifest.root}{os.sep}", ""), False


def _accepted(integration: Integration, known: Iterable[str], today: str) -> _Told:
    for number, acceptance in enumerate(integration.acceptances):
        place, left = ("accept", number, "expires"), acceptance.days_left(today)
        if left < 0:
            yield place, f"{_until(acceptance)}, expired; settle it with {acceptance.owner}, or take it out", False
        elif left <= SOON:
            yield place, f"{_until(acceptance)}, {_days(left)}; settle it with {acceptance.owner}", True
        if acceptance.operation and not any(_is_about(acceptance, integration, name) for name in known):
            where = ("accept", number, "operation")
            yield where, f"no snapshot has an operation {acceptance.operation}; take the acceptance out", False


def _days(left: int) -> str:
    return "today is the last day" if not left else f"{left} {'day' if left == 1 else 'days'} left"


def _until(acceptance: Acceptance) -> str:
    return f"accepted until {acceptance.expires.isoformat()}"


def _is_about(acceptance: Acceptance, integration: Integration, name: str) -> bool:
    return is_about(acceptance, Operation(integration.name, name))


def _idle(integration: Integration, known: list[str]) -> _Told:
    """Templates, pins and tables of operations that mean nothing which has a snapshot."""
    paths = {name.partition(" ")[2].partition("?")[0].partition("#")[0] for name in known}
    labels = sorted({"", *(prefix.label for prefix in integration.prefixes)})
    for number, template in enumerate(integration.templates):
        if not paths & {f"{label}{template}" for label in labels}:
            yield ("templates", number), f"no snapshot is of {template}; correct it, or take it out", True
    for key, pins in (("maps", integration.maps), ("records", integration.records)):
        for number, pin in enumerate(pins):
            if not any(map(pin.is_about, known)):
                yield (key, number), f"no snapshot is of {pin.operation}; correct it, or take it out", True
    for settings in integration.operations:
        if not _any_matches(settings.operation, known):
            place = ("operations", settings.operation)
            yield place, f"no snapshot is of {settings.operation}; correct it, or take it out", True


def _idle_overrides(manifest: Manifest, known: dict[str, list[str]]) -> Iterator[tuple[Key, str]]:
    for number, override in enumerate(manifest.overrides):
        names = [name for each in known if override.integration in {"", each} for name in known[each]]
        if override.operation and names and not _any_matches(override.operation, names):
            place = ("policy", "overrides", number, "operation")
            yield place, f"no snapshot is of {override.operation}; correct it, or take the override out"


def _monitored(manifest: Manifest) -> _Told:
    """How often upstreams are to be asked, where they are monitored; and what says so where nobody asks."""
    for name, integration in manifest.integrations.items():
        if manifest.health is not None and not integration.cadence:
            what = 'nobody says how often it is to be asked, so that silence is never told; write `cadence = "24h"`'
            yield ("integrations", name, "cadence"), what, True
        elif manifest.health is None and integration.cadence:
            yield ("integrations", name, "cadence"), "means nothing without a table `[health]`; add one", True


def _muted(manifest: Manifest, today: str) -> _Told:
    for number, mute in enumerate(manifest.health.alerts.mutes if manifest.health else ()):
        place = ("health", "alerts", "mute", number, "until")
        left = (dt.date.fromisoformat(mute.until) - dt.date.fromisoformat(today)).days
        if left < 0:
            yield place, f"muted until {mute.until}, which is over; take it out", False
        elif left <= SOON:
            yield place, f"muted until {mute.until}, {_days(left)}", True


def _any_matches(pattern: str, names: Iterable[str]) -> bool:
    return any(glob_matches(pattern, name) for name in names)


def _secrets(path: Path, lines: Lines) -> Iterator[Advice]:
    """Secrets anywhere in the file, comments included."""
    for leak in audit([path]):
        place = lines.place_at(leak.line)
        where = f"{place}: " if place else ""
        yield Advice(leak.line, f"{where}{leak.what}; take it out, and name where it is kept, as in `env:NAME`")
