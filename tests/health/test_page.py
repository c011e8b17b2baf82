"""The health page as text: what it says, what it never says, and how large it is. The browser's part is beside it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from health.overviews import (
    CHANGED,
    DAY,
    DENIED,
    DOWN,
    DRIFT,
    EMPTY,
    HOSTILE,
    HOUR,
    MIXED,
    NOW,
    OK,
    ONE,
    STALE,
    UNVERIFIED,
    hostile,
    large,
    rates,
    runs,
)
from pytest_integration_contracts.health.assessment import Assessment, Overview
from pytest_integration_contracts.health.bars import slots, told
from pytest_integration_contracts.health.headline import headline
from pytest_integration_contracts.health.page import page, policy


class _Reader(HTMLParser):
    """The text of each integration, what is linked, and which elements and attributes there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.body: dict[str, str | None] = {}
        self._in = ""
        self._skipped = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        found = dict(attrs)
        self._skipped = tag in {"script", "style"}
        if tag in {"dt", "dd", "td", "li", "b"}:
            self.handle_data(" ")
        if tag == "body":
            self.body = found
        if tag == "article":
            self._in = found["id"] or ""
            self.texts[self._in] = ""
        if tag == "a":
            self.links.append(found["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._skipped = False
        if tag == "article":
            self._in = ""

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.texts[self._in] = self.texts.get(self._in, "") + data


def read(*assessments: Assessment, next_check: float | None = None) -> _Reader:
    return _Reader(page(Overview(made_at=NOW, assessments=assessments, next_check=next_check)))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    ("assessments", "said"),
    [
        ((), "Nobody knows: no integration is declared"),
        ((OK,), "The one integration holds"),
        ((OK, CHANGED), "All 2 integrations hold"),
        ((DRIFT,), "0 of 1 integration holds; 1 drifts"),
        ((DOWN, DOWN, STALE, *[OK] * 197), "197 of 200 integrations hold; 2 are down, 1 is stale"),
        ((UNVERIFIED, OK), "1 of 2 integrations holds; 1 is unverified"),
    ],
)
def test_one_sentence_answers_whether_the_data_flows(assessments: tuple[Assessment, ...], said: str) -> None:
    overview = Overview(made_at=NOW, assessments=assessments)
    assert headline(overview) == said
    assert f"<h1>{said}</h1>" in page(overview)


def test_an_integration_says_all_that_somebody_who_is_woken_needs() -> None:
    text = squeezed(read(DRIFT, OK).texts["orders"])
    for part in (
        "drift orders GET /orders/{id} lost `items[*].total`, 2 of 14 operations drift",
        "fault: upstream",
        "since 2027-01-14 19:00 UTC (13 h ago)",
        "last good 2027-01-14 13:00 UTC (19 h ago)",
        "1h 0 of 1",
        "24h 1 of 4",
        "7d 24 of 28",
        "30d 116 of 120",
        "2.6 s: over 2 s (412 answers)",
        "newest 30 h ago: older than 24 h",
        "every 6 h, declared 6 h",
        "1 breaking 1 warning 1 new 1 accepted",
        "owner team-revenue",
        "call upstream https://status.orders.example/contact",
        "runbook docs/runbooks/orders.md",
        "credential env:ORDERS_TOKEN",
        "system of record https://erp.example/orders",
        "billing, the nightly forecast, warehouse",
        "requests left 412 of 5000",
        "2027-06-30",
        "breaking GET /orders/{id} $.items[*].total number, in 40 of 40 responses -> gone, in 3 of 3",
        "property.removed fingerprint 0123456789abcdef",
        "accepted until 2027-01-25",
        "2027-01-14 19:00 UTC – still lasts 13 h, 3 runs",
        "2027-01-12 08:00 UTC – 2027-01-12 14:00 UTC 6 h, 1 run",
        "version 2.1, p95 0.41 s of 4 answers, 412 of 5000 requests left",
    ):
        assert part in text


def test_success_is_never_a_bare_percentage_and_one_run_is_one_of_one() -> None:
    text = squeezed(_Reader(page(ONE)).texts["billing"])
    assert "30d 1 of 1" in text
    assert "too few runs to tell" in text
    assert "%" not in text
    assert squeezed(read(UNVERIFIED).texts["crm"]).count("no run") >= 4


def test_what_is_not_known_is_said_and_not_left_out() -> None:
    text = squeezed(read(UNVERIFIED).texts["crm"])
    for part in ("never held", "owner nobody is named", "call upstream nobody is named", "not measured", "not known"):
        assert part in text


def test_maintenance_is_told() -> None:
    assert "maintenance now" in read(DOWN).texts["tax"]
    assert "maintenance now" not in read(OK).texts["billing"]


def test_only_addresses_are_links() -> None:
    for given, link in (
        ("https://runbooks.example/a?b=c&d", "https://runbooks.example/a?b=c&d"),
        ("mailto:help@tax.example", "mailto:help@tax.example"),
        ("help@tax.example", "mailto:help@tax.example"),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt://x.example/%0aalert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("see https://runbooks.example", None),
        ("https://runbooks.example/\u202ea", None),
        ("docs/runbooks/orders.md", None),
        ("+49 30 1234", None),
    ):
        found = [
            each for each in read(replace(OK, runbook=given, contact="", feeds=())).links if not each.startswith("#")
        ]
        assert found == ([link] if link else [])


def test_what_depends_on_it_leads_to_its_own_row() -> None:
    found = read(DRIFT, OK)
    assert found.links.count("#billing") == 2


def test_hostile_texts_are_shown_and_are_nothing_else() -> None:
    text = page(hostile())
    found, plain = _Reader(text), _Reader(page(MIXED))
    assert found.tags <= plain.tags
    assert found.attributes <= plain.attributes
    assert all(each.startswith(("#", "https://", "mailto:")) for each in found.links)
    shown = "".join(found.texts.values())
    assert HOSTILE[0] in shown
    assert r"\u202eevil\u2066\u200b\u0000" in shown
    assert "9,500 more characters" in shown
    assert not {char for char in text if not char.isprintable()} - {"\n"}
    text.encode("utf-8")


@pytest.mark.parametrize("refresh", [0, 60])
def test_it_asks_for_nothing_and_its_policy_lets_it_ask_for_nothing_else(refresh: int) -> None:
    text = page(MIXED, refresh=refresh)
    assert not re.findall(r"""(?:src|srcset|action|poster|data)=|url\(|@import""", text.replace("-src", ""))
    assert set(re.findall(r"<link[^>]*href=\"([a-z]+:)", text)) == {"data:"}
    assert "default-src 'none'" in policy(refresh=refresh)
    assert ("connect-src 'self'" in policy(refresh=refresh)) is bool(refresh)
    assert "unsafe" not in policy(refresh=refresh)


def test_it_knows_from_when_on_it_is_too_old() -> None:
    body = read(OK, next_check=NOW + 5 * HOUR).body
    assert (body["data-made"], body["data-due"], body["data-old"]) == (
        f"{NOW:.0f}",
        f"{NOW + 5 * HOUR:.0f}",
        f"{NOW + 12 * HOUR:.0f}",
    )
    body = read(UNVERIFIED).body
    assert "data-due" not in body
    assert body["data-old"] == f"{NOW + 2 * DAY:.0f}"
    text = page(MIXED)
    assert 'made <time datetime="2027-01-15T08:00:00Z">2027-01-15 08:00 UTC</time>' in text
    assert "<noscript><p" in text


def test_runs_that_are_missing_are_gaps() -> None:
    found = slots(replace(OK, runs=runs(".." + " " * 3 + "..")), NOW)
    assert [each if isinstance(each, int) else "." for each in found] == [".", ".", 3, ".", "."]
    assert told(found) == "4 runs, 2027-01-13 19:00 UTC to 2027-01-15 07:00 UTC: 4 ok; 3 missing"
    silent = slots(replace(OK, runs=runs(".", ago=3 * DAY)), NOW)
    assert silent[1:] == [11]
    assert slots(replace(OK, runs=runs(".", ago=9 * HOUR)), NOW)[1:] == []
    assert "; 3 missing" in page(Overview(made_at=NOW, assessments=(replace(OK, runs=runs(".." + " " * 3 + "..")),)))


def test_no_more_than_ninety_bars_are_drawn() -> None:
    long = replace(OK, runs=runs(("." + " " * 20) * 45))
    (drawn,) = re.findall(
        r'<svg class="bar" viewBox="0 0 360.*?</svg>', page(Overview(made_at=NOW, assessments=(long,)))
    )
    assert len(re.findall("[Mm][0-9]", drawn)) == 90


def test_two_hundred_integrations_are_less_than_one_and_a_half_megabytes() -> None:
    overview = large()
    started = time.perf_counter()
    text = page(overview)
    assert time.perf_counter() - started < 5  # a tenth of that, where nothing else runs
    assert len(text.encode()) < 1_500_000


def test_an_empty_page_says_what_to_do() -> None:
    text = page(EMPTY)
    assert "Declare one in <code>contracts.toml</code> and run <code>pytest --contracts-live</code>" in text


def test_names_are_anchors_and_none_is_another_ones() -> None:
    found = read(*(replace(OK, integration=name) for name in ("crm", "c r m", "c_r_m", "p:rows", "../x")))
    ids = list(found.texts)[1:]
    assert ids[0] == "crm"
    assert len(set(ids)) == 5
    assert not [each for each in ids if re.search(r"[\s:]", each)]


def test_the_credential_is_a_reference_only() -> None:
    text = squeezed(read(DENIED).texts["search"])
    assert "credential env:SEARCH_KEY" in text
    assert rates((0, 1), (3, 4), (27, 28), (119, 120)) == DENIED.rates
