"""Intervals: the arithmetic by hand, streams, failed draws, groups, methods, refusals, coverage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.engines.threads import Threads
from dualcarbon.frontier.bootstrap import STATISTICS, bootstrap
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models.envelopment import EnvelopmentModel
from dualcarbon.frontier.redrawing import Parametric, Resampling, Simulates, Subsampling
from dualcarbon.kernels.resampling import draw_clusters

EXACT = 1e-12
"""The same sums in the same order."""
COVERAGE = 0.80
"""Lower limit for a nominal 0.95 over 40 samples: 3.2 standard errors below 0.91."""
RAW = EnvelopmentModel(screen=False, level_shift=False)
PROPORTIONAL = Direction.proportional()
CONE = Technology(["x"], "y", "b", returns="constant", disposability="weak")
LABEL = both("means")


@dataclass(frozen=True)
class Means:
    """Inefficiency is y, room is x, MAC is b; refuses data whose mean of y is below `floor`."""

    pools: bool = True
    several: bool = False
    floor: float = -1.0
    warning: Text | None = None
    name: str = "means"
    label: Text = LABEL
    measure: Text = LABEL

    def least(self, technology: Technology) -> int:
        return 2

    def check(self, technology: Technology, direction: Direction) -> None:
        pass

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        refused = data.y.mean() < self.floor
        status = np.full(data.y.size, CODE["refused" if refused else "ok"], dtype=np.int8)
        verdict = "trivial" if refused else "identified"
        numbers = [np.full(data.y.size, np.nan) if refused else v for v in (data.y, data.x[:, 0], data.b)]
        return GroupFit(*numbers, data.b, data.b, status, verdict, LABEL)


@dataclass(frozen=True)
class Noisy(Means):
    """The same with a law to draw from: y is exponential with the mean found."""

    def sampler(
        self, data: GroupData, technology: Technology, direction: Direction
    ) -> Callable[[np.random.Generator], GroupData]:
        return lambda random: replace(data, y=data.y.mean() * random.exponential(size=data.y.size))


def made(n: int = 60, periods: int = 1, seed: int = 0, groups: int = 1) -> Panel:
    draw = np.random.default_rng(seed)
    rows = n * periods
    f, t = np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)
    x, r, u = draw.lognormal(size=rows), 0.3 * draw.standard_normal(rows), 0.2 * draw.exponential(size=rows)
    y, b = x * np.exp(0.2 * r - u), x * np.exp(r + u)
    return Panel.from_frame(pl.DataFrame({"f": f, "t": t, "g": f % groups, "x": x, "y": y, "b": b}), id="f", time="t")


def test_resampling_is_the_percentile_of_means_of_resampled_firms() -> None:
    panel = made(30, 3)
    found = bootstrap(panel, CONE, PROPORTIONAL, Means(), draws=50, seed=7, level=0.9)
    x, y, b = panel.arrays("x", "y", "b")
    unit = panel.codes("f")
    drawn = []
    for draw in range(50):
        random = np.random.default_rng(np.random.SeedSequence(7, spawn_key=(draw, 0)))
        rows, _ = draw_clusters(unit, 30, True, random)
        drawn.append([f(v[rows]) for v in (y, x, b) for f in (np.mean, np.median)])
    limits = np.quantile(drawn, (0.05, 0.95), axis=0).T
    np.testing.assert_allclose(found.table.select("low", "high").to_numpy(), limits, rtol=EXACT)
    expected = [f(v) for v in (y, x, b) for f in (np.mean, np.median)]
    np.testing.assert_allclose(found.table["estimate"].to_numpy(), expected, rtol=EXACT)
    assert found.table["statistic"].to_list() == list(STATISTICS)
    assert found.table["draws"].to_list() == [50] * 6
    assert isinstance(found.method, Resampling)


def test_subsampling_takes_the_bias_out_and_puts_the_spread_of_m_firms_to_the_size_of_n() -> None:
    panel = made(40)
    found = bootstrap(panel, CONE, PROPORTIONAL, Means(pools=False), draws=30, method=Subsampling(0.6))
    (y,) = panel.arrays("y")
    share = int(40**0.6) / 40
    drawn = []
    for draw in range(30):
        random = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(draw, 0)))
        drawn.append(y[np.sort(random.choice(40, int(40**0.6), replace=False))].mean())
    a = share ** (2 / 3) / (1 - share ** (2 / 3))
    bias = a * (np.mean(drawn) - y.mean())
    spread = (np.array(drawn) - np.mean(drawn)) * np.sqrt(share / (1 - share) * (1 + a**2))
    expected = [y.mean() - bias - np.quantile(spread, q) for q in (0.975, 0.025)]
    assert found.table.select("low", "high").row(0) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("returns", "inputs", "rate"),
    [("constant", 1, 2 / 3), ("variable", 1, 2 / 4), ("constant", 3, 2 / 5), ("variable", 3, 2 / 6)],
)
def test_the_rate_is_that_of_the_frontier(returns: Any, inputs: int, rate: float) -> None:
    technology = Technology([f"x{i}" for i in range(inputs)], "y", "b", returns=returns)
    assert Subsampling().rate(technology) == pytest.approx(rate, rel=EXACT)


def test_prices_of_zero_have_no_interval_on_logs() -> None:
    """Twenty firms at the end of a plateau: a kink between a slope of zero and a falling one, so the median is zero."""
    y, b = np.repeat([2.0, 2.0, 1.5], [8, 20, 6]), np.repeat([1.0, 2.0, 4.0], [8, 20, 6])
    frame = pl.DataFrame({"f": np.arange(34), "t": 1, "x": 1.0, "y": y, "b": b})
    panel = Panel.from_frame(frame, id="f", time="t")
    found = bootstrap(panel, Technology(["x"], "y", "b"), PROPORTIONAL, RAW, draws=20).table
    estimate, low, high = found.filter(statistic="mac_median").select("estimate", "low", "high").row(0)
    assert estimate == 0.0 and np.isnan([low, high]).all()
    assert found.filter(statistic="inefficiency_mean")["low"].is_finite().all()


@pytest.mark.parametrize("method", [Resampling(), Subsampling()], ids=["with", "without"])
def test_a_draw_keeps_the_calendar(method: Resampling | Subsampling) -> None:
    """Periods that nobody reports count in a trend, so those of a draw may not be numbered anew."""
    unit, time = np.repeat(np.arange(30), 3), np.tile([0, 1, 5], 30)
    row = 1.0 + np.arange(90.0)
    data = GroupData(row[:, None], row, row, unit, time)
    drawn = method.sampler(data, RAW, CONE, PROPORTIONAL)(np.random.default_rng(0))
    np.testing.assert_array_equal(drawn.time, time[drawn.y.astype(np.int64) - 1])


def test_the_method_follows_the_model() -> None:
    assert isinstance(bootstrap(made(), CONE, PROPORTIONAL, RAW, draws=20).method, Subsampling)
    assert isinstance(bootstrap(made(), CONE, PROPORTIONAL, Noisy(), draws=20).method, Parametric)
    assert isinstance(bootstrap(made(), CONE, PROPORTIONAL, "translog_lp", draws=20).method, Resampling)
    assert isinstance(Noisy(), Simulates)
    assert not isinstance(Means(), Simulates)


def test_the_parametric_draws_come_from_the_law() -> None:
    found = bootstrap(made(200), CONE, PROPORTIONAL, Noisy(), draws=400)
    row = found.table.row(0, named=True)
    half = 1.96 * row["estimate"] / np.sqrt(200)
    assert row["low"] == pytest.approx(row["estimate"] - half, rel=0.04)
    assert row["high"] == pytest.approx(row["estimate"] + half, rel=0.04)
    assert found.table["low"][2] == found.table["high"][2] == pytest.approx(found.table["estimate"][2], rel=EXACT)


@pytest.mark.parametrize("model", [RAW, "translog_ml", "translog_lp"])
def test_workers_do_not_change_a_bit_and_seeds_do(model: Any) -> None:
    panel = made(80, 2, groups=2)
    technology = Technology(["x"], "y", "b", returns="constant", disposability="weak", group_by=["g"])
    one, many, other = (
        bootstrap(panel, technology, PROPORTIONAL, model, draws=20, seed=seed, engine=Threads(workers)).table
        for seed, workers in ((1, 1), (1, 3), (2, 1))
    )
    assert one.equals(many)
    assert not one.equals(other)
    assert one.columns[0] == "g"
    inside = one.filter(pl.col("low").is_not_nan())
    assert inside.height > 0
    assert (inside["low"] <= inside["high"]).all()
    assert (one["low"].drop_nans() >= 0.0).all()


def test_failed_draws_are_counted_and_most_of_them_failing_leaves_no_interval() -> None:
    panel = made(60)
    mean = float(panel.arrays("y")[0].mean())
    some, most = (bootstrap(panel, CONE, PROPORTIONAL, Means(floor=k * mean), draws=60) for k in (0.85, 0.999))
    assert 0 < some.table["failed"][0] < 30
    assert (some.table["draws"] + some.table["failed"] == 60).all()
    assert some.table["low"].is_finite().all()
    few = bootstrap(panel, CONE, PROPORTIONAL, Means(floor=mean * 0.999999), draws=60)
    for found in (most, few):
        lost = found.table["failed"] > 30
        assert (found.table["low"].is_nan() == lost).all()
    assert some.warnings
    assert some.warnings[0].zh != some.warnings[0].en
    assert not bootstrap(panel, CONE, PROPORTIONAL, Means(), draws=20).warnings


def test_a_group_the_model_refuses_has_no_interval() -> None:
    frame = made(60).frame.with_columns(g=pl.when(pl.col("f") == 0).then(1).otherwise(0))
    panel = Panel.from_frame(frame, id="f", time="t")
    technology = Technology(["x"], "y", "b", returns="constant", disposability="weak", group_by=["g"])
    found = bootstrap(panel, technology, PROPORTIONAL, RAW, draws=20)
    lone = found.table.filter(g=1)
    assert lone["estimate"].is_nan().all()
    assert lone["low"].is_nan().all()
    assert lone["draws"].to_list() == [0] * 6
    assert found.table.columns[:2] == ["g", "t"]  # one frontier per period
    with pytest.raises(FrozenInstanceError):
        found.seed = 1  # type: ignore[misc]


def test_options_out_of_range_and_methods_a_model_has_not_are_errors() -> None:
    for wrong in ({"draws": 5}, {"level": 1.0}, {"method": Parametric()}):
        with pytest.raises(ConfigError) as error:
            bootstrap(made(), CONE, PROPORTIONAL, RAW, **wrong)  # type: ignore[arg-type]
        assert error.value.say("zh") != error.value.say("en")
    with pytest.raises(ConfigError, match="kappa"):
        Subsampling(1.0)
    assert frontier.bootstrap is bootstrap


@pytest.mark.long
@pytest.mark.parametrize(("model", "noise"), [("translog_ml", 0.1), (RAW, 0.0)], ids=["parametric", "subsampling"])
def test_intervals_cover_the_mean_of_a_known_design(model: Any, noise: float) -> None:
    """Frontier y = x^0.8 b^0.2, moved off by u + v along the hyperbola; 40 samples of 100 firms."""
    population = np.random.default_rng(1)
    r, u = 0.4 * population.standard_normal(100_000), 0.2 * np.abs(population.standard_normal(100_000))
    true = 0.2 * np.sqrt(2 / np.pi) if noise else float(distance(r, u).mean())
    held = 0
    for seed in range(40):
        draw = np.random.default_rng(1000 + seed)
        x, r, u = draw.lognormal(size=100), 0.4 * draw.standard_normal(100), 0.2 * np.abs(draw.standard_normal(100))
        off = u + noise * draw.standard_normal(100)
        frame = pl.DataFrame({"f": range(100), "t": [0] * 100, "x": x})
        panel = Panel.from_frame(
            frame.with_columns(y=x * np.exp(0.2 * r - off), b=x * np.exp(r + off)), id="f", time="t"
        )
        row = bootstrap(panel, CONE, PROPORTIONAL, model, draws=60, seed=seed).table.row(0, named=True)
        held += row["low"] <= true <= row["high"]
    assert held / 40 >= COVERAGE


def distance(r: np.ndarray, u: np.ndarray) -> np.ndarray:
    """beta of y (1 + beta) = x^0.8 (b (1 - beta))^0.2 at x = 1, by bisection."""
    low, high = np.zeros(r.size), np.ones(r.size)
    for _ in range(60):
        middle = (low + high) / 2
        inside = np.exp(0.2 * r - u) * (1 + middle) <= (np.exp(r + u) * (1 - middle)) ** 0.2
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low
