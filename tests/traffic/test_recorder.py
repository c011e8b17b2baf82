from __future__ import annotations

import asyncio
import gzip
import io
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import httpx
import httpx2
import pytest
import requests
import vcr

from pytest_integration_contracts.errors import CassetteError, MissingRecordingError
from pytest_integration_contracts.manifest.manifest import Limits
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.traffic.questions import Missing
from pytest_integration_contracts.traffic.recorder import Source
from traffic.clients import CANONICAL, CLIENTS, Addresses, Answered, Client, with_aiohttp, with_requests
from traffic.tape import Tape, asked, values, watching
from upstream import Answer, Upstream, json_answer

SECRET = "s3cr3t-v4lue"
NOWHERE = "http://127.0.0.1:9/other"

every_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)


class TestRecordAndReplay:
    @every_client
    def test_what_was_recorded_is_replayed_without_the_upstream(
        self, tape: Tape, upstream: Upstream, client: Client
    ) -> None:
        upstream.answers["/v1/customers/42"] = json_answer({"id": 42, "name": "Zoë"}, ETag="1")
        answers: list[Answered] = []

        def ask() -> None:
            answers.append(client("GET", f"{upstream.url}/customers/42?a=b", Accept="application/json"))

        recorded = tape.record(ask)
        upstream.stop()
        replayed = tape.replay(ask)

        assert answers[0] == answers[1] == (200, json.dumps({"id": 42, "name": "Zoë"}).encode())
        assert asked(recorded) == [("GET", f"{CANONICAL}/customers/42?a=b", 200, {"id": 42, "name": "Zoë"})]
        assert recorded.exchanges == replayed.exchanges
        assert replayed.exchanges[0].media == "application/json"
        assert replayed.exchanges[0].response_headers["etag"] == "1"
        assert replayed.exchanges[0].request_body is NO_BODY
        assert (recorded.missing, replayed.missing) == ([], [])
        assert (recorded.problems, replayed.problems) == ([], [])
        assert upstream.asked == ["GET /v1/customers/42"]

    @every_client
    def test_how_long_the_upstream_took_is_known_where_it_was_asked(
        self, tape: Tape, upstream: Upstream, client: Client
    ) -> None:
        upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
        recorded = tape.record(*[lambda: client("GET", f"{upstream.url}/customers/42")] * 2)
        assert [0 < (each.elapsed or 0) < 5 for each in recorded.exchanges] == [True, True]
        replayed = tape.replay(lambda: client("GET", f"{upstream.url}/customers/42"))
        assert [each.elapsed for each in replayed.exchanges] == [None]

    @every_client
    def test_headers_are_remembered_of_endpoints_alone_and_of_nothing_that_is_replayed(
        self, tape: Tape, upstream: Upstream, client: Client
    ) -> None:
        upstream.answers |= {"/v1/graphql": json_answer({"data": {}}), "/v1/graphql/x": json_answer({"id": 42})}
        url = f"{upstream.url}/graphql"
        tape = Tape(tape.path, replace(tape.addresses, endpoints=frozenset({url})))

        def ask() -> None:
            client("POST", f"{url}/x", Authorization="Bearer 1")
            client("POST", f"{url}?key=2", Authorization=SECRET)

        recorded = tape.record(ask)
        assert recorded.sent_to.keys() == {url}
        assert recorded.sent_to[url]["authorization"] == SECRET
        assert SECRET not in tape.path.read_text(encoding="utf-8")
        assert tape.replay(ask).sent_to == {}

    @pytest.mark.parametrize(
        ("location", "known"),
        [
            ("{url}/customers/7", f"{CANONICAL}/customers/7"),
            ("{origin}/v9/customers/7?a=b", "https://api.crm.example/v9/customers/7?a=b"),
            ("/v9/customers/7", "/v9/customers/7"),
            ("https://elsewhere.example/", "https://elsewhere.example/"),
            ("http://[::1", "http://[::1"),
        ],
    )
    def test_where_an_answer_points_to_has_canonical_names(
        self, tape: Tape, upstream: Upstream, location: str, known: str
    ) -> None:
        origin = upstream.url.removesuffix("/v1")
        upstream.answers["/v1/customers"] = json_answer(
            {"id": 7}, 201, Location=location.format(url=upstream.url, origin=origin)
        )
        recorded = tape.record(lambda: with_requests("POST", f"{upstream.url}/customers"))
        assert recorded.exchanges[0].response_headers["location"] == known

    @every_client
    def test_plain_vcrpy_replays_the_file(self, tape: Tape, upstream: Upstream, client: Client) -> None:
        upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
        tape.record(lambda: client("GET", f"{upstream.url}/customers/42"))
        with vcr.use_cassette(str(tape.path), record_mode="none") as cassette:
            assert client("GET", f"{CANONICAL}/customers/42") == (200, b'{"id": 42}')
        assert cassette.all_played

    @pytest.mark.parametrize("replayer", CLIENTS.values(), ids=CLIENTS)
    @every_client
    def test_each_client_replays_what_any_other_recorded(
        self, tape: Tape, upstream: Upstream, client: Client, replayer: Client
    ) -> None:
        content = gzip.compress(b'{"id": 42}')
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", "X-Note": "caf\xe9"}
        upstream.answers["/v1/customers/42"] = Answer(200, content, headers)
        tape.record(lambda: client("GET", f"{upstream.url}/customers/42", **{"Accept-Encoding": "gzip"}))
        answers: list[Answered] = []
        replayed = tape.replay(lambda: answers.append(replayer("GET", f"{upstream.url}/customers/42")))
        assert answers == [(200, b'{"id": 42}')]
        assert asked(replayed) == [("GET", f"{CANONICAL}/customers/42", 200, {"id": 42})]

    @every_client
    @pytest.mark.parametrize("url", [NOWHERE, CANONICAL])
    def test_another_address_another_day_is_replayed_too(
        self, tape: Tape, upstream: Upstream, client: Client, url: str
    ) -> None:
        upstream.answers["/v1/customers/42"] = json_answer({"id": 42})
        tape.record(lambda: client("GET", f"{upstream.url}/customers/42"))
        moved = Tape(tape.path, Addresses(NOWHERE))
        replayed = moved.replay(lambda: client("GET", f"{url}/customers/42"))
        assert asked(replayed) == [("GET", f"{CANONICAL}/customers/42", 200, {"id": 42})]

    def test_two_identical_requests_are_recorded_twice_and_replayed_in_order(
        self, tape: Tape, upstream: Upstream
    ) -> None:
        upstream.answers["/v1/job"] = [json_answer({"state": "running"}, 202), json_answer({"state": "done"})]

        def ask() -> Answered:
            return with_requests("GET", f"{upstream.url}/job")

        recorded = tape.record(ask, ask)
        replayed = tape.replay(ask, ask)
        assert len(tape.interactions) == 2
        assert [each.status for each in recorded.exchanges] == [202, 200]
        assert recorded.exchanges == replayed.exchanges

    def test_loading_a_cassette_does_not_count_as_seeing(self, tape: Tape, upstream: Upstream) -> None:
        tape.record(lambda: with_requests("GET", f"{upstream.url}/a"))
        assert tape.replay().exchanges == []

    def test_open_again_after_close_goes_on_where_it_was(self, tape: Tape, upstream: Upstream) -> None:
        upstream.answers["/v1/job"] = [json_answer({"n": number}) for number in range(3)]
        recorder = tape.recorder(Source.RECORD)
        with watching(recorder):
            with_requests("GET", f"{upstream.url}/job")
        with_requests("GET", f"{upstream.url}/job")  # while it is closed: nobody's business
        with watching(recorder):
            with_requests("GET", f"{upstream.url}/job")
        assert recorder.save()
        assert [each.response_body for each in recorder.exchanges] == [{"n": 0}, {"n": 2}]

        replaying = tape.recorder(Source.REPLAY)
        for number in (0, 2):
            with watching(replaying):
                assert with_requests("GET", f"{upstream.url}/job").body == json.dumps({"n": number}).encode()
        assert replaying.exchanges == recorder.exchanges

    def test_close_without_open_does_nothing(self, tape: Tape) -> None:
        tape.recorder(Source.REPLAY).close()

    def test_a_wide_recorder_sees_what_happens_outside_of_the_one_within(
        self, tape: Tape, upstream: Upstream, tmp_path: Path
    ) -> None:
        inner = Tape(tmp_path / "inner.yaml", tape.addresses).recorder(Source.RECORD)
        with watching(tape.recorder(Source.RECORD)) as outer:
            with_requests("GET", f"{upstream.url}/before")
            with watching(inner):
                with_requests("GET", f"{upstream.url}/within")
            with_requests("GET", f"{upstream.url}/after")
        assert [each.url.rpartition("/")[2] for each in outer.exchanges] == ["before", "after"]
        assert [each.url.rpartition("/")[2] for each in inner.exchanges] == ["within"]

    def test_a_status_recorded_before_for_the_same_request_is_noted(self, tape: Tape, upstream: Upstream) -> None:
        asks = [partial(with_requests, "GET", f"{upstream.url}/{path}") for path in ("a", "b", "a")]
        upstream.answers |= {"/v1/a": [json_answer({}), json_answer({}, 203)], "/v1/b": json_answer({})}
        first = tape.record(*asks)
        upstream.answers |= {"/v1/a": json_answer({}, 404), "/v1/c": json_answer({})}
        second = tape.record(*asks, lambda: with_requests("GET", f"{upstream.url}/c"))
        assert [each.replaces_status for each in first.exchanges] == [None, None, None]
        assert [(each.status, each.replaces_status) for each in second.exchanges] == [
            (404, 200),
            (200, 200),
            (404, 203),
            (200, None),
        ]
        assert [each["response"]["status"]["code"] for each in tape.interactions] == [404, 200, 404, 200]

    def test_a_cassette_that_is_broken_can_be_recorded_again(self, tape: Tape, upstream: Upstream) -> None:
        tape.path.parent.mkdir(parents=True)
        tape.path.write_text("<<<<<<< ours")
        recorder = tape.record(lambda: with_requests("GET", f"{upstream.url}/a"))
        assert [each.replaces_status for each in recorder.exchanges] == [None]
        assert len(tape.interactions) == 1

    def test_a_run_that_asked_nothing_leaves_the_cassette_alone(self, tape: Tape, upstream: Upstream) -> None:
        tape.record(lambda: with_requests("GET", f"{upstream.url}/a"))
        before = tape.text
        assert not tape.run(Source.RECORD).save()
        assert not tape.recorder(Source.RECORD).save()
        assert tape.text == before


