"""The text of an OpenAPI document as a JSON value, whoever wrote it: JSON or YAML, bounded, with one clear error."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar, Final

from pytest_integration_contracts.errors import SpecError

MAX_BYTES: Final = 64 * 1024**2
"""How large a document may be, in bytes."""

MAX_NODES: Final = 10_000_000
"""How many values a document may hold, those that aliases of YAML stand for counted each time."""

_MAX_DEPTH: Final = 400
_OPENAPI = re.compile(r"3\.[01](?:\.[0-9]+(?:-[0-9A-Za-z.-]+)?)?")

_TAG: Final = "tag:yaml.org,2002:"
_CORE: Final = (
    ("null", r"(?:~|null|Null|NULL|)", ("~", "n", "N", "")),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", tuple("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", tuple("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", tuple("-+.0123456789")),
)
"""What is no text: YAML 1.2, section 10.3, without octal, hexadecimal and infinite numbers, which JSON lacks."""


def read_document(text: str | bytes, name: str) -> dict[str, Any]:
    """The document in a text.

    Args:
        text: JSON, or YAML 1.2 as OpenAPI allows it (section 4.3): its keys are strings, its dates are texts.
        name: What it is called in messages.

    Raises:
        SpecError: It is neither, exceeds a bound, or is no OpenAPI 3.0, OpenAPI 3.1 or Swagger 2.0.
    """
    if len(text) > MAX_BYTES:
        raise SpecError(f"{name}: is larger than {MAX_BYTES // 1024**2} MB; keep the part of it that you use in a file")
    try:
        document = _parsed(text.decode("utf-8-sig") if isinstance(text, bytes) else text, name)
    except UnicodeDecodeError as error:
        raise SpecError(f"{name}: is not UTF-8: {error.reason}") from error
    if not isinstance(document, dict):
        raise SpecError(f"{name}: is no OpenAPI document: it is no object")
    version = document.get("openapi", document.get("swagger"))
    written = str(version) if isinstance(version, str | float) else ""  # in YAML, 2.0 is a number
    if not (_OPENAPI.fullmatch(written) if "openapi" in document else written == "2.0"):
        found = f"has version {version!r}" if version is not None else "has neither `openapi` nor `swagger`"
        raise SpecError(f"{name}: is no OpenAPI 3.0, OpenAPI 3.1 or Swagger 2.0 document: it {found}")
    if not isinstance(document.get("paths", {}), dict):
        raise SpecError(f"{name}: is no OpenAPI document: its `paths` is no object")
    return document


def _parsed(text: str, name: str) -> object:
    try:
        if text.lstrip()[:1] == "{":
            try:
                return json.loads(text)
            except ValueError:
                return _yaml(text, name)  # YAML has braces, too
        return _yaml(text, name)
    except RecursionError as error:
        raise SpecError(f"{name}: is nested too deep to read") from error


def _yaml(text: str, name: str) -> object:
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Reads the types that JSON has, as YAML 1.2 writes them, and takes everything else for text, keys included."""

        yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's own
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    key.tag = f"{_TAG}str"
            return super().construct_mapping(node, deep)

    for tag, pattern, first in _CORE:
        Loader.add_implicit_resolver(f"{_TAG}{tag}", re.compile(f"^(?:{pattern})$"), first)
    try:
        document = yaml.load(text, Loader)  # noqa: S506 - a safe loader with fewer types
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}" if place else ""
        said = filter(None, (getattr(error, "context", ""), getattr(error, "problem", "") or str(error)))
        what = ": ".join(said).splitlines()[0]
        raise SpecError(f"{name}{where}: is neither JSON nor YAML: {what}") from error
    except ValueError as error:
        raise SpecError(f"{name}: is neither JSON nor YAML: {error}") from error
    return _Plain(name).value(document, 0)[0]


_MERGE: Final = "<<"


class _Plain:
    """Makes values of YAML such as JSON can have them.

    What aliases stand for is made once and shared, so that a short text that stands for very much takes no room before
    it is refused.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._made: dict[int, tuple[object, int] | None] = {}

    def value(self, given: object, depth: int) -> tuple[object, int]:
        """The value, and how many values it holds."""
        if not isinstance(given, dict | list):
            return (given if given is None or isinstance(given, str | bool | int | float) else str(given)), 1
        if id(given) not in self._made:
            self._made[id(given)] = None
            self._made[id(given)] = self._container(given, depth)
        made = self._made[id(given)]
        if made is None or made[1] > MAX_NODES:
            raise self._refused()
        return made

    def _container(self, given: dict[Any, Any] | list[Any], depth: int) -> tuple[object, int]:
        if depth > _MAX_DEPTH:
            raise self._refused()
        if isinstance(given, list):
            items = [self.value(each, depth + 1) for each in given]
            return [item for item, _ in items], 1 + sum(size for _, size in items)
        members = {str(key): self.value(each, depth + 1) for key, each in given.items()}
        plain = {key: member for key, (member, _) in members.items()}
        size = 1 + sum(size for _, size in members.values())
        for base in _bases(plain.get(_MERGE)):
            plain = base | plain
        if _MERGE in plain and _bases(plain[_MERGE]):
            del plain[_MERGE]
        return plain, size

    def _refused(self) -> SpecError:
        return SpecError(f"{self._name}: refers to itself by aliases, or holds more than {MAX_NODES} values")


def _bases(merged: object) -> list[dict[str, Any]]:
    """What `<<` brings in; what comes earlier counts. It is YAML 1.1's, and in many documents."""
    listed = merged if isinstance(merged, list) else [merged]
    bases = [each for each in listed if isinstance(each, dict)]
    return bases if len(bases) == len(listed) else []
