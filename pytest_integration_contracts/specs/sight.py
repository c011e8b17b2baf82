"""How much of what a consumer relies on a document can see at all."""

from __future__ import annotations

from typing import NamedTuple

from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape


class Sight(NamedTuple):
    """Fields of bodies.

    Attributes:
        fields: How many there are.
        declared: How many of them the document has.
        required: How many of these it declares required.
    """

    fields: int = 0
    declared: int = 0
    required: int = 0

    def plus(self, other: Sight) -> Sight:
        """Both together."""
        return Sight(*map(sum, zip(self, other, strict=True)))


def sight(body: Shape, declared: Shape) -> Sight:
    """What a declared shape has of the fields of a body.

    Args:
        body: What was seen.
        declared: What is declared of it; unknown where nothing is.
    """
    found = Sight()
    known = declared.record
    for name, member in body.fields.items():
        said = known.fields.get(name)
        found = found.plus(Sight(1, said is not None, said is not None and said.required))
        found = found.plus(sight(member.shape, said.shape if said else UNKNOWN))
    values = next(iter(known.keyed.values()), UNKNOWN)
    for shape in body.record.keyed.values():
        found = found.plus(sight(shape, values))
    return found.plus(sight(body.items, declared.items or UNKNOWN)) if body.items else found
