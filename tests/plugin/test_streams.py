"""Streams of values in real sessions: each line, and each event, is held."""

from __future__ import annotations

import json

from plugin.harness import Project
from upstream import Answer, Upstream

CLIENT = """
import os
import requests

def stream():
    with requests.get(f"{os.environ['CRM_URL']}/stream", stream=True, timeout=5) as response:
        return list(response.iter_lines())
"""
TEST = """
import pytest
from client import stream

@pytest.mark.contract
def test_stream():
    assert stream()
"""
PAID, SENT = {"id": 1, "amount": 5, "currency": "EUR"}, {"id": 2, "parcel": "x y", "carrier": "y z"}


def lines(*values: object) -> Answer:
    text = "".join(f"{json.dumps(value)}\n" for value in values)
    return Answer(200, text.encode(), {"Content-Type": "application/x-ndjson"})


def events(**values: object) -> Answer:
    text = "".join(f"event: {name}\ndata: {json.dumps(value)}\n\n" for name, value in values.items())
    return Answer(200, text.encode(), {"Content-Type": "text/event-stream"})


def learn(project: Project, upstream: Upstream, answer: Answer) -> None:
    project.write("client.py", CLIENT)
    project.write("test_crm.py", TEST)
    upstream.answers["/v1/stream"] = answer
    assert project.run("--contracts-update").exit == 0
    assert project.run("--contracts").exit == 0


def test_a_line_that_lost_a_field_is_found(project: Project, upstream: Upstream) -> None:
    learn(project, upstream, lines(PAID, PAID))
    assert "200 application/x-ndjson" in project.files()["contracts/crm/GET-stream.json"]
    upstream.answers["/v1/stream"] = lines({"id": 1, "amount": 5})
    result = project.run("--contracts-live")
    assert result.exit == 1
    assert "  BREAKING  property.removed   $[*].currency" in result.failure("test_stream")


def test_events_of_several_names_are_variants(project: Project, upstream: Upstream) -> None:
    learn(project, upstream, events(paid=PAID, sent=SENT))
    upstream.answers["/v1/stream"] = events(paid={"id": 1, "amount": 5}, sent=SENT)
    result = project.run("--contracts-live")
    assert result.exit == 1
    assert "property.removed   $[*].data.currency where event=paid" in result.failure("test_stream")
    upstream.answers["/v1/stream"] = events(paid=PAID, lost={"id": 3, "claim": "x y", "insurer": "y z"})
    section = project.run("--contracts-live").section
    assert "warning   variant.added   $[*]    event=paid, event=sent -> event=lost" in section
