"""What is kept of live runs: one sample for each operation, and one of each integration as a whole.

What `store.Store` offers:

- `append(run: RunRecord, samples: Sequence[Sample], *, maintenance: Collection[str] = ())`: all of a run or nothing; a
  run that is there already stays. Integrations in a maintenance window are named, for then a run counts for nothing.
- `runs(integration, *, most=90, until=None) -> list[IntegrationRun]`: its last runs, the newest first.
- `recent(most=90) -> dict[str, list[IntegrationRun]]`: the same of every integration, in one question.
- `latest() -> dict[str, IntegrationRun]`: the last run of every integration.
- `rates(now, windows) -> dict[str, dict[float, Rate]]`: by integration and window (in seconds) how many runs counted,
  and how many of them were good.
- `last_good() -> dict[str, float]`: when each integration last held, as seconds of the epoch.
- `since() -> dict[str, float]`: since when each integration has the verdict that it has now.
- `samples(integration, *, run=None) -> list[Sample]`: those of its last run, or of another one, by its id.
- `last_samples() -> dict[str, list[Sample]]`: those of the last run of every integration.
- `latencies(now, window) -> dict[str, tuple[int, float]]`: by integration how many live answers, and their p95.
- `prune(before: float) -> int`, `retain(keep_for, now) -> int`: the same once a day, `close()`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from pytest_integration_contracts.model import Verdict

GOOD: Final = frozenset({Verdict.OK, Verdict.CHANGED})
"""The verdicts of a run that held."""

COUNTED: Final = GOOD | {Verdict.DRIFT, Verdict.DOWN, Verdict.DENIED}
"""The verdicts that say anything about the upstream: our own faults and what was not verified are no samples of it."""


class Rate(NamedTuple):
    """How often an integration held.

    Attributes:
        good: In how many runs it did.
        n: How many runs counted (`COUNTED`); one is not 100 %.
    """

    good: int = 0
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One live run.

    Attributes:
        id: A UUID as 32 hex digits, made by the run.
        at: When it ended, seconds of the epoch.
        commit: The commit of the consumer's code, "" where it is not known.
        host: The name of the machine it ran on.
        partial: Why it did not run all there is, "" where it did.
    """

    id: str
    at: float
    commit: str = ""
    host: str = ""
    partial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChange:
    """One change that stands.

    Attributes:
        fingerprint: Sixteen hex digits (`Change.fingerprint`).
        severity: `breaking`, `warning` or `compatible`.
        rule: Its rule.
        path: Where.
        text: Before and after, in one line.
        expires: The last day on which it is accepted, ISO 8601; "" where nobody has accepted it.
    """

    fingerprint: str
    severity: str
    rule: str
    path: str
    text: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one run found about one operation.

    Attributes:
        integration: The integration.
        operation: The operation's name.
        verdict: The gravest of its findings.
        cause: Why, in one sentence without secrets, "" where it holds.
        answers: How many answers came from the upstream.
        p50: How long they took: the median, in seconds; None where nothing was measured.
        p95: The same of 95 in 100.
        version: The version of its snapshot, "" for none.
        changes: What stands.
        rate_left: The fewest requests that the upstream still allowed; None where it does not say.
        rate_limit: Out of how many.
        sunset: When the upstream says that it ends, ISO 8601, "" where it does not.
        newest: When the newest data in its answers was made (`freshness`), seconds of the epoch; None for not known.
        tries: How often it was tried; more than 1 where it was down and was tried again.
    """

    integration: str
    operation: str
    verdict: Verdict
    cause: str = ""
    answers: int = 0
    p50: float | None = None
    p95: float | None = None
    version: str = ""
    changes: tuple[OpenChange, ...] = ()
    rate_left: int | None = None
    rate_limit: int | None = None
    sunset: str = ""
    newest: float | None = None
    tries: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationRun:
    """What one run found about one integration: the gravest of its operations' verdicts.

    Attributes:
        run: The run.
        integration: The integration.
        verdict: The verdict.
        cause: That of the gravest operation.
        operations: How many operations were asked.
        failing: How many of them did not hold.
        answers: How many answers came.
        p95: How long they took, in seconds; None where nothing was measured.
        breaking: How many breaking changes stand that nobody has accepted.
        warnings: How many warnings stand.
        maintenance: Whether it was in a maintenance window: then it counts for nothing.
    """

    run: RunRecord
    integration: str
    verdict: Verdict
    cause: str = ""
    operations: int = 0
    failing: int = 0
    answers: int = 0
    p95: float | None = None
    breaking: int = 0
    warnings: int = 0
    maintenance: bool = False


def gravest(samples: list[Sample]) -> Sample:
    """The sample with the gravest verdict; of several the first."""
    order = list(Verdict)
    return min(samples, key=lambda each: order.index(each.verdict))


def summaries(run: RunRecord, samples: Iterable[Sample], maintenance: Collection[str] = ()) -> Iterator[IntegrationRun]:
    """What a run found about each integration, sorted by name.

    Args:
        run: The run.
        samples: All of its samples.
        maintenance: Which integrations were in a maintenance window.
    """
    by_integration: dict[str, list[Sample]] = {}
    for sample in samples:
        by_integration.setdefault(sample.integration, []).append(sample)
    for integration, found in sorted(by_integration.items()):
        worst = gravest(found)
        standing = [change for sample in found for change in sample.changes]
        yield IntegrationRun(
            run=run,
            integration=integration,
            verdict=worst.verdict,
            cause=worst.cause,
            operations=len(found),
            failing=sum(sample.verdict not in GOOD for sample in found),
            answers=sum(sample.answers for sample in found),
            p95=weighted_p95((sample.p95, sample.answers) for sample in found if sample.p95 is not None),
            breaking=sum(change.severity == "breaking" and not change.expires for change in standing),
            warnings=sum(change.severity == "warning" for change in standing),
            maintenance=integration in maintenance,
        )


def weighted_p95(measured: Iterable[tuple[float, int]]) -> float | None:
    """How long 95 in 100 answers took, estimated from the same of groups of them; exact for one group.

    Every answer counts as slow as 95 in 100 of its group are.

    Args:
        measured: Of each group the p95 in seconds, and how many answers there were.

    Returns:
        Seconds; None for no answer.
    """
    groups = sorted((p95, answers) for p95, answers in measured if answers > 0)
    needed = 0.95 * sum(answers for _, answers in groups)
    reached = 0
    for p95, answers in groups:
        reached += answers
        if reached >= needed:
            return p95
    return None
