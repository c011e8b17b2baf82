from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from browsing import driver  # noqa: F401 - a fixture
from health import postgres
from pytest_integration_contracts.health.store import Store, open_store
from pytest_integration_contracts.manifest.monitoring import DEFAULT_STORE, HealthSettings

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Place:
    """Where a test keeps its history."""

    url: str
    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> HealthSettings:
        return HealthSettings(store=self.url)

    def open(self, timeout: float = 30.0) -> Store:
        return open_store(self.url, self.root, self.environment, timeout=timeout)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a process that is to use it."""
        return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **self.environment}


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A server's address; it is started for the first test that asks, in each process of a test run."""
    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.server() as address:
        yield address


@pytest.fixture
def postgres_place(postgres_server: str, tmp_path: Path) -> Place:
    """An empty database of its own."""
    name = f"test{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    return Place("env:HEALTH_STORE", tmp_path, {"HEALTH_STORE": postgres_server.replace("/postgres?", f"/{name}?")})


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return Place(DEFAULT_STORE, tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """Where there is no history yet: each test that asks runs on both databases."""
    found = request.getfixturevalue(f"{request.param}_place")
    assert isinstance(found, Place)
    return found


@pytest.fixture
def history(place: Place) -> Iterator[Store]:
    """An empty history, on both databases."""
    with place.open() as opened:
        yield opened


@pytest.fixture
def store(sqlite_place: Place) -> Iterator[Store]:
    """An empty history in a SQLite file."""
    with sqlite_place.open() as opened:
        yield opened
