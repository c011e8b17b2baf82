from __future__ import annotations

from browsing import driver  # noqa: F401 - a fixture
