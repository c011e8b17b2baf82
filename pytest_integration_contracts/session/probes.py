"""Requests of ours for operations that no test covers: which, with what, and where their recordings are kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode

from pytest_integration_contracts.drift.authentication import is_secret_name
from pytest_integration_contracts.errors import CassetteError, UsageError
from pytest_integration_contracts.files import safe_name
from pytest_integration_contracts.manifest.manifest import Integration, Prefix, rest_after, split_url
from pytest_integration_contracts.model import NO_BODY, Exchange
from pytest_integration_contracts.session.asking import Answer, ask
from pytest_integration_contracts.session.credentials import Credentials, credentials_for, given_headers
from pytest_integration_contracts.session.documented_names import declared_as
from pytest_integration_contracts.session.pacing import Pace, interval_of
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.settings import Settings
from pytest_integration_contracts.session.watch import Watch, source_of
from pytest_integration_contracts.shapes.formats import PLACEHOLDER
from pytest_integration_contracts.snapshots.store import readable
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec
from pytest_integration_contracts.specs.fetch import read_file
from pytest_integration_contracts.specs.finding import declared_operation
from pytest_integration_contracts.specs.known import Known
from pytest_integration_contracts.specs.probing import Case, Made, Skipped, case_of, selected, writing
from pytest_integration_contracts.traffic.cassettes import read_cassette, sent_body
from pytest_integration_contracts.traffic.network import NetworkGuard, Reach
from pytest_integration_contracts.traffic.operations import Name
from pytest_integration_contracts.traffic.recorder import Recorder, Source

FOLDER: Final = "probes"
"""Where recordings of probes are, below those of tests."""

AGENT: Final = "pytest-integration-contracts (probe)"
_MOST_CASSETTES: Final = 2000
_DENIED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})
_OWN_TO_US: Final = frozenset({"host", "user-agent", "connection", "content-length", "accept-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person asks for.

    Attributes:
        integration: The integration.
        operations: The only operations that are meant, as `probing.selected` takes them; all where there are none.
        every: Whether operations that tests cover are asked for, too.
        headers: Headers to send, as `given_headers` takes them.
        rate: How many requests in what time: `1/s`.
        limit: How many requests at most.
        timeout: How long to wait for an answer, in seconds.
    """

    integration: str
    operations: tuple[str, ...] = ()
    every: bool = False
    headers: tuple[str, ...] = ()
    rate: str = "1/s"
    limit: int = 20
    timeout: float = 10.0


class NotKeptError(UsageError):
    """The OpenAPI document that the manifest names has not been fetched yet."""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = None


