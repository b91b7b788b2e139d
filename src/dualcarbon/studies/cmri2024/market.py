"""The carbon market: firms of the last year on the estimated frontiers, under one cap."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dualcarbon import market
from dualcarbon.core.engine import Engine
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.market.comparison import Comparison, compare
from dualcarbon.market.frontier_firms import firms_of
from dualcarbon.market.responses import Quadratic
from dualcarbon.market.uncertainty import LogErrors, PriceInterval, price_interval
from dualcarbon.studies.cmri2024.firms import last_year
from dualcarbon.studies.cmri2024.industries import GROUP
from dualcarbon.studies.config import FirmStudy

SIZE = "size_class"
PROVINCE = "province"
RESPONSE = Quadratic(missing="exclude")
_ERROR = "log_mac_error"
_Z95 = 3.92


@dataclass(frozen=True, slots=True)
class PriceDraws:
    """The price over draws of the industries' MAC levels.

    Attributes
    ----------
    interval : PriceInterval
    industries : int
        With firms in the market.
    without_bracket : int
        Of these, whose bracket is open: the median error of the others stands in.
    """

    interval: PriceInterval
    industries: int
    without_bracket: int


@dataclass(frozen=True, slots=True)
class MarketResults:
    """What the exhibits of the market read.

    Attributes
    ----------
    year : int
    comparison : Comparison
        On the quadratic frontier.
    uncut : Market
        Cap and trade with the cap at today's CO2: what trade does without a cut.
    step : Market
        Cap and trade on the default frontier's prices, held constant up to the floor: the other end of what MAC alone
        says.
    draws : PriceDraws or None
        None where no industry has a bracket.
    """

    year: int
    comparison: Comparison
    uncut: market.Market
    step: market.Market
    draws: PriceDraws | None


def traded(
    panel: Panel,
    default: FrontierResult,
    quadratic: FrontierResult,
    industries: pl.DataFrame,
    median_assets_cny: float,
    config: FirmStudy,
    engine: Engine,
) -> MarketResults:
    """The market of the last year, from what the frontiers say of its firms.

    Parameters
    ----------
    industries : with `mac_low` and `mac_high`, as `industries.summary` gives them
    median_assets_cny : float
        Divides small from large firms.

    Raises
    ------
    DataError
        If no firm of the last year has a price, or the cap cannot be met.
    """
    year, table = last_year(panel)
    period, part, size = table[panel.time][0], config.market, config.effects.size
    is_small = pl.col(size) < median_assets_cny
    small = pl.when(is_small).then(pl.lit("small")).when(~is_small).then(pl.lit("large"))
    places = [PROVINCE] if PROVINCE in panel.frame.columns else []
    firms = firms_of(quadratic, panel, period=period, keep=(GROUP, *places, size)).with_columns(small.alias(SIZE))
    today, low, high = float(firms["co2"].sum()), part.floor, part.ceiling
    cap = part.cap_share * today
    flat = firms_of(default, panel, period=period, keep=(GROUP,))
    return MarketResults(
        year=year,
        comparison=compare(firms, cap=cap, by=(GROUP, SIZE, *places), response=RESPONSE, floor=low, ceiling=high),
        uncut=market.clear(firms, cap=today, response=RESPONSE, floor=low, ceiling=high),
        step=market.clear(flat, cap=cap, response="step", floor=low, ceiling=high),
        draws=_draws(firms, industries, cap, config, engine),
    )


def _draws(
    firms: pl.DataFrame, industries: pl.DataFrame, cap: float, config: FirmStudy, engine: Engine
) -> PriceDraws | None:
    """The price over draws in which an industry's bracket, read as a 95 % interval, moves all its firms together."""
    low, high = pl.col("mac_low"), pl.col("mac_high")
    known = industries.select(
        GROUP, pl.when((low > 0.0) & (high > low) & high.is_finite()).then((high / low).log() / _Z95).alias(_ERROR)
    )
    median = known[_ERROR].median()
    if median is None:
        return None
    wide = firms.join(known, on=GROUP, how="left", validate="m:1")
    open_ends = wide.filter(pl.col(_ERROR).is_null())[GROUP].n_unique()
    interval = price_interval(
        wide.with_columns(pl.col(_ERROR).fill_null(median)),
        LogErrors(_ERROR, by=GROUP),
        cap=cap,
        number=config.market.draws,
        seed=config.study.seed,
        response=RESPONSE,
        floor=config.market.floor,
        ceiling=config.market.ceiling,
        engine=engine,
    )
    return PriceDraws(interval, wide[GROUP].n_unique(), open_ends)
