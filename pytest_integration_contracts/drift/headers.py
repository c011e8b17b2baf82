"""The response headers that are part of the contract: which they are, how each is read, and when they changed.

A header that says more than its text (a limit, a page, a version, a date) is judged by the rules about what it says, in
`conduct`; here are the rules about a header as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change
from pytest_integration_contracts.shapes.formats import generalise
from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.shape import Field, Shape

_RATE_LIMIT: Final = re.compile(r"(?P<family>(?:[a-z0-9]+-)*rate-?limit)(?P<member>(?:-[a-z0-9-]+)?)")
_VERSION: Final = re.compile(r"(?:[a-z0-9]+-)*version(?:-selected)?")
_OF_SOFTWARE: Final = re.compile(
    r"(?:^|-)(?:app|application|aspnet|aspnetmvc|build|client|deploy|engine|framework|git|http|image|node|php|powered"
    r"|product|release|runtime|sdk|server|software|tls|ui|web)-version"
)
"""Versions of what serves the API: they change with every deployment, and no client builds on them."""

_OTHERS: Final = re.compile(
    r"etag|location|link|retry-after|deprecation|sunset|www-authenticate|x-total(?:-count|-pages)?"
    r"|x-(?:next-|prev-)?page|x-per-page"
)
NEXT_PAGE: Final = "x-next-page"
_OFTEN_EMPTY: Final = frozenset({NEXT_PAGE, "x-prev-page"})
"""Empty on the last page, or on the first."""

STRUCTURED: Final = frozenset({"", "-policy"})
"""What follows `RateLimit` in the headers of the IETF's later drafts."""


def contract_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The response headers that are part of the contract: caching, paging, limits, versions, deprecation."""
    return {name: value for name, value in headers.items() if _of_the_contract(name)}


def _of_the_contract(name: str) -> bool:
    return bool(_OTHERS.fullmatch(name) or _RATE_LIMIT.fullmatch(name) or names_version(name))


def names_version(name: str) -> bool:
    """Whether a header of this name says which version of the API answered."""
    return _VERSION.fullmatch(name) is not None and _OF_SOFTWARE.search(name) is None


def limit_member(name: str) -> tuple[str, str] | None:
    """The family of a rate limit's header and what it tells: `x-ratelimit` and `-limit`; None for any other."""
    found = _RATE_LIMIT.fullmatch(name)
    return (found["family"], found["member"]) if found else None


def family(name: str) -> str:
    """How the family of a rate limit's header is written: `X-RateLimit-*`; `RateLimit` for the structured ones."""
    found = limit_member(name)
    if found is None:
        return ""
    stem, member = found
    words = stem.replace("ratelimit", "rateLimit").split("-")
    written = "-".join(word[:1].upper() + word[1:] for word in words)
    return written if stem == "ratelimit" and member in STRUCTURED else f"{written}-*"


def header_changes(old: Shape, new: Shape, *, told_elsewhere: frozenset[str] = frozenset()) -> list[Change]:
    """Headers that came, went, or changed their format.

    Args:
        old: The contract's headers as the snapshot has them, an object.
        new: The same, as observed.
        told_elsewhere: Headers whose coming and going another rule judges: those of paging.
    """
    if Kind.OBJECT not in old.kinds or Kind.OBJECT not in new.kinds:
        return []
    apart = told_elsewhere | _ALWAYS_ELSEWHERE
    mine = {name: member for name, member in old.fields.items() if name not in apart}
    theirs = {name: member for name, member in new.fields.items() if name not in apart}
    always = {name for name, member in mine.items() if member.required}
    changes, families = _families(always, mine.keys(), theirs.keys())
    changes += [
        _change("header.removed", name, "there", "gone")
        for name in sorted(always - theirs.keys())
        if family(name) not in families
    ]
    changes += [
        _change("header.added", name, "nothing", _described(theirs[name]))
        for name in sorted(theirs.keys() - mine.keys())
        if family(name) not in families
    ]
    changes += [
        _change("header.format-changed", name, mine[name].shape.format, theirs[name].shape.format or "free text")
        for name in sorted(mine.keys() & theirs.keys())
        if _reformatted(name, mine[name], theirs[name])
    ]
    evidence = (old.objects.responses, old.objects.responses), (new.objects.responses, new.objects.responses)
    return [evidenced(change, *evidence) for change in changes]


_ALWAYS_ELSEWHERE: Final = frozenset({"deprecation", "sunset", "www-authenticate"})


def _families(always: set[str], known: Iterable[str], seen: Iterable[str]) -> tuple[list[Change], set[str]]:
    """What happened to whole families of rate limit headers, and the families that need no further word."""
    mine, theirs = _by_family(known), _by_family(seen)
    gone = sorted(name for name, members in mine.items() if name not in theirs and set(members) & always)
    come = sorted(theirs.keys() - mine.keys())
    if gone:
        first, *others = [member for name in gone for member in mine[name]]
        others += [member for name in come for member in theirs[name]]
        after = " and ".join(come) or "gone"
        changes = [_change("ratelimit.headers-changed", first, " and ".join(gone), after, others)]
    else:
        changes = [
            _change("header.added", theirs[name][0], "nothing", f"rate limit headers, {name}", theirs[name][1:])
            for name in come
        ]
    return changes, {*gone, *come}


def _by_family(names: Iterable[str]) -> dict[str, list[str]]:
    """The headers of each family of rate limit headers, the one that gives the limit first."""
    families: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (not name.endswith(("limit", "policy")), name)):
        if family(name):
            families.setdefault(family(name), []).append(name)
    return families


def limit_header(names: Iterable[str]) -> str:
    """The header that gives the limit, among the names of headers; `ratelimit` where none is of that kind."""
    families = _by_family(names)
    return next((families[name][0] for name in sorted(families)), "ratelimit")


def _reformatted(name: str, old: Field, new: Field) -> bool:
    """Whether the header no longer has the format it always had. What the header says may be another rule's matter."""
    if name in _OFTEN_EMPTY or name == "retry-after" or names_version(name) or not old.shape.format:
        return False
    return Kind.STRING in new.shape.kinds and generalise(old.shape.format, new.shape.format) != old.shape.format


def _described(member: Field) -> str:
    return member.shape.format or "free text"


def _change(rule: str, name: str, before: str, after: str, related: Iterable[str] = ()) -> Change:
    related_paths = tuple(f"header:{other}" for other in related)
    return Change(rule, f"header:{name}", RULES[rule].severity, before, after, related_paths=related_paths)


def evidenced(change: Change, baseline: tuple[int, int], observed: tuple[int, int]) -> Change:
    """The change, with how often each side was seen."""
    return replace(change, baseline=baseline, observed=observed)
