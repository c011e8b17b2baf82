"""XML and CSV upstreams in real sessions: learned, replayed and held; and the limits that the manifest sets."""

from __future__ import annotations

import pytest

from plugin.harness import MANIFEST, Project
from upstream import Answer, Upstream

SOAP = """<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
  <soap:Body>
    <GetCustomerResponse xmlns="urn:crm:v1">
      <customer id="7"><email>jane@crm.example</email><total currency="EUR">5.00</total></customer>
    </GetCustomerResponse>
  </soap:Body>
</soap:Envelope>
"""
TABLE = "id,email,total\n1,jane@crm.example,5.0\n2,joe@crm.example,\n"
CLIENT = """
import csv
import io
import os
from xml.etree import ElementTree

import requests

URL = os.environ.get("CRM_URL", "https://api.crm.example/v1")

def fetch():
    response = requests.get(f"{URL}/report", timeout=5)
    if "xml" in response.headers["Content-Type"]:
        return list(ElementTree.fromstring(response.content).iter())
    return list(csv.DictReader(io.StringIO(response.text)))
"""
TEST = """
import pytest
from client import fetch

@pytest.mark.contract
def test_report():
    assert fetch()
"""
CASSETTE = "contracts/cassettes/test_crm/test_report.yaml"


def xml(text: str) -> Answer:
    return Answer(200, text.encode(), {"Content-Type": "text/xml; charset=utf-8"})


def table(text: str) -> Answer:
    return Answer(200, text.encode(), {"Content-Type": "text/csv"})


def learn(project: Project, upstream: Upstream, answer: Answer) -> None:
    project.write("client.py", CLIENT)
    project.write("test_crm.py", TEST)
    upstream.answers["/v1/report"] = answer
    assert project.run("--contracts-update").exit == 0
    assert project.run("--contracts").exit == 0


def live(project: Project, upstream: Upstream, answer: Answer) -> str:
    upstream.answers["/v1/report"] = answer
    result = project.run("--contracts-live")
    assert result.exit == 1
    return result.failure("test_report")


def test_an_element_that_is_gone_is_told_where_it_was(project: Project, upstream: Upstream) -> None:
    learn(project, upstream, xml(SOAP))
    answer = "$.Envelope.Body[*]['crm:GetCustomerResponse'][*]"
    told = live(project, upstream, xml(SOAP.replace("<email>jane@crm.example</email>", "")))
    assert f"BREAKING  property.removed   {answer}.customer[*].email " in told
    told = live(project, upstream, xml(SOAP.replace("urn:crm:v1", "urn:crm:v2")))
    assert f"BREAKING  property.renamed   {answer}['@xmlns=urn:crm:v1'] " in told


def test_more_of_the_same_elements_are_no_news_from_a_snapshot(project: Project, upstream: Upstream) -> None:
    learn(project, upstream, xml(SOAP))
    start, end = SOAP.index("<customer"), SOAP.index("</customer>") + len("</customer>")
    for number in (3, 1):
        upstream.answers["/v1/report"] = xml(SOAP[:start] + SOAP[start:end] * number + SOAP[end:])
        assert project.run("--contracts-live").exit == 0
    learn(project, upstream, xml(SOAP[:start] + SOAP[start:end] * 3 + SOAP[end:]))
    before = project.files()["contracts/crm/GET-report.json"]
    assert project.run("--contracts-record", "--contracts-update").exit == 0
    after = project.files()["contracts/crm/GET-report.json"]
    assert ('"version": "1.0"' in before, '"version": "1.1"' in after) == (True, True)
    assert after.count('"x-repeats": true') == 1
    upstream.answers["/v1/report"] = xml(SOAP[:start] + SOAP[end:])
    assert project.run("--contracts-live").exit == 0
    assert project.run("--contracts-record", "--contracts-update").exit == 0
    upstream.answers["/v1/report"] = xml(SOAP)
    assert project.run("--contracts-live").exit == 0
    assert "customer" in project.files()["contracts/crm/GET-report.json"]


