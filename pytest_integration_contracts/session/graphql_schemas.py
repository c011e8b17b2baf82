"""GraphQL queries held against the schemas that upstreams publish: what is deprecated, breaks or does not fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from pytest_integration_contracts.drift.policy import worst_first
from pytest_integration_contracts.drift.selection import selected
from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.manifest.manifest import Integration
from pytest_integration_contracts.model import Change, Exchange, Finding, Learned, Operation, Severity
from pytest_integration_contracts.session.kept_schemas import MISSING, endpoint, is_installed
from pytest_integration_contracts.session.payload import Told
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.seen import Seen
from pytest_integration_contracts.session.settings import Mode, Settings
from pytest_integration_contracts.session.standing import told_by, under_acceptances
from pytest_integration_contracts.session.unused import learned_by_now
from pytest_integration_contracts.shapes.shape import Shape
from pytest_integration_contracts.snapshots.versions import FIRST, raised
from pytest_integration_contracts.specs.graphql.kept import KeptSchema, path_in, versions, write_kept
from pytest_integration_contracts.specs.graphql.query import Introspection, Query
from pytest_integration_contracts.traffic import graphql as requests
from pytest_integration_contracts.traffic.operations import sent

if TYPE_CHECKING:
    from pytest_integration_contracts.specs.graphql.schemas import Schema
    from pytest_integration_contracts.specs.graphql.uses import Uses

SCHEMA: Final = "GraphQL schema"
"""What findings about a schema have in the place of a kind of response."""


def queries_among(seen: Iterable[Seen], project: Project) -> dict[Operation, tuple[Query, ...]]:
    """The queries that were answered with data, by operation, without what only one request was about.

    Args:
        seen: Exchanges; only those of integrations with a schema count.
        project: The manifest.
    """
    found: dict[Operation, dict[Query, None]] = defaultdict(dict)
    for each in seen:
        for query in _queries(each, project) if each.integration.graphql else ():
            found[each.operation][query] = None
    return {operation: tuple(queries) for operation, queries in found.items()}


def _queries(seen: Seen, project: Project) -> Iterator[Query]:
    if not _gave_data(seen.exchange) or not is_installed():
        return
    from pytest_integration_contracts.specs.graphql.uses import stripped

    body: Any = sent(seen.exchange)
    for each in body if isinstance(body, list) else [body]:
        text = each.get("query") if isinstance(each, dict) else None
        if isinstance(text, str) and len(text) <= requests.MAX_LENGTH and requests.parse(text) is not None:
            variables = each.get("variables")
            schema = project.schemas.usable(seen.integration.name) if variables else None  # building it takes a while
            query = stripped(text, each.get("operationName"), variables, schema)
            if query is not None:
                yield query


def _gave_data(exchange: Exchange) -> bool:
    """Whether a query was answered at all: a test may send one that is refused on purpose."""
    answers = exchange.response_body if isinstance(exchange.response_body, list) else [exchange.response_body]
    given = any(isinstance(each, dict) and each.get("data") is not None for each in answers)
    return given and exchange.status < HTTPStatus.BAD_REQUEST


def introspected(
    seen: Iterable[Seen], project: Project, settings: Settings, sent_to: Mapping[str, Mapping[str, str]]
) -> dict[str, Introspection]:
    """What the servers that were just asked tell about their schemas: each once in a process, where this run may ask.

    Args:
        seen: Exchanges of this process.
        project: The manifest.
        settings: The run's settings.
        sent_to: The headers that the consumer sent, by URL. They go to that same URL, and are kept nowhere.
    """
    told: dict[str, Introspection] = {}
    for integration in {each.integration.name: each.integration for each in seen if _gave_data(each.exchange)}.values():
        url, name = endpoint(integration), integration.name
        if not url or name in project.schemas.introspected or not is_installed() or not _asks(project, name, settings):
            continue
        from pytest_integration_contracts.specs.graphql.fetch import fetch_schema

        try:
            told[name] = Introspection(fetch_schema(url, sent_to.get(url.partition("?")[0], {})))
        except SpecError as error:
            told[name] = Introspection(problem=str(error))
        project.schemas.introspected[name] = told[name]
    return told


def _asks(project: Project, integration: str, settings: Settings) -> bool:
    """Whether this run asks a server for its schema: an update does only where none is kept, at a desk."""
    if settings.mode is not Mode.UPDATE:
        return settings.mode.asks
    try:
        return not (settings.in_ci or settings.learns_by or project.schemas.kept(integration))
    except SpecError:
        return False


@dataclass(slots=True)
class Held:
    """What became of the schemas in a run.

    Attributes:
        findings: What was found.
        learned: What was written.
        notes: What a person should know, one line each.
        errors: What could not be read or written, one line each.
        unused: Acceptances of what was learned, one line each.
    """

    findings: list[Finding] = field(default_factory=list)
    learned: list[Learned] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def hold_schemas(
    told: Sequence[Told],
    project_of: Callable[[str], Project],
    settings: Settings,
    names: Mapping[str, Mapping[Operation, Operation]],
    *,
    learns: bool,
) -> Held:
    """Hold what the tests of a run queried against the schemas, or learn those.

    Args:
        told: What tests told.
        project_of: The project of a manifest's directory, as tests tell it.
        settings: The run's settings.
        names: By project: guessed names to those that operations have now.
        learns: Whether this run may write anything.
    """
    held = Held()
    for root in sorted({each.project for each in told}):
        project = project_of(root)
        mine = [each for each in told if each.project == root]
        asked = {finding.operation.integration for each in mine for finding in each.findings}
        for integration in project.manifest.integrations.values():
            if not integration.graphql or integration.name not in asked:
                continue
            if not is_installed():
                held.notes.append(f"{integration.name}: {MISSING}")
                continue
            try:
                _One(project, integration, settings, mine, names.get(root, {})).hold(held, learns=learns)
            except SpecError as error:
                held.errors.append(settings.shown_in(str(error), project.manifest.directory))
    return held


@dataclass(slots=True)
class _One:
    """The schema of one integration."""

    project: Project
    integration: Integration
    settings: Settings
    told: Sequence[Told]
    names: Mapping[Operation, Operation]

    def hold(self, held: Held, *, learns: bool) -> None:
        name = self.integration.name
        kept, published = self.project.schemas.kept(name), self._published()
        if published.problem:
            held.notes.append(f"{name}: {published.problem}; its GraphQL schema is not compared")
        new = published.sdl or (kept.sdl if kept else "")
        if not new:
            if not published.problem:
                command = self.settings.command(Mode.RECORD)
                held.notes.append(f"{name}: no GraphQL schema is kept yet, `{command}` fetches it")
            return
        changes = self._changes(kept, new)
        if not learns or not self._learns(kept):
            held.findings += self._findings(kept, changes) if not self.settings.mode.learns else ()
        elif kept is None or new != kept.sdl:
            self._learn(held, kept, new, changes)

    def _published(self) -> Introspection:
        """What the upstream publishes today, as far as this run has asked."""
        name = self.integration.name
        if not endpoint(self.integration):
            return Introspection(self._file())
        told = [each.schemas[name] for each in self.told if name in each.schemas]
        return next((each for each in told if each.sdl), told[0] if told else Introspection())

    def _file(self) -> str:
        from pytest_integration_contracts.specs.graphql.schemas import MAX_BYTES, schema_in

        path = self.project.manifest.root / self.integration.graphql
        try:
            with path.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
            return schema_in(content.decode("utf-8"), str(path))
        except UnicodeDecodeError as error:
            raise SpecError(f"{path}: is no UTF-8 text") from error
        except OSError as error:
            raise SpecError(f"{path}: cannot be read: {error.strerror or error}") from error

    def _learns(self, kept: KeptSchema | None) -> bool:
        mode, first = self.settings.mode, kept is None
        return (mode.learns and (mode.records or first or not endpoint(self.integration))) or (mode.records and first)

    def _learn(self, held: Held, kept: KeptSchema | None, new: str, changes: Mapping[Operation, list[Change]]) -> None:
        """Keep what was found, as a new version where it changes anything that is used."""
        name, today = self.integration.name, self.settings.today
        if kept is None:
            path = self._keep(KeptSchema(new, FIRST, today, self.settings.reason))
            held.learned.append(Learned(Operation(name, ""), path, "", FIRST))
            return
        found = {
            operation: worst_first([change for change in each if change.rule not in _OF_THE_QUERY])
            for operation, each in changes.items()
        }
        told = [change for each in found.values() for change in each]
        if not told:
            path = self._keep(replace(kept, sdl=new))
            held.notes.append(f"{path}: rewritten, and still version {kept.version}: nothing that is used has changed")
            return
        version = raised(kept.version, told)
        path = self._keep(KeptSchema(new, version, today, self.settings.reason))
        steps = [Learned(each, path, kept.version, version, found[each]) for each in found if found[each]]
        held.learned += steps
        for step in steps:
            held.unused += learned_by_now(self.project, step, self.settings)

    def _keep(self, schema: KeptSchema) -> str:
        folder = self.project.store.folder(self.integration.name)
        return self.settings.shown(write_kept(folder, schema, self.project.manifest.directory))

    def _findings(self, kept: KeptSchema | None, changes: Mapping[Operation, list[Change]]) -> Iterator[Finding]:
        path = path_in(self.project.store.folder(self.integration.name))
        mode = Mode.REFRESH if endpoint(self.integration) else Mode.UPDATE
        for operation, each in changes.items():
            if not each or self.integration.at(operation.name).enforce == "off":
                continue
            finding = Finding(
                operation=operation,
                response=SCHEMA,
                snapshot=self.settings.shown(path),
                version=kept.version if kept else "",
                changes=worst_first(each),
                remedy=self.settings.command(mode),
            )
            yield under_acceptances(told_by(self.integration, finding), self.project, self.settings)

    def _changes(self, kept: KeptSchema | None, new: str) -> dict[Operation, list[Change]]:
        """What changed, is deprecated or does not fit, by operation, as the policy weighs it."""
        from pytest_integration_contracts.specs.graphql.changes import Comparison, deprecated, invalid
        from pytest_integration_contracts.specs.graphql.schemas import build

        where = str(path_in(self.project.store.folder(self.integration.name)))
        old = build(kept.sdl, where) if kept else None
        today = old if old is not None and kept is not None and new == kept.sdl else build(new, where)
        comparison = Comparison(old, today) if old is not None and old is not today else None
        found = {}
        for operation, asked in sorted(self._asked().items()):
            changes = comparison.changes(self._uses(asked, old)) if comparison and old else []
            if not any(change.severity is Severity.BREAKING for change in changes):
                changes += invalid(today, asked if isinstance(asked, tuple) else ())
            changes += deprecated(today, self._uses(asked, today))
            found[operation] = self.project.policy.for_operation(operation).hold(changes)
        return found

    def _asked(self) -> dict[Operation, tuple[Query, ...] | Mapping[str, Any]]:
        """What the consumer's queries are: those of this run, and of operations it did not ask, what they select."""
        queries: dict[Operation, dict[Query, None]] = defaultdict(dict)
        for each in self.told:
            for operation, asked in each.queries.items():
                if operation.integration == self.integration.name:
                    queries[self.names.get(operation, operation)] |= dict.fromkeys(asked)
        known = _selections(self.project, self.integration.name)
        return {**known, **{operation: tuple(asked) for operation, asked in queries.items()}}

    @staticmethod
    def _uses(asked: tuple[Query, ...] | Mapping[str, Any], schema: Schema) -> Uses:
        from pytest_integration_contracts.specs.graphql.uses import Uses, uses_of, uses_of_selection

        if not isinstance(asked, tuple):
            return uses_of_selection(asked, schema)
        uses = Uses()
        for query in asked:
            uses.include(uses_of(query, schema))
        return uses


