"""How often 95 % intervals of every covariance hold the truth in a design of its own: prints one line per design.

`python benchmarks/effects_coverage.py [--samples 2000] [--only WORD] [--workers 1]`

y = 0.5 x + errors. Sample s of design d is drawn from the seed (d, s), whatever the number of workers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import KDTree

from dualcarbon.core.panel import Panel
from dualcarbon.effects import Cluster, Conley, DriscollKraay, Vcov, WildCluster, fit
from registry import benchmark

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

TRUTH = 0.5


@dataclass(frozen=True)
class Sample:
    """Keys, regressor, error and further columns."""

    f: Codes
    t: Codes
    x: Array
    e: Array
    more: dict[str, Array]

    def panel(self) -> Panel:
        """The table, y = 0.5 x + e."""
        columns = {"f": self.f, "t": self.t, "x": self.x, "y": TRUTH * self.x + self.e, **self.more}
        return Panel.from_frame(pl.DataFrame(columns), id="f", time="t")


@dataclass(frozen=True)
class Design:
    """What is drawn, what is absorbed, and the covariances held against it."""

    name: str
    draw: Callable[[np.random.Generator], Sample]
    effects: str
    rules: tuple[str | Vcov, ...]


def grid(units: int, periods: int) -> tuple[Codes, Codes]:
    return np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)


def equal(r: np.random.Generator) -> Sample:
    """60 units, 8 periods, equal variances."""
    f, t = grid(60, 8)
    return Sample(f, t, r.normal(size=480) + r.normal(size=60)[f], r.normal(size=480), {})


def unequal(r: np.random.Generator) -> Sample:
    """600 rows in 20 industries; the standard deviation of the error is 0.4 + 0.4 |x|."""
    f = np.arange(600)
    x = r.normal(size=600)
    return Sample(f, 0 * f, x, (0.4 + 0.4 * np.abs(x)) * r.normal(size=600), {"industry": f % 20})


def clustered(r: np.random.Generator) -> Sample:
    """60 clusters of 10 rows that share a third of the regressor's and of the error's variance."""
    f, t = grid(60, 10)
    x, e = (r.normal(size=600) + np.sqrt(0.5) * r.normal(size=60)[f] for _ in range(2))
    return Sample(f, t, x, e, {})


def two_ways(r: np.random.Generator) -> Sample:
    """60 units and 60 periods; regressor and error have a part of the unit and a part of the period."""
    f, t = grid(60, 60)
    x, e = (r.normal(size=3600) + 0.5 * r.normal(size=60)[f] + 0.5 * r.normal(size=60)[t] for _ in range(2))
    return Sample(f, t, x, e, {})


def shared_over_time(r: np.random.Generator, turns: bool) -> Sample:
    """20 units, 60 periods; common shocks that last two periods, MA(1) with 0.5, in regressor and error.

    With `turns` the regressor's takes two values, up and down; else it is normal, and some periods weigh heavily.
    """
    f, t = grid(20, 60)
    shocks = r.normal(size=(2, 61))
    lasting = shocks[:, 1:] + 0.5 * shocks[:, :-1]
    if turns:
        lasting[0] = np.sign(lasting[0])
    x, e = (r.normal(size=1200) + 0.7 * lasting[k][t] for k in range(2))
    return Sample(f, t, x, e, {})


def in_space(r: np.random.Generator) -> Sample:
    """800 places in a square of 1,800 km; regressor and error sum shocks within 25 km, so that places 50 km apart
    share none."""
    place, sources = r.uniform(0.0, 1800.0, (800, 2)), r.uniform(-25.0, 1825.0, (8000, 2))
    drawn = r.normal(size=(8000, 2))
    near = KDTree(sources).query_ball_point(place, 25.0)
    expected = 8000 * np.pi * 25.0**2 / 1850.0**2
    shocks = np.array([drawn[found].sum(axis=0) for found in near]) / np.sqrt(expected)
    x, e = (shocks + 0.5 * r.normal(size=(800, 2))).T
    degree = 6371.0088 * np.pi / 180.0
    lat = (place[:, 1] - 900.0) / degree
    lon = place[:, 0] / (degree * np.cos(np.radians(lat)))
    return Sample(np.arange(800), np.zeros(800, np.int64), x, e, {"lat": lat, "lon": lon})


def few(r: np.random.Generator) -> Sample:
    """10 clusters of 10 to 55 rows that share a third of the regressor's and of the error's variance."""
    group = np.repeat(np.arange(10), np.arange(10, 60, 5))
    n = len(group)
    x, e = (r.normal(size=n) + np.sqrt(0.5) * r.normal(size=10)[group] for _ in range(2))
    return Sample(np.arange(n), np.zeros(n, np.int64), x, e, {"g": group})


DESIGNS = (
    Design("equal variances", equal, "f + t", ("iid", "hc1", "hc2", "hc3")),
    Design("unequal variances", unequal, "industry", ("hc1", "hc2", "hc3", "iid")),
    Design("60 clusters", clustered, "t", (Cluster("f"), WildCluster("f", draws=399), "hc1")),
    Design("two ways, 60 and 60", two_ways, "0", (Cluster("f + t"), Cluster("f"), Cluster("t"))),
    Design("common turns, 60 periods", partial(shared_over_time, turns=True), "f", (DriscollKraay(), Cluster("f"))),
    Design("common shocks, 60 periods", partial(shared_over_time, turns=False), "f", (DriscollKraay(),)),
    Design("places, 50 km", in_space, "0", (Conley(cutoff_km=50.0), Conley(cutoff_km=80.0, kernel="bartlett"), "hc1")),
    Design(
        "10 clusters",
        few,
        "0",
        (WildCluster("g", draws=399), WildCluster("g", draws=399, weights="webb"), Cluster("g"), "hc1"),
    ),
)


def held(work: tuple[int, int]) -> tuple[list[bool], list[float]]:
    """Whether each covariance's interval holds the truth in one sample, and how wide it is."""
    from dualcarbon.effects import parse, regress

    chosen = DESIGNS[work[0]]
    panel = chosen.draw(np.random.default_rng(work)).panel()
    found = regress(parse(f"y ~ x | {chosen.effects}"), panel)
    ends = []
    for rule in chosen.rules:
        estimate = found.covariance(rule)
        ends.append(estimate.interval()[estimate.names.index("x")])
    return [bool(low <= TRUTH <= high) for low, high in ends], [float(high - low) for low, high in ends]


