"""Where vcrpy's stand-in for a client's response does otherwise than the client."""

from __future__ import annotations

import sys

from pytest_integration_contracts.traffic.transports import Patch


def do_as_the_client() -> tuple[Patch, ...]:
    """Patches, for vcrpy's `custom_patches`: a replayed text has the charset it says, as it has it live in aiohttp."""
    if "aiohttp" not in sys.modules:
        return ()
    from aiohttp import ClientResponse  # noqa: PLC0415 - not everybody has it
    from vcr.stubs.aiohttp_stubs import MockClientResponse  # noqa: PLC0415

    return ((MockClientResponse, "text", ClientResponse.text),)
