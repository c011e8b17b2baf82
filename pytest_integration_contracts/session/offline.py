"""Cassettes without tests: what they hold is learned, or held against what is known."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.model import Report
from pytest_integration_contracts.session.payload import dump
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.session import Session
from pytest_integration_contracts.session.settings import Settings
from pytest_integration_contracts.session.watch import Watch
from pytest_integration_contracts.traffic.network import NetworkGuard, Reach
from pytest_integration_contracts.traffic.recorder import Recorder, Source
from pytest_integration_contracts.traffic.survey import Survey

SUFFIXES: Final = (".yaml", ".yml", ".json")


def cassettes(given: Iterable[str]) -> list[Path]:
    """The cassettes that names mean: files, and all cassettes below directories, each once.

    Raises:
        UsageError: There is no such file, or nothing in a directory.
    """
    found: dict[Path, None] = {}
    for name in given:
        path = Path(name)
        if not path.exists():
            raise UsageError(f"{name}: there is no such file or directory")
        below = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES)
        if not below:
            raise UsageError(f"{name}: holds no cassette ({', '.join(SUFFIXES)})")
        found |= dict.fromkeys(below)
    return list(found)


def folders_of_recording(root: Path) -> list[Path]:
    """The folders below a manifest in which pytest-recording keeps cassettes unless it is told otherwise.

    Hidden folders and installed packages are passed over.
    """
    found = []
    for place, folders, _ in os.walk(root):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not _is_installed(Path(place, name))
        )
        if "cassettes" in folders:
            folders.remove("cassettes")
            found.append(Path(place, "cassettes"))
    return found


def holds_any(folder: Path) -> bool:
    """Whether there is a cassette, or a snapshot, in a folder or below it."""
    return any(each.suffix in SUFFIXES for each in folder.rglob("*"))


def _is_installed(folder: Path) -> bool:
    return folder.name in {"node_modules", "site-packages"} or (folder / "pyvenv.cfg").exists()


def replay(paths: Sequence[Path], settings: Settings) -> tuple[Report, dict[str, tuple[str, ...]]]:
    """Learn from cassettes, or hold them against their snapshots, as the mode of the settings says.

    Returns:
        What was found, and the hosts that were asked, each with its origins.

    Raises:
        CassetteError: A file is no cassette.
        ManifestError: The manifest cannot be used.
    """
    session, hosts = Session(settings), Survey()
    project = session.project(settings.invoked_from)
    for path in paths:
        watch = _played(path, project, settings)
        hosts.add(watch.recorder.recordings or ())
        watch.judge()
        session.collect(dump([watch.told(teaches=True)]))
    report = session.finish()
    several = report.remedy == settings.learns_by
    report = replace(report, remedy=settings.command(settings.mode, *paths)) if several else report
    return report, hosts.hosts


def _played(path: Path, project: Project, settings: Settings) -> Watch:
    """All that a cassette holds, seen as a test would have seen it."""
    recorder = Recorder(path, Source.REPLAY, project, "", within=project.manifest.directory)
    recorder.observe_all()
    return Watch(settings, project, recorder, NetworkGuard(), Reach(None), settings.shown(path), path)
