"""Whether a deployment may go on: the snapshots since the deployed commit, and what the last run found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from pytest_integration_contracts.errors import ReportError, SnapshotError, SpecError, UsageError
from pytest_integration_contracts.manifest.file import PUBLISHED, RESERVED_NAMES
from pytest_integration_contracts.model import Finding, Operation, Report
from pytest_integration_contracts.reports.document import read
from pytest_integration_contracts.reports.gate import BREAKS, Changed, Gated
from pytest_integration_contracts.session.git import Git
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Mode
from pytest_integration_contracts.snapshots.snapshot import Snapshot, snapshot_in
from pytest_integration_contracts.snapshots.versions import compare_versions
from pytest_integration_contracts.specs.kept import kept_in

_SKEW: Final = dt.timedelta(minutes=5)
"""So far may the clocks of two machines be apart."""


def gate(
    project: Project, integration: str, ref: str, reports: Sequence[Path], *, max_age: dt.timedelta, now: dt.datetime
) -> Gated:
    """Decide about one integration.

    Args:
        project: The manifest and its snapshots as they are now.
        integration: Its name.
        ref: The commit that is deployed, in any words that git understands.
        reports: The JSON reports of the last run.
        max_age: How old they may be.
        now: The moment it is.

    Raises:
        UsageError: There is no such commit, integration or repository.
        SnapshotError: A snapshot of now cannot be used.
    """
    git, directory = Git(project.manifest.root), _directory(project)
    if not git.is_there:
        raise UsageError(f"git knows no repository at {project.manifest.root}; `git status` there says why")
    commit = git.commit(ref)
    if not commit:
        raise UsageError(f"git knows no commit `{ref}` here; where the clone is shallow, fetch it first")
    told, folder = _Told(), project.store.folder(integration).name
    files = git.files(commit, directory)
    before = dict(_snapshots(files, directory, ref, told, folder))
    after = {each.operation: each for each in project.store.all() if each.operation.integration == integration}
    mine = {operation: each for operation, each in before.items() if operation.integration == integration}
    _insist_on(integration, {*project.manifest.integrations, *(each.integration for each in [*before, *after])})
    heard = _heard(reports, integration, head=git.head(), max_age=max_age, now=now)
    told.unknown += _unknown(before, mine, after, ref)
    if git.has_changes(f"{directory}/{folder}"):
        told.unknown.append(
            "its snapshots are not those of the commit that is checked out: commit them, or restore them"
        )
    told.unknown += heard.unknown
    told.notes += _notes(mine, after, ref)
    changed = [*_changed(project, mine, after, told)]
    published = files.get(f"{directory}/{folder}/{PUBLISHED}")
    if published is not None:
        changed += _redocumented(project, integration, published, f"{ref}:{directory}/{folder}/{PUBLISHED}", told)
    asked = {finding.operation for finding in heard.findings}
    if asked:
        told.unknown += [
            f"no test of the last run asked {name}" for name in sorted(each.name for each in after.keys() - asked)
        ]
    broken = [finding for finding in heard.findings if finding.fails and finding.verdict in BREAKS]
    told.unknown += [_problem(each) for each in heard.findings if each.fails and each.verdict not in BREAKS]
    told.unknown += [
        f"{each.operation.name} is not judged (enforce = off)" for each in heard.findings if not each.is_judged
    ]
    whose = project.integration(integration)
    return Gated(
        integration,
        ref,
        commit,
        git.head(),
        tuple(changed),
        tuple(broken),
        len(asked - {finding.operation for finding in heard.findings if finding.fails}),
        tuple(dict.fromkeys(told.unknown)),
        tuple(told.notes),
        whose.owner,
        whose.runbook,
        whose.contact,
    )


@dataclass(slots=True)
class _Told:
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def _directory(project: Project) -> str:
    directory, root = project.manifest.directory, project.manifest.root
    if not directory.is_relative_to(root):
        raise UsageError(f"{directory} is not below {root}, so no commit has its snapshots")
    return directory.relative_to(root).as_posix()


def _insist_on(integration: str, known: set[str]) -> None:
    if integration not in known:
        raise UsageError(f"no integration `{integration}`; there are: {', '.join(sorted(known)) or 'none'}")


def _snapshots(
    files: Mapping[str, bytes], directory: str, ref: str, told: _Told, folder: str
) -> Iterator[tuple[Operation, Snapshot]]:
    """The snapshots of a commit; one of the integration's folder that cannot be used is something not known."""
    for path, content in files.items():
        below = PurePosixPath(path).relative_to(directory).parts
        if len(below) != 2 or not path.endswith(".json") or below[0].lower() in RESERVED_NAMES:  # noqa: PLR2004
            continue
        if below[1] == PUBLISHED:
            continue
        try:
            snapshot = snapshot_in(content.decode("utf-8", "replace"), f"{ref}:{path}")
        except SnapshotError as error:
            told.unknown += [str(error)] if below[0] == folder else []
        else:
            yield snapshot.operation, snapshot


