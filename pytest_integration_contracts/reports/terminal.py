"""Findings and the run's summary as lines of styled text: the same words with and without colour."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pytest_integration_contracts.acceptances import SOON
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Finding, Learned, Operation, Outdated, Report, Severity, Verdict
from pytest_integration_contracts.shapes.foreign import DECLARED

_HEADER_WIDTH: Final = 56
_PATH_WIDTH: Final = 40
_MOST_OUTDATED: Final = 10
"""So many of the oldest are named; the rest is counted, unless the run is verbose."""


class Style(enum.Enum):
    """How a span of text is meant; whoever writes it chooses the colour."""

    PLAIN = "plain"
    TITLE = "title"
    BREAKING = "breaking"
    WARNING = "warning"
    GOOD = "good"
    QUIET = "quiet"


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Span, ...]


def plain(lines: Iterable[Line]) -> str:
    """Lines as text without styles."""
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)


def printable(text: str) -> str:
    """Text that came from outside, with what would control a terminal or break a line made visible."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def finding_lines(findings: Sequence[Finding]) -> list[Line]:
    """Every finding that has something to say, those of one integration together, each with whom to call."""
    lines: list[Line] = []
    told = [finding for finding in findings if finding.changes or finding.problem]
    for position, finding in enumerate(told):
        lines += _finding(finding)
        following = told[position + 1] if position + 1 < len(told) else None
        if following is None or _footer(following) != _footer(finding):
            lines += _footer(finding)
            if following is not None:
                lines.append(())
    return lines


def _finding(finding: Finding) -> list[Line]:
    lines = [_header(finding)]
    if finding.problem:
        word = finding.cause.value.upper()
        lines.append((Span("  "), Span(word, Style.BREAKING), Span(f"  {printable(finding.problem)}")))
    lines += [line for change in _changes(finding.changes, finding.operation) for line in change]
    if not finding.is_enforced and (finding.problem or any(change.breaks for change in finding.changes)):
        lines.append((Span("  not enforced: "), Span(f'the manifest says enforce = "{finding.enforce}"', Style.QUIET)))
    return lines


def _header(finding: Finding) -> Line:
    place = "  ".join(
        printable(part) for part in (finding.operation.integration, finding.operation.name, finding.response) if part
    )
    if not place:
        return (Span("contracts", Style.TITLE),)
    if not finding.snapshot:
        return (Span(place, Style.TITLE),)
    version = f" ({finding.version})" if finding.version else " (none yet)"
    return (
        Span(place, Style.TITLE),
        Span(" " * max(2, _HEADER_WIDTH - len(place))),
        Span(f"{printable(finding.snapshot)}{version}", Style.QUIET),
    )


_SEVERITY: Final = {
    Severity.BREAKING: ("BREAKING", Style.BREAKING),
    Severity.WARNING: ("warning", Style.WARNING),
    Severity.COMPATIBLE: ("new", Style.GOOD),
}


def change_lines(changes: Sequence[Change]) -> list[Line]:
    """Changes in columns, each with the line that trips over it."""
    return [line for change in _changes(changes) for line in change]


def _changes(changes: Sequence[Change], operation: Operation | None = None) -> list[list[Line]]:
    """Each change's lines, in columns; its first line alone tells what changed.

    Args:
        changes: The changes.
        operation: What they are about, where a person may want to accept them for a while.
    """
    rule_width = max((len(change.rule) for change in changes), default=0)
    path_width = min(max((len(_place(change)) for change in changes), default=0), _PATH_WIDTH)
    return [[*_change(change, rule_width, path_width), *_acceptance(change, operation)] for change in changes]


def _acceptance(change: Change, operation: Operation | None) -> list[Line]:
    """Who has accepted a change, and until when; or what to accept it by."""
    accepted, indent = change.accepted, Span(" " * 12)
    lines: list[Line] = []
    if accepted:
        who = ", ".join(printable(part) for part in (accepted.owner, accepted.ticket) if part)
        left = accepted.days_left
        until = f"accepted until {accepted.expires}"
        if left < 0:
            told = Span(f"{until}, expired {_counted(-left, 'day')} ago", Style.BREAKING)
        elif left <= SOON:
            told = Span(f"{until}, {_counted(left, 'day')} left" if left else f"{until}, the last day", Style.WARNING)
        else:
            told = Span(until, Style.QUIET)
        lines.append((indent, told, Span(f": {printable(accepted.reason)} ({who})", Style.QUIET)))
    if operation and change.breaks:
        lines.append((indent, Span(f"fingerprint {change.fingerprint(operation)}", Style.QUIET)))
    return lines


