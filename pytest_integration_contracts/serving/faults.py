"""Faults on purpose: what goes wrong, of which operations, how often.

One is written `[OPERATION ]NAME[=VALUE][:rate=SHARE]`: `status=503`, `GET /customers/{id} delay=2s`,
`status=429:rate=0.2`, `drop-field=$.email`.
"""

from __future__ import annotations

import difflib
import random
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.patterns import PathPattern, glob_matches

NAMES: Final[Mapping[str, str]] = {
    "status": "status=503",
    "auth": "auth=401",
    "delay": "delay=2s",
    "slow-body": "slow-body=5s",
    "timeout": "timeout",
    "reset": "reset",
    "truncate": "truncate",
    "malformed": "malformed",
    "drop-field": "drop-field=$.email",
    "null-field": "null-field=$.email",
    "rename-field": "rename-field=$.email:mail",
}
"""Every fault, and how it is written."""

FIELDS: Final = frozenset({"drop-field", "null-field", "rename-field"})
_TIMED: Final = frozenset({"delay", "slow-body"})
_BARE: Final = frozenset({"timeout", "reset", "truncate", "malformed"})
_DEFAULTS: Final = {"auth": "401", "slow-body": "5s"}
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}
_LONGEST: Final = 3600.0
_WRITTEN = re.compile(
    rf"(?:(?P<operation>\S.*?)\s+)?(?P<name>{'|'.join(NAMES)})(?:=(?P<value>.*?))?(?::rate=(?P<rate>[^:]*))?", re.DOTALL
)
_TIME = re.compile(r"(?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?)(?P<unit>ms|s|m)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: One of `NAMES`.
        text: As it was written, without the operation.
        operation: A pattern of operations, "" for all.
        status: Of `status` and `auth`: the status to answer.
        seconds: Of `delay` and `slow-body`.
        place: Of faults of fields: where.
        to: Of `rename-field`: the new name.
        rate: Of how many requests in one it happens to.
    """

    name: str
    text: str
    operation: str = ""
    status: int = 0
    seconds: float = 0.0
    place: PathPattern | None = None
    to: str = ""
    rate: float = 1.0

    def is_about(self, operation: str) -> bool:
        """Whether it is about an operation, by the operation's name."""
        return not self.operation or glob_matches(self.operation, operation)


def fault_of(text: str) -> Fault:
    """The fault that a person wrote.

    Raises:
        UsageError: It is none; the message says what is wrong and how it is written.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise _wrong(text, _unknown(text))
    name, value, rate = found["name"], found["value"] or "", found["rate"]
    value = value or _DEFAULTS.get(name, "")
    told = text.strip()[found.start("name") :]
    fault = Fault(name, told, found["operation"] or "", rate=1.0 if rate is None else _rate(text, rate))
    if name in _BARE:
        if value:
            raise _wrong(text, f"`{name}` takes no value")
        return fault
    if name in _TIMED:
        return replace(fault, seconds=_seconds(text, value))
    if name in FIELDS:
        place, to = _place(text, name, value)
        return replace(fault, place=place, to=to)
    return replace(fault, status=_status(text, name, value))


def _wrong(text: str, what: str) -> UsageError:
    return UsageError(f"--fault {text!r}: {what}")


def _unknown(text: str) -> str:
    word = re.match(r"[^=:]*", (text.split() or [""])[-1])
    close = difflib.get_close_matches(word[0] if word else "", NAMES, n=1)
    hint = f"did you mean `{NAMES[close[0]]}`?" if close else f"there are: {', '.join(NAMES.values())}"
    return f"names no fault; {hint}"


def _rate(text: str, rate: str) -> float:
    try:
        share = float(rate)
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise _wrong(text, f"the rate {rate!r} is no share of requests such as 0.2")
    return share


def _seconds(text: str, value: str) -> float:
    found = _TIME.fullmatch(value)
    seconds = float(found["number"]) * _UNITS[found["unit"]] if found else 0.0
    if not 0.0 < seconds <= _LONGEST:
        raise _wrong(text, f"{value!r} is no time such as 200ms, 2s or 1m, up to an hour")
    return seconds


def _status(text: str, name: str, value: str) -> int:
    allowed = {401, 403, 407} if name == "auth" else range(200, 600)
    if not re.fullmatch(r"[0-9]{3}", value) or int(value) not in allowed:
        expected = "401, 403 or 407" if name == "auth" else "a status from 200 to 599"
        raise _wrong(text, f"{value!r} is not {expected}")
    return int(value)


def _place(text: str, name: str, value: str) -> tuple[PathPattern, str]:
    path, colon, to = value.rpartition(":") if name == "rename-field" else (value, "", "")
    if name == "rename-field" and (not colon or not to):
        raise _wrong(text, f"says no new name; write `{NAMES[name]}`")
    what = f"{path!r} is no JSONPath of a field such as `$.items[*].sku`"
    if not path.startswith("$") or path == "$":
        raise _wrong(text, what)
    try:
        return PathPattern(path), to
    except ValueError as error:
        raise _wrong(text, f"{what}: {error}") from error


class Faults:
    """The faults of one run. Which of the requests one happens to depends on the seed and on their order alone."""

    def __init__(self, faults: Sequence[Fault], seed: int) -> None:
        self._faults = faults
        self._seed = seed
        self._asked = [0] * len(faults)
        self._turn = threading.Lock()

    def of(self, operation: str) -> list[Fault]:
        """What goes wrong with the next request of an operation, in the order it was written."""
        with self._turn:
            return [each for position, each in enumerate(self._faults) if self._strikes(position, each, operation)]

    def _strikes(self, position: int, fault: Fault, operation: str) -> bool:
        if not fault.is_about(operation):
            return False
        self._asked[position] += 1
        drawn = random.Random(f"{self._seed}|{position}|{self._asked[position]}").random()  # noqa: S311 - no secret
        return drawn < fault.rate


def insist_on_sense(
    faults: Sequence[Fault], operations: Sequence[str], places: Callable[[str], Sequence[str] | None]
) -> None:
    """Refuse faults that can never happen.

    Args:
        faults: What was asked for.
        operations: The names of all operations.
        places: The JSONPaths that the bodies of an operation are known to have; None where nobody knows all.

    Raises:
        UsageError: One is about no operation, or about a field that no body has.
    """
    for fault in faults:
        mine = [each for each in operations if fault.is_about(each)]
        if not mine:
            told = ", ".join(f'"{each}"' for each in _nearest(fault.operation, operations))
            raise _wrong(f"{fault.operation} {fault.text}", f"no operation is called so; there are: {told}")
        known = [places(each) for each in mine]
        if fault.place is None or any(each is None for each in known):
            continue
        every = sorted({path for each in known for path in each or ()})
        if not any(fault.place.matches(path) or PathPattern(path).matches(fault.place.text) for path in every):
            told = ", ".join(_nearest(fault.place.text, every)) or "none"
            raise _wrong(fault.text, f"no body has {fault.place.text}; there are: {told}")


def _nearest(text: str, names: Sequence[str]) -> list[str]:
    return difflib.get_close_matches(text, names, n=8, cutoff=0.3) or list(names[:8])