class TestTheFile:
    @every_client
    def test_it_has_the_canonical_prefix_and_no_port_and_no_secret(
        self, tape: Tape, upstream: Upstream, client: Client
    ) -> None:
        def body(prefix: str, secret: str) -> str:
            slashes, percent = prefix.replace("/", "\\/"), quote(prefix, safe="")
            return (
                f'{{"self": "{prefix}/customers", "next": "{prefix}?api_key={secret}&page=2", "here": "{slashes}\\/a",'
                f' "login": "https://login.example/?to={percent}%2Fa", "access_token": "{secret}", "token_type": "x"}}'
            )

        upstream.answers["/v1/customers"] = Answer(
            201,
            body(upstream.url, SECRET).encode(),
            {
                "Content-Type": "application/json",
                "Location": f"{upstream.url}/customers/1?token={SECRET}",
                "Link": f'<{upstream.url}/customers?page=2>; rel="next"',
                "Set-Cookie": f"sid={SECRET}; Path=/",
            },
        )
        sent = json.dumps({"password": SECRET, "callback": f"{upstream.url}/hook"}).encode()
        headers = {
            "Authorization": f"Bearer {SECRET}",
            "X-API-Key": SECRET,
            "Cookie": f"sid={SECRET}",
            "Referer": f"{upstream.url}/start",
            "Content-Type": "application/json",
        }
        tape.record(lambda: client("POST", f"{upstream.url}/customers?token={SECRET}", sent, **headers))

        assert SECRET not in tape.text
        assert "127.0.0.1" not in tape.text
        [interaction] = tape.interactions
        request, response = interaction["request"], interaction["response"]
        assert request["uri"] == f"{CANONICAL}/customers?token=REDACTED"
        assert json.loads(request["body"]) == {"password": "REDACTED", "callback": f"{CANONICAL}/hook"}
        assert values(request, "authorization") == ["Bearer REDACTED"]
        assert values(request, "x-api-key") == ["REDACTED"]
        assert values(request, "cookie") == ["sid=REDACTED"]
        assert values(request, "referer") == [f"{CANONICAL}/start"]
        assert values(request, "host") in ([], ["api.crm.example"])
        assert values(response, "location") == [f"{CANONICAL}/customers/1?token=REDACTED"]
        assert values(response, "link") == [f'<{CANONICAL}/customers?page=2>; rel="next"']
        assert values(response, "set-cookie") == ["sid=REDACTED; Path=/"]
        assert values(response, "content-length") == [str(len(response["body"]["string"]))]
        assert json.loads(response["body"]["string"]) == json.loads(body(CANONICAL, "REDACTED"))

    @every_client
    @pytest.mark.parametrize("encoding", ["gzip", "deflate"])
    def test_a_compressed_answer_is_kept_readable(
        self, tape: Tape, upstream: Upstream, client: Client, encoding: str
    ) -> None:
        compress = gzip.compress if encoding == "gzip" else zlib.compress
        headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
        upstream.answers["/v1/a"] = Answer(200, compress(b'{"id": 42, "token": "abc"}'), headers)

        recorded = tape.record(lambda: client("GET", f"{upstream.url}/a"))
        [interaction] = tape.interactions
        assert interaction["response"]["body"]["string"] == '{"id": 42, "token": "REDACTED"}'
        assert values(interaction["response"], "content-encoding") == []
        assert values(interaction["response"], "content-length") == ["31"]
        assert recorded.exchanges[0].response_body == {"id": 42, "token": "REDACTED"}

    def test_it_is_written_only_once_the_outcome_is_known(self, tape: Tape, upstream: Upstream) -> None:
        recorder = tape.run(Source.RECORD, lambda: with_requests("GET", f"{upstream.url}/a"))
        assert not tape.path.exists()
        assert recorder.save()
        assert tape.path.exists()

    def test_it_cannot_be_written_where_a_file_is_in_the_way(self, tape: Tape, upstream: Upstream) -> None:
        recorder = tape.run(Source.RECORD, lambda: with_requests("GET", f"{upstream.url}/a"))
        tape.path.parent.parent.write_text("a file where a folder should be")
        with pytest.raises(CassetteError, match=r"test_customer\.yaml: cannot be written: "):
            recorder.save()


