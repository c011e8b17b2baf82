"""Which strings may be words of a vocabulary, or tags of a union: short tokens, never secret or personal values."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from pytest_integration_contracts.shapes.formats import PLACEHOLDER, format_of

LIMIT: Final = 16
"""A vocabulary has at most this many words."""

ENOUGH: Final = 20
"""From this many responses on, all words that occurred are a vocabulary."""

TAG_NAMES: Final = (
    "type",
    "kind",
    "object",
    "__typename",
    "@type",
    "_type",
    "event",
    "event_type",
    "eventType",
    "action",
    "resource_type",
    "resourceType",
    "entity_type",
    "entityType",
    "object_type",
    "objectType",
    "node_type",
    "nodeType",
)
"""Names of fields that tell the variants of a union apart, the likeliest first."""

_TAG_LIKE = re.compile(
    r"(?:^|[_@])(?:sub_?)?(?:type|kind|object|event|action|class|category|typename|variant|source|method|protocol|mode)$"
    r"|(?:[Tt]ype|Kind|Source)$"
)

_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_PRIVATE_WORDS: Final = """
account address alias assignee author avatar bearer bic birth birthdate birthday board borrower by city
company contact cookie county creator credential credentials customer cvc cvv display dob email employee
employer ethnicity family fax filename first firstname full fullname gender given guest handle holder host
hostname iban id ident identity ip jwt key keyword keywords last lastname lat latitude legal license lng login
lon longitude maiden mail manager member message middle mobile msisdn name names nationality nick nickname
note notes nric otp owner participant passphrase passport passwd password patient person phone pin postal
postcode pwd recipient religion reporter reviewer salary salutation secret sender sex sid signature ssn street
subject summary surname swift tax team tel telephone text title to token user username vat voter zip zipcode
"""
_PRIVATE: Final = frozenset(_PRIVATE_WORDS.split())
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,31}")
_DIGITS = re.compile(r"[0-9]{4}")
_TOKEN_LIKE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_-]{16,}|[0-9a-fA-F]{12,}")


def split_name(name: str) -> str:
    """The words of a name in lower case: `user id` for `user_id`, `userId` and `User-ID`."""
    return _BORDER.sub(" ", name).lower().strip()


@lru_cache(maxsize=4096)
def is_private(name: str) -> bool:
    """Whether the values of a field of this name may be somebody's, or secret: they are never a vocabulary."""
    words = split_name(name).split()
    return not words or not _PRIVATE.isdisjoint(words)


@lru_cache(maxsize=4096)
def is_tag_name(name: str) -> bool:
    """Whether a field of this name tells what something is."""
    return _TAG_LIKE.search(name) is not None and not is_private(name)


def is_word(value: str) -> bool:
    """Whether a string is a token such as `open` or `order.created`, and looks like nobody's own."""
    return (
        _WORD.fullmatch(value) is not None
        and _DIGITS.search(value) is None
        and _TOKEN_LIKE.fullmatch(value) is None
        and format_of(value) in {"", "boolean"}
        and value != PLACEHOLDER
    )


def words_of(values: Collection[str]) -> frozenset[str] | None:
    """The distinct strings where they are few and all of them words, else None.

    Args:
        values: Distinct strings.
    """
    if len(values) > LIMIT or not all(map(is_word, values)):
        return None
    return frozenset(values)


def together(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The words of both, or None where they are too many or either is no set of words."""
    if one is None or other is None:
        return None
    both = one | other
    return both if len(both) <= LIMIT else None


def is_vocabulary(words: frozenset[str] | None, responses: int) -> bool:
    """Whether that many responses are enough to say that there are no other words."""
    return bool(words) and responses >= ENOUGH and len(words or ()) <= math.sqrt(responses)
