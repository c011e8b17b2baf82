"""SDKs of vendors, which wrap botocore's urllib3, requests, httpx, urllib and aiohttp."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic.alike import alike
from traffic.clients import Addresses
from traffic.serving import Server
from traffic.tape import Tape
from traffic.vendors import CONTENT, VENDORS, answer

ANSWERS = {
    "boto3, S3": ['"1"', CONTENT, {"note": "kept"}, CONTENT, ("NoSuchKey", 404)],
    "boto3, DynamoDB": [
        {"id": {"S": "42"}, "total": {"N": "1.5"}, "tags": {"SS": ["a", "b"]}},
        ("ResourceNotFoundException", "no such table"),
    ],
    "boto3, SNS": ["abc", 200],
    "stripe": ["cus_42", "ada@mail.example", "zoe@mail.example", "card_declined", 402],
    "stripe, async": ["cus_42", "zoe@mail.example"],
    "slack_sdk": ["1.2", {"text": "hello"}, "channel_not_found"],
    "slack_sdk, async": ["1.2", {"text": "hello"}],
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(answer=answer) as server:
        yield server


@pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")  # as stripe uses httpx
@pytest.mark.parametrize("vendor", VENDORS)
def test_the_customer_gets_the_same(server: Server, tmp_path: Path, vendor: str) -> None:
    seen = alike(server, Tape(tmp_path / "cassette.yaml", Addresses(server.url)), VENDORS[vendor])
    assert seen.answers == ANSWERS[vendor]
    assert seen.exchanges
    text = (tmp_path / "cassette.yaml").read_text()
    assert not [secret for secret in ("sk_test_nothing", "xoxb-nothing", "Signature=") if secret in text]


def test_a_signature_of_boto3_and_the_time_of_it_are_no_part_of_the_question(server: Server, tmp_path: Path) -> None:
    seen = alike(server, Tape(tmp_path / "cassette.yaml", Addresses(server.url)), VENDORS["boto3, DynamoDB"])
    assert [each.status for each in seen.exchanges] == [200, 400]
    assert seen.exchanges[0].request_body == {"TableName": "orders", "Key": {"id": {"S": "42"}}}
