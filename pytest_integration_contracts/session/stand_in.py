"""All that a project knows of one upstream, gathered for a stand-in: recordings, snapshots, and what it publishes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.manifest.manifest import Integration, Prefix, split_url
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.serving.answers import Answer, Asked, Operation, Possible, Recording, StandIn
from pytest_integration_contracts.serving.fields import places
from pytest_integration_contracts.session.documented_names import declared_as
from pytest_integration_contracts.session.exported import observed
from pytest_integration_contracts.session.offline import SUFFIXES, folders_of_recording
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec
from pytest_integration_contracts.specs.export import ObservedOperation, ObservedResponse
from pytest_integration_contracts.specs.finding import declared_operation
from pytest_integration_contracts.specs.schemas_of_shapes import header_schema, schema_of
from pytest_integration_contracts.traffic.cassettes import rewriting
from pytest_integration_contracts.traffic.operations import Name
from pytest_integration_contracts.traffic.recorded import Recorded, asked_by_client, recorded_in
from pytest_integration_contracts.traffic.secrets import scrub_url, scrub_value

_FAILED: Final = " (error)"


class Requests:
    """What requests to an upstream, or to what stands in for it, ask for."""

    def __init__(self, project: Project, integration: Integration, spec: Spec | None) -> None:
        """Prepare.

        Args:
            project: Whose integration it is.
            integration: The upstream.
            spec: The document that it publishes, None for none.
        """
        self._project = project
        self._integration = integration
        self._spec = spec
        self._turn = threading.Lock()

    def asked(self, exchange: Exchange, named: Iterable[str] = ()) -> Asked:
        """What an exchange asks for; safe in several threads.

        Args:
            exchange: The request, its URL canonical.
            named: Operations whose names go before those of the document.
        """
        with self._turn:
            _, operation = self._project.operation(exchange)
        _, prefix, rest = self._project.manifest.below(scrub_url(exchange.url))
        below, _, query = rest.partition("?")
        path, name = f"{prefix.label}{below or '/'}", operation.name
        if self._spec is not None and name not in named:
            declared = declared_operation(self._spec, exchange.method, exchange.url, self._integration)
            name = str(declared) if declared else name
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        return Asked(name, path, pairs, scrub_value(exchange.request_body), f"{path}?{query}" if query else path)

    def recording(self, recorded: Recorded, origin: str) -> Recording | None:
        """What was recorded; None of another integration's."""
        url = self._project.canonical(recorded.request.url) or recorded.request.url
        exchange = replace(recorded.request, url=url)
        integration, operation = self._project.operation(exchange)
        if integration.name != self._integration.name:
            return None
        asked = self.asked(exchange, {operation.name})
        return Recording(asked, Answer(recorded.status, recorded.headers, recorded.body, asked.operation, origin))

    def meant(self, target: str) -> Iterator[str]:
        """The URLs that a path may mean: below the path of one of the upstream's, or below the first of them."""
        prefixes = self._integration.prefixes or (Prefix(f"https://{self._integration.name}", ""),)
        for prefix in sorted(prefixes, key=lambda each: -len(each.label)):
            for base in (prefix.label, split_url(prefix.canonical).path, split_url(prefix.actual).path):
                rest = target[len(base) :] if base and target.startswith(base) else None
                if rest is not None and rest[:1] in {"", "/", "?"}:
                    yield f"{prefix.canonical}{rest}"
        first = next((each for each in prefixes if not each.label), prefixes[0])
        yield f"{first.canonical or first.actual}{target}"


