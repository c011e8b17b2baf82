"""A query without what only this one request was about: a literal, or the value of a variable."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """What one GraphQL request asks, as it may cross a process border or be written to a report.

    Attributes:
        document: Its text, every string "" and every number 0 in it.
        operation: The name of the operation it asks for, "" where there is only one.
        variables: A JSON text: which input fields the variables set, and which values of enums; "" where that is not
            known, since no schema was at hand.
    """

    document: str
    operation: str = ""
    variables: str = ""


@dataclass(frozen=True, slots=True)
class Introspection:
    """What asking a server for its schema came to.

    Attributes:
        sdl: The schema, as `schemas.normalised` writes it; "" where there is none.
        problem: Why there is none, or "".
    """

    sdl: str = ""
    problem: str = ""
