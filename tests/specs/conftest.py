from __future__ import annotations

from collections.abc import Iterator

import pytest

from upstream import Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server
