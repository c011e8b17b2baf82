"""What the operations of a run that learns are called: path templates, and variants, told by all exchanges together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final

from pytest_integration_contracts.drift.responses import is_success
from pytest_integration_contracts.model import Operation
from pytest_integration_contracts.session.documented_names import (
    DocumentedNames,
    documented_names,
    with_parameters,
)
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.session.variants import Variants
from pytest_integration_contracts.shapes.likeness import Members, alike, is_list, members, unlike
from pytest_integration_contracts.shapes.shape import Shape
from pytest_integration_contracts.snapshots.snapshot import ResponseShape
from pytest_integration_contracts.snapshots.versions import Observation, successes
from pytest_integration_contracts.traffic.instances import Instance, is_collection, may_be_instance
from pytest_integration_contracts.traffic.operations import (
    Name,
    fits,
    is_guessed,
    is_placeholder,
    is_templated,
    looks_like_a_word,
)

_TELLING: Final = 5
"""How many members with values two siblings must share to be of one kind; three siblings need fewer."""

_TELLING_OF_SEVERAL: Final = 3
_SEVERAL: Final = 3
_MOST_SIBLINGS: Final = 50
_MOST_KINDS: Final = 20
_MOST_COMPARED: Final = 8
_METHODS: Final = ("GET", "PUT", "PATCH", "DELETE", "POST")

Responses = Mapping[str, ResponseShape]
"""Responses by kind."""

Place = tuple[str, str]
"""A segment: the path before it, and itself."""


@dataclass(frozen=True, slots=True)
class LearnedNames:
    """The names that a run gives.

    Attributes:
        observations: What was observed, by the names that operations are to have.
        names: Guessed names to those; what stays as it was is left out.
        replaced: Templates that come to be, and the operations whose snapshots they take the place of.
        notes: What a person should know about it, one line each.
    """

    observations: Mapping[Operation, Observation]
    names: Mapping[Operation, Operation]
    replaced: Mapping[Operation, tuple[Operation, ...]]
    notes: tuple[str, ...] = ()


def learned_names(
    project: Project, observed: Mapping[Operation, Observation], instances: Iterable[Instance]
) -> LearnedNames:
    """Name what was observed. Neither the order of tests nor the number of processes shows.

    Args:
        project: Whose snapshots have names already.
        observed: What was observed, by guessed names.
        instances: The segments of paths that are known to name instances.
    """
    paths: dict[str, dict[Name, Observation]] = defaultdict(dict)
    for operation in sorted(observed):
        plain = Name.of(operation.name).plain
        if plain.segments:
            mine = paths[operation.integration]
            mine[plain] = mine[plain].merged(observed[operation]) if plain in mine else observed[operation]
    templates = {
        integration: _Templates(project, integration, mine, instances) for integration, mine in sorted(paths.items())
    }
    named: dict[Operation, Operation] = {}
    for operation in observed:
        name = Name.of(operation.name)
        named[operation] = operation
        if name.segments:
            template = replace(templates[operation.integration].names[name.plain], variant=name.variant)
            named[operation] = replace(operation, name=str(template))
    variants = Variants(project, _merged(observed, named))
    finals = {operation: variants.final(template) for operation, template in named.items()}
    taken = {operation: finals[operation] for operation in sorted(finals) if finals[operation] != operation}
    return LearnedNames(
        variants.observations,
        taken,
        {
            Operation(integration, str(template)): tuple(sorted(Operation(integration, str(name)) for name in names))
            for integration, mine in templates.items()
            for template, names in mine.replaced.items()
        },
        variants.notes,
    )


def _merged(
    observed: Mapping[Operation, Observation], named: Mapping[Operation, Operation]
) -> dict[Operation, Observation]:
    merged: dict[Operation, Observation] = {}
    for operation in sorted(observed):
        name = named[operation]
        merged[name] = merged[name].merged(observed[operation]) if name in merged else observed[operation]
    return merged


class _Templates:
    """The path templates of one integration.

    Attributes:
        names: Guessed names to those that paths are to have.
        replaced: Templates that come to be, and the names of snapshots they take the place of.
    """

    def __init__(
        self, project: Project, integration: str, observed: Mapping[Name, Observation], instances: Iterable[Instance]
    ) -> None:
        self._project = project
        self._integration = integration
        self._observed = observed
        self._known: dict[Place, Instance] = {}
        for each in sorted(instances):
            if each.integration == integration:
                self._known[each.before, each.segment] = each  # the last one has a holder, where any has
        self.names = {name: settled for name in observed if (settled := self._settled(name)) is not None}
        self.replaced: dict[Name, set[Name]] = {}
        documented = documented_names(project, integration)
        if documented is not None:
            self._document(documented)
        self._new = [name for name in observed if name not in self.names]
        if self._new:
            self._find_siblings()
            self._places = self._placeholders()
            self._group()
            self._join()

    def _settled(self, name: Name) -> Name | None:
        """The name that a path has already, by the manifest or by a snapshot; None where it has none yet."""
        manifest, integration = self._project.manifest, self._integration
        if is_templated(name.segments, self._project.integration(integration).named):
            return name
        if manifest.names_operation(str(name)) or self._project.names.has(integration, name):
            return name
        template = self._project.names.template(integration, name)
        if template is None:
            shared = Name.of(self._project.names.known(Operation(integration, str(name))).name)
            return shared if shared != name else None
        mine, known = self._responses(name), self._stored(template)
        return name if _unlike(mine, known) or _succeed_differently(mine, known) else template

    # What the upstream documents: its parameters are placeholders, everything else is no instance.

    def _document(self, documented: DocumentedNames) -> None:
        groups: dict[Name, list[Name]] = defaultdict(list)
        for name in self._observed:
            template = documented.template(name) if self._may_take_a_template(name) else None
            if template is not None:
                groups[template].append(name)
        for template, names in sorted(groups.items(), key=lambda group: str(group[0])):
            kind = self._largest_kind(names)
            given = with_parameters(template, kind)
            for name in kind:
                self.names.setdefault(name, given[name])
            for taken in sorted({*given.values()}, key=str):
                mine = [name for name in kind if given[name] == taken]
                self._replace(taken, mine, partial(documented.has_words_for, template))

    def _may_take_a_template(self, name: Name) -> bool:
        """Whether a path has no name yet, or has one of its own that nobody has chosen."""
        if name not in self.names:
            return True
        chosen = is_templated(name.segments, self._project.integration(self._integration).named)
        return self.names[name] == name and not chosen and not self._project.manifest.names_operation(str(name))

    def _stored(self, name: Name) -> Responses:
        """The responses that the snapshot of a name knows."""
        snapshot = self._project.readable_snapshot(Operation(self._integration, str(name)))
        return snapshot.responses if snapshot else {}

    def _responses(self, name: Name) -> Responses:
        return self._observed[name].responses if name in self._observed else self._stored(name)

    # Siblings: paths that differ in one segment and whose successful bodies are of one kind.

    def _find_siblings(self) -> None:
        for siblings in self._siblings():
            if len(siblings) < 2 or not any(name in self._new for name, _ in siblings):  # noqa: PLR2004 - alone
                continue
            told = ((name, position, successes(self._responses(name))) for name, position in siblings)
            for kind in _kinds(told):
                for name, position in kind:
                    place = "/".join(name.segments[:position]), name.segments[position]
                    self._known.setdefault(place, Instance(self._integration, *place))

    def _siblings(self) -> Iterator[list[tuple[Name, int]]]:
        groups: dict[Name, dict[Name, int]] = defaultdict(dict)
        for name in self._observed:
            for position in _open_positions(name):
                groups[_without(name, position)][name] = position
        for wild in sorted(groups, key=str):
            group = groups[wild]
            if any(name in self._new for name in group):
                position = next(iter(group.values()))
                for name in self._stored_siblings(wild, position):
                    group.setdefault(name, position)
            yield sorted(group.items(), key=lambda item: str(item[0]))

    def _stored_siblings(self, wild: Name, position: int) -> Iterator[Name]:
        beginning = f"{wild.method} {'/'.join(wild.segments[:position])}/"
        found = map(Name.of, self._project.store.beginning(self._integration, beginning)[:_MOST_SIBLINGS])
        for name in found:
            if not name.variant and position in _open_positions(name) and _without(name, position) == wild:
                yield name

    # Templates: every segment that is known to name an instance becomes a placeholder.

    def _placeholders(self) -> dict[str, str]:
        """What stands below a path, by all that is known of any method."""
        places: dict[str, str] = {}
        for name in sorted(self._observed, key=str):
            before: list[str] = []
            for position, segment in enumerate(name.segments):
                instance = self._known.get(("/".join(name.segments[:position]), segment))
                if instance is None:
                    before.append(segment)
                    continue
                above = "/".join(before)
                stored = self._stored_placeholder(above, segment)
                before.append(stored or places.setdefault(above, instance.placeholder(before[-1])))
        return places

    def _stored_placeholder(self, before: str, segment: str) -> str:
        depth = before.count("/") + 1
        for method in _METHODS:
            for text in self._project.store.beginning(self._integration, f"{method} {before}/{{"):
                placeholder = Name.of(text).segments[depth]
                if fits(placeholder, segment):
                    return placeholder
        return ""

    def _template(self, name: Name) -> Name:
        before: list[str] = []
        for position, segment in enumerate(name.segments):
            above = "/".join(before)
            known = ("/".join(name.segments[:position]), segment) in self._known
            opaque = not looks_like_a_word(segment) and may_be_instance((*before, segment), position)
            if known or opaque:
                before.append(self._stored_placeholder(above, segment) or self._places.get(above, segment))
            else:
                before.append(segment)
        return replace(name, segments=tuple(before))

    def _is_template_of(self, template: Name, name: Name) -> bool:
        return self._template(name) == template

    def _group(self) -> None:
        groups: dict[Name, list[Name]] = defaultdict(list)
        for name in self._new:
            groups[self._template(name)].append(name)
        for template in sorted(groups, key=str):
            kind = self._largest_kind(groups[template])
            for name in groups[template]:
                is_like = name == template or not _unlike(self._responses(name), self._stored(template))
                self.names[name] = template if name in kind and is_like else name
            if template in self.names.values() and any(map(is_placeholder, template.segments)):
                mine = [name for name in kind if self.names[name] == template]
                self._replace(template, mine, partial(self._is_template_of, template))

    def _largest_kind(self, names: list[Name]) -> list[Name]:
        """Those that may be of one kind; none where two are of two."""
        kinds: list[list[Name]] = []
        for name in sorted(names, key=str):
            mine = next((kind for kind in kinds if not self._is_unlike_any(name, kind)), None)
            if mine is None:
                kinds.append([name])
            else:
                mine.append(name)
        kinds.sort(key=len, reverse=True)
        return [] if len(kinds) > 1 and len(kinds[0]) == len(kinds[1]) else kinds[0]

    def _is_unlike_any(self, name: Name, others: Iterable[Name]) -> bool:
        return any(_unlike(self._responses(name), responses) for responses in self._telling(others))

    def _telling(self, names: Iterable[Name]) -> list[Responses]:
        """The first of those that have answered with something."""
        known = (responses for name in names if successes(responses := self._responses(name)))
        return list(islice(known, _MOST_COMPARED))

    def _replace(self, template: Name, names: list[Name], is_instance: Callable[[Name], bool]) -> None:
        """Find the snapshots that a new template takes the place of: those of its own instances."""
        if self._project.names.has(self._integration, template) or not any(map(is_placeholder, template.segments)):
            return
        first = next(position for position, each in enumerate(template.segments) if is_placeholder(each))
        beginning = f"{template.method} {'/'.join(template.segments[:first])}/"
        for text in self._project.store.beginning(self._integration, beginning)[:_MOST_SIBLINGS]:
            old = Name.of(text)
            if old == template or not template.fits(old) or self._project.manifest.names_operation(text):
                continue
            if self._project.store.beginning(self._integration, f"{text}?"):
                continue  # its variants would stay behind
            if is_instance(old) and not self._is_unlike_any(old, names):
                self.replaced.setdefault(template, set()).add(old)
                if old in self._observed:
                    self.names[old] = template

    def _join(self) -> None:
        """Give what is no instance by itself, and may be one, the template that fits it: a 404 has no identity."""
        templates: dict[Name, list[Name]] = defaultdict(list)
        for name, template in self.names.items():
            if any(map(is_placeholder, template.segments)):
                templates[template].append(name)
        for name in self._new:
            given, mine = self.names[name], self._responses(name)
            fitting = [
                each
                for each, others in templates.items()
                if each != given and each.fits(given) and _may_be(given, each) and not self._is_unlike_any(name, others)
            ]
            like = [
                each
                for each in fitting
                if not all(_succeed_differently(mine, self._responses(other)) for other in templates[each])
            ]
            self.names[name] = min(like, key=lambda each: (-each.literals, str(each)), default=given)


def _may_be(name: Name, template: Name) -> bool:
    """Whether all segments that a template replaces may be instances."""
    replaced = (position for position, each in enumerate(template.segments) if each != name.segments[position])
    return all(is_guessed(name.segments[at]) or may_be_instance(name.segments, at) for at in replaced)


def _open_positions(name: Name) -> list[int]:
    """The segments by which siblings may differ: what is asked of something else than GET may be what is done."""
    last = len(name.segments) - 1
    return [
        position
        for position in range(len(name.segments))
        if may_be_instance(name.segments, position)
        and is_collection(name.segments[position - 1])
        and (position < last or name.method == "GET")
    ]


def _without(name: Name, position: int) -> Name:
    return replace(name, segments=(*name.segments[:position], "", *name.segments[position + 1 :]))


def _unlike(one: Responses, other: Responses) -> bool:
    """Whether successful bodies of one kind of response are of different kinds."""
    mine, theirs = successes(one), successes(other)
    return any(unlike(mine[key], theirs[key]) for key in mine.keys() & theirs.keys())


def _succeed_differently(one: Responses, other: Responses) -> bool:
    """Whether both succeed, and never in the same way."""
    mine, theirs = ({key for key in responses if is_success(key)} for responses in (one, other))
    return bool(mine and theirs) and mine.isdisjoint(theirs)


_Sibling = tuple[Name, int, Mapping[str, Shape]]


def _kinds(siblings: Iterable[_Sibling]) -> Iterator[list[tuple[Name, int]]]:
    """Siblings of one kind, where enough members say so."""
    kinds: list[list[tuple[Name, int, Mapping[str, Members]]]] = []
    for name, position, shapes in siblings:
        is_last = position == len(name.segments) - 1
        if not shapes or (is_last and any(map(is_list, shapes.values()))):
            continue  # lists in one envelope are of many kinds
        told = {key: members(shape) for key, shape in shapes.items()}
        mine = next((kind for kind in kinds if _all_alike(told, kind[0][2], _TELLING_OF_SEVERAL)), None)
        if mine is not None:
            mine.append((name, position, told))
        elif len(kinds) < _MOST_KINDS:
            kinds.append([(name, position, told)])
    for kind in kinds:
        enough = len(kind) >= _SEVERAL or (len(kind) > 1 and _all_alike(kind[0][2], kind[1][2], _TELLING))
        if enough:
            yield [(name, position) for name, position, _ in kind]


def _all_alike(one: Mapping[str, Members], other: Mapping[str, Members], telling: int) -> bool:
    common = one.keys() & other.keys()
    return bool(common) and all(alike(one[key], other[key], telling) for key in common)
