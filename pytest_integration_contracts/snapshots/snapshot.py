"""One snapshot: the shape of one operation's responses, and its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pytest_integration_contracts.drift.facts import Answers, Conduct
from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.model import Count, Operation
from pytest_integration_contracts.patterns import PathPattern
from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.pins import Pins
from pytest_integration_contracts.shapes.schema import from_schema, to_schema
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import UNKNOWN, UNTAGGED, Record, Shape, merge
from pytest_integration_contracts.snapshots.conduct import from_json as conduct_from_json
from pytest_integration_contracts.snapshots.conduct import to_json as conduct_to_json

_HEADERS: Final = Pins(records=(PathPattern("$"),))
"""Names of headers are never data."""

FORMAT: Final = 1
"""The version of the file format."""

_VERSION = re.compile(r"[1-9][0-9]{0,8}\.(?:0|[1-9][0-9]{0,8})")
_RESTORE: Final = "restore it from version control, or delete it and run `pytest --contracts-update`"


@dataclass(frozen=True, slots=True)
class ResponseShape:
    """What one kind of response (status and media type) looks like.

    Attributes:
        seen: How many responses it rests on.
        headers: The contract's headers, as an object.
        body: The JSON body; None where there is none or it is not JSON.
        challenges: The authentication schemes it asks for: `Bearer`.
        conduct: What it says beside its body: limits, versions, how it pages.
        requests: The JSON bodies of the requests it answered, `UNKNOWN` where there were none.
    """

    seen: int = 0
    headers: Shape = UNKNOWN
    body: Shape | None = None
    challenges: frozenset[str] = frozenset()
    conduct: Conduct = field(default_factory=Conduct)
    requests: Shape = UNKNOWN

    @property
    def answers(self) -> Answers:
        """All of it but the body."""
        return Answers(self.seen, self.headers, self.conduct, self.challenges)

    def settled(self, pins: Pins) -> ResponseShape:
        """The same with all decided that the counts carry: what a snapshot keeps."""
        return replace(
            self,
            headers=settle(self.headers, _HEADERS),
            body=None if self.body is None else settle(self.body, pins),
            requests=settle(self.requests),
        )

    def merged(self, other: ResponseShape) -> ResponseShape:
        """Both together, counts added."""
        bodies = [shape for shape in (self.body, other.body) if shape is not None]
        return ResponseShape(
            self.seen + other.seen,
            merge(self.headers, other.headers),
            merge(bodies[0], bodies[-1]) if len(bodies) > 1 else next(iter(bodies), None),
            self.challenges | other.challenges,
            self.conduct.merged(other.conduct),
            merge(self.requests, other.requests),
        )

    def to_json(self) -> dict[str, Any]:
        """Its JSON."""
        count = Count(self.seen, self.seen)
        document: dict[str, Any] = {"seen": self.seen}
        if self.challenges:
            document["challenges"] = sorted(self.challenges)
        conduct = conduct_to_json(self.conduct.kept)
        if conduct:
            document["conduct"] = conduct
        if self.headers.fields:
            document["headers"] = _without_dialect(to_schema(self.headers, count))
        if self.body is not None:
            document["body"] = to_schema(self.body, count)
        if self.requests.kinds:
            document["request"] = to_schema(self.requests, count)
        return document

    @classmethod
    def from_json(cls, document: object) -> ResponseShape:
        """What `to_json` made.

        Raises:
            SnapshotError: It did not make this.
        """
        seen = document.get("seen") if isinstance(document, dict) else None
        if not isinstance(document, dict) or type(seen) is not int or seen < 0:
            raise SnapshotError("a response is no object with a number `seen`")
        count, challenges = Count(seen, seen), document.get("challenges", [])
        if not isinstance(challenges, list) or not all(isinstance(scheme, str) for scheme in challenges):
            raise SnapshotError("`challenges` of a response is not a list of strings")
        headers, body = document.get("headers"), document.get("body")
        return cls(
            seen,
            from_schema(headers, count) if headers is not None else _no_headers(count),
            from_schema(body, count) if body is not None else None,
            frozenset(challenges),
            conduct_from_json(document.get("conduct", {})),
            from_schema(document["request"], count) if "request" in document else UNKNOWN,
        )


def _no_headers(count: Count) -> Shape:
    return Shape(count, {Kind.OBJECT: count}, records={UNTAGGED: Record(count)})


def _without_dialect(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "$schema"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The shape of one operation, with a version.

    Attributes:
        operation: The operation.
        version: MAJOR.MINOR.
        since: The day this version was learned, ISO 8601.
        reason: Why, in the words of who learned it, or "".
        auth: How requests authenticated: schemes, not credentials.
        responses: By status and media type.
        queries: What requests chose in their queries (`expand=customer`) though nothing came of it: they share it.
    """

    operation: Operation
    version: str
    since: str
    reason: str = ""
    auth: tuple[str, ...] = ()
    responses: Mapping[str, ResponseShape] = field(default_factory=dict)
    queries: tuple[str, ...] = ()

    def to_text(self) -> str:
        """The file's text: sorted, indented, ending in a newline."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "integration": self.operation.integration,
            "operation": self.operation.name,
            "version": self.version,
            "since": self.since,
        }
        if self.reason:
            document["reason"] = self.reason
        if self.auth:
            document["auth"] = list(self.auth)
        if self.queries:
            document["queries"] = list(self.queries)
        document["responses"] = {key: self.responses[key].to_json() for key in sorted(self.responses)}
        return f"{json.dumps(document, indent=2)}\n"


def read_snapshot(path: Path) -> Snapshot | None:
    """The snapshot in a file, or None where there is no file.

    Raises:
        SnapshotError: There is a file, and it cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotError(f"{path}: cannot be read: {error}; {_RESTORE}") from error
    return snapshot_in(text, str(path))


