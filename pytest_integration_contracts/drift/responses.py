"""What is said about a response as a whole: statuses and media types the snapshot does not know.

A response is known by its key: `200 application/json`, `204` where there is no body, `payload` where it did not come
over HTTP.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change

_FIRST_ERROR = 400


def response_key(status: int, media: str) -> str:
    """The key of a response: its status and media type."""
    return f"{status} {media}".strip() if status else "payload"


def status_of(key: str) -> str:
    """The status in a key."""
    return key.partition(" ")[0]


def media_of(key: str) -> str:
    """The media type in a key, `no body` where it has none."""
    return key.partition(" ")[2] or "no body"


def unknown_response(key: str, *, known: Collection[str], beside: Collection[str]) -> Change:
    """The change that a response with an unknown key is.

    Args:
        key: A key that the snapshot does not have.
        known: The keys that it has.
        beside: All keys that the same test saw of the same operation: where a known one is among them, the unknown one
            came in addition to it, not in its place.
    """
    same_status = [other for other in known if status_of(other) == status_of(key)]
    if same_status:
        return _change("media.changed", _listed(map(media_of, same_status)), media_of(key))
    if any(other in known for other in beside):
        return added_response(key, known)
    return _change("status.changed", _listed(map(status_of, known)), status_of(key))


def added_response(key: str, known: Collection[str]) -> Change:
    """The change that a response in addition to the known ones is."""
    same_status = [other for other in known if status_of(other) == status_of(key)]
    if same_status:
        return _change("media.added", _listed(map(media_of, same_status)), media_of(key))
    code = status_of(key)
    failed = code.isdigit() and int(code) >= _FIRST_ERROR
    rule = "status.new-error" if failed else "status.success-added"
    return _change(rule, _listed(map(status_of, known)), code)


def replaced_response(old: str, new: str) -> Change:
    """The change that one response in the place of another is."""
    if status_of(old) == status_of(new):
        return _change("media.changed", media_of(old), media_of(new))
    return _change("status.changed", status_of(old), status_of(new))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))


def _change(rule: str, before: str, after: str) -> Change:
    return Change(rule=rule, path="$", severity=RULES[rule].severity, before=before, after=after)
