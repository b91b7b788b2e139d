"""Which frontier model recovers a known marginal abatement cost: prints the table of the race.

`python benchmarks/frontier_truth.py [SEEDS] [ROWS]`, 6 seeds of 3,000 rows unless told otherwise.

Designs: (a) quadratic technology, sizes within a factor of five; (bC, bV) CES by-product technology under constant
returns and returns of 0.93, sizes over four orders of magnitude; (c5, c10, c20) bC with that much noise in y and b,
1 % gross outliers, 1 % b = 0, 1 % b x 1e-6; (d) a lasting carbon intensity that no column shows; (f) an abatement-cost
technology outside every fitted form; (u5, u8) bC with sigma_u of 0.5 and 0.8 in place of 0.25. Scores: median
|ln(MAC / true MAC)| over firm-years, ln of the ratio of medians, share of a planted coefficient on ln MAC that a
regression with firm and year effects recovers, all over rows that are priced; verdicts; seconds.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier import registry
from dualcarbon.frontier.model import CODE, GroupData, GroupFit, Model

Array = NDArray[np.float64]

YEARS = 9
ENVELOPMENT_ROWS = 900
WEIGHTS = np.array([0.45, 0.35, 0.2])


@dataclass(frozen=True)
class Case:
    """Data of one industry with the true MAC, the treatment d and the rows free of planted contamination."""

    data: GroupData
    mac: Array
    d: Array
    clean: NDArray[np.bool_]


@dataclass(frozen=True)
class Draw:
    """What all designs share: firms, years, treatment, generator."""

    random: np.random.Generator
    unit: NDArray[np.int64]
    time: NDArray[np.int64]
    d: Array

    def lasting(self) -> Array:
        """A standard normal per firm, one value for all its years."""
        return self.random.standard_normal(int(self.unit[-1]) + 1)[self.unit]

    def fresh(self) -> Array:
        """A standard normal per row."""
        return self.random.standard_normal(self.unit.size)


def start(rows: int, seed: int) -> Draw:
    """Firms over nine years with a treatment that grows."""
    random = np.random.default_rng(seed)
    firms = max(rows // YEARS, 4)
    unit, time_ = np.repeat(np.arange(firms), YEARS), np.tile(np.arange(YEARS), firms)
    d = 0.6 * random.standard_normal(firms)[unit] + 0.06 * time_ + 0.7 * random.standard_normal(unit.size)
    return Draw(random, unit.astype(np.int64), time_.astype(np.int64), d - d.mean())


def inputs_of(draw: Draw, m: int = 3) -> tuple[Array, Array]:
    """ln x over four orders of magnitude, and the log of a slightly curved input index."""
    size = 1.7 * draw.lasting() + 0.15 * draw.fresh()
    parts = [0.35 * draw.lasting() + 0.15 * draw.fresh() for _ in range(m)]
    ln_x = size[:, None] + np.column_stack(parts)
    weights = WEIGHTS[:m] / WEIGHTS[:m].sum()
    return ln_x, ln_x @ weights + 0.05 * (ln_x[:, 0] - ln_x[:, -1]) * (ln_x[:, min(1, m - 1)] - ln_x[:, 0])


def finish(draw: Draw, ln_x: Array, ln_y: Array, ln_b: Array, eps: Array, sigma_u: float = 0.25) -> Case:
    """Move the frontier point by half-normal inefficiency that falls in the treatment, and set the units."""
    u = np.abs(draw.fresh()) * sigma_u * np.exp(-0.15 * draw.d)
    x = np.exp(ln_x) * np.array([50.0, 8e6, 900.0])[: ln_x.shape[1]]
    data = GroupData(x, np.exp(ln_y - u) * 3e6, np.exp(ln_b + u) * 50.0, draw.unit, draw.time)
    mac = eps * np.exp(ln_y - ln_b) * 6e4
    return Case(data, mac, draw.d, np.ones(u.size, dtype=np.bool_))


def ces(rows: int, seed: int, returns: float = 1.0, sigma_u: float = 0.25, m: int = 3) -> Case:
    """ln y = returns (F + ln(a e^(rho r) + 1 - a) / rho) with r = ln b - F, a = 0.1, rho = -0.4."""
    draw = start(rows, seed)
    ln_x, f = inputs_of(draw, m)
    r = 0.8 * draw.lasting() + 0.6 * draw.fresh() - 0.15 * draw.d
    part = 0.1 * np.exp(-0.4 * r)
    ln_y = returns * (f - np.log(part + 0.9) / 0.4)
    return finish(draw, ln_x, ln_y, f + r, returns * part / (part + 0.9), sigma_u)


def noisy(rows: int, seed: int, noise: float, m: int = 3, sigma_u: float = 0.25) -> Case:
    """The CES design with measurement error and contaminated rows."""
    case = ces(rows, seed, m=m, sigma_u=sigma_u)
    random = np.random.default_rng([seed, 1])
    n = case.d.size
    y, b = (v * np.exp(noise * random.standard_normal(n)) for v in (case.data.y, case.data.b))
    kind, side = random.random(n), random.random(n) < 0.5
    gross = 10.0 ** (np.sign(random.standard_normal(n)) * random.uniform(0.6, 1.6, n))
    y = np.where((kind < 0.01) & side, y * gross, y)
    b = np.where((kind < 0.01) & ~side, b * gross, b)
    b = np.where((kind >= 0.01) & (kind < 0.02), 0.0, np.where((kind >= 0.02) & (kind < 0.03), b * 1e-6, b))
    return replace(case, data=replace(case.data, y=y, b=b), clean=kind >= 0.03)


def quadratic(rows: int, seed: int) -> Case:
    """A technology that is a quadratic directional distance function exactly, firms of similar size."""
    draw = start(rows, seed)
    firms = int(draw.unit[-1]) + 1
    x = draw.random.uniform(0.33, 1.67, (firms, 3))[draw.unit] * np.exp(
        0.05 * np.column_stack([draw.fresh() for _ in range(3)])
    )
    core = x @ np.array([0.4, 0.35, 0.25])
    tilt = np.clip(0.10 * draw.lasting() - 0.04 * draw.d + 0.08 * draw.fresh(), -0.35, 0.35)
    total, t = 2.0 * core + tilt, 0.7 + 0.5 * tilt
    bad = 0.7 * total - 0.4 * core + 0.25 * tilt**2
    u = np.minimum(np.abs(draw.fresh()) * 0.12 * np.exp(-0.15 * draw.d), 0.5 * (total - bad))
    data = GroupData(x * [50.0, 8e6, 900.0], (total - bad - u) * 3e6, (bad + u) * 50.0, draw.unit, draw.time)
    return Case(data, (1.0 - t) / t * 6e4, draw.d, np.ones(u.size, dtype=np.bool_))


def hidden(rows: int, seed: int) -> Case:
    """Cobb-Douglas with a lasting factor of carbon intensity that no column shows."""
    draw = start(rows, seed)
    ln_x, f = inputs_of(draw)
    r = 0.5 * draw.lasting() - 0.15 * draw.d + 0.5 * draw.fresh()
    ln_y = 0.1 * (f + r) + 0.9 * f
    return finish(draw, ln_x, ln_y, 0.7 * draw.lasting() + f + r, np.full(f.size, 0.1))


def abatement(rows: int, seed: int) -> Case:
    """Firms choose a share a of CO2 to abate at a cost of 0.45 a^1.7 of output."""
    draw = start(rows, seed)
    ln_x, f = inputs_of(draw)
    wish = 0.9 * draw.lasting() + 0.2 * draw.d + 0.7 * draw.fresh()
    a = 0.02 + 0.96 / (1.0 + np.exp(-wish - 0.3))
    ln_y, ln_b = f + np.log(1.0 - 0.45 * a**1.7), f + np.log(1.0 - a)
    return finish(draw, ln_x, ln_y, ln_b, 0.45 * 1.7 * a**0.7 * np.exp(ln_b - ln_y))


DESIGNS: dict[str, Callable[[int, int], Case]] = {
    "a": quadratic,
    "bC": ces,
    "bV": lambda rows, seed: ces(rows, seed, returns=0.93),
    "c5": lambda rows, seed: noisy(rows, seed, 0.05),
    "c10": lambda rows, seed: noisy(rows, seed, 0.10),
    "c20": lambda rows, seed: noisy(rows, seed, 0.20),
    "d": hidden,
    "f": abatement,
    "u5": lambda rows, seed: ces(rows, seed, sigma_u=0.5),
    "u8": lambda rows, seed: ces(rows, seed, sigma_u=0.8),
}


def _coefficient(values: Array, case: Case, rows: NDArray[np.bool_]) -> float:
    """Of ln MAC on d with firm and year effects, by alternating projections."""
    v, d = values[rows].copy(), case.d[rows].copy()
    codes = [case.data.unit[rows], case.data.time[rows]]
    for _ in range(100):
        for code in codes:
            count = np.maximum(np.bincount(code), 1)
            v -= (np.bincount(code, v) / count)[code]
            d -= (np.bincount(code, d) / count)[code]
    return float(v @ d / (d @ d))


def score(case: Case, fit: GroupFit) -> tuple[float, float, float]:
    """Median firm error, error of the median, recovered share; NaN where no row is priced."""
    rows = case.clean & np.isin(fit.status, (CODE["ok"], CODE["kink"])) & (fit.mac > 0.0)
    if np.count_nonzero(rows) < 20:
        return float("nan"), float("nan"), float("nan")
    ratio = np.log(fit.mac[rows] / case.mac[rows])
    share = _coefficient(np.log(np.where(rows, fit.mac, 1.0)), case, rows)
    truth = _coefficient(np.log(case.mac), case, np.ones(rows.size, dtype=np.bool_))
    return (
        float(np.median(np.abs(ratio))),
        float(np.log(np.median(fit.mac[rows]) / np.median(case.mac[rows]))),
        share / truth,
    )


def _technology(model: Model, m: int) -> Technology:
    returns = "bic" if model.name == "translog_ml" else "variable"
    return Technology([f"x{i}" for i in range(m)], "y", "b", returns)  # type: ignore[arg-type]


def race(model: Model, seeds: int, rows: int) -> Iterator[str]:
    """One line per design."""
    for name, design in DESIGNS.items():
        scores, verdicts, seconds = [], Counter[str](), 0.0
        for seed in range(seeds):
            case = design(rows, seed)
            begin = time.perf_counter()
            fit = model.solve(case.data, _technology(model, case.data.x.shape[1]), Direction.proportional())
            seconds += time.perf_counter() - begin
            scores.append(score(case, fit))
            verdicts[fit.verdict] += 1
        usable = [s for s in scores if np.isfinite(s).all()]
        firm, middle, share = np.median(usable, axis=0) if usable else (np.nan,) * 3
        words = ", ".join(f"{k} {v}" for k, v in sorted(verdicts.items()))
        yield f"{model.name:<12} {name:<4} {firm:7.3f} {middle:+7.3f} {share:7.2f}  {seconds / seeds:7.3f}  {words}"


def main() -> None:
    """Print the table."""
    seeds, rows = (int(value) for value in (sys.argv[1:] + ["6", "3000"][len(sys.argv) - 1 :])[:2])
    print(f"{'model':<12} {'':<4} {'firm':>7} {'median':>7} {'share':>7}  {'seconds':>7}  verdicts")
    for model in registry.models().values():
        for line in race(model, seeds, ENVELOPMENT_ROWS if model.name == "envelopment" else rows):
            print(line, flush=True)


if __name__ == "__main__":
    main()
