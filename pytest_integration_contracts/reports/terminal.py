"""Findings and the run's summary as lines of styled text: the same words with and without colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from pytest_integration_contracts.drift.conformance_rules import differs_from_document_only
from pytest_integration_contracts.model import Change, Finding, Learned, Outdated, Report, Severity, Verdict
from pytest_integration_contracts.reports.learned import learned_lines, weight_of
from pytest_integration_contracts.reports.parts import DOCUMENT, SCHEMA, is_document, kind_of, unenforced
from pytest_integration_contracts.reports.styled import Line, Span, Style, change_lines, plain
from pytest_integration_contracts.wording import counted, printable

_HEADER_WIDTH: Final = 56
_MOST_CHANGES: Final = 10
"""So many changes of one kind of response are shown, the worst; the rest is counted, unless the run is verbose."""
_MOST_OUTDATED: Final = 10
"""So many of the oldest are named; the rest is counted, unless the run is verbose."""


def finding_lines(findings: Sequence[Finding], *, verbose: bool = False) -> list[Line]:
    """Every finding that has something to say, those of one integration together, each with whom to call.

    Args:
        findings: The findings.
        verbose: Show every change, however many there are.
    """
    lines: list[Line] = []
    told = [finding for finding in findings if finding.changes or finding.problem]
    for position, finding in enumerate(told):
        lines += _finding(finding, verbose=verbose)
        following = told[position + 1] if position + 1 < len(told) else None
        if following is None or _footer(following) != _footer(finding):
            lines += _footer(finding)
            if following is not None:
                lines.append(())
    return lines


def _finding(finding: Finding, *, verbose: bool) -> list[Line]:
    lines = [_header(finding)]
    if finding.problem:
        word = finding.cause.value.upper()
        lines.append((Span("  "), Span(word, Style.BREAKING), Span(f"  {printable(finding.problem)}")))
    shown = finding.changes if verbose else finding.changes[:_MOST_CHANGES]
    left = _left_out(finding.changes[len(shown) :])
    return [*lines, *change_lines(shown, finding.operation), *left, *_unenforced(finding)]


def _left_out(changes: Sequence[Change]) -> list[Line]:
    """How many changes are not shown, the worst counted first."""
    if not changes:
        return []
    counts = Counter(change.severity for change in changes)
    words = (("breaking", Severity.BREAKING), ("warning", Severity.WARNING), ("new", Severity.COMPATIBLE))
    told = ", ".join(f"{counts[severity]} {word}" for word, severity in words if counts[severity])
    return [(Span(f"  ... and {len(changes)} more ({told}); -v shows all", Style.QUIET),)]


def _unenforced(finding: Finding) -> list[Line]:
    """Why what is wrong does not fail the run."""
    word, _, why = unenforced(finding).partition(": ")
    return [(Span(f"  {word}: "), Span(why, Style.QUIET))] if word else []


def _header(finding: Finding) -> Line:
    place = "  ".join(
        printable(part) for part in (finding.operation.integration, finding.operation.name, finding.response) if part
    )
    if not place:
        return (Span("contracts", Style.TITLE),)
    if not finding.snapshot:
        return (Span(place, Style.TITLE),)
    version = f" ({printable(finding.version)})" if finding.version else " (none yet)"
    return (
        Span(place, Style.TITLE),
        Span(" " * max(2, _HEADER_WIDTH - len(place))),
        Span(f"{printable(finding.snapshot)}{version}", Style.QUIET),
    )


def _footer(finding: Finding) -> list[Line]:
    parts = [
        f"{label} {printable(value)}"
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
                    f"nobody is named for {printable(finding.operation.integration)}: fill in contracts.toml"
                    " (integration-contracts init writes one)",
                    Style.QUIET,
                ),
            )
        )
    remedy = printable(finding.remedy)
    if finding.problem:
        return lines + ([(Span("to end this:  "), Span(remedy, Style.TITLE))] if remedy else [])
    if finding.verdict is not Verdict.DRIFT:
        return lines
    contact = printable(finding.contact) or "whoever answers for the upstream"
    return [
        *lines,
        (
            Span("they meant it?  "),
            Span(remedy, Style.TITLE),
            Span(f"      they did not?  {contact}"),
        ),
        *([_FOR_NOW] if finding.fails else []),
    ]


_FOR_NOW: Final = (
    Span("known, for now?  integration-contracts accept FINGERPRINT --reason WHY --expires DAY", Style.QUIET),
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
    told = loud + quiet if with_findings else [each for each in loud if _is_of_no_test(each)] + quiet
    if told:
        lines += [*finding_lines(told, verbose=verbose), ()]
    lines += learned_lines(report.learned, verbose=verbose)
    lines += [(Span("removed  ", Style.WARNING), Span(printable(path))) for path in report.removed]
    lines += [(Span(printable(note), Style.QUIET),) for note in report.notes]
    seen = report.documented if verbose else [each for each in report.documented if each.is_low]
    lines += [(Span(printable(str(each)), Style.QUIET),) for each in seen]
    lines.append(tuple(_sentences(report)))
    if verbose:
        lines += [
            (Span(f"  never observed: {printable(str(operation))}  {printable(path)}", Style.QUIET),)
            for operation, path in report.never_observed
        ]
        if report.undated:
            lines.append((Span(f"  of unknown age: {counted(report.undated, 'recording')}", Style.QUIET),))
    lines += _outdated_lines(report.outdated, verbose=verbose)
    lines += [(Span(f"not checked: {printable(test)}", Style.BREAKING),) for test in report.unchecked]
    lines += [(Span(printable(error), Style.BREAKING),) for error in report.errors]
    lines += [(Span("unused  ", Style.WARNING), Span(printable(each))) for each in report.unused]
    lines += _advice(report)
    return lines


def _is_of_no_test(finding: Finding) -> bool:
    """Whether the run as a whole found it, so that no test's failure tells it: in documents, or over all responses."""
    return is_document(finding.snapshot) or (
        bool(finding.operation.name) and not finding.response and not finding.problem
    )


