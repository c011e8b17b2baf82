"""What `contracts.toml` says about monitoring: `[health]`, and of each integration when, how often and for whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pytest_integration_contracts.errors import ManifestError
from pytest_integration_contracts.manifest.acceptances import day
from pytest_integration_contracts.manifest.entries import (
    duration,
    known_name,
    one_of,
    only_known,
    strings,
    table,
    whole,
    yes_or_no,
)
from pytest_integration_contracts.manifest.monitoring import (
    ALERT_KINDS,
    DAYS,
    DEFAULT_STORE,
    AlertSettings,
    HealthSettings,
    Mute,
    SuccessRate,
    Window,
    zone_of,
)

HEALTH_KEYS: Final = ("cadence", "feeds", "system_of_record", "retries", "maintenance", "alerts")
"""What an integration's table may say of monitoring."""

MOST_RETRIES: Final = 5

_KEYS: Final = ("store", "retention", "alerts")
_ALERT_KEYS: Final = (
    "to",
    "success_rate",
    "failures",
    "recovered",
    "drift",
    "stale",
    "credential",
    "sunset",
    "acceptance",
)
_RATE_KEYS: Final = ("below", "over", "at_least", "recovered")
_MUTE_KEYS: Final = ("integration", "kind", "until", "reason")
_WINDOW_KEYS: Final = ("days", "from", "to", "timezone", "first", "last")
_MOST: Final = 1000
_REFERENCE: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_SQLITE: Final = "sqlite:"
_ALL: Final = "*"
"""What a mute says that is for all integrations."""


def read_health(path: Path, value: object, integrations: Iterable[str]) -> HealthSettings:
    """The table `[health]`.

    Args:
        path: The file.
        value: What stands there.
        integrations: The names of the integrations there are.

    Raises:
        ManifestError: It says something it cannot mean.
    """
    entry = table(path, "health", value)
    only_known(path, "health", entry, _KEYS)
    alerts = table(path, "health.alerts", entry.get("alerts", {}))
    only_known(path, "health.alerts", alerts, (*_ALERT_KEYS, "mute"))
    mutes = _mutes(path, "health.alerts.mute", alerts.get("mute", []), tuple(integrations))
    said = {key: said for key, said in alerts.items() if key != "mute"}
    return HealthSettings(
        store=_store(path, "health.store", entry.get("store", DEFAULT_STORE)),
        retention=_retention(path, "health.retention", entry["retention"])
        if "retention" in entry
        else HealthSettings().retention,
        alerts=_alerts(path, "health.alerts", said, AlertSettings(mutes=mutes)),
    )


def read_monitoring(path: Path, place: str, entry: Mapping[str, Any], health: HealthSettings | None) -> dict[str, Any]:
    """Those of `HEALTH_KEYS` that an integration's table has, by their names. What it leaves open of alerts, all have.

    Args:
        path: The file.
        place: The place in it: `integrations.crm`.
        entry: The integration's table.
        health: What `[health]` says; None where there is no such table.

    Raises:
        ManifestError: One of them says something it cannot mean.
    """
    said = {key: read(path, f"{place}.{key}", entry[key]) for key, read in _READERS.items() if key in entry}
    if health is None and "alerts" in entry:
        raise ManifestError(f"{path}: {place}.alerts: nothing is told without a table `[health]`; add one")
    if health is not None:
        overrides = table(path, f"{place}.alerts", entry.get("alerts", {}))
        only_known(path, f"{place}.alerts", overrides, _ALERT_KEYS)
        said["alerts"] = _alerts(path, f"{place}.alerts", overrides, health.alerts)
    return said


def _store(path: Path, place: str, value: object) -> str:
    """`sqlite:` and a path, or a reference. What else there is may be a secret, and is not shown."""
    text = value if isinstance(value, str) else ""
    file = PurePosixPath(text.removeprefix(_SQLITE))
    below = file.parts and not file.is_absolute() and ".." not in file.parts and text.isprintable()
    if not _REFERENCE.fullmatch(text) and not (text.startswith(_SQLITE) and below and ":" not in str(file)):
        raise ManifestError(
            f"{path}: {place}: must be `{DEFAULT_STORE}`, or another path below the manifest; or name the environment"
            " variable that holds a database's URL: `env:HEALTH_STORE`, never the URL itself"
        )
    return text


def _retention(path: Path, place: str, value: object) -> float:
    return 0.0 if value == "forever" else duration(path, place, value)


def _alerts(path: Path, place: str, entry: Mapping[str, Any], otherwise: AlertSettings) -> AlertSettings:
    said: dict[str, Any] = {key: _ALERTS[key](path, f"{place}.{key}", value) for key, value in entry.items()}
    return replace(otherwise, **said)


def _to(path: Path, place: str, value: object) -> tuple[str, ...]:
    references = strings(path, place, value)
    for number, reference in enumerate(references):
        if not _REFERENCE.fullmatch(reference):
            raise ManifestError(
                f"{path}: {place}[{number}]: must name the environment variable that holds the address:"
                " `env:ALERTS_URL`, never the address itself"
            )
    return references


