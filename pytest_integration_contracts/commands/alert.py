"""`integration-contracts alert`: tell whoever should know what the history of live runs says now."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_integration_contracts.commands.stored import nearest_manifest
from pytest_integration_contracts.errors import HealthError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_integration_contracts.health.alerting import Delivery
    from pytest_integration_contracts.health.alerts import Decision, Key
    from pytest_integration_contracts.health.outbox import Letter, Outbox
    from pytest_integration_contracts.health.sending import Target
    from pytest_integration_contracts.health.store import Store
    from pytest_integration_contracts.health.watching import Told, Watched
    from pytest_integration_contracts.manifest.manifest import Manifest
    from pytest_integration_contracts.manifest.monitoring import HealthSettings

_SQLITE = "sqlite:"


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be sent, what is held back, and why; change nothing.")
@click.option(
    "--test", "is_test", is_flag=True, help="Send one test message to each target, whatever the history says."
)
def alert(*, dry_run: bool, is_test: bool) -> None:
    """Tell what is news in the history of live runs: what broke, what is silent, what is about to end, what is over.

    Each is told once. Exits 0 where all was sent or there was nothing to send, 1 where anything could not be sent.
    """
    if dry_run and is_test:
        raise UsageError("--dry-run and --test: take one of them")
    manifest = nearest_manifest()
    if manifest.health is None:
        raise UsageError("contracts.toml has no table `[health]`: nothing is monitored; add one")
    if is_test:
        sys.exit(_test(_targets(manifest)))
    _insist_on_history(manifest, manifest.health)
    sys.exit(_dry_run(manifest, manifest.health) if dry_run else _alert(manifest, manifest.health))


def _targets(manifest: Manifest) -> list[Target]:
    """Where messages go.

    Raises:
        UsageError: The manifest names nothing, or nothing that can be used.
    """
    from pytest_integration_contracts.health.alerting import settings_of
    from pytest_integration_contracts.health.alerts import targets
    from pytest_integration_contracts.health.sending import targets_of

    references = targets(settings_of(manifest, name) for name in manifest.integrations)
    if not references:
        raise UsageError('[health.alerts] to: is missing; write to = ["env:ALERTS_URL"] and set that variable')
    return targets_of(references, os.environ)


def _insist_on_history(manifest: Manifest, health: HealthSettings) -> None:
    path = manifest.root / health.store.removeprefix(_SQLITE)
    if health.store.startswith(_SQLITE) and not path.exists():
        raise HealthError(f"{path}: there is no history yet; `pytest --contracts-live` writes it")


def _now() -> float:
    from pytest_integration_contracts.session.settings import now

    return now(os.environ).timestamp()


def _looking(store: Store, manifest: Manifest, now: float) -> Callable[[Mapping[Key, Told]], list[Watched]]:
    from pytest_integration_contracts.health.alerting import watch
    from pytest_integration_contracts.health.assess import overview

    return lambda told: watch(store, manifest, overview(store, manifest, now), told, now)


def _open(manifest: Manifest, health: HealthSettings) -> tuple[Store, Outbox]:
    from pytest_integration_contracts.health.outbox import open_outbox
    from pytest_integration_contracts.health.store import open_store

    return (
        open_store(health.store, manifest.root, os.environ),
        open_outbox(health.store, manifest.root, os.environ),
    )


def _alert(manifest: Manifest, health: HealthSettings) -> int:
    from pytest_integration_contracts.health.alerting import deliver, evaluate
    from pytest_integration_contracts.health.sending import send

    targets, now = _targets(manifest), _now()
    store, outbox = _open(manifest, health)
    with store, outbox:
        decision = evaluate(outbox, _looking(store, manifest, now), targets, now)
        delivery = deliver(outbox, targets, send=send, clock=_now, sleep=time.sleep)
    _tell_delivery(delivery, decision)
    return 1 if delivery.failed or delivery.dropped else 0


def _tell_delivery(delivery: Delivery, decision: Decision) -> None:
    from pytest_integration_contracts.health.wording import plural

    for letter in delivery.sent:
        click.echo(f"sent to {letter.target}: {letter.rendered.title}")
    for letter, why in delivery.failed:
        click.echo(f"NOT sent to {letter.target}: {letter.rendered.title}: {why}; tried again next time", err=True)
    for letter in delivery.dropped:
        click.echo(f"DROPPED after 7 days, {letter.target}: {letter.rendered.title}: {letter.error}", err=True)
    if not (delivery.sent or delivery.failed or delivery.dropped):
        click.echo("nothing to send")
    if decision.held:
        click.echo(f"{plural(len(decision.held), 'more finding')} held back: integration-contracts alert --dry-run")


def _dry_run(manifest: Manifest, health: HealthSettings) -> int:
    from pytest_integration_contracts.health.alerts import decide
    from pytest_integration_contracts.health.messages import render

    now = _now()
    store, outbox = _open(manifest, health)
    with store, outbox:
        told = outbox.told()
        decision, waiting = decide(_looking(store, manifest, now)(told), told, now), outbox.pending()
    for message in decision.messages:
        rendered = render(message)
        click.echo(f"would send to {', '.join(message.to)}, as {rendered.level}:\n")
        click.echo("\n".join(f"    {line}".rstrip() for line in (rendered.title, "", *rendered.text.splitlines())))
        click.echo()
    if not decision.messages:
        click.echo("would send nothing")
    for held in decision.held:
        click.echo(f"held back: {held.integration}: {held.kind}: {held.sentence}\n           {held.why}")
    for letter in waiting:
        _tell_waiting(letter)
    return 0


def _tell_waiting(letter: Letter) -> None:
    from pytest_integration_contracts.health.times import moment
    from pytest_integration_contracts.health.wording import plural

    failed = f", failed {plural(letter.tries, 'time')}: {letter.error}" if letter.tries else ""
    click.echo(f"on its way since {moment(letter.made_at)} to {letter.target}: {letter.rendered.title}{failed}")


def _test(targets: list[Target]) -> int:
    from pytest_integration_contracts.health.messages import Level, Rendered
    from pytest_integration_contracts.health.sending import send

    said = f"A test of alerts about integrations, sent from {Path.cwd().name}. Nothing has happened."
    message = Rendered(title="integration-contracts: a test", text=said, markdown=said, level=Level.WARNING)
    failed = 0
    for target in targets:
        why = send(target, message)
        failed += bool(why)
        click.echo(f"NOT sent to {target.name}: {why}" if why else f"sent to {target.name}", err=bool(why))
    return 1 if failed else 0