class Probes:
    """The probes of one integration.

    Attributes:
        integration: The integration.
        spec: Its document.
        operations: What is asked for, in order.
        skipped: What is not, and why.
        pace: How fast.
        known: What the upstream was seen to know.
    """

    def __init__(
        self,
        project: Project,
        settings: Settings,
        wanted: Wanted,
        *,
        guard: NetworkGuard | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Choose the operations; nothing is sent.

        Args:
            project: The manifest that the integration is in.
            settings: The run's settings.
            wanted: What is asked for.
            guard: What keeps the tests of the run off the network; None for a run without tests.
            pace: How fast; None for the rate that is asked for.

        Raises:
            UsageError: There is no such integration or operation, no document, or a header cannot be sent.
            SpecError: The document cannot be used.
        """
        self.integration = _integration(project, wanted.integration)
        self.spec = _document(project, self.integration)
        self.pace = pace or Pace(interval_of(wanted.rate))
        self.wanted = wanted
        self._project = project
        self._settings = settings
        self._guard = guard or NetworkGuard()
        self._given = given_headers(wanted.headers, settings.environment)
        self.operations, self.skipped = selected(self.spec, self._covered(), wanted.operations, every=wanted.every)

    @property
    def writing(self) -> int:
        """How many operations of the document are none that only read."""
        return writing(self.spec)

    def _covered(self) -> set[str]:
        """What tests ask for: what has a snapshot, but for what only a probe has asked for."""
        covered = set()
        for snapshot in self._project.store.of_integration(self.integration.name):
            found = declared_as(self.spec, Name.of(snapshot.operation.name), self.integration)
            if found is not None and not self.cassette(found).exists():
                covered.add(str(found))
        return covered

    def cassette(self, operation: DeclaredOperation) -> Path:
        """Where the recording of a probe is, or would be."""
        folder = self._project.manifest.directory / "cassettes" / FOLDER / safe_name(self.integration.name)
        return folder / f"{safe_name(readable(str(operation)))}.yaml"

    @cached_property
    def known(self) -> Known:
        """What the upstream was seen to know, by all recordings of it."""
        known = Known()
        folder = self._project.manifest.directory / "cassettes"
        for path in sorted(folder.rglob("*.yaml"))[:_MOST_CASSETTES]:
            for exchange in self._exchanges(path):
                self.learn(exchange, known=known)
        return known

    def _exchanges(self, path: Path) -> list[Exchange]:
        recorder = Recorder(path, Source.REPLAY, self._project, "", within=self._project.manifest.directory)
        try:
            recorder.observe_all()
        except CassetteError:
            return []  # whoever replays it says so
        return recorder.exchanges

    def learn(self, exchange: Exchange, origin: str = "", *, known: Known | None = None) -> None:
        """Take note of what an exchange shows the upstream to know."""
        if self._project.manifest.integration_of(exchange.url).name != self.integration.name:
            return
        operation = declared_operation(self.spec, exchange.method, exchange.url, self.integration)
        if operation is not None:
            (known or self.known).learn(operation, exchange, *([origin] if origin else []))

    def case(self, operation: DeclaredOperation) -> Case | Skipped:
        """What to ask an operation: below a URL of the integration, and nowhere else."""
        case = case_of(self.spec, operation, self.known, self._made_up, self.credentials(operation).supplied)
        if isinstance(case, Case) and not self._is_own(self._url(case)):
            return Skipped(str(operation), f"its path leads out of {self._base[0].canonical}")
        return case

    def _made_up(self, operation: DeclaredOperation, lacking: Collection[tuple[str, str]]) -> Made:
        if find_spec("schemathesis") is None:
            return Made({})
        from pytest_integration_contracts.specs.making import made_up  # noqa: PLC0415 - a second and more to load

        return made_up(self.spec, operation, lacking)

    def credentials(self, operation: DeclaredOperation) -> Credentials:
        """What a request for an operation authenticates with."""
        reference, environment = self.integration.credentials, self._settings.environment
        return credentials_for(self.spec, operation, reference, self._given, environment)

    def denied(self, operation: DeclaredOperation, answer: Answer) -> str:
        """How an answer says that our credential is not accepted, "" where it does not."""
        note = self.credentials(operation).note
        return f"denied: it answered {answer.status}{f' ({note})' if note else ''}" if answer.status in _DENIED else ""

    def watch(self, operation: DeclaredOperation, label: str, module: Path) -> Watch:
        """What observes one probe, and records it where this run records.

        Args:
            operation: The operation.
            label: What tells the probe from all others of the run.
            module: What messages name.
        """
        path, directory, settings = self.cassette(operation), self._project.manifest.directory, self._settings
        source = source_of(settings, path)
        remedy = settings.recording_command(module, recorded=path.exists())
        allowed = frozenset(self._project.manifest.network) if source is Source.REPLAY else None
        recorder = Recorder(path, source, self._project, remedy, within=directory, clock=settings.now)
        name = self.integration.name
        return Watch(settings, self._project, recorder, self._guard, Reach(allowed), label, module, name)

    def send(self, case: Case) -> Answer:
        """Ask the upstream, at the pace that it may be asked."""
        credentials = self.credentials(case.operation)
        body = None if case.body is NO_BODY else json.dumps(case.body).encode()
        url = _with_queries(self._url(case), credentials.queries)
        return self._send(_Request(case.operation.method, url, {**case.headers, **credentials.headers}, body))

    def resend(self, operation: DeclaredOperation, *, live: bool) -> Answer | None:
        """Ask what was recorded; None where nothing was, or not all that it takes is known any more.

        Args:
            operation: The operation.
            live: Whether the upstream answers; else the recording does.
        """
        recorded = self._recorded(operation)
        if recorded is None:
            return None
        if not live:
            return self._ask(recorded)
        credentials = self.credentials(operation)
        url = split_url(self._here(recorded.url))
        queries = [pair for pair in parse_qsl(url.query, keep_blank_values=True) if not is_secret_name(pair[0])]
        plain = url._replace(query=urlencode(queries)).geturl()
        headers = {name: value for name, value in recorded.headers.items() if PLACEHOLDER not in value}
        asked = _Request(
            recorded.method,
            _with_queries(plain, credentials.queries),
            {**headers, **credentials.headers},
            recorded.body,
        )
        whole = PLACEHOLDER not in plain and PLACEHOLDER.encode() not in (recorded.body or b"")
        return self._send(asked) if whole else None

    def _recorded(self, operation: DeclaredOperation) -> _Request | None:
        """The request in a recording, where it is one for this operation: files can be changed."""
        recordings = read_cassette(self.cassette(operation))
        if not recordings:
            return None
        request = recordings[0].request
        asked = declared_operation(self.spec, request.method, request.uri, self.integration)
        if str(asked) != str(operation) or not self._is_own(self._here(request.uri)):
            return None
        headers = {name: str(value) for name, value in request.headers.items() if name.lower() not in _OWN_TO_US}
        body = sent_body(request)
        sent = body if isinstance(body, bytes) else None
        return _Request(request.method, request.uri, headers, sent)

    def _send(self, request: _Request) -> Answer:
        self.pace.wait()
        return self._ask(request)

    def _ask(self, request: _Request) -> Answer:
        headers = {"User-Agent": AGENT, **request.headers}
        return ask(request.method, request.url, headers, request.body, self.wanted.timeout)

    def _here(self, url: str) -> str:
        """A canonical URL as it is today; "" for one that is not the integration's."""
        for prefix in self.integration.prefixes:
            rest = rest_after(prefix.canonical, url)
            if rest is not None:
                return f"{prefix.actual}{rest}"
        return ""

    def _url(self, case: Case) -> str:
        prefix, base = self._base
        target = case.target.removeprefix(base[1:]) if base.startswith("-") else f"{base}{case.target}"
        return f"{prefix.actual}{target}"

    def _is_own(self, url: str) -> bool:
        """Whether a URL is below one of the integration's, whoever takes its path apart."""
        steps = map(unquote, split_url(url).path.split("/"))
        below = any(rest_after(prefix.actual, url) is not None for prefix in self.integration.prefixes)
        return below and url.isprintable() and not {".", ".."} & set(steps)

    @cached_property
    def _base(self) -> tuple[Prefix, str]:
        """The URL of the integration that the document's paths are below, and what comes in between.

        Of paths that begin with a part of that URL already, that part, with `-` before it.
        """
        for server in self.spec.servers:
            for prefix in self.integration.prefixes:
                between = rest_after(prefix.canonical, server)
                if between is not None:
                    return prefix, between.rstrip("/")
                beyond = rest_after(server, prefix.canonical)
                if beyond and all(each.startswith(beyond) for each in self.spec.templates):
                    return prefix, f"-{beyond}"
        return next((each for each in self.integration.prefixes if not each.label), self.integration.prefixes[0]), ""


def unprobed(case: Case, answer: Answer) -> str:
    """Why an answer says nothing about the contract, "" where it may."""
    if answer.status in range(300, 400):
        host = split_url(answer.headers.get("location", "")).hostname or "elsewhere"
        return f"could not be probed: it redirects to {host}, and that is not followed"
    refused = answer.status in range(400, 500) and answer.status not in {*_DENIED, HTTPStatus.TOO_MANY_REQUESTS}
    if not refused:
        return ""
    guesses = [str(each) for each in case.values if not each.is_known]
    guesses += [f"its body ({case.body_origin})"] if case.body is not NO_BODY else []
    told = f" to {', '.join(guesses)}" if guesses else ""
    return f"could not be probed: it answered {answer.status}{told}"


def _integration(project: Project, name: str) -> Integration:
    found = project.manifest.integrations.get(name)
    if found is None:
        known = ", ".join(sorted(project.manifest.integrations)) or "none"
        raise UsageError(f"no integration `{name}` in the manifest; it has: {known}")
    if not found.prefixes:
        raise UsageError(f"integrations.{name}: has no `urls`, so there is nothing to ask")
    return found


def _document(project: Project, integration: Integration) -> Spec:
    """The document that is kept, or the file that the manifest names."""
    kept = project.published(integration.name)
    if kept is not None:
        return kept.spec
    named = integration.openapi
    if not named:
        raise UsageError(
            f"integrations.{integration.name}: names no OpenAPI document, and only that says what could be asked;"
            ' add `openapi = "https://..."`, or the path of a file'
        )
    path = project.manifest.root / named
    if "://" in named or not path.is_file():
        raise NotKeptError(
            f"no OpenAPI document of {integration.name} is kept yet; `pytest --contracts-record` fetches {named}"
        )
    return read_file(path)


def _with_queries(url: str, queries: Mapping[str, str]) -> str:
    more = urlencode(queries)
    return f"{url}{'&' if '?' in url else '?'}{more}" if more else url
