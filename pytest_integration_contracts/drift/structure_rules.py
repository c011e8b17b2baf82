"""Rules about how a body is built: arrays, maps (objects whose keys are data) and tagged unions."""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.drift.rule import Rule
from pytest_integration_contracts.model import Severity

_B, _W, _C = Severity.BREAKING, Severity.WARNING, Severity.COMPATIBLE

_TWO_KINDS = '{"payments": [{"type": "card", "last4": "4242"}, {"type": "bank", "iban": "DE00"}]}'
_THREE_KINDS = (
    '{"payments": [{"type": "card", "last4": "4242"}, {"type": "bank", "iban": "DE00"},'
    ' {"type": "voucher", "code": "X1"}]}'
)

STRUCTURE_RULES: Final = (
    Rule(
        id="array.to-object",
        severity=_B,
        why="A list is one object now: a single element was unwrapped, or the list got keys.",
        remedy="Wrap a single object in a list where it comes in.",
        mirror="object.to-array",
        witness='{owner}["{name}"][0]  # KeyError',
        example=(
            '{"address": [{"city": "London", "id": 7}], "vip": true}',
            '{"address": {"city": "London", "id": 7}, "vip": true}',
        ),
        elsewhere="oasdiff response-property-type-changed (error); buf FIELD_SAME_CARDINALITY (breaking)",
    ),
    Rule(
        id="object.to-array",
        severity=_B,
        why="An object is a list now: reading its fields raises TypeError.",
        remedy="Decide what several of them mean to you; a list of one is not the object.",
        mirror="array.to-object",
        witness='{owner}["{name}"]["id"]  # TypeError',
        example=(
            '{"address": {"city": "London", "id": 7}, "vip": true}',
            '{"address": [{"city": "London", "id": 7}], "vip": true}',
        ),
        elsewhere="oasdiff response-property-type-changed (error); buf FIELD_SAME_CARDINALITY (breaking)",
    ),
    Rule(
        id="array.now-empty",
        severity=_C,
        why="A list that always had items has none: its items are not verified, and reports show nothing.",
        remedy="Ask the upstream whether the items are gone; record again with data that has some.",
        one_way="Items where there were none are value.unknown-learned.",
        witness='{owner}["{name}"][0]  # IndexError',
        counted=True,
        example=('{"tags": ["new", "vip"]}', '{"tags": []}'),
        elsewhere="oasdiff response-property-min-items-decreased (error), where a minimum is declared",
        live=_W,
    ),
    Rule(
        id="array.nesting-changed",
        severity=_B,
        why="Lists stand in lists, or no longer do: a loop meets lists where it met items, or the reverse.",
        remedy="Flatten the lists where they come in, or loop once less.",
        mirror="array.nesting-changed",
        example=('{"rows": [[1, 2], [3, 4]]}', '{"rows": [1, 2, 3, 4]}'),
        elsewhere="oasdiff response-property-type-changed (error)",
    ),
    Rule(
        id="map.to-record",
        severity=_W,
        why="Keys that were data are the same few names now: a loop over them still runs, over other things.",
        remedy="Look what the keys stand for; pin the place in the manifest where the guess is wrong.",
        mirror="record.to-map",
        example=(
            '{"rates": {"2024-01-30": 1.08, "2024-01-31": 1.09}}',
            '{"rates": {"open": 1.08, "close": 1.09}}',
        ),
        elsewhere="oasdiff tells changes of properties and additionalProperties, one by one",
    ),
    Rule(
        id="record.to-map",
        severity=_W,
        why="Named fields are keys that are data now: each response has others, and none is sure to be there.",
        remedy="Loop over the keys; pin the place in the manifest where the guess is wrong.",
        mirror="map.to-record",
        example=(
            '{"rates": {"open": 1.08, "close": 1.09}}',
            '{"rates": {"2024-01-30": 1.08, "2024-01-31": 1.09}}',
        ),
        elsewhere="oasdiff tells changes of properties and additionalProperties, one by one",
    ),
    Rule(
        id="map.key-format-changed",
        severity=_W,
        why="The keys of a map are of another kind, as dates where numbers were: joins on them find nothing.",
        remedy="Join on the new keys, or keep a table from the old to the new ones.",
        mirror="map.key-format-changed",
        example=(
            '{"opens": {"1001": 9.5, "1002": 8.25}}',
            '{"opens": {"2024-01-30": 9.5, "2024-01-31": 8.25}}',
        ),
    ),
    Rule(
        id="variant.added",
        severity=_W,
        why="Records of a kind that was never seen, with fields of their own: code that knows all kinds misses one.",
        remedy="Handle the new kind, and give the unknown ones a branch of their own.",
        mirror="variant.removed",
        example=(_TWO_KINDS, _THREE_KINDS),
        elsewhere=(
            "oasdiff response-property-one-of-added, response-property-any-of-added (error);"
            " GraphQL TYPE_ADDED_TO_UNION (dangerous)"
        ),
    ),
    Rule(
        id="variant.removed",
        severity=_C,
        why="A known kind of records did not occur.",
        remedy="Nothing.",
        mirror="variant.added",
        narrowing=True,
        example=(_THREE_KINDS, _TWO_KINDS),
        elsewhere=(
            "oasdiff response-property-one-of-removed, response-property-any-of-removed (info);"
            " GraphQL TYPE_REMOVED_FROM_UNION (breaking); buf FIELD_NO_DELETE (breaking)"
        ),
    ),
    Rule(
        id="variant.tag-changed",
        severity=_B,
        why="The field that tells the kinds apart has another name: dispatch on the old one raises KeyError.",
        remedy="Dispatch on the new field.",
        mirror="variant.tag-changed",
        witness='{owner}["{name}"]  # KeyError',
        example=(
            _TWO_KINDS,
            '{"payments": [{"kind": "card", "last4": "4242"}, {"kind": "bank", "iban": "DE00"}]}',
        ),
        elsewhere="oasdiff response-property-discriminator-property-name-changed (info)",
    ),
)
