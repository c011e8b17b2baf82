"""What `contracts.toml` says, as typed objects, and whose a URL is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.manifest.acceptances import Acceptance
from pytest_integration_contracts.manifest.monitoring import AlertSettings, HealthSettings, Window
from pytest_integration_contracts.model import MAX_DEPTH
from pytest_integration_contracts.patterns import glob_matches, glob_precision

MODES: Final = ("sync", "events", "batch")
OUTAGES: Final = ("fail", "skip")
OUTDATED: Final = ("warn", "fail")
ENFORCEMENTS: Final = ("fail", "warn", "off")
PRESETS: Final = ("standard", "strict", "lenient")
WEIGHTS: Final = ("breaking", "warning", "compatible", "off")


@dataclass(frozen=True, slots=True)
class Override:
    """What the manifest says about the severity of a rule, in place of what evidence would say.

    Attributes:
        rule: A rule's id, or a pattern of ids: `format.*`, `*`.
        severity: `breaking`, `warning`, `compatible` or `off`.
        integration: The one integration it is for, "" for all.
        operation: A pattern of operations, `GET /customers/*`, "" for all.
        path: A pattern of paths, "" for all.
    """

    rule: str
    severity: str
    integration: str = ""
    operation: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """What is decided about a place of a body, so that nothing is guessed.

    Attributes:
        path: A pattern of paths, `$.rates`.
        operation: A pattern of operations, `GET /rates`, "" for all.
    """

    path: str
    operation: str = ""

    def is_about(self, operation: str) -> bool:
        """Whether it is about an operation, by the operation's name."""
        return not self.operation or glob_matches(self.operation, operation)


@dataclass(frozen=True, slots=True)
class Prefix:
    """One URL prefix of an integration.

    Attributes:
        actual: The prefix as it is today, variables filled in, without a trailing slash.
        canonical: The same with the defaults of its variables: what cassettes keep.
        label: What tells operations below it from those below the integration's first prefix: `/v2`,
            `/auth.crm.example`; "" for the first.
    """

    actual: str
    canonical: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class MaxAge:
    """How old recordings may be.

    Attributes:
        written: As the manifest says it: `180d`.
        seconds: The same in seconds.
        fails: Whether a run fails on older ones; else they are only told of.
    """

    written: str
    seconds: float
    fails: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSettings:
    """What the manifest says about some operations, in place of what it says about all of their integration.

    Attributes:
        operation: A pattern of operations, `GET /customers/*`.
        enforce: What their findings may do: one of `ENFORCEMENTS`.
        preset: How their changes are weighed: one of `PRESETS`.
        latency: As in `Integration`.
        freshness: As in `Integration`.
    """

    operation: str
    enforce: str | None = None
    preset: str | None = None
    latency: float | None = None
    freshness: tuple[str, float] | None = None


SETTINGS: Final = ("enforce", "preset", "latency", "freshness")
"""What may be said of some operations only."""


