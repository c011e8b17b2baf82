from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drift.exchanging import answer
from pytest_integration_contracts.model import Count, Exchange, Operation, Severity
from pytest_integration_contracts.shapes.pins import NO_PINS
from pytest_integration_contracts.snapshots.snapshot import Snapshot
from pytest_integration_contracts.snapshots.store import SnapshotStore
from pytest_integration_contracts.snapshots.versions import (
    EVIDENCE_STEPS,
    Observation,
    compare_versions,
    first_version,
    next_version,
)
from snapshots.observing import (
    JSON,
    OBSERVATIONS,
    OPERATION,
    learned,
    observed,
    seen,
    snapshot,
    told,
    without_body,
)

unhurried = settings(deadline=None)  # files are written, on disks of any speed

CUSTOMER = {"id": 42, "email": "jane@crm.example", "address": {"city": "Bern"}, "tags": ["a"]}


def rules(current: Snapshot, observation: Observation) -> list[tuple[str, str]]:
    found = next_version(current, observation, today="2026-02-02", reason="second")
    assert found is not None
    return [(change.rule, change.path) for change in found[1]]


def version(current: Snapshot, observation: Observation) -> str:
    after = learned(current, observation)
    assert after is not None
    return after.version


def test_the_first_version_keeps_day_reason_and_auth() -> None:
    observation = Observation(frozenset({"Bearer", "Basic"}), {JSON: seen(CUSTOMER)})
    first = first_version(OPERATION, observation, today="2026-01-01", reason="to begin with")
    assert first == Snapshot(
        OPERATION, "1.0", "2026-01-01", "to begin with", ("Basic", "Bearer"), {JSON: seen(CUSTOMER).settled(NO_PINS)}
    )


class TestNothingNew:
    def test_the_same_observation_writes_nothing(self) -> None:
        assert learned(snapshot(CUSTOMER, auth="Bearer"), observed(CUSTOMER, auth="Bearer")) is None

    def test_less_than_is_known_writes_nothing(self) -> None:
        current = snapshot(CUSTOMER, CUSTOMER | {"vip": None, "tags": []}, auth="Bearer")
        assert learned(current, observed(CUSTOMER)) is None
        assert learned(current, Observation()) is None
        assert learned(current, Observation(frozenset({"Bearer"}), {JSON: without_body()})) is None

    @unhurried
    @given(observation=OBSERVATIONS)
    def test_whatever_was_observed_is_learned_once(
        self, tmp_path_factory: pytest.TempPathFactory, observation: Observation
    ) -> None:
        first = first_version(OPERATION, observation, today="2026-01-01", reason="")
        assert learned(first, observation) is None
        directory = tmp_path_factory.mktemp("contracts")
        SnapshotStore(directory).write(first)
        reread = SnapshotStore(directory).get(OPERATION)
        assert reread is not None
        assert learned(reread, observation) is None

    @unhurried
    @given(before=OBSERVATIONS, after=OBSERVATIONS)
    def test_what_was_learned_is_not_learned_again(self, before: Observation, after: Observation) -> None:
        first = first_version(OPERATION, before, today="2026-01-01", reason="")
        second = learned(first, after) or first
        assert learned(second, after) is None


