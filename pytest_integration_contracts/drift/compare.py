"""Two shapes to changes.

The two are walked together and equal places cut away; deepdiff compares the claims of what is left; each of its
findings becomes an event by the rules, events with one cause become one change, and the policy weighs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_integration_contracts.drift.conduct import by_key, conduct_changes, unexplained
from pytest_integration_contracts.drift.events import candidates
from pytest_integration_contracts.drift.joins import Samples, joined
from pytest_integration_contracts.drift.places import Candidate, Place, differing, singular
from pytest_integration_contracts.drift.policy import STANDARD, Policy, worst_first
from pytest_integration_contracts.drift.prior import said
from pytest_integration_contracts.drift.reasons import NO_CONTEXT, Context, Reasons
from pytest_integration_contracts.drift.rule import THIN
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.manifest.manifest import Override
from pytest_integration_contracts.model import NO_BODY, Change, Exchange, Severity
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import Field, Shape


def compare(
    old: Shape,
    new: Shape,
    *,
    subject: str = "response",
    context: Context = NO_CONTEXT,
    policy: Policy = STANDARD,
) -> tuple[Change, ...]:
    """What changed from one shape to another, worst first.

    Args:
        old: The baseline.
        new: The observation.
        subject: What a witness line calls the body, `customer`.
        context: What else is known about the two.
        policy: How changes are weighed.

    Returns:
        All changes, narrowings among them (`Rule.narrowing`).
    """
    settled = settle(old, context.pins)
    places: dict[tuple[str, str], Place] = {}
    found: list[Candidate] = []
    for each in differing(settled, new, subject):
        if isinstance(each, Candidate):
            found.append(each)
        else:
            places[each.path, each.variant] = each
    if not places and not found:
        return ()
    reasons = Reasons(settled, new, context)
    events = _joined([*found, *candidates(places)], reasons, context)
    return _weighed([event for event in events if not event.by_chance], reasons, context, policy)


def _joined(events: Sequence[Candidate], reasons: Reasons, context: Context) -> list[Candidate]:
    """The events, those with one cause as one; what the request alone explains is no part of another event."""
    apart: list[Candidate] = []
    rest: list[Candidate] = []
    for event in events:
        echoed = (
            reasons.reselection(event)
            or reasons.echo(event)
            or (event.rule == "property.added" and reasons.is_sent(event))
        )
        (apart if echoed else rest).append(event)
    return [*apart, *joined(rest, Samples(context.old_bodies, context.new_bodies))]


def diff(
    old: Iterable[object],
    new: Iterable[object],
    *,
    preset: str = "standard",
    overrides: Iterable[Override] = (),
) -> list[Change]:
    """What changed between two sets of response bodies, worst first.

    Args:
        old: JSON bodies, or `Exchange`s, of the same operation: the baseline.
        new: The same, observed later.
        preset: How changes are weighed: `strict`, `standard` or `lenient`.
        overrides: What is weighed differently, as the manifest's `[[policy.overrides]]`.

    Raises:
        UsageError: There is no such preset.
        BodyError: A body is nested too deep, or is not a JSON value.
    """
    before, after = list(old), list(new)
    policy = Policy(preset, tuple(overrides))
    mine, theirs = ([each for each in side if isinstance(each, Exchange)] for side in (before, after))
    if len(mine) < len(before) or len(theirs) < len(after):
        return list(_diff_bodies(_bodies(before), _bodies(after), Context(), policy))
    return list(_diff_exchanges(mine, theirs, policy))


def _diff_exchanges(old: list[Exchange], new: list[Exchange], policy: Policy) -> tuple[Change, ...]:
    beside = conduct_changes(old, new)
    before, after = by_key(old), by_key(new)
    told: list[Change] = []
    for key in before.keys() & after.keys():
        mine, theirs = before[key], after[key]
        context = Context(
            old_requests=infer(each.request_body for each in mine if each.sent_json),
            new_requests=infer(each.request_body for each in theirs if each.sent_json),
            forgotten=any(map(_is_forgotten, mine)),
            old_urls=frozenset(each.url for each in mine if each.url),
            new_urls=frozenset(each.url for each in theirs if each.url),
        )
        told += _diff_bodies(_bodies(mine), _bodies(theirs), context, policy)
    return worst_first([*policy.hold(beside), *unexplained(told, beside)])


def _diff_bodies(old: list[object], new: list[object], context: Context, policy: Policy) -> tuple[Change, ...]:
    known = replace(context, old_bodies=old, new_bodies=new)
    return compare(infer(old), infer(new), context=known, policy=policy)


def _bodies(given: Iterable[object]) -> list[object]:
    bodies = (each.response_body if isinstance(each, Exchange) else each for each in given)
    return [body for body in bodies if body is not NO_BODY]


_SENDING = frozenset({"POST", "PUT", "PATCH"})


def _is_forgotten(exchange: Exchange) -> bool:
    """Whether a request will have had a body that is not known."""
    return exchange.method in _SENDING and not exchange.sent_json


def widens(
    old: Shape,
    new: Shape,
    *,
    subject: str = "response",
    context: Context = NO_CONTEXT,
    policy: Policy = STANDARD,
) -> tuple[Change, ...]:
    """As `compare`, without the narrowings: what the observation has that the baseline has not."""
    changes = compare(old, new, subject=subject, context=context, policy=policy)
    return tuple(change for change in changes if not RULES[change.rule].narrowing)


_LOWERED_ALONE = frozenset({"property.became-optional", "value.became-nullable"})
"""Rules that thin evidence lowers, but not where a field of the same record is gone for no other reason."""


def _weighed(events: Sequence[Candidate], reasons: Reasons, context: Context, policy: Policy) -> tuple[Change, ...]:
    selected = [(event, reason) for event in events if (reason := reasons.reselection(event))]
    changes = policy.hold(_change(event).with_severity(Severity.COMPATIBLE, reason) for event, reason in selected)
    explained = reasons.explained(event for event in events if not reasons.reselection(event))
    broken = {event.place.parent for event, reason in explained if not reason and event.rule == "property.removed"}
    for event, reason in explained:
        change = _change(event)
        responses = change.baseline[0]
        corroborated = event.rule in _LOWERED_ALONE and event.place.parent in broken
        weighed = policy.weigh(
            change,
            responses=max(responses, THIN) if corroborated else responses,
            explained=reason,
            sibling=event.place.is_one_of_many,
            live=context.live,
            said=said(event, context.declared),
        )
        if weighed and corroborated and responses < THIN and not weighed.note:
            weighed = weighed.with_severity(weighed.severity, "a field beside it is gone, too")
        changes += [weighed] if weighed else []
    scaled = {change.path for change in changes if change.rule == "number.scale-changed"}
    return worst_first(change for change in changes if change.path not in scaled or change.rule not in _TOLD_BY_SCALE)


_TOLD_BY_SCALE = frozenset({"type.number-to-integer", "type.integer-to-number"})


def _change(event: Candidate) -> Change:
    place, row = event.place, RULES[event.rule]
    witness = row.witness.format(owner=_identifier(place.owner), name=_quotable(place.name)) if place.name else ""
    return Change(
        rule=event.rule,
        path=place.path,
        severity=row.severity,
        before=event.before,
        after=event.after,
        baseline=_with_and_all(event.rule, place.old, place.old_record.seen.responses, old=True),
        observed=_with_and_all(event.rule, place.new, place.new_record.seen.responses, old=False),
        witness=witness,
        related_paths=event.related,
        variant=place.variant,
    )


def _with_and_all(rule: str, member: Field | None, objects: int, *, old: bool) -> tuple[int, int]:
    """In how many responses what the rule is about was seen, and in how many it could have been."""
    if member is None:
        return (0, objects) if old else (objects, objects)
    seen = member.shape.seen.responses
    if rule in {"property.became-optional", "property.became-required", "value.null-to-absent"}:
        return (seen, max(seen, objects)) if old else (member.absent.responses, objects)
    if rule in {"value.became-nullable", "value.became-non-null", "value.absent-to-null"}:
        nulls = member.shape.kinds.get(Kind.NULL)
        return (seen, seen) if old or nulls is None else (nulls.responses, seen)
    if rule == "format.lost":
        texts = member.shape.kinds.get(Kind.STRING)  # none where numbers were times
        return (texts.responses if texts else seen, max(seen, objects))
    return (seen, max(seen, objects))


def _quotable(name: str) -> str:
    """The name as it stands between double quotes in a line of code."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in quoted)


def _identifier(name: str) -> str:
    return name if name.isidentifier() else "item"


def subject_of(operation_name: str) -> str:
    """What a witness line calls the body: `customer` for `GET /customers/{id}`, `order` for `EVENT order.created`."""
    asked = operation_name.partition(" ")[2].partition("?")[0]
    words = [word for segment in asked.split("/") if (word := segment.partition(".")[0]).isidentifier()]
    return singular(words[-1]) if words else "response"
