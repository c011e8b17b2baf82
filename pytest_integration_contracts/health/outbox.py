"""What has been told, and the messages on their way, in the same place as the history.

A decision and its messages are written in one transaction, so that two who evaluate at once decide one after the other.
Each message is claimed before it is sent and marked afterwards: one that is killed in between leaves it to the next, so
a message arrives at least once, and twice only where a sender died between sending and marking.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from pytest_integration_contracts.health.database import Database, place
from pytest_integration_contracts.health.messages import Level, Rendered
from pytest_integration_contracts.health.tables import outbox, told
from pytest_integration_contracts.health.watching import Kind, Told

if TYPE_CHECKING:
    from types import TracebackType

# after `database`, which says what to install where it is missing
from sqlalchemy import Connection, delete, insert, select, text, update

LEASE: Final = 300.0
"""For how long a message is one sender's, in seconds: longer than all its attempts take."""

_KEPT: Final = 30 * 86400.0
"""For how long a message that is sent, or dropped, is kept."""

Key = tuple[str, Kind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message on its way to one target.

    Attributes:
        message: The message's id.
        target: The target's name, `env:ALERTS_URL#2`.
        made_at: When it was decided, seconds of the epoch.
        rendered: What is sent.
        tries: How often that has failed.
        error: Why, the last time.
    """

    message: str
    target: str
    made_at: float
    rendered: Rendered
    tries: int = 0
    error: str = ""


def open_outbox(url: str, root: Path, environment: Mapping[str, str], *, timeout: float = 30.0) -> Outbox:
    """Open what has been told, beside the history. Arguments and errors are those of `open_store`."""
    return Outbox(Database(place(url, root, environment), timeout))


class Outbox:
    """What has been told, and the messages on their way. Its methods raise HealthError where that cannot be kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def told(self) -> dict[Key, Told]:
        """What has been told."""
        with self._database.reading() as connection:
            return _told(connection)

    @contextlib.contextmanager
    def deciding(self) -> Iterator[Book]:
        """Decide alone: whoever else wants to waits until this is kept, or nothing is."""
        with self._database.writing() as connection:
            if not self._database.sqlite:
                connection.execute(text(f"LOCK TABLE {told.name} IN SHARE ROW EXCLUSIVE MODE"))
            yield Book(connection)

    def pending(self) -> list[Letter]:
        """The messages that are not sent yet, the oldest first."""
        wanted = (
            select(outbox)
            .where(outbox.c.sent_at.is_(None), outbox.c.dropped_at.is_(None))
            .order_by(outbox.c.made_at, outbox.c.message, outbox.c.target)
        )
        with self._database.reading() as connection:
            return [_letter(row) for row in connection.execute(wanted).mappings()]

    def claim(self, letter: Letter, now: float) -> bool:
        """Make a message this sender's for a while; False where it is another's, or was sent meanwhile."""
        free = (outbox.c.sent_at.is_(None), outbox.c.dropped_at.is_(None), outbox.c.claimed_until <= now)
        return self._change(letter, {"claimed_until": now + LEASE}, *free)

    def sent(self, letter: Letter, now: float) -> None:
        """Note that a message is sent."""
        self._change(letter, {"sent_at": now})

    def failed(self, letter: Letter, tries: int, reason: str) -> None:
        """Note that a message could not be sent, and leave it to the next evaluation."""
        self._change(letter, {"tries": letter.tries + tries, "error": reason, "claimed_until": 0.0})

    def drop(self, before: float, now: float) -> list[Letter]:
        """Give up on messages that are older than a time; those that this call gave up."""
        old = [letter for letter in self.pending() if letter.made_at < before]
        return [each for each in old if self._change(each, {"dropped_at": now}, outbox.c.dropped_at.is_(None))]

    def _change(self, letter: Letter, values: Mapping[str, Any], *conditions: Any) -> bool:  # noqa: ANN401 - SQL
        mine = (outbox.c.message == letter.message, outbox.c.target == letter.target)
        with self._database.writing() as connection:
            return connection.execute(update(outbox).where(*mine, *conditions).values(**values)).rowcount == 1


class Book:
    """What has been told, open to whoever decides."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def told(self) -> dict[Key, Told]:
        """What has been told."""
        return _told(self._connection)

    def keep(self, before: Mapping[Key, Told], after: Mapping[Key, Told], letters: Sequence[Letter]) -> None:
        """Keep what has been told once these messages are sent, and put them on their way."""
        for key, item in before.items():
            if after.get(key) != item:
                mine = zip((told.c.integration, told.c.kind, told.c.subject), key, strict=True)
                self._connection.execute(delete(told).where(*(column == value for column, value in mine)))
        new = [_told_row(item) for key, item in after.items() if before.get(key) != item]
        if new:
            self._connection.execute(insert(told), new)
        if letters:
            self._connection.execute(insert(outbox), [_letter_row(each) for each in letters])

    def forget(self, now: float) -> None:
        """Remove messages that were sent, or dropped, long ago."""
        old = outbox.c.made_at < now - _KEPT
        done = outbox.c.sent_at.is_not(None) | outbox.c.dropped_at.is_not(None)
        self._connection.execute(delete(outbox).where(old, done))


def _told(connection: Connection) -> dict[Key, Told]:
    rows = connection.execute(select(told)).mappings()
    items = [Told(**{**row, "kind": Kind(row["kind"])}) for row in rows]
    return {item.key: item for item in items}


def _told_row(item: Told) -> dict[str, object]:
    return {
        "integration": item.integration,
        "kind": str(item.kind),
        "subject": item.subject,
        "operation": item.operation,
        "at": item.at,
        "stage": item.stage,
        "over": item.over,
    }


def _letter(row: Mapping[Any, Any]) -> Letter:
    rendered = Rendered(title=row["title"], text=row["text"], markdown=row["markdown"], level=Level(row["level"]))
    kept = {name: row[name] for name in ("message", "target", "made_at", "tries", "error")}
    return Letter(rendered=rendered, **kept)


def _letter_row(letter: Letter) -> dict[str, object]:
    return {
        "message": letter.message,
        "target": letter.target,
        "made_at": letter.made_at,
        "title": letter.rendered.title,
        "text": letter.rendered.text,
        "markdown": letter.rendered.markdown,
        "level": str(letter.rendered.level),
        "tries": letter.tries,
        "error": letter.error,
        "claimed_until": 0.0,
    }
