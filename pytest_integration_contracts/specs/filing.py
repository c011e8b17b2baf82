"""Files that have a version, and the folder of those they replace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.files import leads_outside, write_atomically


class Versioned(Protocol):
    """What is kept."""

    @property
    def version(self) -> str:
        """MAJOR.MINOR."""

    def to_text(self) -> str:
        """The file's text."""


Kept = TypeVar("Kept", bound=Versioned)


@dataclass(frozen=True, slots=True)
class Shelf(Generic[Kept]):
    """Where one kind of file is kept, in the folder of an integration's snapshots.

    Attributes:
        name: The file's name.
        history: The folder of the versions before, below that of the file.
        read_file: What a file holds, None where there is none; raises `SpecError` where it cannot be used.
    """

    name: str
    history: str
    read_file: Callable[[Path], Kept | None]

    def path_in(self, folder: Path) -> Path:
        """Where the file is.

        Args:
            folder: The folder of the integration's snapshots.
        """
        return folder / self.name

    def read(self, folder: Path) -> Kept | None:
        """What is kept, None where nothing is.

        Raises:
            SpecError: There is a file, and it cannot be used.
        """
        return self.read_file(self.path_in(folder))

    def versions(self, folder: Path) -> list[Kept]:
        """All versions, the oldest first.

        Raises:
            SpecError: One of them cannot be used.
        """
        before = (folder / self.history).glob(f"*{Path(self.name).suffix}")
        found = [kept for path in [*before, self.path_in(folder)] if (kept := self.read_file(path)) is not None]
        return sorted(found, key=lambda each: [int(number) for number in each.version.split(".")])

    def write(self, folder: Path, kept: Kept, within: Path) -> Path:
        """Keep a version; the one it replaces goes to history first.

        Args:
            folder: The folder of the integration's snapshots.
            kept: The version.
            within: The directory that nothing may be written outside of.

        Raises:
            SpecError: It cannot be written.
        """
        path = self.path_in(folder)
        if leads_outside(path, within):
            raise SpecError(f"{path}: leads outside {within} by a link; nothing is written there")
        replaced, new = self.read_file(path), kept.version
        try:
            if replaced is not None and replaced.version != new:
                breaks = replaced.version.partition(".")[0] != new.partition(".")[0]
                name = f"{replaced.version}-broken-by-{new}" if breaks else replaced.version
                write_atomically(folder / self.history / f"{name}{path.suffix}", path.read_bytes())
            write_atomically(path, kept.to_text().encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise SpecError(f"{path}: cannot be written: {error.strerror or error}") from error
        return path
