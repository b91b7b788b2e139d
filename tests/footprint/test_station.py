"""A station from its site, load, money and goal: what it should have, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import LANGUAGES
from dualcarbon.footprint.costs import Costs
from dualcarbon.footprint.dispatch import follow_rule, reliability
from dualcarbon.footprint.station import (
    CarbonCap,
    Grid,
    LeastCost,
    Limits,
    Load,
    Reliability,
    Storage,
    Yields,
    ZeroCarbon,
    size_station,
)
from dualcarbon.footprint.station_result import StationDesign
from dualcarbon.footprint.weather import Site

EXACT = 1e-9
"""Sums of the same numbers."""
VERTEX = 1e-8
"""Two optima of one program."""
BALANCE = 1e-9
"""An hour's energy balance relative to the mean load, as promised."""

SHANGHAI = Site(31.2, 121.5, 5.0, 8.0)
WEEKS = 24 * 14


def yields(n: int = WEEKS, seed: int = 0) -> Yields:
    random = np.random.default_rng(seed)
    t = np.arange(n)
    cloud = np.repeat(random.uniform(0.2, 1.0, n // 24 + 1), 24)[:n]
    wind = np.clip(0.3 + 0.3 * np.sin(t * 0.05) + 0.1 * random.standard_normal(n), 0, 1)
    return Yields(np.maximum(np.sin(2 * np.pi * (t % 24 - 6) / 24), 0) * cloud, wind)


def sized(goal=None, **more) -> StationDesign:
    return size_station(weather=more.pop("weather", yields()), goal=goal, **more)


@pytest.mark.parametrize(
    "goal", [LeastCost(), ZeroCarbon(), CarbonCap(2.0), Reliability(0.01), Reliability(0.01, on_grid=True)]
)
def test_sums_are_those_of_the_hours_and_close(goal):
    found = sized(goal)
    hours, weight = found.dispatch, 8760 / WEEKS
    assert found.balance < BALANCE and abs(found.gap) < VERTEX
    for name in ("load", "grid", "curtailed", "lost"):
        assert getattr(found, f"{name}_kwh") == pytest.approx(weight * hours[f"{name}_kwh"].sum(), rel=EXACT)
    assert found.breakdown["cny_per_year"].sum() == pytest.approx(found.cost_cny, rel=EXACT)
    assert found.lcoe_cny_per_kwh == pytest.approx(found.cost_cny / (found.load_kwh - found.lost_kwh), rel=EXACT)
    assert found.co2_t == pytest.approx(found.grid_kwh * 0.5306 / 1000, rel=EXACT)
    assert found.load_kwh == pytest.approx(65 * 365, rel=EXACT)


def test_the_grid_alone_emits_what_the_factor_says():
    found = sized(ZeroCarbon())
    assert found.grid_only_co2_t == pytest.approx(65 * 365 * 0.5306 / 1000, rel=EXACT)
    former = sized(ZeroCarbon(), grid=Grid(0.6101))
    assert former.grid_only_co2_t == pytest.approx(14.4746225, rel=EXACT)
    path = GridPath.constant(0.4, 2030, 2035)
    assert sized(CarbonCap(2.0), grid=Grid.of_path(path, 2031)).grid_only_co2_t == pytest.approx(9.49, rel=EXACT)


def test_cost_falls_with_the_cap_and_zero_carbon_is_its_limit():
    caps = [0.0, 0.01, 0.1, 0.5, 2.0, 20.0]
    costs = [sized(CarbonCap(cap)).cost_cny for cap in caps]
    assert all(a >= b * (1 - VERTEX) for a, b in pairwise(costs))
    zero = sized(ZeroCarbon())
    assert costs[0] == pytest.approx(zero.cost_cny, rel=VERTEX)
    assert costs[-1] == pytest.approx(sized(LeastCost()).cost_cny, rel=VERTEX)
    tight = sized(CarbonCap(1e-3))
    assert 0 <= zero.cost_cny - tight.cost_cny <= sized(CarbonCap(0.0)).co2_price_cny_per_t * 1e-3 * (1 + 1e-6)


def test_the_price_of_the_cap_brings_least_cost_to_the_cap():
    capped = sized(CarbonCap(2.0))
    price = 0.75 + capped.co2_price_cny_per_t * 0.5306 / 1000
    taxed = sized(LeastCost(), grid=Grid(0.5306, cny_per_kwh=price))
    paid = taxed.cost_cny - capped.co2_price_cny_per_t * taxed.co2_t
    assert taxed.cost_cny == pytest.approx(capped.cost_cny + capped.co2_price_cny_per_t * 2.0, rel=VERTEX)
    assert paid >= capped.cost_cny - capped.co2_price_cny_per_t * (taxed.co2_t - 2.0) - 1e-6


def test_fewer_lost_hours_cost_more():
    costs = [sized(Reliability(share)).cost_cny for share in (0.0, 0.001, 0.01, 0.1)]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] == pytest.approx(sized(ZeroCarbon()).cost_cny, rel=VERTEX)


def test_the_station_scales_with_its_load():
    one, ten = sized(CarbonCap(1.0)), sized(CarbonCap(10.0), load=Load(650.0))
    assert ten.cost_cny == pytest.approx(10 * one.cost_cny, rel=VERTEX)
    assert ten.pv_kw == pytest.approx(10 * one.pv_kw, rel=VERTEX)
    assert ten.lcoe_cny_per_kwh == pytest.approx(one.lcoe_cny_per_kwh, rel=VERTEX)


def test_depth_of_discharge_and_hours_hold():
    shallow = sized(ZeroCarbon(), storage=Storage(depth_of_discharge=0.8))
    assert shallow.dispatch["charge_kwh"].min() >= 0.2 * shallow.battery_kwh * (1 - VERTEX)
    fixed = sized(ZeroCarbon(), storage=Storage(hours=2.5))
    assert fixed.battery_kwh == pytest.approx(2.5 * fixed.converter_kw, rel=VERTEX)


@pytest.mark.parametrize("goal", [LeastCost(), ZeroCarbon(), CarbonCap(2.0), Reliability(0.01)])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_rule_never_beats_the_program(goal, seed):
    found = sized(goal, weather=yields(seed=seed), storage=Storage(0.9, 0.9))
    run = follow_rule(found)
    assert run.lost_kwh >= found.lost_kwh - 1e-6
    if run.lost_kwh <= found.lost_kwh + 1e-6:
        assert run.cost_cny >= found.cost_cny * (1 - EXACT)
    if isinstance(goal, (LeastCost, ZeroCarbon)):
        assert run.cost_cny == pytest.approx(found.cost_cny, rel=VERTEX)


def test_under_a_tariff_foresight_pays():
    tariff = np.where(np.arange(WEEKS) % 24 < 8, 0.2, 1.6)
    found = sized(LeastCost(), grid=Grid(0.5306, cny_per_kwh=tariff))
    assert follow_rule(found).cost_cny > found.cost_cny * 1.01


def test_a_design_loses_nothing_in_its_own_year_and_more_in_darker_ones():
    found = sized(ZeroCarbon())
    years = [Yields(np.asarray(yields().pv) * k, np.asarray(yields().wind) * k) for k in (1.0, 0.9, 0.7)]
    lost = reliability(found, years).table["lost_share"].to_list()
    assert lost[0] == pytest.approx(0.0, abs=1e-9) and 0 < lost[1] < lost[2]
    alone = reliability(found, years[:1])
    assert alone.years_with_loss == 0.0 and alone.quantiles["lost_hours"].to_list() == [0.0] * 5


def test_synthetic_years_do_not_depend_on_how_many_are_asked_for():
    found = sized(ZeroCarbon())
    found = replace(found, case=replace(found.case, load=np.full(8760, 65 / 24)))
    two, three = (reliability(found, n, site=SHANGHAI, seed=3).table for n in (2, 3))
    assert two.equals(three.head(2))
    assert reliability(found, 2, site=SHANGHAI, seed=4).table["lost_kwh"].to_list() != two["lost_kwh"].to_list()


@pytest.mark.long
def test_zero_carbon_for_a_year_at_a_site():
    found = size_station(site=SHANGHAI, goal=ZeroCarbon(), seed=1)
    assert found.dispatch.height == 8760 and found.balance < BALANCE and abs(found.gap) < VERTEX
    assert found.grid_kwh == found.co2_t == found.lost_kwh == 0.0
    assert follow_rule(found).lost_kwh == pytest.approx(0.0, abs=1e-6)
    assert found.case.simulated and found.table().simulated


def test_exhibits_speak_both_languages_and_keep_the_numbers():
    found = sized(CarbonCap(2.0))
    table, figure = found.table(), found.figure(days=3)
    values = {row[0].value.en: row for row in table.rows}
    assert values["Total"][3].value == found.cost_cny
    assert values["Carbon price of the cap"][1].value == found.co2_price_cny_per_t
    assert "Lost load" in values and "Marginal value of lost load" not in values
    assert all(note.get(language) for note in table.notes for language in LANGUAGES)
    assert all(len(curve.x) == 72 for curve in figure.drawing.curves)
    week = found.figure(first_day=2, days=1).drawing.curves[0]
    assert (week.x[0], len(week.x)) == (2.0, 24)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"limits": Limits(pv_kw=1.0, wind_kw=1.0)}, "PV is at its limit"),
        ({"weather": Yields(np.zeros(48), np.zeros(48))}, "neither PV nor wind"),
        ({"goal": CarbonCap(0.1), "limits": Limits(pv_kw=5.0, wind_kw=0.0)}, "the carbon cap is 0.1 t"),
        ({"goal": LeastCost(), "grid": Grid(0.5, limit_kw=1.0), "limits": Limits(0.0, 0.0)}, "neither PV nor wind"),
        ({"goal": LeastCost(), "grid": Grid(0.5, limit_kw=1.0), "limits": Limits(1.0, 0.0)}, "at most 1 kW"),
    ],
)
def test_goals_out_of_reach_are_refused_with_the_reason(more, why):
    more.setdefault("goal", ZeroCarbon())
    with pytest.raises(DataError) as caught:
        sized(**more)
    assert why in caught.value.say("en") and "cannot be served, in" in caught.value.say("en")
    assert "无法供应" in caught.value.say("zh")


