"""Everything that goes over HTTP while one test, or one wide fixture, runs: played, recorded or live, and observed."""

from __future__ import annotations

import datetime as dt
import enum
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from vcr import VCR
from vcr.cassette import Cassette, CassetteContextDecorator
from vcr.matchers import requests_match
from vcr.record_mode import RecordMode
from vcr.request import Request

from pytest_integration_contracts.errors import CassetteError, MissingRecordingError
from pytest_integration_contracts.files import leads_outside
from pytest_integration_contracts.manifest.manifest import Limits, rest_after, split_url
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.traffic.ages import now
from pytest_integration_contracts.traffic.cassettes import (
    Interaction,
    Response,
    body_of,
    plain,
    read_cassette,
    write_cassette,
)
from pytest_integration_contracts.traffic.messages import MessageReader
from pytest_integration_contracts.traffic.nearest import nearest
from pytest_integration_contracts.traffic.observed import Loaded, ObservingCassette, Replayed, Unkept, moved
from pytest_integration_contracts.traffic.patches import unneeded
from pytest_integration_contracts.traffic.questions import Missing, Questions
from pytest_integration_contracts.traffic.redaction import Secrets
from pytest_integration_contracts.traffic.sent import operation
from pytest_integration_contracts.traffic.stand_ins import do_as_the_client
from pytest_integration_contracts.traffic.threads import stay_patched
from pytest_integration_contracts.traffic.transports import intercept_httpx


class Source(enum.StrEnum):
    """Where responses come from."""

    REPLAY = "replay"
    RECORD = "record"
    LIVE = "live"


class Addresses(Protocol):
    """What the recorder must know of the manifest."""

    def canonical(self, url: str) -> str | None:
        """The URL with its integration's canonical prefix, or None where no integration claims it."""

    def prefixes(self) -> Mapping[str, str]:
        """Actual prefixes to canonical ones, where they differ."""

    @property
    def endpoints(self) -> frozenset[str]:
        """The URLs, without a query, for which it is remembered with which headers they were asked."""

    @property
    def limits(self) -> Limits:
        """How large bodies may be."""


