"""What a place is declared to be: put together from the parts of schemas, and written as a schema of our own form.

What is declared is taken for what is always so. A place of which nothing is said has no types: it is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Final

from pytest_integration_contracts.shapes.kinds import DECLARED

TYPES: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


class TooLargeError(Exception):
    """What is declared takes more work than it was given."""


@dataclass(frozen=True, slots=True)
class Node:
    """What one place is declared to be.

    Attributes:
        types: JSON's types that values may have; none where nothing is said.
        format: The format of text, "" for none.
        words: All texts there are; None where they are not listed.
        members: Members of objects by name.
        required: The names of those that are always there.
        others: The values under names that are not known; None where nothing is said of them.
        items: The items of arrays; None where nothing is said of them.
        filled: Whether text or list is never empty.
        narrow: Whether integers fit into 32 bits.
        hidden: Whether it is not there in the direction that is read: what is only read is in no request.
        variants: The objects among them, where a field tells them apart.
        unread: Why a part of it was not read, "" where all was. Half a record would lack fields, so none is made of it.
    """

    types: frozenset[str] = frozenset()
    format: str = ""
    words: frozenset[str] | None = None
    members: Mapping[str, Node] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    others: Node | None = None
    items: Node | None = None
    filled: bool = False
    narrow: bool = False
    hidden: bool = False
    variants: tuple[Node, ...] = ()
    unread: str = ""


ANYTHING: Final = Node()
REPEATED: Final = Node(unread="repeated")
"""What was met on the way here."""
TOO_DEEP: Final = Node(unread="too deep")
"""What lies deeper than is read."""


class Work:
    """Puts nodes together and writes them, and stops where that becomes too much.

    Alternatives multiply what they share, so a short text may declare more places than anybody can hold.

    Args:
        most: So many nodes may be made.

    Attributes:
        spent: So many were made.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.spent = 0

    def spend(self) -> None:
        """Count one node.

        Raises:
            TooLargeError: It is one too many.
        """
        self.spent += 1
        if self.spent > self._most:
            raise TooLargeError

    def both(self, one: Node, other: Node) -> Node:
        """What holds where both do."""
        if one is ANYTHING or other is ANYTHING:
            return other if one is ANYTHING else one
        if one.unread or other.unread:
            return one if one.unread else other
        self.spend()
        if not one.types or not other.types:
            types = one.types | other.types
        else:
            types = frozenset(each for each in TYPES if _allowed(each, one.types) and _allowed(each, other.types))
        several, single = (one, other) if one.variants else (other, one)
        return Node(
            types=types,
            format=one.format or other.format,
            words=_common(one.words, other.words),
            members=_members(one, other, self.both),
            required=one.required | other.required,
            others=one.others or other.others,
            items=self.both(one.items, other.items) if one.items and other.items else one.items or other.items,
            filled=one.filled or other.filled,
            narrow=one.narrow or other.narrow,
            hidden=one.hidden or other.hidden,
            variants=tuple(self.both(each, replace(single, variants=())) for each in several.variants),
        )

    def either(self, nodes: list[Node]) -> Node:
        """What holds where one of them does."""
        unread = [node for node in nodes if node.unread]
        if unread or any(not node.types for node in nodes):
            return unread[0] if unread else ANYTHING
        objects = [variant for node in nodes if "object" in node.types for variant in node.variants or (node,)]
        return replace(reduce(self._one_of, nodes), variants=self._told_apart(objects))

    def _told_apart(self, objects: list[Node]) -> tuple[Node, ...]:
        """The objects by the field that tells most of them apart, those it does not as one; none where none does."""
        groups = max((_grouped(objects, name) for name in _telling(objects)), key=len, default=[])
        if len(groups) < 2:  # noqa: PLR2004 - one is no choice
            return ()
        return tuple(group[0] if len(group) == 1 else reduce(self._one_of, group) for group in groups)

    def _one_of(self, one: Node, other: Node) -> Node:
        self.spend()
        texts = [node for node in (one, other) if "string" in node.types]
        same = len({node.format for node in texts}) == 1
        closed = [node.words for node in texts]
        objects = [node for node in (one, other) if "object" in node.types]
        return Node(
            types=one.types | other.types,
            format=texts[0].format if same else "",
            words=frozenset().union(*(words for words in closed if words)) if closed and all(closed) else None,
            members=_members(one, other, lambda mine, theirs: self.either([mine, theirs])),
            required=frozenset.intersection(*(node.required for node in objects)) if objects else frozenset(),
            others=self.either([one.others, other.others])
            if one.others and other.others
            else one.others or other.others,
            items=self.either([one.items, other.items]) if one.items and other.items else one.items or other.items,
            filled=one.filled and other.filled,
            narrow=all(node.narrow for node in (one, other) if "integer" in node.types),
            hidden=one.hidden and other.hidden,
        )

    def written(self, node: Node) -> dict[str, Any]:
        """The node as a schema of our own form, whose counts are `DECLARED`."""
        self.spend()
        if not node.types:
            return {"x-unknown": True}
        schema: dict[str, Any] = {"type": sorted(node.types)}
        if "string" in node.types:
            schema |= {"format": node.format} if node.format else {}
            schema |= {"x-words": sorted(node.words)} if node.words else {}
            schema |= {} if node.filled or node.format or node.words else {"x-empty": 1}
        if "integer" in node.types and not node.narrow:
            schema["x-width"] = "past 2^53"
        if "object" in node.types:
            schema |= self._written_objects(node)
        if "array" in node.types:
            schema |= {"items": self.written(node.items)} if node.items else {}
            schema |= {} if node.filled else {"x-empty-arrays": 1}
        return schema

    def _written_objects(self, node: Node) -> dict[str, Any]:
        tag = tag_of(list(node.variants))
        if not tag:
            return self._written_object(node)
        return {
            "anyOf": [
                {"x-tag": {tag: sorted(each.members[tag].words or ())}, "x-objects": DECLARED.values}
                | self._written_object(each)
                for each in node.variants
            ]
        }

    def _written_object(self, node: Node) -> dict[str, Any]:
        shown = {name: member for name, member in node.members.items() if not member.hidden}
        schema: dict[str, Any] = {
            "properties": {
                name: self.written(member) if name in node.required else _optional(self.written(member))
                for name, member in shown.items()
            },
            "required": sorted(node.required & shown.keys()),
        }
        if node.others and node.others.types:
            schema["additionalProperties"] = {"x-seen": DECLARED.values} | self.written(node.others)
        return schema


