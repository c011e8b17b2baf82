"""SDKs of vendors, asked as their customers ask: what they make of an answer is what must be alike."""

from __future__ import annotations

import asyncio
import functools
import json
import zlib
from typing import Any
from urllib.parse import parse_qs

import boto3
import botocore.config
import botocore.exceptions
import slack_sdk
import slack_sdk.errors
import slack_sdk.web.async_client
import stripe

from traffic.serving import Asked, Given

CONTENT = b"\x00a file\xff" * 100
XML = {"Content-Type": "text/xml"}
SNS = "https://sns.amazonaws.example/doc/2010-03-31/"


def answer(asked: Asked) -> Given:
    """What the vendors' servers answer, as far as their SDKs insist on it."""
    service = asked.path.split("/")[2]
    return {"s3": _s3, "dynamodb": _dynamodb, "sns": _sns, "stripe": _stripe, "slack": _slack}[service](asked)


def _json(value: object, status: int = 200, **headers: str) -> Given:
    return Given(status, [json.dumps(value).encode()], {"Content-Type": "application/json", **headers})


def _s3(asked: Asked) -> Given:
    if asked.method == "PUT":
        return Given(200, [], {"ETag": '"1"'})
    if asked.path.endswith("/missing"):
        return Given(404, [b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"], XML)
    return Given(200, [CONTENT], {"Content-Type": "application/octet-stream", "ETag": '"1"', "x-amz-meta-note": "kept"})


def _dynamodb(asked: Asked) -> Given:
    if asked.headers["x-amz-target"].endswith(".GetItem"):
        item = {"id": {"S": "42"}, "total": {"N": "1.5"}, "tags": {"SS": ["a", "b"]}}
        text = json.dumps({"Item": item}).encode()
        checksum = {"x-amz-crc32": str(zlib.crc32(text))}
        return Given(200, [text], {"Content-Type": "application/x-amz-json-1.0", **checksum})
    problem = {"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "no such table"}
    return _json(problem, 400)


def _sns(asked: Asked) -> Given:
    assert parse_qs(asked.body.decode())["Action"] == ["Publish"]
    result = "<PublishResult><MessageId>abc</MessageId></PublishResult>"
    metadata = "<ResponseMetadata><RequestId>def</RequestId></ResponseMetadata>"
    return Given(200, [f'<PublishResponse xmlns="{SNS}">{result}{metadata}</PublishResponse>'.encode()], XML)


def _stripe(asked: Asked) -> Given:
    if asked.path.endswith("/charges"):
        return _json({"error": {"type": "card_error", "code": "card_declined", "message": "Declined."}}, 402)
    sent = parse_qs(asked.body.decode())
    return _json({"id": "cus_42", "object": "customer", "email": sent.get("email", ["ada@mail.example"])[0]})


def _slack(asked: Asked) -> Given:
    if asked.path.endswith("chat.postMessage"):
        return _json({"ok": True, "channel": "C1", "ts": "1.2", "message": {"text": "hello"}})
    return _json({"ok": False, "error": "channel_not_found"})


@functools.cache
def _aws(service: str, base: str) -> Any:
    """A client as a module would hold it: made before any recorder is open."""
    return boto3.client(
        service,
        endpoint_url=f"{base}/{service}",
        region_name="eu-west-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        config=botocore.config.Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )


def with_s3(base: str) -> list[object]:
    s3 = _aws("s3", base)
    put = s3.put_object(Bucket="files", Key="a/b.bin", Body=CONTENT)
    whole = s3.get_object(Bucket="files", Key="a/b.bin")
    pieces = s3.get_object(Bucket="files", Key="a/b.bin")["Body"].iter_chunks(7)
    return [
        put["ETag"],
        whole["Body"].read(),
        whole["Metadata"],
        b"".join(pieces),
        _refused(s3.get_object, Key="missing"),
    ]


def _refused(call: Any, **options: str) -> tuple[str, int]:
    try:
        call(Bucket="files", **options)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError("it was not refused")


def with_dynamodb(base: str) -> list[object]:
    dynamodb = _aws("dynamodb", base)
    item = dynamodb.get_item(TableName="orders", Key={"id": {"S": "42"}})["Item"]
    try:
        dynamodb.put_item(TableName="nothing", Item={"id": {"S": "42"}})
    except dynamodb.exceptions.ResourceNotFoundException as error:
        return [item, (error.response["Error"]["Code"], error.response["Error"]["Message"])]
    raise AssertionError("it was not refused")


def with_sns(base: str) -> list[object]:
    published = _aws("sns", base).publish(TopicArn="arn:aws:sns:eu-west-1:1:orders", Message="hello")
    return [published["MessageId"], published["ResponseMetadata"]["HTTPStatusCode"]]


def _stripe_client(base: str, **options: Any) -> stripe.StripeClient:
    return stripe.StripeClient(
        "sk_test_nothing", base_addresses={"api": f"{base}/stripe"}, max_network_retries=0, **options
    )


def with_stripe(base: str) -> list[object]:
    client = _stripe_client(base, http_client=stripe.RequestsClient())
    found = client.v1.customers.retrieve("cus_42")
    made = client.v1.customers.create({"email": "zoe@mail.example"})
    try:
        client.v1.charges.create({"amount": 100, "currency": "eur"})
    except stripe.CardError as error:
        return [found.id, found.email, made.email, error.code, error.http_status]
    raise AssertionError("it was not refused")


def with_async_stripe(base: str) -> list[object]:
    async def run() -> list[object]:
        http_client = stripe.HTTPXClient()
        try:
            client = _stripe_client(base, http_client=http_client)
            found = await client.v1.customers.retrieve_async("cus_42")
            made = await client.v1.customers.create_async({"email": "zoe@mail.example"})
            return [found.id, made.email]
        finally:
            await http_client.close_async()

    return asyncio.run(run())


def with_slack(base: str) -> list[object]:
    client = slack_sdk.WebClient("xoxb-nothing", base_url=f"{base}/slack/")
    posted = client.chat_postMessage(channel="C1", text="hello")
    try:
        client.conversations_info(channel="C2")
    except slack_sdk.errors.SlackApiError as error:
        return [posted["ts"], posted["message"], error.response["error"]]
    raise AssertionError("it was not refused")


def with_async_slack(base: str) -> list[object]:
    async def run() -> list[object]:
        client = slack_sdk.web.async_client.AsyncWebClient("xoxb-nothing", base_url=f"{base}/slack/")
        posted = await client.chat_postMessage(channel="C1", text="hello")
        return [posted["ts"], posted["message"]]

    return asyncio.run(run())


VENDORS = {
    "boto3, S3": with_s3,
    "boto3, DynamoDB": with_dynamodb,
    "boto3, SNS": with_sns,
    "stripe": with_stripe,
    "stripe, async": with_async_stripe,
    "slack_sdk": with_slack,
    "slack_sdk, async": with_async_slack,
}
