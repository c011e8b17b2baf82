"""The fast path: does this body widen the shape?"""

from __future__ import annotations

from collections.abc import Callable

from pytest_integration_contracts.shapes.schema import to_closed_schema
from pytest_integration_contracts.shapes.shape import Shape


class Matcher:
    """Answers for one shape whether a body teaches it anything; compiled at the first question."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._is_valid: Callable[[object], bool] | None = None

    def accepts(self, body: object) -> bool:
        """Whether the body has nothing that the shape has not.

        A body that the engine cannot read (a lone surrogate, too deep) is not accepted: it needs a closer look. So does
        every body of a shape that it cannot read.
        """
        if self._is_valid is None:
            self._is_valid = _compiled(self._shape)
        try:
            return self._is_valid(body)
        except ValueError:
            return False


def _compiled(shape: Shape) -> Callable[[object], bool]:
    import jsonschema_rs  # noqa: PLC0415 - loaded by the first response, not by pytest's start

    try:
        validator = jsonschema_rs.validator_for(
            to_closed_schema(shape), pattern_options=jsonschema_rs.RegexOptions(), validate_formats=False
        )
    except ValueError:  # a name with a lone surrogate, or nested as deep as bodies may be
        return _never
    return validator.is_valid


def _never(_body: object) -> bool:
    return False