def word(rule: Any) -> str:
    if isinstance(rule, str):
        return rule
    options = {f.name: getattr(rule, f.name) for f in fields(rule) if getattr(rule, f.name) != f.default}
    return f"{type(rule).__name__}({', '.join(f'{name}={value!r}' for name, value in options.items())})"


@cache
def survey() -> Panel:
    """1,000,000 rows of 100,000 firms at 20,000 places in a square of 30 degrees."""
    r = np.random.default_rng(5)
    f, t = grid(100_000, 10)
    place = r.uniform(0.0, 30.0, (20_000, 2))[f % 20_000]
    x, e = r.normal(size=(2, len(f)))
    more = {"lat": place[:, 0] + 10.0, "lon": place[:, 1] + 90.0, "city": f % 30, "firm": f}
    return Sample(f, t, x, e, more).panel()


SIZE = "1,000,000 rows, firm + year"


def timed(rule: str | Vcov) -> Callable[[], object]:
    panel = survey()
    return lambda: fit("y ~ x | f + t", panel, vcov=rule)


@benchmark("effects: hc3", size=SIZE)
def hc3() -> Callable[[], object]:
    return timed("hc3")


@benchmark("effects: driscoll_kraay", size=SIZE)
def driscoll_kraay() -> Callable[[], object]:
    return timed("driscoll_kraay")


@benchmark("effects: conley 100 km", size=f"{SIZE}, 20,000 places")
def conley() -> Callable[[], object]:
    return timed(Conley(cutoff_km=100.0))


@benchmark("effects: wild, 30 clusters, 999 draws", size=SIZE)
def wild() -> Callable[[], object]:
    return timed(WildCluster("city"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--only", default="")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    print(f"{'design':<26} {'covariance':<50} {'held %':>7} {'width':>7}")
    with ProcessPoolExecutor(asked.workers) as pool:
        for number, design in enumerate(DESIGNS):
            if asked.only not in design.name:
                continue
            work = [(number, sample) for sample in range(asked.samples)]
            found = list(pool.map(held, work, chunksize=50))
            shares = np.mean([inside for inside, _ in found], axis=0)
            widths = np.median([width for _, width in found], axis=0)
            for rule, share, width in zip(design.rules, shares, widths, strict=True):
                print(f"{design.name:<26} {word(rule):<50} {100 * share:>7.1f} {width:>7.3f}", flush=True)


if __name__ == "__main__":
    main()
