"""The fast path as callers use it."""

from __future__ import annotations

from collections.abc import Callable

from pytest_integration_contracts.shapes.shape import Shape


def matcher_of(shape: Shape) -> Callable[[object], bool]:
    """What answers whether a body is of that shape."""
    if hasattr(shape, "accepts"):
        return shape.accepts
    from pytest_integration_contracts.shapes.matcher import Matcher

    return Matcher(shape).accepts
