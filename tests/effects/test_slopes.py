"""Slopes that vary by group, absorbed: against written-out products of dummies."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import Factor, Grouping, Poisson, Varying, fit, parse, regress

Floats = NDArray[np.float64]

EQUAL = 1e-8
SAME = 1e-10


def simulated(seed: int = 1) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((30, 9)) < 0.85)
    n = len(f)
    trend = r.normal(size=30)[f] * t
    d = r.normal(size=n) + 0.2 * trend
    y = 0.5 * d + trend + r.normal(size=30)[f] + r.normal(size=n)
    z = r.normal(size=n)
    count = r.poisson(np.exp(0.3 * d + 0.1 * z))
    table = {
        "firm": f,
        "year": 2010 + t,
        "province": f % 5,
        "y": y,
        "d": d,
        "x": r.normal(size=n),
        "z": z,
        "count": count,
    }
    return Panel.from_frame(pl.DataFrame(table), id="firm", time="year")


def indicators(table: pl.DataFrame, name: str) -> Floats:
    codes = np.unique(table[name].to_numpy(), return_inverse=True)[1]
    return np.eye(codes.max() + 1)[codes]


CASES = [
    ("firm[year]", ["firm"], [("firm", "year")]),
    ("firm[year] + year", ["firm", "year"], [("firm", "year")]),
    ("firm[[z]]", [], [("firm", "z")]),
    ("firm[[z]] + year", ["year"], [("firm", "z")]),
    ("firm[year, z]", ["firm"], [("firm", "year"), ("firm", "z")]),
    ("firm + province[z]", ["firm", "province"], [("province", "z")]),
]


@pytest.mark.parametrize(("written", "effects", "slopes"), CASES)
@pytest.mark.parametrize("kind", ["iid", "hc1", "cluster"])
def test_equals_dummies(written: str, effects: list[str], slopes: list[tuple[str, str]], kind: str) -> None:
    panel = simulated()
    cluster = "firm" if kind == "cluster" else None
    found = regress(parse(f"y ~ d + x | {written}", cluster=cluster), panel, covariance=kind)
    table = panel.frame[found.rows].with_columns(pl.col("year") - 2014)
    n = table.height
    plain = {name: indicators(table, name) for name in effects}
    products = [(group, indicators(table, group) * table[z].to_numpy()[:, None]) for group, z in slopes]
    full = np.column_stack(
        [table.select("d", "x").to_numpy(), np.ones((n, 1)), *plain.values(), *(p for _, p in products)]
    )
    b = np.linalg.lstsq(full, table["y"].to_numpy(), rcond=None)[0]
    e = table["y"].to_numpy() - full @ b
    bread = np.linalg.pinv(full.T @ full, rcond=1e-12)
    k = int(np.linalg.matrix_rank(full))
    scores = full * e[:, None]
    if kind == "iid":
        v = bread * (e @ e) / (n - k)
    elif kind == "hc1":
        v = bread @ scores.T @ scores @ bread * n / (n - k)
    else:
        crossing = [p for name, p in [*plain.items(), *products] if name not in ("firm",)]
        k = 2 + int(np.linalg.matrix_rank(np.column_stack([np.ones((n, 1)), *crossing])))
        sums = indicators(table, "firm").T @ scores
        g = len(sums)
        v = bread @ sums.T @ sums @ bread * (n - 1) / (n - k) * g / (g - 1)
        assert f"K = {k} without" in found.estimate.rule.en
    assert np.allclose(found.estimate.coef, b[:2], rtol=EQUAL)
    assert np.allclose(found.estimate.vcov, v[:2, :2], rtol=EQUAL, atol=EQUAL * np.abs(v[:2, :2]).max())


def test_formula() -> None:
    found = parse("y ~ d | firm[year, log(z)] + a^b[[z]] + province")
    assert found.effects == (
        Varying(("firm",), (Factor("year"), Factor("z", log=True))),
        Varying(("a", "b"), (Factor("z"),), level=False),
        Grouping(("province",)),
    )
    assert parse(found.formula) == found
    for wrong in ("y ~ d | firm[", "y ~ d | firm[]", "y ~ d | firm[[z]", "y ~ d | firm[z]]", "y ~ d[z]"):
        with pytest.raises(ConfigError, match="cannot be read"):
            parse(wrong)
    with pytest.raises(ConfigError, match="cannot be read"):
        parse("y ~ d", cluster="firm[z]")


def test_written_twice_counts_once() -> None:
    panel = simulated()
    a = fit("y ~ d | firm[year]", panel, cluster="firm")
    b = fit("y ~ d | firm + firm[[year]] + firm[year]", panel, cluster="firm")
    assert np.allclose(a.vcov, b.vcov, rtol=SAME)
    assert a.rule == b.rule


def test_a_slope_on_anything_shifted_and_scaled_is_the_same() -> None:
    panel = simulated().with_columns(((pl.col("year") - 2010.0) * 1e4).alias("late"))
    a, b = fit("y ~ d | firm[year]", panel), fit("y ~ d | firm[late]", panel)
    assert np.allclose(a.vcov, b.vcov, rtol=SAME)


def test_missing_slopes_are_counted_and_determined_regressors_named() -> None:
    panel = simulated().with_columns(
        pl.when(pl.int_range(pl.len()) < 4).then(None).otherwise(pl.col("z")).alias("z"),
        (pl.col("province") * pl.col("year")).alias("drift"),
    )
    found = fit("y ~ d | firm[z]", panel)
    assert found.drops[0].reason.en == "z missing or not finite"
    assert found.drops[0].rows == 4
    own = fit("y ~ d + drift | firm[year]", panel)
    assert own.collinear == ("drift",)
    assert "determined by the effects together" in own.notes[0].en


def test_likelihood_and_instruments_take_slopes() -> None:
    panel = simulated()
    found = regress(parse("count ~ d | province[z] + year", family=Poisson()), panel)
    table = panel.frame[found.rows]
    products = indicators(table, "province") * table["z"].to_numpy()[:, None]
    years = indicators(table, "year")[:, 1:]
    full = np.column_stack([table["d"].to_numpy(), indicators(table, "province"), products, years])
    b = np.zeros(full.shape[1])
    for _ in range(50):
        m = np.exp(full @ b)
        b = b + np.linalg.solve((full * m[:, None]).T @ full, full.T @ (table["count"].to_numpy() - m))
    assert found.estimate.coef[0] == pytest.approx(b[0], rel=EQUAL)
    iv = fit("y ~ 1 | firm[year] | d ~ x + z", panel, cluster="firm")
    assert np.isfinite(iv.se).all()


def test_leverages_are_not_offered() -> None:
    with pytest.raises(ConfigError, match="least squares"):
        fit("y ~ d | firm[year]", simulated(), vcov="hc3")
