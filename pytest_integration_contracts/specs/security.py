"""What a document asks of a consumer's credentials, and whether the one it has is still enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.model import Change, Severity
from pytest_integration_contracts.specs.document import DeclaredOperation, Side, Spec, escaped

Ways = list[dict[str, frozenset[str]]]
"""The ways to authenticate: each the schemes it takes together, by what they are, with their scopes."""


def security_change(old: Side, new: Side) -> Iterator[Change]:
    """That a way to authenticate is not enough any more; a warning where others still are.

    What a scheme is called in the document does not matter. A document that begins to say how to authenticate changes
    nothing.
    """
    was, now = _ways(*old), _ways(*new)
    if was is None or now is None:
        return
    lost = [way for way in was if not any(_is_enough(way, asked) for asked in now)]
    if not lost:
        return
    change = Change("spec.security-changed", "$", RULES["spec.security-changed"].severity, _text(was), _text(now))
    yield change if len(lost) == len(was) else change.with_severity(Severity.WARNING, "one of several ways")


def _ways(spec: Spec, operation: DeclaredOperation) -> Ways | None:
    """None where the document has no scheme at all."""
    schemes = _object(spec.at("#/securityDefinitions" if spec.is_swagger else "#/components/securitySchemes"))
    if not schemes:
        return None
    node = _object(spec.at(operation.pointer))
    asked = node.get("security", spec.document.get("security"))
    listed = [each for each in asked if isinstance(each, dict)] if isinstance(asked, list) else []
    place = "#/securityDefinitions" if spec.is_swagger else "#/components/securitySchemes"
    return [
        {
            _scheme(spec, f"{place}/{escaped(name)}", name): frozenset(map(str, scopes))
            for name, scopes in each.items()
            if isinstance(scopes, list)
        }
        for each in listed
    ] or [{}]


def _scheme(spec: Spec, pointer: str, name: str) -> str:
    """What a scheme is, in words: the same for Swagger 2 and OpenAPI 3."""
    scheme, _ = spec.resolved(spec.at(pointer), pointer)
    match scheme.get("type"):
        case "basic":
            return "http basic"
        case "http":
            return f"http {str(scheme.get('scheme', '')).lower()}"
        case "apiKey":
            place, called = str(scheme.get("in", "")), str(scheme.get("name", ""))
            return f"API key in {place} {called.lower() if place == 'header' else called}"
        case str() as kind:
            return kind
        case _:
            return name


def _is_enough(way: Mapping[str, frozenset[str]], asked: Mapping[str, frozenset[str]]) -> bool:
    return all(scheme in way and scopes <= way[scheme] for scheme, scopes in asked.items())


def _text(ways: Ways) -> str:
    return " or ".join(sorted({" and ".join(_with_scopes(way)) or "none" for way in ways}))


def _with_scopes(way: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for scheme, scopes in sorted(way.items()):
        yield f"{scheme} ({', '.join(sorted(scopes))})" if scopes else scheme


def _object(node: object) -> Mapping[str, Any]:
    return node if isinstance(node, dict) else {}