class TestLive:
    def test_nothing_is_read_and_nothing_is_written(self, tape: Tape, upstream: Upstream) -> None:
        upstream.answers["/v1/a"] = [json_answer({"n": 1}), json_answer({"n": 2})]
        tape.record(lambda: with_requests("GET", f"{upstream.url}/a"))
        before = tape.text
        live = tape.run(Source.LIVE, lambda: with_requests("GET", f"{upstream.url}/a"))
        assert asked(live) == [("GET", f"{CANONICAL}/a", 200, {"n": 2})]
        assert not live.save()
        assert tape.text == before

    def test_a_broken_cassette_does_not_matter(self, tape: Tape, upstream: Upstream) -> None:
        tape.path.parent.mkdir(parents=True)
        tape.path.write_text("nonsense")
        assert len(tape.run(Source.LIVE, lambda: with_requests("GET", f"{upstream.url}/a")).exchanges) == 1

    @every_client
    def test_an_upstream_that_is_down_is_the_clients_own_error(
        self, tape: Tape, upstream: Upstream, client: Client
    ) -> None:
        upstream.stop()
        with watching(tape.recorder(Source.LIVE)) as recorder, pytest.raises((OSError, httpx.ConnectError)):
            client("GET", f"{upstream.url}/a?token={SECRET}")
        assert (recorder.exchanges, recorder.missing) == ([], [])
        assert recorder.unanswered == [Missing("GET", f"{CANONICAL}/a?token=REDACTED")]

    @every_client
    def test_what_was_answered_is_not_unanswered(self, tape: Tape, upstream: Upstream, client: Client) -> None:
        assert tape.run(Source.LIVE, lambda: client("GET", f"{upstream.url}/a")).unanswered == []
        assert tape.record(lambda: client("GET", f"{upstream.url}/a")).unanswered == []
        assert tape.replay(lambda: client("GET", f"{upstream.url}/a")).unanswered == []


