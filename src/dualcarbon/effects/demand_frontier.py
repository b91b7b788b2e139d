"""The energy-demand frontier with a rebound function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import dense_codes
from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import few_clusters
from dualcarbon.effects.formula import parse
from dualcarbon.effects.sample import Sample, take_sample
from dualcarbon.effects.specification import Specification
from dualcarbon.effects.words import fragile

if TYPE_CHECKING:
    from dualcarbon.kernels.scaled_inefficiency import ScaledFit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

SCOPE = Text(
    "只识别相对回弹：(1-R)/(1-R0) = exp(δ'(z-z0))。基准点的回弹 R0 与 σu 不可分，数据不能决定；"
    "列出的 R 以 R0 = {r} 为归一化。",
    "Only relative rebound is identified: (1 - R) / (1 - R0) = exp(delta'(z - z0)). R0 at the reference cannot be told "
    "from sigma_u and is not in the data; the R listed are normalised to R0 = {r}.",
)


OPEN = Text(
    "似然另有一个极大值，仅低 {l}：回弹随该变量上升还是下降，数据未能定论。",
    "The likelihood has another maximum only {l} lower: the data do not settle whether rebound rises or falls.",
)

_ERRORS = Text("标准误：{r}，delta 法。", "Errors: {r}, delta method.")

_SETTLED = 2.0


@dataclass(frozen=True, slots=True)
class DemandFrontier:
    """An energy-demand frontier.

    Attributes
    ----------
    estimate : Estimate
        Of ln energy: the frontier's regressors, then `rebound:z` with delta; errors clustered by firm.
    table : polars.DataFrame, one row per row used
        Keys; `relative` = (1 - R) / (1 - R0); `rebound` = 1 - (1 - R0) `relative`; `inefficiency` = E[h u | e], the log
        excess of energy over the frontier.
    groups : polars.DataFrame
        Group; `rows`; means of `relative` and `rebound`, with `se` (delta method).
    sigma_v, sigma_u : float
        At the reference.
    reference : tuple of float
        z0.
    reference_rebound : float
        R0, the normalisation.
    log_likelihood, without : float
        With and without inefficiency.
    lead : float
        Log-likelihood above the next local maximum found (often one with delta of the other sign); inf if there is
        none. A lead below 2 leaves the direction of rebound open.
    source : Text
    simulated : bool
    """

    estimate: Estimate
    table: pl.DataFrame
    groups: pl.DataFrame
    sigma_v: float
    sigma_u: float
    reference: tuple[float, ...]
    reference_rebound: float
    log_likelihood: float
    without: float
    lead: float
    source: Text
    simulated: bool

    @property
    def scope(self) -> Text:
        """What is identified, in words."""
        return SCOPE.format(r=f"{self.reference_rebound:g}")

    def exhibit(self, number: Text | None = None) -> Table:
        """Rebound by group as a three-line table."""
        headers = (
            Header("group", Text("组别", "Group")),
            Header("rows", Text("观测数", "Rows")),
            Header("relative", Text("(1-R)/(1-R0)", "(1-R)/(1-R0)")),
            Header("rebound", Text("回弹 R", "Rebound R")),
            Header("se", Text("标准误", "Std. error")),
        )
        names = [str(value) for value in self.groups[self.groups.columns[0]]]
        values = self.groups.select("rows", "relative", "rebound", "se").rows()
        rows = tuple(
            (Cell(name), Cell(n, ","), Cell(a, ".4f"), Cell(b, ".4f"), Cell(s, ".4f", bracket=True))
            for name, (n, a, b, s) in zip(names, values, strict=True)
        )
        title = Text("能源需求前沿的相对回弹", "Relative rebound from the energy-demand frontier")
        label = number or Text("表 4", "Table 4")
        settled = () if self.lead >= _SETTLED else (OPEN.format(l=f"{self.lead:.2f}"),)
        notes = (self.scope, *settled, _ERRORS.format(r=self.estimate.rule), *fragile([self.estimate]))
        return Table("table_demand_frontier", label, title, headers, rows, notes, self.source, self.simulated)

    def __repr__(self) -> str:
        gain = 2.0 * (self.log_likelihood - self.without)
        end = (
            f"  sigma_v {self.sigma_v:.4f}, sigma_u {self.sigma_u:.4f} at the reference, LR of inefficiency {gain:.1f}"
        )
        lead = f"  log-likelihood {self.lead:.1f} above the next local maximum"
        return f"{self.estimate!r}\n{end}\n{lead}\n  {self.scope.en}"


def demand_frontier(
    panel: Panel,
    *,
    energy: str,
    regressors: Sequence[str],
    rebound: Sequence[str],
    periods: bool = True,
    reference: Sequence[float] | None = None,
    reference_rebound: float = 0.0,
    group: str | None = None,
    sample: pl.Expr | None = None,
) -> DemandFrontier:
    """Energy demand above its frontier, and how much of an efficiency gain rebound takes back, relative to a reference.

        ln E_it = a_i + x_it b + v_it + (1 - R_it) u_i,   1 - R_it = (1 - R0) exp((z_it - z0) delta)

    u_i, half-normal, is the inefficiency of firm i; the part 1 - R of it is felt in demand (Orea, Llorca & Filippini
    2015). Firm effects a_i leave by deviations from firm means, where the likelihood has a closed form (Wang & Ho
    2010). delta > 0: less rebound as z grows.

    Parameters
    ----------
    panel : Panel
    energy : str
        Column, any energy unit; rows where it is not positive are left out and counted.
    regressors : sequence of str
        Terms of the frontier: `log(output_cny)`, prices.
    rebound : sequence of str
        Terms z, which must change within firms.
    periods : bool
        Period effects in the frontier.
    reference : sequence of float, optional
        z0; default 0.
    reference_rebound : float
        R0: a normalisation, not an estimate.
    group : str, optional
        Column to average by.
    sample : polars.Expr, optional

    Raises
    ------
    NotIdentifiedError
        z does not change within firms, a regressor is collinear, or the likelihood has no maximum with inefficiency.
    DataError, SchemaError, ConfigError
        As for `fit`.

    Notes
    -----
    Orea, Llorca & Filippini (2015), Energy Economics 49, 599-609, https://doi.org/10.1016/j.eneco.2015.03.016.
    Wang & Ho (2010), J. Econometrics 157, 286-296, https://doi.org/10.1016/j.jeconom.2009.12.006.
    """
    from dualcarbon.kernels.scaled_inefficiency import scaled_inefficiency

    _require_choices(panel, rebound, group, reference_rebound)
    specification = parse(f"log(`{energy}`) ~ " + " + ".join([*regressors, *rebound]) + f" | `{panel.id}`")
    data = take_sample(specification, panel, sample)
    levels = data.values + data.means
    names = [term.name for term in specification.regressors]
    own, moving = (tuple(_named(terms)) for terms in (regressors, rebound))
    origin = _origin(reference, len(moving))
    z = np.ascontiguousarray(levels[:, [1 + names.index(name) for name in moving]] - origin)
    x = levels[:, [1 + names.index(name) for name in own]]
    starts = _starts(data.effects[0])
    dummies = _dummies(panel, data) if periods else np.zeros((len(data.rows), 0))
    design = _independent(np.column_stack([x, dummies]), z, starts, (*own, *moving))
    found = scaled_inefficiency(levels[:, 0], design, z, starts)
    if found is None:
        raise _no_maximum(specification)
    estimate = _estimate(panel, data, specification, found, (own, moving))
    arrays = (levels[:, 0], design, z, starts)
    return _result(panel, data, estimate, arrays, found, (tuple(origin.tolist()), reference_rebound), group)


def _require_choices(panel: Panel, rebound: Sequence[str], group: str | None, anchor: float) -> None:
    if group is not None:
        panel.codes(group)
    if not rebound or not anchor < 1.0 or not np.isfinite(anchor):
        raise ConfigError(
            Text("回弹的设定无效", "the rebound cannot be set up so"),
            expected=Text("至少一个 rebound 变量，reference_rebound 小于 1", "a rebound term, reference_rebound < 1"),
            found=both(f"rebound={list(rebound)}, reference_rebound={anchor}"),
            remedy=Text("给出 rebound=，R0 取 0 即可", "give rebound=, and leave R0 at 0"),
        )


def _named(terms: Sequence[str]) -> list[str]:
    """The names of terms as they are parsed."""
    return [term.name for term in parse("y ~ " + " + ".join(terms)).regressors] if terms else []


def _origin(reference: Sequence[float] | None, q: int) -> Floats:
    try:
        origin = np.zeros(q) if reference is None else np.asarray(reference, dtype=np.float64)
    except (TypeError, ValueError):
        origin = np.zeros(0)
    if origin.shape != (q,) or not np.isfinite(origin).all():
        raise ConfigError(
            Text("基准点无效", "the reference is not valid"),
            expected=Text("{q} 个有限数，与 rebound 一一对应", "{q} finite numbers, one per rebound term").format(q=q),
            found=both(str(reference)),
            remedy=Text("改正 reference=", "correct reference="),
        )
    return origin


def _starts(codes: Codes) -> Codes:
    """Where the rows of each firm start; rows are sorted by firm."""
    changes = np.flatnonzero(np.diff(codes)) + 1
    return np.concatenate([[0], changes, [len(codes)]]).astype(np.int64)


def _dummies(panel: Panel, data: Sample) -> Floats:
    """One column per period but the first, (n, p - 1)."""
    codes = dense_codes([panel.frame[panel.time].gather(data.rows)])
    return np.asarray(codes[:, None] == np.arange(1, int(codes.max()) + 1), dtype=np.float64)


def _independent(design: Floats, z: Floats, starts: Codes, names: Sequence[str]) -> Floats:
    """The design, its period dummies that are collinear left out; an error if a named variable does not vary."""
    from dualcarbon.kernels.least_squares import independent, least_variation
    from dualcarbon.kernels.moments import cross_products
    from dualcarbon.kernels.scaled_inefficiency import deviation

    ones, own = np.ones(len(design)), len(names) - z.shape[1]
    totals = np.sum((design - design.mean(axis=0)) ** 2, axis=0)
    least = least_variation(totals, design.mean(axis=0), float(len(design)))
    kept = independent(cross_products(deviation(design, starts), ones), least)
    moving = np.sum(deviation(z, starts) ** 2, axis=0) > 1e-10 * np.sum((z - z.mean(axis=0)) ** 2, axis=0)
    gone = [name for name, ok in zip(names, [*kept[:own], *moving], strict=True) if not ok]
    if gone:
        raise NotIdentifiedError(
            Text("变量在企业内没有自己的变动", "a variable has no variation of its own within firms"),
            expected=Text("随时间变化的前沿变量与回弹变量", "frontier and rebound variables that change over time"),
            found=both(", ".join(gone)),
            remedy=Text("换用随时间变化的变量", "use variables that change within firms"),
        )
    return np.ascontiguousarray(design[:, kept])


def _result(
    panel: Panel,
    data: Sample,
    estimate: Estimate,
    arrays: tuple[Floats, Floats, Floats, Codes],
    found: ScaledFit,
    anchors: tuple[tuple[float, ...], float],
    group: str | None,
) -> DemandFrontier:
    from dualcarbon.kernels.scaled_inefficiency import posterior

    (y, x, z, starts), (origin, anchor) = arrays, anchors
    q = z.shape[1]
    relative = np.exp(z @ found.scale)
    point = np.concatenate([found.coef, found.scale, 2.0 * np.log([found.sigma_v, found.sigma_u])])
    excess = np.repeat(posterior(y, x, z, starts, point), np.diff(starts)) * relative
    table = (
        panel.frame.select(panel.id, panel.time)
        .select(pl.all().gather(data.rows))
        .with_columns(relative=relative, rebound=1.0 - (1.0 - anchor) * relative, inefficiency=excess)
    )
    source = Text("{n}，dualcarbon 计算", "{n}, computed by dualcarbon").format(n=panel.provenance.name)
    return DemandFrontier(
        estimate,
        table,
        _groups(panel, data, group, relative, z, found.vcov[-q:, -q:], anchor),
        found.sigma_v,
        found.sigma_u,
        origin,
        anchor,
        found.log_likelihood,
        found.without,
        found.lead,
        source,
        panel.provenance.simulated,
    )


def _estimate(
    panel: Panel,
    data: Sample,
    specification: Specification,
    found: ScaledFit,
    terms: tuple[tuple[str, ...], tuple[str, ...]],
) -> Estimate:
    own, moving = terms
    pick = [*range(len(own)), *range(len(found.coef), len(found.coef) + len(moving))]
    firms = int(data.effects[0][-1]) + 1
    rule = Text("按 {c} 聚类的三明治方差：G/(G-1)，G = {g}", "sandwich clustered by {c}: G/(G-1), G = {g}").format(
        c=panel.id, g=firms
    )
    periods = (panel.time,) if len(found.coef) > len(own) else ()
    return Estimate(
        names=(*own, *(f"rebound:{name}" for name in moving)),
        coef=np.concatenate([found.coef, found.scale])[pick],
        vcov=found.vcov[np.ix_(pick, pick)],
        n=len(data.rows),
        depvar=specification.depvar.name,
        effects=(panel.id, *periods),
        cluster=panel.id,
        clusters=firms,
        df=float(firms - 1),
        r2=float("nan"),
        r2_within=float("nan"),
        rule=rule,
        drops=data.drops,
        notes=few_clusters(firms),
        estimator=Text("最大似然", "maximum likelihood"),
    )


def _groups(
    panel: Panel, data: Sample, group: str | None, relative: Floats, z: Floats, vcov: Floats, anchor: float
) -> pl.DataFrame:
    """Means by group with delta-method errors: the slope of a mean of exp(z delta) is the mean of z exp(z delta)."""
    from dualcarbon.kernels.groups import group_sums

    if group is None:
        labels = pl.Series("group", ["all"])
        codes = np.zeros(len(relative), dtype=np.int64)
    else:
        column = panel.frame[group].gather(data.rows)
        labels, codes = column.unique().sort(), dense_codes([column])
    count = np.bincount(codes)
    values = np.column_stack([relative, z * relative[:, None]])
    means = group_sums(values, np.ones(len(values)), codes, len(count)) / count[:, None]
    se = (1.0 - anchor) * np.sqrt(np.einsum("gi,ij,gj->g", means[:, 1:], vcov, means[:, 1:]))
    rebound = 1.0 - (1.0 - anchor) * means[:, 0]
    return pl.DataFrame([labels]).with_columns(rows=count, relative=means[:, 0], rebound=rebound, se=se)


def _no_maximum(specification: Specification) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("似然没有带无效率的极大值", "the likelihood has no maximum with inefficiency"),
        expected=Text("回弹变量改变企业的超额用能", "excess energy that moves with the rebound variables"),
        found=Text("不优于最小二乘，或参数趋于边界：{f}", "no better than least squares, or at a bound: {f}").format(
            f=specification.formula
        ),
        remedy=Text("换回弹变量，或用比值法的回弹", "choose other rebound variables, or use the ratio rebound"),
    )
