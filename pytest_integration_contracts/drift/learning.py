"""What a snapshot becomes when what was observed is accepted."""

from __future__ import annotations

from dataclasses import replace

from pytest_integration_contracts.drift.align import Pair, align, keys_now, restructured
from pytest_integration_contracts.drift.events import reformatted
from pytest_integration_contracts.drift.places import replaced
from pytest_integration_contracts.shapes.kinds import Texts
from pytest_integration_contracts.shapes.pins import NO_PINS, Pins
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import (
    UNKNOWN,
    Field,
    Record,
    Shape,
    Tag,
    join,
    join_records,
    sorted_variants,
)


def adopt(baseline: Shape, observed: Shape, pins: Pins = NO_PINS) -> Shape:
    """The baseline, having learned the observation.

    What the observation contradicts takes the new shape: a field that was always there and is in no object any more is
    gone, a value of another type is of that type. Everything else is joined, so that replaying the same responses
    learns nothing, and what merely did not occur stays known. Where the observation rests on as many responses, a field
    that all of them have is required: else one that was added upstream would stay optional for ever.

    Args:
        baseline: What a snapshot has decided; the observation is read accordingly.
        observed: Any shape.
        pins: What the manifest decides.
    """
    return settle(_adopted(settle(baseline, pins), observed), pins)


def _adopted(baseline: Shape, observed: Shape) -> Shape:
    if not baseline.known or not observed.known:
        return join(baseline, settle(observed))
    if replaced(baseline, observed):
        return settle(observed)
    joined = join(replace(baseline, records={}), replace(observed, records={}))
    return replace(
        joined,
        texts=_texts(baseline, observed, joined),
        items=_items(baseline, observed),
        records=_records(baseline, observed),
    )


def _texts(baseline: Shape, observed: Shape, joined: Shape) -> Texts | None:
    if baseline.texts is None or observed.texts is None:
        return joined.texts
    if reformatted(baseline, observed):
        return observed.texts
    thick = observed.seen.responses >= baseline.seen.responses
    if baseline.texts.words is None and thick and joined.texts is not None:
        return replace(joined.texts, words=observed.texts.words)
    return joined.texts


def _items(baseline: Shape, observed: Shape) -> Shape | None:
    if baseline.items is None or observed.items is None:
        return baseline.items if observed.items is None else observed.items
    return _adopted(baseline.items, observed.items)


def _records(baseline: Shape, observed: Shape) -> dict[Tag, Record]:
    aligned = align(baseline, observed)
    if not baseline.records or not observed.records or aligned.tags is not None:
        return dict(observed.records or baseline.records)
    records = dict(baseline.records)
    for pair in aligned.pairs:
        (tag,) = (tag for tag, record in records.items() if record is pair.old)
        records[tag] = _record(pair)
    for tag, record in aligned.added:
        known = records.get(tag)
        records[tag] = join_records(known, record) if known else record
    return sorted_variants(records)


def _record(pair: Pair) -> Record:
    """One record, having learned another; one that became a map, or was one, is what it is now."""
    change = restructured(pair)
    if change is not None and change[0] in {"map.to-record", "record.to-map"}:
        return pair.raw
    baseline, observed = pair.old, pair.new
    joined = join_records(baseline, observed)
    thick = observed.seen.responses >= baseline.seen.responses
    fields = {}
    for name, member in joined.fields.items():
        mine, theirs = baseline.fields.get(name), observed.fields.get(name)
        if mine is not None and mine.required and theirs is None and observed.seen.values:
            continue
        adopted = _adopted(mine.shape if mine else UNKNOWN, theirs.shape if theirs else UNKNOWN)
        newer = thick and theirs is not None and (mine is None or theirs.required)
        fields[name] = Field(adopted, theirs.absent if newer and theirs else member.absent)
    keyed = {
        class_: _adopted(baseline.keyed.get(class_, UNKNOWN), observed.keyed.get(class_, UNKNOWN))
        for class_ in joined.keyed
    }
    if baseline.keyed:
        keyed = {keys_now(pair): values for values in keyed.values()}
    return Record(joined.seen, fields, keyed)
