"""Names and bytes on disk: names that are safe everywhere, writes that are never torn."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Final

_STALE_SECONDS: Final = 60.0
_MAX_NAME: Final = 120
_UNSAFE = re.compile(r"[^A-Za-z0-9._{}\[\],=+@~-]+")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")


def digest(text: str) -> str:
    """Six hex digits that tell names apart which would otherwise collide."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def safe_name(text: str) -> str:
    """A readable file name, without extension, that every system accepts and that stays in its folder.

    Text that had to be changed or cut gets a digest of the original, so that two texts never share a name.
    """
    name = _UNSAFE.sub("_", text)[:_MAX_NAME].rstrip(".")
    if name.startswith(".") or _RESERVED.fullmatch(name):
        name = f"_{name}"
    if name and name == text:
        return name
    return f"{name}-{digest(text)}" if name else digest(text)


def safe_beginning(text: str) -> str:
    """What the safe names of texts that begin so begin with; of a long text less than all of it."""
    return _UNSAFE.sub("_", text)[:_MAX_NAME]


def leads_outside(path: Path, directory: Path) -> bool:
    """Whether a link on the way to a file leads out of the directory it should be in."""
    return not path.parent.resolve().is_relative_to(directory.resolve())


def write_atomically(path: Path, content: bytes) -> None:
    """Write a whole file: after a crash at any moment the old or the new one is there, never a torn one.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(_mode())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _sweep(directory: Path) -> None:
    """Remove what writers that were killed left behind; one that is still at work is younger."""
    for leftover in directory.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _STALE_SECONDS:
                leftover.unlink()


def _mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
