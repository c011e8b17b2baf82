"""The history that a manifest names, and how the integrations stand by it: what the commands about health share."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.manifest.file import FILE_NAME

if TYPE_CHECKING:
    from pytest_integration_contracts.health.assessment import Overview
    from pytest_integration_contracts.health.store import Store
    from pytest_integration_contracts.manifest.manifest import Manifest


def overview_of(manifest: Manifest, now: float) -> Overview:
    """How all integrations of a manifest stand.

    Raises:
        UsageError: The manifest has no `[health]`.
        HealthError: The store cannot be read, or what it takes is not installed.
    """
    with store_of(manifest) as store:
        from pytest_integration_contracts.health.assess import overview
        from pytest_integration_contracts.health.spool import waiting

        found = overview(store, manifest, now)
    left = len(waiting(manifest.root))
    if not left:
        return found
    told = "1 run of this machine waits" if left == 1 else f"{left} runs of this machine wait"
    return replace(found, notes=(*found.notes, f"{told} in .contracts/spool for the store: not counted here yet"))


def store_of(manifest: Manifest) -> Store:
    """The store that a manifest names, opened. Errors as in `overview_of`."""
    if manifest.health is None:
        path = manifest.root / FILE_NAME
        if not path.exists():
            raise UsageError(f"there is no {FILE_NAME} in {manifest.root} or above it: go to where the project is")
        raise UsageError(f"{path}: there is no `[health]`, so live runs keep no history; add that line to it")
    from pytest_integration_contracts.health.store import open_store

    return open_store(manifest.health.store, manifest.root, os.environ)