@pytest.mark.parametrize(
    "call",
    [
        lambda: size_station(),
        lambda: size_station(site=SHANGHAI, weather=yields()),
        lambda: CarbonCap(-1.0),
        lambda: Reliability(1.0),
        lambda: Storage(charging=0.0),
        lambda: Limits(pv_kw=-1.0),
        lambda: Grid.national(1999),
        lambda: Load(profile=[1.0, -1.0]).hours(2),
        lambda: Load(-5.0).hours(2),
        lambda: Costs(interest=-1.0).yearly,
        lambda: Costs(pv_cny_per_kw=float("nan")),
        lambda: Site(121.5, 31.2),
        lambda: Site(31.2, 121.5, tz="China/Nowhere"),
    ],
)
def test_impossible_options_are_refused_in_both_languages(call):
    with pytest.raises(ConfigError) as caught:
        call()
    assert all(caught.value.say(language) for language in LANGUAGES)


def test_hours_that_do_not_fit_are_named():
    bad = yields(48)
    with pytest.raises(DataError, match="load"):
        sized(weather=bad, load=np.ones(47))
    wrong = np.ones(48)
    wrong[[4, 9]] = [-1.0, np.nan]
    with pytest.raises(DataError, match=r"2 do not fit, first hours \[5, 10\]"):
        sized(weather=bad, load=wrong)


