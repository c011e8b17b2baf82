"""Values that a JSON Schema allows, as an upstream might send them: the same ones for the same seed.

Examples come first, then vocabularies, then formats, then what the name of a field suggests. Of keywords that a
shape has no word for, bounds and lengths are kept; conditions and `not` are passed over.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pytest_integration_contracts.shapes.formats import EXAMPLES

At = Callable[[str], object]
"""What is at a place of the document that a schema is in: `#/components/schemas/Customer`."""

_DEEP: Final = 6
"""Below so many levels only what must be there is written."""

_DEEPEST: Final = 40
_MOST_STEPS: Final = 32
_MOST_ITEMS: Final = 50
_MOST_TRIES: Final = 20
"""So often another item is made where it must differ from those before."""

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}
_TELLING: Final = {
    "object": ("properties", "additionalProperties", "patternProperties", "required"),
    "array": ("items", "prefixItems", "minItems"),
    "string": ("format", "pattern", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "multipleOf"),
}

_BY_NAME: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson"),
    "firstname": ("Ada", "Grace", "Alan", "Katherine"),
    "lastname": ("Lovelace", "Hopper", "Turing", "Johnson"),
    "company": ("Analytical Engines", "Blue Harbour", "North Mill"),
    "street": ("1 Mill Lane", "22 Harbour Road", "7 Station Street"),
    "city": ("London", "Lisbon", "Oslo"),
    "country": ("GB", "PT", "NO"),
    "postcode": ("1000", "2150", "0150"),
    "phone": ("+44 20 7946 0000", "+44 20 7946 0018"),
    "currency": ("EUR", "USD", "GBP"),
    "language": ("en", "pt", "no"),
    "title": ("An example", "Another example"),
    "description": ("Made by a stand-in.", "An example."),
    "message": ("An example of a message.",),
    "url": ("https://upstream.example/a", "https://upstream.example/b"),
    "version": ("1.0", "2.1"),
}
_KEYS: Final = ("EUR", "USD", "en", "de", "17", "42", "cus_9aB3xY7kQ2", "0123456789abcdef", "one", "two", "a", "b")
_WORDS: Final = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot")
_YEAR: Final = 2025


def generate(schema: object, at: At, seed: str) -> object:
    """A JSON value.

    Args:
        schema: A schema of JSON Schema (draft 2020-12), OpenAPI 3.0 or Swagger 2.0.
        at: What its references lead to.
        seed: The same seed gives the same value.
    """
    return _Generator(at, random.Random(seed)).value(schema, "", 0)  # noqa: S311 - examples, not secrets


class _Generator:
    def __init__(self, at: At, chance: random.Random) -> None:
        self._at = at
        self._chance = chance

    def value(self, schema: object, name: str, depth: int) -> object:
        """A value of a schema; the name is that of the member it is for."""
        if depth > _DEEPEST:
            return None
        whole = self._flat(schema, 0)
        if "const" in whole:
            return whole["const"]
        given = self._given(whole)
        if given:
            return self._chance.choice(given)
        kind = _kind_of(whole)
        if kind == "object":
            return self._object(whole, depth)
        if kind == "array":
            return self._array(whole, name, depth)
        return self._scalar(kind, whole, name)

    def _scalar(self, kind: str, whole: Mapping[str, Any], name: str) -> object:
        if kind == "string":
            return self._text(whole, name)
        if kind in {"integer", "number"}:
            return self._number(whole, fractions=kind == "number")
        return self._chance.random() < 0.5 if kind == "boolean" else None  # noqa: PLR2004 - a coin

    @staticmethod
    def _given(whole: Mapping[str, Any]) -> list[object]:
        """The values that the schema itself has: its vocabulary, or its examples as far as they are of its type."""
        words = whole.get("enum")
        if isinstance(words, list) and words:
            return [each for each in words if each is not None] or words
        examples = whole.get("examples", [])
        found = [*(examples if isinstance(examples, list) else []), *([whole["example"]] if "example" in whole else [])]
        types = _types(whole)
        return [each for each in found if not types or _is_of(each, types)]

    def _flat(self, schema: object, steps: int) -> dict[str, Any]:
        """A schema with what it refers to, all of `allOf`, and one of its alternatives written into it."""
        if not isinstance(schema, dict) or steps > _MOST_STEPS:
            return {}
        whole = {key: each for key, each in schema.items() if key not in {"$ref", "allOf", "anyOf", "oneOf"}}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            whole = _both(whole, self._flat(self._at(reference), steps + 1))
        for part in _listed(schema.get("allOf")):
            whole = _both(whole, self._flat(part, steps + 1))
        for keyword in ("oneOf", "anyOf"):
            alternatives = _listed(schema.get(keyword))
            if alternatives:
                whole = _both(whole, self._alternative(alternatives, whole, steps))
        return whole

    def _alternative(self, alternatives: list[object], whole: Mapping[str, Any], steps: int) -> dict[str, Any]:
        likely = [each for each in alternatives if not (isinstance(each, dict) and each.get("type") == "null")]
        chosen = self._chance.choice(likely or alternatives)
        flat = self._flat(chosen, steps + 1)
        discriminator = whole.get("discriminator")
        reference = chosen.get("$ref") if isinstance(chosen, dict) else None
        if isinstance(discriminator, dict) and isinstance(reference, str):
            tag = _tag_of(discriminator, reference)
            flat = _both({"properties": {str(discriminator.get("propertyName")): {"const": tag}}}, flat)
        return flat

    def _object(self, whole: Mapping[str, Any], depth: int) -> dict[str, object]:
        properties = _mapping(whole.get("properties"))
        required = [each for each in _listed(whole.get("required")) if isinstance(each, str)]
        named = [each for each in properties if each in required or self._is_written(properties[each], depth)]
        patterns = _mapping(whole.get("patternProperties"))
        found: dict[str, object] = {}
        for name in dict.fromkeys((*named, *required)):
            schema = properties.get(name, self._unnamed(name, patterns, whole.get("additionalProperties")))
            found[name] = self.value(schema, name, depth + 1)
        if not properties or len(found) < _least(whole, "minProperties"):
            self._add_keys(found, whole, patterns, depth)
        return found

    def _is_written(self, schema: object, depth: int) -> bool:
        return depth < _DEEP and not (isinstance(schema, dict) and schema.get("writeOnly") is True)

    @staticmethod
    def _unnamed(name: str, patterns: Mapping[str, object], others: object) -> object:
        return next((schema for pattern, schema in patterns.items() if _found(pattern, name)), others)

    def _add_keys(
        self, found: dict[str, object], whole: Mapping[str, Any], patterns: Mapping[str, object], depth: int
    ) -> None:
        others = whole.get("additionalProperties")
        least = _least(whole, "minProperties")
        wanted = max(least, 2 if depth < _DEEP and (patterns or isinstance(others, dict)) else 0)
        for key in (*_KEYS, *EXAMPLES.values()):
            if len(found) >= wanted:
                return
            schema = self._unnamed(key, patterns, others if isinstance(others, dict) else None)
            if key not in found and (schema is not None or (not patterns and others is not False)):
                found[key] = self.value(schema, key, depth + 1)

    def _array(self, whole: Mapping[str, Any], name: str, depth: int) -> list[object]:
        items, least = whole.get("items"), _least(whole, "minItems")
        first = [self.value(each, name, depth + 1) for each in _listed(whole.get("prefixItems"))]
        known = isinstance(items, dict) and any(key != "description" for key in items)
        wanted = self._chance.randint(1, 3) if known and depth < _DEEP else 0
        most = whole.get("maxItems", _MOST_ITEMS)
        wanted = max(least, min(wanted, most if isinstance(most, int) else wanted))
        for _ in range(min(wanted, _MOST_ITEMS) * _MOST_TRIES):
            if len(first) >= wanted:
                break
            item = self.value(items, name, depth + 1)
            if whole.get("uniqueItems") is not True or item not in first:
                first.append(item)
        return first

    def _text(self, whole: Mapping[str, Any], name: str) -> str:
        pattern = whole.get("pattern")
        for text in self._texts(whole, name):
            fitted = _fitted(text, whole)
            if not isinstance(pattern, str) or _found(pattern, fitted):
                return fitted
        return _fitted("", whole)

    def _texts(self, whole: Mapping[str, Any], name: str) -> Iterable[str]:
        """Texts that may do, the likeliest first."""
        format_ = whole.get("format")
        if isinstance(format_, str):
            yield from self._formatted(format_)
        suggested = _BY_NAME.get(re.sub(r"[^a-z]", "", name.lower()))
        if suggested:
            yield self._chance.choice(suggested)
        yield f"{self._chance.choice(_WORDS)}-{self._chance.randint(1, 99)}"
        if "pattern" in whole:
            yield from (*EXAMPLES.values(), *_KEYS, *_WORDS, *(word.upper() for word in _WORDS))
            yield from (str(self._chance.randint(10**length, 10 ** (length + 1) - 1)) for length in range(20))

    def _formatted(self, format_: str) -> Iterable[str]:
        day = f"{_YEAR}-{self._chance.randint(1, 12):02}-{self._chance.randint(1, 28):02}"
        clock = f"{self._chance.randint(0, 23):02}:{self._chance.randint(0, 59):02}:{self._chance.randint(0, 59):02}"
        made = {
            "date-time": f"{day}T{clock}Z",
            "date-time-local": f"{day}T{clock}",
            "date": day,
            "time": f"{clock}Z",
            "uuid": f"{self._chance.getrandbits(32):08x}-0000-4000-8000-{self._chance.getrandbits(48):012x}",
            "email": f"{self._chance.choice(_WORDS)}{self._chance.randint(1, 99)}@mail.example",
            "uri": f"https://upstream.example/{self._chance.choice(_WORDS)}",
            "hostname": "upstream.example",
            "integer": str(self._chance.randint(1, 9999)),
            "decimal": f"{self._chance.randint(1, 999)}.{self._chance.randint(0, 99):02}",
            "byte": "ZXhhbXBsZQ==",
        }
        if format_ in made:
            yield made[format_]
        elif format_ in EXAMPLES:
            yield EXAMPLES[format_]

    def _number(self, whole: Mapping[str, Any], *, fractions: bool) -> float:
        low, high = _bounds(whole)
        step = _number_in(whole, "multipleOf")
        if step is not None and step > 0:
            first = math.ceil(low / step)
            return _plain_number(step * self._chance.randint(first, max(first, min(first + 1000, int(high // step)))))
        if not fractions:
            first = math.ceil(low)
            return self._chance.randint(first, max(first, math.floor(high)))
        return round(self._chance.uniform(low, high), 2) if high - low > 1 else (low + high) / 2


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two schemas as one: members of both, what is said twice as the first says it."""
    whole = {**other, **one}
    for key in ("properties", "patternProperties"):
        if key in one and key in other:
            mine, theirs = _mapping(one[key]), _mapping(other[key])
            whole[key] = {
                name: {"allOf": [mine[name], theirs[name]]} if name in mine and name in theirs else each
                for name, each in {**theirs, **mine}.items()
            }
    if "required" in one and "required" in other:
        whole["required"] = [*_listed(one["required"]), *_listed(other["required"])]
    return whole


