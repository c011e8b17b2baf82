"""What is said about a response as a whole: of which kind it is, and kinds the snapshot does not know.

A response is known by its key: `200 application/json`, `204` where there is no body, `payload` where it did not come
over HTTP. A failure dressed as a success is of a kind of its own: `200 application/json (error)`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from pytest_integration_contracts.drift.envelopes import failed_inside
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Exchange, Severity
from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.paths import field_path
from pytest_integration_contracts.shapes.shape import Shape

_FIRST_ERROR: Final = 400
_SUCCESSES: Final = range(200, 300)
_UNAUTHORIZED: Final = frozenset({"401", "407"})
_FAILED: Final = " (error)"

LOGIN: Final = "a login page"
STEP_UP: Final = "a stronger authentication"
OTHER_HOST: Final = "another host"
SAME_HOST: Final = "the same host"
METHOD_LOST: Final = "as GET"


def response_key(status: int, media: str) -> str:
    """The key of a response: its status and media type."""
    return f"{status} {media}".strip() if status else "payload"


def key_of(exchange: Exchange) -> str:
    """The key of an exchange's response."""
    key = response_key(exchange.status, exchange.media)
    return f"{key}{_FAILED}" if failed_inside(exchange) else key


def is_failure(key: str) -> bool:
    """Whether responses of this kind are failures dressed as successes."""
    return key.endswith(_FAILED)


def is_error(key: str) -> bool:
    """Whether responses of this kind are errors, by their status or by their body."""
    return is_failure(key) or _code(key) >= _FIRST_ERROR


def is_success(key: str) -> bool:
    """Whether responses of this kind are what was asked for: neither errors nor redirects."""
    return not is_failure(key) and _code(key) in _SUCCESSES


def _code(key: str) -> int:
    status = status_of(key)
    return int(status) if status.isascii() and status.isdigit() else 0


def status_of(key: str) -> str:
    """The status in a key."""
    return key.partition(" ")[0]


def media_of(key: str) -> str:
    """The media type in a key, `no body` where it has none."""
    return key.removesuffix(_FAILED).partition(" ")[2] or "no body"


@dataclass(frozen=True, slots=True)
class Demands:
    """What responses of one kind ask of the client before it gets what it wanted.

    Attributes:
        redirects: Where they redirect to: `SAME_HOST`, `OTHER_HOST`, and `METHOD_LOST` where a client repeats a request
            that was no GET as a GET.
        steps: What they want first: `LOGIN`, `STEP_UP`.
        challenges: The authentication schemes they ask for.
        auth: How requests of the operation authenticate.
    """

    redirects: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()
    challenges: frozenset[str] = frozenset()
    auth: frozenset[str] = frozenset()


_NO_DEMANDS: Final = Demands()


def unknown_response(
    key: str, *, known: Collection[str], beside: Collection[str], demands: Demands = _NO_DEMANDS
) -> Change:
    """The change that a response with an unknown key is.

    Args:
        key: A key that the snapshot does not have.
        known: The keys that it has.
        beside: All keys that the same test saw of the same operation: where a known one is among them, the unknown one
            came in addition to it, not in its place.
        demands: What the response asks for.
    """
    accompanied = any(other in known for other in beside)
    special = _telling(key, known, demands, accompanied=accompanied)
    if special is not None:
        return special
    same_status = _of_same_status(key, known)
    if same_status:
        return _change("media.changed", _listed(map(media_of, same_status)), media_of(key))
    if accompanied or _failed_before(key, known):
        return added_response(key, known)
    return _change("status.changed", _listed(map(status_of, known)), status_of(key))


def added_response(key: str, known: Collection[str], demands: Demands = _NO_DEMANDS) -> Change:
    """The change that a response in addition to the known ones is."""
    special = _telling(key, known, demands, accompanied=True)
    if special is not None:
        return special
    same_status = _of_same_status(key, known)
    if same_status:
        return _change("media.added", _listed(map(media_of, same_status)), media_of(key))
    rule = "status.new-error" if is_error(key) else "status.success-added"
    return _change(rule, _listed(map(status_of, known)), status_of(key))


