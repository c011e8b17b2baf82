"""What to say where replay finds nothing: which recorded request is nearest to the one asked, and what differs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from vcr.matchers import get_matchers_results
from vcr.request import Request

from pytest_integration_contracts.traffic.cassettes import lists, media_of, sent_body
from pytest_integration_contracts.traffic.operations import operation_name
from pytest_integration_contracts.traffic.secrets import scrub_body, scrub_headers, scrub_value
from pytest_integration_contracts.traffic.sent import called_by

Matchers = Sequence[Callable[[Request, Request], object]]
"""vcrpy's own: what a request must have in common with a recorded one to be answered by it."""

_LONGEST_VALUE: Final = 40
_LONGEST_PATH: Final = 120
_MOST_DIFFERENCES: Final = 4
_MOST_OPERATIONS: Final = 3
_MOST_MEMBERS: Final = 1000
_ALIKE: Final = 80.0
"""Of 100: how similar the paths of two operations must be for one to be a slip of the other."""


def nearest(asked: Request, recorded: Sequence[Request], matchers: Matchers, *, times: int) -> str:
    """One sentence without its full stop.

    Args:
        asked: What was asked, canonical and scrubbed.
        recorded: Every request that the cassette holds, canonical and scrubbed, played or not.
        matchers: What decides that a recorded request is the one that was asked.
        times: How often it was asked without an answer, this time included.
    """
    if not recorded:
        return "nothing is recorded in it"
    failed = {id(each): _failed(asked, each, matchers) for each in recorded}
    played = sum(not failed[id(each)] for each in recorded)
    if played:
        often = "once" if played == 1 else f"{played} times"
        return f"every recording of it was played already ({often}; asked {_ordinal(played + times)} time)"
    closest = min(recorded, key=lambda each: _distance(asked, each, failed[id(each)]))
    if not _alike(asked, closest):
        return f"nothing like it is recorded; the cassette holds {_held(asked, recorded)}"
    return (
        f"nearest recording: {closest.method} {_place(asked, closest)} — {_told(asked, closest, failed[id(closest)])}"
    )


def _failed(asked: Request, recorded: Request, matchers: Matchers) -> tuple[str, ...]:
    """The names of the matchers that tell two requests apart."""
    return tuple(name for name, _ in get_matchers_results(asked, recorded, matchers)[1])


class _Distance(NamedTuple):
    """How far two requests are apart, what weighs most first."""

    operation: int
    path: float
    origin: int
    members: int


def _distance(asked: Request, recorded: Request, failed: tuple[str, ...]) -> _Distance:
    same_template = _template(asked) == _template(recorded)
    same_method = asked.method == recorded.method
    # a body is compared only where it decides, and where the rest is near: large ones take their time
    body = _body_differences(asked, recorded) if same_template and "body" in failed else []
    return _Distance(
        operation=(not same_template) * 2 + (not same_method),
        path=-_similarity(asked, recorded),
        origin=_origin(asked) != _origin(recorded),
        members=_apart(asked.query, recorded.query) + len(body),
    )


def _apart(asked: Sequence[tuple[str, str]], recorded: Sequence[tuple[str, str]]) -> int:
    """In how many named values two lists differ; their order means nothing."""
    now, was = Counter(asked), Counter(recorded)
    return ((now - was) + (was - now)).total()


def _alike(asked: Request, recorded: Request) -> bool:
    """Whether somebody may have meant one by the other."""
    if _template(asked) == _template(recorded):
        return True
    return asked.method == recorded.method and _similarity(asked, recorded) >= _ALIKE


def _similarity(asked: Request, recorded: Request) -> float:
    from rapidfuzz import fuzz  # noqa: PLC0415 - loaded by the first request that is not recorded

    return fuzz.ratio(asked.path[:_LONGEST_PATH], recorded.path[:_LONGEST_PATH])


def _template(request: Request) -> str:
    return operation_name("", request.path or "/")


