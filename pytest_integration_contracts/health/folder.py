"""The folder that holds what is nobody's source: it keeps itself out of version control."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pytest_integration_contracts.files import write_atomically

NAME: Final = ".contracts"


def make(folder: Path, root: Path) -> None:
    """Make a folder below the manifest's, with a `.gitignore` that takes in all of it.

    A folder that was there before is somebody else's, but for `.contracts`: it is left as it is.

    Raises:
        OSError: It cannot be made.
    """
    try:
        top = root / folder.relative_to(root).parts[0]
    except (ValueError, IndexError):
        return
    ours = top.name == NAME or not top.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if ours and not (top / ".gitignore").exists():
        write_atomically(top / ".gitignore", b"*\n")
