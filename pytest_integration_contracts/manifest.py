"""`contracts.toml` to typed objects. Where it is, what it says, and one clear error where it cannot be used."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from pytest_integration_contracts.errors import ManifestError
from pytest_integration_contracts.patterns import PathPattern, glob_matches

FILE_NAME: Final = "contracts.toml"
TO_FILL_IN: Final = "FILL IN"
"""What stands in a new manifest where somebody must say something."""

MODES: Final = ("sync", "events", "batch")
RESERVED_NAMES: Final = frozenset({"cassettes"})

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_URL = re.compile(r"(?i:https?)://[^\s/?#@${}\\]+(?:/[^\s?#{}]*)?")
_TOP_KEYS: Final = ("defaults", "policy", "integrations")
_DEFAULT_KEYS: Final = ("directory", "network")
OUTAGES: Final = ("fail", "skip")
_INTEGRATION_KEYS: Final = (
    "urls",
    "owner",
    "contact",
    "runbook",
    "credentials",
    "mode",
    "templates",
    "outage",
    "maps",
    "records",
    "latency",
    "freshness",
)
PRESETS: Final = ("standard", "strict", "lenient")
WEIGHTS: Final = ("breaking", "warning", "compatible", "off")
_POLICY_KEYS: Final = ("preset", "overrides")
_OVERRIDE_KEYS: Final = ("rule", "severity", "integration", "operation", "path")
_DURATION = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?P<unit>ms|s|m|h|d|w)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


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
        canonical: The integration's first prefix with the defaults of its variables: what cassettes keep.
    """

    actual: str
    canonical: str


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
        declared: Whether a manifest names it; where none does, the host's name stands for it.
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
    declared: bool = True


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
    """

    root: Path
    directory: Path
    integrations: Mapping[str, Integration]
    network: tuple[str, ...] = ()
    preset: str = PRESETS[0]
    overrides: tuple[Override, ...] = ()

    def claim(self, url: str) -> tuple[Integration, str] | None:
        """The integration whose prefix a URL has, and the URL with the canonical prefix in its place."""
        best: tuple[int, Integration, str] | None = None
        for integration in self.integrations.values():
            for prefix in integration.prefixes:
                for candidate in (prefix.actual, prefix.canonical):
                    rest = rest_after(candidate, url)
                    length = len(split_url(candidate).path)
                    if rest is not None and (best is None or length > best[0]):
                        best = (length, integration, prefix.canonical + rest)
        return best[1:] if best else None

    def integration_of(self, url: str) -> Integration:
        """The integration a URL belongs to; one named after the host where no prefix matches."""
        claimed = self.claim(url)
        if claimed:
            return claimed[0]
        parts = split_url(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return Integration(parts.hostname or "unknown-host", (Prefix(origin, origin),), declared=False)


def rest_after(prefix: str, url: str) -> str | None:
    """What follows a prefix in a URL, or None where the URL does not have it. A prefix ends between segments."""
    wanted, given = split_url(prefix), split_url(url)
    if (wanted.scheme.lower(), _authority(wanted)) != (given.scheme.lower(), _authority(given)):
        return None
    base = wanted.path.rstrip("/")
    if given.path != base and not given.path.startswith(f"{base}/"):
        return None
    query = f"?{given.query}" if given.query else ""
    return given.path[len(base) :] + query


def split_url(url: str) -> SplitResult:
    """The parts of a URL, all of them empty where it is malformed: upstreams send whatever they like."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _authority(parts: SplitResult) -> tuple[str, int | None]:
    try:
        port = parts.port
    except ValueError:
        return ("", None)
    return (parts.hostname or "", port or {"http": 80, "https": 443}.get(parts.scheme.lower()))


def find(start: Path, *, stop: Path) -> Path | None:
    """The nearest manifest at or above a directory, up to the root of its repository.

    Args:
        start: A directory.
        stop: Where to stop in a tree that is no repository.

    Returns:
        The path of a `contracts.toml`, or None.
    """
    for directory in (start, *start.parents):
        candidate = directory / FILE_NAME
        if candidate.is_file():
            return candidate
        if (directory / ".git").exists():
            return None
        if directory == stop and not any((parent / ".git").exists() for parent in directory.parents):
            return None
    return None


def without_file(root: Path) -> Manifest:
    """The manifest of a project that has none: `contracts/` at its root, integrations named after hosts."""
    return Manifest(root, root / "contracts", {})


