from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from drift.cases import CUSTOMER, drop, put
from pytest_integration_contracts.drift.compare import compare
from pytest_integration_contracts.drift.policy import Policy, policy_of, worst_first
from pytest_integration_contracts.drift.rule import THICK, THIN, Rule
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.errors import ManifestError, UsageError
from pytest_integration_contracts.manifest.manifest import Manifest, Override
from pytest_integration_contracts.model import Change, Operation, Severity
from pytest_integration_contracts.shapes.infer import infer
from strategies import JSON

B, W, C = Severity.BREAKING, Severity.WARNING, Severity.COMPATIBLE


def weighed(before: list[JSON], after: list[JSON], rule: str) -> tuple[Severity, str]:
    (change,) = [change for change in compare(infer(before), infer(after)) if change.rule == rule]
    return change.severity, change.note


@pytest.mark.parametrize(
    ("responses", "severity", "note"),
    [
        (1, W, "learned from only 1 response"),
        (4, W, "learned from only 4 responses"),
        (5, B, ""),
        (40, B, ""),
    ],
)
def test_null_breaks_where_enough_responses_never_had_it(responses: int, severity: Severity, note: str) -> None:
    after = [CUSTOMER, put("email", None)(CUSTOMER)]
    assert weighed([CUSTOMER] * responses, after, "value.became-nullable") == (severity, note)


def test_many_items_of_few_responses_are_a_thin_baseline() -> None:
    assert weighed([[CUSTOMER] * 500], [[put("email", None)(CUSTOMER)]], "value.became-nullable")[0] is W
    assert weighed([["2024-01-31"] * 500], [["soon"]], "format.lost")[0] is W


@pytest.mark.parametrize(
    ("responses", "severity", "note"),
    [(1, W, ""), (19, W, ""), (20, B, "20 responses had it"), (21, B, "21 responses had it")],
)
def test_a_lost_format_breaks_where_twenty_responses_had_it(responses: int, severity: Severity, note: str) -> None:
    assert weighed([{"a": "2024-01-31"}] * responses, [{"a": "soon"}], "format.lost") == (severity, note)


def test_responses_without_a_string_do_not_vouch_for_a_format() -> None:
    mostly_null = [{"a": "2024-01-31"}] + [{"a": None}] * 30
    assert weighed(mostly_null, [{"a": "soon"}], "format.lost") == (W, "")
    mostly_integers = [{"a": "2024-01-31"}] * 19 + [{"a": 1}] * 30
    assert weighed(mostly_integers, [{"a": "soon"}, {"a": 1}], "format.lost") == (W, "")


@pytest.mark.parametrize("responses", [1, 4, 5, 50])
def test_a_field_that_is_gone_breaks_at_the_first_proof(responses: int) -> None:
    assert weighed([CUSTOMER] * responses, [drop("email")(CUSTOMER)], "property.removed") == (B, "")
    assert weighed([[CUSTOMER]] * responses, [[drop("email")(CUSTOMER)]], "property.removed") == (B, "")
    assert weighed([CUSTOMER] * responses, [put("email", 1)(CUSTOMER)], "type.changed") == (B, "")


@pytest.mark.parametrize(("responses", "severity"), [(1, W), (4, W), (5, B), (50, B)])
def test_a_field_that_a_sibling_item_still_has_is_a_warning_while_the_baseline_is_thin(
    responses: int, severity: Severity
) -> None:
    after = [[CUSTOMER, drop("email")(CUSTOMER)]]
    assert weighed([[CUSTOMER] * 2] * responses, after, "property.became-optional")[0] is severity


@pytest.mark.parametrize("responses", [1, 4, 5, 50])
def test_a_field_that_is_sometimes_gone_breaks_where_no_sibling_item_has_it(responses: int) -> None:
    after = [CUSTOMER, drop("email")(CUSTOMER)]
    assert weighed([CUSTOMER] * responses, after, "property.became-optional") == (B, "")


