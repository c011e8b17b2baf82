"""The part of a document that one operation needs: small, and nothing in it leads out of the document."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pytest_integration_contracts.specs.document import DeclaredOperation, Spec, escaped, unescaped

ANSWERS: Final = frozenset({"responses", "produces"})
"""The members of an operation that say what it answers."""

_DYNAMIC: Final = frozenset({"$dynamicRef", "$recursiveRef"})


def excerpt(spec: Spec, operation: DeclaredOperation, members: Collection[str] = ANSWERS) -> dict[str, Any]:
    """A document with one operation, and all that it refers to at the places where it was.

    A reference to another document, which whoever reads it would fetch, and one to what is not there are left out: so
    anything is allowed in their place.

    Args:
        spec: The whole document.
        operation: One of its operations.
        members: Which members of the operation are wanted.

    Raises:
        RecursionError: It is nested too deep.
    """
    node = spec.at(operation.pointer)
    wanted = node.items() if isinstance(node, dict) else ()
    own = {name: member for name, member in wanted if name in members}
    document = self_contained(spec, {operation.template: {operation.method.lower(): own}})
    whole = spec.document
    return document | {name: whole[name] for name in ("produces",) if name in whole and name in members}


def self_contained(spec: Spec, paths: Mapping[str, Any]) -> dict[str, Any]:
    """A document of nothing but some paths, and all that they refer to at the places where it was; as `excerpt`.

    Args:
        spec: The whole document.
        paths: Path items, made of parts of the document.

    Raises:
        RecursionError: They are nested too deep.
    """
    copier = _Copier(spec)
    version = "swagger" if spec.is_swagger else "openapi"
    document: dict[str, Any] = {
        version: spec.document[version],
        "info": {"title": spec.title, "version": spec.api_version},
        "paths": copier.copied(paths),
    }
    for steps, target in copier.targets():
        _put(document, steps, target)
    return document


class _Copier:
    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._found: dict[str, object] = {}
        self._left: list[str] = []

    def copied(self, node: object) -> Any:  # noqa: ANN401 - a JSON value
        if isinstance(node, list):
            return [self.copied(item) for item in node]
        if not isinstance(node, dict):
            return node
        return {
            name: member if name == "enum" and isinstance(member, list) else self.copied(member)  # values, no schemas
            for name, member in node.items()
            if self._stays(name, member)
        }

    def _stays(self, name: str, member: object) -> bool:
        """Whether a member stays; what it refers to is wanted, too."""
        if not isinstance(member, str) or name not in {"$ref", *_DYNAMIC}:
            return True
        if name in _DYNAMIC:
            return member.startswith("#")
        if member not in self._found:
            if not isinstance(self._spec.at(member), dict | bool) or member == "#":
                return False
            self._found[member] = None
            self._left.append(member)
        return True

    def targets(self) -> list[tuple[tuple[str, ...], object]]:
        """What is referred to, with its place: what holds others before them."""
        while self._left:
            reference = self._left.pop()
            self._found[reference] = self.copied(self._spec.at(reference))
        placed = {tuple(map(unescaped, each.split("/")[1:])): node for each, node in self._found.items()}
        return sorted(placed.items(), key=lambda each: (len(each[0]), each[0]))


def _put(document: dict[str, Any], steps: tuple[str, ...], target: object) -> None:
    """Put a value at its place, unless what is there has it already."""
    node: Any = document
    for step in steps[:-1]:
        if not isinstance(node, dict):
            return  # inside a list, which was copied as a whole
        node = node.setdefault(step, {})
    if isinstance(node, dict):
        node.setdefault(steps[-1], target)


def traced(spec: Spec, pointer: str, steps: Sequence[str | int]) -> tuple[str, Mapping[str, Any], str]:
    """A keyword of the document, found by steps from another place, references followed where a step needs it.

    Returns:
        Its pointer, the schema that has it, and the keyword. Where the document does not have all of the steps: the
        pointer as far as it has them, the schema there, and no keyword.
    """
    node, last = spec.at(pointer), ""
    schema: Mapping[str, Any] = {}
    for step in steps:
        if isinstance(node, dict) and step not in node and "$ref" in node:
            node, pointer = spec.resolved(node, pointer)
        schema, below = _below(node, step)
        if below is _NOTHING:
            return pointer, node if isinstance(node, dict) else {}, ""
        node, pointer, last = below, f"{pointer}/{escaped(str(step))}", str(step)
    return pointer, schema, last


def _below(node: object, step: str | int) -> tuple[Mapping[str, Any], object]:
    if isinstance(node, dict):
        return node, node.get(str(step), _NOTHING)
    inside = isinstance(node, list) and isinstance(step, int) and step < len(node)
    return {}, node[step] if inside else _NOTHING  # type: ignore[index]


_NOTHING: Final = object()
