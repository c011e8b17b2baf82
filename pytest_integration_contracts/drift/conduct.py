"""How an operation's responses behave apart from their bodies, held against how they did: the changes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_integration_contracts.drift.authentication import auth_scheme
from pytest_integration_contracts.drift.facts import (
    IN_MEDIA_TYPE,
    NOTHING,
    VARIES,
    Answers,
    Conduct,
    answers,
    reparameterised,
    turned,
)
from pytest_integration_contracts.drift.headers import evidenced, header_changes, limit_header
from pytest_integration_contracts.drift.limits import moved
from pytest_integration_contracts.drift.pagination import Pagination, holder_of, lost_signals, style_change
from pytest_integration_contracts.drift.policy import worst_first
from pytest_integration_contracts.drift.responses import (
    added_response,
    error_body_change,
    is_error,
    key_of,
    redirect_added,
    scheme_changed,
    status_of,
    step_added,
    unknown_response,
)
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import NO_BODY, Change, Exchange, Severity
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape


def answer_changes(old: Answers, new: Answers, *, today: str = "") -> list[Change]:
    """What changed beside the bodies, for responses of a kind that both sides have.

    Args:
        old: The baseline.
        new: The observation.
        today: The day to count from, ISO 8601: what matters more once a date has passed.
    """
    mine, theirs = old.conduct, new.conduct
    changes = _limits(old, new)
    if turned(mine.retry_after, theirs.retry_after):
        before, after = _listed(mine.retry_after), _listed(theirs.retry_after)
        changes.append(_change("retry-after.form-changed", "header:retry-after", before, after))
    changes += [*_versions(mine, theirs), *_parameters(mine, theirs), *_paging(mine.pagination, theirs.pagination)]
    changes += _announced(mine, theirs, today)
    if theirs.redirects - mine.redirects:
        changes.append(redirect_added(_listed(mine.redirects) or "none", theirs.redirects - mine.redirects, "now"))
    if theirs.steps - mine.steps:
        changes.append(step_added(_listed(mine.steps) or "none", theirs.steps - mine.steps, "now"))
    if old.challenges and new.challenges and old.challenges.isdisjoint(new.challenges):
        changes.append(scheme_changed(old.challenges, new.challenges))
    apart = _headers_of_paging(mine.pagination, theirs.pagination)
    changed = [evidenced(change, (old.seen, old.seen), (new.seen, new.seen)) for change in changes]
    return changed + header_changes(old.headers, new.headers, told_elsewhere=apart)


def _headers_of_paging(old: Pagination, new: Pagination) -> frozenset[str]:
    """Headers that come and go with the last page. Where another says that there is more, they should be there."""
    expected = set() if style_change(old, new) or new.full is None else old.signals.keys() - new.signals.keys()
    paging = {*old.signals, *new.signals} - expected
    return frozenset(place.removeprefix("header:") for place in paging if place.startswith("header:"))


def _limits(old: Answers, new: Answers) -> list[Change]:
    path = f"header:{limit_header(new.headers.fields)}"
    return [_change(rule, path, before, after) for rule, before, after in moved(old.conduct.limits, new.conduct.limits)]


def _versions(old: Conduct, new: Conduct) -> list[Change]:
    """One new version, however many headers tell it."""
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, known in old.versions.items():
        seen = new.versions.get(name, NOTHING)
        if turned(known, seen) or (name == IN_MEDIA_TYPE and not seen and VARIES not in known):
            pairs[_listed(known), _listed(seen) or "none"].append(f"header:{name}")
    return [
        replace(_change("version.changed", paths[0], before, after), related_paths=tuple(paths[1:]))
        for (before, after), paths in pairs.items()
    ]


def _parameters(old: Conduct, new: Conduct) -> list[Change]:
    if not reparameterised(old, new):
        return []
    before, after = _listed(old.parameters) or "none", _listed(new.parameters) or "none"
    return [_change("media.parameters-changed", "header:content-type", before, after)]


def _paging(old: Pagination, new: Pagination) -> list[Change]:
    styles = style_change(old, new)
    if styles:
        related = tuple(sorted({*old.body_paths, *new.body_paths}))
        return [replace(_change("pagination.style-changed", "$", *styles), related_paths=related)]
    lost = lost_signals(old, new)
    if not lost:
        return []
    before = _listed(style for place in lost for style in old.signals[place])
    change = _change("pagination.signal-lost", lost[0], before, "gone, from a full page")
    beside = {*lost[1:], *(holder for place in lost if (holder := holder_of(place)) and not new.within(holder))}
    return [replace(change, related_paths=tuple(sorted(beside)))]


def _announced(old: Conduct, new: Conduct, today: str) -> list[Change]:
    if new.deprecation | new.sunset <= old.deprecation | old.sunset:
        return []
    path = "header:sunset" if new.sunset - old.sunset else "header:deprecation"
    change = _change("deprecation.announced", path, _announcement(old) or "nothing", _announcement(new))
    left = _days_left(new.sunset or new.deprecation, today)
    if left is None:
        return [change]
    if left < 0:
        return [change.with_severity(Severity.BREAKING, f"{_days(-left)} ago")]
    return [change.with_severity(change.severity, f"{_days(left)} left")]


def _announcement(conduct: Conduct) -> str:
    since, end = _listed(filter(_date, conduct.deprecation)), _listed(filter(_date, conduct.sunset))
    deprecated = f"deprecated from {since} on" if since else "deprecated" if conduct.deprecation else ""
    sunset = f"sunset on {end}" if end else "sunset" if conduct.sunset else ""
    return ", ".join(part for part in (deprecated, sunset) if part)


def _days_left(dates: Iterable[str], today: str) -> int | None:
    """How many days are left until the earliest date, below zero where it has passed; None where nothing is known."""
    known = sorted(filter(_date, dates))
    day = _date(today)
    return (dt.date.fromisoformat(known[0]) - day).days if known and day else None


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def _change(rule: str, path: str, before: str, after: str) -> Change:
    return Change(rule, path, RULES[rule].severity, before, after)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))


def auth_schemes(exchanges: Iterable[Exchange]) -> frozenset[str]:
    """How requests authenticated."""
    return frozenset(auth_scheme(exchange.url, exchange.request_headers) for exchange in exchanges) - {""}


def auth_changes(old: frozenset[str], new: frozenset[str]) -> list[Change]:
    """That requests authenticate in another way than any before."""
    return [scheme_changed(old, new)] if old and new and old.isdisjoint(new) else []


def conduct_changes(
    old: Sequence[Exchange], new: Sequence[Exchange], *, today: str | None = None
) -> tuple[Change, ...]:
    """What changed between two sets of exchanges of one operation, apart from the bodies of responses; worst first.

    Args:
        old: The baseline.
        new: Observed later.
        today: The day to count from, ISO 8601; today's by default.

    Raises:
        BodyError: The body of an error is nested too deep, or is not a JSON value.
    """
    day = dt.datetime.now(dt.UTC).date().isoformat() if today is None else today
    before, after = by_key(old), by_key(new)
    if not before or not after:
        return ()
    auth = auth_schemes(old)
    changes = auth_changes(auth, auth_schemes(new))
    for key, exchanges in after.items():
        if key not in before:
            demands = answers(exchanges).demands(auth | auth_schemes(exchanges))
            beside = [other for other in before.keys() & after.keys() if status_of(other) == status_of(key)]
            changes.append(
                added_response(key, before, demands)
                if beside
                else unknown_response(key, known=before, beside=after, demands=demands)
            )
            continue
        told, heard = answers(before[key]), answers(exchanges)
        if not any(exchange.response_headers for exchange in exchanges):
            told = _without_headers(told)  # exchanges noted down without them: nothing is known of any
        changes += answer_changes(told, heard, today=day)
        changes += _error_bodies(key, _body_shape(before[key]), _body_shape(exchanges))
    return worst_first(changes)


def _body_shape(exchanges: Iterable[Exchange]) -> Shape:
    return infer(exchange.response_body for exchange in exchanges if exchange.response_body is not NO_BODY)


def by_key(exchanges: Iterable[Exchange]) -> dict[str, list[Exchange]]:
    """Exchanges by the kind of their responses, in the order of the keys."""
    groups: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        groups[key_of(exchange)].append(exchange)
    return {key: groups[key] for key in sorted(groups)}


def _without_headers(told: Answers) -> Answers:
    signals = {place: styles for place, styles in told.conduct.pagination.signals.items() if place.startswith("$")}
    return told._replace(headers=UNKNOWN, conduct=Conduct(pagination=replace(told.conduct.pagination, signals=signals)))


def _error_bodies(key: str, old: Shape, new: Shape) -> list[Change]:
    change = error_body_change(old, new) if is_error(key) else None
    return [change] if change else []


def body_changes(key: str, old: Shape, new: Shape, changes: Sequence[Change], beside: Sequence[Change]) -> list[Change]:
    """What is left to say about bodies, given what is said beside them; where an error is another, that.

    Args:
        key: The kind of the responses.
        old: The bodies of the baseline.
        new: The bodies observed.
        changes: What changed from one to the other.
        beside: What changed beside the bodies.
    """
    if not changes:
        return []
    whole = _error_bodies(key, old, new)
    return [*whole, *unexplained(changes, [*beside, *whole])]


def unexplained(body: Iterable[Change], beside: Iterable[Change]) -> list[Change]:
    """The changes of bodies that no change of the response as a whole has already told.

    Args:
        body: What changed in bodies.
        beside: What changed beside them; their related paths are the places they explain.
    """
    explained = {path for change in beside for path in (change.path, *change.related_paths) if _explains(change, path)}
    return [change for change in body if not any(_within(change.path, path) for path in explained)]


def _explains(change: Change, path: str) -> bool:
    """Whether what is found at a path is part of the change. A change at `$` may be about no more than the status."""
    return path.startswith("$") and (path != "$" or path in change.related_paths)


def _within(path: str, outer: str) -> bool:
    return path == outer or (path.startswith(outer) and path[len(outer)] in ".[")
