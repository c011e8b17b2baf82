"""The one place that knows schemathesis (and hypothesis): nothing of it is loaded before it is needed."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Collection, Iterator
from typing import Any, Final
from urllib.parse import unquote

import schemathesis
from hypothesis import HealthCheck, Phase, configuration, given, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.strategies import DataObject, data
from schemathesis.core.errors import SchemathesisError

from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec, unescaped
from pytest_integration_contracts.specs.probing import Made

# Making up requests ----------------------------------------------------------------------------------------------

_SEED: Final = 20
_MOST_NODES: Final = 200_000
_KEPT = re.compile(r"#/(?:components|definitions|parameters)/[^/]+(?:/[^/]+)?")
"""Where a document keeps what its operations refer to."""

_HOME: Final = "__hypothesis_home_directory"
_NOTHING: Final = Made({})


def made_up(spec: Spec, operation: DeclaredOperation, lacking: Collection[tuple[str, str]]) -> Made:
    """Values that satisfy the document's schemas, the plainest that do; the same for the same document.

    Args:
        spec: The document.
        operation: The operation.
        lacking: The parameters to make up, by place and name; `("body", "")` for the body.

    Returns:
        What could be made up: nothing where the schemas allow nothing, or cannot be used.
    """
    template = "/made-up" + "".join(f"/{{{name}}}" for place, name in lacking if place == "path")
    node = {"responses": {"200": {"description": ""}}, **_declared(spec, operation, lacking)}
    found: list[Any] = []

    @seed(_SEED)
    @settings(
        max_examples=1,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data())
    def take(source: DataObject) -> None:
        found.append(source.draw(schemathesis.openapi.from_dict(document)[template][operation.method].as_strategy()))

    try:
        document = _alone(spec, {template: {operation.method.lower(): node}})
        with _no_files():
            take()
    except (SchemathesisError, HypothesisException, ValueError, TypeError, LookupError, RecursionError):
        return _NOTHING
    return Made(dict(_values(found[0], lacking)), found[0].body if ("body", "") in lacking else NO_BODY)


@contextlib.contextmanager
def _no_files() -> Iterator[None]:
    """Within it hypothesis writes its tables elsewhere than into the folder that a command is run in."""
    before = getattr(configuration, _HOME)
    with tempfile.TemporaryDirectory() as folder:
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(before)


def _alone(spec: Spec, paths: dict[str, Any]) -> dict[str, Any]:
    """A document of nothing but some paths and what they refer to: what is outside of it is never fetched.

    Raises:
        ValueError: They refer to too much.
    """
    document: dict[str, Any] = {key: spec.document[key] for key in ("openapi", "swagger") if key in spec.document}
    document |= {"info": {"title": "", "version": ""}, "paths": {}}
    waiting: dict[str, None] = {}
    left = [_MOST_NODES]
    document["paths"] = _local(paths, waiting, left)
    done: set[str] = set()
    while waiting:
        pointer = next(iter(waiting))
        del waiting[pointer]
        if pointer not in done:
            done.add(pointer)
            _place(document, pointer, _local(spec.at(pointer), waiting, left))
    return document


def _place(document: dict[str, Any], pointer: str, value: object) -> None:
    """Put a value where a pointer points to."""
    *above, last = map(unescaped, pointer.split("/")[1:])
    for step in above:
        document = document.setdefault(step, {})
    document[last] = value


def _local(node: object, waiting: dict[str, None], left: list[int]) -> object:
    """A copy in which nothing refers to what is outside of the document; what it refers to inside is waiting then."""
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("refers to too much")
    if isinstance(node, list):
        return [_local(each, waiting, left) for each in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        if not _KEPT.fullmatch(reference):
            return {}
        waiting[reference] = None
    return {key: _local(each, waiting, left) for key, each in node.items()}


def _declared(spec: Spec, operation: DeclaredOperation, lacking: Collection[tuple[str, str]]) -> dict[str, Any]:
    """What an operation's document says about what is lacking, as it stands there."""
    item = spec.at(operation.pointer.rpartition("/")[0])
    own = spec.at(operation.pointer)
    wanted = {}
    for node in (item, own):
        listed = node.get("parameters") if isinstance(node, dict) else None
        for each in listed if isinstance(listed, list) else ():
            found, _ = spec.resolved(each, "")
            place, name = found.get("in"), str(found.get("name"))
            key = (place, name.lower() if place == "header" else name) if place != "body" else ("body", "")
            if key in lacking:
                wanted[key] = {**found, "required": True}
    for place, name in lacking:
        if place == "path" and (place, name) not in wanted:
            schema = {"type": "string"} if spec.is_swagger else {"schema": {"type": "string"}}
            wanted[place, name] = {"name": name, "in": "path", "required": True, **schema}
    said: dict[str, Any] = {"parameters": list(wanted.values())}
    if isinstance(own, dict) and ("body", "") in lacking:
        said |= {key: own[key] for key in ("requestBody", "consumes") if key in own}
    return said


def _values(case: Any, lacking: Collection[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], object]]:  # noqa: ANN401
    """The values of a case; those of a path are encoded there."""
    headers = {name.lower(): value for name, value in (case.headers or {}).items()}
    for place, name in lacking:
        if place == "path" and name in case.path_parameters:
            value = case.path_parameters[name]
            yield (place, name), unquote(value) if isinstance(value, str) else value
        elif place == "query" and name in (case.query or {}):
            yield (place, name), case.query[name]
        elif place == "header" and name in headers:
            yield (place, name), headers[name]
