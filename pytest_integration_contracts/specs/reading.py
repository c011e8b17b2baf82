"""The text of an OpenAPI document as a JSON value, whoever wrote it: JSON or YAML, bounded, with one clear error."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from pytest_integration_contracts.errors import SpecError

MAX_BYTES: Final = 64 * 1024**2
"""How large a document may be, in bytes."""

MAX_NODES: Final = 10_000_000
"""How many values a document may hold once the aliases of YAML are followed."""

_MAX_DEPTH: Final = 400
_OPENAPI = re.compile(r"3\.[01]\.[0-9]+")


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
    document = _parsed(text.decode("utf-8-sig", "strict") if isinstance(text, bytes) else text, name)
    if not isinstance(document, dict):
        raise SpecError(f"{name}: is no OpenAPI document: it is no object")
    version = document.get("openapi", document.get("swagger"))
    if not (isinstance(version, str) and (_OPENAPI.fullmatch(version) or version == "2.0")):
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
        """Reads the types that JSON has, and takes everything else for text."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge", ":value"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        document = yaml.load(text, Loader)  # noqa: S506 - a safe loader with fewer types
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}" if place else ""
        what = str(getattr(error, "problem", "") or error).splitlines()[0]
        raise SpecError(f"{name}{where}: is neither JSON nor YAML: {what}") from error
    except ValueError as error:
        raise SpecError(f"{name}: is neither JSON nor YAML: {error}") from error
    return _plain(document, name, [MAX_NODES], 0)


def _plain(value: object, name: str, left: list[int], depth: int) -> object:
    """The value as JSON can have it: string keys, and every alias written out."""
    left[0] -= 1
    if left[0] < 0 or depth > _MAX_DEPTH:
        raise SpecError(f"{name}: refers to itself by aliases, or holds more than {MAX_NODES} values")
    if isinstance(value, dict):
        return {_key(key): _plain(member, name, left, depth + 1) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member, name, left, depth + 1) for member in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)


def _key(key: object) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return "null" if key is None else str(key)
