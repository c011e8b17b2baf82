"""Observations and snapshots as a run makes them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from drift.exchanging import hostile_exchanges
from pytest_integration_contracts.drift.facts import answers
from pytest_integration_contracts.model import NO_BODY, Exchange, Operation
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.snapshots.snapshot import ResponseShape, Snapshot
from pytest_integration_contracts.snapshots.versions import Observation, first_version, next_version

OPERATION = Operation("crm", "GET /customers/{id}")
JSON = "200 application/json"

NAMES = st.sampled_from(["id", "email", "at", "a b", "$ref", "Zoë", "\ud800", ""])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["42", "4.2", "2024-02-29", "2024-02-29T10:00:00Z", "jane@crm.example", "https://h.example/a"]),
)
BODIES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
HEADERS = st.dictionaries(st.sampled_from(["etag", "x-page", "link"]), st.sampled_from(["1", "a", "2024-02-29"]))


def seen(*bodies: object, headers: dict[str, str] | None = None) -> ResponseShape:
    """One kind of response with these bodies."""
    return ResponseShape(len(bodies), infer([headers or {}] * len(bodies)), infer(bodies))


def told(*exchanges: Exchange) -> ResponseShape:
    """One kind of response, from whole exchanges."""
    said = answers(exchanges)
    bodies = [each.response_body for each in exchanges if each.response_body is not NO_BODY]
    body = infer(bodies) if bodies else None
    return ResponseShape(said.seen, said.headers, body, said.challenges, said.conduct)


def without_body(times: int = 1) -> ResponseShape:
    return ResponseShape(times, infer([{}] * times))


def observed(*bodies: object, auth: str = "", headers: dict[str, str] | None = None) -> Observation:
    """What a run saw that met these bodies, all of one kind."""
    return Observation(frozenset({auth} - {""}), {JSON: seen(*bodies, headers=headers)})


def snapshot(*bodies: object, auth: str = "", headers: dict[str, str] | None = None) -> Snapshot:
    return first_version(OPERATION, observed(*bodies, auth=auth, headers=headers), today="2026-01-01", reason="first")


def learned(current: Snapshot, observation: Observation) -> Snapshot | None:
    """The next version, or None where there is nothing to write."""
    found = next_version(current, observation, today="2026-02-02", reason="second")
    return found[0] if found else None


@st.composite
def responses(draw: st.DrawFn) -> ResponseShape:
    bodies = draw(st.lists(BODIES, min_size=1, max_size=3))
    headers = draw(st.lists(HEADERS, min_size=len(bodies), max_size=len(bodies)))
    conduct = answers(draw(st.lists(hostile_exchanges, max_size=2))).conduct.kept
    return ResponseShape(len(bodies), infer(headers), draw(st.just(infer(bodies)) | st.none()), conduct=conduct)


KEYS = st.sampled_from([JSON, "200 text/html", "201 application/json", "204", "404 application/json", "payload"])
OBSERVATIONS = st.builds(
    Observation,
    st.frozensets(st.sampled_from(["Bearer", "Basic", "header x-api-key"])),
    st.dictionaries(KEYS, responses(), min_size=1, max_size=3),
)
SNAPSHOTS = st.builds(
    first_version,
    st.builds(Operation, st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=9)),
    OBSERVATIONS,
    today=st.dates().map(str),
    reason=st.text(max_size=9),
)
