"""A schema as text that stays the same while the schema does, from its own language or from an introspection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_ast_schema,
    build_client_schema,
    get_introspection_query,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
    lexicographic_sort_schema,
    parse,
    print_schema,
)

from pytest_integration_contracts.errors import SpecError

Schema = GraphQLSchema
"""A schema that queries may be held against, for those who do not know graphql-core."""

MAX_BYTES: Final = 16 * 1024**2
"""How large a schema, or the answer to an introspection, may be, in bytes."""

_UNUSABLE: Final = (GraphQLError, TypeError, ValueError, LookupError, AttributeError, AssertionError, RecursionError)
"""What graphql-core raises for schemas that are none; of hostile ones nearly anything."""


def introspection_query(*, recent: bool) -> str:
    """The query that asks a server for its schema, without descriptions.

    Args:
        recent: Whether it knows deprecated arguments and input fields (GraphQL of September 2025).
    """
    return get_introspection_query(descriptions=False, input_value_deprecation=recent)


def schema_in(text: str, name: str) -> str:
    """The schema in a file: its SDL, or the JSON of an introspection's result, as `normalised`.

    Args:
        text: The file's text.
        name: What it is called in messages.

    Raises:
        SpecError: It is neither.
    """
    if len(text) > MAX_BYTES:
        raise SpecError(f"{name}: is larger than {MAX_BYTES // 1024**2} MB")
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        try:
            return of_introspection(json.loads(text.lstrip("\ufeff")), name)
        except (ValueError, RecursionError) as error:
            raise SpecError(f"{name}: is neither SDL nor JSON: {_said(error)}") from error
    return normalised(build(text, name), name)


def of_introspection(value: object, name: str) -> str:
    """The schema in the result of an introspection, `{"data": {"__schema": ...}}` or what is in its `data`.

    Raises:
        SpecError: It is none.
    """
    found: Any = value.get("data", value) if isinstance(value, dict) else None
    if not isinstance(found, Mapping) or not isinstance(found.get("__schema"), Mapping):
        raise SpecError(f"{name}: is no result of an introspection: it has no `__schema`")
    try:
        schema = build_client_schema(dict(found), assume_valid=True)  # type: ignore[arg-type]
        return normalised(schema, name)
    except _UNUSABLE as error:
        raise SpecError(f"{name}: is no GraphQL schema: {_said(error)}") from error


def build(text: str, name: str) -> GraphQLSchema:
    """The schema in a text of GraphQL's schema definition language; what servers in use get wrong is let pass.

    Raises:
        SpecError: It is none.
    """
    try:
        document = parse(text, no_location=True)
        schema = build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    except _UNUSABLE as error:
        raise SpecError(f"{name}: is no GraphQL schema: {_said(error)}") from error
    if schema.query_type is None:
        raise SpecError(f"{name}: is no GraphQL schema: it has no type for queries")
    return schema


def normalised(schema: GraphQLSchema, name: str) -> str:
    """The schema as SDL, sorted and without descriptions: two texts differ where something may be asked differently.

    Raises:
        SpecError: It cannot be written so.
    """
    try:
        _leave_undescribed(schema)
        text = f"{print_schema(lexicographic_sort_schema(schema))}\n"
        return text.encode("utf-8", "replace").decode("utf-8")  # half a character is none that a file can hold
    except _UNUSABLE as error:
        raise SpecError(f"{name}: is no GraphQL schema: {_said(error)}") from error


def _leave_undescribed(schema: GraphQLSchema) -> None:
    schema.description = None
    for directive in schema.directives:
        if is_specified_directive(directive):
            continue
        _undescribe(directive, *directive.args.values())
    for each in schema.type_map.values():
        if is_introspection_type(each) or is_specified_scalar_type(each):
            continue  # those belong to the library, for all schemas
        _undescribe(each)
        if isinstance(each, GraphQLEnumType):
            _undescribe(*each.values.values())
        elif isinstance(each, GraphQLInputObjectType):
            _undescribe(*each.fields.values())
        elif isinstance(each, GraphQLObjectType | GraphQLInterfaceType):
            for field in each.fields.values():
                _undescribe(field, *field.args.values())


def _undescribe(*elements: Any) -> None:  # noqa: ANN401 - they have no common class
    for element in elements:
        element.description = None


def _said(error: BaseException) -> str:
    """The first line of what an error says, not too long: it may quote whatever was sent."""
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line[:200]
