"""Small OpenAPI documents that tests describe an upstream with."""

from __future__ import annotations

from typing import Any

from pytest_integration_contracts.model import Exchange
from pytest_integration_contracts.specs.document import DeclaredOperation, Spec

JSON_MEDIA = "application/json"


def described(
    schema: object = None,
    *,
    version: str = "3.0.3",
    method: str = "get",
    path: str = "/customers",
    response: dict[str, Any] | None = None,
    status: str = "200",
    **components: Any,
) -> Spec:
    """A document with one operation, that answers with a schema, or with a whole response object."""
    swagger = version == "2.0"
    given = dict(response or {})
    if schema is not None:
        given |= {"schema": schema} if swagger else {"content": {JSON_MEDIA: {"schema": schema}}}
    document: dict[str, Any] = {
        "swagger" if swagger else "openapi": version,
        "info": {"title": "CRM", "version": "7"},
        "paths": {path: {method: {"responses": {status: {"description": "", **given}}}}},
    }
    beside = (
        {"definitions": components, "produces": [JSON_MEDIA]} if swagger else {"components": {"schemas": components}}
    )
    return Spec(document | beside)


def only(spec: Spec) -> DeclaredOperation:
    """The one operation of a document."""
    (operation,) = spec.operations()
    return operation


def answered(body: object = None, status: int = 200, *, media: str = JSON_MEDIA, **headers: str) -> Exchange:
    """A response to `GET /customers`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Exchange(
        url="https://api.crm.example/customers",
        status=status,
        media=media,
        response_body=body,
        response_headers={**({"content-type": media} if media else {}), **named},
    )
