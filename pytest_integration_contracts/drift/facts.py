"""What responses say beside their bodies: read off exchanges, merged, learned.

What is kept are facts of the contract (the number a limit has, the name of a version, a date) and styles; never a
URL, a cursor or a credential.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import urljoin

from pytest_integration_contracts.drift.authentication import asks_for_more, challenges, leads_to_login, redirects
from pytest_integration_contracts.drift.headers import contract_headers, names_version
from pytest_integration_contracts.drift.limits import Range, limits_of, moved, together
from pytest_integration_contracts.drift.pagination import Pagination, lost_signals, paged, style_change
from pytest_integration_contracts.drift.responses import LOGIN, METHOD_LOST, OTHER_HOST, SAME_HOST, STEP_UP, Demands
from pytest_integration_contracts.manifest.manifest import split_url
from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.shape import UNKNOWN, Shape

NOTHING: Final[frozenset[str]] = frozenset()
"""No facts."""

IN_MEDIA_TYPE: Final = "content-type"
"""Where a version is that the media type carries as a parameter."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """What responses of one kind say beside their bodies.

    Attributes:
        limits: Rate limits by what they are about: `requests`, `requests per minute`.
        retry_after: The forms of Retry-After: `seconds`, `http-date`.
        versions: The API versions that answered, by header; `content-type` for the media type's parameter.
        parameters: The media type's other parameters, one text a combination: `charset=utf-8`. Empty also where
            responses have none.
        pagination: How they page.
        deprecation: The dates in Deprecation (RFC 9745), `announced` where it gives none.
        sunset: The dates in Sunset (RFC 8594).
        redirects: Where they redirect to.
        steps: What they want before they answer.
    """

    limits: Mapping[str, Range] = field(default_factory=dict)
    retry_after: frozenset[str] = NOTHING
    versions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    parameters: frozenset[str] = NOTHING
    pagination: Pagination = field(default_factory=Pagination)
    deprecation: frozenset[str] = NOTHING
    sunset: frozenset[str] = NOTHING
    redirects: frozenset[str] = NOTHING
    steps: frozenset[str] = NOTHING

    def merged(self, other: Conduct) -> Conduct:
        """Both together. Associative, commutative and idempotent, with `Conduct()` as its identity."""
        return Conduct(
            limits=together(self.limits, other.limits),
            retry_after=self.retry_after | other.retry_after,
            versions={
                name: _few(self.versions.get(name, NOTHING) | other.versions.get(name, NOTHING))
                for name in sorted(self.versions.keys() | other.versions.keys())
            },
            parameters=_few(self.parameters | other.parameters),
            pagination=self.pagination.merged(other.pagination),
            deprecation=_few(self.deprecation | other.deprecation),
            sunset=_few(self.sunset | other.sunset),
            redirects=self.redirects | other.redirects,
            steps=self.steps | other.steps,
        )

    def adopted(self, observed: Conduct) -> Conduct:
        """This, having learned an observation: what it contradicts takes what was observed, all else is joined."""
        both = self.merged(observed)
        announced = observed.deprecation | observed.sunset
        repaged = lost_signals(self.pagination, observed.pagination) or style_change(
            self.pagination, observed.pagination
        )
        reset = not announced <= self.deprecation | self.sunset
        return replace(
            both,
            limits=observed.limits if moved(self.limits, observed.limits) else both.limits,
            retry_after=_settled(self.retry_after, observed.retry_after),
            versions=self._adopted_versions(observed),
            parameters=observed.parameters if reparameterised(self, observed) else both.parameters,
            pagination=observed.pagination if repaged else both.pagination,
            deprecation=observed.deprecation if reset else both.deprecation,
            sunset=observed.sunset if reset else both.sunset,
        )

    def _adopted_versions(self, observed: Conduct) -> dict[str, frozenset[str]]:
        names = self.versions.keys() | observed.versions.keys()
        if IN_MEDIA_TYPE not in observed.versions:
            names -= {IN_MEDIA_TYPE}
        return {
            name: _settled(self.versions.get(name, NOTHING), observed.versions.get(name, NOTHING))
            for name in sorted(names)
        }

    @property
    def facts(self) -> Conduct:
        """Without what differs from run to run as data comes and goes: how long pages are."""
        return replace(self, pagination=Pagination(self.pagination.signals))

    @property
    def kept(self) -> Conduct:
        """As files keep it: how long lists are is of interest only where they page."""
        return self if self.pagination.signals else replace(self, pagination=Pagination())


VARIES: Final = "varies"
"""Stands for values that are too many to be facts of a contract."""
_MOST: Final = 8


def _few(values: frozenset[str]) -> frozenset[str]:
    """The values, or that they vary where there are too many to be facts of a contract."""
    return frozenset({VARIES}) if VARIES in values or len(values) > _MOST else values


def _settled(old: frozenset[str], new: frozenset[str]) -> frozenset[str]:
    return new if turned(old, new) else _few(old | new)


def turned(old: frozenset[str], new: frozenset[str]) -> bool:
    """Whether there is a fact now in the place of those that were known."""
    return bool(old) and VARIES not in old and not new <= old


def reparameterised(old: Conduct, new: Conduct) -> bool:
    """Whether the media type has other parameters, or none any more."""
    if VARIES in old.parameters:
        return False
    return not new.parameters <= old.parameters or bool(old.parameters and not new.parameters)


class Answers(NamedTuple):
    """What responses of one kind say beside their bodies, all together.

    Attributes:
        seen: How many responses there were.
        headers: The contract's headers, as an object.
        conduct: What headers and bodies say.
        challenges: The authentication schemes they ask for.
    """

    seen: int = 0
    headers: Shape = UNKNOWN
    conduct: Conduct = Conduct()
    challenges: frozenset[str] = NOTHING

    def demands(self, auth: frozenset[str] = NOTHING) -> Demands:
        """What they ask of the client, given how requests authenticate."""
        return Demands(self.conduct.redirects, self.conduct.steps, self.challenges, auth)


def answers(exchanges: Sequence[Exchange]) -> Answers:
    """What the responses of some exchanges say beside their bodies."""
    conduct = Conduct()
    for exchange in exchanges:
        conduct = conduct.merged(_conduct(exchange))
    return Answers(
        len(exchanges),
        infer(contract_headers(exchange.response_headers) for exchange in exchanges),
        conduct,
        NOTHING.union(*map(challenges, exchanges)),
    )


def _conduct(exchange: Exchange) -> Conduct:
    headers = exchange.response_headers
    parameters, version = _media_parameters(headers.get("content-type", ""))
    versions = {name: _version(text) for name, text in headers.items() if names_version(name)}
    versions[IN_MEDIA_TYPE] = version
    return Conduct(
        limits=limits_of(headers),
        retry_after=_retry_form(headers.get("retry-after", "")),
        versions={name: versions[name] for name in sorted(versions) if versions[name]},
        parameters=parameters,
        pagination=paged(exchange),
        deprecation=_deprecation(headers.get("deprecation", "")),
        sunset=_dates(headers.get("sunset", "")),
        redirects=_redirection(exchange),
        steps=_steps(exchange),
    )


def sunset_of(headers: Mapping[str, str]) -> str:
    """The day in a response's Sunset (RFC 8594), ISO 8601; "" for none."""
    return _http_date(headers.get("sunset", ""))


