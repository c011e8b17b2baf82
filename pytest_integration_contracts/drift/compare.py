"""Two shapes to changes.

The two are walked together and equal places cut away; deepdiff compares the canonical facts of what is left, and each
of its findings becomes one change by the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from pytest_integration_contracts.drift.policy import weigh, worst_first
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Exchange
from pytest_integration_contracts.shapes.formats import PARSED, generalise
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.shape import Field, Kind, Shape, field_path, items_path

_Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """One path at which the two sides differ. A side is None where the field is not there at all."""

    path: str
    owner: str
    name: str
    old: Field | None
    new: Field | None
    old_objects: int
    new_objects: int


def compare(old: Shape, new: Shape, *, subject: str = "response") -> tuple[Change, ...]:
    """What changed from one shape to another, worst first.

    Args:
        old: The baseline.
        new: The observation.
        subject: What a witness line calls the body, `customer`.

    Returns:
        All changes, narrowings among them (`Rule.narrowing`).
    """
    places = {place.path: place for place in _differing(old, new, subject)}
    if not places:
        return ()
    changes = []
    for path, aspect in _differences(places):
        place = places[path]
        for rule, before, after in _ASPECTS[aspect](place):
            changes.append(_change(place, rule, before, after))
    return worst_first(changes)


def diff(old: Iterable[object], new: Iterable[object]) -> list[Change]:
    """What changed between two sets of response bodies, worst first.

    Args:
        old: JSON bodies, or `Exchange`s, of the same operation: the baseline.
        new: The same, observed later.

    Raises:
        BodyError: A body is nested too deep, or is not a JSON value.
    """
    return list(compare(infer(map(_body, old)), infer(map(_body, new))))


def _body(given: object) -> object:
    return given.response_body if isinstance(given, Exchange) else given


def widens(old: Shape, new: Shape, *, subject: str = "response") -> tuple[Change, ...]:
    """As `compare`, without the narrowings: what the observation has that the baseline has not."""
    return tuple(change for change in compare(old, new, subject=subject) if not RULES[change.rule].narrowing)


def replaced(old: Shape, new: Shape) -> bool:
    """Whether no type of one is a type of the other, so that nothing of the old shape holds any more."""
    return old.known and new.known and not (_comparable_kinds(old) & _comparable_kinds(new))


def reformatted(old: Shape, new: Shape) -> bool:
    """Whether strings that consumers parse have another format altogether: nothing of the old one holds any more."""
    return (
        Kind.STRING in old.kinds
        and Kind.STRING in new.kinds
        and old.format in PARSED
        and new.format != ""
        and not generalise(old.format, new.format)
    )


def _comparable_kinds(shape: Shape) -> set[Kind]:
    kinds = set(shape.kinds) - {Kind.NULL}
    return kinds | {Kind.INTEGER} if Kind.NUMBER in kinds else kinds


def _differing(old: Shape, new: Shape, subject: str) -> Iterator[_Place]:
    root = _Place("$", subject, "", Field(old), Field(new), 0, 0)
    if _facts(root.old) != _facts(root.new):
        yield root
    yield from _below("$", old, new, subject)


def _below(path: str, old: Shape, new: Shape, owner: str) -> Iterator[_Place]:
    if old.items is not None and new.items is not None:
        yield from _pair(_Place(items_path(path), _singular(owner), "", Field(old.items), Field(new.items), 0, 0))
    if Kind.OBJECT in old.kinds and Kind.OBJECT in new.kinds:
        for name in sorted(old.fields.keys() | new.fields.keys()):
            place = _Place(
                field_path(path, name),
                owner,
                name,
                old.fields.get(name),
                new.fields.get(name),
                old.objects.responses,
                new.objects.responses,
            )
            yield from _pair(place)


def _pair(place: _Place) -> Iterator[_Place]:
    old, new = place.old, place.new
    if old is None or new is None:
        if old is None or old.required:
            yield place
        return
    if _facts(old) != _facts(new):
        yield place
    yield from _below(place.path, old.shape, new.shape, place.name or place.owner)


def _facts(member: Field | None) -> _Facts | None:
    """What a shape claims about one place, without its counts."""
    if member is None:
        return None
    facts: _Facts = {
        "kinds": {kind.value: True for kind in member.shape.canonical_kinds},
        "presence": "always" if member.required else "sometimes",
    }
    if Kind.STRING in member.shape.kinds:
        facts["format"] = member.shape.format
    return facts


def _differences(places: dict[str, _Place]) -> Iterator[tuple[str, str]]:
    """Deepdiff's findings as (path, aspect), each once, in the order of the paths."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - loaded by the first difference

    found = DeepDiff(
        {path: facts for path, place in places.items() if (facts := _facts(place.old)) is not None},
        {path: facts for path, place in places.items() if (facts := _facts(place.new)) is not None},
        view="tree",
        threshold_to_diff_deeper=0,  # or it reports the whole where little is shared
    )
    seen = dict.fromkeys(_location(level) for levels in found.values() for level in levels)
    yield from sorted(seen)


def _location(level: Any) -> tuple[str, str]:  # noqa: ANN401 - deepdiff is not typed
    steps = level.path(output_format="list")
    return steps[0], steps[1] if len(steps) > 1 else "member"


