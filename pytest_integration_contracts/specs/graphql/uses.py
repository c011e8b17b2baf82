"""What of a schema a query uses, by schema coordinates, each with the places of the response that rest on it.

Coordinates are those of the GraphQL specification: `Order.total`, `Query.orders(first:)`, `OrderFilter.since`,
`Status.OPEN`. Beside them stand `-> Status` for a type that is returned, `<- OrderFilter` for one that is sent, and
`Found ... Order` for a selection that wants one type of several.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    print_ast,
    type_from_ast,
    visit,
)

from pytest_integration_contracts.specs.graphql.query import Query

MAX_DEPTH: Final = 64
_MAX_FIELDS: Final = 20_000  # fragments that spread others twice grow without end
_META: Final = "__"


@dataclass(slots=True)
class Uses:
    """Coordinates to the places of the response that rest on them, in the order of the query.

    Attributes:
        places: `Order.total` to `$.data.orders[*].total`.
        selected: The coordinates of fields that were selected, among them.
        known_arguments: Whether it is known which arguments are passed.
        known_variables: Whether it is known what the variables set.
    """

    places: dict[str, dict[str, None]] = field(default_factory=dict)
    selected: set[str] = field(default_factory=set)
    known_arguments: bool = True
    known_variables: bool = True

    def __contains__(self, coordinate: str) -> bool:
        return coordinate in self.places

    def add(self, coordinate: str, place: str) -> None:
        """Take note of a use."""
        self.places.setdefault(coordinate, {})[place] = None

    def at(self, coordinate: str) -> tuple[str, ...]:
        """The places that rest on a coordinate."""
        return tuple(self.places.get(coordinate, ()))

    def include(self, other: Uses) -> None:
        """Take in what another query of the same operation uses."""
        for coordinate, places in other.places.items():
            for place in places:
                self.add(coordinate, place)
        self.selected |= other.selected
        self.known_arguments = self.known_arguments and other.known_arguments
        self.known_variables = self.known_variables and other.known_variables


def stripped(text: str, operation: object, variables: object, schema: GraphQLSchema | None) -> Query | None:
    """A query without what only this request was about; None where it cannot be read.

    Args:
        text: The query as it was sent.
        operation: The request's `operationName`.
        variables: The request's `variables`.
        schema: What tells values of enums from all others; None leaves out what the variables set.
    """
    try:
        document = parse(text, no_location=True)
        blank: DocumentNode = visit(document, _Blank())
        name = operation if isinstance(operation, str) else ""
        chosen = _operation(document, name)
        if chosen is None:
            return None
        if not variables:
            return Query(print_ast(blank), name, "{}")
        known = "" if schema is None else json.dumps(_set_by(chosen, variables, schema), sort_keys=True)
        return Query(print_ast(blank), name, known)
    except (GraphQLError, RecursionError):
        return None


class _Blank(Visitor):
    """Takes the values out of literals; names, booleans and values of enums stay."""

    @staticmethod
    def enter(node: Node, *_: object) -> Node | None:
        if isinstance(node, StringValueNode):
            return StringValueNode(value="", block=False)
        if isinstance(node, IntValueNode):
            return IntValueNode(value="0")
        return FloatValueNode(value="0.0") if isinstance(node, FloatValueNode) else None


def _set_by(operation: OperationDefinitionNode, variables: object, schema: GraphQLSchema) -> dict[str, object]:
    given = variables if isinstance(variables, dict) else {}
    known: dict[str, object] = {}
    for each in operation.variable_definitions or ():
        name = each.variable.name.value
        if name in given:
            known[name] = _named_only(given[name], type_from_ast(schema, each.type), 0)
    return known


def _named_only(value: object, declared: GraphQLType | None, depth: int) -> object:
    """Of a value the names of its input fields, and the values of enums that the schema knows; null for all else."""
    kind = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
    if depth > MAX_DEPTH or kind is None:
        return None
    if isinstance(kind, GraphQLList):
        items = value if isinstance(value, list) else [value]
        found = {json.dumps(_named_only(each, kind.of_type, depth + 1), sort_keys=True): None for each in items}
        return [json.loads(each) for each in found]
    if isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        fields = kind.fields
        return {name: _named_only(each, fields[name].type, depth + 1) for name, each in value.items() if name in fields}
    if isinstance(kind, GraphQLEnumType) and isinstance(value, str) and value in kind.values:
        return value
    return None


def _operation(document: DocumentNode, name: str) -> OperationDefinitionNode | None:
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name:
        found = [each for each in found if each.name is not None and each.name.value == name]
    return found[0] if len(found) == 1 else None


def uses_of(query: Query, schema: GraphQLSchema) -> Uses:
    """What a query uses, as far as the schema knows it."""
    walk = _Walk(schema, json.loads(query.variables or "{}"))
    walk.uses.known_variables = bool(query.variables)
    try:
        document = parse(query.document, no_location=True)
        walk.operation(document, query.operation)
    except (GraphQLError, RecursionError):
        pass
    return walk.uses


def uses_of_selection(selection: Mapping[str, Any], schema: GraphQLSchema) -> Uses:
    """What is used where only the names of what is selected are known: fields, and the types that they return.

    Args:
        selection: Names, or `alias:name`, to what is selected below.
        schema: The schema.
    """
    uses = Uses(known_arguments=False, known_variables=False)
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    names = {key.rpartition(":")[2] for key in selection} - {"__typename"}
    root = next((each for each in roots if each is not None and names <= each.fields.keys()), schema.query_type)
    if root is not None:
        _select_by_name(schema, uses, selection, root, "$.data")
    return uses


def _select_by_name(
    schema: GraphQLSchema, uses: Uses, selection: Mapping[str, Any], parent: GraphQLNamedType, place: str
) -> None:
    for key, below in selection.items():
        alias, _, name = key.rpartition(":")
        for owner, found in _owners(schema, parent, name):
            at = _returned(uses, owner, name, found, f"{place}.{alias or name}")
            if isinstance(below, Mapping):
                _select_by_name(schema, uses, below, get_named_type(found.type), at)


def _owners(schema: GraphQLSchema, parent: GraphQLNamedType, name: str) -> list[tuple[str, GraphQLField]]:
    """The types that a field may be selected of: this one, or those it stands for."""
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) and name in parent.fields:
        return [(parent.name, parent.fields[name])]
    if isinstance(parent, GraphQLInterfaceType | GraphQLUnionType):
        possible = schema.get_possible_types(parent)
        return [(each.name, each.fields[name]) for each in possible if name in each.fields]
    return []


@dataclass(slots=True)
class _Walk:
    """Follows the selections of one operation by the types of the schema."""

    schema: GraphQLSchema
    variables: Mapping[str, Any]
    uses: Uses = field(default_factory=Uses)
    _room: int = _MAX_FIELDS
    _fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _declared: dict[str, GraphQLType | None] = field(default_factory=dict)

    def operation(self, document: DocumentNode, name: str) -> None:
        for each in document.definitions:
            if isinstance(each, FragmentDefinitionNode):
                self._fragments[each.name.value] = each
        operation = _operation(document, name)
        root = self.schema.get_root_type(operation.operation) if operation else None
        if operation is None or root is None:
            return
        for variable in operation.variable_definitions or ():
            declared = type_from_ast(self.schema, variable.type)
            self._declared[variable.variable.name.value] = declared
            if variable.default_value is not None:
                self._sent(variable.default_value, declared, "$", 0)
        self._select(operation.selection_set, root, "$.data", 0)

    def _select(self, selections: SelectionSetNode, parent: GraphQLNamedType, place: str, depth: int) -> None:
        for each in selections.selections or ():
            self._room -= 1
            if self._room < 0 or depth > MAX_DEPTH:
                return
            if isinstance(each, FieldNode):
                self._field(each, parent, place, depth)
            elif isinstance(each, InlineFragmentNode):
                condition = each.type_condition.name.value if each.type_condition else parent.name
                self._fragment(each.selection_set, condition, parent, place, depth)
            elif isinstance(each, FragmentSpreadNode):
                self._spread(each.name.value, parent, place, depth)

    def _spread(self, name: str, parent: GraphQLNamedType, place: str, depth: int) -> None:
        found = self._fragments.get(name)
        if found is None or name in self._open:
            return
        self._open.append(name)
        self._fragment(found.selection_set, found.type_condition.name.value, parent, place, depth)
        self._open.pop()

    def _fragment(
        self, selections: SelectionSetNode, condition: str, parent: GraphQLNamedType, place: str, depth: int
    ) -> None:
        if condition != parent.name:
            self.uses.add(f"{parent.name} ... {condition}", place)
        found = self.schema.type_map.get(condition)
        if found is not None:
            self._select(selections, found, place, depth + 1)

    def _field(self, node: FieldNode, parent: GraphQLNamedType, place: str, depth: int) -> None:
        name = node.name.value
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) or name.startswith(_META):
            return
        found = parent.fields.get(name)
        if found is None:
            return
        at = f"{place}.{node.alias.value if node.alias else name}"
        for argument in node.arguments or ():
            self._argument(argument, parent.name, name, found, at)
        at = _returned(self.uses, parent.name, name, found, at)
        if node.selection_set is not None:
            self._select(node.selection_set, get_named_type(found.type), at, depth + 1)

    def _argument(self, node: ArgumentNode, owner: str, name: str, found: GraphQLField, place: str) -> None:
        argument = found.args.get(node.name.value)
        if argument is not None:
            self.uses.add(f"{owner}.{name}({node.name.value}:)", place)
            self._sent(node.value, argument.type, place, 0)

    def _sent(self, node: ValueNode, declared: GraphQLType | None, place: str, depth: int) -> None:
        kind = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        if depth > MAX_DEPTH or kind is None:
            return
        if isinstance(node, VariableNode):
            name = node.name.value
            self._set(self.variables.get(name), self._declared.get(name), place)
            return
        if isinstance(kind, GraphQLList):
            for item in node.values or () if isinstance(node, ListValueNode) else (node,):
                self._sent(item, kind.of_type, place, depth + 1)
            return
        self._taken(kind, place)
        if isinstance(kind, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
            for member in node.fields or ():
                if member.name.value in kind.fields:
                    self.uses.add(f"{kind.name}.{member.name.value}", place)
                    self._sent(member.value, kind.fields[member.name.value].type, place, depth + 1)
        elif isinstance(kind, GraphQLEnumType) and isinstance(node, EnumValueNode):
            self.uses.add(f"{kind.name}.{node.value}", place)

    def _set(self, value: object, declared: GraphQLType | None, place: str) -> None:
        """What a variable sets, from what is known of its value."""
        kind = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        if isinstance(kind, GraphQLList):
            for item in value if isinstance(value, list) else (value,):
                self._set(item, kind.of_type, place)
            return
        if kind is not None:
            self._taken(kind, place)
        if isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
            for name in sorted(value.keys() & kind.fields.keys()):
                self.uses.add(f"{kind.name}.{name}", place)
                self._set(value[name], kind.fields[name].type, place)
        elif isinstance(kind, GraphQLEnumType) and isinstance(value, str) and value in kind.values:
            self.uses.add(f"{kind.name}.{value}", place)

    def _taken(self, kind: GraphQLType, place: str) -> None:
        if isinstance(kind, GraphQLInputObjectType | GraphQLEnumType):
            self.uses.add(f"<- {kind.name}", place)


def _returned(uses: Uses, owner: str, name: str, found: GraphQLField, place: str) -> str:
    """Take note of a field and of the type it returns; the place of what is in it."""
    uses.add(f"{owner}.{name}", place)
    uses.selected.add(f"{owner}.{name}")
    kind = found.type
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        place += "[*]" if isinstance(kind, GraphQLList) else ""
        kind = kind.of_type
    uses.add(f"-> {get_named_type(found.type).name}", place)
    return place
