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

FILE_NAME: Final = "contracts.toml"
MODES: Final = ("sync", "events", "batch")
RESERVED_NAMES: Final = frozenset({"cassettes"})

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_URL = re.compile(r"(?i:https?)://[^\s/?#@${}\\]+(?:/[^\s?#{}]*)?")
_TOP_KEYS: Final = ("defaults", "integrations")
_DEFAULT_KEYS: Final = ("directory", "network")
OUTAGES: Final = ("fail", "skip")
_INTEGRATION_KEYS: Final = ("urls", "owner", "contact", "runbook", "credentials", "mode", "templates", "outage")


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
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one `contracts.toml` says, or the defaults where there is none.

    Attributes:
        root: The directory it stands in; paths of cassettes are relative to it.
        directory: Where snapshots and cassettes are kept.
        integrations: The integrations by name.
        network: Where sockets may connect to while recordings are replayed: `host` or `host:port`.
    """

    root: Path
    directory: Path
    integrations: Mapping[str, Integration]
    network: tuple[str, ...] = ()

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
    return Manifest(path.parent, path.parent / _directory(path, defaults), integrations, network)


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
        owner=entry.get("owner", ""),
        contact=entry.get("contact", ""),
        runbook=entry.get("runbook", ""),
        credentials=_credentials(path, place, entry),
        mode=mode,
        templates=_templates(path, place, entry),
        outage=outage,
    )


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


def _only_known(path: Path, place: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(known)}"
            raise ManifestError(f"{path}: {f'{place}.' if place else ''}{key}: unknown key; {hint}")
