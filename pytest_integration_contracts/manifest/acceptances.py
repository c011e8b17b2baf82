"""Acceptances: a team's dated, owned "yes, we know" to a change, as `contracts.toml` says it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pytest_integration_contracts.errors import ManifestError
from pytest_integration_contracts.manifest.entries import only_known, path_pattern, table

SOON: Final = 14
"""From so many days before its last one on, an acceptance counts down."""

_PLACE: Final = ("rule", "operation", "path")
_KEYS: Final = (*_PLACE, "fingerprint", "owner", "reason", "ticket", "expires")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What is accepted, by whom, why and until when. It takes a change that has all of what it names.

    Attributes:
        owner: Who said yes.
        reason: Why.
        expires: The last day on which it counts.
        ticket: Where the work is tracked, or "".
        rule: The rule's id; "" with a fingerprint alone.
        operation: A pattern of operations, `GET /customers/*`; "" with a fingerprint alone.
        path: A pattern of paths; "" with a fingerprint alone.
        fingerprint: The one change that is meant, or "".
    """

    owner: str
    reason: str
    expires: dt.date
    ticket: str = ""
    rule: str = ""
    operation: str = ""
    path: str = ""
    fingerprint: str = ""

    def days_left(self, today: str) -> int:
        """How many days it still counts after a date (ISO 8601); negative once it has expired."""
        return (self.expires - dt.date.fromisoformat(today)).days

    @property
    def names_place(self) -> bool:
        """Whether it says rule, operation and path."""
        return bool(self.rule)

    def __str__(self) -> str:
        return f"{self.rule}  {self.operation}  {self.path}" if self.names_place else f"fingerprint {self.fingerprint}"


def read_acceptances(path: Path, place: str, value: object) -> tuple[Acceptance, ...]:
    """The acceptances of an integration, in the order of the file. Their rules are checked by the policy.

    Args:
        path: The file.
        place: The place in it: `integrations.crm.accept`.
        value: What stands there.

    Raises:
        ManifestError: One of them is none.
    """
    if not isinstance(value, list):
        raise ManifestError(f"{path}: {place}: must be tables, each beginning with `[[{place}]]`")
    return tuple(_acceptance(path, f"{place}[{number}]", entry) for number, entry in enumerate(value))


def _acceptance(path: Path, place: str, value: object) -> Acceptance:
    entry = table(path, place, value)
    only_known(path, place, entry, _KEYS)
    for key in ("owner", "reason", "expires"):
        if key not in entry:
            raise ManifestError(f"{path}: {place}.{key}: is missing; say who accepts it, why, and until when")
    texts = {key: _text(path, f"{place}.{key}", entry[key]) for key in _KEYS if key in entry and key != "expires"}
    _insist_on_target(path, place, entry)
    if "path" in texts:
        path_pattern(path, f"{place}.path", texts["path"])
    if "fingerprint" in texts and not _FINGERPRINT.fullmatch(texts["fingerprint"]):
        raise ManifestError(
            f"{path}: {place}.fingerprint: {texts['fingerprint']!r} must be the sixteen hex digits a report shows"
        )
    return Acceptance(expires=day(path, f"{place}.expires", entry["expires"]), **texts)


def _insist_on_target(path: Path, place: str, entry: Mapping[str, Any]) -> None:
    """All three of rule, operation and path, or a fingerprint, or both: whatever is open would hide too much."""
    named = [key for key in _PLACE if key in entry]
    missing = [key for key in _PLACE if key not in entry]
    if missing and (named or "fingerprint" not in entry):
        raise ManifestError(
            f"{path}: {place}.{missing[0]}: is missing; name rule, operation and path, or the change's fingerprint"
        )


def _text(path: Path, place: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ManifestError(f"{path}: {place}: must be a string that is not empty")
    return value


def day(path: Path, place: str, value: object) -> dt.date:
    """A day: a date of TOML, or the same as a string."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:  # 30 February
            pass
    shown = value.isoformat() if isinstance(value, dt.datetime | dt.time) else repr(value)
    raise ManifestError(f"{path}: {place}: {shown} is no day such as 2026-12-31")
