"""The effect of a treatment on CO2, split exactly into scale, technique and structure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.options import require_level
from dualcarbon.core.panel import Drop, Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Vcov
from dualcarbon.effects.formula import parse
from dualcarbon.effects.joint import Joint, regress_jointly, term_values
from dualcarbon.effects.levels import Levels, level_split
from dualcarbon.effects.rebound import Rebound, rebound_of, rebound_table
from dualcarbon.effects.specification import Factor, Specification, Term
from dualcarbon.effects.words import fragile

Floats = NDArray[np.float64]

_WORDS = {
    "total": Text("总效应 ln C", "Total: ln C"),
    "scale": Text("规模效应 ln Y", "Scale: ln Y"),
    "labour": Text("规模：用工 ln L", "Scale, labour: ln L"),
    "productivity": Text("规模：人均产出 ln(Y/L)", "Scale, output per worker: ln(Y/L)"),
    "technique": Text("技术效应 ln(E/Y)", "Technique: ln(E/Y)"),
    "structure": Text("结构效应（能源结构）ln(C/E)", "Structure (of energy): ln(C/E)"),
}


_FIXED = Text(
    "{c}：两列成固定比例，或其比例由效应决定，该渠道恒为零。",
    "{c}: the two columns are in a fixed ratio, or in one that the effects determine: the channel is zero.",
)


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns behind a split; `baseline` is the treatment of the counterfactual."""

    co2: str
    output: str
    energy: str
    labour: str | None
    treatment: Term
    baseline: float


