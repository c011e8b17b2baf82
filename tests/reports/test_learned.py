"""The summary of an update: what breaks first and in full, what is new last and in brief."""

from __future__ import annotations

from pytest_integration_contracts.model import Change, Learned, Operation, Report, Severity
from pytest_integration_contracts.reports.styled import plain
from pytest_integration_contracts.reports.terminal import summary_lines

GET = Operation("crm", "GET /x")
BREAKING = Change("property.removed", "$.a", Severity.BREAKING, "string", "gone", (1, 1), (1, 1))
WARNING = Change("value.became-nullable", "$.b", Severity.WARNING, "string", "string or null", (1, 1), (1, 1))


def added(number: int) -> tuple[Change, ...]:
    return tuple(
        Change("property.added", f"$.f{n}", Severity.COMPATIBLE, "nothing", "string", (1, 1), (1, 1))
        for n in range(number)
    )


def learned(name: str, before: str, after: str, *changes: Change) -> Learned:
    return Learned(GET, f"contracts/crm/{name}.json", before, after, changes)


def told(*each: Learned, verbose: bool = False) -> list[str]:
    lines = plain(summary_lines(Report(learned=each), with_findings=False, verbose=verbose)).splitlines()
    return [line for line in lines if not line.startswith("review and commit")]


def test_what_breaks_goes_first_and_what_is_new_last() -> None:
    assert told(
        learned("new", "", "1.0"),
        learned("compatible", "1.0", "1.1", *added(1)),
        learned("warning", "1.2", "1.3", WARNING),
        learned("breaking", "1.3", "2.0", BREAKING, *added(1)),
        learned("beside", "1.0", "1.1"),
    ) == [
        "learned  contracts/crm/breaking.json (1.3 -> 2.0)",
        "  BREAKING  property.removed   $.a     string, in 1 of 1 response -> gone, in 1 of 1",
        "  new       property.added     $.f0    string, after 1 response",
        "learned  contracts/crm/warning.json (1.2 -> 1.3)",
        "  warning   value.became-nullable   $.b    string, in 1 of 1 response -> string or null, in 1 of 1",
        "learned  contracts/crm/compatible.json (1.0 -> 1.1)",
        "  new       property.added   $.f0    string, after 1 response",
        "learned  contracts/crm/beside.json (1.0 -> 1.1)",
        "            no body changed: what is known beside them did",
        "created  contracts/crm/new.json (1.0)",
        "No contract test ran. 1 snapshot created. 4 snapshots updated, 1 breaking.",
    ]


def test_three_hundred_new_ones_are_counted_unless_the_run_is_verbose() -> None:
    fresh = [learned(f"{n:03}", "", "1.0") for n in range(300)]
    assert told(*fresh)[9:] == [
        "created  contracts/crm/009.json (1.0)",
        "created  290 more in contracts/crm (-v lists them)",
        "No contract test ran. 300 snapshots created.",
    ]
    assert len(told(*fresh, verbose=True)) == 301


def test_every_break_is_told_whatever_their_number() -> None:
    lines = told(*(learned(f"{n:03}", "1.0", "2.0", BREAKING, *added(30)) for n in range(30)))
    assert sum("BREAKING" in line for line in lines) == 30
    assert lines.count("  and 20 more, compatible as these (-v lists them)") == 30
    compatible = told(*(learned(f"{n:03}", "1.0", "1.1", *added(1)) for n in range(30)))
    assert "learned  20 more in contracts/crm (-v lists them)" in compatible