class TestMissing:
    @every_client
    @pytest.mark.parametrize(
        ("recorded", "told"),
        [
            (
                ["/a"],
                "; nearest recording: GET /v1/a — method: GET recorded, DELETE asked; only asked: token=REDACTED",
            ),
            ([], ", which does not exist yet"),
        ],
    )
    def test_a_request_that_is_not_recorded_raises_in_the_consumer(
        self, tape: Tape, upstream: Upstream, client: Client, recorded: list[str], told: str
    ) -> None:
        for path in recorded:
            tape.record(partial(client, "GET", upstream.url + path))
        before = list(upstream.asked)
        with watching(tape.recorder(Source.REPLAY)) as recorder, pytest.raises(MissingRecordingError) as caught:
            client("DELETE", f"{upstream.url}/a?token={SECRET}")
        assert str(caught.value) == (
            f"DELETE {CANONICAL}/a?token=REDACTED is not in {tape.path}{told};"
            " record it with `pytest --contracts-record`"
        )
        assert recorder.missing == [Missing("DELETE", f"{CANONICAL}/a?token=REDACTED")]
        assert recorder.exchanges == []
        assert upstream.asked == before

    @every_client
    def test_it_is_noted_even_when_the_consumer_swallows_the_error(
        self, tape: Tape, upstream: Upstream, client: Client
    ) -> None:
        def swallow() -> None:
            try:
                client("GET", f"{upstream.url}/a")
            except Exception:  # noqa: BLE001 - what careless consumers do
                return

        assert tape.replay(swallow, swallow).missing == [Missing("GET", f"{CANONICAL}/a")] * 2

    @pytest.mark.parametrize(
        ("method", "path", "nearest"),
        [
            ("DELETE", "/a?page=1", "nearest recording: GET /v1/a?page=1 — method: GET recorded, DELETE asked"),
            (
                "GET",
                "/a?page=3",
                'nearest recording: GET /v1/a?page=1 — query parameter page: recorded "1", asked "3"',
            ),
            ("GET", "/bill", "nothing like it is recorded; the cassette holds 2 requests to GET /v1/a"),
            ("GET", "/a?page=2", "every recording of it was played already (once; asked a 2nd time)"),
        ],
    )
    def test_it_says_which_recording_is_most_like_it(
        self, tape: Tape, upstream: Upstream, method: str, path: str, nearest: str
    ) -> None:
        asks = [partial(with_requests, "GET", f"{upstream.url}/a?page={page}") for page in (1, 2)]
        tape.record(*asks)
        with watching(tape.recorder(Source.REPLAY)) as recorder:
            asks[1]()
            with pytest.raises(MissingRecordingError):
                with_requests(method, upstream.url + path)
        assert [each.nearest for each in recorder.missing] == [nearest]

    def test_it_says_where_nothing_is_like_it(self, tape: Tape, upstream: Upstream) -> None:
        with watching(tape.recorder(Source.REPLAY)) as recorder, pytest.raises(MissingRecordingError):
            with_requests("GET", f"{upstream.url}/a")
        assert [each.nearest for each in recorder.missing] == [""]

    @every_client
    def test_another_secret_finds_the_recording_too(self, tape: Tape, upstream: Upstream, client: Client) -> None:
        upstream.answers["/v1/a"] = json_answer({"id": 42})
        tape.record(lambda: client("GET", f"{upstream.url}/a?api_key={SECRET}&page=1"))
        assert SECRET not in tape.text
        upstream.stop()
        for secret in (SECRET, "another", "REDACTED"):
            replayed = tape.replay(partial(client, "GET", f"{upstream.url}/a?api_key={secret}&page=1"))
            assert (len(replayed.exchanges), replayed.missing) == (1, []), secret

    def test_what_was_played_is_not_played_again(self, tape: Tape, upstream: Upstream) -> None:
        def ask() -> Answered:
            return with_requests("GET", f"{upstream.url}/a")

        tape.record(ask)
        with pytest.raises(MissingRecordingError):
            tape.replay(ask, ask)

    def test_an_undeclared_host_is_missing_as_well(self, tape: Tape, upstream: Upstream) -> None:
        undeclared = Tape(tape.path, Addresses("http://127.0.0.1:9"))
        with watching(undeclared.recorder(Source.REPLAY)) as recorder, pytest.raises(MissingRecordingError):
            with_requests("GET", f"{upstream.url}/a")
        assert recorder.missing == [Missing("GET", f"{upstream.url}/a")]

    @pytest.mark.parametrize("text", ["", "nonsense", "<<<<<<< ours\n", "interactions: [1]", "[" * 100_000])
    def test_a_cassette_that_cannot_be_read_is_an_error_and_not_an_empty_one(self, tape: Tape, text: str) -> None:
        tape.path.parent.mkdir(parents=True)
        tape.path.write_text(text)
        with pytest.raises(CassetteError, match=r"test_customer\.yaml: "):
            tape.recorder(Source.REPLAY).open()


