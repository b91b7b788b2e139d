"""The split with industry structure: aggregate CO2 against that without the treatment, by logarithmic means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.effects.joint import term_values
from dualcarbon.effects.split import Split

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

FACTORS = ("scale", "industry_structure", "firm_structure", "technique", "energy_structure")

_WORDS = {
    "total": Text("合计", "Total"),
    "scale": Text("规模：总产出 Y", "Scale: total output Y"),
    "industry_structure": Text("行业结构：Y_s/Y", "Industry structure: Y_s/Y"),
    "firm_structure": Text("行业内企业结构：Y_i/Y_s", "Firms within industries: Y_i/Y_s"),
    "technique": Text("技术：E/Y", "Technique: E/Y"),
    "energy_structure": Text("能源结构：C/E", "Structure of energy: C/E"),
}


@dataclass(frozen=True, slots=True)
class Structure:
    """What each factor adds to or takes from aggregate emissions.

    Attributes
    ----------
    table : polars.DataFrame
        `factor` (``total`` and the five factors), `effect_t` (t), `share`.
    by_period : polars.DataFrame
        The same by period: the period's column, `actual_t`, `counterfactual_t`, one column per factor, in t.
    industry : str
        Column of the industries.
    source : Text
    simulated : bool
    """

    table: pl.DataFrame
    by_period: pl.DataFrame
    industry: str
    source: Text
    simulated: bool

    def exhibit(self, number: Text | None = None) -> Table:
        """The factors as a three-line table."""
        headers = (
            Header("factor", Text("因素", "Factor")),
            Header("effect_t", Text("对排放的影响", "Effect on emissions"), both("t")),
            Header("share", Text("占合计", "Share of total")),
        )
        rows = tuple(
            (Cell(_WORDS[f]), Cell(e, ",.4g"), Cell(s, ".3f"))
            for f, e, s in self.table.select("factor", "effect_t", "share").rows()
        )
        notes = (
            Text(
                "实际排放减去处理变量取基准值时的排放，按对数平均（LMDI-I）逐年、逐企业分解，各项之和等于二者之差；"
                "行业为 {i}，产出为不变价。",
                "Actual less counterfactual emissions by logarithmic means (LMDI-I), year by year and firm by firm; "
                "the factors sum to the difference. Industries: {i}; output at constant prices.",
            ).format(i=self.industry),
        )
        title = Text("产业结构分解", "Split with industry structure")
        label = number or Text("表 3", "Table 3")
        keys = tuple(self.table["factor"])
        return Table("table_structure", label, title, headers, rows, notes, self.source, self.simulated, (1,), keys)

    def __repr__(self) -> str:
        parts = ", ".join(f"{f} {e:,.6g} t" for f, e in self.table.select("factor", "effect_t").rows())
        return f"Structure by {self.industry}: {parts}"


def structure(found: Split, panel: Panel, *, industry: str) -> Structure:
    """Aggregate CO2 with and without the treatment, split over Y, Y_s/Y, Y_i/Y_s, E/Y and C/E.

    In each period C = sum of Y (Y_s/Y) (Y_i/Y_s) (E_i/Y_i) (C_i/E_i) over firms i in industries s. The counterfactual
    takes the channel effects off each firm: Y_i exp(-b_scale d_i) and so on, aggregates formed anew. The effect of
    factor x is sum of L(C_i, C_i,cf) ln(x_i / x_i,cf): the five sum to the difference of the aggregates. Where digital
    firms are in cleaner industries, output they gain moves the structure although every firm's own effect is the same.

    Parameters
    ----------
    found : Split
        From the same panel.
    panel : Panel
    industry : str
        Column.

    Raises
    ------
    SchemaError
        The column is absent.
    DataError
        The split is of another panel, or the industry is missing on rows used.

    Notes
    -----
    Ang (2015), https://doi.org/10.1016/j.enpol.2015.07.007. Rows used are summed as they are, without weights.
    """
    periods, industries = _codes(found, panel, industry)
    roles, rows = found.roles, found.rows
    co2, output = (column[rows] for column in panel.arrays(roles.co2, roles.output))
    if float(co2.sum()) != found.levels.actual_t:
        raise _another_panel(found, f"{float(co2.sum()):,.9g} t")
    d = term_values(panel, roles.treatment)[rows] - roles.baseline
    coef = dict(found.table.select("channel", "coef").rows())
    scale = sum(coef[name] for name in found.channels if name not in ("technique", "structure"))
    logs = np.column_stack(
        [
            *_shares(np.log(output) - scale * d, np.log(output), periods, industries),
            coef["technique"] * d,
            coef["structure"] * d,
        ]
    )
    effects = _mean(co2, logs.sum(axis=1))[:, None] * logs
    without = co2 * np.exp(-logs.sum(axis=1))
    return _result(found, panel, industry, periods, np.column_stack([co2, without, effects]))


def _shares(without: Floats, actual: Floats, periods: Codes, industries: Codes) -> tuple[Floats, Floats, Floats]:
    """Differences of ln Y, ln(Y_s/Y), ln(Y_i/Y_s) between actual and counterfactual log outputs, each (n,)."""
    changes = []
    for codes in (periods, industries):
        totals = [np.bincount(codes, np.exp(log))[codes] for log in (actual, without)]
        changes.append(np.log(totals[0] / totals[1]))
    whole, within = changes
    return whole, within - whole, actual - without - within


def _mean(co2: Floats, u: Floats) -> Floats:
    """L(C, C exp(-u)), (n,)."""
    from dualcarbon.effects.levels import mean_ratio

    return np.asarray(co2 * mean_ratio(u), dtype=np.float64)


def _codes(found: Split, panel: Panel, industry: str) -> tuple[Codes, Codes]:
    from dualcarbon.core.codes import dense_codes

    if industry not in panel.frame.columns:
        raise SchemaError(
            Text("表中没有行业列 {c}", "there is no industry column {c}").format(c=industry),
            expected=both(", ".join(panel.frame.columns)),
            found=both(industry),
            remedy=Text("检查列名", "check the name"),
        )
    if found.rows[-1] >= panel.n:
        raise _another_panel(found, Text("{n} 行", "{n} rows").format(n=panel.n))
    frame = panel.frame.select(panel.time, industry).select(pl.all().gather(found.rows))
    if frame[industry].dtype.is_float():
        frame = frame.with_columns(pl.col(industry).fill_nan(None))
    empty = frame[industry].null_count()
    if empty:
        raise DataError(
            Text("行业有缺失", "the industry is missing"),
            expected=Text("所用各行都有 {c}", "{c} on every row used").format(c=industry),
            found=Text("{k} 行缺失", "missing on {k} rows").format(k=empty),
            remedy=Text("补全，或先删去这些行再分解", "complete it, or drop these rows before the split"),
        )
    return dense_codes([frame[panel.time]]), dense_codes([frame[panel.time], frame[industry]])


def _another_panel(found: Split, here: Text | str) -> DataError:
    return DataError(
        Text("分解与表不是同一批行", "the split is not of this panel"),
        expected=Text("第 {n} 行仍在，所用各行共 {c} t CO2", "row {n}, and {c} t of CO2 on the rows used").format(
            n=int(found.rows[-1]) + 1, c=f"{found.levels.actual_t:,.9g}"
        ),
        found=both(here) if isinstance(here, str) else here,
        remedy=Text("传入分解时所用的表", "pass the panel that was split"),
    )


def _result(found: Split, panel: Panel, industry: str, periods: Codes, values: Floats) -> Structure:
    from dualcarbon.kernels.groups import group_sums

    groups = int(periods.max()) + 1
    sums = group_sums(np.ascontiguousarray(values), np.ones(len(values)), periods, groups)
    effects = sums[:, 2:].sum(axis=0)
    total = np.concatenate([[effects.sum()], effects])
    table = pl.DataFrame(
        {"factor": ["total", *FACTORS], "effect_t": total, "share": total / total[0] if total[0] else np.nan}
    )
    times = panel.frame[panel.time].gather(found.rows).unique().sort()
    by_period = pl.DataFrame([times]).hstack(
        [pl.Series(n, sums[:, j]) for j, n in enumerate(("actual_t", "counterfactual_t", *FACTORS))]
    )
    return Structure(table, by_period, industry, found.source, found.simulated)