def load(path: Path, environment: Mapping[str, str]) -> Manifest:
    """Read a manifest.

    Args:
        path: The file.
        environment: Where `${VAR}` and `${VAR:-default}` in `urls` are looked up.

    Raises:
        ManifestError: The file cannot be read, is not TOML, or says something it cannot mean.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:  # tomllib lets more than its own error out
        raise ManifestError(f"{path}: is not TOML: {error}") from error
    _only_known(path, "", document, _TOP_KEYS)
    defaults = _table(path, "defaults", document.get("defaults", {}))
    _only_known(path, "defaults", defaults, _DEFAULT_KEYS)
    entries = _table(path, "integrations", document.get("integrations", {}))
    integrations = {
        name: _integration(path, name, _table(path, f"integrations.{name}", entry), environment)
        for name, entry in entries.items()
    }
    _disjoint(path, integrations.values())
    network = _strings(path, "defaults.network", defaults.get("network", []))
    policy = _table(path, "policy", document.get("policy", {}))
    _only_known(path, "policy", policy, _POLICY_KEYS)
    return Manifest(
        path.parent,
        path.parent / _directory(path, defaults),
        integrations,
        network,
        preset=_one_of(path, "policy.preset", policy.get("preset", PRESETS[0]), PRESETS),
        overrides=_overrides(path, policy.get("overrides", []), integrations),
    )


def _directory(path: Path, defaults: Mapping[str, Any]) -> str:
    directory = defaults.get("directory", "contracts")
    if (
        not isinstance(directory, str)
        or not Path(directory).parts
        or Path(directory).is_absolute()
        or ".." in Path(directory).parts
        or not directory.isprintable()
    ):
        raise ManifestError(f"{path}: defaults.directory: {directory!r} must be a path below the manifest")
    return directory


def _integration(path: Path, name: str, entry: Mapping[str, Any], environment: Mapping[str, str]) -> Integration:
    place = f"integrations.{name}"
    if not _NAME.fullmatch(name) or name.lower() in RESERVED_NAMES:
        raise ManifestError(
            f"{path}: {place}: a name is letters, digits, `.`, `_` and `-`, and not `cassettes`; rename it"
        )
    _only_known(path, place, entry, _INTEGRATION_KEYS)
    for key in ("owner", "contact", "runbook", "credentials"):
        if not isinstance(entry.get(key, ""), str):
            raise ManifestError(f"{path}: {place}.{key}: must be a string")
    mode = _one_of(path, f"{place}.mode", entry.get("mode", MODES[0]), MODES)
    outage = _one_of(path, f"{place}.outage", entry.get("outage", OUTAGES[0]), OUTAGES)
    return Integration(
        name=name,
        prefixes=_prefixes(path, place, entry, environment),
        owner=_filled_in(entry, "owner"),
        contact=_filled_in(entry, "contact"),
        runbook=_filled_in(entry, "runbook"),
        credentials=_credentials(path, place, entry),
        mode=mode,
        templates=_templates(path, place, entry),
        outage=outage,
        maps=_pins(path, f"{place}.maps", entry.get("maps", [])),
        records=_pins(path, f"{place}.records", entry.get("records", [])),
        latency=_duration(path, f"{place}.latency", entry["latency"]) if "latency" in entry else 0.0,
        freshness=_freshness(path, f"{place}.freshness", entry["freshness"]) if "freshness" in entry else None,
    )


def _overrides(path: Path, value: object, integrations: Iterable[str]) -> tuple[Override, ...]:
    if not isinstance(value, list):
        raise ManifestError(f"{path}: policy.overrides: must be tables, each beginning with `[[policy.overrides]]`")
    return tuple(
        _override(path, f"policy.overrides[{number}]", entry, tuple(integrations)) for number, entry in enumerate(value)
    )


def _override(path: Path, place: str, value: object, integrations: tuple[str, ...]) -> Override:
    entry = _table(path, place, value)
    _only_known(path, place, entry, _OVERRIDE_KEYS)
    for key in ("rule", "severity"):
        if key not in entry:
            raise ManifestError(f"{path}: {place}.{key}: is missing; say which rule, and how grave it is")
    for key in ("rule", "integration", "operation", "path"):
        if key in entry and (not isinstance(entry[key], str) or not entry[key]):
            raise ManifestError(f"{path}: {place}.{key}: must be a string that is not empty")
    severity = _one_of(path, f"{place}.severity", entry["severity"], WEIGHTS)
    if "integration" in entry:
        _known(path, f"{place}.integration", entry["integration"], integrations, "integration")
    if "path" in entry:
        _path_pattern(path, f"{place}.path", entry["path"])
    texts = {key: entry.get(key, "") for key in ("integration", "operation", "path")}
    return Override(entry["rule"], severity, **texts)


def _pins(path: Path, place: str, value: object) -> tuple[Pin, ...]:
    """Pins written as `$.rates`, or `GET /rates $.rates`."""
    pins = []
    for text in _strings(path, place, value):
        operation, found, rest = ("", "$", text[1:]) if text.startswith("$") else text.partition(" $")
        pins.append(Pin(_body_path(path, place, f"${rest}" if found else text), operation.strip() if found else ""))
    return tuple(pins)


def _body_path(path: Path, place: str, text: str) -> str:
    if not text.startswith("$"):
        raise ManifestError(f"{path}: {place}: {text!r} is no JSONPath such as `$.items[*].sku`: must begin with `$`")
    return _path_pattern(path, place, text)


def _path_pattern(path: Path, place: str, text: str) -> str:
    try:
        return PathPattern(text).text
    except ValueError as error:
        raise ManifestError(f"{path}: {place}: {text!r} is no JSONPath such as `$.items[*].sku`: {error}") from error


def _duration(path: Path, place: str, value: object) -> float:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None or not float(found["number"]):
        raise ManifestError(f'{path}: {place}: {value!r} is no duration such as "800ms", "2s", "15m", "24h" or "7d"')
    return float(found["number"]) * _SECONDS[found["unit"]]


def _freshness(path: Path, place: str, value: object) -> tuple[str, float]:
    entry = _table(path, place, value)
    _only_known(path, place, entry, ("path", "within"))
    for key in ("path", "within"):
        if key not in entry:
            raise ManifestError(
                f'{path}: {place}.{key}: is missing; write `{{ path = "$.items[*].updated_at", within = "24h" }}`'
            )
    if not isinstance(entry["path"], str):
        raise ManifestError(f"{path}: {place}.path: must be a string")
    return (
        _body_path(path, f"{place}.path", entry["path"]),
        _duration(path, f"{place}.within", entry["within"]),
    )


def _filled_in(entry: Mapping[str, Any], key: str) -> str:
    """What is said, "" where nobody has filled in yet what `init` has left open."""
    text: str = entry.get(key, "")
    return "" if text == TO_FILL_IN else text


def _credentials(path: Path, place: str, entry: Mapping[str, Any]) -> str:
    reference: str = entry.get("credentials", "")
    if reference and not re.fullmatch(r"[a-z][a-z0-9+-]*:[^\s:]\S*", reference):
        raise ManifestError(
            f"{path}: {place}.credentials: must be a reference such as `env:CRM_TOKEN`, never the secret itself"
        )
    return reference


def _templates(path: Path, place: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    templates = _strings(path, f"{place}.templates", entry.get("templates", []))
    for template in templates:
        if not template.startswith("/"):
            raise ManifestError(f"{path}: {place}.templates: {template!r} must be a path such as `/customers/{{id}}`")
    return templates


def _prefixes(path: Path, place: str, entry: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Prefix, ...]:
    urls = _strings(path, f"{place}.urls", entry.get("urls", []))
    if not urls:
        return ()
    first = _VARIABLE.sub(lambda found: found["default"] or _value(path, place, found, environment), urls[0])
    canonical = _url(path, place, urls[0], first)
    prefixes = []
    for url in urls:
        actual = _VARIABLE.sub(lambda found: _value(path, place, found, environment), url)
        prefixes.append(Prefix(_url(path, place, url, actual), canonical))
    return tuple(sorted(prefixes, key=lambda prefix: (-len(prefix.actual), prefix.actual)))


def _value(path: Path, place: str, found: re.Match[str], environment: Mapping[str, str]) -> str:
    value = environment.get(found["name"]) or found["default"]
    if value is None:
        raise ManifestError(
            f"{path}: {place}.urls: the environment variable {found['name']} is not set;"
            f" set it, or give it a default: `${{{found['name']}:-https://...}}`"
        )
    return value


def _url(path: Path, place: str, written: str, url: str) -> str:
    host, _ = _authority(split_url(url))
    if not host or not _URL.fullmatch(url):
        raise ManifestError(
            f"{path}: {place}.urls: {written!r} must be an http or https URL without user, query or fragment;"
            " variables in it are written `${NAME}` or `${NAME:-default}`"
        )
    return url.rstrip("/")


def _disjoint(path: Path, integrations: Iterable[Integration]) -> None:
    claimed: dict[tuple[object, ...], str] = {}
    for integration in integrations:
        for url in {url for prefix in integration.prefixes for url in (prefix.actual, prefix.canonical)}:
            other = claimed.setdefault(_identity(url), integration.name)
            if other != integration.name:
                raise ManifestError(
                    f"{path}: integrations.{integration.name}.urls: {url} already belongs to"
                    f" `{other}`; one URL is one integration's"
                )


def _identity(url: str) -> tuple[object, ...]:
    """The same for all ways to write one URL."""
    parts = split_url(url)
    return (parts.scheme.lower(), *_authority(parts), parts.path.rstrip("/"))


def _one_of(path: Path, place: str, value: object, known: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in known:
        raise ManifestError(f"{path}: {place}: {value!r} is none of {', '.join(known)}")
    return value


def _strings(path: Path, place: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ManifestError(f"{path}: {place}: must be a list of strings")
    return tuple(value)


def _table(path: Path, place: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ManifestError(f"{path}: {place}: must be a table")
    return value


def _known(path: Path, place: str, name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(known) or 'none'}"
        raise ManifestError(f"{path}: {place}: no {what} `{name}`; {hint}")


def _only_known(path: Path, place: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(known)}"
            raise ManifestError(f"{path}: {f'{place}.' if place else ''}{key}: unknown key; {hint}")
