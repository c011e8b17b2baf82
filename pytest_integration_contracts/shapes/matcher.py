"""The fast path's engine: a JSON Schema, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def compiled(schema: dict[str, Any] | bool) -> Callable[[object], bool]:  # noqa: FBT001 - a schema may be a boolean
    """A function that tells whether a value is valid; it says no to everything where the engine cannot compile it.

    The function raises ValueError for a value that the engine cannot read.
    """
    import jsonschema_rs  # noqa: PLC0415 - loaded by the first response, not by pytest's start

    try:
        validator = jsonschema_rs.validator_for(
            schema, pattern_options=jsonschema_rs.RegexOptions(), validate_formats=False
        )
    except ValueError:  # a name with a lone surrogate, or nested as deep as bodies may be
        return _never
    return validator.is_valid


def _never(_body: object) -> bool:
    return False
