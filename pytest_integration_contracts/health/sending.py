"""Sends messages. The one module that imports apprise, and only loaded when something is to be sent.

No address is shown, for an address is a secret: it goes by its reference, `env:ALERTS_URL`, and where that holds
several, by its place in it, `env:ALERTS_URL#2`. What apprise says of a failure is shown without any part of it.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from pytest_integration_contracts.errors import HealthError, UsageError
from pytest_integration_contracts.health.messages import Rendered

try:
    from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType, OverflowMode
except ImportError as error:
    raise HealthError(
        f"alerts need {error.name}, which is not installed: pip install 'pytest-integration-contracts[health]'"
    ) from error

MAX_SECONDS: Final = 20.0
"""How long one attempt at one target may take: apprise bounds each wait for an answer, not their sum."""

_REFERENCE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_BETWEEN = re.compile(r"[\s,;]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_PIECE = re.compile(r"[^/:@?&=,;#\s]{3,}")
_MAX_REASON: Final = 200
_HIDDEN: Final = "***"
_LOGGERS: Final = ("apprise", "urllib3")
"""Who would log addresses: the second is what apprise asks webhooks with."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages go.

    Attributes:
        name: What it is called, `env:ALERTS_URL`.
        url: Its address for apprise; never shown.
    """

    name: str
    url: str = field(repr=False)


def targets_of(references: Iterable[str], environment: Mapping[str, str]) -> list[Target]:
    """The targets that references stand for, each reference perhaps for several.

    Raises:
        UsageError: One is no reference, or its variable is not set or holds no address.
    """
    return [target for reference in references for target in _targets(reference, environment)]


def _targets(reference: str, environment: Mapping[str, str]) -> list[Target]:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        shown = reference if "://" not in reference else f"{reference.partition('://')[0]}://{_HIDDEN}"
        raise UsageError(
            f"[health.alerts] to: {shown!r} is no reference; put the address into a variable of the environment, and"
            ' write to = ["env:ALERTS_URL"]'
        )
    value = environment.get(found[1], "").strip()
    if not value:
        raise UsageError(
            f"[health.alerts] to: the environment has no {found[1]}; set it to one or more apprise addresses,"
            " as in mailto://user:password@mail.example"
        )
    urls = _BETWEEN.split(value)
    names = [reference] if len(urls) == 1 else [f"{reference}#{place}" for place in range(1, len(urls) + 1)]
    targets = [Target(name, url) for name, url in zip(names, urls, strict=True)]
    for target in targets:
        _apprise(target)
    return targets


def _apprise(target: Target) -> Apprise:
    """What sends to one target.

    Raises:
        UsageError: It is no address that apprise knows.
    """
    # the time is bounded here, where nothing that hangs keeps the process from ending
    asset = AppriseAsset(app_id="integration-contracts", storage_mode="memory", service_timeout=0)
    sender = Apprise(asset=asset)
    with _quietly():
        known = sender.add(target.url)
    if not known:
        raise UsageError(
            f"[health.alerts] to: what {target.name} holds is no address that apprise knows;"
            " see https://appriseit.com/services/"
        )
    if "overflow=" not in target.url:
        sender[0].overflow_mode = OverflowMode.SPLIT  # a service would refuse what is too long for it, each time again
    return sender


def send(target: Target, message: Rendered, *, most: float = MAX_SECONDS) -> str:
    """Send a message to one target once; why that failed, without secrets, "" where it did not.

    Args:
        target: Where to.
        message: What.
        most: How long to wait at most, in seconds; what hangs is left behind.
    """
    with _quietly() as said:
        outcome: list[bool | Exception] = []
        worker = threading.Thread(target=_notify, args=(target, message, outcome), daemon=True)
        worker.start()
        worker.join(most)
        heard = list(said)
    if not outcome:
        return f"no answer within {most:g} s"
    if outcome[0] is True:
        return ""
    reason = str(outcome[0]) if isinstance(outcome[0], Exception) else next(iter(heard), "it was not taken")
    return scrubbed(reason, target.url)


def _notify(target: Target, message: Rendered, outcome: list[bool | Exception]) -> None:
    try:
        sender = _apprise(target)
        rich = _is_rich(sender)
        done = sender.notify(
            title=message.title,
            body=message.markdown if rich else message.text,
            body_format=NotifyFormat.MARKDOWN if rich else NotifyFormat.TEXT,
            notify_type=NotifyType(message.level.value),
        )
        outcome.append(bool(done))
    except Exception as error:  # noqa: BLE001 - of a hundred services, none may end the others
        outcome.append(error)


def _is_rich(sender: Apprise) -> bool:
    """Whether a service is to be given more than plain text: its own default, or what `?format=` asks for."""
    return sender[0].resolve_format().value in {"markdown", "html"}


class _Keeping(logging.Handler):
    """Keeps what is warned of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextlib.contextmanager
def _quietly() -> Iterator[list[str]]:
    """Let nothing of what apprise logs reach a screen or a file; what is warned of is given back."""
    keeping = _Keeping()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger.propagate, logger.handlers[:]) for logger in loggers]
    for logger in loggers:
        logger.propagate, logger.handlers = False, [keeping]
    try:
        yield keeping.said
    finally:
        for logger, (propagate, handlers) in zip(loggers, before, strict=True):
            logger.propagate, logger.handlers = propagate, handlers


def scrubbed(text: str, url: str) -> str:
    """A text, in one line, without any part of an address: which of its parts is the secret depends on the service."""
    scheme, _, rest = url.partition("://")
    pieces = {piece for form in (rest, unquote(rest)) for piece in _PIECE.findall(form)} - {scheme}
    line = " ".join(text.split()).replace(rest, _HIDDEN).replace(unquote(rest), _HIDDEN)
    for piece in sorted(pieces, key=len, reverse=True):
        line = line.replace(piece, _HIDDEN)
    return line[:_MAX_REASON] or "it was not taken"
