"""Recordings that are older than the manifest allows. They are told of, never recorded again by themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from pytest_integration_contracts.model import Outdated
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.traffic.recorder import Recorder

_MOST_MODULES: Final = 3
"""A command that names more is not read any more."""


def aged(recorder: Recorder, project: Project, settings: Settings, test: Path) -> tuple[Outdated | None, int]:
    """Whether a replayed cassette is too old, by its oldest recording that should not be so old.

    Args:
        recorder: What replayed it.
        project: The manifest it belongs to.
        settings: The run's settings.
        test: The module whose tests record it.

    Returns:
        What is to be told about the file, or None; and how many of its recordings do not say how old they are.
    """
    if settings.mode is not Mode.REPLAY or not project.manifest.limits_age:
        return None, 0
    undated = 0
    worst: tuple[bool, dt.timedelta, str] | None = None
    for interaction in recorder.recordings or ():
        max_age = project.manifest.integration_of(interaction.request.uri).max_age
        if max_age is None:
            continue
        moment = interaction.moment
        if moment is None:
            undated += 1
            continue
        age = settings.now() - moment
        if age.total_seconds() > max_age.seconds and (worst is None or (max_age.fails, age) > worst[:2]):
            worst = (max_age.fails, age, max_age.written)
    if worst is None:
        return None, undated
    fails, age, written = worst
    module = "" if settings.learns_by else settings.shown(test)
    cassette = settings.shown(recorder.path)
    return Outdated(cassette, age.total_seconds(), written, fails, module, settings.adopted), undated


def oldest_first(told: Iterable[Outdated | None]) -> tuple[Outdated, ...]:
    """Each file once, whatever number of tests replayed it; the oldest first."""
    files = {each.cassette: each for each in told if each is not None}
    return tuple(sorted(files.values(), key=lambda each: (-each.age, each.cassette)))


def recording_command(outdated: Collection[Outdated], settings: Settings) -> str:
    """The one command that records them all again; "" where no test is known that does, or no one command would."""
    modules, adopted = {each.test for each in outdated}, {each.adopted for each in outdated}
    if not modules or "" in modules or len(adopted) > 1:
        return ""
    named = sorted(modules) if len(modules) <= _MOST_MODULES else []
    return replace(settings, adopted=adopted == {True}).command(
        Mode.REFRESH, *(settings.invoked_from / module for module in named)
    )
