"""Permit trading between firms that differ in marginal abatement cost; adoption policy for small firms."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "Auction": "rules",
    "Banking": "banking",
    "Benchmark": "rules",
    "Comparison": "comparison",
    "Grandfathering": "rules",
    "Isoelastic": "responses",
    "Listed": "rules",
    "LogErrors": "uncertainty",
    "Market": "result",
    "Mixed": "rules",
    "PriceInterval": "uncertainty",
    "Quadratic": "responses",
    "Refitted": "uncertainty",
    "Step": "responses",
    "bank": "banking",
    "clear": "clearing",
    "compare": "comparison",
    "firms_of": "frontier_firms",
    "price_interval": "uncertainty",
    "size_classes": "comparison",
}
"""Names that are imported when they are first asked for."""

if TYPE_CHECKING:
    from dualcarbon.market.banking import Banking, bank
    from dualcarbon.market.clearing import clear
    from dualcarbon.market.comparison import Comparison, compare, size_classes
    from dualcarbon.market.frontier_firms import firms_of
    from dualcarbon.market.responses import Isoelastic, Quadratic, Step
    from dualcarbon.market.result import Market
    from dualcarbon.market.rules import Auction, Benchmark, Grandfathering, Listed, Mixed
    from dualcarbon.market.uncertainty import LogErrors, PriceInterval, Refitted, price_interval

__all__ = [
    "Auction",
    "Banking",
    "Benchmark",
    "Comparison",
    "Grandfathering",
    "Isoelastic",
    "Listed",
    "LogErrors",
    "Market",
    "Mixed",
    "PriceInterval",
    "Quadratic",
    "Refitted",
    "Step",
    "bank",
    "clear",
    "compare",
    "firms_of",
    "price_interval",
    "size_classes",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"dualcarbon.market.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dualcarbon.market' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
