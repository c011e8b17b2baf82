"""One test under observation: what it exchanged, how that compares, what may be learned from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_integration_contracts.drift.compare import subject_of, widens
from pytest_integration_contracts.drift.responses import response_key, unknown_response
from pytest_integration_contracts.errors import BodyError, CassetteError, SnapshotError, UsageError
from pytest_integration_contracts.manifest import Integration
from pytest_integration_contracts.model import NO_BODY, Change, Exchange, Finding, Operation
from pytest_integration_contracts.session.payload import Told
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.snapshots.snapshot import ResponseShape
from pytest_integration_contracts.snapshots.versions import Observation
from pytest_integration_contracts.traffic.operations import auth_scheme, contract_headers
from pytest_integration_contracts.traffic.recorder import Missing, Recorder, Source


@dataclass(frozen=True, slots=True)
class _Seen:
    """One exchange with its place in the project."""

    integration: Integration
    operation: Operation
    exchange: Exchange

    @property
    def key(self) -> str:
        return response_key(self.exchange.status, self.exchange.media)


@dataclass(slots=True, eq=False)
class Watch:
    """One test, or one fixture wider than a test, and everything it exchanges.

    Attributes:
        settings: The run's settings.
        project: The manifest it belongs to.
        recorder: What goes over HTTP.
        source: Its name: a test's node id, or a fixture's cassette.
        test: The module that messages name.
        insisted: The integration that must be among what it exchanges, or "".
    """

    settings: Settings
    project: Project
    recorder: Recorder
    source: str
    test: Path
    insisted: str = ""
    _payloads: list[_Seen] = field(default_factory=list)
    _judged: int = 0
    _findings: list[Finding] = field(default_factory=list)
    _saved: str = ""

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was exchanged so far, in order."""
        return tuple(seen.exchange for seen in self._all())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found so far."""
        return tuple(self._findings)

    @property
    def integrations(self) -> set[str]:
        """With whom it exchanged anything so far."""
        return {seen.integration.name for seen in self._all()}

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
        method = operation.split(maxsplit=1)[0]
        exchange = Exchange(method=method, status=0, response_body=value, media="")
        self._payloads.append(_Seen(self.project.integration(name), Operation(name, operation.strip()), exchange))

    def judge(self, *, fixtures: Sequence[Watch] = ()) -> tuple[Finding, ...]:
        """Compare what was exchanged since the last judgement; all of it counts once.

        Args:
            fixtures: The wide fixtures this test uses: what it insists on may have happened there.

        Returns:
            What was found now, the operations that hold among it.
        """
        seen = self._all()[self._judged :]
        self._judged += len(seen)
        learns = self.settings.mode.learns
        findings = [self._finding(group[0]) for group in _grouped(seen)] if learns else self._compared(seen)
        findings += self._missing() + self._unread() + self._absent(fixtures)
        self._findings += findings
        return tuple(findings)

    def save(self) -> None:
        """Write the cassette, where this run records. Only after everything went well."""
        try:
            if self.recorder.save():
                self._saved = self.settings.shown(self.recorder.path)
        except CassetteError as error:
            self._findings.append(self._problem(str(error)))

    def told(self, *, teaches: bool) -> Told:
        """What the controlling process should know.

        Args:
            teaches: Whether the test's own body and its fixtures raised nothing: only then it is learned from.
        """
        observations: dict[Operation, Observation] = {}
        if teaches and self.settings.mode.learns and not any(finding.problem for finding in self._findings):
            try:
                observations = _observed(self._all())
            except BodyError as error:
                self._findings.append(self._problem(str(error)))
        return Told(
            source=self.source,
            project=str(self.project.manifest.root),
            test=str(self.test),
            findings=tuple(self._findings),
            observations=observations,
            cassette=self._saved,
            undeclared=tuple(sorted({s.integration.name for s in self._all() if not s.integration.declared})),
        )

    def _all(self) -> list[_Seen]:
        over_http = [_Seen(*self.project.operation(exchange), exchange) for exchange in self.recorder.exchanges]
        return over_http + self._payloads

    def _compared(self, seen: list[_Seen]) -> list[Finding]:
        beside: dict[Operation, set[str]] = defaultdict(set)
        for each in seen:
            beside[each.operation].add(each.key)
        return [self._held(group, beside[group[0].operation]) for group in _grouped(seen)]

    def _held(self, group: list[_Seen], beside: set[str]) -> Finding:
        """Hold the responses of one kind against the snapshot."""
        first = group[0]
        try:
            snapshot = self.project.store.get(first.operation)
            if snapshot is None:
                return self._finding(
                    first,
                    problem=f"{first.operation} has no snapshot yet",
                    remedy=self.settings.command(Mode.UPDATE, self.test),
                )
            if first.key not in snapshot.responses:
                change = unknown_response(first.key, known=snapshot.responses, beside=beside)
                return self._finding(first, changes=(change,))
            return self._finding(first, changes=self._changes(group, snapshot.responses[first.key]))
        except (SnapshotError, BodyError) as error:
            return self._finding(first, problem=str(error))

    def _changes(self, group: list[_Seen], known: ResponseShape) -> tuple[Change, ...]:
        if known.body is None:
            return ()
        bodies = _bodies(group)
        matcher = self.project.matcher(group[0].operation, group[0].key, known.body)
        if all(map(matcher.accepts, bodies)):
            return ()
        return widens(known.body, infer(bodies), subject=subject_of(group[0].operation.name))

    def _finding(
        self, seen: _Seen, *, changes: tuple[Change, ...] = (), problem: str = "", remedy: str = ""
    ) -> Finding:
        integration, store = seen.integration, self.project.store
        try:
            path, snapshot = store.path(seen.operation), store.get(seen.operation)
        except SnapshotError:
            path, snapshot = store.directory, None
        return Finding(
            operation=seen.operation,
            response=seen.key,
            snapshot=self.settings.shown(path),
            version=snapshot.version if snapshot else "",
            changes=changes,
            problem=problem,
            remedy=remedy or self._learning_command(),
            owner=integration.owner,
            runbook=integration.runbook,
            contact=integration.contact,
        )

    def _learning_command(self) -> str:
        """The command that learns what this run found: from the cassette where it has it, else from the upstream."""
        mode = Mode.UPDATE if self.settings.mode is Mode.REPLAY else Mode.REFRESH
        return self.settings.command(mode, self.test)

    def _missing(self) -> list[Finding]:
        recorded = self.recorder.path.exists()
        remedy = self.settings.recording_command(self.test, recorded=recorded)
        cassette = self.settings.shown(self.recorder.path)
        findings = []
        for missing in dict.fromkeys(self.recorder.missing):
            integration, operation = self.project.operation(_asked(missing))
            finding = self._finding(
                _Seen(integration, operation, _asked(missing)),
                problem=f"{missing.method} {missing.url} is not in {cassette}"
                + ("" if recorded else ", which does not exist yet"),
                remedy=remedy,
            )
            findings.append(replace(finding, response=""))
        return [finding for finding in findings if finding not in self._findings]

    def _unread(self) -> list[Finding]:
        problems = [self._problem(problem) for problem in self.recorder.problems]
        return [finding for finding in problems if finding not in self._findings]

    def _absent(self, fixtures: Iterable[Watch]) -> list[Finding]:
        watches = (self, *fixtures)
        if not self.insisted or any(self.insisted in watch.integrations for watch in watches):
            return []
        if any(watch.recorder.missing for watch in watches):
            return []  # told already
        problem = self._problem(f"nothing was exchanged with {self.insisted}, which this test insists on")
        return [] if problem in self._findings else [problem]

    def _problem(self, problem: str, remedy: str = "") -> Finding:
        integration = self.project.integration(self.insisted) if self.insisted else Integration("")
        return Finding(
            Operation(integration.name, ""),
            "",
            "",
            "",
            problem=problem,
            remedy=remedy,
            owner=integration.owner,
            runbook=integration.runbook,
            contact=integration.contact,
        )


def _asked(missing: Missing) -> Exchange:
    return Exchange(method=missing.method, url=missing.url, media="")


def _grouped(seen: Iterable[_Seen]) -> list[list[_Seen]]:
    """By operation and kind of response, in the order of their names."""
    groups: dict[tuple[Operation, str], list[_Seen]] = defaultdict(list)
    for each in seen:
        groups[each.operation, each.key].append(each)
    return [groups[place] for place in sorted(groups)]


def _bodies(group: Iterable[_Seen]) -> list[object]:
    return [seen.exchange.response_body for seen in group if seen.exchange.response_body is not NO_BODY]


def _observed(seen: Iterable[_Seen]) -> dict[Operation, Observation]:
    observations: dict[Operation, Observation] = {}
    for group in _grouped(seen):
        bodies, exchanges = _bodies(group), [each.exchange for each in group]
        shape = ResponseShape(
            seen=len(group),
            headers=infer(contract_headers(exchange.response_headers) for exchange in exchanges),
            body=infer(bodies) if bodies else None,
        )
        replaced = {str(exchange.replaces_status) for exchange in exchanges if exchange.replaces_status is not None}
        schemes = {auth_scheme(exchange.url, exchange.request_headers) for exchange in exchanges} - {""}
        observation = Observation(
            frozenset(schemes),
            {group[0].key: shape},
            {group[0].key: frozenset(replaced)} if replaced else {},
        )
        known = observations.get(group[0].operation)
        observations[group[0].operation] = known.merged(observation) if known else observation
    return observations


def source_of(settings: Settings, cassette: Path) -> Source:
    """Where the responses of a test come from in this run, given its cassette."""
    if settings.mode is Mode.LIVE:
        return Source.LIVE
    if settings.mode.records:
        return Source.RECORD
    if settings.mode is Mode.UPDATE and not settings.in_ci and not cassette.exists():
        return Source.RECORD
    return Source.REPLAY
