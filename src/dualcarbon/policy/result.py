"""What a policy did: the average effect, its path, its cohorts, and what the reader must know."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.policy import faults
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Fit, Path
from dualcarbon.policy.timing import NEVER

ROUNDING = 1e-12
"""Standard error, relative to the range of the outcome, up to which it is rounding."""

_NO_ERROR = Text(
    "标准误为零或无从估计之处留空：单位、聚类太少，或数据没有噪声",
    "errors that are zero or cannot be estimated are left empty: too few units or clusters, or data without noise",
)


@dataclass(frozen=True, slots=True)
class JointTest:
    """A Wald test that several effects are zero together.

    Attributes
    ----------
    statistic : float
        W = b' V^-1 b.
    df : int
        Effects tested, q.
    p : float
        By Hotelling's F where the number of clusters G is known: F = W (G - q) / (q (G - 1)) with q and G - q degrees
        of freedom; else by chi2 with q. Hotelling (1931), https://doi.org/10.1214/aoms/1177732979.
    denominator : float
        G - q; infinite for chi2.
    """

    statistic: float
    df: int
    p: float
    denominator: float = float("inf")

    @property
    def f(self) -> float:
        """Hotelling's F; W / q for chi2."""
        m = self.denominator
        return self.statistic / self.df * (1.0 if np.isinf(m) else m / (m + self.df - 1))

    def said(self, label: Text) -> Text:
        """The test in one sentence, of the estimator so labelled."""
        if np.isinf(self.denominator):
            law, value = f"χ²({self.df})", self.statistic
        else:
            law, value = f"F({self.df}, {self.denominator:g})", self.f
        return Text(
            "{m}：处理前效应全为零的联合检验 {l} = {s}，p = {p}。",
            "{m}: joint test that all effects before treatment are zero, {l} = {s}, p = {p}.",
        ).format(m=label, l=Text(law, law.replace("χ²", "chi2")), s=f"{value:.2f}", p=f"{self.p:.4f}")


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a policy by one estimator.

    Attributes
    ----------
    method : str
    label, estimand : Text
    att, se : float
        Average effect on the treated and its standard error, in units of the outcome.
    df : float
    event : polars.DataFrame
        relative, estimate, se, low, high; empty where the estimator has no event study.
    cohorts : polars.DataFrame
        cohort, units, estimate, se; estimates null where the estimator has none by cohort.
    group_time : polars.DataFrame or None
        cohort, period, estimate, se.
    aggregates : polars.DataFrame
        aggregation, estimate, se: further averages of the same effects.
    pre_test : JointTest or None
        That all effects before treatment are zero; None without a joint covariance.
    path : Path or None
        The event study as arrays, with its covariance.
    rule : Text
        How the standard errors were computed.
    design : Design
    n, units, treated_units : int
    level : float
        Of the intervals.
    notes : tuple of Text
    details : object or None
        What this estimator alone gives.
    """

    method: str
    label: Text
    estimand: Text
    att: float
    se: float
    df: float
    event: pl.DataFrame
    cohorts: pl.DataFrame
    group_time: pl.DataFrame | None
    aggregates: pl.DataFrame
    pre_test: JointTest | None
    path: Path | None
    rule: Text
    design: Design
    n: int
    units: int
    treated_units: int
    level: float
    notes: tuple[Text, ...]
    details: object | None = None

    @property
    def t(self) -> float:
        """att / se."""
        return t_value(self.att, self.se)

    @property
    def p(self) -> float:
        """Two-sided p value of no effect."""
        return two_sided(self.t, self.df)

    @property
    def interval(self) -> tuple[float, float]:
        """Confidence interval of `att` at `level`."""
        half = critical(self.level, self.df) * self.se
        return self.att - half, self.att + half

    def __repr__(self) -> str:
        low, high = self.interval
        mark = " [simulated]" if self.design.simulated else ""
        return (
            f"{self.label.en}: {self.att:.6g} (se {self.se:.4g}, {100.0 * self.level:g} % [{low:.4g}, {high:.4g}]), "
            f"{self.n:,} rows, {self.units:,} units, {self.treated_units:,} treated{mark}"
        )


def effect(name: str, label: Text, estimand: Text, fit: Fit, design: Design, level: float) -> Effect:
    """A fit with its design, as a result; errors that are zero but for rounding are NaN, which a note says.

    Raises
    ------
    NotIdentifiedError
        If the average effect is no number.
    """
    if not np.isfinite(fit.att):
        raise faults.no_effect(label)
    fit, first = _without_rounding(fit, design), design.unit_first
    return Effect(
        method=name,
        label=label,
        estimand=estimand,
        att=fit.att,
        se=fit.se,
        df=fit.df,
        event=_event(fit, level),
        cohorts=_cohorts(fit, first),
        group_time=fit.group_time,
        aggregates=_aggregates(fit),
        pre_test=_tested(fit.path, design),
        path=fit.path,
        rule=fit.rule,
        design=design,
        n=fit.n or design.n,
        units=len(first),
        treated_units=int(np.count_nonzero(first != NEVER)),
        level=level,
        notes=(*design.notes, *fit.notes),
        details=fit.details,
    )


def t_value(estimate: float, se: float) -> float:
    """estimate / se; NaN where the error is zero, as with data without noise."""
    return estimate / se if se else float("nan")


def two_sided(t: float, df: float) -> float:
    """Two-sided p value under the t distribution, the normal for infinite `df`."""
    from scipy.special import ndtr, stdtr

    return float(2 * (ndtr(-abs(t)) if np.isinf(df) else stdtr(df, -abs(t))))


def critical(level: float, df: float) -> float:
    """Two-sided critical value of the t distribution, the normal for infinite `df`."""
    from scipy.special import ndtri, stdtrit

    tail = (1 + level) / 2
    return float(ndtri(tail) if np.isinf(df) else stdtrit(df, tail))


def pre_test(path: Path, anticipation: int = 0, clusters: int | None = None) -> JointTest | None:
    """Wald test that all effects before treatment (and its anticipation) are zero.

        W = b' V^-1 b,   q = rank of V;   with G clusters F = W (G - q) / (q (G - 1)), else chi2 with q

    A covariance estimated from few clusters makes chi2 reject far too often: with 40 clusters and 6 effects at 5 % in
    about 17 % of samples, the F in about 8 %. None without a joint covariance, without an effect before the reference
    period, or with no more clusters than effects.
    """
    if path.vcov is None:
        return None
    before = (path.relative < -anticipation) & (path.relative != path.reference) & (path.se > 0)
    if not before.any():
        return None
    from scipy.linalg import pinvh
    from scipy.special import chdtrc, fdtrc

    b, v = path.estimate[before], path.vcov[np.ix_(before, before)]
    inverse, rank = pinvh(v, return_rank=True)
    statistic, q = float(b @ inverse @ b), int(rank)
    if clusters is None:
        return JointTest(statistic, q, float(chdtrc(q, statistic)))
    if clusters <= q:
        return None
    test = JointTest(statistic, q, 1.0, float(clusters - q))
    return replace(test, p=float(fdtrc(q, test.denominator, test.f)))


def _without_rounding(fit: Fit, design: Design) -> Fit:
    """The fit with NaN for every error up to rounding, and a note if there is one or the error of the mean is NaN."""
    y = design.outcome
    least = ROUNDING * float(np.ptp(y)) + 4 * float(np.finfo(float).eps * np.abs(y).max())
    parts = [np.array([fit.se]), *(part.se for part in (fit.path, fit.cohorts) if part is not None)]
    if np.isfinite(fit.se) and not any(np.any(se <= least) for se in parts):
        return fit

    def known(se: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(se > least, se, np.nan)

    return replace(
        fit,
        se=float(known(np.array(fit.se))),
        path=replace(fit.path, se=known(fit.path.se)) if fit.path is not None else None,
        cohorts=replace(fit.cohorts, se=known(fit.cohorts.se)) if fit.cohorts is not None else None,
        notes=(*fit.notes, _NO_ERROR),
    )


def _tested(path: Path | None, design: Design) -> JointTest | None:
    if path is None:
        return None
    return pre_test(path, design.asked.anticipation, len(np.unique(design.cluster)))


def _event(fit: Fit, level: float) -> pl.DataFrame:
    path = fit.path or Path(np.empty(0, np.int64), np.empty(0), np.empty(0))
    half = critical(level, fit.df) * path.se
    numbers = {"estimate": path.estimate, "se": path.se, "low": path.estimate - half, "high": path.estimate + half}
    columns = [pl.Series("relative", path.relative), *(_numbers(name, values) for name, values in numbers.items())]
    return pl.DataFrame(columns)


def _cohorts(fit: Fit, first: NDArray[np.int64]) -> pl.DataFrame:
    cohort, units = np.unique(first[first != NEVER], return_counts=True)
    sizes = pl.DataFrame({"cohort": cohort, "units": units.astype(np.int64)})
    if fit.cohorts is None:
        return sizes.with_columns(estimate=pl.lit(None, pl.Float64), se=pl.lit(None, pl.Float64))
    found = pl.DataFrame(
        [
            pl.Series("cohort", fit.cohorts.cohort),
            _numbers("estimate", fit.cohorts.estimate),
            _numbers("se", fit.cohorts.se),
        ]
    )
    return sizes.join(found, on="cohort", how="left", validate="1:1")


def _aggregates(fit: Fit) -> pl.DataFrame:
    rows = [(name, value, error) for name, (value, error) in fit.aggregates.items()]
    return pl.DataFrame(rows, schema={"aggregation": pl.String, "estimate": pl.Float64, "se": pl.Float64}, orient="row")


def _numbers(name: str, values: NDArray[np.float64]) -> pl.Series:
    return pl.Series(name, values, dtype=pl.Float64).fill_nan(None)