def _tag_of(discriminator: Mapping[str, Any], reference: str) -> str:
    """The value by which a discriminator chooses a schema (OpenAPI 3.1, section 4.8.25)."""
    for tag, target in _mapping(discriminator.get("mapping")).items():
        if target in {reference, reference.rpartition("/")[2]}:
            return tag
    return reference.rpartition("/")[2]


def _types(whole: Mapping[str, Any]) -> list[str]:
    return [each for each in _listed(whole.get("type"), whole.get("type")) if isinstance(each, str)]


def _kind_of(whole: Mapping[str, Any]) -> str:
    types = _types(whole)
    if types:
        return next((each for each in types if each != "null"), "null")
    return next((kind for kind, keywords in _TELLING.items() if any(map(whole.__contains__, keywords))), "null")


def _is_of(value: object, types: Iterable[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    return any(isinstance(value, _TYPES.get(each, ())) for each in types)


def _listed(node: object, single: object = None) -> list[Any]:
    return node if isinstance(node, list) else [] if single is None else [single]


def _mapping(node: object) -> Mapping[str, Any]:
    return node if isinstance(node, dict) else {}


def _least(whole: Mapping[str, Any], key: str) -> int:
    found = whole.get(key, 0)
    return min(found, _MOST_ITEMS) if isinstance(found, int) else 0


def _found(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def _fitted(text: str, whole: Mapping[str, Any]) -> str:
    """The text as long as it must be, and no longer than it may be."""
    least, most = whole.get("minLength", 0), whole.get("maxLength")
    if isinstance(least, int) and len(text) < least:
        text = text.ljust(min(least, 10_000), "x")
    return text[:most] if isinstance(most, int) and most >= 0 else text


_WIDE: Final = 9999


def _number_in(whole: Mapping[str, Any], key: str) -> float | None:
    found = whole.get(key)
    plain = isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)
    return found if plain else None


def _bounds(whole: Mapping[str, Any]) -> tuple[float, float]:
    """The least and the largest; exclusive ones are numbers, or booleans in OpenAPI 3.0."""
    low, high = _number_in(whole, "minimum"), _number_in(whole, "maximum")
    above = low if whole.get("exclusiveMinimum") is True else _number_in(whole, "exclusiveMinimum")
    below = high if whole.get("exclusiveMaximum") is True else _number_in(whole, "exclusiveMaximum")
    if above is not None:
        low = above + 1 if isinstance(above, int) else math.nextafter(above, math.inf)
    if below is not None:
        high = below - 1 if isinstance(below, int) else math.nextafter(below, -math.inf)
    if low is None:
        low = 1 if high is None else min(1, high)
    return low, max(low, low + _WIDE if high is None else high)


def _plain_number(value: float) -> float:
    return int(value) if float(value).is_integer() else value
