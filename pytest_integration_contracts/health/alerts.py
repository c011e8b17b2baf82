"""Which news are told now: what is worth telling, held against what has been told."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pytest_integration_contracts.health.alert_changes import end_of
from pytest_integration_contracts.health.alert_rules import RULES
from pytest_integration_contracts.health.assessment import Assessment
from pytest_integration_contracts.health.times import moment
from pytest_integration_contracts.health.watching import SILENTLY, Condition, Kind, Over, Told, Watched
from pytest_integration_contracts.manifest.monitoring import AlertSettings

MOST_MESSAGES: Final = 10
"""Where more upstreams than these have news at once, it is one message: the cause is likely to be one, too."""

_FLAPS_WITHIN: Final = 86400.0
_FLAPPING: Final = frozenset({Kind.DRIFT, Kind.SUNSET})
"""What may be in one answer and not in the next."""

Key = tuple[str, Kind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that is told.

    Attributes:
        kind: What it is about.
        short: A few words for the first line.
        sentence: What a person should know.
        rule: The rule by which it is told, with its numbers.
        subject: As in `Told`.
        recovered: Whether something is over.
    """

    kind: Kind
    short: str
    sentence: str
    rule: str
    subject: str = ""
    recovered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """All the news of one upstream.

    Attributes:
        id: What tells it from all others, 32 hex digits.
        at: When it was decided, seconds of the epoch.
        upstream: What its integrations have in common, "" where it is of all upstreams.
        to: Where it goes, as references.
        about: Its integrations, the worst first, each with its news, the gravest first.
    """

    id: str
    at: float
    upstream: str
    to: tuple[str, ...]
    about: tuple[tuple[Assessment, tuple[News, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What stands and is not told now.

    Attributes:
        integration: Whose it is.
        kind: What it is about.
        sentence: What a person would have been told.
        why: Why it is not told.
    """

    integration: str
    kind: Kind
    sentence: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is told now.

    Attributes:
        messages: The messages.
        told: What has been told once they are out.
        held: What stands and is not told.
    """

    messages: tuple[Message, ...] = ()
    told: Mapping[Key, Told] = field(default_factory=dict)
    held: tuple[Held, ...] = ()


def decide(watched: Sequence[Watched], told: Mapping[Key, Told], now: float) -> Decision:
    """What is told now.

    What stands is told once, and again when it comes nearer (`Told.stage`); that it is over is told once. What is
    muted, in a maintenance window, or has nowhere to go is held back and not marked as told: it is told when the
    reason to hold it is gone, if it still stands. What has been told of other integrations than these stays.

    Args:
        watched: The integrations, the worst first.
        told: What has been told.
        now: Seconds of the epoch.
    """
    after, held = dict(told), []
    news: list[tuple[Watched, tuple[News, ...]]] = []
    for each in watched:
        desk = _Desk(each, {key: item for key, item in told.items() if key[0] == each.name}, now)
        fresh = tuple(desk.news())
        for key in desk.before:
            del after[key]
        after |= desk.told
        held += desk.held
        if fresh:
            news.append((each, fresh))
    return Decision(messages=tuple(_messages(news, now)), told=after, held=tuple(held))


class _Desk:
    """What is to be told of one integration.

    Attributes:
        before: What had been told of it.
        told: What has been told of it then.
        held: What is held back.
    """

    def __init__(self, watched: Watched, before: Mapping[Key, Told], now: float) -> None:
        self.before = before
        self.told = dict(before)
        self.held: list[Held] = []
        self._watched = watched
        self._now = now

    def news(self) -> Iterator[News]:
        """What is told of it now, the gravest first."""
        over: list[News] = []
        for kind, rule in RULES.items():
            wanted = rule.wanted(self._watched.settings)
            standing = rule.standing(self._watched) if wanted else []
            for condition in standing:
                yield from self._begun(condition)
            subjects = {condition.subject for condition in standing}
            ended = [item for item in self.before.values() if item.kind is kind and item.subject not in subjects]
            for item in ended:
                over += self._ended(item, rule.over(self._watched, item) if wanted else SILENTLY)
        yield from over

    def _begun(self, condition: Condition) -> Iterator[News]:
        key = (self._watched.name, condition.kind, condition.subject)
        before = self.told.get(key)
        if before is not None and before.over is None and before.stage >= condition.stage:
            return
        why = self._flaps(before) or condition.unconfirmed or self._silence(condition.kind)
        if why:
            self._hold(condition.kind, condition.sentence, why)
            return
        self.told[key] = Told(
            integration=self._watched.name,
            kind=condition.kind,
            subject=condition.subject,
            operation=condition.operation,
            at=self._now,
            stage=condition.stage,
        )
        yield News(
            kind=condition.kind,
            short=condition.short,
            sentence=condition.sentence,
            rule=condition.rule,
            subject=condition.subject,
        )

    def _flaps(self, before: Told | None) -> str:
        """Why what comes back is not told yet, "" where it is: within a day of its end it is held back."""
        if before is None or before.over is None:
            return ""
        until = before.over + _FLAPS_WITHIN
        told = f"it comes and goes: told as gone at {moment(before.over)}, and again from {moment(until)} on"
        return told if self._now < until else ""

    def _ended(self, item: Told, over: Over | None) -> Iterator[News]:
        if item.over is not None:
            if self._now - item.over >= _FLAPS_WITHIN:
                del self.told[item.key]
            return
        if over is None:
            return
        why = self._silence(item.kind) if over.sentence else ""
        if why:
            self._hold(item.kind, over.sentence, why)
            return
        if over.sentence and item.kind in _FLAPPING:
            self.told[item.key] = replace(item, over=self._now)
        else:
            del self.told[item.key]
        if over.sentence:
            yield News(
                kind=item.kind,
                short="recovered",
                sentence=over.sentence,
                rule=over.rule,
                subject=item.subject,
                recovered=True,
            )

    def _silence(self, kind: Kind) -> str:
        """Why nothing is told of a kind now, "" where it is."""
        settings = self._watched.settings
        if not settings.to:
            return "nowhere to send it: `to` under [health.alerts] is empty"
        if self._watched.assessment.maintenance:
            return "in a maintenance window"
        for mute in settings.mutes:
            mine = mute.integration in {"", self._watched.name} and mute.kind in {"", kind}
            if mine and self._now < (end_of(mute.until) or 0.0):
                return f"muted until {mute.until}: {mute.reason}"
        return ""

    def _hold(self, kind: Kind, sentence: str, why: str) -> None:
        self.held.append(Held(integration=self._watched.name, kind=kind, sentence=sentence, why=why))


_Group = list[tuple[Watched, tuple[News, ...]]]


def _messages(news: Iterable[tuple[Watched, tuple[News, ...]]], now: float) -> Iterator[Message]:
    """One message for each upstream and each place it goes to; one for each place where that would be a flood."""
    groups: dict[tuple[str, tuple[str, ...]], _Group] = defaultdict(list)
    for each, fresh in news:
        groups[each.upstream, each.settings.to].append((each, fresh))
    if len(groups) > MOST_MESSAGES:
        joined: dict[tuple[str, tuple[str, ...]], _Group] = defaultdict(list)
        for (_, to), group in groups.items():
            joined["", to] += group
        groups = joined
    for (upstream, to), group in groups.items():
        about = tuple((each.assessment, fresh) for each, fresh in group)
        yield Message(id=_id(upstream, to, about, now), at=now, upstream=upstream, to=to, about=about)


def _id(upstream: str, to: tuple[str, ...], about: tuple[tuple[Assessment, tuple[News, ...]], ...], now: float) -> str:
    parts = [upstream, *to, repr(now)]
    parts += [f"{each.integration} {one.kind} {one.sentence}" for each, fresh in about for one in fresh]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def upstream_of(host: str, contact: str, name: str) -> str:
    """What an integration has in common with others that fail together with it.

    Args:
        host: The host of its canonical URL, "" for none.
        contact: Whom to call upstream, "" for none.
        name: Its own name.
    """
    return host.lower() or contact or name


def targets(settings: Iterable[AlertSettings]) -> tuple[str, ...]:
    """All the references to where alerts go, each once."""
    return tuple(dict.fromkeys(reference for each in settings for reference in each.to))
