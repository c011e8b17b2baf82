"""Requests and responses as they are observed: decoded, and without their secrets, which are taken note of."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from vcr.request import Request

from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.manifest.manifest import Limits
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.traffic.bodies import Body, decode, too_deep
from pytest_integration_contracts.traffic.cassettes import Response, body_of, lists, media_of, plain, sent_body
from pytest_integration_contracts.traffic.encodings import decompress
from pytest_integration_contracts.traffic.redaction import Secrets
from pytest_integration_contracts.traffic.secrets import scrub_body, scrub_headers, scrub_url, scrub_value
from pytest_integration_contracts.traffic.sent import value_of

_LARGE: Final = 1024 * 1024
"""In larger bodies that are no JSON no secrets are looked for that somebody may show."""


class MessageReader:
    """Reads what passes through one cassette.

    Attributes:
        secrets: The secrets that passed.
        problems: What could not be read, one sentence each.
        plays_clean: Whether the answers are recordings of our own: those were scrubbed when they were written.
    """

    def __init__(self, limits: Limits) -> None:
        """Nothing has passed yet.

        Args:
            limits: How large bodies may be.
        """
        self._limits = limits
        self.secrets = Secrets()
        self.problems: list[str] = []
        self.plays_clean = False

    def url(self, url: str) -> str:
        """A URL without secrets."""
        return scrub_url(url, self.secrets.replace)

    def headers(self, headers: Mapping[str, Any]) -> dict[str, str]:
        """Headers without secrets, names in lower case."""
        return plain(scrub_headers(lists(headers), self.secrets.replace))

    def answer_headers(self, headers: Mapping[str, Any]) -> dict[str, str]:
        """An answer's headers without secrets, names in lower case."""
        return plain(headers) if self.plays_clean else self.headers(headers)

    def answer(self, raw: bytes, headers: Mapping[str, str], of: str) -> Body:
        """An answer's body without secrets.

        Args:
            raw: The bytes as they came.
            headers: The message's headers, names in lower case.
            of: Whose body it is, for what is said where it cannot be read: `GET https://api.crm.example/v1, answer`.
        """
        try:
            body = decode(raw, headers, self._limits)
            if self.plays_clean:
                return body
            if body.value is not NO_BODY:
                return replace(body, value=scrub_value(body.value, self.secrets.replace))
            self._learn(decompress(raw, headers.get("content-encoding", ""), self._limits), body.media)
        except BodyError as error:
            self.problems.append(f"{of}: {error}")
        except RecursionError:
            self.problems.append(f"{of}: {too_deep()}")
        else:
            return body
        return Body(f"unreadable {headers.get('content-type', '')}".strip())

    def sent(self, request: Request, headers: Mapping[str, str]) -> object:
        """The JSON value that a request sends, without secrets; `NO_BODY` for none."""
        of = f"{request.method} {request.uri}, request"
        try:
            value = value_of(request, headers, self._limits)
            if value is not NO_BODY:
                return scrub_value(value, self.secrets.replace)
        except BodyError as error:
            self.problems.append(f"{of}: {error}")
        except RecursionError:
            self.problems.append(f"{of}: {too_deep()}")
        self._learn_sent(request)
        return NO_BODY

    def learn_secrets(self, request: Request) -> None:
        """Take note of what a request sends that must not be shown, also where nothing answers it."""
        self.url(request.uri)
        self.headers(request.headers)
        self._learn_sent(request)

    def _learn_sent(self, request: Request) -> None:
        body = sent_body(request)
        if isinstance(body, bytes):
            self._learn(body, media_of(lists(request.headers)))
        elif body is not None:
            scrub_value(body, self.secrets.replace)

    def learn_answer(self, response: Response) -> None:
        """Take note of what an answer says that must not be shown, before anybody else sees it."""
        headers = self.headers(response["headers"])
        with contextlib.suppress(BodyError):
            content = decompress(body_of(response), headers.get("content-encoding", ""), self._limits)
            self._learn(content, media_of(lists(response["headers"])))

    def _learn(self, body: bytes, media: str) -> None:
        if len(body) <= _LARGE:
            scrub_body(body, media, self.secrets.replace)
