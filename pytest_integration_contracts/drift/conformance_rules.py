"""Rules about responses that are not as the upstream's own document says.

Such a response breaks no consumer whose snapshot holds: so all of them are warnings. Their examples are a schema, or
what else a document says of a response, and what came.
"""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.drift.rule import Rule
from pytest_integration_contracts.model import Finding, Severity, Verdict

_W: Final = Severity.WARNING
_NO_OPPOSITE: Final = "A response that is as the document says is no news."
_TELL_THEM: Final = "Tell the upstream which of the two is wrong; until then, trust what comes."

CONFORMANCE_RULES: Final = (
    Rule(
        id="spec.operation-undeclared",
        severity=_W,
        why="The document does not have the operation: nobody has promised that it stays.",
        remedy="Ask the upstream whether it may be used, or whether the document is of another version.",
        one_way=_NO_OPPOSITE,
        example=(
            '{"paths": {"/customers": {"get": {}}}}',
            '{"method": "GET", "url": "https://api.crm.example/v1/internal/customers"}',
        ),
    ),
    Rule(
        id="spec.operation-unusable",
        severity=_W,
        why="What the document says about the operation is no schema that can be read: nothing was held against it.",
        remedy="Tell the upstream; a validator of OpenAPI documents says what is wrong.",
        one_way="That a document can be used is no news.",
        example=(
            '{"type": "objekt"}',
            '{"body": {"id": 42}}',
        ),
    ),
    Rule(
        id="spec.status-undeclared",
        severity=_W,
        why="The document does not have the status: clients made from it do not handle it.",
        remedy=_TELL_THEM,
        one_way=_NO_OPPOSITE,
        example=(
            '{"responses": {"200": {}, "404": {}}}',
            '{"status": 422}',
        ),
        elsewhere="schemathesis status_code_conformance (a failure)",
    ),
    Rule(
        id="spec.media-undeclared",
        severity=_W,
        why="The document has another media type. Compatible where both are JSON.",
        remedy=_TELL_THEM,
        one_way=_NO_OPPOSITE,
        example=(
            '{"responses": {"200": {"content": {"application/json": {}}}}}',
            '{"status": 200, "media": "text/html"}',
        ),
        elsewhere="schemathesis content_type_conformance (a failure)",
    ),
    Rule(
        id="spec.header-missing",
        severity=_W,
        why="The document requires a header that did not come: a client that pages or waits by it does not.",
        remedy=_TELL_THEM,
        one_way=_NO_OPPOSITE,
        counted=True,
        example=(
            '{"headers": {"X-Total-Count": {"required": true, "schema": {"type": "integer"}}}}',
            '{"headers": {"Content-Type": "application/json"}}',
        ),
        elsewhere="schemathesis response_headers_conformance (a failure)",
    ),
    Rule(
        id="spec.header-violated",
        severity=_W,
        why="A header is not as the document says: a parser made from it fails.",
        remedy=_TELL_THEM,
        one_way=_NO_OPPOSITE,
        counted=True,
        example=(
            '{"headers": {"X-Total-Count": {"schema": {"type": "integer"}}}}',
            '{"headers": {"X-Total-Count": "many"}}',
        ),
        elsewhere="schemathesis response_headers_conformance (a failure)",
    ),
    Rule(
        id="spec.required-missing",
        severity=_W,
        why="The document requires a field that did not come: it does not say what may be missing.",
        remedy=_TELL_THEM,
        one_way=_NO_OPPOSITE,
        counted=True,
        example=(
            '{"type": "object", "required": ["id", "email"]}',
            '{"body": {"id": 42}}',
        ),
        elsewhere="schemathesis response_schema_conformance (a failure)",
    ),
    Rule(
        id="spec.type-violated",
        severity=_W,
        why="A value is of another type than the document says: models made from it do not read it.",
        remedy=_TELL_THEM,
        one_way=_NO_OPPOSITE,
        counted=True,
        example=(
            '{"properties": {"id": {"type": "string"}}}',
            '{"body": {"id": 42}}',
        ),
        elsewhere="schemathesis response_schema_conformance (a failure)",
    ),
    Rule(
        id="spec.enum-violated",
        severity=_W,
        why="A value is none of those that the document lists: an exhaustive match made from it has no case for it.",
        remedy=_TELL_THEM,
        one_way=_NO_OPPOSITE,
        counted=True,
        example=(
            '{"properties": {"status": {"enum": ["open", "won"]}}}',
            '{"body": {"status": "lost"}}',
        ),
        elsewhere="schemathesis response_schema_conformance (a failure)",
    ),
    Rule(
        id="spec.body-violated",
        severity=_W,
        why="A value breaks another claim of the document: a format, a bound, a choice of alternatives.",
        remedy=_TELL_THEM,
        one_way=_NO_OPPOSITE,
        counted=True,
        example=(
            '{"properties": {"created_at": {"type": "string", "format": "date-time"}}}',
            '{"body": {"created_at": "yesterday"}}',
        ),
        elsewhere="schemathesis response_schema_conformance (a failure)",
    ),
)
"""In the order in which they are told."""

_IDS: Final = frozenset(rule.id for rule in CONFORMANCE_RULES)


def differs_from_document_only(finding: Finding) -> bool:
    """Whether the contract holds, and all there is to tell is that the upstream's document says otherwise."""
    return finding.verdict is Verdict.CHANGED and all(change.rule in _IDS for change in finding.changes)