class TestNumbers:
    @pytest.mark.parametrize(
        ("body", "rule", "path"),
        [
            (CUSTOMER | {"vip": True}, "property.added", "$.vip"),
            (CUSTOMER | {"address": {"city": "Bern", "zip": 1}}, "property.added", "$.address.zip"),
            (CUSTOMER | {"tags": ["a", "b"], "note": None}, "property.added", "$.note"),
        ],
    )
    def test_an_addition_raises_minor(self, body: object, rule: str, path: str) -> None:
        assert version(snapshot(CUSTOMER), observed(body)) == "1.1"
        assert rules(snapshot(CUSTOMER), observed(body)) == [(rule, path)]

    def test_learning_what_was_unknown_raises_minor(self) -> None:
        current = snapshot(CUSTOMER | {"note": None, "tags": []})
        assert version(current, observed(CUSTOMER | {"note": "x"})) == "1.1"
        assert rules(current, observed(CUSTOMER | {"note": "x"})) == [
            ("value.unknown-learned", "$.note"),
            ("value.unknown-learned", "$.tags[*]"),
        ]

    @pytest.mark.parametrize(
        ("body", "rule", "path"),
        [
            ({key: value for key, value in CUSTOMER.items() if key != "email"}, "property.removed", "$.email"),
            (CUSTOMER | {"id": "42"}, "type.changed", "$.id"),
            (CUSTOMER | {"address": ["Bern"]}, "type.changed", "$.address"),
            ([CUSTOMER], "object.to-array", "$"),
        ],
    )
    def test_a_break_raises_major(self, body: object, rule: str, path: str) -> None:
        current = replace(snapshot(CUSTOMER), version="2.7")
        assert version(current, observed(body)) == "3.0"
        assert rules(current, observed(body))[0] == (rule, path)

    def test_what_breaks_is_gone_afterwards(self) -> None:
        after = learned(snapshot(CUSTOMER), observed({"id": "x"}))
        assert after is not None
        assert after.responses[JSON].body == seen({"id": "x"}).body

    def test_minor_goes_on_beyond_nine(self) -> None:
        assert version(replace(snapshot({}), version="1.9"), observed({"a": 1})) == "1.10"

    def test_changes_come_worst_first(self) -> None:
        found = next_version(snapshot(CUSTOMER), observed({"id": 1, "a": 1}), today="", reason="")
        assert found is not None
        severities = [change.severity for change in found[1]]
        assert severities == sorted(severities, key=list(Severity).index)

    def test_a_new_version_has_its_own_day_and_reason(self) -> None:
        after = learned(snapshot(CUSTOMER), observed(CUSTOMER | {"vip": True}))
        assert after is not None
        assert (after.since, after.reason) == ("2026-02-02", "second")

    def test_another_way_to_authenticate_raises_minor_and_both_are_kept(self) -> None:
        after = learned(snapshot(CUSTOMER, auth="Bearer"), observed(CUSTOMER, auth="Basic"))
        assert after is not None
        assert (after.version, after.auth) == ("1.1", ("Basic", "Bearer"))

    def test_no_authentication_this_time_keeps_what_is_known(self) -> None:
        after = learned(snapshot(CUSTOMER, auth="Bearer"), observed(CUSTOMER | {"vip": True}))
        assert after is not None
        assert after.auth == ("Bearer",)

    def test_a_header_of_the_contract_raises_minor(self) -> None:
        after = learned(snapshot(CUSTOMER), observed(CUSTOMER, headers={"deprecation": "true"}))
        assert after is not None
        assert after.version == "1.1"
        assert list(after.responses[JSON].headers.fields) == ["deprecation"]


class TestEvidence:
    @pytest.mark.parametrize("step", EVIDENCE_STEPS)
    def test_it_is_written_when_it_first_reaches_a_step(self, step: int) -> None:
        current = snapshot(*[CUSTOMER] * (step - 1), auth="Bearer")
        after = learned(current, observed(*[CUSTOMER] * step))
        assert after is not None
        assert after.responses[JSON].seen == step
        assert after.responses[JSON].body == seen(*[CUSTOMER] * step).settled(NO_PINS).body
        assert replace(after, responses=current.responses) == current
        assert rules(current, observed(*[CUSTOMER] * step)) == []

    @pytest.mark.parametrize(("before", "after"), [(2, 3), (2, 4), (5, 19), (20, 99), (100, 5000), (5, 2), (20, 1)])
    def test_between_the_steps_nothing_is_written(self, before: int, after: int) -> None:
        assert learned(snapshot(*[{}] * before), observed(*[{}] * after)) is None

    def test_two_runs_of_the_same_do_not_add_up(self) -> None:
        assert learned(snapshot({}), observed({})) is None

    def test_with_a_change_it_is_written_too(self) -> None:
        after = learned(snapshot(*[{}] * 2), observed(*[{"a": 1}] * 3))
        assert after is not None
        assert after.responses[JSON].seen == 3


