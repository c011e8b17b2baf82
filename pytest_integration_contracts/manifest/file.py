"""`contracts.toml`: where it is, and what it says, or one clear error where it cannot be used."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path, PurePath
from typing import Any, Final

from pytest_integration_contracts.errors import ManifestError
from pytest_integration_contracts.manifest.acceptances import read_acceptances
from pytest_integration_contracts.manifest.entries import (
    body_path,
    duration,
    known_name,
    one_of,
    only_known,
    path_pattern,
    size,
    strings,
    table,
    whole,
    yes_or_no,
)
from pytest_integration_contracts.manifest.manifest import (
    ENFORCEMENTS,
    MODES,
    OUTAGES,
    OUTDATED,
    PRESETS,
    WEIGHTS,
    Integration,
    Limits,
    Manifest,
    MaxAge,
    Override,
    Pin,
    Prefix,
    authority,
    split_url,
)
from pytest_integration_contracts.manifest.monitoring_entries import HEALTH_KEYS, read_health, read_monitoring
from pytest_integration_contracts.manifest.operations import read_operations, read_settings
from pytest_integration_contracts.model import MAX_DEPTH

FILE_NAME: Final = "contracts.toml"
TO_FILL_IN: Final = "FILL IN"
"""What stands in a new manifest where somebody must say something."""

RESERVED_NAMES: Final = frozenset({"cassettes"})

PUBLISHED: Final = "openapi.json"
"""The file in the folder of an integration's snapshots that is none: what the upstream publishes about itself."""

SCHEMA: Final = "schema.graphql"
"""The same of a GraphQL schema."""


def is_published(path: PurePath) -> bool:
    """Whether a file below `contracts/` is what an upstream publishes, or was: it is no snapshot, and no cassette."""
    return path.name in {PUBLISHED, SCHEMA} or (
        path.parent.parts[-2:] in {("history", PurePath(PUBLISHED).stem), ("history", PurePath(SCHEMA).suffix[1:])}
    )


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_URL = re.compile(r"(?i:https?)://[^\s/?#@${}\\]+(?:/[^\s?#{}]*)?")
_TOP_KEYS: Final = ("defaults", "policy", "health", "integrations")
_DEFAULT_KEYS: Final = ("directory", "network", "adopt_vcr", "max_age", "outdated", "limits", "enforce")
_LIMIT_KEYS: Final = ("body", "decompressed", "depth")
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
    "max_age",
    "outdated",
    "enforce",
    "preset",
    "operations",
    "accept",
    "openapi",
    "graphql",
    *HEALTH_KEYS,
)
_POLICY_KEYS: Final = ("preset", "overrides")
_OVERRIDE_KEYS: Final = ("rule", "severity", "integration", "operation", "path")


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
    only_known(path, "", document, _TOP_KEYS)
    defaults = table(path, "defaults", document.get("defaults", {}))
    only_known(path, "defaults", defaults, _DEFAULT_KEYS)
    max_age = _max_age(path, "defaults", defaults, {})
    entries = table(path, "integrations", document.get("integrations", {}))
    health = read_health(path, document["health"], entries) if "health" in document else None
    integrations = {
        name: _integration(path, name, table(path, f"integrations.{name}", entry), defaults, environment)
        for name, entry in entries.items()
    }
    integrations = {
        name: replace(each, **read_monitoring(path, f"integrations.{name}", entries[name], health))
        for name, each in integrations.items()
    }
    _disjoint(path, integrations.values())
    network = strings(path, "defaults.network", defaults.get("network", []))
    policy = table(path, "policy", document.get("policy", {}))
    only_known(path, "policy", policy, _POLICY_KEYS)
    return Manifest(
        path.parent,
        path.parent / _directory(path, defaults),
        integrations,
        network,
        preset=one_of(path, "policy.preset", policy.get("preset", PRESETS[0]), PRESETS),
        overrides=_overrides(path, policy.get("overrides", []), integrations),
        adopt_vcr=yes_or_no(path, "defaults.adopt_vcr", defaults.get("adopt_vcr", False)),
        max_age=max_age,
        limits=_limits(path, "defaults.limits", defaults.get("limits", {})),
        enforce=_enforce(path, "defaults", defaults),
        health=health,
    )


def _limits(path: Path, place: str, value: object) -> Limits:
    entry = table(path, place, value)
    only_known(path, place, entry, _LIMIT_KEYS)
    sizes = {key: size(path, f"{place}.{key}", entry[key]) for key in ("body", "decompressed") if key in entry}
    depth = whole(path, f"{place}.depth", entry.get("depth", MAX_DEPTH), most=MAX_DEPTH)
    return replace(Limits(**sizes), depth=depth)


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