def tag_of(objects: list[Node]) -> str:
    """The field whose values tell the objects apart, "" where none does."""
    if len(objects) < 2:  # noqa: PLR2004 - one is no choice
        return ""
    return next((name for name in _telling(objects) if len(_grouped(objects, name)) == len(objects)), "")


def _telling(objects: list[Node]) -> list[str]:
    """The fields that all of the objects have, and whose values are listed in each."""
    names = frozenset.intersection(*(each.required for each in objects)) if objects else frozenset()
    return sorted(name for name in names if all(_words(each, name) for each in objects))


def _grouped(objects: list[Node], name: str) -> list[list[Node]]:
    """The objects, those together that share a value of a field."""
    groups: list[tuple[frozenset[str], list[Node]]] = []
    for each in objects:
        words, together = _words(each, name), [each]
        for group in [group for group in groups if not group[0].isdisjoint(words)]:
            groups.remove(group)
            words, together = words | group[0], [*group[1], *together]
        groups.append((words, together))
    return [together for _, together in groups]


def _words(node: Node, name: str) -> frozenset[str]:
    member = node.members.get(name)
    return (member.words if member else None) or frozenset()


def tagged(node: Node, name: str, values: frozenset[str]) -> Node:
    """The node with a field that tells what it is. Where some of its fields were not read, it may be any of them.

    Args:
        node: One of several.
        name: The field, "" for none.
        values: What it says in this one, where the node itself does not list it.
    """
    if any(member.unread == TOO_DEEP.unread for member in node.members.values()):
        return TOO_DEEP
    if not name or "object" not in node.types:
        return node
    own = node.members.get(name, ANYTHING).words
    member = Node(frozenset({"string"}), words=(own & values or own) if own else values)
    return replace(
        node,
        members={**node.members, name: member},
        required=node.required | {name},
        variants=tuple(tagged(each, name, values) for each in node.variants),
    )


def _allowed(type_: str, types: frozenset[str]) -> bool:
    return type_ in types or (type_ == "integer" and "number" in types)


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other or None


def _members(one: Node, other: Node, join: Callable[[Node, Node], Node]) -> dict[str, Node]:
    return {
        name: join(one.members[name], other.members[name])
        if name in one.members and name in other.members
        else one.members.get(name, other.members.get(name, ANYTHING))
        for name in sorted(one.members.keys() | other.members.keys())
    }


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {"x-seen": DECLARED.values, "x-absent": DECLARED.values} | schema