@dataclass(frozen=True, slots=True)
class Split:
    """What a treatment does to CO2, by channel.

    Attributes
    ----------
    table : polars.DataFrame
        `channel` (``total``, then the channels, which sum to it), `coef`, `se`, `low`, `high`, `p`, `share` (of the
        total coefficient). A channel of two columns in a fixed ratio is 0 with error 0 and p NaN.
    vcov : (1 + q, 1 + q)
        Joint covariance of the coefficients in the order of the table; read-only.
    df : float
        Degrees of freedom of the t distribution.
    rebound, carbon_rebound : Rebound
        R = -b_Y / b_EI and R_C = -b_Y / (b_EI + b_CF).
    levels : Levels
        The split in tonnes.
    estimates : tuple of Estimate
        Each line's whole regression, controls included, in the order of the table.
    rows : (n,)
        Positions in the panel of the rows used.
    roles : Roles
    level : float
        Confidence of all intervals.
    source : Text
    simulated : bool
    """

    table: pl.DataFrame
    vcov: Floats
    df: float
    rebound: Rebound
    carbon_rebound: Rebound
    levels: Levels
    estimates: tuple[Estimate, ...]
    rows: NDArray[np.int64]
    roles: Roles
    level: float
    source: Text
    simulated: bool

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels without the total."""
        return tuple(self.table["channel"][1:])

    @property
    def drops(self) -> tuple[Drop, ...]:
        """Rows not used, by reason: all outcomes are estimated on the rows where all of them exist."""
        return self.estimates[0].drops

    def exhibit(self, table: Text | None = None, figure: Text | None = None) -> tuple[Table, Figure]:
        """The channels as a three-line table and as a dot plot; `table` and `figure` are their printed numbers."""
        number = table or Text("表 1", "Table 1")
        picture = figure or Text("图 1", "Figure 1")
        return _table(self, number), _figure(self, picture)

    def rebound_exhibit(self, number: Text | None = None) -> Table:
        """Both rebounds as a table."""
        both_kinds = (self.rebound, self.carbon_rebound)
        label = number or Text("表 2", "Table 2")
        return rebound_table(both_kinds, label, _notes(self), self.source, self.simulated)

    def __repr__(self) -> str:
        first = self.estimates[0]
        head = f"Split of {first.depvar} by {self.roles.treatment.name}: n = {first.n:,}, {first.rule.en}"
        lines = [
            f"  {c:<12}  {b:>13.6g}  ({s:.6g})  p {p:.4f}  share {share:.4f}"
            for c, b, s, p, share in self.table.select("channel", "coef", "se", "p", "share").rows()
        ]
        return "\n".join([head, *lines, f"  {self.rebound!r}", f"  {self.carbon_rebound!r}"])


def split(
    panel: Panel,
    *,
    co2: str,
    output: str,
    energy: str,
    treatment: str,
    controls: Sequence[str] = (),
    absorb: str | None = "firm_id + year",
    cluster: str | None = None,
    weights: str | None = None,
    labour: str | None = None,
    vcov: str | Vcov | None = None,
    sample: pl.Expr | None = None,
    baseline: float = 0.0,
    level: float = 0.95,
) -> Split:
    """The effect on ln CO2 as the exact sum of those on output, energy per output and CO2 per energy.

        ln C = ln Y + ln(E/Y) + ln(C/E)   =>   b_C = b_scale + b_technique + b_structure

    because all four are regressed on the same regressors, rows, weights and effects. Standard errors come from the
    joint covariance. With `labour`, ln Y = ln L + ln(Y/L) and scale is the sum of two channels. Structure is that of a
    firm's energy; industry structure is in `structure`.

    Parameters
    ----------
    panel : Panel
    co2, output, energy : str
        Columns (t CO2; money at constant prices; any energy unit). Rows where one is missing or not positive are left
        out of all regressions and counted in `drops`.
    treatment : str
        A term: `digital`, `log(robots)`, `digital:soe`.
    controls : sequence of str
        Further terms.
    absorb : str, optional
        Effects as in a formula, `firm_id + industry4^year`; None for a constant.
    cluster, weights, sample : as for `fit`
    labour : str, optional
        Column of workers.
    vcov : as for `fit`
    baseline : float
        Treatment of the counterfactual behind `levels`, in the unit of the treatment term.
    level : float
        Confidence of intervals.

    Raises
    ------
    ConfigError
        An option cannot be read, or a split column is also a regressor.
    SchemaError, DataError, NotIdentifiedError, ConvergenceError
        As for `fit`.

    Examples
    --------
    >>> r = np.random.default_rng(1)
    >>> firm, year = np.repeat(np.arange(50), 4), np.tile(np.arange(4), 50)
    >>> d, e = r.random(200), r.normal(size=(3, 200)) / 10
    >>> table = pl.DataFrame({"firm_id": firm, "year": year, "digital": d, "output_cny": np.exp(0.4 * d + e[0])})
    >>> table = table.with_columns(energy_tce=pl.col("output_cny") * pl.Series(np.exp(-0.9 * d + e[1])))
    >>> table = table.with_columns(co2_t=pl.col("energy_tce") * pl.Series(np.exp(-0.1 * d + e[2])))
    >>> found = split(Panel.from_frame(table, id="firm_id", time="year"), co2="co2_t", output="output_cny",
    ...               energy="energy_tce", treatment="digital", cluster="firm_id")
    >>> coef = dict(found.table.select("channel", "coef").rows())
    >>> abs(coef["total"] - coef["scale"] - coef["technique"] - coef["structure"]) < 1e-12
    True
    """
    require_level(level)
    specification = _specification(co2, treatment, controls, absorb, cluster, weights)
    factors, outcomes = _identity(co2, output, energy, labour)
    joint = regress_jointly(specification, factors, outcomes, panel, covariance=vcov, sample=sample)
    roles = Roles(co2, output, energy, labour, specification.regressors[0], baseline)
    names = tuple(outcomes)[1:]
    b, v, df = joint.coef[1:], joint.vcov[1:, 1:], joint.estimates[0].df
    here = term_values(panel, roles.treatment)[joint.rows] - baseline
    scale = tuple(range(len(names) - 2))
    at = len(names) - 2
    return Split(
        _rows(joint, tuple(outcomes), level),
        joint.vcov,
        df,
        rebound_of(scale, (at,), b, v, df, level),
        rebound_of(scale, (at, at + 1), b, v, df, level),
        level_split(names, panel.arrays(co2)[0][joint.rows], here, b, v),
        joint.estimates,
        joint.rows,
        roles,
        level,
        Text("{n}，dualcarbon 计算", "{n}, computed by dualcarbon").format(n=panel.provenance.name),
        panel.provenance.simulated,
    )


def _specification(
    co2: str, treatment: str, controls: Sequence[str], absorb: str | None, cluster: str | None, weights: str | None
) -> Specification:
    right = " + ".join([treatment, *controls])
    bar = f" | {absorb}" if absorb else ""
    return parse(f"log(`{co2}`) ~ {right}{bar}", cluster=cluster, weights=weights)


def _identity(
    co2: str, output: str, energy: str, labour: str | None
) -> tuple[tuple[Factor, ...], dict[str, tuple[float, ...]]]:
    """The logarithms ln C, ln Y, ln E (and ln L), and each outcome as a combination of them."""
    names = (co2, output, energy) if labour is None else (co2, output, energy, labour)
    factors = tuple(Factor(name, log=True) for name in names)
    channels: dict[str, tuple[float, ...]] = {"scale": (0.0, 1.0, 0.0)}
    if labour is not None:
        channels = {"labour": (0.0, 0.0, 0.0, 1.0), "productivity": (0.0, 1.0, 0.0, -1.0)}
    rest = (0.0,) * (len(names) - 3)
    last = {"technique": (0.0, -1.0, 1.0, *rest), "structure": (1.0, 0.0, -1.0, *rest)}
    return factors, {"total": (1.0, 0.0, 0.0, *rest), **channels, **last}


def _rows(joint: Joint, names: tuple[str, ...], level: float) -> pl.DataFrame:
    ends = np.array([estimate.interval(level)[0] for estimate in joint.estimates])
    coef = joint.coef
    with np.errstate(invalid="ignore"):
        p = [float(estimate.p[0]) for estimate in joint.estimates]
    return pl.DataFrame(
        {
            "channel": list(names),
            "coef": coef,
            "se": [float(estimate.se[0]) for estimate in joint.estimates],
            "low": ends[:, 0],
            "high": ends[:, 1],
            "p": p,
            "share": coef / coef[0],
        }
    )


def _table(found: Split, number: Text) -> Table:
    share = f"{100 * found.level:g}"
    headers = (
        Header("channel", Text("渠道", "Channel")),
        Header("coef", Text("系数", "Coefficient")),
        Header("se", Text("标准误", "Std. error")),
        Header("low", Text("{s}% 下限", "{s} % low").format(s=share)),
        Header("high", Text("{s}% 上限", "{s} % high").format(s=share)),
        Header("share", Text("占总效应", "Share of total")),
        Header("effect_t", Text("对排放的影响", "Effect on emissions"), both("t")),
    )
    treatment = found.roles.treatment.name
    cells = zip(found.table.rows(named=True), found.estimates, found.levels.table["effect_t"], strict=True)
    rows = tuple(
        (
            Cell(_WORDS[row["channel"]]),
            Cell(row["coef"], ".4f", estimate.stars(treatment) if row["se"] > 0.0 else ""),
            Cell(row["se"], ".4f", bracket=True),
            Cell(row["low"], ".4f"),
            Cell(row["high"], ".4f"),
            Cell(row["share"], ".3f"),
            Cell(tonnes, ",.4g"),
        )
        for row, estimate, tonnes in cells
    )
    title = Text("数字技术影响碳排放的渠道分解", "Channels from digital technology to CO2")
    notes = (*_notes(found), _levels_note(found))
    keys = tuple(found.table["channel"])
    return Table("table_channels", number, title, headers, rows, notes, found.source, found.simulated, (1,), keys)


def _figure(found: Split, number: Text) -> Figure:
    table = found.table
    marks = Series(
        Text("系数与置信区间", "coefficient and interval"),
        tuple(table["coef"]),
        tuple(table["low"]),
        tuple(table["high"]),
    )
    axis = Text("{t} 每增加 1 单位，对数变化", "change in logs per unit of {t}").format(t=found.roles.treatment.name)
    drawing = DotPlot(tuple(_WORDS[c] for c in table["channel"]), (marks,), axis)
    title = Text("规模、技术与结构效应", "Scale, technique and structure")
    return Figure("figure_channels", number, title, drawing, _notes(found), found.source, found.simulated)


def _notes(found: Split) -> tuple[Text, ...]:
    first = found.estimates[0]
    effects = ", ".join(first.effects) or "-"
    told = Text(
        "处理变量 {t}，单位即其列的单位；N = {n}；吸收效应：{e}；{r}。*、**、*** 分别表示 10%、5%、1% 水平显著。",
        "Treatment {t} in the unit of its column; N = {n}; absorbed: {e}; {r}. * 10 %, ** 5 %, *** 1 %.",
    ).format(t=found.roles.treatment.name, n=f"{first.n:,}", e=effects, r=first.rule)
    adds = Text(
        "各渠道在同一样本、权重、效应与控制变量下估计，系数之和等于总效应；标准误取自联合协方差。",
        "All channels on the same rows, weights, effects and controls: they sum to the total; standard errors from the "
        "joint covariance.",
    )
    gone = tuple(
        Text("未用 {k} 行：{r}。", "{k} rows not used: {r}.").format(k=f"{d.rows:,}", r=d.reason) for d in first.drops
    )
    still = tuple(
        _FIXED.format(c=_WORDS[row["channel"]]) for row in found.table.iter_rows(named=True) if row["se"] == 0.0
    )
    return told, adds, *still, *gone, *fragile(found.estimates)


def _levels_note(found: Split) -> Text:
    return Text(
        "吨数：实际 {a} t 减去处理变量取 {b} 时的 {c} t，按对数平均分到各渠道，逐行相加。",
        "Tonnes: actual {a} t less {c} t with the treatment at {b}, by logarithmic means, summed over rows.",
    ).format(
        a=f"{found.levels.actual_t:,.0f}", c=f"{found.levels.counterfactual_t:,.0f}", b=f"{found.roles.baseline:g}"
    )
