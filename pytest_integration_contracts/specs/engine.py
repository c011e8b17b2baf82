"""schemathesis, behind a small interface of ours: the one module that imports it.

Its checks of responses are called one by one; none of them sends a request. What they are given is an excerpt of the
document, for they would fetch what a document refers to outside of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import schemathesis
from hypothesis.strategies import SearchStrategy
from schemathesis.checks import CheckContext
from schemathesis.core.errors import SchemathesisError
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import (
    JsonSchemaError,
    MalformedMediaType,
    MissingContentType,
    MissingHeaders,
    UndefinedContentType,
    UndefinedStatusCode,
)
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.model import NO_BODY, Exchange
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec
from pytest_integration_contracts.specs.excerpt import excerpt, traced
from pytest_integration_contracts.specs.media import is_json
from pytest_integration_contracts.specs.violation import Violation
from pytest_integration_contracts.specs.wording import Claim, is_scrubbed

_Case = schemathesis.Case[Any]
_Check = Callable[[CheckContext, Response, _Case], bool | None]

_BODILESS: Final = frozenset({204, 205, 304})
"""Statuses whose responses have no body, whatever is declared (RFC 9110, section 6.4.1)."""

_BY_KIND: Final = frozenset({"spec.required-missing", "spec.type-violated"})
"""What holds also of a value in whose place a recording has something else."""

_BUNDLED: Final = "x-bundled"
"""Where schemathesis keeps the schemas that a schema refers to."""


UNUSABLE: Final = (SchemathesisError,)
"""What is raised where a document cannot be used."""


def cases(document: dict[str, Any], template: str, method: str) -> SearchStrategy[_Case]:
    """Requests that satisfy the schemas of an operation, as hypothesis draws them.

    Args:
        document: A document that refers to nothing outside of itself (`excerpt.self_contained`).
        template: The operation's path, as the document has it.
        method: Its method.

    Raises:
        SchemathesisError: The document cannot be used (`UNUSABLE`).
    """
    return schemathesis.openapi.from_dict(document, config=schemathesis.Config())[template][method].as_strategy()


class _Received(Response):
    """A response whose JSON value is known already."""

    __slots__ = ("_value",)

    def __init__(self, exchange: Exchange, headers: dict[str, list[str]]) -> None:
        nothing: Any = None  # what was asked; none of our checks looks at it
        super().__init__(exchange.status, headers, b"", nothing, 0.0, verify=False)
        self._value = exchange.response_body

    def json(self) -> object:
        return self._value


@dataclass(frozen=True, slots=True)
class _Loaded:
    """One operation as schemathesis sees it."""

    case: _Case
    context: CheckContext


class Engine:
    """Holds exchanges against one document. Each operation is read when it is first met, and its schemas compiled once.

    Attributes:
        spec: The document.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._loaded: dict[tuple[str, str], _Loaded | SpecError] = {}

    def violations(self, operation: DeclaredOperation, exchange: Exchange) -> tuple[Violation, ...]:
        """Everything in a response that is not as the document says, in the order of the checks.

        Args:
            operation: The operation that the document declares for it.
            exchange: What was asked and answered. Of bodies that are no JSON only the media type is looked at.

        Raises:
            SpecError: What the document says about the operation cannot be used.
        """
        loaded = self._operation(operation)
        headers = _headers(exchange)
        response = _Received(exchange, headers)
        declared = operation.response(exchange.status)
        has_body = exchange.method != "HEAD" and exchange.status not in _BODILESS and declared and declared.media
        told = _Told(self.spec, operation, exchange, loaded)
        found = list(told.of(status_code_conformance, response))
        if has_body:
            found += told.of(content_type_conformance, response)
        found += self._in_headers(told, exchange, response)
        if has_body and exchange.response_body is not NO_BODY and is_json(exchange.media):
            found += told.of(response_schema_conformance, _Received(exchange, told.read_as()))
        return tuple(dict.fromkeys(found))

    @staticmethod
    def _in_headers(told: _Told, exchange: Exchange, response: Response) -> list[Violation]:
        """What is wrong with headers. The check does not say which one it means: so each is held alone, if any is."""
        found = list(told.of(response_headers_conformance, response))
        if not any(each.rule == "spec.header-violated" for each in found):
            return found
        missing = [each for each in found if each.rule == "spec.header-missing"]
        alone = (
            told.of(response_headers_conformance, _Received(exchange, {name: values}), header=name)
            for name, values in response.headers.items()
        )
        violated = [each for some in alone for each in some if each.rule == "spec.header-violated"]
        return [*missing, *violated]

    def _operation(self, operation: DeclaredOperation) -> _Loaded:
        key = (operation.method, operation.template)
        if key not in self._loaded:
            self._loaded[key] = _load(self.spec, operation)
        loaded = self._loaded[key]
        if isinstance(loaded, SpecError):
            raise loaded
        return loaded


def _load(spec: Spec, operation: DeclaredOperation) -> _Loaded | SpecError:
    try:
        schema = schemathesis.openapi.from_dict(excerpt(spec, operation), config=schemathesis.Config())
        case = schema[operation.template][operation.method].Case()
        context = CheckContext(
            override=None,
            auth=None,
            headers=None,
            config=schema.config.checks_config_for(),
            transport_kwargs=None,
            response_checks=None,
        )
    except Exception as error:  # noqa: BLE001 - anybody's document, read by others
        return _unusable(operation, error)
    return _Loaded(case, context)