def _integration(
    path: Path, name: str, entry: Mapping[str, Any], defaults: Mapping[str, Any], environment: Mapping[str, str]
) -> Integration:
    place = f"integrations.{name}"
    if not _NAME.fullmatch(name) or name.lower() in RESERVED_NAMES:
        raise ManifestError(
            f"{path}: {place}: a name is letters, digits, `.`, `_` and `-`, and not `cassettes`; rename it"
        )
    only_known(path, place, entry, _INTEGRATION_KEYS)
    for key in ("owner", "contact", "runbook", "credentials"):
        if not isinstance(entry.get(key, ""), str):
            raise ManifestError(f"{path}: {place}.{key}: must be a string")
    mode = one_of(path, f"{place}.mode", entry.get("mode", MODES[0]), MODES)
    outage = one_of(path, f"{place}.outage", entry.get("outage", OUTAGES[0]), OUTAGES)
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
        max_age=_max_age(path, place, entry, defaults),
        operations=read_operations(path, f"{place}.operations", entry.get("operations", {})),
        acceptances=read_acceptances(path, f"{place}.accept", entry.get("accept", [])),
        openapi=_source(path, f"{place}.openapi", entry.get("openapi", ""), environment),
        openapi_source=_source(path, f"{place}.openapi", entry.get("openapi", ""), environment, _default),
        graphql=_source(path, f"{place}.graphql", entry.get("graphql", ""), environment),
        **{"enforce": _enforce(path, "defaults", defaults), **read_settings(path, place, entry)},
    )


def _enforce(path: Path, place: str, entry: Mapping[str, Any]) -> str:
    return one_of(path, f"{place}.enforce", entry.get("enforce", ENFORCEMENTS[0]), ENFORCEMENTS)


def _max_age(path: Path, place: str, entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> MaxAge | None:
    """What a table says about the age of recordings; what it leaves open the defaults say."""
    written = entry.get("max_age", defaults.get("max_age"))
    outdated = one_of(path, f"{place}.outdated", entry.get("outdated", defaults.get("outdated", OUTDATED[0])), OUTDATED)
    enforced = entry.get("enforce", defaults.get("enforce", ENFORCEMENTS[0])) == ENFORCEMENTS[0]
    if written is not None:
        return MaxAge(written, duration(path, f"{place}.max_age", written), outdated == "fail" and enforced)
    if "outdated" in entry and place != "defaults":
        raise ManifestError(
            f'{path}: {place}.outdated: says what to do about old recordings; say how old: `max_age = "180d"`'
        )
    return None


def _overrides(path: Path, value: object, integrations: Iterable[str]) -> tuple[Override, ...]:
    if not isinstance(value, list):
        raise ManifestError(f"{path}: policy.overrides: must be tables, each beginning with `[[policy.overrides]]`")
    return tuple(
        _override(path, f"policy.overrides[{number}]", entry, tuple(integrations)) for number, entry in enumerate(value)
    )


def _override(path: Path, place: str, value: object, integrations: tuple[str, ...]) -> Override:
    entry = table(path, place, value)
    only_known(path, place, entry, _OVERRIDE_KEYS)
    for key in ("rule", "severity"):
        if key not in entry:
            raise ManifestError(f"{path}: {place}.{key}: is missing; say which rule, and how grave it is")
    for key in ("rule", "integration", "operation", "path"):
        if key in entry and (not isinstance(entry[key], str) or not entry[key]):
            raise ManifestError(f"{path}: {place}.{key}: must be a string that is not empty")
    severity = one_of(path, f"{place}.severity", entry["severity"], WEIGHTS)
    if "integration" in entry:
        known_name(path, f"{place}.integration", entry["integration"], integrations, "integration")
    if "path" in entry:
        path_pattern(path, f"{place}.path", entry["path"])
    texts = {key: entry.get(key, "") for key in ("integration", "operation", "path")}
    return Override(entry["rule"], severity, **texts)


def _pins(path: Path, place: str, value: object) -> tuple[Pin, ...]:
    """Pins written as `$.rates`, or `GET /rates $.rates`."""
    pins = []
    for text in strings(path, place, value):
        operation, found, rest = ("", "$", text[1:]) if text.startswith("$") else text.partition(" $")
        pins.append(Pin(body_path(path, place, f"${rest}" if found else text), operation.strip() if found else ""))
    return tuple(pins)


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
    templates = strings(path, f"{place}.templates", entry.get("templates", []))
    for template in templates:
        if not template.startswith("/"):
            raise ManifestError(f"{path}: {place}.templates: {template!r} must be a path such as `/customers/{{id}}`")
    return templates


_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SOURCE = re.compile(r"(?i:https?)://[^\s/?#@${}\\]+(?:[/?][^\s#]*)?")


_Lookup = Callable[[Path, str, re.Match[str], Mapping[str, str]], str]


def _source(
    path: Path, place: str, value: object, environment: Mapping[str, str], lookup: _Lookup | None = None
) -> str:
    """Where an upstream publishes something about itself: a URL, or the path of a file, relative to the manifest."""
    if not isinstance(value, str) or not value.isprintable():
        raise ManifestError(f"{path}: {place}: must be a URL, or a path relative to this file")
    if not _ADDRESS.match(value) and not value.startswith("${"):
        return value
    url = _VARIABLE.sub(lambda found: (lookup or _value)(path, place, found, environment), value)
    if not _SOURCE.fullmatch(url) or not authority(split_url(url))[0]:
        raise ManifestError(
            f"{path}: {place}: {_without_credentials(value)!r} must be an http or https URL without user or fragment,"
            " or a path relative to this file"
        )
    return url


def _prefixes(path: Path, place: str, entry: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Prefix, ...]:
    where, pairs = f"{place}.urls", []
    for url in strings(path, where, entry.get("urls", [])):
        actual = _VARIABLE.sub(lambda found: _value(path, where, found, environment), url)
        default = _VARIABLE.sub(lambda found: _default(path, where, found, environment), url)
        pairs.append((_url(path, where, url, actual), _url(path, where, url, default)))
    return _labelled(pairs)


def _labelled(urls: Iterable[tuple[str, str]]) -> tuple[Prefix, ...]:
    """Prefixes of actual and canonical URLs, the longest first; the first one given has no label."""
    prefixes: list[Prefix] = []
    for actual, canonical in urls:
        label = _label(prefixes[0].canonical, canonical) if prefixes else ""
        prefixes.append(Prefix(actual, canonical, label))
    return tuple(sorted(prefixes, key=lambda prefix: (-len(prefix.actual), prefix.actual)))


def with_urls(manifest: Manifest, path: Path, urls: Mapping[str, Sequence[tuple[str, str]]]) -> Manifest:
    """A manifest some of whose integrations have URLs that it does not name itself.

    Args:
        manifest: What the file says.
        path: The file.
        urls: By integration, its URLs as they are today, each with what cassettes keep.

    Raises:
        ManifestError: One of them cannot be a prefix, or belongs to another integration.
    """
    integrations = dict(manifest.integrations)
    for name, pairs in urls.items():
        where = f"integrations.{name}.openapi"
        checked = [
            (_url(path, where, actual, actual), _url(path, where, canonical, canonical)) for actual, canonical in pairs
        ]
        integrations[name] = replace(integrations[name], prefixes=_labelled(checked))
    _disjoint(path, integrations.values(), by_document=urls)
    return replace(manifest, integrations=integrations)


def _label(first: str, other: str) -> str:
    """What tells a further prefix from the first: what its path has of its own, or else its host and path."""
    one, two = split_url(first), split_url(other)
    if _identity(first) == _identity(other):
        return ""
    if (one.scheme, authority(one)) != (two.scheme, authority(two)):
        return f"/{two.netloc}{two.path if two.path != one.path else ''}"
    segments = one.path.split("/"), two.path.split("/")
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*segments, strict=False)))
    return f"/{'/'.join(segments[1][shared:]) or f'{two.netloc}{two.path}'}"


