"""Many questions at once, from threads and from one event loop: each answer goes to its question and counts once."""

from __future__ import annotations

import asyncio
import http.client
import threading
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
from vcr.request import Request

from pytest_integration_contracts.traffic.questions import Missing, Questions
from pytest_integration_contracts.traffic.recorder import Recorder, Source
from traffic.clients import CANONICAL, UNUSED
from traffic.tape import Tape, watching
from upstream import Answer, Upstream, json_answer

THREADS = 16
Get = Callable[[str], Any]


def with_http_client(url: str) -> Any:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=20)) as connection:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        return connection.getresponse().read()


def with_urllib(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as response:  # noqa: S310 - loopback
        return response.read()


def with_session(url: str) -> Any:
    with requests.Session() as session:
        return session.get(url, timeout=20).content


def with_httplib2(url: str) -> Any:
    library = pytest.importorskip("httplib2")
    with closing(library.Http(timeout=20)) as client:
        return client.request(url)[1]


THREADED: dict[str, Get] = {
    "requests": lambda url: requests.get(url, timeout=20).content,
    "requests.Session": with_session,
    "urllib3": lambda url: urllib3.request("GET", url, timeout=20).data,
    "http.client": with_http_client,
    "urllib": with_urllib,
    "httplib2": with_httplib2,
    "httpx": lambda url: httpx.get(url, timeout=20, verify=UNUSED).content,
    "httpx2": lambda url: httpx2.get(url, timeout=20, verify=UNUSED).content,
}


async def gathered_by_aiohttp(urls: Sequence[str]) -> list[bytes]:
    async with aiohttp.ClientSession() as session:

        async def ask(url: str) -> bytes:
            async with session.get(url) as response:
                return await response.read()

        return await asyncio.gather(*map(ask, urls))


async def gathered_by_httpx(urls: Sequence[str], library: Any = httpx) -> list[bytes]:
    async with library.AsyncClient(timeout=20, verify=UNUSED) as client:
        return [answer.content for answer in await asyncio.gather(*map(client.get, urls))]


GATHERED: dict[str, Callable[[Sequence[str]], Awaitable[list[bytes]]]] = {
    "aiohttp": gathered_by_aiohttp,
    "httpx": gathered_by_httpx,
    "httpx2": partial(gathered_by_httpx, library=httpx2),
}

Several = Callable[[Sequence[str]], list[bytes]]


def in_threads(get: Get) -> Several:
    def ask(urls: Sequence[str]) -> list[bytes]:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(get, urls))

    return ask


WAYS: dict[str, Several] = {
    **{f"{name} in threads": in_threads(get) for name, get in THREADED.items()},
    **{f"{name} gathered": lambda urls, ask=ask: asyncio.run(ask(urls)) for name, ask in GATHERED.items()},  # type: ignore[misc, dict-item]
}
every_way = pytest.mark.parametrize("several", WAYS.values(), ids=WAYS)


@pytest.fixture
def together(upstream: Upstream) -> Upstream:
    """An upstream that answers the first questions only once so many of them are there."""
    barrier = threading.Barrier(THREADS)
    arrived = iter(range(THREADS))
    one_by_one = threading.Lock()
    serve = upstream.next_answer

    def next_answer(path: str) -> Answer:
        with one_by_one:
            early = next(arrived, None) is not None
        if early:
            barrier.wait(20)
        with one_by_one:
            return serve(path)

    upstream.next_answer = next_answer  # type: ignore[method-assign]
    upstream._server.socket.listen(200)
    return upstream


@every_way
def test_each_answer_goes_to_its_question(tape: Tape, together: Upstream, several: Several) -> None:
    for number in range(20):
        together.answers[f"/v1/{number}"] = json_answer({"id": number})
    urls = [f"{together.url}/{number}" for number in range(20)]
    expected = [f'{{"id": {number}}}'.encode() for number in range(20)]
    asked = Counter(f"GET /v1/{number}" for number in range(20))

    def observed(source: Source, order: list[int]) -> Recorder:
        with watching(tape.recorder(source)) as recorder:
            assert several([urls[number] for number in order]) == [expected[number] for number in order]
        recorder.save()
        assert sorted((each.url, str(each.response_body)) for each in recorder.exchanges) == sorted(
            (f"{CANONICAL}/{number}", str({"id": number})) for number in range(20)
        )
        assert (recorder.missing, recorder.unanswered, recorder.problems) == ([], [], [])
        return recorder

    recorded = observed(Source.RECORD, list(range(20)))
    assert all(0 < (each.elapsed or 0) < 60 for each in recorded.exchanges)
    assert Counter(together.asked) == asked
    shuffled = [number * 7 % 20 for number in range(20)]
    replayed = observed(Source.REPLAY, shuffled)
    assert {each.elapsed for each in replayed.exchanges} == {None}
    assert Counter(together.asked) == asked
    observed(Source.LIVE, shuffled)
    assert Counter(together.asked) == asked + asked


