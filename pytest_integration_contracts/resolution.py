"""What each setting of the manifest comes to for one operation, and where it is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from pytest_integration_contracts.drift.acceptances import is_about
from pytest_integration_contracts.drift.policy import policy_of
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.manifest.lines import Key, Lines, written
from pytest_integration_contracts.manifest.manifest import (
    SETTINGS,
    Integration,
    Manifest,
    Override,
    readable_duration,
    readable_size,
)
from pytest_integration_contracts.manifest.monitoring import AlertSettings
from pytest_integration_contracts.model import Change, Operation, Severity
from pytest_integration_contracts.snapshots.store import SnapshotStore
from pytest_integration_contracts.specs.fetch import is_url, shown_url


class _Row(NamedTuple):
    """A setting, what it comes to, and where that is said."""

    setting: str
    value: str
    source: str


def meant(manifest: Manifest, text: str) -> Operation:
    """The operation that a person means: `GET /customers/{id}`, or `crm GET /customers/{id}`.

    Raises:
        UsageError: Several integrations could be meant, or none.
    """
    first, _, rest = text.strip().partition(" ")
    if first in manifest.integrations and rest.strip():
        return Operation(first, rest.strip())
    snapshots = SnapshotStore(manifest.directory).all()
    names = sorted({each.operation.integration for each in snapshots if each.operation.name == text.strip()})
    candidates = [name for name in names if name in manifest.integrations] or sorted(manifest.integrations)
    if len(candidates) == 1:
        return Operation(candidates[0], text.strip())
    if not candidates:
        raise UsageError("the manifest names no integration yet")
    raise UsageError(
        f'"{text}" may be an operation of {", ".join(candidates)}; say which: --explain "{candidates[0]} {text}"'
    )


def explained(manifest: Manifest, text: str, operation: Operation, *, name: str, today: str) -> list[str]:
    """All that holds for an operation, one line each, with where it is said.

    Args:
        manifest: What the file says.
        text: The file's text.
        operation: The operation.
        name: What the file is called in messages.
        today: The date, ISO 8601.

    Raises:
        ManifestError: The manifest names a rule that there is not.
    """
    policy_of(manifest)
    resolution = _Resolution(manifest, Lines(text), operation, name)
    known = SnapshotStore(manifest.directory).has(operation)
    head = f"{operation}{'' if known else '  (it has no snapshot)'}"
    return [head, *_columns([*resolution.settings(), *resolution.rules(), *resolution.acceptances(today)])]


def _columns(rows: list[_Row]) -> list[str]:
    setting, value = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"  {row.setting:<{setting}}  {row.value:<{value}}  {row.source}".rstrip() for row in rows]


def _said(alerts: AlertSettings) -> Iterator[tuple[str, str]]:
    """What is told, in the order of the keys."""
    rate = alerts.success_rate
    yield "to", ", ".join(alerts.to) or "nobody"
    over = f"over {readable_duration(rate.over)}, from {rate.at_least} runs on" if rate else ""
    yield "success_rate", f"below {rate.below:g} {over}" if rate else "never"
    yield "failures", f"{alerts.failures} in a row" if alerts.failures else "never"
    yield "recovered", f"{alerts.recovered} in a row"
    for key in ("drift", "stale", "credential"):
        yield key, "yes" if getattr(alerts, key) else "never"
    for key in ("sunset", "acceptance"):
        ahead = getattr(alerts, key)
        yield key, f"{readable_duration(ahead)} before" if ahead else "never"


class _Resolution:
    def __init__(self, manifest: Manifest, lines: Lines, operation: Operation, name: str) -> None:
        self._manifest = manifest
        self._lines = lines
        self._operation = operation
        self._name = name
        self._base = manifest.integrations.get(operation.integration) or manifest.undeclared(operation.integration)
        self._at = self._base.at(operation.name)

    def settings(self) -> Iterator[_Row]:
        """Everything that has one value."""
        at, mine = self._at, ("integrations", self._operation.integration)
        yield self._row("enforce", at.enforce, (*mine, "enforce"), ("defaults", "enforce"))
        preset = at.preset or self._manifest.preset
        yield self._row("preset", preset, (*mine, "preset"), ("policy", "preset"))
        yield self._row("latency", f"{at.latency:g}s" if at.latency else "any", (*mine, "latency"))
        fresh = f"{at.freshness[0]} within {at.freshness[1]:g}s" if at.freshness else "any"
        yield self._row("freshness", fresh, (*mine, "freshness"))
        age = at.max_age
        told = f"{age.written}, then {'fail' if age.fails else 'warn'}" if age else "any"
        yield self._row("max_age", told, (*mine, "max_age"), ("defaults", "max_age"))
        for key in ("body", "decompressed", "depth"):
            limit = getattr(self._manifest.limits, key)
            value = f"{limit} levels" if key == "depth" else readable_size(limit)
            yield self._row(f"limits.{key}", value, ("defaults", "limits", key))
        if at.openapi:
            named = shown_url(at.openapi) if is_url(at.openapi) else at.openapi
            yield self._row("openapi", named, (*mine, "openapi"))
        for key in ("owner", "contact", "runbook"):
            yield self._row(key, getattr(at, key) or "nobody has said", (*mine, key))
        yield from self._monitoring(at, mine)

    def _monitoring(self, at: Integration, mine: Key) -> Iterator[_Row]:
        """What there is to say of live runs and of monitoring."""
        yield self._row("retries", str(at.retries), (*mine, "retries"))
        if at.maintenance:
            number = len(at.maintenance)
            windows = f"{number} {'window' if number == 1 else 'windows'}"
            yield self._row("maintenance", windows, (*mine, "maintenance"))
        if at.alerts is None:
            return
        yield self._row(
            "cadence", readable_duration(at.cadence) if at.cadence else "nobody has said", (*mine, "cadence")
        )
        for key, value in _said(at.alerts):
            yield self._row(f"alerts.{key}", value, (*mine, "alerts", key), ("health", "alerts", key))

    def rules(self) -> Iterator[_Row]:
        """Every rule whose severity is not its own, before evidence says anything; then those of single places."""
        policy = policy_of(self._manifest).for_operation(self._operation)
        everywhere = replace(policy, overrides=tuple(each for each in policy.overrides if not each.path))
        for rule in RULES.values():
            override = everywhere.override_of(Change(rule.id, "$", rule.severity, "", ""))
            if override:
                yield self._override(rule.id, override)
            elif policy.preset == "strict" and rule.severity is Severity.WARNING and not rule.opt_in:
                yield _Row(rule.id, Severity.BREAKING, "preset strict")
        for override in policy.overrides:
            if override.path and any(policy.applies(override, rule) for rule in RULES):
                yield self._override(f"{override.rule} at {override.path}", override)

    def acceptances(self, today: str) -> Iterator[_Row]:
        """What is accepted here, and until when; of a fingerprint alone nobody knows where it is."""
        for number, acceptance in enumerate(self._base.acceptances):
            if is_about(acceptance, self._operation):
                left = acceptance.days_left(today)
                told = f"until {acceptance.expires.isoformat()}, {'expired' if left < 0 else f'{left} days left'}"
                place = ("integrations", self._operation.integration, "accept", number)
                yield _Row(
                    f"accepted: {acceptance.rule or acceptance} {acceptance.path}".rstrip(), told, self._said(place)
                )

    def _override(self, setting: str, override: Override) -> _Row:
        number = max(number for number, each in enumerate(self._manifest.overrides) if each == override)
        return _Row(setting, override.severity, self._said(("policy", "overrides", number)))

    def _row(self, setting: str, value: str, *places: Key) -> _Row:
        """A setting that the first of some places decides which says it, or a table of operations before them."""
        of_operation = self._base.said_of(self._operation.name, setting) if setting in SETTINGS else None
        if of_operation:
            table = ("integrations", self._operation.integration, "operations", of_operation.operation)
            return _Row(setting, value, self._said((*table, setting)))
        said = [place for place in places if self._lines.says(*place)]
        return _Row(setting, value, self._said(said[0]) if said else "default")

    def _said(self, place: Key) -> str:
        """`contracts.toml:14, integrations.crm.enforce`."""
        return f"{self._name}:{self._lines.of(*place)}, {written(place)}"
