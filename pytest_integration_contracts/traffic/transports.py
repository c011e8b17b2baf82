"""httpx's transports.

vcrpy intercepts the in-process ones (ASGI, WSGI, mock) too, and a request to an application under test is no
integration unless the manifest says so. The others are intercepted here as vcrpy does it, but without its search for
further libraries at every cassette.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from vcr.cassette import Cassette
from vcr.stubs.httpx_stubs import vcr_handle_async_request, vcr_handle_request

_TRANSPORTS = (
    ("HTTPTransport", "handle_request", vcr_handle_request),
    ("AsyncHTTPTransport", "handle_async_request", vcr_handle_async_request),
    ("ASGITransport", "handle_async_request", vcr_handle_async_request),
    ("WSGITransport", "handle_request", vcr_handle_request),
    ("MockTransport", "handle_request", vcr_handle_request),
    ("MockTransport", "handle_async_request", vcr_handle_async_request),
)
_NETWORKED = frozenset({"HTTPTransport", "AsyncHTTPTransport"})


def _originals() -> dict[tuple[str, str, str], Any]:
    """The transports' own methods, taken before any cassette is opened."""
    return {
        (module, transport, method): getattr(getattr(sys.modules[module], transport), method)
        for module in ("httpx", "httpx2")
        if module in sys.modules
        for transport, method, _ in _TRANSPORTS
    }


_ORIGINALS = _originals()

Patch = tuple[object, str, Callable[..., Any]]


def intercept_httpx(cassette: Cassette, declared: Callable[[str], bool]) -> tuple[Patch, ...]:
    """Patches, for vcrpy's `custom_patches`, that let undeclared in-process requests pass unobserved.

    Args:
        cassette: Where all others go.
        declared: Whether an integration claims a URL.
    """
    patches = []
    for module in ("httpx", "httpx2"):
        for transport, method, intercept in _TRANSPORTS:
            original = _ORIGINALS.get((module, transport, method))
            if original is not None:
                handle = intercept(cassette, original, sys.modules[module])
                if transport not in _NETWORKED:
                    handle = _either(declared, handle, original)
                patches.append((getattr(sys.modules[module], transport), method, handle))
    return tuple(patches)


def _either(
    declared: Callable[[str], bool], intercepted: Callable[..., Any], original: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(original)
    def handle(transport: object, request: Any) -> Any:  # noqa: ANN401 - httpx's own types
        return (intercepted if declared(str(request.url)) else original)(transport, request)

    return handle
