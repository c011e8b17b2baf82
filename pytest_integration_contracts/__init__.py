"""Contracts with upstreams, captured as shapes and held by pytest. The public names load when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_integration_contracts.drift.compare import diff as diff
    from pytest_integration_contracts.errors import ContractsError as ContractsError
    from pytest_integration_contracts.fixtures import contract_probes as contract_probes
    from pytest_integration_contracts.model import Change as Change
    from pytest_integration_contracts.model import Exchange as Exchange
    from pytest_integration_contracts.model import Severity as Severity
    from pytest_integration_contracts.shapes.infer import infer as infer
    from pytest_integration_contracts.shapes.shape import Shape as Shape

_HOMES = {
    "Change": "model",
    "ContractsError": "errors",
    "Exchange": "model",
    "Severity": "model",
    "Shape": "shapes.shape",
    "contract_probes": "fixtures",
    "diff": "drift.compare",
    "infer": "shapes.infer",
}

__all__ = ["Change", "ContractsError", "Exchange", "Severity", "Shape", "contract_probes", "diff", "infer"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