def _change(change: Change, rule_width: int, path_width: int) -> list[Line]:
    word, style = ("accepted", Style.WARNING) if change.is_accepted else _SEVERITY[change.severity]
    path = printable(_place(change))
    what = f"{change.rule:<{rule_width}}   {path:<{path_width}}    {difference(change)}"
    note = (Span(f"  ({change.note})", Style.QUIET),) if change.note else ()
    lines: list[Line] = [(Span("  "), Span(f"{word:<8}", style), Span(f"  {what}"), *note)]
    if change.witness:
        lines.append((Span(" " * 12), Span(printable(change.witness), Style.QUIET)))
    return lines


def _place(change: Change) -> str:
    """The path, and the variant of a union that it is in."""
    return f"{change.path} where {change.variant}" if change.variant else change.path


def difference(change: Change) -> str:
    """Before and after in one line, with the evidence: how often each was seen, or how many responses were known."""
    before, after = printable(change.before), printable(change.after)
    (had, all_before), (has, all_after) = change.baseline, change.observed
    known = 0 < all_before < DECLARED.responses
    if not RULES[change.rule].counted:
        told = after if before == "nothing" else f"{before} -> {after}"
        return f"{told}, after {_counted(all_before, 'response')}" if known else told
    if all_before < DECLARED.responses:
        before = f"{before}, in {had} of {_counted(all_before, 'response')}"
    if all_after < DECLARED.responses:
        after = f"{after}, in {has} of {all_after}"
    return f"{before} -> {after}"


def _footer(finding: Finding) -> list[Line]:
    parts = [
        f"{label} {value}"
        for label, value in (
            ("owner", finding.owner),
            ("runbook", finding.runbook),
            ("credential", finding.credentials if finding.cause is Verdict.DENIED and finding.problem else ""),
            ("upstream", finding.contact),
        )
        if value
    ]
    lines: list[Line] = []
    if parts:
        lines.append((Span(" · ".join(parts), Style.QUIET),))
    elif finding.operation.integration:
        lines.append(
            (
                Span(
                    f"nobody is named for {finding.operation.integration}: fill in contracts.toml"
                    " (integration-contracts init writes one)",
                    Style.QUIET,
                ),
            )
        )
    if finding.problem:
        return lines + ([(Span("to end this:  "), Span(finding.remedy, Style.TITLE))] if finding.remedy else [])
    if finding.verdict is not Verdict.DRIFT:
        return lines
    contact = finding.contact or "whoever answers for the upstream"
    return [
        *lines,
        (
            Span("they meant it?  "),
            Span(finding.remedy, Style.TITLE),
            Span(f"      they did not?  {contact}"),
        ),
        *([_FOR_NOW] if finding.fails else []),
    ]


_FOR_NOW: Final = (
    Span("known, for now?  ", Style.QUIET),
    Span("integration-contracts accept FINGERPRINT --reason WHY --expires DAY", Style.QUIET),
)


def held_lines(findings: Sequence[Finding]) -> list[Line]:
    """That nothing upstream explains a failure."""
    names = sorted({str(finding.operation) for finding in findings})
    return [(Span(f"the contract held ({', '.join(map(printable, names))}): the fault is ours", Style.GOOD),)]


def trip_line(place: str) -> Line:
    """The consumer's line that tripped over what is reported."""
    return (Span("tripped at  "), Span(place, Style.TITLE))


def summary_lines(report: Report, *, with_findings: bool, verbose: bool) -> list[Line]:
    """The run's summary: counted sentences, then the command that remedies.

    Args:
        report: The run's report.
        with_findings: Say every finding again: for runs that print no tracebacks.
        verbose: Name what is otherwise only counted.
    """
    lines: list[Line] = []
    loud = [finding for finding in report.findings if finding.fails]
    quiet = [each for each in report.findings if (each.changes or each.problem) and not each.fails]
    told = loud + quiet if with_findings else quiet
    if told:
        lines += [*finding_lines(told), ()]
    lines += _learned_lines(report.learned)
    lines += [(Span(printable(note), Style.QUIET),) for note in report.notes]
    lines.append(tuple(_sentences(report)))
    if verbose:
        lines += [
            (Span(f"  never observed: {printable(str(operation))}  {printable(path)}", Style.QUIET),)
            for operation, path in report.never_observed
        ]
        if report.undated:
            lines.append((Span(f"  of unknown age: {_counted(report.undated, 'recording')}", Style.QUIET),))
    lines += _outdated_lines(report.outdated, verbose=verbose)
    lines += [(Span(f"not checked: {printable(test)}", Style.BREAKING),) for test in report.unchecked]
    lines += [(Span(printable(error), Style.BREAKING),) for error in report.errors]
    lines += [(Span("unused  ", Style.WARNING), Span(printable(each))) for each in report.unused]
    lines += _advice(report)
    return lines


