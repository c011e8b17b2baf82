"""Two versions of a schema, or a schema and a query: the changes that matter to what is used.

What changed is graphql-core's to find (`find_breaking_changes`, `find_dangerous_changes`). It tells the place in words
only, which differ between its versions 3.2 and 3.3; both are read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    ASTValidationRule,
    BreakingChange,
    DangerousChange,
    FieldsOnCorrectTypeRule,
    FragmentsOnCompositeTypesRule,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    PossibleFragmentSpreadsRule,
    ProvidedRequiredArgumentsRule,
    ScalarLeafsRule,
    ValuesOfCorrectTypeRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
    find_breaking_changes,
    find_dangerous_changes,
    is_required_argument,
    is_required_input_field,
    parse,
    print_ast,
    validate,
)

from pytest_integration_contracts.drift.graphql_rules import GRAPHQL_RULES
from pytest_integration_contracts.model import Change
from pytest_integration_contracts.specs.graphql.query import Query
from pytest_integration_contracts.specs.graphql.uses import Uses

_SEVERITY: Final = {rule.id: rule.severity for rule in GRAPHQL_RULES}
_MOST_PLACES: Final = 10
_LONGEST_REASON: Final = 200
_GONE: Final = "gone"

_VALIDATIONS: Final[tuple[type[ASTValidationRule], ...]] = (
    KnownTypeNamesRule,
    FragmentsOnCompositeTypesRule,
    VariablesAreInputTypesRule,
    ScalarLeafsRule,
    FieldsOnCorrectTypeRule,
    PossibleFragmentSpreadsRule,
    KnownArgumentNamesRule,
    ValuesOfCorrectTypeRule,
    ProvidedRequiredArgumentsRule,
    VariablesInAllowedPositionRule,
)
"""The validations that hold a query against a schema. How it is written is the server's business, and the client's."""

_N: Final = r"[_A-Za-z][_0-9A-Za-z]*"
_PLACES: Final = tuple(
    re.compile(pattern.replace("NAME", _N))
    for pattern in (
        r"\barg(?:ument)? (?P<argument>NAME) on (?P<owner>NAME)\.(?P<name>NAME) was added",
        r"\bfield (?P<name>NAME) on input type (?P<owner>NAME) was added",
        r"^(?P<name>NAME) was (?:added to|removed from) (?:enum|union) type (?P<owner>NAME)\.",
        r"^(?P<name>NAME) no longer implements interface (?P<owner>NAME)\.",
        r"^(?P<owner>NAME) added to interfaces implemented by (?P<name>NAME)\.",
        r"(?:^|\s)(?P<owner>NAME)\.(?P<name>NAME)(?:\((?P<argument>NAME):\)| arg (?P<spelled>NAME))?",
        r"^(?:Standard scalar )?(?P<owner>NAME) (?:was removed|changed from)",
    )
)


@dataclass(frozen=True, slots=True)
class _Difference:
    """What graphql-core found.

    Attributes:
        kind: The name of its BreakingChangeType or DangerousChangeType.
        owner: The type that it is about; the union or the interface where that has other members now.
        name: The field, the value or the member, "" for the type as a whole.
        argument: The argument, or "".
    """

    kind: str
    owner: str
    name: str
    argument: str

    @property
    def field(self) -> str:
        return f"{self.owner}.{self.name}"

    @property
    def coordinate(self) -> str:
        return f"{self.field}({self.argument}:)" if self.argument else self.field


_Judge = Callable[[_Difference, Uses], Iterator[Change]]


class Comparison:
    """Two versions of a schema."""

    def __init__(self, old: GraphQLSchema, new: GraphQLSchema) -> None:
        """Compare them; this may take seconds."""
        self._old = old
        self._new = new
        found: list[BreakingChange | DangerousChange] = [
            *find_breaking_changes(old, new),
            *find_dangerous_changes(old, new),
        ]
        # directives, and what may be left out, change no query; `invalid` tells where one does not fit
        self._judges: dict[str, _Judge] = {
            "FIELD_REMOVED": self._field_removed,
            "FIELD_CHANGED_KIND": self._field_changed,
            "REQUIRED_INPUT_FIELD_ADDED": self._input_field_required,
            "ARG_REMOVED": self._argument_removed,
            "REQUIRED_ARG_ADDED": self._argument_added,
            "ARG_CHANGED_KIND": self._argument_changed,
            "VALUE_REMOVED_FROM_ENUM": self._value_removed,
            "VALUE_ADDED_TO_ENUM": self._value_added,
            "TYPE_ADDED_TO_UNION": self._member_added,
            "IMPLEMENTED_INTERFACE_ADDED": self._member_added,
            "TYPE_REMOVED_FROM_UNION": self._member_removed,
            "IMPLEMENTED_INTERFACE_REMOVED": self._member_removed,
            "TYPE_REMOVED": self._type_removed,
            "TYPE_CHANGED_KIND": self._type_changed,
            "ARG_DEFAULT_VALUE_CHANGE": self._argument_default,
            "INPUT_FIELD_DEFAULT_VALUE_CHANGE": self._input_field_default,
        }
        placed = (_difference(change.type.name, change.description) for change in found)
        self._differences = [each for each in placed if each is not None and each.kind in self._judges]

    def changes(self, uses: Uses) -> list[Change]:
        """The changes that matter to what is used, each once."""
        return list(
            dict.fromkeys(
                change for difference in self._differences for change in self._judges[difference.kind](difference, uses)
            )
        )

    def _field_removed(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        rule = "graphql.field-removed" if each.field in uses.selected else "graphql.input-field-removed"
        yield from _at(uses, each.field, rule, self._before(each), _GONE)

    def _field_changed(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        before, after = self._before(each), self._after(each)
        if not _only_null(before, after):
            yield from _at(uses, each.field, "graphql.type-changed", before, after)
        elif each.field in uses.selected:
            yield from _at(uses, each.field, "graphql.became-nullable", before, after)
        elif each.field not in uses and uses.known_variables and self._is_required(each):
            yield from _at(uses, f"<- {each.owner}", "graphql.input-field-required", before, after)

    def _input_field_required(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        yield from _at(uses, f"<- {each.owner}", "graphql.input-field-required", each.owner, self._after(each))

    def _argument_removed(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        yield from _at(uses, each.coordinate, "graphql.argument-removed", self._before(each), _GONE)

    def _argument_added(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        yield from self._argument_required(each, uses, each.field)

    def _argument_changed(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        before, after = self._before(each), self._after(each)
        if not _only_null(before, after):
            yield from _at(uses, each.coordinate, "graphql.type-changed", before, after)
        elif uses.known_arguments and each.coordinate not in uses and self._is_required(each):
            yield from self._argument_required(each, uses, before)

    def _argument_required(self, each: _Difference, uses: Uses, before: str) -> Iterator[Change]:
        yield from _at(uses, each.field, "graphql.argument-required", before, self._after(each))

    def _value_removed(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        yield from _at(uses, each.field, "graphql.enum-value-removed", each.field, _GONE)

    def _value_added(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        yield from _at(uses, f"-> {each.owner}", "graphql.enum-value-added", each.owner, each.field)

    def _member_added(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        after = f"may be {each.name}"
        yield from _at(uses, f"-> {each.owner}", "graphql.possible-type-added", each.owner, after)

    def _member_removed(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        wanted = f"{each.owner} ... {each.name}"
        yield from _at(uses, wanted, "graphql.possible-type-removed", wanted, _GONE)

    def _type_removed(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        for wanted in [known for known in uses.places if known.endswith(f" ... {each.owner}")]:
            yield from _at(uses, wanted, "graphql.possible-type-removed", wanted, _GONE)

    def _type_changed(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        before, after = (
            f"{each.owner} ({_kind(schema.type_map.get(each.owner))})" for schema in (self._old, self._new)
        )
        for used in (f"-> {each.owner}", f"<- {each.owner}"):
            yield from _at(uses, used, "graphql.type-changed", before, after)

    def _argument_default(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        if uses.known_arguments and each.coordinate not in uses:
            before, after = (_with_default(schema, each) for schema in (self._old, self._new))
            yield from _at(uses, each.field, "graphql.default-changed", before, after)

    def _input_field_default(self, each: _Difference, uses: Uses) -> Iterator[Change]:
        if uses.known_variables and each.field not in uses:
            before, after = (_with_default(schema, each) for schema in (self._old, self._new))
            yield from _at(uses, f"<- {each.owner}", "graphql.default-changed", before, after)

    def _before(self, each: _Difference) -> str:
        return _typed(self._old, each.coordinate)

    def _after(self, each: _Difference) -> str:
        return _typed(self._new, each.coordinate)

    def _is_required(self, each: _Difference) -> bool:
        element = element_at(self._new, each.coordinate)
        return element is not None and (
            is_required_argument(element) if each.argument else is_required_input_field(element)
        )


def _difference(kind: str, description: str) -> _Difference | None:
    """The place that a description names; None where that is no part of a type, as directives are none."""
    if description.startswith(("@", "Argument @")):
        return None
    for pattern in _PLACES:
        found = pattern.search(description)
        if found is not None:
            parts = found.groupdict()
            argument = parts.get("argument") or parts.get("spelled") or ""
            return _Difference(kind, parts["owner"], parts.get("name") or "", argument)
    return None


def deprecated(schema: GraphQLSchema, uses: Uses) -> list[Change]:
    """What is used and marked as deprecated: fields, arguments, input fields, values of enums."""
    found: list[Change] = []
    for coordinate in uses.places:
        element = element_at(schema, coordinate)
        reason = getattr(element, "deprecation_reason", None)
        if reason is not None:
            note = f"the schema says: {' '.join(reason.split())[:_LONGEST_REASON]}" if reason.strip() else ""
            found += _at(uses, coordinate, "graphql.deprecated-field", coordinate, "deprecated", note=note)
    return found


def invalid(schema: GraphQLSchema, queries: Iterable[Query]) -> list[Change]:
    """Where queries do not fit a schema, each reason once, by the name of the validation it fails (section 5)."""
    found: dict[tuple[str, str], Change] = {}
    for query in queries:
        try:
            document = parse(query.document, no_location=True)
            for rule in _VALIDATIONS:
                for error in validate(schema, document, [rule]):
                    change = _refused(rule, error)
                    found.setdefault((change.rule, change.after), change)
        except (GraphQLError, TypeError, RecursionError):
            continue
    return list(found.values())


def _refused(rule: type[ASTValidationRule], error: GraphQLError) -> Change:
    names = [name.value for node in error.nodes or () if (name := getattr(node, "name", None)) is not None]
    said = rule.__name__.removesuffix("Rule")
    after = f"{said}: {', '.join(dict.fromkeys(names))}" if names else said
    note = error.message[:_LONGEST_REASON]
    return Change("graphql.query-invalid", "$", _SEVERITY["graphql.query-invalid"], "a valid query", after, note=note)


def element_at(schema: GraphQLSchema, coordinate: str) -> Any:  # noqa: ANN401 - elements have no common class
    """The field, argument, input field or value of an enum at a coordinate; None where there is none."""
    field, _, argument = coordinate.removesuffix(":)").partition("(")
    owner, _, name = field.partition(".")
    kind = schema.type_map.get(owner)
    members: dict[str, Any] = getattr(kind, "fields", None) or getattr(kind, "values", None) or {}
    found = members.get(name)
    return getattr(found, "args", {}).get(argument) if argument else found


def _typed(schema: GraphQLSchema, coordinate: str) -> str:
    """`Order.total: Money!`, `Query.orders(first: Int)`."""
    element = element_at(schema, coordinate)
    if element is None:
        return _GONE
    start = coordinate.removesuffix(":)")
    return f"{start}: {element.type})" if start != coordinate else f"{start}: {element.type}"


def _with_default(schema: GraphQLSchema, each: _Difference) -> str:
    """The default of an argument or an input field, as it is written."""
    node = getattr(element_at(schema, each.coordinate), "ast_node", None)
    value = node.default_value if node is not None else None
    return f"{each.coordinate} = {print_ast(value)}" if value is not None else f"{each.coordinate} has none"


def _only_null(before: str, after: str) -> bool:
    """Whether two types differ in what may be null alone."""
    return before.replace("!", "") == after.replace("!", "")


def _kind(found: GraphQLNamedType | None) -> str:
    return type(found).__name__.removeprefix("GraphQL").removesuffix("Type").lower()


def _at(uses: Uses, coordinate: str, rule: str, before: str, after: str, *, note: str = "") -> Iterator[Change]:
    """The change, where the coordinate is used: at the first place that rests on it, with the others beside."""
    places = uses.at(coordinate)
    if places:
        others = places[1 : _MOST_PLACES + 1]
        yield Change(rule, places[0], _SEVERITY[rule], before, after, note=note, related_paths=others)
