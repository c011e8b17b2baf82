"""Workflow commands: escaped as GitHub reads them, never more than it shows."""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_integration_contracts.model import Change, Finding, Operation, Report, Severity
from pytest_integration_contracts.reports.github import NOWHERE, Spot, commands, complaint
from reports.reporting import ADDED, JSON, REMOVED, REPORT, WIDENED, hostile


def everywhere(file: str, response: str, change: Change | None, operation: str) -> Spot:
    return Spot(file, 7 if change else 1) if file else NOWHERE


def with_changes(*changes: Change) -> Report:
    return Report(findings=(Finding(Operation("crm", "GET /a"), JSON, "contracts/crm/a.json", "1.0", changes),))


def read(command: str) -> tuple[str, dict[str, str], str]:
    """A command as GitHub's runner reads it."""
    level, members, text = re.fullmatch(r"::([a-z]+) ([^:]*)::(.*)", command).groups()  # type: ignore[union-attr]

    def plain(value: str, *, property_: bool) -> str:
        for code, char in (("%0D", "\r"), ("%0A", "\n"), *((("%3A", ":"), ("%2C", ",")) if property_ else ())):
            value = value.replace(code, char)
        return value.replace("%25", "%")

    named = (member.partition("=") for member in members.split(","))
    return level, {name: plain(value, property_=True) for name, _, value in named}, plain(text, property_=False)


def test_a_breaking_change_is_an_error_and_a_warning_a_warning() -> None:
    found = [read(each) for each in commands(with_changes(REMOVED, WIDENED, ADDED), everywhere)]
    assert [(level, members["title"], members["line"]) for level, members, _ in found] == [
        ("error", "crm GET /a: property.removed", "7"),
        ("warning", "crm GET /a: type.integer-to-number", "7"),
    ]
    assert found[0][2].splitlines() == [
        "$.email: string (email), in 3 of 3 responses -> gone, in 2 of 2",
        'customer["email"]  # KeyError',
    ]


def test_the_worst_come_first_and_the_rest_of_the_report_is_not_forgotten() -> None:
    found = [read(each) for each in commands(REPORT, everywhere)]
    assert [(level, members["title"]) for level, members, _ in found] == [
        ("error", "contracts"),
        ("error", "crm GET /customers/{id}: property.removed"),
        ("error", "crm GET /customers/{id}: type.changed"),
        ("error", "tax GET /rates: down"),
        ("error", "old recording"),
        ("warning", "crm GET /customers/{id}: type.integer-to-number"),
        ("warning", "old recording"),
        ("warning", "not checked"),
    ]


def test_of_more_than_github_shows_the_last_says_how_many_there_are() -> None:
    many = [replace(REMOVED, path=f"$.a{number}") for number in range(25)]
    some = [replace(WIDENED, path=f"$.b{number}") for number in range(10)]
    found = [read(each) for each in commands(with_changes(*many, *some), everywhere)]
    errors = [text for level, _, text in found if level == "error"]
    assert len(errors) == 10
    assert [text.partition(":")[0] for text in errors[:9]] == [f"$.a{number}" for number in range(9)]
    assert errors[9].startswith("16 more errors are not shown here")
    assert len([level for level, _, _ in found if level == "warning"]) == 10


def test_hostile_text_begins_no_other_command_and_ends_no_property() -> None:
    text = "a%0Ab,line=1::\r\n::set-output name=x::y"
    change = Change("property.removed", f"$['{text}']", Severity.BREAKING, text, text)
    finding = Finding(Operation(text, "x: %25, y"), JSON, "contracts/a,b:c%.json", "1.0", (change,))
    (command,) = commands(Report(findings=(finding,)), everywhere)
    assert "\n" not in command
    assert "\r" not in command
    level, members, _ = read(command)
    assert (level, sorted(members)) == ("error", ["file", "line", "title"])
    assert members["file"] == "contracts/a,b:c%.json"
    assert members["line"] == "7"
    assert members["title"].endswith("x: %25, y: property.removed")
    for each in [*commands(hostile(), everywhere), complaint(text)]:
        assert read(each)
        assert each.isprintable()
