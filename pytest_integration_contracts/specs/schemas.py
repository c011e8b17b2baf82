"""The shapes that the schemas of an OpenAPI document declare.

A document found in the wild has errors. What is no schema, or leads nowhere, is left unknown, and the rest is read.
So is what a schema repeats of itself, and what lies deeper than there is room for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_integration_contracts.shapes.declared import TooLargeError, Work
from pytest_integration_contracts.shapes.foreign import Document, declared_shape
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape
from pytest_integration_contracts.specs.document import DeclaredOperation, Part, Spec, escaped
from pytest_integration_contracts.specs.media import part_for

MOST_NODES: Final = 50_000
"""So many places, alternatives multiplied, are made of one schema."""

_MOST_OF_ALL: Final = 10 * MOST_NODES
"""So many are made of all schemas of a document; then each is given little."""

_LITTLE: Final = 25
"""That part of what a schema is given else."""

_DEPTHS: Final = (96, 24, 12, 6, 3)
"""How deep a schema is read, in steps: less deep where the whole is too large, so that what is left is its top."""


def response_shape(spec: Spec, part: Part) -> Shape:
    """The shape that a schema declares of responses: without what is only written.

    Args:
        spec: The document.
        part: A schema of it.
    """
    return _shape(spec, part, "writeOnly")


def declared_body(spec: Spec, operation: DeclaredOperation, status: int, media: str) -> Shape:
    """The shape that is declared of the bodies of one kind of response; unknown where none is.

    Args:
        spec: The document.
        operation: One of its operations.
        status: The response's status.
        media: Its media type.
    """
    response = operation.response(status)
    part = part_for(response.media, media) if response else None
    return response_shape(spec, part) if part else UNKNOWN


def request_shape(spec: Spec, part: Part) -> Shape:
    """The shape that a schema declares of requests: without what is only read."""
    return _shape(spec, part, "readOnly")


def _shape(spec: Spec, part: Part, hidden: str) -> Shape:
    reference = part.schema.get("$ref") if isinstance(part.schema, dict) and len(part.schema) == 1 else None
    key = (hidden, reference if isinstance(reference, str) else part.pointer)
    if key not in spec.shapes:
        spec.shapes[key] = _declared(spec, part.schema, hidden)
    return spec.shapes[key]


def _declared(spec: Spec, schema: object, hidden: str) -> Shape:
    for depth in _DEPTHS:
        work = Work(MOST_NODES if spec.nodes < _MOST_OF_ALL else MOST_NODES // _LITTLE)
        try:
            return declared_shape(schema, _Schemas(spec, hidden, depth), work)
        except TooLargeError:
            continue
        finally:
            spec.nodes += work.spent
    return UNKNOWN


class _Schemas(Document):
    """The schemas of an OpenAPI document."""

    def __init__(self, spec: Spec, hidden: str, deepest: int) -> None:
        self.hidden = hidden
        self.deepest = deepest
        self._spec = spec

    def target(self, reference: str) -> object:
        found = self._spec.at(reference)
        return True if found is None else found

    def children(self, reference: str) -> Sequence[str]:
        found: list[str] = []
        waiting = [reference]
        extended = _extended(self._spec)
        while waiting:
            for child in extended.get(waiting.pop(), ()):
                if child != reference and child not in found:
                    found.append(child)
                    waiting.append(child)
        return sorted(found)


def _extended(spec: Spec) -> Mapping[str, list[str]]:
    """The schemas that extend one by `allOf`, by the reference to it."""
    if spec.extended is None:
        spec.extended = {}
        place, schemas = _named(spec)
        for name, schema in schemas.items():
            parts = schema.get("allOf") if isinstance(schema, dict) else None
            for part in parts if isinstance(parts, list) else ():
                parent = part.get("$ref") if isinstance(part, dict) else None
                if isinstance(parent, str):
                    spec.extended.setdefault(parent, []).append(f"{place}/{escaped(name)}")
    return spec.extended


def _named(spec: Spec) -> tuple[str, Mapping[str, Any]]:
    place = "#/definitions" if spec.is_swagger else "#/components/schemas"
    schemas = spec.at(place)
    return place, schemas if isinstance(schemas, dict) else {}