_Found = Iterator[tuple[str, str, str]]


def _member_changes(place: _Place) -> _Found:
    if place.old is not None:
        yield "property.removed", describe(place.old.shape), "gone"
    elif place.new is not None:
        yield "property.added", "nothing", describe(place.new.shape)


def _presence_changes(place: _Place) -> _Found:
    if place.old is None or place.new is None:
        return
    if place.old.required:
        yield "property.became-optional", describe(place.old.shape), "absent"
    else:
        yield "property.became-required", "sometimes absent", describe(place.new.shape)


def _kind_changes(place: _Place) -> _Found:
    if place.old is None or place.new is None:
        return
    old, new = place.old.shape, place.new.shape
    before, after = describe(old), describe(new)
    if not old.known:
        if new.known or not old.kinds:
            yield "value.unknown-learned", before, after
        return
    if replaced(old, new):
        yield "type.changed", before, after
        return
    yield from _null_changes(old, new)
    if not new.known:
        return
    had, has = old.canonical_kinds - {Kind.NULL}, new.canonical_kinds - {Kind.NULL}
    if Kind.INTEGER in had and Kind.NUMBER in has:
        yield "type.integer-to-number", "integer", "number"
        had, has = had - {Kind.INTEGER}, has - {Kind.NUMBER}
    elif Kind.NUMBER in had and Kind.INTEGER in has:
        yield "type.number-to-integer", "number", "integer"
        had, has = had - {Kind.NUMBER}, has - {Kind.INTEGER}
    if has - had:
        yield "type.member-added", before, after
    if had - has:
        yield "type.member-removed", before, after


def _null_changes(old: Shape, new: Shape) -> _Found:
    if Kind.NULL in new.kinds and Kind.NULL not in old.kinds:
        yield "value.became-nullable", describe(old), "null"
    if Kind.NULL in old.kinds and Kind.NULL not in new.kinds and new.known:
        yield "value.became-non-null", describe(old), describe(new)


_LOCAL_AND_NOT: Final = {"date-time", "date-time-local"}


def _format_changes(place: _Place) -> _Found:
    if place.old is None or place.new is None:
        return
    old, new = place.old.shape, place.new.shape
    if Kind.STRING not in old.kinds or Kind.STRING not in new.kinds:
        return
    before, after = _string(old), _string(new)
    if {old.format, new.format} == _LOCAL_AND_NOT:
        yield "format.offset-changed", before, after
    elif not old.format or generalise(old.format, new.format) == old.format:
        yield "format.gained", before, after
    else:
        yield "format.changed" if reformatted(old, new) else "format.lost", before, after


_ASPECTS: Final[dict[str, Callable[[_Place], _Found]]] = {
    "member": _member_changes,
    "presence": _presence_changes,
    "kinds": _kind_changes,
    "format": _format_changes,
}


def _change(place: _Place, rule: str, before: str, after: str) -> Change:
    row = RULES[rule]
    witness = row.witness.format(owner=_identifier(place.owner), name=_quotable(place.name)) if place.name else ""
    change = Change(
        rule=rule,
        path=place.path,
        severity=row.severity,
        before=before,
        after=after,
        baseline=_with_and_all(rule, place.old, place.old_objects, old=True),
        observed=_with_and_all(rule, place.new, place.new_objects, old=False),
        witness=witness,
    )
    return weigh(change, responses=change.baseline[0], sibling=place.new is not None and "[*]" in place.path)


def _with_and_all(rule: str, member: Field | None, objects: int, *, old: bool) -> tuple[int, int]:
    """In how many responses what the rule is about was seen, and in how many it could have been."""
    if member is None:
        return (0, objects) if old else (objects, objects)
    seen = member.shape.seen.responses
    if rule in {"property.became-optional", "property.became-required"}:
        return (seen, objects) if old else (member.absent.responses, objects)
    if rule in {"value.became-nullable", "value.became-non-null"}:
        nulls = member.shape.kinds.get(Kind.NULL)
        return (seen, seen) if old or nulls is None else (nulls.responses, seen)
    if rule == "format.lost":
        return (member.shape.kinds[Kind.STRING].responses, max(seen, objects))
    return (seen, max(seen, objects))


def describe(shape: Shape) -> str:
    """A shape in a few words: `string (email)`, `integer or null`, `array of object`."""
    if not shape.kinds:
        return "unknown"
    words = [_word(kind, shape) for kind in Kind if kind in shape.canonical_kinds]
    return " or ".join(words)


def _word(kind: Kind, shape: Shape) -> str:
    if kind is Kind.STRING:
        return _string(shape)
    if kind is Kind.ARRAY and shape.items is not None and shape.items.known:
        return f"array of {describe(shape.items)}"
    return kind.value


def _string(shape: Shape) -> str:
    return f"string ({shape.format})" if shape.format else "string"


def _singular(name: str) -> str:
    if name.endswith("ies") and len(name) > len("ies") + 1:
        return f"{name[:-3]}y"
    if name.endswith("s") and not name.endswith(("ss", "us", "is")):
        return name[:-1]
    return name if name != "response" else "item"


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
    return _singular(words[-1]) if words else "response"
