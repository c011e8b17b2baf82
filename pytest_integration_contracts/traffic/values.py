"""Secrets in JSON values: by the names of members, in texts, and as names themselves."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from pytest_integration_contracts.drift.authentication import is_secret_header, is_secret_name
from pytest_integration_contracts.shapes.formats import EPOCHS
from pytest_integration_contracts.shapes.kinds import WIDTHS
from pytest_integration_contracts.traffic.texts import PAGE, TextScrubber, placeholder
from pytest_integration_contracts.traffic.tokens import Replace

_DEEPEST: Final = 3
"""How many JSON texts in JSON texts are looked into."""

_NAMING: Final = ("name", "key", "header", "field")
"""Members that say of what the member `value` beside them is the value."""

_TELLING_BESIDE: Final = {"value": frozenset(_NAMING), "body": frozenset({"rel"})}
"""Members that may be told by what stands beside them."""

_FORWARD: Final = frozenset({"next", "prev", "previous", "first", "last"})
_SEARCH: Final = frozenset({"collections", "bbox", "intersects", "datetime", "filter", "sortby", "ids"})
"""What a search of a STAC API may have beside `limit` and the `token` of a page (STAC API, item search)."""


def scrub_value(value: object, replace: Replace = placeholder, *, deep: int = 0) -> Any:  # noqa: ANN401 - a JSON value
    """A JSON value with placeholders for its secrets, at any depth; the very same one where it holds none.

    Args:
        value: The value.
        replace: Gives the placeholder of a secret.
        deep: In how many JSON texts it stands.
    """
    names, texts = _told_by(value)
    scrubber = TextScrubber(texts | names, replace)
    documents = {text for text in texts if text[:1] in {"{", "["} and text[-1:] in {"}", "]"}}
    scrubbed = {text: scrubber.scrub(text) for text in scrubber.looked_through(texts - documents)}
    scrubbed |= {text: _scrub_document(text, scrubber, replace, deep) for text in documents}
    renamed = {name for name in scrubber.looked_through(names) if scrubber.scrub(name) != name}
    telling = {name for name in names if is_secret_name(name)}
    telling |= {name for name, beside in _TELLING_BESIDE.items() if name in names and not beside.isdisjoint(names)}
    scrubbed = {text: new for text, new in scrubbed.items() if new != text}
    if not scrubbed and not renamed and not telling:
        return value  # most have none, and finding that out is all that it costs
    return _Scrubbing(scrubbed, renamed, telling, replace).value(value)


def _told_by(value: object) -> tuple[set[str], set[str]]:
    """The names of all members, and all texts."""
    names: set[Any] = set()
    texts: set[Any] = set()
    waiting: list[Any] = [[value]]
    while waiting:
        each = waiting.pop()
        if type(each) is dict:
            names.update(each)
            each = each.values()
        for member in each:
            kind = type(member)
            if kind is str:
                texts.add(member)
            elif kind is dict or kind is list or kind is tuple:
                waiting.append(member)
    return {name for name in names if isinstance(name, str)}, texts


def _scrub_document(text: str, scrubber: TextScrubber, replace: Replace, deep: int) -> str:
    """A text that is JSON itself, scrubbed as that, or else as any other."""
    try:
        value = json.loads(text) if deep < _DEEPEST else None
        scrubbed = scrub_value(value, replace, deep=deep + 1) if value is not None else None
    except (ValueError, RecursionError):
        value = None  # only looks like JSON
    if value is None:
        return scrubber.scrub(text)
    return text if scrubbed is value else json.dumps(scrubbed)


class _Scrubbing:
    """One value on its way."""

    def __init__(
        self, scrubbed: Mapping[str, str], renamed: Collection[str], telling: Collection[str], replace: Replace
    ) -> None:
        self._scrubbed = scrubbed
        self._renamed = renamed
        self._telling = telling
        self._replace = replace

    def value(self, value: Any, *, of_a_page: bool = False) -> Any:  # noqa: ANN401 - a JSON value
        kind = type(value)
        if kind is str:
            return self._scrubbed.get(value, value)
        if kind is not dict and kind is not list and kind is not tuple:
            return value
        copy: Any = None
        for place, member in value.items() if kind is dict else enumerate(value):
            told = kind is dict and place in self._telling
            new = self._member(place, member, value, of_a_page=of_a_page) if told else self.value(member)
            if new is not member:
                if copy is None:
                    copy = dict(value) if kind is dict else list(value)
                copy[place] = new
        clean = value if copy is None else copy
        return clean if kind is not dict or clean.keys().isdisjoint(self._renamed) else self._named_anew(clean)

    def _member(self, name: object, member: object, beside: Mapping[Any, object], *, of_a_page: bool) -> object:
        if name == "body":
            return self.value(member, of_a_page=beside.get("rel") in _FORWARD)
        if name == "value":
            return self._blank(member) if _names_a_secret(beside) else self.value(member)
        if name == "token" and (of_a_page or _leads_to_a_page(member, beside)):
            return self.value(member)
        return self._blank(member)

    def _named_anew(self, members: dict[Any, object]) -> dict[Any, object]:
        """Members whose names are secrets under other names, which are data as those were: two stay two."""
        named: dict[Any, object] = {}
        number = 0
        for name, member in members.items():
            new = name
            if name in self._renamed:
                while new == name or new in members or new in named:
                    number += 1
                    new = f"redacted_{number:08}"
            named[new] = member
        return named

    def _blank(self, value: object) -> object:
        """A placeholder for all that a member holds."""
        if isinstance(value, dict):
            blank: object = {name: self._blank(member) for name, member in value.items()}
        elif isinstance(value, list | tuple):
            blank = [self._blank(item) for item in value]
        elif isinstance(value, bool) or value is None:
            return value
        elif isinstance(value, str):
            blank = self._replace(value)
        else:
            self._replace(str(value))
            blank = _like(value)
        return value if blank == value else blank


def _leads_to_a_page(token: object, beside: Mapping[Any, object]) -> bool:
    """Whether a `token` is no credential but the place of a page."""
    if isinstance(token, str) and PAGE.match(token):
        return True
    return "limit" in beside and not _SEARCH.isdisjoint(beside)


def _names_a_secret(beside: Mapping[Any, object]) -> bool:
    """Whether an object such as `{"name": "Authorization", "value": ...}` holds one."""
    names = (beside.get(naming) for naming in _NAMING)
    return any(isinstance(name, str) and is_secret_header(name) for name in names)


def _like(value: object) -> object:
    """A number of the same kind and width, a time where it may be one, that says nothing else about it."""
    if not isinstance(value, int) and not (isinstance(value, float) and value.is_integer()):
        return 0.5
    for first, end in WIDTHS.values():
        if first <= value < end:
            wide = end > 2**31
            start = next((start for start, limit in EPOCHS.values() if start <= value < limit), None)
            return (2**52 if wide else 0) if start is None else max(start, 2**31 if wide else 0)
    return 2**53
