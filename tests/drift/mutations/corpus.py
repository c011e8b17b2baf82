"""Every mutation, at every place, in both directions; and every unchanged API, which must go unnoticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from drift.mutations.expectations import EXPECTATIONS, Said
from drift.mutations.mutations import MUTATIONS, Mutation
from drift.mutations.places import DEPTHS, PLACES, Place, changed, sample
from drift.mutations.records import FIELDS, JSON

NO_RULE: Final = "(nothing)"

Found = tuple[str, str, tuple[str, ...], str]
"""A rule, a path, the related paths and the variant."""


@dataclass(frozen=True)
class Case:
    """One comparison of two samples, and all that must be said of it."""

    mutation: Mutation
    place: Place
    direction: str

    def __str__(self) -> str:
        return f"{self.rule}-{self.place}-{self.mutation}-{self.direction}"

    @property
    def forward(self) -> bool:
        return self.direction == "forward"

    @property
    def _said(self) -> tuple[Said, ...]:
        expectation = EXPECTATIONS[self.mutation.name]
        return expectation.forward if self.forward else expectation.backward or ()

    @property
    def rule(self) -> str:
        """The rule the case is about."""
        return self._said[0][0] if self._said else NO_RULE

    @property
    def watched(self) -> str:
        """The rule that the consumer has asked for, "" where it is told anyway."""
        return self.rule if self.mutation.watched else ""

    @property
    def expected(self) -> list[Found]:
        """All that must be said, sorted."""
        return sorted(
            (rule, self._at(path), tuple(map(self._at, related)), self.place.variant if path.startswith("@") else "")
            for rule, path, related in self._said
        )

    def _at(self, path: str) -> str:
        return path.replace("@", self.place.path, 1) if path.startswith("@") else path

    @property
    def bodies(self) -> tuple[list[JSON], list[JSON]]:
        """The bodies before and after."""
        kept, other = ("old", "new") if self.forward else ("new", "old")
        untouched = sample(self.mutation.field, self.place, kept)
        touched = _mutated(self.mutation.name, self.place, kept if self.mutation.same_records else other)
        return (untouched, touched) if self.forward else (touched, untouched)


@dataclass(frozen=True)
class Unchanged:
    """Two samples of one unchanged API: nothing must be said of them."""

    field: str
    place: Place

    watched = ""

    def __str__(self) -> str:
        return f"{self.field.replace(' ', '-')}-{self.place}"

    @property
    def bodies(self) -> tuple[list[JSON], list[JSON]]:
        """The one sample and the other."""
        return sample(self.field, self.place, "old"), sample(self.field, self.place, "new")


@cache
def _mutated(name: str, place: Place, which: str) -> list[JSON]:
    mutation = MUTATIONS[name]
    bodies = sample(mutation.field, place, which)
    if mutation.change is not None:
        bodies = changed(bodies, place, mutation.change)
    return [mutation.body(body) for body in bodies] if mutation.body is not None else bodies


def cases() -> Iterator[Case]:
    """All of them: a rule's first mutation at every place, its others in every container at one depth, in turn."""
    named: set[str] = set()
    for number, mutation in enumerate(MUTATIONS.values()):
        expectation = EXPECTATIONS[mutation.name]
        rules = {rule for said in (expectation.forward, expectation.backward or ()) for rule, *_ in said} or {NO_RULE}
        everywhere = not rules <= named
        named |= rules
        for place in PLACES:
            if everywhere or place.depth == number % len(DEPTHS):
                yield Case(mutation, place, "forward")
                if expectation.backward is not None:
                    yield Case(mutation, place, "backward")


def unchanged() -> Iterator[Unchanged]:
    """Every kind of field at every place."""
    for field in FIELDS:
        for place in PLACES:
            yield Unchanged(field, place)
