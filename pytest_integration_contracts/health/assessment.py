"""What the history says about an integration now: what the page, the terminal, files and alerts are made of."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_integration_contracts.health.samples import IntegrationRun, OpenChange, Rate, Sample


class Health(enum.StrEnum):
    """What an operator can act on; the gravest first. Silence is never green."""

    DRIFT = "drift"
    DENIED = "denied"
    DOWN = "down"
    OURS = "our code"
    STALE = "stale"
    UNVERIFIED = "unverified"
    CHANGED = "changed"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A time without a good run.

    Attributes:
        verdict: The gravest verdict in it.
        cause: What the first run of that verdict said.
        began: When its first failing run ended, seconds of the epoch.
        ended: When the first good run after it ended; None while it lasts.
        runs: How many runs fell into it.
    """

    verdict: Health
    cause: str
    began: float
    ended: float | None
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One integration, now.

    Attributes:
        integration: Its name.
        health: The verdict.
        cause: One sentence.
        fault: Whose it is: `upstream`, `us`, `whoever holds the credential`, `whoever runs the checks`, or "".
        since: Since when it has this verdict, seconds of the epoch; None for never verified.
        last_good: When it last held; None for never.
        checked: When its last run ended; None for never.
        rates: By window in seconds (3600, 86400, 604800, 2592000) how many runs held, of how many.
        p95: How long 95 in 100 answers took over the last 24 hours, in seconds; None where nothing was measured.
        budget: How long they may take (`latency`), 0 for any time.
        answers: On how many answers p95 rests.
        newest: When the newest data in its answers was made; None for not known.
        fresh_within: How old it may be (`freshness`), in seconds; 0 for any age.
        changes: What stands, the gravest first: (operation, change).
        operations: The samples of its last run, the gravest first.
        runs: Its last 90 runs, the oldest first.
        incidents: The newest first.
        owner: Who owns it on this side.
        contact: Whom to call upstream.
        runbook: Where its runbook is.
        credentials: Where the credential is kept; never the secret.
        system_of_record: Where the truth about this data is.
        feeds: What depends on it downstream.
        cadence: How often it should be checked, in seconds; 0 for not said.
        actual_cadence: How often it is: the median between its last runs; None for too few.
        maintenance: Whether it is in a maintenance window now.
        rate_left: How many requests the upstream still allowed at the end of the last run, and out of how many.
        sunset: When it ends by the upstream's own word, ISO 8601, "" where it says nothing.
        commit: The commit of the last run.
        overdue: Whether no result came when one was due: not only where that is the verdict, but also where a grave
            one has not been looked at since.
    """

    integration: str
    health: Health
    cause: str = ""
    fault: str = ""
    since: float | None = None
    last_good: float | None = None
    checked: float | None = None
    rates: Mapping[float, Rate] = field(default_factory=dict)
    p95: float | None = None
    budget: float = 0.0
    answers: int = 0
    newest: float | None = None
    fresh_within: float = 0.0
    changes: tuple[tuple[str, OpenChange], ...] = ()
    operations: tuple[Sample, ...] = ()
    runs: tuple[IntegrationRun, ...] = ()
    incidents: tuple[Incident, ...] = ()
    owner: str = ""
    contact: str = ""
    runbook: str = ""
    credentials: str = ""
    system_of_record: str = ""
    feeds: tuple[str, ...] = ()
    cadence: float = 0.0
    actual_cadence: float | None = None
    maintenance: bool = False
    rate_left: tuple[int, int] | None = None
    sunset: str = ""
    commit: str = ""
    overdue: bool = False

    @property
    def is_good(self) -> bool:
        """Whether nobody has to do anything: it holds, and that is known."""
        return self.health in {Health.OK, Health.CHANGED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All integrations, the worst first.

    Attributes:
        made_at: When it was made, seconds of the epoch.
        assessments: The integrations.
        next_check: When the next result is due, by the shortest cadence; None where none says. After it the overview
            itself is stale.
        notes: What a reader should know of the store: runs still spooled, and the like.
    """

    made_at: float
    assessments: tuple[Assessment, ...]
    next_check: float | None = None
    notes: tuple[str, ...] = ()
