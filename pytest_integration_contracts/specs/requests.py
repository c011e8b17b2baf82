"""What a document asks of requests, and what it takes of them: how that changed for a consumer that sends them.

Told is what the consumer is known to send, or must send by the old document. What it may send or not, nobody knows to
be in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from pytest_integration_contracts.drift.events import describe, reformatted
from pytest_integration_contracts.drift.places import comparable_kinds, replaced
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Severity
from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.paths import field_path, items_path, values_path
from pytest_integration_contracts.shapes.shape import UNKNOWN, Record, Shape, Tag
from pytest_integration_contracts.specs.document import Parameter, Side, Spec
from pytest_integration_contracts.specs.media import is_json, part_for
from pytest_integration_contracts.specs.schemas import request_shape

_IGNORED: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that documents must not declare (OpenAPI 3.1, 4.8.12.2.1)."""

BODY: Final = "request:"
"""What paths of requests' bodies begin with."""


def request_changes(old: Side, new: Side, *, sent: Shape, queries: frozenset[str]) -> list[Change]:
    """What changed for requests of one operation.

    Args:
        old: The operation as it was.
        new: The operation as it is.
        sent: What bodies are known to be; unknown where nothing is.
        queries: The names of the query parameters that are known to be sent.
    """
    return [*_bodies(old, new, sent), *_parameters(old, new, queries)]


