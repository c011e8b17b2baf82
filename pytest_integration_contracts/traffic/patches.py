"""Which of vcrpy's patches there is no use for: it looks for each library anew, at every cassette."""

from __future__ import annotations

import sys
from typing import Final

import vcr.patch

_OPTIONAL: Final = ("httplib2", "tornado", "aiohttp", "httpx", "httpx2")
"""Libraries by the names that vcrpy's module has them under where it found them, which are its patchers' names too."""


def absent() -> tuple[str, ...]:
    """Patchers to leave out, for vcrpy's `skip_patchers`: a failed import costs as much as many a request."""
    return tuple(name for name in _OPTIONAL if name not in sys.modules and not hasattr(vcr.patch, name))
