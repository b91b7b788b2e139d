"""The chapter on the carbon market: firms of the last year on the estimated frontier, and policy for small firms."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from dualcarbon import market
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.text import Text
from dualcarbon.market.adoption import Numbers, size_effects
from dualcarbon.market.adoption_designs import Infrastructure
from dualcarbon.market.adoption_firms import Columns
from dualcarbon.market.adoption_policy import AdoptionPolicy, adoption_policies
from dualcarbon.market.comparison import Comparison, compare
from dualcarbon.market.frontier_firms import firms_of
from dualcarbon.market.responses import Quadratic
from dualcarbon.market.uncertainty import LogErrors, PriceInterval, price_interval
from dualcarbon.studies.cmri2024.industries import GROUP
from dualcarbon.studies.cmri2024.results import Regressions
from dualcarbon.studies.config import FirmStudy

SIZE = "size_class"
CAP_SHARE = 0.9
FLOOR, CEILING = 0.5, 1.2
"""Our choice: a cap of 90 % of today's CO2, firms between 50 % and 120 % of theirs."""

ADOPTER_QUANTILE = 0.75
COST_SHARE = 0.01
SLOPE = 2.0
BUDGET_SHARE = 0.0002
REACH, REACH_BUDGETS = 0.4, 5.0
"""Our choice, without data: adopters are the upper quarter of digital use; adopting costs 1 % of output; the log odds
rise by 2 as all of it is paid; the budget is 0.02 % of output; infrastructure can take over 40 % of the cost, and 63 %
of that with five budgets."""

_Z95 = 3.92
_DRAWS = 200


@dataclass(frozen=True, slots=True)
class MarketResults:
    """What the exhibits of the market read.

    Attributes
    ----------
    year : int
    comparison : Comparison
        On the quadratic frontier.
    step : Market
        Cap and trade on the default frontier's prices, held constant up to the floor: the other end of what MAC alone
        says.
    interval : PriceInterval
    adoption : AdoptionPolicy
    rise : float
        Of digital use, from non-adopters to adopters.
    """

    year: int
    comparison: Comparison
    step: market.Market
    interval: PriceInterval
    adoption: AdoptionPolicy
    rise: float


def market_results(
    panel: Panel,
    default: FrontierResult,
    quadratic: FrontierResult,
    industries: pl.DataFrame,
    regressions: Regressions,
    config: FirmStudy,
) -> MarketResults:
    """The market of the last year and the adoption policies, from what the chain estimated.

    Raises
    ------
    DataError
        If no firm of the last year has a price.
    """
    year = int(panel.frame[panel.time].cast(pl.Int64).max())  # type: ignore[arg-type]
    value = panel.frame.filter(pl.col(panel.time).cast(pl.Int64) == year)[panel.time][0]
    size = config.effects.size
    small = pl.when(pl.col(size) < regressions.median_assets_cny).then(pl.lit("small")).otherwise(pl.lit("large"))
    firms = firms_of(quadratic, panel, period=value, keep=(GROUP, size)).with_columns(small.alias(SIZE))
    cap = CAP_SHARE * float(firms["co2"].sum())
    response = Quadratic(missing="exclude")
    shown = compare(firms, cap=cap, by=(GROUP, SIZE), response=response, floor=FLOOR, ceiling=CEILING)
    step = market.clear(
        firms_of(default, panel, period=value, keep=(GROUP,)), cap=cap, response="step", floor=FLOOR, ceiling=CEILING
    )
    draws = LogErrors(_spread(industries), by=GROUP)
    interval = price_interval(
        firms, draws, cap=cap, number=_DRAWS, seed=config.study.seed, response=response, floor=FLOOR, ceiling=CEILING
    )
    adoption, rise = _adoption(panel.frame.filter(pl.col(panel.time) == value), regressions, config)
    return MarketResults(year, shown, step, interval, adoption, rise)


def _spread(industries: pl.DataFrame) -> float:
    """Standard error of ln MAC that an industry's frontier shares: its bracket read as a 95 % interval, median."""
    ratio = (pl.col("mac_high") / pl.col("mac_low")).log()
    found = industries.filter((pl.col("mac_low") > 0.0) & pl.col("mac_high").is_finite()).select(ratio.median()).item()
    return 0.0 if found is None or not math.isfinite(found) else float(found) / _Z95


def _adoption(table: pl.DataFrame, regressions: Regressions, config: FirmStudy) -> tuple[AdoptionPolicy, float]:
    use, size, good = config.effects.treatment, config.effects.size, config.technology.good
    known = table.filter(pl.col(use).is_not_null() & (pl.col(size) > 0.0) & (pl.col(good) > 0.0))
    cut = float(known[use].quantile(ADOPTER_QUANTILE, "linear") or 0.0)
    adopts = pl.col(use) >= cut
    means = known.group_by(adopts.alias("adopts")).agg(pl.col(use).mean()).sort("adopts")[use].to_list()
    rise = float(means[-1] - means[0])
    cell = [GROUP, pl.col(size) < regressions.median_assets_cny]
    firms = known.with_columns(
        ((adopts.sum() + 0.5) / (pl.len() + 1.0)).over(cell).alias("adoption"),
        (COST_SHARE * pl.col(good)).alias("cost_cny"),
    )
    effects = size_effects(
        [regressions.median_assets_cny],
        Numbers.from_split([regressions["co2_small"], regressions["co2_large"]], use),
        SLOPE,
        source=Text("表 4-4 第（1）、（2）列", "Table 4-4, columns (1) and (2)"),
    )
    budget = BUDGET_SHARE * float(firms[good].sum())
    found = adoption_policies(
        firms,
        effects,
        budget_cny=budget,
        rise=rise,
        infrastructure=Infrastructure(REACH, REACH_BUDGETS * budget),
        seed=config.study.seed,
        columns=Columns(size=size, co2="co2_t", output=good, firm="firm_id"),
    )
    return found, rise
