"""The OpenAPI documents of a run: what upstreams publish now, held against what is kept, and kept in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from pytest_integration_contracts.drift.policy import worst_first
from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.manifest.file import PUBLISHED
from pytest_integration_contracts.manifest.manifest import Integration
from pytest_integration_contracts.model import Change, Finding, Learned, Operation
from pytest_integration_contracts.session.documented_names import declared_as
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.session.standing import told_by, under_acceptances
from pytest_integration_contracts.session.unused import learned_by_now
from pytest_integration_contracts.shapes.shape import UNKNOWN, merge
from pytest_integration_contracts.snapshots.snapshot import Snapshot
from pytest_integration_contracts.snapshots.versions import FIRST, raised
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.drift import Use, changes, server_changes
from pytest_integration_contracts.specs.fetch import Fetch, is_url, read_file
from pytest_integration_contracts.specs.kept import Kept, path_in, versions
from pytest_integration_contracts.specs.prose import differ_only_in_prose
from pytest_integration_contracts.traffic.operations import Name

KEEPS: Final = f"pytest {Mode.UPDATE.value}"
"""The command that keeps what nothing is kept of yet; cassettes alone do not bring it."""

DOCUMENTED: Final = "as documented"
"""What the response of a finding is called that is about what the upstream publishes, not about what it answers."""


@dataclass(slots=True)
class Documents:
    """What a run finds out about the documents of its integrations.

    Attributes:
        settings: The run's settings.
        notes: What a person should know, one line each.
        errors: What could not be read or written, one line each.
        unused: Acceptances of what was learned, one line each.
    """

    settings: Settings
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    _asked: list[tuple[Project, Integration]] = field(default_factory=list)

    def consult(self, asked: Iterable[tuple[Project, str]]) -> None:
        """Fetch what this run may fetch, all at a time, and read what is a file; projects know it from then on.

        Args:
            asked: The integrations that tests asked something of.
        """
        coming: list[tuple[Project, Integration, Callable[[], Spec]]] = []
        for project, name in asked:
            integration = project.integration(name)
            if integration.openapi and self._is_readable(project, integration):
                self._asked.append((project, integration))
                if name not in project.current and self._may_consult(project, integration):
                    coming.append((project, integration, begun(project, integration)))
        for project, integration, result in coming:
            try:
                project.current[integration.name] = result()
            except SpecError as error:
                self._missed(project, integration, str(error))
        for project, integration in self._asked:
            if is_url(integration.openapi) and project.document(integration.name) is None:
                self._note_nothing(integration)

    def _is_readable(self, project: Project, integration: Integration) -> bool:
        try:
            project.published(integration.name)
        except SpecError as error:
            self.errors.append(self._shown(project, str(error)))
            return False
        return True

    def _may_consult(self, project: Project, integration: Integration) -> bool:
        is_kept = project.published(integration.name) is not None
        return not is_url(integration.openapi) or may_fetch(self.settings, is_kept=is_kept)

    def _missed(self, project: Project, integration: Integration, why: str) -> None:
        """An upstream may be down, or hide its document; a file that is not there is a mistake."""
        if not is_url(integration.openapi):
            self.errors.append(f"integrations.{integration.name}.openapi: {self._shown(project, why)}")
            return
        kept = project.published(integration.name)
        stands = f"version {kept.version} of {kept.since} stands" if kept else "nothing is kept of it yet"
        self.notes.append(f"{integration.name}: its OpenAPI document cannot be had, {stands}: {why}")

    def _note_nothing(self, integration: Integration) -> None:
        if not any(note.startswith(f"{integration.name}: its OpenAPI document ") for note in self.notes):
            self.notes.append(
                f"{integration.name}: its OpenAPI document is not kept yet, so nothing is held against it;"
                f" `{KEEPS}` keeps it"
            )

    def _shown(self, project: Project, text: str) -> str:
        return self.settings.shown_in(text, project.manifest.directory)

    def findings(self) -> list[Finding]:
        """What documents say otherwise now about the operations that are used."""
        return [finding for project, integration in self._asked for finding in self._drifted(project, integration)]

    def _drifted(self, project: Project, integration: Integration) -> Iterator[Finding]:
        kept, now = project.published(integration.name), project.current.get(integration.name)
        if kept is None or now is None:
            return
        learning = Mode.REFRESH if is_url(integration.openapi) else Mode.UPDATE
        for operation, response, found in _changes(project, integration, kept.spec, now):
            if integration.at(operation.name).enforce == "off":
                continue
            finding = Finding(
                operation,
                f"{response}, {DOCUMENTED}" if response else DOCUMENTED,
                self.settings.shown(path_in(project.store.folder(integration.name))),
                kept.version,
                found,
                remedy=self.settings.command(learning),
            )
            yield under_acceptances(told_by(integration, finding), project, self.settings)

    def learn(self, *, only_first: bool = False) -> list[Learned]:
        """Keep what was found, as a new version where it changes anything for the operations that are used.

        Args:
            only_first: Keep only what nothing is kept of yet.
        """
        learned: list[Learned] = []
        for project, integration in self._asked:
            now, kept = project.current.get(integration.name), project.published(integration.name)
            if now is None or (kept is not None and only_first):
                continue
            try:
                steps = [*self._kept(project, integration, kept, now)]
            except SpecError as error:
                self.errors.append(self._shown(project, str(error)))
            else:
                learned += steps
                for step in steps:
                    self.unused += learned_by_now(project, step, self.settings)
        return learned

    def _kept(self, project: Project, integration: Integration, kept: Kept | None, now: Spec) -> Iterator[Learned]:
        name, today, reason = integration.name, self.settings.today, self.settings.reason
        if kept is None:
            path = self.settings.shown(project.keep(name, Kept(now, FIRST, today, reason)))
            yield Learned(Operation(name, PUBLISHED), path, "", FIRST)
            return
        found = changed_uses(project, integration, kept.spec, now)
        if found:
            version = raised(kept.version, [change for each in found.values() for change in each])
            path = self.settings.shown(project.keep(name, Kept(now, version, today, reason)))
            yield from (Learned(operation, path, kept.version, version, found[operation]) for operation in found)
        elif _is_to_be_rewritten(integration, kept.spec, now):
            path = self.settings.shown(project.keep(name, replace(kept, spec=now)))
            self.notes.append(f"{path}: rewritten, and still version {kept.version}: nothing that is used has changed")


def _is_to_be_rewritten(integration: Integration, old: Spec, new: Spec) -> bool:
    """Whether what is kept should follow though nothing that is used has changed.

    The words of what is fetched may change every day; those of a file are in the commit anyway.
    """
    if old.document == new.document:
        return False
    return not is_url(integration.openapi) or not differ_only_in_prose(old.document, new.document)


def history(project: Project, integration: str) -> list[tuple[Kept, tuple[Change, ...]]]:
    """All versions of a document, the oldest first, each with what it changed for the operations that are used now.

    The paths of the changes begin with the operation's name.

    Raises:
        SpecError: One of them cannot be used.
    """
    known, kept = project.integration(integration), versions(project.store.folder(integration))
    return [
        (each, in_operations(changed_uses(project, known, before.spec, each.spec)) if before else ())
        for before, each in zip([None, *kept], kept, strict=False)
    ]


def in_operations(changed: Mapping[Operation, tuple[Change, ...]]) -> tuple[Change, ...]:
    """Changes of several operations together, their paths beginning with the operations' names, worst first."""
    return worst_first(
        [
            replace(change, path=f"{operation.name} {change.path}")
            for operation, found in changed.items()
            for change in found
        ]
    )


