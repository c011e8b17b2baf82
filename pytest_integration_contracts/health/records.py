"""A run and its samples as JSON, and back: the spool's files. What is read may be torn, or written by anybody."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from pytest_integration_contracts.errors import HealthError
from pytest_integration_contracts.health.samples import OpenChange, RunRecord, Sample
from pytest_integration_contracts.model import Verdict

FORMAT: Final = 1

_ID = re.compile(r"[0-9a-f]{32}")


class Record(NamedTuple):
    """What `store.Store.append` keeps.

    Attributes:
        run: The run.
        samples: Its samples.
        maintenance: Which integrations were in a maintenance window.
    """

    run: RunRecord
    samples: tuple[Sample, ...]
    maintenance: frozenset[str] = frozenset()


def to_json(run: RunRecord, samples: Sequence[Sample], maintenance: Collection[str] = ()) -> bytes:
    """A run as one line of ASCII."""
    value = {
        "format": FORMAT,
        "run": asdict(run),
        "maintenance": sorted(maintenance),
        "samples": [asdict(sample) for sample in samples],
    }
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def from_json(content: bytes) -> Record:
    """What `to_json` has written. Members that this release does not know are left out.

    Raises:
        HealthError: It is something else.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise HealthError("is torn, or no JSON") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise HealthError(f"is no run in format {FORMAT}")
    maintenance = _list(value, "maintenance")
    if not all(isinstance(name, str) for name in maintenance):
        raise HealthError("`maintenance` is no list of names")
    return Record(
        _run(value.get("run")), tuple(map(_sample, _list(value, "samples"))), frozenset(map(str, maintenance))
    )


def _run(value: object) -> RunRecord:
    members = _Members(value, "run")
    run_id, at = members.text("id"), members.number("at")
    if at is None or not _ID.fullmatch(run_id):
        raise HealthError("`run` has no `id` of 32 hex digits, or no time `at`")
    return RunRecord(
        id=run_id, at=at, commit=members.text("commit"), host=members.text("host"), partial=members.text("partial")
    )


def _sample(value: object) -> Sample:
    members = _Members(value, "sample")
    try:
        verdict = Verdict(members.text("verdict"))
    except ValueError:
        raise HealthError("a sample has no verdict that this release knows") from None
    return Sample(
        integration=members.text("integration"),
        operation=members.text("operation"),
        verdict=verdict,
        cause=members.text("cause"),
        answers=members.whole("answers") or 0,
        p50=members.number("p50"),
        p95=members.number("p95"),
        version=members.text("version"),
        changes=tuple(map(_change, _list(members.value, "changes"))),
        rate_left=members.whole("rate_left"),
        rate_limit=members.whole("rate_limit"),
        sunset=members.text("sunset"),
        newest=members.number("newest"),
        tries=members.whole("tries") or 1,
    )


def _change(value: object) -> OpenChange:
    members = _Members(value, "change")
    return OpenChange(
        fingerprint=members.text("fingerprint"),
        severity=members.text("severity"),
        rule=members.text("rule"),
        path=members.text("path"),
        text=members.text("text"),
        expires=members.text("expires"),
    )


def _list(value: dict[str, Any], name: str) -> list[object]:
    found = value.get(name, [])
    if not isinstance(found, list):
        raise HealthError(f"`{name}` is no list")
    return found


class _Members:
    """An object's members, each of the kind that it must be."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise HealthError(f"a {name} is no object")
        self.value: dict[str, Any] = value
        self._name = name

    def text(self, member: str) -> str:
        """A text; "" where it is left out."""
        found = self.value.get(member, "")
        if not isinstance(found, str):
            raise HealthError(f"`{member}` of a {self._name} is no text")
        return found

    def number(self, member: str) -> float | None:
        """A finite number; None where it is left out."""
        found = self.value.get(member)
        if found is None:
            return None
        try:
            number = float(found) if isinstance(found, int | float) else math.nan
        except OverflowError:
            number = math.inf
        if isinstance(found, bool) or not math.isfinite(number):
            raise HealthError(f"`{member}` of a {self._name} is no number")
        return number

    def whole(self, member: str) -> int | None:
        """A whole number; None where it is left out."""
        found = self.value.get(member)
        if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
            raise HealthError(f"`{member}` of a {self._name} is no whole number")
        return found