def _learned_lines(learned: Sequence[Learned]) -> list[Line]:
    lines: list[Line] = []
    for each in learned:
        if not each.before:
            lines.append((Span("created  ", Style.GOOD), Span(f"{printable(each.snapshot)} ({each.after})")))
            lines += [(Span(f"         in place of what is now {printable(old)}"),) for old in each.replaced]
            lines += [change[0] for change in _changes(each.changes)]
            continue
        versions = f" ({each.before} -> {each.after})"
        lines.append((Span("learned  ", Style.WARNING), Span(f"{printable(each.snapshot)}{versions}")))
        lines += [change[0] for change in _changes(each.changes)]
    return lines


def _outdated_lines(outdated: Sequence[Outdated], *, verbose: bool) -> list[Line]:
    """Those that fail the run before those that are only told of, each the oldest first."""
    gravest = sorted(outdated, key=lambda each: not each.fails)
    named = gravest if verbose else gravest[:_MOST_OUTDATED]
    lines: list[Line] = [
        (
            Span(f"recorded {_ago(each.age)} (max_age {each.max_age}): ", _weight(each)),
            Span(printable(each.cassette)),
        )
        for each in named
    ]
    if len(named) < len(outdated):
        lines.append((Span(f"and {len(outdated) - len(named)} more (-v lists them)", Style.QUIET),))
    return lines


def _weight(outdated: Outdated) -> Style:
    return Style.BREAKING if outdated.fails else Style.WARNING


_UNITS: Final = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def _ago(seconds: float) -> str:
    """`214 days ago`; in a smaller unit what is younger than a day."""
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    return f"{_counted(int(seconds // size), unit)} ago"


def _sentences(report: Report) -> Iterable[Span]:
    sentences = [*_verdict_sentences(report), *_other_sentences(report)]
    for position, span in enumerate(sentences):
        yield span if position == 0 else Span(f" {span.text}", span.style)


def _verdict_sentences(report: Report) -> Iterable[Span]:
    operations = _worst_by_snapshot(report.findings)
    learned = {each.snapshot for each in report.learned}
    verdicts = Counter(verdict for snapshot, verdict in operations.items() if snapshot not in learned)
    held, drifted, changed = verdicts[Verdict.OK], verdicts[Verdict.DRIFT], verdicts[Verdict.CHANGED]
    nouns = iter(("operation", "", "", ""))
    told = len({each.snapshot for each in report.findings if each.verdict is Verdict.DRIFT and not each.is_enforced})
    if not report.findings:
        yield Span("No contract test ran.")
    if held:
        yield Span(f"{_of(held, next(nouns), 'holds', 'hold')}.", Style.GOOD)
    if drifted > told:
        what = _of(drifted - told, next(nouns), "drifts", "drift")
        yield Span(f"{what}: {_breaking(report, enforced=True)}.", Style.BREAKING)
    if told:
        what = _of(told, next(nouns), "drifts", "drift")
        yield Span(f"{what}, not enforced: {_breaking(report, enforced=False)}.", Style.WARNING)
    if changed:
        yield Span(f"{_of(changed, next(nouns), 'has', 'have')} something new.", Style.WARNING)


def _breaking(report: Report, *, enforced: bool) -> str:
    findings = (finding for finding in report.findings if finding.is_enforced is enforced)
    return _counted(sum(change.breaks for finding in findings for change in finding.changes), "breaking change")


def _other_sentences(report: Report) -> Iterable[Span]:
    causes = Counter(finding.cause for finding in report.findings if finding.problem)
    for verdict, one, many in (
        (Verdict.DOWN, "request found the upstream down", "requests found the upstream down"),
        (Verdict.DENIED, "request was denied", "requests were denied"),
        (Verdict.UNVERIFIED, "not verified", "not verified"),
    ):
        if causes[verdict]:
            yield Span(f"{causes[verdict]} {one if causes[verdict] == 1 else many}.", Style.BREAKING)
    yield from _permitted_sentences(report)
    if report.ours:
        yield Span(f"{_counted(len(report.ours), 'test')} failed, yet the contract held: the fault is ours.")
    created = sum(not each.before for each in report.learned)
    if created:
        yield Span(f"{_counted(created, 'snapshot')} created.", Style.GOOD)
    updated = len(report.learned) - created
    if updated:
        yield Span(f"{_counted(updated, 'snapshot')} updated.", Style.WARNING)
    if report.cassettes:
        yield Span(f"{_counted(len(report.cassettes), 'cassette')} recorded.")
    if report.outdated:
        gravest = Style.BREAKING if any(each.fails for each in report.outdated) else Style.WARNING
        yield Span(f"{_of(len(report.outdated), 'cassette', 'is', 'are')} too old.", gravest)
    if report.never_observed:
        yield Span(f"{_counted(len(report.never_observed), 'path')} never observed.", Style.QUIET)