@pytest.mark.parametrize("name", ["id", "_id", "user_id", "userId", "userID", "orderLineId", "a.b.id", "größe_id"])
def test_an_identifier_with_a_fraction_breaks(name: str) -> None:
    assert weighed([{name: 1}], [{name: 1.5}], "type.integer-to-number") == (B, "an identifier")
    assert weighed([[{"x": {name: 1}}]], [[{"x": {name: 1.5}}]], "type.integer-to-number") == (B, "an identifier")


@pytest.mark.parametrize(
    "name", ["paid", "grid", "Grid", "VALID", "idea", "id_count", "identifier", "width", "user_ids", "amount", "a b"]
)
def test_what_only_looks_like_an_identifier_is_a_warning(name: str) -> None:
    assert weighed([{name: 1}], [{name: 1.5}], "type.integer-to-number") == (W, "")
    assert weighed([{"id": {name: 1}}], [{"id": {name: 1.5}}], "type.integer-to-number") == (W, "")


@pytest.mark.parametrize("rule", RULES)
def test_without_evidence_that_says_otherwise_a_rule_has_its_own_severity(rule: str) -> None:
    change = Change(rule, "$.amount", RULES[rule].severity, "before", "after")
    told = None if RULES[rule].opt_in else change
    assert STANDARD.weigh(change, responses=10, sibling=False) == told
    assert STANDARD.weigh(change, responses=10, sibling=True) == told


def test_changes_stand_worst_first_then_by_rule_then_by_path() -> None:
    ordered = [
        Change("property.removed", "$.a", B, "", ""),
        Change("property.removed", "$.b", B, "", ""),
        Change("type.changed", "$.a", B, "", ""),
        Change("value.became-nullable", "$.a", W, "", ""),
        Change("format.lost", "$", W, "", ""),
        Change("property.added", "$.a", C, "", ""),
    ]
    for given in permutations(ordered):
        assert worst_first(list(given)) == tuple(ordered)


def test_a_comparison_stands_worst_first() -> None:
    before = [{"rank": 3, "email": "ada@mail.example", "balance": 12.5}] * 6
    after = [{"rank": 3.5, "balance": "12.50", "nickname": "ada"}]
    assert [(change.severity, change.rule) for change in compare(infer(before), infer(after))] == [
        (B, "property.removed"),
        (B, "type.number-to-string"),
        (W, "type.integer-to-number"),
        (C, "property.added"),
    ]


STANDARD, STRICT, LENIENT = Policy(), Policy("strict"), Policy("lenient")
GET = Operation("crm", "GET /customers/{id}")

weighed_rules = pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if not rule.opt_in], ids=lambda rule: rule.id
)


def change_of(rule: str, path: str = "$.amount") -> Change:
    return Change(rule, path, RULES[rule].severity, "before", "after")


def outcome(policy: Policy, rule: str, path: str = "$.amount", **evidence: object) -> tuple[Severity, str] | None:
    weighed = policy.weigh(change_of(rule, path), **{"responses": 10, **evidence})  # type: ignore[arg-type]
    return (weighed.severity, weighed.note) if weighed else None


