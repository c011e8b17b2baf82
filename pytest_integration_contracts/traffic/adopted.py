"""Cassettes that pytest-recording opens for its tests: observed while they are played or recorded, never touched."""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from vcr.cassette import Cassette, _run_hooks
from vcr.errors import UnhandledHTTPRequestError
from vcr.request import Request

from pytest_integration_contracts.traffic.cassettes import UNUSABLE, Interaction, Response, reason_of, usable
from pytest_integration_contracts.traffic.observed import moved
from pytest_integration_contracts.traffic.questions import Missing
from pytest_integration_contracts.traffic.recorder import Addresses, Recorder, Source

_FORBIDDEN = str.maketrans(dict.fromkeys(r"<>?%*:|\"'/\\", "-"))


class AdoptedRecorder(Recorder):
    """What passes through a cassette that pytest-recording opens, plays, records and closes.

    What is observed is what the cassette keeps, as the test's own `vcr_config` filters it: so what is learned while
    recording holds when the recording is replayed.

    Attributes:
        cassettes: The cassettes it observes.
        recorded: Whether any of them took in something new.
    """

    def __init__(self, addresses: Addresses, *, live: bool, within: Path) -> None:
        """Prepare; nothing is observed before `adopt`.

        Args:
            addresses: Which URL belongs to which integration.
            live: Whether the real upstream is asked, and nothing kept.
            within: The directory of the project's own cassettes.
        """
        super().__init__(Path(), Source.LIVE if live else Source.REPLAY, addresses, "", within=within)
        self.adopted = False
        self.recorded = False
        self.taking_in = threading.RLock()

    def adopt(self, cassette: object) -> None:
        """Observe what passes through a cassette from now on; what is none is left alone."""
        if not isinstance(cassette, Cassette) or isinstance(cassette, _Observed):
            return
        # vcrpy's patches hold this very object, so that only its class can change.
        kind = type(cassette)
        cassette.__class__ = type(kind.__name__, (_Observed, kind), {"observer": self})
        self._cassette = cassette
        self.path = Path(cassette.path).absolute()
        self.recordings = list(_usable(cassette)) if self.path.exists() else None
        self.adopted = True

    def open(self) -> None:
        """Nothing: pytest-recording opens its cassette."""

    def save(self) -> bool:
        """Nothing: pytest-recording saves its cassette."""
        return False

    def asks(self, request: Request, kept: Request) -> None:
        """Take note that a live upstream is about to be asked, with the request as vcrpy made it and as it is kept."""
        if self.source is Source.REPLAY:
            self.source = Source.RECORD
        self._messages.learn_secrets(request)
        self.remember(request)
        with self._turn:
            self._questions.ask(request, self._asked(kept))

    def about_to_take_in(self, response: Response) -> None:
        """Take note of the secrets of an answer: vcrpy logs what a cassette takes in."""
        with contextlib.suppress(*UNUSABLE):
            self._messages.learn_answer(response)

    def settle(self, request: Request, kept: Request) -> float | None:
        """Take note that a live upstream answered, be the answer kept or not; how many seconds it took, if known."""
        with self._turn:
            return self._questions.answer(request, self._asked(kept))

    def _asked(self, kept: Request) -> Missing:
        return Missing.of(self._canonical(kept))

    def played(self, asked: Request, recorded: Request, response: Response) -> None:
        """Take note of a recorded answer: it answers the request that it was recorded for.

        Where a loose `match_on` plays what was recorded at an address that no integration has today (another port of
        the same test server), it counts for the one that was asked.
        """
        if self._addresses.canonical(recorded.uri) is None and self._addresses.canonical(asked.uri) is not None:
            recorded = moved(recorded, asked.uri)
        self.observe(recorded, response)

    def observe(self, request: Request, response: Response, elapsed: float | None = None) -> None:
        """Take note of an exchange, live or replayed, whatever the cassette holds."""
        try:
            interaction = usable(request, response)
        except UNUSABLE as error:
            self.problems.append(f"{self.path}: holds what is no response ({reason_of(error)}); record it again")
        else:
            super().observe(interaction.request, interaction.response, elapsed)


class _Observed(Cassette):  # type: ignore[misc]
    """A loaded cassette, telling a recorder what passes through; in all else it is as it was."""

    observer: AdoptedRecorder

    def append(self, request: Request, response: Response) -> None:
        with self.observer.taking_in:
            known = len(self.data)
            self.observer.about_to_take_in(response)
            super().append(request, response)
            fresh = self.data[known:]
        asked = self._before_record_request(request)
        elapsed = self.observer.settle(request, asked) if asked else None
        for taken in fresh:
            self.observer.recorded = self.observer.source is not Source.LIVE
            kept = self._as_next_loaded(*taken)
            if kept is not None:
                self.observer.observe(*kept, elapsed)

    def _as_next_loaded(self, request: Request, response: Response) -> tuple[Request, Response] | None:
        """What is left of an interaction once it was saved and loaded again; None where it is not saved."""
        hooks = [*self._before_save_interaction, *self._after_load_interaction]
        if not hooks:
            return request, response
        try:
            kept: tuple[Request, Response] | None = _run_hooks(
                hooks, copy.deepcopy(request), copy.deepcopy(response), self
            )
        except Exception:  # noqa: BLE001 - whatever a test's own hook raises, it raises it again when vcrpy saves
            return None
        return kept

    def can_play_response_for(self, request: Request) -> bool:
        playable = bool(super().can_play_response_for(request))
        if not playable and not self.write_protected:
            kept = self._before_record_request(request)
            if kept:
                self.observer.asks(request, kept)
        return playable

    def filter_request(self, request: Request) -> Request | None:
        """Where nothing may be recorded vcrpy asks this of a request that it has no response for, and of no other."""
        kept: Request | None = super().filter_request(request)
        if kept and self.write_protected:
            self.observer.miss(kept)
        return kept

    def play_response(self, request: Request) -> Response:
        try:
            response: Response = super().play_response(request)
        except UnhandledHTTPRequestError:  # where aiohttp follows a redirect, nobody asked before
            self.observer.miss(request)
            raise
        recorded = next((kept for kept, answer in self.data if answer is response), request)
        self.observer.played(self._before_record_request(request), recorded, response)
        return response


def _usable(cassette: Cassette) -> Iterator[Interaction]:
    """What a cassette holds; what is no response is told where it is played."""
    for request, response in cassette.data:
        with contextlib.suppress(*UNUSABLE):
            yield usable(request, response)


def default_cassette(module: Path, names: Sequence[str]) -> Path:
    """Where pytest-recording keeps the cassette of a test that says nothing else.

    Args:
        module: The test module.
        names: The test's classes and its own name.
    """
    name = ".".join(names[-2:]).translate(_FORBIDDEN)
    return module.parent / "cassettes" / module.stem / f"{name}.yaml"
