"""Cities with a policy whose effect is known: real names and dates, drawn numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.grouped import group_means
from dualcarbon.core.options import require_choice
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.text import Text, both
from dualcarbon.policy.gazetteer import Place, cities
from dualcarbon.policy.lists import policy_list
from dualcarbon.policy.places import match_places
from dualcarbon.policy.timing import NEVER

Assignment = Literal["listed", "drawn"]
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
_STREAMS = ("cities", "selection", "growth", "response", "noise")
_POLICY = "broadband_china"
_BATCHES = {2014: 0.37, 2015: 0.32, 2016: 0.31}


@dataclass(frozen=True, slots=True)
class CityEffect:
    """How the policy works on ln CO2, and what else moves it.

    Attributes
    ----------
    depth : tuple of (cohort, depth)
        Where the effect of each cohort ends, in ln CO2.
    speed : float > 0
        Years after which about 63 % of it are there.
    spread : float
        Standard deviation over cities of the effect relative to the mean of the cohort.
    persistence : float in (-1, 1)
        Of the yearly noise.
    noise, city_effect : float
        Standard deviations of the yearly noise and of the cities.
    population, income : float
        Elasticities of CO2.
    selection : float
        How much likelier large and rich cities are to be chosen: shift of treated cities in standard deviations
        ("listed") or slope of the logit ("drawn").
    trend : float
        Yearly growth of ln CO2 per standard deviation of initial income: parallel trends then hold only given income.
    """

    depth: tuple[tuple[int, float], ...] = ((2014, -0.12), (2015, -0.09), (2016, -0.06))
    speed: float = 2.0
    spread: float = 0.35
    persistence: float = 0.5
    noise: float = 0.08
    city_effect: float = 0.5
    population: float = 0.8
    income: float = 0.4
    selection: float = 0.6
    trend: float = 0.0

    def __post_init__(self) -> None:
        numbers = [getattr(self, f.name) for f in fields(self) if f.name != "depth"]
        finite = np.isfinite([*numbers, *(value for _, value in self.depth)]).all()
        spreads = min(self.noise, self.city_effect, self.spread)
        if not (finite and self.depth and self.speed > 0 and abs(self.persistence) < 1 and spreads >= 0):
            raise ConfigError(
                Text("模拟效应的参数有误", "the parameters of the simulated effect are wrong"),
                expected=Text(
                    "有限数；speed > 0，|persistence| < 1，标准差不为负",
                    "finite numbers; speed > 0, |persistence| < 1, no negative standard deviation",
                ),
                found=both(repr(self)),
                remedy=Text("改正参数", "correct the parameters"),
            )

    def at(self, cohort: int, period: int) -> float:
        """Mean effect on a cohort in a period: depth (1 - exp(-(period - cohort + 1) / speed)), 0 before."""
        if period < cohort:
            return 0.0
        return float(dict(self.depth)[cohort] * -np.expm1(-(period - cohort + 1) / self.speed))


@dataclass(frozen=True, slots=True)
class CityTruth:
    """What was planted in the very sample.

    Attributes
    ----------
    rows : polars.DataFrame
        city, year, effect: of every treated city-year, on ln CO2.
    group_time : polars.DataFrame
        cohort, period, cities, att: mean over the cohort's cities.
    event : polars.DataFrame
        relative, cities, att: mean over the treated cities seen at that distance.
    cohorts : polars.DataFrame
        cohort, cities, att: mean over the cohort's treated city-years.
    att : float
        Mean over all treated city-years.
    effect : CityEffect
    """

    rows: pl.DataFrame
    group_time: pl.DataFrame
    event: pl.DataFrame
    cohorts: pl.DataFrame
    att: float
    effect: CityEffect


@dataclass(frozen=True, slots=True)
class SimulatedCities:
    """Simulated cities.

    Attributes
    ----------
    panel : Panel
        city, year, province, population_person, gdp_cny, co2_t, ln_population, ln_gdp_per_person, ln_co2, first_treated
        (null: never); `provenance.simulated` is True. ``id="city"``, ``time="year"``.
    truth : CityTruth
    """

    panel: Panel
    truth: CityTruth

    def __repr__(self) -> str:
        return f"SimulatedCities({self.panel!r}, true effect {self.truth.att:.4f})"


def simulate_cities(
    count: int | None = None,
    years: tuple[int, int] = (2006, 2019),
    seed: int = 2024,
    *,
    effect: CityEffect | None = None,
    assignment: Assignment = "listed",
) -> SimulatedCities:
    """A panel of Chinese cities in which a staggered policy lowers CO2 by a known amount.

        ln CO2 = a + d_t + b_p ln pop + b_y ln(gdp / pop) + tau_it + e_it,   e_it = rho e_i,t-1 + u_it
        tau_it = depth_g (1 - exp(-(t - g + 1) / speed)) (1 + spread z_i),   0 before g

    Names, provinces and, with "listed", the treated cities and their years are those of the Broadband China list; every
    number is drawn. There are no trends before treatment that differ between cohorts, no anticipation and no
    spillovers; population and income are not affected by the policy. z is centred within cohorts, so the mean effect of
    a cohort is the planted one. With `effect.trend` growth depends on initial income, and parallel trends hold only
    given it.

    Parameters
    ----------
    count : int, optional
        Cities, drawn from the 297 of prefecture level and above; all by default.
    years : (first, last)
    seed : int >= 0
        The same seed gives the same bytes.
    effect : CityEffect, optional
    assignment : {"listed", "drawn"}
        Treated as in the list, or drawn with a logit in population and income: for studies of coverage.

    Returns
    -------
    SimulatedCities

    Raises
    ------
    ConfigError
        If there are too few or too many cities, the years do not hold the policy, or a parameter is wrong.

    Examples
    --------
    >>> drawn = simulate_cities(seed=1)
    >>> drawn.panel.n, drawn.panel.provenance.simulated
    (4158, True)
    """
    require_choice("assignment", assignment, get_args(Assignment))
    effect = effect or CityEffect()
    places = [place for place in cities() if place.rank in ("municipality", "city") and not place.until]
    _require_sizes(count, years, seed, effect, len(places))
    streams = dict(
        zip(_STREAMS, map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(_STREAMS))), strict=True)
    )
    drawn = np.sort(streams["cities"].permutation(len(places))[: count or len(places)])
    places = [places[i] for i in drawn]
    sizes = streams["selection"].standard_normal((len(places), 2))
    first = _listed(places) if assignment == "listed" else _drawn(streams["selection"], sizes, effect)
    _require_cohorts(first, effect)
    if assignment == "listed":
        sizes = sizes + effect.selection * (first != NEVER)[:, None]
    period = np.arange(years[0], years[1] + 1)
    frame, tau = _outcomes(streams, places, first, period, sizes, effect)
    name = Text("模拟城市（种子 {s}）", "Simulated cities (seed {s})").format(s=seed)
    panel = Panel.from_frame(frame, id="city", time="year", schema="city", provenance=Provenance(name, simulated=True))
    return SimulatedCities(panel, _truth([p.name for p in places], first, period, tau, effect))


def _require_sizes(count: int | None, years: tuple[int, int], seed: int, effect: CityEffect, most: int) -> None:
    cohorts = [cohort for cohort, _ in effect.depth]
    fits = count is None or 20 <= count <= most
    if not (fits and years[0] < min(cohorts) and max(cohorts) <= years[1] and seed >= 0):
        raise ConfigError(
            Text("模拟城市的规模有误", "the size of the simulated cities is wrong"),
            expected=Text(
                "20 到 {m} 个城市；年份含 {a}–{b} 及此前；种子不为负",
                "20 to {m} cities; years before {a} up to {b}; a seed not below 0",
            ).format(m=most, a=min(cohorts), b=max(cohorts)),
            found=both(f"count={count}, years={years}, seed={seed}"),
            remedy=Text("改正这些值", "correct these values"),
        )


def _require_cohorts(first: Codes, effect: CityEffect) -> None:
    """Somebody is treated, and every cohort has an effect."""
    found = np.unique(first[first != NEVER]).tolist()
    if not found or set(found) - dict(effect.depth).keys():
        raise ConfigError(
            Text("模拟城市的处理批次与效应不符", "the cohorts of the simulated cities do not fit the effect"),
            expected=Text("每个批次在 depth 中有一项", "one item of depth for each cohort"),
            found=Text("批次 {c}，depth {d}", "cohorts {c}, depth {d}").format(c=found, d=effect.depth),
            remedy=Text(
                "补全 depth，增加 count，或用 assignment='drawn'",
                "complete depth, raise count, or pass assignment='drawn'",
            ),
        )


def _listed(places: list[Place]) -> Codes:
    """First treated years by the Broadband China list, (N,)."""
    table = pl.DataFrame({"city": [place.name for place in places]})
    match = match_places(policy_list(_POLICY), table, "city")
    return np.asarray(match.frame["first_treated"].fill_null(NEVER).to_numpy(), dtype=np.int64)


def _drawn(rng: np.random.Generator, sizes: Floats, effect: CityEffect) -> Codes:
    """First treated years drawn: a logit in size and income decides whether, shares of the batches when, (N,)."""
    chance = 1.0 / (1.0 + np.exp(0.7 - effect.selection * sizes.sum(axis=1)))
    chosen = rng.random(len(sizes)) < chance
    cohorts = np.array([cohort for cohort, _ in effect.depth])
    shares = np.array([_BATCHES.get(int(c), 1.0 / len(cohorts)) for c in cohorts])
    when = rng.choice(cohorts, size=len(sizes), p=shares / shares.sum())
    return np.where(chosen, when, NEVER).astype(np.int64)


def _outcomes(
    streams: dict[str, np.random.Generator],
    places: list[Place],
    first: Codes,
    period: Codes,
    sizes: Floats,
    effect: CityEffect,
) -> tuple[pl.DataFrame, Floats]:
    """The table, and the effects planted in it, (N, T)."""
    n, t = len(places), len(period)
    shocks = streams["growth"].standard_normal((n, t, 2)).cumsum(axis=1)
    steps = np.arange(t)
    population = 15.0 + 0.6 * sizes[:, :1] + 0.005 * steps + 0.004 * shocks[..., 0]
    income = 10.3 + 0.45 * sizes[:, 1:] + 0.08 * steps + 0.015 * shocks[..., 1]
    tau = _effects(streams["response"], first, period, effect)
    common = 0.04 * steps - 0.0015 * steps**2 + 0.02 * streams["noise"].standard_normal(t)
    city = effect.city_effect * streams["noise"].standard_normal((n, 1))
    own = effect.trend * sizes[:, 1:] * steps
    noise = _autoregressive(streams["noise"], n, t, effect)
    level = 17.0 - effect.population * 15.0 - effect.income * 10.3
    outcome = level + city + common + own + effect.population * population + effect.income * income + tau + noise
    rows = {
        "city": np.repeat([p.name for p in places], t),
        "year": np.tile(period, n),
        "province": np.repeat([p.province for p in places], t),
        "population_person": np.exp(population).ravel(),
        "gdp_cny": np.exp(population + income).ravel(),
        "co2_t": np.exp(outcome).ravel(),
        "ln_population": population.ravel(),
        "ln_gdp_per_person": income.ravel(),
        "ln_co2": outcome.ravel(),
        "first_treated": np.repeat(first, t),
    }
    frame = pl.DataFrame(rows)
    treated = pl.when(pl.col("first_treated") != NEVER).then(pl.col("first_treated"))
    return frame.with_columns(treated.alias("first_treated")), tau


def _effects(rng: np.random.Generator, first: Codes, period: Codes, effect: CityEffect) -> Floats:
    """tau of every city and year, (N, T); the cities' part is centred within cohorts."""
    own = rng.standard_normal(len(first))
    tau = np.zeros((len(first), len(period)))
    for cohort in np.unique(first[first != NEVER]):
        members = first == cohort
        part = 1.0 + effect.spread * (own[members] - own[members].mean())
        tau[members] = part[:, None] * [effect.at(int(cohort), int(year)) for year in period]
    return tau


