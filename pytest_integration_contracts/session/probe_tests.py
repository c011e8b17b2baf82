"""Probes as tests: which of them a run makes, and what each of them asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_integration_contracts.session.probes import Probes, unprobed
from pytest_integration_contracts.session.settings import Settings
from pytest_integration_contracts.session.watch import Watch, source_of
from pytest_integration_contracts.specs.document import DeclaredOperation
from pytest_integration_contracts.specs.known import ANSWERED
from pytest_integration_contracts.specs.probing import Skipped
from pytest_integration_contracts.traffic.recorder import Source


def chosen(probes: Probes, settings: Settings, module: Path) -> Iterator[tuple[DeclaredOperation, str]]:
    """The operations that tests probe, each with why it is skipped in this run, "" for not.

    Only what somebody has recorded is asked for again; what nobody has is recorded by runs that record, and said by
    all others.

    Args:
        probes: The probes.
        settings: The run's settings.
        module: The module whose tests they are.
    """
    remedy = settings.recording_command(module, recorded=False)
    left = probes.wanted.limit
    for operation in probes.operations:
        cassette = probes.cassette(operation)
        if cassette.exists():
            yield operation, ""
        elif source_of(settings, cassette) is not Source.RECORD:
            yield operation, f"a probe without a recording; `{remedy}` asks for it"
        elif left == 0:
            yield operation, f"over the limit of {probes.wanted.limit} new ones in one run"
        else:
            left -= 1
            yield operation, ""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """One probe as a test.

    Attributes:
        probes: All of them.
        operation: What it asks for.
    """

    probes: Probes
    operation: DeclaredOperation

    def watch(self, label: str, module: Path) -> Watch:
        """What observes it."""
        return self.probes.watch(self.operation, label, module)

    def ask(self, watch: Watch) -> tuple[str, bool]:
        """Ask, while a watch observes it.

        Returns:
            Why that says nothing about the contract, "" where it does: then the watch has something to judge. And
            whether that is a failure: what was recorded once should have an answer.

        Raises:
            CassetteError: Its recording cannot be read.
        """
        source, pace = watch.recorder.source, self.probes.pace
        if source is not Source.REPLAY and pace.stopped:
            return pace.stopped, False
        if source is Source.RECORD:
            return self._record(watch)
        answer = self.probes.resend(self.operation, live=source is Source.LIVE)
        if answer is None:
            return "its recording is not of this operation, or lacks what it takes to ask again; record it again", True
        pace.heed(answer.status, answer.headers.get("retry-after", ""))
        return "", False

    def _record(self, watch: Watch) -> tuple[str, bool]:
        probes, was_recorded = self.probes, self.probes.cassette(self.operation).exists()
        case = probes.case(self.operation)
        if isinstance(case, Skipped):
            return case.reason, was_recorded
        answer = probes.send(case)
        probes.pace.heed(answer.status, answer.headers.get("retry-after", ""))
        reason = unprobed(case, answer) or probes.denied(self.operation, answer)
        if reason:
            watch.forget()
            return reason, was_recorded
        for exchange in watch.exchanges:
            probes.learn(exchange, ANSWERED)
        return "", False