class TestStatuses:
    @pytest.mark.parametrize("key", ["404 application/json", "202 application/json", "200 text/csv", "204"])
    def test_one_more_raises_minor_and_keeps_the_others(self, key: str) -> None:
        observation = Observation(responses={JSON: seen(CUSTOMER), key: without_body()})
        after = learned(snapshot(CUSTOMER), observation)
        assert after is not None
        assert after.version == "1.1"
        assert after.responses == {JSON: seen(CUSTOMER).settled(NO_PINS), key: without_body()}

    def test_one_that_was_seen_alone_is_added_and_nothing_is_forgotten(self) -> None:
        after = learned(snapshot(CUSTOMER), Observation(responses={"404": without_body()}))
        assert after is not None
        assert (after.version, sorted(after.responses)) == ("1.1", [JSON, "404"])

    def test_one_that_replaces_another_for_the_same_request_drops_it_and_raises_major(self) -> None:
        created = "201 application/json"
        observation = Observation(responses={created: seen(CUSTOMER)}, replaces={created: frozenset({"200"})})
        after = learned(snapshot(CUSTOMER), observation)
        assert after is not None
        assert (after.version, list(after.responses)) == ("2.0", [created])
        assert rules(snapshot(CUSTOMER), observation) == [("status.changed", "$")]

    def test_another_media_type_for_the_same_request_is_a_replacement_as_well(self) -> None:
        observation = Observation(
            responses={"200 text/html": without_body()}, replaces={"200 text/html": frozenset({"200"})}
        )
        after = learned(snapshot(CUSTOMER), observation)
        assert after is not None
        assert (after.version, list(after.responses)) == ("2.0", ["200 text/html"])
        assert rules(snapshot(CUSTOMER), observation) == [("media.changed", "$")]

    def test_one_that_other_requests_still_get_stays(self) -> None:
        observation = Observation(
            responses={JSON: seen(CUSTOMER), "404": without_body()}, replaces={"404": frozenset({"200"})}
        )
        after = learned(snapshot(CUSTOMER), observation)
        assert after is not None
        assert (after.version, sorted(after.responses)) == ("1.1", [JSON, "404"])

    def test_recording_the_same_again_replaces_nothing(self) -> None:
        observation = Observation(responses={JSON: seen(CUSTOMER)}, replaces={JSON: frozenset({"200"})})
        assert learned(snapshot(CUSTOMER), observation) is None

    def test_one_that_was_known_beside_it_already_drops_nothing(self) -> None:
        current = replace(snapshot(CUSTOMER), responses={JSON: seen(CUSTOMER), "404": without_body()})
        observation = Observation(responses={"404": without_body()}, replaces={"404": frozenset({"200"})})
        assert learned(current, observation) is None


class TestConduct:
    """What responses say beside their bodies is learned, and raises versions, like all else."""

    def step(self, before: list[Exchange], after: list[Exchange], key: str = JSON) -> tuple[str, list[str]]:
        first = first_version(OPERATION, Observation(responses={key: told(*before)}), today="2026-01-01", reason="")
        found = next_version(first, Observation(responses={key: told(*after)}), today="2026-02-02", reason="")
        if found is None:
            return "", []
        second, changes = found
        assert next_version(second, Observation(responses={key: told(*after)}), today="2026-03-03", reason="") is None
        return second.version, [change.rule for change in changes]

    @pytest.mark.parametrize(
        ("before", "after", "version", "rules"),
        [
            ({"x_ratelimit_limit": "60"}, {"x_ratelimit_limit": "60"}, "", []),
            ({"x_ratelimit_limit": "60"}, {"x_ratelimit_limit": "10"}, "1.1", ["ratelimit.lowered"]),
            ({"x_ratelimit_limit": "60"}, {"ratelimit_limit": "60"}, "1.1", ["ratelimit.headers-changed"]),
            ({"etag": "a"}, {}, "1.1", ["header.removed"]),
            ({}, {"etag": "a"}, "1.1", ["header.added"]),
            ({"x_api_version": "1"}, {"x_api_version": "2"}, "1.1", ["version.changed"]),
            ({"content_type": "a/b; version=1"}, {}, "1.1", ["version.changed"]),
            ({"content_type": "a/b; charset=utf-8"}, {}, "1.1", ["media.parameters-changed"]),
            (
                {"retry_after": "7"},
                {"retry_after": "Fri, 01 Jan 2027 00:00:00 GMT"},
                "1.1",
                ["retry-after.form-changed"],
            ),
            ({}, {"sunset": "Fri, 01 Jan 2027 00:00:00 GMT"}, "1.1", ["deprecation.announced"]),
            ({}, {"sunset": "Thu, 01 Jan 2026 00:00:00 GMT"}, "2.0", ["deprecation.announced"]),
            ({"www_authenticate": "Bearer"}, {"www_authenticate": "Basic"}, "2.0", ["auth.scheme-changed"]),
            ({"www_authenticate": "Bearer"}, {"www_authenticate": "Basic, Bearer"}, "1.1", []),
        ],
    )
    def test_a_change_is_learned_once(
        self, before: dict[str, str], after: dict[str, str], version: str, rules: list[str]
    ) -> None:
        assert self.step([answer({}, **before)], [answer({}, **after)]) == (version, rules)

    def test_a_lost_signal_raises_major_and_is_not_told_twice(self) -> None:
        before, after = [answer({"items": [1, 2], "next_cursor": "c"})], [answer({"items": [1, 2]})]
        assert self.step(before, after) == ("2.0", ["pagination.signal-lost"])

    def test_another_style_is_one_change(self) -> None:
        before = [answer({"items": [1, 2], "page": 1, "total_pages": 7})]
        after = [answer({"items": [1, 2], "next_cursor": "c"})]
        assert self.step(before, after) == ("2.0", ["pagination.style-changed"])

    def test_longer_and_shorter_pages_change_nothing(self) -> None:
        pages = [answer({"items": [1] * length, "next_cursor": "c"}) for length in (2, 3)]
        last = answer({"items": [1], "next_cursor": None})
        assert self.step([pages[0], last], [pages[1], last]) == ("", [])

    def test_an_error_with_another_body_is_one_change(self) -> None:
        key = "404 application/json"
        assert self.step([answer({"error": "a"}, 404)], [answer({"errors": ["a"]}, 404)], key) == (
            "1.1",
            ["error.body-changed"],
        )

    def test_a_failure_dressed_as_success_raises_major_and_the_success_stays_known(self) -> None:
        failed = f"{JSON} (error)"
        observation = Observation(
            responses={failed: told(answer({"error": "no"}))}, replaces={failed: frozenset({"200"})}
        )
        after = learned(snapshot(CUSTOMER), observation)
        assert after is not None
        assert (after.version, sorted(after.responses)) == ("2.0", [JSON, failed])
        assert rules(snapshot(CUSTOMER), observation) == [("error.in-success", "$")]

    @pytest.mark.parametrize(
        ("location", "version", "rule"),
        [
            ("/v2/customers", "1.1", "redirect.added"),
            ("https://other.crm.example/", "2.0", "redirect.added"),
            ("https://sso.crm.example/login", "2.0", "auth.step-added"),
        ],
    )
    @pytest.mark.parametrize("replaces", [frozenset[str](), frozenset({"200"})])
    def test_a_redirect_says_what_it_is(self, location: str, version: str, rule: str, replaces: frozenset[str]) -> None:
        observation = Observation(
            responses={"302": told(answer(status=302, media="", location=location))},
            replaces={"302": replaces} if replaces else {},
        )
        after = learned(snapshot(CUSTOMER), observation)
        assert after is not None
        assert (after.version, JSON in after.responses) == (version, not replaces)
        assert rules(snapshot(CUSTOMER), observation) == [(rule, "$")]


