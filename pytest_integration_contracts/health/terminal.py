"""How integrations stand, on a terminal. The one module that imports rich; loaded when it is needed."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Final

from pytest_integration_contracts.errors import HealthError
from pytest_integration_contracts.health.assess import WINDOWS
from pytest_integration_contracts.health.assessment import Assessment, Health, Incident, Overview
from pytest_integration_contracts.health.causes import WHOSE
from pytest_integration_contracts.health.samples import IntegrationRun, OpenChange, Sample
from pytest_integration_contracts.health.standing import health_of
from pytest_integration_contracts.health.times import ago, every, lasting, moment, span, window_name
from pytest_integration_contracts.health.words import seconds, success
from pytest_integration_contracts.wording import counted, printable

try:
    from rich.console import Console
    from rich.text import Text
except ImportError as error:
    raise HealthError(
        f"`health` shows with {error.name}, which is not installed:"
        " pip install 'pytest-integration-contracts[health]'; or ask for --json -"
    ) from error

_RIM: Final = 12
_IN_FULL: Final = 10
"""So many are told in full; the rest in a line each."""

_NAME: Final = 32
_MOST_ROWS: Final = 10
_PIPE: Final = 100_000
"""What is no terminal is as wide as it takes."""

_STYLES: Final = {
    Health.DRIFT: "bold red",
    Health.DENIED: "bold red",
    Health.DOWN: "bold red",
    Health.OURS: "bold magenta",
    Health.STALE: "bold yellow",
    Health.UNVERIFIED: "bold yellow",
    Health.CHANGED: "cyan",
    Health.OK: "green",
}
_SEVERITY_STYLES: Final = {"breaking": "bold red", "warning": "yellow", "compatible": "green"}
_MARKS: Final = {
    Health.DRIFT: "D",
    Health.DENIED: "A",
    Health.DOWN: "X",
    Health.OURS: "o",
    Health.UNVERIFIED: "?",
    Health.CHANGED: "~",
    Health.OK: ".",
}
_LEGEND: Final = ". ok  ~ changed  D drift  X down  A denied  ? unverified  o our code  m maintenance"


class Screen:
    """Where it is shown."""

    def __init__(self, file: IO[str], width: int | None = None) -> None:
        """Prepare.

        Args:
            file: Where to write; colours only on a terminal, and none where NO_COLOR is set.
            width: How many columns there are; None for as many as the terminal has.
        """
        if isinstance(file, io.TextIOWrapper):
            file.reconfigure(errors="replace")  # a terminal that does not know a letter shows another
        self._console = Console(file=file, width=width, highlight=False, soft_wrap=False)
        if width is None and not self._console.is_terminal:
            self._console.width = _PIPE

    def overview(self, overview: Overview, *, verbose: bool) -> None:
        """All integrations: those that somebody has to look at in full, of the others how many there are."""
        found = overview.assessments
        bad = [each for each in found if not each.is_good]
        changed = [each for each in found if each.health is Health.CHANGED]
        held = [each for each in found if each.health is Health.OK]
        self._head(overview)
        in_full = len(bad) if verbose else _IN_FULL
        for each in bad[:in_full]:
            self._line(Text())
            self._block(each, overview.made_at)
        for rows, shown in ((bad[in_full:], len(bad)), (changed, _MOST_ROWS), (held, 0)):
            self._rows(rows, len(rows) if verbose else shown)
        self._foot(overview)

    def integration(self, assessment: Assessment, now: float) -> None:
        """One integration, and what is behind its verdict."""
        self._block(assessment, now)
        for title, lines in (
            ("open changes", [_change_line(*each) for each in assessment.changes]),
            ("operations", [_operation_line(each) for each in assessment.operations]),
            ("incidents", [_incident_line(each, now) for each in assessment.incidents]),
        ):
            if lines:
                self._line(Text())
                self._line(Text(title, "bold"))
            for line in lines:
                self._line(line, indent=2, hang=4)
        if assessment.runs:
            self._line(Text())
            self._line(Text.assemble((f"last {counted(len(assessment.runs), 'run')}", "bold"), ", the newest last"))
            self._line(_bar(assessment.runs), indent=2)
            self._line(Text(_LEGEND, "dim"), indent=2)

    def _head(self, overview: Overview) -> None:
        self._line(Text.assemble(("integration health", "bold"), f" at {moment(overview.made_at)}"))
        counts = Counter(each.health for each in overview.assessments)
        told = Text(", ").join(
            Text(f"{counts[health]} {health}", _STYLES[health]) for health in Health if counts[health]
        )
        self._line(told or Text("the manifest declares no integrations"))

    def _foot(self, overview: Overview) -> None:
        self._line(Text())
        if overview.next_check is not None:
            left = span(overview.next_check - overview.made_at)
            self._line(Text(f"next result due in {left}, at {moment(overview.next_check)}", "dim"))
        for note in overview.notes:
            self._line(Text.assemble(("note: ", "yellow"), printable(note)))

    def _block(self, each: Assessment, now: float) -> None:
        head = Text.assemble((f"{each.health.upper():<{_RIM}}", _STYLES[each.health]), (each.integration, "bold"))
        self._line(head)
        for group in _facts(each, now):
            self._packed(group, indent=_RIM)

    def _rows(self, found: Sequence[Assessment], shown: int) -> None:
        if not found:
            return
        self._line(Text())
        width = max((min(len(each.integration), _NAME) for each in found[:shown]), default=0)
        for each in found[:shown]:
            row = Text.assemble(
                (f"{each.health.upper():<{_RIM}}", _STYLES[each.health]),
                f"{each.integration:<{width}}  ",
                printable(each.cause),
            )
            row.truncate(self._console.width, overflow="ellipsis")
            self._line(row)
        rest = Counter(each.health for each in found[shown:])
        for health, number in rest.items():
            told = f"{number} more" if shown else counted(number, "integration")
            hint = ("  -v lists them", "dim")
            self._line(Text.assemble((f"{health.upper():<{_RIM}}", _STYLES[health]), told, hint))

    def _line(self, line: Text, indent: int = 0, hang: int = 0) -> None:
        """Write a line; where it is too long, it goes on below its own beginning, further in by `hang`."""
        room = max(self._console.width - indent - hang, 1)
        for position, part in enumerate(line.wrap(self._console, room) or [Text()]):
            part.rstrip()
            self._console.print(Text(" " * (indent + (hang if position else 0))) + part, soft_wrap=True)

    def _packed(self, facts: Iterable[Text], indent: int) -> None:
        """Write facts, as many to a line as fit; none goes over two lines that fits into one."""
        line = Text()
        for fact in facts:
            longer = Text.assemble(line, ("; ", "dim"), fact) if line else fact
            if line and indent + longer.cell_len > self._console.width:
                self._line(line, indent)
                longer = fact
            line = longer
        if line:
            self._line(line, indent)


def _facts(each: Assessment, now: float) -> Iterator[Iterable[Text]]:
    """What is to be known of an integration, each group on lines of its own."""
    yield [Text(printable(each.cause))]
    yield _since(each, now)
    yield (
        Text.assemble(("" if position else "held ", "dim"), f"{success(each.rates[window])} in {window_name(window)}")
        for position, window in enumerate(WINDOWS)
    )
    yield _figures(each, now)
    yield _whom(each)
    if each.feeds:
        yield [Text.assemble(("feeds ", "dim"), printable(", ".join(each.feeds)))]


def _since(each: Assessment, now: float) -> Iterator[Text]:
    if each.fault:
        yield Text(WHOSE[each.fault])
    if each.since is not None:
        yield Text(lasting(each.since, now))
    yield Text.assemble(("last good ", "dim"), ago(each.last_good, now) if each.last_good is not None else "never")


def _figures(each: Assessment, now: float) -> Iterator[Text]:
    if each.p95 is not None:
        budget = f", budget {seconds(each.budget)}" if each.budget else ""
        over = "red" if each.budget and each.p95 > each.budget else ""
        of = f" of {counted(each.answers, 'answer')} in 24h{budget}"
        yield Text.assemble(("p95 ", "dim"), (seconds(each.p95), over), of)
    if each.newest is not None:
        allowed = f", {every(each.fresh_within)} allowed" if each.fresh_within else ""
        yield Text.assemble(("data ", "dim"), f"{span(now - each.newest)} old{allowed}")
    if each.changes:
        yield Text.assemble(("changes ", "dim"), _weights(each.changes))
    if each.rate_left:
        left, limit = each.rate_left
        yield Text.assemble(("requests left ", "dim"), f"{left} of {limit}" if limit else str(left))
    if each.sunset:
        yield Text.assemble(("ends ", "dim"), printable(each.sunset))
    yield Text.assemble(("checked ", "dim"), _how_often(each))


def _how_often(each: Assessment) -> str:
    declared = every(each.cadence) if each.cadence else ""
    actual = span(each.actual_cadence) if each.actual_cadence is not None else ""
    if not actual:
        return f"too seldom to say how often, due every {declared}" if declared else "too seldom to say how often"
    if actual == declared:
        return f"every {actual}, as declared"
    return f"every {actual}, declared every {declared}" if declared else f"every {actual}, no cadence declared"


def _weights(changes: Iterable[tuple[str, OpenChange]]) -> str:
    counts = Counter("accepted" if change.expires else change.severity for _, change in changes)
    return ", ".join(f"{number} {printable(word)}" for word, number in counts.items())


def _whom(each: Assessment) -> Iterator[Text]:
    for word, value in (
        ("owner", each.owner),
        ("call", each.contact),
        ("runbook", each.runbook),
        ("credential", each.credentials),
        ("system of record", each.system_of_record),
    ):
        if value:
            yield Text.assemble((f"{word} ", "dim"), printable(value))


def _change_line(operation: str, change: OpenChange) -> Text:
    word = f"accepted until {change.expires}" if change.expires else change.severity
    style = "dim" if change.expires else _SEVERITY_STYLES.get(change.severity, "")
    told = f": {change.text}" if change.text else ""
    what = printable(f"  {operation}  {change.rule} at {change.path}{told}")
    return Text.assemble((printable(word), style), what, (f"  {printable(change.fingerprint)}", "dim"))


def _operation_line(sample: Sample) -> Text:
    took = f"p95 {seconds(sample.p95)} of {counted(sample.answers, 'answer')}" if sample.p95 is not None else ""
    tries = f"tried {sample.tries} times" if sample.tries > 1 else ""
    told = "; ".join(printable(part) for part in (sample.cause, took, tries) if part)
    return Text.assemble(printable(f"{sample.verdict:<10}  {sample.operation}"), (f"  {told}" if told else "", "dim"))


def _incident_line(incident: Incident, now: float) -> Text:
    lasted = (
        f"since {moment(incident.began)}, for {span(now - incident.began)} so far"
        if incident.ended is None
        else f"{moment(incident.began)}, for {span(incident.ended - incident.began)}"
    )
    cause = f": {printable(incident.cause)}" if incident.cause else ""
    return Text.assemble(
        (incident.verdict, _STYLES[incident.verdict]), f"  {lasted}, {counted(incident.runs, 'run')}{cause}"
    )


def _bar(runs: Sequence[IntegrationRun]) -> Text:
    bar = Text()
    for run in runs:
        health = health_of(run)
        bar.append("m" if run.maintenance else _MARKS[health], "dim" if run.maintenance else _STYLES[health])
    return bar