def _autoregressive(rng: np.random.Generator, n: int, t: int, effect: CityEffect) -> Floats:
    """Stationary noise with standard deviation `noise` and correlation `persistence`, (n, t)."""
    rho = effect.persistence
    shocks = rng.standard_normal((n, t))
    shocks[:, 1:] *= np.sqrt(1.0 - rho**2)
    for j in range(1, t):
        shocks[:, j] += rho * shocks[:, j - 1]
    return effect.noise * shocks


def _truth(names: list[str], first: Codes, period: Codes, tau: Floats, effect: CityEffect) -> CityTruth:
    unit, when = np.nonzero((period[None, :] >= first[:, None]) & (first != NEVER)[:, None])
    rows = pl.DataFrame(
        {
            "city": np.array(names, dtype=object)[unit].tolist(),
            "year": period[when],
            "cohort": first[unit],
            "relative": period[when] - first[unit],
            "effect": tau[unit, when],
        }
    )
    seen = pl.col("city").n_unique().cast(pl.Int64).alias("cities")

    def means(*by: str) -> pl.DataFrame:
        found = group_means(rows, by, [pl.col("effect").alias("att")], [seen])
        return found.select(*by, "cities", "att").sort(*by)

    return CityTruth(
        rows=rows.select("city", "year", "effect"),
        group_time=means("cohort", "year").rename({"year": "period"}),
        event=means("relative"),
        cohorts=means("cohort"),
        att=float(tau[unit, when].mean()),
        effect=effect,
    )