class TestRedirects:
    @pytest.fixture
    def moved(self, upstream: Upstream) -> Upstream:
        upstream.answers |= {
            "/v1/old": Answer(301, b"", {"Location": f"{upstream.url}/new?token={SECRET}"}),
            "/v1/relative": Answer(302, b"moved", {"Location": "/v1/new", "Content-Type": "text/plain"}),
            "/v1/new": json_answer({"id": 42}),
            "/v1/other": json_answer({"id": 43}),
        }
        return upstream

    @every_client
    @pytest.mark.parametrize(("path", "place"), [("old", "new?token=REDACTED"), ("relative", "new")])
    def test_both_exchanges_of_a_redirect_are_observed_and_replayed(
        self, tape: Tape, moved: Upstream, client: Client, path: str, place: str
    ) -> None:
        answers: list[Answered] = []

        def ask() -> None:
            answers.append(client("GET", f"{moved.url}/{path}"))

        recorded = tape.record(ask)
        moved.stop()
        replayed = tape.replay(ask)
        assert answers == [(200, b'{"id": 42}')] * 2
        assert [(each.url, each.status) for each in recorded.exchanges] == [
            (f"{CANONICAL}/{path}", 301 if path == "old" else 302),
            (f"{CANONICAL}/{place}", 200),
        ]
        assert asked(replayed) == asked(recorded)
        assert replayed.missing == []
        assert SECRET not in tape.text

    @every_client
    def test_a_redirect_to_what_is_not_recorded_is_missing(self, tape: Tape, moved: Upstream, client: Client) -> None:
        recorded = tape.record(
            lambda: client("GET", f"{moved.url}/relative"), lambda: client("GET", f"{moved.url}/other")
        )
        assert len(recorded.exchanges) == 3
        text = tape.text.replace(f"uri: {CANONICAL}/new", f"uri: {CANONICAL}/forgotten")
        tape.path.write_text(text, encoding="utf-8")
        with watching(tape.recorder(Source.REPLAY)) as recorder, pytest.raises(MissingRecordingError):
            client("GET", f"{moved.url}/relative")
        assert recorder.missing == [Missing("GET", f"{CANONICAL}/new")]
        assert [each.url for each in recorder.exchanges] == [f"{CANONICAL}/relative"]

    def test_aiohttp_keeps_the_method_where_the_status_says_so(self, tape: Tape, upstream: Upstream) -> None:
        upstream.answers |= {
            "/v1/old": Answer(307, b"", {"Location": f"{upstream.url}/new"}),
            "/v1/new": json_answer({"id": 42}, 201),
        }

        def ask() -> Answered:
            return with_aiohttp("POST", f"{upstream.url}/old", b"{}")

        recorded = tape.record(ask)
        replayed = tape.replay(ask)
        assert [(each.method, each.status) for each in recorded.exchanges] == [("POST", 307), ("POST", 201)]
        assert asked(replayed) == asked(recorded)


