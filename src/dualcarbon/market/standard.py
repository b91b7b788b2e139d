"""A performance standard: firms earn permits per unit of output, and a part of the cap may be sold.

With free permits beta y and S more sold, P is where sum(b - beta y) = S. Each firm's max over b' of y + P (beta y - b')
is convex in P with slope beta y - b' (envelope), so that sum(b - beta y) falls in P whatever the benchmarks are: one
price, or an interval of which the lowest is taken.

With a cap E the benchmarks are k beta and both sum(b) = E and k sum(beta y) = E - S hold. Along sum(b) = E a higher k
moves CO2 from firms with low beta to firms with high beta; since beta q = beta / (1 / P + k beta) rises in beta,

    sum(beta dy) = sum(beta q db) >= 0,

so that k sum(beta y) rises in k and meets E - S once: k and P are unique wherever output is positive.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.text import Text, both
from dualcarbon.market.faults import columns_absent, infeasible, option, require_number
from dualcarbon.market.firms import numbers
from dualcarbon.market.responses import NO_BETA
from dualcarbon.market.rules import group_codes, mean_intensity
from dualcarbon.market.schemes import Collar, Setting, Settled, cleared, standard_too_tight

Array = NDArray[np.float64]
BenchmarkRates = float | str | Mapping[object, float] | None

_TOUCH = 1e-12
_NEAR = 1e-9
"""Factors of the benchmarks are taken this far, relatively, inside the ends of the range that has a price."""


def performance_standard(
    where: Setting, cap: float | None, benchmark: BenchmarkRates, by: str | None, collar: Collar, sold: float = 0.0
) -> Settled:
    """Firms earn `benchmark` permits per unit of output; permits used are permits earned and permits sold.

    With a cap all benchmarks are scaled by one factor until emissions are the cap, of which the share `sold` is sold.
    """
    _check_sold(sold, cap)
    rates = benchmark_rates(where, benchmark, by)
    if cap is None:
        if benchmark is None:
            option("cap", None, Text("cap 或 benchmark 至少一个", "cap, benchmark or both"))
        if collar.ceiling is None and _short(where, rates, 1.0, 0.0) > _TOUCH * where.today:
            standard_too_tight(_tightest(where, rates, 0.0))
        return _named(where, _standard(where, rates, 1.0, 0.0, collar), by)
    return _named(where, _standard(where, rates, _factor(where, rates, cap, sold * cap), sold * cap, collar), by)


def _check_sold(sold: float, cap: float | None) -> None:
    require_number("auctioned", sold)
    if sold >= 1.0:
        option("auctioned", sold, both("0 <= auctioned < 1"))
    if sold > 0.0 and cap is None:
        option("cap", None, Text("拍卖份额是总量的份额，须给出 cap", "a cap, of which auctioned is a share"))


def benchmark_rates(where: Setting, benchmark: BenchmarkRates, by: str | None) -> Array:
    """Permits per unit of output of every firm, (n,): a number, a column, one per group, or mean intensities.

    Raises
    ------
    ConfigError
        If a group has no benchmark, or one is negative.
    """
    firms = where.firms
    if benchmark is None:
        return mean_intensity(firms, where.covered, by)
    if isinstance(benchmark, str):
        columns_absent(firms.table, (benchmark,), Text("补上基准值的列", "add the column of benchmarks"))
        rates = numbers(firms.table, benchmark)
    elif isinstance(benchmark, Mapping):
        rates = _of_groups(where, benchmark, by)
    else:
        require_number("benchmark", benchmark)
        rates = np.full(firms.n, float(benchmark))
    wrong = where.covered & ~((rates >= 0.0) & np.isfinite(rates))
    if wrong.any():
        option("benchmark", float(rates[wrong][0]), Text("非负有限数", "finite and not negative"))
    return np.where(where.covered, rates, 0.0)


def _of_groups(where: Setting, benchmark: Mapping[object, float], by: str | None) -> Array:
    if by is None:
        option("benchmark_by", None, Text("基准按组给出时须指明分组列", "the column of groups the benchmarks are for"))
    group_codes(where.firms, by)
    groups = where.firms.table[by]
    inside = groups.filter(pl.Series(where.covered)).unique(maintain_order=True).to_list()
    absent = [group for group in inside if group not in benchmark]
    if absent:
        option("benchmark", absent[:3], Text("每组一个基准", "a benchmark for each group; these have none"))
    for rate in benchmark.values():
        require_number("benchmark", rate)
    return np.array([float(benchmark.get(g, 0.0)) for g in groups.to_list()])


def _standard(where: Setting, rates: Array, factor: float, sold: float, collar: Collar) -> Settled:
    scaled = rates * factor
    beta = np.ascontiguousarray(where.firms.take(scaled))
    done = cleared(where, beta, sold - _held_position(where, scaled), math.nan, collar)
    return replace(done, factor=factor, beta=scaled)


def _held_position(where: Setting, rates: Array) -> float:
    """b - beta y of the firms that stay as they are."""
    held, firms = where.held, where.firms
    return where.held_co2 - float((rates[held] * firms.output[held]).sum())


def _factor(where: Setting, rates: Array, cap: float, sold: float) -> float:
    """The factor of all benchmarks at which emissions are the cap; emissions rise in it."""
    from scipy.optimize import brentq

    def above(factor: float) -> float:
        done = _standard(where, rates, factor, sold, Collar())
        return float(done.outcome.co2.sum()) + where.held_co2 - cap

    lowest, loosest = _tightest(where, rates, sold), _loosest(where, rates, sold)
    least = above(lowest)
    if least > _NEAR * cap:
        infeasible(cap, cap + least)
    if least >= 0.0 or above(loosest) <= 0.0:
        return lowest if least >= 0.0 else loosest
    return float(brentq(above, lowest, loosest, xtol=1e-16 * loosest, rtol=8.9e-16, maxiter=200))


def _tightest(where: Setting, rates: Array, sold: float) -> float:
    """The lowest factor of the benchmarks that firms can meet at all, a hair above it.

    What is missing at an infinite price is the least of sum(b - k beta y): concave in k and positive at 0, so that it
    crosses zero once.
    """
    from scipy.optimize import brentq

    high = _loosest(where, rates, 0.0)
    low = _NEAR * high
    if _short(where, rates, low, sold) <= 0.0:
        return low
    root = float(brentq(lambda k: _short(where, rates, k, sold), low, high, xtol=1e-16 * high, rtol=8.9e-16))
    return root * (1.0 + _NEAR)


def _short(where: Setting, rates: Array, factor: float, sold: float) -> float:
    """Permits that are missing at an infinite price."""
    scaled = rates * factor
    beta = np.ascontiguousarray(where.firms.take(scaled))
    return where.curves.position(math.inf, beta) + _held_position(where, scaled) - sold


def _loosest(where: Setting, rates: Array, sold: float) -> float:
    """The factor of the benchmarks at which permits are worth nothing, a hair above it."""
    done = where.curves.outcome(0.0, NO_BETA, 0.0)
    output, held = where.firms.take(where.firms.output) + done.output_change, where.held
    earned = float((where.firms.take(rates) * output).sum())
    earned += float((rates[held] * where.firms.output[held]).sum())
    if not earned > 0.0:
        standard_too_tight(math.nan)
    return max(float(done.co2.sum()) + where.held_co2 - sold, 0.0) / earned * (1.0 + _NEAR)


def _named(where: Setting, done: Settled, by: str | None) -> Settled:
    rates = pl.Series("benchmark", done.beta)
    group = where.firms.table[by].alias("group") if by else pl.Series("group", ["all"] * where.firms.n)
    table = pl.DataFrame([group, rates]).filter(pl.Series(where.covered)).unique(maintain_order=True).head(10_000)
    return replace(done, benchmarks=table)
