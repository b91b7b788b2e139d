"""The price, against published numbers, a general solver, brute force and first-order conditions."""

from __future__ import annotations

from typing import Any

import numpy as np
import piqp
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, minimize

from dualcarbon.core.errors import ConfigError, InfeasibleError
from dualcarbon.market import Quadratic, clear

PUBLISHED = 1e-9  # the anchors are printed to ten decimals
GENERAL = 1e-7  # what sequential quadratic programs reach, with a margin
CONDITIONS = 1e-8  # first-order conditions hold to rounding
EMISSIONS = 1e-10  # the cap is met to rounding, relative


class _Frontier:
    """Output and its slope in CO2, written from the distance function itself."""

    def __init__(self, firms: pl.DataFrame) -> None:
        columns = ("co2", "output", "mac", "mu", "scale")
        self.co2, self.output, mac, self.mu, self.scale = (firms[name].to_numpy() for name in columns)
        self.m = -1.0 / (1.0 + mac / self.scale)
        self.least = self.co2 + self.m**2 / (2.0 * self.mu)
        self.most = self.co2 + (self.m**2 - 1.0) / (2.0 * self.mu)

    def slope(self, b: np.ndarray) -> np.ndarray:
        """dD / dy at other emissions."""
        return -np.sqrt(np.maximum(self.m**2 - 2.0 * self.mu * (b - self.co2), 1e-300))

    def more(self, b: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Output at b + step less output at b, without cancellation."""
        return self.scale * (-2.0 * step / (self.slope(b + step) + self.slope(b)) - step)

    def marginal(self, b: np.ndarray) -> np.ndarray:
        """Marginal abatement cost."""
        return -self.scale * (1.0 + self.slope(b)) / self.slope(b)


def _general(
    firms: pl.DataFrame, floor: float, ceiling: float, beta: float, available: float
) -> tuple[np.ndarray, float]:
    """CO2 of every firm that maximises total output subject to sum(b - beta y) = available, and the price.

    SLSQP from today's point, then sequential quadratic programs with exact second derivatives, since SLSQP stops where
    rounding hides the curvature of its objective. The price is the multiplier of the constraint.
    """
    known = _Frontier(firms)
    low = np.maximum(floor * known.co2, known.least + 1e-9)
    high = np.minimum(ceiling * known.co2, known.most)
    total = 0.01 * float((firms["mac"] * firms["co2"]).sum())

    def excess(b: np.ndarray) -> float:
        return float((b - beta * (known.output + known.more(known.co2, b - known.co2))).sum()) - available

    best = minimize(
        lambda b: -float(known.more(known.co2, b - known.co2).sum()) / total,
        np.clip(0.97 * known.co2, low, high),
        jac=lambda b: -known.marginal(b) / total,
        bounds=list(zip(low, high, strict=True)),
        constraints=[{"type": "eq", "fun": excess, "jac": lambda b: 1.0 - beta * known.marginal(b)}],
        method="SLSQP",
        options={"ftol": 1e-16, "maxiter": 1000},
    ).x
    q = known.marginal(best)
    inside = (best > low) & (best < high)
    price = float(np.median((q / (1.0 - beta * q))[inside])) if inside.any() else 0.0
    for _ in range(6):
        q, bend = known.marginal(best), -known.scale * known.mu / np.abs(known.slope(best)) ** 3
        weights, ends = (1.0 + price * beta) * bend, (low - best, high - best)
        step, price = _quadratic_program(weights, -q, 1.0 - beta * q, -excess(best), ends)
        best = best + step
    return best, price if inside.any() else np.nan


def _quadratic_program(
    bend: np.ndarray, gradient: np.ndarray, row: np.ndarray, right: float, bounds: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, float]:
    """min bend d^2 / 2 + gradient d, row d = right, within bounds; and the multiplier of the row."""
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-13
    solver.setup(np.diag(bend), gradient, row[None, :], np.array([right]), x_l=bounds[0], x_u=bounds[1])
    solver.solve()
    return np.asarray(solver.result.x), float(solver.result.y[0])


def _agree(firms: pl.DataFrame, floor: float, ceiling: float, rng: np.random.Generator) -> bool:
    """Both schemes against the general solver; False where no benchmark in reach of the cap has a finite price."""
    co2 = firms["co2"].to_numpy()
    lowest = float(np.maximum(floor * co2, _Frontier(firms).least).sum())
    cap = lowest + float(rng.uniform(0.3, 0.95)) * (float(co2.sum()) - lowest)
    market = clear(firms, cap=cap, floor=floor, ceiling=ceiling)
    found, price = _general(firms, floor, ceiling, 0.0, cap)
    assert np.abs(market.table["co2_star"].to_numpy() - found).max() < GENERAL
    assert np.isnan(price) or abs(market.price / price - 1.0) < GENERAL
    beta = cap / float((market.table["output"] + market.table["output_change"]).sum())
    if beta * market.price > 0.9:
        return False
    standard = clear(firms, scheme="performance_standard", benchmark=beta, floor=floor, ceiling=ceiling)
    assert abs(standard.price / (market.price / (1.0 - beta * market.price)) - 1.0) < CONDITIONS
    found, price = _general(firms, floor, ceiling, beta, 0.0)
    assert np.abs(standard.table["co2_star"].to_numpy() - found).max() < GENERAL
    assert np.isnan(price) or abs(standard.price / price - 1.0) < 10.0 * GENERAL  # 1 / (1 - beta q) is up to 10
    return True


def test_three_firms_published(three: pl.DataFrame, anchor: dict[str, Any]) -> None:
    market = clear(three, cap=anchor["cap"])
    assert abs(market.price - anchor["price"]) < PUBLISHED
    np.testing.assert_allclose(market.table["co2_star"], anchor["b_star"], atol=PUBLISHED)
    assert abs(market.summary["output_change"][0] - anchor["dy_trade"]) < PUBLISHED
    cut = clear(three, cap=anchor["cap"], scheme="uniform")
    assert abs(cut.summary["output_change"][0] - anchor["dy_uniform_cut"]) < PUBLISHED
    saved = 1.0 - market.summary["output_change"][0] / cut.summary["output_change"][0]
    assert abs(saved - anchor["saving_share"]) < 5e-7  # printed to six decimals
    assert market.summary["method"][0] == "closed_form"


def test_performance_standard_published(three: pl.DataFrame, anchor: dict[str, Any]) -> None:
    known = anchor["tradable_performance_standard"]
    firms = three.with_columns(pl.Series("output", [float(y) for y in known["y"]]))
    market = clear(firms, scheme="performance_standard", benchmark=0.9 * 30.0 / 65.0)
    assert abs(0.9 * 30.0 / 65.0 - known["benchmark"]) < PUBLISHED
    assert abs(market.price - known["price"]) < PUBLISHED
    assert abs(market.summary["emissions"][0] - known["sum_b"]) < 5e-8  # printed to seven decimals
    made = float((market.table["output"] + market.table["output_change"]).sum())
    assert abs(made - known["sum_y"]) < 5e-8
    equal = clear(firms, cap=market.summary["emissions"][0])
    assert abs(equal.price - known["equivalent_cap_and_trade_price"]) < PUBLISHED
    assert abs(equal.price - market.price / (1.0 + market.price * 0.9 * 30.0 / 65.0)) < PUBLISHED


def test_newton_meets_the_closed_form(three: pl.DataFrame) -> None:
    split = pl.concat([three, three.with_columns(scale=pl.lit(1.0 + 1e-15), firm=pl.col("firm") + "2")])
    newton = clear(split, cap=54.0)
    assert newton.summary["method"][0] == "newton"
    assert abs(newton.price - clear(three, cap=27.0).price) < 1e-12
    rates = pl.lit(0.45)
    closed = clear(three.with_columns(rate=rates), scheme="performance_standard", benchmark="rate", ceiling=3.0)
    other = clear(split.with_columns(rate=rates), scheme="performance_standard", benchmark="rate", ceiling=3.0)
    assert closed.summary["method"][0] == "closed_form"
    assert abs(other.price - closed.price) < 1e-11


def test_against_a_general_solver(draw_market: Any) -> None:
    rng = np.random.default_rng(11)
    assert sum(_agree(*draw_market(rng, 14), rng) for _ in range(16)) >= 8


@pytest.mark.long
def test_against_a_general_solver_on_200_markets(draw_market: Any) -> None:
    rng, both = np.random.default_rng(7), 0
    while both < 200:
        both += _agree(*draw_market(rng, 50), rng)


def test_price_is_that_of_slow_bisection(draw_market: Any) -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        firms, floor, ceiling = draw_market(rng)
        co2, mac, mu, scale = (firms[name].to_numpy() for name in ("co2", "mac", "mu", "scale"))
        m = -1.0 / (1.0 + mac / scale)

        def emitted(price: float) -> float:
            at = -1.0 / (1.0 + price / scale)  # noqa: B023
            return float(np.clip(co2 + (m**2 - at**2) / (2.0 * mu), floor * co2, ceiling * co2).sum())  # noqa: B023

        cap = emitted(1e9) + float(rng.uniform(0.05, 0.95)) * (emitted(0.0) - emitted(1e9))
        slow = brentq(lambda p, cap=cap, emitted=emitted: emitted(p) - cap, 0.0, 1e9, xtol=1e-14, rtol=1e-14)
        fast = clear(firms, cap=cap, floor=floor, ceiling=ceiling)
        assert abs(fast.price - slow) < 1e-9 * slow
        assert abs(fast.summary["emissions"][0] / cap - 1.0) < EMISSIONS


def test_first_order_conditions_and_no_firm_loses(draw_market: Any) -> None:
    rng = np.random.default_rng(5)
    seen = 0
    for _ in range(60):
        firms, floor, _ = draw_market(rng)
        known = _Frontier(firms)
        share = float(np.max(np.maximum(floor, known.least / known.co2)))
        if share > 0.98:
            continue
        cap = float(firms["co2"].sum()) * (share + float(rng.uniform(0.1, 0.9)) * (1.0 - share))
        market, cut = clear(firms, cap=cap, floor=floor), clear(firms, cap=cap, floor=floor, scheme="uniform")
        assert cut.summary["share_infeasible"][0] == 0.0
        assert market.table["allocation"].to_numpy() == pytest.approx(cut.table["co2_star"].to_numpy(), rel=1e-12)
        free = (market.table["state"] == "interior").to_numpy()
        q = known.marginal(market.table["co2_star"].to_numpy())
        assert np.abs(q[free] / market.price - 1.0).max(initial=0.0) < CONDITIONS
        bound = market.table["state"].cast(pl.String).to_numpy()
        assert np.all(q[bound == "at_ceiling"] >= market.price * (1.0 - CONDITIONS))
        assert np.all(q[bound == "at_floor"] <= market.price * (1.0 + CONDITIONS))
        loss = (market.table["cost"] - cut.table["cost"]).to_numpy()
        assert loss.max() <= 1e-10 * float(firms["output"].max())
        assert abs(float(market.table["payment"].sum())) < 1e-9 * float(firms["output"].sum())
        seen += 1
    assert seen > 30


def test_standard_conditions_with_several_benchmarks(draw_market: Any) -> None:
    rng = np.random.default_rng(9)
    for _ in range(30):
        firms, floor, ceiling = draw_market(rng, 30)
        market = clear(
            firms,
            cap=0.97 * float(firms["co2"].sum()),
            scheme="performance_standard",
            benchmark_by="industry",
            floor=min(floor, 0.6),
            ceiling=ceiling,
        )
        table, rates = market.table, market.benchmarks
        assert rates is not None
        assert abs(market.summary["emissions"][0] / market.summary["cap"][0] - 1.0) < EMISSIONS
        assert abs(float(table["trade"].sum())) < 1e-9 * float(table["co2"].sum())
        rate = dict(rates.iter_rows())
        beta = np.array([rate[one] for one in table["industry"].to_list()])
        made = (table["output"] + table["output_change"]).to_numpy()
        np.testing.assert_allclose(table["allocation"].to_numpy(), beta * made, rtol=1e-12)
        marginal = _Frontier(firms).marginal
        free = (table["state"] == "interior").to_numpy()
        wanted = market.price / (1.0 + market.price * beta[free])
        np.testing.assert_allclose(marginal(table["co2_star"].to_numpy())[free], wanted, rtol=CONDITIONS)


def test_cap_above_usual_is_said(three: pl.DataFrame) -> None:
    market = clear(three, cap=31.0)
    assert market.price == 0.0
    assert market.summary["emissions"][0] == 30.0
    assert "does not bind" in market.notes[0].en
    cut = clear(three, cap=31.0, scheme="uniform")
    assert cut.summary["factor"][0] == 1.0 and "does not bind" in cut.notes[0].en


def test_price_floor_ceiling_and_reserve(three: pl.DataFrame) -> None:
    low = clear(three, cap=27.0, price_floor=1.5)
    assert low.price == 1.5 and low.summary["method"][0] == "price_floor"
    assert abs(low.summary["withheld"][0] - (27.0 - low.summary["emissions"][0])) < 1e-12
    high = clear(three, cap=27.0, price_ceiling=0.8)
    assert high.price == 0.8
    assert abs(high.summary["released"][0] - (high.summary["emissions"][0] - 27.0)) < 1e-12
    small = clear(three, cap=27.0, price_ceiling=0.8, reserve=0.25)
    assert abs(small.price - clear(three, cap=27.25).price) < 1e-12
    assert small.summary["released"][0] == 0.25
    idle = clear(three, cap=27.0, price_floor=0.5, price_ceiling=2.0, reserve=1.0)
    assert idle.price == clear(three, cap=27.0).price
    assert clear(three, cap=1.0, price_ceiling=3.0).price == 3.0
    tight = clear(three, scheme="performance_standard", benchmark=0.1, price_ceiling=3.0)
    assert tight.price == 3.0 and tight.summary["released"][0] > 0.0


def test_tax_is_the_price_of_the_cap(three: pl.DataFrame) -> None:
    trade = clear(three, cap=27.0)
    tax = clear(three, scheme="tax", tax_rate=trade.price, revenue="per_firm")
    np.testing.assert_allclose(tax.table["co2_star"], trade.table["co2_star"], rtol=1e-14)
    assert clear(three, cap=27.0, scheme="tax").price == trade.price
    np.testing.assert_allclose(tax.table["rebate"], tax.price * 27.0 / 3.0, rtol=1e-12)
    assert abs(tax.summary["revenue"][0] - tax.price * 27.0) < 1e-10
    assert abs(float(tax.table["cost"].sum()) + tax.summary["output_change"][0]) < 1e-10


def test_firms_without_a_price_stay(three: pl.DataFrame) -> None:
    odd = pl.concat([three] * 2).with_columns(
        firm=pl.Series(list("abcdef")), mac=pl.Series([1.0, 0.5, 0.25, 0.0, np.inf, -1.0])
    )
    more = odd.head(2).with_columns(
        firm=pl.Series(["g", "h"]), mac=pl.Series([np.nan, 1.0]), co2=pl.Series([10.0, 0.0])
    )
    firms = pl.concat([odd, more])
    inside = clear(firms, cap=67.0)
    alone = clear(three, cap=27.0)
    assert abs(inside.price - alone.price) < 1e-12
    assert inside.table["co2_star"].to_list()[3:] == [10.0, 10.0, 10.0, 10.0, 0.0]
    assert abs(inside.summary["emissions"][0] - 67.0) < 1e-9
    states = dict(inside.excluded.select("state", "firms").iter_rows())
    assert states == {"zero_mac": 1, "infinite_mac": 1, "negative_mac": 1, "missing_mac": 1, "no_co2": 1}
    assert inside.excluded["share"].to_list() == [0.125] * 5
    assert "5 firms have no price (62.5 % of firms, 57.1 % of CO2)" in inside.notes[-1].en
    outside = clear(firms, cap=27.0, excluded="outside")
    assert outside.price == alone.price and outside.table["trade"].to_list()[3:] == [0.0] * 5
    assert outside.table["allocation"].null_count() == 5
    assert "outside the cap" in outside.notes[-1].en


def test_scope_leaves_firms_alone(three: pl.DataFrame) -> None:
    market = clear(three, cap=18.0, scope=pl.col("industry") == "x")
    assert market.table["co2_star"][2] == 10.0 and market.table["state"][2] == "out_of_scope"
    assert abs(market.price - clear(three.head(2), cap=18.0).price) < 1e-14
    assert market.summary["emissions"][0] == pytest.approx(18.0, rel=1e-12)


def test_bounds_per_firm(three: pl.DataFrame) -> None:
    firms = three.with_columns(least=pl.Series([0.5, 0.5, 0.95]))
    market = clear(firms, cap=27.0, floor="least")
    assert market.table["co2_star"][2] == 9.5 and market.table["state"][2] == "at_floor"
    assert market.summary["share_at_floor"][0] == pytest.approx(1.0 / 3.0)


def test_uniform_cut_that_cannot_be_made(three: pl.DataFrame) -> None:
    stiff = three.with_columns(mu=pl.Series([-0.1, -0.1, -1.0]))
    cut = clear(stiff, cap=27.0, scheme="uniform", floor=0.0)
    assert cut.summary["share_infeasible"][0] == pytest.approx(1.0 / 3.0)
    assert cut.table["state"].to_list() == ["mandated", "mandated", "infeasible"]
    assert cut.table["co2_star"][2] == pytest.approx(10.0 - 0.5 * 0.64, rel=1e-14)


def test_whole_market_at_its_floor(three: pl.DataFrame) -> None:
    market = clear(three, cap=27.0, floor=0.9)
    assert market.summary["share_at_floor"][0] == 1.0
    dearest = max(float(q) for q in market.table["mac_star"])
    assert market.price == pytest.approx(dearest, rel=1e-9)


def test_missing_curvature_can_be_left_out(three: pl.DataFrame) -> None:
    firms = three.with_columns(mu=pl.Series([-0.1, None, 0.2]))
    market = clear(firms, cap=29.0, response=Quadratic("exclude"))
    assert market.table["state"].to_list() == ["interior", "missing_curvature", "missing_curvature"]
    assert market.table["co2_star"].to_list()[1:] == [10.0, 10.0]
    assert market.table["co2_star"][0] == pytest.approx(9.0, rel=1e-12)


def test_order_and_units_do_not_matter(draw_market: Any) -> None:
    firms, floor, ceiling = draw_market(np.random.default_rng(2))
    cap = 0.9 * float(firms["co2"].sum())
    base = clear(firms, cap=cap, floor=floor, ceiling=ceiling)
    turned = clear(firms.reverse(), cap=cap, floor=floor, ceiling=ceiling)
    assert turned.price == pytest.approx(base.price, rel=1e-12)
    tonnes = firms.with_columns(
        co2=pl.col("co2") * 1e6, output=pl.col("output") * 1e9, mac=pl.col("mac") * 1e3,
        scale=pl.col("scale") * 1e3, mu=pl.col("mu") / 1e6,
    )  # fmt: skip
    other = clear(tonnes, cap=cap * 1e6, floor=floor, ceiling=ceiling)
    assert other.price == pytest.approx(1e3 * base.price, rel=1e-11)
    np.testing.assert_allclose(
        other.table["output_change"].to_numpy(), 1e9 * base.table["output_change"].to_numpy(), rtol=1e-6, atol=1e-2
    )


def test_a_cap_of_less_precision_costs_none(three: pl.DataFrame) -> None:
    assert clear(three, cap=np.float32(27.0)).price == clear(three, cap=27.0).price  # type: ignore[arg-type]


def test_sums_by_group(three: pl.DataFrame) -> None:
    groups = clear(three, cap=27.0).by("industry")
    assert groups["firms"].to_list() == [2, 1]
    assert float(groups["co2_star"].sum()) == pytest.approx(27.0, rel=1e-14)
    assert float(groups["bought"].sum()) == pytest.approx(float(groups["sold"].sum()), rel=1e-12)


@pytest.mark.long
def test_a_million_firms() -> None:
    rng = np.random.default_rng(0)
    n, industries = 1_000_000, rng.integers(0, 39, 1_000_000)
    co2, m = rng.lognormal(0.0, 1.0, n), -rng.uniform(0.2, 0.95, n)
    scale = np.exp(rng.normal(0.0, 1.0, 39))[industries]
    mu = (-0.05 * np.exp(rng.normal(0.0, 0.5, 39)))[industries]
    firms = pl.DataFrame({"co2": co2, "output": 3.0 * co2, "mac": -scale * (1.0 + m) / m, "mu": mu, "scale": scale})
    market = clear(firms, cap=0.8 * float(co2.sum()))
    assert market.summary["share_at_floor"][0] > 0.0
    assert abs(market.summary["emissions"][0] / (0.8 * co2.sum()) - 1.0) < EMISSIONS


def test_the_lowest_of_the_prices_that_clear() -> None:
    firms = pl.DataFrame({"co2": [10.0] * 2, "output": 30.0, "mac": [0.1, 5.0], "mu": -0.001})
    at_floor = 1.0 / np.sqrt((1.0 / 1.1) ** 2 - 0.002 * 5.0) - 1.0
    for scale in ([1.0, 1.0], [1.0, 1.5]):
        market = clear(firms.with_columns(scale=pl.Series(scale)), cap=15.0)
        assert market.table["co2_star"].to_list() == [5.0, 10.0]
        assert market.price == pytest.approx(at_floor, rel=1e-12)
    elastic = clear(firms, cap=15.0, response="isoelastic", elasticity=0.5)
    assert elastic.price == pytest.approx(0.1 * 0.5**-2, rel=1e-12)


def test_a_cap_that_takes_an_infinite_price(three: pl.DataFrame) -> None:
    known = _Frontier(three)
    with pytest.raises(InfeasibleError, match="a cap above 23"):
        clear(three, cap=float(known.least.sum()), floor=0.0)
    with pytest.raises(InfeasibleError, match="a cap above 0"):
        clear(three, cap=0.0, floor=0.0, response="isoelastic", elasticity=0.5)
    assert clear(three.with_columns(mu=pl.lit(-0.001)), cap=0.0, floor=0.0).table["co2_star"].to_list() == [0.0] * 3


def test_uniform_cut_names_what_it_needs(three: pl.DataFrame) -> None:
    firms = three.with_columns(mac=pl.Series([1.0, 0.5, 0.0]))
    with pytest.raises(InfeasibleError, match="a cap above 10"):
        clear(firms, cap=9.0, scheme="uniform")
    assert clear(firms, cap=10.5, scheme="uniform").summary["share_infeasible"][0] == 1.0


def test_output_below_zero_is_said() -> None:
    firms = pl.DataFrame({"co2": [10.0] * 2, "output": [3.0, 300.0], "mac": [1.0, 5.0], "mu": -0.001, "scale": 1.0})
    market = clear(firms, cap=15.0)
    lost = 100.0 * (-float(market.table["output_change"][0]) - 3.0) / 303.0
    assert f"1 firm loses more output than it makes (too much by {lost:.2g} % of all output)" in market.notes[0].en
    assert clear(firms, cap=19.0).notes == ()


def test_output_is_the_area_under_the_marginal_cost(draw_market: Any) -> None:
    firms, floor, _ = draw_market(np.random.default_rng(22), 10)
    market = clear(firms, cap=0.9 * float(firms["co2"].sum()), floor=floor)
    table = market.table.select("co2", "mac", "mu", "scale", "co2_star", "output_change")
    for co2, mac, mu, scale, star, change in table.iter_rows():
        square = (1.0 + mac / scale) ** -2

        def marginal(b: float, top: tuple[float, ...] = (co2, mu, scale, square)) -> float:
            return top[2] * (float((top[3] - 2.0 * top[1] * (b - top[0])) ** -0.5) - 1.0)

        assert -change == pytest.approx(quad(marginal, star, co2, epsrel=1e-12)[0], rel=1e-9, abs=1e-12)


def test_columns_with_the_names_of_results_are_kept(three: pl.DataFrame) -> None:
    states = three.with_columns(state=pl.Series(["CA", "NY", "CA"]), state_given=pl.lit(1), cost=pl.Series([1, 2, 3]))
    scope = pl.col("state") == "CA"
    market = clear(states, cap=19.0, scope=scope)
    assert market.table["state_given_"].to_list() == ["CA", "NY", "CA"]
    assert market.table["cost_given"].to_list() == [1, 2, 3] and market.table["state_given"].to_list() == [1, 1, 1]
    assert market.table["allocation"].is_null().to_list() == [False, True, False]
    assert any("state → state_given_, cost → cost_given" in note.en for note in market.notes)
    again = clear(market.table, cap=19.0, scope=pl.col("state_given_") == "CA")
    assert again.table.equals(market.table)


@pytest.mark.parametrize("by", [(), ("co2",), ("trade",), ("cost", "industry"), ("industry", "industry")])
def test_sums_are_by_columns_that_are_not_summed(three: pl.DataFrame, by: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="each once"):
        clear(three, cap=27.0).by(*by)
