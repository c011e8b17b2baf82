"""JSONPath patterns: how a manifest names places of a body.

A pattern is written like a path of a change (`$.items[*].sku`, RFC 9535) and may leave things open: `.*` is any member,
`.legacy_*` any member whose name begins so, `..sku` a `sku` at any depth, `$.debug..*` everything below `$.debug`.
What is no part of a response's body is named as changes name it: `header:etag`, `header:x-*`, `query:limit`,
`request:$.amount`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

_HEADER: Final = "header:"
_BESIDE: Final = (_HEADER, "query:", "cookie:", "path:", "request:")
_STEP = re.compile(
    r"(?P<deep>\.(?=\.)|\.\.(?=\[))?"
    r"(?:\.(?P<name>[^\s.\[\]'\"$@?()]+)|\[\s*(?P<items>\*)\s*\]"
    r"|\[\s*(?:'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\")\s*\])"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step down a path.

    Attributes:
        name: The member's name; None for the items of an array.
        open: Whether `*` in the name stands for anything.
        deep: Whether any number of steps may come before it.
    """

    name: str | None
    open: bool = False
    deep: bool = False

    def takes(self, step: Step) -> bool:
        """Whether this step of a pattern takes that step of a path."""
        if self.name is None or step.name is None:
            return self.name == step.name or (self.deep and self.name == "*")
        return glob_matches(self.name, step.name) if self.open else self.name == step.name


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A place, or many places, of a body.

    Attributes:
        text: The pattern as it was written.

    Raises:
        ValueError: The text is no pattern; the message says where.
    """

    text: str

    def __post_init__(self) -> None:
        self._is_beside() or steps_of(self.text)

    def _is_beside(self) -> bool:
        return self.text.startswith(_BESIDE) and self.text not in _BESIDE[:-1]  # `request:` is a body as a whole

    def matches(self, path: str) -> bool:
        """Whether the path of a change is one of the places."""
        if self._is_beside() or path.startswith(_BESIDE):
            return glob_matches(self.text.lower() if self.text.startswith(_HEADER) else self.text, path)
        try:
            return _match(steps_of(self.text), steps_of(path))
        except ValueError:  # no path of a body
            return False

    @property
    def precision(self) -> tuple[int, int]:
        """What puts one pattern before another, larger first: how many steps it names, and how few it leaves open."""
        if self._is_beside():
            return (0 if "*" in self.text else 1, 0)
        steps = steps_of(self.text)
        left_open = sum(step.open or step.deep for step in steps)
        return (len(steps) - left_open + 1, -left_open)


def glob_matches(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern in which `*` stands for any run of characters, and nothing else is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def glob_precision(pattern: str) -> tuple[int, int, int]:
    """What puts one pattern before another, larger first: it says anything, it leaves nothing open, its length."""
    return (int(bool(pattern)), int("*" not in pattern), len(pattern.replace("*", "")))


def _match(pattern: tuple[Step, ...], path: tuple[Step, ...]) -> bool:
    if not pattern:
        return not path
    first = pattern[0]
    reach = len(path) if first.deep else min(1, len(path))
    return any(first.takes(path[at]) and _match(pattern[1:], path[at + 1 :]) for at in range(reach))


def steps_of(text: str) -> tuple[Step, ...]:
    """The steps of a path, or of a pattern, from the whole on.

    Raises:
        ValueError: The text is none; the message says where.
    """
    if not text.startswith("$"):
        raise ValueError("must begin with `$`")
    steps, at = [], 1
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise ValueError(f"cannot be read from `{text[at:]}` on")
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    deep = found["deep"] is not None
    if found["items"]:
        return Step(None, deep=deep)
    if found["name"]:
        return Step(found["name"], open="*" in found["name"], deep=deep)
    quoted = found["single"] if found["single"] is not None else found["double"]
    return Step(_unescaped(quoted), deep=deep)


def _unescaped(quoted: str) -> str:
    text = re.sub(r"\\'|\\.|\"", lambda each: {"\\'": "'", '"': '\\"'}.get(each[0], each[0]), quoted, flags=re.DOTALL)
    try:
        name: str = json.loads(f'"{text}"', strict=False)
    except ValueError as error:
        raise ValueError(f"has an escape that JSON does not know, in '{quoted}'") from error
    return name
