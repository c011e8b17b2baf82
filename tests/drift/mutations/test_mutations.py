"""One mutation made: exactly that said, at exactly that path, and nothing else. None made: nothing."""

from __future__ import annotations

import pytest

from drift.mutations.corpus import Case, Unchanged, cases, unchanged
from drift.mutations.detector import found
from drift.mutations.expectations import EXPECTATIONS
from drift.mutations.mutations import MUTATIONS


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_a_mutation_is_called_by_its_name_at_its_place_and_nothing_else_is_said(case: Case) -> None:
    assert found(*case.bodies, case.watched) == case.expected


@pytest.mark.parametrize("case", list(unchanged()), ids=str)
def test_of_an_unchanged_api_nothing_is_said(case: Unchanged) -> None:
    one, other = case.bodies
    assert found(one, other) == found(other, one) == []


def test_of_every_mutation_it_is_known_what_must_be_said() -> None:
    assert EXPECTATIONS.keys() == MUTATIONS.keys()


def test_every_mutation_changes_the_bodies() -> None:
    for case in cases():
        old, new = case.bodies
        assert len(old) == len(new) >= 30
        assert str(old) != str(new), case
