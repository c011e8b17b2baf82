"""The history of live runs: what is written at the end of each, and what pages and alerts ask of it.

The same on SQLite and PostgreSQL, for many processes at once. What it offers is told in `samples`.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from pytest_integration_contracts.health.database import Database, place
from pytest_integration_contracts.health.rows import (
    bounded_name,
    clean,
    row_of_run,
    row_of_sample,
    run_of_row,
    sample_of_row,
    standing,
)
from pytest_integration_contracts.health.samples import (
    COUNTED,
    GOOD,
    IntegrationRun,
    Rate,
    RunRecord,
    Sample,
    gravest,
    summaries,
    weighted_p95,
)
from pytest_integration_contracts.health.tables import (
    integration_runs,
    integrations,
    runs,
    samples,
    series,
    texts,
    upkeep,
)
from pytest_integration_contracts.model import Verdict

if TYPE_CHECKING:
    from types import TracebackType

# after `database`, which says what to install where it is missing
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

DAY: Final = 86_400.0

_Key = TypeVar("_Key", bound=Hashable)
_Item = TypeVar("_Item")

_MOST_AT_ONCE: Final = 500
"""How many values go into one question: databases bound them."""

_BATCH: Final = 200
"""How many runs are removed in one transaction."""

_EARLIEST: Final = -1e300
"""Before every time that can be."""


def open_store(url: str, root: Path, environment: Mapping[str, str], *, timeout: float = 30.0) -> Store:
    """Open a history; the tables are made, or brought up to date, where they are not.

    Args:
        url: The manifest's `store`: `sqlite:` and a path below the manifest's folder, or `env:NAME`.
        root: The manifest's folder.
        environment: Where `env:NAME` is looked up.
        timeout: How long to wait for another process, an answer or a connection, in seconds.

    Raises:
        HealthError: It cannot be opened, or was written by a newer release.
    """
    return Store(Database(place(url, root, environment), timeout))


class Store:
    """An open history. Its methods raise HealthError where it cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.sqlite else postgresql.insert

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all connections."""
        self._database.close()

    def append(self, run: RunRecord, found: Sequence[Sample], *, maintenance: Collection[str] = ()) -> bool:
        """Keep all of a run, or nothing; whether it was new. A run that is there already stays as it is.

        Args:
            run: The run.
            found: Its samples; of several for one operation the gravest is kept.
            maintenance: Which integrations were in a maintenance window.
        """
        by_operation: dict[tuple[str, str], list[Sample]] = {}
        for each in found:
            named = replace(each, integration=bounded_name(each.integration), operation=bounded_name(each.operation))
            by_operation.setdefault((named.integration, named.operation), []).append(named)
        kept = {key: gravest(each) for key, each in sorted(by_operation.items())}
        summed = list(summaries(run, kept.values(), set(map(bounded_name, maintenance))))
        with self._database.writing() as connection:
            self._database.lock(connection, shared=True)
            number = self._run(connection, run)
            if number is None:
                return False
            numbers = self._named(connection, sorted({name for name, _ in kept}))
            numbered = self._series(connection, list(kept), numbers)
            said = [clean(each.cause) for each in kept.values()]
            words = self._texts(connection, [*said, *map(standing, kept.values())])
            rows = [row_of_sample(each, number, numbered[key], words) for key, each in kept.items()]
            if rows:
                connection.execute(insert(samples), rows)
                connection.execute(
                    insert(integration_runs),
                    [row_of_run(each, number, numbers[each.integration], words) for each in summed],
                )
        return True

    def runs(self, integration: str, *, most: int = 90, until: float | None = None) -> list[IntegrationRun]:
        """The last runs of an integration, the newest first.

        Args:
            integration: The integration.
            most: At most so many.
            until: Only those that ended at this time or before, in seconds of the epoch.
        """
        asked = _summarised().where(integrations.c.name == bounded_name(integration), runs.c.id.is_not(None))
        if until is not None:
            asked = asked.where(integration_runs.c.at <= until)
        asked = asked.order_by(integration_runs.c.at.desc(), integration_runs.c.run.desc()).limit(most)
        with self._database.reading() as connection:
            return [run_of_row(row) for row in connection.execute(asked).mappings()]

    def recent(self, most: int = 90) -> dict[str, list[IntegrationRun]]:
        """The last runs of every integration, the newest first: at most so many of each, in one question."""
        other = integration_runs.alias()
        first = (
            select(other.c.at)
            .where(other.c.integration == integrations.c.number)
            .order_by(other.c.at.desc())
            .offset(most - 1)
            .limit(1)
            .scalar_subquery()
        )
        asked = (
            _summarised()
            .where(integration_runs.c.at >= func.coalesce(first, _EARLIEST))
            .order_by(integrations.c.number, integration_runs.c.at.desc(), integration_runs.c.run.desc())
        )
        found: dict[str, list[IntegrationRun]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(asked).mappings():
                found.setdefault(row["name"], []).append(run_of_row(row))
        return {name: each[:most] for name, each in found.items()}

    def latest(self) -> dict[str, IntegrationRun]:
        """The last run of every integration, in maintenance or not."""
        other = integration_runs.alias()
        mine = other.c.integration == integrations.c.number
        at = select(func.max(other.c.at)).where(mine).scalar_subquery()
        number = select(func.max(other.c.run)).where(mine, other.c.at == integration_runs.c.at).scalar_subquery()
        asked = _summarised(integration_runs.c.at == at, integration_runs.c.run == number)
        with self._database.reading() as connection:
            rows = connection.execute(asked).mappings()
            return {row["name"]: run_of_row(row) for row in rows if row["id"] is not None}

    def rates(self, now: float, windows: Iterable[float]) -> dict[str, dict[float, Rate]]:
        """By integration and window how many runs counted, and how many of them were good.

        Args:
            now: When the windows end, seconds of the epoch.
            windows: How long they are, in seconds.

        Returns:
            Every integration, with every window; `Rate(0, 0)` where nothing counted.
        """
        windows = tuple(windows)
        counts = [
            _count(verdicts, now - window, now).scalar_subquery()
            for window in windows
            for verdicts in (GOOD, COUNTED - GOOD)
        ]
        with self._database.reading() as connection:
            return {
                name: {
                    window: Rate(good, good + bad)
                    for window, good, bad in zip(windows, found[::2], found[1::2], strict=True)
                }
                for name, *found in connection.execute(select(integrations.c.name, *counts))
            }

    def last_good(self) -> dict[str, float]:
        """When each integration last held, as seconds of the epoch; without those that never did."""
        with self._database.reading() as connection:
            found = self._last_times(connection)
        good = {name: [last[verdict] for verdict in GOOD if verdict in last] for (name, _), last in found.items()}
        return {name: max(times) for name, times in good.items() if times}

    def since(self) -> dict[str, float]:
        """Since when each integration has the verdict that it has now: the first run after the last of another one."""
        began: dict[str, float] = {}
        with self._database.reading() as connection:
            found = self._last_times(connection)
            for some in _portions(sorted(found)):
                ends = {number: sorted(found[name, number].values()) for name, number in some}
                others = {number: times[-2] if len(times) > 1 else -math.inf for number, times in ends.items() if times}
                if others:
                    # of two verdicts at one moment neither is the other's stretch
                    last = {name: ends[number][-1] for name, number in some if number in others}
                    began |= last | self._first_after(connection, others)
        return began

    def samples(self, integration: str, *, run: str | None = None) -> list[Sample]:
        """What a run found about an integration, sorted by operation.

        Args:
            integration: The integration.
            run: The run's id; without it, the last one that asked about this integration.
        """
        asked = _sampled().where(integrations.c.name == bounded_name(integration)).order_by(series.c.operation)
        if run is None:
            last = (
                select(integration_runs.c.run)
                .join(integrations, integrations.c.number == integration_runs.c.integration)
                .where(integrations.c.name == bounded_name(integration))
                .order_by(integration_runs.c.at.desc(), integration_runs.c.run.desc())
                .limit(1)
            )
        else:
            last = select(runs.c.number).where(runs.c.id == bounded_name(run))
        with self._database.reading() as connection:
            rows = connection.execute(asked.where(samples.c.run == last.scalar_subquery())).mappings()
            return [sample_of_row(integration, row) for row in rows]

    def last_samples(self) -> dict[str, list[Sample]]:
        """What the last run of every integration found, sorted by operation."""
        number = (
            select(integration_runs.c.run)
            .where(integration_runs.c.integration == integrations.c.number)
            .order_by(integration_runs.c.at.desc(), integration_runs.c.run.desc())
            .limit(1)
            .scalar_subquery()
        )
        found: dict[str, list[Sample]] = {}
        with self._database.reading() as connection:
            rows = connection.execute(select(integrations.c.number, number))
            for some in _portions([(integration, run) for integration, run in rows if run is not None]):
                last = dict(some)
                mine = samples.c.run == case(last, value=integrations.c.number)
                asked = (
                    _sampled().where(samples.c.run.in_(sorted(set(last.values()))), mine).order_by(series.c.operation)
                )
                for row in connection.execute(asked).mappings():
                    found.setdefault(row["name"], []).append(sample_of_row(row["name"], row))
        return found

    def latencies(self, now: float, window: float) -> dict[str, tuple[int, float]]:
        """By integration how many answers there were, and how long 95 in 100 of them took, in seconds.

        It is estimated from each run's (`samples.weighted_p95`). Those that nothing was measured of are left out.

        Args:
            now: When the window ends, seconds of the epoch.
            window: How long it is, in seconds.
        """
        asked = (
            select(integrations.c.name, integration_runs.c.answers, integration_runs.c.p95)
            .select_from(integrations)
            .join(
                integration_runs,
                and_(
                    integration_runs.c.integration == integrations.c.number,
                    integration_runs.c.at > now - window,
                    integration_runs.c.at <= now,
                    integration_runs.c.p95.is_not(None),
                    integration_runs.c.answers > 0,
                ),
                isouter=True,
            )
        )
        measured: dict[str, list[tuple[float, int]]] = {}
        with self._database.reading() as connection:
            for name, answers, p95 in connection.execute(asked):
                if p95 is not None:
                    measured.setdefault(name, []).append((p95, answers))
        found = {}
        for name, pairs in measured.items():
            slow = weighted_p95(pairs)
            if slow is not None:
                found[name] = (sum(answers for _, answers in pairs), slow)
        return found

    def prune(self, before: float, *, within: float = math.inf) -> int:
        """Remove the runs that ended before a time, the oldest first and some at once; how many there were.

        Args:
            before: Seconds of the epoch.
            within: For how long, in seconds; the rest is left for the next time.
        """
        end = time.monotonic() + within
        removed = 0
        while time.monotonic() < end:
            with self._database.writing() as connection:
                some = _remove(connection, before)
            removed += some
            if some < _BATCH:
                break
        with self._database.writing() as connection:
            self._database.lock(connection, shared=False)
            connection.execute(delete(texts).where(*(~_refers(each) for each in _REFERENCES)))
        return removed

    def retain(self, keep_for: float, now: float, *, within: float = math.inf) -> int:
        """Remove what is older than that, once a day, whoever asks first; how many runs there were.

        Args:
            keep_for: How long history is kept, in seconds; 0 for ever.
            now: Seconds of the epoch.
            within: For how long to work on it, in seconds.
        """
        if keep_for <= 0:
            return 0
        mine = upkeep.c.task == "prune"
        with self._database.reading() as connection:
            last = connection.execute(select(upkeep.c.at).where(mine)).scalar()
        if last is not None and last > now - DAY:
            return 0
        with self._database.writing() as connection:
            first = self._insert(upkeep).values(task="prune", at=-math.inf if last is None else last)
            connection.execute(first.on_conflict_do_nothing())
            due = update(upkeep).where(mine, upkeep.c.at <= now - DAY).values(at=now)
            if connection.execute(due).rowcount != 1:
                return 0
        return self.prune(now - keep_for, within=within)

    def _last_times(self, connection: Connection) -> dict[tuple[str, int], dict[Verdict, float]]:
        """By integration, its name and number, when it last had each verdict outside of maintenance."""
        verdicts = list(Verdict)
        last = [
            select(func.max(integration_runs.c.at))
            .where(
                integration_runs.c.integration == integrations.c.number,
                integration_runs.c.maintenance.is_(False),
                integration_runs.c.verdict == str(verdict),
            )
            .scalar_subquery()
            for verdict in verdicts
        ]
        return {
            (name, number): {verdict: at for verdict, at in zip(verdicts, times, strict=True) if at is not None}
            for name, number, *times in connection.execute(select(integrations.c.name, integrations.c.number, *last))
        }

    def _first_after(self, connection: Connection, times: Mapping[int, float]) -> dict[str, float]:
        """By integration the first run outside of maintenance after a time, which is given by its number."""
        first = (
            select(integration_runs.c.at)
            .where(
                integration_runs.c.integration == integrations.c.number,
                integration_runs.c.maintenance.is_(False),
                integration_runs.c.at > case(times, value=integrations.c.number),
            )
            .order_by(integration_runs.c.at)
            .limit(1)
            .scalar_subquery()
        )
        asked = select(integrations.c.name, first).where(integrations.c.number.in_(times))
        return {name: at for name, at in connection.execute(asked) if at is not None}

    def _run(self, connection: Connection, run: RunRecord) -> int | None:
        """The number of a new run; None for one that is there."""
        row = {
            "id": bounded_name(run.id),
            "at": run.at,
            "commit": clean(run.commit),
            "host": clean(run.host),
            "partial": clean(run.partial),
        }
        new = self._insert(runs).values(row).on_conflict_do_nothing()
        if connection.execute(new, execution_options={"preserve_rowcount": True}).rowcount != 1:
            return None
        return int(connection.execute(select(runs.c.number).where(runs.c.id == row["id"])).scalar_one())

    def _named(self, connection: Connection, names: Sequence[str]) -> dict[str, int]:
        """The numbers of integrations; those that are new get one."""

        def known() -> dict[str, int]:
            return dict(
                _chosen(connection, select(integrations.c.name, integrations.c.number), integrations.c.name, names)
            )

        return self._known_or_new(connection, integrations, known, names, lambda name: {"name": name})

    def _series(
        self, connection: Connection, keys: Sequence[tuple[str, str]], named: Mapping[str, int]
    ) -> dict[tuple[str, str], int]:
        """The numbers of operations; those that are new get one."""
        back = {number: name for name, number in named.items()}
        asked = select(series.c.integration, series.c.operation, series.c.number)

        def known() -> dict[tuple[str, str], int]:
            rows = _chosen(connection, asked, series.c.integration, list(back))
            return {(back[integration], operation): number for integration, operation, number in rows}

        return self._known_or_new(
            connection, series, known, keys, lambda key: {"integration": named[key[0]], "operation": key[1]}
        )

    def _texts(self, connection: Connection, words: Iterable[str]) -> dict[str, int]:
        """The numbers of texts; those that are new get one."""
        digests = {hashlib.sha256(each.encode()).hexdigest(): each for each in words if each}

        def known() -> dict[str, int]:
            rows = _chosen(connection, select(texts.c.digest, texts.c.number), texts.c.digest, list(digests))
            return {digests[digest]: number for digest, number in rows}

        back = {each: digest for digest, each in digests.items()}
        return self._known_or_new(
            connection,
            texts,
            known,
            sorted(back, key=back.__getitem__),
            lambda each: {"digest": back[each], "text": each},
        )

    def _known_or_new(
        self,
        connection: Connection,
        table: Table,
        known: Callable[[], dict[_Key, int]],
        keys: Sequence[_Key],
        row: Callable[[_Key], dict[str, object]],
    ) -> dict[_Key, int]:
        """Numbers by key. Keys are sorted: writers that wait for each other's new rows do not do so in a circle."""
        found = known()
        new = [row(key) for key in keys if key not in found]
        if not new:
            return found
        connection.execute(self._insert(table).on_conflict_do_nothing(), new)
        return known()