def _bodies(old: Side, new: Side, sent: Shape) -> Iterator[Change]:
    before, after = old.operation, new.operation
    if after.needs_body and not before.needs_body and not sent.kinds:
        yield _change("request.body-required", BODY, "a body may be sent" if before.body else "no body", "must be sent")
        return
    media = next((each for each in before.body if is_json(each)), next(iter(before.body), ""))
    if not media or not after.body:
        return
    mine, theirs = part_for(before.body, media), part_for(after.body, media)
    if mine is None or theirs is None:
        if sent.kinds or before.needs_body:
            yield _change("request.media-removed", BODY, media, _listed(after.body))
        return
    declared, declares = request_shape(old.spec, mine), request_shape(new.spec, theirs)
    if declared != declares:
        always = before.needs_body or sent.known
        yield from _place(_Place("$", declared, declares, sent if sent.known else None, always))


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of requests' bodies.

    Attributes:
        path: JSONPath.
        old: What could be sent.
        new: What can be sent.
        sent: What is sent; None where nobody knows.
        always: Whether every request has it.
    """

    path: str
    old: Shape
    new: Shape
    sent: Shape | None
    always: bool


def _place(place: _Place) -> Iterator[Change]:
    old, new = place.old, place.new
    if not old.known or not new.known:
        return
    told = _types(place) or _values(place)
    if told is not None:
        yield told
        return
    if old.items is not None and new.items is not None:
        items = place.sent.items or UNKNOWN if place.sent else None
        yield from _below(items_path(place.path), old.items, new.items, items)
    if old.records and new.records:
        yield from _records(place)


def _below(path: str, old: Shape, new: Shape, sent: Shape | None) -> Iterator[Change]:
    """What is below, where it is sent, or nobody knows that it is not."""
    if sent is None or sent.known:
        yield from _place(_Place(path, old, new, sent, always=False))


def _types(place: _Place) -> Change | None:
    """That what is sent is not taken any more, by its type or format."""
    old, new, sent = place.old, place.new, place.sent
    before, after = describe(old), describe(new)
    if sent is None:
        gone = place.always and (replaced(old, new) or reformatted(old, new))
    else:
        taken = sent.kinds.keys() & (comparable_kinds(old) | old.kinds.keys())
        gone = bool(taken - comparable_kinds(new) - new.kinds.keys())
        gone = gone or (reformatted(old, new) and sent.format == old.format)
    return _change("request.type-changed", f"{BODY}{place.path}", before, after) if gone else None


def _values(place: _Place) -> Change | None:
    """That a value which is sent is not taken any more."""
    before, after = _words(place.old), _words(place.new)
    if after is None:
        return None
    if place.sent is None:
        gone = before if place.always and before and not before & after else frozenset()
    else:
        sent = _words(place.sent) or frozenset()
        gone = (sent if before is None else sent & before) - after
    if not gone:
        return None
    return _change("request.value-removed", f"{BODY}{place.path}", _listed(gone), _listed(after))


def _words(shape: Shape) -> frozenset[str] | None:
    return shape.texts.words if shape.texts else None


def _records(place: _Place) -> Iterator[Change]:
    sent = place.sent.record if place.sent else None
    if sent is not None and not sent.seen.values:
        return
    pairs, gone = _paired(place)
    for tag in gone:
        yield from _variant_gone(place, tag, sent)
    for old, new in pairs:
        sure = place if len(pairs) == 1 and not gone else replace(place, always=False)
        yield from _required(sure, old, new, sent)
        yield from _removed(sure, old, new, sent)
        yield from _members(sure, old, new, sent)


def _paired(place: _Place) -> tuple[list[tuple[Record, Record]], list[Tag]]:
    """The variants that both sides have, and the tags of old ones that have no counterpart."""
    old, new = place.old.records, place.new.records
    if len(old) == 1 or len(new) == 1:
        return [(place.old.record, place.new.record)], []
    pairs, gone = [], []
    for tag, record in old.items():
        same = [other for known, other in new.items() if known.name == tag.name and known.values & tag.values]
        pairs += [(record, same[0])] if same else []
        gone += [] if same or all(known.name != tag.name for known in new) else [tag]
    return pairs, gone


def _variant_gone(place: _Place, tag: Tag, sent: Record | None) -> Iterator[Change]:
    member = sent.fields.get(tag.name) if sent else None
    used = tag.values & (_words(member.shape) or frozenset()) if member else frozenset()
    if used:
        taken = {value for known in place.new.records for value in known.values}
        path = f"{BODY}{field_path(place.path, tag.name)}"
        yield _change("request.value-removed", path, _listed(used), _listed(taken))


def _required(place: _Place, old: Record, new: Record, sent: Record | None) -> Iterator[Change]:
    for name, member in new.fields.items():
        was = old.fields.get(name)
        if not member.required or (was and was.required):
            continue
        mine = sent.fields.get(name) if sent else None
        if mine and mine.required:
            continue
        before = "not known" if was is None else "may be sent"
        path = f"{BODY}{field_path(place.path, name)}"
        change = _change("request.property-required", path, before, f"{describe(member.shape)}, must be sent")
        sure = place.always if sent is None else True
        yield change if sure else change.with_severity(Severity.WARNING, "where the object is sent that it is in")


def _removed(place: _Place, old: Record, new: Record, sent: Record | None) -> Iterator[Change]:
    if new.keyed:
        return
    for name, member in old.fields.items():
        is_sent = name in sent.fields if sent else place.always and member.required
        if name not in new.fields and is_sent:
            path = f"{BODY}{field_path(place.path, name)}"
            yield _change("request.property-removed", path, describe(member.shape), "gone")


def _members(place: _Place, old: Record, new: Record, sent: Record | None) -> Iterator[Change]:
    for name in old.fields.keys() & new.fields.keys():
        member = sent.fields.get(name) if sent else None
        if sent is not None and member is None:
            continue
        was = old.fields[name]
        always = place.always and was.required
        shape = member.shape if member else None
        yield from _place(_Place(field_path(place.path, name), was.shape, new.fields[name].shape, shape, always))
    for class_ in old.keyed.keys() & new.keyed.keys():
        values = sent.keyed.get(class_) if sent else None
        yield from _below(values_path(place.path), old.keyed[class_], new.keyed[class_], values)


def _parameters(old: Side, new: Side, queries: frozenset[str]) -> Iterator[Change]:
    before, after = old.operation, new.operation
    for key, parameter in after.parameters.items():
        was = before.parameters.get(key)
        is_sent = _is_sent(parameter, queries)
        if parameter.required and not (was and was.required) and not is_sent and not _is_ignored(parameter):
            yield _change(
                "request.parameter-required", _at(parameter), "may be sent" if was else "nothing", "must be sent"
            )
        if was is None:
            continue
        if parameter.deprecated and not was.deprecated and (is_sent or was.required):
            yield _change("request.parameter-deprecated", _at(parameter), "in use", "deprecated")
        if is_sent and parameter.place == "query":
            yield from _types_of(old.spec, new.spec, was, parameter)
    for key, parameter in before.parameters.items():
        if parameter.place == "query" and key not in after.parameters and _is_sent(parameter, queries):
            yield _change("request.parameter-removed", _at(parameter), "in use", "gone")


def _types_of(old: Spec, new: Spec, was: Parameter, now: Parameter) -> Iterator[Change]:
    mine, theirs = request_shape(old, was.part), request_shape(new, now.part)
    scalar = Kind.STRING in theirs.kinds or Kind.ARRAY in theirs.kinds  # one of several is written as one is
    if replaced(mine, theirs) and not scalar:
        yield _change("request.type-changed", _at(now), describe(mine), describe(theirs))
        return
    before, after = _words(mine), _words(theirs)
    if before and after and not before & after:
        yield _change("request.value-removed", _at(now), _listed(before), _listed(after))


def _is_sent(parameter: Parameter, queries: frozenset[str]) -> bool:
    return parameter.place == "path" or (parameter.place == "query" and parameter.name in queries)


def _is_ignored(parameter: Parameter) -> bool:
    return parameter.place == "header" and parameter.name in _IGNORED


def _at(parameter: Parameter) -> str:
    return f"{parameter.place}:{parameter.name}"


def _change(rule: str, path: str, before: str, after: str) -> Change:
    return Change(rule=rule, path=path, severity=RULES[rule].severity, before=before, after=after)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))
