"""Rules about responses as a whole: statuses, media types, headers and how they behave."""

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
    ),
    Rule(
        id="status.success-added",
        severity=_W,
        why="The operation also succeeds with another status: perhaps it is asynchronous now.",
        remedy="Handle both.",
        one_way="That a status did not occur proves nothing.",
    ),
    Rule(
        id="status.new-error",
        severity=_W,
        why="The operation also answers with an error status that was never seen.",
        remedy="Handle it, and see whether it should be retried.",
        one_way="That a status did not occur proves nothing.",
    ),
    Rule(
        id="media.changed",
        severity=_B,
        why="The body is of another media type: a login page or a gateway's error page, perhaps.",
        remedy="Look at the body; ask for the media type you need with an Accept header.",
        mirror="media.changed",
    ),
    Rule(
        id="media.added",
        severity=_W,
        why="The operation also answers with another media type.",
        remedy="Ask for the media type you need with an Accept header.",
        one_way="That a media type did not occur proves nothing.",
    ),
)
