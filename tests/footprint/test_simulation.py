"""Laws against scipy, additive models with known shares, the same bits for any number of workers, what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.exhibit import Distributions, Lines
from dualcarbon.core.text import Text, both
from dualcarbon.engines.threads import Threads
from dualcarbon.footprint import (
    Lognormal,
    Stock,
    Triangular,
    Uniform,
    data_centre_simulation,
    data_centres,
    monte_carlo,
    national_path,
    station_simulation,
)
from dualcarbon.footprint.laws import Law

QUANTILES = 1e-12  # closed forms
ERRORS = 4.5  # standard errors a seeded draw may be away

NAME = Text("输入", "input")


@pytest.mark.parametrize(
    ("law", "rival"),
    [
        (Uniform(NAME, -1.0, 3.0), stats.uniform(-1.0, 4.0)),
        (Triangular(NAME, 1.0, 2.0, 5.0), stats.triang(0.25, 1.0, 4.0)),
        (Triangular(NAME, 0.0, 0.0, 2.0), stats.triang(0.0, 0.0, 2.0)),
        (Triangular(NAME, 0.0, 2.0, 2.0), stats.triang(1.0, 0.0, 2.0)),
        (Lognormal(NAME, 3.0, 0.4), stats.lognorm(0.4, scale=3.0)),
    ],
)
def test_quantiles_of_the_laws(law: Law, rival: object) -> None:
    level = np.array([0.0, 1e-6, 0.1, 0.25, 0.5, 0.9, 1 - 1e-6])[int(isinstance(law, Lognormal)) :]
    np.testing.assert_allclose(law.quantile(level), rival.ppf(level), rtol=QUANTILES, atol=1e-12)  # type: ignore[attr-defined]
    assert law.described().en.split(" ")[0] in ("uniform", "triangular", "lognormal")


def additive(value: object) -> np.ndarray:  # type: ignore[type-arg]
    return 3 * value["a"] + value["b"] + np.log(value["c"])  # type: ignore[index]


LAWS: dict[str, Law] = {
    "a": Uniform(NAME, 0.0, 1.0),
    "b": Triangular(NAME, 0.0, 1.0, 3.0),
    "c": Lognormal(NAME, 2.0, 0.5),
}


def test_an_additive_model_has_its_exact_shares() -> None:
    variance = np.array([9 / 12, (0 + 1 + 9 - 0 - 0 - 3) / 18, 0.25])
    found = monte_carlo(additive, LAWS, draws=1 << 16, seed=7)
    exact = variance / variance.sum()
    for which in ("first", "total"):
        gap = np.abs(found.shares[which].to_numpy() - exact)
        assert np.all(gap < ERRORS * found.shares[f"{which}_se"].to_numpy())
        assert found.sums[which][0] == pytest.approx(1.0, abs=0.02)  # three errors of some 0.004
    mean = 1.5 + 4 / 3 + math.log(2.0)
    assert abs(found.moments["mean"][0] - mean) < ERRORS * found.moments["mean_se"][0]
    assert found.moments["sd"][0] == pytest.approx(math.sqrt(variance.sum()), rel=0.01)  # error 0.3 %


def test_percentiles_are_those_of_both_samples() -> None:
    found = monte_carlo(additive, LAWS, draws=5000, levels=(0.1, 0.5))
    assert found.values.shape == (10_000, 1)
    np.testing.assert_array_equal(found.percentiles["value"], np.quantile(found.values[:, 0], [0.1, 0.5]))


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_change_no_bit(workers: int) -> None:
    alone = monte_carlo(additive, LAWS, draws=10_000, seed=3)
    many = monte_carlo(additive, LAWS, draws=10_000, seed=3, engine=Threads(workers))
    np.testing.assert_array_equal(alone.values, many.values)
    assert alone.shares.equals(many.shares) and alone.percentiles.equals(many.percentiles)
    assert not monte_carlo(additive, LAWS, draws=10_000, seed=4).shares.equals(alone.shares)


def test_an_input_that_does_nothing_and_one_that_only_interacts() -> None:
    laws: dict[str, Law] = {name: Uniform(NAME, -1.0, 1.0) for name in ("x", "y", "idle")}
    found = monte_carlo(lambda v: v["x"] * v["y"], laws, draws=1 << 15)
    shares = {row["input"]: row for row in found.shares.to_dicts()}
    assert shares["idle"]["total"] == 0.0 and shares["idle"]["first"] == 0.0
    for name in ("x", "y"):  # first-order 0, total 1, exactly
        assert abs(shares[name]["first"]) < ERRORS * shares[name]["first_se"]
        assert abs(shares[name]["total"] - 1.0) < ERRORS * shares[name]["total_se"]


@pytest.mark.parametrize(
    ("make", "kind", "said"),
    [
        (lambda: Uniform(NAME, 2.0, 1.0), ConfigError, "low=2.0, high=1.0"),
        (lambda: Uniform(NAME, 0.0, math.inf), ConfigError, "high=inf"),
        (lambda: Triangular(NAME, 0.0, 3.0, 2.0), ConfigError, "mode=3.0"),
        (lambda: Lognormal(NAME, -1.0, 0.1), ConfigError, "median=-1.0"),
        (lambda: monte_carlo(additive, {}), ConfigError, "0 inputs"),
        (lambda: monte_carlo(additive, LAWS, draws=1), ConfigError, "1 draws"),
        (lambda: monte_carlo(additive, LAWS, levels=(5, 95)), ConfigError, "[5, 95]"),
        (lambda: monte_carlo(additive, LAWS, outcomes=("one", "two"), draws=10), ConfigError, "(10, 2)"),
        (lambda: monte_carlo(lambda v: np.log(v["a"] - 0.5), LAWS, draws=10), DataError, "a=0."),
        (
            lambda: monte_carlo(lambda v: 0.0 * v["a"] + 2.0, LAWS, draws=10),
            NotIdentifiedError,
            "3, the first: a, b, c",
        ),
        (lambda: station_simulation([2025], national_path()), DataError, "2025"),
        (lambda: station_simulation([2070], national_path()), DataError, "2070"),
        (lambda: station_simulation([2030], national_path(), inputs={"x": LAWS["a"]}), ConfigError, "saturation_10k"),
        (
            lambda: station_simulation(
                [2030], national_path(), inputs={"saturation_10k": Uniform(NAME, 100.0, 200.0)}, draws=10
            ),
            DataError,
            "saturation_10k=1",
        ),
        (lambda: data_centre_simulation("world", [2061]), DataError, "2061"),
    ],
)
def test_bad_settings_are_named(make: Callable[[], object], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert said in str(caught.value)


def test_stations_at_the_middle_of_every_law_are_the_scenario() -> None:
    """With every input all but certain the simulation gives the year's sum by hand."""
    middle = {"saturation_10k": 600.0, "kwh_per_station_day": 52.0, "yearly_saving": 0.01, "factor_ratio": 1.0}
    laws = {name: Uniform(NAME, v * (1 - 1e-9), v * (1 + 1e-9)) for name, v in middle.items()}
    grid = national_path()
    found = station_simulation([2030], grid, inputs=laws, draws=16)
    growth = math.log(483.8 / (600 - 483.8)) - math.log(425.1 / (600 - 425.1))
    stock = Stock.saturating(6e6, growth)
    kwh = 52.0 * 0.99**6
    by_hand = stock.average([2030])[0] * kwh * 365 / 1e9 * grid.at([2030])[0]
    assert found.moments["mean"][0] == pytest.approx(by_hand, rel=1e-8)  # the laws are 1e-9 wide


