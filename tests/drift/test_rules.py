from __future__ import annotations

import re

import pytest

from drift.cases import CASES, rules_of
from drift.test_responses import RESPONSES
from pytest_integration_contracts.drift.rule import THICK, THIN, Rule
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Severity

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))

WORST_FIRST = list(Severity)


def test_every_rule_is_produced_by_a_case() -> None:
    assert rules_of(CASES) | {rule for _, rule in RESPONSES} == set(RULES)


@every_rule
def test_a_rule_has_a_mirror_that_points_back_or_says_why_not(rule: Rule) -> None:
    assert bool(rule.mirror) != bool(rule.one_way)
    if rule.mirror:
        assert RULES[rule.mirror].mirror == rule.id


@pytest.mark.parametrize("rule", sorted(rules_of(CASES)))
def test_the_opposite_direction_finds_the_mirror(rule: str) -> None:
    directions = [(case.forward, case.backward) for case in CASES if case.forward and case.backward]
    pairs = {(one[0], other[0]) for forth, back in directions for one, other in ((forth, back), (back, forth))}
    assert RULES[rule].one_way or (rule, RULES[rule].mirror) in pairs


@every_rule
def test_an_id_is_an_area_and_what_happened(rule: Rule) -> None:
    assert RULES[rule.id] is rule
    assert re.fullmatch(r"[a-z]+\.[a-z]+(?:-[a-z]+)*", rule.id)


@every_rule
def test_a_rule_explains_itself_in_sentences(rule: Rule) -> None:
    for sentence in (rule.why, rule.remedy, rule.one_way or "None."):
        assert re.fullmatch(r"[A-Z].*\.", sentence)


@every_rule
def test_a_witness_names_the_place_and_what_goes_wrong(rule: Rule) -> None:
    if rule.witness:
        assert rule.witness.startswith('{owner}["{name}"]  # ')
        assert rule.witness.format(owner="customer", name="email").startswith('customer["email"]  # ')


@every_rule
def test_a_narrowing_is_compatible_and_never_breaks(rule: Rule) -> None:
    if rule.narrowing:
        assert rule.severity is Severity.COMPATIBLE
        assert not RULES[rule.mirror].narrowing


@every_rule
def test_evidence_moves_a_severity_in_the_direction_of_its_name(rule: Rule) -> None:
    own = WORST_FIRST.index(rule.severity)
    for milder in (rule.thin, rule.sibling):
        assert milder is None or WORST_FIRST.index(milder) > own
    for worse in (rule.thick, rule.identifier):
        assert worse is None or WORST_FIRST.index(worse) < own
    if rule.thin or rule.sibling or rule.thick:
        assert rule.counted


def test_thin_is_less_than_thick() -> None:
    assert 1 < THIN < THICK
