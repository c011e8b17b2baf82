"""Secrets in text: tokens of a known format, URLs, and what is written `name=value`, `name: "value"`, `<name>value`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import quote_plus, unquote_plus, urlsplit, urlunsplit

from pytest_integration_contracts.drift.authentication import (
    authorization_scheme,
    is_secret_header,
    is_secret_name,
    may_name_a_secret,
)
from pytest_integration_contracts.shapes.formats import EXAMPLES, PLACEHOLDER, format_of
from pytest_integration_contracts.traffic.tokens import SHORTEST, Replace, token_pattern

_Place = tuple[str, int, int]
"""The name of a secret, where its value begins and where it ends."""

_DEEPEST: Final = 4
"""How many URLs in parameters of URLs are looked into."""


def placeholder(value: str) -> str:
    """What has the format of a secret, and says nothing else about it."""
    return EXAMPLES.get(format_of(value), PLACEHOLDER) if value else value


class TextScrubber:
    """Scrubs texts that belong together: what none of them can hold is looked for in none of them."""

    def __init__(self, texts: Iterable[str], replace: Replace) -> None:
        """Find out what is to be looked for.

        Args:
            texts: All of them.
            replace: Gives the placeholder of a secret.
        """
        self._replace = replace
        texts = list(texts)
        whole = "\0".join(texts)
        self._tokens = token_pattern("\0".join(text for text in texts if len(text) >= SHORTEST))
        self._may_name = may_name_a_secret(whole)
        self._may_authenticate = _offers_credentials(whole)

    def looked_through(self, texts: Iterable[str]) -> Iterable[str]:
        """Those of the texts that may hold a secret."""
        if self._tokens or self._may_authenticate:
            return texts
        suspicious = (_SUSPICIOUS if self._may_name else _URL_SIGN).search
        return [text for text in texts if suspicious(text)]

    def scrub(self, text: str, *, deep: int = 0) -> str:
        """One of the texts with placeholders for its secrets."""
        if self._tokens:
            text = self._tokens.sub(self._token, text)
        if ("://" in text and _may_say_one(text)) or ":\\/\\/" in text:
            text = _URL.sub(lambda found: _scrub_parts(found[0], self._replace, deep), text)
            text = _ESCAPED_USER.sub(self._user, text)
        if self._may_name and _SIGN.search(text) and may_name_a_secret(text):
            for places in (_elements, _lines, _assigned):
                text = self._replaced(text, places(text))
        if self._may_authenticate and _offers_credentials(text):
            text = _SCHEME.sub(self._credentials, text)
        return text

    def _replaced(self, text: str, places: Iterator[_Place]) -> str:
        return replaced(text, places, lambda _, value: self._replace(value))

    def _token(self, found: re.Match[str]) -> str:
        self._replace(found[0])
        return PLACEHOLDER

    def _user(self, found: re.Match[str]) -> str:
        self._replace(found[0][:-1])
        return ""

    def _credentials(self, found: re.Match[str]) -> str:
        self._replace(found["value"])
        return found[0][: found.start("value") - found.start()] + PLACEHOLDER


def scrub_text(text: str, replace: Replace = placeholder, *, deep: int = 0) -> str:
    """One text with placeholders for its secrets."""
    return TextScrubber([text], replace).scrub(text, deep=deep)


def replaced(text: str, places: Iterator[_Place], replace: Callable[[str, str], str]) -> str:
    """A text with what is given for name and value in the place of each value."""
    parts = []
    at = 0
    for name, start, end in places:
        if start >= at:
            parts += [text[at:start], replace(name, text[start:end])]
            at = end
    return "".join([*parts, text[at:]]) if parts else text


def _may_say_one(url: str) -> bool:
    """Whether a text with a URL in it may hold a secret for that: a user, or a parameter of a telling name."""
    return "@" in url or ("=" in url and ("%" in url or "appid" in url or may_name_a_secret(url)))


def _offers_credentials(text: str) -> bool:
    return "earer " in text or "asic " in text or "oken " in text or "EARER " in text


_SIGN = re.compile(r"""[="']|</|:[ \t]|<!""")
_URL_SIGN = re.compile(r"://|:\\/\\/")
_SUSPICIOUS = re.compile(f"{_SIGN.pattern}|{_URL_SIGN.pattern}")
_URL = re.compile(r"""(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,40}+://[^\s\0<>"'\\]+""")
_ESCAPED_USER = re.compile(r"""(?<=:\\/\\/)[^\s\0/?#"'<>\\]+@""")
_SCHEME = re.compile(
    r"\b(?:[Bb]earer|[Bb]asic|[Tt]oken|BEARER) {1,3}(?=[\w.~+/-]{0,400}[0-9])(?P<value>[\w.~+/-]{12,}+=*)",
    re.ASCII,
)

_ASSIGNED = re.compile(
    r"""(?<![\w.%\[\]-])(?P<name>[\w.%\[\]-]{1,64}+)"""
    r"""(?:(?P<sign>\\{0,8}["']?\s{0,4}(?:=>|[:=])\s{0,4}\\{0,8}["'])|=)""",
    re.ASCII,
)
"""A name and the sign after it. What follows is looked at only where it is a secret: it may hold names itself."""

