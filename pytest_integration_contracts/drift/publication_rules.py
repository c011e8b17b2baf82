"""Rules about what an upstream publishes: what one version of its OpenAPI document says otherwise than the one before.

What the document says of bodies of responses is told by the rules of bodies. These are about all else that a consumer
uses: the operation itself, and what its requests must be. Their examples are parts of documents, as JSON texts.
"""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.drift.rule import Rule
from pytest_integration_contracts.model import Severity

_B, _W = Severity.BREAKING, Severity.WARNING

_ASKS_LESS: Final = "A request that must have less is answered as before."

PUBLICATION_RULES: Final = (
    Rule(
        id="spec.operation-removed",
        severity=_B,
        why="The document has the operation no more: sooner or later it is answered with 404, or not at all.",
        remedy="Move to what replaces it, or ask the upstream how long it still answers.",
        one_way="An operation that is new is used by nobody yet.",
        example=('{"paths": {"/customers/{id}": {"get": {}}}}', '{"paths": {}}'),
        elsewhere="oasdiff api-path-removed-without-deprecation, api-removed-without-deprecation (error)",
    ),
    Rule(
        id="spec.operation-deprecated",
        severity=_W,
        why="The document says that the operation should not be used any more, or until when it can be.",
        remedy="Move to what replaces it before that day.",
        one_way="An announcement that is taken back breaks nobody.",
        example=('{"get": {}}', '{"get": {"deprecated": true, "x-sunset": "2100-01-01"}}'),
        elsewhere="oasdiff endpoint-deprecated (info)",
    ),
    Rule(
        id="spec.status-removed",
        severity=_B,
        why="A status that the consumer knows is declared no more. Of an error it is a warning.",
        remedy="Handle the statuses that the document has now, or ask the upstream whether it is meant.",
        mirror="spec.status-added",
        example=('{"responses": {"200": {}}}', '{"responses": {"202": {}}}'),
        elsewhere="oasdiff response-success-status-removed (error), response-non-success-status-removed (info)",
    ),
    Rule(
        id="spec.status-added",
        severity=_W,
        why="The operation may also succeed with another status: perhaps it is asynchronous now.",
        remedy="Handle both.",
        mirror="spec.status-removed",
        example=('{"responses": {"200": {}}}', '{"responses": {"200": {}, "202": {}}}'),
        elsewhere="oasdiff response-success-status-added (info)",
    ),
    Rule(
        id="spec.media-removed",
        severity=_B,
        why="The media type that the consumer reads is declared no more.",
        remedy="Ask for a media type that is declared with an Accept header, and read that.",
        one_way="A further media type is sent to those who ask for it.",
        example=(
            '{"200": {"content": {"application/json": {}}}}',
            '{"200": {"content": {"application/xml": {}}}}',
        ),
        elsewhere="oasdiff response-media-type-removed (error)",
    ),
    Rule(
        id="spec.security-changed",
        severity=_B,
        why="The operation asks for another credential, or for more: requests with the old one are refused.",
        remedy="Get a credential of the new kind, or with the new scope, before the upstream asks for it.",
        mirror="spec.security-changed",
        example=(
            '{"security": [{"key": []}]}',
            '{"security": [{"oauth": ["customers:read"]}]}',
        ),
        elsewhere="oasdiff api-security-removed, api-security-added, api-security-scope-added (info)",
    ),
    Rule(
        id="spec.server-changed",
        severity=_W,
        why="All operations are below another path now: the old one may be a version that goes away.",
        remedy="Ask the upstream how long the old path answers, and move the URL in your configuration.",
        mirror="spec.server-changed",
        example=(
            '{"servers": [{"url": "https://api.crm.example/v1"}]}',
            '{"servers": [{"url": "https://api.crm.example/v2"}]}',
        ),
    ),
    Rule(
        id="request.property-required",
        severity=_B,
        why="Requests must have a property that they did not need: without it they are refused.",
        remedy="Send it.",
        one_way=_ASKS_LESS,
        example=(
            '{"properties": {"email": {"type": "string"}}}',
            '{"properties": {"email": {"type": "string"}}, "required": ["email"]}',
        ),
        elsewhere="oasdiff new-required-request-property, request-property-became-required (error)",
    ),
    Rule(
        id="request.property-removed",
        severity=_W,
        why="A property that requests have is declared no more: it is ignored, or the request is refused.",
        remedy="Do without it, or ask the upstream what takes its place.",
        one_way="What may be sent in addition, nobody must send.",
        example=('{"properties": {"note": {"type": "string"}}}', '{"properties": {}}'),
        elsewhere="oasdiff request-property-removed (warning)",
    ),
    Rule(
        id="request.type-changed",
        severity=_B,
        why="What requests send is of a type, or of a format, that is not taken any more.",
        remedy="Send what the document asks for.",
        mirror="request.type-changed",
        example=('{"amount": {"type": "number"}}', '{"amount": {"type": "string"}}'),
        elsewhere="oasdiff request-property-type-changed, request-parameter-type-changed (error)",
    ),
    Rule(
        id="request.value-removed",
        severity=_B,
        why="A value that requests send is not taken any more.",
        remedy="Send one of the values that are left.",
        one_way="What may be sent in addition, nobody must send.",
        example=('{"enum": ["card", "cheque"]}', '{"enum": ["card"]}'),
        elsewhere="oasdiff request-property-enum-value-removed, request-parameter-enum-value-removed (error)",
    ),
    Rule(
        id="request.body-required",
        severity=_B,
        why="Requests must have a body: without one they are refused.",
        remedy="Send one.",
        one_way=_ASKS_LESS,
        example=('{"requestBody": {}}', '{"requestBody": {"required": true}}'),
        elsewhere="oasdiff request-body-added-required, request-body-became-required (error)",
    ),
    Rule(
        id="request.media-removed",
        severity=_B,
        why="Bodies of the media type that requests have are not taken any more.",
        remedy="Send a media type that is declared.",
        one_way="What may be sent in addition, nobody must send.",
        example=(
            '{"content": {"application/x-www-form-urlencoded": {}}}',
            '{"content": {"application/json": {}}}',
        ),
        elsewhere="oasdiff request-body-media-type-removed (error)",
    ),
    Rule(
        id="request.parameter-required",
        severity=_B,
        why="Requests must have a parameter that they did not need: without it they are refused.",
        remedy="Send it.",
        one_way=_ASKS_LESS,
        example=(
            '{"in": "query", "name": "region"}',
            '{"in": "query", "name": "region", "required": true}',
        ),
        elsewhere="oasdiff new-required-request-parameter, request-parameter-became-required (error)",
    ),
    Rule(
        id="request.parameter-removed",
        severity=_W,
        why="A parameter that requests have is declared no more: most upstreams ignore it, and answer something else.",
        remedy="Do without it, or ask the upstream what takes its place.",
        one_way="What may be sent in addition, nobody must send.",
        example=('{"parameters": [{"in": "query", "name": "since"}]}', '{"parameters": []}'),
        elsewhere="oasdiff request-parameter-removed (warning)",
    ),
    Rule(
        id="request.parameter-deprecated",
        severity=_W,
        why="The document says that a parameter which requests have should not be used any more.",
        remedy="Do without it before it goes away.",
        one_way="An announcement that is taken back breaks nobody.",
        example=(
            '{"in": "query", "name": "page"}',
            '{"in": "query", "name": "page", "deprecated": true}',
        ),
        elsewhere="oasdiff request-parameter-deprecated (info)",
    ),
)
