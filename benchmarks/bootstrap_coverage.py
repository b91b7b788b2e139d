"""How often the intervals of `frontier.bootstrap` hold the truth: prints one line per model, method and statistic.

`python benchmarks/bootstrap_coverage.py [--samples 100] [--firms 100] [--draws 100] [--kappas 0.6,0.7,0.8]
[--models envelopment,translog_ml,translog_lp] [--workers 1]`

Firms with one input on the frontier y = x^0.8 b^0.2, moved off it to (y e^-u, b e^u), u half-normal with sigma 0.2;
translog_ml gets normal noise with sigma 0.1 along the same path. The truth is the mean or median over the population.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier import Subsampling, bootstrap
from dualcarbon.frontier.bootstrap import STATISTICS
from dualcarbon.frontier.models.envelopment import EnvelopmentModel
from registry import benchmark

Array = NDArray[np.float64]

POPULATION = 200_000
NOISE = 0.1


@dataclass(frozen=True)
class Case:
    """One model, its returns, and the power of n of its subsamples (None: the model's own method)."""

    model: str
    returns: str
    kappa: float | None


@dataclass(frozen=True)
class Firms:
    """x, relative CO2 r and inefficiency u."""

    x: Array
    r: Array
    u: Array

    @classmethod
    def draw(cls, random: np.random.Generator, n: int) -> Firms:
        return cls(random.lognormal(size=n), 0.4 * random.standard_normal(n), 0.2 * np.abs(random.standard_normal(n)))

    def outputs(self, v: Array | float = 0.0) -> tuple[Array, Array]:
        """y and b as observed."""
        off = self.u + v
        return self.x * np.exp(0.2 * self.r - off), self.x * np.exp(self.r + off)


def distance(firms: Firms) -> Array:
    """beta of y (1 + beta) = x^0.8 (b (1 - beta))^0.2, by bisection."""
    y, b = firms.outputs()
    low, high = np.zeros(y.size), np.ones(y.size)
    for _ in range(60):
        middle = (low + high) / 2.0
        inside = y * (1.0 + middle) <= firms.x**0.8 * (b * (1.0 - middle)) ** 0.2
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low


@cache
def truth(directional: bool) -> tuple[float, ...]:
    """The statistics of the population, in the order of the table."""
    firms = Firms.draw(np.random.default_rng(1), POPULATION)
    y, b = firms.outputs()
    if directional:
        u = room = distance(firms)
        mac = 0.2 * y * (1.0 + u) / (b * (1.0 - u))
    else:
        u, room, mac = firms.u, -np.expm1(-firms.u), 0.2 * np.exp(-0.8 * firms.r)
    return tuple(float(f(v)) for v in (u, room, mac) for f in (np.mean, np.median))


def sample(seed: int, n: int, noise: float) -> Panel:
    """A cross-section."""
    random = np.random.default_rng(10_000 + seed)
    firms = Firms.draw(random, n)
    y, b = firms.outputs(noise * random.standard_normal(n))
    frame = pl.DataFrame({"firm": np.arange(n), "year": np.zeros(n, dtype=np.int64), "x": firms.x, "y": y, "b": b})
    return Panel.from_frame(frame, id="firm", time="year")


def intervals(case: Case, seed: int, n: int, draws: int) -> Array:
    """Estimate, low and high (6, 3) from one sample."""
    kuosmanen = case.returns == "variable"
    technology = Technology(
        ["x"],
        "y",
        "b",
        returns="variable" if kuosmanen else "constant",
        disposability="kuosmanen" if kuosmanen else "weak",
    )
    enveloping = case.model == "envelopment"
    model = EnvelopmentModel(screen=False, level_shift=False) if enveloping else case.model
    panel = sample(seed, n, NOISE if case.model == "translog_ml" else 0.0)
    method = None if case.kappa is None else Subsampling(case.kappa)
    found = bootstrap(panel, technology, Direction.proportional(), model, method=method, draws=draws, seed=seed)
    return found.table.select("estimate", "low", "high").to_numpy()


def _one(work: tuple[Case, int, int, int]) -> Array:
    return intervals(*work)


def cases(models: list[str], kappas: list[float]) -> Iterator[Case]:
    """Envelopment under both returns with every kappa; the others once."""
    for model in models:
        if model == "envelopment":
            yield from (Case(model, returns, kappa) for returns in ("constant", "variable") for kappa in kappas)
        else:
            yield Case(model, "constant", None)


def lines(case: Case, found: Array) -> Iterator[str]:
    """Coverage, the truth, the mean estimate and middle, the mean width, and the deviation of the estimates."""
    true = truth(case.model == "envelopment")
    for place, name in enumerate(STATISTICS):
        estimate, low, high = found[:, place].T
        held = np.mean((low <= true[place]) & (true[place] <= high))
        numbers = (true[place], estimate.mean(), ((low + high) / 2).mean(), (high - low).mean(), estimate.std())
        kappa = "-" if case.kappa is None else f"{case.kappa:g}"
        yield f"{case.model:<12} {case.returns:<9} {kappa:>5} {name:<22} {held:>6.2f} " + " ".join(
            f"{v:>8.4f}" for v in numbers
        )


@benchmark("frontier: subsampling of 200 firms", size="200 firms, 100 draws", repeats=3)
def subsampling() -> Callable[[], object]:
    """One interval of envelopment."""
    return lambda: intervals(Case("envelopment", "variable", 0.7), 0, 200, 100)


@benchmark("frontier: parametric bootstrap of 1,000 firms", size="1,000 firms, 100 draws", repeats=3)
def parametric() -> Callable[[], object]:
    """One interval of translog_ml."""
    return lambda: intervals(Case("translog_ml", "constant", None), 0, 1_000, 100)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--firms", type=int, default=100)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--kappas", type=lambda t: [float(v) for v in t.split(",")], default=[0.6, 0.7, 0.8])
    parser.add_argument("--models", type=lambda t: t.split(","), default=["envelopment", "translog_ml", "translog_lp"])
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    heads = ("truth", "estimate", "middle", "width", "sd")
    print(
        f"{'model':<12} {'returns':<9} {'kappa':>5} {'statistic':<22} {'held':>6} " + " ".join(f"{h:>8}" for h in heads)
    )
    with ProcessPoolExecutor(asked.workers) as pool:
        for case in cases(asked.models, asked.kappas):
            work = [(case, seed, asked.firms, asked.draws) for seed in range(asked.samples)]
            for line in lines(case, np.stack(list(pool.map(_one, work)))):
                print(line, flush=True)


if __name__ == "__main__":
    main()
