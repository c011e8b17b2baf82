"""Which upstreams are to be asked now: as often as the manifest says, counted from the last run that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pytest_integration_contracts.errors import HealthError
from pytest_integration_contracts.health.spool import flush
from pytest_integration_contracts.manifest.manifest import Manifest

EARLY: Final = 900.0
"""So many seconds before its time an upstream is due, at most a tenth of its cadence: a job that looks once an hour
would else come an hour late."""

_TENTH: Final = 0.1


class Due(NamedTuple):
    """When one upstream is to be asked.

    Attributes:
        integration: Its name.
        cadence: How often, in seconds; 0 where nobody has said, and it is never due.
        last: When it was asked last, in seconds of the epoch; None for never.
        now: Whether it is due.
    """

    integration: str
    cadence: float
    last: float | None
    now: bool


def due(manifest: Manifest, last: Mapping[str, float], now: float) -> list[Due]:
    """When each upstream is to be asked, in the order of the manifest.

    Args:
        manifest: The manifest.
        last: When each was asked last, in seconds of the epoch.
        now: The moment, in seconds of the epoch.
    """
    return [
        Due(name, each.cadence, last.get(name), bool(each.cadence) and _is_over(each.cadence, last.get(name), now))
        for name, each in manifest.integrations.items()
    ]


def _is_over(cadence: float, last: float | None, now: float) -> bool:
    return last is None or now - last >= cadence - min(EARLY, _TENTH * cadence)


def last_asked(manifest: Manifest, environment: Mapping[str, str]) -> tuple[dict[str, float], str]:
    """When each upstream was asked last, in seconds of the epoch; and why nobody knows, "" where it is known.

    Args:
        manifest: A manifest with a table `[health]`.
        environment: Where references are looked up.
    """
    settings = manifest.health
    if settings is None:
        return {}, "the manifest has no table `[health]`"
    try:
        from pytest_integration_contracts.health.store import open_store  # noqa: PLC0415 - it may be missing

        with open_store(settings.store, manifest.root, environment) as store:
            flush(store, manifest.root)
            return {name: each.run.at for name, each in store.latest().items()}, ""
    except HealthError as error:
        return {}, str(error)