_QUOTED: Final = {
    '"': re.compile(r'(?:[^"\\\0]|\\[^\0])+'),
    "'": re.compile(r"(?:[^'\\\0]|\\[^\0])+"),
}
_QUOTED_AND_ESCAPED = re.compile(r"""[^"'\\\0]+""")
_BARE = re.compile(r"""(?:[^\s\0&;"'<>\\#]|\\/)+""")
_BARE_WITH_BLANKS = re.compile(r"""[^\r\n\0&;"'<>\\#]+""")


def _assigned(text: str) -> Iterator[_Place]:
    for found in _ASSIGNED.finditer(text):
        if not is_secret_name(unquote_plus(found["name"])):
            continue
        sign = found["sign"]
        if sign is None:  # `Server=h;Password=with blanks;`
            in_a_list = text[: found.start()].endswith((";", "; "))
            value = (_BARE_WITH_BLANKS if in_a_list else _BARE).match(text, found.end())
        else:
            value = (_QUOTED_AND_ESCAPED if sign[-2:-1] == "\\" else _QUOTED[sign[-1]]).match(text, found.end())
        if value is not None:
            yield found["name"], value.start(), value.end()


_ELEMENT = re.compile(
    r"<(?:[\w.-]{1,64}+:)?(?P<name>[\w.-]{1,99}+)(?:\s[^<>]*)?>"
    r"(?:<!\[CDATA\[(?P<quoted>[^<>]+)\]\]>|(?P<plain>[^<>]+)<)",
    re.ASCII,
)


def _elements(text: str) -> Iterator[_Place]:
    for found in _ELEMENT.finditer(text) if "<" in text else ():
        kind = "quoted" if found["plain"] is None else "plain"
        if found[kind].strip() and is_secret_name(found["name"]):
            yield found["name"], found.start(kind), found.end(kind)


_LINE = re.compile(r"^(?P<name>[A-Za-z][\w-]{1,63}+):[ \t]+(?P<value>\S[^\r\n]*)", re.MULTILINE | re.ASCII)


def _lines(text: str) -> Iterator[_Place]:
    """Headers and the like; of one that names a scheme, what comes after it."""
    for found in _LINE.finditer(text) if ":" in text else ():
        if is_secret_header(found["name"]):
            start = found.start("value")
            if found["name"].lower().endswith("authorization"):
                scheme = authorization_scheme(found["value"])
                start += len(scheme) + (1 if scheme else 0)
            yield found["name"], start, found.end("value")


def scrub_url(url: str, replace: Replace = placeholder, *, deep: int = 0) -> str:
    """The URL without user-info, and with placeholders for tokens and for the values of token-like parameters."""
    pattern = token_pattern(url)
    if pattern:
        url = pattern.sub(lambda found: replace(found[0]) and PLACEHOLDER, url)
    return _scrub_parts(url, replace, deep)


def _scrub_parts(url: str, replace: Replace, deep: int) -> str:
    """A URL without tokens of a known format, scrubbed of all else."""
    if "@" not in url and "=" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return replace(url)
    user, at, host = parts.netloc.rpartition("@")
    if at:
        replace(user)
    clean = parts._replace(
        netloc=host,
        path=replaced(parts.path, _assigned(parts.path), lambda _, value: replace(value)),
        query=scrub_form(parts.query, replace, deep=deep),
        fragment=scrub_form(parts.fragment, replace, deep=deep),
    )
    return url if clean == parts else urlunsplit(clean)


_OAUTH: Final = frozenset({"state", "grant_type", "redirect_uri", "session_state", "code_verifier"})
"""Beside one of these, a `code` is one that is exchanged for a token (RFC 6749, sections 4.1.2 and 4.1.3)."""

_OPAQUE = re.compile(r"(?=[A-Za-z_-]*[0-9])(?=[0-9_-]*[A-Za-z])[\w-]{16,}", re.ASCII)
PAGE: Final = re.compile(r"(?:next|prev):")
"""How a `token` begins that is no credential but the place of a page (stac-fastapi, and what is built on it)."""


def scrub_form(text: str, replace: Replace = placeholder, *, deep: int = 0) -> str:
    """A query or form (`a=1&token=...`) with placeholders for the values of token-like parameters."""
    if "=" not in text:
        return text
    pairs = [pair.partition("=") for pair in text.split("&")]
    names = [unquote_plus(name) for name, _, _ in pairs]
    exchanges_code = not _OAUTH.isdisjoint(names)
    scrubbed = []
    for (written, equals, value), name in zip(pairs, names, strict=True):
        plain = unquote_plus(value)
        if (name == "code" and exchanges_code and plain) or is_secret(name, plain) or _is_key(name, plain):
            value = quote_plus(replace(plain))  # noqa: PLW2901
        elif deep < _DEEPEST and ("=" in plain or "@" in plain):
            clean = scrub_text(plain, replace, deep=deep + 1)
            value = value if clean == plain else quote_plus(clean)  # noqa: PLW2901
        scrubbed.append(f"{written}{equals}{value}")
    return "&".join(scrubbed)


def is_secret(name: str, value: str) -> bool:
    """Whether a parameter or member of this name and value is one: a `token` may also be the place of a page."""
    return bool(value) and is_secret_name(name) and not (name == "token" and PAGE.match(value))


def _is_key(name: str, value: str) -> bool:
    """Whether it is an API key under the name `key`: many APIs have it in the query, and other keys are not opaque."""
    return name in {"key", "appid"} and _OPAQUE.fullmatch(value) is not None and not format_of(value)
