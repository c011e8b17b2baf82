"""A report as Markdown: for a pull request's comment, or the summary of a build step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pytest_integration_contracts.model import Change, Finding, Learned, Report, Severity, Verdict
from pytest_integration_contracts.reports.parts import (
    SEVERITY_WORDS,
    Part,
    by_integration,
    headline,
    is_document,
    unenforced,
    verdict_of,
    weight_of,
)
from pytest_integration_contracts.reports.styled import difference, notes_of, word_of
from pytest_integration_contracts.reports.terminal import sentences
from pytest_integration_contracts.wording import counted, printable

COMMENT_LIMIT: Final = 65_000
"""So many bytes fit into a comment, of which GitHub takes 65,536 characters."""

_LONGEST: Final = 300
_LINK: Final = re.compile(r"https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/#?=&%+-]*)?")
_SIGNS: Final = {
    Verdict.DRIFT: "🔴",
    Verdict.DENIED: "🔴",
    Verdict.DOWN: "🔴",
    Verdict.UNVERIFIED: "⚪",
    Verdict.OURS: "🟠",
    Verdict.CHANGED: "🟡",
    Verdict.OK: "🟢",
}
_SEVERITY_SIGNS: Final = {Severity.BREAKING: "🔴", Severity.WARNING: "🟡", Severity.COMPATIBLE: "🟢"}


def to_text(report: Report) -> str:
    """The report as Markdown that fits into a comment."""
    return cut(to_markdown(report), COMMENT_LIMIT)


def to_markdown(report: Report) -> str:
    """The whole report as Markdown. What came from outside stands in code, where nothing in it is read as markup."""
    subject, words = headline(report)
    blocks = [
        " ".join(filter(None, ("##", _SIGNS[verdict_of(report)], code(subject), words))),
        _sentence(sentences(report)),
        *_table(by_integration(report)),
        *(block for part in by_integration(report) if part.told for block in _part(part)),
        *_learned(report.learned),
        *_lists(report),
        *([f"To end this: {code(report.remedy)}"] if report.remedy else []),
        *_origin(report),
    ]
    return "\n\n".join(blocks) + "\n"


def cut(text: str, limit: int) -> str:
    """A Markdown text of at most so many bytes; cut at a line's end, with a sentence that says so.

    Args:
        text: The text.
        limit: How many bytes of UTF-8 it may have. Below the length of that sentence nothing is left of it.
    """
    if len(text.encode("utf-8")) <= limit:
        return text
    room = limit - len(_CUT.encode("utf-8"))
    if room < 0:
        return ""
    kept = text.encode("utf-8")[:room].decode("utf-8", "ignore")
    return f"{kept[: kept.rfind(chr(10)) + 1]}{_CUT}"


_CUT: Final = (
    "\n**Cut here: the rest does not fit.** All of it is in a report as a file, `--contracts-report contracts.html`.\n"
)


def code(text: str) -> str:
    """Text from outside as a piece of code: no markup, no mention of a person, no link, no end of a table's cell."""
    shown = printable(text)
    if not shown:
        return ""
    if len(shown) > _LONGEST:
        shown = f"{shown[:_LONGEST]}… ({len(shown) - _LONGEST} more characters)"
    if not set(shown) & set("`|\\"):
        return f"`{shown}`"
    return f"<code>{_as_entities(shown)}</code>"


def _sentence(text: str) -> str:
    """A sentence of ours, with nothing in it that Markdown would read as anything else."""
    return re.sub(r"([\\`*_{}\[\]<>|#~])", r"\\\1", printable(text))


def _as_entities(text: str) -> str:
    return "".join(char if char.isalnum() or char == " " else f"&#{ord(char)};" for char in text)


def _reference(text: str) -> str:
    """A link where it is one, else code."""
    return f"<{text}>" if _LINK.fullmatch(text) else code(text)


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _table(parts: Sequence[Part]) -> Iterator[str]:
    if not parts:
        return
    yield _rows(
        ["integration", "verdict", "operations", *SEVERITY_WORDS.values(), "owner"],
        (
            [
                code(part.name),
                f"{_SIGNS[part.verdict]} {part.verdict}",
                str(part.operations),
                *(str(part.changes[severity] or "") for severity in SEVERITY_WORDS),
                _reference(part.contact.owner),
            ]
            for part in parts
        ),
    )


def _part(part: Part) -> Iterator[str]:
    yield f"### {_SIGNS[part.verdict]} {code(part.name)}"
    yield _whom_to_call(part)
    for finding in part.told:
        yield from _finding(finding)


def _whom_to_call(part: Part) -> str:
    labels = zip(("Owner", "Runbook", "Upstream", "Credential"), part.contact, strict=True)
    named = [f"{label}: {_reference(value)}" for label, value in labels if value]
    return " · ".join(named) or "Nobody is named for it: fill in `contracts.toml`."


def _finding(finding: Finding) -> Iterator[str]:
    version = f" ({code(finding.version)})" if finding.version else ""
    place = f", {code(finding.snapshot)}{version}" if finding.snapshot else ""
    yield f"**{code(finding.operation.name) or 'The whole'}** {code(finding.response)}{place}"
    if finding.problem:
        yield f"{_SIGNS[finding.cause]} **{finding.cause}**: {code(finding.problem)}"
    if finding.changes:
        yield _changes(finding.changes)
    if unenforced(finding):
        yield unenforced(finding)
    if finding.remedy and finding.fails:
        yield f"{'To end this' if finding.problem else 'They meant it?'} {code(finding.remedy)}"


def _changes(changes: Iterable[Change]) -> str:
    return _rows(
        ["", "rule", "path", "change", "your code", "note"],
        (
            [
                f"{_SEVERITY_SIGNS[weight_of(change)]} {word_of(change)}",
                code(change.rule),
                code(f"{change.path} where {change.variant}" if change.variant else change.path),
                code(difference(change)),
                code(change.witness),
                code("; ".join(notes_of(change))),
            ]
            for change in changes
        ),
    )


def _learned(learned: Sequence[Learned]) -> Iterator[str]:
    if learned:
        yield "### Learned"
    for each in learned:
        version = f"{code(each.before)} → {code(each.after)}" if each.before else f"new, {code(each.after)}"
        about = f" {code(each.operation.name)}" if is_document(each.snapshot) and each.operation.name else ""
        yield f"{code(each.snapshot)} ({version}){about}"
        if each.changes:
            yield _changes(each.changes)


def _lists(report: Report) -> Iterator[str]:
    too_old = [f"{each.cassette} (max_age {each.max_age})" for each in report.outdated]
    for title, lines in (
        ("Errors", report.errors),
        ("Not checked", report.unchecked),
        ("Failed by themselves, while the contract held", report.ours),
        ("Recordings that are too old", too_old),
        ("In no manifest", report.undeclared),
        ("Acceptances that nothing needs", report.unused),
        ("Removed", report.removed),
        ("To know", (*report.notes, *map(str, report.documented))),
    ):
        if lines:
            yield f"### {title}"
            yield "\n".join(f"- {code(line)}" for line in lines)
    if report.renewal:
        yield f"To record again what is too old: {code(report.renewal)}"


def _origin(report: Report) -> Iterator[str]:
    run = report.run
    commit = f"commit {code(run.commit[:12])}" if run.commit else ""
    shard = f"shard {code(run.shard)}" if run.shard else ""
    partial = f"partial: {', '.join(map(code, run.partial))}" if run.partial else ""
    tests = counted(run.tests, "test") if run.mode else ""
    told = [code(run.mode), code(run.made_at), commit, tests, shard, partial]
    if any(told):
        yield " · ".join(filter(None, told))