class TestRequestsAndAnswersOfAllKinds:
    @every_client
    def test_an_answer_to_head_has_no_body_and_keeps_its_length(
        self, tape: Tape, upstream: Upstream, client: Client
    ) -> None:
        upstream.answers["/v1/a"] = Answer(200, b"", {"Content-Type": "application/json", "Content-Encoding": "gzip"})

        def ask() -> Answered:
            return client("HEAD", f"{upstream.url}/a")

        recorded = tape.record(ask)
        assert [(each.method, each.media, each.response_body) for each in recorded.exchanges] == [("HEAD", "", NO_BODY)]
        assert values(tape.interactions[0]["response"], "content-encoding") == ["gzip"]
        assert asked(tape.replay(ask)) == asked(recorded)

    @every_client
    def test_an_answer_without_content_has_no_body(self, tape: Tape, upstream: Upstream, client: Client) -> None:
        upstream.answers["/v1/a"] = Answer(204)

        def ask() -> Answered:
            return client("DELETE", f"{upstream.url}/a")

        recorded = tape.record(ask)
        assert [(each.status, each.media, each.response_body) for each in recorded.exchanges] == [(204, "", NO_BODY)]
        assert asked(tape.replay(ask)) == asked(recorded)

    @every_client
    def test_what_is_not_json_is_kept_byte_for_byte(self, tape: Tape, upstream: Upstream, client: Client) -> None:
        content = bytes(range(256))
        upstream.answers["/v1/a"] = Answer(200, content, {"Content-Type": "image/png"})
        answers: list[Answered] = []

        def ask() -> None:
            answers.append(client("GET", f"{upstream.url}/a"))

        recorded = tape.record(ask)
        assert [(each.media, each.response_body) for each in recorded.exchanges] == [("image/png", NO_BODY)]
        assert tape.replay(ask).exchanges == recorded.exchanges
        assert answers == [(200, content)] * 2

    @every_client
    def test_json_that_was_sent_is_observed(self, tape: Tape, upstream: Upstream, client: Client) -> None:
        def ask() -> Answered:
            return client("POST", f"{upstream.url}/a", b'{"n": 1}', **{"Content-Type": "application/json"})

        assert [each.request_body for each in tape.record(ask).exchanges] == [{"n": 1}]
        assert [each.request_body for each in tape.replay(ask).exchanges] == [{"n": 1}]

    @pytest.mark.parametrize(
        ("options", "observed", "kept"),
        [
            ({"json": {"n": 1, "token": SECRET}}, {"n": 1, "token": "REDACTED"}, {"n": 1, "token": "REDACTED"}),
            ({"json": [1, "a", None]}, [1, "a", None], [1, "a", None]),
            ({"json": ({"n": 1},)}, [{"n": 1}], [{"n": 1}]),
            ({"data": {"password": SECRET}}, {"password": "REDACTED"}, {"password": "REDACTED"}),
            ({"data": [("password", SECRET)]}, {"password": "REDACTED"}, {"password": "REDACTED"}),
            ({"data": {"file": io.BytesIO(b"content")}}, {"file": "content"}, {"file": "content"}),
            ({"data": b"plain"}, NO_BODY, "plain"),
            ({"data": bytearray(b"[1]")}, [1], "[1]"),
            ({"data": f"password={SECRET}&a=b"}, NO_BODY, "password=REDACTED&a=b"),
            ({}, NO_BODY, None),
        ],
        ids=["dict", "list", "tuple", "form", "pairs", "file", "bytes", "bytearray", "text", "nothing"],
    )
    def test_whatever_aiohttp_is_given_to_send_is_kept(
        self, tape: Tape, upstream: Upstream, options: dict[str, Any], observed: object, kept: object
    ) -> None:
        def ask() -> None:
            through_aiohttp(lambda session: session.post(f"{upstream.url}/a", **options))

        assert [each.request_body for each in tape.record(ask).exchanges] == [observed]
        assert [each["request"]["body"] for each in tape.interactions] == [kept]
        assert len(tape.replay(ask).exchanges) == 1

    def test_aiohttps_own_form_with_a_file_is_sent_and_not_kept(self, tape: Tape, upstream: Upstream) -> None:
        def ask() -> None:
            form = aiohttp.FormData({"password": SECRET})
            form.add_field("file", b"content", filename="a.txt")
            through_aiohttp(lambda session: session.post(f"{upstream.url}/a", data=form))

        assert [each.request_body for each in tape.record(ask).exchanges] == [NO_BODY]
        assert [each["request"]["body"] for each in tape.interactions] == [None]
        assert len(tape.replay(ask).exchanges) == 1

    def test_a_stream_that_aiohttp_sends_is_kept(self, tape: Tape, upstream: Upstream) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for chunk in (b'{"n"', b": 1}"):
                yield chunk

        def ask() -> None:
            headers = {"Content-Length": "8"}
            through_aiohttp(lambda session: session.post(f"{upstream.url}/a", data=chunks(), headers=headers))

        tape.record(ask)
        assert [each["request"]["body"] for each in tape.interactions] == ['{"n": 1}']

    def test_a_form_loses_its_secrets(self, tape: Tape, upstream: Upstream) -> None:
        data = {"user": "jane", "password": SECRET}
        tape.record(lambda: requests.post(f"{upstream.url}/a", data=data, timeout=5).close())
        assert [each["request"]["body"] for each in tape.interactions] == ["user=jane&password=REDACTED"]

    def test_a_file_that_requests_uploads_is_kept_and_its_form_loses_its_secrets(
        self, tape: Tape, upstream: Upstream
    ) -> None:
        def ask() -> None:
            files = {"file": ("a.png", io.BytesIO(b"\x89PNG\r\n\xff"), "image/png")}
            with requests.post(f"{upstream.url}/a", files=files, data={"password": SECRET}, timeout=5):
                pass

        recorded = tape.record(ask)
        [interaction] = tape.interactions
        assert b"\x89PNG\r\n\xff" in interaction["request"]["body"]
        assert SECRET.encode() not in interaction["request"]["body"]
        form = {"password": "REDACTED", "file": {"media": "image/png"}}
        assert [each.request_body for each in recorded.exchanges] == [form]
        assert len(tape.replay(ask).exchanges) == 1

    @pytest.mark.parametrize("data", [io.BytesIO(b'{"n": 1}'), iter([b'{"n"', b": 1}"]), '{"n": 1}'])
    def test_what_requests_streams_is_observed(
        self, tape: Tape, upstream: Upstream, data: io.BytesIO | Iterator[bytes] | str
    ) -> None:
        recorded = tape.record(lambda: requests.post(f"{upstream.url}/a", data=data, timeout=5).close())
        assert [each.request_body for each in recorded.exchanges] == [{"n": 1}]
        assert [each["request"]["body"] for each in tape.interactions] == ['{"n": 1}']

    def test_a_body_over_the_limit_is_a_problem_and_not_recorded(self, tape: Tape, upstream: Upstream) -> None:
        tape = replace(tape, addresses=replace(tape.addresses, limits=Limits(body=5)))
        upstream.answers["/v1/a"] = json_answer({"id": 42}, Authorization=f"Bearer {SECRET}")
        with pytest.raises(CassetteError, match="cannot be written: a body is larger than 5 bytes"):
            tape.record(lambda: with_requests("GET", f"{upstream.url}/a"))
        assert not tape.path.exists()
        asked = tape.run(Source.LIVE, lambda: with_requests("GET", f"{upstream.url}/a"))
        [problem] = asked.problems
        assert problem == (
            f"GET {CANONICAL}/a, answer: a body is larger than 5 bytes (10 bytes);"
            " raise `body` under `[defaults.limits]` in contracts.toml, or check a part of it instead"
        )
        assert [(each.media, each.response_body) for each in asked.exchanges] == [
            ("unreadable application/json", NO_BODY)
        ]

    def test_a_body_nested_without_end_is_a_problem(self, tape: Tape, upstream: Upstream) -> None:
        headers = {"Content-Type": "application/json"}
        upstream.answers["/v1/a"] = Answer(200, b"[" * 100_000 + b"]" * 100_000, headers)

        def ask() -> Answered:
            return with_requests("GET", f"{upstream.url}/a")

        for recorder in (tape.record(ask), tape.replay(ask)):
            assert recorder.problems == [
                f"GET {CANONICAL}/a, answer: a body is nested too deep to read; check a part of it instead"
            ]