@every_way
def test_one_url_asked_at_once_has_each_of_its_answers_once(tape: Tape, together: Upstream, several: Several) -> None:
    together.answers["/v1/next"] = [json_answer({"n": number}) for number in range(THREADS + 1)]
    urls = [f"{together.url}/next"] * THREADS
    expected = {f'{{"n": {number}}}'.encode() for number in range(THREADS)}
    with watching(tape.recorder(Source.RECORD)) as recorder:
        assert set(several(urls)) == expected
    assert recorder.save()
    assert all(0 < (each.elapsed or 0) < 60 for each in recorder.exchanges)
    with watching(tape.recorder(Source.REPLAY)) as replaying:
        assert set(several(urls)) == expected
    for each in (recorder, replaying):
        assert sorted(str(exchange.response_body) for exchange in each.exchanges) == sorted(
            str({"n": number}) for number in range(THREADS)
        )
        assert (each.missing, each.unanswered) == ([], [])


@pytest.mark.parametrize("get", [THREADED["requests"], THREADED["urllib3"]], ids=["requests", "urllib3"])
def test_under_stress_each_recording_is_played_exactly_once(tape: Tape, upstream: Upstream, get: Get) -> None:
    upstream.answers["/v1/next"] = [json_answer({"n": number}) for number in range(201)]
    several = in_threads(get)
    tape.record(lambda: several([f"{upstream.url}/next"] * 200))
    asked = len(upstream.asked)
    with watching(tape.recorder(Source.REPLAY)) as recorder:
        answers = several([f"{upstream.url}/next"] * 200)
    assert Counter(answers) == Counter(f'{{"n": {number}}}'.encode() for number in range(200))
    assert len(recorder.exchanges) == 200
    assert (recorder.missing, len(upstream.asked)) == ([], asked)


def test_what_is_asked_once_too_often_is_missing_and_nothing_is_played_twice(tape: Tape, upstream: Upstream) -> None:
    upstream.answers["/v1/next"] = [json_answer({"n": number}) for number in range(11)]
    tape.record(*[partial(THREADED["requests"], f"{upstream.url}/next")] * 10)

    def careless(url: str) -> bytes:
        try:
            return requests.get(url, timeout=20).content
        except Exception:  # noqa: BLE001 - what careless consumers do
            return b""

    with watching(tape.recorder(Source.REPLAY)) as recorder:
        answers = in_threads(careless)([f"{upstream.url}/next"] * 15)
    assert sorted(answers) == sorted([b""] * 5 + [f'{{"n": {number}}}'.encode() for number in range(10)])
    assert len(recorder.exchanges) == 10
    assert recorder.missing == [Missing("GET", f"{CANONICAL}/next")] * 5


def test_everything_is_as_before_once_the_recorder_is_closed(tape: Tape, together: Upstream) -> None:
    before = (
        http.client.HTTPConnection,
        http.client.HTTPSConnection.__init__,
        urllib3.HTTPConnectionPool.ConnectionCls,
    )
    with watching(tape.recorder(Source.RECORD)):
        WAYS["requests in threads"]([f"{together.url}/a"] * 40)
    assert before == (
        http.client.HTTPConnection,
        http.client.HTTPSConnection.__init__,
        urllib3.HTTPConnectionPool.ConnectionCls,
    )


def test_https_connections_are_made_while_a_recorder_is_open(tape: Tape) -> None:
    with watching(tape.recorder(Source.REPLAY)):
        connection = http.client.HTTPSConnection("api.crm.example", 8443, timeout=3)
        assert (connection.host, connection.port, connection.timeout) == ("api.crm.example", 8443, 3)


class TestQuestions:
    ASKED = Missing("GET", f"{CANONICAL}/a")

    @staticmethod
    def request() -> Request:
        return Request("GET", f"{CANONICAL}/a", None, {})

    def test_two_that_ask_the_same_have_each_their_own_time(self) -> None:
        questions, one, other = Questions(), self.request(), self.request()
        questions.ask(one, self.ASKED)
        questions.ask(other, self.ASKED)
        shorter, longer = questions.answer(other, self.ASKED), questions.answer(one, self.ASKED)
        assert 0 < (shorter or 0) < (longer or 0)
        assert questions.unanswered == []

    def test_what_is_asked_again_and_answered_was_not_asked_in_vain(self) -> None:
        questions, again = Questions(), self.request()
        questions.ask(self.request(), self.ASKED)
        assert questions.unanswered == [self.ASKED]
        questions.ask(again, self.ASKED)
        assert questions.unanswered == [self.ASKED]
        assert questions.answer(again, self.ASKED)
        assert questions.unanswered == []

    def test_an_answer_to_an_earlier_question_settles_no_later_one(self) -> None:
        questions, earlier = Questions(), self.request()
        questions.ask(earlier, self.ASKED)
        questions.ask(self.request(), self.ASKED)
        questions.answer(earlier, self.ASKED)
        assert questions.unanswered == [self.ASKED]

    def test_an_answer_to_another_question_settles_nothing(self) -> None:
        questions, other = Questions(), Missing("GET", f"{CANONICAL}/b")
        questions.ask(self.request(), self.ASKED)
        assert questions.answer(self.request(), other) is None
        assert questions.unanswered == [self.ASKED]

    def test_what_a_redirect_led_to_was_asked_at_a_time_that_nobody_knows(self) -> None:
        questions = Questions()
        questions.ask(self.request(), self.ASKED)
        assert questions.answer(self.request(), self.ASKED) is None
        assert questions.unanswered == []

    def test_a_connection_that_is_made_anew_asks_nothing_new(self) -> None:
        questions, request = Questions(), self.request()
        questions.ask(request, self.ASKED)
        questions.ask(request, self.ASKED)
        questions.answer(request, self.ASKED)
        questions.ask(request, self.ASKED)
        assert questions.unanswered == []
