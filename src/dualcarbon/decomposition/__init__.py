"""Why did it change: index, structural and production-theoretical decomposition, and decoupling."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dualcarbon.decomposition.decomposing import decompose
from dualcarbon.decomposition.identity import Factor, Identity, Symbol, parse
from dualcarbon.decomposition.result import Decomposition

if TYPE_CHECKING:
    from dualcarbon.decomposition.matrices import Structural, structural
    from dualcarbon.decomposition.production import ProductionDecomposition, production_theoretical
    from dualcarbon.decomposition.tapio import STATES, Decoupling, decoupling, state_of

_HOMES = {
    "Decoupling": "tapio",
    "ProductionDecomposition": "production",
    "STATES": "tapio",
    "Structural": "matrices",
    "decoupling": "tapio",
    "production_theoretical": "production",
    "state_of": "tapio",
    "structural": "matrices",
}

__all__ = [
    "STATES",
    "Decomposition",
    "Decoupling",
    "Factor",
    "Identity",
    "ProductionDecomposition",
    "Structural",
    "Symbol",
    "decompose",
    "decoupling",
    "parse",
    "production_theoretical",
    "state_of",
    "structural",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"dualcarbon.decomposition.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dualcarbon.decomposition' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
