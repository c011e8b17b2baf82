"""What explains that something is missing, null or of another type: the request, the page, the entity elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from pytest_integration_contracts.drift.places import ITEMS, VALUES, Candidate, Place
from pytest_integration_contracts.drift.selection import SELECTED, reselected, selected
from pytest_integration_contracts.manifest.manifest import split_url
from pytest_integration_contracts.shapes.kinds import DECLARED, Kind
from pytest_integration_contracts.shapes.pins import NO_PINS, Pins
from pytest_integration_contracts.shapes.settle import are_records
from pytest_integration_contracts.shapes.shape import UNKNOWN, Field, Record, Shape
from pytest_integration_contracts.shapes.words import is_tag_name

OTHER_TYPES: Final = frozenset(
    {
        "type.changed",
        "type.member-added",
        "type.number-to-string",
        "type.string-to-number",
        "type.scalar-to-object",
        "type.object-to-scalar",
        "type.scalar-to-array",
        "type.array-to-scalar",
    }
)
"""Rules about values of another type than was known."""

EXPLAINABLE: Final = frozenset(
    {
        "property.removed",
        "property.removed-optional",
        "property.became-optional",
        "value.became-nullable",
        "value.null-to-absent",
        *OTHER_TYPES,
        "format.changed",
    }
)
"""Rules whose cause may be another than a change of the upstream."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the two shapes.

    Attributes:
        old_requests: The shape of the requests' bodies that the old responses answered.
        new_requests: The same for the new ones.
        forgotten: Whether requests of old responses are not known, though they will have had bodies.
        old_bodies: The old bodies, where they are at hand.
        new_bodies: The new bodies, where they are at hand.
        old_urls: The URLs that were asked for the old bodies, where they are at hand.
        new_urls: The same for the new ones.
        elsewhere: Gives the shapes of other responses of the same integration, by where they are.
        pins: What the manifest decides.
        live: Whether the new side came from the upstream itself.
        declared: What the upstream's own document declares of the response; unknown where there is none.
    """

    old_requests: Shape = UNKNOWN
    new_requests: Shape = UNKNOWN
    forgotten: bool = False
    old_bodies: Sequence[object] = ()
    new_bodies: Sequence[object] = ()
    old_urls: frozenset[str] = frozenset()
    new_urls: frozenset[str] = frozenset()
    elsewhere: Callable[[], Mapping[str, Shape]] = dict
    pins: Pins = NO_PINS
    live: bool = False
    declared: Shape = UNKNOWN


NO_CONTEXT: Final = Context()


class Reasons:
    """Looks for explanations; what is costly to prepare is prepared once, when it is first needed."""

    def __init__(self, old: Shape, new: Shape, context: Context) -> None:
        self._old = old
        self._new = new
        self._context = context
        self._declared = all(side.seen.responses >= DECLARED.responses for side in (old, new))
        self._asked: tuple[dict[str, list[_Asked]], dict[str, list[_Asked]]] | None = None
        self._entities: list[tuple[str, Record]] | None = None
        self._selected: tuple[Shape | None, Shape | None] | None = None

    def explained(self, candidates: Iterable[Candidate]) -> list[tuple[Candidate, str]]:
        """Each with what explains it.

        Where the request sent one field of a record instead of another, it chose what the record is: that explains what
        else the record lacks.
        """
        pairs = [(candidate, self.explain(candidate)) for candidate in candidates]
        sent = {each.place.parent for each, _ in pairs if each.rule == "property.added" and self.is_sent(each)}
        chosen = {
            each.place.parent
            for each, reason in pairs
            if reason and each.place.parent in sent and each.rule == "property.removed" and self.echo(each)
        }
        return [(each, reason or self._beside_a_choice(each, chosen)) for each, reason in pairs]

    @staticmethod
    def _beside_a_choice(candidate: Candidate, chosen: Collection[tuple[tuple[str, ...], str]]) -> str:
        is_one = candidate.place.parent in chosen and candidate.rule in EXPLAINABLE
        return "the request chose another alternative" if is_one else ""

    def explain(self, candidate: Candidate) -> str:
        """What explains a change, a part of a sentence; "" where nothing does, and where both sides are declared."""
        if candidate.rule not in EXPLAINABLE or self._declared:
            return ""
        place = candidate.place
        return (
            self.echo(candidate)
            or self._other_selection()
            or self._other_kind(place)
            or self._alternative(place)
            or self._one_of_alike(place)
            or self._last_page(place)
            or self._same_entity(candidate)
        )

    def echo(self, candidate: Candidate) -> str:
        """Whether the response only says what the request said; as `explain`."""
        asked_before = self._context.old_requests.kinds or self._context.forgotten
        if candidate.rule not in EXPLAINABLE or not self._context.new_requests.kinds or not asked_before:
            return ""
        place = candidate.place
        old, new = self._asked_at(place.steps)
        if place.old is not None and place.new is not None and _is_about_kinds(candidate.rule):
            come = place.new.shape.kinds.keys() - place.old.shape.kinds.keys()
            if _kinds(new) & come and (_kinds(old) != _kinds(new) or self._context.forgotten):
                return "the request sent it so"
        lacking = place.new is None or not place.new.required or candidate.rule == "value.became-nullable"
        unsent = (old and _presence(new) < _presence(old)) or (not new and self._is_mirrored(place))
        return "the request did not send it" if lacking and unsent else ""

    def reselection(self, candidate: Candidate) -> str:
        """Whether GraphQL queries select something else now, a part of a sentence; "" where they do not."""
        if self._selected is None:
            self._selected = selected(self._context.old_requests), selected(self._context.new_requests)
        return reselected(*self._selected, candidate.place.steps)

    def is_sent(self, candidate: Candidate) -> bool:
        """Whether something new is there because the new requests sent it, and the old ones did not."""
        old, new = self._asked_at(candidate.place.steps)
        return _presence(new) > _presence(old)

    def _asked_at(self, steps: tuple[str, ...]) -> tuple[list[_Asked], list[_Asked]]:
        """What the old and the new requests have of the name at a place."""
        if self._asked is None:
            self._asked = (_by_name(self._context.old_requests), _by_name(self._context.new_requests))
        name = next((step for step in reversed(steps) if step not in {ITEMS, VALUES}), "")
        old, new = (_nearest(asked.get(name, []), steps) for asked in self._asked)
        return old, new

    def _is_mirrored(self, place: Place) -> bool:
        """Whether the record is what the request sent, and nobody knows what the old requests had sent."""
        if not self._context.forgotten:
            return False
        sent: Shape | None = self._context.new_requests
        for step in place.steps[:-1]:
            sent = _child(sent, step)
        names = sent.fields.keys() if sent is not None and sent.records else frozenset()
        return bool(names) and names <= place.new_record.fields.keys()

    def _other_selection(self) -> str:
        """Whether the requests asked for other parts of the resource."""
        old, new = self._context.old_urls, self._context.new_urls
        differing = _selections(old) ^ _selections(new) if old and new else frozenset()
        if not differing:
            return ""
        return f"the requests differ in ?{', ?'.join(sorted({name for name, _ in differing}))}"

    def _other_kind(self, place: Place) -> str:
        """Whether a field around it, that tells what something is, has a value that was never seen."""
        old: Shape | None = self._old
        new: Shape | None = self._new
        for step in place.steps:
            name = _unseen_kind(old, new)
            if name:
                return f"another {name}"
            old, new = _child(old, step), _child(new, step)
        return ""

    def _alternative(self, place: Place) -> str:
        """Whether objects here have exactly one field, by which they tell what they are."""
        if len(place.steps) < 2 or place.new is not None:  # noqa: PLR2004 - the whole body is no alternative
            return ""
        old, new = place.old_record, place.new_record
        if old.keyed or new.keyed or not new.fields or not _one_each(old) or not _one_each(new):
            return ""
        return "another alternative" if old.fields.keys() != new.fields.keys() else ""

    def _one_of_alike(self, place: Place) -> str:
        """Whether it is one of several records that are all alike, and others of the kind came in its place."""
        if place.old is None or place.new is not None:
            return ""
        old, new = place.old_record.fields, place.new_record.fields
        every = [member.shape for fields in (old, new) for member in fields.values()]
        exchanged = bool(new.keys() - old.keys()) and bool(new.keys() & old.keys())
        is_one = exchanged and len(old) >= _SEVERAL and are_records(every)
        return "one of several alike, as the keys of a map are" if is_one else ""

    def _last_page(self, place: Place) -> str:
        """Whether a page without its paging signal has few or no items, as the last one does."""
        before, steps = len(self._context.old_bodies), place.steps
        bodies: list[object] = [*self._context.old_bodies, *self._context.new_bodies]
        inside = [_wrapped(body, steps) for body in bodies]
        if None not in inside:
            bodies, steps = inside, steps[1:]
        if not bodies[before:] or place.old is None or not _is_paging(steps):
            return ""
        having = [body for body in bodies if _has(body, steps)]
        lacking = [body for body in bodies[before:] if not _has(body, steps)]
        full = max(map(_page_size, having), default=0)
        if lacking and all(0 <= _page_size(body) < max(full, 1) for body in lacking):
            return "the last page"
        return ""

    def _same_entity(self, candidate: Candidate) -> str:
        """Whether the same record elsewhere can do without the field, or has null in it."""
        place = candidate.place
        if not place.name or candidate.rule.startswith(("type.", "format.")):
            return ""
        if self._entities is None:
            self._entities = [("", record) for _, record in _records(self._old)]
            self._entities += [
                (where, record) for where, shape in self._context.elsewhere().items() for _, record in _records(shape)
            ]
        nullable = candidate.rule == "value.became-nullable"
        for where, record in self._entities:
            if record is place.old_record or not _is_same_entity(record, place.old_record, place.name):
                continue
            member = record.fields.get(place.name)
            if (nullable and member is not None and Kind.NULL in member.shape.kinds) or (
                not nullable and (member is None or not member.required)
            ):
                what = "null" if nullable else "sometimes missing"
                return f"{what} in the same entity {f'of {where}' if where else 'elsewhere'}"
        return ""


def _unseen_kind(old: Shape | None, new: Shape | None) -> str:
    """The name of a field that tells kinds apart, and has other values only; "" for none."""
    if old is None or new is None or not old.records or not new.records:
        return ""
    mine, theirs = old.fields, new.fields
    for name in sorted(mine.keys() & theirs.keys()):
        if is_tag_name(name):
            before, after = mine[name].shape.texts, theirs[name].shape.texts
            if before and after and before.words and after.words and before.words.isdisjoint(after.words):
                return name
    return ""


def _is_about_kinds(rule: str) -> bool:
    return rule.startswith(("type.", "format.", "value.became"))


def _child(shape: Shape | None, step: str) -> Shape | None:
    if shape is None:
        return None
    if step == ITEMS:
        return shape.items
    if step == VALUES:
        return next(iter(shape.record.keyed.values()), None) if shape.records else None
    member = shape.fields.get(step) if shape.records else None
    return member.shape if member else None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A field of requests.

    Attributes:
        steps: Where it is.
        member: What is known of it.
        always: Whether every request had it, those whose parent lacks it included.
    """

    steps: tuple[str, ...]
    member: Field
    always: bool