def _outdated_lines(outdated: Sequence[Outdated], *, verbose: bool) -> list[Line]:
    """Those that fail the run before those that are only told of, each the oldest first."""
    gravest = sorted(outdated, key=lambda each: not each.fails)
    named = gravest if verbose else gravest[:_MOST_OUTDATED]
    lines: list[Line] = [
        (
            Span(f"recorded {ago(each.age)} (max_age {each.max_age}): ", _weight(each)),
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


def ago(seconds: float) -> str:
    """`214 days ago`; in a smaller unit what is younger than a day."""
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    return f"{counted(int(seconds // size), unit)} ago"


def sentences(report: Report) -> str:
    """What the run found, in counted sentences: `12 operations hold. 1 drifts: 2 breaking changes.`."""
    return plain([tuple(_sentences(report))])


def _sentences(report: Report) -> Iterable[Span]:
    sentences = [*_verdict_sentences(report), *_other_sentences(report)]
    for position, span in enumerate(sentences):
        yield span if position == 0 else Span(f" {span.text}", span.style)


def _verdict_sentences(report: Report) -> Iterable[Span]:
    answered = [each for each in report.findings if not is_document(each.snapshot)]
    operations = _worst_by_snapshot(answered)
    learned = {each.snapshot for each in report.learned}
    verdicts = Counter(verdict for snapshot, verdict in operations.items() if snapshot not in learned)
    held, drifted, changed = verdicts[Verdict.OK], verdicts[Verdict.DRIFT], verdicts[Verdict.CHANGED]
    nouns = iter(("operation", "", "", ""))
    told = len({each.snapshot for each in answered if each.verdict is Verdict.DRIFT and not each.is_enforced})
    if not report.findings:
        yield Span("No contract test ran.")
    if held:
        yield Span(f"{_of(held, next(nouns), 'holds', 'hold')}.", Style.GOOD)
    otherwise = len({each.snapshot for each in report.findings if differs_from_document_only(each)})
    if otherwise:
        what = _of(otherwise, next(nouns), "is not as its document says", "are not as their documents say")
        yield Span(f"{what}.", Style.WARNING)
    if drifted > told:
        what = _of(drifted - told, next(nouns), "drifts", "drift")
        yield Span(f"{what}: {_breaking(answered, enforced=True)}.", Style.BREAKING)
    if told:
        what = _of(told, next(nouns), "drifts", "drift")
        yield Span(f"{what}, not enforced: {_breaking(answered, enforced=False)}.", Style.WARNING)
    if changed:
        yield Span(f"{_of(changed, next(nouns), 'has', 'have')} something new.", Style.WARNING)
    yield from _document_sentences([each for each in report.findings if is_document(each.snapshot)])


def _document_sentences(findings: Sequence[Finding]) -> Iterable[Span]:
    """What upstreams publish otherwise now: the same operations may answer as ever."""
    for noun in (DOCUMENT, SCHEMA):
        yield from _sentences_of(noun, [each for each in findings if kind_of(each.snapshot) == noun])


def _sentences_of(noun: str, findings: Sequence[Finding]) -> Iterable[Span]:
    left = {each.snapshot for each in findings}
    for enforced, aside, style in ((True, "", Style.BREAKING), (False, ", not enforced", Style.WARNING)):
        drifted = {each.snapshot for each in findings if each.verdict is Verdict.DRIFT and each.is_enforced is enforced}
        if drifted:
            what = _of(len(drifted), noun, "drifts", "drift")
            yield Span(f"{what}{aside}: {_breaking(findings, enforced=enforced)}.", style)
        left -= drifted
    if left:
        yield Span(f"{_of(len(left), noun, 'has', 'have')} something new.", Style.WARNING)


def _breaking(findings: Sequence[Finding], *, enforced: bool) -> str:
    mine = (finding for finding in findings if finding.is_enforced is enforced)
    return counted(sum(change.breaks for finding in mine for change in finding.changes), "breaking change")


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
        yield Span(f"{counted(len(report.ours), 'test')} failed, yet the contract held: the fault is ours.")
    for noun in ("snapshot", DOCUMENT, SCHEMA):
        yield from _learned_sentences(noun, [each for each in report.learned if kind_of(each.snapshot) == noun])
    if report.cassettes:
        yield Span(f"{counted(len(report.cassettes), 'cassette')} recorded.")
    if report.removed:
        yield Span(f"{counted(len(report.removed), 'file')} removed.", Style.WARNING)
    if report.outdated:
        gravest = Style.BREAKING if any(each.fails for each in report.outdated) else Style.WARNING
        yield Span(f"{_of(len(report.outdated), 'cassette', 'is', 'are')} too old.", gravest)
    if report.never_observed:
        yield Span(f"{counted(len(report.never_observed), 'path')} never observed.", Style.QUIET)


def _learned_sentences(noun: str, learned: Sequence[Learned]) -> Iterable[Span]:
    created = len({each.snapshot for each in learned if not each.before})
    if created:
        yield Span(f"{counted(created, noun)} created.", Style.GOOD)
    updated = len({each.snapshot for each in learned if each.before})
    if updated:
        broken = len({each.snapshot for each in learned if each.before and weight_of(each) is Severity.BREAKING})
        grave = f", {broken} breaking" if broken else ""
        yield Span(f"{counted(updated, noun)} updated{grave}.", Style.BREAKING if broken else Style.WARNING)


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
    subject = counted(number, noun) if noun else str(number)
    return f"{subject} {one if number == 1 else many}"


def _advice(report: Report) -> list[Line]:
    lines: list[Line] = []
    if report.undeclared:
        hosts = ", ".join(map(printable, report.undeclared))
        remedy = "add it to contracts.toml; integration-contracts init writes one where there is none"
        lines.append((Span(f"in no manifest: {hosts}  ({remedy})", Style.QUIET),))
    if report.learned or report.cassettes or report.removed:
        adopted = set(report.adopted)
        written = {_kept_in(path) if path in adopted else _folder(path) for path in report.cassettes}
        removed = {_folder(path) for path in report.removed if "/history/" not in path}
        folders = sorted(written | removed | {_folder(each.snapshot) for each in report.learned})
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
    if report.run.shard:
        shard = f"this is shard {printable(report.run.shard)} of a run; the verdict comes from all of them:  "
        lines.append((Span(shard), Span("integration-contracts combine REPORT...", Style.TITLE)))
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
            verdict = Verdict.OK if differs_from_document_only(finding) else finding.verdict
            worst[finding.snapshot] = min(known, verdict, key=_WORST.index)
    return worst
