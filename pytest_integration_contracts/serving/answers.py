"""What the stand-in answers: what is recorded and is most like the request, or else what is declared."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.serving.generating import At, generate

Headers = tuple[tuple[str, str], ...]

JSON: Final = "application/json"
ORIGIN_GENERATED: Final = "generated"
_MOST_NAMED: Final = 100
_SUCCESSES: Final = range(200, 300)
_FIRST_ERROR: Final = 400
_FREE: Final = frozenset({"type", "format", "description"})
"""Keywords of an id that may be any."""

_CLIENT_MUST_WAIT: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as the answer depends on it.

    Attributes:
        operation: The name of what it asks for: `GET /customers/{id}`.
        path: Its path: `/customers/7`.
        query: Its query's names and values, without secrets.
        sent: The JSON value that it sent, without secrets; `NO_BODY` for none.
        shown: Path and query as they may be shown.
    """

    operation: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    sent: object = NO_BODY
    shown: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two requests the same."""
        return self.path, repr(sorted(self.query)), repr(self.sent)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response.

    Attributes:
        status: The HTTP status code.
        headers: Names and values; none that belong to the connection, or tell the body's length.
        body: The bytes.
        operation: The operation that it is an answer of, "" for none.
        origin: Where it is from: `recorded contracts/cassettes/a.yaml#3`, `generated`.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    operation: str = ""
    origin: str = ""

    @property
    def media(self) -> str:
        """Its media type without parameters."""
        values = [value for name, value in self.headers if name.lower() == "content-type"]
        return values[0].partition(";")[0].strip().lower() if values else ""

    @property
    def is_json(self) -> bool:
        """Whether the body says that it is JSON."""
        return self.media == JSON or self.media.endswith("+json")


@dataclass(frozen=True, slots=True)
class Recording:
    """One request and its response, out of a cassette."""

    asked: Asked
    answer: Answer


@dataclass(frozen=True, slots=True)
class Possible:
    """One response that an operation may give, as a document or a snapshot declares it.

    Attributes:
        status: `200`, `2XX` or `default`.
        media: Its media type, "" where it has no body.
        schema: What its body looks like.
        headers: The schemas of its headers.
        examples: Whole bodies that the document gives.
        at: What references of the schemas lead to.
    """

    status: str
    media: str = ""
    schema: object = True
    headers: Mapping[str, object] = field(default_factory=dict)
    examples: tuple[object, ...] = ()
    at: At = lambda _: None

    @property
    def code(self) -> int:
        """The status to answer with."""
        if self.status.isdigit():
            return int(self.status)
        return int(self.status[0]) * 100 if self.status[:1].isdigit() else int(HTTPStatus.OK)


@dataclass(frozen=True, slots=True)
class Operation:
    """What is known of one operation.

    Attributes:
        name: `GET /customers/{id}`.
        possible: The responses that it may give.
        auth: How requests authenticate: `Bearer`.
    """

    name: str
    possible: tuple[Possible, ...] = ()
    auth: tuple[str, ...] = ()


class StandIn:
    """Answers in the place of an upstream.

    Attributes:
        name: The integration's name.
        operations: All that is known, by name.
    """

    def __init__(
        self, name: str, operations: Mapping[str, Operation], recordings: Sequence[Recording], *, seed: int = 0
    ) -> None:
        """Take what is known.

        Args:
            name: The integration's name.
            operations: What is declared of operations, by name.
            recordings: What was recorded, in order.
            seed: What generated answers depend on, beside the request.
        """
        self.name = name
        self._recordings: dict[str, list[Recording]] = defaultdict(list)
        for each in recordings:
            self._recordings[each.asked.operation].append(each)
        known = {each: Operation(each) for each in self._recordings} | dict(operations)
        self.operations: Mapping[str, Operation] = {each: known[each] for each in sorted(known)}
        self._seed = seed
        self._played: Counter[object] = Counter()
        self._turn = threading.Lock()

    @property
    def recorded(self) -> int:
        """Of how many operations an answer is recorded."""
        return len(self._recordings)

    def methods_of(self, path: str) -> list[str]:
        """The methods that are known of an operation's path, `/customers/{id}`."""
        return sorted({name.partition(" ")[0] for name in self.operations if _path_of(name) == _base(path)})

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request."""
        if asked.operation not in self.operations:
            return self._unknown(asked)
        recorded = self._recordings.get(asked.operation)
        return self._replayed(asked, recorded) if recorded else self._generated(asked, "")

    def failure(self, asked: Asked, status: int) -> Answer:
        """The answer of a status: recorded of that operation, or declared, or else one that says what it is."""
        of_status = [each for each in self._recordings.get(asked.operation, ()) if each.answer.status == status]
        if of_status:
            return self._replayed(asked, of_status)
        known = self.operations.get(asked.operation)
        declared = known and any(each.code == status for each in known.possible if each.status.isdigit())
        answer = self._generated(asked, str(status)) if declared else _plain(status, asked.operation)
        names = {name.lower() for name, _ in answer.headers}
        extra = []
        if status in _CLIENT_MUST_WAIT and "retry-after" not in names:
            extra.append(("retry-after", "1"))
        if status == HTTPStatus.UNAUTHORIZED and "www-authenticate" not in names:
            schemes = [each for each in (known.auth if known else ()) if " " not in each and each != "cookie"]
            extra.append(("www-authenticate", f'{schemes[0] if schemes else "Bearer"} realm="{self.name}"'))
        return replace(answer, headers=(*answer.headers, *extra))

    def _replayed(self, asked: Asked, recorded: Sequence[Recording]) -> Answer:
        """The recording that is most like the request. Equal requests play theirs in order, the last one for ever."""
        best = min(recorded, key=lambda each: _distance(asked, each))
        same = [each for each in recorded if each.asked.key == best.asked.key]
        chosen = same[0]
        if len(same) > 1 and best.asked.key == asked.key:
            with self._turn:
                turn = self._played[asked.operation, asked.key]
                self._played[asked.operation, asked.key] += 1
            chosen = same[min(turn, len(same) - 1)]
        if chosen.asked.path == asked.path:
            return chosen.answer
        body = _as_asked(chosen.answer, chosen.asked.path, asked.path)
        return replace(chosen.answer, body=body, origin=f"{chosen.answer.origin}, of another instance")

    def _generated(self, asked: Asked, status: str) -> Answer:
        operation = self.operations[asked.operation]
        fitting = [each for each in operation.possible if status in {"", each.status}]
        if not fitting:
            return _plain(int(HTTPStatus.NO_CONTENT), asked.operation, body=b"")
        chosen = min(fitting, key=lambda each: (each.code not in _SUCCESSES, not _is_json(each.media), each.code))
        seed = f"{self._seed}|{asked.operation}|{asked.path}|{sorted(asked.query)!r}"
        headers = [
            (name, str(generate(schema, chosen.at, f"{seed}|{name}"))) for name, schema in chosen.headers.items()
        ]
        if chosen.media:
            headers.append(("content-type", _whole_media(chosen.media)))
        body = self._body(chosen, seed, asked)
        return Answer(chosen.code, tuple(headers), body, asked.operation, ORIGIN_GENERATED)

    @staticmethod
    def _body(chosen: Possible, seed: str, asked: Asked) -> bytes:
        if not chosen.media:
            return b""
        if chosen.examples:
            example = random.Random(seed).choice(chosen.examples)  # noqa: S311 - a choice among examples
            return example.encode() if isinstance(example, str) and not _is_json(chosen.media) else _dumped(example)
        value = generate(chosen.schema, chosen.at, seed)
        if not _is_json(chosen.media):
            return value.encode() if isinstance(value, str) else b""
        return _dumped(_with_id(value, chosen.schema, asked))

    def _unknown(self, asked: Asked) -> Answer:
        """What is not known, said so that whoever reads it knows what is."""
        method = asked.operation.partition(" ")[0]
        methods = self.methods_of(_path_of(asked.operation))
        if methods and method == "OPTIONS":
            allowed = ", ".join(sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}))
            return Answer(int(HTTPStatus.NO_CONTENT), (("allow", allowed),), origin=ORIGIN_GENERATED)
        told: dict[str, Any] = {
            "error": f"the stand-in for {self.name} knows no operation {asked.operation}",
            "operations": list(self.operations)[:_MOST_NAMED],
        }
        status, headers = HTTPStatus.NOT_FOUND, [("content-type", JSON)]
        if method in methods:  # the path is known, and what is called below it is not
            status = HTTPStatus.NOT_IMPLEMENTED
        elif methods:
            status = HTTPStatus.METHOD_NOT_ALLOWED
            headers.append(("allow", ", ".join(methods)))
        return Answer(int(status), tuple(headers), _dumped(told), "", "unknown")


def _plain(status: int, operation: str, body: bytes | None = None) -> Answer:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = f"Status {status}"
    if body is None:
        body = _dumped({"error": {"status": status, "message": phrase}}) if status >= _FIRST_ERROR else b""
    headers: Headers = (("content-type", JSON),) if body else ()
    return Answer(status, headers, body, operation, ORIGIN_GENERATED)


def _dumped(value: object) -> bytes:
    return json.dumps(value).encode("ascii")


def _path_of(name: str) -> str:
    return _base(name.partition(" ")[2])


def _base(path: str) -> str:
    return path.partition("?")[0].partition("#")[0]


def _is_json(media: str) -> bool:
    return media == JSON or media.endswith("+json") or media in {"*/*", "application/*"}


def _whole_media(media: str) -> str:
    return JSON if "*" in media else media


def _distance(asked: Asked, recording: Recording) -> tuple[bool, bool, int, int]:
    """How little a recording is like a request, what weighs most first; errors are not what another instance gives."""
    other = recording.asked.path != asked.path
    now, was = Counter(asked.query), Counter(recording.asked.query)
    return (
        other,
        other and recording.answer.status >= _FIRST_ERROR,
        ((now - was) + (was - now)).total(),
        _apart(asked.sent, recording.asked.sent),
    )


def _apart(one: object, other: object) -> int:
    """In how many members two values that were sent differ."""
    if one == other:
        return 0
    if not isinstance(one, dict) or not isinstance(other, dict):
        return 1
    return sum(one.get(name, NO_BODY) != other.get(name, NO_BODY) for name in one.keys() | other.keys())


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _as_asked(answer: Answer, was: str, asked: str) -> bytes:
    """The body, calling itself as it was asked for where it called itself as it was recorded."""
    if not answer.is_json:
        return answer.body
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return answer.body
    if not isinstance(value, dict) or str(value.get("id")) != _last(was) or isinstance(value.get("id"), bool):
        return answer.body
    name = _called(value["id"], _last(asked))
    return answer.body if name is None else json.dumps({**value, "id": name}).encode("ascii")


def _with_id(value: object, schema: object, asked: Asked) -> object:
    """A generated value, called as it was asked for, where it is one of a kind: `GET /customers/7`."""
    if not asked.operation.endswith("}") or not isinstance(value, dict) or "id" not in value:
        return value
    properties = schema.get("properties") if isinstance(schema, dict) else None
    member = properties.get("id") if isinstance(properties, dict) else None
    if not isinstance(member, dict) or not member.keys() <= _FREE or member.get("format") not in {None, "int64"}:
        return value
    name = _called(value["id"], _last(asked.path))
    return value if name is None else {**value, "id": name}


def _called(known: object, segment: str) -> object:
    """A segment of a path as a value of the same type; None where it is none."""
    if isinstance(known, str):
        return segment
    if isinstance(known, int) and not isinstance(known, bool) and segment.isascii() and segment.isdigit():
        return int(segment[:18])
    return None
