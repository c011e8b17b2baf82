"""Figures and foreign text in words, the same wherever health is shown."""

from __future__ import annotations

import math
from typing import Final

from pytest_integration_contracts.health.samples import Rate

ENOUGH: Final = 5
"""From so many runs on a percentage says something."""

_NEARLY_ALL: Final = 99.0


def success(rate: Rate) -> str:
    """How often an integration held, never without how often it was asked: `26 of 28 (92 %)`, `1 of 1`, `no data`.

    Percentages are rounded down: what failed once in ten thousand runs is no 100 %.
    """
    if not rate.n:
        return "no data"
    told = f"{rate.good} of {rate.n}"
    if rate.n < ENOUGH:
        return told
    percent = 100 * rate.good / rate.n
    shown = f"{math.floor(percent * 10) / 10:g}" if percent > _NEARLY_ALL else f"{math.floor(percent)}"
    return f"{told} ({shown} %)"


def seconds(value: float) -> str:
    """How long something took: `80 ms`, `0.4 s`, `12 s`."""
    return f"{round(value * 1000)} ms" if value < 0.1 else f"{value:.2g} s" if value < 10 else f"{round(value)} s"  # noqa: PLR2004
