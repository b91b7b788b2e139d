"""The regressions of Tables 4-2 to 4-4, by name."""

from __future__ import annotations

import numpy as np
import polars as pl

from dualcarbon import effects
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate, FrontierResult
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.results import Regressions
from dualcarbon.studies.config import FirmStudy
from dualcarbon.studies.progress import Reporter

SCREENED = Text("条件筛查中的异常值、无排放或缺失", "outliers of the conditional screen, no CO2, or missing")


def priced(panel: Panel, frontier: FrontierResult) -> Panel:
    """The rows whose frontier status is ok, with `ln_mac`: one sample for every column of the chapter."""
    wide = panel.with_columns(
        frontier.table["status"].alias("status"),
        pl.when(frontier.table["mac"] > 0).then(frontier.table["mac"].log()).alias("ln_mac"),
    )
    return wide.keep(pl.col("status") == "ok", SCREENED)


def formulas(config: FirmStudy) -> dict[str, str]:
    """Formula by name; the split by size reuses `co2` and `coal`."""
    part = config.effects
    controls = " + ".join(part.controls)
    return {
        "mac_firm": f"ln_mac ~ digital_permille | {part.firm_effects}",
        "mac_industry": f"ln_mac ~ digital_permille | {part.industry_effects}",
        "mac_controls": f"ln_mac ~ digital_permille + {controls} | {part.industry_effects}",
        "co2": f"ln_co2 ~ {part.treatment} + {controls} | {part.industry_effects}",
        "coal": f"ln_co2_coal ~ {part.treatment} + {controls} | {part.industry_effects}",
    }


def regressions(panel: Panel, frontier: FrontierResult, config: FirmStudy, reporter: Reporter) -> Regressions:
    """All nine columns, errors clustered by firm, on the rows the frontier prices.

    The median of assets is taken over all rows of the panel; a row at the median counts as large.
    """
    part = config.effects
    written = formulas(config)
    median = float(np.nanmedian(panel.arrays(part.size)[0]))
    small = pl.col(part.size) < median
    sample = priced(panel, frontier)
    jobs: list[tuple[str, str, pl.Expr | None]] = [(name, formula, None) for name, formula in written.items()]
    for name in ("co2", "coal"):
        jobs += [(f"{name}_small", written[name], small), (f"{name}_large", written[name], ~small)]
    estimates: dict[str, Estimate] = {}
    for name, formula, rows in jobs:
        estimates[name] = effects.fit(formula, sample, cluster=part.cluster, sample=rows)
        reporter.tick(1.0 / len(jobs))
    return Regressions(estimates, median)
