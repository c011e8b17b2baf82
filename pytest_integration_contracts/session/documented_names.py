"""The names that an OpenAPI document has for paths: it knows which of their segments are parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.manifest.manifest import Integration
from pytest_integration_contracts.session.project import Project
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec
from pytest_integration_contracts.specs.finding import declared_operation
from pytest_integration_contracts.traffic.instances import Instance
from pytest_integration_contracts.traffic.operations import Name, fits, is_guessed, is_placeholder

_PLACEHOLDER = re.compile(r"\{[A-Za-z_][A-Za-z0-9_.-]{0,63}\}")


def documented_names(project: Project, integration: str) -> DocumentedNames | None:
    """The names in the document of an integration; None where there is none, or it cannot be used."""
    try:
        spec = project.document(integration)
    except SpecError:
        return None
    return DocumentedNames(spec, project.integration(integration)) if spec else None


class DocumentedNames:
    """What one document calls the paths of an integration."""

    def __init__(self, spec: Spec, integration: Integration) -> None:
        self._spec = spec
        self._integration = integration

    def template(self, name: Name) -> Name | None:
        """A name with every parameter of its path as the document has it; None where nothing declares it.

        None, too, where a placeholder could not stand for what was asked.
        """
        found = declared_as(self._spec, name, self._integration)
        if found is None:
            return None
        wanted = found.template.split("/")[1:][-(len(name.segments) - 1) :]
        kept = len(name.segments) - len(wanted)
        segments = [*name.segments[:kept], *map(_parameter, name.segments[kept - 1 :], wanted)]
        if all(map(fits, segments, name.segments)):
            return replace(name, segments=tuple(segments))
        return None

    def has_words_for(self, template: Name, name: Name) -> bool:
        """Whether a name has words where its template has parameters; a guess stands for as much as they do."""
        words = any(
            is_placeholder(wanted) and not is_placeholder(segment)
            for wanted, segment in zip(template.segments, name.segments, strict=False)
        )
        return words and self.template(name) == template


def _parameter(before: str, wanted: str) -> str:
    """A segment of a template as names have it: there `{id}` stands only for what looks like one, `{user}` for all."""
    if is_guessed(wanted) or (is_placeholder(wanted) and not _PLACEHOLDER.fullmatch(wanted)):
        return Instance("", "", "", field="name").placeholder(before)
    return wanted


def with_parameters(template: Name, names: Sequence[Name]) -> dict[Name, Name]:
    """What names that a document gives one template are to be called, each.

    A guess that stands where the document has a parameter stays; where one of them has no guess, all have the
    document's.

    Args:
        template: The name with the document's parameters.
        names: The names, by their guesses.
    """
    open_ = [
        position
        for position, wanted in enumerate(template.segments)
        if is_placeholder(wanted) and not all(is_placeholder(name.segments[position]) for name in names)
    ]
    return {
        name: replace(
            name,
            segments=tuple(
                template.segments[position] if position in open_ else segment
                for position, segment in enumerate(name.segments)
            ),
        )
        for name in names
    }


def declared_as(spec: Spec, name: Name, integration: Integration) -> DeclaredOperation | None:
    """The operation of a document that an operation's name stands for; None where it has none."""
    return declared_operation(spec, name.method, _address(name, integration), integration) if name.segments else None


def _address(name: Name, integration: Integration) -> str:
    """The URL that an operation's name stands for, its placeholders left as they are."""
    path = "/".join(name.segments)
    for prefix in sorted(integration.prefixes, key=lambda each: len(each.label), reverse=True):
        if path == prefix.label or path.startswith(f"{prefix.label}/"):
            return f"{prefix.canonical}{path[len(prefix.label) :]}"
    return path
