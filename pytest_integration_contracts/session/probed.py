"""Probes without tests: a plan, or one request after the other and what each answer says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final

from pytest_integration_contracts.model import NO_BODY, Exchange, Finding, Report, Verdict
from pytest_integration_contracts.session.asking import Answer
from pytest_integration_contracts.session.payload import dump
from pytest_integration_contracts.session.probes import Probes, unprobed
from pytest_integration_contracts.session.session import Session
from pytest_integration_contracts.session.settings import Settings
from pytest_integration_contracts.session.watch import Watch
from pytest_integration_contracts.specs.document import DeclaredOperation
from pytest_integration_contracts.specs.known import ANSWERED
from pytest_integration_contracts.specs.probing import Case, Skipped, pending
from pytest_integration_contracts.wording import counted

HELD: Final = "holds"
CHANGED: Final = "changed"
DRIFTED: Final = "DRIFT"
UNVERIFIED: Final = "UNVERIFIED"
SEEN: Final = "seen"
RECORDED: Final = "recorded"
UNPROBED: Final = "unprobed"
DENIED: Final = "DENIED"
DOWN: Final = "DOWN"
FAILING: Final = frozenset({DRIFTED, UNVERIFIED, DENIED, DOWN})
"""What makes a run of probes fail."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of one probe.

    Attributes:
        operation: The operation.
        outcome: One of the words above.
        told: What was learned or found, in one line.
        status: The answer's status, 0 where none came.
        elapsed: How long it took, in seconds.
        findings: What there is to report about it.
    """

    operation: str
    outcome: str
    told: str = ""
    status: int = 0
    elapsed: float = 0.0
    findings: tuple[Finding, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether it is a finding."""
        return self.outcome in FAILING


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be asked.

    Attributes:
        cases: The requests, in order.
        skipped: What is not asked, and why.
        credentials: What is said about the credentials, one line each.
    """

    cases: tuple[Case, ...]
    skipped: tuple[Skipped, ...]
    credentials: tuple[str, ...] = ()


def planned(probes: Probes) -> Plan:
    """What would be asked, without asking."""
    cases: list[Case] = []
    skipped = list(probes.skipped)
    for operation in probes.operations:
        case = probes.case(operation)
        if isinstance(case, Skipped):
            skipped.append(case)
        elif len(cases) == probes.wanted.limit:
            skipped.append(Skipped(str(operation), _over(probes)))
        else:
            cases.append(pending(case, [each.operation.template for each in cases if each.operation.method == "GET"]))
    return Plan(tuple(cases), tuple(skipped), notes(probes, [case.operation for case in cases]))


def notes(probes: Probes, operations: Sequence[DeclaredOperation]) -> tuple[str, ...]:
    """What a person should know about the credentials for some operations."""
    told = (probes.credentials(each).note for each in operations)
    return tuple(dict.fromkeys(filter(None, told)))


def _over(probes: Probes) -> str:
    return f"over the limit of {probes.wanted.limit} requests (--limit)"


class Run:
    """One run of probes.

    Attributes:
        results: What became of each that was asked.
        skipped: What was not asked, and why.
    """

    def __init__(self, session: Session, probes: Probes, settings: Settings) -> None:
        self.results: list[Probed] = []
        self.skipped: list[Skipped] = list(probes.skipped)
        self._session = session
        self._probes = probes
        self._settings = settings
        self._left = probes.wanted.limit

    @property
    def fails(self) -> bool:
        """Whether anything was found, or it had to be stopped."""
        return bool(self._probes.pace.stopped) or any(each.fails for each in self.results)

    def ask_all(self, tell: Callable[[Probed], None]) -> Report:
        """Ask for everything, and learn where this run learns.

        Args:
            tell: Is told of each result as it comes.

        Returns:
            What was learned.
        """
        for operation in self._probes.operations:
            case = self._case(operation)
            if isinstance(case, Skipped):
                self.skipped.append(case)
            else:
                result = self._asked(case)
                self.results.append(result)
                tell(result)
        return self._session.finish()

    def _case(self, operation: DeclaredOperation) -> Case | Skipped:
        if self._probes.pace.stopped:
            return Skipped(str(operation), self._probes.pace.stopped)
        if self._left <= 0:
            return Skipped(str(operation), _over(self._probes))
        return self._probes.case(operation)

    def _asked(self, case: Case) -> Probed:
        while True:
            self._left -= 1
            watch = self._probes.watch(case.operation, str(case.operation), Path())
            watch.open()
            try:
                began = time.perf_counter()
                answer = self._probes.send(case)
                elapsed = time.perf_counter() - began
            finally:
                watch.close()
            again = self._probes.pace.heed(answer.status, answer.headers.get("retry-after", ""))
            if not (again and self._left > 0):
                outcome = self._outcome(case, answer, watch)
                return replace(outcome, status=answer.status, elapsed=_elapsed(watch, elapsed))
            watch.forget()

    def _outcome(self, case: Case, answer: Answer, watch: Watch) -> Probed:
        name = str(case.operation)
        if not answer.status:
            return Probed(name, DOWN, answer.problem)
        exchanges = watch.exchanges
        if not exchanges:
            return Probed(name, DOWN, "its answer could not be read")
        known = self._is_known(exchanges[-1])
        reason = unprobed(case, answer)
        if reason and (case.is_guessed or not known):
            return Probed(name, UNPROBED, reason)
        refusal = self._probes.denied(case.operation, answer)
        if refusal and not known:
            return Probed(name, DENIED, refusal)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return Probed(name, DOWN, f"answered {answer.status}")
        for exchange in exchanges:
            self._probes.learn(exchange, ANSWERED)
        return self._judged(name, exchanges[-1], watch, known=known)

    def _judged(self, name: str, exchange: Exchange, watch: Watch, *, known: bool) -> Probed:
        judged = watch.judge()
        findings = tuple(judged if known else (replace(each, problem="") for each in judged if each.changes))
        remedy = f'integration-contracts probe {self._probes.integration.name} --record --operation "{name}"'
        findings = tuple(replace(each, remedy=remedy) if each.remedy else each for each in findings)
        failing = {each.verdict for each in findings if each.fails}
        if failing:
            gravest = min(failing, key=list(Verdict).index)
            return Probed(name, gravest.upper(), seen(exchange), findings=findings)
        if self._settings.mode.learns:
            watch.save()
            self._session.collect(dump([watch.told(teaches=True)]))
            return Probed(name, RECORDED, seen(exchange), findings=findings)
        if known:
            outcome = CHANGED if any(each.changes for each in findings) else HELD
            return Probed(name, outcome, seen(exchange), findings=findings)
        return Probed(name, SEEN, f"{seen(exchange)}; no snapshot yet", findings=findings)

    def _is_known(self, exchange: Exchange) -> bool:
        project = self._session.project(self._settings.invoked_from)
        return project.store.has(project.operation(exchange)[1])


def _elapsed(watch: Watch, measured: float) -> float:
    """How long the upstream took, without our own waiting before it."""
    return next((each.elapsed for each in watch.exchanges if each.elapsed is not None), measured)


def seen(exchange: Exchange) -> str:
    """What an answer holds, in a few words: `application/json, 5 fields`."""
    body = exchange.response_body
    if isinstance(body, dict):
        what = counted(len(body), "field")
    elif isinstance(body, list):
        what = counted(len(body), "item")
    else:
        what = "" if body is NO_BODY else "a single value"
    return ", ".join(filter(None, (exchange.media, what))) or "no body"