def replaced_response(old: str, new: str, demands: Demands = _NO_DEMANDS) -> Change:
    """The change that one response in the place of another is."""
    special = _telling(new, [old], demands, accompanied=False)
    if special is not None:
        return special
    if status_of(old) == status_of(new) and not is_failure(old):
        return _change("media.changed", media_of(old), media_of(new))
    return _change("status.changed", status_of(old), status_of(new))


def _of_same_status(key: str, known: Collection[str]) -> list[str]:
    return [other for other in known if status_of(other) == status_of(key) and not is_failure(other)]


def _failed_before(key: str, known: Collection[str]) -> bool:
    """Whether the status was only known from failures that it dressed up."""
    return any(status_of(other) == status_of(key) for other in known)


def _telling(key: str, known: Collection[str], demands: Demands, *, accompanied: bool) -> Change | None:
    """What a response says about itself, where that tells more than its status does."""
    before = _listed(map(status_of, known))
    if is_failure(key):
        return _change("error.in-success", before, f"{status_of(key)} with an error in its body")
    if demands.steps:
        return step_added(before, demands.steps, status_of(key))
    if demands.redirects:
        return redirect_added(before, demands.redirects, status_of(key))
    schemes = {way for way in demands.auth if " " not in way and way != "cookie"}
    other_ways = demands.auth - schemes  # an API key's upstream names whatever scheme it likes in its refusals
    asked = status_of(key) in _UNAUTHORIZED and demands.challenges and not accompanied
    if asked and not other_ways and schemes.isdisjoint(demands.challenges):
        return step_added(before, demands.challenges, status_of(key))
    return None


def step_added(before: str, steps: Iterable[str], status: str) -> Change:
    """That something has to be done now before the upstream answers."""
    return _change("auth.step-added", before, f"{status}, asking for {_listed(steps)}")


def redirect_added(before: str, redirects: frozenset[str], status: str) -> Change:
    """That the upstream answers from another place."""
    way = f" {METHOD_LOST}" if METHOD_LOST in redirects else ""
    place = OTHER_HOST if OTHER_HOST in redirects else SAME_HOST
    change = _change("redirect.added", before, f"{status} to {place}{way}")
    if OTHER_HOST in redirects:
        return change.with_severity(Severity.BREAKING, "clients do not send credentials to another host")
    if METHOD_LOST in redirects:
        return change.with_severity(Severity.BREAKING, "clients repeat the request as a GET, without its body")
    return change


def scheme_changed(before: Iterable[str], after: Iterable[str]) -> Change:
    """That authentication goes another way."""
    return _change("auth.scheme-changed", _listed(before), _listed(after))


def error_body_change(old: Shape, new: Shape) -> Change | None:
    """That an error's body is altogether another: none of the members that every one had is left.

    The related paths are all members, before and after: what there is to say about them is said.
    """
    mine = {name for name, member in old.fields.items() if member.required}
    theirs = set(new.fields)
    if Kind.OBJECT in old.kinds and Kind.OBJECT in new.kinds:
        if not mine or not theirs - old.fields.keys() or mine & theirs:
            return None
        before, after = f"members {_listed(mine)}", f"members {_listed(theirs - old.fields.keys())}"
        paths = sorted(field_path("$", name) for name in {*old.fields, *theirs})
    else:
        containers = {Kind.OBJECT, Kind.ARRAY, Kind.STRING}
        was, now = set(old.kinds) & containers, set(new.kinds) & containers
        if not was or not now or was & now:
            return None
        before, after, paths = _listed(was), _listed(now), ["$"]
    return replace(_change("error.body-changed", before, after), related_paths=tuple(paths))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))


def _change(rule: str, before: str, after: str) -> Change:
    return Change(rule=rule, path="$", severity=RULES[rule].severity, before=before, after=after)
