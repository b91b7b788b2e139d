"""The performance standard: one price, one factor, a part of the cap sold, benchmarks in any unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.optimize import brentq

from dualcarbon.core.errors import ConfigError, DataError, InfeasibleError
from dualcarbon.market import clear

ROOTS = 1e-7  # nested roots of the oracle
SUMS = 1e-10  # money and permits


class _Firms:
    """Emissions and output at the price a firm sees, by the definition."""

    def __init__(self, firms: pl.DataFrame, floor: float, ceiling: float) -> None:
        self.co2, self.output, mac, self.mu, self.scale = (
            firms[name].to_numpy() for name in ("co2", "output", "mac", "mu", "scale")
        )
        self.m = -1.0 / (1.0 + mac / self.scale)
        self.low = np.maximum(floor * self.co2, self.co2 + self.m**2 / (2.0 * self.mu))
        self.high = ceiling * self.co2

    def at(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        b = self.co2 + (self.m**2 - (1.0 + q / self.scale) ** -2) / (2.0 * self.mu)
        b = np.clip(b, self.low, self.high)
        left = -np.sqrt(np.maximum(self.m**2 - 2.0 * self.mu * (b - self.co2), 0.0))
        return b, self.output + self.scale * ((left - self.m) / self.mu - (b - self.co2))

    def price(self, beta: np.ndarray, cap: float) -> float | None:
        """The price at which emissions are the cap where output earns beta."""

        def above(log: float) -> float:
            return float(self.at(np.exp(log) / (1.0 + np.exp(log) * beta))[0].sum()) - cap

        return None if above(50.0) > 0.0 else float(np.exp(brentq(above, -50.0, 50.0, xtol=1e-14)))


def test_a_sold_share_is_two_equations(draw_market: Any) -> None:
    rng, seen = np.random.default_rng(31), 0
    for _ in range(40):
        firms, floor, ceiling = draw_market(rng, 15)
        known, sold = _Firms(firms, floor, ceiling), float(rng.choice([0.0, 0.2, 0.7, 0.95]))
        rates = rng.uniform(0.5, 2.0, 6)[firms["industry"].to_numpy()]
        cap = float(known.at(np.zeros(firms.height))[0].sum()) * float(rng.uniform(0.93, 0.99))

        def lacking(k: float, known: _Firms = known, rates: np.ndarray = rates, cap: float = cap, sold: float = sold):  # type: ignore[no-untyped-def]  # fmt: skip
            price = known.price(k * rates, cap)
            if price is None:
                return np.nan
            return k * float(rates @ known.at(price / (1.0 + price * k * rates))[1]) - (1.0 - sold) * cap

        grid = np.linspace(1e-9, 3.0 * cap / float(rates @ known.output), 60)
        values = np.array([lacking(k) for k in grid])
        values, grid = values[np.isfinite(values)], grid[np.isfinite(values)]
        assert np.all(np.diff(values) > 0.0)
        if values[-1] < 0.0:
            continue
        factor = brentq(lacking, grid[values < 0.0][-1], grid[values >= 0.0][0], xtol=1e-15, rtol=1e-14)
        price = known.price(factor * rates, cap)
        market = clear(
            firms.with_columns(rate=pl.Series(rates)),
            cap=cap, scheme="performance_standard", benchmark="rate", auctioned=sold, revenue="per_firm",
            floor=floor, ceiling=ceiling,
        )  # fmt: skip
        one = market.summary.row(0, named=True)
        assert one["price"] == pytest.approx(price, rel=ROOTS) and one["factor"] == pytest.approx(factor, rel=ROOTS)
        assert one["emissions"] == pytest.approx(cap, rel=SUMS)
        assert float(market.table["allocation"].sum()) == pytest.approx((1.0 - sold) * cap, rel=1e-8)
        assert one["revenue"] == pytest.approx(market.price * sold * cap, rel=1e-7, abs=1e-7)
        assert float(market.table["rebate"].sum()) == pytest.approx(one["revenue"], rel=SUMS)
        seen += 1
    assert seen > 20


def test_one_benchmark_is_cap_and_trade_whatever_is_sold(three: pl.DataFrame) -> None:
    trade = clear(three, cap=27.0)
    made = float((three["output"] + trade.table["output_change"]).sum())
    for sold in (0.0, 0.3, 0.9):
        market = clear(three, cap=27.0, scheme="performance_standard", auctioned=sold)
        np.testing.assert_allclose(market.table["co2_star"], trade.table["co2_star"], rtol=1e-9)
        free = (1.0 - sold) * 27.0 / made
        assert market.price == pytest.approx(trade.price / (1.0 - free * trade.price), rel=1e-8)


def test_permits_are_short_of_every_price_above_the_clearing_one(draw_market: Any) -> None:
    rng = np.random.default_rng(32)
    for _ in range(30):
        firms, floor, ceiling = draw_market(rng, 12)
        known = _Firms(firms, floor, ceiling)
        beta = rng.uniform(0.2, 3.0, 6)[firms["industry"].to_numpy()] / known.scale
        prices = np.geomspace(1e-6, 1e6, 200)
        ends = (known.at(price / (1.0 + price * beta)) for price in prices)
        excess = np.array([float((b - beta * y).sum()) for b, y in ends])
        assert np.all(np.diff(excess) <= 1e-9 * np.abs(excess).max())


@pytest.mark.parametrize("unit", [1e-13, 1e13])
def test_the_unit_of_benchmarks_does_not_matter(three: pl.DataFrame, unit: float) -> None:
    one, other = (clear(three, cap=27.0, scheme="performance_standard", benchmark=k) for k in (1.0, unit))
    assert other.price == pytest.approx(one.price, rel=1e-9)
    assert other.summary["factor"][0] * unit == pytest.approx(one.summary["factor"][0], rel=1e-9)


def test_benchmarks_that_do_not_bind_are_said(three: pl.DataFrame) -> None:
    market = clear(three.with_columns(mac=pl.Series([1.0, 0.5, 0.0])), scheme="performance_standard", benchmark=5.0)
    assert market.price == 0.0
    assert "the permits there are, 325, are not below emissions at a price of zero, 30" in market.notes[0].en


def test_a_standard_that_is_exact_at_the_bounds_clears(three: pl.DataFrame) -> None:
    firms = three.with_columns(mu=pl.lit(-0.01), mac=pl.Series([1.0, 0.5, 0.2499999]))
    least = clear(firms, cap=15.0)
    beta = 15.0 / float((firms["output"] + least.table["output_change"]).sum())
    market = clear(firms, scheme="performance_standard", benchmark=beta)
    assert market.summary["emissions"][0] == pytest.approx(15.0, rel=1e-12)


def test_what_is_refused(three: pl.DataFrame) -> None:
    for options in (
        {"auctioned": 0.2, "benchmark": 0.4},
        {"auctioned": 1.0, "cap": 27.0},
        {"auctioned": -0.1, "cap": 27.0},
        {"cap": 27.0, "benchmark": [0.4]},
        {"cap": 27.0, "benchmark": True},
        {"cap": 27.0, "benchmark": {"x": "a", "y": 0.4}, "benchmark_by": "industry"},
    ):
        with pytest.raises(ConfigError):
            clear(three, scheme="performance_standard", **options)  # type: ignore[arg-type]
    with pytest.raises(InfeasibleError):
        clear(three, scheme="performance_standard", benchmark=0.0, cap=27.0)
    idle = three.with_columns(output=pl.Series([30.0, 20.0, 0.0]))
    with pytest.raises(DataError, match="1 of 3 rows, first firm=c"):
        clear(idle, cap=27.0, scheme="performance_standard", benchmark_by="industry")
