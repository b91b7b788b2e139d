"""Goodman-Bacon: the two-way coefficient as a weighted mean of all comparisons of two groups and two periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy import faults
from dualcarbon.policy.design import Design, Gaps, design
from dualcarbon.policy.timing import NEVER

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

TYPES = ("never_vs_treated", "earlier_vs_later", "later_vs_earlier")
"""Treated against never treated; earlier against later treated, before these are; later against already treated."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """What a two-way coefficient averages.

    Attributes
    ----------
    table : polars.DataFrame
        One row per comparison: type, treated, comparison (first treated periods; null: never), weight, estimate.
    summary : polars.DataFrame
        One row per type that occurs: type, weight, estimate (weighted mean), comparisons.
    coefficient : float
        The two-way coefficient: sum of weight times estimate; weights sum to 1.
    design : Design
    notes : tuple of Text
    """

    table: pl.DataFrame
    summary: pl.DataFrame
    coefficient: float
    design: Design
    notes: tuple[Text, ...]

    @property
    def forbidden(self) -> float:
        """Weight of comparisons with units already treated, right only if effects do not change over time."""
        return float(self.table.filter(pl.col("type") == TYPES[2])["weight"].sum())

    def exhibit(self) -> tuple[Table, Figure]:
        """The table by type and comparison, and the figure of weight against estimate."""
        from dualcarbon.policy import bacon_exhibits

        return bacon_exhibits.table(self), bacon_exhibits.figure(self)

    def __repr__(self) -> str:
        parts = ", ".join(f"{t} {w:.3f} x {e:.4g}" for t, w, e, _ in self.summary.iter_rows())
        return f"two-way coefficient {self.coefficient:.6g} = {parts}"


def bacon(
    panel: Panel,
    outcome: str,
    first_treated: str | None = None,
    *,
    treated: str | None = None,
    gaps: Gaps = "refuse",
) -> Decomposition:
    """The Goodman-Bacon decomposition of the two-way coefficient of a staggered treatment.

        b = sum_kU s_kU b_kU + sum_(k<l) (s_kl b_kl + s_lk b_lk)

    b_kU compares cohort k with never-treated units before and after; b_kl cohort k with later cohort l while l is
    untreated; b_lk later cohort l with k, already treated, after k is. With n shares of units, D shares of periods
    treated, and V the variance of the treatment net of unit and period effects:

        s_kU = n_k n_U D_k (1 - D_k) / V
        s_kl = n_k n_l (D_k - D_l) (1 - D_k) / V
        s_lk = n_k n_l (D_k - D_l) D_l / V

    Parameters
    ----------
    panel, outcome, first_treated, treated
        See `did`.
    gaps : {"refuse", "drop_units"}
        The decomposition is exact on balanced panels only.

    Returns
    -------
    Decomposition

    Raises
    ------
    ConfigError, SchemaError, DataError, NotIdentifiedError
        See `design`; or units lack periods.

    Notes
    -----
    Units treated from the first period on leave, as in every estimator here, counted in the design; comparisons with
    them do not occur. Goodman-Bacon (2021), https://doi.org/10.1016/j.jeconom.2021.03.014, equations 7 to 10.

    Examples
    --------
    >>> table = pl.DataFrame({"i": [1, 1, 2, 2], "t": [1, 2, 1, 2], "y": [0.0, 1.0, 0.0, 0.5], "g": [2, 2, 0, 0]})
    >>> bacon(Panel.from_frame(table, id="i", time="t"), "y", "g")
    two-way coefficient 0.5 = never_vs_treated 1.000 x 0.5
    """
    sample = design(panel, outcome, first_treated, treated=treated, comparison="not_yet", gaps=gaps)
    if not sample.balanced:
        raise faults.needs_balance("bacon", int(sample.incomplete.sum()))
    return decompose(sample)


def decompose(sample: Design) -> Decomposition:
    """The decomposition of a balanced design."""
    rows = _comparisons(sample)
    schema = {
        "type": pl.String, "treated": pl.Int64, "comparison": pl.Int64, "weight": pl.Float64, "estimate": pl.Float64
    }  # fmt: skip
    table = pl.DataFrame(rows, schema=schema, orient="row")
    coefficient = float((table["weight"] * table["estimate"]).sum())
    return Decomposition(table, _summary(table), coefficient, sample, _notes(sample, table))


def _comparisons(sample: Design) -> list[tuple[str, int, int | None, float, float]]:
    starts = sample.starts
    outcome, first = sample.outcome.reshape(len(starts), -1), sample.first[starts]
    groups = np.unique(first)
    means = {int(g): outcome[first == g].mean(axis=0) for g in groups}
    share = {int(g): float(np.mean(first == g)) for g in groups}
    treated = {int(g): float(np.mean(sample.periods >= g)) for g in groups}
    variance = _variance(share, treated, sample.periods)
    cohorts = [int(g) for g in groups if g != NEVER]
    rows: list[tuple[str, int, int | None, float, float]] = []
    for k in cohorts:
        if NEVER in share:
            weight = share[k] * share[NEVER] * treated[k] * (1 - treated[k]) / variance
            rows.append((TYPES[0], k, None, weight, _did(means[k], means[NEVER], sample.periods, k)))
    for i, k in enumerate(cohorts):
        for l in cohorts[i + 1 :]:  # noqa: E741
            common = share[k] * share[l] * (treated[k] - treated[l]) / variance
            before, after = sample.periods < l, sample.periods >= k
            early = _did(means[k][before], means[l][before], sample.periods[before], k)
            late = _did(means[l][after], means[k][after], sample.periods[after], l)
            rows.append((TYPES[1], k, l, common * (1 - treated[k]), early))
            rows.append((TYPES[2], l, k, common * treated[l], late))
    return rows


def _did(treated: Floats, comparison: Floats, periods: Codes, start: int) -> float:
    gap, after = treated - comparison, periods >= start
    return float(gap[after].mean() - gap[~after].mean())


def _variance(share: dict[int, float], treated: dict[int, float], periods: Codes) -> float:
    """Variance of the treatment net of unit and period effects."""
    weight = np.array(list(share.values()))
    on = np.array([periods >= g for g in share], dtype=np.float64)
    net = on - np.array(list(treated.values()))[:, None] - weight @ on + float(weight @ on.mean(axis=1))
    return float(weight @ np.mean(net**2, axis=1))


def _summary(table: pl.DataFrame) -> pl.DataFrame:
    order = pl.Enum(TYPES)
    grouped = table.group_by("type").agg(
        pl.col("weight").sum().alias("total"),
        ((pl.col("weight") * pl.col("estimate")).sum() / pl.col("weight").sum()).alias("estimate"),
        pl.len().cast(pl.Int64).alias("comparisons"),
    )
    ordered = grouped.sort(pl.col("type").cast(order))
    return ordered.select("type", pl.col("total").alias("weight"), "estimate", "comparisons")


def _notes(sample: Design, table: pl.DataFrame) -> tuple[Text, ...]:
    late = float(table.filter(pl.col("type") == TYPES[2])["weight"].sum())
    if not late:
        return sample.notes
    return (
        *sample.notes,
        Text(
            "{w:.1f} % 的权重落在与已受处理单位的比较上，效应随时间变化时有偏",
            "{w:.1f} % of the weight lies on comparisons with units already treated, biased if effects change over "
            "time",
        ).format(w=100.0 * late),
    )