def test_load_profiles_keep_the_days_sum():
    shape = np.arange(24.0)
    hours = Load(65.0, shape).hours(48)
    assert hours[:24].sum() == pytest.approx(65.0) and hours[24:].tolist() == hours[:24].tolist()
    assert hours[23] / hours[1] == pytest.approx(23.0)


def test_costs_have_sources_and_own_values_are_marked():
    table = Costs(pv_cny_per_kw=2000.0).table
    own = table.filter(pl.col("name") == "pv_cny_per_kw").row(0, named=True)
    assert (own["status"], own["year"], own["value"]) == ("own", None, 2000.0)
    assert table.filter(pl.col("status") != "own").select(pl.col("source_zh", "source_en").str.len_chars().min()).row(0)
    assert table["name"].to_list() == list(Costs.__slots__)


@pytest.mark.parametrize("interest", [0.0, 1e-9, 0.03, 0.06, 0.2])
@pytest.mark.parametrize("years", [1, 10, 25])
def test_annuities_repay_one(interest, years):
    from dualcarbon.footprint.costs import annuity

    owed = 1.0
    for _ in range(years):
        owed = owed * (1 + interest) - annuity(interest, years)
    assert owed == pytest.approx(0.0, abs=1e-12)


def test_years_of_reliability_that_are_none() -> None:
    found = sized(Reliability(0.01))
    n = found.case.load.size
    with pytest.raises(DataError, match="no years"):
        reliability(found, [])
    for broken in (np.nan, -1.0, np.inf):
        pv = np.ones(n)
        pv[7] = broken
        with pytest.raises(DataError, match=r"\[8\]"):
            reliability(found, [Yields(pv, np.ones(n))])
    with pytest.raises(DataError, match="0 years"):
        reliability(found, np.int64(0), site=SHANGHAI)


def test_a_design_says_itself_in_one_line() -> None:
    found = sized(ZeroCarbon())
    assert repr(found).startswith("StationDesign(ZeroCarbon: PV ") and len(repr(found)) < 200


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"goal": "zero"}, "ZeroCarbon"),
        ({"goal": LeastCost}, "LeastCost"),
        ({"grid": 0.5}, "Grid"),
        ({"weather": "year.csv"}, "Weather"),
        ({"storage": 0.95}, "Storage"),
        ({"costs": {}}, "Costs"),
        ({"solver": "x"}, "simplex"),
    ],
)
def test_what_is_of_another_kind_is_refused(given: dict, match: str) -> None:
    usual = {"weather": Yields([1.0, 0.0], [0.0, 1.0])}
    with pytest.raises(ConfigError, match=match):
        size_station(**{**usual, **given})


