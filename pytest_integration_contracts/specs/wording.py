"""What a schema says of a value that does not fit it, and what that value is, in words that hold no value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_integration_contracts.shapes.formats import EXAMPLES, PLACEHOLDER
from pytest_integration_contracts.specs.document import escaped

_NULLABLE: Final = ("nullable", "x-nullable")
_MOST_WORDS: Final = 6
"""So many words of an enumeration are named; the rest is counted."""

_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of a schema, and the value that breaks it.

    Attributes:
        pointer: The claim's place in the document.
        schema: The schema that makes it.
        keyword: The keyword of the claim, "" where the value breaks the schema and no keyword of it is known.
        value: The value.
    """

    pointer: str
    schema: Mapping[str, Any]
    keyword: str
    value: object

    @property
    def rule(self) -> str:
        """The rule that tells it."""
        return _RULES.get(self._broken, "spec.body-violated")

    @property
    def missing(self) -> list[str]:
        """The required members that are not there, where that is what is wrong."""
        if self.keyword != "required" or not isinstance(self.value, dict):
            return []
        names = self.schema.get("required")
        wanted = names if isinstance(names, list) else []
        return [
            name
            for name in dict.fromkeys(map(str, wanted))
            if name not in self.value and self._member(name).get("writeOnly") is not True
        ]

    def at(self, name: str) -> str:
        """The place of a member's schema; where it has none, that of the claim."""
        owner = self.pointer.rpartition("/")[0]
        return f"{owner}/properties/{escaped(name)}" if self._has(name) else self.pointer

    @property
    def declared(self) -> str:
        """What is declared."""
        keyword = self._broken
        said = self.schema.get(keyword)
        if keyword == "type":
            return self._types
        if keyword in _ONE_OF:
            return _one_of(said if isinstance(said, list) else [said])
        if keyword == "not" and self.schema.get("writeOnly") is True:
            return "never in responses"
        if isinstance(said, str | int | float) and not isinstance(said, bool):
            return _short(f"{keyword} {said}")
        return _SAYING.get(keyword, keyword)

    @property
    def found(self) -> str:
        """What came."""
        kind = kind_of(self.value)
        if self._broken in _ONE_OF:
            return f"another {kind}"
        if self._broken == "additionalProperties":
            return "others"
        return f"{kind} that does not fit" if self._broken in _BY_VALUE else kind

    @property
    def _broken(self) -> str:
        """The keyword that is broken: what `nullable` stands beside is not known by it."""
        if self.keyword or not any(self.schema.get(each) is True for each in _NULLABLE):
            return self.keyword or ("not" if self.schema.get("writeOnly") is True else "")
        if "type" in self.schema and kind_of(self.value) not in self._fitting:
            return "type"
        words = self.schema.get("enum")
        return "enum" if isinstance(words, list) and self.value not in words else ""

    @property
    def _types(self) -> str:
        said = self.schema.get("type")
        names = [str(each) for each in said] if isinstance(said, list) else [str(said)]
        nullable = any(self.schema.get(each) is True for each in _NULLABLE)
        return " or ".join([*names, "null"] if nullable else names)

    @property
    def _fitting(self) -> set[str]:
        names = set(self._types.split(" or "))
        return names | {"integer"} if "number" in names else names

    def _member(self, name: str) -> Mapping[str, Any]:
        members = self.schema.get("properties")
        member = members.get(name) if isinstance(members, dict) else None
        return member if isinstance(member, dict) else {}

    def _has(self, name: str) -> bool:
        members = self.schema.get("properties")
        return isinstance(members, dict) and name in members


_RULES: Final = {
    "required": "spec.required-missing",
    "type": "spec.type-violated",
    "enum": "spec.enum-violated",
    "const": "spec.enum-violated",
}
_ONE_OF: Final = frozenset({"enum", "const"})
_SAYING: Final = {
    "anyOf": "any of several alternatives",
    "oneOf": "exactly one of several alternatives",
    "additionalProperties": "no other members",
    "": "what the schema says",
}
_BY_VALUE: Final = frozenset({"anyOf", "oneOf", "format", "pattern", ""})


def kind_of(value: object) -> str:
    """The kind of a JSON value, as JSON Schema calls it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    for type_, name in ((float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, type_):
            return name
    return "object"


def is_scrubbed(value: object) -> bool:
    """Whether a value is, or holds, what stands in recordings in the place of a secret."""
    if isinstance(value, dict):
        return any(map(is_scrubbed, value.values()))
    if isinstance(value, list):
        return any(map(is_scrubbed, value))
    return isinstance(value, str) and (PLACEHOLDER in value or value in _PLACEHOLDERS)


_PLACEHOLDERS: Final = frozenset(EXAMPLES.values())


def _one_of(words: list[Any]) -> str:
    told = [_short(word if isinstance(word, str) else json.dumps(word)) for word in words[:_MOST_WORDS]]
    more = [f"{len(words) - _MOST_WORDS} more"] if len(words) > _MOST_WORDS else []
    return "|".join(told) + "".join(f" and {each}" for each in more)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
