"""One request at a time to an upstream, by the standard library: it is observed as any client's requests are."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_integration_contracts.manifest.manifest import split_url

_SCHEMES: Final = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: The status; 0 where nothing came back.
        headers: By name, in lower case.
        problem: Why nothing came back, "" where something did.
    """

    status: int
    headers: Mapping[str, str]
    problem: str = ""


class _Stays(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: credentials go to nobody else."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - as the base class has it
        return None


def ask(method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float) -> Answer:
    """Send one request and read its answer.

    Args:
        method: The HTTP method.
        url: The URL, over http or https.
        headers: The headers.
        body: The body, None for none.
        timeout: How long to wait for a connection, and for each piece of the answer, in seconds.

    Raises:
        ValueError: The URL, or a header, is none.
    """
    if split_url(url).scheme.lower() not in _SCHEMES:
        raise ValueError(f"{url}: only http and https are asked")
    request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310 - see above
    try:
        with urllib.request.build_opener(_Stays).open(request, timeout=timeout) as response:
            return _answer(response)
    except urllib.error.HTTPError as response:
        with response:
            return _answer(response)
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, {}, _reason(error))


def _answer(response: Any) -> Answer:  # noqa: ANN401 - urllib's, or vcrpy's in its place
    response.read()
    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()})


def _reason(error: BaseException) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return str(reason) or type(reason).__name__
