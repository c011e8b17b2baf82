"""vcrpy's cassette as it is used here: it tells what passes through, and neither saves nor takes rubbish for empty."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from vcr.cassette import Cassette
from vcr.errors import UnhandledHTTPRequestError
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.record_mode import RecordMode
from vcr.request import Request

from pytest_integration_contracts.errors import MissingRecordingError
from pytest_integration_contracts.traffic.cassettes import Interaction, Response, read_cassette


class Observer(Protocol):
    """Who is told what passes through a cassette."""

    def date(self) -> None:
        """An exchange is about to be recorded."""

    def ask(self, request: Request) -> None:
        """A live upstream is about to be asked."""

    def answered(self, request: Request, response: Response) -> None:
        """A live upstream answered."""

    def miss(self, request: Request) -> MissingRecordingError:
        """Replay cannot answer a request; the error to raise."""

    def replayed(self, request: Request, response: Response) -> Response:
        """A recorded answer is played; what the consumer gets of it."""


class Loaded:
    """Stands for the class in vcrpy's context manager, so that one cassette can be entered more than once."""

    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette

    def load(self, **_: object) -> Cassette:
        return self._cassette


class Replayed:
    """A persister that reads, and takes what is no cassette for an error instead of an empty one."""

    def __init__(self, plays: Callable[[Sequence[Interaction]], None]) -> None:
        """Prepare.

        Args:
            plays: Takes note of what the cassette holds.
        """
        self._plays = plays

    def load_cassette(self, path: str, serializer: object) -> tuple[list[Request], list[Response]]:
        del serializer
        interactions = read_cassette(Path(path))
        if interactions is None:
            raise CassetteNotFoundError
        self._plays(interactions)
        return [each.request for each in interactions], [each.response for each in interactions]


class Unkept:
    """A persister with nothing in it, which keeps nothing."""

    @staticmethod
    def load_cassette(path: str, serializer: object) -> tuple[list[Request], list[Response]]:
        del path, serializer
        raise CassetteNotFoundError

    @staticmethod
    def save_cassette(path: str, interactions: object, serializer: object) -> None:
        del path, interactions, serializer


_Failed = tuple[str, str | None]
"""A matcher that failed, and why."""


class ObservingCassette(Cassette):  # type: ignore[misc]
    """vcrpy's cassette, telling a recorder what passes through. It never saves by itself."""

    def __init__(self, *, observer: Observer, **options: Any) -> None:  # noqa: ANN401 - vcrpy's own options
        super().__init__(**options)
        self._observer = observer
        self._loading = False
        self._playing = threading.Lock()

    def _load(self) -> None:
        self._loading = True
        try:
            super()._load()
        finally:
            self._loading = False

    def _save(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - vcrpy's signature
        """The recorder saves, once the outcome is known."""

    def append(self, request: Request, response: Response) -> None:
        if not self._loading:
            self._observer.date()  # then none that is recorded is without a moment
            self._observer.answered(request, response)  # first, for vcrpy logs what it appends, secrets and all
        super().append(request, response)

    def can_play_response_for(self, request: Request) -> bool:
        if self.record_mode == RecordMode.ALL:
            self._observer.ask(request)
        return bool(super().can_play_response_for(request))

    def filter_request(self, request: Request) -> Request | None:
        """In replay vcrpy asks this of a request that it has no response for, and of no other."""
        filtered: Request | None = super().filter_request(request)
        if filtered is not None and self.record_mode == RecordMode.NONE:
            raise self._observer.miss(request)
        return filtered

    def play_response(self, request: Request) -> Response:
        try:
            with self._playing:  # between a look at what is left and taking it, another thread might take it
                response: Response = super().play_response(request)
        except UnhandledHTTPRequestError as error:  # where aiohttp follows a redirect, nobody asked before
            raise self._observer.miss(request) from error
        return self._observer.replayed(request, response)

    def find_requests_with_most_matches(self, request: Request) -> list[tuple[Request, list[str], list[_Failed]]]:
        """Where aiohttp follows a redirect, vcrpy plays whatever is most similar; only the method may differ.

        What it is given stands for what it asks, so that the consumer sees where it asks and not where it was recorded.
        """
        similar: list[tuple[Request, list[str], list[_Failed]]] = super().find_requests_with_most_matches(request)
        alike = [each for each in similar if {name for name, _ in each[2]} <= {"method"}]
        return [(moved(recorded, request.uri), *rest) for recorded, *rest in alike]


def moved(request: Request, uri: str) -> Request:
    """The same request, to another URL."""
    other = copy.copy(request)
    other.uri = uri
    return other
