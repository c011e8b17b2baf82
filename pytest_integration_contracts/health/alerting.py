"""One evaluation: look, decide, put messages on their way, and send what is on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pytest_integration_contracts.health.alerts import Decision, Key, Message, decide, upstream_of
from pytest_integration_contracts.health.assessment import Assessment, Overview
from pytest_integration_contracts.health.messages import Rendered, render
from pytest_integration_contracts.health.outbox import Letter, Outbox
from pytest_integration_contracts.health.samples import Rate, Sample
from pytest_integration_contracts.health.standing import weighed
from pytest_integration_contracts.health.watching import LOOKED, Kind, Told, Watched
from pytest_integration_contracts.manifest.manifest import Integration, Manifest, authority, split_url
from pytest_integration_contracts.manifest.monitoring import AlertSettings

if TYPE_CHECKING:
    from pytest_integration_contracts.health.sending import Target

TRIES: Final = 3
"""How often sending a message is tried in one evaluation."""

KEPT_FOR: Final = 7 * 86400.0
"""For how long a message that cannot be sent is tried again, in seconds."""

_BACKOFF: Final = 1.0
_RUNS: Final = 6

Send = Callable[["Target", Rendered], str]
"""Sends a message once; why that failed, "" where it did not."""


class Runs(Protocol):
    """What is asked of a store."""

    def samples(self, integration: str, *, run: str | None = None) -> Sequence[Sample]:
        """Those of one run of one integration."""

    def rates(self, now: float, windows: Sequence[float]) -> Mapping[str, Mapping[float, Rate]]:
        """By integration and window how many runs counted, and how many of them held."""


def watch(store: Runs, manifest: Manifest, seen: Overview, told: Mapping[Key, Told], now: float) -> list[Watched]:
    """The integrations of an overview with all that alerts go by.

    Args:
        store: The history.
        manifest: What is declared.
        seen: How they stand.
        told: What has been told: of what stands, more of the history is looked at.
        now: Seconds of the epoch.
    """
    settings = {each.integration: settings_of(manifest, each.integration) for each in seen.assessments}
    windows = sorted({each.success_rate.over for each in settings.values() if each.success_rate})
    rates = store.rates(now, windows) if windows else {}
    about = {name for name, kind, _ in told if kind in {Kind.DRIFT, Kind.SUNSET}}
    found = []
    for assessment in seen.assessments:
        name = assessment.integration
        mine = settings[name]
        over = mine.success_rate.over if mine.success_rate else 0.0
        found.append(
            Watched(
                assessment=assessment,
                settings=mine,
                now=now,
                upstream=_upstream(manifest.integrations[name]),
                recent=_recent(store, assessment, mine, known=name in about),
                rate=rates.get(name, {}).get(over, Rate()),
            )
        )
    return found


def settings_of(manifest: Manifest, name: str) -> AlertSettings:
    """What is told about an integration, and to whom."""
    return manifest.integrations[name].alerts or (manifest.health.alerts if manifest.health else AlertSettings())


def _upstream(integration: Integration) -> str:
    canonical = next((each.canonical for each in integration.prefixes if not each.label), "")
    return upstream_of(authority(split_url(canonical))[0], integration.contact, integration.name)


def _recent(
    store: Runs, assessment: Assessment, settings: AlertSettings, *, known: bool
) -> tuple[tuple[Sample, ...], ...]:
    """The samples of its last runs, the newest first: of one, or of several where what stands depends on them."""
    runs = weighed(assessment.runs)[::-1]
    if not runs:
        return ()
    is_last = runs[0].run.id == assessment.runs[-1].run.id
    last = assessment.operations if is_last else tuple(store.samples(assessment.integration, run=runs[0].run.id))
    if not known and all(sample.verdict in LOOKED and not sample.changes for sample in last):
        return (last,)
    wanted = max(_RUNS, settings.recovered)
    return (last, *(tuple(store.samples(assessment.integration, run=run.run.id)) for run in runs[1:wanted]))


def evaluate(
    outbox: Outbox, look: Callable[[Mapping[Key, Told]], Sequence[Watched]], targets: Sequence[Target], now: float
) -> Decision:
    """Decide what is told now, and put it on its way.

    Args:
        outbox: What has been told.
        look: Looks at the integrations; called when nobody else decides.
        targets: Where messages go.
        now: Seconds of the epoch.
    """
    with outbox.deciding() as book:
        told = book.told()
        decision = decide(look(told), told, now)
        letters = [letter for message in decision.messages for letter in _letters(message, targets)]
        book.keep(told, decision.told, letters)
        book.forget(now)
    return decision


def _letters(message: Message, targets: Iterable[Target]) -> Iterable[Letter]:
    rendered = render(message)
    for target in targets:
        if target.name.partition("#")[0] in message.to:
            yield Letter(message=message.id, target=target.name, made_at=message.at, rendered=rendered)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of messages on their way.

    Attributes:
        sent: What arrived.
        failed: What could not be sent, each with why; it is tried again at the next evaluation.
        dropped: What could not be sent for too long.
    """

    sent: tuple[Letter, ...]
    failed: tuple[tuple[Letter, str], ...]
    dropped: tuple[Letter, ...]


def deliver(
    outbox: Outbox,
    targets: Iterable[Target],
    *,
    send: Send,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Delivery:
    """Send what is on its way, to each target for itself; a target that fails is not tried again for the rest.

    Args:
        outbox: The messages.
        targets: Where to.
        send: Sends one message to one target.
        clock: The time, seconds of the epoch.
        sleep: Waits for some seconds.
    """
    known = {target.name: target for target in targets}
    dropped = outbox.drop(clock() - KEPT_FOR, clock())
    sent: list[Letter] = []
    failed: list[tuple[Letter, str]] = []
    broken: dict[str, str] = {}
    for letter in outbox.pending():
        if not outbox.claim(letter, clock()):
            continue
        why, tries = broken.get(letter.target, ""), 0
        if not why:
            why, tries = _attempt(letter, known.get(letter.target), send, sleep)
        if why:
            broken[letter.target] = why
            outbox.failed(letter, tries, why)
            failed.append((letter, why))
        else:
            outbox.sent(letter, clock())
            sent.append(letter)
    return Delivery(tuple(sent), tuple(failed), tuple(dropped))


def _attempt(letter: Letter, target: Target | None, send: Send, sleep: Callable[[float], None]) -> tuple[str, int]:
    """Why a message could not be sent, "" where it was, and how often that failed."""
    if target is None:
        return f"{letter.target} is no longer among `to`", 0
    why = ""
    for attempt in range(TRIES):
        if attempt:
            sleep(_BACKOFF * 3.0 ** (attempt - 1))
        why = send(target, letter.rendered)
        if not why:
            return "", attempt
    return why, TRIES
