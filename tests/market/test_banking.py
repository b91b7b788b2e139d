"""Banking: the published path, limits that bind, and the conditions of an equilibrium on random paths."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

from dualcarbon.core.errors import ConfigError, DataError, InfeasibleError
from dualcarbon.market import bank, clear

PUBLISHED = 1e-9
BANKS = 1e-9  # relative to a year's cap


def test_published_path(three: pl.DataFrame, anchor: dict[str, Any]) -> None:
    known = anchor["banking"]
    found = bank(three, known["caps"], rate=known["r"], ceiling=2.0).table
    assert abs(found["price"][0] - known["p0"]) < PUBLISHED
    np.testing.assert_allclose(found["bank"], known["bank"], atol=5e-5)  # printed to four decimals
    np.testing.assert_allclose(found["price"].to_numpy()[1:], found["price"].to_numpy()[:-1] * 1.05, rtol=1e-13)


def test_no_bank_is_year_by_year(three: pl.DataFrame) -> None:
    caps = [29.0, 27.0, 24.0]
    found = bank(three, caps, rate=0.05, holding=0.0).table
    single = [clear(three, cap=cap).price for cap in caps]
    np.testing.assert_allclose(found["price"], single, rtol=1e-11)
    assert found["limit"].to_list() == ["holding", "holding", ""]


def test_borrowing_lowers_early_prices(three: pl.DataFrame) -> None:
    caps = [24.0, 27.0, 29.0]
    none = bank(three, caps, rate=0.05).table
    some = bank(three, caps, rate=0.05, borrowing=1.0).table
    free = bank(three, caps, rate=0.05, borrowing=100.0).table
    assert none["price"][0] > some["price"][0] > free["price"][0]
    assert some["bank"][0] == pytest.approx(-1.0, abs=1e-10) and some["limit"][0] == "borrowing"
    np.testing.assert_allclose(free["price"].to_numpy()[1:], free["price"].to_numpy()[:-1] * 1.05, rtol=1e-12)


def test_conditions_on_random_paths(draw_market: Any) -> None:
    rng = np.random.default_rng(12)
    for _ in range(40):
        firms, floor, ceiling = draw_market(rng, 20)
        size, years = float(firms["co2"].sum()), int(rng.integers(2, 7))
        caps = size * rng.uniform(0.82, 1.05, years)
        debt, most = size * rng.uniform(0.0, 0.05, years), size * rng.uniform(0.02, 0.15, years)
        rate = float(rng.uniform(0.0, 0.1))
        try:
            table = bank(
                firms,
                caps.tolist(),
                rate=rate,
                borrowing=debt.tolist(),
                holding=most.tolist(),
                floor=floor,
                ceiling=ceiling,
            ).table
        except DataError:
            continue
        price, left = (table[name].to_numpy() for name in ("price", "bank"))
        debt[-1] = 0.0
        assert np.all(left >= -debt - BANKS * size) and np.all(left <= most + BANKS * size)
        discounted = price / (1.0 + rate) ** np.arange(years)
        moves = np.diff(discounted) / discounted.max()
        owed, full = left[:-1] <= -debt[:-1] + BANKS * size, left[:-1] >= most[:-1] - BANKS * size
        assert np.all(owed[moves < -1e-9]) and np.all(full[moves > 1e-9])
        assert left[-1] <= BANKS * size or price[-1] < 1e-12
        for year in range(years):
            emitted = clear(firms, scheme="tax", tax_rate=float(price[year]), floor=floor, ceiling=ceiling)
            assert emitted.summary["emissions"][0] == pytest.approx(table["emissions"][year], rel=1e-11)


def test_path_is_the_cheapest(three: pl.DataFrame) -> None:
    caps, rate, limit = np.array([29.0, 25.0, 28.0, 26.0]), 0.05, 0.4
    found = bank(three, caps.tolist(), rate=rate, borrowing=limit, holding=1.5).table
    m = -1.0 / (1.0 + three["mac"].to_numpy())

    def lost(b: np.ndarray) -> float:
        at = -np.sqrt(np.maximum(m**2 + 0.2 * (b.reshape(4, 3) - 10.0), 1e-12))
        made = ((at - m) / -0.1 - (b.reshape(4, 3) - 10.0)).sum(axis=1)
        return -float(made @ (1.0 + rate) ** -np.arange(4.0))

    def bank_of(b: np.ndarray) -> np.ndarray:
        return np.cumsum(caps - b.reshape(4, 3).sum(axis=1))

    lower = np.array([limit] * 3 + [0.0])
    best = minimize(
        lost, np.full(12, 8.9), bounds=[(7.0, 10.0)] * 12, method="SLSQP", options={"ftol": 1e-15, "maxiter": 500},
        constraints=[
            {"type": "ineq", "fun": lambda b: bank_of(b) + lower}, {"type": "ineq", "fun": lambda b: 1.5 - bank_of(b)},
        ],
    )  # fmt: skip
    np.testing.assert_allclose(found["emissions"], best.x.reshape(4, 3).sum(axis=1), atol=2e-5)


def test_what_lapses_serves_no_later_year(three: pl.DataFrame) -> None:
    found = bank(three, [35.0, 27.0, 27.0], rate=0.05, holding=1.0)
    table, alone = found.table, bank(three, [27.0, 27.0], rate=0.05, opening=1.0)
    assert table["price"][0] == 0.0 and table["lapsed"].to_list() == [4.0, 0.0, 0.0]
    np.testing.assert_allclose(table["price"][1:], alone.table["price"], rtol=1e-12)
    assert table["bank"].min() >= 0.0 and "4 permits lapse" in found.notes[0].en
    assert bank(three, [27.0, 27.0], rate=0.0, opening=50.0, holding=1.0).table["price"][1] > 0.0


def test_accounts_with_lapses_on_random_paths(draw_market: Any) -> None:
    rng, lapses = np.random.default_rng(17), 0
    for _ in range(40):
        firms, floor, ceiling = draw_market(rng, 10)
        size, years = float(firms["co2"].sum()), int(rng.integers(1, 6))
        caps, most, debt = size * rng.uniform(0.8, 1.5, years), 0.1 * size, float(rng.choice([0.0, 0.05])) * size
        rate = float(rng.choice([-0.2, 0.0, 0.3]))
        try:
            table = bank(
                firms, caps.tolist(), rate=rate, borrowing=debt, holding=most, floor=floor, ceiling=ceiling
            ).table
        except DataError:
            continue
        price, left, used, lost = (table[name].to_numpy() for name in ("price", "bank", "emissions", "lapsed"))
        np.testing.assert_allclose(np.diff(np.append(0.0, left)), caps - used - lost, atol=BANKS * size)
        assert np.all((left <= most + BANKS * size) & (left >= -debt - BANKS * size))
        assert np.all((lost == 0.0) | (price == 0.0)) and np.all((lost == 0.0) | (left == most))
        moves = np.diff(price / (1.0 + rate) ** np.arange(years)) / max(price.max(), 1e-300)
        assert np.all(left[:-1][moves < -1e-9] <= -debt + BANKS * size)
        assert np.all(left[:-1][moves > 1e-9] >= most - BANKS * size)
        lapses += bool(lost.any())
    assert lapses > 5


def test_caps_at_the_lowest_emissions(three: pl.DataFrame) -> None:
    firms = three.with_columns(mu=pl.lit(-0.01))
    assert bank(firms, [15.0], rate=0.05).table["price"][0] == pytest.approx(clear(firms, cap=15.0).price, rel=1e-12)
    with pytest.raises(InfeasibleError, match="at least 1 more"):
        bank(firms, [20.0, 14.0], rate=0.05, holding=0.0)
    known = 10.0 - 5.0 * np.array([0.25, 4.0 / 9.0, 0.64])
    with pytest.raises(InfeasibleError, match="infinite price"):
        bank(three, [float(known.sum())], rate=0.05, floor=0.0)


def test_slack_caps_and_opening_bank(three: pl.DataFrame) -> None:
    found = bank(three, [31.0, 32.0], rate=0.05)
    assert found.table["price"].to_list() == [0.0, 0.0]
    assert "left" in found.notes[0].en
    assert bank(three, [26.0], rate=0.0, opening=1.0).table["price"][0] == pytest.approx(
        clear(three, cap=27.0).price, rel=1e-12
    )


def test_other_firms_every_year(three: pl.DataFrame) -> None:
    grown = three.with_columns(co2=pl.col("co2") * 1.1, output=pl.col("output") * 1.1, mu=pl.col("mu") / 1.1)
    found = bank([three, grown], [27.0, 29.7], rate=0.0, holding=0.0).table
    assert found["price"][0] == pytest.approx(found["price"][1], rel=1e-11)


def test_bad_options(three: pl.DataFrame) -> None:
    for options in (
        {"caps": [], "rate": 0.05},
        {"caps": [27.0], "rate": -1.0},
        {"caps": [27.0], "rate": 0.0, "borrowing": -1.0},
        {"caps": [27.0], "rate": 0.0, "holding": [1.0, 2.0]},
        {"caps": [27.0], "rate": 0.0, "years": [2020, 2021]},
        {"caps": [27.0], "rate": 0.0, "response": "step"},
        {"caps": 27.0, "rate": 0.0},
        {"caps": ["a"], "rate": 0.0},
        {"caps": [27.0], "rate": "a"},
        {"caps": [27.0], "rate": 0.0, "borrowing": "a"},
    ):
        with pytest.raises(ConfigError):
            bank(three, **options)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="2 tables"):
        bank([three] * 3, [27.0, 27.0], rate=0.0)
    with pytest.raises(DataError, match="2021") as caught:
        bank(three, [29.0, 10.0], rate=0.0, years=[2020, 2021])
    assert "at least" in caught.value.say("en") and "2020 to 2021" in caught.value.say("en")
