"""XML as JSON values, in the one form that says what a consumer relies on.

An element is an object: its attributes as `@name`, its children by name, its text as `#text`. Children are lists,
always, and an element without children has a `#text`, always, if only an empty one. So a document says the same however
often something occurs in it: one `<item>` today and three tomorrow differ in no kind, an attribute or a child that an
element gains is one member more, and what is gone is a member less. Forms that unwrap what stands alone (`xmltodict`)
are easier on the eye, yet in them each of these is another type.

A list that an answer has nothing to put into is not written at all: `drift.align` reads a child that is known to repeat
and is not there as an empty list, and takes a text that was only ever empty for nothing to rely on.

Names are local names, whatever the prefix. A child of another namespace than its parent's has a word of that namespace
before its name, `crm:GetCustomer`, and says which one it is: `@xmlns=urn:crm:v2`, a member of its own, so that the
version of a schema is held, too.

Sources: XML 1.0, Namespaces in XML 1.0, XML Schema Part 1 (section 2.6: xsi:nil, xsi:type), RFC 7303 (charsets).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat  # what is not safe in it, declarations of entities, is refused below

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.manifest.manifest import Limits
from pytest_integration_contracts.model import ELEMENT_TEXT

_XML: Final = "http://www.w3.org/XML/1998/namespace"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_TRUE: Final = frozenset({"true", "1"})
_VERSION = re.compile(r"[vV]?[0-9][\w.-]*")
_NUMBERED = re.compile(r"[-_.]?[vV]?[0-9][0-9.]{0,9}\Z")
_LEVELS: Final = 2
"""How many levels of a value an element takes: the list it stands in, and itself."""


class _NoDocument(Exception):  # noqa: N818 - no error, but the answer to a question
    """It is a page, or nothing at all."""


def document_of(content: bytes, charset: str, limits: Limits) -> dict[str, Any] | None:
    """A document as `{root: element}`; None where it is not well-formed, or is a page.

    Args:
        content: The bytes.
        charset: The one that a header claims, "" for none. What the document says about itself goes first.
        limits: How deep it may be nested.

    Raises:
        BodyError: It declares entities, or is nested too deep.
    """
    value = _parsed(content, None, limits)
    if value is not None or not charset:
        return value
    try:
        return _parsed(content.decode(charset).encode("utf-8"), "utf-8", limits)
    except ValueError:
        return None


def _parsed(content: bytes, encoding: str | None, limits: Limits) -> dict[str, Any] | None:
    reader = _Reader(limits)
    parser = expat.ParserCreate(encoding, namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_declarations
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat's signature
    except (expat.ExpatError, ValueError, LookupError, _NoDocument):
        return None
    return reader.document


def _refuse_declarations(name: str, system: str | None, public: str | None, declares: int) -> None:
    """A document may name a DTD, which is not read; declarations of its own can expand without end."""
    del system, public
    if name.lower() == "html":
        raise _NoDocument
    if declares:
        raise BodyError(
            "an XML body declares entities of its own (`<!DOCTYPE ... [`), which are never expanded;"
            " ask the upstream for one without a DTD"
        )


@dataclass(slots=True)
class _Element:
    """An element that is being read."""

    name: str
    namespace: str
    value: dict[str, Any]
    nil: bool = False
    has_children: bool = False
    text: list[str] = field(default_factory=list)


class _Reader:
    """What expat finds, as a value."""

    def __init__(self, limits: Limits) -> None:
        self.document: dict[str, Any] = {}
        self._limits = limits
        self._open: list[_Element] = []
        self._prose = 0
        self._labels: dict[str, str] = {}

    def start(self, qualified: str, attributes: dict[str, str]) -> None:
        namespace, _, name = qualified.rpartition(" ")
        if namespace == _XHTML or self._prose:
            self._enter_prose()
            return
        if not self._open and name.lower() == "html":
            raise _NoDocument
        if _LEVELS * (len(self._open) + 1) > self._limits.depth:
            raise self._limits.too_deep("elements", self._limits.depth // _LEVELS)
        outer = self._open[-1].namespace if self._open else ""
        value: dict[str, Any] = {}
        if namespace != outer:
            value[f"@xmlns={namespace}"] = True
            name = f"{self._label(namespace)}:{name}" if self._open else name
        element = _Element(name, namespace, value)
        if attributes:
            self._attributes(element, attributes)
        self._open.append(element)

    def _enter_prose(self) -> None:
        """In an element of a page, which is text to whoever reads the document it stands in."""
        if not self._open:
            raise _NoDocument
        self._prose += 1

    def _attributes(self, element: _Element, attributes: dict[str, str]) -> None:
        for qualified, text in attributes.items():
            namespace, _, name = qualified.rpartition(" ")
            if namespace != _XSI:
                element.value[f"@{self._attribute_name(namespace, name)}"] = text
            elif name == "nil":
                element.nil = text.strip() in _TRUE
            elif name == "type":
                own = "@xsi:type" if "type" in attributes else "@type"
                element.value[own] = text.rpartition(":")[2].strip()

    def _attribute_name(self, namespace: str, name: str) -> str:
        if not namespace:
            return name
        return f"{'xml' if namespace == _XML else self._label(namespace)}:{name}"

    def _label(self, namespace: str) -> str:
        label = self._labels.get(namespace)
        if label is None:
            label = self._labels[namespace] = label_of(namespace)
        return label

    def text(self, text: str) -> None:
        self._open[-1].text.append(text)

    def end(self, _: str) -> None:
        if self._prose:
            self._prose -= 1
            return
        element = self._open.pop()
        value = _finished(element)
        if not self._open:
            self.document = {element.name: value}
            return
        outer = self._open[-1]
        outer.has_children = True
        outer.value.setdefault(element.name, []).append(value)


def _finished(element: _Element) -> dict[str, Any] | None:
    text = "".join(element.text).strip()
    if element.nil and not element.has_children and not text:
        return {**element.value, ELEMENT_TEXT: None} if element.value else None
    if text or not element.has_children:
        element.value[ELEMENT_TEXT] = text
    return element.value


def label_of(namespace: str) -> str:
    """The last word of a namespace that is no version: `Atom` for `http://www.w3.org/2005/Atom`."""
    words = [word for word in re.split(r"[/:#?&=]+", namespace) if word and not _VERSION.fullmatch(word)]
    return _NUMBERED.sub("", words[-1]) or words[-1] if words else "no-namespace"
