"""Messages on their way to real receivers on loopback."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import psycopg
import pytest

from health import postgres
from health.receiving import MailServer, Webhook
from health.simulated import DAY, HOUR, START, World, sample
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.health.alerting import KEPT_FOR, TRIES, Delivery, deliver, evaluate
from pytest_integration_contracts.health.alerts import Decision
from pytest_integration_contracts.health.messages import Level, Rendered
from pytest_integration_contracts.health.outbox import LEASE, Letter, Outbox, open_outbox
from pytest_integration_contracts.health.sending import Target, _apprise, scrubbed, send, targets_of
from pytest_integration_contracts.model import Verdict

pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"
)  # apprise's, on 3.11 and 3.12

MESSAGE = Rendered(
    title="crm: down",
    text="crm: down\n  call: <a@b.example>",
    markdown="**crm: down**\n\n- **call:** x",
    level=Level.FAILURE,
)
STORE = "sqlite:.contracts/health.sqlite"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as opened:
        yield opened


def only(url: str) -> Target:
    (target,) = targets_of(["env:ALERTS_URL"], {"ALERTS_URL": url})
    return target


class TestTargets:
    def test_one_variable_may_hold_several(self) -> None:
        urls = "json://one.example/a,b  form://two.example/,\n xml://three.example"
        targets = targets_of(["env:A", "env:B"], {"A": urls, "B": "json://four.example"})
        assert [each.name for each in targets] == ["env:A#1", "env:A#2", "env:A#3", "env:B"]
        assert targets[0].url == "json://one.example/a,b"

    @pytest.mark.parametrize("environment", [{}, {"ALERTS_URL": ""}, {"ALERTS_URL": " \n"}])
    def test_a_variable_that_holds_nothing_is_named(self, environment: dict[str, str]) -> None:
        with pytest.raises(UsageError, match=r"the environment has no ALERTS_URL; set it to"):
            targets_of(["env:ALERTS_URL"], environment)

    @pytest.mark.parametrize("url", ["nonsense-hunter2", "nowhere://token-hunter2", "slack://hunter2"])
    def test_what_apprise_does_not_know_is_told_without_showing_it(
        self, url: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(1)
        with pytest.raises(UsageError, match=r"what env:ALERTS_URL holds is no address that apprise knows") as caught:
            targets_of(["env:ALERTS_URL"], {"ALERTS_URL": url})
        captured = capsys.readouterr()
        assert "hunter2" not in f"{caught.value} {caplog.text} {captured.out} {captured.err}"

    def test_an_address_is_no_reference(self) -> None:
        with pytest.raises(UsageError, match=r"is no reference") as caught:
            targets_of(["json://user:hunter2@hook.example"], {})
        assert "hunter2" not in str(caught.value)


class TestSending:
    def test_a_webhook_gets_plain_text(self, webhook: Webhook) -> None:
        assert send(only(webhook.url()), MESSAGE) == ""
        (got,) = webhook.got
        assert (got["title"], got["message"], got["type"]) == (MESSAGE.title, MESSAGE.text, "failure")

    def test_who_asks_for_markdown_gets_it(self, webhook: Webhook) -> None:
        assert send(only(webhook.url() + "?format=markdown"), MESSAGE) == ""
        assert webhook.got[0]["message"] == MESSAGE.markdown

    @pytest.mark.parametrize("scheme", ["form", "xml"])
    def test_other_webhooks_get_the_same(self, webhook: Webhook, scheme: str) -> None:
        assert send(only(webhook.url(scheme)), MESSAGE) == ""
        assert "crm: down" in webhook.got[0].replace("%3A", ":").replace("+", " ")

    def test_a_mail_has_the_first_line_as_its_subject(self) -> None:
        with MailServer() as server:
            assert send(only(server.url), MESSAGE) == ""
            (mail,) = server.mails
        assert mail["Subject"] == "crm: down"
        assert "oncall@team.example" in str(mail["To"])
        assert "<strong>call:</strong>" in body_of(mail)

    def test_a_failure_says_why_and_nothing_of_the_address(
        self, webhook: Webhook, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(1)
        webhook.statuses = [500]
        target = only(webhook.url(path="hunter2?+X-Key=opensesame").replace("://", "://bob:letmein@"))
        why = send(target, MESSAGE)
        assert "500" in why
        captured = capsys.readouterr()
        said = f"{why} {caplog.text} {captured.out} {captured.err} {target!r}"
        assert not [secret for secret in ("hunter2", "opensesame", "letmein", "bob") if secret in said]

    def test_what_is_too_long_for_a_service_is_split_unless_its_address_says_otherwise(self) -> None:
        assert _apprise(only("json://hook.example"))[0].overflow_mode.value == "split"
        assert _apprise(only("json://hook.example?overflow=truncate"))[0].overflow_mode.value == "truncate"

    def test_nobody_there(self) -> None:
        with Webhook() as gone:
            url = gone.url()
        why = send(only(url), MESSAGE)
        assert "onnection error" in why
        assert "127.0.0.1" not in why

    def test_who_hangs_is_left_behind(self, webhook: Webhook) -> None:
        webhook.hangs = True
        began = time.monotonic()
        assert send(only(webhook.url()), MESSAGE, most=0.3) == "no answer within 0.3 s"
        assert time.monotonic() - began < 3

    def test_apprise_logs_again_afterwards(self, webhook: Webhook) -> None:
        logger = logging.getLogger("apprise")
        before = logger.propagate, logger.handlers[:]
        send(only(webhook.url()), MESSAGE)
        assert (logger.propagate, logger.handlers) == before


def test_every_form_of_an_address_is_scrubbed() -> None:
    url = "mailto://me:p%40ss-word@mail.example/?to=you@team.example"
    said = scrubbed("login me:p@ss-word failed at mail.example for you@team.example (p%40ss-word)", url)
    assert not [each for each in ("p@ss", "ss-word", "mail.example", "team.example") if each in said]


def body_of(mail: Message) -> str:
    parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    return b"\n".join(part for part in parts if isinstance(part, bytes)).decode()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    reason = postgres.missing()
    if reason:
        pytest.skip(reason)
    with postgres.server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path, dict[str, str]]]:
    """Where what has been told is kept, as `open_outbox` takes it."""
    if request.param == "sqlite":
        yield STORE, tmp_path, {}
        return
    address = request.getfixturevalue("server")
    with contextlib.closing(psycopg.connect(address, autocommit=True)) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    yield "env:HEALTH_STORE", tmp_path, {"HEALTH_STORE": address}


class Desk:
    """An outbox of simulated time and real targets."""

    def __init__(self, outbox: Outbox, *urls: str) -> None:
        self.world = World()
        self.outbox = outbox
        self.targets = targets_of(["env:ALERTS_URL"], {"ALERTS_URL": " ".join(urls)})
        self.waited: list[float] = []

    def decide(self) -> Decision:
        def look(told: object) -> list[object]:
            self.world.told = told  # type: ignore[assignment]
            self.world.evaluate()
            return list(self.world.watched)

        return evaluate(self.outbox, look, self.targets, self.world.now)  # type: ignore[arg-type]

    def send(self) -> Delivery:
        return deliver(self.outbox, self.targets, send=send, clock=lambda: self.world.now, sleep=self.waited.append)

    def fail(self) -> None:
        """A refused credential is told at once."""
        self.world.now += HOUR
        self.world.run(sample(Verdict.DENIED))


@pytest.fixture
def outbox(place: tuple[str, Path, dict[str, str]]) -> Iterator[Outbox]:
    with open_outbox(*place) as opened:
        yield opened


def fail_while_deciding(outbox: Outbox, desk: Desk) -> None:
    desk.world.evaluate()
    with outbox.deciding() as book:
        book.keep({}, desk.world.told, [Letter(message="m", target="t", made_at=0.0, rendered=MESSAGE)])
        raise ZeroDivisionError


class TestOutbox:
    def test_what_is_told_stays_told(self, outbox: Outbox, webhook: Webhook) -> None:
        desk = Desk(outbox, webhook.url())
        desk.fail()
        assert len(desk.decide().messages) == 1
        assert len(desk.send().sent) == 1
        assert not desk.decide().messages
        assert desk.send() == Delivery((), (), ())
        assert [got["title"] for got in webhook.got] == ["crm: credential refused"]

    def test_a_receiver_that_fails_is_tried_again_within_bounds_and_alone(
        self, outbox: Outbox, webhook: Webhook
    ) -> None:
        with Webhook() as other:
            desk = Desk(outbox, webhook.url(), other.url())
            desk.fail()
            desk.decide()
            webhook.statuses = [500] * TRIES
            first = desk.send()
            assert [letter.target for letter in first.sent] == ["env:ALERTS_URL#2"]
            assert [letter.target for letter, _ in first.failed] == ["env:ALERTS_URL#1"]
            assert desk.waited == [1.0, 3.0]
            assert outbox.pending()[0].tries == TRIES
            desk.world.now += HOUR
            assert [letter.target for letter in desk.send().sent] == ["env:ALERTS_URL#1"]
            assert (len(webhook.got), len(other.got)) == (1, 1)

    def test_a_receiver_that_recovers_while_it_is_tried_gets_it_once(self, outbox: Outbox, webhook: Webhook) -> None:
        desk = Desk(outbox, webhook.url())
        desk.fail()
        desk.decide()
        webhook.statuses = [503]
        assert len(desk.send().sent) == 1
        assert len(webhook.got) == 1

    def test_after_seven_days_it_is_given_up_and_told_so_once(self, outbox: Outbox, webhook: Webhook) -> None:
        desk = Desk(outbox, webhook.url())
        desk.fail()
        desk.decide()
        webhook.statuses = [500] * 100
        desk.send()
        desk.world.now += KEPT_FOR - HOUR
        assert len(desk.send().failed) == 1
        desk.world.now += 2 * HOUR
        (dropped,) = desk.send().dropped
        assert "500" in dropped.error
        assert desk.send() == Delivery((), (), ())

    def test_one_that_died_while_it_was_sending_leaves_the_message_to_the_next(
        self, outbox: Outbox, webhook: Webhook
    ) -> None:
        desk = Desk(outbox, webhook.url())
        desk.fail()
        desk.decide()
        (letter,) = outbox.pending()
        assert outbox.claim(letter, desk.world.now)
        assert desk.send() == Delivery((), (), ())
        desk.world.now += LEASE + 1
        assert len(desk.send().sent) == 1

    def test_what_goes_nowhere_any_more_is_told(self, outbox: Outbox, webhook: Webhook) -> None:
        desk = Desk(outbox, webhook.url(), webhook.url())
        desk.fail()
        desk.decide()
        desk.targets = desk.targets[:1]
        ((_, why),) = desk.send().failed
        assert why == "env:ALERTS_URL#2 is no longer among `to`"

    def test_a_decision_that_is_not_kept_leaves_nothing(self, outbox: Outbox, webhook: Webhook) -> None:
        desk = Desk(outbox, webhook.url())
        desk.fail()
        with pytest.raises(ZeroDivisionError):
            fail_while_deciding(outbox, desk)
        assert outbox.told() == {}
        assert outbox.pending() == []

    def test_old_messages_are_forgotten(self, outbox: Outbox, webhook: Webhook) -> None:
        desk = Desk(outbox, webhook.url())
        desk.fail()
        desk.decide()
        desk.send()
        desk.world.now += 40 * DAY
        desk.decide()
        with outbox.deciding() as book:
            assert book._connection.exec_driver_sql("SELECT count(*) FROM health_outbox").scalar() == 1  # stale


EVALUATE = """
import os, signal, sys
from pathlib import Path
from health.test_sending import *

