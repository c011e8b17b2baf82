"""Rules about fields: whether they are there, under which name, and whether they hold anything."""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.drift.rule import Rule
from pytest_integration_contracts.model import Severity

_B, _W, _C = Severity.BREAKING, Severity.WARNING, Severity.COMPATIBLE

PRESENCE_RULES: Final = (
    Rule(
        id="property.removed",
        severity=_B,
        why="Every response had the field, and now none has: reading it raises KeyError.",
        remedy="Stop reading the field, or read the one that replaces it.",
        mirror="property.added",
        witness='{owner}["{name}"]  # KeyError',
        counted=True,
        example=('{"email": "ada@mail.example", "id": 1}', '{"id": 1}'),
        elsewhere=(
            "oasdiff response-required-property-removed (error); GraphQL FIELD_REMOVED (breaking);"
            " buf FIELD_NO_DELETE (breaking)"
        ),
        lenient=_W,
    ),
    Rule(
        id="property.removed-optional",
        severity=_W,
        why="A field that was there for some is there for none: it is gone, or did not happen to occur.",
        remedy="Ask the upstream whether the field is gone; an update in which it occurs again settles it.",
        one_way="A field that comes, for some or for all, is property.added.",
        witness='{owner}["{name}"]  # KeyError, for all',
        counted=True,
        example=(
            '{"users": [{"nickname": "ada", "id": 1}, {"id": 2}]}',
            '{"users": [{"id": 1}, {"id": 2}]}',
        ),
        elsewhere=(
            "oasdiff response-optional-property-removed (warning); GraphQL FIELD_REMOVED (breaking);"
            " buf FIELD_NO_DELETE (breaking)"
        ),
    ),
    Rule(
        id="property.added",
        severity=_C,
        why="A new field; code that ignores what it does not know is not touched.",
        remedy="Nothing, unless your model forbids extra fields.",
        mirror="property.removed",
        example=('{"id": 1}', '{"email": "ada@mail.example", "id": 1}'),
        elsewhere="oasdiff response-required-property-added, response-optional-property-added (info)",
    ),
    Rule(
        id="property.became-optional",
        severity=_B,
        why="A field that was always there is sometimes missing: reading it raises KeyError for some records.",
        remedy='Read it with `.get("...")` and decide what its absence means.',
        mirror="property.became-required",
        witness='{owner}["{name}"]  # KeyError, for some',
        counted=True,
        example=(
            '{"users": [{"email": "ada@mail.example", "id": 1}, {"email": "bo@mail.example", "id": 2}]}',
            '{"users": [{"email": "ada@mail.example", "id": 1}, {"id": 2}]}',
        ),
        elsewhere="oasdiff response-property-became-optional (error); buf FIELD_SAME_CARDINALITY (breaking)",
        lenient=_W,
        sibling=_W,
    ),
    Rule(
        id="property.became-required",
        severity=_C,
        why="A field that was sometimes missing was always there; nothing that handled its absence breaks.",
        remedy="Nothing.",
        mirror="property.became-optional",
        narrowing=True,
        counted=True,
        example=(
            '{"users": [{"email": "ada@mail.example", "id": 1}, {"id": 2}]}',
            '{"users": [{"email": "ada@mail.example", "id": 1}, {"email": "bo@mail.example", "id": 2}]}',
        ),
        elsewhere="oasdiff response-property-became-required (info)",
    ),
    Rule(
        id="property.renamed",
        severity=_B,
        why="The field has another name and the same content: reading the old name raises KeyError.",
        remedy="Read the new name.",
        mirror="property.renamed",
        witness='{owner}["{name}"]  # KeyError',
        example=('{"email": "ada@mail.example", "id": 1}', '{"email_address": "ada@mail.example", "id": 1}'),
        elsewhere=(
            "oasdiff and GraphQL tools tell a removed and an added field; buf FIELD_SAME_NAME, FIELD_SAME_JSON_NAME"
            " (breaking)"
        ),
    ),
    Rule(
        id="property.case-changed",
        severity=_B,
        why="The field's name is written differently, in case or separators: reading the old name raises KeyError.",
        remedy="Read the new name; look whether the whole body changed its style of names.",
        mirror="property.case-changed",
        witness='{owner}["{name}"]  # KeyError',
        example=('{"user_id": 7, "email": "ada@mail.example"}', '{"userId": 7, "email": "ada@mail.example"}'),
        elsewhere="oasdiff and GraphQL tools tell a removed and an added field; buf FIELD_SAME_JSON_NAME (breaking)",
    ),
    Rule(
        id="property.moved",
        severity=_B,
        why="The content stands elsewhere, in an envelope or out of one: reading the old place raises KeyError.",
        remedy="Read the new place.",
        mirror="property.moved",
        witness='{owner}["{name}"]  # KeyError',
        example=(
            '{"customer": {"email": "ada@mail.example", "city": "London"}}',
            '{"data": {"customer": {"email": "ada@mail.example", "city": "London"}}}',
        ),
        elsewhere="other tools tell removed and added fields, one by one, or nothing",
    ),
    Rule(
        id="value.became-nullable",
        severity=_B,
        why="A value that was never null now is: the first method called on it raises AttributeError.",
        remedy="Handle None where the value is used.",
        mirror="value.became-non-null",
        witness='{owner}["{name}"]  # None, where a value was',
        counted=True,
        example=(
            '{"users": [{"email": "ada@mail.example"}, {"email": "bo@mail.example"}]}',
            '{"users": [{"email": "ada@mail.example"}, {"email": null}]}',
        ),
        elsewhere="oasdiff response-property-became-nullable (error); GraphQL FIELD_CHANGED_KIND (breaking)",
        thin=_W,
    ),
    Rule(
        id="value.became-non-null",
        severity=_C,
        why="A value that was sometimes null never was; nothing that handled None breaks.",
        remedy="Nothing.",
        mirror="value.became-nullable",
        narrowing=True,
        counted=True,
        example=(
            '{"users": [{"email": "ada@mail.example"}, {"email": null}]}',
            '{"users": [{"email": "ada@mail.example"}, {"email": "bo@mail.example"}]}',
        ),
        elsewhere="oasdiff response-property-became-not-nullable (info)",
    ),
    Rule(
        id="value.null-to-absent",
        severity=_B,
        why="What was null is left out instead: code that reads the field and tests for None raises KeyError.",
        remedy='Read it with `.get("...")`, which gives None either way.',
        mirror="value.absent-to-null",
        witness='{owner}["{name}"]  # KeyError',
        counted=True,
        example=(
            '{"users": [{"email": "ada@mail.example", "id": 1}, {"email": null, "id": 2}]}',
            '{"users": [{"email": "ada@mail.example", "id": 1}, {"id": 2}]}',
        ),
        elsewhere="oasdiff response-property-became-optional (error)",
    ),
    Rule(
        id="value.absent-to-null",
        severity=_W,
        why="What was left out is null instead: code that asks whether the field is there goes on with None.",
        remedy='Ask `.get("...") is not None`, not whether the field is there.',
        mirror="value.null-to-absent",
        witness='{owner}["{name}"]  # None, where the field was missing',
        counted=True,
        example=(
            '{"users": [{"email": "ada@mail.example", "id": 1}, {"id": 2}]}',
            '{"users": [{"email": "ada@mail.example", "id": 1}, {"email": null, "id": 2}]}',
        ),
        elsewhere="oasdiff response-property-became-nullable (error)",
    ),
    Rule(
        id="value.unknown-learned",
        severity=_C,
        why="Only null, or an empty array, had ever been seen here; now there is something to know.",
        remedy="Nothing; an update keeps what was learned.",
        one_way="What is once known is not unlearned by one empty answer.",
        example=('{"note": null}', '{"note": "call back"}'),
    ),
    Rule(
        id="value.now-empty",
        severity=_W,
        why="Text that was never empty is empty everywhere: nothing fails, and dashboards show nothing.",
        remedy="Ask the upstream whether the text is gone; treat an empty one as missing.",
        one_way="Text where there was none is what its readers wait for.",
        witness='{owner}["{name}"]  # "", where text was',
        counted=True,
        example=('{"city": "London"}', '{"city": ""}'),
        elsewhere="oasdiff response-property-min-length-decreased (error), where a minimum is declared",
    ),
)
