"""A response with its faults: what is sent, and what goes wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pytest_integration_contracts.serving.answers import Answer, Asked, StandIn
from pytest_integration_contracts.serving.faults import FIELDS, Fault
from pytest_integration_contracts.serving.fields import nulled, renamed, without


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer goes out.

    Attributes:
        answer: The answer.
        delay: How many seconds pass before anything is sent.
        slow: Over how many seconds the body is spread.
        ends: `timeout`, `reset` or `truncate` where it does not come whole, else "".
        faults: The faults that were applied, as they were written.
    """

    answer: Answer
    delay: float = 0.0
    slow: float = 0.0
    ends: str = ""
    faults: tuple[str, ...] = ()


def delivered(stand_in: StandIn, asked: Asked, faults: Iterable[Fault]) -> Delivery:
    """The answer to a request, with what goes wrong of it."""
    several = list(faults)
    failing = [each for each in several if each.status]
    answer = stand_in.failure(asked, failing[-1].status) if failing else stand_in.answer(asked)
    for fault in several:
        if fault.name in FIELDS:
            answer = _with_field(answer, fault)
    if any(each.name == "malformed" for each in several):
        answer = replace(answer, body=_malformed(answer.body))
    ends = [each.name for each in several if each.name in {"timeout", "reset", "truncate"}]
    return Delivery(
        answer,
        delay=sum(each.seconds for each in several if each.name == "delay"),
        slow=sum(each.seconds for each in several if each.name == "slow-body"),
        ends=ends[0] if ends else "",
        faults=tuple(each.text for each in several),
    )


def _with_field(answer: Answer, fault: Fault) -> Answer:
    if not answer.is_json or fault.place is None:
        return answer
    try:
        body = json.loads(answer.body)
        if fault.name == "drop-field":
            changed = without(body, fault.place)
        elif fault.name == "null-field":
            changed = nulled(body, fault.place)
        else:
            changed = renamed(body, fault.place, fault.to)
    except (ValueError, RecursionError):
        return answer
    return answer if changed == body else replace(answer, body=json.dumps(changed).encode("ascii"))


def _malformed(body: bytes) -> bytes:
    """The first half of a body, as if that were all; no JSON value but a number survives it."""
    return body[: len(body) // 2] if len(body) > 1 else b"{"
