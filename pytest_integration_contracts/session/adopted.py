"""One test whose cassette pytest-recording keeps, under observation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_integration_contracts.model import Finding
from pytest_integration_contracts.session.payload import Told
from pytest_integration_contracts.session.watch import Watch
from pytest_integration_contracts.traffic.adopted import AdoptedRecorder

_SWITCHED_OFF = (
    "pytest-recording opened no cassette for this test, so nothing of it was seen; leave `--disable-recording` out"
    " (`--contracts-live` asks the real upstream without it)"
)


@dataclass(eq=False)
class AdoptedWatch(Watch):
    """One adopted test, and everything that passes through its cassette.

    Attributes:
        recorder: What passes through it.
        declared: Whether the test says itself that it is a contract test; others may exchange nothing.
    """

    recorder: AdoptedRecorder
    declared: bool = False

    def open(self) -> None:
        """Nothing: pytest-recording opens its cassette, and its own options say what sockets may do."""

    def conclude(self, fixtures: Sequence[Watch]) -> tuple[Finding, ...]:
        if not self.recorder.adopted:
            self.recorder.problems.append(_SWITCHED_OFF)
        return super().conclude(fixtures) if self.declared else self.judge()

    def told(self, *, teaches: bool, raised: bool = False) -> Told:
        told = super().told(teaches=teaches, raised=raised)
        if not self.recorder.adopted:
            return told
        path = self.settings.shown(self.recorder.path)
        return replace(told, adopted=path, cassette=path if self.recorder.recorded else "")