class TestPresets:
    @weighed_rules
    def test_strict_leaves_no_warning(self, rule: Rule) -> None:
        for responses in (1, THIN, THICK):
            for sibling in (False, True):
                weighed = STRICT.weigh(change_of(rule.id), responses=responses, sibling=sibling, live=True)
                assert weighed is not None
                assert weighed.severity is not W
                assert (weighed.severity is C) == (rule.severity is C and rule.live is None)

    @weighed_rules
    def test_lenient_is_never_graver_than_standard_and_alike_from_enough_responses(self, rule: Rule) -> None:
        for responses in (1, THIN - 1, THIN, THICK):
            standard, lenient = (
                policy.weigh(change_of(rule.id), responses=responses) for policy in (STANDARD, LENIENT)
            )
            assert standard is not None
            assert lenient is not None
            assert list(Severity).index(lenient.severity) >= list(Severity).index(standard.severity)
            assert responses < THIN or lenient == standard

    @pytest.mark.parametrize("rule", ["property.removed", "property.became-optional"])
    def test_lenient_lowers_what_few_responses_say_of_a_field(self, rule: str) -> None:
        assert outcome(LENIENT, rule, responses=4) == (W, "learned from only 4 responses")
        assert outcome(LENIENT, rule, responses=5) == (B, "")
        assert outcome(STANDARD, rule, responses=4) == (B, "")

    def test_strict_says_that_it_is_and_how_thin_the_baseline_was(self) -> None:
        assert outcome(STRICT, "value.became-nullable", responses=1) == (
            B,
            "learned from only 1 response; preset strict",
        )
        assert outcome(STRICT, "format.lost", responses=3) == (B, "preset strict")
        assert outcome(STRICT, "format.lost", responses=THICK) == (B, "20 responses had it")
        assert outcome(STRICT, "property.added") == (C, "")

    @pytest.mark.parametrize("policy", [STANDARD, STRICT, LENIENT], ids=lambda policy: policy.preset)
    def test_an_absence_that_something_explains_is_a_warning_in_every_preset(self, policy: Policy) -> None:
        for rule in (
            "property.removed",
            "property.became-optional",
            "value.became-nullable",
            "property.removed-optional",
        ):
            for responses in (1, 100):
                assert outcome(policy, rule, responses=responses, explained="another variant") == (W, "another variant")
        assert outcome(policy, "property.added", explained="another variant") == (C, "")

    def test_a_list_that_is_now_empty_is_a_warning_where_the_upstream_itself_was_asked(self) -> None:
        assert outcome(STANDARD, "array.now-empty") == (C, "")
        assert outcome(STANDARD, "array.now-empty", live=True) == (W, "asked live")
        assert outcome(STRICT, "array.now-empty", live=True) == (B, "asked live; preset strict")

    def test_a_preset_that_there_is_not_is_refused(self) -> None:
        with pytest.raises(UsageError, match="no preset `loose`; there are: standard, strict, lenient"):
            Policy("loose")


