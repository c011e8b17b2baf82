"""Names of members that are data: dates, identifiers, currencies. Their values are looked at together.

Each decision is made about one object alone, so that it does not depend on what else was seen.

Sources: ISO 4217 (currencies), ISO 639-1 and BCP 47 (languages and locales).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Final

from pytest_integration_contracts.shapes.formats import PATTERNS

ANY: Final = "any"
"""The class of keys of no known form."""

MANY: Final = 256
"""An object with more members than this is a map, whatever its keys."""

_LANGUAGES: Final = """
aa af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk
km kn ko ky lo lt lv mk ml mn mr ms mt my nb ne nl nn no or pa pl ps pt ro ru si sk sl sq sr sv sw ta te th tl
tr uk ur uz vi zh zu
"""
_CURRENCIES: Final = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTC BTN BWP BYN BZD CAD
CDF CHF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB ETH EUR FJD FKP GBP GEL GHS GIP GMD GNF
GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN
PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB
TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL
"""

_BY_NAME: Final[dict[str, str]] = {
    "uuid": PATTERNS["uuid"],
    "date-time": PATTERNS["date-time"],
    "date": rf"{PATTERNS['date']}|[0-9]{{4}}-(?:0[1-9]|1[0-2])",
    "email": PATTERNS["email"],
    "integer": r"-?[0-9]+",
    "hash": r"[0-9a-f]{16,}|[0-9A-F]{16,}",
    "id": r"[a-z]{2,8}_[A-Za-z]*[0-9][A-Za-z0-9]{7,}",
}
_BY_OBJECT: Final[dict[str, str]] = {
    "currency": "|".join(_CURRENCIES.split()),
    "locale": rf"(?:{'|'.join(_LANGUAGES.split())})(?:[-_](?:[A-Z][a-z]{{3}}[-_])?(?:[A-Z]{{2}}|[0-9]{{3}}))?",
}

KEY_PATTERNS: Final[dict[str, str]] = {**_BY_NAME, **_BY_OBJECT}
"""Class of keys to the pattern that a whole key must match; `ANY` has none."""

_MATCHERS = {name: re.compile(pattern).fullmatch for name, pattern in KEY_PATTERNS.items()}
_CLASSIFY = re.compile("|".join(f"(?P<{name.replace('-', '_')}>{pattern})" for name, pattern in _BY_NAME.items()))
_ANY_DATA = re.compile(
    "^(?:" + "|".join(_BY_NAME.values()) + ")$",
    re.MULTILINE,
)
_ANY_CODE = re.compile(rf"^(?:{'|'.join(_BY_OBJECT.values())})$", re.MULTILINE)


_APART: Final = _BY_NAME.keys() - {"hash"}
"""Classes whose keys are of no class that comes before."""


def key_class(name: str) -> str:
    """The class of a name that is data by itself, "" where it is not."""
    found = _CLASSIFY.fullmatch(name)
    return found.lastgroup.replace("_", "-") if found and found.lastgroup else ""


def is_of_class(name: str, class_: str) -> bool:
    """Whether a name is of a class of keys."""
    return class_ == ANY or _MATCHERS[class_](name) is not None


def classes_of(names: Collection[str]) -> Mapping[str, str]:
    """Those of the names that are data by themselves, with their class."""
    if len(names) <= MANY:
        return {name: class_ for name in names if (class_ := _known(name)[0])}
    if not _ANY_DATA.search("\n".join(names)):
        return {}
    first = key_class(next(iter(names)))
    if first in _APART and all(map(_MATCHERS[first], names)):
        return dict.fromkeys(names, first)
    return {name: class_ for name in names if (class_ := key_class(name))}


@lru_cache(maxsize=8192)
def _known(name: str) -> tuple[str, bool]:
    """The class of a name, and whether it may be a currency or a locale: the same few names stand everywhere."""
    return key_class(name), _ANY_CODE.fullmatch(name) is not None


def codes_among(names: Collection[str]) -> set[str]:
    """Those of the names that may be a currency or a locale."""
    if len(names) <= MANY:
        return {name for name in names if _known(name)[1]}
    return set(_ANY_CODE.findall("\n".join(names)))


def codes_of(object_: Mapping[str, Any]) -> str:
    """`currency` or `locale` where all names of an object are such codes, at least two of them, else ""."""
    if len(object_) < 2:  # noqa: PLR2004 - one code alone may be a word
        return ""
    for class_ in _BY_OBJECT:
        if all(map(_MATCHERS[class_], object_)):
            known = class_ == "currency" or "en" in object_ or any(len(name) > 2 for name in object_)  # noqa: PLR2004
            return class_ if known or len(object_) > 2 else ""  # noqa: PLR2004 - `id` and `no` are languages, too
    return ""
