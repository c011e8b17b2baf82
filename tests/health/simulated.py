"""Integrations over simulated time: runs are told, and what alerts make of them is looked at."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_integration_contracts.health.alerting import watch
from pytest_integration_contracts.health.alerts import Decision, Key, News, decide
from pytest_integration_contracts.health.assess import overview
from pytest_integration_contracts.health.samples import (
    COUNTED,
    GOOD,
    IntegrationRun,
    OpenChange,
    Rate,
    RunRecord,
    Sample,
    summaries,
)
from pytest_integration_contracts.health.watching import Told, Watched
from pytest_integration_contracts.manifest.manifest import Integration, Manifest, Prefix
from pytest_integration_contracts.manifest.monitoring import AlertSettings, HealthSettings
from pytest_integration_contracts.model import Verdict

START = 1_772_366_400.0
"""2026-03-01 12:00 UTC."""

HOUR = 3600.0
DAY = 86400.0

SETTINGS = AlertSettings(to=("env:ALERTS_URL",))


def change(fingerprint: str = "f" * 16, *, expires: str = "", path: str = "$.email") -> OpenChange:
    return OpenChange(
        fingerprint=fingerprint, severity="breaking", rule="property.removed", path=path, text="string -> gone",
        expires=expires,
    )  # fmt: skip


def sample(
    verdict: Verdict = Verdict.OK,
    integration: str = "crm",
    operation: str = "GET /customers",
    *,
    changes: tuple[OpenChange, ...] = (),
    sunset: str = "",
    cause: str = "",
) -> Sample:
    return Sample(
        integration=integration, operation=operation, verdict=verdict, changes=changes, sunset=sunset, cause=cause
    )


DRIFT = sample(Verdict.DRIFT, changes=(change(),))


def integration(name: str = "crm", url: str = "https://api.crm.example/v1", **said: object) -> Integration:
    settings: dict[str, object] = {
        "prefixes": (Prefix(url, url),) if url else (),
        "owner": "team-growth",
        "contact": "support@crm.example",
        "runbook": "https://wiki.example/crm",
        "credentials": "env:CRM_TOKEN",
        "feeds": ("warehouse",),
        "cadence": DAY,
    }
    return Integration(name, **{**settings, **said})  # type: ignore[arg-type]


class World:
    """A history in memory, and what has been told of it."""

    def __init__(self, *integrations: Integration, settings: AlertSettings = SETTINGS) -> None:
        self.integrations = {each.name: each for each in integrations or (integration(),)}
        self.settings = settings
        self.now = START
        self.told: Mapping[Key, Told] = {}
        self.decision = Decision()
        self.watched: list[Watched] = []
        self._runs: dict[str, list[IntegrationRun]] = {}
        self._samples: dict[tuple[str, str], list[Sample]] = {}

    def run(self, *samples: Sample, maintenance: Iterable[str] = (), partial: str = "") -> None:
        """One live run, now."""
        run = RunRecord(id=uuid.uuid4().hex, at=self.now, partial=partial)
        for summary in summaries(run, samples, tuple(maintenance)):
            self._runs.setdefault(summary.integration, []).append(summary)
            mine = [each for each in samples if each.integration == summary.integration]
            self._samples[summary.integration, run.id] = mine

    def evaluate(self) -> list[str]:
        """What is told now: of each message its news, a recovery with a plus before it."""
        manifest = Manifest(Path(), Path(), self.integrations, health=HealthSettings(alerts=self.settings))
        self.watched = watch(self, manifest, overview(self, manifest, self.now), self.told, self.now)
        self.decision = decide(self.watched, self.told, self.now)
        self.told = self.decision.told
        return [
            " ".join(
                f"{each.integration}:{'+' if one.recovered else ''}{one.kind}"
                for each, news in message.about
                for one in news
            )
            for message in self.decision.messages
        ]

    def after(self, seconds: float, *samples: Sample) -> list[str]:
        """What is told a while later, after a run with these samples, or without one."""
        self.now += seconds
        if samples:
            self.run(*samples)
        return self.evaluate()

    @property
    def news(self) -> list[News]:
        """All that was told last."""
        return [one for message in self.decision.messages for _, news in message.about for one in news]

    @property
    def held(self) -> list[str]:
        """Why what stands was not told."""
        return [each.why for each in self.decision.held]

    # what a store is asked for

    def recent(self, most: int) -> dict[str, list[IntegrationRun]]:
        return {name: runs[::-1][:most] for name, runs in self._runs.items()}

    def last_samples(self) -> dict[str, list[Sample]]:
        return {name: self.samples(name) for name in self._runs}

    def samples(self, integration: str, *, run: str | None = None) -> list[Sample]:
        return self._samples.get((integration, run or self._runs[integration][-1].run.id), [])

    def rates(self, now: float, windows: Sequence[float]) -> dict[str, dict[float, Rate]]:
        def rate(runs: list[IntegrationRun], window: float) -> Rate:
            counted = [
                run for run in runs if run.run.at > now - window and run.verdict in COUNTED and not run.maintenance
            ]
            return Rate(sum(run.verdict in GOOD for run in counted), len(counted))

        return {name: {window: rate(runs, window) for window in windows} for name, runs in self._runs.items()}

    def last_good(self) -> dict[str, float]:
        return {name: run.run.at for name, runs in self._runs.items() for run in runs if run.verdict in GOOD}

    def since(self) -> dict[str, float]:
        return {}

    def latencies(self, now: float, window: float) -> dict[str, tuple[int, float]]:
        return {}


def with_alerts(settings: AlertSettings = SETTINGS, **said: object) -> AlertSettings:
    return replace(settings, **said)  # type: ignore[arg-type]
