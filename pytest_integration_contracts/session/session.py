"""One run, in every process that takes part: watches tests, and in the controlling one gathers what they tell."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_integration_contracts.errors import CassetteError, ManifestError, SnapshotError, UsageError
from pytest_integration_contracts.manifest.file import find, load, without_file
from pytest_integration_contracts.model import (
    Change,
    Coverage,
    Documented,
    Finding,
    Learned,
    Operation,
    Part,
    Report,
    Verdict,
)
from pytest_integration_contracts.session.adopted import AdoptedWatch
from pytest_integration_contracts.session.budgets import slow
from pytest_integration_contracts.session.coverage import asked_all
from pytest_integration_contracts.session.findings import merged
from pytest_integration_contracts.session.graphql_schemas import hold_schemas
from pytest_integration_contracts.session.judge import maintained
from pytest_integration_contracts.session.last_word import joined
from pytest_integration_contracts.session.learned_names import LearnedNames, learned_names
from pytest_integration_contracts.session.outdated import oldest_first, recording_command
from pytest_integration_contracts.session.payload import Told, dump
from pytest_integration_contracts.session.payload import load as load_payload
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.prune import Asked, orphans, remove
from pytest_integration_contracts.session.retrying import Retries
from pytest_integration_contracts.session.retrying import notes as retry_notes
from pytest_integration_contracts.session.seen import pins_for
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.session.unused import learned_by_now, not_met
from pytest_integration_contracts.session.watch import Watch, source_of
from pytest_integration_contracts.shapes.shape import never_observed
from pytest_integration_contracts.snapshots.snapshot import Snapshot
from pytest_integration_contracts.snapshots.versions import Observation, first_version, in_place_of, next_version
from pytest_integration_contracts.traffic.adopted import AdoptedRecorder, default_cassette
from pytest_integration_contracts.traffic.instances import Instance
from pytest_integration_contracts.traffic.network import NetworkGuard, Reach
from pytest_integration_contracts.traffic.operations import Name
from pytest_integration_contracts.traffic.recorder import Recorder, Source

if TYPE_CHECKING:
    from pytest_integration_contracts.session.documents import Documents
    from pytest_integration_contracts.session.probe_tests import Probe
    from pytest_integration_contracts.session.probes import Probes, Wanted

_NO_RECORDING: Final = (
    "defaults.adopt_vcr: pytest-recording, whose tests it adopts, is not there; install it, or take the key out"
    " (`integration-contracts check CASSETTE...` holds cassettes without it)"
)


@dataclass(slots=True)
class Lesson:
    """What a run learned.

    Attributes:
        learned: What was written.
        names: By project: guessed names to those that operations have now.
        errors: What could not be read or written, one line each.
        notes: What a person should know about names and documents, one line each.
        unused: Acceptances of what was learned, one line each.
    """

    learned: list[Learned] = field(default_factory=list)
    names: dict[str, Mapping[Operation, Operation]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


FIXTURE = "fixture "
"""How the labels of fixtures begin; those of tests are node ids."""


_WORKED_ON: Final = "{} was down in a maintenance window, which fails nothing"

_OK: Final = 0
_FAILED: Final = 1
"""pytest's exit status where tests failed."""

_EXIT_OF: Final = {Verdict.DOWN: 6, Verdict.DENIED: 7}
"""Exit codes above pytest's own, where nothing failed but for an outage (6), or a credential (7)."""


