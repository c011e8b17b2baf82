"""What stands in a table of `contracts.toml`, as the type it should have: or one error that names file and key.

Each function takes the file, the place in it (`integrations.crm.latency`) and the value, and raises a `ManifestError`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pytest_integration_contracts.errors import ManifestError
from pytest_integration_contracts.patterns import PathPattern

_DURATION = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?P<unit>ms|s|m|h|d|w)")
_SIZE = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?) ?(?P<unit>[kKMG]?B)")
_BYTES: Final = {"B": 1, "kB": 1024, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def table(path: Path, place: str, value: object) -> Mapping[str, Any]:
    """A table."""
    if not isinstance(value, dict):
        raise ManifestError(f"{path}: {place}: must be a table")
    return value


def only_known(path: Path, place: str, entry: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Refuse keys that nobody knows: a key with a slip in it would do nothing."""
    for key in entry:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(known)}"
            raise ManifestError(f"{path}: {f'{place}.' if place else ''}{key}: unknown key; {hint}")


def known_name(path: Path, place: str, name: str, known: tuple[str, ...], what: str) -> None:
    """Refuse a name that is none of the known ones."""
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(known) or 'none'}"
        raise ManifestError(f"{path}: {place}: no {what} `{name}`; {hint}")


def strings(path: Path, place: str, value: object) -> tuple[str, ...]:
    """A list of strings."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ManifestError(f"{path}: {place}: must be a list of strings")
    return tuple(value)


def one_of(path: Path, place: str, value: object, known: tuple[str, ...]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in known:
        raise ManifestError(f"{path}: {place}: {value!r} is none of {', '.join(known)}")
    return value


def yes_or_no(path: Path, place: str, value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise ManifestError(f"{path}: {place}: {value!r} must be true or false, without quotes")
    return value


def duration(path: Path, place: str, value: object) -> float:
    """A duration, `"24h"`, in seconds."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None or not float(found["number"]):
        raise ManifestError(f'{path}: {place}: {value!r} is no duration such as "800ms", "2s", "15m", "24h" or "7d"')
    return float(found["number"]) * _SECONDS[found["unit"]]


def size(path: Path, place: str, value: object) -> int:
    """A size, `"64MB"`, in bytes; a kB has 1024 of them."""
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    number = int(float(found["number"]) * _BYTES[found["unit"]]) if found else 0
    if not number:
        raise ManifestError(f'{path}: {place}: {value!r} is no size such as "500kB", "64MB" or "1GB"')
    return number


def whole(path: Path, place: str, value: object, *, least: int = 1, most: int) -> int:
    """A whole number in a range."""
    if type(value) is not int or not least <= value <= most:
        raise ManifestError(f"{path}: {place}: {value!r} must be a whole number from {least} to {most}")
    return value


def body_path(path: Path, place: str, text: str) -> str:
    """A pattern of places of a body, `$.items[*].sku`."""
    if not text.startswith("$"):
        raise ManifestError(f"{path}: {place}: {text!r} is no JSONPath such as `$.items[*].sku`: must begin with `$`")
    return path_pattern(path, place, text)


def path_pattern(path: Path, place: str, text: str) -> str:
    """A pattern of places of a body, or of headers."""
    try:
        return PathPattern(text).text
    except ValueError as error:
        raise ManifestError(f"{path}: {place}: {text!r} is no JSONPath such as `$.items[*].sku`: {error}") from error
