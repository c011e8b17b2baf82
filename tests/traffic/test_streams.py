from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.traffic.bodies import Body, decode
from pytest_integration_contracts.traffic.streams import EVENTS, LINES
from strategies import JSON, json_values, quickly


def read(text: str | bytes, media: str) -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return decode(raw, {"content-type": media}).value


@pytest.mark.parametrize("media", sorted(LINES))
@given(values=st.lists(json_values, min_size=1, max_size=4))
@quickly
def test_a_line_is_a_value_also_where_there_is_only_one(media: str, values: list[JSON]) -> None:
    text = "".join(f"{json.dumps(value)}\n" for value in values)
    assert read(text, f"{media}; charset=utf-8") == values


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\r"])
def test_lines_may_end_in_any_way_and_be_blank(end: str) -> None:
    assert read(f'{{"id": 1}}{end}{{"id": 2}}{end}', "application/x-ndjson") == [{"id": 1}, {"id": 2}]


def test_sequences_have_a_separator_before_each_value() -> None:
    assert read('\x1e{"id": 1}\n\x1e{"id": 2}\n', "application/json-seq") == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize("media", ["text/plain", "application/octet-stream"])
def test_lines_are_known_by_their_content_too(media: str) -> None:
    assert decode(b'{"id": 1}\n{"id": 2}\n', {"content-type": media}) == Body(media, [{"id": 1}, {"id": 2}])


@pytest.mark.parametrize("text", ['{"id": 1}\n{"id": ', '{"id": 1}\nnot JSON\n'])
def test_a_line_that_is_no_value_makes_it_no_lines(text: str) -> None:
    assert read(text, "application/x-ndjson") is NO_BODY
    assert decode(text.encode(), {"content-type": "application/json"}) == Body("unreadable application/json")


def test_events_have_a_name_and_data() -> None:
    stream = (
        ": a comment\n"
        "event: order.created\n"
        'data: {"id": 1}\n'
        "\n"
        "id: 7\n"
        "retry: 10\n"
        'data: {"id":\n'
        "data:  2}\n"
        "\n"
        "data: [DONE]\n"
        "\n"
        "event: nothing\n"
        "\n"
        'data:{"id": 3}'
    )
    assert read(stream, EVENTS) == [
        {"event": "order.created", "data": {"id": 1}},
        {"event": "message", "data": {"id": 2}},
        {"event": "message", "data": "[DONE]"},
        {"event": "message", "data": {"id": 3}},
    ]


def test_no_events_are_an_empty_list() -> None:
    assert read(": ping\n\n", EVENTS) == []


def test_what_is_no_text_is_opaque() -> None:
    assert decode(b"data: \xff\n\n", {"content-type": EVENTS}) == Body(EVENTS)


@pytest.mark.parametrize("media", ["application/x-ndjson", EVENTS])
def test_a_value_nested_without_end_is_refused(media: str) -> None:
    text = ("data: " if media == EVENTS else "") + "[" * 100_000
    with pytest.raises(BodyError, match="nested too deep"):
        read(text, media)