class Session:
    """What one process of a run knows."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._projects: dict[Path | None, Project] = {}
        self._told: dict[str, Told] = {}
        self._expected: set[str] = set()
        self._crashed: set[str] = set()
        self._absent: list[Finding] = []
        self._guard = NetworkGuard()
        self._probes: dict[tuple[Path, Wanted], Probes] = {}
        self._lesson = Lesson()
        self._own: list[Finding] = []
        self.retries = Retries()

    def tries_again(self, module: Path) -> bool:
        """Whether tests of a module may be tried again where an upstream is down."""
        try:
            manifest = self.project(module.parent).manifest
        except ManifestError:  # the test says so as soon as it is to be watched
            return False
        return self.settings.mode is Mode.LIVE and any(each.retries for each in manifest.integrations.values())

    def insist_on(self, names: Iterable[str]) -> None:
        """Make sure that there are integrations of these names in the manifests known by now, if there are manifests.

        Raises:
            UsageError: There is none of that name.
        """
        known = {name for project in self._projects.values() for name in project.manifest.integrations}
        for name in names:
            if known and name not in known:
                raise UsageError(f"--contracts-only: no integration `{name}`; there are: {', '.join(sorted(known))}")

    def asks_others(self, names: AbstractSet[str], module: Path, test: Sequence[str], insisted: str) -> bool:
        """Whether a test asks other integrations than these, by what it says and by what is recorded of it.

        Args:
            names: The integrations.
            module: The test module.
            test: Its classes and its own name.
            insisted: The integration it insists on, or "".
        """
        try:
            project, asked = self.project(module.parent), {insisted} - {""}
            for cassette in (project.cassette(module, ".".join(test)), default_cassette(module, test)):
                asked |= {operation.integration for operation in project.recorded(cassette)}
        except (ManifestError, CassetteError):
            return False  # the test says so
        return bool(asked) and not asked & names

    def project(self, directory: Path) -> Project:
        """The project that tests in a directory belong to: that of the nearest manifest.

        Raises:
            ManifestError: The manifest cannot be used.
        """
        path = find(directory, stop=self.settings.root)
        if path not in self._projects:
            manifest = load(path, self.settings.environment) if path else without_file(self.settings.root)
            if manifest.adopt_vcr and not self.settings.has_recording:
                raise ManifestError(f"{path}: {_NO_RECORDING}")
            self._projects[path] = self._served(Project(manifest), path)
        return self._projects[path]

    def _served(self, project: Project, path: Path | None) -> Project:
        """The project, with the URLs that documents name where the manifest names none."""
        if path is None or not any(each.lacks_urls for each in project.manifest.integrations.values()):
            return project
        from pytest_integration_contracts.session.servers import with_servers

        return with_servers(project, path, self.settings)

    def told_of(self, place: str) -> Project:
        """The project that a test has told of, by its manifest's directory relative to the root."""
        return self.project(Path(os.path.normpath(self.settings.root / place)))

    def watch(self, module: Path, name: str, label: str, insisted: str = "") -> Watch:
        """Start to watch a test, or a fixture wider than a test; nothing is observed before its recorder is opened.

        Args:
            module: The test module, or the directory of a fixture that several modules share.
            name: The name of its cassette.
            label: What tells it from all others of the run: a test's node id.
            insisted: The integration it insists on, or "".

        Raises:
            ManifestError: The manifest cannot be used.
            UsageError: The manifest does not know the integration it insists on.
        """
        project = self._project_of(module, insisted)
        path = project.cassette(module, name)
        source = source_of(self.settings, path)
        remedy = self.settings.recording_command(module, recorded=path.exists())
        reach = Reach(frozenset(project.manifest.network) if source is Source.REPLAY else None)
        recorder = Recorder(path, source, project, remedy, within=project.manifest.directory, clock=self.settings.now)
        return Watch(self.settings, project, recorder, self._guard, reach, label, module, insisted)

    def probes(
        self, module: Path, wanted: tuple[str, tuple[str, ...], tuple[str, ...], str, int, float]
    ) -> list[tuple[Probe | None, str]]:
        """The probes that a module's tests make, each with why it is skipped in this run, "" for not.

        Where there is none, None stands for them, with the reason.

        Args:
            module: The test module.
            wanted: Integration, operations, headers, rate, limit and timeout, as `Wanted` has them.

        Raises:
            ManifestError: The manifest cannot be used.
            UsageError: There is no such integration or operation, or nothing that could be asked.
            SpecError: The document cannot be used.
        """
        from pytest_integration_contracts.session.probe_tests import Probe, chosen
        from pytest_integration_contracts.session.probes import NotKeptError, Probes, Wanted

        integration, operations, headers, rate, limit, timeout = wanted
        asked = Wanted(
            integration=integration, operations=operations, headers=headers, rate=rate, limit=limit, timeout=timeout
        )
        project = self.project(module.parent)
        key = project.manifest.root, asked
        if key not in self._probes:
            try:
                self._probes[key] = Probes(project, self.settings, asked, guard=self._guard)
            except NotKeptError as error:  # this very run may fetch it
                return [(None, str(error))]
        probes = self._probes[key]
        found: list[tuple[Probe | None, str]] = [
            (Probe(probes, operation), reason) for operation, reason in chosen(probes, self.settings, module)
        ]
        return found or [(None, "tests cover all that may be probed")]

    def adopts(self, module: Path) -> bool:
        """Whether tests of a module whose cassettes pytest-recording keeps are contract tests without saying so.

        Raises:
            ManifestError: The manifest cannot be used.
        """
        return self.project(module.parent).manifest.adopt_vcr

    def adopt(self, module: Path, label: str, insisted: str, *, declared: bool) -> AdoptedWatch:
        """Start to watch a test whose cassette pytest-recording keeps; its recorder must be given that cassette.

        Args:
            module: The test module.
            label: Its node id.
            insisted: The integration it insists on, or "".
            declared: Whether it says itself that it is a contract test.

        Raises:
            ManifestError: The manifest cannot be used.
            UsageError: The manifest does not know the integration it insists on.
        """
        project = self._project_of(module, insisted)
        settings = replace(self.settings, adopted=True)
        recorder = AdoptedRecorder(project, live=settings.mode is Mode.LIVE, within=project.manifest.directory)
        reach = Reach(None)  # what its sockets may do is pytest-recording's to say
        return AdoptedWatch(settings, project, recorder, self._guard, reach, label, module, insisted, declared=declared)

    def _project_of(self, module: Path, insisted: str) -> Project:
        project = self.project(module if module.is_dir() else module.parent)
        names = project.manifest.integrations
        if insisted and names and insisted not in names:
            raise UsageError(f"no integration `{insisted}` in the manifest; it has: {', '.join(sorted(names))}")
        return project

    def collect(self, payload: str) -> None:
        """Take in what a test told. What one fixture tells from several processes counts once; a rerun replaces."""
        for told in load_payload(payload):
            known = self._told.get(told.source)
            if known and told.source.startswith(FIXTURE):
                self._told[told.source] = _together(known, told)
            else:  # a schema is told once in a process, whatever becomes of the test
                self._told[told.source] = replace(told, schemas={**known.schemas, **told.schemas}) if known else told

    def expect(self, source: str) -> None:
        """Take note that a test is known to fail: what it found does not fail the run."""
        self._expected.add(source)

    def crashed(self, source: str) -> None:
        """Take note that the process of a test died while it ran: what it found is unknown."""
        self._crashed.add(source)

    def absent(self, problem: str) -> None:
        """Take note that a part of the run is missing: the rest proves nothing about the whole, and teaches nothing."""
        self._absent.append(Finding(Operation("", ""), "", "", "", problem=problem))

    @property
    def expected(self) -> frozenset[str]:
        """The tests that are known to fail."""
        return frozenset(self._expected)

    @property
    def projects(self) -> set[str]:
        """The directories of the manifests that tests told of, relative to the root."""
        return {each.project for each in self._told.values()}

    def exit_code(self, status: int, failed: AbstractSet[str], report: Report) -> int:
        """What a run exits with: more than pytest's own status where nothing failed but for an outage or a credential.

        Args:
            status: pytest's exit status; one that is neither success nor failed tests stays.
            failed: The tests that failed, contract tests or not.
            report: What `finish` found.
        """
        status = _FAILED if status == _OK and report.fails else status
        own = [*self._absent, *(finding for finding in self._own if finding.fails)]
        if status == _FAILED and failed and not report.errors and not own:
            verdicts = {self._verdict_of(source) for source in failed}
            if verdicts <= _EXIT_OF.keys():
                return max(_EXIT_OF[verdict] for verdict in verdicts)
        return status

    def _verdict_of(self, source: str) -> Verdict:
        """The gravest verdict among what a test told; `OURS` where it told nothing grave."""
        told = self._told.get(source)
        verdicts = {finding.verdict for finding in told.findings if finding.fails} if told else set()
        return min(verdicts, key=list(Verdict).index, default=Verdict.OURS)

    def finish(self, unchecked: AbstractSet[str] = frozenset(), coverage: Coverage | None = None) -> Report:
        """End the run: write what was learned, and say what was found.

        Args:
            unchecked: Contract tests that were selected and did not run to their end.
            coverage: Which of the contract tests there are it ran; None where it ran no tests.
        """
        whole = coverage is not None and asked_all(coverage)
        told, shard = self.told, bool(self.settings.shard)
        learns = self.settings.mode.learns and not (shard or self._absent)
        asked = self._documented(told)
        documents = None if shard or unchecked else self._documents(asked)  # who interrupts a run waits for nobody
        lesson = self._lesson = self._learn(told) if learns else Lesson()
        own = self._own = [] if shard else slow(told, self.told_of, self.settings)
        if documents is not None:
            own += self._held_against(documents, lesson)
        own += [] if shard else self._held_to_schemas(told, lesson)
        outdated = () if shard else oldest_first(each.outdated for each in told)
        found = [self._renamed(finding, each.project, lesson) for each in told for finding in each.findings]
        findings = merged([*found, *own, *self._absent])
        unheld, documented = self._seen_by_documents(asked)
        return Report(
            findings=findings,
            learned=tuple(lesson.learned),
            notes=(*lesson.notes, *unheld, *retry_notes(told), *map(_WORKED_ON.format, maintained(findings))),
            documented=tuple(documented),
            never_observed=tuple(self._never_observed(told, lesson)),
            cassettes=tuple(sorted({each.cassette for each in told if each.cassette})),
            adopted=tuple(sorted({each.adopted for each in told if each.adopted})),
            recording=self._recording(told),
            undeclared=tuple(sorted({host for each in told for host in each.undeclared})),
            ours=tuple(each.source for each in told if each.ours and self._counts(each)),
            unchecked=tuple(sorted(self._crashed | unchecked)),
            errors=tuple(lesson.errors),
            remedy=self._remedy(findings),
            outdated=outdated,
            undated=0 if shard else sum(each.undated for each in told),
            renewal=recording_command(outdated, self.settings),
            unused=tuple(lesson.unused) or tuple(self._unused(told, own) if whole and not shard else ()),
            fails=bool(lesson.errors or self._crashed or self._absent)
            or any(each.fails for each in outdated)
            or any(each.fails for each in own)
            or any(finding.fails for each in told if self._counts(each) for finding in each.findings),
        )

    def _documented(self, told: list[Told]) -> list[tuple[Project, str]]:
        """The integrations that were asked something and whose manifest names an OpenAPI document."""
        names = {(each.project, finding.operation.integration) for each in told for finding in each.findings}
        names |= {(each.project, operation.integration) for each in told for operation in each.observations}
        asked = ((self.told_of(root), name) for root, name in sorted(names))
        return [(project, name) for project, name in asked if project.integration(name).openapi]

    def _documents(self, asked: list[tuple[Project, str]]) -> Documents | None:
        """The OpenAPI documents of what tests asked, as they are now; None where no manifest names any."""
        if not asked:
            return None
        from pytest_integration_contracts.session.documents import Documents

        documents = Documents(self.settings)
        documents.consult(asked)
        return documents

    def _seen_by_documents(self, asked: list[tuple[Project, str]]) -> tuple[list[str], list[Documented]]:
        """Why documents are not held against responses, and how much of the contract they can see."""
        if not asked:
            return [], []
        from pytest_integration_contracts.session.documented import documented, unheld

        return [] if self.settings.mode.learns else unheld(asked), documented(asked, self.settings)

    def _held_against(self, documents: Documents, lesson: Lesson) -> list[Finding]:
        """What documents say otherwise now; learned in a run that learns."""
        mode = self.settings.mode
        found = [] if mode.learns else documents.findings()
        if (mode.learns or mode.records) and not self._absent:
            lesson.learned += documents.learn(only_first=not mode.learns)
        lesson.notes += documents.notes
        lesson.unused += documents.unused
        lesson.errors += documents.errors
        return found

    def _held_to_schemas(self, told: list[Told], lesson: Lesson) -> list[Finding]:
        """What queries use of GraphQL schemas that is otherwise now; learned in a run that learns."""
        held = hold_schemas(told, self.told_of, self.settings, lesson.names, learns=not self._absent)
        lesson.learned += held.learned
        lesson.notes += held.notes
        lesson.unused += held.unused
        lesson.errors += held.errors
        return held.findings

    def part(self, status: int, coverage: Coverage, unchecked: Iterable[str] = ()) -> Part:
        """What this run tells where it is one of several.

        Args:
            status: pytest's exit status.
            coverage: Which of the contract tests there are it ran.
            unchecked: Contract tests that were selected and did not run to their end.
        """
        return Part(
            told=dump(self.told),
            status=status,
            folder=Path(os.path.relpath(self.settings.root, self.settings.invoked_from)).as_posix(),
            reason=self.settings.reason,
            coverage=coverage,
            expected=tuple(sorted(self._expected)),
            crashed=tuple(sorted(self._crashed)),
            unchecked=tuple(sorted(unchecked)),
        )

    @property
    def told(self) -> list[Told]:
        """What tests told, in the order of their names."""
        return [self._told[source] for source in sorted(self._told)]

    @property
    def roots(self) -> frozenset[Path]:
        """The folders of the manifests whose tests have told anything."""
        return frozenset(self.told_of(each.project).manifest.root for each in self._told.values())

    def prune(self, report: Report, partial: tuple[str, ...], collected: AbstractSet[Path]) -> Report:
        """Remove what no test asked for; nothing where not all of them ran.

        Args:
            report: What `finish` returned.
            partial: Why this was no whole run.
            collected: The modules that were collected.

        Returns:
            The report, with what was removed, or with the reason why nothing was, which fails the run.
        """
        kept_from = next(iter((*partial, *report.errors)), "")
        try:
            unasked = [] if kept_from else orphans(self._asked(), collected)
        except (UsageError, SnapshotError) as error:
            kept_from = str(error)
        if kept_from:
            refusal = f"--contracts-prune removed nothing, since this run does not show all that is asked: {kept_from}"
            return replace(report, errors=(*report.errors, refusal), fails=True)
        removed, errors = remove(unasked, {self.project(root).manifest.directory for root in self.roots})
        return replace(
            report,
            removed=tuple(map(self.settings.shown, removed)),
            errors=(*report.errors, *errors),
            fails=report.fails or bool(errors),
        )

    def _asked(self) -> list[Asked]:
        asked = []
        for place in sorted({each.project for each in self._told.values()}):
            project = self.told_of(place)
            mine = [each for each in self._told.values() if each.project == place]
            names = self._lesson.names.get(place, {})
            operations = {finding.operation for each in mine for finding in each.findings}
            operations |= {operation for each in mine for operation in each.observations}
            tapes = {Path(os.path.normpath(project.manifest.root / each.tape)) for each in mine}
            final = {names.get(operation, operation) for operation in operations if operation.name}
            asked.append(Asked(project, final, tapes))
        return asked

    def _counts(self, told: Told) -> bool:
        """Whether what a test told may fail the run."""
        return not told.tolerated and told.source not in self._expected

    def _learn(self, told: list[Told]) -> Lesson:
        lesson = Lesson()
        doubtful = self._doubtful()
        for root, (observed, instances) in sorted(_by_project(told).items()):
            project = self.told_of(root)
            named = learned_names(project, observed, instances)
            lesson.names[root] = named.names
            lesson.notes += named.notes
            sure = (operation for operation in named.observations if not _is_one_of(operation, doubtful, project))
            for operation in sorted(sure):
                try:
                    step = self._learn_one(project, operation, named)
                except SnapshotError as error:
                    lesson.errors.append(str(error))
                else:
                    lesson.learned += [step] if step else []
                    lesson.unused += learned_by_now(project, step, self.settings) if step else []
        return lesson

    def _renamed(self, finding: Finding, root: str, lesson: Lesson) -> Finding:
        """A finding about what the run has given another name."""
        final = lesson.names.get(root, {}).get(finding.operation)
        if final is None:
            return finding
        store = self.told_of(root).store
        return replace(finding, operation=final, snapshot=self.settings.shown(store.path(final)))

    def _doubtful(self) -> set[Operation]:
        """What tests asked whose process died: nothing is learned about it, for what they saw of it is unknown."""
        doubtful: set[Operation] = set()
        for label in self._crashed:
            path, *names = label.split("::")
            module = self.settings.root / path
            project = self.project(module.parent)
            for cassette in (project.cassette(module, ".".join(names)), default_cassette(module, names)):
                with contextlib.suppress(CassetteError):
                    doubtful |= project.recorded(cassette)
        return doubtful

    def _learn_one(self, project: Project, operation: Operation, named: LearnedNames) -> Learned | None:
        observation, replaced = named.observations[operation], named.replaced.get(operation, ())
        today, reason = self.settings.today, self.settings.reason
        pins = pins_for(project.integration(operation.integration), operation)
        policy = project.policy.for_operation(operation)
        current = project.store.get(operation)
        step: tuple[Snapshot, tuple[Change, ...]] | None
        if current is not None:
            step = next_version(current, observation, today=today, reason=reason, pins=pins, policy=policy)
        elif replaced:
            old = [snapshot for each in replaced if (snapshot := project.store.get(each))]
            step = in_place_of(old, operation, observation, today=today, reason=reason, pins=pins, policy=policy)
        else:
            step = first_version(operation, observation, today=today, reason=reason, pins=pins), ()
        if step is None:
            return None
        snapshot, changes = step
        path = self.settings.shown(project.store.write(snapshot))
        retired = tuple(self.settings.shown(project.store.retire(each)) for each in replaced)
        before = current.version if current else ""
        if snapshot.version == before:
            return None
        return Learned(operation, path, before, snapshot.version, changes, retired)

    def _never_observed(self, told: list[Told], lesson: Lesson) -> Iterable[tuple[Operation, str]]:
        found = ((each.project, finding.operation) for each in told for finding in each.findings)
        named = {(root, lesson.names.get(root, {}).get(each, each)) for root, each in found if each.name}
        for root, operation in sorted(named):
            try:
                snapshot = self.told_of(root).store.get(operation)
            except SnapshotError:
                continue
            for response in snapshot.responses.values() if snapshot else ():
                if response.body is not None:
                    yield from ((operation, path) for path in never_observed(response.body))

    def _unused(self, told: list[Told], own: list[Finding]) -> Iterable[str]:
        """Acceptances that a whole live run shows to be of no use; tests that broke off may not have come to theirs."""
        if self.settings.mode is not Mode.LIVE or self._crashed or not all(each.whole for each in told):
            return
        for root in sorted({each.project for each in told}):
            mine = [finding for each in told if each.project == root for finding in each.findings]
            yield from not_met(self.project(Path(root)), [*mine, *own], self.settings)

    def _remedy(self, findings: Iterable[Finding]) -> str:
        """One command for the whole run: the strongest of those the findings name."""
        remedies = [finding.remedy for finding in findings if finding.fails and finding.remedy]
        return self.settings.together(remedies) if len(set(remedies)) > 1 else next(iter(remedies), "")

    def _recording(self, told: Iterable[Told]) -> str:
        """The command that records what this run was asked to record and pytest-recording only replayed, or ""."""
        replayed = [each for each in told if each.adopted and not each.cassette]
        if not self.settings.mode.records or not replayed:
            return ""
        modules = sorted({self.settings.root / each.source.partition("::")[0] for each in replayed})
        return replace(self.settings, adopted=True).command(self.settings.mode, *modules)


