"""Two versions of an OpenAPI document, as one operation's consumer sees them: what changed for it, and nothing else.

Bodies of responses are compared as shapes, by the rules that observed ones are compared by. What is asked of requests
is compared the other way round: there more is asked, and less is taken, where it breaks (`requests`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pytest_integration_contracts.drift.compare import compare, subject_of
from pytest_integration_contracts.drift.policy import Policy, worst_first
from pytest_integration_contracts.drift.responses import media_of, response_key, status_of
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Operation, Severity
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape
from pytest_integration_contracts.specs.document import DeclaredOperation, DeclaredResponse, Side, Spec
from pytest_integration_contracts.specs.media import part_for, plain
from pytest_integration_contracts.specs.requests import request_changes
from pytest_integration_contracts.specs.schemas import response_shape
from pytest_integration_contracts.specs.security import security_change

_FIRST_ERROR: Final = 400
_FAILED: Final = " (error)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How a consumer uses one operation.

    Attributes:
        operation: The operation, by our name.
        old: As the old document declares it; None where it does not.
        new: As the new document declares it; None where it does not.
        keys: The kinds of responses that its snapshot knows: `200 application/json`.
        request: What bodies of its requests are known to be; unknown where nothing is.
        queries: The names of the query parameters that it is known to send.
    """

    operation: Operation
    old: DeclaredOperation | None
    new: DeclaredOperation | None
    keys: frozenset[str]
    request: Shape
    queries: frozenset[str]


def changes(old: Spec, new: Spec, use: Use, policy: Policy) -> dict[str, tuple[Change, ...]]:
    """What changed for a consumer of one operation from one version of a document to the next.

    What either version does not say is no change, and what has one cause is told once.

    Args:
        old: The document as it was.
        new: The document as it is.
        use: How the consumer uses the operation.
        policy: How changes are weighed.

    Returns:
        The changes by the kind of response that they are about, worst first; "" for those of the operation as a whole.
        Kinds without changes are left out.
    """
    if use.old is None:
        return {}
    policy = policy.for_operation(use.operation)
    if use.new is None or not _is_same_path(use.old.template, use.new.template):
        told = [_change("spec.operation-removed", str(use.old), "gone")]
        return {"": worst_first(policy.hold(told))} if policy.hold(told) else {}
    was, now = Side(old, use.old), Side(new, use.new)
    beside = [
        *_announced(was, now),
        *_statuses(use.keys, use.old, use.new),
        *security_change(was, now),
        *request_changes(was, now, sent=use.request, queries=use.queries),
    ]
    found = {"": worst_first(policy.hold(beside))}
    for key in sorted(use.keys):
        kind = key.removesuffix(_FAILED)
        if kind not in found:
            said = _of_response(was, now, kind, policy)
            found[kind] = () if said in found.values() else said
    return {key: told for key, told in found.items() if told}


def all_used(old: Spec, new: Spec) -> Iterator[Use]:
    """Every operation of the old document, as if all that it declares were in use; of what is sent nothing is known."""
    for operation in old.operations():
        yield Use(
            operation=Operation("", str(operation)),
            old=operation,
            new=new.operation(operation.method, operation.template) or new.find(operation.method, operation.template),
            keys=frozenset(_keys(operation)),
            request=UNKNOWN,
            queries=frozenset(name for place, name in operation.parameters if place == "query"),
        )


def _keys(operation: DeclaredOperation) -> Iterator[str]:
    """All kinds of responses that it declares; a range of statuses stands for its first."""
    for status, response in operation.responses.items():
        otherwise = "500" if _successes(operation) else "200"
        code = otherwise if status == "default" else status.replace("XX", "00")
        for media in response.media or ("",):
            yield response_key(int(code), plain(media)) if code.isascii() and code.isdigit() else ""