def _origin(request: Request) -> tuple[str, str, int | None]:
    return request.scheme, request.host or "", request.port


def _place(asked: Request, recorded: Request) -> str:
    """A recorded request's path and query; with its host where another was asked."""
    start = "" if _origin(asked) == _origin(recorded) else f"{recorded.scheme}://{recorded.parsed_uri.netloc}"
    query = f"?{recorded.parsed_uri.query}" if recorded.parsed_uri.query else ""
    return _cut(f"{start}{recorded.path or '/'}{query}", _LONGEST_PATH)


def _held(asked: Request, recorded: Sequence[Request]) -> str:
    """`12 requests to GET /orders/{id}, 3 to POST /orders and 4 more`."""
    operations = Counter(_operation(asked, each) for each in recorded)
    told = [f"{number} to {_cut(name, _LONGEST_PATH)}" for name, number in operations.most_common(_MOST_OPERATIONS)]
    first = operations.most_common(1)[0][1]
    told[0] = told[0].replace(" to ", " request to " if first == 1 else " requests to ", 1)
    left = len(recorded) - sum(number for _, number in operations.most_common(_MOST_OPERATIONS))
    return ", ".join(told) + (f" and {left} more" if left else "")


def _operation(asked: Request, recorded: Request) -> str:
    host = "" if _origin(asked) == _origin(recorded) else recorded.parsed_uri.netloc
    return f"{recorded.method} {host}{_template(recorded).strip()}"


def _told(asked: Request, recorded: Request, failed: tuple[str, ...]) -> str:
    told = list(dict.fromkeys(each for name in failed for each in _explained(name, asked, recorded)))
    left = len(told) - _MOST_DIFFERENCES
    return "; ".join(told[:_MOST_DIFFERENCES]) + (f"; and {left} more" if left > 0 else "")


def _explained(name: str, asked: Request, recorded: Request) -> list[str]:
    """What a matcher found; by its name where nobody can tell, for a project may have matchers of its own."""
    explain = _EXPLANATIONS.get(name)
    return (explain and explain(asked, recorded)) or [f"the matcher `{name}` tells them apart"]


def _method(asked: Request, recorded: Request) -> list[str]:
    return _both("method", recorded.method, asked.method)


def _scheme(asked: Request, recorded: Request) -> list[str]:
    return _both("scheme", recorded.scheme, asked.scheme)


def _host(asked: Request, recorded: Request) -> list[str]:
    return _both("host", recorded.host, asked.host)


def _port(asked: Request, recorded: Request) -> list[str]:
    return _both("port", recorded.port, asked.port)


def _path(asked: Request, recorded: Request) -> list[str]:
    return _both("path", recorded.path or "/", asked.path or "/")


def _uri(asked: Request, recorded: Request) -> list[str]:
    parts = (_scheme, _host, _port, _path, _query_differences)
    return [each for part in parts for each in part(asked, recorded)]


def _both(what: str, recorded: object, asked: object) -> list[str]:
    if recorded == asked:
        return []
    was, now = (_cut(str(each), _LONGEST_PATH) for each in (recorded, asked))
    return [f"{what}: {was} recorded, {now} asked"]


def _query_differences(asked: Request, recorded: Request) -> list[str]:
    return _pairs("query parameter ", asked.query, recorded.query)


def _pairs(what: str, asked: Sequence[tuple[str, str]], recorded: Sequence[tuple[str, str]]) -> list[str]:
    """What differs between two lists of named values, in which a name may stand more than once."""
    now, was = _grouped(asked), _grouped(recorded)
    different = [
        f"{what}{_cut(name)}: recorded {_quoted(was[name])}, asked {_quoted(now[name])}"
        for name in was
        if name in now and was[name] != now[name]
    ]
    for only, there, other in (("only asked", now, was), ("only recorded", was, now)):
        missing = [f"{_cut(name)}={_cut(value)}" for name in there if name not in other for value in there[name]]
        different += [f"{only}: {', '.join(missing)}"] if missing else []
    return different


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        groups[name].append(value)
    return dict(groups)


