"""Isoelastic and step responses: closed forms, brute force, special cases."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, linprog

from dualcarbon.core.errors import ConvergenceError, DataError
from dualcarbon.market import Isoelastic, clear

EXACT = 1e-10  # closed forms and roots


def test_isoelastic_by_hand(three: pl.DataFrame) -> None:
    market = clear(three, cap=27.0, response="isoelastic", elasticity=0.5, floor=0.0, ceiling=3.0)
    macs = three["mac"].to_numpy()
    price = (10.0 * np.sqrt(macs).sum() / 27.0) ** 2
    assert market.price == pytest.approx(price, rel=EXACT)
    assert market.summary["method"][0] == "closed_form"
    np.testing.assert_allclose(market.table["co2_star"], 10.0 * np.sqrt(macs / price), rtol=EXACT)
    np.testing.assert_allclose(market.table["mac_star"], price, rtol=EXACT)


@pytest.mark.parametrize("elasticity", [0.3, 1.0, 2.5])
def test_isoelastic_output_is_the_area_under_the_cost(three: pl.DataFrame, elasticity: float) -> None:
    market = clear(three, cap=26.0, response="isoelastic", elasticity=elasticity, floor=0.0, ceiling=3.0)
    for mac, star, change in market.table.select("mac", "co2_star", "output_change").iter_rows():
        area = quad(lambda b, mac=mac: mac * (b / 10.0) ** (-1.0 / elasticity), star, 10.0, epsabs=1e-13)[0]
        assert -change == pytest.approx(area, abs=1e-10)


def test_isoelastic_bounds_and_standard(draw_market: Any) -> None:
    rng = np.random.default_rng(4)
    for _ in range(40):
        firms, _, ceiling = draw_market(rng)
        firms = firms.with_columns(e=pl.Series(rng.uniform(0.2, 1.5, firms.height)))
        co2, mac, output, e = (firms[name].to_numpy() for name in ("co2", "mac", "output", "e"))
        beta = 0.95 * float(co2.sum() / output.sum())

        def short(price: float) -> float:
            q = price / (1.0 + price * beta)  # noqa: B023
            ratio = np.clip((q / mac) ** -e, 0.5, ceiling)  # noqa: B023
            made = output + mac * co2 * (ratio ** (1.0 - 1.0 / e) - 1.0) / (1.0 - 1.0 / e)  # noqa: B023
            return float((ratio * co2 - beta * made).sum())  # noqa: B023

        if short(1e12) > 0.0 or short(1e-12) < 0.0:
            continue
        market = clear(firms, scheme="performance_standard", benchmark=beta, response=Isoelastic("e"), ceiling=ceiling)
        assert market.price == pytest.approx(brentq(short, 1e-12, 1e12, xtol=1e-15, rtol=1e-14), rel=1e-8)
        cap = 0.9 * float(co2.sum())
        trade = clear(firms, cap=cap, response="isoelastic", elasticity="e", ceiling=ceiling)
        assert trade.summary["emissions"][0] == pytest.approx(cap, rel=EXACT)


def test_steps_are_the_linear_program(draw_market: Any) -> None:
    rng = np.random.default_rng(6)
    for _ in range(60):
        firms, floor, ceiling = draw_market(rng)
        spread = rng.uniform(0.0, 0.6, firms.height) * rng.integers(0, 2, firms.height)
        firms = firms.with_columns(
            mac_low=pl.col("mac") * pl.Series(1.0 - spread), mac_high=pl.col("mac") * (1.0 + pl.Series(spread))
        )
        co2, low, high = (firms[name].to_numpy() for name in ("co2", "mac_low", "mac_high"))
        cap = float(co2.sum()) * (floor + float(rng.uniform(0.05, 0.99)) * (ceiling - floor))
        market = clear(firms, cap=cap, response="step", floor=floor, ceiling=ceiling)
        n = co2.size
        best = linprog(
            np.concatenate([-low, high]),
            A_eq=np.concatenate([np.ones(n), -np.ones(n)])[None, :],
            b_eq=[cap - co2.sum()],
            bounds=[(0.0, (ceiling - 1.0) * b) for b in co2] + [(0.0, (1.0 - floor) * b) for b in co2],
        )
        assert market.summary["output_change"][0] == pytest.approx(-best.fun, rel=1e-8, abs=1e-10)
        assert market.price == pytest.approx(-best.eqlin.marginals[0], rel=1e-8)
        assert market.summary["emissions"][0] == pytest.approx(cap, rel=EXACT)
        assert market.summary["share_interior"][0] * n <= 1.0 + 1e-12


def test_steps_under_a_standard(draw_market: Any) -> None:
    rng = np.random.default_rng(8)
    solved = 0
    for _ in range(60):
        firms, floor, _ = draw_market(rng)
        co2, output, mac = (firms[name].to_numpy() for name in ("co2", "output", "mac"))
        beta = float(co2.sum() / output.sum()) * float(rng.uniform(0.85, 0.99))
        try:
            market = clear(firms, scheme="performance_standard", benchmark=beta, response="step", floor=floor)
        except DataError:
            continue
        star = market.table["co2_star"].to_numpy()
        made = output - mac * (co2 - star)
        assert float((star - beta * made).sum()) == pytest.approx(0.0, abs=1e-9 * co2.sum())
        best = linprog(
            mac, A_ub=[-(1.0 - beta * mac)], b_ub=[-(co2.sum() - beta * output.sum())],
            bounds=[(0.0, (1.0 - floor) * b) for b in co2],
        )  # fmt: skip
        assert float(made.sum()) == pytest.approx(float(output.sum()) - best.fun, rel=1e-9)
        solved += 1
    assert solved > 20


def test_equal_steps_share_alike() -> None:
    firms = pl.DataFrame({"co2": [4.0, 6.0, 10.0], "output": 1.0, "mac": [2.0, 2.0, 5.0]})
    market = clear(firms, cap=18.0, response="step", floor=0.5)
    assert market.price == 2.0
    np.testing.assert_allclose(market.table["co2_star"], [3.2, 4.8, 10.0], rtol=1e-14)
    assert clear(firms, cap=15.0, response="step", floor=0.5).price == 2.0
    assert clear(firms, cap=14.9, response="step", floor=0.5).price == 5.0
    with pytest.raises(DataError, match="10"):
        clear(firms, cap=9.0, response="step", floor=0.5)


def test_small_cut_costs_the_mac_under_every_response(three: pl.DataFrame) -> None:
    alone = three.head(1)
    for response, elasticity in (("quadratic", None), ("isoelastic", 0.4), ("step", None)):
        market = clear(alone, cap=10.0 - 1e-6, response=response, elasticity=elasticity)  # type: ignore[arg-type]
        assert market.summary["output_change"][0] == pytest.approx(-1e-6, rel=1e-5)


def test_brute_force_over_a_grid(three: pl.DataFrame) -> None:
    market = clear(three, cap=27.0)
    best = -np.inf
    m = -1.0 / (1.0 + three["mac"].to_numpy())
    for first, second in product(np.linspace(8.0, 10.0, 201), repeat=2):
        b = np.array([first, second, 27.0 - first - second])
        square = m**2 + 0.2 * (b - 10.0)
        if b.max() > 10.0 or square.min() <= 0.0:
            continue
        at = -np.sqrt(square)
        best = max(best, float(((at - m) / -0.1 - (b - 10.0)).sum()))
    assert best <= market.summary["output_change"][0] <= best + 1e-3


def test_a_kink_that_is_vertical_or_flat() -> None:
    firms = pl.DataFrame({"co2": [10.0] * 2, "output": 30.0, "mac": [1.0, 5.0], "mac_low": [0.5, 5.0]})
    steep = firms.with_columns(mac_high=pl.Series([np.inf, 5.0]))
    assert clear(steep, cap=18.0, response="step").table["co2_star"].to_list() == [10.0, 8.0]
    with pytest.raises(DataError, match="15"):
        clear(steep, cap=14.0, response="step")
    flat = firms.with_columns(mac_low=pl.Series([-1.0, 0.5]), mac_high=pl.Series([1.0, 5.0]))
    market = clear(flat, cap=22.0, response="step", ceiling=2.0)
    assert market.price == 0.5 and market.table["co2_star"].to_list() == [10.0, 12.0]


def test_an_elasticity_near_zero_gives_no_number(three: pl.DataFrame) -> None:
    with pytest.raises(ConvergenceError, match="elasticity"):
        clear(three, cap=27.0, response="isoelastic", elasticity=1e-9)
    tiny = clear(three, cap=27.0, response="isoelastic", elasticity=1e-3, floor=0.0, ceiling=2.0)
    assert tiny.summary["emissions"][0] == pytest.approx(27.0, rel=EXACT)
