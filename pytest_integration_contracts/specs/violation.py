"""One way in which a response is not what the upstream's document says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """What is declared, and what came instead. No values of a response are in it.

    Attributes:
        rule: The id of the rule that tells it: `spec.type-violated`.
        pointer: The place in the document that says otherwise (RFC 6901): `#/components/schemas/Customer/...`.
        declared: What it says there, in words.
        found: What came, in words.
        place: Where in the body: names of members and positions of items.
        header: The name of the header that it is about, in lower case; "" where it is about none.
    """

    rule: str
    pointer: str
    declared: str
    found: str
    place: tuple[str | int, ...] = ()
    header: str = ""
