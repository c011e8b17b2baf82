"""Schemas of OpenAPI documents as shapes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any, ClassVar

import pytest

from pytest_integration_contracts.drift.compare import compare, widens
from pytest_integration_contracts.shapes.declared import Work
from pytest_integration_contracts.shapes.foreign import declared_shape
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape
from pytest_integration_contracts.specs import schemas
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.schemas import request_shape, response_shape
from specs.documents import answering, doubling, large, part, record, ref, spec, swagger

JSON = Any

TEXT = {"type": "string"}


def shape(schema: JSON, **named: JSON) -> Shape:
    return response_shape(spec(schemas=named), part(schema))


def told(declared: Shape, *bodies: JSON) -> list[tuple[str, str]]:
    """The rules and paths of what bodies have that is not declared."""
    return [(change.rule, change.path) for change in widens(declared, infer(bodies))]


def fits(declared: Shape, *bodies: JSON) -> bool:
    return not told(declared, *bodies)


def places(declared: Shape) -> int:
    """How many places there are, shared ones each time."""
    below = [*([declared.items] if declared.items else [])]
    for one in declared.records.values():
        below += [*(member.shape for member in one.fields.values()), *one.keyed.values()]
    return 1 + sum(map(places, below))


class TestReferences:
    def test_one_into_the_document_is_followed(self) -> None:
        assert told(shape(ref("Name"), Name=TEXT), 1) == [("type.changed", "$")]

    @pytest.mark.parametrize(
        "reference",
        ["#/components/schemas/Gone", "other.yaml#/Name", "#anchor", "", "#/paths/~2", "https://x.example/s"],
    )
    def test_one_that_leads_nowhere_leaves_the_place_unknown_and_the_rest_is_read(self, reference: str) -> None:
        declared = shape(record("id", id=TEXT, other={"$ref": reference}))
        assert declared.fields["other"].shape == UNKNOWN
        assert told(declared, {"id": 1, "other": 1})[0] == ("type.changed", "$.id")

    def test_what_stands_beside_one_counts_too(self) -> None:
        declared = shape({**ref("Customer"), "required": ["email"]}, Customer=record(email=TEXT))
        assert told(declared, {}) == [("property.removed", "$.email")]

    def test_what_repeats_itself_is_unknown_at_the_second_visit(self) -> None:
        declared = shape(ref("Node"), Node=record("name", name=TEXT, parent=ref("Node")))
        assert declared.fields["parent"].shape == UNKNOWN
        assert told(declared, {"name": 1}) == [("type.changed", "$.name")]

    def test_so_it_is_where_something_stands_beside_it_for_half_a_record_would_lack_fields(self) -> None:
        more = {"allOf": [ref("Node"), record("more", more=TEXT)]}
        declared = shape(ref("Node"), Node=record("name", name=TEXT, parent=more, others={"anyOf": [more, TEXT]}))
        assert declared.fields["parent"].shape == declared.fields["others"].shape == UNKNOWN

    def test_where_variants_repeat_it_they_are_told_apart_nevertheless(self) -> None:
        both = record("op", op={"const": "and"}, left=ref("Filter"), all={"type": "array", "items": ref("Filter")})
        leaf = record("op", op={"const": "leaf"}, value=TEXT)
        declared = shape(ref("Filter"), Filter={"oneOf": [both, leaf]})
        assert sorted(next(iter(tag.values)) for tag in declared.records) == ["and", "leaf"]

    def test_a_circle_that_goes_through_no_place_is_unknown(self) -> None:
        assert shape(ref("A"), A={"allOf": [ref("B")]}, B={"allOf": [ref("A")]}) == UNKNOWN


class TestNull:
    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "string", "nullable": True},
            {"type": "string", "x-nullable": True},
            {"type": ["string", "null"]},
            {"anyOf": [TEXT, {"type": "null"}]},
            {"oneOf": [{"type": "null"}, ref("Name")]},
            {"allOf": [ref("Name")], "nullable": True},
            {**ref("Name"), "nullable": True},
            {"anyOf": [ref("Name")], "nullable": True},
        ],
    )
    def test_it_is_declared_in_many_ways_that_are_one(self, schema: JSON) -> None:
        assert shape(schema, Name=TEXT) == shape({"type": ["null", "string"]})

    @pytest.mark.parametrize(
        "schema",
        [
            {"enum": ["a", "b", None]},
            {"type": ["string", "null"], "enum": ["a", "b"]},
            {"type": "string", "enum": ["b", "a"], "nullable": True},
            {"type": "string", "enum": ["a", "b", None], "nullable": True},
            {"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]},
            {"anyOf": [{"const": "a"}, {"const": "b"}, {"const": None}]},
        ],
    )
    def test_one_among_the_words_of_a_list_is_none_of_them(self, schema: JSON) -> None:
        declared = shape(schema)
        assert declared == shape({"type": ["null", "string"], "enum": ["a", "b"]})
        assert fits(declared, None, "a")
        state = shape(record("state", state=schema))
        assert told(state, {"state": "c"}) == [("vocabulary.value-added", "$.state")]


CARD = record("last4", last4=TEXT)
BANK = record("iban", iban=TEXT)


class TestVariants:
    card: ClassVar = {"type": "card", "last4": "4242"}
    bank: ClassVar = {"type": "bank", "iban": "DE00"}

    @pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
    @pytest.mark.parametrize("target", ["Card", "#/components/schemas/Card"])
    def test_a_mapping_tells_them_apart_where_they_themselves_do_not(self, keyword: str, target: str) -> None:
        mapping = {"card": target, "bank": "Bank"}
        choice = {keyword: [ref("Card"), ref("Bank")], "discriminator": {"propertyName": "type", "mapping": mapping}}
        declared = shape(choice, Card=CARD, Bank=BANK)
        assert {(tag.name, *tag.values) for tag in declared.records} == {("type", "card"), ("type", "bank")}
        assert fits(declared, self.card, self.bank)
        assert told(declared, {"type": "card", "last4": 1}) == [("type.changed", "$.last4")]

    def test_without_a_mapping_their_names_do(self) -> None:
        choice = {"oneOf": [ref("Card"), ref("Bank")], "discriminator": {"propertyName": "type"}}
        tags = shape(choice, Card=CARD, Bank=BANK).records
        assert {(tag.name, *tag.values) for tag in tags} == {("type", "Card"), ("type", "Bank")}

    def test_several_values_may_stand_for_one(self) -> None:
        mapping = {"card": "Card", "debit": "Card", "bank": "Bank"}
        choice = {"oneOf": [ref("Card"), ref("Bank")], "discriminator": {"propertyName": "type", "mapping": mapping}}
        declared = shape(choice, Card=CARD, Bank=BANK)
        assert fits(declared, self.card, {**self.card, "type": "debit"}, self.bank)

    def test_those_that_share_a_value_are_one_and_the_others_stay_apart(self) -> None:
        def kind(*values: str, **more: JSON) -> JSON:
            return record("kind", *more, kind={"enum": list(values)}, **more)

        choice = [kind("a", "b", x=TEXT), kind("c", y=TEXT), kind("b", z=TEXT)]
        for each in (choice, choice[::-1]):
            declared = shape({"oneOf": each})
            assert sorted(sorted(tag.values) for tag in declared.records) == [["a", "b"], ["c"]]
            assert fits(declared, {"kind": "a", "x": "1"}, {"kind": "b", "z": "1"}, {"kind": "c", "y": "1"})
            assert told(declared, {"kind": "c"}) == [("property.removed", "$.y")]

    def test_what_they_list_themselves_counts_before_the_names(self) -> None:
        tagged = {
            kind: {**schema, "properties": {**schema["properties"], "type": {"const": kind}}}
            for kind, schema in (("card", CARD), ("bank", BANK))
        }
        choice = {"oneOf": [ref("Card"), ref("Bank")], "discriminator": {"propertyName": "type"}}
        declared = shape(choice, Card=tagged["card"], Bank=tagged["bank"])
        assert fits(declared, self.card, self.bank)

    def test_a_parent_stands_for_those_that_extend_it(self) -> None:
        schemas = {
            "Pet": record("kind", "name", kind=TEXT, name=TEXT) | {"discriminator": {"propertyName": "kind"}},
            "Cat": {"allOf": [ref("Pet"), record("lives", lives={"type": "integer"})]},
            "Dog": {"allOf": [ref("Pet"), record("tricks", tricks={"type": "integer"})]},
            "Puppy": {"allOf": [ref("Dog"), record("weeks", weeks={"type": "integer"})]},
        }
        declared = shape({"type": "array", "items": ref("Pet")}, **schemas)
        assert declared.items is not None
        assert sorted(next(iter(tag.values)) for tag in declared.items.records) == ["Cat", "Dog", "Puppy"]
        cat = {"kind": "Cat", "name": "Tom", "lives": 9}
        assert fits(declared, [cat], [{"kind": "Puppy", "name": "Rex", "tricks": 0, "weeks": 3}])
        assert told(declared, [{"kind": "Cat", "name": "Tom"}]) == [("property.removed", "$[*].lives")]
        only = shape(ref("Cat"), **schemas)
        assert sorted(only.fields) == ["kind", "lives", "name"]

    def test_in_swagger_the_same_is_said_by_the_fields_name(self) -> None:
        pet = record("kind", kind=TEXT) | {"discriminator": "kind"}
        extends = {"$ref": "#/definitions/Pet"}
        document = swagger(
            definitions={
                "Pet": pet,
                "Cat": {"allOf": [extends, record("lives", lives={"type": "integer"})]},
                "Dog": {"allOf": [extends, record("tricks", tricks={"type": "integer"})]},
            }
        )
        declared = response_shape(document, part({"$ref": "#/definitions/Pet"}))
        assert sorted(next(iter(tag.values)) for tag in declared.records) == ["Cat", "Dog"]

    def test_a_parent_that_lists_those_that_extend_it_is_no_endless_circle(self) -> None:
        schemas = {
            "Pet": record("kind", kind=TEXT)
            | {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
            "Cat": {"allOf": [ref("Pet"), record("lives", lives={"type": "integer"})]},
            "Dog": {"allOf": [ref("Pet"), record("tricks", tricks={"type": "integer"})]},
        }
        assert {next(iter(tag.values)) for tag in shape(ref("Pet"), **schemas).records} == {"Cat", "Dog"}
        assert sorted(shape(ref("Cat"), **schemas).fields) == ["kind", "lives"]


class TestObjects:
    @pytest.mark.parametrize("others", [{}, {"additionalProperties": True}, {"additionalProperties": {}}])
    def test_they_are_open_by_default(self, others: JSON) -> None:
        assert shape({**record("id", id=TEXT), **others}) == shape(
            {**record("id", id=TEXT), "additionalProperties": False}
        )

    @pytest.mark.parametrize("keyword", [{"additionalProperties": TEXT}, {"patternProperties": {"^x": TEXT}}])
    def test_values_under_unknown_names_may_be_declared(self, keyword: JSON) -> None:
        declared = shape({"type": "object", **keyword})
        assert fits(declared, {"xa": "a"}, {"xb": "b"}, {})
        assert told(declared, {"xa": 1}) == [("type.changed", "$.*")]

    def test_declared_names_are_never_data(self) -> None:
        money = record("amount", "currency", amount={"type": "integer"}, currency=TEXT)
        names = [f"total_{number}" for number in range(12)]
        declared = shape(record(**dict.fromkeys(names, money)))
        gone = shape(record(**dict.fromkeys(names[1:], money)))
        assert [(change.rule, change.path) for change in compare(declared, gone)] == [
            ("property.removed-optional", "$.total_0")
        ]

    def test_what_is_only_written_is_in_no_response_and_what_is_only_read_in_no_request(self) -> None:
        schema = record(
            "id", "secret", "name", id={"type": "string", "readOnly": True}, secret={**ref("Secret")}, name=TEXT
        )
        document = spec(schemas={"Secret": {"type": "string", "writeOnly": True}})
        assert sorted(response_shape(document, part(schema)).fields) == ["id", "name"]
        assert sorted(request_shape(document, part(schema)).fields) == ["name", "secret"]


class TestScalars:
    @pytest.mark.parametrize(
        ("format_", "rules"), [("int32", ["integer.range-crossed"]), ("int64", []), ("", []), ("int53", [])]
    )
    def test_integers_have_the_room_that_is_declared(self, format_: str, rules: list[str]) -> None:
        declared = shape({"type": "integer", **({"format": format_} if format_ else {})})
        assert [rule for rule, _ in told(declared, 2**54)] == rules

    @pytest.mark.parametrize(
        "format_", ["date-time", "date", "uuid", "email", "uri", "ipv4", "ipv6", "duration", "time"]
    )
    def test_formats_are_those_that_are_observed(self, format_: str) -> None:
        assert shape({"type": "string", "format": format_}).format == format_

    @pytest.mark.parametrize("format_", ["password", "binary", "byte", "hostname", ["date"], {}, 7])
    def test_other_formats_say_nothing(self, format_: JSON) -> None:
        assert shape({"type": "string", "format": format_}) == shape(TEXT)


@pytest.mark.parametrize(
    "junk",
    [
        {"type": "any"},
        {"type": "file"},
        {"type": ["string", "text"]},
        {"type": 7},
        {"type": {}},
        "string",
        7,
        None,
        [],
        {"$ref": 7},
        {"oneOf": "a"},
        {"oneOf": [{}]},
        {"discriminator": {"mapping": 7}},
        {"discriminator": 7},
        {"$ref": "#/paths"},
    ],
)
def test_junk_is_unknown_and_the_rest_is_read(junk: JSON) -> None:
    declared = shape(record("id", id={"type": "integer"}, other=junk))
    assert declared.fields["other"].shape == UNKNOWN
    assert told(declared, {"id": "a"}) == [("type.changed", "$.id")]


@pytest.mark.parametrize(
    "junk",
    [
        {"required": True},
        {"required": "id"},
        {"properties": []},
        {"enum": [1, 2]},
        {"enum": 7},
        {"enum": {}},
        {"allOf": 7},
        {"allOf": [{}]},
        {"oneOf": []},
        {"format": []},
        {"minLength": "7"},
        {"additionalProperties": 7},
        {"patternProperties": []},
        {"items": 7},
        {"discriminator": {"propertyName": 7}},
    ],
)
def test_junk_beside_what_is_declared_is_passed_over(junk: JSON) -> None:
    assert "string" in shape({**TEXT, **junk}).kinds


class TestSize:
    most = 2_000

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(schemas, "MOST_NODES", self.most)
        monkeypatch.setattr(schemas, "_MOST_OF_ALL", 10 * self.most)

    @pytest.mark.parametrize("keyword", ["properties", "allOf", "anyOf", "oneOf"])
    def test_of_what_multiplies_without_end_the_top_is_read_with_bounded_work(self, keyword: str) -> None:
        below = {f"L{at}": {keyword: [ref(f"L{at + 1}")] * 2, **record(name=TEXT)} for at in range(40)}
        document = spec(schemas=doubling(40) if keyword == "properties" else {**below, "L40": record(name=TEXT)})
        top = ref("Level0" if keyword == "properties" else "L0")
        assert counted_calls(lambda: response_shape(document, part(top))) < 250 * self.most
        declared = response_shape(document, part(top))
        assert places(declared) < self.most
        if keyword == "properties":
            assert declared.fields["left"].shape.fields["right"].shape.fields["name"].shape == shape(TEXT)

    def test_so_it_is_where_variants_multiply_what_they_share(self) -> None:
        levels: JSON = {"L20": TEXT}
        for at in range(20):
            kinds = [record("kind", kind={"const": f"k{number}"}) for number in range(8)]
            levels[f"L{at}"] = {**record(below=ref(f"L{at + 1}")), "oneOf": kinds}
        document = spec(schemas=levels)
        assert counted_calls(lambda: response_shape(document, part(ref("L0")))) < 400 * self.most
        assert places(response_shape(document, part(ref("L0")))) < self.most

    def test_of_a_document_full_of_them_each_is_given_less(self) -> None:
        document = spec(schemas={**doubling(40), **{f"Top{at}": ref("Level0") for at in range(30)}})
        made = [response_shape(document, part(ref(f"Top{at}"))) for at in range(30)]
        assert places(made[0]) > 5 * places(made[-1]) > 10
        before = document.nodes
        response_shape(document, part(ref("Level0")))
        assert 0 < document.nodes - before < self.most

    def test_where_less_is_read_of_one_version_it_lacks_nothing(self) -> None:
        levels: JSON = {"L30": TEXT}
        for at in range(30):
            below = record("id", "below", id=TEXT, below=ref(f"L{at + 1}"), again=ref(f"L{at + 1}"))
            card, bank = (record("kind", kind, kind={"const": kind}, **{kind: TEXT}) for kind in ("card", "bank"))
            levels |= {
                f"L{at}": {"allOf": [ref(f"Base{at}"), record("own", own=TEXT)]},
                f"Base{at}": {
                    **below,
                    "properties": {**below["properties"], "by": {"oneOf": [card, ref(f"Bank{at}")]}},
                },
                f"Bank{at}": {"allOf": [bank]},
            }
        document = spec(schemas=levels)
        whole = [
            declared_shape(ref("L0"), schemas._Schemas(document, "", depth), Work(10**6)) for depth in range(4, 26)
        ]
        for one, other in pairwise(whole):
            for old, new in ((one, other), (other, one)):
                assert {change.rule for change in compare(old, new)} <= {"value.unknown-learned"}

    def test_what_is_nested_deeper_than_there_is_room_for_is_unknown(self) -> None:
        schema: JSON = TEXT
        for _ in range(300):
            schema = {"type": "array", "items": schema}
        declared: Shape | None = shape(schema)
        depth = 0
        while declared and declared.items is not None:
            declared, depth = declared.items, depth + 1
        assert 50 < depth < 128
        assert declared == UNKNOWN

    def test_only_operations_in_use_are_read(self) -> None:
        document = Spec(large(1))
        read: set[str] = set()
        at = document.at
        document.at = lambda pointer: (read.add(pointer), at(pointer))[1]  # type: ignore[method-assign]
        operation = document.find("GET", "/resources7/1")
        assert operation is not None
        response_shape(document, operation.responses["200"].media["application/json"])
        assert read == {f"#/components/schemas/{name}" for name in ("Resource7", "Money", "Address")}
        assert len(document.shapes) == 1

    def test_a_schema_is_read_once_however_many_responses_refer_to_it(self) -> None:
        paths = {f"/{number}": {"get": answering(ref("Name"))} for number in range(9)}
        document = spec(paths, schemas={"Name": TEXT})
        made = {
            id(response_shape(document, operation.responses["200"].media["application/json"]))
            for operation in document.operations()
        }
        assert len(made) == 1

    def test_a_document_of_ten_megabytes_takes_so_much_work_for_each_place_of_it(self) -> None:
        content = large(10)
        assert len(json.dumps(content)) > 10_000_000
        document = Spec(content)
        made: list[Shape] = []

        def everything() -> None:
            made.extend(
                response_shape(document, operation.responses["200"].media["application/json"])
                for operation in document.operations()
            )

        assert counted_calls(everything) < 100 * sum(map(places, made))


def counted_calls(work: Callable[[], object]) -> int:
    """How many Python functions are called: work that no machine makes faster."""
    calls = [0]

    def count(frame: object, event: str, argument: object) -> None:
        del frame, argument
        calls[0] += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls[0]
