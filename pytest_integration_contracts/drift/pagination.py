"""How an operation pages, and what tells that there is more: read off headers and the top two levels of bodies.

What is kept are places and styles, never a cursor or a URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from pytest_integration_contracts.drift.headers import NEXT_PAGE
from pytest_integration_contracts.manifest.manifest import split_url
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.shapes.paths import field_path

PAGE: Final = "page"
OFFSET: Final = "offset"
CURSOR: Final = "cursor"
NEXT_URL: Final = "next-url"
LINK_HEADER: Final = "link-header"
MORE_FLAG: Final = "more-flag"
STYLES: Final = (PAGE, OFFSET, CURSOR, NEXT_URL, LINK_HEADER, MORE_FLAG)


@dataclass(frozen=True, slots=True)
class Pagination:
    """How responses of one kind page.

    Attributes:
        signals: Where a response says that there is more, or where in the list it is: a JSONPath or `header:link`, with
            the styles seen there. No style has what merely goes with paging (a page's size, the previous page), and a
            `next` that was only ever null.
        full: The fewest items on a page that said there is more; None where none did.
        ends: The most items on a page that did not say so; None where all did.
    """

    signals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    full: int | None = None
    ends: int | None = None

    @property
    def styles(self) -> frozenset[str]:
        """The styles of all signals; a mere flag says nothing beside another."""
        found = frozenset().union(*self.signals.values())
        return found - {MORE_FLAG} or found

    @property
    def telling(self) -> frozenset[str]:
        """The places whose style is known."""
        return frozenset(place for place, styles in self.signals.items() if styles)

    @property
    def body_paths(self) -> tuple[str, ...]:
        """The places in the body, and the objects there that hold nothing else."""
        places = [place for place in self.signals if place.startswith("$")]
        return tuple(sorted({*places, *map(holder_of, places)} - {""}))

    def within(self, holder: str) -> bool:
        """Whether anything is said inside an object."""
        return any(holder_of(place) == holder for place in self.signals)

    def merged(self, other: Pagination) -> Pagination:
        """Both together."""
        return Pagination(
            {
                place: self.signals.get(place, _NONE) | other.signals.get(place, _NONE)
                for place in sorted(self.signals.keys() | other.signals.keys())
            },
            min((each for each in (self.full, other.full) if each is not None), default=None),
            max((each for each in (self.ends, other.ends) if each is not None), default=None),
        )


_NONE: Final[frozenset[str]] = frozenset()


def lost_signals(old: Pagination, new: Pagination) -> list[str]:
    """Places that said there is more and are gone, although a page as long as those that had them was seen.

    The last page has no such signal, and is shorter; another style, or the same signal elsewhere, has not lost it.
    """
    if old.full is None or new.ends is None or new.ends < old.full:
        return []
    if old.ends is not None and new.ends <= old.ends:
        return []
    pointing = {place for place in old.telling if not old.signals[place] <= {PAGE, OFFSET}}
    return sorted(
        place
        for place in (pointing or old.telling) - new.signals.keys()
        if not any(old.signals[place] & styles for styles in new.signals.values())
    )


def style_change(old: Pagination, new: Pagination) -> tuple[str, str] | None:
    """The styles before and after, where no style is left of those there were."""
    if not old.styles or not new.styles or old.styles & new.styles:
        return None
    if MORE_FLAG in old.styles | new.styles and old.telling & new.telling:  # a flag goes with any style
        return None
    return _listed(old.styles), _listed(new.styles)


def _listed(styles: frozenset[str]) -> str:
    return ", ".join(sorted(styles, key=STYLES.index))


# How members are called, without case and punctuation.
_ANY_NEXT: Final = frozenset({"next", "nextpage", "nextlink", "nexturl", "nexthref", "nextpageurl", "nextpagelink"})
_CURSORS: Final = frozenset(
    {
        *("nextcursor", "nextpagecursor", "nextpagetoken", "nexttoken", "nextmarker", "nextpageid", "cursornext"),
        *("cursor", "after", "aftercursor", "endcursor", "startingafter", "continuation", "continuationtoken"),
        *("scrollid", "bookmark", "nextkey", "lastevaluatedkey", "resumptiontoken"),
    }
)
_FLAGS: Final = frozenset({"hasmore", "hasnext", "hasnextpage", "more", "morerecords", "istruncated", "hasmoreitems"})
_PAGES: Final = frozenset(
    {"page", "pagenumber", "currentpage", "pageindex", "totalpages", "pagecount", "pages", "lastpage", "numpages"}
)
_OFFSETS: Final = frozenset({"offset", "nextoffset", "skip", "startat", "startindex"})
_COMPANIONS: Final = frozenset(
    {
        *("perpage", "pagesize", "limit", "count", "size", "maxresults", "itemsperpage", "pagelength"),
        *("total", "totalcount", "totalitems", "totalresults", "totalrecords"),
        *("prev", "previous", "prevpage", "previouspage", "prevcursor", "previouscursor", "first", "last", "before"),
        *("startcursor", "beforecursor", "hasprev", "hasprevious", "haspreviouspage", "previouspageurl", "prevpageurl"),
        *("firstpage", "firstpageurl", "lastpageurl", "from", "to", "endingbefore", "self"),
    }
)
_HOLDERS: Final = frozenset(
    {"pagination", "paging", "pager", "page", "pageinfo", "cursor", "cursors", "links", "paginator", "pages"}
)
"""Objects that hold nothing but paging."""

_ENVELOPES: Final = _HOLDERS | {"meta", "metadata", "responsemetadata", "info", "data", "result", "results", "response"}
_PUNCTUATION: Final = re.compile(r"[^a-z0-9]+")
_NEXT_LINK: Final = re.compile(r";\s*rel\s*=\s*(?:\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)
_SIZES: Final = frozenset(
    {"perpage", "pagesize", "limit", "maxresults", "count", "size", "top", "first", "pagelength", "maxitems"}
)


def _plain(name: str) -> str:
    return _PUNCTUATION.sub("", name.lower().removeprefix("@odata.").removeprefix("odata."))


def holder_of(place: str) -> str:
    """The object a place is in, where it is one that holds nothing but paging; else ""."""
    names = place.split(".")
    return ".".join(names[:2]) if len(names) > len(("$", "holder")) and _plain(names[1]) in _HOLDERS else ""


class _Signal(NamedTuple):
    """What one place of one response says.

    Attributes:
        place: Where.
        style: The style it is of, "" where it does not tell.
        more: Whether it says that there is more.
        companion: Whether it only goes with signals.
    """

    place: str
    style: str = ""
    more: bool = False
    companion: bool = False


def paged(exchange: Exchange) -> Pagination:
    """What one response says about paging; nothing where its body has no list."""
    items = _list_length(exchange.response_body)
    if items is None:
        return Pagination()
    told = [*_in_headers(exchange.response_headers), *_in_body(exchange.response_body)]
    signals: dict[str, frozenset[str]] = {}
    if not all(signal.companion for signal in told):
        for signal in told:
            known = signals.get(signal.place, _NONE)
            signals[signal.place] = known | {signal.style} if signal.style else known
    if any(signal.more for signal in told) or _counts_on(exchange.response_body, items):
        return Pagination(signals, full=items)
    return Pagination(signals, ends=None if items < _asked_for(exchange) else items)


def _in_headers(headers: Mapping[str, str]) -> Iterator[_Signal]:
    if _NEXT_LINK.search(headers.get("link", "")[:_LONGEST]):
        yield _Signal("header:link", LINK_HEADER, more=True)
    if NEXT_PAGE in headers:
        yield _Signal(f"header:{NEXT_PAGE}", PAGE, more=bool(headers[NEXT_PAGE].strip()))


_LONGEST: Final = 16_384


def _in_body(body: object) -> Iterator[_Signal]:
    for path, name, value in _members(body):
        signal = _signal(path, _plain(name), value)
        if signal is not None:
            yield signal


_WIDEST: Final = 200
"""Objects with more members are maps, whose keys are data: nothing about paging is looked for among them."""


def _members(body: object) -> Iterator[tuple[str, str, Any]]:
    """Path, name and value of the members of the top two levels. Names below others than `_ENVELOPES` may be data."""
    if not isinstance(body, dict) or len(body) > _WIDEST:
        return
    for name, value in body.items():
        if not isinstance(name, str):
            continue
        yield field_path("$", name), name, value
        if isinstance(value, dict) and len(value) <= _WIDEST and _plain(name) in _ENVELOPES:
            for inner, member in value.items():
                if isinstance(inner, str):
                    yield field_path(field_path("$", name), inner), inner, member


def _signal(path: str, name: str, value: object) -> _Signal | None:
    if name in _COMPANIONS:
        return None if isinstance(value, list) else _Signal(path, companion=True)
    if name in _ANY_NEXT:
        style = _style_of_next(value)
        return _Signal(path, style, more=bool(style))
    if name in _FLAGS:
        return _Signal(path, MORE_FLAG, more=value is True) if isinstance(value, bool | None) else None
    if isinstance(value, bool):
        return None
    return _counting(path, name, value)


def _counting(path: str, name: str, value: object) -> _Signal | None:
    if name in _CURSORS and isinstance(value, str | int | None):
        return _Signal(path, CURSOR, more=value not in (None, ""))
    if name in _PAGES and isinstance(value, int):
        return _Signal(path, PAGE)
    if name in _OFFSETS and isinstance(value, int | None):
        return _Signal(path, OFFSET, more=name == "nextoffset" and value is not None)
    return None


def _style_of_next(value: object) -> str:
    """The style of a member that is called `next`; "" where it is empty, or no pointer to anything."""
    if isinstance(value, dict):
        return NEXT_URL if isinstance(value.get("href", value.get("url")), str) else ""
    if isinstance(value, str) and value:
        if value.isdigit():
            return PAGE
        return NEXT_URL if "://" in value or value.startswith(("/", "?")) else CURSOR
    return PAGE if isinstance(value, int) and not isinstance(value, bool) else ""


def _list_length(body: object) -> int | None:
    """The number of items on the page: of the longest array in the top two levels; None where there is none."""
    if isinstance(body, list):
        return len(body)
    if not isinstance(body, dict) or len(body) > _WIDEST:
        return None
    inner = (member for value in body.values() if isinstance(value, dict) for member in value.values())
    return max((len(value) for value in (*body.values(), *inner) if isinstance(value, list)), default=None)


def _counts_on(body: object, items: int) -> bool:
    """Whether numbers say that there is more: page 2 of 7, or offset 20 of 100."""
    numbers: dict[str, int] = {}
    for _, name, value in _members(body):
        if isinstance(value, int) and not isinstance(value, bool):
            numbers.setdefault(_plain(name), value)
    page = _first(numbers, ("page", "currentpage", "pagenumber"))
    pages = _first(numbers, ("totalpages", "pagecount", "pages", "lastpage", "numpages"))
    if page is not None and pages is not None:
        return page < pages
    offset = _first(numbers, ("offset", "skip", "startat", "startindex"))
    total = _first(numbers, ("total", "totalcount", "totalitems", "totalresults", "totalrecords"))
    return offset is not None and total is not None and offset + items < total


def _first(numbers: Mapping[str, int], names: Sequence[str]) -> int | None:
    return next((numbers[name] for name in names if name in numbers), None)


def _asked_for(exchange: Exchange) -> int:
    """How many items the request asked for, 0 where it does not say: a page with fewer is the last."""
    query = parse_qsl(split_url(exchange.url).query)
    body = exchange.request_body if isinstance(exchange.request_body, dict) else {}
    for name, value in (*query, *body.items()):
        if isinstance(name, str) and _plain(name) in _SIZES and str(value).isascii() and str(value).isdigit():
            return min(int(str(value)[:_DIGITS]), _MOST)
    return 0


_DIGITS: Final = 9
_MOST: Final = 10**_DIGITS
