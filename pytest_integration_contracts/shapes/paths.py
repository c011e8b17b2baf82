"""JSONPath (RFC 9535) of places in bodies."""

from __future__ import annotations


def field_path(path: str, name: str) -> str:
    """The JSONPath of a member: `$.a`, or `$['a b']` where the name needs quotes (RFC 9535, section 2.3.1)."""
    if name.isidentifier() and name.isascii():
        return f"{path}.{name}"
    return f"{path}['{_escaped(name)}']"


def _escaped(name: str) -> str:
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    return "".join(char if char.isprintable() else _code_units(char) for char in quoted)


def _code_units(char: str) -> str:
    """The character's UTF-16 code units, each an escape: two of them beyond the basic plane, as RFC 9535 has it."""
    digits = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{digits[at : at + 4]}" for at in range(0, len(digits), 4))


def items_path(path: str) -> str:
    """The JSONPath of all items of an array: `$.a[*]`."""
    return f"{path}[*]"


def values_path(path: str) -> str:
    """The JSONPath of all values of a map: `$.a.*`."""
    return f"{path}.*"
