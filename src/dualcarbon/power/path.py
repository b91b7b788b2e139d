"""The factor over years under a scenario: published where it is, computed elsewhere, tied by one calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text, both
from dualcarbon.power.checking import require_years
from dualcarbon.power.official import official_years, require_kind, source_of
from dualcarbon.power.scenarios import FROZEN, FROZEN_LABEL, PowerScenario, load_scenario, scenario_names
from dualcarbon.power.words import KINDS

HORIZON = 2060
"""Last year of the frozen scenario."""
MARGINAL = "marginal"
_CALIBRATED = "average"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What ties a scenario to the published factors.

    Attributes
    ----------
    year : int
        Last year with a published national average and fossil factor.
    factor : float
        Published average over (1 - clean share) x fossil factor of that year.
    clean_share : float
        Of the scenario in that year.
    traded_share : float
        Share of clean power sold in the market, implied by the published averages with and without it.
    """

    year: int
    factor: float
    clean_share: float
    traded_share: float


def calibration(scenario: str | PowerScenario = "report") -> Calibration:
    """The one factor that makes a scenario give the last published average.

    Raises
    ------
    ConfigError
        If the scenario is unknown, or "frozen", which needs none.
    DataError
        If the scenario does not cover that year, or has no fossil power in it.

    Examples
    --------
    >>> tied = calibration()
    >>> tied.year, round(tied.factor, 4)
    (2023, 1.0247)
    """
    chosen = scenario if isinstance(scenario, PowerScenario) else load_scenario(scenario)
    average, excluding = official_years("average"), official_years("excluding_traded")
    year = max(average)
    share = float(chosen.clean_share([year])[0])
    base = (1.0 - share) * float(fossil_path(chosen, np.array([year]))[0])
    if base <= 0.0 or share <= 0.0:
        raise DataError(
            Text(
                "情景在 {y} 年没有化石或没有清洁发电，无法校准", "no fossil or no clean power in {y} to calibrate by"
            ).format(y=year),
            expected=Text(
                "清洁份额在 0 与 1 之间，化石因子大于零", "a clean share between 0 and 1, a fossil factor above zero"
            ),
            found=Text("清洁份额 {s}", "a clean share of {s}").format(s=share),
            remedy=Text("改正情景中 {y} 年前后的发电量", "correct the scenario's generation around {y}").format(y=year),
        )
    traded = (1.0 - average[year] / excluding[year]) / share
    return Calibration(year, average[year] / base, share, traded)


def fossil_path(scenario: PowerScenario, years: NDArray[np.int64]) -> Floats:
    """Factor of fossil power, t/MWh: published values and the scenario's own, linear between, held beyond the ends."""
    knots = {**official_years("fossil"), **scenario.fossil_t_per_mwh}
    at = sorted(knots)
    return np.asarray(np.interp(years, at, [knots[year] for year in at]))


def grid_path(scenario: str | PowerScenario = "report", kind: str = "average", years: object = None) -> GridPath:
    """The factor of a kind over years under a scenario.

    Computed years::

        average           (1 - s_t) f_t c,    c = A_L / ((1 - s_L) f_L)
        excluding_traded  average_t / (1 - q s_t),    q = (1 - A_L / X_L) / s_L
        fossil, marginal  f_t

    s clean share of the scenario, f fossil factor (last published value held, or the scenario's own), A and X published
    averages with and without traded non-fossil power, L the last published year; the marginal factor is 0 where s = 1.
    Years with a published factor carry it; no marginal factor is published, so that no year of one is official.
    "frozen" holds the last published factor of the kind to 2060.

    Parameters
    ----------
    scenario : str or PowerScenario
    kind : str
        One of average, excluding_traded, fossil, marginal.
    years : sequence of int, or None for all

    Raises
    ------
    ConfigError
        If kind or scenario is unknown, or the kind is not one that a scenario carries forward.
    DataError
        If a year lies outside, or the scenario does not cover the last published year.

    Examples
    --------
    >>> path = grid_path(years=[2023, 2030, 2060])
    >>> path.t_per_mwh.round(4).tolist(), path.official.tolist()
    ([0.5306, 0.4384, 0.0603], [True, False, False])
    """
    require_kind(kind)
    if not KINDS[kind].projected:
        raise _not_projected(kind)
    known = official_years(kind)
    chosen = _resolved(scenario)
    label = FROZEN_LABEL if chosen is None else chosen.label
    span = _span(chosen, kind)
    at = np.array(span) if years is None else _within(years, span, KINDS[kind].label)
    computed = np.full(len(at), known[max(known)]) if chosen is None else _computed(chosen, kind, at)
    values = np.array([known.get(int(year), value) for year, value in zip(at, computed, strict=True)])
    return GridPath(
        Text("{k}因子：{s}", "{k} factor: {s}").format(k=KINDS[kind].label, s=label),
        at,
        values,
        np.isin(at, list(known)) & (kind != MARGINAL),
        path_rule(chosen, kind),
        _sources(chosen, kind),
    )


def _resolved(scenario: str | PowerScenario) -> PowerScenario | None:
    """The scenario; None for the frozen one."""
    if isinstance(scenario, PowerScenario):
        return scenario
    if scenario == FROZEN:
        return None
    if scenario not in scenario_names():
        raise ConfigError(
            Text("没有这个电力情景：{n}", "no such power scenario: {n}").format(n=scenario),
            expected=both(" | ".join(scenario_names())),
            found=both(repr(scenario)),
            remedy=Text("用所列情景，或传入 own_scenario 的结果", "use one of these, or pass what own_scenario gives"),
        )
    return load_scenario(scenario)


