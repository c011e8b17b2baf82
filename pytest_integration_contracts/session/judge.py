"""What exchanges mean: held against snapshots, and told apart by whose problem it is where they cannot be."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final

from pytest_integration_contracts.drift.authentication import challenges
from pytest_integration_contracts.drift.budgets import freshness_change
from pytest_integration_contracts.drift.compare import subject_of, widens
from pytest_integration_contracts.drift.conduct import answer_changes, auth_changes, auth_schemes, body_changes
from pytest_integration_contracts.drift.facts import answers
from pytest_integration_contracts.drift.policy import Policy, worst_first
from pytest_integration_contracts.drift.reasons import Context
from pytest_integration_contracts.drift.responses import is_error, unknown_response
from pytest_integration_contracts.errors import BodyError, SnapshotError, SpecError
from pytest_integration_contracts.manifest.manifest import Integration
from pytest_integration_contracts.manifest.monitoring import in_maintenance
from pytest_integration_contracts.model import Change, Exchange, Finding, Operation, Verdict
from pytest_integration_contracts.patterns import PathPattern
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.redirects import followed
from pytest_integration_contracts.session.seen import Seen, bodies, grouped, pins_of, requests
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.session.standing import told_by, under_acceptances
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.shape import UNKNOWN
from pytest_integration_contracts.snapshots.snapshot import ResponseShape, Snapshot
from pytest_integration_contracts.traffic.questions import Missing
from pytest_integration_contracts.traffic.recorder import Recorder, Source
from pytest_integration_contracts.traffic.refusals import denial, outage


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges for the tests of one module.

    Attributes:
        settings: The run's settings.
        project: The manifest they belong to.
        test: The module that remedies name.
    """

    settings: Settings
    project: Project
    test: Path

    def exchanged(self, seen: list[Seen], source: Source) -> list[Finding]:
        """Hold exchanges against their snapshots; in a run that learns, only tell whether they came about."""
        if not self.settings.mode.learns:
            seen = followed(seen, self.project)
        beside: dict[Operation, list[Seen]] = defaultdict(list)
        for each in seen:
            beside[each.operation].append(each)
        judged = (self._judged(group, beside[group[0].operation], source) for group in grouped(seen))
        return [under_acceptances(finding, self.project, self.settings) for finding in judged]

    def _judged(self, group: list[Seen], beside: list[Seen], source: Source) -> Finding:
        first = group[0]
        try:
            snapshot = self.project.store.get(self.project.names.known(first.operation))
            known = snapshot.responses.get(first.key) if snapshot else None
            refused = self._refused(group, known) if source is not Source.REPLAY else None
            judges = not self.settings.mode.learns and first.settings.enforce != "off"
            if refused is not None:
                return replace(refused, changes=self._steps(group, snapshot, known) if judges else ())
            if not judges:
                return self.finding(first)
            finding = self._held(group, beside, snapshot, known)
            stale = self._stale(group) if self.settings.mode is Mode.LIVE else []
            told = self._policy(first).hold(stale)
            return replace(finding, changes=worst_first([*finding.changes, *told])) if told else finding
        except (SnapshotError, SpecError) as error:
            return self._broken(first, str(error))
        except BodyError as error:
            return self.finding(first, problem=str(error))

    def _refused(self, group: list[Seen], known: ResponseShape | None) -> Finding | None:
        """Whether the answers are no answers but an outage, or our credential's fault.

        At a desk a new refusal may be what a test is about: it is learned, unless the same request was answered before.
        """
        if known is not None:
            return self._challenged(group, known)
        for each in group:
            down, denied = outage(each.exchange), denial(each.exchange)
            before = each.exchange.replaces_status
            answered = before is not None and before < HTTPStatus.BAD_REQUEST
            if down:
                return self.finding(each, problem=f"{_request(each.exchange)} {down}", cause=Verdict.DOWN)
            if denied and (answered or not self.settings.mode.learns):
                return self.finding(each, problem=f"{_request(each.exchange)} {denied}", cause=Verdict.DENIED)
        return None

    def _challenged(self, group: list[Seen], known: ResponseShape) -> Finding | None:
        """Whether a refusal that the snapshot knows asks for a credential it did not ask for."""
        for each in group:
            if known.challenges and not challenges(each.exchange) <= known.challenges and not self.settings.mode.learns:
                before = " or ".join(sorted(known.challenges))
                problem = f"{_request(each.exchange)} {denial(each.exchange)}, where it asked for {before}"
                return self.finding(each, problem=problem, cause=Verdict.DENIED)
        return None

    def _steps(self, group: list[Seen], snapshot: Snapshot | None, known: ResponseShape | None) -> tuple[Change, ...]:
        """What a refusal asks for that the contract does not have: not only the credential may be at fault."""
        if snapshot is None:
            return ()
        changes = self._beside(group, known) if known else [self._unknown(group, group, snapshot)]
        return tuple(change for change in changes if change.rule in _ABOUT_ACCESS)

    def _held(
        self, group: list[Seen], beside: list[Seen], snapshot: Snapshot | None, known: ResponseShape | None
    ) -> Finding:
        first = group[0]
        once = first is min(beside, key=lambda each: each.key)  # with the operation's first kind of response
        conforming = self.project.conforming(first.integration.name)
        documented = conforming.changes(group, known.body if known else None, first=once) if conforming else []
        if snapshot is None:
            remedy = self.settings.command(Mode.UPDATE, self.test)
            told = worst_first(self._policy(first).hold(documented))
            problem = f"{first.operation} has no snapshot yet"
            return self.finding(first, changes=told, problem=problem, remedy=remedy)
        changes = self._changes(group, known) if known else [self._unknown(group, beside, snapshot)]
        changes += documented
        if once:
            schemes = auth_schemes(each.exchange for each in beside)
            changes += auth_changes(frozenset(snapshot.auth), schemes)
        return self.finding(first, changes=worst_first(self._policy(first).hold(changes)))

    @staticmethod
    def _unknown(group: list[Seen], beside: list[Seen], snapshot: Snapshot) -> Change:
        exchanges = [each.exchange for each in group]
        return unknown_response(
            group[0].key,
            known=snapshot.responses,
            beside={each.key for each in beside},
            demands=answers(exchanges).demands(frozenset(snapshot.auth) | auth_schemes(exchanges)),
        )

    def _beside(self, group: list[Seen], known: ResponseShape) -> list[Change]:
        """What changed beside the bodies."""
        return answer_changes(known.answers, answers([each.exchange for each in group]), today=self.settings.today)

    def _changes(self, group: list[Seen], known: ResponseShape) -> list[Change]:
        beside = self._beside(group, known)
        values, first = bodies(group), group[0]
        if known.body is None or not values:
            return beside
        if all(map(known.body.accepts, values)):
            return beside
        observed = infer(values, pins=pins_of(first))
        widening = widens(
            known.body,
            observed,
            subject=subject_of(first.operation.name),
            context=self._context(group, known),
            policy=self._policy(first),
        )
        return [*beside, *body_changes(first.key, known.body, observed, widening, beside)]

    def _context(self, group: list[Seen], known: ResponseShape) -> Context:
        """What explains what the bodies lack: the requests, and the same records in other operations."""
        conforming = self.project.conforming(group[0].integration.name)
        return Context(
            old_requests=known.requests,
            new_requests=infer(requests(group)),
            new_bodies=bodies(group),
            elsewhere=lambda: self.project.elsewhere(group[0].operation),
            pins=pins_of(group[0]),
            live=self.settings.mode is Mode.LIVE,
            declared=conforming.declared(group[0]) if conforming else UNKNOWN,
        )

    def _policy(self, seen: Seen) -> Policy:
        return self.project.policy.for_operation(seen.operation)

    @staticmethod
    def _stale(group: list[Seen]) -> list[Change]:
        """Whether the newest data in live answers is older than the manifest allows."""
        freshness = group[0].settings.freshness
        if freshness is None or is_error(group[0].key):
            return []
        path, within = freshness
        change = freshness_change(bodies(group), path, within, now=time.time(), matches=PathPattern(path).matches)
        return [change] if change else []

    def unanswered(self, recorder: Recorder) -> list[Finding]:
        """Requests that a live upstream never answered."""
        return [
            self._asked(asked, f"{asked.method} {asked.url} got no readable answer", Verdict.DOWN, remedy="")
            for asked in recorder.unanswered
        ]

    def unrecorded(self, recorder: Recorder) -> list[Finding]:
        """Requests that replay could not answer."""
        remedy = self.settings.recording_command(self.test, recorded=recorder.recordings is not None)
        where = self.settings.shown(recorder.path)
        last = {missing: missing for missing in recorder.missing}  # asked again and again it is still one request
        return [
            self._asked(missing, missing.told(where), Verdict.UNVERIFIED, remedy=remedy) for missing in last.values()
        ]

    def _asked(self, asked: Missing, problem: str, cause: Verdict, *, remedy: str) -> Finding:
        integration, operation = self.project.operation(asked.asked)
        finding = self.finding(Seen(integration, operation, asked.asked), problem=problem, cause=cause, remedy=remedy)
        return replace(finding, response="")

    def finding(
        self,
        seen: Seen,
        *,
        changes: tuple[Change, ...] = (),
        problem: str = "",
        cause: Verdict = Verdict.UNVERIFIED,
        remedy: str | None = None,
    ) -> Finding:
        """A finding about a response."""
        known = self.project.names.known(seen.operation)
        snapshot = self.project.store.get(known)
        if cause is Verdict.DOWN and self.is_maintained(seen.integration):
            problem += _MAINTAINED
        return told_by(
            seen.integration,
            Finding(
                operation=known if problem else seen.operation,
                response=seen.key,
                snapshot=self.settings.shown(self.project.store.path(known)),
                version=snapshot.version if snapshot else "",
                changes=changes,
                problem=problem,
                cause=cause,
                remedy=self._learning_command() if remedy is None and not problem else remedy or "",
            ),
        )

    def is_maintained(self, integration: Integration) -> bool:
        """Whether an upstream that is asked live is being worked on now, so that nothing counts against it."""
        live = self.settings.mode is Mode.LIVE
        return live and in_maintenance(integration.maintenance, self.settings.now().timestamp())

    def _broken(self, seen: Seen, problem: str) -> Finding:
        """A finding about a response whose snapshot cannot be read."""
        told = self.settings.shown_in(problem, self.project.manifest.directory)
        return told_by(seen.integration, Finding(seen.operation, seen.key, "", "", problem=told))

    def problem(self, problem: str, integration: str = "") -> Finding:
        """A finding about a test as a whole."""
        about = self.project.integration(integration) if integration else Integration("")
        told = self.settings.shown_in(problem, self.project.manifest.directory)
        return told_by(about, Finding(Operation(about.name, ""), "", "", "", problem=told))

    def _learning_command(self) -> str:
        """The command that learns what this run found: from the cassette where it has it, else from the upstream."""
        mode = Mode.UPDATE if self.settings.mode is Mode.REPLAY else Mode.REFRESH
        return self.settings.command(mode, self.test)


_MAINTAINED: Final = ", in a maintenance window"
"""How a problem ends that does not count against the upstream."""


def maintained(findings: Iterable[Finding]) -> list[str]:
    """The integrations that were down while they were being worked on, by name."""
    return sorted({each.operation.integration for each in findings if each.problem.endswith(_MAINTAINED)})


_ABOUT_ACCESS = frozenset({"auth.step-added", "auth.scheme-changed"})


def _request(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.url}"


def new(findings: Iterable[Finding], known: Iterable[Finding]) -> list[Finding]:
    """Those that were not found before."""
    before = set(known)
    return [finding for finding in dict.fromkeys(findings) if finding not in before]