def snapshot_in(text: str, path: str) -> Snapshot:
    """The snapshot that a text is.

    Args:
        text: What a file holds, or held.
        path: What it is called in messages.

    Raises:
        SnapshotError: It is none, or cannot be used.
    """
    document = _document(path, text)
    number = document.get("format") if isinstance(document, dict) else None
    if isinstance(number, int) and number > FORMAT:
        raise SnapshotError(
            f"{path}: has format {number}, newer than this release knows ({FORMAT});"
            " upgrade pytest-integration-contracts"
        )
    try:
        return _parsed(document)
    except RecursionError as error:
        raise SnapshotError(f"{path}: is nested too deep; {_RESTORE}") from error
    except SnapshotError as error:
        raise SnapshotError(f"{path}: {error}; {_RESTORE}") from error


def _document(path: str, text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise SnapshotError(f"{path}: is nested too deep; {_RESTORE}") from error
    except ValueError as error:  # not only JSON's own: a number of thousands of digits is another
        conflict = any(line.startswith("<<<<<<<") for line in text.splitlines())
        what = "has merge conflicts; resolve them" if conflict else f"is not JSON ({error}); {_RESTORE}"
        raise SnapshotError(f"{path}: {what}") from error


def _parsed(document: object) -> Snapshot:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise SnapshotError("is not a snapshot")
    texts = [document.get(key, "") for key in ("integration", "operation", "version", "since", "reason")]
    auth, responses = document.get("auth", []), document.get("responses")
    if not all(isinstance(text, str) for text in texts) or not all(texts[:2]) or not isinstance(responses, dict):
        raise SnapshotError("is not a snapshot")
    if not _VERSION.fullmatch(texts[2]):
        raise SnapshotError(f"has no version MAJOR.MINOR but {texts[2]!r}")
    queries = document.get("queries", [])
    for key, value in (("auth", auth), ("queries", queries)):
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise SnapshotError(f"`{key}` is not a list of strings")
    return Snapshot(
        Operation(texts[0], texts[1]),
        version=texts[2],
        since=texts[3],
        reason=texts[4],
        auth=tuple(auth),
        responses={key: ResponseShape.from_json(value) for key, value in responses.items()},
        queries=tuple(queries),
    )
