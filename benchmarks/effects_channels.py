"""Channels, rebound, mechanism and fading on an unbalanced panel of firms.

`python benchmarks/effects_channels.py` prints the coverage of the rebound's 95 % set (samples of 60 firms, 4 years).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.effects import demand_frontier, fading, indirect_effect, split, structure
from dualcarbon.kernels.fieller import RatioSet
from registry import benchmark

SIZE = "1,000,000 rows, 200,000 firms, 500 industries, 9 years"
CHANNELS = {"co2": "co2_t", "output": "output_cny", "energy": "energy_tce"}


@cache
def panel(rows: int = 1_000_000) -> Panel:
    r = np.random.default_rng(2015)
    firms = rows // 5
    firm, year = np.nonzero(r.random((firms, 9)) < 0.57)
    chosen = np.sort(r.permutation(len(firm))[:rows])
    firm, year = firm[chosen], year[chosen]
    n = len(firm)
    a = r.normal(size=firms)[firm]
    digital, size = r.random(n) + 0.2 * a, r.normal(size=n)
    green = 0.4 * digital + 0.5 * a + r.normal(size=n)
    output = np.exp(9.0 + 0.5 * digital + 0.2 * size + a + 0.5 * r.normal(size=n))
    u = np.abs(0.5 * r.normal(size=firms))[firm]
    energy = output * np.exp(-0.9 * digital - 0.1 * green + 0.3 * r.normal(size=n) + np.exp(0.4 * digital) * u)
    co2 = energy * np.exp(0.8 - 0.15 * digital + 0.1 * r.normal(size=n))
    table = {"firm_id": firm, "year": 2008 + year, "industry2": firm % 39, "industry4": firm * 7919 % 500}
    more = {"digital": digital, "size": size, "green": green}
    outcomes = {"output_cny": output, "energy_tce": energy, "co2_t": co2}
    return Panel.from_frame(pl.DataFrame(table | more | outcomes), id="firm_id", time="year")


def channels(absorb: str) -> Callable[[], object]:
    table = panel()
    return lambda: split(table, **CHANNELS, treatment="digital", controls=["size"], absorb=absorb, cluster="firm_id")


@benchmark("effects.split firm + year", size=SIZE)
def firm_and_year() -> Callable[[], object]:
    return channels("firm_id + year")


@benchmark("effects.split ind^year", size=SIZE)
def industry_by_year() -> Callable[[], object]:
    return channels("industry4^year")


@benchmark("effects.structure", size=SIZE)
def industry_structure() -> Callable[[], object]:
    found = split(panel(), **CHANNELS, treatment="digital", cluster="firm_id")
    return lambda: structure(found, panel(), industry="industry2")


@benchmark("effects.fading firm + year", size=SIZE)
def fades() -> Callable[[], object]:
    table = panel()
    return lambda: fading(table, outcome="log(output_cny)", treatment="digital", controls=["size"], cluster="firm_id")


@benchmark("effects.indirect_effect, 500 draws", size="100,000 rows, 20,000 firms, 9 years")
def legacy() -> Callable[[], object]:
    table = panel(100_000)
    return lambda: indirect_effect(
        table, outcome="log(co2_t)", treatment="digital", mediator="green", controls=["size"], draws=500
    )


@benchmark("effects.demand_frontier", size="800,000 rows, 160,000 firms, 9 years")
def frontier() -> Callable[[], object]:
    table = panel(800_000)
    return lambda: demand_frontier(
        table, energy="energy_tce", regressors=["log(output_cny)", "digital", "green"], rebound=["digital"]
    )


def rebound_set(seed: int, technique: float) -> RatioSet:
    r = np.random.default_rng(seed)
    f, t = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60)
    d = r.random(240) + 0.3 * r.normal(size=60)[f]
    trend = 0.1 * (t - 1.5)
    output = np.exp(0.5 * d + 0.3 * r.normal(size=240) + trend * r.normal(size=60)[f])
    energy = output * np.exp(technique * d + 0.3 * r.normal(size=240) + trend * r.normal(size=60)[f])
    co2 = energy * np.exp(-0.1 * d + 0.1 * r.normal(size=240))
    table = {"firm_id": f, "year": t, "digital": d, "output_cny": output, "energy_tce": energy, "co2_t": co2}
    small = Panel.from_frame(pl.DataFrame(table), id="firm_id", time="year")
    return split(small, **CHANNELS, treatment="digital", cluster="firm_id").rebound.interval


def main() -> None:
    """Print how often the 95 % set of R holds the truth, and how often it is an interval."""
    for technique in (-0.9, -0.3, -0.1):
        found = [rebound_set(seed, technique) for seed in range(2_000)]
        truth = 0.5 / -technique
        inside, bounded = np.mean([truth in f for f in found]), np.mean([f.kind == "interval" for f in found])
        print(f"R = {truth:.3f}: covered {inside:.4f}, bounded {bounded:.4f} of {len(found)} samples", flush=True)


if __name__ == "__main__":
    main()
