"""Raw bodies to JSON values: decoded by what they are, not by what headers claim.

What a body is shows in how it begins; a claim helps where that says nothing (a form, a table). A body that claims a
format whose readers would fail on it is `unreadable`, and one of no known format is its media type alone.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.manifest.manifest import DEFAULT_LIMITS, Limits
from pytest_integration_contracts.model import MAX_DEPTH, NO_BODY
from pytest_integration_contracts.traffic.encodings import decompress
from pytest_integration_contracts.traffic.forms import (
    FORM,
    MESSAGE,
    PARTS,
    PARTS_OF_A_FORM,
    Part,
    answer_of,
    form_of,
    gathered,
    parts_of,
)
from pytest_integration_contracts.traffic.streams import EVENTS, LINES, events_of, values_of_lines
from pytest_integration_contracts.traffic.tables import PERHAPS, TABLES, table_of, unmistakable_table

_CHARSET = re.compile(r';\s*charset="?([\w.:-]{1,40})', re.ASCII | re.IGNORECASE)
_HAS_HEADER = re.compile(r";\s*header=\"?(absent|present)", re.IGNORECASE)
_KNOWN_CHARSETS = re.compile(
    r"ascii|utf-(?:8|16|32)(?:-[bl]e|-sig)?|iso8859-\d+|cp\d+|mac-?\w+|koi8-[rut]|shift_jis\w*|euc_\w+|gb\w+|big5\w*"
)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks to the codec that reads what follows; those of UTF-32 begin with those of UTF-16."""

_GUARDS: Final = (b")]}'", b"while(1);", b"for(;;);")
"""What stands before JSON so that no other site can load it as a script."""

_SCRIPTS: Final = frozenset({"text/javascript", "application/javascript", "application/x-javascript"})
_CALL = re.compile(rb"(?:/\*\*/\s*)?(?:typeof [\w$.]{1,200} *=== *'function' *&& *)?[\w$.]{1,200}\((?=\s*[\[{])")
_OPENS_XML = re.compile(rb"\s*<(?:\?xml|(?P<root>[A-Za-z_][\w.:-]{0,199}))")
_PAGE: Final = frozenset(
    b"""a abbr article aside b base blockquote body br button center code dd del div dl dt em fieldset font footer form
    frameset h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins label li link main meta nav noscript ol p
    pre q s script section select small span strong style sub sup svg table tbody td textarea th title tr u ul
    """.split()
)
"""Names of elements that pages, and pieces of pages, begin with."""

_DRAWN: Final = frozenset({"image/svg+xml", "application/xhtml+xml", "application/mathml+xml"})
"""XML that is looked at, and not read."""

_NESTED_PARTS: Final = 2
"""Parts in parts in parts are left as they are: each such level reads all of its bytes again."""


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded body.

    Attributes:
        media: Its media type in lower case without parameters, "" for no body. A body that claims a format and does not
            have it has `unreadable` put before its type.
        value: The JSON value, or `NO_BODY` where there is none or it is opaque.
    """

    media: str = ""
    value: object = NO_BODY


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a message says that its body is.

    Attributes:
        header: The header `content-type`.
        media: The media type in it, in lower case and without parameters.
        is_json: Whether that is one of JSON's.
    """

    header: str
    media: str
    is_json: bool

    @property
    def is_xml(self) -> bool:
        return self.media.endswith(("/xml", "+xml")) and self.media not in _DRAWN

    @property
    def charset(self) -> str:
        """The charset, "" for none and for what is no charset."""
        found = _CHARSET.search(self.header)
        try:
            name = codecs.lookup(found[1]).name if found else ""
        except LookupError:
            return ""
        return name if _KNOWN_CHARSETS.fullmatch(name) else ""

    @property
    def has_header(self) -> bool | None:
        """Whether a table's first row has the names (RFC 4180, section 3); None where that is not said."""
        found = _HAS_HEADER.search(self.header)
        return found[1].lower() == "present" if found else None


@lru_cache(maxsize=64)
def _claim(header: str) -> _Claim:
    """What a header claims; most messages of a run have one of a few."""
    media = header.partition(";")[0].strip().lower() or "application/octet-stream"
    return _Claim(header, media, media.endswith(("/json", "+json")))


def decode(raw: bytes, headers: Mapping[str, str], limits: Limits = DEFAULT_LIMITS) -> Body:
    """Read a body.

    Args:
        raw: The bytes as they came.
        headers: The message's headers, names in lower case.
        limits: How large it may be.

    Raises:
        BodyError: The body exceeds a limit, or is an XML document that declares entities.
    """
    content = decompress(raw, headers.get("content-encoding", ""), limits)
    try:
        body = _read(content, _claim(headers.get("content-type", "")), limits, parts=_NESTED_PARTS)
    except RecursionError as error:
        raise too_deep() from error
    if limits.depth < MAX_DEPTH:
        _insist_on_depth(body.value, limits)
    return body


def too_deep() -> BodyError:
    """What is said of a body that the interpreter's stack is too small for."""
    return BodyError("a body is nested too deep to read; check a part of it instead")


