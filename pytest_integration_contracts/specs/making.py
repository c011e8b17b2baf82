"""Requests made up: values that satisfy the schemas of a document, the plainest that do."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Collection, Iterator
from typing import Any, Final
from urllib.parse import unquote

from hypothesis import HealthCheck, Phase, configuration, given, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.strategies import DataObject, data

from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec
from pytest_integration_contracts.specs.engine import UNUSABLE, cases
from pytest_integration_contracts.specs.excerpt import self_contained
from pytest_integration_contracts.specs.probing import Made

_SEED: Final = 20
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
        found.append(source.draw(cases(document, template, operation.method)))

    try:
        document = self_contained(spec, {template: {operation.method.lower(): node}})
        with _no_files():
            take()
    except (*UNUSABLE, HypothesisException, ValueError, TypeError, LookupError, RecursionError):
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