def _unusable(operation: DeclaredOperation, error: Exception) -> SpecError:
    why = "it is nested too deep" if isinstance(error, RecursionError) else type(error).__name__
    return SpecError(f"responses of {operation} cannot be held against {operation.pointer} of the document ({why})")


def _headers(exchange: Exchange) -> dict[str, list[str]]:
    """All headers; the media type is that of the body, for what a header claims of no body says nothing."""
    headers = {name: [value] for name, value in exchange.response_headers.items() if name != "content-type"}
    claimed = exchange.response_headers.get("content-type", exchange.media)
    return {**headers, "content-type": [claimed]} if exchange.media else headers


@dataclass(frozen=True, slots=True)
class _Told:
    """Translates what schemathesis finds in one response."""

    spec: Spec
    operation: DeclaredOperation
    exchange: Exchange
    loaded: _Loaded

    def of(self, check: _Check, response: Response, *, header: str = "") -> Iterator[Violation]:
        """What one check finds.

        Args:
            check: The check.
            response: The response.
            header: The one header that it has, "" where it has all.

        Raises:
            SpecError: The check cannot be made, since the document is no good.
        """
        try:
            check(self.loaded.context, response, self.loaded.case)
        except FailureGroup as group:
            failures = list(group.exceptions)
        except Failure as one:
            failures = [one]
        except Exception as error:
            raise _unusable(self.operation, error) from error
        else:
            return
        for failure in failures:
            if not isinstance(failure, JsonSchemaError):
                yield from self._as_a_whole(failure)
                continue
            in_header = check is response_headers_conformance
            found = [self._header_violated(failure, header)] if in_header else self._body_violated(failure)
            yield from (each for each in found if each.rule in _BY_KIND or not is_scrubbed(failure.instance))

    def _as_a_whole(self, failure: Failure) -> Iterator[Violation]:
        declared = self.operation.response(self.exchange.status)
        place = declared.pointer if declared else f"{self.operation.pointer}/responses"
        if isinstance(failure, UndefinedStatusCode):
            statuses = ", ".join(failure.defined_status_codes)
            yield Violation("spec.status-undeclared", place, statuses, str(self.exchange.status))
        elif isinstance(failure, MissingContentType | UndefinedContentType | MalformedMediaType):
            media = ", ".join(declared.media) if declared else ""
            where = f"{self.operation.pointer}/produces" if self.spec.is_swagger else f"{place}/content"
            found = self.exchange.media or "no body"
            yield Violation("spec.media-undeclared", where, media, found)
        elif isinstance(failure, MissingHeaders):
            for name in failure.missing_headers:
                yield Violation(
                    "spec.header-missing", self._header(name.lower()), "required", "missing", header=name.lower()
                )
        else:
            yield Violation("spec.body-violated", self._schema(), "what the schema says", failure.title.lower())

    def _header(self, name: str) -> str:
        declared = self.operation.response(self.exchange.status)
        known = declared.headers.get(name) if declared else None
        return known.part.pointer if known else f"{self.operation.pointer}/responses"

    def _header_violated(self, failure: JsonSchemaError, name: str) -> Violation:
        claim = Claim(*traced(self.spec, self._header(name), failure.schema_path), failure.instance)
        return Violation("spec.header-violated", claim.pointer, claim.declared, claim.found, header=name)

    def _schema(self) -> str:
        """The place of the schema that the body is held against."""
        declared = self.operation.response(self.exchange.status)
        if declared is None or not declared.media:
            return f"{self.operation.pointer}/responses"
        resolved = self._resolved().media_type
        return declared.media[resolved if resolved in declared.media else next(iter(declared.media))].pointer

    def _resolved(self) -> Any:  # noqa: ANN401 - theirs
        response = self.loaded.case.operation.responses.find_by_status_code(self.exchange.status)
        return response.get_schema(*self.read_as()["content-type"])

    def read_as(self) -> dict[str, list[str]]:
        """The media type by which the body is held against a schema.

        JSON is held against the schema of JSON, also where it is declared as another one (`application/json`) than it
        came as (`application/vnd.api+json`): the schema speaks of the same value.
        """
        declared = self.operation.response(self.exchange.status)
        media = declared.media if declared else {}
        other = next((each for each in media if is_json(each) and "*" not in each), "")
        return {"content-type": [other if other and self.exchange.media not in media else self.exchange.media]}

    def _body_violated(self, failure: JsonSchemaError) -> Iterator[Violation]:
        steps, start = list(failure.schema_path), self._schema()
        if steps[:1] == [_BUNDLED]:
            start = f"#{self._resolved().name_to_uri[steps[1]].partition('#')[2]}"
            steps = steps[2:]
        claim = Claim(*traced(self.spec, start, steps), failure.instance)
        place = tuple(failure.instance_path)
        if not claim.missing:
            yield Violation(claim.rule, claim.pointer, claim.declared, claim.found, place)
        for name in claim.missing:
            yield Violation("spec.required-missing", claim.at(name), "required", "missing", (*place, name))
