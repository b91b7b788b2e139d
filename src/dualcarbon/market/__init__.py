"""Permit trading between firms that differ in marginal abatement cost; adoption policy for small firms."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "AdoptionPolicy": "adoption_policy",
    "Auction": "rules",
    "Banking": "banking",
    "Benchmark": "rules",
    "Columns": "adoption_firms",
    "Comparison": "comparison",
    "Grandfathering": "rules",
    "Infrastructure": "adoption_designs",
    "Isoelastic": "responses",
    "Listed": "rules",
    "LogErrors": "uncertainty",
    "Market": "result",
    "Mixed": "rules",
    "Numbers": "adoption",
    "PriceInterval": "uncertainty",
    "Quadratic": "responses",
    "Refitted": "uncertainty",
    "SizeEffects": "adoption",
    "SmallOnly": "adoption_designs",
    "Step": "responses",
    "Targeted": "adoption_designs",
    "Uniform": "adoption_designs",
    "adoption_policies": "adoption_policy",
    "bank": "banking",
    "clear": "clearing",
    "compare": "comparison",
    "firms_of": "frontier_firms",
    "fit_adoption": "adoption_fit",
    "price_interval": "uncertainty",
    "size_classes": "comparison",
    "size_effects": "adoption",
}
"""Names that are imported when they are first asked for."""

if TYPE_CHECKING:
    from dualcarbon.market.adoption import Numbers, SizeEffects, size_effects
    from dualcarbon.market.adoption_designs import Infrastructure, SmallOnly, Targeted, Uniform
    from dualcarbon.market.adoption_firms import Columns
    from dualcarbon.market.adoption_fit import fit_adoption
    from dualcarbon.market.adoption_policy import AdoptionPolicy, adoption_policies
    from dualcarbon.market.banking import Banking, bank
    from dualcarbon.market.clearing import clear
    from dualcarbon.market.comparison import Comparison, compare, size_classes
    from dualcarbon.market.frontier_firms import firms_of
    from dualcarbon.market.responses import Isoelastic, Quadratic, Step
    from dualcarbon.market.result import Market
    from dualcarbon.market.rules import Auction, Benchmark, Grandfathering, Listed, Mixed
    from dualcarbon.market.uncertainty import LogErrors, PriceInterval, Refitted, price_interval

__all__ = [
    "AdoptionPolicy",
    "Auction",
    "Banking",
    "Benchmark",
    "Columns",
    "Comparison",
    "Grandfathering",
    "Infrastructure",
    "Isoelastic",
    "Listed",
    "LogErrors",
    "Market",
    "Mixed",
    "Numbers",
    "PriceInterval",
    "Quadratic",
    "Refitted",
    "SizeEffects",
    "SmallOnly",
    "Step",
    "Targeted",
    "Uniform",
    "adoption_policies",
    "bank",
    "clear",
    "compare",
    "firms_of",
    "fit_adoption",
    "price_interval",
    "size_classes",
    "size_effects",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"dualcarbon.market.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dualcarbon.market' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