def server_changes(old: Spec, new: Spec, policy: Policy) -> tuple[Change, ...]:
    """That a document's operations are below other paths than they were: one change, whichever of them are used."""
    before, after = _bases(old), _bases(new)
    if not before or not after or before & after:
        return ()
    moved = {f"{base}{template}" for base in after for template in new.templates}
    if any(f"{base}{template}" in moved for base in before for template in old.templates):
        return ()  # what was a part of the servers' URLs is a part of the paths now, or the other way round
    return tuple(policy.hold([_change("spec.server-changed", _listed(before), _listed(after))]))


def _bases(spec: Spec) -> set[str]:
    return {urlsplit(server).path.rstrip("/") for server in spec.servers}


def _of_response(old: Side, new: Side, key: str, policy: Policy) -> tuple[Change, ...]:
    """What changed of one kind of response."""
    was = _declared(old.operation, key)
    if was is None:
        return ()
    now = _declared(new.operation, key)
    if now is None:
        change = _change("spec.status-removed", status_of(key), _listed(new.operation.responses) or "none")
        is_error = _code(key) >= _FIRST_ERROR
        return tuple(policy.hold([change.with_severity(Severity.WARNING, "an error") if is_error else change]))
    media = media_of(key)
    mine, theirs = part_for(was.media, media), part_for(now.media, media)
    if mine is None:
        return ()
    if theirs is None:
        said = _listed(now.media) or "no body"
        return tuple(policy.hold([_change("spec.media-removed", _listed(was.media), said)]))
    declared, declares = response_shape(old.spec, mine), response_shape(new.spec, theirs)
    if declared == declares or not declared.known or not declares.known:
        return ()
    subject = subject_of(policy.operation.name) if policy.operation else "response"
    told = compare(declared, declares, subject=subject, policy=policy)
    return tuple(change for change in told if change.rule != "value.unknown-learned")


def _declared(operation: DeclaredOperation, key: str) -> DeclaredResponse | None:
    """What is declared for a kind of response: `default` is for errors, unless no success is declared at all."""
    code = _code(key)
    found = operation.response(code) if code else None
    if found is None or found.status != "default" or code >= _FIRST_ERROR:
        return found
    return None if _successes(operation) else found


def _code(key: str) -> int:
    status = status_of(key)
    return int(status) if status.isascii() and status.isdigit() else 0


def _successes(operation: DeclaredOperation) -> set[str]:
    return {status for status in operation.responses if status.startswith("2")}


def _statuses(keys: Iterable[str], old: DeclaredOperation, new: DeclaredOperation) -> Iterator[Change]:
    """Successes that are declared in addition; one in the place of another is told of that other."""
    before, after = _successes(old), _successes(new)
    added = after - before - {"2XX"}
    lost = any(_declared(old, key) and not _declared(new, key) for key in keys)
    if before and added and "2XX" not in before and not lost:
        yield _change("spec.status-added", _listed(before), _listed(added))


def _announced(old: Side, new: Side) -> Iterator[Change]:
    was, now = _announcement(*old), _announcement(*new)
    if now and now != was:
        yield _change("spec.operation-deprecated", was or "nothing", now)


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _announcement(spec: Spec, operation: DeclaredOperation) -> str:
    node = spec.at(operation.pointer)
    sunset = node.get("x-sunset") if isinstance(node, Mapping) else None
    day = _DAY.match(sunset) if isinstance(sunset, str) else None
    if day:
        return f"deprecated, until {day[0]}"
    return "deprecated" if operation.deprecated else ""


def _is_same_path(old: str, new: str) -> bool:
    """Whether two templates are of one operation: the names of placeholders do not matter, nor does a prefix."""
    mine, theirs = (["{}" if "{" in step else step for step in path.strip("/").split("/")] for path in (old, new))
    shared = min(len(mine), len(theirs))
    return mine[-shared:] == theirs[-shared:]


def _change(rule: str, before: str, after: str) -> Change:
    return Change(rule=rule, path="$", severity=RULES[rule].severity, before=before, after=after)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))