def test_data_centres_at_the_middle_of_every_law_are_the_scenario() -> None:
    names = ("units_ratio", "peak_ratio", "utilisation_ratio", "pue_excess_ratio")
    laws = {name: Uniform(NAME, 1 - 1e-9, 1 + 1e-9) for name in names}
    found = data_centre_simulation("world", [2024, 2037], inputs=laws, draws=16)
    np.testing.assert_allclose(
        found.moments["mean"], list(data_centres("world", [2024, 2037]).power_twh.values()), 1e-8
    )


def test_shares_of_the_sector_sum_sensibly() -> None:
    found = data_centre_simulation("china", [2030, 2060], draws=8192)
    for row in found.sums.to_dicts():
        assert 0.9 < row["first"] < 1.03 and 0.98 < row["total"] < 1.1
    assert found.percentiles["value"].to_list() == sorted(found.percentiles["value"].to_list()[:5]) + sorted(
        found.percentiles["value"].to_list()[5:]
    )


def test_exhibits() -> None:
    found = station_simulation(range(2026, 2030), national_path(), draws=64)
    assert [row[0].value for row in found.table().rows] == ["2026", "2027", "2028", "2029"]
    shares = found.share_table()
    assert shares.row_keys[-1] == "sum" and len(shares.rows) == 5
    assert shares.rows[-1][4].value == pytest.approx(found.sums["first"][3])
    assert isinstance(found.figure().drawing, Lines)
    with pytest.raises(ConfigError, match=r"2026 \| 2027"):
        found.share_table("1999")
    one = monte_carlo(additive, LAWS, draws=64, label=Text("和", "Sum"), unit=both("t"))
    drawing = one.figure().drawing
    assert isinstance(drawing, Distributions) and drawing.rows == (128,)
    assert pl.DataFrame(one.shares)["input"].to_list() == ["a", "b", "c"]


