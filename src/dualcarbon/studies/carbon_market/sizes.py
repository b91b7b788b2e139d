"""How unequal emitters are: verified emissions of the accounts of the EU market."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from dualcarbon.core.errors import DataError
from dualcarbon.core.exhibit import Cell, Distributions, Figure, Header, Table
from dualcarbon.core.text import Text, both
from dualcarbon.market.faults import columns_absent

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_SOURCE = Text(
    "欧盟交易日志核查排放，dualcarbon 计算", "verified emissions of the EU Transaction Log, computed by dualcarbon"
)
_PERCENT = both("%")


def sizes(file: Path, years: Sequence[int], small_t: float) -> pl.DataFrame:
    """One row per year: accounts with emissions, their total, quantiles, and who emits how much of it.

    Returns
    -------
    polars.DataFrame : year, accounts, total_mt, q05 ... q95 (tonnes), share_top1, share_top10 (of the emissions, by the
        largest 1 % and 10 % of the accounts), small_accounts, small_share (accounts below `small_t`, and their share
        of the emissions)

    Raises
    ------
    SchemaError
        The file lacks the columns.
    DataError
        It has emissions in none of the years.
    """
    accounts = pl.read_parquet(file)
    columns_absent(accounts, ("year", "verified_tco2"), Text("换用正确的文件", "take the right file"))
    table = accounts.filter(pl.col("verified_tco2") > 0)
    if not table["year"].is_in(list(years)).any():
        raise DataError(
            Text("{f} 中没有这些年份的排放", "{f} has no emissions of these years").format(f=file.name),
            expected=both(", ".join(map(str, years))),
            found=both(", ".join(str(year) for year in table["year"].unique().sort().head(20)) or "-"),
            remedy=Text("改正 years，或换用正确的文件", "correct years, or take the right file"),
        )
    rows = []
    for year in years:
        tonnes = np.sort(table.filter(pl.col("year") == year)["verified_tco2"].cast(pl.Float64).to_numpy())[::-1]
        if not tonnes.size:
            continue
        total = float(tonnes.sum())
        rows.append(
            {
                "year": year,
                "accounts": tonnes.size,
                "total_mt": total / 1e6,
                **{f"q{100 * level:02.0f}": float(np.quantile(tonnes, level)) for level in LEVELS},
                "share_top1": _largest(tonnes, 0.01) / total,
                "share_top10": _largest(tonnes, 0.10) / total,
                "small_accounts": float(np.mean(tonnes < small_t)),
                "small_share": float(tonnes[tonnes < small_t].sum()) / total,
            }
        )
    return pl.DataFrame(rows)


def sizes_table(found: pl.DataFrame, small_t: float) -> Table:
    """Accounts, total, median, and the shares of the largest and the small."""
    largest, small = Text("最大账户的排放", "Emissions of the largest"), Text("小账户", "Small accounts")
    return Table(
        key="carbon_market_sizes",
        number=Text("表 6", "Table 6"),
        title=Text("欧盟碳市场账户的规模", "Sizes of the accounts of the EU market"),
        headers=(
            Header("year", Text("年份", "Year")),
            Header("accounts", Text("账户", "Accounts")),
            Header("total_mt", Text("核查排放", "Verified"), Text("百万吨", "Mt")),
            Header("q50", Text("中位数", "Median"), Text("吨", "t")),
            Header("share_top1", both("1 %"), _PERCENT, largest),
            Header("share_top10", both("10 %"), _PERCENT, largest),
            Header("small_accounts", Text("占账户", "Of accounts"), _PERCENT, small),
            Header("small_share", Text("占排放", "Of emissions"), _PERCENT, small),
        ),
        rows=tuple(
            (
                Cell(row["year"]),
                Cell(row["accounts"], ",d"),
                Cell(row["total_mt"], ",.0f"),
                Cell(row["q50"], ",.0f"),
                *(
                    Cell(100.0 * row[name], ".1f")
                    for name in ("share_top1", "share_top10", "small_accounts", "small_share")
                ),
            )
            for row in found.to_dicts()
        ),
        notes=(
            Text(
                "有核查排放的账户；小账户：低于 {s:,.0f} 吨（欧盟指令 2003/87/EC 第 27 条）。",
                "Accounts with verified emissions; small: below {s:,.0f} t (Directive 2003/87/EC, Article 27).",
            ).format(s=small_t),
        ),
        source=_SOURCE,
        simulated=False,
        row_keys=tuple(str(year) for year in found["year"].to_list()),
    )


def sizes_figure(found: pl.DataFrame) -> Figure:
    """Quantiles of emissions per account by year."""
    columns = [f"q{100 * level:02.0f}" for level in LEVELS]
    return Figure(
        key="carbon_market_sizes_figure",
        number=Text("图 3", "Figure 3"),
        title=Text("每个账户的核查排放", "Verified emissions per account"),
        drawing=Distributions(
            items=tuple(both(str(year)) for year in found["year"].to_list()),
            rows=tuple(found["accounts"].to_list()),
            levels=LEVELS,
            quantiles=tuple(tuple(row) for row in found.select(columns).iter_rows()),
            x_label=Text("CO2（吨，对数刻度）", "CO2 (t, log scale)"),
            quantile_label=Text("中位数，25–75 %，5–95 %", "median, 25–75 %, 5–95 %"),
            log=True,
        ),
        notes=(),
        source=_SOURCE,
        simulated=False,
    )


def _largest(falling: np.ndarray, share: float) -> float:
    """Sum of the largest values, a share of all of them, at least one."""
    return float(falling[: max(round(share * falling.size), 1)].sum())
