"""Rules about responses as a whole: statuses, media types, headers and how they behave.

Their examples are responses, as JSON texts: `status`, `media`, `headers`, `body`, where they are not the usual ones; a
list where it takes several.
"""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.drift.rule import Rule
from pytest_integration_contracts.model import Severity

_B, _W, _C = Severity.BREAKING, Severity.WARNING, Severity.COMPATIBLE

RESPONSE_RULES: Final = (
    Rule(
        id="status.changed",
        severity=_B,
        why="The same request is answered with another status.",
        remedy="Handle the new status, or ask the upstream whether it is meant.",
        mirror="status.changed",
        example=(
            '{"status": 200, "body": {"id": 42}}',
            '{"status": 404}',
        ),
        elsewhere="oasdiff response-success-status-removed (error)",
    ),
    Rule(
        id="status.success-added",
        severity=_W,
        why="The operation also succeeds with another status: perhaps it is asynchronous now.",
        remedy="Handle both.",
        one_way="That a kind of response did not occur proves nothing.",
        example=(
            '[{"status": 200}]',
            '[{"status": 200}, {"status": 202}]',
        ),
        elsewhere="oasdiff response-success-status-added (info)",
    ),
    Rule(
        id="status.new-error",
        severity=_W,
        why="The operation also answers with an error status that was never seen.",
        remedy="Handle it, and see whether it should be retried.",
        one_way="That a kind of response did not occur proves nothing.",
        example=(
            '[{"status": 200}]',
            '[{"status": 200}, {"status": 429}]',
        ),
        elsewhere="oasdiff response-non-success-status-added (info)",
    ),
    Rule(
        id="error.body-changed",
        severity=_W,
        why="Errors say what they say in other members: code that reads the old ones fails while it handles a failure.",
        remedy="Read the new members where errors are handled.",
        mirror="error.body-changed",
        example=(
            '{"status": 404, "body": {"error": "no such customer"}}',
            '{"status": 404, "body": {"errors": [{"code": "not_found"}]}}',
        ),
        elsewhere="oasdiff response-required-property-removed (error), once for each member",
    ),
    Rule(
        id="error.in-success",
        severity=_B,
        why="A failure is dressed as a success: code that looks at the status takes an error for data.",
        remedy="Look for the error in the body before anything is read from it.",
        one_way="That no failure occurred proves nothing.",
        example=(
            '{"status": 200, "body": {"data": {"id": 42}}}',
            '{"status": 200, "body": {"data": null, "errors": [{"message": "denied"}]}}',
        ),
    ),
    Rule(
        id="media.changed",
        severity=_B,
        why="The body is of another media type: a login page or a gateway's error page, perhaps.",
        remedy="Look at the body; ask for the media type you need with an Accept header.",
        mirror="media.changed",
        example=(
            '{"media": "application/json"}',
            '{"media": "text/html"}',
        ),
        elsewhere="oasdiff response-media-type-removed (error)",
    ),
    Rule(
        id="media.added",
        severity=_W,
        why="The operation also answers with another media type.",
        remedy="Ask for the media type you need with an Accept header.",
        one_way="That a media type did not occur proves nothing.",
        example=(
            '[{"media": "application/json"}]',
            '[{"media": "application/json"}, {"media": "text/csv"}]',
        ),
        elsewhere="oasdiff response-media-type-added (info)",
    ),
    Rule(
        id="media.parameters-changed",
        severity=_C,
        why="The media type has other parameters: a client that trusts them decodes text in another way.",
        remedy="Decode by what the header says, or ask for what you need with an Accept header.",
        mirror="media.parameters-changed",
        example=(
            '{"headers": {"Content-Type": "application/json; charset=utf-8"}}',
            '{"headers": {"Content-Type": "application/json; charset=iso-8859-1"}}',
        ),
        elsewhere="oasdiff response-media-type-removed (error), as for another media type",
    ),
    Rule(
        id="header.removed",
        severity=_W,
        why="A header of the contract that every response had is gone: reading it raises KeyError, or finds None.",
        remedy="Do without the header, or ask the upstream whether it is meant.",
        mirror="header.added",
        example=(
            '{"headers": {"ETag": "\\"a1\\"", "Content-Type": "application/json"}}',
            '{"headers": {"Content-Type": "application/json"}}',
        ),
        elsewhere="oasdiff required-response-header-removed (error), optional-response-header-removed (warning)",
    ),
    Rule(
        id="header.added",
        severity=_C,
        why="A header of the contract that no response had; code that does not know it is not touched.",
        remedy="Nothing, unless it is of use to you.",
        mirror="header.removed",
        example=(
            '{"headers": {"Content-Type": "application/json"}}',
            '{"headers": {"ETag": "\\"a1\\"", "Content-Type": "application/json"}}',
        ),
    ),
    Rule(
        id="header.format-changed",
        severity=_W,
        why="A header's value no longer has the format that all had: a parser of the old one fails.",
        remedy="Parse the new format.",
        mirror="header.format-changed",
        example=(
            '{"headers": {"X-RateLimit-Reset": "1790000000"}}',
            '{"headers": {"X-RateLimit-Reset": "2026-09-21T13:33:20Z"}}',
        ),
    ),
    Rule(
        id="pagination.signal-lost",
        severity=_B,
        why="What says that there is more is gone from a full page: clients stop there, and data is lost in silence.",
        remedy="Ask the upstream how the next page is found now; until then, compare the number of items with a total.",
        one_way="That there is more to tell breaks nobody; the body's rules name the new field.",
        example=(
            '{"headers": {"Link": "</customers?page=2>; rel=next"}, "body": [1, 2]}',
            '{"headers": {"Content-Type": "application/json"}, "body": [1, 2]}',
        ),
        elsewhere="oasdiff optional-response-header-removed (warning)",
    ),
    Rule(
        id="pagination.style-changed",
        severity=_B,
        why="Pages are found in another way: a loop over page numbers gets the first page for ever, or none.",
        remedy="Follow what the response says: its cursor, or its link.",
        mirror="pagination.style-changed",
        example=(
            '{"body": {"items": [{"id": 1}, {"id": 2}], "page": 1, "total_pages": 7}}',
            '{"body": {"items": [{"id": 1}, {"id": 2}], "next_cursor": "c2"}}',
        ),
        elsewhere="oasdiff response-required-property-removed (error), once for each member",
    ),
    Rule(
        id="ratelimit.lowered",
        severity=_W,
        why="Fewer requests are allowed: a job that fitted into the limit is refused half-way.",
        remedy="Slow down, ask for less, or ask the upstream for more.",
        mirror="ratelimit.raised",
        example=(
            '{"headers": {"X-RateLimit-Limit": "5000"}}',
            '{"headers": {"X-RateLimit-Limit": "100"}}',
        ),
    ),
    Rule(
        id="ratelimit.raised",
        severity=_C,
        why="More requests are allowed.",
        remedy="Nothing.",
        mirror="ratelimit.lowered",
        example=(
            '{"headers": {"X-RateLimit-Limit": "100"}}',
            '{"headers": {"X-RateLimit-Limit": "5000"}}',
        ),
    ),
    Rule(
        id="ratelimit.headers-changed",
        severity=_W,
        why="The limit is told by other headers: a client that waits by the old ones does not wait any more.",
        remedy="Read the new headers.",
        mirror="ratelimit.headers-changed",
        example=(
            '{"headers": {"X-RateLimit-Limit": "5000"}}',
            '{"headers": {"RateLimit-Limit": "5000"}}',
        ),
        elsewhere="oasdiff optional-response-header-removed (warning), once for each header",
    ),
    Rule(
        id="retry-after.form-changed",
        severity=_W,
        why="Retry-After has its other form: a client that reads seconds fails on a date, or the other way round.",
        remedy="Read both forms; RFC 9110 allows both.",
        mirror="retry-after.form-changed",
        example=(
            '{"status": 429, "headers": {"Retry-After": "120"}}',
            '{"status": 429, "headers": {"Retry-After": "Fri, 01 Jan 2027 00:00:00 GMT"}}',
        ),
    ),
    Rule(
        id="deprecation.announced",
        severity=_W,
        why="The upstream says that the operation goes away; breaking once the day has passed.",
        remedy="Move to what replaces it before that day.",
        one_way="A day that is taken back breaks nobody.",
        example=(
            '{"headers": {"Content-Type": "application/json"}}',
            '{"headers": {"Sunset": "Fri, 01 Jan 2100 00:00:00 GMT", "Content-Type": "application/json"}}',
        ),
        elsewhere="oasdiff endpoint-deprecated (info), api-sunset-date-too-small (error)",
    ),
    Rule(
        id="version.changed",
        severity=_W,
        why="Another version of the API answers than the one the contract was learned from.",
        remedy="Pin the version in the request, or read the upstream's changelog and learn the new one.",
        mirror="version.changed",
        example=(
            '{"headers": {"X-API-Version": "2024-01-01"}}',
            '{"headers": {"X-API-Version": "2025-01-01"}}',
        ),
    ),
    Rule(
        id="auth.scheme-changed",
        severity=_B,
        why="Authentication goes another way: requests with the old credential are refused.",
        remedy="Get a credential of the new kind, and send it as the upstream asks.",
        mirror="auth.scheme-changed",
        example=(
            '{"status": 401, "headers": {"WWW-Authenticate": "Bearer"}}',
            '{"status": 401, "headers": {"WWW-Authenticate": "Basic"}}',
        ),
        elsewhere="oasdiff api-security-removed (info), api-security-added (info)",
    ),
    Rule(
        id="auth.step-added",
        severity=_B,
        why="The upstream wants something first that it did not want before: a login, a credential, a second factor.",
        remedy="Ask the upstream for access that programs can use, or add the step to the client.",
        one_way="A step less is an answer again, which the status rules tell.",
        example=(
            '{"status": 200}',
            '{"status": 302, "headers": {"Location": "https://sso.crm.example/login"}}',
        ),
    ),
    Rule(
        id="redirect.added",
        severity=_W,
        why="The answer is somewhere else. Breaking where the host is another, or where a POST becomes a GET.",
        remedy="Ask the new address.",
        one_way="An answer without a redirect is what clients want; the status rules tell it.",
        example=(
            '{"status": 200}',
            '{"status": 301, "headers": {"Location": "/v2/customers/42"}}',
        ),
    ),
    Rule(
        id="latency.budget-exceeded",
        severity=_W,
        why="More than one answer in twenty took longer than the manifest allows: timeouts and queues are next.",
        remedy="Raise the client's timeout and the budget, or ask the upstream.",
        one_way="That answers are fast enough is no news.",
        example=(
            '{"elapsed": 0.2}',
            '{"elapsed": 1.2}',
        ),
    ),
    Rule(
        id="freshness.exceeded",
        severity=_B,
        why="The newest record is older than the manifest allows: the upstream answers, and its data stands still.",
        remedy="Ask the upstream what feeds it; say on dashboards how old the data is.",
        one_way="That data is fresh is no news.",
        example=(
            '{"body": {"items": [{"updated_at": "2026-01-31T12:00:00Z"}]}}',
            '{"body": {"items": [{"updated_at": "2026-01-28T12:00:00Z"}]}}',
        ),
        elsewhere="dbt source freshness (error), of tables",
    ),
)
