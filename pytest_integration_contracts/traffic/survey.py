"""Which hosts recorded traffic talks to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from pytest_integration_contracts.traffic.cassettes import Interaction, read_cassette


class Survey:
    """The hosts in cassettes that are read one after the other."""

    def __init__(self) -> None:
        self._origins: dict[str, set[str]] = defaultdict(set)

    def add(self, interactions: Iterable[Interaction]) -> None:
        """Take note of what one cassette holds."""
        for interaction in interactions:
            parts = urlsplit(interaction.request.uri)
            origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            self._origins[parts.hostname or "unknown-host"].add(origin)

    @property
    def hosts(self) -> dict[str, tuple[str, ...]]:
        """Each host with its origins (`https://api.crm.example`), sorted."""
        return {host: tuple(sorted(self._origins[host])) for host in sorted(self._origins)}


def survey(cassettes: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """The hosts in cassettes, each with its origins (`https://api.crm.example`), sorted.

    Raises:
        CassetteError: A file is no cassette.
    """
    found = Survey()
    for path in cassettes:
        found.add(read_cassette(path) or ())
    return found.hosts
