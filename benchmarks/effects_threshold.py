"""Panel threshold regression: speed, and how often tests reject and confidence sets hold the threshold.

`python benchmarks/effects_threshold.py [--samples 1000] [--draws 199]` prints coverage of the 95 % set by size of the
effect, size and power of the test at 5 %: 100 firms over 10 years, balanced and with 70 % of the rows; threshold 0.5 in
a uniform variable, normal errors with variance 1, seeds fixed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.effects import ThresholdResult, threshold
from registry import benchmark

EFFECTS = (0.2, 0.3, 0.5, 1.0)


def panel(seed: int, firms: int, years: int, share: float, effects: tuple[float, ...]) -> Panel:
    """Slope 0.5, plus each effect above thresholds that divide the unit interval evenly."""
    r = np.random.default_rng(seed)
    firm, year = np.nonzero(r.random((firms, years)) < share)
    n = len(firm)
    q, z = r.random(n), r.normal(size=n)
    x = r.normal(size=n) + r.normal(size=firms)[firm]
    slope = 0.5 + sum((e * (q > (k + 1) / (len(effects) + 1)) for k, e in enumerate(effects)), np.zeros(n))
    y = x * slope + z + r.normal(size=firms)[firm] + r.normal(size=n)
    columns = {"firm": firm, "year": 2008 + year, "q": q, "x": x, "z": z, "y": y}
    return Panel.from_frame(pl.DataFrame(columns), id="firm", time="year")


def regression(data: Panel, thresholds: int = 1, bootstrap: int = 300, seed: int = 0) -> ThresholdResult:
    return threshold(
        data,
        outcome="y",
        treatment="x",
        by="q",
        controls=["z"],
        thresholds=thresholds,
        bootstrap=bootstrap,
        seed=seed,
    )


survey = cache(partial(panel, 1, 280, 15, 1.0, (0.5, -0.3)))
census = cache(partial(panel, 1, 160_000, 9, 0.7, (0.5,)))


@benchmark("effects.threshold one threshold", size="280 firms, 15 years, 300 draws")
def one() -> Callable[[], object]:
    return partial(regression, survey())


@benchmark("effects.threshold three thresholds", size="280 firms, 15 years, 300 draws for each of 3 tests")
def three() -> Callable[[], object]:
    return partial(regression, survey(), 3)


@benchmark("effects.threshold a million rows", size="1,008,000 rows, unbalanced, 160,000 firms, no draws", repeats=1)
def million() -> Callable[[], object]:
    return partial(regression, census(), 1, 0)


def covered(samples: int, share: float, effect: float) -> float:
    """Share of samples whose confidence set holds 0.5."""
    held = 0
    for seed in range(samples):
        (one,) = regression(panel(seed, 100, 10, share, (effect,)), bootstrap=0).found
        held += any(low <= 0.5 < high for low, high in one.pieces)
    return held / samples


def rejected(samples: int, draws: int, share: float, effects: tuple[float, ...], thresholds: int) -> float:
    """Share of samples in which the last test rejects at 5 %."""
    count = 0
    for seed in range(samples):
        data = panel(samples + seed, 100, 10, share, effects)
        count += regression(data, thresholds, draws, seed).tests[-1].p_value <= 0.05
    return count / samples


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=199)
    given = parser.parse_args()
    for share in (1.0, 0.7):
        for effect in EFFECTS:
            print(f"share {share} effect {effect}: coverage {covered(given.samples, share, effect):.3f}", flush=True)
        for effects, thresholds, word in (((), 1, "size"), ((0.2,), 1, "power"), ((0.5,), 2, "size of 2 against 1")):
            rate = rejected(given.samples, given.draws, share, effects, thresholds)
            print(f"share {share} effects {effects}: {word} {rate:.3f}", flush=True)


if __name__ == "__main__":
    main()
