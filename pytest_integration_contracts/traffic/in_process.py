"""httpx's in-process transports (ASGI, WSGI, mock).

vcrpy intercepts them too, and a request to an application under test is no integration unless the manifest says so.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from vcr.cassette import Cassette
from vcr.stubs.httpx_stubs import vcr_handle_async_request, vcr_handle_request

_TRANSPORTS = (
    ("ASGITransport", "handle_async_request", vcr_handle_async_request),
    ("WSGITransport", "handle_request", vcr_handle_request),
    ("MockTransport", "handle_request", vcr_handle_request),
    ("MockTransport", "handle_async_request", vcr_handle_async_request),
)


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


def pass_undeclared(cassette: Cassette, declared: Callable[[str], bool]) -> tuple[Patch, ...]:
    """Patches, for vcrpy's `custom_patches`, that let undeclared in-process requests pass unobserved.

    Args:
        cassette: Where declared ones go.
        declared: Whether an integration claims a URL.
    """
    return tuple(
        (
            getattr(sys.modules[module], transport),
            method,
            _either(
                declared,
                intercept(cassette, _ORIGINALS[module, transport, method], sys.modules[module]),
                _ORIGINALS[module, transport, method],
            ),
        )
        for module in ("httpx", "httpx2")
        for transport, method, intercept in _TRANSPORTS
        if (module, transport, method) in _ORIGINALS
    )


def _either(
    declared: Callable[[str], bool], intercepted: Callable[..., Any], original: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(original)
    def handle(transport: object, request: Any) -> Any:  # noqa: ANN401 - httpx's own types
        return (intercepted if declared(str(request.url)) else original)(transport, request)

    return handle