def _together(one: Told, other: Told) -> Told:
    """What one fixture told from several processes, or at several times."""
    return replace(
        other,
        findings=tuple(dict.fromkeys(one.findings + other.findings)),
        observations=other.observations or one.observations,
        instances=one.instances | other.instances,
        cassette=other.cassette or one.cassette,
        undeclared=tuple(sorted({*one.undeclared, *other.undeclared})),
        outdated=other.outdated or one.outdated,
        undated=max(one.undated, other.undated),
        whole=one.whole and other.whole,
        queries={**one.queries, **other.queries},
        schemas={**one.schemas, **other.schemas},
        said=joined(one.said, other.said),
    )


def _is_one_of(operation: Operation, asked: Iterable[Operation], project: Project) -> bool:
    """Whether any of what was asked is an operation, also where that is a template by now."""
    name = Name.of(operation.name).plain
    return any(
        each.integration == operation.integration
        and (project.names.known(each) == operation or name.fits(Name.of(each.name).plain))
        for each in asked
    )


def _by_project(told: Iterable[Told]) -> dict[str, tuple[dict[Operation, Observation], set[Instance]]]:
    projects: dict[str, tuple[dict[Operation, Observation], set[Instance]]] = defaultdict(lambda: ({}, set()))
    for each in told:
        observed, instances = projects[each.project]
        instances |= each.instances
        for operation, observation in each.observations.items():
            known = observed.get(operation)
            observed[operation] = known.merged(observation) if known else observation
    return projects
