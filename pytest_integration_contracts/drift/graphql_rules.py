"""Rules about the GraphQL schemas that upstreams publish, as far as the consumer's queries use them.

Their examples are parts of schemas, and queries. What finds them is `specs.graphql.changes`.
"""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.drift.rule import Rule
from pytest_integration_contracts.model import Severity

_B, _W = Severity.BREAKING, Severity.WARNING

GRAPHQL_RULES: Final = (
    Rule(
        id="graphql.field-removed",
        severity=_B,
        why="A field that a query selects is gone from the schema: the whole query is refused.",
        remedy="Take the field out of the query, or select what replaces it.",
        one_way="A field that is added changes no query.",
        example=("type Order { id: ID! total: Money! }", "type Order { id: ID! }"),
        elsewhere="GraphQL BreakingChangeType FIELD_REMOVED",
    ),
    Rule(
        id="graphql.type-changed",
        severity=_B,
        why="A field that a query selects, or an argument that it passes, is of another type.",
        remedy="Read, or send, the new type.",
        mirror="graphql.type-changed",
        example=("type Order { total: Int! }", "type Order { total: String! }"),
        elsewhere="GraphQL BreakingChangeType FIELD_CHANGED_KIND, ARG_CHANGED_KIND, TYPE_CHANGED_KIND",
    ),
    Rule(
        id="graphql.became-nullable",
        severity=_B,
        why="A field that a query selects was never null, and may be null from now on.",
        remedy="Handle null where the field is read.",
        one_way="Never to be null any more breaks nobody.",
        example=("type Order { total: Money! }", "type Order { total: Money }"),
        elsewhere="GraphQL BreakingChangeType FIELD_CHANGED_KIND",
    ),
    Rule(
        id="graphql.argument-removed",
        severity=_B,
        why="An argument that a query passes is gone from the schema: the whole query is refused.",
        remedy="Take the argument out of the query, or pass what replaces it.",
        one_way="An argument that is added and may be left out changes no query.",
        example=("type Query { orders(first: Int): [Order!]! }", "type Query { orders: [Order!]! }"),
        elsewhere="GraphQL BreakingChangeType ARG_REMOVED",
    ),
    Rule(
        id="graphql.argument-required",
        severity=_B,
        why="A field that a query selects needs an argument that the query does not pass: the whole query is refused.",
        remedy="Pass the argument.",
        one_way="An argument that may be left out again breaks nobody.",
        example=("type Query { orders: [Order!]! }", "type Query { orders(shop: ID!): [Order!]! }"),
        elsewhere="GraphQL BreakingChangeType REQUIRED_ARG_ADDED, ARG_CHANGED_KIND",
    ),
    Rule(
        id="graphql.input-field-removed",
        severity=_B,
        why="A field that a query sends in an input object is gone from the schema: the whole query is refused.",
        remedy="Leave the field out, or send what replaces it.",
        one_way="An input field that is added and may be left out changes no query.",
        example=("input OrderFilter { since: Date state: State }", "input OrderFilter { state: State }"),
        elsewhere="GraphQL BreakingChangeType FIELD_REMOVED",
    ),
    Rule(
        id="graphql.input-field-required",
        severity=_B,
        why="An input object that a query sends needs a field that the query does not set: the whole query is refused.",
        remedy="Set the field.",
        one_way="An input field that may be left out again breaks nobody.",
        example=("input OrderFilter { since: Date }", "input OrderFilter { since: Date shop: ID! }"),
        elsewhere="GraphQL BreakingChangeType REQUIRED_INPUT_FIELD_ADDED, FIELD_CHANGED_KIND",
    ),
    Rule(
        id="graphql.enum-value-removed",
        severity=_B,
        why="A value that a query sends is gone from its enum: the whole query is refused.",
        remedy="Send another value.",
        one_way="A value that is added is told where it may come in a response.",
        example=("enum State { OPEN PAID }", "enum State { PAID }"),
        elsewhere="GraphQL BreakingChangeType VALUE_REMOVED_FROM_ENUM",
    ),
    Rule(
        id="graphql.enum-value-added",
        severity=_W,
        why="An enum in a response has a value more: code that knows all values meets one that it does not know.",
        remedy="Decide what to do with values that are not known.",
        one_way="A value less in a response breaks nobody.",
        example=("enum State { OPEN PAID }", "enum State { OPEN PAID REFUNDED }"),
        elsewhere="GraphQL DangerousChangeType VALUE_ADDED_TO_ENUM",
    ),
    Rule(
        id="graphql.possible-type-added",
        severity=_W,
        why="A union or an interface in a response may be one more type: no fragment of the query selects its fields.",
        remedy="Select what the new type has, and decide what to do with types that are not known.",
        one_way="A type less is told where a fragment of a query wants it.",
        example=("union Found = Order | Customer", "union Found = Order | Customer | Invoice"),
        elsewhere="GraphQL DangerousChangeType TYPE_ADDED_TO_UNION, IMPLEMENTED_INTERFACE_ADDED",
    ),
    Rule(
        id="graphql.possible-type-removed",
        severity=_B,
        why="A fragment of a query wants a type that can not occur there any more: the whole query is refused.",
        remedy="Take the fragment out of the query.",
        one_way="A type more is told as one that was added.",
        example=("union Found = Order | Customer", "union Found = Order"),
        elsewhere="GraphQL BreakingChangeType TYPE_REMOVED_FROM_UNION, IMPLEMENTED_INTERFACE_REMOVED, TYPE_REMOVED",
    ),
    Rule(
        id="graphql.default-changed",
        severity=_W,
        why="What a query does not say means something else: the default of an argument, or of an input field.",
        remedy="Pass the value that is meant.",
        mirror="graphql.default-changed",
        example=(
            "type Query { orders(first: Int = 50): [Order!]! }",
            "type Query { orders(first: Int = 10): [Order!]! }",
        ),
        elsewhere="GraphQL DangerousChangeType ARG_DEFAULT_VALUE_CHANGE, INPUT_FIELD_DEFAULT_VALUE_CHANGE",
    ),
    Rule(
        id="graphql.deprecated-field",
        severity=_W,
        why="A query uses what the schema marks as deprecated: it works today, and goes away.",
        remedy="Use what the reason names; ask the upstream when it goes away.",
        one_way="A mark that is taken back breaks nobody.",
        example=("query { order { total } }", 'type Order { total: Int! @deprecated(reason: "Use `amount`.") }'),
        elsewhere="GraphQL specification, section 3.13.3; graphql-inspector FIELD_DEPRECATION_ADDED (dangerous)",
    ),
    Rule(
        id="graphql.query-invalid",
        severity=_B,
        why="A query does not fit the schema: a server that holds to its schema refuses it.",
        remedy="Correct the query, or learn the schema anew where it is not the one that answers.",
        one_way="That a query fits is no news.",
        example=("query { order { totl } }", "type Order { total: Int! }"),
        elsewhere="GraphQL specification, section 5",
    ),
)