def _by_name(shape: Shape) -> dict[str, list[_Asked]]:
    found: dict[str, list[_Asked]] = {}
    for asked in _asked(shape, (), always=True):
        found.setdefault(asked.steps[-1], []).append(asked)
    return found


def _asked(shape: Shape, steps: tuple[str, ...], *, always: bool) -> Iterator[_Asked]:
    if shape.items is not None:
        yield from _asked(shape.items, (*steps, ITEMS), always=always)
    if not shape.records:
        return
    record = shape.record
    for name, member in record.fields.items():
        if name == SELECTED:
            continue  # what a query selects, it does not send
        below = (*steps, name)
        yield _Asked(below, member, always and member.required)
        yield from _asked(member.shape, below, always=always and member.required)
    for values in record.keyed.values():
        yield from _asked(values, (*steps, VALUES), always=always)


def _nearest(asked: list[_Asked], steps: tuple[str, ...]) -> list[_Asked]:
    """Those in the same place; else those in a parent of the same name; else all."""
    exact = [each for each in asked if each.steps == steps]
    return exact or [each for each in asked if each.steps[-2:] == steps[-2:]] or asked


def _presence(asked: list[_Asked]) -> int:
    """2 where every request had it, 1 where some had, 0 where none."""
    if not asked:
        return 0
    return 2 if all(each.always for each in asked) else 1


