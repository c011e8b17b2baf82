"""What a snapshot becomes when what was observed is accepted."""

from __future__ import annotations

from pytest_integration_contracts.drift.compare import reformatted, replaced
from pytest_integration_contracts.shapes.shape import UNKNOWN, Field, Kind, Shape, join


def adopt(baseline: Shape, observed: Shape) -> Shape:
    """The baseline, having learned the observation.

    What the observation contradicts takes the new shape: a field that was always there and is in no object any more is
    gone, a value of another type is of that type. Everything else is joined, so that replaying the same responses
    learns nothing, and what merely did not occur stays known. Where the observation rests on as many responses, a field
    that all of them have is required: else one that was added upstream would stay optional for ever.
    """
    if not baseline.known or not observed.known:
        return join(baseline, observed)
    if replaced(baseline, observed):
        return observed
    joined = join(baseline, observed)
    return Shape(
        seen=joined.seen,
        kinds=joined.kinds,
        format=_format(baseline, observed, joined),
        items=_items(baseline, observed),
        fields=_fields(baseline, observed, joined),
    )


def _format(baseline: Shape, observed: Shape, joined: Shape) -> str:
    return observed.format if reformatted(baseline, observed) else joined.format


def _items(baseline: Shape, observed: Shape) -> Shape | None:
    if baseline.items is None or observed.items is None:
        return baseline.items if observed.items is None else observed.items
    return adopt(baseline.items, observed.items)


def _fields(baseline: Shape, observed: Shape, joined: Shape) -> dict[str, Field]:
    both = Kind.OBJECT in baseline.kinds and Kind.OBJECT in observed.kinds
    thick = observed.objects.responses >= baseline.objects.responses
    fields = {}
    for name, member in joined.fields.items():
        mine, theirs = baseline.fields.get(name), observed.fields.get(name)
        if both and mine is not None and mine.required and theirs is None:
            continue
        adopted = adopt(mine.shape if mine else UNKNOWN, theirs.shape if theirs else UNKNOWN)
        newer = thick and theirs is not None and (mine is None or theirs.required)
        fields[name] = Field(adopted, theirs.absent if newer and theirs else member.absent)
    return fields