def test_a_column_that_was_renamed_is_told(project: Project, upstream: Upstream) -> None:
    learn(project, upstream, table(TABLE))
    told = live(project, upstream, table(TABLE.replace("email", "e_mail")))
    assert "BREAKING  property.renamed   $[*].email " in told
    for same in ("total,id,email\r\n7.5,1,jane@crm.example\r\n", "id;email;total\n1;jane@crm.example;\n"):
        upstream.answers["/v1/report"] = table(same)
        assert project.run("--contracts-live").exit == 0


@pytest.mark.parametrize("answer", [xml(SOAP), table(TABLE)], ids=["xml", "csv"])
def test_a_snapshot_holds_no_value(project: Project, upstream: Upstream, answer: Answer) -> None:
    learn(project, upstream, answer)
    snapshot = project.files()["contracts/crm/GET-report.json"]
    assert "email" in snapshot
    assert not any(value in snapshot for value in ("jane", "EUR", "5.0"))


@pytest.mark.parametrize(
    ("answer", "drifted", "path"),
    [
        (xml(SOAP), ("email>", "mail>"), "customer[*].email"),
        (table(TABLE), ("id,email", "id,mail"), "$[*].email"),
    ],
    ids=["xml", "csv"],
)
def test_cassettes_are_learned_from_and_held_without_a_test(
    project: Project, upstream: Upstream, answer: Answer, drifted: tuple[str, str], path: str
) -> None:
    learn(project, upstream, answer)
    recorded = project.files()[CASSETTE]
    assert project.command("capture", CASSETTE).exit == 0
    held = project.command("check", CASSETTE)
    assert (held.exit, "BREAKING" in held.text) == (0, False)
    project.write(CASSETTE, recorded.replace(*drifted))
    checked = project.command("check", CASSETTE)
    assert checked.exit == 1
    assert f"{path} " in checked.text


def test_a_page_in_the_place_of_a_document_is_another_answer(project: Project, upstream: Upstream) -> None:
    learn(project, upstream, xml(SOAP))
    upstream.answers["/v1/report"] = xml("<!DOCTYPE html><html><body><p>Log in</p></body></html>")
    result = project.run("--contracts-live")
    assert result.exit == 1
    assert "200 unreadable text/xml" in result.text


@pytest.mark.parametrize(
    ("limit", "answer", "told"),
    [
        ('body = "200B"', xml(SOAP), "a body is larger than 200 bytes (341 bytes); raise `body` under"),
        ("depth = 6", xml(SOAP), "a body is nested deeper than 3 elements; raise `depth` under"),
        ("depth = 1", table(TABLE), "a body is nested deeper than 1 levels; raise `depth` under"),
    ],
)
def test_a_limit_is_named_with_the_request_and_the_key_to_raise(
    project: Project, upstream: Upstream, limit: str, answer: Answer, told: str
) -> None:
    learn(project, upstream, answer)
    project.write("contracts.toml", f"[defaults.limits]\n{limit}\n{MANIFEST}")
    result = project.run("--contracts")
    assert result.exit == 1
    text = " ".join(result.failure("test_report").split())
    size = len(SOAP.encode())
    assert f"GET https://api.crm.example/v1/report, answer: {told.replace('341', str(size))}" in text
    project.write("contracts.toml", f"[defaults.limits]\n{limit.partition(' ')[0]} = 0\n{MANIFEST}")
    assert "contracts.toml: defaults.limits." in project.run("--contracts").errors + project.run("--contracts").text


def test_a_document_that_declares_entities_fails_the_test_that_meets_it(project: Project, upstream: Upstream) -> None:
    learn(project, upstream, xml(SOAP))
    bomb = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
    told = " ".join(live(project, upstream, xml(bomb)).split())
    assert "GET https://api.crm.example/v1/report, answer: an XML body declares entities of its own" in told
