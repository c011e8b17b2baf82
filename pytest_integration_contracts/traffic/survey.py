"""Which hosts recorded traffic talks to."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

from pytest_integration_contracts.traffic.cassettes import read_cassette


def survey(directory: Path) -> dict[str, tuple[str, ...]]:
    """The hosts in all cassettes below a directory, each with its origins (`https://api.crm.example`), sorted.

    Raises:
        CassetteError: A file is no cassette.
    """
    origins: dict[str, set[str]] = defaultdict(set)
    for path in sorted(directory.rglob("*.yaml")):
        for interaction in read_cassette(path) or ():
            parts = urlsplit(interaction.request.uri)
            origins[parts.hostname or "unknown-host"].add(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    return {host: tuple(sorted(origins[host])) for host in sorted(origins)}