class TestComparedVersions:
    def test_a_version_does_not_differ_from_itself(self) -> None:
        assert compare_versions(snapshot(CUSTOMER), snapshot(CUSTOMER)) == ()

    def test_a_body_that_came_or_went_is_no_crash(self) -> None:
        bare = replace(snapshot(CUSTOMER), responses={JSON: without_body()})
        assert [change.rule for change in compare_versions(bare, snapshot(CUSTOMER))] == ["value.unknown-learned"]
        assert compare_versions(snapshot(CUSTOMER), bare) == ()

    def test_what_is_gone_without_anything_in_its_place_is_told(self) -> None:
        both = replace(snapshot(CUSTOMER), responses={JSON: seen(CUSTOMER), "404": without_body()})
        assert compare_versions(both, snapshot(CUSTOMER)) == ()


class TestMergedObservations:
    @unhurried
    @given(observations=st.lists(OBSERVATIONS, min_size=3, max_size=3))
    def test_the_order_of_tests_and_workers_does_not_show(self, observations: list[Observation]) -> None:
        one, two, three = observations
        assert one.merged(two) == two.merged(one)
        assert one.merged(two).merged(three) == one.merged(two.merged(three))
        assert Observation().merged(one) == one == one.merged(Observation())

    def test_counts_add_and_replacements_join(self) -> None:
        one = Observation(frozenset({"Bearer"}), {JSON: seen({})}, {JSON: frozenset({"404"})})
        two = Observation(frozenset({"Basic"}), {JSON: seen({}), "204": without_body()}, {JSON: frozenset({"500"})})
        both = one.merged(two)
        assert both.auth == {"Basic", "Bearer"}
        assert {key: shape.seen for key, shape in both.responses.items()} == {JSON: 2, "204": 1}
        assert both.replaces == {JSON: frozenset({"404", "500"})}
        assert both.responses[JSON].body == seen({}, {}).body


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path)


def test_an_update_that_learns_nothing_changes_no_byte(store: SnapshotStore) -> None:
    path = store.write(snapshot(CUSTOMER, auth="Bearer"))
    before = path.read_bytes()
    for _ in range(3):
        current = SnapshotStore(store.directory).get(OPERATION)
        assert current is not None
        assert learned(current, observed(CUSTOMER, auth="Bearer")) is None
        assert current.to_text().encode() == before


def test_the_operations_name_may_be_of_any_kind() -> None:
    event = first_version(Operation("crm", "EVENT order.created"), observed(CUSTOMER), today="", reason="")
    found = next_version(event, observed({"id": 1}), today="", reason="")
    assert found is not None
    assert [change.rule for change in found[1]] == ["property.removed"] * 3
    assert found[1][0].baseline == Count(1, 1)
