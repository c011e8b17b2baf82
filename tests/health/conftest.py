from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_integration_contracts.health.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty history in a SQLite file."""
    with open_store("sqlite:.contracts/health.sqlite", tmp_path, {}) as opened:
        yield opened