@pytest.mark.parametrize(
    "make",
    [
        lambda: CarbonCap("x"),
        lambda: Reliability("x"),
        lambda: Storage("x"),
        lambda: Limits("x"),
        lambda: Costs(pv_cny_per_kw="x"),
        lambda: size_station(weather=yields(), costs=Costs(interest="x")),
        lambda: Load("x").hours(2),
        lambda: Site("x", 0.0),
        lambda: Site(31.2, 121.5, 5.0, None),
        lambda: Site(31.2, 121.5, float("nan")),
    ],
)
def test_parameters_that_are_no_numbers(make) -> None:
    with pytest.raises(ConfigError):
        make()


@pytest.mark.parametrize("given", [{"weather": Yields(["a", 1.0], [1.0, 0.0])}, {"load": ["a", 1.0]}])
def test_hours_that_are_no_numbers(given: dict) -> None:
    with pytest.raises(DataError, match=r"\[1\]"):
        size_station(**{"weather": Yields([1.0, 0.0], [0.0, 1.0]), **given})


@pytest.mark.parametrize("seed", range(8))
def test_sizes_of_small_years_against_a_program_written_out(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.choice([1, 2, 12, 24]))
    pv, wind = random.uniform(0, 1, n) * (seed % 4 != 1), random.uniform(0, 1, n) * (seed % 4 != 2)
    load = random.uniform(0.2, 3.0, n) * (random.random(n) > 0.3)
    load[0] = 1.0
    price, co2 = random.uniform(0.3, 1.2, n), random.uniform(0.3, 0.9, n)
    least = 8760 / n * float(co2 @ load) / 1000.0
    goal = (LeastCost(), CarbonCap(0.2 * least), Reliability(0.1), Reliability(0.05, on_grid=True))[seed % 4]
    how = Storage(0.9, 0.8, 0.8)
    found = size_station(weather=Yields(pv, wind), load=load, goal=goal, grid=Grid(co2, price), storage=how)
    assert found.cost_cny == pytest.approx(written_out(pv, wind, load, price, co2, goal, how), rel=1e-7)


def written_out(pv, wind, load, price, co2, goal, how) -> float:
    """The least cost by dense rows: sizes, then charge, discharge, level, grid and loss of every hour."""
    n, year = load.size, 8760 / load.size
    flow = {name: 4 + i * n + np.arange(n) for i, name in enumerate(("in", "out", "level", "grid", "lost"))}
    low, high, rows = [], [], []

    def row(least: float, most: float, *terms: tuple[object, object]) -> None:
        one = np.zeros(4 + 5 * n)
        for place, value in terms:
            np.add.at(one, np.atleast_1d(place), value)
        rows.append(one)
        low.append(least)
        high.append(most)

    for t in range(n):
        at = {name: places[t] for name, places in flow.items()}
        supply = [(0, pv[t]), (1, wind[t]), (at["in"], -1.0), *((at[f], 1.0) for f in ("out", "grid", "lost"))]
        row(load[t], np.inf, *supply)
        moved = [(at["in"], -how.charging), (at["out"], 1.0 / how.discharging)]
        row(0.0, 0.0, (at["level"], 1.0), (flow["level"][t - 1], -1.0), *moved)
        row(-np.inf, 0.0, (at["level"], 1.0), (2, -1.0))
        row(0.0, np.inf, (at["level"], 1.0), (2, how.depth_of_discharge - 1.0))
        row(-np.inf, 0.0, (at["in"], 1.0), (3, -1.0))
        row(-np.inf, 0.0, (at["out"], 1.0), (3, -1.0))
    lost, grid = isinstance(goal, Reliability), not isinstance(goal, Reliability) or goal.on_grid
    if isinstance(goal, CarbonCap):
        row(-np.inf, goal.t_per_year, (flow["grid"], year * co2 / 1000.0))
    if lost:
        row(-np.inf, goal.lost_load * load.sum(), (flow["lost"], 1.0))
    cost, most = np.zeros(4 + 5 * n), np.full(4 + 5 * n, np.inf)
    cost[:4], cost[flow["grid"]] = Costs().yearly, year * price
    most[flow["grid"]], most[flow["lost"]] = np.inf if grid else 0.0, load if lost else 0.0
    found = milp(cost, constraints=LinearConstraint(np.array(rows), low, high), bounds=Bounds(0.0, most))
    assert found.success
    return float(found.fun)