def _kinds(asked: Iterable[_Asked]) -> set[Kind]:
    return {kind for each in asked for kind in each.member.shape.kinds}


_SELECTING = re.compile(
    r"(?i)(?:^|[_\[.-])(?:expand|include|includes|fields?|embed|view|format|select|exclude|with|projection|populate|schema_?version"
    r"|detail|details|representation)\b"
)


def _selections(urls: Iterable[str]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (name, value) for url in urls for name, value in parse_qsl(split_url(url).query) if _SELECTING.search(name)
    )


def _one_each(record: Record) -> bool:
    """Whether every object has exactly one field."""
    return bool(record.fields) and record.seen.values == sum(
        member.shape.seen.values for member in record.fields.values()
    )


_PAGING = re.compile(
    r"(?i)^(?:links?|meta|metadata|page|pages|paging|pagination|page_?info|next|prev|previous|after|before|cursor|cursors|bookmark"
    r"|continuation|has_?(?:more|next).*|next_.*|next[A-Z].*|.*cursor|.*(?:continuation|page)_?token|_links)$"
)


def _wrapped(body: object, steps: tuple[str, ...]) -> object:
    """The object that is all of a body, as the root of an XML document is, where a place is in there; else None."""
    if len(steps) < 2 or not isinstance(body, dict) or len(body) != 1:  # noqa: PLR2004 - the root, and what is in it
        return None
    return body.get(steps[0])