with open_outbox({url!r}, Path({root!r}), {environment!r}) as outbox:
    desk = Desk(outbox, {target!r})
    desk.fail()
    print("ready", flush=True)
    sys.stdin.readline()
    desk.decide()
    if {dies!r}:
        os.kill(os.getpid(), signal.SIGKILL)
    desk.send()
"""


def process(place: tuple[str, Path, dict[str, str]], target: str, *, dies: bool = False) -> subprocess.Popen[str]:
    url, root, environment = place
    code = textwrap.dedent(EVALUATE).format(url=url, root=str(root), environment=environment, target=target, dies=dies)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def go(*started: subprocess.Popen[str]) -> list[int]:
    """Let them all go at once, when all are there; how each ended."""
    for each in started:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    codes = [each.wait(60) for each in started]
    for each in started:
        for stream in (each.stdin, each.stdout):
            assert stream is not None
            stream.close()
    return codes


def test_several_that_evaluate_at_once_send_one_message(
    place: tuple[str, Path, dict[str, str]], webhook: Webhook
) -> None:
    assert go(*(process(place, webhook.url()) for _ in range(4))) == [0] * 4
    assert [got["title"] for got in webhook.got] == ["crm: credential refused"]


def test_one_that_is_killed_between_decision_and_sending_loses_nothing(
    place: tuple[str, Path, dict[str, str]], webhook: Webhook
) -> None:
    assert go(process(place, webhook.url(), dies=True)) == [-signal.SIGKILL]
    assert webhook.got == []
    assert go(process(place, webhook.url())) == [0]
    assert [got["title"] for got in webhook.got] == ["crm: credential refused"]


def test_one_that_is_killed_while_it_is_sending_leaves_the_message_to_the_next(
    place: tuple[str, Path, dict[str, str]], webhook: Webhook
) -> None:
    webhook.hangs = True
    victim = process(place, webhook.url())
    assert victim.stdout is not None
    assert victim.stdin is not None
    victim.stdout.readline()
    victim.stdin.write("\n")
    victim.stdin.flush()
    assert webhook.arrived.wait(30)
    victim.kill()
    victim.wait(30)
    victim.stdin.close()
    victim.stdout.close()
    webhook.hangs = False
    with open_outbox(*place) as outbox:
        desk = Desk(outbox, webhook.url())
        desk.world.now = START + HOUR + LEASE + 1
        assert len(desk.send().sent) == 1
    assert len(webhook.got) == 1
