"""Several threads that ask at once, within one test.

While one of its connections is made or sends, vcrpy takes all of its patches back, for every thread: what another
thread asks meanwhile passes unrecorded, and patches that two threads took back and put in again in turns stay away.
It does so for a few constructors, which look their own classes up by names that it has given to others. Here they know
their classes, and the patches stay.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import types
from collections.abc import Callable

import vcr.patch

from pytest_integration_contracts.traffic.transports import Patch


def stay_patched() -> tuple[Patch, ...]:
    """Patches, for vcrpy's `custom_patches`, that keep its patches in place while a connection is made or sends."""
    plain, secure = vcr.patch._HTTPConnection, vcr.patch._HTTPSConnection  # noqa: SLF001 - taken before any cassette
    patches: list[Patch] = [
        (vcr.patch, "force_reset", contextlib.nullcontext),
        (secure, "__init__", _knowing(secure.__init__, HTTPSConnection=secure)),
    ]
    if hasattr(vcr.patch, "httplib2"):
        client = types.SimpleNamespace(**{**vars(http.client), plain.__name__: plain, secure.__name__: secure})
        names = {"http": types.SimpleNamespace(client=client)}
        patches += (
            (timed, "__init__", _knowing(timed.__init__, **names, **{timed.__name__: timed}))
            for timed in (vcr.patch._HTTPConnectionWithTimeout, vcr.patch._HTTPSConnectionWithTimeout)  # noqa: SLF001
        )
    return tuple(patches)


def _knowing(constructor: types.FunctionType, **names: object) -> Callable[..., None]:
    """A constructor for which these names mean what they meant before anything was patched."""
    copied = types.FunctionType(
        constructor.__code__,
        {**constructor.__globals__, **names},
        constructor.__name__,
        constructor.__defaults__,
        constructor.__closure__,
    )
    copied.__kwdefaults__ = constructor.__kwdefaults__
    return functools.update_wrapper(copied, constructor)