class TestOverrides:
    def test_an_override_is_final_and_named(self) -> None:
        policy = Policy(overrides=(Override("value.became-nullable", "breaking"),))
        for given in (policy, Policy("lenient", policy.overrides)):
            assert outcome(given, "value.became-nullable", responses=1, explained="another variant") == (
                B,
                "override of value.became-nullable",
            )
        assert outcome(Policy("strict", (Override("format.lost", "warning"),)), "format.lost", responses=THICK) == (
            W,
            "override of format.lost",
        )

    def test_off_tells_nothing(self) -> None:
        policy = Policy(overrides=(Override("property.added", "off"),))
        assert outcome(policy, "property.added") is None
        assert outcome(policy, "property.removed") == (B, "")

    @pytest.mark.parametrize(
        ("pattern", "hit", "missed"),
        [
            ("format.*", "format.changed", "type.changed"),
            ("*", "type.changed", None),
            ("*.became-optional", "property.became-optional", "property.became-required"),
        ],
    )
    def test_a_pattern_takes_several_rules(self, pattern: str, hit: str, missed: str | None) -> None:
        policy = Policy(overrides=(Override(pattern, "off"),))
        assert outcome(policy, hit) is None
        assert missed is None or outcome(policy, missed) is not None

    @pytest.mark.parametrize(
        ("override", "applies"),
        [
            (Override("property.added", "off", integration="crm"), True),
            (Override("property.added", "off", integration="orders"), False),
            (Override("property.added", "off", operation="GET /customers/*"), True),
            (Override("property.added", "off", operation="GET /customers/{id}"), True),
            (Override("property.added", "off", operation="POST *"), False),
            (Override("property.added", "off", path="$..amount"), True),
            (Override("property.added", "off", path="$.amount"), True),
            (Override("property.added", "off", path="$.other"), False),
            (Override("property.added", "off", "crm", "GET *", "$.*"), True),
            (Override("property.added", "off", "crm", "GET *", "$.other"), False),
            (Override("property.added", "off", "orders", "GET *", "$.*"), False),
        ],
    )
    def test_an_override_holds_where_all_that_it_names_is_so(self, override: Override, applies: bool) -> None:  # noqa: FBT001
        policy = Policy(overrides=(override,))
        assert (outcome(policy.for_operation(GET), "property.added") is None) == applies
        if override.integration or override.operation:
            assert outcome(policy, "property.added") is not None, "no operation is known"

    def test_the_most_specific_override_counts(self) -> None:
        ordered = [
            Override("*", "off"),
            Override("property.*", "warning"),
            Override("property.added", "compatible"),
            Override("*", "breaking", integration="crm"),
            Override("property.added", "off", integration="crm"),
            Override("*", "warning", operation="GET *"),
            Override("*", "breaking", operation="GET /customers/*"),
            Override("*", "compatible", operation="GET /customers/{id}"),
            Override("*", "off", path="$..*"),
            Override("*", "warning", path="$.a.*"),
            Override("*", "breaking", path="$.a.b"),
            Override("*", "off", path="$.a.b", integration="crm"),
            Override("*", "off", path="$.a.b", operation="GET *"),
            Override("property.added", "breaking", path="$.a.b", operation="GET *"),
        ]
        for number, wanted in enumerate(ordered, 1):
            for given in (ordered[:number], ordered[:number][::-1]):
                policy = Policy(overrides=tuple(given)).for_operation(GET)
                found = outcome(policy, "property.added", path="$.a.b")
                assert (found[0].value if found else "off") == wanted.severity, wanted

    def test_of_two_alike_the_later_counts(self) -> None:
        policy = Policy(overrides=(Override("format.*", "off"), Override("format.*", "breaking")))
        assert outcome(policy, "format.lost") == (B, "override of format.*")

    def test_the_note_names_all_that_the_override_names(self) -> None:
        policy = Policy(overrides=(Override("property.added", "warning", "crm", "GET *", "$.amount"),))
        assert outcome(policy.for_operation(GET), "property.added") == (
            W,
            "override of property.added of crm in GET * at $.amount",
        )

    @pytest.mark.parametrize("rule", [rule for rule in RULES if RULES[rule].opt_in])
    def test_a_rule_to_opt_into_is_told_only_where_an_override_names_it(self, rule: str) -> None:
        assert [outcome(policy, rule) for policy in (STANDARD, STRICT, LENIENT)] == [None] * 3
        assert outcome(Policy(overrides=(Override("*", "breaking"),)), rule) is None
        assert outcome(Policy(overrides=(Override(rule, "breaking"),)), rule) == (B, f"override of {rule}")
        both = Policy(overrides=(Override(rule, "breaking"), Override("*", "warning", path="$.amount")))
        assert outcome(both, rule) == (B, f"override of {rule}")


class TestManifest:
    def test_the_manifest_says_preset_and_overrides(self, tmp_path: Path) -> None:
        overrides = (Override("format.*", "off"), Override("*", "warning"), Override("status.changed", "warning"))
        manifest = Manifest(tmp_path, tmp_path, {}, preset="strict", overrides=overrides)
        assert policy_of(manifest) == Policy("strict", overrides)
        assert policy_of(Manifest(tmp_path, tmp_path, {})) == Policy()

    @pytest.mark.parametrize(
        ("rule", "hint"),
        [
            ("property.remove", "did you mean `property.removed`?"),
            ("formats.*", "did you mean `format.*`?"),
            ("zzz", "`integration-contracts explain` lists them"),
        ],
    )
    def test_a_rule_that_there_is_not_is_an_error(self, tmp_path: Path, rule: str, hint: str) -> None:
        overrides = (Override("format.*", "off"), Override(rule, "off"))
        with pytest.raises(ManifestError) as caught:
            policy_of(Manifest(tmp_path, tmp_path, {}, overrides=overrides))
        assert str(caught.value) == (
            f"{tmp_path / 'contracts.toml'}: policy.overrides[1].rule: no rule `{rule}`; {hint}"
        )
