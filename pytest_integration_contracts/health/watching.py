"""What alerts go by, and what they come to: an integration as it stands, what is worth telling of it, what was told."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from pytest_integration_contracts.health.assessment import Assessment
from pytest_integration_contracts.health.samples import COUNTED, IntegrationRun, OpenChange, Rate, Sample
from pytest_integration_contracts.health.standing import weighed
from pytest_integration_contracts.manifest.monitoring import AlertSettings
from pytest_integration_contracts.model import Verdict

LOOKED: Final = frozenset({Verdict.OK, Verdict.CHANGED, Verdict.DRIFT})
"""The verdicts of an operation whose answers were looked at: what is not in them is not there."""

_NO_RUNS: Final = Rate()


class Kind(enum.StrEnum):
    """What an alert is about, as the manifest's mutes name it; the gravest first."""

    CREDENTIAL = "credential"
    DRIFT = "drift"
    FAILURES = "failures"
    SUCCESS_RATE = "success_rate"
    STALE = "stale"
    ACCEPTANCE = "acceptance"
    SUNSET = "sunset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One integration with all that alerts go by.

    Attributes:
        assessment: What the history says about it now.
        settings: What is told about it, and to whom.
        now: Seconds of the epoch.
        upstream: What it has in common with others that fail together with it: the host of its canonical URL, or else
            its contact, or else its own name.
        recent: The samples of its last runs, the newest first, without those in a maintenance window.
        rate: How often it held over `settings.success_rate.over`.
    """

    assessment: Assessment
    settings: AlertSettings
    now: float
    upstream: str
    recent: tuple[tuple[Sample, ...], ...] = ()
    rate: Rate = _NO_RUNS

    @property
    def name(self) -> str:
        """The integration's name."""
        return self.assessment.integration

    @property
    def counted(self) -> list[IntegrationRun]:
        """Its runs that say anything about the upstream, the newest first."""
        return [run for run in reversed(weighed(self.assessment.runs)) if run.verdict in COUNTED]

    @property
    def last(self) -> tuple[Sample, ...]:
        """The samples of its last run."""
        return self.recent[0] if self.recent else ()

    @property
    def standing(self) -> Iterator[tuple[Sample, OpenChange]]:
        """The changes of each operation, as the last run has them that looked at its answers."""
        seen: set[str] = set()
        for samples in self.recent:
            for sample in samples:
                if sample.verdict in LOOKED and sample.operation not in seen:
                    seen.add(sample.operation)
                    yield from ((sample, change) for change in sample.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What has been told.

    Attributes:
        integration: Whose it is.
        kind: What it is about.
        subject: Which of several of its kind: a fingerprint, a date; "" where there is only one.
        operation: The operation it is about, or "".
        at: When it was told, seconds of the epoch.
        stage: How urgent it was then: what comes nearer is told again.
        over: When its end was told, kept of what may flap for a day; None while it stands.
    """

    integration: str
    kind: Kind
    subject: str = ""
    operation: str = ""
    at: float = 0.0
    stage: int = 0
    over: float | None = None

    @property
    def key(self) -> tuple[str, Kind, str]:
        """What tells it from all else."""
        return self.integration, self.kind, self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What stands and is worth telling.

    Attributes:
        kind: What it is about.
        short: A few words for the first line.
        sentence: What a person should know.
        rule: The rule by which it is told, with its numbers.
        subject: As in `Told`.
        operation: As in `Told`.
        stage: As in `Told`.
        unconfirmed: Why it is too early to tell, "" where it is not.
    """

    kind: Kind
    short: str
    sentence: str
    rule: str
    subject: str = ""
    operation: str = ""
    stage: int = 0
    unconfirmed: str = ""


class Over(NamedTuple):
    """What stands no more.

    Attributes:
        sentence: What a person should know, "" for nothing: then it is forgotten without a word.
        rule: The rule by which it is over, with its numbers.
    """

    sentence: str = ""
    rule: str = ""


SILENTLY: Final = Over()