def may_fetch(settings: Settings, *, is_kept: bool) -> bool:
    """Whether a run may fetch a document.

    Args:
        settings: The run's settings.
        is_kept: Whether a version of it is kept.
    """
    if settings.learns_by or settings.shard:
        return False
    if settings.mode is Mode.UPDATE:
        return not settings.in_ci and not is_kept
    return settings.mode.records or (settings.mode is Mode.LIVE and is_kept)


def begun(project: Project, integration: Integration) -> Callable[[], Spec]:
    """What gives the document of an integration, a fetch of it begun where it is fetched.

    The result may raise SpecError.
    """
    kept = project.published(integration.name)
    known = kept.spec if kept else None
    if is_url(integration.openapi):
        return partial(Fetch(integration.openapi, integration.openapi_source).result, known)
    return partial(read_file, project.manifest.root / integration.openapi, known)


def changed_uses(
    project: Project, integration: Integration, old: Spec, new: Spec
) -> dict[Operation, tuple[Change, ...]]:
    """What two documents say otherwise about the operations that are used, once each, worst first."""
    together: dict[Operation, list[Change]] = {}
    for operation, _, mine in _changes(project, integration, old, new):
        known = together.setdefault(operation, [])
        known += [change for change in mine if change not in known]
    return {operation: worst_first(together[operation]) for operation in sorted(together)}


def _changes(
    project: Project, integration: Integration, old: Spec, new: Spec
) -> Iterator[tuple[Operation, str, tuple[Change, ...]]]:
    """What changed of each operation that has a snapshot, by the kind of its responses; first what holds for all."""
    if old.document == new.document:
        return
    snapshots, whole = project.store.of_integration(integration.name), Operation(integration.name, PUBLISHED)
    moved = server_changes(old, new, project.policy.for_operation(whole)) if snapshots else ()
    if moved:
        yield whole, "", moved
    for snapshot in snapshots:
        use = use_of(snapshot, integration, old, new)
        if use is not None:
            found = changes(old, new, use, project.policy.for_operation(use.operation))
            yield from ((use.operation, response, found[response]) for response in sorted(found) if found[response])


def use_of(snapshot: Snapshot, integration: Integration, old: Spec, new: Spec) -> Use | None:
    """What a consumer uses of an operation that one of two documents declares; None where none does."""
    name = Name.of(snapshot.operation.name)
    was, now = (declared_as(spec, name, integration) for spec in (old, new))
    if was is None and now is None:
        return None
    request = UNKNOWN
    for response in snapshot.responses.values():
        request = merge(request, response.requests)
    chosen = (part.partition("=")[0] for variant in (name.variant, *snapshot.queries) for part in variant.split("&"))
    return Use(
        operation=snapshot.operation,
        old=was,
        new=now,
        keys=frozenset(snapshot.responses),
        request=request,
        queries=frozenset(filter(None, chosen)),
    )
