"""A connection to what history is kept in, SQLite or PostgreSQL, and one clear error where there is none.

No password is shown: neither the database's messages nor the address are passed on with one in it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

from pytest_integration_contracts.errors import HealthError
from pytest_integration_contracts.files import leads_outside
from pytest_integration_contracts.health import folder

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

try:
    from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
except ImportError as error:
    raise HealthError(
        f"`[health]` needs {error.name}, which is not installed: pip install 'pytest-integration-contracts[health]'"
    ) from error

from pytest_integration_contracts.health.tables import VERSION_TABLE

HEAD: Final = "0001"
"""How far the tables of this release are: the last of `migrations/versions`."""

LOCK: Final = 0x636F6E7472616374
"""What processes lock in PostgreSQL that bring tables up to date, or remove what others might refer to."""

_POSTGRES: Final = frozenset({"postgres", "postgresql"})
_WRITES: Final = "health_writes"


@dataclass(frozen=True, slots=True)
class Place:
    """Where history is kept.

    Attributes:
        url: How to get there.
        shown: What it is called in messages, without a password.
    """

    url: URL
    shown: str


def place(store: str, root: Path, environment: Mapping[str, str]) -> Place:
    """What the manifest's `store` means.

    Raises:
        HealthError: It means nothing, or leads out of the manifest's folder.
    """
    kind, _, rest = store.partition(":")
    if kind == "sqlite" and rest and not rest.startswith("//"):
        return _file(rest, root)
    if kind != "env" or not rest:
        raise HealthError(
            f"[health] store = {_masked(store)!r}: is neither `sqlite:PATH` below the manifest's folder nor `env:NAME`"
        )
    address = environment.get(rest, "").strip()
    if not address:
        raise HealthError(
            f"[health] store: the environment has no {rest}; set it to the database's address,"
            " as in postgresql://user:password@host/database"
        )
    return _address(address, f"env:{rest}")


def _file(name: str, root: Path) -> Place:
    path = root / name
    if Path(name).is_absolute() or not path.resolve().is_relative_to(root.resolve()) or leads_outside(path, root):
        raise HealthError(f"[health] store: {name} is not below {root}; write a path below the manifest's folder")
    try:
        folder.make(path.parent, root)
    except OSError as error:
        raise HealthError(f"{path.parent}: cannot be made: {error.strerror}") from error
    return Place(URL.create("sqlite", database=str(path)), name)


def _address(address: str, name: str) -> Place:
    try:
        url = make_url(address)
        if url.drivername in _POSTGRES:
            url = url.set(drivername="postgresql+psycopg")
        kind = url.get_backend_name()
    except (ArgumentError, ValueError):
        kind = ""
    if kind not in {"postgresql", "sqlite"} or (kind == "sqlite" and url.database in {None, "", ":memory:"}):
        raise HealthError(
            f"{name}: holds no address of a PostgreSQL database or a SQLite file;"
            " set it to postgresql://user:password@host/database"
        )
    if kind == "sqlite":
        return Place(url, f"{name} (sqlite {url.database})")
    host = url.host or url.query.get("host") or "localhost"
    return Place(url, f"{name} (postgresql {host}:{url.port or 5432}/{url.database or ''})")


class Database:
    """What history is kept in. Its tables are those of this release.

    Attributes:
        shown: What it is called in messages.
        engine: What SQLAlchemy has of it.
    """

    def __init__(self, where: Place, timeout: float) -> None:
        """Connect, and bring the tables up to date.

        Args:
            where: Where it is.
            timeout: How long to wait for another process, an answer or a connection, in seconds.

        Raises:
            HealthError: It cannot be opened, or was written by a newer release.
        """
        self.shown = where.shown
        self._secrets = _secrets(where.url)
        self._timeout = timeout
        self.sqlite = where.url.get_backend_name() == "sqlite"
        with self._told("cannot be opened"):
            self.engine = self._engine(where.url)
        try:
            self._bring_up_to_date()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all connections."""
        self.engine.dispose()

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one moment.

        Raises:
            HealthError: It cannot be read.
        """
        return self._transaction("cannot be read", writes=False)

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction: all of what is done in it or, after an error, nothing.

        Raises:
            HealthError: It cannot be written.
        """
        return self._transaction("cannot be written", writes=True)

    def lock(self, connection: Connection, *, shared: bool) -> None:
        """Until the transaction ends, keep out who locks alone, or everybody; SQLite has one writer anyway."""
        if not self.sqlite:
            function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
            connection.execute(text(f"SELECT {function}(:lock)"), {"lock": LOCK})

    @contextlib.contextmanager
    def _transaction(self, failure: str, *, writes: bool) -> Iterator[Connection]:
        with (
            self._told(failure),
            self.engine.connect().execution_options(**{_WRITES: writes}) as connection,
            connection.begin(),
        ):
            yield connection

    def _engine(self, url: URL) -> Engine:
        if self.sqlite:
            engine = create_engine(url, connect_args={"timeout": self._timeout})
            event.listen(engine, "connect", self._new_file_connection)
        else:
            options = {"connect_timeout": max(2, int(self._timeout)), "prepare_threshold": None}
            engine = create_engine(url, connect_args=options, pool_pre_ping=True, pool_timeout=self._timeout)
        event.listen(engine, "begin", self._begin)
        return engine

    def _new_file_connection(self, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        """Transactions are begun by us, and readers do not wait for the writer (https://sqlite.org/wal.html)."""
        connection.isolation_level = None
        end = time.monotonic() + self._timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError:
                # two that turn it on at once do not wait for each other
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _begin(self, connection: Connection) -> None:
        if self.sqlite:
            writes = connection.get_execution_options().get(_WRITES)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
        else:
            milliseconds = str(max(1, int(self._timeout * 1000)))
            connection.execute(
                text("SELECT set_config('statement_timeout', :most, true), set_config('lock_timeout', :most, true)"),
                {"most": milliseconds},
            )

    def _bring_up_to_date(self) -> None:
        """One process does so, and all others wait for it."""
        with self._transaction("cannot be opened", writes=False) as connection:
            if _revision(connection) == HEAD:
                return
        from pytest_integration_contracts.health import migrating

        with self._transaction("cannot be opened", writes=True) as connection:
            self.lock(connection, shared=False)
            found = _revision(connection)
            if found == HEAD:
                return
            if found is not None and not migrating.known(found):
                raise HealthError(
                    f"{self.shown}: was written by a newer release of pytest-integration-contracts (its tables are"
                    f" {found}, this release knows {HEAD}); upgrade it: pip install --upgrade"
                    " 'pytest-integration-contracts[health]'"
                )
            migrating.upgrade(connection)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except (NoSuchModuleError, ImportError) as error:
            name = getattr(error, "name", None) or "a driver"
            raise HealthError(
                f"{self.shown}: {what}: {name} is not installed: pip install 'pytest-integration-contracts[postgres]'"
            ) from None
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise HealthError(f"{self.shown}: {what}: {self._reason(error)}") from None

    def _reason(self, error: Exception) -> str:
        """The database's own words, in one line and without a password."""
        words = " ".join(str(getattr(error, "orig", None) or error).split())
        for secret in self._secrets:
            words = words.replace(secret, "***")
        if "locked" in words:
            return f"{words}; another process has been writing for {self._timeout:g} s"
        return words[:300]


def _revision(connection: Connection) -> str | None:
    """How far the tables are; None for no tables."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - our own name


def _secrets(url: URL) -> list[str]:
    """What must not be shown, the longest first: drivers quote what they were given in several ways."""
    found: set[str] = set()
    values: list[Any] = [url.password, *(value for key, value in url.query.items() if "pass" in key.lower())]
    for value in values:
        if isinstance(value, str) and value:
            found |= {value, quote(value, safe=""), quote_plus(value)}
    return sorted(found, key=len, reverse=True)


def _masked(store: str) -> str:
    """What somebody wrote into the manifest, with no password that is in it."""
    return f"{store.partition('://')[0]}://***" if "://" in store else store
