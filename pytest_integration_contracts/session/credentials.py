"""What requests of ours authenticate with: references into the environment, and how a document wants them sent."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_integration_contracts.drift.authentication import is_secret_header, is_secret_name
from pytest_integration_contracts.errors import UsageError
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_REFERENCE = re.compile(r"\benv:(?P<variable>[A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is sent with every request.

    Attributes:
        headers: Headers by name.
        queries: Parameters of the query by name.
        note: Why nothing is sent, or how what is sent was found: one sentence without a secret.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    queries: Mapping[str, str] = field(default_factory=dict, repr=False)
    note: str = ""

    @property
    def supplied(self) -> frozenset[tuple[str, str]]:
        """The parameters that they are, by place and name in lower case."""
        return frozenset(
            [*(("header", name.lower()) for name in self.headers), *(("query", name.lower()) for name in self.queries)]
        )


def given_headers(given: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The headers that a person asks for, each `Name: value`, or `Name=value`; `env:VARIABLE` stands for a secret.

    Raises:
        UsageError: One is no header, refers to a variable that is not set, or holds a secret itself.
    """
    return dict(_given(text, environment) for text in given)


def _given(text: str, environment: Mapping[str, str]) -> tuple[str, str]:
    found = re.match(r"([^:=]*)[:=]", text)
    name = found[1].strip() if found else ""
    written = text[found.end() :].strip() if found else ""
    if not _NAME.fullmatch(name) or not written:
        raise UsageError('a header is written "Authorization: env:CRM_TOKEN", with the name of a variable of yours')
    refers = _REFERENCE.search(written) is not None
    if is_secret_header(name) and not refers:
        raise UsageError(f"{name}: a secret does not belong into a command or a test; write `env:VARIABLE` for it")
    if refers and not is_secret_header(name):
        raise UsageError(
            f"{name}: would stand in recordings as it is, for its name does not say that it is a secret;"
            " send it without `env:`, or not at all"
        )
    value = _REFERENCE.sub(lambda each: _value(name, each["variable"], environment), written)
    if not value.isprintable() or not value.isascii():
        raise UsageError(f"{name}: its value cannot be sent in a header; it must be printable ASCII")
    return name, value


def _value(name: str, variable: str, environment: Mapping[str, str]) -> str:
    value = environment.get(variable, "").strip()
    if not value:
        raise UsageError(f"{name}: the variable {variable} is not set")
    return value


def credentials_for(
    spec: Spec, operation: DeclaredOperation, reference: str, given: Mapping[str, str], environment: Mapping[str, str]
) -> Credentials:
    """What a request for an operation authenticates with.

    Args:
        spec: The document.
        operation: The operation.
        reference: The manifest's `credentials`, "" for none.
        given: The headers that a person asks for; where one of them is a secret, nothing is guessed.
        environment: The environment variables.
    """
    if any(map(is_secret_header, given)):
        return Credentials(given)
    wanted = list(_wanted(spec, operation))
    if () in wanted:
        return Credentials(given)
    kind, _, variable = reference.partition(":")
    secret = environment.get(variable, "").strip() if kind == "env" else ""
    note = _absent(reference, secret, wanted)
    if note:
        return Credentials(given, note=note)
    headers, queries = next(sent for each in wanted if len(each) == 1 and any(sent := _sent(each[0], secret)))
    return Credentials({**given, **headers}, queries)


_HOW: Final = 'say how with --header "Authorization: env:VARIABLE"'


def _absent(reference: str, secret: str, wanted: Collection[tuple[Mapping[str, Any], ...]]) -> str:
    """Why nothing is sent, "" where something is."""
    if not reference:
        return "no credential is sent: the manifest names none"
    if not reference.startswith("env:"):
        return f"no credential is sent: {reference} is nothing that can be read here; {_HOW}"
    if not secret or not (secret.isascii() and secret.isprintable()):
        what = "is not printable ASCII" if secret else "is not set"
        return f"no credential is sent: {reference.partition(':')[2]} {what}"
    if not any(len(each) == 1 and any(_sent(each[0], "x")) for each in wanted):
        several = any(len(each) > 1 for each in wanted)
        why = "the document wants several at once" if several else "the document does not say how"
        return f"no credential is sent: {why}; {_HOW}"
    return ""


def _wanted(spec: Spec, operation: DeclaredOperation) -> Iterator[tuple[Mapping[str, Any], ...]]:
    """The alternatives by which an operation may be authenticated, each the schemes that it takes together."""
    own = spec.at(operation.pointer)
    listed = own.get("security") if isinstance(own, dict) else None
    listed = spec.document.get("security") if listed is None else listed
    if listed == []:
        yield ()
        return
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            yield tuple(_scheme(spec, name) for name in each)


def _scheme(spec: Spec, name: str) -> Mapping[str, Any]:
    place = "#/securityDefinitions" if spec.is_swagger else "#/components/securitySchemes"
    schemes = spec.at(place)
    node = schemes.get(name) if isinstance(schemes, dict) else None
    return spec.resolved(node, place)[0]


def _sent(scheme: Mapping[str, Any], secret: str) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and parameters by which a scheme sends a secret; none where that is not known."""
    kind, name = str(scheme.get("type", "")), str(scheme.get("name", ""))
    way = str(scheme.get("scheme", "")).lower()
    if kind == "apiKey":
        if scheme.get("in") == "header" and _NAME.fullmatch(name) and is_secret_header(name):
            return {name: secret}, {}
        if scheme.get("in") == "query" and is_secret_name(name):
            return {}, {name: secret}
        return {}, {}
    if kind == "basic" or (kind == "http" and way == "basic"):
        pair = secret if ":" in secret else f"{secret}:"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, {}
    if kind in {"oauth2", "openIdConnect"} or (kind == "http" and way == "bearer"):
        return {"Authorization": f"Bearer {secret}"}, {}
    return {}, {}
