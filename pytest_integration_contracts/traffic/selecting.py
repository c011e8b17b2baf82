"""Query parameters that choose what a response looks like: `?expand=customer`, `?fields=id,total`, `?format=csv`."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final
from urllib.parse import parse_qsl

from pytest_integration_contracts.files import digest
from pytest_integration_contracts.shapes.formats import format_of

_SELECTING = re.compile(
    r"(?i)[_$]?(?:expand|include|includes|embed|fields?|select|exclude|excludes|view|format|projection|populate|details?"
    r"|representation)(?:\[[A-Za-z0-9_-]{0,40}\])?"
)
_PART = re.compile(r"[A-Za-z_*$-][A-Za-z0-9_.*$()/:-]{0,63}")
_NUMBERED = re.compile(r"[0-9]{4}")
_LONGEST: Final = 80
_KEPT: Final = 60
_MOST_PARAMETERS: Final = 200


def variant(query: str) -> str:
    """What chooses among the responses of one operation: `expand=customer,items&format=json`, "" for nothing.

    Order does not matter, neither of parameters nor of the words of a list. A value that is no word or list of words
    (an id, a text, a number) is data, and left out.
    """
    if "=" not in query:
        return ""
    try:
        parameters = parse_qsl(query, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return ""
    chosen: dict[str, set[str]] = defaultdict(set)
    for name, value in parameters:
        parts = {part.strip() for part in value.split(",")} if _SELECTING.fullmatch(name) else set()
        if parts and all(map(_is_word, parts)):
            chosen[name.removesuffix("[]")] |= parts
    return _brief("&".join(f"{name}={','.join(sorted(chosen[name]))}" for name in sorted(chosen)))


def _is_word(part: str) -> bool:
    return bool(_PART.fullmatch(part)) and not _NUMBERED.search(part) and not format_of(part).replace("boolean", "")


def _brief(text: str) -> str:
    """The text; where it is long its beginning, and what tells it from others that begin so."""
    return text if len(text) <= _LONGEST else f"{text[:_KEPT].rpartition(',')[0] or text[:_KEPT]},~{digest(text)}"