@dataclass(frozen=True, slots=True)
class Upstream:
    """What is known of one upstream, and what its requests are called.

    Attributes:
        stand_in: What answers in its place.
        integration: The integration.
        requests: What requests ask for.
        snapshots: What snapshots know of its operations, by name.
        published: Whether a document says more than snapshots do.
    """

    stand_in: StandIn
    integration: Integration
    requests: Requests
    snapshots: Mapping[str, ObservedOperation]
    published: bool

    @property
    def hosts(self) -> frozenset[str]:
        """The names of the upstream's own hosts."""
        urls = (url for prefix in self.integration.prefixes for url in (prefix.actual, prefix.canonical))
        return frozenset((split_url(url).hostname or "").lower() for url in urls) - {""}

    def names(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Asked:
        """What a request to the stand-in asks for; safe in several threads.

        Args:
            method: The HTTP method.
            target: Path and query.
            headers: Names in lower case.
            body: The bytes.
        """
        first: Asked | None = None
        for url in self.requests.meant(target):
            asked = self.requests.asked(asked_by_client(method, url, headers, body), self.stand_in.operations)
            if asked.operation in self.stand_in.operations:
                return asked
            first = first or asked
        return first or Asked("", "")

    def here(self, text: str, address: str) -> str:
        """A text with the address of the stand-in in the place of the upstream's."""
        own = {prefix.canonical: f"{address}{prefix.label}" for prefix in self.integration.prefixes}
        return rewriting(own)(text)

    def places(self, operation: str) -> Sequence[str] | None:
        """The JSONPaths of the fields that an operation's bodies are known to have; None where nobody knows all."""
        snapshot = self.snapshots.get(operation)
        if snapshot is None or self.published:
            return None
        return [path for each in snapshot.responses if each.body is not None for path in places(each.body)]


def upstream(
    project: Project, name: str, spec: Spec | None = None, *, cassettes: Sequence[Path] = (), seed: int = 0
) -> Upstream:
    """Gather what is known of an integration.

    Args:
        project: Whose integration it is.
        name: The integration's name.
        spec: The document to go by; None for the one that is kept of it, if any.
        cassettes: What is recorded elsewhere than where the project keeps its cassettes.
        seed: What generated answers depend on.

    Raises:
        CassetteError: A cassette cannot be used.
        SnapshotError: A snapshot cannot be used.
        SpecError: The document that is kept cannot be used.
        UsageError: Nothing is known of it.
    """
    kept = project.published(name) if spec is None else None
    spec = kept.spec if kept else spec
    integration = project.integration(name)
    requests = Requests(project, integration, spec)
    snapshots = {each.name: each for each in observed(project, name)}
    recordings = list(_recordings(project, requests, cassettes))
    operations = {each: _operation(snapshot) for each, snapshot in snapshots.items()}
    if spec is not None:
        operations |= _declared(
            spec, integration, {*operations, *(each.asked.operation for each in recordings)}, operations
        )
    if not operations and not recordings:
        raise UsageError(_nothing_known(project, name))
    stand_in = StandIn(name, operations, recordings, seed=seed)
    return Upstream(stand_in, integration, requests, snapshots, spec is not None)


def _nothing_known(project: Project, name: str) -> str:
    known = {*project.manifest.integrations, *(each.operation.integration for each in project.store.all())}
    if name not in known:
        return f"no integration `{name}`; there are: {', '.join(sorted(known)) or 'none'}"
    return (
        f"nothing is known of `{name}` yet: record it with `pytest --contracts-update`, or name its OpenAPI document"
        " with --spec"
    )


def _recordings(project: Project, requests: Requests, others: Sequence[Path]) -> Iterator[Recording]:
    manifest = project.manifest
    folders = [manifest.directory / "cassettes", *(folders_of_recording(manifest.root) if manifest.adopt_vcr else [])]
    own = (each for folder in folders for each in sorted(folder.rglob("*")) if each.suffix in SUFFIXES)
    for path in dict.fromkeys(each.resolve() for each in (*own, *others)):
        shown = Path(os.path.relpath(path, manifest.root)).as_posix()
        for number, recorded in enumerate(recorded_in(path, project.limits), start=1):
            recording = requests.recording(recorded, f"recorded {shown}#{number}")
            if recording is not None:
                yield recording


def _operation(snapshot: ObservedOperation) -> Operation:
    possible = [_observed(each) for each in snapshot.responses if not each.key.endswith(_FAILED)]
    return Operation(snapshot.name, tuple(possible), snapshot.auth)


def _observed(response: ObservedResponse) -> Possible:
    headers = {name: header_schema(field.shape) for name, field in response.headers.fields.items() if field.required}
    schema = True if response.body is None else schema_of(response.body)
    return Possible(response.status, response.media, schema, headers)


def _declared(
    spec: Spec, integration: Integration, known: Iterable[str], snapshots: Mapping[str, Operation]
) -> dict[str, Operation]:
    """The operations that a document declares: those that are known under the names they have, what it says first."""
    found: dict[str, Operation] = {}
    covered = set()
    for name in known:
        declared = declared_as(spec, Name.of(name), integration)
        if declared is None:
            continue
        covered.add(str(declared))
        snapshot = snapshots.get(name, Operation(name))
        found[name] = replace(snapshot, possible=(*_responses(declared, spec), *snapshot.possible))
    for declared in spec.operations():
        if str(declared) not in covered:
            found[str(declared)] = Operation(str(declared), _responses(declared, spec))
    return found


def _responses(declared: DeclaredOperation, spec: Spec) -> tuple[Possible, ...]:
    possible = []
    for status, response in declared.responses.items():
        headers = {name: each.part.schema for name, each in response.headers.items() if each.required}
        for media, part in response.media.items():
            possible.append(Possible(status, media, part.schema, headers, part.examples, spec.at))
        if not response.media:
            possible.append(Possible(status, headers=headers, at=spec.at))
    return tuple(possible)