_REFERENCES: Final = (samples.c.cause, samples.c.changes, integration_runs.c.cause)


def _refers(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return exists().where(column == texts.c.number)


def _remove(connection: Connection, before: float) -> int:
    """Remove the oldest runs, with all that was found in them."""
    asked = select(runs.c.number, runs.c.at).where(runs.c.at < before).order_by(runs.c.at).limit(_BATCH)
    old = connection.execute(asked).all()
    if old:
        numbers = [number for number, _ in old]
        connection.execute(delete(samples).where(samples.c.run.in_(numbers)))
        connection.execute(
            delete(integration_runs).where(
                integration_runs.c.integration.in_(select(integrations.c.number)),
                integration_runs.c.at <= old[-1][1],
                integration_runs.c.run.in_(numbers),
            )
        )
        connection.execute(delete(runs).where(runs.c.number.in_(numbers)))
    return len(old)


def _chosen(
    connection: Connection, asked: Select[Any], column: ColumnElement[Any], values: Sequence[object]
) -> Iterator[Any]:
    """The rows with one of many values."""
    for some in _portions(values):
        yield from connection.execute(asked.where(column.in_(some)))


def _portions(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[at : at + _MOST_AT_ONCE] for at in range(0, len(items), _MOST_AT_ONCE))


def _count(verdicts: Iterable[Verdict], after: float, until: float) -> Select[Any]:
    """How many runs of an integration had one of some verdicts; the index has all that it takes."""
    return select(func.count()).where(
        integration_runs.c.integration == integrations.c.number,
        integration_runs.c.maintenance.is_(False),
        integration_runs.c.verdict.in_(sorted(map(str, verdicts))),
        integration_runs.c.at > after,
        integration_runs.c.at <= until,
    )


def _summarised(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Rows of what `_integration_run` reads; an integration without any has one row with nothing but its name.

    SQLite then begins with the few integrations: an inner join it may begin with all of their runs.
    """
    mine = integration_runs.c
    return (
        select(
            *(column for column in mine if column.name not in {"integration", "run", "cause"}),
            integrations.c.name,
            texts.c.text.label("why"),
            runs.c.id,
            runs.c.commit,
            runs.c.host,
            runs.c.partial,
        )
        .select_from(integrations)
        .join(integration_runs, and_(mine.integration == integrations.c.number, *conditions), isouter=True)
        .join(runs, runs.c.number == mine.run, isouter=True)
        .join(texts, texts.c.number == mine.cause, isouter=True)
    )


def _sampled() -> Select[Any]:
    """Rows of what `_sample` reads."""
    cause, standing = texts.alias(), texts.alias()
    return (
        select(
            samples,
            series.c.operation,
            integrations.c.name,
            cause.c.text.label("why"),
            standing.c.text.label("standing"),
        )
        .select_from(integrations)
        .join(series, series.c.integration == integrations.c.number)
        .join(samples, samples.c.series == series.c.number)
        .join(cause, cause.c.number == samples.c.cause, isouter=True)
        .join(standing, standing.c.number == samples.c.changes, isouter=True)
    )
