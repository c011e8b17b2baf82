"""Which of vcrpy's patches there is no use for: it looks for each library anew, at every cassette."""

from __future__ import annotations

import sys
from typing import Final

import vcr.patch

_OPTIONAL: Final = ("httplib2", "tornado", "aiohttp")
"""Libraries by the names that vcrpy's module has them under where it found them, which are its patchers' names too."""

_BESIDE_HTTPX: Final = ("httpx_curl_cffi", "pyreqwest")
"""What else vcrpy patches together with httpx, whose own transports are ours to patch."""


def unneeded() -> tuple[str, ...]:
    """Patchers to leave out, for vcrpy's `skip_patchers`: a failed import costs as much as many a request."""
    unneeded = [name for name in _OPTIONAL if not _is_there(name)]
    return (*unneeded, "httpx2") if any(map(_is_there, _BESIDE_HTTPX)) else (*unneeded, "httpx", "httpx2")


def _is_there(library: str) -> bool:
    return library in sys.modules or hasattr(vcr.patch, library)
