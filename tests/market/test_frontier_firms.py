"""Firms from a frontier result: the curvature of a known quadratic, and statuses."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import both
from dualcarbon.market import clear, firms_of

RECOVERED = 1e-8  # least squares on an exact line


def _known(model: str = "quadratic", bend: float = 0.0) -> tuple[FrontierResult, Panel, np.ndarray, np.ndarray]:
    """A result whose t is linear in x and s, with known slopes per industry; and mu and scale of every row."""
    rng = np.random.default_rng(1)
    n = 120
    industry = np.repeat([0, 1], n // 2)
    x, y, b = rng.lognormal(3.0, 0.4, n), rng.lognormal(5.0, 0.5, n), rng.lognormal(2.0, 0.5, n)
    mean_y, mean_b, mean_x = (np.array([v[industry == g].mean() for g in (0, 1)])[industry] for v in (y, b, x))
    s, slope = y / mean_y + b / mean_b, np.array([0.05, 0.08])[industry]
    t = 0.4 + slope * (s - 2.0) - 0.03 * (x / mean_x - 1.0) + bend * (s - 2.0) ** 2
    mac = (1.0 - t) / t * mean_y / mean_b
    frame = pl.DataFrame(
        {"firm": np.arange(n), "year": 2011, "industry": industry, "x": x, "y": y, "co2_t": b, "province": "p"}
    )
    panel = Panel.from_frame(frame, id="firm", time="year")
    status = np.full(n, "ok", dtype=object)
    table = panel.frame.select("firm", "year").with_columns(
        mac=pl.Series(mac),
        mac_low=pl.Series(0.9 * mac),
        mac_high=pl.Series(1.1 * mac),
        status=pl.Series(status.tolist()),
    )
    technology = Technology(["x"], "y", "co2_t", group_by=["industry"])
    result = FrontierResult(table, pl.DataFrame(), model, technology, Direction.unit(), both("D"))
    return result, panel, -slope / mean_b, mean_y / mean_b


def test_curvature_is_read_off_the_frontier() -> None:
    result, panel, mu, scale = _known()
    firms = firms_of(result, panel, period=2011, keep=("province",))
    np.testing.assert_allclose(firms["mu"], mu, rtol=RECOVERED)
    np.testing.assert_allclose(firms["scale"], scale, rtol=1e-12)
    assert firms.columns[:6] == ["firm", "year", "industry", "province", "co2", "output"]
    market = clear(firms, cap=0.95 * float(firms["co2"].sum()))
    assert market.summary["emissions"][0] == pytest.approx(0.95 * float(firms["co2"].sum()), rel=1e-10)


def test_no_curvature_where_the_slope_bends_or_the_model_is_another() -> None:
    result, panel, _, _ = _known(bend=0.02)
    firms = firms_of(result, panel)
    assert firms["mu"].null_count() == firms.height
    with pytest.raises(DataError, match="curvature"):
        clear(firms, cap=0.95 * float(firms["co2"].sum()))
    result, panel, _, _ = _known(model="envelopment")
    firms = firms_of(result, panel)
    assert "mu" not in firms.columns
    assert clear(firms, cap=0.95 * float(firms["co2"].sum()), response="step").price > 0.0


def test_statuses_become_states() -> None:
    result, panel, _, _ = _known(model="envelopment")
    words = ["zero", "infinite", "negative", "refused", "edge", "kink"]
    table = result.table.with_columns(
        status=pl.Series(words + result.table["status"].to_list()[6:]),
        mac=pl.Series([0.0, np.nan, -3.0, np.nan, 5.0, *result.table["mac"].to_list()[5:]][: panel.n]),
    )
    changed = FrontierResult(
        table, result.diagnostics, result.model, result.technology, result.direction, result.measure
    )
    firms = firms_of(changed, panel)
    assert firms["mac_low"].is_not_null().to_list() == [word == "kink" for word in table["status"]]
    market = clear(firms, cap=0.95 * float(firms["co2"].sum()), response="step")
    assert market.table["state"].to_list()[:5] == [
        "zero_mac",
        "infinite_mac",
        "negative_mac",
        "missing_mac",
        "missing_mac",
    ]
    assert market.table["state"][5] in ("at_today", "at_floor", "at_ceiling", "interior")


def test_rows_must_be_those_of_the_panel() -> None:
    result, panel, _, _ = _known()
    other = Panel.from_frame(panel.frame.head(50), id="firm", time="year")
    with pytest.raises(DataError, match="50"):
        firms_of(result, other)
    with pytest.raises(ConfigError, match="2011"):
        firms_of(result, panel, period=1999)
