"""What `infer` and `diff` are given, body files, snapshots, JSON Schemas and OpenAPI documents, and how two compare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from pytest_integration_contracts.drift.compare import compare, diff
from pytest_integration_contracts.drift.policy import Policy
from pytest_integration_contracts.errors import ContractsError, UsageError
from pytest_integration_contracts.model import Change, Exchange
from pytest_integration_contracts.reports.changes import Section
from pytest_integration_contracts.shapes.foreign import is_schema, shape_of_schema
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.schema import from_schema
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape
from pytest_integration_contracts.snapshots.snapshot import ResponseShape, Snapshot, read_snapshot
from pytest_integration_contracts.snapshots.versions import compare_versions
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.drift import all_used, changes, server_changes
from pytest_integration_contracts.specs.fetch import read_file
from pytest_integration_contracts.traffic.operations import described
from pytest_integration_contracts.traffic.secrets import scrub_value

Given = list[object] | Shape | Snapshot | Spec
"""Bodies (or exchanges), a shape, a snapshot, or an OpenAPI document."""

_EXCHANGE = frozenset({"method", "url", "status", "request_body", "response_body"})
_SNAPSHOT = frozenset({"format", "integration", "operation", "version", "responses"})
_NEEDED = frozenset({"method", "url", "response_body"})


def read(name: str, stdin: TextIO) -> Given:
    """What is in a file.

    Args:
        name: The file's path; `-` is standard input.
        stdin: Standard input.

    Raises:
        UsageError: It cannot be read, or holds nothing.
        SnapshotError: It is a snapshot that cannot be used.
        SpecError: It is an OpenAPI document that cannot be used.
    """
    if name.endswith((".yaml", ".yml")):
        return _document(name)
    values = read_bodies(name, stdin)
    only = values[0] if len(values) == 1 else None
    if isinstance(only, dict) and only.keys() >= _SNAPSHOT:
        return _snapshot(name)
    if isinstance(only, dict) and "paths" in only and only.keys() & {"openapi", "swagger"}:
        return _document(name)
    if isinstance(only, dict) and is_schema(only):
        try:
            return from_schema(only) if only.keys() & {"x-seen", "x-unknown"} else shape_of_schema(only)
        except ContractsError as error:
            raise UsageError(f"{name}: {error}") from error
    return values


def _snapshot(name: str) -> Snapshot:
    snapshot = None if name == "-" else read_snapshot(Path(name))
    if snapshot is None:
        raise UsageError(f"{name}: is a snapshot; give it as a file")
    return snapshot


def _document(name: str) -> Spec:
    """Read as it is: names of properties such as `password` are no secrets."""
    if name == "-":
        raise UsageError(f"{name}: is an OpenAPI document; give it as a file")
    return read_file(Path(name))


def read_bodies(name: str, stdin: TextIO) -> list[object]:
    """The JSON values in a file, exchanges among them read as such: the whole of it, or else one in each line.

    Raises:
        UsageError: It cannot be read, or holds nothing.
    """
    try:
        text = stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: cannot be read: {error}") from error
    if not text.strip():
        raise UsageError(f"{name}: holds no body")
    try:
        return [_exchange_or_body(name, json.loads(text))]
    except RecursionError as error:
        raise UsageError(f"{name}: is nested too deep to read") from error
    except ValueError as error:
        if name.endswith(".json"):
            raise UsageError(f"{name}: is not JSON: {error}") from error
        return [_line(name, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _line(name: str, number: int, line: str) -> object:
    place = f"{name}, line {number}"
    try:
        return _exchange_or_body(place, json.loads(line))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place}: is not JSON: {error}") from error


def _exchange_or_body(place: str, value: object) -> object:
    value = scrub_value(value)  # nothing of a secret is printed: no name, and no word of a vocabulary
    if not isinstance(value, dict) or not (_NEEDED <= value.keys() <= _EXCHANGE):
        return value
    if not isinstance(value["method"], str) or not isinstance(value["url"], str):
        raise UsageError(f"{place}: is an exchange whose `method` or `url` is not a string")
    if type(value.get("status", 200)) is not int:
        raise UsageError(f"{place}: is an exchange whose `status` is not an integer")
    exchange = Exchange(**value)
    return replace(exchange, request_body=described(exchange))


def compare_given(old: Given, new: Given, policy: Policy) -> list[Section]:
    """What changed: response by response where both are snapshots, and for all operations where both are documents.

    Raises:
        UsageError: One is a snapshot of several responses, or a document, and the other is not.
    """
    if isinstance(old, Spec) and isinstance(new, Spec):
        return list(_compare_documents(old, new, policy))
    if isinstance(old, Spec) or isinstance(new, Spec):
        raise UsageError("one of the two is an OpenAPI document; compare it with another one")
    if isinstance(old, Snapshot) and isinstance(new, Snapshot):
        return compare_snapshots(old, new, policy)
    if isinstance(old, list) and isinstance(new, list):
        return [Section("", tuple(diff(old, new, preset=policy.preset, overrides=policy.overrides)))]
    return [Section("", compare(_shape(old), _shape(new), policy=policy))]


def _compare_documents(old: Spec, new: Spec, policy: Policy) -> Iterator[Section]:
    yield Section("", server_changes(old, new, policy))
    for use in all_used(old, new):
        for response, told in changes(old, new, use, policy).items():
            yield Section(f"{use.operation.name}  {response}".strip(), told)


def compare_snapshots(old: Snapshot, new: Snapshot, policy: Policy) -> list[Section]:
    """What changed from one snapshot to another: for each response that both have, and for the others together."""
    both = sorted(old.responses.keys() & new.responses.keys())
    sections = [Section(key, _compared(_only(old, [key]), _only(new, [key]), policy)) for key in both]
    rest = [[key for key in each.responses if key not in both] for each in (old, new)]
    if not any(rest):
        return sections
    return [*sections, Section("", _compared(_only(old, rest[0]), _only(new, rest[1]), policy))]


def _compared(old: Snapshot, new: Snapshot, policy: Policy) -> tuple[Change, ...]:
    return compare_versions(old, new, policy.for_operation(new.operation))


def _only(snapshot: Snapshot, keys: list[str]) -> Snapshot:
    return replace(snapshot, responses={key: snapshot.responses[key] for key in keys})


def _shape(given: list[object] | Shape | Snapshot) -> Shape:
    if isinstance(given, Snapshot):
        return _body(given) or UNKNOWN
    return given if isinstance(given, Shape) else infer(map(response_body, given))


def response_body(given: object) -> object:
    """The body of an exchange, or what is a body already."""
    return given.response_body if isinstance(given, Exchange) else given


def _body(snapshot: Snapshot) -> Shape | None:
    known: dict[str, ResponseShape] = {key: each for key, each in snapshot.responses.items() if each.body is not None}
    chosen = [each for key, each in known.items() if len(known) == 1 or key.startswith("2")]
    if len(chosen) != 1:
        raise UsageError(
            f"the snapshot of {snapshot.operation} has the responses {', '.join(snapshot.responses)};"
            " compare it with another snapshot, or its bodies with bodies"
        )
    return chosen[0].body
