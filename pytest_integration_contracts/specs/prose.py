"""What a document says to people only: a document that changes in nothing else need not be kept anew."""

from __future__ import annotations

from typing import Final

_PROSE: Final = frozenset(
    {"description", "summary", "title", "example", "examples", "externalDocs", "tags", "info", "contact", "license"}
)
_NAMING: Final = frozenset(
    {
        *("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "schemas", "responses"),
        *("parameters", "requestBodies", "headers", "securitySchemes", "securityDefinitions", "links", "callbacks"),
        *("pathItems", "paths", "content", "mapping", "scopes", "variables", "encoding", "webhooks"),
    }
)
"""Members whose own members have names that the upstream chose."""


def differ_only_in_prose(one: object, other: object) -> bool:
    """Whether two documents say the same to a program; however deep they are nested."""
    left = [(one, other, False)]
    while left:
        mine, theirs, names = left.pop()
        if isinstance(mine, dict) and isinstance(theirs, dict):
            keys = {key for key in mine.keys() | theirs.keys() if names or not _is_prose(key)}
            if any(key not in mine or key not in theirs for key in keys):
                return False
            left += [(mine[key], theirs[key], key in _NAMING and not names) for key in keys]
        elif isinstance(mine, list) and isinstance(theirs, list):
            if len(mine) != len(theirs):
                return False
            left += [(*pair, False) for pair in zip(mine, theirs, strict=True)]
        elif mine != theirs or type(mine) is not type(theirs):
            return False
    return True


def _is_prose(key: str) -> bool:
    return key in _PROSE or key.startswith("x-")