def _span(scenario: PowerScenario | None, kind: str) -> list[int]:
    known = official_years(kind)
    if scenario is None:
        return list(range(min(known), HORIZON + 1))
    own = range(scenario.years[0], scenario.years[-1] + 1)
    first = min(known) if kind == "excluding_traded" else 0
    return sorted(set(known) | {year for year in own if year >= first})


def _within(years: object, span: list[int], label: Text) -> NDArray[np.int64]:
    at = np.unique(require_years(years, span, label))
    holes = [int(year) for year in at if int(year) not in set(span)]
    if holes:
        raise DataError(
            Text("{l}因子缺这些年份", "the {l} factor lacks these years").format(l=label),
            expected=both(", ".join(map(str, span))),
            found=Text("{n} 个：{f}", "{n}: {f}").format(n=len(holes), f=holes[:5]),
            remedy=Text("在情景中补上较早的年份", "add earlier years to the scenario"),
        )
    return at


def _computed(scenario: PowerScenario, kind: str, at: NDArray[np.int64]) -> Floats:
    share = scenario.clean_share(np.clip(at, scenario.years[0], scenario.years[-1]))
    if kind in ("fossil", MARGINAL):
        fossil = fossil_path(scenario, at)
        return np.where(share < 1.0, fossil, 0.0) if kind == MARGINAL else fossil
    tied = calibration(scenario)
    average = (1.0 - share) * fossil_path(scenario, at) * tied.factor
    if kind == _CALIBRATED:
        return average
    _refuse_more_traded_than_clean(tied)
    return average / (1.0 - tied.traded_share * share)


def _refuse_more_traded_than_clean(tied: Calibration) -> None:
    if tied.traded_share >= 1.0:
        raise DataError(
            Text("情景的清洁发电少于市场化交易的清洁电量", "the scenario has less clean power than was traded"),
            expected=Text("{y} 年清洁份额至少 {s}", "a clean share of at least {s} in {y}").format(
                y=tied.year, s=f"{tied.traded_share * tied.clean_share:.4f}"
            ),
            found=both(f"{tied.clean_share:.4f}"),
            remedy=Text("改正情景中该年前后的发电量", "correct the scenario's generation around that year"),
        )


def calibration_check(scenario: str | PowerScenario = "report") -> pl.DataFrame:
    """What the calibrated scenario would give in published years: `year`, `published`, `computed`, `difference`.

    The difference is zero in the year of calibration; in the others it shows how far the scenario's mix and the one
    factor miss. Paths carry the published values there.

    Raises
    ------
    ConfigError, DataError
        See `calibration`; published years that the scenario does not cover are left out.

    Examples
    --------
    >>> calibration_check()["difference"].round(4).to_list()
    [0.008, 0.0095, 0.0]
    """
    chosen = scenario if isinstance(scenario, PowerScenario) else load_scenario(scenario)
    known = official_years("average")
    years = [year for year in known if chosen.years[0] <= year <= chosen.years[-1]]
    computed = _computed(chosen, _CALIBRATED, np.array(years))
    published = [known[year] for year in years]
    return pl.DataFrame({"year": years, "published": published, "computed": computed}).with_columns(
        difference=pl.col("computed") - pl.col("published")
    )


def path_rule(scenario: PowerScenario | None, kind: str) -> Text:
    """How the years without a published factor were found."""
    if kind == MARGINAL:
        return as_marginal(path_rule(scenario, "fossil"))
    if scenario is None:
        return Text("公布年份取公布值，其后固定为最后一个", "published values, then the last one held")
    if kind == "fossil":
        own = bool(scenario.fossil_t_per_mwh)
        held = (
            Text("与情景给出的值线性相连", "joined to the scenario's own by lines")
            if own
            else Text("之前与之后取最近的公布值", "before and after them the nearest published value")
        )
        return Text("公布年份取公布值，{h}", "published values; {h}").format(h=held)
    tied = calibration(scenario)
    rule = Text(
        "公布年份取公布值；其余 =（1 − 清洁份额）× 化石因子 × 校准系数 {c}（校准到 {y} 年）；清洁份额{r}",
        "published values; else (1 - clean share) x fossil factor x calibration {c} (to {y}); clean share {r}",
    ).format(c=f"{tied.factor:.4f}", y=tied.year, r=scenario.rule)
    if kind == _CALIBRATED:
        return rule
    return Text(
        "{r}；再除以 1 − {q} × 清洁份额（清洁电量中市场化交易的比重固定为 {y} 年的隐含值）",
        "{r}; over 1 - {q} x clean share (the traded part of clean power held at that implied in {y})",
    ).format(r=rule, q=f"{tied.traded_share:.4f}", y=tied.year)


def as_marginal(rule: Text) -> Text:
    """The rule of the fossil factor, said of the marginal one: no marginal factor is published."""
    return Text("取化石能源电力因子为边际：{r}", "the factor of fossil power taken as marginal: {r}").format(r=rule)


def _sources(scenario: PowerScenario | None, kind: str) -> Text:
    last = source_of(kind, max(official_years(kind)))
    if scenario is None:
        return last
    return Text("{a}；{b}", "{a}; {b}").format(a=last, b=scenario.source)


def _not_projected(kind: str) -> ConfigError:
    return ConfigError(
        Text("{k}因子没有情景路径", "the {k} factor has no path under scenarios").format(k=KINDS[kind].label),
        expected=both(" | ".join(name for name, one in KINDS.items() if one.projected)),
        found=both(kind),
        remedy=Text(
            "用 grid_factor(..., vintage=...) 取公布值", "take published values with grid_factor(..., vintage=...)"
        ),
    )
