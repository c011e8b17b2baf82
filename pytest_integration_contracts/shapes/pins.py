"""What the manifest decides about places of bodies, so that nothing is guessed there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pytest_integration_contracts.patterns import PathPattern


@dataclass(frozen=True, slots=True)
class Pins:
    """Places by patterns of their paths.

    Attributes:
        maps: Objects whose names are data, whatever they look like.
        records: Objects whose names are names, whatever they look like.
    """

    maps: tuple[PathPattern, ...] = ()
    records: tuple[PathPattern, ...] = ()

    def is_map(self, path: str) -> bool:
        """Whether the object at a path is a map."""
        return any(pattern.matches(path) for pattern in self.maps)

    def is_record(self, path: str) -> bool:
        """Whether the object at a path is a record."""
        return any(pattern.matches(path) for pattern in self.records)


NO_PINS: Final = Pins()
