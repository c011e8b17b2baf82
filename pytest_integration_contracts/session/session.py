"""One run, in every process that takes part: watches tests, and in the controlling one gathers what they tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pytest_integration_contracts.errors import SnapshotError, UsageError
from pytest_integration_contracts.manifest import find, load, without_file
from pytest_integration_contracts.model import Finding, Learned, Operation, Report
from pytest_integration_contracts.session.findings import merged
from pytest_integration_contracts.session.payload import Told
from pytest_integration_contracts.session.payload import load as load_payload
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.session.watch import Watch, source_of
from pytest_integration_contracts.shapes.shape import never_observed
from pytest_integration_contracts.snapshots.versions import Observation, first_version, next_version
from pytest_integration_contracts.traffic.recorder import Recorder


class Session:
    """What one process of a run knows."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._projects: dict[Path | None, Project] = {}
        self._told: dict[str, Told] = {}
        self._expected: set[str] = set()

    def project(self, directory: Path) -> Project:
        """The project that tests in a directory belong to: that of the nearest manifest.

        Raises:
            ManifestError: The manifest cannot be used.
        """
        path = find(directory, stop=self.settings.root)
        if path not in self._projects:
            manifest = load(path, self.settings.environment) if path else without_file(self.settings.root)
            self._projects[path] = Project(manifest)
        return self._projects[path]

    def watch(self, module: Path, name: str, source: str, insisted: str = "") -> Watch:
        """Start to watch a test, or a fixture wider than a test; nothing is observed before its recorder is opened.

        Args:
            module: The test module, or the directory of a fixture that several modules share.
            name: The name of its cassette.
            source: What tells it from all others of the run.
            insisted: The integration it insists on, or "".

        Raises:
            ManifestError: The manifest cannot be used.
            UsageError: The manifest does not know the integration it insists on.
        """
        project = self.project(module if module.is_dir() else module.parent)
        names = project.manifest.integrations
        if insisted and names and insisted not in names:
            raise UsageError(f"no integration `{insisted}` in the manifest; it has: {', '.join(sorted(names))}")
        path = project.cassette(module, name)
        remedy = self.settings.recording_command(module, recorded=path.exists())
        recorder = Recorder(path, source_of(self.settings, path), project, remedy)
        return Watch(self.settings, project, recorder, source, module, insisted)

    def collect(self, payload: str) -> None:
        """Take in what a test told. What one fixture tells from several processes counts once."""
        for told in load_payload(payload):
            known = self._told.get(told.source)
            self._told[told.source] = _together(known, told) if known else told

    def expect(self, source: str) -> None:
        """Take note that a test is known to fail: what it found does not fail the run."""
        self._expected.add(source)

    def finish(self) -> Report:
        """End the run: write what was learned, and say what was found."""
        told = [self._told[source] for source in sorted(self._told)]
        learned, errors = self._learn(told) if self.settings.mode.learns else ([], [])
        findings = merged(finding for each in told for finding in each.findings)
        return Report(
            findings=findings,
            learned=tuple(learned),
            never_observed=tuple(self._never_observed(told)),
            cassettes=tuple(sorted({each.cassette for each in told if each.cassette})),
            undeclared=tuple(sorted({host for each in told for host in each.undeclared})),
            errors=tuple(errors),
            remedy=self._remedy(findings),
            fails=bool(errors)
            or any(finding.fails for each in told if each.source not in self._expected for finding in each.findings),
        )

    def _learn(self, told: list[Told]) -> tuple[list[Learned], list[str]]:
        learned: list[Learned] = []
        errors: list[str] = []
        for root, observations in sorted(_by_project(told).items()):
            project = self.project(Path(root))
            for operation, observation in sorted(observations.items(), key=lambda entry: entry[0]):
                try:
                    step = self._learn_one(project, operation, observation)
                except SnapshotError as error:
                    errors.append(str(error))
                else:
                    learned += [step] if step else []
        return learned, errors

    def _learn_one(self, project: Project, operation: Operation, observation: Observation) -> Learned | None:
        today, reason = self.settings.today, self.settings.reason
        current = project.store.get(operation)
        if current is None:
            path = project.store.write(first_version(operation, observation, today=today, reason=reason))
            return Learned(operation, self.settings.shown(path), "", "1.0")
        step = next_version(current, observation, today=today, reason=reason)
        if step is None:
            return None
        snapshot, changes = step
        path = project.store.write(snapshot)
        if snapshot.version == current.version:
            return None
        return Learned(operation, self.settings.shown(path), current.version, snapshot.version, changes)

    def _never_observed(self, told: list[Told]) -> Iterable[tuple[Operation, str]]:
        places = sorted(
            {(each.project, finding.operation) for each in told for finding in each.findings if finding.operation.name}
        )
        for root, operation in places:
            try:
                snapshot = self.project(Path(root)).store.get(operation)
            except SnapshotError:
                continue
            for response in snapshot.responses.values() if snapshot else ():
                if response.body is not None:
                    yield from ((operation, path) for path in never_observed(response.body))

    def _remedy(self, findings: Iterable[Finding]) -> str:
        """One command for the whole run: the strongest of those the findings name."""
        remedies = [finding.remedy for finding in findings if finding.fails and finding.remedy]
        if len(set(remedies)) <= 1:
            return next(iter(remedies), "")
        refresh = any(Mode.REFRESH.value in remedy for remedy in remedies)
        return self.settings.command(Mode.REFRESH if refresh else Mode.UPDATE)


def _together(one: Told, other: Told) -> Told:
    """Two reports of one source: what a fixture told from several processes, or a test that was run again."""
    return replace(
        other,
        findings=tuple(dict.fromkeys(one.findings + other.findings)),
        observations=other.observations or one.observations,
        cassette=other.cassette or one.cassette,
        undeclared=tuple(sorted({*one.undeclared, *other.undeclared})),
    )


def _by_project(told: Iterable[Told]) -> dict[str, dict[Operation, Observation]]:
    projects: dict[str, dict[Operation, Observation]] = defaultdict(dict)
    for each in told:
        for operation, observation in each.observations.items():
            known = projects[each.project].get(operation)
            projects[each.project][operation] = known.merged(observation) if known else observation
    return projects