@dataclass(frozen=True, slots=True)
class Integration:
    """One upstream.

    Attributes:
        name: Its name in the manifest.
        prefixes: Which exchanges are its own, the longest first.
        owner: Who owns it on this side.
        contact: Whom to call upstream.
        runbook: Where its runbook is.
        credentials: A reference to the credential, `env:CRM_TOKEN`.
        mode: How data arrives: `sync`, `events` or `batch`.
        templates: Path templates that go before the guessed ones: `/customers/{id}/notes/{slug}`.
        outage: What a test does whose upstream is down: `fail` or `skip`.
        maps: Places whose keys are data, whatever they look like.
        records: Places whose keys are names, whatever they look like.
        latency: How long 95 in 100 live responses may take, in seconds; 0 for any time.
        freshness: The path of times, and how old the newest of them may be in seconds; None for any age.
        max_age: How old recordings of it may be; None for any age.
        declared: Whether a manifest names it; where none does, the host's name stands for it.
        enforce: What findings about it may do: `fail`; `warn` to be told and fail nothing; `off` not to be judged.
        preset: How its changes are weighed, "" for as all others are.
        operations: What holds for some of its operations only.
        acceptances: The changes that are accepted for a while.
        openapi: Where its OpenAPI document is: a URL, or a path below or beside the manifest; "" for none.
        openapi_source: The same with the defaults of its variables: what is kept.
        graphql: The same of its GraphQL schema: the URL of its endpoint, or a path.
        cadence: How often it is to be asked, in seconds; 0 where that is not said.
        feeds: What depends on it downstream: `dashboard.revenue`.
        system_of_record: Where the data has its home.
        retries: How often a live run tries a test again whose upstream is down.
        maintenance: When the upstream is being worked on.
        alerts: What is told of it, and to whom; None where nothing is monitored.
    """

    name: str
    prefixes: tuple[Prefix, ...] = ()
    owner: str = ""
    contact: str = ""
    runbook: str = ""
    credentials: str = ""
    mode: str = "sync"
    templates: tuple[str, ...] = ()
    outage: str = "fail"
    maps: tuple[Pin, ...] = ()
    records: tuple[Pin, ...] = ()
    latency: float = 0.0
    freshness: tuple[str, float] | None = None
    max_age: MaxAge | None = None
    declared: bool = True
    enforce: str = ENFORCEMENTS[0]
    preset: str = ""
    operations: tuple[OperationSettings, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    openapi: str = ""
    openapi_source: str = ""
    graphql: str = ""
    cadence: float = 0.0
    feeds: tuple[str, ...] = ()
    system_of_record: str = ""
    retries: int = 0
    maintenance: tuple[Window, ...] = ()
    alerts: AlertSettings | None = None

    @property
    def lacks_urls(self) -> bool:
        """Whether it is asked over HTTP, and only its OpenAPI document says where."""
        return bool(self.openapi) and not self.prefixes and self.mode == MODES[0]

    def at(self, operation: str) -> Integration:
        """The same with what holds for one of its operations, by the operation's name."""
        if not self.operations:
            return self
        said = {setting: self.said_of(operation, setting) for setting in SETTINGS}
        return replace(self, **{setting: getattr(each, setting) for setting, each in said.items() if each})

    def said_of(self, operation: str, setting: str) -> OperationSettings | None:
        """The most specific of what is said of operations that says one of `SETTINGS` for this one; None for none."""
        saying = [
            (glob_precision(each.operation), position, each)
            for position, each in enumerate(self.operations)
            if getattr(each, setting) is not None and glob_matches(each.operation, operation)
        ]
        return max(saying, key=lambda each: each[:2])[-1] if saying else None

    @property
    def named(self) -> tuple[str, ...]:
        """The templates as they stand in operations' names, below each of its prefixes."""
        labels = sorted({"", *(prefix.label for prefix in self.prefixes)})
        return tuple(f"{label}{template}" for label in labels for template in self.templates)


_UNITS: Final = (("GB", 1024**3), ("MB", 1024**2), ("kB", 1024))


@dataclass(frozen=True, slots=True)
class Limits:
    """How large bodies may be: what hostile ones must not exceed, and honest ones seldom do.

    Attributes:
        body: As they come, in bytes.
        decompressed: Once their content encoding is undone, in bytes.
        depth: How deep they may be nested, in levels; at most `MAX_DEPTH`, which the engine can stand.
    """

    body: int = 64 * 1024**2
    decompressed: int = 64 * 1024**2
    depth: int = MAX_DEPTH

    def too_large(self, key: str, found: int = 0) -> BodyError:
        """The error for a body that exceeds a limit of size.

        Args:
            key: Which limit: `body` or `decompressed`.
            found: Its size in bytes, 0 where nobody went on reading.
        """
        unpacked = " once it is decompressed" if key == "decompressed" else ""
        told = f" ({found} bytes)" if found else ""
        limit = self.body if key == "body" else self.decompressed
        return BodyError(f"a body is larger than {readable_size(limit)}{unpacked}{told}; {_remedy(key)}")

    def too_deep(self, what: str = "levels", allowed: int = 0) -> BodyError:
        """The error for a body that is nested too deep.

        Args:
            what: What was counted: `levels`, `elements`.
            allowed: How many of them are allowed, where that is not the limit itself.
        """
        remedy = _remedy("depth") if self.depth < MAX_DEPTH else "check a part of it instead"
        return BodyError(f"a body is nested deeper than {allowed or self.depth} {what}; {remedy}")


DEFAULT_LIMITS: Final = Limits()


def _remedy(key: str) -> str:
    return f"raise `{key}` under `[defaults.limits]` in contracts.toml, or check a part of it instead"


def readable_size(number: int) -> str:
    """A number of bytes as a person reads it: `64 MB`, `1.5 kB`."""
    for unit, factor in _UNITS:
        if number >= factor:
            return f"{number / factor:.4g} {unit}"
    return f"{number} bytes"


_SPANS: Final = (("d", 86400.0), ("h", 3600.0), ("m", 60.0))


def readable_duration(seconds: float) -> str:
    """A duration as a manifest says it: `6h`, `30d`, `0.8s`."""
    for unit, size in _SPANS:
        if seconds >= size and not seconds % size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.12g}s"