_Known = Mapping[Operation, Snapshot]


def _unknown(before: _Known, mine: _Known, after: _Known, ref: str) -> Iterator[str]:
    if not before:
        yield f"{ref} has no snapshots at all, so nothing says what is deployed: name a commit that has them"
    if not after:
        yield "it has no snapshots now" + (f", and had {len(mine)} at {ref}" if mine else "")


def _notes(mine: _Known, after: _Known, ref: str) -> Iterator[str]:
    fresh = len(after.keys() - mine.keys())
    if after and not mine:
        yield f"it is new since {ref}: the last run alone decides"
    elif fresh:
        yield f"{fresh} new {'operation' if fresh == 1 else 'operations'} since {ref}"


def _changed(project: Project, mine: _Known, after: _Known, told: _Told) -> Iterator[Changed]:
    """What became of each snapshot of then: a template may have taken its place."""
    for operation in sorted(mine):
        then, now = mine[operation], after.get(operation) or after.get(project.names.known(operation))
        if now is None:
            told.notes.append(f"{operation.name} is held no more: its snapshot ({then.version}) is gone")
            continue
        changes = compare_versions(then, now, project.policy.for_operation(now.operation))
        if changes:
            yield Changed(now.operation, then.version, now.version, changes)


def _redocumented(project: Project, integration: str, then: bytes, name: str, told: _Told) -> Iterator[Changed]:
    """What the upstream's document has come to say otherwise about what is used."""
    from pytest_integration_contracts.session.documents import DOCUMENTED, changed_uses

    try:
        before, now = kept_in(then, name), project.published(integration)
    except SpecError as error:
        told.unknown.append(str(error))
        return
    if now is None:
        told.notes.append(f"its OpenAPI document ({before.version}) is kept no more")
        return
    for operation, changes in changed_uses(project, project.integration(integration), before.spec, now.spec).items():
        documented = Operation(integration, f"{operation.name}, {DOCUMENTED}")
        yield Changed(documented, before.version, now.version, changes)


def _heard(reports: Iterable[Path], integration: str, *, head: str, max_age: dt.timedelta, now: dt.datetime) -> _Told:
    """What reports say of an integration, and what is wrong with them."""
    told = _Told()
    for path in reports:
        try:
            report = read(path)
        except ReportError as error:
            told.unknown.append(
                f"{error}" if path.exists() else f"no report {path}: `pytest --contracts-report {path}`"
            )
            continue
        mine = [finding for finding in report.findings if finding.operation.integration == integration]
        told.findings += mine
        told.unknown += [f"{path}: {each}" for each in _doubts(report, head, max_age, now)]
        told.unknown += [] if mine else [f"{path}: says nothing of {integration}"]
    return told


def _doubts(report: Report, head: str, max_age: dt.timedelta, now: dt.datetime) -> Iterator[str]:
    """Why a report does not say how things are."""
    run = report.run
    yield from _age(run.made_at, max_age, now)
    if run.commit != head:
        yield f"was made for {'commit ' + run.commit[:12] if run.commit else 'an unknown commit'}, not for {head[:12]}"
    if Mode.UPDATE.value in run.mode:
        yield f"is of a run that learns ({run.mode}): it holds nothing"
    if run.partial:
        yield f"is of a part of the tests only ({', '.join(run.partial)})"
    if run.shard:
        yield f"is of one of several runs only ({run.shard}): join them first"
    if report.unchecked:
        yield f"{len(report.unchecked)} tests did not come to their end"
    yield from report.errors
    yield from (_problem(each) for each in report.findings if each.fails and not each.operation.integration)


def _age(made_at: str, max_age: dt.timedelta, now: dt.datetime) -> Iterator[str]:
    try:
        age = now - dt.datetime.fromisoformat(made_at)
    except (ValueError, TypeError, OverflowError):
        yield "does not say when it was made"
        return
    if age > max_age:
        yield f"is {_said(age)} old, and may be {_said(max_age)} (--max-age)"
    elif age < -_SKEW:
        yield f"was made in the future ({made_at})"


def _said(age: dt.timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.0f}h" if hours >= 1 else f"{age.total_seconds() / 60:.0f}m"


def _problem(finding: Finding) -> str:
    name = f"{finding.operation.name} is " if finding.operation.name else ""
    return f"{name}{finding.verdict.value}: {finding.problem}"
