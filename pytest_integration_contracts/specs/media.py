"""Which of the media types that a document declares one is, that a consumer sends or reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_integration_contracts.specs.document import Part

NO_BODY: Final = "no body"


def plain(media: str) -> str:
    """A media type in lower case, without parameters."""
    return media.partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """Whether bodies of this media type are JSON, as RFC 6839 has it, or may be anything."""
    name = plain(media)
    return name in {"application/json", "text/json", "*/*", "application/*"} or name.endswith("+json")


def part_for(declared: Mapping[str, Part], media: str) -> Part | None:
    """What is declared for bodies of a media type: by its name, by a range, or as the one JSON there is.

    Args:
        declared: The media types as the document writes them.
        media: The one in question; `no body` is none.
    """
    wanted = plain(media)
    if wanted == NO_BODY:
        return None
    names = {plain(each): part for each, part in reversed(list(declared.items()))}
    for name in (wanted, f"{wanted.partition('/')[0]}/*", "*/*"):
        if name in names:
            return names[name]
    json = [part for name, part in names.items() if is_json(name)]
    return json[0] if is_json(wanted) and len(json) == 1 else None
