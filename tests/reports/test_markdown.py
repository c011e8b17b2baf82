"""Markdown, read by a real reader of it: tables stay tables, and nothing from outside is markup."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from pytest_integration_contracts.model import Report
from pytest_integration_contracts.reports.markdown import COMMENT_LIMIT, code, cut, to_markdown, to_text
from reports.reporting import HOSTILE, REPORT, hostile, large

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def rendered(text: str) -> str:
    return READER.render(text)


def test_it_says_who_broke_what_and_whom_to_call() -> None:
    text = to_markdown(REPORT)
    assert text.startswith("## 🔴 `crm` broke its contract\n\n2 operations hold. 1 drifts: 2 breaking changes.")
    assert "| `crm` | 🔴 drift | 2 | 2 | 1 | 1 | `team-revenue` |" in text
    assert "| `billing` | 🟢 ok | 1 |  |  |  | `team-money` |" in text
    assert (
        "Owner: `team-revenue` · Runbook: `docs/runbooks/crm.md`"
        " · Upstream: `support@crm.example` · Credential: `env:CRM_TOKEN`"
    ) in text
    assert (
        "| 🔴 breaking | `property.removed` | `$.email` | `string (email), in 3 of 3 responses -> gone, in 2 of 2`"
        ' | `customer["email"]  # KeyError` |  |'
    ) in text
    assert "🔴 **down**: `GET https://tax.example/rates was answered with 503 Service Unavailable`" in text
    assert text.index("### 🔴 `crm`") < text.index("### 🔴 `tax`") < text.index("### 🟡 `search`")
    assert rendered(text).count("<table>") == 4


def test_a_runbook_that_is_a_link_is_one() -> None:
    finding = replace(REPORT.findings[1], runbook="https://runbooks.example/crm")
    assert '<a href="https://runbooks.example/crm">' in rendered(to_markdown(Report(findings=(finding,))))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_one_piece_of_code_even_in_a_tables_cell(text: str) -> None:
    table = rendered(f"| a | b |\n| --- | --- |\n| {code(text)} | end |\n")
    (cells,) = re.findall(r"<tbody>\s*<tr>\s*(.*?)\s*</tr>", table, re.DOTALL)
    assert len(re.findall(r"<td>", cells)) == 2
    first = re.findall(r"<td>(.*?)</td>", cells, re.DOTALL)[0]
    assert re.fullmatch(r"<code>[^<]*</code>", first)


def test_nothing_hostile_becomes_markup() -> None:
    page = rendered(to_markdown(hostile()))
    tags = set(re.findall(r"<([a-z0-9]+)", page))
    assert tags <= {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "strong", "ul", "li"}
    outside = re.sub(r"<code>[^<]*</code>", "", page)
    for told in ("@everyone", "evil.example", "#1", "GH-1", "::error"):
        assert told not in outside
    assert all(char.isprintable() or char == "\n" for char in page)
    assert re.findall(r"^::", to_markdown(hostile()), re.MULTILINE) == []


def test_what_does_not_fit_into_a_comment_is_cut_and_says_so() -> None:
    text = to_text(large())
    assert len(text.encode()) <= COMMENT_LIMIT
    assert text.endswith(
        "\n\n**Cut here: the rest does not fit.**"
        " All of it is in a report as a file, `--contracts-report contracts.html`.\n"
    )
    assert rendered(text).count("<table>") > 10


@pytest.mark.parametrize("limit", [0, 10, 150, 200, 500])
def test_a_cut_text_is_never_longer_than_it_may_be(limit: int) -> None:
    text = "ärger\n" * 100
    assert len(cut(text, limit).encode()) <= limit
    assert cut(text, len(text.encode())) == text


def test_an_empty_report_says_that_nothing_was_checked() -> None:
    assert to_markdown(Report()).startswith("## ⚪ Nothing was checked")
