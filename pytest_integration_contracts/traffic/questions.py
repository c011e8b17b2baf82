"""What a live upstream was asked, by how many at once, and when."""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass, field

from vcr.request import Request

from pytest_integration_contracts.files import digest
from pytest_integration_contracts.model import NO_BODY, Exchange
from pytest_integration_contracts.traffic.sent import request_of


@dataclass(frozen=True, slots=True)
class Missing:
    """A request that got no answer.

    Attributes:
        method: The HTTP method.
        url: The canonical URL, scrubbed.
        nearest: In replay: the recorded request that is most like it, and what differs; "" where no cassette is.
        sent: What tells its body from those of others; "" for none.
        asked: All of it.
    """

    method: str
    url: str
    nearest: str = field(default="", compare=False)
    sent: str = ""
    asked: Exchange = field(default=Exchange(), compare=False, repr=False)

    @classmethod
    def of(cls, request: Request, nearest: str = "") -> Missing:
        """What a request misses."""
        asked = request_of(request)
        sent = digest(repr(asked.request_body)) if asked.request_body is not NO_BODY else ""
        return cls(request.method, request.uri, nearest, sent, asked)

    def told(self, cassette: str) -> str:
        """What was asked of a cassette and is not in it, in one sentence."""
        return f"{self.method} {self.url} is not in {cassette}" + (
            f"; {self.nearest}" if self.nearest else ", which does not exist yet"
        )


@dataclass(slots=True, eq=False)
class _Question:
    request: Request
    asked: Missing
    since: float
    settled: bool = False


class Questions:
    """Requests that are out. Each is known by its own object, since several may ask for the same URL at once."""

    def __init__(self) -> None:
        self._open: list[_Question] = []
        self._answered: weakref.WeakSet[Request] = weakref.WeakSet()

    def ask(self, request: Request, asked: Missing) -> None:
        """Take note that a request goes out.

        Args:
            request: As vcrpy made it. It asks once more where a kept connection is made anew: of the request before.
            asked: What it asks for.
        """
        if request not in self._answered and self._of(request) is None:
            self._open.append(_Question(request, asked, time.perf_counter()))

    def answer(self, request: Request, asked: Missing) -> float | None:
        """Take note of an answer, which settles what was asked in vain before: it was asked again.

        Returns:
            How many seconds it took; None where nobody knows when it was asked, as of what aiohttp was redirected to.
        """
        now = time.perf_counter()
        question = self._of(request)
        since = now if question is None else question.since
        if question is not None:
            self._open.remove(question)
            self._answered.add(request)
        for other in self._open:
            other.settled = other.settled or (other.asked == asked and other.since <= since)
        return None if question is None else now - since

    @property
    def unanswered(self) -> list[Missing]:
        """What was asked and never answered, each once: refused, timed out, cut off."""
        return list(dict.fromkeys(question.asked for question in self._open if not question.settled))

    @property
    def hanging(self) -> list[str]:
        """The methods of all requests that were never answered, also of those asked again later, in upper case."""
        return [question.request.method.upper() for question in self._open]

    def _of(self, request: Request) -> _Question | None:
        return next((question for question in self._open if question.request is request), None)