def _operation_differences(asked: Request, recorded: Request) -> list[str]:
    (now, selected_now), (was, selected) = called_by(asked), called_by(recorded)
    return _both("operation", was or "none", now or "none") or (
        ["it selects other fields"] if selected != selected_now else []
    )


def _header_differences(asked: Request, recorded: Request) -> list[str]:
    now, was = (
        {(name.lower(), value) for name, values in scrub_headers(lists(each.headers)).items() for value in values}
        for each in (asked, recorded)
    )
    return _pairs("header ", sorted(now - was), sorted(was - now))


def _body_differences(asked: Request, recorded: Request) -> list[str]:
    now, was = _scrubbed_body(asked), _scrubbed_body(recorded)
    if isinstance(now, bytes) or isinstance(was, bytes):
        return [f"body: {_size(was)} recorded, {_size(now)} asked"]
    return [f"body: {each}" for each in _members(was, now)]


def _scrubbed_body(request: Request) -> object:
    """The body's JSON value, a form's members, or its bytes where it is neither."""
    body = sent_body(request)
    if not isinstance(body, bytes):
        return scrub_value(body)
    media = media_of(lists(request.headers))
    clean = scrub_body(body, media)
    try:
        if media == "application/x-www-form-urlencoded":
            return _grouped(parse_qsl(clean.decode("ascii")))
        return json.loads(clean) if clean else None
    except (ValueError, RecursionError):
        return clean


def _size(body: object) -> str:
    return f"{len(body)} bytes" if isinstance(body, bytes) else "nothing" if body is None else "other content"


_NOTHING: Final = object()


def _members(recorded: object, asked: object) -> list[str]:
    """The places of two JSON values that differ, in order: `$.amount: 10 -> 20`."""
    found: list[str] = []
    pending: list[tuple[str, Any, Any]] = [("$", recorded, asked)]
    while pending and len(found) < _MOST_MEMBERS:
        path, was, now = pending.pop()
        if type(was) is type(now) and isinstance(was, dict | list):
            pending += reversed(list(_below(path, was, now)))
        elif type(was) is not type(now) or was != now:
            found.append(f"{_cut(path, _LONGEST_PATH)}: {_shown(was)} -> {_shown(now)}")
    return found


def _below(path: str, was: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - JSON values
    if isinstance(was, list):
        was, now = dict(enumerate(was)), dict(enumerate(now))
    for key in dict.fromkeys((*was, *now)):
        step = f"[{key}]" if isinstance(key, int) else f".{key}"
        yield path + step, was.get(key, _NOTHING), now.get(key, _NOTHING)


def _shown(value: object) -> str:
    if value is _NOTHING:
        return "nothing"
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return _cut(json.dumps(value, ensure_ascii=False))


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f'"{_cut(value)}"' for value in values)


def _cut(text: str, longest: int = _LONGEST_VALUE) -> str:
    """Text for a message: its beginning, on one line."""
    line = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text[: longest + 1])
    return line if len(line) <= longest else f"{line[:longest]}…"


def _ordinal(number: int) -> str:
    """`a 4th`."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    eleven_to_thirteen = number % 100 in range(11, 14)
    article = "an" if str(number)[0] == "8" or number in {11, 18} else "a"
    return f"{article} {number}{'th' if eleven_to_thirteen else endings.get(number % 10, 'th')}"


_EXPLANATIONS: Final[Mapping[str, Callable[[Request, Request], list[str]]]] = {
    "method": _method,
    "scheme": _scheme,
    "host": _host,
    "port": _port,
    "path": _path,
    "query": _query_differences,
    "uri": _uri,
    "body": _body_differences,
    "raw_body": _body_differences,
    "headers": _header_differences,
    "operation": _operation_differences,
}
