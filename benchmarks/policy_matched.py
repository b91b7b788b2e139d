"""Matching and differences in differences on many firms."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.policy.design import Design, design
from dualcarbon.policy.evaluation import evaluate
from dualcarbon.policy.matching import Kernel, Matching, Nearest, Weighting
from dualcarbon.policy.models.matched import Matched
from registry import benchmark

SIZE = "110,000 units x 9 years, 5 cohorts, 3 controls"


@cache
def many() -> Design:
    r = np.random.default_rng(5)
    units, years = 110_000, 9
    unit, year = np.repeat(np.arange(units), years), np.tile(np.arange(years), units)
    x = r.normal(size=(units, 3))
    score = x @ [0.5, 0.3, -0.2] + r.logistic(size=units)
    first = np.where(score > 0.5, r.integers(3, 8, units), 0)
    y = r.normal(size=units)[unit] + 0.1 * ((first > 0)[unit] & (year >= first[unit])) + r.normal(size=units * years)
    known = {"a": x[unit, 0], "b": x[unit, 1], "c": x[unit, 2]}
    table = pl.DataFrame({"i": unit, "t": year, "g": first[unit], "y": y} | known)
    return design(Panel.from_frame(table, id="i", time="t"), "y", "g", controls=["a", "b", "c"])


def matched(match: Matching) -> Callable[[], Callable[[], object]]:
    def prepare() -> Callable[[], object]:
        sample = many()
        return lambda: evaluate(sample, Matched(match))

    return prepare


for name, match in (("nearest", Nearest()), ("nearest without replacement", Nearest(replacement=False)),
                    ("kernel", Kernel()), ("weighting", Weighting())):  # fmt: skip
    benchmark(f"policy.matched, {name}", size=SIZE)(matched(match))
