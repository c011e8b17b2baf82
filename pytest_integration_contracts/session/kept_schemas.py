"""The GraphQL schemas of one project: what is kept, and what servers told in this process."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.manifest.manifest import Integration, rest_after
from pytest_integration_contracts.specs.graphql.kept import KeptSchema, read_kept
from pytest_integration_contracts.specs.graphql.query import Introspection

if TYPE_CHECKING:
    from pytest_integration_contracts.specs.graphql.schemas import Schema

MISSING: Final = (
    "`graphql` in the manifest needs graphql-core: `pip install 'pytest-integration-contracts[graphql]'`;"
    " no query was held against a schema"
)


def is_installed() -> bool:
    """Whether graphql-core is there."""
    try:
        return importlib.util.find_spec("graphql.utilities") is not None
    except ImportError:
        return False


def endpoint(integration: Integration) -> str:
    """The URL that an integration's schema is asked for today; "" where the manifest names none, or a file."""
    url = integration.graphql
    if not url.lower().startswith(("http://", "https://")):
        return ""
    for prefix in integration.prefixes:
        rest = rest_after(prefix.canonical, url)
        if rest is not None:
            return f"{prefix.actual.rstrip('/')}{rest}"
    return url


class KeptSchemas:
    """The schemas of one project; each is read once.

    Attributes:
        introspected: What the server of an integration told when this process asked it.
    """

    def __init__(self, folder_of: Callable[[str], Path]) -> None:
        """Prepare; nothing is read.

        Args:
            folder_of: The folder of an integration's snapshots.
        """
        self.introspected: dict[str, Introspection] = {}
        self._folder_of = folder_of
        self._kept: dict[str, KeptSchema | None] = {}
        self._built: dict[str, Schema | None] = {}

    def kept(self, integration: str) -> KeptSchema | None:
        """The schema that is kept of an integration, None where there is none.

        Raises:
            SpecError: There is one, and it cannot be used.
        """
        if integration not in self._kept:
            self._kept[integration] = read_kept(self._folder_of(integration))
        return self._kept[integration]

    def usable(self, integration: str) -> Schema | None:
        """The same as graphql-core's own; None also where it cannot be used, which is told elsewhere."""
        if integration not in self._built:
            try:
                kept = self.kept(integration)
                self._built[integration] = self._build(kept, integration) if kept else None
            except SpecError:
                self._built[integration] = None
        return self._built[integration]

    def _build(self, kept: KeptSchema, integration: str) -> Schema:
        from pytest_integration_contracts.specs.graphql.schemas import build

        return build(kept.sdl, str(self._folder_of(integration)))