def _insist_on_depth(value: object, limits: Limits) -> None:
    """Level by level; past `MAX_DEPTH` inference itself refuses."""
    level = [value]
    for _ in range(limits.depth + 1):
        containers = [each for each in level if isinstance(each, dict | list)]
        level = [child for each in containers for child in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return
    raise limits.too_deep()


def _read(content: bytes, claim: _Claim, limits: Limits, *, parts: int) -> Body:
    media = claim.media
    if not content.strip():
        return Body()
    if media in LINES or media == EVENTS:
        streamed = _stream(content, media)
        if streamed is not None:
            return streamed
    if claim.is_json or _opens_json(content):
        try:
            return Body(media, _json(content, claim))
        except ValueError:
            if claim.is_json:
                return Body(f"unreadable {media}")
            streamed = _stream(content, media)
            if streamed is not None:
                return streamed
    return _by_claim(content, claim, limits, parts) or _xml(content, claim, limits) or _rest(content, claim)


def _stream(content: bytes, media: str) -> Body | None:
    """The events of an event stream, the values of the lines of anything else; None where it has none."""
    try:
        stream = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    values = events_of(stream) if media == EVENTS else values_of_lines(stream)
    return None if values is None else Body(media, values)


def _opens_json(content: bytes) -> bool:
    """Whether a body begins as an object or an array does, in any of JSON's encodings, or behind a guard."""
    if content.lstrip()[:1] in {b"{", b"["} or content.startswith(_GUARDS):
        return True
    if not content.startswith(tuple(mark for mark, _ in _MARKS)) and 0 not in content[:4]:
        return False
    head = content[:64].decode(json.detect_encoding(content[:4]), "ignore")
    return head.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}


def _json(content: bytes, claim: _Claim) -> object:
    if content.startswith(_GUARDS):
        guard = next(filter(content.startswith, _GUARDS))
        content = content.removeprefix(guard).lstrip(b", \t\r\n")
    try:
        return json.loads(content)
    except UnicodeDecodeError:
        if not claim.charset:
            raise
        return json.loads(content.decode(claim.charset))


def _by_claim(content: bytes, claim: _Claim, limits: Limits, parts: int) -> Body | None:
    """What only a claim tells: a form, parts, a script that calls a function with JSON."""
    media = claim.media
    if media == FORM:
        return Body(media, form_of(_text(content, claim) or content.decode("utf-8", "replace")))
    if media in _SCRIPTS:
        return _call(content, media)
    if not media.startswith(PARTS) or not parts:
        return None
    found = parts_of(content, claim.header)
    if found is None:
        return None
    if media == PARTS_OF_A_FORM:
        return Body(media, gathered((part.name, _form_part(part, limits, parts - 1)) for part in found))
    return Body(media, [_part(part, limits, parts - 1) for part in found])


def _call(content: bytes, media: str) -> Body | None:
    """The value that a script hands to a function (JSONP)."""
    script = content.strip().rstrip(b"; \t\r\n")
    opening = _CALL.match(script)
    if opening is None or not script.endswith(b")"):
        return None
    try:
        return Body(media, json.loads(script[opening.end() : -1]))
    except ValueError:
        return None


def _form_part(part: Part, limits: Limits, parts: int) -> object:
    """A field's text, the value of one that says what it is, or what kind of file it is."""
    if not part.is_file and "content-type" not in part.headers:
        return part.content.decode("utf-8", "replace")
    return _part(part, limits, parts)


def _part(part: Part, limits: Limits, parts: int) -> dict[str, object]:
    claim = _claim(part.headers.get("content-type", "text/plain"))
    answer = answer_of(part) if claim.media == MESSAGE else None
    if answer is not None:
        return {"status": answer.status, **_part(answer, limits, parts)}
    body = _read(part.content, claim, limits, parts=parts)
    if not body.media:
        return {}
    value = {} if body.value is NO_BODY else {"body": body.value}
    return {"media": body.media, **value}


def _xml(content: bytes, claim: _Claim, limits: Limits) -> Body | None:
    if not claim.is_xml and not _is_xml_by_content(content, claim):
        return None
    from pytest_integration_contracts.traffic.xml import document_of  # noqa: PLC0415 - the first XML body loads expat

    value = document_of(content, claim.charset, limits)
    if value is not None:
        return Body(claim.media, value)
    return Body(f"unreadable {claim.media}") if claim.is_xml else None


def _is_xml_by_content(content: bytes, claim: _Claim) -> bool:
    """Whether a body begins as a document does, and not as a page does, whatever it claims."""
    if claim.media in _DRAWN or claim.media.startswith("image/"):
        return False
    head = content[:512]
    for mark, codec in _MARKS:
        if head.startswith(mark):
            head = head.decode(codec, "ignore").encode()
            break
    found = _OPENS_XML.match(head)
    if found is None:
        return False
    root = found["root"]
    return root is None or (claim.media != "text/html" and root.lower() not in _PAGE)


def _rest(content: bytes, claim: _Claim) -> Body:
    """A table, or what is opaque."""
    media = claim.media
    if media not in TABLES and media not in PERHAPS:
        return Body(media)
    text = None if content.lstrip()[:1] == b"<" else _text(content, claim)
    if media in PERHAPS:
        table = unmistakable_table(text) if text else None
        return Body(media) if table is None else Body(media, table)
    table = table_of(text, media, header=claim.has_header) if text else None
    return Body(f"unreadable {media}") if table is None else Body(media, table)


def _text(content: bytes, claim: _Claim) -> str | None:
    """Text in its own encoding, UTF-8, the claimed one, or the one that spreadsheets write; None for other bytes."""
    marked = next((codec for mark, codec in _MARKS if content.startswith(mark)), "")
    if not marked and b"\0" in content:
        return None
    for codec in filter(None, (marked, "utf-8", claim.charset, "cp1252")):
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    return None