_OF_THE_QUERY: Final = frozenset({"graphql.deprecated-field", "graphql.query-invalid"})
"""Rules about a query and one version of a schema."""


def schema_history(project: Project, integration: str) -> list[tuple[KeptSchema, tuple[Change, ...]]]:
    """All versions of a schema, the oldest first, each with what it changed of what the snapshots' queries select.

    The paths of the changes begin with the operation's name. Without graphql-core there are none.

    Raises:
        SpecError: One of them cannot be used.
    """
    kept = versions(project.store.folder(integration))
    known = _selections(project, integration)
    return [
        (each, _between(before, each, known, project) if before and is_installed() else ())
        for before, each in zip([None, *kept], kept, strict=False)
    ]


def _between(
    before: KeptSchema, after: KeptSchema, known: Mapping[Operation, Mapping[str, Any]], project: Project
) -> tuple[Change, ...]:
    from pytest_integration_contracts.specs.graphql.changes import Comparison
    from pytest_integration_contracts.specs.graphql.schemas import build
    from pytest_integration_contracts.specs.graphql.uses import uses_of_selection

    old = build(before.sdl, f"version {before.version}")
    comparison = Comparison(old, build(after.sdl, f"version {after.version}"))
    return worst_first(
        [
            replace(change, path=f"{operation.name} {change.path}")
            for operation, selection in sorted(known.items())
            for change in project.policy.for_operation(operation).hold(
                comparison.changes(uses_of_selection(selection, old))
            )
        ]
    )


def _selections(project: Project, integration: str) -> dict[Operation, Mapping[str, Any]]:
    """What the queries of an integration's snapshots select, by operation."""
    return {
        snapshot.operation: _plain(selection)
        for snapshot in project.store.of_integration(integration)
        for response in snapshot.responses.values()
        if (selection := selected(response.requests)) is not None
    }


def _plain(selection: Shape) -> dict[str, Any]:
    """What is selected, as names to what is selected below; True where nothing is."""
    return {name: _plain(member.shape) if member.shape.records else True for name, member in selection.fields.items()}
