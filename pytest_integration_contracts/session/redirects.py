"""Answers that clients reached by a redirect nobody knew: they are held against what was asked in the first place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urldefrag, urljoin

from pytest_integration_contracts.drift.authentication import leads_to_login, redirects
from pytest_integration_contracts.errors import SnapshotError
from pytest_integration_contracts.manifest.manifest import split_url
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.seen import Seen
from pytest_integration_contracts.traffic.secrets import scrub_url


def followed(seen: Iterable[Seen], project: Project) -> list[Seen]:
    """Exchanges, those at the end of a new redirect as answers to the question that was redirected.

    The new address has no snapshot, and what the client gets is still the answer to its question. What is behind a
    login page is no answer, and left out: the redirect says it all.

    Args:
        seen: What was exchanged, in order.
        project: Whose snapshots say what is new.
    """
    told: list[Seen] = []
    leading: dict[str, Seen] = {}
    for each in seen:
        origin = leading.pop(_named(each.exchange.url, project), None)
        if origin is not None and _has_snapshot(each, project) is False:
            if leads_to_login(origin.exchange):
                _lead(leading, each, origin, project)
                continue
            each = replace(each, integration=origin.integration, operation=origin.operation)  # noqa: PLW2901
        told.append(each)
        if _has_snapshot(each, project) and _is_new(each, project):
            _lead(leading, each, each, project)
    return told


def _lead(leading: dict[str, Seen], each: Seen, origin: Seen, project: Project) -> None:
    """Take note of where an exchange redirects to, on whose behalf."""
    if redirects(each.exchange):
        target = _target(each, project)
        if target:
            leading[target] = origin


def _target(each: Seen, project: Project) -> str:
    try:
        target = urldefrag(urljoin(each.exchange.url, each.exchange.response_headers["location"])).url
    except ValueError:
        return ""
    return scrub_url(_named(target, project))


def _named(url: str, project: Project) -> str:
    """A URL by canonical names, also where it leaves the integration's prefix and stays on its host."""
    known = project.canonical(url)
    if known is not None:
        return known
    given = split_url(url)
    for actual, canonical in project.prefixes().items():
        here, named = split_url(actual), split_url(canonical)
        if given.netloc and (given.scheme, given.netloc) == (here.scheme, here.netloc):
            return given._replace(scheme=named.scheme, netloc=named.netloc).geturl()
    return url


def _has_snapshot(each: Seen, project: Project) -> bool | None:
    """Whether what was asked has a snapshot; None where that cannot be read, which is told elsewhere."""
    try:
        return project.store.get(each.operation) is not None
    except SnapshotError:
        return None


def _is_new(each: Seen, project: Project) -> bool:
    snapshot = project.store.get(each.operation)
    return snapshot is not None and each.key not in snapshot.responses