def _success_rate(path: Path, place: str, value: object) -> SuccessRate | None:
    if value is False:
        return None
    entry = table(path, place, value)
    only_known(path, place, entry, _RATE_KEYS)
    for key in ("below", "over"):
        if key not in entry:
            raise ManifestError(f'{path}: {place}.{key}: is missing; write `{{ below = 0.95, over = "24h" }}`')
    below = _share(path, f"{place}.below", entry["below"])
    recovered = _share(path, f"{place}.recovered", entry.get("recovered", 1.0))
    if recovered < below:
        raise ManifestError(f"{path}: {place}.recovered: {recovered} must be at least {below}, which is `below`")
    return SuccessRate(
        below=below,
        over=duration(path, f"{place}.over", entry["over"]),
        at_least=whole(path, f"{place}.at_least", entry.get("at_least", 5), most=_MOST),
        recovered=recovered,
    )


def _share(path: Path, place: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ManifestError(f"{path}: {place}: {value!r} must be a number above 0, up to 1: 0.95 is 95 in 100")
    return float(value)


def _failures(path: Path, place: str, value: object) -> int:
    return whole(path, place, value, least=0, most=_MOST)


def _recovered(path: Path, place: str, value: object) -> int:
    return whole(path, place, value, most=_MOST)


def _ahead(path: Path, place: str, value: object) -> float:
    """How long before, in seconds; 0 for `false`, which is never."""
    return 0.0 if value is False else duration(path, place, value)


_ALERTS: Final[Mapping[str, Callable[[Path, str, object], object]]] = {
    "to": _to,
    "success_rate": _success_rate,
    "failures": _failures,
    "recovered": _recovered,
    "drift": yes_or_no,
    "stale": yes_or_no,
    "credential": yes_or_no,
    "sunset": _ahead,
    "acceptance": _ahead,
}


def _mutes(path: Path, place: str, value: object, integrations: tuple[str, ...]) -> tuple[Mute, ...]:
    if not isinstance(value, list):
        raise ManifestError(f"{path}: {place}: must be tables, each beginning with `[[{place}]]`")
    return tuple(_mute(path, f"{place}[{number}]", entry, integrations) for number, entry in enumerate(value))


def _mute(path: Path, place: str, value: object, integrations: tuple[str, ...]) -> Mute:
    entry = table(path, place, value)
    only_known(path, place, entry, _MUTE_KEYS)
    for key in ("integration", "until", "reason"):
        if key not in entry:
            raise ManifestError(f"{path}: {place}.{key}: is missing; say whose alerts are muted, until when, and why")
    whose, reason = (_text(path, f"{place}.{key}", entry[key]) for key in ("integration", "reason"))
    if whose != _ALL:
        known_name(path, f"{place}.integration", whose, integrations, "integration")
    return Mute(
        integration="" if whose == _ALL else whose,
        until=day(path, f"{place}.until", entry["until"]).isoformat(),
        reason=reason,
        kind=one_of(path, f"{place}.kind", entry["kind"], ALERT_KINDS) if "kind" in entry else "",
    )


def _text(path: Path, place: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ManifestError(f"{path}: {place}: must be a line of text that is not empty")
    return value


def _feeds(path: Path, place: str, value: object) -> tuple[str, ...]:
    return tuple(_text(path, place, feed) for feed in strings(path, place, value))


def _retries(path: Path, place: str, value: object) -> int:
    return whole(path, place, value, least=0, most=MOST_RETRIES)


def _windows(path: Path, place: str, value: object) -> tuple[Window, ...]:
    if not isinstance(value, list):
        raise ManifestError(f'{path}: {place}: must be a list: `[{{ days = ["sun"], from = "02:00", to = "04:00" }}]`')
    return tuple(_window(path, f"{place}[{number}]", entry) for number, entry in enumerate(value))


def _window(path: Path, place: str, value: object) -> Window:
    entry = table(path, place, value)
    only_known(path, place, entry, _WINDOW_KEYS)
    if not set(entry) - {"timezone"}:
        raise ManifestError(f"{path}: {place}: says no time; name `days`, `from` and `to`, or `first` and `last`")
    named = strings(path, f"{place}.days", entry.get("days", []))
    days = frozenset(DAYS.index(one_of(path, f"{place}.days", each, DAYS)) for each in named)
    start = _minute(path, f"{place}.from", entry.get("from", "00:00"))
    end = _minute(path, f"{place}.to", entry.get("to", "24:00"))
    if start == end:
        raise ManifestError(f"{path}: {place}.to: is the same as `from`; leave both out for the whole day")
    first, last = (
        day(path, f"{place}.{key}", entry[key]).isoformat() if key in entry else "" for key in ("first", "last")
    )
    if first and last and last < first:
        raise ManifestError(f"{path}: {place}.last: {last} is before {first}, which is `first`")
    timezone = entry.get("timezone", "UTC")
    return Window(
        days=days, start=start, end=end, timezone=_zone(path, f"{place}.timezone", timezone), first=first, last=last
    )


def _minute(path: Path, place: str, value: object) -> int:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ManifestError(f'{path}: {place}: {value!r} is no time of the day such as "02:00" or "23:30"')
    hours, minutes = map(int, found[0].split(":"))
    return hours * 60 + minutes


def _zone(path: Path, place: str, value: object) -> str:
    if not isinstance(value, str) or zone_of(value) is None:
        raise ManifestError(f'{path}: {place}: {value!r} is no timezone such as "Europe/Berlin" or "UTC"')
    return value


_READERS: Final[Mapping[str, Callable[[Path, str, object], object]]] = {
    "cadence": duration,
    "feeds": _feeds,
    "system_of_record": _text,
    "retries": _retries,
    "maintenance": _windows,
}