_Origin = tuple[str, tuple[str, int | None]]
"""Scheme, host and port."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one `contracts.toml` says, or the defaults where there is none.

    Attributes:
        root: The directory it stands in; paths of cassettes are relative to it.
        directory: Where snapshots and cassettes are kept.
        integrations: The integrations by name.
        network: Where sockets may connect to while recordings are replayed: `host` or `host:port`.
        preset: How changes are weighed: one of `PRESETS`.
        overrides: What is weighed differently, in the order of the file. Their rules are checked by the policy.
        max_age: How old recordings of what no integration claims may be; None for any age.
        adopt_vcr: Whether tests whose cassettes pytest-recording keeps are contract tests, too.
        limits: How large bodies may be.
        enforce: What findings may do about what no integration claims: one of `ENFORCEMENTS`.
        health: How the upstreams are monitored; None where they are not.
    """

    root: Path
    directory: Path
    integrations: Mapping[str, Integration]
    network: tuple[str, ...] = ()
    preset: str = PRESETS[0]
    overrides: tuple[Override, ...] = ()
    limits: Limits = DEFAULT_LIMITS
    adopt_vcr: bool = False
    max_age: MaxAge | None = None
    enforce: str = ENFORCEMENTS[0]
    health: HealthSettings | None = None
    _at: dict[_Origin, list[tuple[str, Integration, Prefix]]] = field(init=False, repr=False, compare=False)
    """Prefixes as URLs may have them, by origin: a URL is not held against those of all integrations."""
    _meant: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        at: dict[_Origin, list[tuple[str, Integration, Prefix]]] = defaultdict(list)
        for integration in self.integrations.values():
            for prefix in integration.prefixes:
                for candidate in (prefix.actual, prefix.canonical):
                    at[_origin(split_url(candidate))].append((candidate, integration, prefix))
        every = self.integrations.values()
        pinned = (pin.operation for each in every for pin in (*each.maps, *each.records))
        settled = (settings.operation for each in every for settings in each.operations)
        accepted = (acceptance.operation for each in every for acceptance in each.acceptances)
        overridden = (override.operation for override in self.overrides)
        object.__setattr__(self, "_at", dict(at))
        object.__setattr__(self, "_meant", frozenset({*pinned, *settled, *accepted, *overridden}))

    @property
    def limits_age(self) -> bool:
        """Whether any recording may be too old."""
        return self.max_age is not None or any(each.max_age for each in self.integrations.values())

    def claim(self, url: str) -> tuple[Integration, str] | None:
        """The integration whose prefix a URL has, and the URL with the canonical prefix in its place."""
        best: tuple[int, Integration, str] | None = None
        for candidate, integration, prefix in self._at.get(_origin(split_url(url)), ()):
            rest = rest_after(candidate, url)
            length = len(split_url(candidate).path)
            if rest is not None and (best is None or length > best[0]):
                best = (length, integration, prefix.canonical + rest)
        return best[1:] if best else None

    def names_operation(self, name: str) -> bool:
        """Whether an operation is meant by its very name, by an override, a pin or the like: it keeps that name."""
        return name in self._meant

    def below(self, url: str) -> tuple[Integration, Prefix, str]:
        """The integration of a canonical URL, the longest of its prefixes that the URL has, and what follows that."""
        integration = self.integration_of(url)
        found = [(each, rest) for each in integration.prefixes if (rest := rest_after(each.canonical, url)) is not None]
        prefix, rest = max(found, key=lambda each: len(each[0].canonical), default=(Prefix("", ""), "/"))
        return integration, prefix, rest

    def integration_of(self, url: str) -> Integration:
        """The integration a URL belongs to; one named after the host where no prefix matches."""
        claimed = self.claim(url)
        if claimed:
            return claimed[0]
        parts = split_url(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return replace(
            self.undeclared(parts.hostname or "unknown-host"), prefixes=(Prefix(origin, origin),), max_age=self.max_age
        )

    def undeclared(self, name: str) -> Integration:
        """The integration that stands for what this manifest does not name."""
        return Integration(name, declared=False, enforce=self.enforce)


def rest_after(prefix: str, url: str) -> str | None:
    """What follows a prefix in a URL, or None where the URL does not have it. A prefix ends between segments."""
    wanted, given = split_url(prefix), split_url(url)
    if _origin(wanted) != _origin(given):
        return None
    base = wanted.path.rstrip("/")
    if given.path != base and not given.path.startswith(f"{base}/"):
        return None
    query = f"?{given.query}" if given.query else ""
    return given.path[len(base) :] + query


def _origin(parts: SplitResult) -> _Origin:
    return parts.scheme.lower(), authority(parts)


def split_url(url: str) -> SplitResult:
    """The parts of a URL, all of them empty where it is malformed: upstreams send whatever they like."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def authority(parts: SplitResult) -> tuple[str, int | None]:
    """Host and port of a URL, the scheme's own port where it names none; ("", None) where it is malformed."""
    try:
        port = parts.port
    except ValueError:
        return ("", None)
    return (parts.hostname or "", port or {"http": 80, "https": 443}.get(parts.scheme.lower()))
