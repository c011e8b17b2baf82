"""What `contracts.toml` says of latency, freshness and the like: of an integration, and of some operations only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pytest_integration_contracts.errors import ManifestError
from pytest_integration_contracts.manifest.entries import body_path, duration, one_of, only_known, table
from pytest_integration_contracts.manifest.manifest import ENFORCEMENTS, PRESETS, SETTINGS, OperationSettings

_WORDS: Final = {"enforce": ENFORCEMENTS, "preset": PRESETS}


def read_settings(path: Path, place: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `SETTINGS` that a table has, by their names.

    Raises:
        ManifestError: One of them says something it cannot mean.
    """
    return {key: _setting(path, f"{place}.{key}", key, entry[key]) for key in SETTINGS if key in entry}


def read_operations(path: Path, place: str, value: object) -> tuple[OperationSettings, ...]:
    """What is said of some operations only, in the order of the file.

    Args:
        path: The file.
        place: The place in it: `integrations.crm.operations`.
        value: What stands there.

    Raises:
        ManifestError: It says something it cannot mean.
    """
    return tuple(_operation(path, place, name, entry) for name, entry in table(path, place, value).items())


def _operation(path: Path, place: str, name: str, value: object) -> OperationSettings:
    place = f'{place}."{name}"'
    if not name.strip():
        raise ManifestError(f'{path}: {place}: must name an operation, such as `"GET /customers/{{id}}"`')
    entry = table(path, place, value)
    only_known(path, place, entry, SETTINGS)
    return OperationSettings(operation=name, **read_settings(path, place, entry))


def _setting(path: Path, place: str, key: str, value: object) -> object:
    if key in _WORDS:
        return one_of(path, place, value, _WORDS[key])
    return duration(path, place, value) if key == "latency" else _freshness(path, place, value)


def _freshness(path: Path, place: str, value: object) -> tuple[str, float]:
    entry = table(path, place, value)
    only_known(path, place, entry, ("path", "within"))
    for key in ("path", "within"):
        if key not in entry:
            raise ManifestError(
                f'{path}: {place}.{key}: is missing; write `{{ path = "$.items[*].updated_at", within = "24h" }}`'
            )
    if not isinstance(entry["path"], str):
        raise ManifestError(f"{path}: {place}.path: must be a string")
    return (
        body_path(path, f"{place}.path", entry["path"]),
        duration(path, f"{place}.within", entry["within"]),
    )