def _permitted_sentences(report: Report) -> Iterable[Span]:
    """What would fail, or be judged, if the manifest did not say otherwise: never silently."""
    accepted = sum(change.is_accepted for finding in report.findings for change in finding.changes)
    if accepted:
        yield Span(f"{_of(accepted, 'change', 'is', 'are')} accepted.", Style.WARNING)
    unjudged = _unjudged(report.findings)
    if unjudged:
        yield Span(f"Not judged (enforce = off): {', '.join(map(printable, unjudged))}.", Style.WARNING)


def _unjudged(findings: Sequence[Finding]) -> list[str]:
    """Integrations nothing of which was judged, and single operations of others."""
    judged = {finding.operation.integration for finding in findings if finding.is_judged}
    names = (finding.operation for finding in findings if not finding.is_judged)
    return sorted({str(each) if each.integration in judged else each.integration for each in names})


def _of(number: int, noun: str, one: str, many: str) -> str:
    """`12 operations hold`; `1 drifts` where the noun was said before."""
    subject = _counted(number, noun) if noun else str(number)
    return f"{subject} {one if number == 1 else many}"


def _advice(report: Report) -> list[Line]:
    lines: list[Line] = []
    if report.undeclared:
        hosts = ", ".join(map(printable, report.undeclared))
        remedy = "add it to contracts.toml; integration-contracts init writes one where there is none"
        lines.append((Span(f"in no manifest: {hosts}  ({remedy})", Style.QUIET),))
    if report.learned or report.cassettes:
        adopted = set(report.adopted)
        written = {_kept_in(path) if path in adopted else _folder(path) for path in report.cassettes}
        folders = sorted(written | {_folder(each.snapshot) for each in report.learned})
        lines.append((Span(f"review and commit:  git add {' '.join(folders)}", Style.TITLE),))
    if report.renewal:
        lines.append((Span("to record again what is too old:  "), Span(report.renewal, Style.TITLE)))
    kept = sorted({_kept_in(path) for path in set(report.adopted).difference(report.cassettes)})
    if report.recording:
        lines.append((Span("pytest-recording records what it keeps:  "), Span(report.recording, Style.TITLE)))
    elif report.learned and kept:
        lines.append(
            (
                Span(
                    f"adopted cassettes stay where they are; commit them, too:  {' '.join(map(printable, kept))}",
                    Style.QUIET,
                ),
            )
        )
    if report.remedy:
        drift = any(finding.verdict is Verdict.DRIFT and finding.fails for finding in report.findings)
        missing = any(finding.problem and finding.remedy and finding.fails for finding in report.findings)
        what = " and ".join(words for words, told in (("what changed", drift), ("what is missing", missing)) if told)
        lines.append((Span(f"to learn {what}:  "), Span(report.remedy, Style.TITLE)))
    return lines


def _kept_in(path: str) -> str:
    """The folder that holds the cassettes of pytest-recording: `cassettes` beside the tests, or else their own."""
    before, cassettes, _ = f"/{path}".rpartition("/cassettes/")
    return f"{before}/cassettes".lstrip("/") if cassettes and not path.startswith("/") else path.rpartition("/")[0]


def _folder(path: str) -> str:
    """The `contracts/` folder a path is in."""
    folder, _, below = path.rpartition("/cassettes/") if "/cassettes/" in f"/{path}" else path.rpartition("/")
    if "/cassettes/" in f"/{path}":
        return folder or path.partition("/")[0]
    del below
    return folder.rpartition("/")[0] or folder


_WORST: Final = tuple(Verdict)


def _worst_by_snapshot(findings: Iterable[Finding]) -> dict[str, Verdict]:
    """The gravest verdict of each operation; two manifests may each have one of the same name."""
    worst: dict[str, Verdict] = {}
    for finding in findings:
        if finding.snapshot:
            known = worst.get(finding.snapshot, Verdict.OK)
            worst[finding.snapshot] = min(known, finding.verdict, key=_WORST.index)
    return worst


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else f'{noun}s'}"
