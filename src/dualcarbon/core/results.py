"""What the rooms hand over: frozen results that print well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.panel import Drop
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text


@dataclass(frozen=True, slots=True)
class FrontierResult:
    """Inefficiency and marginal abatement cost of every observation, with the evidence behind them.

    Attributes
    ----------
    table : polars.DataFrame, one row per row of the panel, in its order
        The panel's keys; `inefficiency` (in the model's own measure, see `measure`); `abatement_room` (share of
        own CO2); `mac`, `mac_low`, `mac_high` (currency of the good per unit of the bad); `status`, one of ok,
        kink, zero, infinite, negative, edge, infeasible, no_price, no_bad, outlier, missing, refused.
    diagnostics : polars.DataFrame, one row per frontier (group)
        Group columns; `status` (identified, weakly_identified, trivial, too_few); `why_zh`, `why_en`; counts and
        the evidence of the model.
    model : str
    technology, direction : what was asked for
    measure : Text
        What `inefficiency` measures under this model.
    warnings : tuple of Text
        Said aloud with every use.
    """

    table: pl.DataFrame
    diagnostics: pl.DataFrame
    model: str
    technology: Technology
    direction: Direction
    measure: Text
    warnings: tuple[Text, ...] = ()

    def shares(self) -> pl.DataFrame:
        """Share of observations by status, largest first."""
        return (
            self.table.group_by("status")
            .len("rows")
            .with_columns(share=pl.col("rows") / self.table.height)
            .sort("rows", "status", descending=[True, False])
        )

    def __repr__(self) -> str:
        kinds = self.diagnostics["status"].value_counts().sort("status").rows()
        fits = ", ".join(f"{k} {n}" for k, n in kinds)
        shares = ", ".join(f"{s} {100 * share:.1f} %" for s, _, share in self.shares().rows())
        return f"FrontierResult({self.model}: {self.table.height:,} rows [{shares}]; frontiers [{fits}])"


class Inference(Protocol):
    """Tests and confidence limits of coefficients that do not rest on the t distribution, such as a bootstrap's."""

    @property
    def p(self) -> NDArray[np.float64]:
        """Two-sided p values of the coefficients being 0, (k,); NaN where a coefficient is not tested."""
        ...

    def interval(self, level: float) -> NDArray[np.float64]:
        """Confidence limits, (k, 2)."""
        ...

    def scaled(self, scale: NDArray[np.float64]) -> Inference:
        """The same for coefficients multiplied by `scale`, (k,), positive."""
        ...


LEAST_SQUARES = Text("最小二乘", "least squares")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A fitted regression.

    Attributes
    ----------
    names : tuple of str, k
    coef, se : (k,)
        `coef` and `vcov` are read-only.
    vcov : (k, k)
    n : int
        Rows used.
    depvar : str
    effects : tuple of str
        Absorbed effects.
    cluster : str or None
    clusters : int
        Number of clusters (0 without).
    df : float
        Degrees of freedom of the t distribution behind `p` and `interval`, unless there is an `inference`.
    r2, r2_within : float
    rule : Text
        The covariance and its small-sample rule.
    drops : tuple of Drop
        Rows not used, by reason (missing, singletons).
    collinear : tuple of str
        Regressors left out because the others or the effects determine them.
    notes : tuple of Text
        What makes the errors fragile, such as few clusters; why regressors are left out.
    inference : Inference or None
        Where `p`, `stars` and `interval` come from if not from the t distribution; `se` is then that of `vcov` and does
        not imply them.
    estimator : Text
        Least squares, two-stage least squares, or the likelihood.
    """

    names: tuple[str, ...]
    coef: NDArray[np.float64]
    vcov: NDArray[np.float64]
    n: int
    depvar: str
    effects: tuple[str, ...]
    cluster: str | None
    clusters: int
    df: float
    r2: float
    r2_within: float
    rule: Text
    drops: tuple[Drop, ...] = ()
    collinear: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    inference: Inference | None = None
    estimator: Text = LEAST_SQUARES

    def __post_init__(self) -> None:
        for name in ("coef", "vcov"):
            own = getattr(self, name).copy()
            own.flags.writeable = False
            object.__setattr__(self, name, own)

    @property
    def se(self) -> NDArray[np.float64]:
        """Standard errors, (k,)."""
        return np.sqrt(np.diag(self.vcov))

    @property
    def t(self) -> NDArray[np.float64]:
        """t statistics, (k,)."""
        return self.coef / self.se

    @property
    def p(self) -> NDArray[np.float64]:
        """Two-sided p values, (k,)."""
        if self.inference is not None:
            return self.inference.p
        from scipy.stats import t as student

        return np.asarray(2.0 * student.sf(np.abs(self.t), self.df), dtype=np.float64)

    def interval(self, level: float = 0.95) -> NDArray[np.float64]:
        """Confidence limits, (k, 2)."""
        if self.inference is not None:
            return self.inference.interval(level)
        from scipy.stats import t as student

        half = float(student.ppf(0.5 + level / 2.0, self.df)) * self.se
        return np.column_stack([self.coef - half, self.coef + half])

    def scaled(self, name: str, factor: float) -> Estimate:
        """The same estimate with one regressor measured in units `factor` times as large."""
        scale = np.ones(len(self.names))
        scale[self.names.index(name)] = factor
        inference = None if self.inference is None else self.inference.scaled(scale)
        return replace(self, coef=self.coef * scale, vcov=self.vcov * np.outer(scale, scale), inference=inference)

    def stars(self, name: str) -> str:
        """* 10 %, ** 5 %, *** 1 %."""
        p = float(self.p[self.names.index(name)])
        return "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""

    def __repr__(self) -> str:
        width = max((len(v) for v in self.names), default=4)
        effects = ", ".join(self.effects) or "-"
        lines = [f"Estimate of {self.depvar} by {self.estimator.en}: n = {self.n:,}, effects {effects}, {self.rule.en}"]
        for name, b, s, t, p in zip(self.names, self.coef, self.se, self.t, self.p, strict=True):
            lines.append(f"  {name:<{width}}  {b:>13.6g}  ({s:.6g})  t {t:8.3f}  p {p:.4f} {self.stars(name)}")
        if self.collinear:
            lines.append(f"  collinear, left out: {', '.join(self.collinear)}")
        lines.extend(f"  note: {note.en}" for note in self.notes)
        return "\n".join(lines)
