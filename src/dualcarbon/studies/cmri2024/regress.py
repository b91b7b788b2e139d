"""The regressions of Tables 4-2 to 4-4, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl

from dualcarbon import effects
from dualcarbon.core.errors import DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate, FrontierResult
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.results import Regressions
from dualcarbon.studies.config import FirmStudy
from dualcarbon.studies.progress import Reporter

if TYPE_CHECKING:
    from dualcarbon.effects.group_result import GroupDifference

SCREENED = Text("条件筛查中的异常值、无排放或缺失", "outliers of the conditional screen, no CO2, or missing")
_MOST = 3
_PLAIN = 0.5
"""Share of the work in the regressions of all sizes together."""

T = TypeVar("T")


def priced(panel: Panel, frontier: FrontierResult) -> Panel:
    """The rows whose frontier status is ok, with `ln_mac`: one sample for every column of the chapter.

    Raises
    ------
    NotIdentifiedError
        If there is no such row.
    """
    wide = panel.with_columns(
        frontier.table["status"].alias("status"),
        pl.when(frontier.table["mac"] > 0).then(frontier.table["mac"].log()).alias("ln_mac"),
    )
    sample = wide.keep(pl.col("status") == "ok", SCREENED)
    if not sample.n:
        raise _no_price(frontier)
    return sample


def _no_price(frontier: FrontierResult) -> NotIdentifiedError:
    fits = frontier.diagnostics
    reasons = fits.group_by("why_zh", "why_en").len().sort("len", "why_en", descending=[True, False]).head(_MOST).rows()
    return NotIdentifiedError(
        Text("前沿没有给出任何一行的价格", "the frontier prices no row at all"),
        expected=Text("至少一个行业的前沿可以识别", "a frontier that is identified in at least one industry"),
        found=Text(
            "；".join(f"{zh}（{n} 组）" for zh, _, n in reasons),
            "; ".join(f"{en} ({n} groups)" for _, en, n in reasons),
        ),
        remedy=Text(
            "用行数更多的表；或在 study.toml 的 [data.columns] 中把更粗的行业映射为 industry2，"
            "其代码不要与两位数行业代码相同（例如用字母），否则会被当作那些行业",
            "take a table with more rows; or map a coarser industry to industry2 in [data.columns] of study.toml, with "
            "codes that are not those of two-digit industries (letters, say), which would be taken for them",
        ),
    )


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
    """All nine columns, errors clustered by firm, on the rows the frontier prices, and the tests that sizes are alike.

    The median of assets is taken over all rows of the panel; a row at the median counts as large.
    """
    part = config.effects
    written = formulas(config)
    median = float(np.nanmedian(panel.arrays(part.size)[0]))
    sample = priced(panel, frontier)
    estimates: dict[str, Estimate] = {}
    for name, formula in written.items():
        estimates[name] = _named(name, formula, sample, partial(effects.fit, formula, sample, cluster=part.cluster))
        reporter.tick(_PLAIN / len(written))
    split = effects.GroupSplit.at(median)
    sizes: dict[str, GroupDifference] = {}
    for name in ("co2", "coal"):
        work = partial(
            effects.compare,
            written[name],
            sample,
            part.treatment,
            by=part.size,
            split=split,
            cluster=part.cluster,
            draws=0,
        )
        sizes[name] = _named(name, written[name], sample, work)
        reporter.tick((1.0 - _PLAIN) / 2.0)
    return Regressions(estimates, sizes, median)


def _named(name: str, formula: str, sample: Panel, work: Callable[[], T]) -> T:
    """The work on one regression; what keeps it from being estimated says which regression it is."""
    try:
        return work()
    except (DataError, NotIdentifiedError) as error:
        raise type(error)(
            Text("回归 {n} 无法估计：{w}", "the regression {n} cannot be estimated: {w}").format(n=name, w=error.what),
            expected=error.expected,
            found=Text("{f}，{n} 行有价格；{w}", "{f}, {n} rows with a price; {w}").format(
                f=formula, n=f"{sample.n:,}", w=error.found
            ),
            remedy=Text(
                "用企业、年份与行业更多的表，解释变量须有变动；或在 study.toml 的 [effects] 中改换效应与变量",
                "take a table with more firms, years and industries, in which the regressors vary; or change the "
                "effects and variables in [effects] of study.toml",
            ),
        ) from error
