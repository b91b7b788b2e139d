"""The referee kit: placebo draws, groups compared, a specification curve."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.effects import compare, fit, placebo, specification_curve
from registry import benchmark


@cache
def panel(firms: int, years: int) -> Panel:
    r = np.random.default_rng(2024)
    n = firms * years
    f, t = np.repeat(np.arange(firms), years), np.tile(np.arange(years), firms)
    d, x = r.normal(size=n) + 0.1 * t, r.normal(size=(n, 3))
    y = 0.05 * d + x @ [1.0, 0.5, -0.3] + r.normal(size=firms)[f] + r.normal(size=n)
    table = pl.DataFrame({"f": f, "t": t, "d": d, "y": y, "size": np.exp(r.normal(size=firms))[f]})
    return Panel.from_frame(table.hstack([pl.Series(f"x{j}", x[:, j]) for j in range(3)]), id="f", time="t")


def one_after_the_other() -> Callable[[], object]:
    """The same draws as whole regressions in a loop."""
    data = panel(280, 15)
    d = data.arrays("d")[0].reshape(280, 15)
    r = np.random.default_rng(0)

    def loop() -> list[float]:
        found = []
        for _ in range(500):
            dealt = data.with_columns(pl.Series("d", d[r.permutation(280)].ravel()))
            found.append(float(fit("y ~ d + x0 | f + t", dealt, cluster="f").coef[0]))
        return found

    return loop


@benchmark(
    "effects.placebo", size="500 draws, 280 firms x 15 years", rival_name="a loop of fit", rival=one_after_the_other
)
def placebo_of_paths() -> Callable[[], object]:
    data = panel(280, 15)
    return lambda: placebo("y ~ d + x0 | f + t", data, "d", draws=500, cluster="f")


@benchmark("effects.placebo within years", size="500 draws, 280 firms x 15 years")
def placebo_within_years() -> Callable[[], object]:
    data = panel(280, 15)
    return lambda: placebo("y ~ d + x0 | f + t", data, "d", draws=500, cluster="f", within="t")


@benchmark("effects.placebo, many rows", size="20 draws, 100,000 firms x 9 years")
def placebo_of_many() -> Callable[[], object]:
    data = panel(100_000, 9)
    return lambda: placebo("y ~ d + x0 | f + t", data, "d", draws=20, cluster="f")


@benchmark("effects.compare", size="500 permutations, 280 firms x 15 years")
def groups() -> Callable[[], object]:
    data = panel(280, 15)
    return lambda: compare("y ~ d + x0 | f + t", data, "d", by="size", cluster="f", draws=500)


@benchmark("effects.compare without permutation", size="100,000 firms x 9 years")
def groups_of_many() -> Callable[[], object]:
    data = panel(100_000, 9)
    return lambda: compare("y ~ d + x0 | f + t", data, "d", by="size", cluster="f", draws=0)


@benchmark("effects.specification_curve", size="96 specifications, 280 firms x 15 years")
def curve() -> Callable[[], object]:
    data = panel(280, 15)
    return lambda: specification_curve(
        "y ~ d", data, "d", controls=["x0", "x1", "x2"], effects=["f + t", "f", "t"], winsor=[None, (0.01, 0.99)],
        samples={"late": pl.col("t") > 4}, cluster="f",
    )  # fmt: skip