def test_an_outcome_that_does_not_vary_has_no_shares() -> None:
    found = monte_carlo(lambda v: np.column_stack([v["a"], np.full(len(v["a"]), 0.1)]), LAWS, outcomes=("x", "flat"))
    flat = found.shares.filter(pl.col("outcome") == "flat")
    assert flat.select(pl.col("first", "first_se", "total", "total_se").is_nan().all()).row(0) == (True,) * 4


def test_outcomes_of_the_same_name() -> None:
    with pytest.raises(ConfigError, match="settings"):
        monte_carlo(lambda v: np.column_stack([v["a"], v["b"]]), LAWS, outcomes=("x", "x"))


def test_the_figure_has_calendar_years() -> None:
    drawing = station_simulation([2030, 2040], national_path(), draws=64).figure().drawing
    assert isinstance(drawing, Lines) and drawing.years


def test_levels_of_one_s_own_are_named_in_the_figure() -> None:
    found = monte_carlo(additive, LAWS, draws=64, levels=(0.9, 0.1, 0.5, 0.5))
    assert found.percentiles["level"].to_list() == [0.1, 0.5, 0.9]
    drawing = found.figure().drawing
    assert isinstance(drawing, Distributions) and drawing.quantile_label.en == "10, 50, 90 % percentiles"
    with pytest.raises(ConfigError, match="odd"):
        monte_carlo(additive, LAWS, draws=64, levels=(0.1, 0.9)).figure()


@pytest.mark.parametrize(
    "changed",
    [{"draws": 2.5}, {"seed": -1}, {"seed": None}, {"inputs": {"x": 1.0}}, {"model": lambda v: np.array(["a"] * 64)}],
)
def test_settings_of_another_kind(changed: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"model": lambda v: v["x"], "inputs": {"x": Uniform(NAME, 0.0, 1.0)}, "draws": 64}
    with pytest.raises(ConfigError):
        monte_carlo(**{**usual, **changed})


@pytest.mark.parametrize("low", ["x", None, math.nan])
def test_laws_of_no_numbers(low: Any) -> None:
    with pytest.raises(ConfigError, match="low"):
        Uniform(NAME, low, 1.0)


def test_shares_of_the_g_function() -> None:
    """Saltelli's: V_i = 1 / (3 (1 + a_i)^2), V = prod(1 + V_i) - 1."""
    a = np.array([0.0, 1.0, 4.5, 9.0])
    inputs = {f"x{i}": Uniform(NAME, 0.0, 1.0) for i in range(4)}

    def model(v: Mapping[str, np.ndarray]) -> np.ndarray:
        return np.prod([(np.abs(4.0 * v[f"x{i}"] - 2.0) + a[i]) / (1.0 + a[i]) for i in range(4)], axis=0)

    found = monte_carlo(model, inputs, draws=16_384, seed=1).shares
    part = 1.0 / (3.0 * (1.0 + a) ** 2)
    whole = np.prod(1.0 + part) - 1.0
    for name, truth in (("first", part), ("total", part * np.prod(1.0 + part) / (1.0 + part))):
        assert (np.abs(found[name].to_numpy() - truth / whole) < ERRORS * found[f"{name}_se"].to_numpy()).all()