def _is_paging(steps: tuple[str, ...]) -> bool:
    """Whether it is a paging signal at the top of a body, or in a member such as `meta`."""
    return len(steps) in {1, 2} and all(map(_PAGING.match, steps))


def _has(body: object, steps: Iterable[str]) -> bool:
    value = body
    for step in steps:
        if not isinstance(value, dict) or value.get(step) is None:
            return False
        value = value[step]
    return True


def _page_size(body: object) -> int:
    """How many items the longest list at the top of a body has, or one level below; -1 where there is none."""
    if isinstance(body, list):
        return len(body)
    if not isinstance(body, dict):
        return -1
    top = list(body.values())
    below = [value for member in top if isinstance(member, dict) for value in member.values()]
    sizes = ([len(value) for value in values if isinstance(value, list)] for values in (top, below))
    return next((max(lists) for lists in sizes if lists), -1)


def _records(shape: Shape) -> Iterator[tuple[Shape, Record]]:
    for record in shape.records.values():
        yield shape, record
        for member in record.fields.values():
            yield from _records(member.shape)
        for values in record.keyed.values():
            yield from _records(values)
    if shape.items is not None:
        yield from _records(shape.items)


_SEVERAL: Final = 3
"""Fewer records that are alike may well each have a name of their own."""

_IN_COMMON: Final = 3
"""Fewer fields in common show no kinship."""


def _is_same_entity(one: Record, other: Record, name: str) -> bool:
    """Whether two records are of the same kind of thing, but for the field in question."""
    mine, theirs = one.fields.keys() - {name}, other.fields.keys() - {name}
    shared = len(mine & theirs)
    return shared >= _IN_COMMON and 4 * shared >= 3 * max(len(mine), len(theirs))
