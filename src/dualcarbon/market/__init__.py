"""Permit trading between firms that differ in marginal abatement cost; adoption policy for small firms."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "clear": "clearing",
    "Market": "result",
}

if TYPE_CHECKING:
    from dualcarbon.market.clearing import clear
    from dualcarbon.market.result import Market

__all__ = ["Market", "clear"]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"dualcarbon.market.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dualcarbon.market' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
