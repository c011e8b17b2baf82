"""Lines of a manifest: where each thing is said, however it is written."""

from __future__ import annotations

import pytest

from pytest_integration_contracts.manifest.lines import Lines, written

TEXT = '''\
# a comment = "with a key"
[integrations.crm]
urls = [
  "https://api.crm.example/v1",  # one
  "[integrations.fake]",
]
owner = "team"  # "x"
"contact" = """
[integrations.fake]
owner = "no"
"""
freshness = { path = "$.at", within = "1h" }
operations."GET /a" = { enforce = "warn" }

[[integrations.crm.accept]]
rule = "a"

[integrations.'api.tax.example'.operations."GET /customers/{id}"]
enforce = "off"

[[integrations.crm.accept]]
rule = "b"
expires = 2026-12-01

[policy]
overrides = [{ rule = "x" }, { rule = "y" }]
[integrations.late]
'''


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("integrations", "crm"), 2),
        (("integrations", "crm", "urls"), 3),
        (("integrations", "crm", "owner"), 7),
        (("integrations", "crm", "contact"), 8),
        (("integrations", "crm", "freshness", "within"), 12),
        (("integrations", "crm", "operations", "GET /a", "enforce"), 13),
        (("integrations", "crm", "accept", 0), 15),
        (("integrations", "crm", "accept", 0, "rule"), 16),
        (("integrations", "api.tax.example", "operations", "GET /customers/{id}"), 18),
        (("integrations", "crm", "accept", 1, "rule"), 22),
        (("integrations", "crm", "accept", 1, "expires"), 23),
        (("policy", "overrides", 1, "rule"), 26),
        (("integrations", "late"), 27),
        (("integrations", "crm", "runbook"), 2),
        (("integrations", "crm", "accept", 0, "ticket"), 15),
        (("nothing",), 1),
    ],
)
def test_a_place_is_on_its_line_or_on_that_of_what_it_is_in(
    newline: str, place: tuple[str | int, ...], line: int
) -> None:
    assert Lines(TEXT.replace("\n", newline)).of(*place) == line


def test_what_an_integration_says_ends_with_its_last_table() -> None:
    assert Lines(TEXT).ends["integrations", "crm"] == 23
    assert Lines(TEXT).ends["integrations", "late"] == 27


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (1, ""),
        (7, "integrations.crm.owner"),
        (9, "integrations.crm.contact"),
        (19, 'integrations.api.tax.example.operations."GET /customers/{id}".enforce'),
        (22, "integrations.crm.accept[1].rule"),
    ],
)
def test_a_line_says_what_is_on_it(line: int, place: str) -> None:
    assert Lines(TEXT).place_at(line) == place


def test_a_place_is_written_as_messages_write_it() -> None:
    assert written(("integrations", "crm", "accept", 0, "path")) == "integrations.crm.accept[0].path"
