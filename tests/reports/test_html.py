"""The page, in a real browser: how it looks, what it asks for, what hostile strings do there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import browsing
from browsing import DESK, FOCUS, PHONE
from pytest_integration_contracts.model import Report
from pytest_integration_contracts.reports import html
from reports.reporting import HOSTILE, REPORT, hostile, large

CONTRASTS = """
const channel = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
const parse = text => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ground = node => {
  for (; node; node = node.parentElement) {
    const color = parse(getComputedStyle(node).backgroundColor);
    if (color.length === 3 || color[3] === 1) return color;
    if (color[3] > 0) throw new Error("half a background");
  }
  return [255, 255, 255];
};
const found = [];
for (const node of document.body.querySelectorAll("*")) {
  if (![...node.childNodes].some(each => each.nodeType === 3 && each.data.trim())) continue;
  const style = getComputedStyle(node), size = parseFloat(style.fontSize);
  const big = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const [one, other] = [light(parse(style.color)), light(ground(node))].sort((a, b) => b - a);
  const name = node.className || node.tagName;
  found.push([(one + 0.05) / (other + 0.05), big ? 3 : 4.5, name, node.textContent.slice(0, 40)]);
}
return found;
"""
VISIBLE_CHANGES = """
return [...document.querySelectorAll(".change")].filter(each => each.checkVisibility()).map(each => each.className);
"""


class Page(browsing.Page):
    """A browser with one report."""

    def show(self, report: Report, size: tuple[int, int] = DESK, scheme: str = "light") -> None:
        self.open(html.to_text(report), size, scheme)


@pytest.fixture
def page(driver: Any, tmp_path: Path) -> Page:
    return Page(driver, tmp_path)


@pytest.mark.parametrize("report", [REPORT, hostile(), Report()], ids=["report", "hostile", "empty"])
def test_it_asks_for_nothing_and_the_console_stays_empty(page: Page, report: Report) -> None:
    page.show(report)
    assert page.requested() == []
    assert page.complaints() == []


def test_what_it_says(page: Page) -> None:
    page.show(REPORT)
    text = page.ask("return document.body.textContent")
    assert page.ask("return document.querySelector('h1').innerText") == "crm broke its contract"
    assert page.ask("return [...document.querySelectorAll('.integration .name')].map(each => each.textContent)") == [
        "crm",
        "tax",
        "search",
        "billing",
    ]
    for told in (
        "in 3 of 3 responses",
        'customer["email"]  # KeyError',
        REPORT.findings[1].changes[0].fingerprint(REPORT.findings[1].operation),
        "Every response had the field, and now none has: reading it raises KeyError.",
        "team-revenue",
        "docs/runbooks/crm.md",
        "support@crm.example",
        "env:CRM_TOKEN",
        "GET https://tax.example/rates was answered with 503 Service Unavailable",
        "No space left on device",
        "test_crm.py::test_never_ended",
        "recorded 214 days ago, max_age 180d",
        "--contracts-live",
        "0a1b2c3d4e5f",
        "2026-11-24 08:00:00 UTC",
        "-k crm",
        "where type=card",
        "contracts/crm/y.json",
    ):
        assert told in text
    left, right = page.ask(
        "return [...document.querySelector('.sides').children].map(each => each.getBoundingClientRect().toJSON())"
    )
    assert left["top"] == right["top"]
    assert left["right"] <= right["left"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("report", [REPORT, hostile()], ids=["report", "hostile"])
def test_every_text_has_contrast_and_nothing_is_wider_than_the_screen(
    page: Page, report: Report, size: tuple[int, int], scheme: str
) -> None:
    page.show(report, size, scheme)
    page.ask("for (const each of document.querySelectorAll('details')) each.open = true")
    found = page.ask(CONTRASTS)
    assert len(found) > 50
    assert [each for each in found if each[0] < each[1]] == []
    assert page.ask("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_two_schemes_differ(page: Page) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page.show(REPORT, scheme=scheme)
        grounds.append(page.ask("return getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]


def test_the_keyboard_is_enough(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.show(REPORT)
    assert page.press(Keys.TAB)["text"] == "Skip to the integrations"
    assert page.ask(FOCUS)["outline"]
    assert page.ask(FOCUS)["left"] >= 0
    assert page.press(Keys.ENTER)["id"] == "integrations"
    assert page.press(Keys.TAB)["tag"] == "SUMMARY"
    assert page.ask(FOCUS)["outline"]
    opened = page.ask("return document.activeElement.parentElement.open")
    page.press(Keys.ENTER)
    assert page.ask("return document.activeElement.parentElement.open") is not opened


@pytest.mark.parametrize("severity", ["breaking", "warning", "compatible"])
def test_changes_are_chosen_by_severity_without_a_mouse(page: Page, severity: str) -> None:
    from selenium.webdriver.common.keys import Keys

    page.show(replace(REPORT, learned=()))
    everything = page.ask(VISIBLE_CHANGES)
    assert page.press(Keys.TAB, Keys.TAB)["id"] == "show-all"
    steps = ["breaking", "warning", "compatible"].index(severity) + 1
    focus = page.press(*[Keys.ARROW_RIGHT] * steps)
    assert focus["id"] == f"show-{severity}"
    assert focus["outline"]
    chosen = page.ask(VISIBLE_CHANGES)
    assert chosen == [each for each in everything if severity in each]
    assert 0 < len(chosen) < len(everything)
    page.press(*[Keys.ARROW_LEFT] * steps)
    assert page.ask(VISIBLE_CHANGES) == everything


def test_hostile_strings_are_shown_and_do_nothing(page: Page) -> None:
    page.show(hostile())
    assert page.ask("return document.title").endswith("integration contracts")
    assert (
        page.ask("return document.querySelectorAll('script, img, iframe, object, embed, form, [onerror]').length") == 0
    )
    assert page.ask("return document.querySelectorAll('style').length") == 1
    text = page.ask("return document.body.textContent")
    assert HOSTILE[0] in text
    assert "{{ 7*7 }}" in text
    assert r"\u202eevil\u2066\u200b\u0000\u001b[31m\u007f\ud800" in text
    assert "9,500 more characters" in text
    assert not {char for char in text if not char.isprintable()} - {"\n"}
    assert page.ask("return [...document.querySelectorAll('a')].every(each => /^(https?:|file:)/.test(each.href))")


def test_two_hundred_integrations_and_five_thousand_changes_are_one_page(page: Page) -> None:
    report = large()
    assert len(html.to_text(report).encode()) < 6 * 1024 * 1024
    page.show(report)
    assert page.ask("return document.querySelectorAll('.integration').length") == 200
    assert page.ask("return document.querySelectorAll('.change').length") == 5000
    page.ask("document.getElementById('show-warning').click()")
    first = VISIBLE_CHANGES.replace(".change", ".integration:first-of-type .change")
    assert page.ask(first) == ["change warning"] * 5
    assert page.complaints() == []


def test_it_needs_no_browser_to_be_one_whole_page() -> None:
    text = html.to_text(REPORT)
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert "<script" not in text
    assert "src=" not in text.replace("-src", "")
