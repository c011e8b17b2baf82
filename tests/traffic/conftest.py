from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic.clients import Addresses
from traffic.tape import Tape
from upstream import Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        handler = server._server.RequestHandlerClass
        handler.do_HEAD = handler.do_GET  # type: ignore[attr-defined]
        yield server


@pytest.fixture
def tape(tmp_path: Path, upstream: Upstream) -> Tape:
    return Tape(tmp_path / "cassettes" / "test_crm" / "test_customer.yaml", Addresses(upstream.url))
