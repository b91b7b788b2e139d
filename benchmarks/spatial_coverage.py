"""Spatial DID: speed, bias with and without correction, and how often 95 % intervals hold the truth.

`python benchmarks/spatial_coverage.py [--samples 1000] [--only WORD] [--workers 1]` prints one line per design, model
and covariance: mean error of rho and of the variance in percent of the truth, and the share of samples, in percent,
whose interval holds rho, the coefficient of the treatment, and its direct, indirect and total impact. Sample s of
design d is drawn from the seed (d, s), whatever the number of workers. Treatment begins in two cohorts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csc_array, eye_array
from scipy.sparse.linalg import spsolve

from dualcarbon.core.panel import Panel
from dualcarbon.policy.spatial import SpatialEffect, Weights, from_matrix, nearest, rings, spatial_did
from registry import benchmark

Array = NDArray[np.float64]

EFFECT, NEIGHBOURS, CONTROL = -1.0, 0.3, 0.5


@dataclass(frozen=True)
class Design:
    """Units on a map, and how errors are drawn."""

    name: str
    units: int
    periods: int
    rho: float
    theta: float
    errors: str
    asked: tuple[tuple[str, str, bool], ...]
    normalise: str = "row"


def drawn(kind: str, r: np.random.Generator, units: int, periods: int) -> Array:
    """Errors with variance 1: normal, skewed, or dependent over time with 0.6."""
    if kind == "skewed":
        return np.asarray((r.chisquare(3.0, (units, periods)) - 3.0) / 6.0**0.5)
    e = r.normal(size=(units, periods))
    if kind == "lasting":
        for t in range(1, periods):
            e[:, t] = 0.6 * e[:, t - 1] + 0.8 * e[:, t]
    return e


def sample(design: Design, seed: tuple[int, ...]) -> tuple[Panel, Weights]:
    """A panel and its weights."""
    r = np.random.default_rng(seed)
    n, t = design.units, design.periods
    unit, period = np.repeat(np.arange(n), t), np.tile(np.arange(2001, 2001 + t), n)
    lat, lon = r.uniform(25.0, 40.0, n), r.uniform(100.0, 120.0, n)
    first = np.where(r.random(n) < 0.4, r.choice([2001 + (t + 1) // 2, t + 2000], n), 0)
    first[:2] = 2001 + (t + 1) // 2, 0
    x = r.normal(size=(n, t))
    columns = {"unit": unit, "period": period, "lat": lat[unit], "lon": lon[unit], "first": first[unit], "x": x.ravel()}
    panel = Panel.from_frame(pl.DataFrame(columns), id="unit", time="period")
    weights = nearest(panel, k=5)
    if design.normalise == "spectral":
        whole = (weights.raw + weights.raw.T) / 2.0
        weights = from_matrix(whole, weights.ids, normalise="spectral")
    d = ((first[unit] > 0) & (period >= first[unit])).astype(float).reshape(n, t)
    mean = EFFECT * d + design.theta * (weights.matrix @ d) + CONTROL * x + r.normal(size=(n, 1)) + r.normal(size=t)
    system = csc_array(eye_array(n) - design.rho * weights.matrix)
    y = spsolve(system, mean + drawn(design.errors, r, n, t))
    return panel.with_columns(pl.Series("y", np.asarray(y).ravel())), weights


def truths(design: Design, weights: Weights) -> tuple[float, float, float]:
    """Direct, indirect and total impact, from the matrix itself."""
    w = weights.matrix.toarray()
    s = np.linalg.inv(np.eye(weights.n) - design.rho * w) @ (EFFECT * np.eye(weights.n) + design.theta * w)
    direct, total = float(np.trace(s)) / weights.n, float(s.sum()) / weights.n
    return direct, total - direct, total


BOTH = (("sdm", "cluster", True), ("sdm", "ml", True))
LAG = (("sar", "cluster", True), ("sar", "ml", True))
DESIGNS = (
    Design("normal, 100 x 6", 100, 6, 0.4, NEIGHBOURS, "normal", BOTH),
    Design("normal, 290 x 14", 290, 14, 0.4, NEIGHBOURS, "normal", BOTH),
    Design("skewed, 200 x 4", 200, 4, 0.4, NEIGHBOURS, "skewed", BOTH),
    Design("lasting, 200 x 10", 200, 10, 0.4, NEIGHBOURS, "lasting", BOTH),
    Design("no spillover, 150 x 8", 150, 8, 0.0, 0.0, "normal", BOTH),
    Design("sar, spectral, 150 x 8", 150, 8, 0.5, 0.0, "normal", LAG, "spectral"),
    Design("few periods, 150 x 3", 150, 3, 0.4, 0.0, "normal", (("sar", "ml", True), ("sar", "ml", False))),
    Design("few units, 31 x 12", 31, 12, 0.4, 0.0, "normal", (("sar", "ml", True), ("sar", "ml", False))),
)  # fmt: skip


def found_in(work: tuple[int, int]) -> list[tuple[float, ...]]:
    """Errors of rho and the variance, and what the intervals hold, for each model asked of one sample."""
    design = DESIGNS[work[0]]
    panel, weights = sample(design, work)
    truth = truths(design, weights)
    rows = []
    for model, covariance, corrected in design.asked:
        found = spatial_did(
            panel, "y", "first", weights=weights, model=model, controls=["x"], covariance=covariance,
            corrected=corrected, seed=work[1],
        )  # fmt: skip
        wide = 1.959963984540054
        held = [abs(found.rho - design.rho) <= wide * found.rho_se, abs(found.coef[0] - EFFECT) <= wide * found.se[0]]
        for kind, value in zip(("direct", "indirect", "total"), truth, strict=True):
            _, _, low, high = found.impact(kind)
            held.append(low <= value <= high)
        rows.append((found.rho - design.rho, found.sigma2 - 1.0, *map(float, held)))
    return rows


SIZES = {"cities": (290, 14), "counties": (2800, 20), "townships": (10_000, 10)}


@cache
def survey(size: str) -> tuple[Panel, Weights]:
    units, periods = SIZES[size]
    return sample(Design(size, units, periods, 0.4, NEIGHBOURS, "normal", ()), (1, units))


def fit(size: str) -> SpatialEffect:
    panel, weights = survey(size)
    return spatial_did(panel, "y", "first", weights=weights, controls=["x"])


def prepared(size: str) -> Callable[[], object]:
    survey(size)
    return partial(fit, size)


@benchmark("policy.spatial_did cities", size="290 units, 14 periods, 5 nearest")
def cities() -> Callable[[], object]:
    return prepared("cities")


@benchmark("policy.spatial_did counties", size="2,800 units, 20 periods, 5 nearest")
def counties() -> Callable[[], object]:
    return prepared("counties")


@benchmark("policy.spatial_did townships", size="10,000 units, 10 periods, 5 nearest", repeats=1)
def townships() -> Callable[[], object]:
    return prepared("townships")


@benchmark("policy.spatial rings", size="110,000 units, 9 periods")
def firms() -> Callable[[], object]:
    r = np.random.default_rng(3)
    n, t = 110_000, 9
    unit, period = np.repeat(np.arange(n), t), np.tile(np.arange(2001, 2001 + t), n)
    first = np.where(r.random(n) < 0.05, r.choice([2004, 2006, 2008], n), 0)
    place = r.uniform(0.0, 20.0, (n, 2)) + np.array([22.0, 100.0])
    columns = {"unit": unit, "period": period, "lat": place[unit, 0], "lon": place[unit, 1], "first": first[unit]}
    panel = Panel.from_frame(pl.DataFrame(columns | {"y": r.normal(size=n * t)}), id="unit", time="period")
    return lambda: rings(panel, "y", "first", edges_km=(0, 3, 6, 10))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--only", default="")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    held = " ".join(f"{word:>5}" for word in ("rho", "b", "dir.", "ind.", "tot."))
    print(f"{'design':<24} {'model':<22} {'rho':>8} {'var %':>7} | {held}")
    with ProcessPoolExecutor(asked.workers) as pool:
        for number, design in enumerate(DESIGNS):
            if asked.only not in design.name:
                continue
            found = np.array(list(pool.map(found_in, [(number, s) for s in range(asked.samples)], chunksize=20)))
            for (model, covariance, corrected), part in zip(design.asked, found.mean(axis=0), strict=True):
                word = f"{model} {covariance}{'' if corrected else ' uncorrected'}"
                shares = " ".join(f"{100 * v:>5.1f}" for v in part[2:])
                print(f"{design.name:<24} {word:<22} {part[0]:>8.4f} {100 * part[1]:>7.2f} | {shares}", flush=True)


if __name__ == "__main__":
    main()
