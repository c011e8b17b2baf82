"""What must be said of each event of an operation, forward and backward: every rule with its path, and nothing else."""

from __future__ import annotations

from typing import Final

Said = tuple[tuple[str, str], ...]
"""Rules, each with its path."""


def both(rule: str, path: str) -> tuple[Said, Said]:
    return pair(rule, rule, path)


def pair(rule: str, mirror: str, path: str) -> tuple[Said, Said]:
    return ((rule, path),), ((mirror, path),)


def forward(rule: str, path: str) -> tuple[Said, Said]:
    """That it does not happen any more, nobody needs to be told."""
    return ((rule, path),), ()


def only_forward(rule: str, path: str) -> tuple[Said, None]:
    """On the way back several things may rightly be said."""
    return ((rule, path),), None


EXPECTED: Final[dict[str, tuple[Said, Said | None]]] = {
    "no body any more": both("status.changed", "$"),
    "customers not found": both("status.changed", "$"),
    "some throttled": forward("status.new-error", "$"),
    "some queued": forward("status.success-added", "$"),
    "errors have another body": both("error.body-changed", "$"),
    "failure dressed as success": forward("error.in-success", "$"),
    "errors in GraphQL": forward("error.in-success", "$"),
    "web page instead of JSON": both("media.changed", "$"),
    "web page now and then": forward("media.added", "$"),
    "character set left out": both("media.parameters-changed", "header:content-type"),
    "etag gone": pair("header.removed", "header.added", "header:etag"),
    "location relative": forward("header.format-changed", "header:location"),
    "cursor gone": ((("pagination.signal-lost", "$.next_cursor"),), (("property.added", "$.next_cursor"),)),
    "link to the next page gone": only_forward("pagination.signal-lost", "header:link"),
    "pages became cursors": both("pagination.style-changed", "$"),
    "limit lowered": pair("ratelimit.lowered", "ratelimit.raised", "header:x-ratelimit-limit"),
    "limit headers renamed": (
        (("ratelimit.headers-changed", "header:x-ratelimit-limit"),),
        (("ratelimit.headers-changed", "header:ratelimit-limit"),),
    ),
    "told when instead of how long": both("retry-after.form-changed", "header:retry-after"),
    "deprecation announced": forward("deprecation.announced", "header:deprecation"),
    "sunset announced": forward("deprecation.announced", "header:sunset"),
    "another version answers": both("version.changed", "header:api-version"),
    "basic instead of bearer": both("auth.scheme-changed", "$"),
    "login page in the way": only_forward("auth.step-added", "$"),
    "stronger proof wanted": only_forward("auth.step-added", "$"),
    "moved away for good": only_forward("redirect.added", "$"),
}
