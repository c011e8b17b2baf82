"""What a live upstream says of itself beside the shapes of its answers: what is left of a limit, when it ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from pytest_integration_contracts.drift.budgets import newest_time
from pytest_integration_contracts.drift.facts import sunset_of
from pytest_integration_contracts.drift.limits import Left, left_of, scarcer
from pytest_integration_contracts.drift.responses import is_error
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.patterns import PathPattern
from pytest_integration_contracts.session.seen import Seen, bodies


@dataclass(frozen=True, slots=True)
class LastWord:
    """What it said of one operation.

    Attributes:
        rate_left: The fewest requests that it still allowed; None where it does not say.
        rate_limit: Out of how many.
        sunset: The day on which it ends, ISO 8601, "" for none.
        newest: When the newest data was made, in Unix seconds; None where the manifest does not say where that stands.
    """

    rate_left: int | None = None
    rate_limit: int | None = None
    sunset: str = ""
    newest: float | None = None

    def merged(self, other: LastWord) -> LastWord:
        """Both together, in whatever order."""
        left = scarcer(each.left for each in (self, other))
        return LastWord(
            rate_left=left.number if left else None,
            rate_limit=left.limit if left else None,
            sunset=min(filter(None, (self.sunset, other.sunset)), default=""),
            newest=max((each.newest for each in (self, other) if each.newest is not None), default=None),
        )

    @property
    def left(self) -> Left | None:
        """What it still allowed."""
        return None if self.rate_left is None else Left(self.rate_left, self.rate_limit)


def last_words(seen: Iterable[Seen]) -> dict[Operation, LastWord]:
    """What live answers say, by operation; nothing of those that say nothing."""
    found: dict[Operation, list[LastWord]] = defaultdict(list)
    for each in seen:
        found[each.operation].append(_said(each))
    together = {operation: reduce(LastWord.merged, found[operation]) for operation in sorted(found)}
    return {operation: said for operation, said in together.items() if said != LastWord()}


def joined(one: Mapping[Operation, LastWord], other: Mapping[Operation, LastWord]) -> dict[Operation, LastWord]:
    """What several tests were told."""
    nothing = LastWord()
    return {each: one.get(each, nothing).merged(other.get(each, nothing)) for each in sorted(one.keys() | other.keys())}


def _said(seen: Seen) -> LastWord:
    headers = seen.exchange.response_headers
    left, freshness, newest = left_of(headers), seen.settings.freshness, None
    if freshness is not None and not is_error(seen.key):
        newest = newest_time(bodies([seen]), PathPattern(freshness[0]).matches)
    return LastWord(
        rate_left=left.number if left else None,
        rate_limit=left.limit if left else None,
        sunset=sunset_of(headers),
        newest=newest,
    )
