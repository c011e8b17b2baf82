"""Which hosts recorded traffic talks to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from pytest_integration_contracts.traffic.cassettes import read_cassette


def survey(cassettes: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """The hosts in cassettes, each with its origins (`https://api.crm.example`), sorted.

    Raises:
        CassetteError: A file is no cassette.
    """
    origins: dict[str, set[str]] = defaultdict(set)
    for path in cassettes:
        for interaction in read_cassette(path) or ():
            parts = urlsplit(interaction.request.uri)
            origins[parts.hostname or "unknown-host"].add(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    return {host: tuple(sorted(origins[host])) for host in sorted(origins)}
