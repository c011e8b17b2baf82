"""The versions of snapshots as a changelog in Markdown: by day, the newest first, what breaks marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from pytest_integration_contracts.model import Change, Operation, Severity
from pytest_integration_contracts.reports.styled import difference
from pytest_integration_contracts.wording import printable


@dataclass(frozen=True, slots=True)
class Step:
    """One version of one operation.

    Attributes:
        operation: The operation.
        version: MAJOR.MINOR.
        since: The day it was learned, ISO 8601.
        reason: Why, in the words of who learned it, or "".
        author: Who committed it first, or "" where that is not known.
        changes: Against the version before, worst first; none in the first one.
        replaced: The version before, "" for the first one.
    """

    operation: Operation
    version: str
    since: str
    reason: str = ""
    author: str = ""
    changes: tuple[Change, ...] = ()
    replaced: str = ""

    @property
    def breaks(self) -> bool:
        """Whether the version before was broken by it: the policy of that day decided, and raised its number."""
        return bool(self.replaced) and self.version.partition(".")[0] != self.replaced.partition(".")[0]


def as_markdown(integration: str, steps: Iterable[Step]) -> str:
    """The changelog of one integration.

    Args:
        integration: Its name.
        steps: The versions of its operations, each operation's in their order, the oldest first.
    """
    newest = [*steps][::-1]
    newest.sort(key=lambda step: step.operation)
    newest.sort(key=lambda step: step.since, reverse=True)
    lines = [f"# Changelog of {_text(integration)}"]
    for day, told in groupby(newest, key=lambda step: step.since):
        lines += ["", f"## {_text(day)}"]
        for step in told:
            lines += ["", *_step(step)]
    return "\n".join(lines)


def _step(step: Step) -> Iterator[str]:
    number = f"{step.replaced} → {step.version}, **breaking**" if step.breaks else step.version
    yield f"### {_code(step.operation.name)} {number}"
    said = [f"{_text(step.reason)}" if step.reason else "", f"learned by {_text(step.author)}" if step.author else ""]
    if any(said):
        yield from ("", " · ".join(filter(None, said)))
    yield ""
    if not step.replaced:
        yield "- first version"
    elif not step.changes:
        yield "- known better: no body changed"
    yield from map(_change, step.changes)


_WORDS = {Severity.BREAKING: "**breaking**", Severity.WARNING: "warning", Severity.COMPATIBLE: "compatible"}


def _change(change: Change) -> str:
    where = f" where {_code(change.variant)}" if change.variant else ""
    note = f" ({_text(change.note)})" if change.note else ""
    told = _text(difference(change))
    return f"- {_WORDS[change.severity]} {_code(change.rule)} at {_code(change.path)}{where}: {told}{note}"


_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&@$#!]|^(?:[-+=]|\d+[.)])|https?(?=:)|www(?=\.)")
"""What Markdown, in any of its dialects, would take for markup: addresses and mentions among it."""


def _text(text: str) -> str:
    """Text that came from outside, none of which is Markdown, or HTML, any more."""
    return _SPECIAL.sub(_escaped, printable(text))


def _escaped(found: re.Match[str]) -> str:
    word = found[0]
    if word[0].isalnum():  # no letter can be escaped: what follows it is
        return f"{word}\u200b" if word.isalpha() else f"{word[:-1]}\\{word[-1]}"
    return f"\\{word}"


def _code(text: str) -> str:
    """The same between backticks: as many as it takes to close none of its own."""
    shown = printable(text)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{padding}{shown}{padding}{fence}"
