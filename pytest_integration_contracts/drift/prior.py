"""What the upstream's own document says of a change, beside what samples say of it.

A document says what may come, samples say what came. What is declared of a value counts whatever was seen: that it may
be null, that it may be of another kind, that a word is one of those listed. What is declared of presence counts for
less, since most documents call hardly any field required: a field that still comes, only not always, may well be
optional until many samples speak against it; but one that does not come any more is gone, whatever is declared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pytest_integration_contracts.drift.places import ITEMS, VALUES, Candidate
from pytest_integration_contracts.drift.reasons import OTHER_TYPES
from pytest_integration_contracts.drift.rule import THICK, THIN
from pytest_integration_contracts.model import Severity
from pytest_integration_contracts.shapes.kinds import Kind
from pytest_integration_contracts.shapes.shape import UNKNOWN, Field, Record, Shape

_ABSENT: Final = frozenset({"property.removed", "property.became-optional"})
_OTHER_WORDS: Final = frozenset({"vocabulary.value-added", "constant.changed"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a declaration makes of a change.

    Attributes:
        severity: How grave it is, whatever its rule and the evidence say.
        why: Why, a part of a sentence.
    """

    severity: Severity
    why: str


def said(event: Candidate, declared: Shape) -> Said | None:
    """What is declared about a change; None where nothing is that matters.

    Args:
        event: The change.
        declared: What the document declares of the whole response.
    """
    found = _declared_at(event.place.steps, declared) if declared.kinds else None
    if found is None:
        return None
    record, field = found
    if event.rule in _ABSENT:
        return _of_presence(event, record, field)
    if event.rule == "value.became-nullable" and Kind.NULL in field.shape.kinds:
        return Said(Severity.WARNING, "the document declares it nullable")
    if event.rule in OTHER_TYPES and _declares_both(field.shape, event):
        return Said(Severity.WARNING, "the document declares both")
    if event.rule in _OTHER_WORDS and _lists(field.shape, event):
        return Said(Severity.COMPATIBLE, "the document lists it")
    return None


def _of_presence(event: Candidate, record: Record, field: Field) -> Said | None:
    if field.required:
        return Said(Severity.BREAKING, "the document declares it required")
    if not any(member.required for member in record.fields.values()):
        return None  # it says so of no field beside it: that it does not of this one tells nothing
    few = THICK if event.rule == "property.became-optional" else THIN
    is_few = event.place.old_record.seen.responses < few
    return Said(Severity.WARNING if is_few else Severity.BREAKING, "the document does not declare it required")


def _declares_both(declared: Shape, event: Candidate) -> bool:
    """Whether values of all kinds that were known, and of all that came, are declared."""
    kinds = {kind for side in (event.place.old, event.place.new) if side for kind in side.shape.kinds}
    known = declared.kinds.keys() | ({Kind.INTEGER} if Kind.NUMBER in declared.kinds else set())
    return bool(kinds) and kinds <= known


def _lists(declared: Shape, event: Candidate) -> bool:
    """Whether the document's enumeration has all words that came."""
    new = event.place.new.shape.texts if event.place.new else None
    words = declared.texts.words if declared.texts else None
    return bool(words and new and new.words and new.words <= words)


def _declared_at(steps: Sequence[str], declared: Shape) -> tuple[Record, Field] | None:
    """The field at a place, and the record that has it; None where the document does not know the place."""
    record, field = Record(), Field(declared)
    for step in steps:
        shape = field.shape
        if step == ITEMS:
            record, field = Record(), Field(shape.items or UNKNOWN)
        elif step == VALUES and len(shape.record.keyed) == 1:
            record, field = shape.record, Field(next(iter(shape.record.keyed.values())))
        elif step in shape.fields:
            record = shape.record
            field = record.fields[step]
        else:
            return None
    return record, field