def _retry_form(value: str) -> frozenset[str]:
    """RFC 9110, section 10.2.3."""
    if not value.strip():
        return NOTHING
    if re.fullmatch(r"\s*[0-9]+\s*", value):
        return frozenset({"seconds"})
    return frozenset({"http-date" if _http_date(value) else "neither seconds nor a date"})


_VERSION: Final = re.compile(r"[vV]?[0-9]{1,8}(?:[.-][0-9A-Za-z]{1,12}){0,4}|[a-z]{2,16}")


def _version(value: str) -> frozenset[str]:
    """The version, where it looks like one: what else may stand in such a header is not kept."""
    text = value.strip()
    return frozenset({text}) if _VERSION.fullmatch(text) else NOTHING


_VERSION_PARAMETERS: Final = frozenset({"version", "v", "api-version", "apiversion"})
_TOKEN: Final = re.compile(r"[a-z][a-z0-9._-]{0,31}")


def _media_parameters(content_type: str) -> tuple[frozenset[str], frozenset[str]]:
    """The parameters of a media type as one text, and the version among them."""
    written, version = [], NOTHING
    for part in content_type.split(";")[1 : 1 + _MOST]:
        name, _, value = part.strip().lower().partition("=")
        text = value.strip().strip('"')
        if name in _VERSION_PARAMETERS:
            version |= _version(text)
        elif name == "charset":
            written.append(f"charset={text}" if _TOKEN.fullmatch(text) else "charset")
        elif name not in {"boundary", "q"} and _TOKEN.fullmatch(name):
            written.append(name)
    return frozenset({"; ".join(sorted(set(written)))} - {""}), version


def _deprecation(value: str) -> frozenset[str]:
    """RFC 9745 has `@` and Unix seconds; its drafts had `true` or a date."""
    text = value.partition(";")[0].strip()
    if not text or text.lower() in {"false", "?0"}:
        return NOTHING
    found = re.fullmatch(r"@(-?[0-9]{1,12})", text)
    if found is None:
        return _dates(text) or frozenset({"announced"})
    try:
        return frozenset({dt.datetime.fromtimestamp(int(found[1]), dt.UTC).date().isoformat()})
    except (ValueError, OverflowError, OSError):
        return frozenset({"announced"})


def _dates(value: str) -> frozenset[str]:
    date = _http_date(value)
    return frozenset({date}) if date else NOTHING


def _http_date(value: str) -> str:
    """The day of an HTTP date, or of an ISO one as some send; "" where it is neither."""
    for read in (parsedate_to_datetime, dt.datetime.fromisoformat):
        try:
            return read(value.strip()).date().isoformat()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return ""


_BECOME_GET: Final = frozenset({301, 302, 303})


def _redirection(exchange: Exchange) -> frozenset[str]:
    if not redirects(exchange) or leads_to_login(exchange):
        return NOTHING
    place = SAME_HOST
    asked = split_url(exchange.url).hostname
    if asked and _target_host(exchange) not in {None, asked}:
        place = OTHER_HOST
    lost = exchange.status in _BECOME_GET and exchange.method not in {"GET", "HEAD"}
    return frozenset({place, METHOD_LOST}) if lost else frozenset({place})


def _target_host(exchange: Exchange) -> str | None:
    try:
        target = urljoin(exchange.url, exchange.response_headers["location"])
    except ValueError:
        return None
    return split_url(target).hostname


def _steps(exchange: Exchange) -> frozenset[str]:
    steps = {LOGIN} if leads_to_login(exchange) else set()
    return frozenset(steps | {STEP_UP} if asks_for_more(exchange) else steps)