def _value(path: Path, place: str, found: re.Match[str], environment: Mapping[str, str]) -> str:
    value = environment.get(found["name"]) or found["default"]
    if value is None:
        raise ManifestError(
            f"{path}: {place}: the environment variable {found['name']} is not set;"
            f" set it, or give it a default: `${{{found['name']}:-https://...}}`"
        )
    return value


def _default(path: Path, place: str, found: re.Match[str], environment: Mapping[str, str]) -> str:
    return found["default"] or _value(path, place, found, environment)


def _without_credentials(url: str) -> str:
    """A URL as messages may show it: user-info and query may be secrets."""
    return re.sub(r"//[^/]*@", "//...@", re.sub(r"[?#].*", "?...", url, count=1, flags=re.DOTALL))


def _url(path: Path, place: str, written: str, url: str) -> str:
    host, _ = authority(split_url(url))
    if not host or not _URL.fullmatch(url):
        raise ManifestError(
            f"{path}: {place}: {_without_credentials(written)!r} must be an http or https URL"
            " without user, query or fragment; variables in it are written `${NAME}` or `${NAME:-default}`"
        )
    return url.rstrip("/")


def _disjoint(path: Path, integrations: Iterable[Integration], by_document: Container[str] = ()) -> None:
    claimed: dict[tuple[object, ...], str] = {}
    for integration in integrations:
        key = "openapi" if integration.name in by_document else "urls"
        for url in {url for prefix in integration.prefixes for url in (prefix.actual, prefix.canonical)}:
            other = claimed.setdefault(_identity(url), integration.name)
            if other != integration.name:
                raise ManifestError(
                    f"{path}: integrations.{integration.name}.{key}: {url} already belongs to"
                    f" `{other}`; one URL is one integration's"
                )


def _identity(url: str) -> tuple[object, ...]:
    """The same for all ways to write one URL."""
    parts = split_url(url)
    return (parts.scheme.lower(), *authority(parts), parts.path.rstrip("/"))
