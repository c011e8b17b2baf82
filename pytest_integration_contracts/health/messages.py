"""A message as people read it: a first line for a phone, and all that whoever is called needs to know."""

from __future__ import annotations

import enum
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_integration_contracts.health.alerts import MOST_MESSAGES, Message, News
from pytest_integration_contracts.health.assessment import Assessment
from pytest_integration_contracts.health.samples import Rate
from pytest_integration_contracts.health.times import every, lasting, moment
from pytest_integration_contracts.health.watching import Kind
from pytest_integration_contracts.health.wording import percent, plural

MAX_TITLE: Final = 78
"""What a phone shows of a notification's first line, and a subject of RFC 5322 should have at most."""

_MAX_SENTENCE: Final = 400
_MOST_NEWS: Final = 10
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


class Level(enum.StrEnum):
    """How a message is marked."""

    FAILURE = "failure"
    WARNING = "warning"
    SUCCESS = "success"


_LEVELS: Final = {Kind.CREDENTIAL: Level.FAILURE, Kind.DRIFT: Level.FAILURE, Kind.FAILURES: Level.FAILURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What is sent.

    Attributes:
        title: One short line.
        text: The body in plain text.
        markdown: The same in Markdown.
        level: How it is marked.
    """

    title: str
    text: str
    markdown: str
    level: Level


def render(message: Message) -> Rendered:
    """A message as it is sent."""
    about = message.about
    brief = len(about) > MOST_MESSAGES
    parts = [_brief(*each) if brief else list(_lines(*each, message.at)) for each in about]
    told = f"evaluated at {moment(message.at)}"
    text = "\n\n".join(["\n".join(_as_text(part) for part in parts[place]) for place in range(len(parts))] + [told])
    markdown = "\n\n".join(
        ["\n".join(_as_markdown(part) for part in parts[place]) for place in range(len(parts))] + [_escaped(told)]
    )
    return Rendered(title=_title(message), text=text, markdown=markdown, level=_level(message))


_Line = tuple[str, str]
"""A label and what it says; without a label a line of its own."""


def _title(message: Message) -> str:
    first, news = message.about[0]
    headline = _headline(news)
    if len(message.about) == 1:
        return _cut(f"{first.integration}: {headline}")
    names = [each.integration for each, _ in message.about]
    if len({(fresh[0].kind, fresh[0].recovered) for _, fresh in message.about}) > 1:
        return _cut(f"{first.integration}: {headline}; {plural(len(names) - 1, 'other integration')}")
    who = ", ".join(names) if len(names) <= MOST_MESSAGES else plural(len(names), "integration")
    title = f"{message.upstream + ': ' if message.upstream else ''}{who}: {headline}"
    if len(title) <= MAX_TITLE:
        return _one_line(title)
    return _cut(f"{plural(len(names), 'integration')}, {names[0]} first: {headline}")


def _headline(news: Sequence[News]) -> str:
    gravest = news[0]
    more = f" (+{len(news) - 1} more)" if len(news) > 1 else ""
    short = f"recovered ({gravest.kind.replace('_', ' ')})" if gravest.recovered else gravest.short
    return f"{short}{more}"


def _level(message: Message) -> Level:
    begun = [one for _, news in message.about for one in news if not one.recovered]
    if not begun:
        return Level.SUCCESS
    found = {_LEVELS.get(one.kind, Level.WARNING) for one in begun}
    return Level.FAILURE if Level.FAILURE in found else Level.WARNING


def _brief(assessment: Assessment, news: Sequence[News]) -> list[_Line]:
    """One integration of many: what is told, and whose it is."""
    said = "; ".join(one.sentence for one in news[:_MOST_NEWS])
    owner = f" (owner: {assessment.owner})" if assessment.owner else ""
    return [("", f"{assessment.integration}: {said}{owner}")]


def _lines(assessment: Assessment, news: Sequence[News], now: float) -> Iterator[_Line]:
    since = f" {lasting(assessment.since, now)}" if assessment.since is not None else ""
    yield "", f"{assessment.integration}: {assessment.health}{since}"
    for rule, same in itertools.groupby(news[:_MOST_NEWS], key=lambda one: one.rule):
        yield from (("over" if one.recovered else "news", one.sentence) for one in same)
        yield "told because", rule
    if len(news) > _MOST_NEWS:
        yield "more", f"{len(news) - _MOST_NEWS} more are not shown"
    labelled = {
        "cause": assessment.cause,
        "fault": assessment.fault,
        "last good": moment(assessment.last_good) if assessment.last_good is not None else "never",
        "held": _held(assessment),
        "owner": assessment.owner,
        "call": assessment.contact,
        "runbook": assessment.runbook,
        "credential": assessment.credentials,
        "feeds": ", ".join(assessment.feeds),
        "look at": _commands(assessment, news),
    }
    yield from ((label, said) for label, said in labelled.items() if said)


def _held(assessment: Assessment) -> str:
    counted: list[tuple[float, Rate]] = [(window, rate) for window, rate in assessment.rates.items() if rate.n]
    return "; ".join(
        f"{rate.good} of {plural(rate.n, 'run')} over {every(window)} ({percent(rate.good / rate.n)})"
        for window, rate in sorted(counted)[-3:]
    )


def _commands(assessment: Assessment, news: Sequence[News]) -> str:
    drifted = any(one.kind in {Kind.DRIFT, Kind.ACCEPTANCE} for one in news)
    log = f"; integration-contracts log {assessment.integration}" if drifted else ""
    return f"integration-contracts health{log}"


def _as_text(line: _Line) -> str:
    label, said = line
    return f"  {label}: {_one_line(said)}" if label else _one_line(said)


def _as_markdown(line: _Line) -> str:
    label, said = line
    return f"- **{label}:** {_escaped(said)}" if label else f"**{_escaped(said)}**\n"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", _one_line(text))


def _one_line(text: str) -> str:
    clean = _CONTROL.sub(" ", text)
    return clean if len(clean) <= _MAX_SENTENCE else f"{clean[: _MAX_SENTENCE - 1]}…"


def _cut(title: str) -> str:
    line = _one_line(title)
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 1].rstrip()}…"
