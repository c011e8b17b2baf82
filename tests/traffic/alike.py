"""What a consumer asks, from the upstream itself, recorded, replayed, live and by vcrpy alone: all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import vcr

from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.traffic.network import NetworkGuard, Reach
from pytest_integration_contracts.traffic.recorder import Recorder, Source
from traffic.clients import CANONICAL, Got
from traffic.serving import Asked, Server
from traffic.tape import Tape, watching

KEPT = ("content-type", "etag", "x-note", "location")
"""The headers that a consumer gets alike. Not how long a body is and how compressed: a recording is kept readable."""


@dataclass(frozen=True)
class Seen:
    """What was alike.

    Attributes:
        answers: What the consumer got.
        exchanges: What the recorder saw, without times.
        asked: What the server was asked without any recorder.
        connections: How many connections the server saw: directly, recording, replaying, live.
    """

    answers: list[object]
    exchanges: list[Exchange]
    asked: Sequence[Asked]
    connections: list[int]


def alike(server: Server, tape: Tape, consume: Callable[[str], Sequence[object]], *, plainly: bool = True) -> Seen:
    """Ask five times, and insist that it is always the same.

    Args:
        server: The upstream.
        tape: A cassette that is not there yet.
        consume: Asks the upstream at a base URL, and returns whatever the consumer makes of its answers.
        plainly: Whether vcrpy by itself can do it, too.
    """
    asked, connections = [], []

    def counted(run: Callable[[], Sequence[object]]) -> list[object]:
        before = len(server.asked)
        answers = [_kept(answer) for answer in run()]
        asked.append(server.asked[before:])
        connections.append(len({each.connection for each in server.asked[before:]}))
        return answers

    direct = counted(lambda: consume(server.url))
    recorders: list[Recorder] = []
    for source in (Source.RECORD, Source.REPLAY, Source.LIVE):
        recorder = tape.recorder(source)
        recorders.append(recorder)
        answers = counted(lambda recorder=recorder, source=source: _through(recorder, source, server, consume))  # type: ignore[misc]
        assert answers == direct, source
        assert (recorder.missing, recorder.unanswered, recorder.problems) == ([], [], []), source
        assert recorder.save() == (source is Source.RECORD)

    recorded, replayed, live = ([replace(each, elapsed=None) for each in recorder.exchanges] for recorder in recorders)
    comparable = [_comparable(each) for each in recorded]
    assert [_comparable(each) for each in replayed] == comparable
    assert [_comparable(each) for each in live] == comparable
    assert [(each.method, urlsplit(each.url).path) for each in recorded] == [
        (each.method, each.path) for each in asked[0]
    ]
    assert [len(each) for each in asked] == [len(asked[0]), len(asked[0]), 0, len(asked[0])]
    if plainly:
        _plainly(tape, consume, direct)
    return Seen(direct, recorded, asked[0], connections)


def _through(
    recorder: Recorder, source: Source, server: Server, consume: Callable[[str], Sequence[object]]
) -> Sequence[object]:
    """Ask with a recorder, and in replay without any network."""
    reach = Reach(frozenset() if source is Source.REPLAY else None)
    guard = NetworkGuard()
    guard.enter(reach)
    try:
        with watching(recorder):
            return consume(server.url)
    finally:
        guard.leave(reach)
        assert reach.blocked == []


def _plainly(tape: Tape, consume: Callable[[str], Sequence[object]], expected: list[object]) -> None:
    """Replay with vcrpy and nothing else."""
    with vcr.use_cassette(str(tape.path), record_mode="none") as cassette:
        answers = [_kept(answer) for answer in consume(CANONICAL)]
    assert cassette.all_played
    assert [_placeless(answer) for answer in answers] == [_placeless(answer) for answer in expected]


def _kept(answer: object) -> object:
    if not isinstance(answer, Got):
        return answer
    lower = {name.lower(): value for name, value in answer.headers.items()}
    return replace(answer, headers={name: lower[name] for name in KEPT if name in lower})


def _placeless(answer: object) -> object:
    """An answer without the URLs that it came from."""
    if not isinstance(answer, Got):
        return answer
    return (answer.status, answer.body, tuple(status for status, _ in answer.history))


def _comparable(exchange: Exchange) -> tuple[object, ...]:
    headers: Mapping[str, str] = exchange.response_headers
    return (
        exchange.method,
        exchange.url,
        exchange.status,
        exchange.request_body,
        exchange.response_body,
        exchange.media,
        {name: headers[name] for name in KEPT if name in headers},
    )