class TestInProcess:
    """httpx's transports that call an application or a function instead of the network."""

    library: Any = httpx

    @staticmethod
    async def application(scope: Any, receive: object, send: Callable[[Any], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"in": "process"}'})

    @classmethod
    def handle(cls, request: object) -> Any:
        return cls.library.Response(200, json={"in": "process"})

    @classmethod
    def ask_sync(cls, url: str) -> object:
        with cls.library.Client(transport=cls.library.MockTransport(cls.handle)) as client:
            return client.get(url).json()

    @classmethod
    def ask_wsgi(cls, url: str) -> object:
        def application(environ: object, start_response: Callable[..., object]) -> list[bytes]:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'{"in": "process"}']

        with cls.library.Client(transport=cls.library.WSGITransport(application)) as client:
            return client.get(url).json()

    @classmethod
    def ask_async(cls, url: str, transport: Any = None) -> object:
        async def ask() -> object:
            async with cls.library.AsyncClient(transport=transport or cls.library.MockTransport(cls.handle)) as client:
                return (await client.get(url)).json()

        return asyncio.run(ask())

    @classmethod
    def ask_asgi(cls, url: str) -> object:
        return cls.ask_async(url, cls.library.ASGITransport(cls.application))

    ways = pytest.mark.parametrize("way", ["ask_sync", "ask_async", "ask_asgi", "ask_wsgi"])

    @ways
    @pytest.mark.parametrize("source", Source)
    def test_a_request_to_what_nobody_declared_passes_unobserved(self, tape: Tape, way: str, source: Source) -> None:
        with watching(tape.recorder(source)) as recorder:
            assert getattr(self, way)("http://testserver/a") == {"in": "process"}
        assert (recorder.exchanges, recorder.missing) == ([], [])
        assert not recorder.save()

    @ways
    def test_a_request_to_an_integration_is_recorded_and_replayed(self, tape: Tape, way: str) -> None:
        recorded = tape.record(lambda: getattr(self, way)(f"{CANONICAL}/a"))
        assert asked(recorded) == [("GET", f"{CANONICAL}/a", 200, {"in": "process"})]
        assert asked(tape.replay(lambda: getattr(self, way)(f"{CANONICAL}/a"))) == asked(recorded)
        with pytest.raises(MissingRecordingError):
            tape.replay(lambda: getattr(self, way)(f"{CANONICAL}/b"))

    @ways
    def test_everything_is_as_before_once_the_recorder_is_closed(self, tape: Tape, way: str) -> None:
        recorder = tape.replay()
        assert getattr(self, way)(f"{CANONICAL}/a") == {"in": "process"}
        assert (recorder.exchanges, recorder.missing) == ([], [])


class TestInProcessOfHttpx2(TestInProcess):
    library = httpx2


def through_aiohttp(
    ask: Callable[[aiohttp.ClientSession], AbstractAsyncContextManager[aiohttp.ClientResponse]],
) -> None:
    async def run() -> None:
        async with aiohttp.ClientSession() as session, ask(session) as response:
            await response.read()

    asyncio.run(run())
