"""Policies that help small firms adopt digital technology, on the firms of the last year and the effects by size."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dualcarbon.core.errors import DataError
from dualcarbon.core.grouped import group_means
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.market.adoption import Numbers, size_effects
from dualcarbon.market.adoption_designs import Infrastructure
from dualcarbon.market.adoption_firms import Columns
from dualcarbon.market.adoption_policy import AdoptionPolicy, adoption_policies
from dualcarbon.studies.cmri2024.firms import last_year
from dualcarbon.studies.cmri2024.industries import GROUP
from dualcarbon.studies.cmri2024.results import Regressions
from dualcarbon.studies.config import FirmStudy

_COST = "adoption_cost_cny"
_ADOPTION = "adoption_probability"


@dataclass(frozen=True, slots=True)
class AdoptionResults:
    """The designs under one budget.

    Attributes
    ----------
    year : int
    policy : AdoptionPolicy
    rise : float
        Of digital use, from non-adopters to adopters.
    firms : int
        Of the year, with digital use, size, output and CO2.
    left_out : int
        Of the year, without one of them.
    """

    year: int
    policy: AdoptionPolicy
    rise: float
    firms: int
    left_out: int


def adopted(panel: Panel, regressions: Regressions, config: FirmStudy) -> AdoptionResults:
    """The designs of `adoption_policies` on the firms of the last year.

    The effect of each size class and their joint covariance are those of columns (1) and (2) of Table 4-4; a firm's
    probability to adopt is the share of adopters, with half a firm added to either side, in its industry and size.

    Raises
    ------
    DataError
        If digital use does not divide the firms into adopters and others, or a size has no firm.
    """
    year, table = last_year(panel)
    use, size, good, bad = config.effects.treatment, config.effects.size, config.technology.good, config.technology.bad
    known = table.filter(
        pl.all_horizontal(pl.col(name).is_finite().fill_null(False) for name in (use, size, good, bad)),
        pl.col(good) > 0.0,
        pl.col(bad) >= 0.0,
    )
    adopts = _adopts(known, use, config.adoption.adopter_quantile)
    means = group_means(known, [adopts.alias("adopts")], [use]).sort("adopts")[use].to_list()
    rise = float(means[1] - means[0])
    cell = [GROUP, pl.col(size) < regressions.median_assets_cny]
    firms = known.with_columns(
        ((adopts.sum() + 0.5) / (pl.len() + 1.0)).over(cell).alias(_ADOPTION),
        (config.adoption.cost_share * pl.col(good)).alias(_COST),
    )
    sizes = regressions.sizes["co2"]
    effects = size_effects(
        [regressions.median_assets_cny],
        Numbers(sizes.coef, sizes.vcov),
        config.adoption.slope,
        source=Text("表 4-4 第（1）、（2）列", "Table 4-4, columns (1) and (2)"),
    )
    budget = config.adoption.budget_share * float(firms[good].sum())
    policy = adoption_policies(
        firms,
        effects,
        budget_cny=budget,
        rise=rise,
        infrastructure=Infrastructure(config.adoption.reach, config.adoption.reach_budgets * budget),
        seed=config.study.seed,
        columns=Columns(size=size, co2=bad, output=good, cost=_COST, adoption=_ADOPTION, firm=panel.id),
    )
    return AdoptionResults(year, policy, rise, firms.height, table.height - firms.height)


def _adopts(table: pl.DataFrame, use: str, quantile: float) -> pl.Expr:
    """Whether a firm's use reaches the quantile or, where the quantile is the least use, lies above it."""
    if not table.height or table[use].min() == table[use].max():
        raise DataError(
            Text("数字应用在企业之间没有差别", "digital use is the same in all firms"),
            expected=Text("最后一年的 {u} 有采用者与未采用者", "adopters and others in {u} of the last year").format(
                u=use
            ),
            found=both(f"{table.height:,}: {table[use].head(3).to_list()}"),
            remedy=Text("检查 {u} 列", "check the column {u}").format(u=use),
        )
    cut = float(table[use].quantile(quantile, "linear"))  # type: ignore[arg-type]
    return pl.col(use) > cut if cut <= float(table[use].min()) else pl.col(use) >= cut  # type: ignore[arg-type]
