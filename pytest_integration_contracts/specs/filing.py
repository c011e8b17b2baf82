"""Files that have a version, and the folder of those they replace."""

from __future__ import annotations

from pathlib import Path

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.files import leads_outside, write_atomically


def file_version(path: Path, content: bytes, history: Path, *, current: str, new: str, within: Path) -> None:
    """Write a version of a file; the one it replaces goes to history first.

    Args:
        path: The file.
        content: What it holds from now on.
        history: The folder of the versions before.
        current: The version that is there, "" for none.
        new: The version to write; MAJOR.MINOR, as `current`.
        within: The directory that nothing may be written outside of.

    Raises:
        SpecError: It cannot be written.
    """
    if leads_outside(path, within):
        raise SpecError(f"{path}: leads outside {within} by a link; nothing is written there")
    try:
        if current not in {"", new}:
            breaks = current.partition(".")[0] != new.partition(".")[0]
            name = f"{current}-broken-by-{new}" if breaks else current
            write_atomically(history / f"{name}{path.suffix}", path.read_bytes())
        write_atomically(path, content)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written: {error.strerror or error}") from error


def in_order(version: str) -> list[int]:
    """What versions are sorted by, the oldest first."""
    return [int(number) for number in version.split(".")]
