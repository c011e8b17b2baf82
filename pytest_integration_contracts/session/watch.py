"""One test under observation: what it exchanged, how that compares, what may be learned from it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pytest_integration_contracts.errors import BodyError, CassetteError, UsageError
from pytest_integration_contracts.model import Exchange, Finding, Operation, Verdict
from pytest_integration_contracts.session.judge import Judge, new
from pytest_integration_contracts.session.last_word import last_words
from pytest_integration_contracts.session.outdated import aged
from pytest_integration_contracts.session.payload import Told
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.seen import Seen, elapsed, instances_among, observed
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.snapshots.versions import Observation
from pytest_integration_contracts.traffic.network import NetworkGuard, Reach
from pytest_integration_contracts.traffic.recorder import Recorder, Source
from pytest_integration_contracts.traffic.redaction import Secrets


@dataclass(slots=True, eq=False)
class Watch:
    """One test, or one fixture wider than a test, and everything it exchanges.

    Attributes:
        settings: The run's settings.
        project: The manifest it belongs to.
        recorder: What goes over HTTP.
        guard: What keeps everything else off the network.
        reach: Where sockets may connect to all the same.
        source: Its name: a test's node id, or a fixture's cassette.
        test: The module that messages name.
        insisted: The integration that must be among what it exchanges, or "".
    """

    settings: Settings
    project: Project
    recorder: Recorder
    guard: NetworkGuard
    reach: Reach
    source: str
    test: Path
    insisted: str = ""
    _seen: list[Seen] = field(default_factory=list)
    _absorbed: int = 0
    _judged: int = 0
    _findings: list[Finding] = field(default_factory=list)
    _saved: str = ""

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was exchanged so far, in order."""
        return tuple(seen.exchange for seen in self._all())

    @property
    def secrets(self) -> Secrets:
        """The secrets that passed so far, which must not be shown."""
        return self.recorder.secrets

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found so far."""
        return tuple(self._findings)

    @property
    def integrations(self) -> set[str]:
        """With whom it exchanged anything, or tried to, so far."""
        asked = (finding.operation.integration for finding in self._findings)
        return {seen.integration.name for seen in self._all()} | {name for name in asked if name}

    def open(self) -> None:
        """Start observing.

        Raises:
            CassetteError: Replay finds a file that is no cassette.
        """
        try:
            self.recorder.open()
        except CassetteError as error:
            self._findings.append(self._own_judge.problem(str(error)))
            raise
        self.guard.enter(self.reach)

    def close(self) -> None:
        """Stop observing."""
        self.guard.leave(self.reach)
        self.recorder.close()

    def check(self, value: object, operation: str, integration: str) -> None:
        """Take note of a payload that did not come over HTTP.

        Args:
            value: Its JSON value.
            operation: What it is: `EVENT order.created`.
            integration: Whose it is; "" for the one the test insists on, or the manifest's only one.

        Raises:
            UsageError: Several integrations could be meant, or the operation has no name.
            BodyError: The value is no JSON value.
        """
        infer([value])
        names = list(self.project.manifest.integrations)
        name = integration or self.insisted or (names[0] if len(names) == 1 else "")
        if not name or not operation.strip():
            raise UsageError(
                "contract.check() needs an operation and an integration:"
                ' contract.check(value, operation="EVENT order.created", integration="crm")'
            )
        exchange = Exchange(method=operation.split(maxsplit=1)[0], status=0, response_body=value, media="")
        self._seen.append(Seen(self.project.integration(name), Operation(name, operation.strip()), exchange))

    def judge(self) -> tuple[Finding, ...]:
        """Compare what was exchanged since the last judgement: everything counts once.

        Returns:
            What was found now, the operations that hold among it.
        """
        seen = self._all()[self._judged :]
        self._judged += len(seen)
        judge = self._own_judge
        findings = judge.exchanged(seen, self.recorder.source)
        findings += new(
            [
                *judge.unanswered(self.recorder),
                *judge.unrecorded(self.recorder),
                *map(judge.problem, self.recorder.problems),
                *(
                    judge.problem(f"something tried to reach {place} past the recordings")
                    for place in self.reach.blocked
                ),
            ],
            self._findings,
        )
        self._findings += findings
        return tuple(findings)

    def conclude(self, fixtures: Sequence[Watch]) -> tuple[Finding, ...]:
        """Judge, and find out whether there was anything to judge at all.

        Args:
            fixtures: The wide fixtures this test uses: what it exchanged may have been exchanged there.
        """
        findings = self.judge()
        asked = self.integrations.union(*(watch.integrations for watch in fixtures))
        judge = self._own_judge
        absent = []
        if self.insisted and self.insisted not in asked:
            problem = f"nothing was exchanged with {self.insisted}, which this test insists on"
            absent = new([judge.problem(problem, self.insisted)], self._findings)
        elif not asked and not self._findings:
            absent = [judge.problem("this contract test exchanged nothing with anyone, so it proves nothing")]
        self._findings += absent
        return findings + tuple(absent)

    def save(self) -> None:
        """Write the cassette, where this run records and nothing kept it from being whole."""
        unreadable = bool(self.recorder.problems)  # what cannot be read cannot be kept free of secrets
        if unreadable or any(finding.problem for finding in self._findings if finding.cause in _NO_ANSWER):
            return
        try:
            if self.recorder.save():
                self._saved = self.settings.shown(self.recorder.path)
        except CassetteError as error:
            self._findings.append(self._own_judge.problem(str(error)))

    def told(self, *, teaches: bool, raised: bool = False) -> Told:
        """What the controlling process should know.

        Args:
            teaches: Whether the test's own body and its fixtures raised nothing: only then it is learned from.
            raised: Whether its own body raised, so that the failure is ours where the contract held.
        """
        observations: dict[Operation, Observation] = {}
        if teaches and self.settings.mode.learns and not any(finding.problem for finding in self._findings):
            try:
                observations = observed(self._all())
            except BodyError as error:
                self._findings.append(self._own_judge.problem(str(error)))
        outdated, undated = aged(self.recorder, self.project, self.settings, self.test)
        return Told(
            source=self.source,
            project=self.settings.from_root(self.project.manifest.root),
            findings=tuple(self._findings),
            observations=observations,
            instances=instances_among(self._all()) if observations else frozenset(),
            cassette=self._saved,
            undeclared=tuple(sorted({s.integration.name for s in self._all() if not s.integration.declared})),
            ours=raised and self.held,
            tolerated=self.tolerates(self._findings),
            elapsed=elapsed(self._all()) if self.settings.mode is Mode.LIVE else {},
            said=last_words(self._all()) if self.settings.mode is Mode.LIVE else {},
            outdated=outdated,
            undated=undated,
            whole=teaches,
            tape=os.path.relpath(self.recorder.path, self.project.manifest.root),
        )

    def forget(self) -> None:
        """Let go of all that passed, once everything is told: vcrpy's classes keep the recorder for a while."""
        self.recorder.exchanges.clear()
        self._seen.clear()
        self._absorbed = self._judged = 0

    @property
    def asks_live(self) -> bool:
        """Whether the real upstream answers."""
        return self.recorder.source is not Source.REPLAY

    @property
    def asking(self) -> str:
        """The operation that was asked last and has not been answered yet; "" for none. Safe to ask from any thread."""
        unanswered = self.recorder.unanswered
        return str(self.project.asked(unanswered[-1].asked)[1]) if unanswered else ""

    @property
    def writes(self) -> int:
        """How many requests that may have written something went out so far, answered or not."""
        answered = [each.method for each in self.exchanges if each.status]
        return sum(method not in SAFE_METHODS for method in (*answered, *self.recorder.hanging))

    @property
    def held(self) -> bool:
        """Whether there was something to judge, and all of it holds."""
        return bool(self._findings) and all(finding.verdict is Verdict.OK for finding in self._findings)

    def tolerates(self, findings: Iterable[Finding], *, raised: bool = False) -> bool:
        """Whether all that fails among findings is what the manifest wants skipped, or not to fail anything.

        Args:
            findings: What was found.
            raised: Whether the test failed by itself: an upstream that did not answer is then reason enough.
        """
        failing = [
            finding
            for finding in findings
            if finding.fails or (raised and not finding.is_enforced and finding.verdict in _NO_ANSWER)
        ]
        return bool(failing) and all(map(self._tolerated, failing))

    def _tolerated(self, finding: Finding) -> bool:
        integration = self.project.integration(finding.operation.integration)
        down = finding.verdict is Verdict.DOWN
        skips = integration.outage == "skip" or self._own_judge.is_maintained(integration)
        return not finding.is_enforced or (down and skips)

    @property
    def _own_judge(self) -> Judge:
        return Judge(self.settings, self.project, self.test)

    def _all(self) -> list[Seen]:
        fresh = self.recorder.exchanges[self._absorbed :]
        self._absorbed += len(fresh)
        named = self.project.asked if self.settings.mode.learns else self.project.operation
        self._seen += [Seen(*named(exchange), exchange) for exchange in fresh]
        return self._seen


SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""What only reads (RFC 9110, section 9.2.1)."""

_NO_ANSWER = frozenset({Verdict.DOWN, Verdict.DENIED})


def source_of(settings: Settings, cassette: Path) -> Source:
    """Where the responses of a test come from in this run, given its cassette."""
    if settings.mode is Mode.LIVE:
        return Source.LIVE
    if settings.mode.records:
        return Source.RECORD
    if settings.mode is Mode.UPDATE and not settings.in_ci and not cassette.exists():
        return Source.RECORD
    return Source.REPLAY
