"""Rate limits as headers tell them: the number of requests, and the window where it is told.

Sources: the widespread `X-RateLimit-*`; draft-ietf-httpapi-ratelimit-headers, early (`RateLimit-Limit: 100, 100;w=60`)
and late (`RateLimit-Policy: "burst";q=100;w=60`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from pytest_integration_contracts.drift.headers import limit_member


class Range(NamedTuple):
    """The smallest and the largest number seen: some upstreams give each client, or each hour, its own limit."""

    low: int
    high: int

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


Limits = Mapping[str, Range]
"""Limits by what they are about: `requests`, `requests per minute`, `burst per 60 s`."""

_REQUESTS: Final = "requests"
_LARGEST: Final = 10**12
_NUMBER: Final = re.compile(r"\s*([0-9]{1,13})\s*((?:;[^,;]*){0,9})\s*")
_POLICY: Final = re.compile(r'\s*"([A-Za-z][A-Za-z0-9_ -]{0,31})"\s*((?:;[^,;]*){1,9})\s*')
_PARAMETER: Final = re.compile(r";\s*([a-z]+)\s*=\s*([0-9]{1,13})\s*")
_IN_LIST: Final = re.compile(r"\s*limit\s*=\s*([0-9]{1,13})\s*")
_LEFT_IN_LIST: Final = re.compile(r"\s*remaining\s*=\s*([0-9]{1,13})\s*")
_WINDOWS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_WINDOW: Final = re.compile(r" per (?:([0-9]+) s|(second|minute|hour|day))$")
_MOST: Final = 16
"""How many limits one response may tell before the rest is not read."""


def limits_of(headers: Mapping[str, str]) -> dict[str, Range]:
    """The limits that one response tells; none where headers are malformed."""
    found: dict[str, Range] = {}
    for name in sorted(headers):
        member = limit_member(name)
        for label, number in _told(member[1], headers[name]) if member else ():
            if number <= _LARGEST and (label in found or len(found) < _MOST):
                found[label] = _hull(found.get(label), Range(number, number))
    return found


def _told(member: str, value: str) -> Iterator[tuple[str, int]]:
    if member == "-limit" or member.startswith("-limit-"):
        yield from _numbers(value, _label(member.removeprefix("-limit")))
    elif member == "-policy":
        yield from _policies(value)
    elif not member:
        yield from ((_REQUESTS, int(found[1])) for item in value.split(",") if (found := _IN_LIST.fullmatch(item)))


def _label(rest: str) -> str:
    """What a header is about by the rest of its name: `-minute`, `-tokens`."""
    word = rest.strip("-")
    if not word:
        return _REQUESTS
    return f"{_REQUESTS} per {word}" if word in _WINDOWS else word


def _numbers(value: str, label: str) -> Iterator[tuple[str, int]]:
    for item in value.split(","):
        found = _NUMBER.fullmatch(item)
        if found:
            window = dict(_PARAMETER.findall(found[2])).get("w")
            yield (f"{label} per {int(window)} s" if window else label), int(found[1])


def _policies(value: str) -> Iterator[tuple[str, int]]:
    for item in value.split(","):
        named = _POLICY.fullmatch(item)
        if named is None:
            yield from _numbers(item, _REQUESTS)
            continue
        parameters = dict(_PARAMETER.findall(named[2]))
        if "q" in parameters:
            window = f" per {int(parameters['w'])} s" if "w" in parameters else ""
            yield f"{named[1]}{window}", int(parameters["q"])


class Left(NamedTuple):
    """What an upstream still allows.

    Attributes:
        number: How many requests.
        limit: Out of how many; None where it does not say.
    """

    number: int
    limit: int | None


def left_of(headers: Mapping[str, str]) -> Left | None:
    """What one response says is left, of several limits the one that is nearest to its end; None where it is silent."""
    limits = limits_of(headers)
    found = []
    for name in sorted(headers):
        member = limit_member(name)
        for label, number in _remaining(member[1], headers[name]) if member else ():
            same = (limit.low for known, limit in limits.items() if label in {known, _about(known)})
            found.append(Left(number, limits[label].low if label in limits else next(same, None)))
    return scarcer(found[:_MOST])


def scarcer(several: Iterable[Left | None]) -> Left | None:
    """The one that is nearest to its end; None for none."""
    return min((each for each in several if each is not None), key=_share, default=None)


def _share(left: Left) -> tuple[float, int, int]:
    return (left.number / left.limit if left.limit else 1.0), left.number, left.limit or 0


def _remaining(member: str, value: str) -> Iterator[tuple[str, int]]:
    if member == "-remaining" or member.startswith("-remaining-"):
        found = _NUMBER.fullmatch(value)
        if found:
            yield _label(member.removeprefix("-remaining")), int(found[1])
    elif not member:
        for item in value.split(","):
            listed, named = _LEFT_IN_LIST.fullmatch(item), _POLICY.fullmatch(item)
            left = dict(_PARAMETER.findall(named[2])).get("r") if named else None
            if listed:
                yield _REQUESTS, int(listed[1])
            elif named and left:
                yield named[1], int(left)


def together(one: Limits, other: Limits) -> dict[str, Range]:
    """Both, each limit ranging over all that was seen of it."""
    return {label: _hull(one.get(label), other.get(label)) for label in sorted(one.keys() | other.keys())}


def _hull(one: Range | None, other: Range | None) -> Range:
    ranges = [each for each in (one, other) if each is not None]
    return Range(min(each.low for each in ranges), max(each.high for each in ranges))


def moved(old: Limits, new: Limits) -> list[tuple[str, str, str]]:
    """Limits that are another now: the rule, before and after. The limit of another window is compared by its rate."""
    moves = []
    for before, after in _pairs(old, new):
        was, now = _scaled(before, after, old[before], new[after])
        if now[1] < was[0] or now[0] > was[1]:
            rule = "ratelimit.lowered" if now[1] < was[0] else "ratelimit.raised"
            moves.append((rule, f"{old[before]} {before}", f"{new[after]} {after}"))
    return moves


def _pairs(old: Limits, new: Limits) -> Iterator[tuple[str, str]]:
    """The labels of limits to hold against each other."""
    for label in sorted(old.keys() & new.keys()):
        yield label, label
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    for before in sorted(gone):
        fitting = [after for after in come if _window(after) and _window(before) and _about(after) == _about(before)]
        if len(fitting) == 1 and sum(_about(each) == _about(before) for each in gone) == 1:
            yield before, fitting[0]


def _about(label: str) -> str:
    return _WINDOW.sub("", label)


def _window(label: str) -> int:
    """The window in seconds, 0 where it is not told."""
    found = _WINDOW.search(label)
    if not found:
        return 0
    return int(found[1]) if found[1] else _WINDOWS[found[2]]


def _scaled(before: str, after: str, was: Range, now: Range) -> tuple[tuple[int, int], tuple[int, int]]:
    if before == after:
        return was, now
    mine, theirs = _window(after), _window(before)
    return (was.low * mine, was.high * mine), (now.low * theirs, now.high * theirs)
