from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from drift.cases import CASES, rules_of
from drift.mutations.exchange_expectations import EXPECTED
from drift.mutations.expectations import EXPECTATIONS
from drift.test_responses import RESPONSES
from pytest_integration_contracts.drift.body_rules import BODY_RULES
from pytest_integration_contracts.drift.compare import diff
from pytest_integration_contracts.drift.conformance_rules import CONFORMANCE_RULES
from pytest_integration_contracts.drift.graphql_rules import GRAPHQL_RULES
from pytest_integration_contracts.drift.publication_rules import PUBLICATION_RULES
from pytest_integration_contracts.drift.rule import THICK, THIN, Rule
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.manifest.manifest import Override
from pytest_integration_contracts.model import Severity
from pytest_integration_contracts.reports.changes import witness
from strategies import JSON

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))

WORST_FIRST = list(Severity)


def test_every_rule_is_produced_by_a_case() -> None:
    mutated = [said for each in EXPECTATIONS.values() for said in (*each.forward, *(each.backward or ()))]
    exchanged = [said for pair in EXPECTED.values() for each in pair if each for said in each]
    measured = {"latency.budget-exceeded", "freshness.exceeded"}  # by time, not by exchanges: `test_budgets`
    schemas = {rule.id for rule in GRAPHQL_RULES}  # by schemas and queries: `specs.test_graphql`
    published = {rule.id for rule in PUBLICATION_RULES}  # by documents: `specs.test_drift`
    conforming = {rule.id for rule in CONFORMANCE_RULES}  # by documents and responses: `specs.test_conformance`
    assert rules_of(CASES) | {rule for _, rule in RESPONSES} | {
        rule for rule, *_ in (*mutated, *exchanged)
    } | measured | published | schemas | conforming == set(RULES)


@pytest.mark.parametrize("rule", BODY_RULES, ids=lambda rule: rule.id)
def test_the_example_of_a_rule_shows_that_rule_and_no_other(rule: Rule) -> None:
    before, after = map(json.loads, rule.example)
    asked = (Override(rule.id, "warning"),) if rule.opt_in else ()
    changes = diff([before] * THICK, [after] * THICK, overrides=asked)
    assert {change.rule for change in changes} == {rule.id}


@pytest.mark.parametrize("rule", BODY_RULES, ids=lambda rule: rule.id)
def test_examples_are_two_different_bodies(rule: Rule) -> None:
    before, after = map(json.loads, rule.example)
    assert before != after
    if rule.mirror and rule.mirror != rule.id:
        assert RULES[rule.mirror].example == (rule.example[1], rule.example[0])


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
    assert re.fullmatch(r"[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*", rule.id)


@every_rule
def test_a_rule_explains_itself_in_sentences(rule: Rule) -> None:
    for sentence in (rule.why, rule.remedy, rule.one_way or "None."):
        assert re.fullmatch(r"[A-Z].*\.", sentence)


@every_rule
def test_a_witness_names_the_place_and_what_goes_wrong(rule: Rule) -> None:
    if rule.witness:
        code, _, outcome = rule.witness.partition("  # ")
        assert code.count('{owner}["{name}"]') == 1
        assert outcome
        compile(rule.witness.format(owner="customer", name="email"), "witness", "eval")


@pytest.mark.parametrize(
    "rule", [rule for rule in BODY_RULES if re.search(r"  # \w+Error", rule.witness)], ids=lambda rule: rule.id
)
def test_a_witness_raises_on_the_example_after_what_it_says_and_nothing_on_the_example_before(rule: Rule) -> None:
    line, _, said = witness(rule).partition("  # ")
    (owner,) = re.findall(r'(\w+)\["', line)[:1]
    before, after = ([run(line, owner, each) for each in objects(json.loads(text))] for text in rule.example)
    assert "" in before
    assert any(error and said.startswith(error) for error in after)


def objects(body: JSON) -> list[JSON]:
    """The body, or the items of its one list of objects."""
    first = next(iter(body.values()))
    only_objects = isinstance(first, list) and len(first) > 0 and all(isinstance(item, dict) for item in first)
    return first if len(body) == 1 and only_objects else [body]


def run(line: str, owner: str, value: JSON) -> str:
    """What a line raises, "" where it raises nothing."""
    scope = {owner: value, "by_id": defaultdict(str), "datetime": datetime, "UTC": UTC}
    try:
        eval(line, scope)  # noqa: S307 - the table's own lines
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return type(error).__name__
    return ""


@every_rule
def test_a_narrowing_is_compatible_and_never_breaks(rule: Rule) -> None:
    if rule.narrowing:
        assert rule.severity is Severity.COMPATIBLE
        assert not RULES[rule.mirror].narrowing


@every_rule
def test_evidence_moves_a_severity_in_the_direction_of_its_name(rule: Rule) -> None:
    own = WORST_FIRST.index(rule.severity)
    for milder in (rule.thin, rule.sibling, rule.lenient):
        assert milder is None or WORST_FIRST.index(milder) > own
    for worse in (rule.thick, rule.identifier, rule.live):
        assert worse is None or WORST_FIRST.index(worse) < own
    if rule.thin or rule.sibling or rule.thick or rule.lenient:
        assert rule.counted


def test_thin_is_less_than_thick() -> None:
    assert 1 < THIN < THICK
