"""The health page in a real browser: by eye, by keyboard, by assistive technology, on a phone, and when it is old."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import browsing
from browsing import DESK, FOCUS, PHONE
from health.overviews import DENIED, EMPTY, HOUR, MIXED, NOW, ONE, hostile, large
from pytest_integration_contracts.health.assessment import Overview
from pytest_integration_contracts.health.page import page as written
from pytest_integration_contracts.health.page import policy
from pytest_integration_contracts.serving.pages import Document, Pages

AXE = """
const done = arguments[arguments.length - 1];
axe.run(%s, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}).then(
  found => done({violations: found.violations.map(each => [each.id, each.nodes.slice(0, 3).map(node => node.html)]),
                 passes: found.passes.map(each => each.id)}));
"""
CLOCK = """
const Real = Date; let now = %d * 1000;
window.Date = class extends Real { constructor(...given) { given.length ? super(...given) : super(now); }
                                   static now() { return now; } };
window.pass = seconds => { now += seconds * 1000; };
"""
SHOWN = "return [...document.querySelectorAll('.row')].filter(each => each.checkVisibility()).map(each => each.id)"
WIDTH = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
BANNER = "const it = document.getElementById('p:banner'); return it.checkVisibility() ? it.innerText.trim() : ''"
UNFOLD = "for (const each of document.querySelectorAll('details')) each.open = true"


class Page(browsing.Page):
    """A browser with one health page, whose clock is ours."""

    def show(self, overview: Overview, size: tuple[int, int] = DESK, scheme: str = "light", **more: Any) -> None:
        at = more.pop("at", overview.made_at + 600)
        self.driver.execute_cdp_cmd("Page.enable", {})
        script = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": CLOCK % at})
        try:
            self.open(written(overview), size, scheme, **more)
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def wait_until(self, script: str) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 10, 0.05).until(lambda driver: driver.execute_script(script))


@pytest.fixture
def page(driver: Any, tmp_path: Path) -> Page:
    return Page(driver, tmp_path)


@pytest.fixture(scope="module")
def axe() -> str:
    folder = Path(pytest.importorskip("axe_core_python").__file__).parent
    return (folder / "axe.min.js").read_text(encoding="utf-8")


BOTH = pytest.mark.parametrize("scheme", ["light", "dark"])
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


def shorter(overview: Overview) -> Overview:
    """The same with few runs: axe takes minutes for thousands of cells that are all of one kind."""
    found = (replace(each, runs=each.runs[-6:]) for each in overview.assessments)
    return replace(overview, assessments=tuple(found))


def complaints(page: Page, axe: str, where: str = "document") -> list[Any]:
    """What axe finds against WCAG 2.1 AA, and against good practice."""
    page.ask(axe)
    found = page.driver.execute_async_script(AXE % where)
    assert "color-contrast" in found["passes"]
    return found["violations"]


@BOTH
@SIZES
@pytest.mark.parametrize("overview", [EMPTY, ONE, shorter(MIXED)], ids=["empty", "one", "mixed"])
def test_assistive_technology_finds_nothing_to_complain_about(
    page: Page, axe: str, overview: Overview, size: tuple[int, int], scheme: str
) -> None:
    page.show(overview, size, scheme)
    page.ask(UNFOLD)
    assert complaints(page, axe) == []
    assert page.ask(WIDTH)


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_it_does_not_among_two_hundred_integrations_either(
    page: Page, axe: str, size: tuple[int, int], scheme: str
) -> None:
    page.show(large(), size, scheme)
    assert page.ask(WIDTH)
    assert (
        complaints(page, axe, "{include: [['header'], ['.filter'], ['#integration-000'], ['#integration-150']]}") == []
    )


@SIZES
def test_hostile_texts_are_not_wider_than_the_screen(page: Page, axe: str, size: tuple[int, int]) -> None:
    page.show(shorter(hostile()), size)
    page.ask(UNFOLD)
    assert page.ask(WIDTH)
    assert complaints(page, axe) == []


@BOTH
def test_an_old_page_can_still_be_read(page: Page, axe: str, scheme: str) -> None:
    page.show(shorter(MIXED), scheme=scheme, at=NOW + 20 * HOUR)
    assert complaints(page, axe) == []


def test_the_two_schemes_differ(page: Page) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page.show(MIXED, scheme=scheme)
        grounds.append(page.ask("return getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]


@pytest.mark.parametrize("overview", [MIXED, hostile(), large()], ids=["mixed", "hostile", "two-hundred"])
def test_it_asks_for_nothing_and_the_console_stays_empty(page: Page, overview: Overview) -> None:
    page.show(overview)
    page.ask(UNFOLD)
    page.ask("scrollTo(0, 99999)")
    assert page.requested() == []
    assert page.ask("return performance.getEntriesByType('resource').map(each => each.name)") == []
    assert page.complaints() == []


def test_hostile_texts_do_nothing(page: Page) -> None:
    page.show(hostile())
    page.ask(UNFOLD)
    assert page.ask("return document.title").endswith("integration health")
    assert (
        page.ask("return document.querySelectorAll('img, iframe, object, embed, form, [onclick], [onerror]').length")
        == 0
    )
    assert page.ask("return document.querySelectorAll('script:not([type])').length") == 1
    assert page.ask("return document.querySelectorAll('tbody tr').length") == 6 * 20


def test_it_goes_stale_by_itself(page: Page) -> None:
    page.show(MIXED)
    colour = "return getComputedStyle(document.querySelector('.row.bad .pill')).color"
    fresh = page.ask(colour)
    assert page.ask(BANNER) == ""
    assert page.ask("return document.querySelector('.made').innerText") == (
        "made 2027-01-15 08:00 UTC (10 min ago), next result due 2027-01-15 13:00 UTC"
    )
    tick = "pass(%d); document.dispatchEvent(new Event('visibilitychange'))"
    page.ask(tick % (5 * HOUR))
    assert page.ask(BANNER) == "This page is 5 h old, and a newer result was due 10 min ago: load it again."
    assert page.ask(colour) != fresh
    page.ask(tick % (9 * HOUR))
    assert page.ask(BANNER) == (
        "This page is 14 h old, do not trust it: a newer one should be here by now. Look at whoever runs the checks."
    )
    assert page.ask("return document.title").startswith("OLD: ")
    assert "(14 h ago)" in page.ask("return document.querySelector('.made').innerText")
    page.show(MIXED, at=NOW - 2 * HOUR)
    assert page.ask(BANNER).startswith("By this device's clock the page is from the future")


def test_without_scripts_the_time_is_there_and_it_is_said_what_to_do_with_it(page: Page) -> None:
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open(written(MIXED), PHONE)
        text = page.driver.find_element("tag name", "header").text
        page.driver.find_element("css selector", "#orders summary").click()
        behind = page.driver.find_element("css selector", "#orders details").text
        hidden = page.driver.find_element("id", "p:text").is_displayed()
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "made 2027-01-15 08:00 UTC" in text
    assert "from 2027-01-15 20:00 UTC on, do not" in text
    assert "The other 80 are listed where scripts may run." in behind
    assert not hidden


def test_the_keyboard_is_enough(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.show(MIXED)
    assert page.press(Keys.TAB)["text"] == "Skip to the integrations"
    assert page.ask(FOCUS)["left"] >= 0
    page.press(Keys.TAB)
    assert page.ask("return document.activeElement.value") == "all"
    page.press(Keys.ARROW_RIGHT)
    assert page.ask(SHOWN) == ["orders", "search", "tax", "geo", "weather", "crm"]
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.ask("return document.activeElement.value") == "down"
    assert page.ask(FOCUS)["outline"] or page.ask(
        "return getComputedStyle(document.activeElement.nextElementSibling).outlineStyle !== 'none'"
    )
    assert page.ask(SHOWN) == ["tax"]
    assert page.ask("return document.getElementById('p:shown').value") == "1 of 9 shown"
    page.press(Keys.TAB)
    assert page.ask("return document.activeElement.id") == "p:text"
    page.press(Keys.TAB)
    assert page.ask(FOCUS)["text"] == "tax"
    while page.ask("return document.activeElement.tagName") != "SUMMARY":
        page.press(Keys.TAB)
    assert page.ask(FOCUS)["outline"]
    page.press(Keys.ENTER)
    assert page.ask("return document.querySelector('#tax details').open")
    assert page.ask("return document.querySelectorAll('#tax tbody tr').length") == 90


def test_a_slash_goes_to_the_filter_and_can_be_turned_off(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.show(MIXED)
    page.press("/")
    assert page.ask("return document.activeElement.id") == "p:text"
    page.press("t", "e", "a", "m", "-", "r", "e", "v")
    assert page.ask(SHOWN) == ["orders"]
    page.press("/")
    assert page.ask(SHOWN) == []
    assert page.ask("return document.getElementById('p:none').checkVisibility()")
    page.press(Keys.ESCAPE)
    assert len(page.ask(SHOWN)) == 9
    page.ask("document.activeElement.blur(); document.querySelector('#p\\\\:keys input').click()")
    page.press("/")
    assert page.ask("return document.activeElement.id") != "p:text"


def test_an_address_leads_to_an_integration_and_what_is_behind_it(page: Page) -> None:
    page.show(large(), fragment="#integration-150")
    page.wait_until("return document.querySelector('#integration-150 details').open")
    top = page.ask("return document.getElementById('integration-150').getBoundingClientRect().top")
    assert 0 <= top < 200
    first = page.ask("return document.querySelector('#integration-150 tbody tr').innerText.split(/\\s+/)")
    assert first[:3] == ["2027-01-15", "07:00", "UTC"]


def test_all_runs_are_listed_with_their_gaps(page: Page) -> None:
    page.show(MIXED)
    page.ask("document.querySelector('#orders details').open = true")
    page.wait_until("return document.querySelectorAll('#orders tbody tr').length > 5")
    rows = page.ask(
        "return [...document.querySelectorAll('#orders tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    runs = MIXED.assessments[0].runs
    assert len(rows) == len(runs) + 1
    assert rows[0] == [
        "2027-01-15 07:00 UTC",
        "drift",
        "12 of 14",
        "0.21 s",
        runs[-1].run.commit[:12],
        runs[-1].run.host,
        "GET /orders/{id} lost `total`",
    ]
    assert ["2 runs are missing here"] in rows
    assert [row[1] for row in rows if len(row) > 1].count("maintenance") == 1


def test_what_the_script_lists_is_what_the_page_had(page: Page) -> None:
    page.show(MIXED)
    rows = "return [...document.querySelectorAll('#billing tbody tr')]"
    read = f"{rows}.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    before = page.ask(read)
    page.ask("document.querySelector('#billing details').open = true")
    page.wait_until("return document.querySelectorAll('#billing tbody tr').length > 5")
    assert page.ask(read)[: len(before)] == before


def test_a_verdict_is_told_in_a_word_a_symbol_and_a_colour(page: Page) -> None:
    page.show(MIXED)
    found = page.ask(
        "return [...document.querySelectorAll('.row')].map(row => { const pill = row.querySelector('.pill'); return "
        "[pill.textContent.trim(), pill.querySelector('use').getAttribute('href'), getComputedStyle(pill).color,"
        " !!document.getElementById(pill.querySelector('use').getAttribute('href').slice(1))]; })"
    )
    words = [each[0] for each in found]
    assert words == ["drift", "denied", "down", "our code", "stale", "unverified", "changed", "ok", "ok"]
    assert len({each[1] for each in found}) == 8
    assert all(each[3] for each in found)
    assert len({each[2] for each in found}) == 4


def test_each_kind_of_run_has_a_form_of_its_own(page: Page) -> None:
    page.show(MIXED)
    drawn = page.ask(
        "return [...document.querySelectorAll('.legend path')]"
        ".map(each => [each.className.baseVal, each.getAttribute('d')])"
    )
    assert len({form for _, form in drawn}) == len(drawn) == 9
    label = page.ask("return document.querySelector('#orders .bar').getAttribute('aria-label')")
    assert label == (
        "85 runs, 2026-12-24 19:00 UTC to 2027-01-15 07:00 UTC: 3 drift, 1 down, 20 changed, 60 ok, 1 maintenance;"
        " 2 missing"
    )


def test_two_hundred_integrations_open_quickly_and_can_be_printed(page: Page) -> None:
    page.show(large())
    took = page.ask("const [it] = performance.getEntriesByType('navigation'); return it.domComplete - it.startTime")
    assert took < 5000
    assert len(page.ask(SHOWN)) == 200
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not page.ask("return document.querySelector('.filter').checkVisibility()")
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert json.loads(page.ask("return document.getElementById('p:runs').textContent"))["t"]


class Live:
    """A server of a page that changes."""

    def __init__(self, overview: Overview) -> None:
        self.overview = overview
        shown = Document(
            media_type="text/html; charset=utf-8",
            make=lambda: written(replace(self.overview, made_at=time.time()), refresh=1),
            policy=policy(refresh=1),
        )
        self.server = Pages({"/": shown})
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.stop()


@pytest.fixture
def live() -> Iterator[Live]:
    started = Live(MIXED)
    yield started
    started.stop()


def test_a_live_page_renews_itself_and_loses_nothing_of_its_readers(page: Page, live: Live) -> None:
    page.go(f"{live.server.url}/")
    page.ask("document.querySelector('#tax details').open = true")
    page.press("/", *"team-money")
    page.ask("document.querySelector('#tax summary').focus()")
    before = page.ask(SHOWN)
    assert "orders" not in before
    page.ask("scrollTo(0, scrollY + document.getElementById('tax').getBoundingClientRect().top)")
    place = page.ask("return document.querySelector('#tax summary').getBoundingClientRect().top")
    ledger = replace(DENIED, integration="ledger")
    live.overview = replace(MIXED, assessments=(ledger, *MIXED.assessments[:-1]))
    page.wait_until("return document.querySelector('h1').innerText.startsWith('2 of 9 integrations hold')")
    assert sorted(page.ask(SHOWN)) == sorted(before)
    assert page.ask("return document.querySelector('#ledger .pill').textContent.trim()") == "denied"
    assert page.ask("return document.querySelector('#tax details').open")
    assert page.ask("return document.querySelectorAll('#tax tbody tr').length") == 90
    assert page.ask("return document.getElementById('p:text').value") == "team-money"
    assert page.ask("return document.activeElement === document.querySelector('#tax summary')")
    assert abs(page.ask("return document.querySelector('#tax summary').getBoundingClientRect().top") - place) < 2
    assert page.ask("return document.querySelector('[data-n=denied]').textContent") == "2"
    assert page.ask("return document.title").startswith("2 of 9 integrations hold")
    assert page.ask(BANNER) == ""
    assert page.complaints() == []


def test_a_live_page_says_that_its_server_is_gone_and_that_it_is_back(page: Page, live: Live) -> None:
    page.go(f"{live.server.url}/")
    assert page.ask(BANNER) == ""
    port = live.server.server_port
    live.stop()
    page.wait_until("return document.getElementById('p:banner').innerText.includes('the server does not answer')")
    page.wait_until("return document.getElementById('p:banner').innerText.includes('do not trust it')")
    assert page.ask("return document.documentElement.classList.contains('old')")
    live.server = Pages(live.server.documents, port=port)
    threading.Thread(target=live.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    page.wait_until("return document.getElementById('p:banner').hidden")
    assert not page.ask("return document.documentElement.classList.contains('old')")
