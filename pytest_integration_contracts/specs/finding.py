"""Which operation of a document a request asks for, wherever the upstream is that answers it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_integration_contracts.manifest.manifest import Integration, rest_after, split_url
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec


def declared_operation(spec: Spec, method: str, url: str, integration: Integration) -> DeclaredOperation | None:
    """The operation that the document declares for a request; None where it declares none.

    A sandbox or a stand-in has another host than the document's servers, and perhaps none of their paths: so only the
    paths of servers count, and what is below the integration's own URLs is tried as well.

    Args:
        spec: The document.
        method: The HTTP method.
        url: The URL that was asked, with or without a query; its path may be that of an operation's name.
        integration: Whose URL it is.
    """
    paths = dict.fromkeys(_below(spec, url, integration))
    for path in (*paths, *(f"{path}/" if not path.endswith("/") else path[:-1] for path in paths)):
        found = spec.find(method, path or "/")
        if found is not None:
            return found
    return None


def _below(spec: Spec, url: str, integration: Integration) -> Iterator[str]:
    """The paths that a URL may mean, the most specific first."""
    whole = split_url(url).path
    bases = {split_url(server).path.rstrip("/") for server in spec.servers}
    for base in sorted(bases, key=len, reverse=True):
        if base and (whole == base or whole.startswith(f"{base}/")):
            yield whole[len(base) :]
    for prefix in integration.prefixes:
        for candidate in (prefix.actual, prefix.canonical):
            rest = rest_after(candidate, url)
            if rest is not None:
                yield rest.partition("?")[0]
    yield whole