class Recorder:
    """One cassette and what passes through it.

    Attributes:
        exchanges: What was asked and answered, in order, without secrets.
        missing: What was asked and is not recorded.
        recordings: What the cassette that is replayed holds; None where there is no such file.
        sent_to: The headers with which live endpoints were asked last, by URL: secrets and all, and only in memory.
    """

    def __init__(
        self,
        path: Path,
        source: Source,
        addresses: Addresses,
        remedy: str,
        *,
        within: Path,
        clock: Callable[[], dt.datetime] = now,
    ) -> None:
        """Prepare; nothing is read before `open`.

        Args:
            path: The cassette's file.
            source: Where responses come from.
            addresses: Which URL belongs to which integration.
            remedy: The command that records what replay lacks.
            within: The directory that nothing is written outside of.
            clock: What tells the moment of a recording.
        """
        self.path = path
        self.source = source
        self.exchanges: list[Exchange] = []
        self.missing: list[Missing] = []
        self.sent_to: dict[str, Mapping[str, str]] = {}
        self.recordings: Sequence[Interaction] | None = None
        self._messages = MessageReader(addresses.limits)
        self._questions = Questions()
        self._turn = threading.RLock()
        self._addresses = addresses
        self._remedy = remedy
        self._within = within
        self._clock = clock
        self._moments: list[dt.datetime] = []
        self._names: dict[str, str] = {}
        self._cassette: Cassette | None = None
        self._context: AbstractContextManager[object] | None = None
        self._previous: list[Interaction] = []

    @property
    def problems(self) -> list[str]:
        """What could not be read, one sentence each."""
        return self._messages.problems

    @property
    def secrets(self) -> Secrets:
        """The secrets that passed."""
        return self._messages.secrets

    def open(self) -> None:
        """Start observing. May be called again after `close`; what was played stays played.

        Raises:
            CassetteError: Replay finds a file that is no cassette.
        """
        if self._cassette is None:
            self._cassette = self._load()
        cassette = self._cassette
        # vcrpy enters and leaves through `cls.load`, which here hands out the one cassette of this recorder.
        self._context = CassetteContextDecorator(Loaded(cassette), lambda: {"path": str(self.path)})
        self._context.__enter__()

    def close(self) -> None:
        """Stop observing."""
        if self._context is not None:
            self._context.__exit__(None, None, None)
            self._context = None

    def save(self) -> bool:
        """Write what was recorded, where this recorder records and anything was; whether a file was written.

        Raises:
            CassetteError: It cannot be written.
        """
        if self.source is not Source.RECORD or self._cassette is None or not self._cassette.data:
            return False
        if leads_outside(self.path, self._within):
            raise CassetteError(f"{self.path}: leads outside {self._within} by a link; nothing is written there")
        interactions = [
            Interaction(request, response, moment)
            for (request, response), moment in zip(self._cassette.data, self._moments, strict=False)
        ]
        write_cassette(self.path, interactions, self._addresses.prefixes(), self._addresses.limits)
        return True

    def _load(self) -> ObservingCassette:
        if self.source is Source.RECORD:
            self._previous = [
                Interaction(self._canonical(each.request), each.response) for each in _readable(self.path)
            ]
        options = VCR().get_merged_config(
            path=str(self.path),
            record_mode=RecordMode.NONE if self.source is Source.REPLAY else RecordMode.ALL,
            persister=Replayed(self.plays) if self.source is Source.REPLAY else Unkept,
            skip_patchers=unneeded(),
        )
        for name in CassetteContextDecorator._non_cassette_arguments:  # noqa: SLF001 - as vcrpy's own `use` does
            options.pop(name, None)
        options["before_record_request"] = self._canonical
        options["match_on"] = (*options["match_on"], operation)
        cassette = ObservingCassette.load(observer=self, **options)
        of_httpx = intercept_httpx(cassette, lambda url: self._addresses.canonical(url) is not None)
        cassette.custom_patches = (*of_httpx, *stay_patched(), *do_as_the_client())
        return cassette  # type: ignore[no-any-return]

    def _canonical(self, request: Request) -> Request:
        asked = request.uri
        if asked not in self._names:  # vcrpy asks several times of each request
            self._names[asked] = self._messages.url(self._addresses.canonical(asked) or asked)
        named = self._names[asked]
        return request if named == asked else moved(request, named)

    @property
    def unanswered(self) -> list[Missing]:
        """What a live upstream was asked and never answered: refused, timed out, cut off."""
        with self._turn:
            return self._questions.unanswered

    @property
    def hanging(self) -> list[str]:
        """The methods of all requests that a live upstream never answered, one for each time it was asked."""
        with self._turn:
            return self._questions.hanging

    def observe_all(self) -> None:
        """Take note of all that the cassette holds, as if a test had asked for it.

        Raises:
            CassetteError: The file is no cassette.
        """
        self.recordings = read_cassette(self.path)
        for each in self.recordings or ():
            self.observe(each.request, each.response)

    def plays(self, recordings: Sequence[Interaction]) -> None:
        """Take note of what the cassette that is replayed holds; those that say when they were recorded are ours."""
        self.recordings = recordings
        self._messages.plays_clean = all(each.recorded_at is not None for each in recordings)

    def date(self) -> None:
        """Take note of the moment at which an exchange is about to be recorded."""
        self._moments.append(self._clock())

    def ask(self, request: Request) -> None:
        """Take note that a live upstream is about to be asked."""
        self._messages.learn_secrets(request)
        self.remember(request)
        canonical = self._canonical(request)
        with self._turn:
            self._questions.ask(request, Missing.of(canonical))

    def remember(self, request: Request) -> None:
        """Take note of the headers of a request that is about to be sent, where it goes to an endpoint."""
        url = request.uri.partition("?")[0]
        if url in self._addresses.endpoints:
            self.sent_to[url] = plain(request.headers)

    def answered(self, request: Request, response: Response) -> None:
        """Take note of a live upstream's answer."""
        canonical = self._canonical(request)
        with self._turn:
            elapsed = self._questions.answer(request, Missing.of(canonical))
        self.observe(request, response, elapsed)

    def observe(self, request: Request, response: Response, elapsed: float | None = None) -> None:
        """Take note of an exchange, live or replayed."""
        actual, request = request.uri, self._canonical(request)
        request_headers = self._messages.headers(request.headers)
        response_headers = self._messages.answer_headers(response["headers"])
        body = self._messages.answer(body_of(response), response_headers, f"{request.method} {request.uri}, answer")
        if "location" in response_headers:
            response_headers["location"] = self._located(response_headers["location"], actual, request.uri)
        with self._turn:
            replaces_status = self._replaced_status(request)
        exchange = Exchange(
            method=request.method.upper(),
            url=request.uri,
            status=response["status"]["code"],
            request_body=self._messages.sent(request, request_headers),
            response_body=body.value,
            media=body.media,
            request_headers=request_headers,
            response_headers=response_headers,
            replaces_status=replaces_status,
            elapsed=elapsed,
        )
        self.exchanges.append(exchange)

    def replayed(self, request: Request, response: Response) -> Response:
        """Take note of a recorded answer that is played.

        Returns:
            What the consumer gets of it: a redirect leads to where the consumer asks today, as it would live.
        """
        self.observe(request, response)
        headers = {
            name: [self._here(text, request.uri) for text in texts] if name.lower() == "location" else texts
            for name, texts in response["headers"].items()
        }
        return {**response, "headers": headers}

    def _here(self, location: str, asked: str) -> str:
        """A canonical URL below the actual prefix of what was asked."""
        for actual, canonical in self._addresses.prefixes().items():
            if rest_after(actual, asked) is not None and rest_after(canonical, location) is not None:
                return actual + location.removeprefix(canonical)
        return location

    def _located(self, location: str, actual: str, canonical: str) -> str:
        """Where an answer points to, by canonical names: what points to the host that was asked points there."""
        known = self._addresses.canonical(location)
        target, asked, named = split_url(location), split_url(actual), split_url(canonical)
        if known is not None or not target.netloc or target.netloc != asked.netloc:
            return known or location
        return target._replace(scheme=named.scheme, netloc=named.netloc).geturl()

    def miss(self, request: Request) -> MissingRecordingError:
        """Take note of a request that replay cannot answer, whatever the consumer makes of the error to raise."""
        self._messages.learn_secrets(request)
        request = self._canonical(request)
        missing = Missing.of(request)
        missing = replace(missing, nearest=self._nearest(request, times=self.missing.count(missing) + 1))
        self.missing.append(missing)
        return MissingRecordingError(f"{missing.told(str(self.path))}; record it with `{self._remedy}`")

    def _nearest(self, request: Request, *, times: int) -> str:
        if self.recordings is None or self._cassette is None:
            return ""
        matchers = self._cassette._match_on  # noqa: SLF001 - the matchers of this very cassette
        recorded = [self._canonical(each) for each in self._cassette.requests]
        return nearest(request, recorded, matchers, times=times)

    def _replaced_status(self, request: Request) -> int | None:
        for position, interaction in enumerate(self._previous):
            if self._cassette is not None and requests_match(
                request,
                interaction.request,
                self._cassette._match_on,  # noqa: SLF001 - the matchers of this very cassette
            ):
                status: int = self._previous.pop(position).response["status"]["code"]
                return status
        return None


def _readable(path: Path) -> list[Interaction]:
    try:
        return read_cassette(path) or []
    except CassetteError:
        return []  # it is about to be recorded again
